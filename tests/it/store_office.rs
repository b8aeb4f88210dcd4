//! The office's tables: what is written comes back, what is restricted is absent, what is personal is sealed.

use diemcau::domain::cases::{Case, FileKind, Outcome, Petition, PetitionKind, Promise, RegisterEntry, StoredFile};
use diemcau::domain::chain::{Hash, Scope};
use diemcau::domain::event::SessionPoint;
use diemcau::domain::ids::{CaseId, DeviceId, FileId, PersonId, PetitionId, PointId, PromiseId, UnitId, UserId};
use diemcau::domain::people::{Class, Function, Person, PersonRole, RoleGrant, UnitRole, User};
use diemcau::domain::session::{ReceptionKind, SessionStatus};
use diemcau::domain::units::{Device, DeviceKind, Point, PointRole, Unit, UnitKind};
use diemcau::domain::visit::VisitStatus;
use diemcau::store::office::{self, Account, OfVisit, OutboxRow, PairingCode, Seen, SessionRow, TicketUse, WebSession};
use diemcau::store::{Backend, Statement, StoreError};
use jiff::civil::date;
use uuid::Uuid;

use crate::support::store::{Log, World, at, erasure, event, session, visit};

contract! {
    units_end_and_name_who_goes_on,
    accounts_roles_and_browsers,
    devices_are_paired_once,
    a_list_of_sessions_comes_in_pages_and_only_to_whom_it_concerns,
    a_visit_leaves_its_records_in_one_transaction,
    two_rooms_cannot_take_one_register_number,
    ids_of_others_change_nothing_of_theirs,
    a_case_that_was_restricted_stays_so,
    restricted_is_absent_and_nothing_personal_is_in_clear,
    erasure_closes_the_records_of_a_visit,
    the_outbox_keeps_what_has_to_arrive,
}

pub(crate) fn unit_id(n: u128) -> UnitId {
    UnitId(Uuid::from_u128(0xd0_0000 + n))
}

pub(crate) fn point_id(n: u128) -> PointId {
    PointId(Uuid::from_u128(0xb0_0000 + n))
}

pub(crate) fn user_id(n: u128) -> UserId {
    UserId(Uuid::from_u128(0xe0_0000 + n))
}

pub(crate) fn unit(n: u128, name: &str) -> Unit {
    Unit {
        id: unit_id(n),
        name: name.to_owned(),
        kind: UnitKind::Commune,
        parent: None,
        valid_from: date(2025, 7, 1),
        valid_to: None,
        successors: Vec::new(),
        code: "UBND".to_owned(),
        place: "Mẫu".to_owned(),
    }
}

pub(crate) fn point(n: u128, unit: UnitId) -> Point {
    Point {
        id: point_id(n),
        unit,
        name: format!("Điểm cầu {n}"),
        address: "Số 1".to_owned(),
        equipment: "1 camera".to_owned(),
        phone: "0203".to_owned(),
        valid_from: date(2025, 7, 1),
        valid_to: None,
    }
}

pub(crate) fn account(n: u128) -> Account {
    let user = User {
        id: user_id(n),
        login: format!("user{n:03}"),
        name: format!("Cán bộ {n}"),
        title: "Chuyên viên".to_owned(),
        disabled: false,
    };
    Account { user, password_hash: Some("$argon2id$v=19$…".to_owned()) }
}

/// Two units, a point in each, two accounts, one per unit.
pub(crate) async fn office(world: &World) {
    let mut rows: Vec<Statement> = Vec::new();
    for n in [1, 2] {
        rows.extend(office::unit(&unit(n, &format!("Đơn vị {n}"))));
        rows.push(office::point(&point(n, unit_id(n))));
        rows.push(office::user(&account(n)));
        let grant = RoleGrant { user: user_id(n), unit: unit_id(n), role: UnitRole::ReceptionOfficer };
        rows.push(office::grant(&grant, true));
    }
    world.store.write_office(at(0), rows).await.unwrap();
}

