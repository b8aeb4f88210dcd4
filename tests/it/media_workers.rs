//! Several workers on one address: whichever gets a datagram, its owner serves it; one that fails takes its own rooms'
//! media and gives nobody else a hole; one that is busy takes no newcomers.

use std::net::UdpSocket;
use std::time::Duration;

use diemcau::bot::Bot;
use diemcau::clock::SystemClock;
use diemcau::domain::ids::ConnectionId;
use diemcau::media::engine::{Engine, EngineEvent, Join, JoinRefusal, NoRecorder};
use diemcau::media::plan::Layer;
use diemcau::media::{Admission, MediaConfig, MediaEngine};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::media_stage::{Point, Stage, full, holes, run};

const SECOND: Duration = Duration::from_secs(1);

/// Two points that see and hear each other.
async fn pair(stage: &mut Stage, first: u8) -> [Point; 2] {
    let pair = [stage.point(first, &full(1)).await, stage.point(first + 1, &full(1)).await];
    show_each_other(stage, &pair);
    pair
}

pub(crate) fn show_each_other(stage: &mut Stage, [a, b]: &[Point; 2]) {
    stage.feed(a, 0, b, Layer::Full);
    stage.feed(b, 0, a, Layer::Full);
    stage.open_microphone(a);
    stage.open_microphone(b);
    stage.apply();
}

/// Runs until each has so many pictures and packets of sound more than now.
pub(crate) async fn run_until_more(points: &mut [&mut Point], more: usize) {
    let counts = |points: &[&mut Point]| -> Vec<(usize, usize)> {
        points.iter().map(|point| (point.slot(0, true).len(), point.slot(0, false).len())).collect()
    };
    let before = counts(points);
    for _ in 0..120 {
        run(points, SECOND / 4).await;
        let enough =
            |(now, before): (&(usize, usize), &(usize, usize))| now.0 >= before.0 + more && now.1 >= before.1 + more;
        if counts(points).iter().zip(&before).all(enough) {
            return;
        }
    }
    panic!("{more} more of each did not come: {before:?}, {:?}", counts(points));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whichever_worker_gets_a_datagram_its_owner_serves_it() {
    let mut stage = Stage::with(Stage::config(4));
    let mut points = Vec::new();
    // By which socket an address comes is the system's choice: of twelve some come by another than their room's.
    for pair_number in 0..6 {
        let mut pair = pair(&mut stage, 1 + 2 * pair_number).await;
        let [a, b] = &mut pair;
        run_until_more(&mut [a, b], 20).await;
        points.extend(pair);
        if stage.engine.counters().handed_over > 100 {
            break;
        }
    }
    let counters = stage.engine.counters();
    assert!(counters.handed_over > 100, "{counters:?}");
    assert_eq!((counters.handover_lost, counters.panics, counters.restarts), (0, 0, 0));
    assert_eq!(
        stage.engine.workers().iter().filter(|worker| worker.connections > 0).count(),
        1,
        "a room has one worker"
    );
    let is_busy = || stage.engine.workers().iter().any(|worker| worker.busy_permille > 0);
    let mut all: Vec<&mut Point> = points.iter_mut().collect();
    for _ in 0..120 {
        if is_busy() {
            break;
        }
        run(&mut all, SECOND / 4).await;
    }
    assert!(is_busy(), "it measures itself: {:?}", stage.engine.workers());
    for pair in points.chunks(2) {
        for (viewer, other) in [(&pair[0], &pair[1]), (&pair[1], &pair[0])] {
            for video in [true, false] {
                let packets = viewer.slot(0, video);
                assert!(packets.iter().all(|(_, mark)| mark.who == other.who));
                assert_eq!(holes(&packets), (0, 0), "{} of {}", viewer.who, other.who);
            }
        }
    }
}

/// Two rooms on two workers. One worker fails: its room's connections are told gone and come back by a new join, to a
/// worker that knows the plan; the other room notices nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_fails_takes_only_its_rooms_and_begins_anew() {
    let mut stage = Stage::with(Stage::config(2));
    let [mut a, mut b] = pair(&mut stage, 1).await;
    let failing = stage.engine.workers_of(stage.room)[0];
    // A room that is on the other worker: an idle one is preferred, so one of a few is.
    let mut other = stage.beside();
    let [mut c, mut d] = pair(&mut other, 3).await;
    let mut same = Vec::new();
    while stage.engine.workers_of(other.room) == [failing] {
        assert!(same.len() < 5, "all rooms are on one worker");
        same.push((std::mem::replace(&mut other, stage.beside()), c, d));
        [c, d] = pair(&mut other, 3).await;
    }
    run_until_more(&mut [&mut a, &mut b, &mut c, &mut d], 30).await;
    stage.told();

    stage.engine.fault(failing);
    let mut gone = Vec::new();
    for _ in 0..120 {
        run(&mut [&mut c, &mut d], SECOND / 4).await;
        gone.extend(stage.told().into_iter().filter_map(|event| match event {
            EngineEvent::Gone { connection, .. } => Some(connection),
            _ => None,
        }));
        if gone.contains(&a.connection) && gone.contains(&b.connection) {
            break;
        }
    }
    assert!(gone.contains(&a.connection) && gone.contains(&b.connection), "{gone:?}");
    assert!(!gone.contains(&c.connection) && !gone.contains(&d.connection), "{gone:?}");
    drop((a, b));

    // Joins come beside the calls that go on, as pages make them.
    let again = async {
        let a = stage.point(1, &full(1)).await;
        (a, stage.point(2, &full(1)).await)
    };
    let meanwhile = async {
        loop {
            run(&mut [&mut c, &mut d], SECOND / 4).await;
        }
    };
    let (mut a, mut b) = tokio::select! {
        pair = again => pair,
        () = meanwhile => unreachable!(),
    };
    assert_eq!(stage.engine.workers_of(stage.room), [failing], "the room stays where it is");
    let back = [a, b];
    show_each_other(&mut stage, &back);
    [a, b] = back;
    run_until_more(&mut [&mut a, &mut b, &mut c, &mut d], 30).await;
    for viewer in [&c, &d, &a, &b] {
        assert_eq!(holes(&viewer.slot(0, true)), (0, 0), "pictures of {}", viewer.who);
        assert_eq!(holes(&viewer.slot(0, false)), (0, 0), "sound of {}", viewer.who);
    }
    // Checks may have been lost in the ring, when all that had waited in the socket came at once: they are repeated.
    let counters = stage.engine.counters();
    assert_eq!((counters.restarts, counters.panics), (1, 0), "{counters:?}");
    let restarts: Vec<u64> = stage.engine.workers().iter().map(|worker| worker.restarts).collect();
    assert_eq!((restarts[failing], restarts[1 - failing]), (1, 0));
}

