//! A room whose disk, store or neighbours fail: who is wrong is refused alone, what happened is told when it can be, and
//! nobody believes in a recording that is not there.

use std::path::PathBuf;
use std::time::Duration;

use diemcau::domain::ids::{BlockId, CommandId, SegmentId, UnitId, UserId};
use diemcau::domain::people::Function;
use diemcau::domain::session::SessionAct;
use diemcau::domain::visit::{Answer, BlockKind, ClosingCard, VisitAct};
use diemcau::limits;
use diemcau::media::engine::{EngineEvent, LinkQuality};
use diemcau::media::plan::{SourceId, SourceKind};
use diemcau::protocol::command::Command;
use diemcau::protocol::frame::{CameraSense, ClientBody, MicrophoneSense, ServerBody};
use diemcau::room::state::{Recording, State};
use serde_json::{Value, json};
use uuid::Uuid;

use super::support::day::{CENTRAL, CITIZEN_1, COMMUNE_A, Client, Day, SESSION, UNIT, VISIT_1, Who};
use super::support::store::World;

const BLOCK: BlockId = BlockId(Uuid::from_u128(0xb10c));

fn write(base: u64, text: &str) -> Command {
    let block_kind = BlockKind::Content;
    Command::WriteBlock { visit: VISIT_1, block: BLOCK, block_kind, base, text: text.to_owned() }
}

fn resume() -> Command {
    Command::MoveSession { act: SessionAct::Resume, reason: String::new(), new_start: None }
}

async fn state(day: &Day) -> State {
    day.room().await.look().await.unwrap().state
}

