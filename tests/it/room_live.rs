//! A room with everything real beside it: what is acknowledged is stored, what is shown was stored before, and a crash
//! is the same path as a first start.

use std::collections::BTreeMap;
use std::time::Duration;

use diemcau::domain::cases::{Outcome, Petition, PetitionKind};
use diemcau::domain::chain::GENESIS_KIND;
use diemcau::domain::event::Event;
use diemcau::domain::ids::{BlockId, CommandId, PetitionId};
use diemcau::domain::session::{SessionAct, SessionStatus};
use diemcau::domain::visit::{Answer, BlockKind, ClosingCard, Confirmation, VisitAct};
use diemcau::protocol::command::Command;
use diemcau::protocol::frame::{ClientBody, ServerBody};
use diemcau::room::state::{Logged, State};
use diemcau::store::office::Seen;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::support::day::{CENTRAL, CITIZEN_1, COMMUNE_A, Client, Day, SESSION, UNIT, VISIT_1, Who, tell};
use super::support::store::World;

const BLOCK: BlockId = BlockId(Uuid::from_u128(0xb10c));

fn write(base: u64, text: &str) -> Command {
    let block_kind = BlockKind::Content;
    Command::WriteBlock { visit: VISIT_1, block: BLOCK, block_kind, base, text: text.to_owned() }
}

/// The state as the stored log tells it.
async fn folded(day: &Day) -> State {
    let log = day.world.store.load(SESSION, 0).await.unwrap();
    let log: Vec<Logged> = log
        .into_iter()
        .map(|stored| {
            let header = &stored.item.header;
            let event =
                (header.kind != GENESIS_KIND).then(|| serde_json::from_slice::<Event>(&stored.body.unwrap()).unwrap());
            Logged {
                seq: i64::try_from(header.seq).unwrap(),
                at: Timestamp::from_microsecond(header.at_us).unwrap(),
                actor: header.actor.clone(),
                event,
            }
        })
        .collect();
    State::fold(&log)
}

async fn state(day: &Day) -> State {
    day.room().await.look().await.unwrap().state
}

