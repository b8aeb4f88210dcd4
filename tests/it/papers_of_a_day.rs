//! Milestone D: what remains after the last word. A visit runs through a real room with a real recorder; then its papers
//! are printed from the log, its bundle is verified by the program alone, and every harm is named.

#[cfg(feature = "pdf")]
mod printed;

use std::path::{Path, PathBuf};
use std::process::{Command as Process, Output};
use std::time::Duration;

use diemcau::app::export::{Exporter, Opened};
use diemcau::app::papers::Papers;
use diemcau::app::prove;
use diemcau::documents::{PaperProof, Press};
use diemcau::domain::cases::{Outcome, Petition, PetitionKind};
use diemcau::domain::chain::{FaultKind, Hash};
use diemcau::domain::ids::{BlockId, PersonId, PetitionId, SegmentId, VisitId};
use diemcau::domain::people::{Person, PersonRole};
use diemcau::domain::visit::{Answer, BlockKind, ClosingCard, Confirmation, VisitAct};
use diemcau::media::plan::RecordTarget;
use diemcau::media::record::segment_path;
use diemcau::protocol::command::Command;
use diemcau::room::state::State;
use diemcau::store::verify::{Against, Checked, Report, verify_bundle};
use serde_json::json;
use uuid::Uuid;

use super::support::day::{CENTRAL, CITIZEN_1, COMMUNE_A, Day, SESSION, UNIT, VISIT_1, VISIT_2, Who, person};
use super::support::store::World;

const TEXT: &str = "Ông trình bày việc thu hồi 1.250 m² đất nông nghiệp.";

/// Unoptimized and on a busy machine.
fn papers(day: &Day) -> Papers {
    let press = Press::new(env!("CARGO_BIN_EXE_diemcau")).with_time_limit(Duration::from_secs(180));
    Papers::new(day.world.store.clone(), press)
}

fn recordings(day: &Day) -> PathBuf {
    day.world.dir.path().join("recordings")
}

async fn state(day: &Day) -> State {
    day.room().await.look().await.unwrap().state
}

