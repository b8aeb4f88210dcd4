//! Who works in these tests: one unit, a headquarters and four points, ten people with one browser each.

use std::time::Duration;

use diemcau::app::accounts::Accounts;
use diemcau::auth::password::Passwords;
use diemcau::domain::cases::PetitionKind;
use diemcau::domain::event::{Registration, SessionPoint};
use diemcau::domain::ids::{CommandId, PersonId, PointId, SessionId, UnitId, UserId, VisitId};
use diemcau::domain::people::{Class, Function, PersonRole, RoleGrant, UnitRole, User};
use diemcau::domain::session::{EligibilityGround, ReceptionKind, SessionAct};
use diemcau::domain::units::{Point, PointRole, Unit, UnitKind};
use diemcau::protocol::command::Command;
use diemcau::protocol::rest::{CommandRequest, NewFunction, NewSession};
use diemcau::store::office::Account;
use jiff::Timestamp;
use uuid::Uuid;

use crate::support::day::person;
use crate::support::process::{House, PATIENCE};
use crate::support::web::{Answer, PASSWORD};

pub const UNIT: UnitId = UnitId(Uuid::from_u128(0xa0));
pub const CENTRAL: PointId = PointId(Uuid::from_u128(0xb0));
pub const A: PointId = PointId(Uuid::from_u128(0xb1));
pub const B: PointId = PointId(Uuid::from_u128(0xb2));
pub const C: PointId = PointId(Uuid::from_u128(0xb3));
pub const D: PointId = PointId(Uuid::from_u128(0xb4));
pub const POINTS: [PointId; 5] = [CENTRAL, A, B, C, D];
pub const SESSION: SessionId = SessionId(Uuid::from_u128(0xc0));

/// A person at a browser.
#[derive(Debug)]
pub struct Seat {
    pub login: &'static str,
    role: Option<UnitRole>,
    function: Option<Function>,
    pub point: Option<PointId>,
    pub device: &'static str,
}

const fn seat(login: &'static str, function: Function, point: PointId, device: &'static str) -> Seat {
    Seat { login, role: None, function: Some(function), point: Some(point), device }
}

pub static SEATS: [Seat; 10] = [
    Seat { role: Some(UnitRole::Head), ..seat("head", Function::Presider, CENTRAL, "main") },
    seat("writer", Function::NoteTaker, CENTRAL, "companion"),
    seat("adviser", Function::AdvisingUnit, CENTRAL, "companion"),
    seat("officer-a", Function::PointOfficer, A, "main"),
    seat("assistant-a", Function::Assistant, A, "companion"),
    seat("officer-b", Function::PointOfficer, B, "main"),
    seat("officer-c", Function::PointOfficer, C, "main"),
    seat("agency-d", Function::AgencyRepresentative, D, "main"),
    Seat { login: "desk", role: Some(UnitRole::ReceptionOfficer), function: None, point: None, device: "companion" },
    Seat { login: "tech", role: Some(UnitRole::Technician), function: None, point: None, device: "companion" },
];

pub fn seat_of(login: &str) -> &'static Seat {
    SEATS.iter().find(|seat| seat.login == login).unwrap()
}

fn user(login: &str) -> UserId {
    let at = SEATS.iter().position(|seat| seat.login == login).unwrap();
    UserId(Uuid::from_u128(0xe0 + at as u128))
}

pub fn citizen(visit: VisitId) -> PersonId {
    PersonId(Uuid::from_u128(visit.0.as_u128() ^ 0xc171))
}

pub fn registration(visit: VisitId, citizen_point: PointId) -> Registration {
    Registration {
        visit,
        number: 0,
        class: Class::Normal,
        presented_as: PetitionKind::Complaint,
        citizen_point,
        agency_points: vec![D],
        summary: "Việc đất đai".to_owned(),
        persons: vec![person(citizen(visit), "Nguyễn Văn Một", PersonRole::Citizen)],
        group_size: 1,
        case: None,
        secrecy_requested: None,
    }
}

