//! A restricted visit as the room's rules keep it (TC Điều 8(3), 56): names, sound, picture, levels, what all are shown.

use std::collections::{BTreeMap, BTreeSet};

use diemcau::domain::actor::Actor;
use diemcau::domain::cases::{Petition, PetitionKind};
use diemcau::domain::chain::Scope;
use diemcau::domain::event::Event;
use diemcau::domain::ids::{ConnectionId, PersonId, PointId, UserId, VisitId};
use diemcau::domain::people::{Class, Function, IdentityCheck, Person, PersonRole, UnitRole};
use diemcau::domain::presence::Standing;
use diemcau::domain::session::SessionAct;
use diemcau::domain::units::DeviceKind;
use diemcau::domain::visit::{BlockKind, Confirmation, VisitAct};
use diemcau::media::plan::{SlotFeed, SourceKind};
use diemcau::protocol::command::Command;
use diemcau::room::live::{Alarm, MediaLink, WireState};
use diemcau::room::media_plan;
use diemcau::room::record;
use diemcau::room::sections::{render, subscriptions};
use diemcau::room::state::{Logged, State};
use serde_json::{Value, json};

use super::support::scene::{
    CENTRAL, COMMUNE_A, COMMUNE_B, SESSION, UNIT, World, actor, card, id, person, petition, registration,
};

const VISIT: VisitId = VisitId(uuid::Uuid::from_u128(201));
const CITIZEN: PersonId = PersonId(uuid::Uuid::from_u128(301));
/// Name, and nothing else of the world has it.
const NAME: &str = "Nguyễn Văn 301";

fn wire(n: u128) -> ConnectionId {
    ConnectionId(id(n))
}

/// Somebody else at a point; without function and role it is a paired device.
fn other(n: u128, point: PointId, device: DeviceKind, roles: Vec<(diemcau::domain::ids::UnitId, UnitRole)>) -> Actor {
    Actor { user: UserId(id(n)), point: Some(point), device, browser: id(n + 5000), roles, ..actor(0) }
}

fn sits(world: &mut World, who: &Actor, function: Function) {
    let (user, point) = (who.user, who.point.unwrap());
    let (name, title) = (format!("Cán bộ {user}"), String::new());
    world.append(vec![Event::FunctionAssigned { user, name, title, function, point }]);
}

/// A wire of that actor, named by the number of its account.
fn joins(world: &mut World, n: u128, who: &Actor) {
    let state = WireState {
        actor: who.clone(),
        media: MediaLink::Connected,
        slots: 4,
        paused: Default::default(),
        sends_h264: Default::default(),
        takes_h264: true,
        publishes: Default::default(),
        sending: Default::default(),
        layer: None,
        senses: None,
        quality: Default::default(),
    };
    world.live.wires.insert(wire(n), state);
}

/// The restricted visit of commune A, waiting; a normal one of commune B.
fn waiting() -> World {
    let mut world = World::new();
    world.must(1, Command::RegisterVisit { registration: registration(1, COMMUNE_A, Class::Restricted) });
    world.must(1, Command::RegisterVisit { registration: registration(2, COMMUNE_B, Class::Normal) });
    world.begin();
    world.wait_for(VISIT, 2, CITIZEN);
    world
}

fn running() -> World {
    let mut world = waiting();
    world.must(0, Command::CallNext { visit: VISIT });
    world.must(0, Command::MoveVisit { visit: VISIT, act: VisitAct::Begin, reason: String::new() });
    world
}

fn section(world: &World, who: &Actor, name: &str) -> Value {
    let view = world.view();
    let key = subscriptions(&view, who).get(name).copied();
    key.map(|key| serde_json::from_str(&render(&view, &key)).unwrap()).unwrap_or_default()
}

fn all(world: &World, who: &Actor) -> String {
    let view = world.view();
    subscriptions(&view, who).values().map(|key| render(&view, key)).collect()
}

fn feeds(world: &World, connection: ConnectionId) -> Vec<SlotFeed> {
    let plan = media_plan::plan(SESSION, &world.book.state, &world.live);
    plan.slots.get(&connection).cloned().unwrap_or_default()
}

fn sounds(feeds: &[SlotFeed]) -> usize {
    feeds.iter().filter(|feed| feed.audio.is_some()).count()
}

