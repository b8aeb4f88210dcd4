//! Devices of a point: what a page that was loaded anew finds, and what a second main device may do.

use std::time::Duration;

use diemcau::bot::Bot;
use diemcau::domain::event::Event;
use diemcau::domain::ids::CommandId;
use diemcau::media::engine::EngineEvent;
use diemcau::media::plan::Layer;
use diemcau::media::{Admission, MediaConfig};
use diemcau::protocol::command::Command;
use diemcau::protocol::frame::{CameraLayer, ClientBody, ServerBody};
use serde_json::json;
use uuid::Uuid;

use super::media_stage::full;
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

#[tokio::test]
async fn what_is_told_of_layers_reaches_the_publisher_alone() {
    let day = Day::with_open_lobby(World::sqlite().await).await;
    let (mut presider, mut officer) = (day.joins(Who::Presider).await, day.joins(Who::OfficerA).await);
    let connection = officer.connection;
    let layers = vec![Layer::Quarter, Layer::Full];
    day.registry.engine_event(EngineEvent::Layers { room: SESSION, connection, layers, idle: true }).await;
    let layers = vec![CameraLayer::Quarter, CameraLayer::Full];
    let told = |client: &Client| client.seen.contains(&ServerBody::Layers { layers: layers.clone(), idle: true });
    officer.until("which layers are wanted", told).await;
    presider.drain();
    assert!(!told(&presider));
}

/// The only offer of a wire; `None`: it was answered.
async fn offers(client: &mut Client, sdp: &str) -> Option<String> {
    let id = CommandId(Uuid::new_v4());
    client.sends(id, ClientBody::Offer { sdp: sdp.to_owned() }).await;
    let answer = |body: &ServerBody| match body {
        ServerBody::Answer { re, .. } if *re == id => Some(None),
        ServerBody::Refused { re, code, .. } if *re == id => Some(Some(code.clone())),
        _ => None,
    };
    client.until("an answer", |client| client.seen.iter().any(|body| answer(body).is_some())).await;
    client.seen.iter().find_map(answer).unwrap()
}

/// A media server that is busy takes no newcomers, and their page alone makes nobody less of one; a point that was there
/// before the server failed is taken.
#[tokio::test]
async fn who_comes_back_is_taken_where_newcomers_are_refused() {
    let (_bot, offer) = Bot::offer(&full(1)).await.unwrap();
    let admission = Admission { new: 0, again: 1_000, ..Admission::default() };
    let busy = MediaConfig { admission, ..MediaConfig::on("127.0.0.1:0".parse().unwrap()) };
    let seen = async |day: &Day| {
        let room = day.room().await;
        for _ in 0..400 {
            if room.look().await.unwrap().state.points.get(&COMMUNE_A).is_some_and(|point| point.seen) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the commune was never linked");
    };
    let day = Day::with_open_lobby(World::sqlite().await).await;
    let day = Day::with_media(day.killed().await, &busy).await;
    let mut officer = day.joins(Who::OfficerA).await;
    seen(&day).await;
    assert_eq!(offers(&mut officer, &offer).await.as_deref(), Some("media_full"));
    let day = Day::with_media(day.killed().await, &busy).await;
    let mut officer = day.joins(Who::OfficerA).await;
    assert_eq!(offers(&mut officer, &offer).await, None);
    let mut other = day.joins(Who::OfficerB).await;
    assert_eq!(offers(&mut other, &offer).await.as_deref(), Some("media_full"));
}