/// The day's session as it is decided.
pub fn new_session() -> NewSession {
    let points = POINTS.iter().map(|point| SessionPoint {
        point: *point,
        unit: UNIT,
        role: if *point == CENTRAL { PointRole::Central } else { PointRole::Component },
        name: format!("Điểm {}", &point.to_string()[32..]),
        address: "Địa chỉ".to_owned(),
    });
    let function =
        |seat: &Seat| Some(NewFunction { user: user(seat.login), function: seat.function?, point: seat.point? });
    let visits = [A, B, C, A, B, C].into_iter();
    NewSession {
        id: SESSION,
        unit: UNIT,
        title: "Tiếp công dân định kỳ".to_owned(),
        kind: ReceptionKind::Periodic,
        starts_at: Timestamp::now(),
        grounds: vec![EligibilityGround::Complex],
        points: points.collect(),
        functions: SEATS.iter().filter_map(function).collect(),
        visits: (1..).zip(visits).map(|(n, point)| registration(VisitId(Uuid::from_u128(0xd0 + n)), point)).collect(),
    }
}

/// Unit, points and accounts, before the first start.
pub async fn furnish(house: &House) {
    let now: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
    let accounts = Accounts::new(house.store().await);
    let valid_from = "2025-07-01".parse().unwrap();
    let unit = Unit {
        id: UNIT,
        name: "Ban Tiếp công dân tỉnh".to_owned(),
        kind: UnitKind::ReceptionBoard,
        parent: None,
        valid_from,
        valid_to: None,
        successors: Vec::new(),
        code: "BTCD".to_owned(),
        place: "Sông Ngân".to_owned(),
    };
    accounts.save_unit(&unit, now).await.unwrap();
    for id in POINTS {
        let (name, address) = (id.to_string(), "Địa chỉ".to_owned());
        let (equipment, phone) = Default::default();
        let point = Point { id, unit: UNIT, name, address, equipment, phone, valid_from, valid_to: None };
        accounts.save_point(&point, now).await.unwrap();
    }
    // One hash for all: the cost of argon2 is not what these tests are about.
    let hash = Passwords::new().unwrap().hash(PASSWORD.to_owned()).await.unwrap();
    for seat in &SEATS {
        let (id, login) = (user(seat.login), seat.login.to_owned());
        let person = User { id, name: login.clone(), login, title: String::new(), disabled: false };
        accounts.save(&Account { user: person, password_hash: Some(hash.clone()) }, now).await.unwrap();
        if let Some(role) = seat.role {
            accounts.grant(&RoleGrant { user: id, unit: UNIT, role }, true, now).await.unwrap();
        }
    }
}

/// What a page of the office asks of the room.
pub async fn command(house: &House, cookie: &str, command: Command) -> Answer {
    let asked = CommandRequest { id: CommandId(Uuid::now_v7()), command };
    let path = format!("/api/v1/sessions/{SESSION}/commands");
    house.post(&path, cookie, &serde_json::to_value(asked).unwrap()).await.unwrap()
}

/// A session, decided and begun over the interface; answers when it is in progress.
pub async fn begin_session(house: &House, head: &str, desk: &str, new: &NewSession) {
    let new = serde_json::to_value(new).unwrap();
    let answer = house.post("/api/v1/sessions", desk, &new).await.unwrap();
    assert_eq!(answer.status, 201, "{answer:?}");
    for (cookie, act) in [
        (head, SessionAct::Approve),
        (desk, SessionAct::Publish),
        (desk, SessionAct::Notify),
        (desk, SessionAct::Test),
        (desk, SessionAct::OpenLobby),
        (desk, SessionAct::MakeReady),
        (head, SessionAct::Start),
    ] {
        let began = std::time::Instant::now();
        loop {
            let reason = "thử máy".to_owned();
            let answer = command(house, cookie, Command::MoveSession { act, reason, new_start: None }).await;
            if answer.status == 200 {
                break;
            }
            // The recorder has to show first that it can write.
            assert_eq!((act, answer.code().as_str()), (SessionAct::Start, "recorder_not_ready"), "{answer:?}");
            assert!(began.elapsed() < PATIENCE, "the recorder was never ready\n{}", house.said());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}
