//! Whose microphone is open and what stands on a wall, without a network.

use diemcau::domain::actor::Actor;
use diemcau::domain::event::Event;
use diemcau::domain::ids::{ConnectionId, PointId, UserId};
use diemcau::domain::people::Class;
use diemcau::domain::session::{SessionAct, SessionStatus};
use diemcau::domain::units::DeviceKind;
use diemcau::domain::visit::VisitAct;
use diemcau::media::plan::{Plan, SourceId, SourceKind};
use diemcau::protocol::command::Command;
use diemcau::room::live::{MediaLink, WireState};
use diemcau::room::media_plan;
use diemcau::room::sections::subscriptions;

use crate::support::scene::{CENTRAL, CITIZEN, COMMUNE_A, COMMUNE_B, SESSION, VISIT, World, actor, id, registration};

const WALL: ConnectionId = ConnectionId(uuid::Uuid::from_u128(900));
const ENCODER: ConnectionId = ConnectionId(uuid::Uuid::from_u128(901));
/// Main wires of the two communes.
const PAGE_A: ConnectionId = ConnectionId(uuid::Uuid::from_u128(502));
const PAGE_B: ConnectionId = ConnectionId(uuid::Uuid::from_u128(503));

fn machine(device: DeviceKind, point: Option<PointId>) -> Actor {
    Actor { user: UserId(id(9_000)), point, device, browser: id(9_001), roles: Vec::new(), ..actor(0) }
}

fn joins(world: &mut World, connection: ConnectionId, actor: Actor, publishes: &[SourceKind]) {
    let state = WireState {
        actor,
        media: MediaLink::Connected,
        slots: 4,
        paused: Default::default(),
        sends_h264: Default::default(),
        takes_h264: true,
        publishes: publishes.iter().copied().collect(),
        sending: Default::default(),
        layer: None,
        senses: None,
        quality: Default::default(),
    };
    world.live.wires.insert(connection, state);
}

fn with_encoder(world: &mut World, publishes: &[SourceKind]) {
    joins(world, ENCODER, machine(DeviceKind::Encoder, Some(COMMUNE_A)), publishes);
}

fn plan(world: &World) -> Plan {
    media_plan::plan(SESSION, &world.book.state, &world.live)
}

/// Points shown on the wall, by the main wires of their pictures.
fn on_the_wall(world: &World) -> Vec<ConnectionId> {
    let feeds = plan(world).slots.get(&WALL).cloned().unwrap_or_default();
    feeds.iter().filter_map(|feed| feed.video.map(|(source, _)| source.connection)).collect()
}

/// Commune A's visit on stage, commune B's waiting.
fn visited(class: Class) -> World {
    let mut world = World::new();
    world.must(1, Command::RegisterVisit { registration: registration(1, COMMUNE_A, class) });
    world.begin();
    world.wait_for(VISIT, 2, CITIZEN);
    joins(&mut world, WALL, machine(DeviceKind::Wall, None), &[]);
    assert_eq!(on_the_wall(&world).len(), 3, "between visits every point is shown");
    world.must(0, Command::CallNext { visit: VISIT });
    world.must(0, Command::MoveVisit { visit: VISIT, act: VisitAct::Begin, reason: String::new() });
    world
}

#[test]
fn a_wall_never_shows_a_visit_that_is_not_shown_to_all() {
    let mut world = visited(Class::Normal);
    assert_eq!(on_the_wall(&world), [], "a visit belongs to its points");
    world.must(0, Command::SetRoomWide { on: true });
    assert_eq!(on_the_wall(&world).len(), 3);
}

#[test]
fn a_wall_shows_no_consultation_and_nothing_after_the_end() {
    let mut world = World::new();
    world.begin();
    joins(&mut world, WALL, machine(DeviceKind::Wall, None), &[]);
    assert_eq!(on_the_wall(&world).len(), 3);
    world.must(0, Command::BeginConsultation { points: vec![CENTRAL, COMMUNE_B] });
    assert_eq!(on_the_wall(&world), [], "a consultation is nobody's");
    world.must(0, Command::EndConsultation);
    assert_eq!(on_the_wall(&world).len(), 3);
    world.append(vec![Event::SessionMoved {
        act: SessionAct::Close,
        to: SessionStatus::Closed,
        reason: String::new(),
        new_start: None,
        since: None,
    }]);
    assert_eq!(on_the_wall(&world), [], "nothing after the end");
}

#[test]
fn a_wall_never_shows_a_restricted_visit() {
    let mut world = visited(Class::Restricted);
    assert_eq!(on_the_wall(&world), []);
    // Not even where the presider shows visits to all.
    if world.tell(0, &Command::SetRoomWide { on: true }).is_ok() {
        assert_eq!(on_the_wall(&world), []);
    }
}

