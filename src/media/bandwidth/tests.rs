//! The estimator, the prober and the allocator together on simulated lines.

use super::Bandwidth;
use super::simulated::{LineShape, Load, MS, Random, S, Seen, losses_after, mean, run};
use crate::media::plan::Layer;
use crate::media::twcc::TwccRecorder;

fn part(seen: &[Seen], from: i64, to: i64) -> impl Iterator<Item = &Seen> {
    seen.iter().filter(move |seen| (from * S..to * S).contains(&seen.at_us))
}

/// The sound's delay that nine of ten steps stay below.
fn sound_ms(seen: &[Seen], from: i64, to: i64) -> i64 {
    let mut delays: Vec<i64> = part(seen, from, to).map(|seen| seen.sound_us / MS).collect();
    delays.sort_unstable();
    delays[delays.len() * 9 / 10]
}

fn sound_lost(seen: &[Seen], from: i64, to: i64) -> u32 {
    part(seen, from, to).map(|seen| seen.sound_lost).sum()
}

fn still_ms(seen: &[Seen], from: i64, to: i64) -> i64 {
    part(seen, from, to).map(|seen| seen.still_us / MS).max().unwrap()
}

/// Seconds after `from` until `layer` is sent.
fn until(seen: &[Seen], from: i64, layer: impl Fn(Option<Layer>) -> bool) -> Option<i64> {
    part(seen, from, 999).find(|seen| layer(seen.layer)).map(|seen| (seen.at_us - from * S) / MS)
}

/// 3 Mbit/s, from the tenth to the fortieth second 300 kbit/s, then again 3 Mbit/s.
fn steps() -> LineShape {
    LineShape::changing(|at_us| if (10 * S..40 * S).contains(&at_us) { 300e3 } else { 3e6 })
}

#[test]
fn a_steady_line_is_filled_and_not_overfilled() {
    for (rate, layer, sound) in [
        (256e3, Some(Layer::Quarter), 60),
        (700e3, Some(Layer::Half), 120),
        (3e6, Some(Layer::Full), 60),
        (20e6, Some(Layer::Full), 60),
    ] {
        for seed in 1..4 {
            let seen = run(LineShape::of(rate), &Load::Layered, 40 * S, seed);
            assert!(part(&seen, 10, 40).all(|seen| seen.layer == layer), "{rate} seed {seed}");
            assert!(sound_ms(&seen, 10, 40) <= sound, "{rate} seed {seed}: {} ms", sound_ms(&seen, 10, 40));
            assert_eq!(sound_lost(&seen, 3, 40), 0, "{rate} seed {seed}");
            let padding = mean(&seen, 10 * S, 40 * S, |seen| seen.padding);
            assert!(padding < 0.03 * rate, "{rate} seed {seed}: {padding} of padding");
        }
    }
}

#[test]
fn an_elastic_load_stays_below_the_line() {
    for rate in [500e3, 1e6, 4e6] {
        for seed in 1..4 {
            let seen = run(LineShape::of(rate), &Load::Elastic(10e6), 40 * S, seed);
            let estimate = mean(&seen, 10 * S, 40 * S, |seen| seen.estimate);
            assert!((0.8 * rate..1.03 * rate).contains(&estimate), "{rate} seed {seed}: {estimate}");
        }
    }
}

#[test]
fn the_line_falls_and_comes_back() {
    for (queue, burst) in [(12_000, 1_500.0), (40_000, 1_500.0), (150_000, 1_500.0), (40_000, 16_000.0)] {
        for seed in 1..6 {
            let seen = run(LineShape { queue, burst, ..steps() }, &Load::Layered, 60 * S, seed);
            let case = format!("queue {queue} burst {burst} seed {seed}");
            let lower = until(&seen, 10, |layer| layer < Some(Layer::Full)).unwrap();
            assert!(lower <= 1_000, "{case}: lower after {lower} ms");
            assert!(
                mean(&seen, 12 * S, 16 * S, |seen| seen.sent) < 300e3,
                "{case}: below the line within three seconds"
            );
            assert!(still_ms(&seen, 1, 60) < 1_500, "{case}: still for {} ms", still_ms(&seen, 1, 60));
            let lost = (sound_lost(&seen, 10, 12), sound_lost(&seen, 12, 40));
            assert!(lost.0 <= 10 && lost.1 <= 2, "{case}: sound that found the queue full, of 1500: {lost:?}");
            let back = until(&seen, 40, |layer| layer == Some(Layer::Full)).unwrap();
            assert!(back <= 17_000, "{case}: back after {back} ms");
        }
    }
}

