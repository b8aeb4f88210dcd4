//! What sections and frames tell a screen that it cannot know otherwise, over real rooms.

use std::collections::BTreeMap;

use diemcau::domain::actor::Actor;
use diemcau::domain::ids::ConnectionId;
use diemcau::domain::people::Function;
use diemcau::domain::session::{SessionStep, StepOutcome};
use diemcau::domain::units::DeviceKind;
use diemcau::limits;
use diemcau::protocol::command::Command;
use diemcau::protocol::frame::{ServerBody, ServerFrame};
use diemcau::room::handle::{Attach, Wire};
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use super::support::day::{COMMUNE_A, Client, Day, Who, tell};
use super::support::store::World;

/// What was done before the day names who did it, as people are named.
#[tokio::test]
async fn a_step_names_who_recorded_it() {
    let day = Day::with_open_lobby(World::sqlite().await).await;
    let mut note_taker = day.joins(Who::NoteTaker).await;
    let outcome = StepOutcome::Done { note: String::new() };
    note_taker.does(Command::RecordStep { step: SessionStep::Publication, point: None, outcome }).await.unwrap();
    let held = note_taker.at("staff", &format!("/functions/{}/name", Who::NoteTaker.user()));
    assert!(held.as_str().is_some_and(|name| !name.is_empty() && !name.contains(':')), "{held}");
    let newest = |c: &Client| c.at("staff", "/steps").as_array().and_then(|steps| steps.last().cloned());
    note_taker.until("the step", |c| newest(c).is_some_and(|step| step["by"] == held)).await;
}

/// Pairs a companion of that function is told to offer.
async fn slots(day: &Day, n: u128, function: Function) -> u32 {
    let room = day.room().await;
    let user = Who::OfficerB.user();
    let (name, title) = ("OfficerB".to_owned(), String::new());
    let assign = Command::AssignFunction { user, name, title, function, point: COMMUNE_A };
    tell(&room, Who::NoteTaker, assign).await.unwrap();
    let withdrawn = Command::WithdrawFunction { user, function: Function::PointOfficer };
    tell(&room, Who::NoteTaker, withdrawn).await.ok();
    let actor = Actor { point: Some(COMMUNE_A), device: DeviceKind::Companion, ..Who::OfficerB.actor() };
    let (frames, mut from_room) = mpsc::channel(limits::CLIENT_QUEUE);
    let (close, _closing) = watch::channel(None);
    let connection = ConnectionId(Uuid::from_u128(n));
    room.attach(Attach { connection, actor, have: BTreeMap::new(), wire: Wire { frames, close } }).await.unwrap();
    let welcome: ServerFrame = serde_json::from_str(&from_room.recv().await.unwrap()).unwrap();
    room.detach(connection).await;
    tell(&room, Who::NoteTaker, Command::WithdrawFunction { user, function }).await.unwrap();
    match welcome.body {
        ServerBody::Welcome { slots, .. } => slots,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn companions_are_offered_what_their_function_follows() {
    let day = Day::with_open_lobby(World::sqlite().await).await;
    for (n, function, wanted) in [
        (1, Function::Observer, 4),
        (2, Function::AdvisingUnit, 4),
        (3, Function::Interpreter, 4),
        (4, Function::Assistant, 2),
        (5, Function::AgencyRepresentative, 0),
        (6, Function::Technician, 25),
    ] {
        assert_eq!(slots(&day, n, function).await, wanted, "{function:?}");
    }
}
