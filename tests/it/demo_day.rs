//! The demonstration as it is started by hand: a real server, and two points that come by HTTP, socket and UDP like
//! strangers. Presider and note-taker are played here.

use std::time::Duration;

use diemcau::clock::{SharedClock, SystemClock};
use diemcau::demo::House;
use diemcau::domain::actor::Actor;
use diemcau::domain::cases::{Outcome, Petition, PetitionKind};
use diemcau::domain::ids::{BlockId, CommandId, PetitionId, PointId, UnitId, VisitId};
use diemcau::domain::people::Function;
use diemcau::domain::session::{SessionAct, SessionStep};
use diemcau::domain::units::DeviceKind;
use diemcau::domain::visit::{Answer, BlockKind, ClosingCard, VisitAct, VisitStatus};
use diemcau::protocol::command::Command;
use diemcau::room::handle::RoomHandle;
use diemcau::room::state::State;
use diemcau::store::verify::Against;
use uuid::Uuid;

struct Day {
    house: House,
    room: RoomHandle,
    clock: SharedClock,
    _dir: tempfile::TempDir,
}

impl Day {
    async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = SystemClock::start();
        let house = House::open("127.0.0.1:0".parse().unwrap(), dir.path(), &clock, true).await.unwrap();
        let room = house.server().app().registry.open(house.seeded.today).await.unwrap();
        Self { house, room, clock, _dir: dir }
    }

    async fn state(&self) -> State {
        self.room.look().await.unwrap().state
    }

    /// An account at the point of its function.
    async fn actor(&self, login: &str) -> Actor {
        let accounts = &self.house.server().app().accounts;
        let user = accounts.by_login(login).await.unwrap().unwrap().user;
        let roles = accounts.roles(user.id).await.unwrap();
        let point = self.state().await.functions[&user.id].point;
        Actor {
            user: user.id,
            name: user.name,
            title: user.title,
            point: Some(point),
            device: DeviceKind::Main,
            browser: Uuid::nil(),
            roles: roles.iter().map(|grant| (grant.unit, grant.role)).collect(),
        }
    }

    async fn point_of(&self, login: &str) -> PointId {
        self.actor(login).await.point.unwrap()
    }

    async fn act(&self, login: &str, command: Command) {
        let (actor, id) = (self.actor(login).await, CommandId(self.clock.new_id()));
        let text = format!("{command:?}");
        self.room.command(actor, id, command).await.unwrap_or_else(|refusal| panic!("{refusal:?}: {text}"));
    }

    async fn go(&self, login: &str, act: SessionAct, reason: &str) {
        self.act(login, Command::MoveSession { act, reason: reason.to_owned(), new_start: None }).await;
    }

    async fn until(&self, what: &str, within: u64, done: impl Fn(&State) -> bool) -> State {
        for _ in 0..within * 20 {
            let state = self.state().await;
            if done(&state) {
                return state;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let state = self.state().await;
        panic!("{what} did not come: {:#?}\n{:#?}", state.points, state.roster);
    }
}

fn seen_and_heard(state: &State, point: PointId) -> bool {
    state.steps.iter().any(|step| step.step == SessionStep::SeenAndHeard && step.point == Some(point))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_points_take_part_by_themselves() {
    let day = Day::open().await;
    let (ben_da, so) = (day.point_of("phuong-b").await, day.point_of("so").await);
    let visit: VisitId =
        *day.state().await.visits.iter().find(|(_, visit)| visit.about.citizen_point == ben_da).unwrap().0;
    day.go("ky-thuat", SessionAct::OpenLobby, "").await;

    let state = day
        .until("a citizen who waits", 30, |state| {
            seen_and_heard(state, ben_da)
                && seen_and_heard(state, so)
                && state.visits[&visit].status == VisitStatus::Waiting
        })
        .await;
    assert_eq!(state.roster.at(so).count(), 1, "the department's officer");
    assert_eq!(state.roster.at(ben_da).count(), 3, "the officer and two representatives");
    assert_eq!(state.visits[&visit].identity_seen.len(), 2);
    let others = state.visits.values().filter(|other| other.about.visit != visit);
    assert!(others.into_iter().all(|other| other.status == VisitStatus::Registered), "the others are not theirs");

    day.go("thu-ky", SessionAct::MakeReady, "").await;
    // The recorder is asked every three seconds.
    tokio::time::sleep(Duration::from_secs(4)).await;
    day.go("chu-tri", SessionAct::Start, "Điểm cầu xã An Hòa nối sau").await;
    day.act("chu-tri", Command::CallNext { visit }).await;
    day.act("chu-tri", Command::MoveVisit { visit, act: VisitAct::Begin, reason: String::new() }).await;
    assert!(day.state().await.floor.open().is_empty(), "nobody speaks without the floor");

    for point in [ben_da, so] {
        day.act("chu-tri", Command::GiveFloor { point, person: None }).await;
        day.until("an open microphone", 5, |state| state.floor.open().contains(&point)).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        day.act("chu-tri", Command::TakeFloor { point }).await;
        day.until("a closed microphone", 5, |state| state.floor.open().is_empty()).await;
    }
    let state = day
        .until("the recording", 5, |state| {
            [ben_da, so].into_iter().all(|point| {
                ["camera", "microphone"].into_iter().all(|source| {
                    state.segments.values().any(|file| file.mark.point == point && file.mark.source == source)
                })
            })
        })
        .await;
    let spoken = state.segments.values().filter(|file| file.mark.source == "microphone");
    assert!(spoken.into_iter().all(|file| file.visit == Some(visit)), "nothing was said outside the visit");

    let block = BlockId(Uuid::from_u128(1));
    let text = "Ông Trịnh Văn Sậy trình bày.".to_owned();
    day.act("thu-ky", Command::WriteBlock { visit, block, block_kind: BlockKind::Content, base: 0, text }).await;
    let unit: UnitId = state.about.as_ref().unwrap().unit;
    let card = ClosingCard {
        answer: Answer::Now { text: "Đã trả lời.".into() },
        unit,
        unit_name: "Ban Tiếp công dân tỉnh".into(),
        conclusion: "Ghi nhận.".into(),
        citizen_opinion: "Đồng ý.".into(),
    };
    day.act("chu-tri", Command::CloseHearing { visit, card }).await;
    day.act("thu-ky", Command::FreezeText { visit }).await;
    day.act("thu-ky", Command::ReadBack { visit }).await;
    let state = day.until("two signatures", 15, |state| state.visits[&visit].status == VisitStatus::Confirmed).await;
    assert_eq!(state.visits[&visit].confirmed.len(), 2);
    let petition = Petition {
        id: PetitionId(Uuid::from_u128(2)),
        kind: PetitionKind::FeedbackPetition,
        content: "Mương".into(),
        request: String::new(),
        outcome: Outcome::AnsweredOnSpot,
        addressee: String::new(),
    };
    day.act("thu-ky", Command::Classify { visit, petitions: vec![petition] }).await;
    day.act("thu-ky", Command::EndVisit { visit }).await;
    let state = day
        .until("people who leave", 10, |state| {
            state.roster.at(ben_da).filter(|entry| entry.seat.is_some()).count() == 1
        })
        .await;
    let filed = state.visits[&visit].filed.clone().unwrap();
    assert_eq!(filed.receptions, 2, "the matter was received last month");
    assert!(state.segments.values().any(|file| file.mark.source == "microphone" && file.mark.duration_ms > 1_000));
    assert!(state.functions.values().any(|held| held.functions.contains(&Function::AgencyRepresentative)));

    let keys = day._dir.path().join("keys");
    let backend = diemcau::store::Backend::Sqlite { path: day._dir.path().join("diemcau.sqlite"), max_bytes: None };
    day.house.close().await;
    let keys = diemcau::store::keys::Keys::load(&keys).unwrap();
    let report = diemcau::store::verify::verify_database(&backend, Some(&keys), &Against::default()).await.unwrap();
    assert!(report.fault.is_none(), "{:?}", report.fault);
    assert_eq!(report.sessions.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_role_has_a_link_on_its_own_host() {
    let day = Day::open().await;
    let told = serde_json::to_value(day.house.announcement()).unwrap();
    let links = told["links"].as_array().unwrap();
    let port = told["url"].as_str().unwrap().rsplit(':').next().unwrap().to_owned();
    let mut hosts: Vec<&str> = links.iter().map(|link| link["host"].as_str().unwrap()).collect();
    for role in ["chu-tri", "thu-ky", "xa-a", "phuong-b", "so", "ky-thuat", "quan-tri"] {
        let link = links.iter().find(|link| link["role"] == role).unwrap_or_else(|| panic!("no link for {role}"));
        assert_eq!(link["host"], format!("{role}.localhost:{port}"));
        assert!(link["link"].as_str().unwrap().starts_with(&format!("http://{role}.localhost:{port}/")), "{link}");
        assert!(!link["name"].as_str().unwrap().is_empty());
    }
    hosts.sort_unstable();
    hosts.dedup();
    assert_eq!(hosts.len(), links.len(), "no two roles share cookies");
    day.house.close().await;
}