/// As the page sends it: a new id, class left out. The officer beside the citizen sees no name and types it.
fn typed_anew() -> Person {
    let typed = json!({"id": id(999), "name": NAME, "role": "citizen", "phone": "0912345678"});
    serde_json::from_value(typed).unwrap()
}

#[test]
fn whoever_sits_down_beside_a_restricted_visit_belongs_to_it() {
    let mut world = waiting();
    // By id alone, as the masked row gives it; the server knows the rest.
    let masked = Person { name: String::new(), address: String::new(), ..person(301, PersonRole::Citizen) };
    let seat =
        |point: PointId, person: Person, seat: u32| Command::SeatPerson { point, person, seat, substitute_for: None };
    world.must(2, seat(COMMUNE_A, masked.clone(), 4));
    world.must(2, seat(COMMUNE_A, typed_anew(), 5));
    assert_eq!(
        world.tell(3, &seat(COMMUNE_B, masked, 1)),
        Err("person_unknown"),
        "another point learns nothing by asking"
    );
    let mut secret = person(998, PersonRole::Witness);
    secret.class = Class::Restricted;
    assert_eq!(world.tell(3, &seat(COMMUNE_B, secret, 1)), Err("restricted_person_needs_visit"));
    let state = &world.book.state;
    for id in [CITIZEN, PersonId(id(999))] {
        let entry = state.roster.get(COMMUNE_A, id).unwrap();
        assert_eq!(
            (entry.person.name.as_str(), entry.person.class, entry.visit),
            (NAME, Class::Restricted, Some(VISIT))
        );
    }
    // The name is in no body that the session's own key opens.
    for logged in &world.log {
        let event = logged.event.as_ref().unwrap();
        let sealed_with_the_visit = event.scope() == Scope::Visit(VISIT);
        assert!(sealed_with_the_visit || !serde_json::to_string(event).unwrap().contains(NAME), "{event:?}");
    }
    let agency = other(107, COMMUNE_A, DeviceKind::Companion, Vec::new());
    sits(&mut world, &agency, Function::AgencyRepresentative);
    for who in [actor(2), actor(3), actor(4), actor(5), agency.clone()] {
        let seen = all(&world, &who);
        assert!(!seen.contains(NAME) && !seen.contains("0912345678") && !seen.contains("Việc 1"), "{:?}", who.user);
    }
    let rows = section(&world, &actor(2), &format!("point:{COMMUNE_A}"))["roster"].clone();
    let row = &rows[CITIZEN.to_string()];
    assert_eq!((&row["person"]["name"], &row["ordinal"], &row["visit"]), (&json!(""), &json!(1), &json!(VISIT)));
    assert_eq!(rows[id(999).to_string()]["ordinal"], Value::Null, "somebody beside them");
    let of_agency = section(&world, &agency, &format!("point:{COMMUNE_A}"));
    assert_eq!(
        (&of_agency["roster"], &of_agency["visits"]),
        (&json!({}), &json!([])),
        "not even that somebody sits there"
    );
    for who in 0..7 {
        let reader = record::Reader { user: actor(who).user, seats: vec![actor(who)] };
        assert!(record::attendance(&world.book.state, &reader).iter().all(|row| row.person.name != NAME), "{who}");
    }
}

/// Design §4: what the visit's key sealed is gone with it, wherever it was written.
#[test]
fn after_an_erasure_nothing_of_the_person_is_left_in_the_fold() {
    let mut world = waiting();
    let seated = Command::SeatPerson { point: COMMUNE_A, person: typed_anew(), seat: 5, substitute_for: None };
    world.must(2, seated);
    assert!(format!("{:?}", world.book.state).contains(NAME));
    let erased: Vec<Logged> = world
        .log
        .iter()
        .map(|logged| {
            let gone = logged.event.as_ref().is_some_and(|event| event.scope() == Scope::Visit(VISIT));
            Logged { event: logged.event.clone().filter(|_| !gone), ..logged.clone() }
        })
        .collect();
    let left = format!("{:?}", State::fold(&erased));
    assert!(!left.contains(NAME) && !left.contains("0912345678"), "{left}");
}

