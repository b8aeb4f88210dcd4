//! A line in virtual time, for tests: one queue with a rate, delay, jitter, losses and other traffic in it, the real
//! estimator at its head, and a receiver that tells what arrived as browsers do.

use std::collections::{BTreeMap, VecDeque};

use super::{Bandwidth, Goal};
use crate::media::allocator::{Allocator, Budget, Wanted};
use crate::media::plan::{Layer, SourceKind};
use crate::media::twcc::TwccRecorder;

pub(crate) const MS: i64 = 1_000;
pub(crate) const S: i64 = 1_000_000;

/// A small generator with a seed, so that a failure can be repeated.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// 0 up to, not including, 1.
    pub(crate) fn share(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// What a line does to packets.
pub(crate) struct LineShape {
    /// Bits per second at a time.
    pub(crate) rate: Box<dyn Fn(i64) -> f64>,
    /// Bytes that may wait; what does not fit is lost.
    pub(crate) queue: usize,
    /// Bytes that pass at once after a pause.
    pub(crate) burst: f64,
    pub(crate) delay_us: i64,
    /// Up to this much more for single packets; order is kept.
    pub(crate) jitter_us: i64,
    pub(crate) loss: f64,
    /// From this time on so much more delay, and these losses.
    pub(crate) turns: Option<(i64, i64, f64)>,
    /// Other traffic in the same queue, bits per second at a time.
    pub(crate) others: Box<dyn Fn(i64) -> f64>,
    /// A download that fills the queue until something is lost, from this time.
    pub(crate) download_us: Option<i64>,
}

impl LineShape {
    pub(crate) fn of(rate: f64) -> Self {
        Self::changing(move |_| rate)
    }

    pub(crate) fn changing(rate: impl Fn(i64) -> f64 + 'static) -> Self {
        Self {
            rate: Box::new(rate),
            queue: 40_000,
            burst: 1_500.0,
            delay_us: 25 * MS,
            jitter_us: 0,
            loss: 0.0,
            turns: None,
            others: Box::new(|_| 0.0),
            download_us: None,
        }
    }
}

/// What is sent over the line.
pub(crate) enum Load {
    /// A picture whose rate follows what may be sent, up to this.
    Elastic(f64),
    /// Layers of 150, 500 and 1500 kbit/s, as granted.
    Layered,
    /// The same while nobody speaks: once the picture pauses nothing is sent that the receiver could tell of.
    Speechless,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Sound,
    Picture,
    Padding,
    /// Not ours.
    Other,
    Download,
}

struct Packet {
    what: What,
    number: u16,
    bytes: usize,
    sent_us: i64,
}

/// What was seen in one step of 100 ms.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) at_us: i64,
    pub(crate) estimate: f64,
    /// Sent by us, bits per second, padding included.
    pub(crate) sent: f64,
    pub(crate) padding: f64,
    /// Longest way of a sound packet that arrived in this step.
    pub(crate) sound_us: i64,
    /// Sound packets that found no place in the queue.
    pub(crate) sound_lost: u32,
    pub(crate) layer: Option<Layer>,
    /// Longest time between two arrivals of picture packets up to now, as it stands at the end of this step.
    pub(crate) still_us: i64,
}

/// A download of the old kind: one packet more per round trip, half as many after a loss.
struct Download {
    window: f64,
    on_the_way: f64,
    halved_us: i64,
}

/// Runs `load` over a line for `length_us` and tells what was seen.
pub(crate) fn run(shape: LineShape, load: &Load, length_us: i64, seed: u64) -> Vec<Seen> {
    run_in(&mut World::new(shape, seed), load, length_us)
}

/// The same; the share of packets that the line is believed to lose by itself at the end.
pub(crate) fn losses_after(shape: LineShape, load: &Load, length_us: i64, seed: u64) -> f64 {
    let mut world = World::new(shape, seed);
    run_in(&mut world, load, length_us);
    world.bandwidth.losses().map_or(0.0, |losses| losses.share)
}