#[test]
fn a_radio_line_falls_and_comes_back() {
    for jitter_ms in [30, 60, 100] {
        for seed in 1..6 {
            let seen = run(LineShape { jitter_us: jitter_ms * MS, ..steps() }, &Load::Layered, 65 * S, seed);
            let case = format!("jitter {jitter_ms} seed {seed}");
            assert!(until(&seen, 10, |layer| layer < Some(Layer::Full)).unwrap() <= 1_500, "{case}");
            assert!(still_ms(&seen, 1, 60) < 2_500, "{case}: still for {} ms", still_ms(&seen, 1, 60));
            let back = until(&seen, 40, |layer| layer == Some(Layer::Full));
            assert!(back.is_some_and(|back| back <= 20_000), "{case}: {back:?}");
        }
    }
}

#[test]
fn losses_of_the_line_itself_starve_nothing() {
    for (loss, rate, least) in [(0.03, 3e6, 1.4e6), (0.10, 3e6, 1.3e6), (0.03, 256e3, 0.19e6)] {
        for seed in 1..4 {
            let seen = run(LineShape { loss, ..LineShape::of(rate) }, &Load::Layered, 60 * S, seed);
            let sent = mean(&seen, 5 * S, 60 * S, |seen| seen.sent);
            assert!(sent > least, "{loss} on {rate} seed {seed}: {sent}");
            assert!(still_ms(&seen, 2, 60) < 1_000, "{loss} on {rate} seed {seed}");
            assert_eq!(sound_lost(&seen, 3, 60), 0, "{loss} on {rate} seed {seed}: nor is sound crowded out");
        }
    }
}

#[test]
fn jitter_of_a_mountain_line_costs_no_picture() {
    for (jitter_ms, delay_ms) in [(60, 25), (120, 80), (100, 300)] {
        for seed in 1..6 {
            let shape = LineShape { jitter_us: jitter_ms * MS, delay_us: delay_ms * MS, ..LineShape::of(1e6) };
            let seen = run(shape, &Load::Layered, 60 * S, seed);
            let case = format!("jitter {jitter_ms} delay {delay_ms} seed {seed}");
            assert!(still_ms(&seen, 3, 60) < 1_500, "{case}: still for {} ms", still_ms(&seen, 3, 60));
            assert!(mean(&seen, 10 * S, 60 * S, |seen| seen.sent) > 350e3, "{case}");
        }
    }
}

#[test]
fn beside_others_it_yields_but_does_not_vanish() {
    for seed in 1..4 {
        let crowd = |at_us| if (10 * S..30 * S).contains(&at_us) { 1.5e6 } else { 0.0 };
        let shape = LineShape { others: Box::new(crowd), ..LineShape::of(2e6) };
        let seen = run(shape, &Load::Layered, 60 * S, seed);
        assert!(until(&seen, 10, |layer| layer < Some(Layer::Full)).unwrap() < 2_000, "seed {seed}");
        assert!(still_ms(&seen, 1, 60) < 1_500, "seed {seed}");
        assert!(until(&seen, 30, |layer| layer == Some(Layer::Full)).unwrap() < 20_000, "seed {seed}");
        for queue in [40_000, 100_000] {
            let shape = LineShape { queue, download_us: Some(10 * S), ..LineShape::of(3e6) };
            let seen = run(shape, &Load::Layered, 60 * S, seed);
            let sent = mean(&seen, 15 * S, 60 * S, |seen| seen.sent);
            assert!(sent > 200e3, "queue {queue} seed {seed}: {sent} beside a download");
            assert!(still_ms(&seen, 1, 60) < 2_500, "queue {queue} seed {seed}: {} ms", still_ms(&seen, 1, 60));
        }
    }
}

#[test]
fn a_line_too_thin_for_any_picture_keeps_its_sound() {
    for seed in 1..4 {
        let seen = run(LineShape::of(150e3), &Load::Layered, 60 * S, seed);
        assert!(part(&seen, 12, 60).all(|seen| seen.layer.is_none()), "seed {seed}");
        assert!(sound_ms(&seen, 12, 60) < 100, "seed {seed}: {} ms", sound_ms(&seen, 12, 60));
        assert!(mean(&seen, 12 * S, 60 * S, |seen| seen.padding) < 25e3);
        assert_eq!(sound_lost(&seen, 3, 60), 0, "seed {seed}");
    }
}