/// domain.md §3.8: what is found to be a denunciation at the end is masked from then on, the roster with it.
#[test]
fn a_visit_raised_at_its_end_takes_the_roster_with_it() {
    let mut world = World::new();
    world.must(1, Command::RegisterVisit { registration: registration(1, COMMUNE_A, Class::Normal) });
    world.begin();
    world.wait_for(VISIT, 2, CITIZEN);
    let companion = Command::SeatPerson { point: COMMUNE_A, person: typed_anew(), seat: 5, substitute_for: None };
    world.must(2, companion);
    world.must(0, Command::CallNext { visit: VISIT });
    world.must(0, Command::MoveVisit { visit: VISIT, act: VisitAct::Begin, reason: String::new() });
    assert!(all(&world, &actor(2)).contains(NAME), "a normal visit has a name at its own point");
    let block = diemcau::domain::ids::BlockId(id(800));
    let (block_kind, text) = (BlockKind::Content, "Ông tố cáo".to_owned());
    world.must(1, Command::WriteBlock { visit: VISIT, block, block_kind, base: 0, text });
    world.must(0, Command::CloseHearing { visit: VISIT, card: card() });
    world.must(1, Command::FreezeText { visit: VISIT });
    world.must(1, Command::ReadBack { visit: VISIT });
    world.must(2, Command::ConfirmText { visit: VISIT, person: CITIZEN, how: Confirmation::Signature });
    let petitions = vec![Petition { kind: PetitionKind::Denunciation, ..petition(VISIT) }];
    world.must(1, Command::Classify { visit: VISIT, petitions });
    for who in [2, 3, 4, 5] {
        assert!(!all(&world, &actor(who)).contains(NAME), "{who}");
    }
    assert!(all(&world, &actor(1)).contains(NAME), "the receiver's side");
}

#[test]
fn the_people_of_a_visit_are_expected_and_seated_by_their_papers() {
    let mut world = World::new();
    let mut pair = registration(1, COMMUNE_A, Class::Normal);
    pair.persons.push(person(302, PersonRole::Interpreter));
    world.must(1, Command::RegisterVisit { registration: pair });
    let standing = |world: &World, n: u128| world.book.state.roster.get(COMMUNE_A, PersonId(id(n))).unwrap().standing();
    assert_eq!((standing(&world, 301), standing(&world, 302)), (Standing::Expected, Standing::Expected));
    world.begin();
    world.must(
        2,
        Command::SeatPerson {
            point: COMMUNE_A,
            person: person(302, PersonRole::Interpreter),
            seat: 1,
            substitute_for: None,
        },
    );
    world.must(2, Command::MoveVisit { visit: VISIT, act: VisitAct::Arrive, reason: String::new() });
    let seen = |person: u128| Command::SeeIdentity {
        visit: VISIT,
        person: PersonId(id(person)),
        how: IdentityCheck::DocumentSeen,
    };
    assert_eq!(world.tell(2, &seen(301)), Ok(2), "identity seen, and seated");
    assert_eq!(world.book.state.roster.get(COMMUNE_A, CITIZEN).unwrap().seat, Some(2), "the next free seat");
    assert_eq!(world.tell(2, &seen(302)), Ok(1), "who sits already is only identified");
    world.must(2, Command::PersonOut { point: COMMUNE_A, person: CITIZEN });
    let again = Command::SeeIdentity { visit: VISIT, person: CITIZEN, how: IdentityCheck::ChipRead };
    assert_eq!(world.tell(2, &again), Ok(1), "who went out comes back by an act alone");
}

#[test]
fn agencies_are_no_part_of_a_restricted_visit() {
    let mut world = World::new();
    let mut named = registration(1, COMMUNE_A, Class::Restricted);
    named.agency_points = vec![COMMUNE_B];
    assert_eq!(world.tell(1, &Command::RegisterVisit { registration: named }), Err("agency_in_restricted_visit"));
    world.must(1, Command::RegisterVisit { registration: registration(1, COMMUNE_A, Class::Restricted) });
    let set = Command::SetVisitPoints { visit: VISIT, agency_points: vec![COMMUNE_B] };
    assert_eq!(world.tell(0, &set), Err("agency_in_restricted_visit"));
    // A log of an older release may have them all the same.
    world.append(vec![Event::VisitPointsSet { visit: VISIT, agency_points: vec![COMMUNE_B] }]);
    world.begin();
    world.wait_for(VISIT, 2, CITIZEN);
    world.must(0, Command::CallNext { visit: VISIT });
    assert!(feeds(&world, wire(503)).is_empty(), "the point named hears nothing of it");
}