#[test]
fn who_speaks_comes_first_on_a_wall() {
    let mut world = World::new();
    world.begin();
    joins(&mut world, WALL, machine(DeviceKind::Wall, None), &[]);
    assert_ne!(on_the_wall(&world).first(), Some(&PAGE_B));
    world.must(0, Command::GiveFloor { point: COMMUNE_B, person: None });
    world.must(3, Command::Microphone { open: true });
    let feeds = plan(&world).slots.get(&WALL).cloned().unwrap();
    assert_eq!(feeds[0].audio, Some(SourceId { connection: PAGE_B, kind: SourceKind::Microphone }));
    assert_eq!(feeds[0].video.map(|(source, _)| source.connection), Some(PAGE_B));
    world.live.wires.get_mut(&WALL).unwrap().slots = 1;
    assert_eq!(on_the_wall(&world), [PAGE_B], "also where there is room for one");
}

#[test]
fn machines_are_told_nothing() {
    let mut world = visited(Class::Normal);
    with_encoder(&mut world, &[SourceKind::Camera]);
    for (connection, device, point) in [(WALL, DeviceKind::Wall, None), (ENCODER, DeviceKind::Encoder, Some(COMMUNE_A))]
    {
        assert!(subscriptions(&world.view(), &machine(device, point)).is_empty(), "{connection}");
    }
    assert_eq!(plan(&world).slots.get(&ENCODER), Some(&Vec::new()), "an encoder receives nothing");
}

#[test]
fn the_encoders_microphone_is_the_points_and_opens_by_its_key_alone() {
    let mut world = World::new();
    world.begin();
    with_encoder(&mut world, &[SourceKind::Camera, SourceKind::Microphone]);
    let open = |world: &World| plan(world).open_microphones;
    assert!(open(&world).is_empty());
    assert_eq!(world.tell(2, &Command::Microphone { open: true }), Err("microphone_without_floor"));
    world.must(0, Command::GiveFloor { point: COMMUNE_A, person: None });
    assert!(open(&world).is_empty(), "the floor allows, it does not open");
    world.must(2, Command::Microphone { open: true });
    assert!(open(&world).contains(&ENCODER) && !open(&world).contains(&PAGE_A), "one microphone, not two");
    let recorded = plan(&world).record;
    for kind in [SourceKind::Microphone, SourceKind::Camera] {
        assert!(recorded.contains_key(&SourceId { connection: ENCODER, kind }));
        assert!(!recorded.contains_key(&SourceId { connection: PAGE_A, kind }));
    }
    // Its line is away for a moment: the picture is the page's, the microphone is not another one by itself.
    world.live.wires.get_mut(&ENCODER).unwrap().media = MediaLink::Silent(world.now);
    assert!(open(&world).contains(&ENCODER) && !open(&world).contains(&PAGE_A));
    assert!(plan(&world).record.contains_key(&SourceId { connection: PAGE_A, kind: SourceKind::Camera }));
    // The page whose key opened it is away: nobody answers for the microphone.
    world.live.main.remove(&COMMUNE_A);
    assert!(open(&world).is_empty());
}

#[test]
fn what_an_encoder_does_not_send_stays_the_pages() {
    let mut world = World::new();
    world.begin();
    with_encoder(&mut world, &[SourceKind::Camera]);
    world.must(0, Command::GiveFloor { point: COMMUNE_A, person: None });
    world.must(2, Command::Microphone { open: true });
    assert!(plan(&world).open_microphones.contains(&PAGE_A));
    let recorded = plan(&world).record;
    assert!(recorded.contains_key(&SourceId { connection: ENCODER, kind: SourceKind::Camera }));
    assert!(recorded.contains_key(&SourceId { connection: PAGE_A, kind: SourceKind::Microphone }));
}

/// Who decodes no H.264 is told so, of the encoder's pictures and of no others.
#[test]
fn a_picture_that_a_viewer_does_not_decode_is_named() {
    let mut world = World::new();
    world.begin();
    with_encoder(&mut world, &[SourceKind::Camera]);
    let undecoded = |world: &World| -> Vec<PointId> {
        let shown = media_plan::slot_points(&plan(world), &world.live, PAGE_B);
        shown.into_iter().filter(|slot| slot.undecoded).filter_map(|slot| slot.point).collect()
    };
    assert_eq!(undecoded(&world), []);
    world.live.wires.get_mut(&ENCODER).unwrap().sends_h264.insert(SourceKind::Camera);
    assert_eq!(undecoded(&world), [], "this page does");
    world.live.wires.get_mut(&PAGE_B).unwrap().takes_h264 = false;
    assert_eq!(undecoded(&world), [COMMUNE_A]);
    // Its line is away: the page's own camera is VP8.
    world.live.wires.get_mut(&ENCODER).unwrap().media = MediaLink::Silent(world.now);
    assert_eq!(undecoded(&world), []);
}
