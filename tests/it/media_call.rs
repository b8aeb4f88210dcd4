//! Points that see and hear each other.

use std::time::Duration;

use diemcau::media::engine::{Engine, EngineEvent};
use diemcau::media::plan::{Layer, RecordTarget, SourceId, SourceKind};

use super::media_stage::{Stage, full, holes, run};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_points_see_and_hear_each_other() {
    let mut stage = Stage::open(None);
    let mut a = stage.point(1, &full(2)).await;
    let mut b = stage.point(2, &full(2)).await;
    stage.feed(&a, 0, &b, Layer::Full);
    stage.feed(&b, 0, &a, Layer::Full);
    stage.open_microphone(&a);
    stage.open_microphone(&b);
    stage.apply();
    run(&mut [&mut a, &mut b], 3 * SECOND).await;
    for (viewer, other) in [(&a, 2), (&b, 1)] {
        let sound = viewer.slot(0, false);
        let picture = viewer.slot(0, true);
        assert!(sound.len() > 100, "{} sound packets", sound.len());
        assert!(picture.len() > 60, "{} picture packets", picture.len());
        assert!(sound.iter().chain(&picture).all(|(_, mark)| mark.who == other));
        assert_eq!(holes(&sound), (0, 0));
        assert_eq!(holes(&picture), (0, 0));
        assert!(picture[0].1.key, "the first picture is a key frame");
        assert!(viewer.slot(1, true).is_empty(), "an empty slot stays empty");
    }
    let told = stage.told();
    assert_eq!(told.iter().filter(|event| matches!(event, EngineEvent::Connected { .. })).count(), 2);
    for kind in [SourceKind::Camera, SourceKind::Microphone] {
        let begun = |event: &&EngineEvent| matches!(event, EngineEvent::Source { source, sending: true, .. } if source.kind == kind);
        assert_eq!(told.iter().filter(begun).count(), 2, "{kind:?}");
    }
    let levels: Vec<u8> = told
        .iter()
        .filter_map(|event| match event {
            EngineEvent::Levels { levels, .. } => Some(levels.iter().map(|(_, level)| *level)),
            _ => None,
        })
        .flatten()
        .collect();
    assert!(levels.len() > 10 && levels.iter().all(|level| *level == 30), "{levels:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_source_comes_into_the_slot_without_negotiation() {
    let mut stage = Stage::open(None);
    let mut a = stage.point(1, &full(0)).await;
    let mut b = stage.point(2, &full(0)).await;
    let mut viewer = stage.point(3, &full(2)).await;
    stage.open_microphone(&a);
    stage.open_microphone(&b);
    for round in 0..6 {
        let (source, other) = if round % 2 == 0 { (&a, &b) } else { (&b, &a) };
        stage.feed(&viewer, 0, source, Layer::Full);
        stage.feed(&viewer, 1, other, Layer::Full);
        stage.apply();
        run(&mut [&mut a, &mut b, &mut viewer], SECOND).await;
    }
    for slot in [0, 1] {
        let picture = viewer.slot(slot, true);
        assert_eq!(holes(&picture), (0, 0));
        assert_eq!(holes(&viewer.slot(slot, false)), (0, 0));
        let mut changes = 0;
        for pair in picture.windows(2) {
            let [(before, old), (after, new)] = pair else { continue };
            let time = after.timestamp.wrapping_sub(before.timestamp);
            assert!(time < 90_000, "time goes on: {time}");
            if old.who != new.who {
                changes += 1;
                assert!(new.key, "a new source begins with a key frame");
                assert_eq!(new.picture_id, (old.picture_id + 1) & 0x7fff);
            }
        }
        assert_eq!(changes, 5, "slot {slot}");
    }
    assert!(viewer.count(0, false, 1) > 80 && viewer.count(0, false, 2) > 80, "sound changed with the picture");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_no_longer_be_seen_is_gone_at_once() {
    let mut stage = Stage::open(None);
    let mut a = stage.point(1, &full(0)).await;
    let mut b = stage.point(2, &full(0)).await;
    b.shows = false;
    let mut viewer = stage.point(3, &full(1)).await;
    stage.feed(&viewer, 0, &a, Layer::Full);
    stage.open_microphone(&a);
    stage.apply();
    run(&mut [&mut a, &mut b, &mut viewer], SECOND).await;
    assert!(viewer.count(0, true, 1) > 10);
    // b sends no picture, so the old one would stay for ever if it were kept until the new one comes.
    stage.feed(&viewer, 0, &b, Layer::Full);
    stage.apply();
    run(&mut [&mut viewer], SECOND / 2).await;
    let before = viewer.heard.len();
    run(&mut [&mut a, &mut b, &mut viewer], SECOND).await;
    assert_eq!(viewer.heard.len(), before, "neither sound nor picture of what the plan no longer shows");
}

/// 300 points and four slots: whoever loses the large slot to another has none any more, and may be seen all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_on_stage_without_a_slot_goes_on_until_the_next_picture_comes() {
    let mut stage = Stage::open(None);
    let mut a = stage.point(1, &full(0)).await;
    let mut b = stage.point(2, &full(0)).await;
    b.shows = false;
    let mut viewer = stage.point(3, &full(1)).await;
    stage.feed(&viewer, 0, &a, Layer::Full);
    let kind = SourceKind::Camera;
    stage.plan.on_stage = [a.connection, b.connection].map(|connection| SourceId { connection, kind }).into();
    stage.plan.watching = [viewer.connection].into();
    stage.apply();
    run(&mut [&mut a, &mut b, &mut viewer], SECOND).await;
    stage.feed(&viewer, 0, &b, Layer::Full);
    stage.apply();
    let before = viewer.count(0, true, 1);
    run(&mut [&mut a, &mut b, &mut viewer], SECOND).await;
    assert!(viewer.count(0, true, 1) > before + 10, "the old picture until the new one is there");
    b.shows = true;
    run(&mut [&mut a, &mut b, &mut viewer], SECOND).await;
    assert!(viewer.count(0, true, 2) > 5);
    let old = viewer.count(0, true, 1);
    run(&mut [&mut a, &mut b, &mut viewer], SECOND / 2).await;
    assert_eq!(viewer.count(0, true, 1), old, "and no longer");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_microphone_is_neither_heard_nor_recorded() {
    let mut stage = Stage::open(None);
    let mut a = stage.point(1, &full(0)).await;
    let mut viewer = stage.point(2, &full(1)).await;
    stage.feed(&viewer, 0, &a, Layer::Full);
    let target = RecordTarget { session: stage.room, visit: None };
    stage.plan.record.insert(a.sound(), target);
    stage.plan.record.insert(a.camera(), target);
    stage.apply();
    run(&mut [&mut a, &mut viewer], SECOND).await;
    assert_eq!(viewer.slot(0, false).len(), 0);
    assert!(viewer.count(0, true, 1) > 10, "the picture is not gated");
    let recorded =
        |stage: &Stage, kind| stage.tape.0.lock().unwrap().iter().filter(|packet| packet.source.kind == kind).count();
    assert_eq!(recorded(&stage, SourceKind::Microphone), 0);
    assert!(recorded(&stage, SourceKind::Camera) > 10);
    assert!(stage.engine.counters().gated > 20);

    stage.open_microphone(&a);
    stage.apply();
    run(&mut [&mut a, &mut viewer], SECOND).await;
    assert!(viewer.slot(0, false).len() > 30);
    assert!(recorded(&stage, SourceKind::Microphone) > 30);

    stage.plan.open_microphones.clear();
    stage.apply();
    run(&mut [&mut viewer], SECOND / 5).await;
    let (heard, taped) = (viewer.slot(0, false).len(), recorded(&stage, SourceKind::Microphone));
    run(&mut [&mut a, &mut viewer], SECOND).await;
    assert_eq!((viewer.slot(0, false).len(), recorded(&stage, SourceKind::Microphone)), (heard, taped));
    let tape = stage.tape.0.lock().unwrap();
    let pictures: Vec<_> = tape.iter().filter(|packet| packet.source.kind == SourceKind::Camera).collect();
    assert_eq!(pictures[0].payload[6] & 1, 0, "a recording begins with a key frame");
    assert!(pictures.windows(2).all(|pair| pair[1].sequence == pair[0].sequence.wrapping_add(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reconnect_comes_beside_the_old_connection() {
    let mut stage = Stage::open(None);
    let mut old = stage.point(1, &full(1)).await;
    let mut viewer = stage.point(2, &full(1)).await;
    stage.feed(&viewer, 0, &old, Layer::Full);
    stage.feed(&old, 0, &viewer, Layer::Full);
    stage.apply();
    run(&mut [&mut old, &mut viewer], SECOND).await;
    let mut new = stage.point(1, &full(1)).await;
    // Both wires of the place live; the plan moves over, then the old one goes.
    stage.feed(&viewer, 0, &new, Layer::Full);
    stage.feed(&new, 0, &viewer, Layer::Full);
    stage.apply();
    run(&mut [&mut old, &mut new, &mut viewer], SECOND).await;
    assert!(new.count(0, true, 2) > 10);
    stage.told();
    stage.engine.leave(stage.room, old.connection);
    run(&mut [&mut new, &mut viewer], SECOND).await;
    assert!(
        stage
            .told()
            .iter()
            .any(|event| matches!(event, EngineEvent::Gone { connection, .. } if *connection == old.connection))
    );
    let picture = viewer.slot(0, true);
    assert_eq!(holes(&picture), (0, 0));
    assert!(picture.len() > 70, "{} packets over the change", picture.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn layers_follow_the_cap() {
    let mut stage = Stage::open(None);
    let mut config = full(0);
    config.simulcast = true;
    let mut a = stage.point(1, &config).await;
    let mut viewer = stage.point(2, &full(1)).await;
    stage.plan.record.insert(a.camera(), RecordTarget { session: stage.room, visit: None });
    let mut shown = Vec::new();
    for cap in [Layer::Quarter, Layer::Full, Layer::Half] {
        stage.feed(&viewer, 0, &a, cap);
        stage.apply();
        run(&mut [&mut a, &mut viewer], 2 * SECOND).await;
        shown.push(viewer.slot(0, true).last().unwrap().1.layer);
    }
    assert_eq!(shown, [0, 2, 1]);
    let picture = viewer.slot(0, true);
    assert_eq!(holes(&picture), (0, 0));
    for pair in picture.windows(2) {
        let [(_, old), (_, new)] = pair else { continue };
        assert!(old.layer == new.layer || new.key, "layers change at key frames");
        assert!(matches!(new.picture_id.wrapping_sub(old.picture_id) & 0x7fff, 0 | 1));
    }
    let tape = stage.tape.0.lock().unwrap();
    assert_eq!(tape.last().unwrap().layer, Layer::Full, "the recorder gets the best layer whatever viewers get");
}