/// From the waiting room to the register, over sockets; then everything the office's tables say of it.
async fn a_visit_leaves_its_record(world: World) {
    let day = Day::with_open_lobby(world).await;
    let mut presider = day.joins(Who::Presider).await;
    let mut note_taker = day.joins(Who::NoteTaker).await;
    let mut officer = day.joins(Who::OfficerA).await;
    let mut other = day.joins(Who::OfficerB).await;
    day.starts().await;
    day.waits(VISIT_1, Who::OfficerA, CITIZEN_1).await;
    presider.until("the visit as next", |c| c.at("staff", "/next") == json!(VISIT_1)).await;
    presider.does(Command::CallNext { visit: VISIT_1 }).await.unwrap();
    let begin = Command::MoveVisit { visit: VISIT_1, act: VisitAct::Begin, reason: String::new() };
    presider.does(begin).await.unwrap();
    officer.until("its visit running", |c| c.at(&format!("visit:{VISIT_1}"), "/status") == json!("in_session")).await;
    other.until("the running number", |c| c.public("/running_number") == json!(1)).await;
    assert!(!other.sections.contains_key(&format!("visit:{VISIT_1}")), "another point is not told of the visit");
    note_taker.does(write(0, "Ông trình bày việc thu hồi đất.")).await.unwrap();
    note_taker.does(Command::LeaveBlock { visit: VISIT_1, block: BLOCK }).await.unwrap();
    let card = ClosingCard {
        answer: Answer::Later {
            due: "2036-12-07".parse().unwrap(),
            contact: "Bà B".into(),
            text: "Sẽ trả lời.".into(),
        },
        unit: UNIT,
        unit_name: "Sở A".into(),
        conclusion: "Giao Sở A.".into(),
        citizen_opinion: "Đồng ý.".into(),
    };
    presider.does(Command::CloseHearing { visit: VISIT_1, card }).await.unwrap();
    note_taker.does(Command::FreezeText { visit: VISIT_1 }).await.unwrap();
    // D154 Điều 25(2)–(3): the officer beside the citizen reads aloud who answers until when, in the words that are signed.
    let section = format!("visit:{VISIT_1}");
    officer.until("the frozen text", |c| c.at(&section, "/frozen_text/4/0") == json!("conclusion")).await;
    let concluded = officer.at(&section, "/frozen_text/4/1");
    for wanted in ["Cơ quan, đơn vị chịu trách nhiệm: ", "chậm nhất ngày 07/12/2036.", "Người liên hệ: Bà B."]
    {
        assert!(concluded.as_str().is_some_and(|text| text.contains(wanted)), "{wanted} is not in {concluded}");
    }
    note_taker.does(Command::ReadBack { visit: VISIT_1 }).await.unwrap();
    let how = Confirmation::Signature;
    officer.does(Command::ConfirmText { visit: VISIT_1, person: CITIZEN_1, how }).await.unwrap();
    let petition = Petition {
        id: PetitionId(Uuid::from_u128(5)),
        kind: PetitionKind::Complaint,
        content: "Thu hồi đất".into(),
        request: "Xem xét lại".into(),
        outcome: Outcome::AcceptedForProposal,
        addressee: String::new(),
    };
    note_taker.does(Command::Classify { visit: VISIT_1, petitions: vec![petition.clone()] }).await.unwrap();
    // Sent twice with one id, as after a lost reply: one filing.
    let end = CommandId(Uuid::new_v4());
    let first = note_taker.does_as(end, Command::EndVisit { visit: VISIT_1 }).await.unwrap();
    let again = note_taker.does_as(end, Command::EndVisit { visit: VISIT_1 }).await.unwrap();
    assert_eq!(first, again);

    assert!(folded(&day).await == state(&day).await, "the live state is the fold of the stored log");
    let store = &day.world.store;
    let entry = store.register_of_visit(VISIT_1).await.unwrap().unwrap();
    assert_eq!((entry.number, entry.petitions.as_slice()), (1, [PetitionKind::Complaint].as_slice()));
    let petitions = store.petitions((SESSION, VISIT_1)).await.unwrap();
    assert_eq!(petitions.len(), 1);
    assert_eq!(petitions[0].petition.as_ref(), Some(&petition));
    let promises = store.promises(VISIT_1).await.unwrap();
    assert_eq!(promises[0].due, Some("2036-12-07".parse().unwrap()));
    let case = store.case(petitions[0].case.unwrap()).await.unwrap().unwrap();
    assert_eq!(case.receptions, 1);
    let visits = store.visits(SESSION, Seen::All).await.unwrap();
    assert!(visits[0].text_hash.is_some());
    assert_eq!(store.outbox_due(Timestamp::MAX).await.unwrap().len(), 1, "one record for the national database");
    let reasons: Vec<_> = store.checkpoints(SESSION).await.unwrap().into_iter().map(|c| c.reason.to_string()).collect();
    assert_eq!(reasons.len(), 1, "a signed head at the freeze: {reasons:?}");
}

#[tokio::test]
async fn a_visit_leaves_its_record_on_sqlite() {
    a_visit_leaves_its_record(World::sqlite().await).await;
}

#[tokio::test]
async fn a_visit_leaves_its_record_on_postgres() {
    a_visit_leaves_its_record(World::postgres().await).await;
}

/// T03: two clicks on two devices and a repeated frame make one call.
#[tokio::test]
async fn one_call_whatever_is_clicked() {
    let day = Day::with_open_lobby(World::sqlite().await).await;
    let presider = day.joins(Who::Presider).await;
    let second = day.joins(Who::Presider).await;
    let _officer = day.joins(Who::OfficerA).await;
    day.starts().await;
    day.waits(VISIT_1, Who::OfficerA, CITIZEN_1).await;
    let command = || ClientBody::Command { command: Box::new(Command::CallNext { visit: VISIT_1 }) };
    let id = CommandId(Uuid::new_v4());
    // All three reach the room before any of them is stored.
    presider.sends(id, command()).await;
    presider.sends(id, command()).await;
    second.sends(CommandId(Uuid::new_v4()), command()).await;
    for (mut client, answers) in [(presider, 2), (second, 1)] {
        let done = |c: &Client| c.seen.iter().filter(|body| matches!(body, ServerBody::Done { .. })).count();
        client.until("every frame answered", |c| done(c) >= answers).await;
        assert!(!client.seen.iter().any(|body| matches!(body, ServerBody::Refused { .. })));
    }
    let log = day.world.store.load(SESSION, 0).await.unwrap();
    let called = log.iter().filter(|event| {
        event.body.as_deref().is_some_and(|body| String::from_utf8_lossy(body).contains("\"act\":\"call\""))
    });
    assert_eq!(called.count(), 1);
}