fn session_row(n: u128, second: i64) -> SessionRow {
    SessionRow {
        id: session(n),
        unit: unit_id(1),
        title: "Tiếp công dân định kỳ".to_owned(),
        kind: ReceptionKind::Periodic,
        status: SessionStatus::InProgress,
        starts_at: at(second),
        seq: 1,
    }
}

pub(crate) fn visit_row(n: u32, class: Class) -> office::VisitRow {
    office::VisitRow {
        id: visit(u128::from(n)),
        session: session(1),
        number: n,
        class,
        status: VisitStatus::InSession,
        presented_as: PetitionKind::Complaint,
        citizen_point: point_id(2),
        agency_points: vec![point_id(1)],
        group_size: 1,
        summary: Some(format!("Tóm tắt kín {n}")),
        case: None,
        text_hash: None,
        seq: 1,
    }
}

fn person(n: u128, name: &str, class: Class) -> Person {
    Person {
        id: PersonId(Uuid::from_u128(0xa0_0000 + n)),
        name: name.to_owned(),
        role: PersonRole::Citizen,
        class,
        title: "Ông".to_owned(),
        address: "Thôn Đoài".to_owned(),
        phone: "0912 345 678".to_owned(),
        identity: None,
        user: None,
        on_behalf_of: None,
    }
}

async fn units_end_and_name_who_goes_on(world: World) {
    let mut old = unit(1, "Ban Tiếp công dân huyện Mẫu");
    old.kind = UnitKind::DistrictBoard;
    old.valid_from = date(2015, 1, 1);
    let (a, b) = (unit(2, "Xã A"), unit(3, "Xã B"));
    let rows = [office::unit(&old), office::unit(&a), office::unit(&b)].concat();
    world.store.write_office(at(0), rows).await.unwrap();
    old.valid_to = Some(date(2025, 6, 30));
    old.successors = vec![a.id, b.id];
    world.store.write_office(at(1), office::unit(&old)).await.unwrap();
    assert_eq!(world.store.units().await.unwrap(), [old.clone(), a.clone(), b]);
    assert_eq!(world.store.predecessors(a.id).await.unwrap(), [old.id]);
    old.valid_to = Some(date(2014, 1, 1));
    let refused = world.store.write_office(at(2), office::unit(&old)).await;
    assert!(matches!(refused, Err(StoreError::Constraint { what: "unit" })), "{refused:?}");
    let nowhere = world.store.write_office(at(3), vec![office::point(&point(1, unit_id(9)))]).await;
    assert!(matches!(nowhere, Err(StoreError::Constraint { what: "point" })), "{nowhere:?}");
    world.store.write_office(at(4), vec![office::point(&point(1, a.id))]).await.unwrap();
    assert_eq!(world.store.points().await.unwrap(), [point(1, a.id)]);
}

