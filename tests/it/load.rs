//! The load tool on the real engine, in a process of its own: what it says is true because it can tell when it is not.

use std::sync::Arc;

use diemcau::clock::SystemClock;
use diemcau::demo::House;
use diemcau::domain::actor::Actor;
use diemcau::domain::ids::CommandId;
use diemcau::domain::session::SessionAct;
use diemcau::domain::units::DeviceKind;
use diemcau::load::{self, Bare, Door, Doubt, Installation, Profile, Report, Scene};
use diemcau::protocol::command::Command as Act;
use tokio::process::Command;
use uuid::Uuid;

/// Small packets: an unoptimised server and an unoptimised load share one machine with other tests.
fn small() -> Scene {
    Scene {
        profile: Profile { frames_per_second: 15, packets_per_frame: 3, packet_bytes: 300, ..Profile::default() },
        warm_up_ms: 300,
        window_ms: 2_000,
        ..Scene::default()
    }
}

async fn bare(workers: &str) -> Arc<dyn Door> {
    let mut host = Command::new(env!("CARGO_BIN_EXE_diemcau"));
    host.args(["load-engine", "--listen", "127.0.0.1:0", "--workers", workers]);
    Arc::new(Bare::start(host).await.unwrap())
}

async fn play(scene: Scene) -> Report {
    load::play(scene, bare("1").await, SystemClock::start()).await.unwrap()
}

/// The same on several workers: the load does not see how many there are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rooms_on_several_workers_get_everything() {
    let scene = Scene { rooms: 4, publishers: 1, subscribers: 3, talkers: 1, ..small() };
    let report = load::play(scene, bare("3").await, SystemClock::start()).await.unwrap();
    assert_eq!((report.connected, report.failed, report.reason.clone()), (20, 0, None), "{report:?}");
    assert_eq!((report.lost, report.repeated, report.missing_streams, report.wrong), (0, 0, 0, 0), "{report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_arrives_as_it_was_sent() {
    let report = play(Scene { rooms: 2, publishers: 2, subscribers: 3, talkers: 1, ..small() }).await;
    assert_eq!((report.connected, report.failed, report.reason.clone()), (12, 0, None), "{report:?}");
    assert_eq!((report.lost, report.repeated, report.missing_streams, report.wrong), (0, 0, 0, 0), "{report:?}");
    // Per room 3 senders of 95 packets a second at 3 receivers, and 2 of them at the third.
    let wanted = report.scene.forwarded_per_second() as f64;
    assert!((wanted - 2.0 * (9.0 + 2.0) * 95.0).abs() < 0.1);
    let ratio = report.received_per_second / wanted;
    assert!((0.9..1.1).contains(&ratio), "{} of {wanted} packets a second", report.received_per_second);
    assert!(report.compared > 60, "{} packets were opened", report.compared);
    assert!(report.delay_ms.p50 > 0.0 && report.delay_ms.p50 < 100.0, "{report:?}");
    let server = report.server.unwrap();
    assert!(server.us_per_packet > 0.1 && server.rss > server.rss_before, "{server:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_poor_line_and_restless_receivers_show() {
    let line = "broken-adsl".parse().unwrap();
    let scene = Scene { publishers: 1, subscribers: 4, line: Some(line), churn_per_minute: 120, ..small() };
    let report = play(scene).await;
    assert_eq!((report.connected, report.failed), (5, 0), "{report:?}");
    assert!(report.lost > 0, "{report:?}");
    assert_eq!(report.wrong, 0, "lost is not the same as wrong: {report:?}");
    assert!(report.delay_ms.p50 >= 40.0, "20 ms each way: {:?}", report.delay_ms);
    assert_eq!(report.doubts, [], "such a line loses");
    let perfect = play(Scene { publishers: 1, subscribers: 4, churn_per_minute: 120, ..small() }).await;
    assert_eq!((perfect.connected, perfect.lost, perfect.wrong), (5, 0, 0), "{perfect:?}");
}

/// Every flight of both sides, checks too: three of ten datagrams are lost, and all come in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn joins_survive_the_loss_of_three_in_ten() {
    let line = Some("30 % loss".parse().unwrap());
    let scene = Scene { publishers: 1, subscribers: 23, patience_ms: 60_000, line, window_ms: 500, ..small() };
    let report = play(scene).await;
    assert_eq!((report.connected, report.failed, report.wrong), (24, 0, 0), "{report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_believed_is_said() {
    // A room of more senders than a connection may show.
    let report = play(Scene { publishers: 27, subscribers: 1, patience_ms: 2_000, window_ms: 500, ..small() }).await;
    assert_eq!(report.missing_streams, 4, "two senders too many, picture and sound: {report:?}");
    assert!(report.doubts.contains(&Doubt::MissingStreams), "{:?}", report.doubts);
}

/// Points of the demonstration's session of today, by their links, as a technician would try it before a day.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_installation_is_reached_by_links() {
    let dir = tempfile::tempdir().unwrap();
    let clock = SystemClock::start();
    let house = House::open("127.0.0.1:0".parse().unwrap(), dir.path(), &clock, false).await.unwrap();
    let app = house.server().app();
    let room = app.registry.open(house.seeded.today).await.unwrap();
    let user = app.accounts.by_login("ky-thuat").await.unwrap().unwrap().user;
    let roles = app.accounts.roles(user.id).await.unwrap();
    let technician = Actor {
        user: user.id,
        name: user.name,
        title: user.title,
        point: None,
        device: DeviceKind::Companion,
        browser: Uuid::nil(),
        roles: roles.iter().map(|grant| (grant.unit, grant.role)).collect(),
    };
    let open = Act::MoveSession { act: SessionAct::OpenLobby, reason: String::new(), new_start: None };
    room.command(technician, CommandId(clock.new_id()), open).await.unwrap();
    let links: Vec<&str> = house
        .links
        .iter()
        .filter(|link| ["xa-a", "phuong-b", "so"].contains(&link.role.as_str()))
        .map(|link| link.link.as_str())
        .collect();
    let there = Installation::new(&links.join("\n"), None, clock.clone()).unwrap();
    let scene = Scene { publishers: 0, subscribers: 0, talkers: there.points(), ..small() };
    let report = load::play(scene, Arc::new(there), clock).await.unwrap();
    assert_eq!((report.connected, report.failed, report.reason.clone()), (3, 0, None), "{report:?}");
    assert_eq!((report.lost, report.wrong), (0, 0), "{report:?}");
    // Three points see two others each, 45 packets of pictures a second; no microphone is open.
    assert!((200.0..300.0).contains(&report.received_per_second), "{report:?}");
    house.close().await;
}
