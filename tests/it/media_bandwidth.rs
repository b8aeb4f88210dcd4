//! Lines that do not take everything: what their receivers get, and what publishers are told to send.

use std::collections::BTreeSet;
use std::time::Duration;

use diemcau::bot::BotConfig;
use diemcau::media::engine::EngineEvent;
use diemcau::media::plan::{Layer, RecordTarget};

use super::media_stage::{Point, Relay, Stage, full, run};

const SECOND: Duration = Duration::from_secs(1);
/// Long enough for a machine that does ten other things.
const PATIENCE: u32 = 60;

/// Lets all points send and receive until `done`.
async fn until(what: &str, points: &mut [&mut Point], mut done: impl FnMut(&[&mut Point]) -> bool) {
    for _ in 0..2 * PATIENCE {
        if done(points) {
            return;
        }
        run(points, SECOND / 2).await;
    }
    panic!("{what}: not within {PATIENCE} s");
}

fn simulcast() -> BotConfig {
    BotConfig { simulcast: true, ..full(0) }
}

fn shown(viewer: &Point) -> Option<u8> {
    viewer.slot(0, true).last().map(|(_, mark)| mark.layer)
}

/// Slots that pause, as told last.
fn paused(stage: &mut Stage, last: &mut BTreeSet<usize>) -> BTreeSet<usize> {
    for event in stage.told() {
        if let EngineEvent::Paused { slots, .. } = event {
            *last = slots;
        }
    }
    last.clone()
}

/// The layers of the test's publisher take about 80, 160 and 240 kbit/s, its sound 35, on a machine that keeps up; on
/// another one they take less, so the line falls step by step. What is exact is tested in virtual time
/// (`media::bandwidth`).
#[ignore = "measures real time: on a machine that is busy with other tests it says nothing"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_falls_gets_less_and_keeps_its_sound() {
    let relay = Relay::open().await;
    let mut stage = Stage::open(Some(relay.address));
    relay.connect(stage.engine.local_addr());
    let mut a = stage.point(1, &simulcast()).await;
    let mut viewer = stage.measured(2, &BotConfig { microphone: false, camera: false, ..full(1) }).await;
    stage.feed(&viewer, 0, &a, Layer::Full);
    stage.open_microphone(&a);
    stage.apply();
    until("the best layer", &mut [&mut a, &mut viewer], |all| shown(all[1]) == Some(2)).await;

    let mut last = BTreeSet::new();
    for rate in [170, 130, 100, 70, 50] {
        // Only what comes to the points: the publisher's own way stays wide, what it sends is not what is tested.
        relay.change(&format!("{rate}/10000 kbit/s, 1500 ms buffer"));
        for _ in 0..6 {
            if !paused(&mut stage, &mut last).contains(&0) {
                run(&mut [&mut a, &mut viewer], 2 * SECOND).await;
            }
        }
    }
    until("no picture", &mut [&mut a, &mut viewer], |_| paused(&mut stage, &mut last).contains(&0)).await;
    let layers: BTreeSet<u8> = viewer.slot(0, true).iter().map(|(_, mark)| mark.layer).collect();
    assert!(layers.contains(&0) && layers.contains(&2), "less before nothing: {layers:?}");
    // What stands in the line's queue still comes.
    run(&mut [&mut a, &mut viewer], 2 * SECOND).await;
    viewer.heard.clear();
    run(&mut [&mut a, &mut viewer], 3 * SECOND).await;
    let sound = viewer.slot(0, false).len();
    assert!(sound > 120, "{sound} of 150 packets of sound");

    relay.change("perfect");
    until("a picture again", &mut [&mut a, &mut viewer], |all| shown(all[1]).is_some()).await;
    let first = viewer.slot(0, true)[0].1;
    assert!(first.key, "a picture begins with a key frame");
    until("the best layer again", &mut [&mut a, &mut viewer], |all| shown(all[1]) == Some(2)).await;
    assert!(paused(&mut stage, &mut last).is_empty(), "it is told that the picture goes on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publisher_is_told_which_layers_are_of_use() {
    let mut stage = Stage::open(None);
    let mut a = stage.point(1, &simulcast()).await;
    let mut viewer = stage.point(2, &BotConfig { microphone: false, camera: false, ..full(1) }).await;
    let mut told = (vec![Layer::Quarter, Layer::Half, Layer::Full], false);
    let mut asked = |stage: &mut Stage| {
        for event in stage.told() {
            if let EngineEvent::Layers { layers, idle, .. } = event {
                told = (layers, idle);
            }
        }
        told.clone()
    };
    stage.apply();
    let low = vec![Layer::Quarter];
    until("nobody watches", &mut [&mut a, &mut viewer], |_| asked(&mut stage) == (low.clone(), true)).await;

    stage.feed(&viewer, 0, &a, Layer::Quarter);
    stage.apply();
    until("a small picture is watched", &mut [&mut a, &mut viewer], |_| asked(&mut stage) == (low.clone(), false))
        .await;

    stage.plan.record.insert(a.camera(), RecordTarget { session: stage.room, visit: None });
    stage.apply();
    let recorded = (vec![Layer::Quarter, Layer::Full], false);
    until("the recorder takes the best", &mut [&mut a, &mut viewer], |_| asked(&mut stage) == recorded).await;
}