/// Who is given sound and picture, and what of it: as many rows as there are ways to sit somewhere.
#[test]
fn media_goes_to_the_main_device_and_to_who_passes_the_table() {
    use DeviceKind::{CitizenScreen, Companion, Main};
    let unit_officer = || vec![(UNIT, UnitRole::Inspector)];
    // Number, point, device, roles, function; pictures and sounds of a normal visit at the point, and of a restricted one.
    type Row = (u128, DeviceKind, bool, Option<Function>, (usize, usize), (usize, usize));
    let rows: [Row; 9] = [
        (130, Main, true, None, (0, 0), (0, 0)),
        (131, Main, false, None, (0, 0), (0, 0)),
        (132, Companion, true, None, (1, 0), (0, 0)),
        (133, Companion, true, Some(Function::Observer), (1, 0), (0, 0)),
        (134, Companion, true, Some(Function::AgencyRepresentative), (1, 0), (0, 0)),
        (135, Companion, true, Some(Function::Interpreter), (1, 0), (1, 0)),
        (136, Companion, true, Some(Function::PointOfficer), (1, 0), (1, 0)),
        (137, CitizenScreen, false, None, (2, 0), (2, 0)),
        (138, CitizenScreen, true, Some(Function::Observer), (2, 0), (0, 0)),
    ];
    for class in [Class::Normal, Class::Restricted] {
        let mut world = World::new();
        world.must(1, Command::RegisterVisit { registration: registration(1, COMMUNE_A, class) });
        world.begin();
        world.wait_for(VISIT, 2, CITIZEN);
        for (n, device, has_role, function, ..) in &rows {
            let who = other(*n, COMMUNE_A, *device, if *has_role { unit_officer() } else { Vec::new() });
            if let Some(function) = function {
                sits(&mut world, &who, *function);
            }
            joins(&mut world, *n, &who);
        }
        world.must(0, Command::CallNext { visit: VISIT });
        for (n, device, _, function, normal, restricted) in &rows {
            let got = feeds(&world, wire(*n));
            let wanted = if class == Class::Normal { normal } else { restricted };
            assert_eq!((got.len(), sounds(&got)), *wanted, "{class:?} {device:?} {function:?} ({n})");
        }
        let main = feeds(&world, wire(502));
        assert_eq!((main.len(), sounds(&main)), (1, 1), "the point's main device sees and hears the presider");
        assert!(feeds(&world, wire(503)).is_empty(), "a waiting point");
        // Without a main device the place is deaf unless its interpreter's machine sounds.
        world.live.main.remove(&COMMUNE_A);
        assert_eq!(sounds(&feeds(&world, wire(135))), 1, "{class:?}");
        assert_eq!(sounds(&feeds(&world, wire(133))), usize::from(class == Class::Normal), "{class:?}");
        assert!(feeds(&world, wire(130)).is_empty(), "a machine that was not made the main one");
    }
}

/// Between visits everybody at a point sees everybody; two machines at one point never sound both.
#[test]
fn a_second_main_device_waits_unseen_and_deaf_and_shows_no_papers() {
    let mut world = World::new();
    world.begin();
    let second = other(140, COMMUNE_A, DeviceKind::Main, vec![(UNIT, UnitRole::Head)]);
    joins(&mut world, 140, &second);
    world.live.wires.get_mut(&wire(140)).unwrap().sending.insert(SourceKind::Paper);
    assert!(feeds(&world, wire(140)).is_empty());
    let plan = media_plan::plan(SESSION, &world.book.state, &world.live);
    let shown = |connection: ConnectionId| {
        plan.record.keys().any(|source| source.connection == connection)
            || plan
                .slots
                .values()
                .flatten()
                .any(|feed| feed.video.is_some_and(|(source, _)| source.connection == connection))
    };
    assert!(!shown(wire(140)) && shown(wire(502)));
    // The same browser beside its old wire is a reconnect: both play until the new one is the main one.
    let again = Actor { browser: actor(2).browser, ..actor(2) };
    joins(&mut world, 141, &again);
    assert_eq!(sounds(&feeds(&world, wire(141))), 2);
    assert!(sounds(&feeds(&world, wire(502))) > 0);
}

