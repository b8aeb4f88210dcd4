//! How much a receiver's line takes: what was sent, what its feedback says arrived and when, and from that a rate.
//!
//! Google congestion control with three changes: a queue is measured and not only its growth (`delay`), losses that
//! belong to the line are told from losses of a full one (`loss`), and the way up is asked for by padding up to what
//! would be of use (`probe`), because a server that forwards cannot encode a little more. Told the time; no IO.

mod control;
mod delay;
mod history;
mod loss;
mod probe;
mod scatter;
#[cfg(test)]
pub(crate) mod simulated;
#[cfg(test)]
mod tests;

use control::{FULL_QUEUE_US, RateControl, Sight};
use delay::{DelayMonitor, Least, Usage};
use history::{Fate, SendHistory};
use loss::{LossControl, Verdict};
use probe::{Answer, Line, Prober};
use scatter::Scatter;

pub(crate) use probe::Goal;
pub(crate) use scatter::Losses;

use super::meter::RateMeter;
use super::twcc;

/// Believed before anything is known: a sound and a small picture.
const START: f64 = 300_000.0;
const LEAST: f64 = 30_000.0;
const MOST: f64 = 100e6;
/// What arrives is measured over this long; while a queue grows over the shorter time.
const DELIVERED_US: i64 = 500_000;
const DELIVERED_FULL_US: i64 = 250_000;
const DELIVERED_SUDDEN_US: i64 = 125_000;
/// Receivers tell every 50 to 250 ms; silent for longer means that nothing gets through.
const SILENT_US: i64 = 1_200_000;
const SILENT_AGAIN_US: i64 = 500_000;
/// Who has agreed to give feedback and never gave any for so long will not.
const MUTE_US: i64 = 4_000_000;
/// Waiting below this is no reason to send less; what is above is to be gone within [`DRAIN_S`].
const QUEUE_US: i64 = 60_000;
const DRAIN_S: f64 = 1.0;
/// Of what arrived of a probe that filled the line.
const FULL_SHARE: f64 = 0.85;
/// Losses of so long after a decrease are its reason, not news.
const OVERFLOW_US: i64 = 3_000_000;
/// The same for redundancy, which is of use on lines that lose by themselves.
const EMPTIES_US: i64 = 500_000;
/// Below this share of what arrived at best in this time (twice) we hold back.
const YIELDING: f64 = 0.6;
const BEST_US: i64 = 10_000_000;
/// So long after others were found to fill the line this share of what arrived before is held against them, unless
/// the queue grows by so much more: then it is the line.
const CONTEST_US: i64 = 60_000_000;
const CONTEST_SHARE: f64 = 0.25;
const CONTEST_QUEUE_US: i64 = 150_000;
/// A burst of ours is felt for so long (twice).
const OWN_QUEUE_US: i64 = 200_000;
const KEY_FRAME_US: i64 = 40_000;
/// So long after a key frame a line whose end is known is not asked for more: whether it bears the picture that begins
/// is to be seen first.
const SETTLES_US: i64 = 1_500_000;
/// No probe while more than this waits.
const QUIET_US: i64 = 30_000;
/// While a picture pauses and nobody speaks nothing would be heard of the line for ever: so often a packet of padding
/// asks how it is, until it is found calm.
const QUESTION_US: i64 = 100_000;
const QUESTION: usize = 110;
const FIRST_RTT_US: i64 = 150_000;

/// What is known of the line to one receiver.
#[derive(Debug)]
pub(crate) struct Bandwidth {
    history: SendHistory,
    sending: RateMeter,
    delivered: RateMeter,
    delay: DelayMonitor,
    control: RateControl,
    loss: LossControl,
    scatter: Scatter,
    /// Whether they arrived: the packets of one feedback, in order.
    fates: Vec<bool>,
    probe: Prober,
    /// Bits of bursts that the line has not carried off yet, and when that was counted.
    burst: (f64, i64),
    key_frame_us: i64,
    /// The queue that makes, at most in the last moments, negated microseconds.
    own_queue: Least,
    /// What would be of use, bits per second.
    goal: Goal,
    rtt_us: i64,
    /// Newest arrival on the receiver's clock, unwrapped.
    arrival_us: Option<i64>,
    /// Since when something is on its way that nothing was told of.
    unanswered_us: Option<i64>,
    silent_us: Option<i64>,
    /// Others fill the line: until when that is believed, and what is not given up to them.
    contest: Option<(i64, f64)>,
    /// What arrived at best lately, negated.
    best: Least,
    /// Something was measured: the rate is more than a guess.
    measured: bool,
    last_sent_us: i64,
    /// Packets wait since then.
    queued_us: Option<i64>,
    /// What was sent before this took another way.
    way_since_us: i64,
}