async fn until(day: &Day, what: &str, seen: impl Fn(&State) -> bool) -> State {
    for _ in 0..600 {
        let state = state(day).await;
        if seen(&state) {
            return state;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never seen: {what}");
}

/// Visit 1 in session, with everybody who is needed.
async fn in_session() -> (Day, Client, Client, Client) {
    let day = Day::with_open_lobby(World::sqlite().await).await;
    let mut presider = day.joins(Who::Presider).await;
    let note_taker = day.joins(Who::NoteTaker).await;
    let officer = day.joins(Who::OfficerA).await;
    day.starts().await;
    day.waits(VISIT_1, Who::OfficerA, CITIZEN_1).await;
    let link = format!("/points/{COMMUNE_A}/link");
    presider.until("the point linked", |c| c.public(&link) == json!("connected")).await;
    presider.does(Command::CallNext { visit: VISIT_1 }).await.unwrap();
    let begin = Command::MoveVisit { visit: VISIT_1, act: VisitAct::Begin, reason: String::new() };
    presider.does(begin).await.unwrap();
    (day, presider, note_taker, officer)
}

fn recordings(day: &Day) -> PathBuf {
    day.world.dir.path().join("recordings")
}

/// A wrong reference is its sender's alone: the text and the acts that share its commit are stored.
#[tokio::test]
async fn one_wrong_reference_refuses_one_command() {
    let (day, presider, note_taker, officer) = in_session().await;
    let nobody = Command::AssignFunction {
        user: UserId(Uuid::from_u128(0xdead)),
        name: "Không có".into(),
        title: String::new(),
        function: Function::Observer,
        point: COMMUNE_A,
    };
    let send = |command: Command| (CommandId(Uuid::new_v4()), ClientBody::Command { command: Box::new(command) });
    let acts = [
        (&note_taker, send(write(0, "Ông trình bày")), None),
        (&presider, send(nobody), Some("reference_unknown")),
        (&note_taker, send(write(1, "Ông trình bày tiếp")), None),
        (&officer, send(Command::RaiseHand { person: None }), None),
    ];
    // All of them reach the room before the first is stored.
    for (client, (id, body), _) in &acts {
        client.sends(*id, body.clone()).await;
    }
    let wanted: Vec<_> = acts.iter().map(|(_, (id, _), refused)| (*id, *refused)).collect();
    let mut clients = [presider, note_taker, officer];
    for (id, refused) in wanted {
        let answer = |client: &Client| {
            client.seen.iter().find_map(|body| match body {
                ServerBody::Done { re, .. } if *re == id => Some(None),
                ServerBody::Refused { re, code, .. } if *re == id => Some(Some(code.clone())),
                _ => None,
            })
        };
        let mut answered = None;
        for _ in 0..400 {
            clients.iter_mut().for_each(Client::drain);
            answered = clients.iter().find_map(answer);
            if answered.is_some() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        assert_eq!(answered, Some(refused.map(str::to_owned)));
    }
    assert!(state(&day).await.floor.hand_raised(COMMUNE_A));
    let blocks = day.world.store.minutes_blocks(SESSION, VISIT_1).await.unwrap();
    assert_eq!((blocks[0].revision, blocks[0].text.as_deref()), (2, Some("Ông trình bày tiếp")));
}

/// D154 Điều 25(2): the responsible unit is known when the card is filled; later nobody could name another.
#[tokio::test]
async fn a_card_names_a_unit_that_exists() {
    let (_day, mut presider, _note_taker, _officer) = in_session().await;
    let card = |unit| ClosingCard {
        answer: Answer::Now { text: "Đã trả lời.".into() },
        unit,
        unit_name: "Sở A".into(),
        conclusion: "Giao Sở A.".into(),
        citizen_opinion: String::new(),
    };
    let closes = |unit| Command::CloseHearing { visit: VISIT_1, card: card(unit) };
    assert_eq!(presider.does(closes(UnitId(Uuid::from_u128(0xdead)))).await, Err("reference_unknown".to_owned()));
    presider.does(closes(UNIT)).await.unwrap();
}

/// Database and recordings fail together. Everybody is shown that nothing is recorded; the session stands as soon as the
/// log can say so, and goes on when there is a recorder again.
#[tokio::test]
async fn nobody_believes_in_a_recording_that_is_not_there() {
    let (day, mut presider, mut note_taker, mut officer) = in_session().await;
    let root = recordings(&day);
    // A folder that is none takes no file: what a broken mount answers.
    std::fs::remove_dir_all(&root).unwrap();
    std::fs::write(&root, b"").unwrap();
    day.fills_up(&mut note_taker, &mut officer, VISIT_1).await;
    day.sounds(&officer, 0, 50).await;
    presider.until("the alarm", |c| c.public("/recording") == json!("failed")).await;
    let stored = state(&day).await;
    assert_eq!(stored.recording, Recording::Running, "the log could not be told");
    assert_eq!(presider.public("/status"), json!("in_progress"));

    day.world.store.set_max_bytes(None).await.unwrap();
    presider.until("the pause", |c| c.public("/status") == json!("paused")).await;
    assert_eq!(state(&day).await.recording, Recording::Failed);
    assert_eq!(presider.does(resume()).await, Err("recorder_failed".to_owned()));

    std::fs::remove_file(&root).unwrap();
    presider.until("the recorder back", |c| c.public("/recording") == json!("running")).await;
    presider.does(resume()).await.unwrap();
    day.sounds(&officer, 50, 100).await;
    until(&day, "a file in the log", |state| !state.segments.is_empty()).await;
}

/// Going on without a recorder takes two people: the second is shown what is asked, and why.
#[tokio::test]
async fn the_question_to_go_on_unrecorded_reaches_who_must_agree() {
    let (day, mut presider, mut note_taker, mut officer) = in_session().await;
    let root = recordings(&day);
    std::fs::remove_dir_all(&root).unwrap();
    std::fs::write(&root, b"").unwrap();
    day.sounds(&officer, 0, 50).await;
    presider.until("the pause", |c| c.public("/status") == json!("paused")).await;
    let alarms = json!([{"code": "recorder_disk_error", "point": null, "source": null, "with": null, "disk": null}]);
    presider.until("why", |c| c.at("staff", "/alarms") == alarms).await;
    officer.until("why, at the point too", |c| c.at("staff", "/alarms") == alarms).await;
    let reason = "ổ ghi hỏng, công dân đi xa".to_owned();
    presider.does(Command::AllowUnrecorded { reason: reason.clone() }).await.unwrap();
    let asked = json!({"by": Who::Presider.user(), "reason": reason});
    note_taker.until("the question", |c| c.at("staff", "/unrecorded_asked") == asked).await;
    presider.until("that it is asked", |c| c.at("staff", "/unrecorded_asked") == asked).await;
    officer.until("the pause", |c| c.public("/status") == json!("paused")).await;
    assert_eq!(officer.at("staff", "/unrecorded_asked"), Value::Null);
    note_taker.does(Command::AllowUnrecorded { reason: String::new() }).await.unwrap();
    note_taker.until("the answer", |c| c.at("staff", "/unrecorded_asked") == Value::Null).await;
}

/// What the recorder told while the store was away is told to the log afterwards, with the times it had.
#[tokio::test]
async fn a_file_begun_while_the_store_was_away_is_in_the_log() {
    let (day, _presider, mut note_taker, mut officer) = in_session().await;
    day.fills_up(&mut note_taker, &mut officer, VISIT_1).await;
    let began = day.clock.now();
    let source = day.sounds(&officer, 0, 100).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let files = || -> Vec<PathBuf> {
        let folder = recordings(&day).join(SESSION.to_string()).join(VISIT_1.to_string());
        let found = std::fs::read_dir(folder).map(|entries| entries.flatten().map(|entry| entry.path()).collect());
        found.unwrap_or_default()
    };
    assert!(!files().is_empty() && state(&day).await.segments.is_empty(), "a file the log knows nothing of");
    day.recorder.stop(source);
    tokio::time::sleep(Duration::from_secs(1)).await;
    day.world.store.set_max_bytes(None).await.unwrap();
    let told = until(&day, "the file closed", |state| state.segments.values().any(|known| known.closed)).await;
    let name = files()[0].file_stem().unwrap().to_str().unwrap().parse::<SegmentId>().unwrap();
    let segment = &told.segments[&name];
    assert!(segment.mark.duration_ms > 1_000 && !segment.mark.sha256.is_empty());
    let late = segment.began_at.duration_since(began).as_millis();
    assert!((-500..2_000).contains(&late), "{late} ms after the first sound");
}

/// The line of the officer's point stands, and these sources send over it.
async fn line_stands(day: &Day, officer: &Client, kinds: &[SourceKind]) {
    let (room, connection) = (SESSION, officer.connection);
    day.registry.engine_event(EngineEvent::Connected { room, connection }).await;
    for kind in kinds {
        sends(day, officer, *kind, true).await;
    }
}

async fn sends(day: &Day, officer: &Client, kind: SourceKind, sending: bool) {
    let source = SourceId { connection: officer.connection, kind };
    day.registry.engine_event(EngineEvent::Source { room: SESSION, source, sending, top_layer: None }).await;
}

fn alarm(code: &str, kind: &str) -> Value {
    json!({"code": code, "point": COMMUNE_A, "source": kind, "with": null, "disk": null})
}

async fn gap(day: &Day, cause: &str) -> (String, i64) {
    let seen = until(day, "the gap", |state| state.facts.lacks.holes.iter().any(|hole| hole.cause == cause)).await;
    let hole = seen.facts.lacks.holes.iter().find(|hole| hole.cause == cause).unwrap();
    let millis = hole.span.to.unwrap().duration_since(hole.span.from).as_millis();
    (hole.source.clone(), i64::try_from(millis).unwrap())
}

/// The floor is open, everybody hears somebody speak, and what reaches the file is silence: all staff are told in time,
/// the session goes on, and the record says from when to when.
#[tokio::test]
async fn speech_that_is_not_in_the_recording_is_told_to_all_staff() {
    let (day, mut presider, mut note_taker, mut officer) = in_session().await;
    line_stands(&day, &officer, &[SourceKind::Microphone]).await;
    presider.does(Command::GiveFloor { point: COMMUNE_A, person: Some(CITIZEN_1) }).await.unwrap();
    officer.does(Command::Microphone { open: true }).await.unwrap();
    let speaking = std::sync::atomic::AtomicBool::new(true);
    let speaks = async {
        let mut from = 0;
        while speaking.load(std::sync::atomic::Ordering::SeqCst) {
            day.registry
                .engine_event(EngineEvent::Levels { room: SESSION, levels: vec![(officer.connection, 20)] })
                .await;
            day.sounds(&officer, from, 10).await;
            from += 10;
        }
        from
    };
    let muted = json!([alarm("source_muted", "microphone")]);
    let told = async {
        // Threefold the bound: other tests share the machine.
        let bound = limits::RECORD_CHECK * 3;
        presider.within(bound, "the alarm", |c| c.at("staff", "/alarms") == muted).await;
        note_taker.until("the alarm", |c| c.at("staff", "/alarms") == muted).await;
        speaking.store(false, std::sync::atomic::Ordering::SeqCst);
    };
    let (from, ()) = tokio::join!(speaks, told);
    officer.until("the alarm", |c| c.at("staff", "/alarms") == muted).await;
    assert_eq!(presider.public("/status"), json!("in_progress"), "one source of several: the session goes on");

    day.spoken(&officer, from, 5).await;
    presider.until("all well again", |c| c.at("staff", "/alarms") == json!([])).await;
    let (source, millis) = gap(&day, "muted").await;
    assert!(source == "microphone" && millis >= 2_000, "{source}: {millis} ms");
}

/// A camera whose packets end while its line stands, and one whose packets arrive and reach no file.
#[tokio::test]
async fn a_picture_that_stops_and_one_that_is_not_written_are_told_apart() {
    let (day, mut presider, _note_taker, officer) = in_session().await;
    line_stands(&day, &officer, &[SourceKind::Camera]).await;
    let unwritten = json!([alarm("source_not_written", "camera")]);
    presider.within(limits::RECORD_CHECK * 3, "the alarm", |c| c.at("staff", "/alarms") == unwritten).await;
    sends(&day, &officer, SourceKind::Camera, false).await;
    let stopped = json!([alarm("source_stopped", "camera")]);
    presider.until("the camera that stopped", |c| c.at("staff", "/alarms") == stopped).await;
    assert_eq!(gap(&day, "fault").await.0, "camera");

    presider
        .does(Command::MoveSession { act: SessionAct::Pause, reason: "xem camera".into(), new_start: None })
        .await
        .unwrap();
    presider.until("no alarm while nothing is to be recorded", |c| c.at("staff", "/alarms") == json!([])).await;
    let (source, millis) = gap(&day, "stopped").await;
    assert!(source == "camera" && millis >= 3_000, "{source}: {millis} ms");
}

/// Two points whose people sit in one room: the same voice in both microphones.
#[tokio::test]
async fn two_open_microphones_in_one_room_are_named() {
    let (day, mut presider, _note_taker, mut officer) = in_session().await;
    line_stands(&day, &officer, &[SourceKind::Microphone]).await;
    line_stands(&day, &presider, &[SourceKind::Microphone]).await;
    presider.does(Command::GiveFloor { point: COMMUNE_A, person: Some(CITIZEN_1) }).await.unwrap();
    officer.does(Command::Microphone { open: true }).await.unwrap();
    presider.does(Command::Microphone { open: true }).await.unwrap();
    for voice in [20_u8, 24, 61, 58, 22, 19, 30, 62, 25, 21, 60, 33, 18, 57, 23] {
        let levels = vec![(officer.connection, voice), (presider.connection, voice + 7)];
        day.registry.engine_event(EngineEvent::Levels { room: SESSION, levels }).await;
    }
    let named = |client: &Client| {
        let alarms = client.at("staff", "/alarms");
        alarms.as_array().into_iter().flatten().any(|alarm| {
            (&alarm["code"], &alarm["point"], &alarm["with"])
                == (&json!("two_microphones"), &json!(CENTRAL), &json!(COMMUNE_A))
        })
    };
    presider.until("both places named", named).await;
    officer.until("both places named", named).await;
    presider.does(Command::Microphone { open: false }).await.unwrap();
    presider.until("one of them closed", |client| !named(client)).await;
}

/// What a place's own browser finds in its devices, and how its line is, in words for everybody who can do something.
#[tokio::test]
async fn devices_and_line_of_a_place_are_told_in_words() {
    let (day, mut presider, mut note_taker, officer) = in_session().await;
    line_stands(&day, &officer, &[]).await;
    let says = |camera, microphone| ClientBody::Senses { camera, microphone, concealed_permille: 41 };
    officer.sends(CommandId(Uuid::new_v4()), says(CameraSense::Dark, MicrophoneSense::Silent)).await;
    let told = json!([alarm("camera_dark", "camera"), alarm("microphone_silent", "microphone")]);
    presider.until("dark and silent", |c| c.at("staff", "/alarms") == told).await;
    note_taker.until("dark and silent", |c| c.at("staff", "/alarms") == told).await;
    officer.sends(CommandId(Uuid::new_v4()), says(CameraSense::Fine, MicrophoneSense::Fine)).await;
    presider.until("all well", |c| c.at("staff", "/alarms") == json!([])).await;

    let line = format!("/points/{COMMUNE_A}/line");
    assert_eq!(presider.public(&line), Value::Null, "nothing is known yet");
    let (room, connection) = (SESSION, officer.connection);
    let quality = LinkQuality { uplink_loss_permille: 160, rtt_ms: Some(90), ..LinkQuality::default() };
    // One sample is no state of a line: two make ten seconds.
    for level in ["good", "bad"] {
        day.registry.engine_event(EngineEvent::Quality { room, connection, quality }).await;
        presider.until(level, |c| c.public(&line) == json!(level)).await;
    }
}