#[test]
fn a_consultation_is_for_officers_and_no_screen_of_waiting_citizens() {
    let mut world = World::new();
    world.begin();
    let screen = other(150, COMMUNE_B, DeviceKind::CitizenScreen, Vec::new());
    let observer = other(151, COMMUNE_B, DeviceKind::Companion, Vec::new());
    sits(&mut world, &observer, Function::Observer);
    joins(&mut world, 150, &screen);
    joins(&mut world, 151, &observer);
    assert!(!feeds(&world, wire(150)).is_empty() && !feeds(&world, wire(151)).is_empty());
    world.must(0, Command::BeginConsultation { points: vec![COMMUNE_B] });
    assert!(feeds(&world, wire(150)).is_empty() && feeds(&world, wire(151)).is_empty());
    assert_eq!(sounds(&feeds(&world, wire(503))), 1, "the point's own device");
    assert!(feeds(&world, wire(502)).is_empty());
    let told = |who: usize| section(&world, &actor(who), "staff")["consultation"].clone();
    assert_eq!(told(3).as_array().map(Vec::len), Some(2));
    assert_eq!(told(2), json!([]), "the others are told that there is one, not whose");
    assert_eq!(section(&world, &actor(2), "public")["consultation"], json!(true));
}

/// Who speaks, second by second, is told to who hears it.
#[test]
fn levels_of_a_visit_stay_with_who_hears_it() {
    let mut world = running();
    let screen = other(160, COMMUNE_B, DeviceKind::CitizenScreen, Vec::new());
    joins(&mut world, 160, &screen);
    let levels = BTreeMap::from([(CENTRAL, 20), (COMMUNE_A, 30), (COMMUNE_B, 40)]);
    let told = |world: &World, connection: ConnectionId| -> BTreeSet<PointId> {
        let audiences = media_plan::audiences(&world.book.state, &world.live, &levels);
        let of = audiences.iter().find(|(_, wires)| wires.contains(&connection));
        of.map(|(levels, _)| levels.keys().copied().collect()).unwrap_or_default()
    };
    for connection in [500, 501, 502] {
        assert_eq!(told(&world, wire(connection)), BTreeSet::from([CENTRAL, COMMUNE_A]), "{connection}");
    }
    for connection in [503, 504, 160] {
        assert_eq!(told(&world, wire(connection)), BTreeSet::from([COMMUNE_B]), "{connection}: the own point alone");
    }
    assert_eq!(told(&world, wire(505)), BTreeSet::from([CENTRAL]), "a technician beside the presider");
    world.must(0, Command::CloseHearing { visit: VISIT, card: card() });
    assert_eq!(told(&world, wire(160)).len(), 3, "between visits everybody may");
}

/// All places look alike to who is outside of a restricted visit: nothing tells where the denouncer sits.
#[test]
fn outside_of_a_restricted_visit_all_places_look_alike() {
    let mut world = running();
    let screen = |n: u128, point: PointId| other(n, point, DeviceKind::CitizenScreen, Vec::new());
    world.must(0, Command::GiveFloor { point: COMMUNE_A, person: None });
    world.must(2, Command::Microphone { open: true });
    world.must(2, Command::RaiseHand { person: None });
    let public = |world: &World, who: &Actor| section(world, who, "public");
    for who in [actor(3), actor(4), actor(5), screen(170, COMMUNE_B)] {
        let seen = public(&world, &who);
        let place = |point: PointId| {
            let place = &seen["points"][point.to_string()];
            (
                place["link"].clone(),
                place["microphone_open"].clone(),
                place["hand_raised"].clone(),
                place["on_stage"].clone(),
            )
        };
        assert_eq!(place(COMMUNE_A), place(COMMUNE_B), "{:?}", who.user);
        assert_eq!(place(COMMUNE_A).0, json!("untold"));
        assert_eq!(seen["floor"], json!({"point": null, "person": null, "since": null, "hands": []}));
        assert_eq!(seen["running_number"], Value::Null);
    }
    for who in [actor(0), actor(1), actor(2), screen(171, COMMUNE_A)] {
        let seen = public(&world, &who);
        let place = &seen["points"][COMMUNE_A.to_string()];
        assert_eq!((&place["on_stage"], &place["microphone_open"]), (&json!(true), &json!(true)), "{:?}", who.user);
        assert_eq!(seen["floor"]["point"], json!(COMMUNE_A));
    }
    // Lost for ten seconds, its name would be the notice of the interruption.
    world.session(SessionAct::Interrupt, "Xã A");
    assert_eq!(public(&world, &actor(3))["notice"], json!(""));
    assert_eq!(public(&world, &actor(2))["notice"], json!("Xã A"));
}