impl Bandwidth {
    pub(crate) fn new() -> Self {
        Self {
            history: SendHistory::new(),
            sending: RateMeter::default(),
            delivered: RateMeter::default(),
            delay: DelayMonitor::new(),
            control: RateControl::new(START, LEAST, MOST),
            loss: LossControl::default(),
            scatter: Scatter::default(),
            fates: Vec::new(),
            probe: Prober::new(),
            burst: (0.0, 0),
            key_frame_us: i64::MIN / 2,
            own_queue: Least::new(OWN_QUEUE_US, 1),
            goal: Goal::default(),
            rtt_us: FIRST_RTT_US,
            arrival_us: None,
            unanswered_us: None,
            silent_us: None,
            contest: None,
            best: Least::new(BEST_US, 1),
            measured: false,
            last_sent_us: i64::MIN / 2,
            queued_us: None,
            way_since_us: i64::MIN,
        }
    }

    /// Packets go another way from now on: what was learnt belongs to the old one. Only their numbers go on, and no more
    /// is believed of the new way than of one never seen.
    pub(crate) fn new_way(&mut self, now_us: i64) {
        let start = START.min(self.control.rate().max(LEAST));
        self.delay = DelayMonitor::new();
        self.control = RateControl::new(start, LEAST, MOST);
        self.loss = LossControl::default();
        self.scatter = Scatter::default();
        self.probe = Prober::new();
        self.rtt_us = FIRST_RTT_US;
        self.unanswered_us = None;
        self.silent_us = None;
        self.contest = None;
        self.best = Least::new(BEST_US, 1);
        self.measured = false;
        self.queued_us = None;
        self.way_since_us = now_us;
    }

    /// A packet leaves; `bytes` with everything below it. Its transport-wide number.
    pub(crate) fn sent(&mut self, bytes: usize, now_us: i64) -> u16 {
        let probe = self.probe.running();
        if probe != 0 {
            self.probe.sent(bytes, now_us);
        }
        let (bits, at_us) = self.burst;
        let rate = self.control.rate();
        let bursts = probe != 0 || now_us - self.key_frame_us < KEY_FRAME_US;
        let bits =
            (bits - rate * (now_us - at_us) as f64 / 1e6).max(0.0) + if bursts { bytes as f64 * 8.0 } else { 0.0 };
        self.burst = (bits, now_us);
        self.own_queue.add(now_us, -((bits * 1e6 / rate) as i64));
        self.unanswered_us.get_or_insert(now_us);
        self.last_sent_us = now_us;
        self.sending.add(now_us, bytes);
        self.history.push(now_us, bytes, probe)
    }

    /// A key frame begins: many packets at once, whose queue is no news about the line.
    pub(crate) fn key_frame(&mut self, now_us: i64) {
        self.key_frame_us = now_us;
    }

    /// The FCI of a feedback message of the receiver.
    pub(crate) fn feedback(&mut self, fci: &[u8], now_us: i64) {
        let way_since_us = self.way_since_us;
        let Self { history, delivered, delay, loss, scatter, probe, arrival_us, fates, .. } = self;
        let mut newest_us = None;
        // What is malformed at its end is believed up to there: it was authentic.
        let _whole = twcc::read(fci, |sequence, arrival| {
            let Some(told) = history.told(sequence, arrival.is_some(), now_us) else { return };
            if told.before == Fate::Arrived || told.sent_us < way_since_us {
                return;
            }
            if told.before == Fate::Unknown {
                loss.told(arrival.is_some());
                fates.push(arrival.is_some());
            }
            let Some(arrival) = arrival else {
                if told.before == Fate::Unknown {
                    probe.told(told.probe, told.bytes, None);
                }
                return;
            };
            if told.before == Fate::Missing {
                loss.found();
                scatter.found();
            }
            let at_us = unwrap(*arrival_us, arrival);
            *arrival_us = Some(arrival_us.map_or(at_us, |newest| newest.max(at_us)));
            delivered.add(at_us, usize::from(told.bytes));
            delay.arrived(told.sent_us, at_us);
            probe.told(told.probe, told.bytes, Some(at_us));
            newest_us = newest_us.max(Some(told.sent_us));
        });
        // What a full line loses comes back with a lower rate; redundancy would only keep it full.
        if self.is_full(now_us) {
            self.fates.clear();
        }
        self.fates.drain(..).for_each(|arrived| self.scatter.told(arrived));
        let Some(newest_us) = newest_us else { return };
        self.rtt_us = (self.rtt_us * 7 + (now_us - newest_us)) / 8;
        self.unanswered_us = None;
        if self.silent_us.take().is_some() {
            self.probe.anew(now_us);
        }
        self.judge(now_us);
    }