#[test]
fn a_cut_stops_the_picture_and_it_comes_back() {
    for seed in 1..4 {
        let cut = |at_us| if (10 * S..40 * S).contains(&at_us) { 0.0 } else { 3e6 };
        let seen = run(LineShape::changing(cut), &Load::Layered, 60 * S, seed);
        assert!(part(&seen, 13, 40).all(|seen| seen.layer.is_none()), "nothing but sound into a dead line");
        let back = until(&seen, 40, |layer| layer.is_some()).unwrap();
        assert!(back < 3_000, "seed {seed}: a picture after {back} ms");
        assert!(until(&seen, 40, |layer| layer == Some(Layer::Full)).unwrap() < 12_000, "seed {seed}");
    }
}

/// A pause of the picture must not be the end of all news of the line: nobody speaks, and it comes back all the same.
#[test]
fn a_picture_without_sound_comes_back() {
    let mut paddings = Vec::new();
    for seed in 1..13 {
        let cut = |at_us| if (10 * S..14 * S).contains(&at_us) { 0.0 } else { 3e6 };
        let seen = run(LineShape::changing(cut), &Load::Speechless, 40 * S, seed);
        assert!(part(&seen, 13, 14).all(|seen| seen.layer.is_none()), "seed {seed}: it paused");
        let back = until(&seen, 14, |layer| layer.is_some());
        assert!(back.is_some_and(|back| back < 3_000), "seed {seed}: after a cut {back:?}");
        let crowd = |at_us| if (10 * S..20 * S).contains(&at_us) { 2.9e6 } else { 0.0 };
        let shape = LineShape { others: Box::new(crowd), queue: 100_000, ..LineShape::of(3e6) };
        let seen = run(shape, &Load::Speechless, 60 * S, seed);
        let back = until(&seen, 20, |layer| layer.is_some());
        assert!(back.is_some_and(|back| back < 3_000), "seed {seed}: after a crowd {back:?}");
        assert!(still_ms(&seen, 20, 60) < 13_000, "seed {seed}: and it stays");
        paddings.push(mean(&seen, 0, 40 * S, |seen| seen.padding));
    }
    let most = paddings.iter().copied().fold(0.0, f64::max);
    let usual = paddings.iter().sum::<f64>() / paddings.len() as f64;
    assert!(usual < 50e3 && most < 75e3, "{usual} of padding, at most {most}");
}

/// Sound alone, then pictures on a line of 300 kbit/s that was thought to take 2 Mbit/s: the quiet before is no part of what
/// the line takes. `every_ms`: between packets of 1,100 bytes; the lowest estimate within the next second.
fn measured_after_quiet(every_ms: i64) -> u32 {
    const TAKES: f64 = 300e3;
    let (mut bandwidth, mut receiver) = (Bandwidth::new(), TwccRecorder::default());
    bandwidth.believe(2e6);
    let mut wire = std::collections::VecDeque::new();
    let mut free_us = 0;
    let estimates = (0..4_000i64).map(|ms| {
        let now_us = ms * MS;
        for (every, from, bytes) in [(20, 0, 120usize), (every_ms, 3_000, 1_100)] {
            if ms >= from && ms % every == 0 {
                free_us = now_us.max(free_us) + (bytes as f64 * 8e6 / TAKES) as i64;
                wire.push_back((bandwidth.sent(bytes, now_us), free_us + 25 * MS));
            }
        }
        while let Some((number, at_us)) = wire.pop_front_if(|(_, at_us)| *at_us <= now_us) {
            receiver.arrived(number, at_us);
        }
        if ms % 50 == 49
            && let Some(fci) = receiver.report()
        {
            bandwidth.feedback(&fci, now_us);
        }
        bandwidth.estimate()
    });
    estimates.min().unwrap()
}

/// The way becomes longer and loses, as when a radio changes its mast: no queue of ours, however little more it is.
#[test]
fn a_longer_way_that_loses_is_no_full_line() {
    for more_us in [10 * MS, 17 * MS, 25 * MS, 40 * MS] {
        for seed in 1..6 {
            let shape = LineShape { turns: Some((10 * S, more_us, 0.1)), ..LineShape::of(20e6) };
            let seen = run(shape, &Load::Layered, 60 * S, seed);
            let still = still_ms(&seen, 10, 60);
            assert!(still < 2_000, "{more_us} us more, seed {seed}: {still} ms without a picture");
            let least = part(&seen, 20, 60).map(|seen| seen.estimate as u32).min().unwrap();
            assert!(least > 400_000, "{more_us} us more, seed {seed}: {least} believed");
        }
    }
}