#[test]
fn a_running_visit_is_shown_at_its_own_place() {
    let mut world = World::new();
    world.must(1, Command::RegisterVisit { registration: registration(1, COMMUNE_A, Class::Normal) });
    world.begin();
    world.wait_for(VISIT, 2, CITIZEN);
    world.must(0, Command::SetRoomWide { on: true });
    world.must(0, Command::CallNext { visit: VISIT });
    let on_stage = |who: usize, point: PointId| {
        section(&world, &actor(who), "public")["points"][point.to_string()]["on_stage"].clone()
    };
    for who in [0, 2, 3] {
        assert_eq!((on_stage(who, COMMUNE_A), on_stage(who, COMMUNE_B)), (json!(true), json!(false)), "{who}");
    }
}

/// Whoever may open a page of the session may open it without a place: it is not the receiver's for that.
#[test]
fn a_page_without_a_place_takes_part_in_nothing() {
    let mut world = running();
    let source = Some((COMMUNE_A, SourceKind::Camera));
    world.live.alarms.insert(Alarm { code: "camera_dark", source, with: None, disk: None });
    world.live.unrecorded_asked = Some((actor(0).user, "lý do".to_owned()));
    for who in [2, 3, 4] {
        let staff = section(&world, &Actor { point: None, ..actor(who) }, "staff");
        assert_eq!((&staff["agenda"], &staff["visits"]), (&json!([]), &json!({})), "{who}");
        assert_eq!((&staff["alarms"][0]["point"], &staff["unrecorded_asked"]), (&Value::Null, &Value::Null));
    }
    let staff = section(&world, &Actor { point: None, ..actor(6) }, "staff");
    assert_eq!(staff["agenda"].as_array().map(Vec::len), Some(2), "the office that registered them");
}

/// An alarm names the place of a restricted visit to those who take part in it.
#[test]
fn an_alarm_does_not_tell_where_a_restricted_visit_is() {
    let mut world = running();
    let source = Some((COMMUNE_A, SourceKind::Camera));
    world.live.alarms.insert(Alarm { code: "camera_dark", source, with: None, disk: None });
    let at = |world: &World, who: usize| section(world, &actor(who), "staff")["alarms"][0]["point"].clone();
    for (who, wanted) in [(0, json!(COMMUNE_A)), (1, json!(COMMUNE_A)), (2, json!(COMMUNE_A)), (3, Value::Null)] {
        assert_eq!(at(&world, who), wanted, "{who}");
    }
    let mut before = waiting();
    before.live.alarms = world.live.alarms;
    assert_eq!(at(&before, 3), json!(COMMUNE_A), "while nothing private goes on it names it to all");
}

/// Domain trap 27: commune B reads nothing of commune A's citizen; nobody reads numbers and addresses there.
#[test]
fn the_record_names_citizens_to_who_may_read_their_visit() {
    let mut world = World::new();
    world.must(1, Command::RegisterVisit { registration: registration(1, COMMUNE_A, Class::Normal) });
    world.must(1, Command::RegisterVisit { registration: registration(2, COMMUNE_B, Class::Normal) });
    world.begin();
    world.wait_for(VISIT, 2, CITIZEN);
    let clerk = Person { user: Some(actor(2).user), ..person(701, PersonRole::Officer) };
    let seat = |person: Person, seat: u32| Command::SeatPerson { point: COMMUNE_A, person, seat, substitute_for: None };
    world.must(2, seat(clerk, 8));
    let names = |who: usize| -> BTreeSet<String> {
        let office = Actor { point: None, ..actor(who) };
        let reader = record::Reader { user: office.user, seats: vec![office, actor(who)] };
        let rows = record::attendance(&world.book.state, &reader);
        assert!(!serde_json::to_string(&rows).unwrap().contains("Xã A"), "an address");
        rows.into_iter().map(|row| row.person.name).collect()
    };
    let all: Vec<String> = [301, 302, 701].map(|n| format!("Nguyễn Văn {n}")).to_vec();
    let set = |names: &[String]| names.iter().cloned().collect::<BTreeSet<String>>();
    assert_eq!(names(0), set(&all));
    assert_eq!(names(1), set(&all));
    assert_eq!(names(2), set(&[all[0].clone(), all[2].clone()]));
    assert_eq!(names(3), set(&[all[1].clone(), all[2].clone()]), "officers are named to all");
}