fn run_in(world: &mut World, load: &Load, length_us: i64) -> Vec<Seen> {
    let mut allocator = Allocator::default();
    let (mut shown, mut begins_us) = (None, None);
    let mut seen = Vec::new();
    let mut frame_us = 0;
    while world.now_us < length_us {
        let now_us = world.now_us;
        if now_us % (20 * MS) == 0 && !matches!(load, Load::Speechless) {
            world.send(What::Sound, 150);
        }
        if now_us >= frame_us {
            frame_us += 33 * MS;
            let usable = f64::from(world.bandwidth.usable());
            let rate = match (load, shown) {
                (Load::Elastic(most), _) => (usable - 60e3).clamp(0.0, *most),
                (Load::Layered | Load::Speechless, shown) => shown.map_or(0.0, cost),
            };
            let mut bytes = rate / 240.0 * (0.7 + 0.6 * world.random.share());
            if begins_us.take_if(|at_us| *at_us <= now_us).is_some() {
                shown = allocator.layer(0);
                bytes = shown.map_or(0.0, |layer| cost(layer) / 240.0 * 5.0);
                world.bandwidth.key_frame(now_us);
            }
            while bytes > 60.0 {
                world.send(What::Picture, bytes.min(1_200.0) as usize);
                bytes -= 1_200.0;
            }
        }
        if now_us % (5 * MS) == 0 {
            let mut padding = world.bandwidth.padding(now_us);
            while padding > 100 {
                world.send(What::Padding, padding.min(300));
                padding -= padding.min(300);
            }
        }
        if now_us % (50 * MS) == 0 {
            world.bandwidth.tick(now_us);
            let budget = Budget {
                rate: world.bandwidth.usable().saturating_sub(60_000),
                known: world.bandwidth.is_measured(),
                calm: world.bandwidth.is_calm(),
            };
            match load {
                Load::Elastic(most) => world.bandwidth.wish(Goal { next: *most, all: *most }),
                Load::Layered | Load::Speechless => {
                    let costs = [Layer::Quarter, Layer::Half, Layer::Full].map(|layer| Some(cost(layer) as u32));
                    let wanted = Wanted { from: 1, kind: SourceKind::Camera, cap: Layer::Full, costs };
                    let outcome = allocator.allocate(budget, &[Some(wanted)], now_us);
                    let with_sound = |rate: u32| if rate == 0 { 0.0 } else { f64::from(rate) + 60e3 };
                    world.bandwidth.wish(Goal { next: with_sound(outcome.next), all: with_sound(outcome.all) });
                    if outcome.changed {
                        if allocator.layer(0) < shown {
                            shown = None;
                        }
                        begins_us = allocator.layer(0).map(|_| now_us + 80 * MS);
                    }
                }
            }
        }
        world.step();
        if world.now_us % (100 * MS) == 0 {
            seen.push(world.look(shown));
        }
    }
    seen
}

fn cost(layer: Layer) -> f64 {
    match layer {
        Layer::Quarter => 150e3,
        Layer::Half => 500e3,
        Layer::Full => 1_500e3,
    }
}

struct World {
    shape: LineShape,
    random: Random,
    now_us: i64,
    bandwidth: Bandwidth,
    waiting: VecDeque<Packet>,
    waiting_bytes: usize,
    budget: f64,
    others: f64,
    download: Option<Download>,
    /// On the wire by arrival.
    wire: BTreeMap<(i64, u64), Packet>,
    count: u64,
    last_arrival_us: i64,
    receiver: TwccRecorder,
    feedback: VecDeque<(i64, Vec<u8>)>,
    losses_seen: VecDeque<i64>,
    sent: (usize, usize),
    sound_us: i64,
    sound_lost: u32,
    picture_us: i64,
}

impl World {
    fn new(shape: LineShape, seed: u64) -> Self {
        Self {
            shape,
            random: Random::new(seed),
            now_us: 0,
            bandwidth: Bandwidth::new(),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            budget: 0.0,
            others: 0.0,
            download: None,
            wire: BTreeMap::new(),
            count: 0,
            last_arrival_us: 0,
            receiver: TwccRecorder::default(),
            feedback: VecDeque::new(),
            losses_seen: VecDeque::new(),
            sent: (0, 0),
            sound_us: 0,
            sound_lost: 0,
            picture_us: 0,
        }
    }

    fn send(&mut self, what: What, bytes: usize) {
        if let Some((_, more_us, loss)) = self.shape.turns.take_if(|(at_us, ..)| *at_us <= self.now_us) {
            self.shape.delay_us += more_us;
            self.shape.loss = loss;
        }
        let number = match what {
            What::Other | What::Download => 0,
            _ => {
                self.sent.0 += bytes;
                self.sent.1 += if what == What::Padding { bytes } else { 0 };
                self.bandwidth.sent(bytes, self.now_us)
            }
        };
        let lost = self.random.share() < self.shape.loss && what != What::Download;
        if self.waiting_bytes + bytes > self.shape.queue {
            self.sound_lost += u32::from(what == What::Sound);
            if what == What::Download {
                self.losses_seen.push_back(self.now_us + 2 * self.shape.delay_us);
            }
        } else if !lost {
            self.waiting_bytes += bytes;
            self.waiting.push_back(Packet { what, number, bytes, sent_us: self.now_us });
        }
    }

