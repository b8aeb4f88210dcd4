//! Lines that lose packets, and lines that change.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use diemcau::bot::BotConfig;
use diemcau::media::MediaConfig;
use diemcau::media::engine::{Engine, EngineEvent};
use diemcau::media::plan::{Layer, RecordTarget};

use super::media_stage::{Point, Relay, Stage, full, holes, run};
use diemcau::line::{Dice, Direction};

const SECOND: Duration = Duration::from_secs(1);

async fn relayed() -> (Relay, Stage) {
    let relay = Relay::open().await;
    let stage = Stage::with(MediaConfig { advertise: vec![relay.address], ..Stage::config(4) });
    relay.connect(stage.engine.local_addr());
    (relay, stage)
}

/// The bug of rtc-dtls that made x % loss mean x % of joins hanging for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_server_hello_does_not_hang_the_join() {
    let (relay, stage) = relayed().await;
    let (lost_in, mut lost) = tokio::sync::mpsc::unbounded_channel();
    let mut done = false;
    relay.judge(move |way, datagram| {
        // Handshake record whose first message is ServerHello.
        let hello = way == Direction::Down && datagram.first() == Some(&22) && datagram.get(13) == Some(&2);
        if hello && !std::mem::replace(&mut done, true) {
            lost_in.send(datagram.len()).unwrap();
            return false;
        }
        true
    });
    let point = stage.knocking(1, &full(1)).await;
    point.expect_connected(2 * SECOND).await;
    assert!(lost.try_recv().is_ok(), "the datagram was lost");
    assert!(lost.try_recv().is_err());
}

/// Pages of Firefox see no answers to their checks: without a report each second they take a line on which nobody speaks
/// for a broken one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_machine_that_sends_nothing_and_is_shown_nothing_hears_the_server_every_second() {
    let (relay, stage) = relayed().await;
    let reports = Arc::new(AtomicU32::new(0));
    let counted = reports.clone();
    relay.judge(move |way, datagram| {
        let rtcp = matches!(datagram, [128..=191, 192..=223, ..]);
        counted.fetch_add(u32::from(way == Direction::Down && rtcp), Ordering::Relaxed);
        true
    });
    let listens = BotConfig { microphone: false, camera: false, ..full(1) };
    let mut point = stage.point(1, &listens).await;
    reports.store(0, Ordering::Relaxed);
    run(&mut [&mut point], 5 * SECOND).await;
    let heard = reports.load(Ordering::Relaxed);
    assert!(heard >= 8, "{heard} reports in five seconds");
}

