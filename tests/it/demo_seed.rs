//! The fictional province, brought into a real store through rooms, twice.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use diemcau::app::prove;
use diemcau::clock::{SharedClock, SystemClock};
use diemcau::demo::{self, DemoClock, Place, Seeded};
use diemcau::domain::chain::{Hash, Scope};
use diemcau::domain::event::Event;
use diemcau::domain::ids::{InstallationId, PointId, VisitId};
use diemcau::domain::session::SessionStatus;
use diemcau::domain::units::{PointRole, UnitKind};
use diemcau::media::plan::RecordTarget;
use diemcau::media::record::{RecordKey, RecordingReader, segment_path};
use diemcau::store::keys::Keys;
use diemcau::store::office::Seen;
use diemcau::store::verify::{Against, Checked, Report};
use diemcau::store::{Backend, Store, StoredEvent};
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

    async fn verify(&self) -> Report {
        self.place.store.verify(&Against::default()).await.unwrap()
    }

    /// The same, and that the files are those of the logs.
    async fn recordings(&self) -> Report {
        prove::contents(self.verify().await, &self.place.store, &self.place.recordings.clone().into(), &[])
            .await
            .unwrap()
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
    let heads =
        |report: Report| -> Vec<String> { report.sessions.iter().map(|session| format!("{session:?}")).collect() };
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

/// What a log tells, apart from what a restart adds to it.
#[derive(PartialEq, Debug)]
struct Told {
    /// Every event in its order, but those of wires, of microphones and of files.
    acts: Vec<String>,
    /// Which microphone was opened and closed. The loss of a line closes it too: a restart is one of every point, so a
    /// microphone that was open then is closed by `point_lost` instead of its key, and the key finds nothing to do; where
    /// somebody still has to be recorded, the officer opens it again, which is the same speech.
    speech: Vec<(PointId, bool)>,
    /// Whose line was cut other than by a restart.
    cuts: BTreeSet<PointId>,
    /// What was recorded, in how many files whatever.
    recorded: BTreeSet<(Option<VisitId>, PointId, String)>,
    /// Files that were begun and have no end in the log.
    without_end: usize,
}

fn told(log: &[StoredEvent]) -> Told {
    let (cuts, recorded) = (BTreeSet::new(), BTreeSet::new());
    let mut told = Told { acts: vec![], speech: vec![], cuts, recorded, without_end: 0 };
    let mut open = BTreeMap::new();
    let mut closed_by_loss = None;
    let mut restarting = false;
    for event in log {
        let kind = &event.item.header.kind;
        let Some(typed) = event.typed().unwrap() else {
            told.acts.push(kind.clone());
            continue;
        };
        match &typed {
            Event::ServerStarted { .. } => restarting = true,
            Event::PointLost { point, .. } => {
                if !restarting {
                    told.cuts.insert(*point);
                }
                if told.speech.last() == Some(&(*point, true)) {
                    told.speech.push((*point, false));
                    closed_by_loss = Some(*point);
                }
                continue;
            }
            Event::PointConnected { .. } | Event::PointBack { .. } => {}
            // The clock is moved by hand, now and then between two looks of the room at it.
            Event::ClockStepped { .. } => {}
            Event::MicrophoneOpened { point } if closed_by_loss == Some(*point) => {
                assert_eq!(told.speech.pop(), Some((*point, false)));
                closed_by_loss = None;
            }
            Event::MicrophoneOpened { point } => told.speech.push((*point, true)),
            Event::MicrophoneClosed { point, .. } => told.speech.push((*point, false)),
            Event::SegmentOpened { visit, mark, .. } => {
                open.insert(mark.segment, (*visit, mark.point, mark.source.clone()));
            }
            Event::SegmentHashed { .. } => {}
            Event::SegmentClosed { mark, .. } => told.recorded.extend(open.remove(&mark.segment)),
            _ => {
                told.acts.push(kind.clone());
                // Whoever speaks next is another: what was closed by a loss stays closed.
                if matches!(typed, Event::FloorGiven { .. }) {
                    closed_by_loss = None;
                }
            }
        }
        restarting &= matches!(typed, Event::ServerStarted { .. });
    }
    told.without_end = open.len();
    told
}

/// The log of the cut run is that of the straight one: no act twice, none left out, nothing unsaid or unrecorded.
async fn is_as_straight(cut: &Store, straight: &Store, seeded: Seeded) {
    for session in [seeded.february_2025, seeded.last_month] {
        let row = cut.session_row(session).await.unwrap().unwrap();
        assert_eq!(row.status, SessionStatus::Concluded);
        let (cut, straight) = (cut.load(session, 0).await.unwrap(), straight.load(session, 0).await.unwrap());
        assert_eq!(told(&cut), told(&straight));
    }
}

/// A run that is cut off in the middle is finished by the next one.
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
    assert_eq!(province.recordings().await.fault, None);
    is_as_straight(&province.place.store, &whole.place.store, seeded).await;
}