async fn accounts_roles_and_browsers(world: World) {
    office(&world).await;
    let store = &world.store;
    let found = store.account_by_login("user001").await.unwrap().unwrap();
    assert_eq!(found, account(1));
    let mut changed = account(1);
    changed.password_hash = None;
    changed.user.title = "Trưởng ban".to_owned();
    store.write_office(at(1), vec![office::user(&changed)]).await.unwrap();
    let kept = store.account(user_id(1)).await.unwrap().unwrap();
    assert_eq!((kept.user.title.as_str(), kept.password_hash), ("Trưởng ban", account(1).password_hash));
    let mut twin = account(3);
    twin.user.login = "user001".to_owned();
    assert!(matches!(store.write_office(at(1), vec![office::user(&twin)]).await, Err(StoreError::Constraint { .. })));
    assert_eq!(store.grants(user_id(1)).await.unwrap()[0].role, UnitRole::ReceptionOfficer);
    assert_eq!(store.points_of_user(user_id(2)).await.unwrap(), [point(2, unit_id(2))]);

    let token = Hash::of(b"cookie");
    let browser = WebSession {
        token_hash: token,
        user: user_id(1),
        device: None,
        created_at: at(0),
        seen_at: at(0),
        expires_at: at(100),
    };
    store.write_office(at(0), vec![office::web_session(&browser)]).await.unwrap();
    assert_eq!(store.web_session(token, at(99)).await.unwrap(), Some(browser));
    assert_eq!(store.web_session(token, at(100)).await.unwrap(), None);
    store.write_office(at(50), vec![office::end_web_sessions(user_id(1))]).await.unwrap();
    assert_eq!(store.web_session(token, at(50)).await.unwrap(), None);

    let link = Hash::of(b"link");
    store.write_office(at(0), vec![office::link(link, user_id(2), at(10))]).await.unwrap();
    assert_eq!(store.use_link(Hash::of(b"other"), at(5)).await.unwrap(), None);
    assert_eq!(store.use_link(link, at(5)).await.unwrap(), Some(user_id(2)));
    assert_eq!(store.use_link(link, at(6)).await.unwrap(), None);
    assert_eq!(store.use_ticket("jti-1", at(30), at(5)).await.unwrap(), TicketUse::First);
    assert_eq!(store.use_ticket("jti-1", at(30), at(6)).await.unwrap(), TicketUse::Again);

    let many: Vec<_> = (10..210).map(|n| office::user(&account(n))).collect();
    store.write_office(at(2), many).await.unwrap();
    let (mut logins, mut after) = (Vec::new(), None);
    loop {
        let page = store.users(after.as_deref()).await.unwrap();
        logins.extend(page.rows.into_iter().map(|user| user.login));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(logins.len(), 202);
    assert!(logins.is_sorted());
}

async fn devices_are_paired_once(world: World) {
    office(&world).await;
    let store = &world.store;
    let code = PairingCode {
        code_hash: Hash::of(b"482913"),
        point: point_id(1),
        kind: DeviceKind::Main,
        name: "Máy bàn chính".to_owned(),
        expires_at: at(600),
    };
    store.write_office(at(0), vec![office::pairing_code(&code)]).await.unwrap();
    let id = DeviceId(Uuid::from_u128(7));
    assert_eq!(store.pair_device(code.code_hash, id, "MFkw", at(601)).await.unwrap(), None);
    let paired = store.pair_device(code.code_hash, id, "MFkw", at(5)).await.unwrap().unwrap();
    assert_eq!((paired.point, paired.kind), (point_id(1), DeviceKind::Main));
    let again = DeviceId(Uuid::from_u128(8));
    assert_eq!(store.pair_device(code.code_hash, again, "MFkx", at(6)).await.unwrap(), None);
    let revoked = Device { revoked: true, ..paired.clone() };
    store.write_office(at(7), vec![office::device(&revoked, at(7))]).await.unwrap();
    assert!(store.device(id).await.unwrap().unwrap().revoked);
    assert_eq!(store.devices_of(point_id(1)).await.unwrap().len(), 1);
}

async fn a_list_of_sessions_comes_in_pages_and_only_to_whom_it_concerns(world: World) {
    office(&world).await;
    let store = &world.store;
    let mut rows: Vec<Statement> = (0..150).map(|n| office::session(&session_row(n, (n / 2) as i64))).collect();
    let of_two = SessionPoint {
        point: point_id(2),
        unit: unit_id(2),
        role: PointRole::Component,
        name: "Điểm cầu xã".to_owned(),
        address: "Số 2".to_owned(),
    };
    let central = SessionPoint { point: point_id(1), unit: unit_id(1), role: PointRole::Central, ..of_two.clone() };
    rows.push(office::session_point(session(4), &of_two));
    rows.push(office::session_point(session(4), &central));
    let note_taker = office::FunctionRow {
        user: user_id(2),
        function: Function::NoteTaker,
        point: point_id(1),
        name: "Cán bộ 2".to_owned(),
        title: "Thư ký".to_owned(),
    };
    rows.push(office::function(session(9), &note_taker, true));
    store.write_office(at(0), rows).await.unwrap();
    let day = (at(0), at(86_400));
    let first = store.sessions_of_user(user_id(1), day, None).await.unwrap();
    let second = store.sessions_of_user(user_id(1), day, first.next.as_deref()).await.unwrap();
    assert_eq!((first.rows.len(), second.rows.len(), second.next), (100, 50, None));
    let ids: Vec<_> = first.rows.iter().chain(&second.rows).map(|row| row.id).collect();
    assert_eq!(ids, (0..150).map(session).collect::<Vec<_>>());
    let of_two: Vec<_> = store.sessions_of_user(user_id(2), day, None).await.unwrap().rows;
    assert_eq!(of_two.iter().map(|row| row.id).collect::<Vec<_>>(), [session(4), session(9)]);
    assert!(store.sessions_of_user(user_id(3), day, None).await.unwrap().rows.is_empty());
    assert_eq!(store.sessions((at(10), at(11)), None).await.unwrap().rows.len(), 2);
    assert!(matches!(store.sessions(day, Some("x")).await, Err(StoreError::Invalid { field: "after" })));
    assert_eq!(store.session_points(session(4)).await.unwrap()[0].role, PointRole::Central);
    assert_eq!(store.session_functions(session(9)).await.unwrap(), std::slice::from_ref(&note_taker));
    store.write_office(at(1), vec![office::function(session(9), &note_taker, false)]).await.unwrap();
    assert!(store.session_functions(session(9)).await.unwrap().is_empty());
    let second_centre = SessionPoint { point: point_id(2), ..central };
    let refused = store.write_office(at(2), vec![office::session_point(session(4), &second_centre)]).await;
    assert!(matches!(refused, Err(StoreError::Constraint { .. })), "a session has one central point");
}

/// A session with two visits, the second restricted.
pub(crate) async fn reception(world: &World) -> Log<'_> {
    office(world).await;
    let mut log = world.begin(session(1)).await;
    let (one, two) = (Scope::Visit(visit(1)), Scope::Visit(visit(2)));
    let mut append = log.prepare(vec![event(1, one, "a"), event(2, two, "b"), event(3, Scope::Session, "c")]);
    append.rows.push(office::session(&session_row(1, 0)));
    append.rows.extend(office::visit(&visit_row(1, Class::Normal)));
    append.rows.extend(office::visit(&visit_row(2, Class::Restricted)));
    for (n, name, class) in [(1_u128, "Nguyễn Thị Mẫu", Class::Normal), (2, "Trần Văn Kín", Class::Restricted)]
    {
        append.rows.push(office::person((session(1), visit(n)), 0, &person(n, name, class)).unwrap());
    }
    append
        .rows
        .push(office::person((session(1), visit(1)), 1, &person(3, "Phạm Văn Chứng", Class::Restricted)).unwrap());
    log.send(append).await.unwrap();
    log
}

