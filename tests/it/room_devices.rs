//! Devices of a point: what a page that was loaded anew finds, and what a second main device may do.

use std::time::Duration;

use diemcau::domain::event::Event;
use diemcau::protocol::command::Command;
use diemcau::protocol::frame::ServerBody;
use serde_json::json;
use uuid::Uuid;

use super::support::day::{CITIZEN_1, COMMUNE_A, Client, Day, SESSION, VISIT_1, Who, person};
use super::support::store::World;
use diemcau::domain::people::PersonRole;

/// The visit of the commune under way, its citizen seated, with the floor and an open microphone.
async fn speaking(day: &Day) -> (Client, Client) {
    let mut presider = day.joins(Who::Presider).await;
    let mut officer = day.joins(Who::OfficerA).await;
    day.starts().await;
    let citizen = person(CITIZEN_1, "Nguyễn Thị A", PersonRole::Citizen);
    officer
        .does(Command::SeatPerson { point: COMMUNE_A, person: citizen, seat: 2, substitute_for: None })
        .await
        .unwrap();
    presider.does(Command::GiveFloor { point: COMMUNE_A, person: None }).await.unwrap();
    officer.does(Command::Microphone { open: true }).await.unwrap();
    (presider, officer)
}

fn microphone(client: &Client) -> serde_json::Value {
    client.public(&format!("/points/{COMMUNE_A}/microphone_open"))
}

/// T30: after any reconnect the microphone is closed, also when it was too short to be a loss; seat and floor stay.
#[tokio::test]
async fn a_page_loaded_anew_has_its_seat_and_a_closed_microphone() {
    let day = Day::with_open_lobby(World::sqlite().await).await;
    let (mut presider, officer) = speaking(&day).await;
    presider.until("the open microphone", |c| microphone(c) == json!(true)).await;
    officer.leaves().await;
    let mut officer = day.joins(Who::OfficerA).await;
    presider.within(Duration::from_secs(2), "it closed", |c| microphone(c) == json!(false)).await;
    let state = day.room().await.look().await.unwrap().state;
    assert!(state.gaps.is_empty(), "nothing was lost");
    assert_eq!(state.floor.holder().map(|holder| holder.point), Some(COMMUNE_A));
    assert_eq!(state.roster.get(COMMUNE_A, CITIZEN_1).and_then(|entry| entry.seat), Some(2));
    officer.does(Command::Microphone { open: true }).await.unwrap();
    presider.until("opened by its key", |c| microphone(c) == json!(true)).await;
    // It stays so: the key belongs to this wire.
    tokio::time::sleep(Duration::from_millis(600)).await;
    let log = day.world.store.load(SESSION, 0).await.unwrap();
    let closed = log.iter().filter_map(|stored| serde_json::from_slice::<Event>(stored.body.as_deref()?).ok());
    let closed: Vec<Event> = closed.filter(|event| matches!(event, Event::MicrophoneClosed { .. })).collect();
    assert_eq!(closed, [Event::MicrophoneClosed { point: COMMUNE_A, reason: "reconnected".to_owned() }]);
}

/// T09: a second machine is told that it is the second, hears nothing of its key, and takes over when somebody says so;
/// the first is told then.
#[tokio::test]
async fn a_second_main_device_waits_until_it_takes_over() {
    let day = Day::with_open_lobby(World::sqlite().await).await;
    let (mut presider, mut first) = speaking(&day).await;
    let mut actor = Who::OfficerA.actor();
    actor.browser = Uuid::from_u128(0x2);
    let mut second = Client::attach_as(&day.room().await, actor).await;
    let asks = |client: &Client| client.at(&format!("point:{COMMUNE_A}"), "/take_over");
    let own = json!([second.connection]);
    second.until("that it is the second", |c| asks(c) == own).await;
    first.until("that another one asks", |c| asks(c) == own).await;
    // Whether the first one's is open or closed.
    for open in [true, false] {
        first.does(Command::Microphone { open }).await.unwrap();
        let refused = second.does(Command::Microphone { open: true }).await;
        assert_eq!(refused, Err("microphone_needs_main_device".to_owned()));
    }
    first.does(Command::Microphone { open: true }).await.unwrap();

    second.does(Command::TakeOver { connection: second.connection }).await.unwrap();
    let told = *first.closing.borrow();
    assert_eq!(told.map(|closing| (closing.code, closing.reason)), Some((4409, "taken_over")));
    first.leaves().await;
    second.until("that nobody waits", |c| asks(c) == json!([])).await;
    presider.until("the microphone closed", |c| microphone(c) == json!(false)).await;
    second.does(Command::Microphone { open: true }).await.unwrap();
    assert!(!second.seen.iter().any(|body| matches!(body, ServerBody::Bye { .. })));
    assert!(day.room().await.look().await.unwrap().state.visits.contains_key(&VISIT_1));
}