    fn judge(&mut self, now_us: i64) {
        let usage = self.delay.usage();
        let queue_us = self.queue_us();
        if queue_us < QUIET_US {
            self.queued_us = None;
        } else {
            self.queued_us.get_or_insert(now_us);
        }
        // What came while the line had nothing to do says nothing of what it takes.
        let queued_us = self.queued_us.map_or(0, |since_us| now_us - since_us);
        // On a line that shakes a short look sees its shaking.
        let shortest_us = (5 * self.delay.noise_us()).clamp(DELIVERED_SUDDEN_US, DELIVERED_FULL_US);
        let window_us = match usage {
            _ if self.delay.is_sudden() => DELIVERED_SUDDEN_US,
            Usage::Over => queued_us.clamp(shortest_us, DELIVERED_FULL_US),
            Usage::Normal | Usage::Under if queue_us >= FULL_QUEUE_US => queued_us.clamp(shortest_us, DELIVERED_US),
            Usage::Normal | Usage::Under => DELIVERED_US,
        };
        let delivered = self.arrival_us.and_then(|at_us| self.delivered.rate(at_us, window_us));
        let sight = Sight { usage, queue_us, overflows: self.loss.overflows(), delivered, rtt_us: self.rtt_us };
        if self.control.update(sight, now_us) {
            self.measured = true;
            self.probe.refuse(now_us);
            self.loss.pause(now_us + self.rtt_us + queue_us);
        }
        let sending = self.sending.rate(now_us, DELIVERED_US).unwrap_or(0.0);
        if queue_us > QUEUE_US {
            if let Some(delivered) = delivered {
                self.control.learn(delivered, now_us);
            }
            // What overflowed is the old rate's doing.
            if now_us - self.control.decreased_us() < OVERFLOW_US {
                self.loss.pause(now_us + self.rtt_us);
            }
        }
        if let Some(delivered) = delivered {
            self.best.add(now_us, -(delivered as i64));
        }
        let best = self.best.get().map_or(0.0, |best| -best as f64);
        if self.delay.yielded(sending < YIELDING * best) {
            self.contest = Some((now_us + CONTEST_US, CONTEST_SHARE * best));
        }
        self.contest = self.contest.filter(|(until_us, _)| now_us < *until_us && queue_us < CONTEST_QUEUE_US);
        if let Some((_, share)) = self.contest.filter(|(_, share)| self.control.rate() < *share) {
            self.control.set(share);
        }
        match self.loss.judge(sending, delivered, self.control.rate(), now_us) {
            Verdict::Nothing => {}
            Verdict::Cut(rate) => {
                self.measured = true;
                self.control.set(rate);
                self.probe.refuse(now_us);
            }
            Verdict::Restore(rate) => self.control.set(rate.max(self.control.rate())),
        }
        let line = Line {
            queue_us: self.delay.queue_us(),
            noise_us: self.delay.noise_us(),
            loss: self.loss.recent(),
            rtt_us: self.rtt_us,
        };
        match self.probe.answer(line, now_us) {
            None => {}
            Some(Answer::Takes(rate)) => {
                self.measured = true;
                self.control.set(rate.max(self.control.rate()));
            }
            Some(Answer::Full(rate)) => {
                self.measured = true;
                // The line was full, so what arrived is what it takes; what is known to be taken stands.
                self.control.set((FULL_SHARE * rate).max(self.control.rate()));
            }
        }
    }