pub(crate) fn case() -> Case {
    Case {
        id: CaseId(Uuid::from_u128(0xca5e)),
        unit: unit_id(1),
        class: Class::Normal,
        summary: "Đền bù đất thôn Đoài".to_owned(),
        opened_at: at(3),
        receptions: 1,
    }
}

pub(crate) fn petition() -> Petition {
    Petition {
        id: PetitionId(Uuid::from_u128(0x9e7)),
        kind: PetitionKind::Complaint,
        content: "Giá đền bù thấp".to_owned(),
        request: "Xem lại".to_owned(),
        outcome: Outcome::AcceptedForProposal,
        addressee: "Sở Mẫu".to_owned(),
    }
}

pub(crate) fn promise() -> Promise {
    Promise {
        id: PromiseId(Uuid::from_u128(0x9503)),
        visit: visit(1),
        unit: unit_id(2),
        text: "Trả lời bằng văn bản".to_owned(),
        due: Some(date(2026, 12, 21)),
        contact: "Lê A, 0203".to_owned(),
    }
}

pub(crate) fn entry(number: u32, of: u128) -> RegisterEntry {
    RegisterEntry {
        unit: unit_id(1),
        year: 2026,
        number,
        session: session(1),
        visit: visit(of),
        day: date(2026, 11, 21),
        class: if of == 2 { Class::Restricted } else { Class::Normal },
        people: 1,
        petitions: vec![PetitionKind::Complaint, PetitionKind::FeedbackPetition],
    }
}

