//! The fictional province, brought into a real store through rooms, twice.

use diemcau::clock::{SharedClock, SystemClock};
use diemcau::demo::{self, DemoClock, Place, Seeded};
use diemcau::domain::chain::Hash;
use diemcau::domain::ids::InstallationId;
use diemcau::domain::session::SessionStatus;
use diemcau::domain::units::{PointRole, UnitKind};
use diemcau::store::office::Seen;
use diemcau::store::verify::Against;
use diemcau::store::{Backend, Store};
use jiff::Timestamp;
use uuid::Uuid;

struct Province {
    dir: tempfile::TempDir,
    place: Place,
    clock: SharedClock,
}

impl Province {
    /// A store of its own at ten in the morning of a Sunday.
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir).await;
        let place = Place { store, recordings: dir.path().join("recordings"), rules: Hash::of(b"rules") };
        let morning: Timestamp = "2026-11-22T03:00:00Z".parse().unwrap();
        let clock: SharedClock = DemoClock::starting(SystemClock::start(), morning);
        Self { dir, place, clock }
    }

    async fn seed(&self) -> Seeded {
        demo::seed(&self.place, &self.clock).await.unwrap()
    }

    async fn verify(&self) -> diemcau::store::verify::Report {
        self.place.store.verify(&Against::default()).await.unwrap()
    }
}

async fn open(dir: &tempfile::TempDir) -> Store {
    let keys = demo::keys(&dir.path().join("keys"), InstallationId(Uuid::from_u128(7))).unwrap();
    let backend = Backend::Sqlite { path: dir.path().join("diemcau.sqlite"), max_bytes: None };
    Store::open(&backend, keys).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_province_is_there_and_proves_itself() {
    let province = Province::new().await;
    let seeded = province.seed().await;
    let store = &province.place.store;
    let report = province.verify().await;
    assert!(report.fault.is_none(), "{:?}", report.fault);
    assert_eq!(report.sessions.len(), 3);

    let row = |id| async move { store.session_row(id).await.unwrap().unwrap() };
    let today = row(seeded.today).await;
    assert_eq!(today.status, SessionStatus::Tested, "the lobby can be opened");
    assert_eq!(today.starts_at.to_string(), "2026-11-22T03:30:00Z");
    assert_eq!(row(seeded.last_month).await.status, SessionStatus::Concluded);
    assert_eq!(row(seeded.february_2025).await.status, SessionStatus::Concluded);

    let kinds = |visits: Vec<diemcau::store::office::VisitRow>| -> Vec<_> {
        visits.into_iter().map(|visit| visit.presented_as).collect()
    };
    use diemcau::domain::cases::PetitionKind::{Complaint, Denunciation, FeedbackPetition};
    assert_eq!(
        kinds(store.visits(seeded.today, Seen::All).await.unwrap()),
        [Complaint, FeedbackPetition, Denunciation]
    );
    assert_eq!(
        kinds(store.visits(seeded.today, Seen::Normal).await.unwrap()),
        [Complaint, FeedbackPetition],
        "the denunciation is absent where it may not be seen"
    );
    // The feedback petition of today is about a matter that was received last month.
    let repeated = store.visits(seeded.today, Seen::All).await.unwrap()[1].case.unwrap();
    assert_eq!(store.case(repeated).await.unwrap().unwrap().receptions, 1);
}

/// Feb 2025 speaks of the boards of that day, and of nobody who came later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn february_2025_has_the_units_of_that_day() {
    let province = Province::new().await;
    let seeded = province.seed().await;
    let store = &province.place.store;
    let day: jiff::civil::Date = "2025-02-14".parse().unwrap();
    let points = store.session_points(seeded.february_2025).await.unwrap();
    let mut boards = 0;
    for point in &points {
        let unit = store.unit(point.unit).await.unwrap().unwrap();
        assert!(unit.exists_on(day), "{} did not exist", unit.name);
        let place = store.point(point.point).await.unwrap().unwrap();
        assert!(place.valid_from <= day && place.valid_to.is_none_or(|last| day <= last), "{}", place.name);
        if unit.kind == UnitKind::DistrictBoard {
            boards += 1;
            assert!(!unit.exists_on("2025-07-01".parse().unwrap()));
        }
    }
    assert_eq!(boards, 2);
    for session in [seeded.last_month, seeded.today] {
        for point in store.session_points(session).await.unwrap() {
            let unit = store.unit(point.unit).await.unwrap().unwrap();
            assert!(unit.exists_on("2026-10-01".parse().unwrap()), "{} is over", unit.name);
        }
    }
    let central: Vec<_> = points.iter().filter(|point| point.role == PointRole::Central).collect();
    assert_eq!(central.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seeding_again_changes_nothing() {
    let province = Province::new().await;
    let first = province.seed().await;
    let heads = |report: diemcau::store::verify::Report| -> Vec<String> {
        report.sessions.iter().map(|session| format!("{session:?}")).collect()
    };
    let before = heads(province.verify().await);
    // Another process, the same data.
    let again = Province {
        place: Place { store: open(&province.dir).await, ..province.place.clone() },
        clock: province.clock.clone(),
        dir: tempfile::tempdir().unwrap(),
    };
    assert_eq!(again.seed().await, first);
    assert_eq!(heads(again.verify().await), before, "not one event more");
    assert!(again.clock.now() > province.clock.now().saturating_sub(jiff::SignedDuration::from_mins(5)).unwrap());
}

/// A run that is cut off in the middle is finished by the next one: no act twice, none left out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_was_cut_off_goes_on() {
    let whole = Province::new().await;
    whole.seed().await;
    let province = Province::new().await;
    let mut cuts = 0;
    let mut events = 0;
    let seeded = loop {
        // Each run gets a little further, so that the cut comes at many places.
        let patience = std::time::Duration::from_millis(150 + 130 * cuts);
        match tokio::time::timeout(patience, demo::seed(&province.place, &province.clock)).await {
            Ok(seeded) => break seeded.unwrap(),
            Err(_) => cuts += 1,
        }
        let now: u64 = province.place.store.heads().await.unwrap().iter().map(|head| head.seq).sum();
        assert!(now >= events);
        events = now;
        assert!(cuts < 200, "no end");
    };
    assert!(cuts >= 3, "cut {cuts} times");
    let report = province.verify().await;
    assert!(report.fault.is_none(), "{:?}", report.fault);
    for session in [seeded.february_2025, seeded.last_month] {
        let row = province.place.store.session_row(session).await.unwrap().unwrap();
        assert_eq!(row.status, SessionStatus::Concluded);
        let kinds = |log: Vec<diemcau::store::StoredEvent>| -> Vec<String> {
            // What wires and restarts add is not of the script; every restart closes the microphones, so how often one
            // is opened depends on where the cut falls.
            let of_wires = ["point_", "server_started", "microphone_", "block_left"];
            let kinds = log.into_iter().map(|event| event.item.header.kind);
            kinds.filter(|kind| !of_wires.iter().any(|wire| kind.starts_with(wire))).collect()
        };
        let (cut, straight) = (
            kinds(province.place.store.load(session, 0).await.unwrap()),
            kinds(whole.place.store.load(session, 0).await.unwrap()),
        );
        assert_eq!(cut, straight);
    }
}