    /// To be called every 50 ms or so: notices that nothing is heard, begins probes.
    pub(crate) fn tick(&mut self, now_us: i64) {
        let silent = self.arrival_us.is_some()
            && self.unanswered_us.is_some_and(|since_us| now_us - since_us > SILENT_US + self.rtt_us);
        if silent {
            if self.silent_us.is_none_or(|last_us| now_us - last_us >= SILENT_AGAIN_US) {
                self.silent_us = Some(now_us);
                self.control.set(self.control.rate() / 2.0);
                self.probe.refuse(now_us);
            }
            return;
        }
        let full = self.control.full(now_us);
        let settles = now_us - self.key_frame_us < SETTLES_US && full.is_some_and(|full| self.goal.next > full);
        if self.is_quiet() && !settles {
            self.probe.begin(self.control.rate(), self.goal, full, self.delay.noise_us(), now_us);
        }
    }

    /// What would be of use: probes go no further.
    pub(crate) fn wish(&mut self, goal: Goal) {
        self.goal = goal;
    }

    /// What would be of use next is more than the line is believed to take.
    pub(crate) fn is_short(&self) -> bool {
        self.goal.next > self.control.rate()
    }

    /// Nothing waits and something was heard: the moment for a probe. A queue that shrinks has shrunk by then.
    fn is_quiet(&self) -> bool {
        self.arrival_us.is_some()
            && self.silent_us.is_none()
            && self.delay.usage() != Usage::Over
            && self.delay.queue_us() < QUIET_US
    }

    /// Bytes of padding that are due now, for a probe or for news of a line that is not known to be calm.
    pub(crate) fn padding(&mut self, now_us: i64) -> usize {
        let question = if self.asks(now_us) { QUESTION } else { 0 };
        self.probe.padding(now_us).max(question)
    }

    /// Nothing was sent for a while of which the receiver could tell, and what it told last was not good.
    pub(crate) fn asks(&self, now_us: i64) -> bool {
        self.arrival_us.is_some() && now_us - self.last_sent_us >= QUESTION_US && !self.is_quiet()
    }

    /// A probe is being sent: padding is due every few milliseconds.
    pub(crate) fn is_probing(&self) -> bool {
        self.probe.is_sending()
    }

    /// Bits per second the line is believed to take.
    pub(crate) fn estimate(&self) -> u32 {
        self.control.rate() as u32
    }

    #[cfg(test)]
    pub(crate) fn believe(&mut self, rate: f64) {
        self.control.set(rate);
        self.measured = true;
    }

    /// The rate is more than the guess at the beginning.
    pub(crate) fn is_measured(&self) -> bool {
        self.measured
    }

    /// Bits per second that may be sent now: less than the estimate while a queue drains, nothing while nothing is heard.
    pub(crate) fn usable(&self) -> u32 {
        if self.silent_us.is_some() {
            return 0;
        }
        let excess_s = (self.queue_us() - QUEUE_US).max(0) as f64 / 1e6;
        (self.control.rate() * (1.0 - excess_s / DRAIN_S).max(0.0)) as u32
    }

    /// The receiver never said anything: nothing can be known of its line.
    pub(crate) fn is_mute(&self, now_us: i64) -> bool {
        self.arrival_us.is_none() && self.unanswered_us.is_some_and(|since_us| now_us - since_us > MUTE_US)
    }

    /// What is lost, as the receiver tells it; `None` before it told anything.
    pub(crate) fn losses(&self) -> Option<Losses> {
        self.arrival_us.map(|_| self.scatter.losses())
    }

    /// Nothing queues that would make this a bad moment to send more.
    pub(crate) fn is_calm(&self) -> bool {
        self.silent_us.is_none() && self.queue_us() < QUEUE_US
    }

    /// Packets wait, or did a moment ago: what is lost is lost for want of room.
    fn is_full(&self, now_us: i64) -> bool {
        self.queue_us() > QUEUE_US || now_us - self.control.decreased_us() < EMPTIES_US + self.rtt_us
    }

    /// How long packets wait, beyond what a burst of ours (a key frame, a probe) explains.
    fn queue_us(&self) -> i64 {
        let own_us = self.own_queue.get().map_or(0, |own| -own);
        (self.delay.queue_us() - own_us * 6 / 5).max(0)
    }
}

/// The time nearest to the newest one that the wrapping clock can mean.
fn unwrap(newest_us: Option<i64>, arrival: i64) -> i64 {
    let Some(newest_us) = newest_us else { return arrival };
    let ahead = (arrival - newest_us).rem_euclid(twcc::CLOCK_US);
    newest_us + if ahead > twcc::CLOCK_US / 2 { ahead - twcc::CLOCK_US } else { ahead }
}