fn exhibit(n: u128, of: Option<u128>, class: Class) -> StoredFile {
    StoredFile {
        id: FileId(Uuid::from_u128(0xf0_0000 + n)),
        visit: of.map(visit),
        kind: FileKind::Exhibit,
        class,
        name: "Giấy chứng nhận đất.pdf".to_owned(),
        media_type: "application/pdf".to_owned(),
        bytes: 1234,
        sha256: Hash::of(b"pdf").to_string(),
        pages: Some(2),
        condition: "bản sao".to_owned(),
        point: Some(point_id(2)),
    }
}

fn of(n: u128) -> OfVisit {
    OfVisit { session: session(1), visit: visit(n), seq: 4 }
}

/// What ends a visit: everything in the transaction of its last event.
pub(crate) async fn finish(log: &mut Log<'_>, number: u32) -> Result<(), StoreError> {
    let mut append = log.prepare(vec![event(10, Scope::Visit(visit(1)), "xong")]);
    append.rows.push(office::case(of(1), &case())?);
    append.rows.push(office::petition(of(1), Some(case().id), &petition())?);
    append.rows.push(office::promise(of(1), Some(case().id), &promise())?);
    append.rows.push(office::register_entry(&entry(number, 1), 4));
    append.rows.push(office::file(session(1), &exhibit(1, Some(1), Class::Normal), at(3))?);
    log.send(append).await.map(|_| ())
}

async fn a_visit_leaves_its_records_in_one_transaction(world: World) {
    let mut log = reception(&world).await;
    let store = &world.store;
    assert_eq!(store.next_register_number(unit_id(1), 2026).await.unwrap(), 1);
    finish(&mut log, 1).await.unwrap();
    let found = store.case(case().id).await.unwrap().unwrap();
    assert_eq!((found.summary, found.receptions, found.opened_at), (Some(case().summary), 1, at(3)));
    assert_eq!(store.petitions((session(1), visit(1))).await.unwrap()[0].petition, Some(petition()));
    let kept = &store.promises(visit(1)).await.unwrap()[0];
    assert_eq!((kept.due, kept.words.as_ref().unwrap().contact.as_str()), (promise().due, "Lê A, 0203"));
    assert!(store.promises_due(unit_id(2), date(2026, 12, 20), None).await.unwrap().rows.is_empty());
    assert_eq!(store.promises_due(unit_id(2), date(2026, 12, 21), None).await.unwrap().rows.len(), 1);
    assert_eq!(store.register_of_visit(visit(1)).await.unwrap(), Some(entry(1, 1)));
    assert_eq!(store.next_register_number(unit_id(1), 2026).await.unwrap(), 2);
    assert_eq!(store.next_register_number(unit_id(1), 2027).await.unwrap(), 1, "the number restarts each year");
    let file = store.file(exhibit(1, Some(1), Class::Normal).id).await.unwrap().unwrap();
    assert_eq!(file.file, exhibit(1, Some(1), Class::Normal));
    let mut again = case();
    again.receptions = 2;
    store.write_office(at(9), vec![office::case(of(2), &again).unwrap()]).await.unwrap();
    let found = store.case(case().id).await.unwrap().unwrap();
    assert_eq!((found.receptions, found.summary), (2, Some(case().summary)));
}