/// What the rooms wished of a worker before it failed holds for the one that begins: a point that joins with the same
/// name it had in the plan is seen at once, though nobody repeated the plan.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plans_outlive_a_failure() {
    let mut stage = Stage::with(Stage::config(1));
    let names = pair(&mut stage, 1).await.map(|point| point.connection);
    for restarts in 1..3 {
        stage.engine.fault(0);
        // What is wished together with the fault would be lost with it.
        for _ in 0..600 {
            if stage.engine.counters().restarts == restarts {
                break;
            }
            tokio::time::sleep(SECOND / 20).await;
        }
        assert_eq!(stage.engine.counters().restarts, restarts);
        let mut a = stage.named(names[0], 1, &full(1)).await;
        let mut b = stage.named(names[1], 2, &full(1)).await;
        run_until_more(&mut [&mut a, &mut b], 20).await;
        assert_eq!(a.count(0, true, 2), a.slot(0, true).len());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_engine_refuses_newcomers_and_takes_those_who_come_back() {
    // Every worker is busier than nothing.
    let admission = Admission { new: 0, again: 1_000, ..Admission::default() };
    let stage = Stage::with(MediaConfig { admission, ..Stage::config(2) });
    let (mut bot, offer) = Bot::offer(&full(1)).await.unwrap();
    let join = |again, offer: &str| {
        let (room, offer) = (stage.room, offer.to_owned());
        stage.engine.join(Join { room, connection: ConnectionId(Uuid::new_v4()), offer, again })
    };
    let refusal = join(false, &offer).await.unwrap_err();
    assert_eq!((refusal.clone(), refusal.code()), (JoinRefusal::Full, "media_full"));
    assert!(stage.engine.workers_of(stage.room).is_empty(), "a refusal takes no place");
    bot.accept(&join(true, &offer).await.unwrap().sdp).await.unwrap();
    assert!(bot.connected(10 * SECOND).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_that_is_anothers_is_refused() {
    let start = |config: &MediaConfig| {
        let (events, _) = mpsc::channel(1);
        MediaEngine::start(config, SystemClock::start(), events, std::sync::Arc::new(NoRecorder))
    };
    let stage = Stage::with(Stage::config(3));
    let taken = MediaConfig { listen: stage.engine.local_addr(), ..Stage::config(3) };
    assert!(start(&taken).is_err(), "two engines would share the browsers between them");
    let other = UdpSocket::bind("127.0.0.1:0").unwrap();
    assert!(start(&MediaConfig { listen: other.local_addr().unwrap(), ..Stage::config(2) }).is_err());
}