/// T48: the n-th commit finds no space. The last committed state stays, everybody who asked is told, nobody was shown
/// anything of it, and with space the room goes on without a restart.
#[tokio::test]
async fn a_failed_commit_never_happened() {
    let day = Day::with_open_lobby(World::sqlite().await).await;
    let mut presider = day.joins(Who::Presider).await;
    let mut note_taker = day.joins(Who::NoteTaker).await;
    let mut officer = day.joins(Who::OfficerA).await;
    day.starts().await;
    day.waits(VISIT_1, Who::OfficerA, CITIZEN_1).await;
    presider.until("the visit as next", |c| c.at("staff", "/next") == json!(VISIT_1)).await;
    day.fills_up(&mut note_taker, &mut officer, VISIT_1).await;
    let before = state(&day).await;
    assert_eq!(presider.does(Command::CallNext { visit: VISIT_1 }).await, Err("store_unavailable".to_owned()));
    presider.drain();
    assert_eq!(presider.at("staff", "/running"), json!(null), "nobody saw the call");
    assert!(state(&day).await == before && folded(&day).await == before);
    day.world.store.set_max_bytes(None).await.unwrap();
    presider.does(Command::CallNext { visit: VISIT_1 }).await.unwrap();
    note_taker.does(write(0, "sau khi có chỗ")).await.unwrap();
    assert!(folded(&day).await == state(&day).await);
}

/// T06, T45: the process dies in mid-visit. Floor, text and visit are as before; every linked point has a marked gap;
/// microphones are closed; nobody signs in again.
#[tokio::test]
async fn a_crash_is_a_start_with_a_past() {
    let day = Day::with_open_lobby(World::sqlite().await).await;
    let mut presider = day.joins(Who::Presider).await;
    let mut note_taker = day.joins(Who::NoteTaker).await;
    let mut officer = day.joins(Who::OfficerA).await;
    day.starts().await;
    day.waits(VISIT_1, Who::OfficerA, CITIZEN_1).await;
    presider.does(Command::CallNext { visit: VISIT_1 }).await.unwrap();
    let begin = Command::MoveVisit { visit: VISIT_1, act: VisitAct::Begin, reason: String::new() };
    presider.does(begin).await.unwrap();
    presider.does(Command::GiveFloor { point: COMMUNE_A, person: Some(CITIZEN_1) }).await.unwrap();
    officer.does(Command::Microphone { open: true }).await.unwrap();
    note_taker.does(write(0, "Ông trình bày")).await.unwrap();
    presider
        .until("both points linked", |c| {
            [CENTRAL, COMMUNE_A].iter().all(|point| c.public(&format!("/points/{point}/link")) == json!("connected"))
        })
        .await;
    let day = day.after_a_kill().await;
    let mut note_taker = day.joins(Who::NoteTaker).await;
    let mut officer = day.joins(Who::OfficerA).await;
    let _presider = day.joins(Who::Presider).await;
    note_taker
        .until("the text as it was", |c| {
            c.at(&format!("minutes:{VISIT_1}"), &format!("/blocks/{BLOCK}/text")) == json!("Ông trình bày")
        })
        .await;
    officer.until("the floor as it was", |c| c.public("/floor/point") == json!(COMMUNE_A)).await;
    officer.until("the point back", |c| c.public(&format!("/points/{COMMUNE_A}/link")) == json!("connected")).await;
    let state = state(&day).await;
    assert_eq!(state.status(), Some(SessionStatus::InProgress));
    assert!(state.floor.open().is_empty(), "after any reconnect the microphone is closed");
    let gaps: Vec<_> = state.gaps.iter().filter(|gap| gap.point == COMMUNE_A).collect();
    assert_eq!(gaps.len(), 1, "one marked gap");
    assert!(gaps[0].to.is_some() && gaps[0].visit == Some(VISIT_1));
    officer.does(Command::Microphone { open: true }).await.unwrap();
    assert!(folded(&day).await == self::state(&day).await);
}