async fn two_rooms_cannot_take_one_register_number(world: World) {
    let mut log = reception(&world).await;
    let store = &world.store;
    store.write_office(at(3), vec![office::register_entry(&entry(1, 2), 2)]).await.unwrap();
    let refused = finish(&mut log, 1).await;
    assert!(matches!(refused, Err(StoreError::Constraint { what: "register_entry" })), "{refused:?}");
    assert!(store.case(case().id).await.unwrap().is_none(), "nothing of the refused append is there");
    let number = store.next_register_number(unit_id(1), 2026).await.unwrap();
    finish(&mut log, number).await.unwrap();
    let year = (unit_id(1), 2026);
    let all = store.register(year, Seen::All, None).await.unwrap().rows;
    assert_eq!(all.iter().map(|row| row.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(store.register(year, Seen::Normal, None).await.unwrap().rows, [entry(2, 1)]);
}

/// Ids are made by clients: one of another session, visit or unit is refused, with everything beside it.
async fn ids_of_others_change_nothing_of_theirs(world: World) {
    let mut log = reception(&world).await;
    finish(&mut log, 1).await.unwrap();
    let store = &world.store;
    let mut other = world.begin(session(2)).await;
    let mut append = other.prepare(vec![event(20, Scope::Session, "d")]);
    append.rows.push(office::session(&session_row(2, 0)));
    append.rows.extend(office::visit(&office::VisitRow { session: session(2), ..visit_row(3, Class::Normal) }));
    other.send(append).await.unwrap();
    assert_eq!(store.session_of_visit(visit(3)).await.unwrap(), Some(session(2)));
    assert_eq!(store.session_of_visit(visit(9)).await.unwrap(), None);
    let theirs = OfVisit { session: session(2), visit: visit(3), seq: 2 };
    let mut taken = office::VisitRow { session: session(2), ..visit_row(2, Class::Normal) };
    taken.summary = Some("của phiên khác".to_owned());
    let foreign_case = Case { unit: unit_id(2), receptions: 9, ..case() };
    let rows: [(&str, Vec<Statement>); 4] = [
        ("visit", office::visit(&taken)),
        ("petition", vec![office::petition(theirs, None, &petition()).unwrap()]),
        ("promise", vec![office::promise(theirs, None, &promise()).unwrap()]),
        ("case_record", vec![office::case(theirs, &foreign_case).unwrap()]),
    ];
    let before = store.visits(session(1), Seen::All).await.unwrap();
    for (what, rows) in rows {
        let refused = store.write_office(at(9), rows).await;
        assert!(matches!(refused, Err(StoreError::Stale { what: of }) if of == what), "{what}: {refused:?}");
    }
    assert_eq!(store.visits(session(1), Seen::All).await.unwrap(), before);
    assert_eq!(store.petitions((session(1), visit(1))).await.unwrap()[0].petition, Some(petition()));
    assert_eq!(store.promises(visit(1)).await.unwrap()[0].session, session(1));
    assert_eq!(store.case(case().id).await.unwrap().unwrap().receptions, 1);
}

/// TC Điều 8(3): a later visit that is not restricted does not put the matter back into everybody's list.
async fn a_case_that_was_restricted_stays_so(world: World) {
    reception(&world).await;
    let store = &world.store;
    let class = async || store.case(case().id).await.unwrap().unwrap().class;
    let rows =
        |class: Class, receptions: u32| vec![office::case(of(1), &Case { class, receptions, ..case() }).unwrap()];
    store.write_office(at(3), rows(Class::Restricted, 1)).await.unwrap();
    store.write_office(at(4), rows(Class::Normal, 2)).await.unwrap();
    assert_eq!(class().await, Class::Restricted);
    assert!(store.cases(unit_id(1), Seen::Normal, None).await.unwrap().rows.is_empty());
    assert_eq!(store.cases(unit_id(1), Seen::All, None).await.unwrap().rows[0].receptions, 2);
    let open = Case { id: CaseId(Uuid::from_u128(0xca5f)), ..case() };
    store.write_office(at(5), vec![office::case(of(1), &open).unwrap()]).await.unwrap();
    let raised = Case { class: Class::Restricted, receptions: 2, ..open };
    store.write_office(at(6), vec![office::case(of(1), &raised).unwrap()]).await.unwrap();
    assert_eq!(store.case(raised.id).await.unwrap().unwrap().class, Class::Restricted);
}

async fn restricted_is_absent_and_nothing_personal_is_in_clear(world: World) {
    let mut log = reception(&world).await;
    finish(&mut log, 1).await.unwrap();
    let store = &world.store;
    let hidden = office::file(session(1), &exhibit(2, None, Class::Restricted), at(3)).unwrap();
    store.write_office(at(3), vec![hidden]).await.unwrap();
    let numbers =
        async |seen| store.visits(session(1), seen).await.unwrap().iter().map(|visit| visit.number).collect::<Vec<_>>();
    assert_eq!(numbers(Seen::All).await, [1, 2]);
    assert_eq!(numbers(Seen::Normal).await, [1]);
    let visits = store.visits(session(1), Seen::All).await.unwrap();
    assert_eq!(visits[0], visit_row(1, Class::Normal));
    let of_one = (session(1), visit(1));
    assert_eq!(store.persons(of_one, Seen::All).await.unwrap().len(), 2);
    let seen = store.persons(of_one, Seen::Normal).await.unwrap();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].person, Some(person(1, "Nguyễn Thị Mẫu", Class::Normal)));
    assert_eq!(store.files(session(1), Seen::All).await.unwrap().len(), 2);
    assert_eq!(store.files(session(1), Seen::Normal).await.unwrap().len(), 1);

    // No byte of a name, summary or file name is anywhere in the database's files.
    if let Backend::Sqlite { path, .. } = &world.backend {
        let folder = std::fs::read_dir(path.parent().unwrap()).unwrap().flatten();
        let files: Vec<_> =
            folder.filter(|entry| entry.path().is_file()).map(|f| std::fs::read(f.path()).unwrap()).collect();
        let has =
            |words: &str| files.iter().any(|bytes| bytes.windows(words.len()).any(|part| part == words.as_bytes()));
        assert!(has("Điểm cầu 1"), "the search itself works");
        for words in ["Nguyễn Thị", "Văn Kín", "Tóm tắt kín", "thôn Đoài", "0912 345", "đền bù", "Giấy chứng nhận đất"]
        {
            assert!(!has(words), "{words}");
        }
    }
}