/// Share of packets that count as lost by the line itself, 2 s after it fell from 3 Mbit/s.
fn own_losses_after_a_fall(loss: f64, seed: u64) -> f64 {
    let fall = |at_us| if at_us < 10 * S { 3e6 } else { 300e3 };
    let shape = LineShape { queue: 9_400, loss, ..LineShape::changing(fall) };
    losses_after(shape, &Load::Layered, 12 * S, seed)
}

#[test]
fn losses_of_a_full_line_call_for_no_redundancy() {
    for seed in 1..9 {
        let clean = own_losses_after_a_fall(0.0, seed);
        assert!(clean < 0.01, "seed {seed}: {clean}");
        let lossy = own_losses_after_a_fall(0.05, seed);
        assert!((0.02..0.1).contains(&lossy), "seed {seed}: {lossy}");
    }
}

#[test]
fn a_line_is_measured_from_when_packets_wait() {
    for every_ms in 3..28 {
        let lowest = measured_after_quiet(every_ms);
        assert!((250_000..300_000).contains(&lowest), "a packet each {every_ms} ms: {lowest}");
    }
}

/// Datagrams that arrived 25 ms later, then a relay that takes 300 ms: no queue, another way.
#[test]
fn another_way_is_learnt_anew() {
    let mut bandwidth = Bandwidth::new();
    let mut receiver = TwccRecorder::default();
    let hear = |bandwidth: &mut Bandwidth, receiver: &mut TwccRecorder, from: i64, to: i64, delay: i64| {
        for ms in from..to {
            if ms % 10 == 0 {
                receiver.arrived(bandwidth.sent(1_000, ms * MS), (ms + delay) * MS);
            }
            if ms % 100 == 99 {
                bandwidth.feedback(&receiver.report().unwrap(), (ms + delay) * MS);
                bandwidth.tick(ms * MS);
            }
        }
    };
    hear(&mut bandwidth, &mut receiver, 0, 2_000, 25);
    assert!(bandwidth.is_calm() && bandwidth.estimate() > 700_000, "{}", bandwidth.estimate());
    let late = bandwidth.sent(1_000, 2_000 * MS);
    bandwidth.new_way(2_010 * MS);
    receiver.arrived(late, 2_030 * MS);
    hear(&mut bandwidth, &mut receiver, 2_020, 2_400, 300);
    assert!(bandwidth.is_calm(), "what came by the old way is no measure for the new one");
    assert!((30_000..=900_000).contains(&bandwidth.estimate()), "{}", bandwidth.estimate());
    assert!(bandwidth.usable() > 0);
}

#[test]
fn who_never_gives_feedback_is_known_as_mute_and_forgiven() {
    let mut bandwidth = Bandwidth::new();
    let start = bandwidth.usable();
    for ms in 0..10_000 {
        if ms % 20 == 0 {
            bandwidth.sent(1_000, ms * MS);
        }
        bandwidth.tick(ms * MS);
        assert_eq!(bandwidth.is_mute(ms * MS), ms > 4_000);
    }
    assert_eq!(bandwidth.usable(), start, "a silence that was never broken is no sign of a cut");
    let mut receiver = TwccRecorder::default();
    receiver.arrived(499, 77 * S);
    bandwidth.feedback(&receiver.report().unwrap(), 10 * S);
    assert!(!bandwidth.is_mute(11 * S));
}

/// Lines nobody has thought of: no panic, nothing endless, sound goes through whatever the picture does.
#[test]
fn any_line_is_survived() {
    let mut random = Random::new(9);
    for seed in 0..40 {
        let (low, high) = (30e3 + 3e6 * random.share().powi(3), 100e3 + 8e6 * random.share());
        let period = 1 + (random.share() * 12.0) as i64;
        let mut shape =
            LineShape::changing(move |at_us| if at_us / (period * S) % 2 == 0 { high } else { low.min(high) });
        shape.queue = 2_000 + (random.share() * 200_000.0) as usize;
        shape.loss = 0.2 * random.share().powi(2);
        shape.jitter_us = (random.share().powi(2) * 150_000.0) as i64;
        shape.delay_us = (random.share().powi(2) * 300_000.0) as i64 + 1_000;
        shape.burst = 1_500.0 + random.share().powi(3) * 30_000.0;
        let seen = run(shape, &Load::Layered, 40 * S, seed);
        assert!(seen.iter().all(|seen| (30e3..=100e6).contains(&seen.estimate)), "seed {seed}");
        let padding = mean(&seen, 10 * S, 40 * S, |seen| seen.padding);
        assert!(padding < 600e3, "seed {seed}: {padding} of padding");
    }
}