    /// One millisecond.
    fn step(&mut self) {
        self.other_traffic();
        self.now_us += MS;
        let rate = (self.shape.rate)(self.now_us);
        self.budget += rate / 8e3;
        while let Some(packet) = self.waiting.pop_front_if(|packet| packet.bytes as f64 <= self.budget) {
            self.budget -= packet.bytes as f64;
            self.waiting_bytes -= packet.bytes;
            let jitter_us = (self.random.share() * self.shape.jitter_us as f64) as i64;
            let arrival_us = (self.now_us + self.shape.delay_us + jitter_us).max(self.last_arrival_us);
            self.last_arrival_us = arrival_us;
            self.count += 1;
            self.wire.insert((arrival_us, self.count), packet);
        }
        if self.waiting.is_empty() {
            self.budget = self.budget.min(self.shape.burst);
        }
        while self.wire.first_key_value().is_some_and(|((at_us, _), _)| *at_us <= self.now_us) {
            let Some((_, packet)) = self.wire.pop_first() else { break };
            self.arrived(&packet);
        }
        if self.now_us % (100 * MS) == 0 {
            while let Some(fci) = self.receiver.report() {
                self.feedback.push_back((self.now_us + self.shape.delay_us, fci));
            }
        }
        while let Some((_, fci)) = self.feedback.pop_front_if(|(at_us, _)| *at_us <= self.now_us) {
            self.bandwidth.feedback(&fci, self.now_us);
        }
    }

    fn arrived(&mut self, packet: &Packet) {
        match packet.what {
            What::Other => return,
            What::Download => {
                if let Some(download) = &mut self.download {
                    download.on_the_way -= 1.0;
                    download.window += 1.0 / download.window;
                }
                return;
            }
            What::Sound => self.sound_us = self.sound_us.max(self.now_us - packet.sent_us),
            What::Picture => self.picture_us = self.now_us,
            What::Padding => {}
        }
        self.receiver.arrived(packet.number, self.now_us);
    }

    fn other_traffic(&mut self) {
        self.others += (self.shape.others)(self.now_us) / 8e3;
        while self.others >= 1_200.0 {
            self.others -= 1_200.0;
            self.send(What::Other, 1_200);
        }
        if self.shape.download_us.is_some_and(|from_us| from_us <= self.now_us) {
            let download = self.download.get_or_insert(Download { window: 4.0, on_the_way: 0.0, halved_us: 0 });
            if self.losses_seen.pop_front_if(|at_us| *at_us <= self.now_us).is_some() {
                download.on_the_way -= 1.0;
                if self.now_us - download.halved_us > 100 * MS {
                    download.window = (download.window / 2.0).max(2.0);
                    download.halved_us = self.now_us;
                }
            }
            while self.download.as_ref().is_some_and(|download| download.on_the_way + 1.0 <= download.window) {
                if let Some(download) = &mut self.download {
                    download.on_the_way += 1.0;
                }
                self.send(What::Download, 1_400);
            }
        }
    }

    fn look(&mut self, layer: Option<Layer>) -> Seen {
        let (sent, padding) = std::mem::take(&mut self.sent);
        Seen {
            at_us: self.now_us,
            estimate: f64::from(self.bandwidth.estimate()),
            sent: sent as f64 * 80.0,
            padding: padding as f64 * 80.0,
            sound_us: std::mem::take(&mut self.sound_us),
            sound_lost: std::mem::take(&mut self.sound_lost),
            layer,
            still_us: self.now_us - self.picture_us,
        }
    }
}

/// Mean of a value over the part of a run between two times.
pub(crate) fn mean(seen: &[Seen], from_us: i64, to_us: i64, value: impl Fn(&Seen) -> f64) -> f64 {
    let part: Vec<f64> = seen.iter().filter(|seen| (from_us..to_us).contains(&seen.at_us)).map(value).collect();
    part.iter().sum::<f64>() / part.len().max(1) as f64
}
