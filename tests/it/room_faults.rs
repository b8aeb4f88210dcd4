//! A room whose disk, store or neighbours fail: who is wrong is refused alone, what happened is told when it can be, and
//! nobody believes in a recording that is not there.

use std::path::PathBuf;
use std::time::Duration;

use diemcau::domain::ids::{BlockId, CommandId, SegmentId, UnitId, UserId};
use diemcau::domain::people::Function;
use diemcau::domain::session::SessionAct;
use diemcau::domain::visit::{Answer, BlockKind, ClosingCard, VisitAct};
use diemcau::protocol::command::Command;
use diemcau::protocol::frame::{ClientBody, ServerBody};
use diemcau::room::state::{Recording, State};
use serde_json::{Value, json};
use uuid::Uuid;

use super::support::day::{CITIZEN_1, COMMUNE_A, Client, Day, SESSION, UNIT, VISIT_1, Who};
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