/// Design §2: 10 s without the citizen's point interrupt the session; when it is back the presider goes on.
#[tokio::test]
async fn a_cut_of_the_citizens_point_is_a_gap_then_an_interruption() {
    let day = Day::with_open_lobby(World::sqlite().await).await;
    let mut presider = day.joins(Who::Presider).await;
    let officer = day.joins(Who::OfficerA).await;
    day.starts().await;
    day.waits(VISIT_1, Who::OfficerA, CITIZEN_1).await;
    presider.does(Command::CallNext { visit: VISIT_1 }).await.unwrap();
    presider.until("the point linked", |c| c.public(&format!("/points/{COMMUNE_A}/link")) == json!("connected")).await;
    officer.leaves().await;
    presider
        .within(Duration::from_secs(9), "the loss", |c| c.public(&format!("/points/{COMMUNE_A}/link")) == json!("lost"))
        .await;
    assert_eq!(presider.public("/status"), json!("in_progress"), "it is shown before it interrupts");
    presider.within(Duration::from_secs(30), "the interruption", |c| c.public("/status") == json!("interrupted")).await;
    let _officer = day.joins(Who::OfficerA).await;
    presider.until("the point back", |c| c.public(&format!("/points/{COMMUNE_A}/link")) == json!("connected")).await;
    let resume = Command::MoveSession { act: SessionAct::Resume, reason: String::new(), new_start: None };
    presider.does(resume).await.unwrap();
    let state = state(&day).await;
    assert_eq!(state.gaps.len(), 1);
    assert!(state.gaps[0].to.unwrap().duration_since(state.gaps[0].from).as_secs() >= 10);
}

/// A cut of less than three seconds is shown while it lasts, and is no gap of the record.
#[tokio::test]
async fn a_short_cut_is_shown_and_is_no_gap() {
    let day = Day::with_open_lobby(World::sqlite().await).await;
    let mut presider = day.joins(Who::Presider).await;
    let officer = day.joins(Who::OfficerA).await;
    let link = format!("/points/{COMMUNE_A}/link");
    presider.until("the point linked", |c| c.public(&link) == json!("connected")).await;
    officer.leaves().await;
    presider.until("the loss", |c| c.public(&link) == json!("lost")).await;
    let _officer = day.joins(Who::OfficerA).await;
    presider.until("the point back", |c| c.public(&link) == json!("connected")).await;
    assert!(state(&day).await.gaps.is_empty());
}

/// T07, T08: a client that comes back with what it has is sent nothing twice; a slow one gets a snapshot instead of a
/// queue, and keeps no other waiting.
#[tokio::test]
async fn resume_sends_what_changed_and_a_slow_client_gets_a_snapshot() {
    let day = Day::with_open_lobby(World::sqlite().await).await;
    let mut presider = day.joins(Who::Presider).await;
    presider.until("everything", |c| c.sections.contains_key("staff") && c.sections.contains_key("public")).await;
    let have: BTreeMap<String, String> = presider.hashes.clone();
    let sections = presider.sections.clone();
    let room = day.room().await;
    let mut resumed = Client::attach_with(&room, Who::Presider, have, 256).await;
    resumed.sections = sections;
    resumed.hashes = presider.hashes.clone();
    resumed.until("the welcome", |c| !c.seen.is_empty()).await;
    resumed.drain();
    let snapshots =
        resumed.seen.iter().filter(|body| matches!(body, ServerBody::Snapshot { section, .. } if section != "staff"));
    assert_eq!(snapshots.count(), 0, "what the client has is not sent again");

    let mut slow = Client::attach_with(&room, Who::OfficerB, BTreeMap::new(), 8).await;
    for n in 0..60_u32 {
        let on = n % 2 == 0;
        presider.does(Command::SetRoomWide { on }).await.unwrap();
        tell(&room, Who::OfficerA, if on { Command::RaiseHand { person: None } } else { Command::LowerHand })
            .await
            .unwrap();
    }
    presider.drain();
    let wanted = presider.public("");
    slow.until("the state of now", |c| c.sections.get("public") == Some(&wanted)).await;
    assert!(slow.closing.borrow().is_none());
}