async fn erasure_closes_the_records_of_a_visit(world: World) {
    let mut log = reception(&world).await;
    finish(&mut log, 1).await.unwrap();
    let erase = erasure(Scope::Visit(visit(1)), 60);
    let append = log.prepare(Vec::new());
    world.store.erase(append, erase).await.unwrap();
    let store = &world.store;
    assert_eq!(store.persons((session(1), visit(1)), Seen::All).await.unwrap()[0].person, None);
    assert_eq!(store.case(case().id).await.unwrap().unwrap().summary, None);
    assert_eq!(store.promises(visit(1)).await.unwrap()[0].words, None);
    assert_eq!(store.register_of_visit(visit(1)).await.unwrap(), Some(entry(1, 1)), "the register counts on");
    assert!(store.file_key(session(1), Scope::Visit(visit(1))).await.is_err());
    assert_eq!(
        store.persons((session(1), visit(2)), Seen::All).await.unwrap()[0].person.as_ref().unwrap().name,
        "Trần Văn Kín"
    );
}

async fn the_outbox_keeps_what_has_to_arrive(world: World) {
    let mut log = reception(&world).await;
    let row = OutboxRow {
        id: Uuid::from_u128(0x0b0c),
        kind: "national_database".to_owned(),
        session: session(1),
        scope: Scope::Visit(visit(1)),
        seq: 4,
        data: Some("{\"vu_viec\":1}".as_bytes().to_vec()),
        tries: 0,
    };
    let mut append = log.prepare(vec![event(10, Scope::Session, "x")]);
    append.rows.push(office::outbox(&row, at(10)));
    log.send(append).await.unwrap();
    let store = &world.store;
    assert!(store.outbox_due(at(9)).await.unwrap().is_empty());
    assert_eq!(store.outbox_due(at(10)).await.unwrap(), std::slice::from_ref(&row));
    store.outbox_failed(row.id, at(70), at(11)).await.unwrap();
    assert!(store.outbox_due(at(69)).await.unwrap().is_empty());
    assert_eq!(store.outbox_due(at(70)).await.unwrap()[0].tries, 1);
    store.outbox_done(row.id, at(71)).await.unwrap();
    assert!(store.outbox_due(at(99)).await.unwrap().is_empty());
    assert!(matches!(store.outbox_done(row.id, at(72)).await, Err(StoreError::Stale { .. })));
}
