//! One room on two workers: its points see and hear each other as on one.

use std::collections::BTreeSet;
use std::time::Duration;

use diemcau::domain::ids::ConnectionId;
use diemcau::line::Direction;
use diemcau::media::engine::{Engine, EngineEvent};
use diemcau::media::plan::Layer;
use diemcau::media::{Admission, MediaConfig};

use super::media_stage::{Point, Relay, Stage, full, holes, run};
use super::media_workers::{run_until_more, show_each_other};

const SECOND: Duration = Duration::from_secs(1);

/// Two workers, and each room on both from its second join on.
pub(crate) fn two_workers() -> MediaConfig {
    MediaConfig { admission: Admission::spread_at_once(), ..Stage::config(2) }
}

/// Two points on two workers who see and hear each other.
async fn apart(stage: &mut Stage) -> [Point; 2] {
    let pair = [stage.point(1, &full(1)).await, stage.point(2, &full(1)).await];
    assert_eq!(stage.engine.workers_of(stage.room).len(), 2, "{:?}", stage.engine.workers());
    show_each_other(stage, &pair);
    pair
}

/// Lets all go on until something is so; at most half a minute.
async fn run_until(points: &mut [&mut Point], what: &str, mut is_so: impl FnMut(&[&mut Point]) -> bool) {
    for _ in 0..120 {
        run(points, SECOND / 4).await;
        if is_so(points) {
            return;
        }
    }
    panic!("{what}: it did not become so");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pictures_and_sound_cross_both_ways_without_a_hole() {
    let mut stage = Stage::with(two_workers());
    let [mut a, mut b] = apart(&mut stage).await;
    run_until_more(&mut [&mut a, &mut b], 60).await;
    for (viewer, other) in [(&a, &b), (&b, &a)] {
        for video in [true, false] {
            let packets = viewer.slot(0, video);
            assert!(packets.iter().all(|(_, mark)| mark.who == other.who));
            assert_eq!(holes(&packets), (0, 0), "{} of {}", viewer.who, other.who);
        }
        assert!(viewer.slot(0, true)[0].1.key, "the first picture is a key frame");
    }
    let counters = stage.engine.counters();
    assert!(counters.crossed > 100, "{counters:?}");
    assert_eq!((counters.crossing_lost, counters.panics, counters.restarts), (0, 0, 0));
    // Two microphones in one room are found by levels of one moment: they are told together.
    let both: BTreeSet<ConnectionId> = [a.connection, b.connection].into();
    run_until(&mut [&mut a, &mut b], "levels of both in one", |_| {
        stage.told().iter().any(|event| match event {
            EngineEvent::Levels { levels, .. } => levels.iter().map(|(of, _)| *of).collect::<BTreeSet<_>>() == both,
            _ => false,
        })
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn layers_are_changed_across_workers() {
    let mut stage = Stage::with(two_workers());
    let mut source = stage.point(1, &diemcau::bot::BotConfig { simulcast: true, ..full(0) }).await;
    let mut viewer = stage.point(2, &full(1)).await;
    assert_eq!(stage.engine.workers_of(stage.room).len(), 2, "{:?}", stage.engine.workers());
    for layer in [Layer::Quarter, Layer::Full, Layer::Half] {
        stage.feed(&viewer, 0, &source, layer);
        stage.apply();
        let shown = |points: &[&mut Point]| points[1].slot(0, true).last().map(|(_, mark)| mark.layer);
        run_until(&mut [&mut source, &mut viewer], "the layer", |points| shown(points) == Some(layer as u8)).await;
    }
    let pictures = viewer.slot(0, true);
    assert_eq!(holes(&pictures), (0, 0));
    for pair in pictures.windows(2) {
        let [(_, old), (_, new)] = pair else { continue };
        assert!(old.layer == new.layer || new.key, "another layer begins with a key frame");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_viewer_lost_is_repaired_by_its_own_worker() {
    let relay = Relay::open().await;
    let mut stage = Stage::with(MediaConfig { advertise: vec![relay.address], ..two_workers() });
    relay.connect(stage.engine.local_addr());
    let [mut a, mut b] = apart(&mut stage).await;
    run_until_more(&mut [&mut a, &mut b], 20).await;
    let (mut count, mut dropped) = (0, 0);
    relay.judge(move |way, datagram| {
        // Pictures on their way down alone; what comes up is whole.
        let picture = datagram.len() > 400 && datagram.first().is_some_and(|first| (128..192).contains(first));
        count += usize::from(way == Direction::Down && picture);
        let lost = way == Direction::Down && picture && count % 9 == 0 && dropped < 20;
        dropped += usize::from(lost);
        !lost
    });
    run_until(&mut [&mut a, &mut b], "repairs", |_| stage.engine.counters().repaired >= 15).await;
    // Nearly all come back, unless the machine has no time for the repairs.
    run_until(&mut [&mut a, &mut b], "whole pictures", |points| {
        points.iter().map(|viewer| holes(&viewer.slot(0, true)).0).sum::<usize>() <= 5
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_plan_ends_ends_on_both_workers() {
    let mut stage = Stage::with(two_workers());
    let [mut a, mut b] = apart(&mut stage).await;
    run_until_more(&mut [&mut a, &mut b], 20).await;
    for video in [false, true] {
        // First the floor is closed, then nobody sees anybody.
        if video {
            stage.plan.slots.clear();
        } else {
            stage.plan.open_microphones.clear();
        }
        stage.apply();
        let of = |points: &[&mut Point]| points.iter().map(|point| point.slot(0, video).len()).collect::<Vec<_>>();
        let mut last = Vec::new();
        run_until(&mut [&mut a, &mut b], "silence", |points| std::mem::replace(&mut last, of(points)) == of(points))
            .await;
        // What was on its way to us has come.
        run(&mut [&mut a, &mut b], SECOND).await;
        let then = of(&[&mut a, &mut b]);
        run(&mut [&mut a, &mut b], SECOND).await;
        assert_eq!(of(&[&mut a, &mut b]), then, "of pictures: {video}");
    }
}

/// Two points on one worker and one on another, which fails: the two go on, and the third comes back under its name to
/// whichever worker, and is seen and sees as before, though nobody repeats the plan.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_fails_takes_only_its_own_connections_of_a_room() {
    let mut stage = Stage::with(two_workers());
    let mut points = Vec::new();
    for who in 1..=3 {
        points.push(stage.point(who, &full(2)).await);
    }
    let workers = stage.engine.workers_of(stage.room);
    assert_eq!(workers.len(), 2, "{:?}", stage.engine.workers());
    let connections =
        |stage: &Stage| workers.iter().map(|at| stage.engine.workers()[*at].connections).collect::<Vec<_>>();
    for _ in 0..600 {
        if connections(&stage).iter().sum::<usize>() == 3 {
            break;
        }
        tokio::time::sleep(SECOND / 20).await;
    }
    // The first two are apart, so the one that is alone is one of them.
    let alone = connections(&stage).iter().position(|count| *count == 1).unwrap();
    let mut lone = points.remove(alone);
    let [mut a, mut b] = <[Point; 2]>::try_from(points).ok().unwrap();
    for (viewer, slot, source) in
        [(&a, 0, &b), (&a, 1, &lone), (&b, 0, &a), (&b, 1, &lone), (&lone, 0, &a), (&lone, 1, &b)]
    {
        stage.feed(viewer, slot, source, Layer::Full);
        stage.open_microphone(viewer);
    }
    stage.apply();
    let sees = |viewer: &Point, slot: usize| viewer.slot(slot, true).len().min(viewer.slot(slot, false).len());
    let all_see = |points: &[&mut Point], least: &[usize; 6]| {
        let each = points.iter().flat_map(|viewer| [sees(viewer, 0), sees(viewer, 1)]);
        each.zip(least).all(|(count, least)| count > *least)
    };
    run_until(&mut [&mut a, &mut b, &mut lone], "all see all", |points| all_see(points, &[20; 6])).await;
    stage.told();

    stage.engine.fault(workers[alone]);
    let mut gone = Vec::new();
    run_until(&mut [&mut a, &mut b], "the end of the third", |_| {
        gone.extend(stage.told().into_iter().filter_map(|event| match event {
            EngineEvent::Gone { connection, .. } => Some(connection),
            _ => None,
        }));
        gone.contains(&lone.connection)
    })
    .await;
    assert_eq!(gone, [lone.connection], "nobody else");
    let name = lone.connection;
    drop(lone);
    let meanwhile = async {
        loop {
            run(&mut [&mut a, &mut b], SECOND / 4).await;
        }
    };
    let config = full(2);
    let mut lone = tokio::select! {
        lone = stage.named(name, 4, &config) => lone,
        () = meanwhile => unreachable!(),
    };
    let before = [sees(&a, 0), sees(&a, 1), sees(&b, 0), sees(&b, 1), 0, 0].map(|count| count + 20);
    run_until(&mut [&mut a, &mut b, &mut lone], "all see all again", |points| all_see(points, &before)).await;
    for (viewer, other) in [(&a, &b), (&b, &a)] {
        for video in [true, false] {
            let packets = viewer.slot(0, video);
            assert!(packets.iter().all(|(_, mark)| mark.who == other.who));
            assert_eq!(holes(&packets), (0, 0), "{} of {}", viewer.who, other.who);
        }
        assert!(viewer.count(1, true, 4) > 0, "the one that came back");
    }
    let counters = stage.engine.counters();
    assert_eq!((counters.restarts, counters.panics), (1, 0), "{counters:?}");
}