/// Killed while it records, twice: the files are finished by the next start and in the log, and the rest is played.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_was_killed_while_it_recorded_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let recordings = dir.path().join("recordings");
    let open_files = || {
        let files = files_below(&recordings);
        files
            .into_iter()
            .filter(|path| path.extension().is_some_and(|ending| ending == "part"))
            .collect::<BTreeSet<_>>()
    };
    let mut killed_over = BTreeSet::new();
    for _ in 0..2 {
        let mut program = demonstration(dir.path());
        let began = std::time::Instant::now();
        while open_files().is_subset(&killed_over) {
            assert!(program.try_wait().unwrap().is_none(), "nothing was recorded");
            assert!(began.elapsed().as_secs() < 300, "nothing is recorded");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        program.kill().unwrap();
        program.wait().unwrap();
        killed_over = open_files();
    }
    let mut program = demonstration(dir.path());
    let mut announced = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(program.stdout.take().unwrap()), &mut announced).unwrap();
    program.kill().unwrap();
    program.wait().unwrap();
    assert!(announced.starts_with('{'), "{announced}");
    assert_eq!(open_files(), BTreeSet::new());

    let keys = Keys::load(&dir.path().join("keys")).unwrap();
    let backend = Backend::Sqlite { path: dir.path().join("diemcau.sqlite"), max_bytes: None };
    let store = Store::open(&backend, keys).await.unwrap();
    let report = store.verify(&Against::default()).await.unwrap();
    let report = prove::contents(report, &store, &recordings.clone().into(), &[]).await.unwrap();
    assert_eq!(report.fault, None);
    let straight = Province::new().await;
    let seeded = straight.seed().await;
    let february = seeded.february_2025;
    let (cut, straight) =
        (store.load(february, 0).await.unwrap(), straight.place.store.load(february, 0).await.unwrap());
    // Of a file that had no half second yet nothing is left but its beginning.
    let cut = Told { without_end: 0, ..told(&cut) };
    assert_eq!(cut, told(&straight), "both kills fell into the first session that is played");
}

fn demonstration(dir: &Path) -> std::process::Child {
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_diemcau"));
    program.args(["demo", "--json", "--by-hand", "--listen", "127.0.0.1:0", "--data"]).arg(dir);
    program.stdout(std::process::Stdio::piped()).spawn().unwrap()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.flatten().map(|entry| entry.path());
    paths.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

/// The recordings of the past are real: of every point of a visit, sealed, in the log, and they play without a complaint.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn past_sessions_were_recorded() {
    let province = Province::new().await;
    let seeded = province.seed().await;
    let report = province.recordings().await;
    assert_eq!(report.fault, None);
    let present = report.checked.iter().find_map(|checked| match checked {
        Checked::Recordings { present, .. } => Some(*present),
        _ => None,
    });
    // February: two visits of two points. Last month: two of three points in which two speak, two of two points.
    assert_eq!(present, Some(2 * 3 + 2 * (4 + 4) + 2 * 3));
    let store = &province.place.store;
    for session in [seeded.february_2025, seeded.last_month] {
        let log = store.load(session, 0).await.unwrap();
        let voices = told(&log).recorded.iter().filter(|(_, _, source)| source == "microphone").count();
        assert_eq!(voices, if session == seeded.february_2025 { 2 } else { 6 });
        for event in &log {
            let Some(Event::SegmentClosed { visit: Some(visit), mark }) = event.typed().unwrap() else { continue };
            let target = RecordTarget { session, visit: Some(visit) };
            let key = store.recording_key(session, Scope::Visit(visit)).await.unwrap();
            let path = segment_path(&province.place.recordings, target, mark.segment);
            let reader = RecordingReader::open(&path, &RecordKey(*key.expose())).unwrap();
            // Begun when the log says so: within the moment in which both were asked.
            let opened = log.iter().find(|known| {
                matches!(known.typed().unwrap(), Some(Event::SegmentOpened { mark: known, .. }) if known.segment == mark.segment)
            });
            let logged = Timestamp::from_microsecond(opened.unwrap().item.header.at_us).unwrap();
            let apart = logged.duration_since(reader.info().started).abs();
            assert!(apart < jiff::SignedDuration::from_secs(3), "{apart:?} between the log and the file");
            assert!((5_000..25_000).contains(&mark.duration_ms), "{} ms", mark.duration_ms);
            assert_eq!((reader.info().lost_packets, reader.info().recovered), (0, false));
            let webm = province.dir.path().join("played.webm");
            reader.export(std::fs::File::create(&webm).unwrap()).unwrap();
            let mut player = std::process::Command::new("ffmpeg");
            player.args(["-v", "error", "-i"]).arg(&webm).args(["-f", "null", "-"]);
            let played = player.output().expect("ffmpeg is there (make deps)");
            let said = String::from_utf8_lossy(&played.stderr);
            assert!(played.status.success() && said.is_empty(), "{} of {}: {said}", mark.source, mark.point);
        }
    }
}