/// Three of ten datagrams of the handshake are lost, both ways, in many joins: hellos and our flight. The crate as a client
/// never repeats its own last flight, so that one and its answer come through; browsers repeat theirs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn joins_survive_a_lossy_handshake() {
    let (relay, stage) = relayed().await;
    let mut dice = Dice(1);
    relay.judge(move |way, datagram| {
        let message = datagram.first().filter(|first| **first == 22).and(datagram.get(13));
        let hello = matches!((way, message), (Direction::Up, Some(1)) | (Direction::Down, Some(2 | 3)));
        !hello || !dice.chance(3, 10)
    });
    for who in 0..5 {
        let point = stage.knocking(who, &full(1)).await;
        // Which datagrams are lost depends on their order; the other side repeats its flights after 1, 2, 4, 8 s.
        point.expect_connected(60 * SECOND).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_percent_loss_both_ways_is_repaired() {
    let (relay, mut stage) = relayed().await;
    let mut a = stage.point(1, &full(1)).await;
    let mut b = stage.point(2, &full(1)).await;
    stage.feed(&a, 0, &b, Layer::Full);
    stage.feed(&b, 0, &a, Layer::Full);
    stage.apply();
    run(&mut [&mut a, &mut b], SECOND).await;
    relay.change("3 % loss");
    run(&mut [&mut a, &mut b], 8 * SECOND).await;
    relay.change("perfect");
    assert!(relay.lost() > 20, "the line was poor: {}", relay.lost());
    run(&mut [&mut a, &mut b], SECOND).await;
    for viewer in [&a, &b] {
        let picture = viewer.slot(0, true);
        let (missing, _) = holes(&picture);
        assert!(picture.len() > 100, "{}", picture.len());
        // About 6 % of the packets were lost on their two ways. Nearly all come back, unless the machine has no time for
        // the repairs.
        assert!(missing * 33 <= picture.len(), "{missing} of {} still missing", picture.len());
    }
    assert!(stage.engine.counters().repaired > 3, "{:?}", stage.engine.counters());
    let worst = stage
        .told()
        .into_iter()
        .filter_map(|event| match event {
            EngineEvent::Quality { quality, .. } => Some(quality.uplink_loss_permille),
            _ => None,
        })
        .max();
    assert!(worst.is_some_and(|permille| (5..150).contains(&permille)), "the loss is told: {worst:?}");
}

/// One in twenty packets of sound is lost on either way, and nobody asks for it again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sound_lost_on_both_ways_comes_within_the_next_packet() {
    let (relay, mut stage) = relayed().await;
    let quiet = BotConfig { camera: false, ..full(0) };
    let mut speaker = stage.redundant(1, &quiet).await;
    let mut listener = stage.redundant(2, &BotConfig { microphone: false, camera: false, ..full(1) }).await;
    stage.feed(&listener, 0, &speaker, Layer::Full);
    stage.open_microphone(&speaker);
    stage.plan.record.insert(speaker.sound(), RecordTarget { session: stage.room, visit: None });
    stage.apply();
    run(&mut [&mut speaker, &mut listener], SECOND).await;
    assert!(listener.heard.iter().all(|packet| packet.payload_type == 111), "a clean line gets plain sound");
    let mut counts = [0u32, 7];
    relay.judge(move |way, datagram| {
        let sound = datagram.get(1).is_some_and(|byte| matches!(byte & 0x7f, 63 | 111));
        let count = &mut counts[usize::from(way == Direction::Down)];
        *count += u32::from(sound);
        !(sound && count.is_multiple_of(20))
    });
    // The listener's reports tell of it.
    let redundant = |point: &Point| point.heard.iter().rev().take(5).all(|packet| packet.payload_type == 63);
    for waited in 0.. {
        run(&mut [&mut speaker, &mut listener], SECOND / 2).await;
        if listener.heard.len() > 5 && redundant(&listener) {
            break;
        }
        assert!(waited < 60, "no redundancy for a line that loses");
    }
    let from = *listener.sounds(0).last().unwrap();
    run(&mut [&mut speaker, &mut listener], 6 * SECOND).await;
    relay.judge(|_, _| true);
    run(&mut [&mut speaker, &mut listener], SECOND).await;
    let heard = listener.sounds(0);
    let last = *heard.last().unwrap();
    let came = heard.range(from..=last).count();
    assert!(last - from > 200, "{from} to {last}");
    assert!(came * 100 >= usize::from(last - from + 1) * 99, "{came} of {from} to {last}");
    assert!(stage.engine.counters().recovered > 5, "{:?}", stage.engine.counters());
    // The recorder got what the line of the speaker lost, in its order.
    let tape = stage.tape.0.lock().unwrap();
    let steps = tape.windows(2).map(|pair| usize::from(pair[1].sequence.wrapping_sub(pair[0].sequence)));
    let missing: usize = steps.map(|step| step.wrapping_sub(1)).sum();
    assert!(tape.len() > 200 && missing * 100 <= tape.len(), "{missing} missing in {}", tape.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_network_is_followed() {
    let (relay, mut stage) = relayed().await;
    let mut a = stage.point(1, &full(1)).await;
    let mut b = stage.point(2, &full(1)).await;
    stage.feed(&a, 0, &b, Layer::Full);
    stage.feed(&b, 0, &a, Layer::Full);
    stage.apply();
    run(&mut [&mut a, &mut b], SECOND).await;
    relay.rebind();
    run(&mut [&mut a, &mut b], 4 * SECOND).await;
    let before = (a.slot(0, true).len(), b.slot(0, true).len());
    let mut waited = 0;
    while a.slot(0, true).len() <= before.0 + 15 || b.slot(0, true).len() <= before.1 + 15 {
        run(&mut [&mut a, &mut b], SECOND / 2).await;
        waited += 1;
        assert!(waited < 60, "no picture over the new address");
    }
    assert!(!stage.told().iter().any(|event| matches!(event, EngineEvent::Gone { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_is_told_and_ends() {
    let (relay, mut stage) = relayed().await;
    let mut a = stage.point(1, &full(1)).await;
    stage.apply();
    run(&mut [&mut a], SECOND).await;
    stage.told();
    relay.judge(|_, _| false);
    run(&mut [&mut a], 4 * SECOND).await;
    let told = stage.told();
    assert!(told.iter().any(|event| matches!(event, EngineEvent::Silent { .. })), "{told:?}");
    assert!(told.iter().any(|event| matches!(event, EngineEvent::Source { sending: false, .. })));
    relay.judge(|_, _| true);
    run(&mut [&mut a], 3 * SECOND).await;
    assert!(stage.told().iter().any(|event| matches!(event, EngineEvent::Alive { .. })));
    stage.engine.close_room(stage.room);
    run(&mut [], SECOND).await;
    tokio::time::sleep(SECOND / 5).await;
    assert!(stage.told().iter().any(|event| matches!(event, EngineEvent::Gone { .. })));
}