async fn until(day: &Day, what: &str, holds: impl Fn(&State) -> bool) {
    for _ in 0..1800 {
        if holds(&state(day).await) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never: {what}");
}

/// One visit from the waiting room to the register, with a cut of its point in the middle, a recording; the other
/// citizen never comes.
async fn lived() -> Day {
    let day = Day::with_open_lobby(World::sqlite().await).await;
    let mut presider = day.joins(Who::Presider).await;
    let mut note_taker = day.joins(Who::NoteTaker).await;
    let mut officer = day.joins(Who::OfficerA).await;
    day.starts().await;
    let clerk = Person {
        user: Some(Who::NoteTaker.user()),
        ..person(PersonId(Uuid::from_u128(0x31)), "NoteTaker", PersonRole::Officer)
    };
    let seat = |point, person| Command::SeatPerson { point, person, seat: 1, substitute_for: None };
    note_taker.does(seat(CENTRAL, clerk)).await.unwrap();
    officer.does(seat(COMMUNE_A, person(CITIZEN_1, "Nguyễn Văn Một", PersonRole::Citizen))).await.unwrap();
    day.waits(VISIT_1, Who::OfficerA, CITIZEN_1).await;
    presider.until("the visit as next", |c| c.at("staff", "/next") == json!(VISIT_1)).await;
    presider.does(Command::CallNext { visit: VISIT_1 }).await.unwrap();
    let begin = Command::MoveVisit { visit: VISIT_1, act: VisitAct::Begin, reason: String::new() };
    presider.does(begin).await.unwrap();
    let link = format!("/points/{COMMUNE_A}/link");
    presider.until("the point linked", |c| c.public(&link) == json!("connected")).await;
    officer.leaves().await;
    until(&day, "a gap in the record", |state| !state.gaps.is_empty()).await;
    let mut officer = day.joins(Who::OfficerA).await;
    presider.until("the point back", |c| c.public(&link) == json!("connected")).await;
    let source = day.sounds(&officer, 0, 150).await;
    let block = BlockId(Uuid::from_u128(0xb10c));
    let write =
        Command::WriteBlock { visit: VISIT_1, block, block_kind: BlockKind::Content, base: 0, text: TEXT.to_owned() };
    note_taker.does(write).await.unwrap();
    note_taker.does(Command::LeaveBlock { visit: VISIT_1, block }).await.unwrap();
    let card = ClosingCard {
        answer: Answer::Later {
            due: "2036-12-07".parse().unwrap(),
            contact: "Bà B".into(),
            text: "Sẽ trả lời.".into(),
        },
        unit: UNIT,
        unit_name: "Sở Nông nghiệp và Môi trường".into(),
        conclusion: "Giao Sở xem xét.".into(),
        citizen_opinion: "Tôi đồng ý.".into(),
    };
    presider.does(Command::CloseHearing { visit: VISIT_1, card }).await.unwrap();
    day.recorder.stop(source);
    until(&day, "the file closed", |state| state.segments.values().any(|segment| segment.closed)).await;
    note_taker.does(Command::FreezeText { visit: VISIT_1 }).await.unwrap();
    note_taker.does(Command::ReadBack { visit: VISIT_1 }).await.unwrap();
    let how = Confirmation::Fingerprint;
    officer.does(Command::ConfirmText { visit: VISIT_1, person: CITIZEN_1, how }).await.unwrap();
    let petition = Petition {
        id: PetitionId(Uuid::from_u128(5)),
        kind: PetitionKind::Complaint,
        content: "Thu hồi đất".into(),
        request: "Xem xét lại".into(),
        outcome: Outcome::AcceptedForProposal,
        addressee: String::new(),
    };
    note_taker.does(Command::Classify { visit: VISIT_1, petitions: vec![petition] }).await.unwrap();
    note_taker.does(Command::EndVisit { visit: VISIT_1 }).await.unwrap();
    let gone = Command::MoveVisit { visit: VISIT_2, act: VisitAct::NoShow, reason: "không đến".into() };
    note_taker.does(gone).await.unwrap();
    officer.does(Command::AttestAttendance { point: COMMUNE_A }).await.unwrap();
    day
}

/// The one recording of the day.
fn recorded(state: &State) -> SegmentId {
    let closed: Vec<_> = state.segments.values().filter(|segment| segment.closed).collect();
    assert_eq!(closed.len(), 1, "one file of one microphone");
    closed[0].mark.segment
}

async fn proof(day: &Day, state: &State) -> PaperProof {
    proof_of(day, state, VISIT_1).await
}

async fn proof_of(day: &Day, state: &State, visit: VisitId) -> PaperProof {
    papers(day).proof(state, &state.visits[&visit]).await.unwrap().expect("the text is frozen")
}

/// Whether the one paper's text was compared, not its position alone.
fn text_compared(report: &Report) -> bool {
    assert_eq!(named(report), "sound");
    report.checked.iter().any(|checked| matches!(checked, Checked::Paper { compared: true, .. }))
}

fn named(report: &Report) -> &'static str {
    report.fault.as_ref().map_or("sound", |fault| fault.kind.code())
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paper_and_the_recordings_are_proven_against_the_log() {
    let day = lived().await;
    let state = state(&day).await;
    let (proof, store, root) = (proof(&day, &state).await, &day.world.store, recordings(&day));
    assert_eq!(PaperProof::parse(&proof.qr_text()), Ok(proof.clone()), "what is printed reads back");
    let checkpoint = store.checkpoints(SESSION).await.unwrap().into_iter().next().unwrap();
    assert!(checkpoint.seq >= proof.seq, "the head at the freeze was signed with it");
    let against = |paper: &PaperProof| Against { papers: vec![paper.mark()], ..Against::default() };
    let check = async |paper: &PaperProof| {
        let report = store.verify(&against(paper)).await.unwrap();
        prove::contents(report, store, &root.clone().into(), std::slice::from_ref(paper)).await.unwrap()
    };
    // Nobody came to the second visit: the act that ended it froze what was written of it.
    let absent = proof_of(&day, &state, VISIT_2).await;
    let signed = store.checkpoints(SESSION).await.unwrap();
    assert_eq!(signed.iter().filter(|head| head.seq >= absent.seq).count(), 1, "its head was signed");
    for paper in [&proof, &absent] {
        assert_eq!(named(&check(paper).await), "sound");
        let scanned = day.program(&["verify", "--paper", &paper.qr_text()]);
        assert!(scanned.status.success(), "{}", said(&scanned));
        assert!(said(&scanned).contains("vị trí và mã nội dung đều khớp"), "{}", said(&scanned));
    }
    let elsewhere = PaperProof { visit: Some(VISIT_1), ..absent.clone() };
    assert_eq!(named(&check(&elsewhere).await), "paper_text_mismatch", "a text of another visit");
    let reworded = PaperProof { text: Hash::of(b"came after all"), ..absent };
    assert_eq!(named(&check(&reworded).await), "paper_text_mismatch");

    let other_text = PaperProof { text: Hash::of(b"another text"), ..proof.clone() };
    assert_eq!(named(&check(&other_text).await), "paper_text_mismatch");
    let refused = day.program(&["verify", "--paper", &other_text.qr_text()]);
    assert!(!refused.status.success() && said(&refused).contains("bản giấy"), "{}", said(&refused));
    let other_head = PaperProof { head: Hash::of(b"another head"), ..proof.clone() };
    assert_eq!(named(&check(&other_head).await), "head_mismatch");
    assert_eq!(named(&check(&PaperProof { key: Hash::ZERO, ..proof.clone() }).await), "paper_key_unknown");

    let segment = recorded(&state);
    let path = segment_path(&root, RecordTarget { session: SESSION, visit: Some(VISIT_1) }, segment);
    let whole = std::fs::read(&path).unwrap();
    let mut changed = whole.clone();
    *changed.last_mut().unwrap() ^= 1;
    std::fs::write(&path, &changed).unwrap();
    let kind = check(&proof).await.fault.unwrap().kind;
    assert_eq!(kind, FaultKind::RecordingMismatch { name: segment.to_string() });
    std::fs::remove_file(&path).unwrap();
    assert_eq!(named(&check(&proof).await), "recording_missing");
    std::fs::write(&path, &whole).unwrap();
    assert_eq!(named(&check(&proof).await), "sound");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bundle_holds_the_record_and_names_what_was_changed() {
    let day = lived().await;
    let state = state(&day).await;
    let segment = recorded(&state);
    let paper = proof(&day, &state).await;
    let out = day.world.dir.path().join("bundle");
    let exporter = Exporter::new(day.world.store.clone(), recordings(&day), papers(&day));
    let manifest = exporter.export(SESSION, &out, Opened::Normal, day.clock.now()).await.unwrap();
    let names: Vec<&str> = manifest.files.iter().map(|file| file.name.as_str()).collect();
    let (sealed, opened) = (format!("recordings/{segment}.dcr"), format!("recordings/{segment}.webm"));
    for name in ["recordings.json", &sealed, &opened] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    let printed = names.iter().filter(|name| name.starts_with("papers/")).count();
    assert_eq!(printed, if cfg!(feature = "pdf") { 3 } else { 0 }, "{names:?}");
    assert!(!day.world.dir.path().join("bundle.opened").exists(), "nothing opened is left beside it");
    let mut player = Process::new("ffmpeg");
    player.args(["-v", "error", "-i"]).arg(out.join(&opened)).args(["-f", "null", "-"]);
    let played = player.output().unwrap();
    assert!(played.status.success() && played.stderr.is_empty(), "{}", said(&played));

    let folder = out.display().to_string();
    let verified = day.program(&["verify", &folder, "--paper", &paper.qr_text()]);
    assert!(verified.status.success(), "{}", said(&verified));
    assert!(said(&verified).contains("vị trí và mã nội dung đều khớp"), "{}", said(&verified));
    // Genuine head and key, another text (D154 Điều 24(2)): the bundle alone names it, without database and keys.
    let forged = PaperProof { text: Hash::of(b"another text"), ..paper.clone() };
    let refused = day.program(&["verify", &folder, "--paper", &forged.qr_text()]);
    assert!(!refused.status.success() && said(&refused).contains("Mã nội dung"), "{}", said(&refused));
    let against = |paper: &PaperProof| Against { papers: vec![paper.mark()], ..Against::default() };
    assert_eq!(named(&verify_bundle(&out, &against(&forged)).unwrap()), "paper_text_mismatch");
    let absent = proof_of(&day, &state, VISIT_2).await;
    assert!(text_compared(&verify_bundle(&out, &against(&absent)).unwrap()), "nobody came: a text like any other");

    let code = |out: &Path| verify_bundle(out, &Against::default()).unwrap();
    for (name, fault) in [
        (sealed.as_str(), "recording_mismatch"),
        (&opened, "file_mismatch"),
        ("recordings.json", "file_mismatch"),
        ("log.jsonl", "hash_mismatch"),
    ] {
        let path = out.join(name);
        let whole = std::fs::read(&path).unwrap();
        let changed = match name {
            "log.jsonl" => String::from_utf8(whole.clone()).unwrap().replacen("user:", "user:x", 1).into_bytes(),
            _ => whole.iter().copied().chain(*b" ").collect(),
        };
        std::fs::write(&path, changed).unwrap();
        let report = code(&out);
        assert_eq!(named(&report), fault, "{name}");
        if fault != "hash_mismatch" {
            let lines = report.lines();
            assert!(lines.iter().any(|line| line.values.contains(&("name", name.to_owned()))), "{lines:?}");
        }
        std::fs::write(&path, whole).unwrap();
    }
    std::fs::remove_file(out.join(&sealed)).unwrap();
    assert_eq!(named(&code(&out)), "recording_missing");

    // Changed on the disk before the export: the bundle has it as it is, and says so.
    let target = RecordTarget { session: SESSION, visit: Some(VISIT_1) };
    std::fs::write(segment_path(&recordings(&day), target, segment), b"something else").unwrap();
    let late = day.world.dir.path().join("late");
    exporter.export(SESSION, &late, Opened::Nothing, day.clock.now()).await.unwrap();
    assert_eq!(code(&late).fault.unwrap().kind, FaultKind::RecordingMismatch { name: sealed });
}
