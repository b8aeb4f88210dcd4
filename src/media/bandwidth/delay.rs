//! Whether a queue grows somewhere on the way: the delay gradient of Google congestion control
//! (draft-ietf-rmcat-gcc-02 §5), with a trend line for the filter, and the queue itself from the least delay of the
//! last minute.

/// Packets sent within this time are one group: what leaves in one turn of the loop.
const BURST_US: i64 = 5_000;
/// Groups the trend is laid through.
const SAMPLES: usize = 20;
/// Weight of the past in the smoothed delay.
const SMOOTHING: f64 = 0.9;
const GAIN: f64 = 4.0;
/// More than so many groups do not make the trend more certain.
const MOST_GROUPS: u32 = 60;
/// The threshold follows what the line does by itself (jitter, competing flows), slowly up and slower down.
const THRESHOLD_MS: (f64, f64, f64) = (6.0, 12.5, 600.0);
const FOLLOW_UP: f64 = 0.0087;
const FOLLOW_DOWN: f64 = 0.039;
/// So long above the threshold, and more than once, before it counts.
const OVER_MS: f64 = 10.0;
/// Two of these make the time over which the least delay is known.
const BASE_WINDOW_US: i64 = 30_000_000;
/// Two of these make "now" for the queue: jitter makes single packets late, a queue makes all late.
const NOW_WINDOW_US: i64 = 40_000;
const NOW_PACKETS: u32 = 4;
/// Memory for the noise, what is believed to be noise at first, and the most that ever is.
const NOISE_PACKETS: f64 = 200.0;
const NOISE_START_US: f64 = 20_000.0;
const LEAST_NOISE_US: f64 = 2_000.0;
const MOST_NOISE_US: f64 = 100_000.0;
/// A queue of at least this that hardly shrinks from one such time to the next stands; if it does so often while we
/// hold back, it is not ours.
const STANDING_US: i64 = 500_000;
const STANDING_QUEUE_US: i64 = 10_000;
const STANDING_SHRINK_US: i64 = 75_000;
const STANDING_TIMES: u32 = 3;
/// The least delay of a line is known after this.
const BASE_KNOWN_US: i64 = 300_000;
/// A queue that grew by this much within [`SUDDEN_US`] is a line that fell: the trend would need more packets to see
/// it, and on a slow line they come late.
const SUDDEN_GROWTH_US: i64 = 50_000;
const SUDDEN_US: i64 = 250_000;

/// What the change of delay says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Usage {
    #[default]
    Normal,
    /// The queue grows.
    Over,
    /// The queue shrinks.
    Under,
}

#[derive(Clone, Copy, Debug)]
struct Group {
    first_sent_us: i64,
    last_sent_us: i64,
    last_arrival_us: i64,
}

/// The least value of a sliding window, from two halves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Least {
    window_us: i64,
    /// A half is not over before it has so many values.
    fewest: u32,
    count: u32,
    since_us: i64,
    before: Option<i64>,
    now: Option<i64>,
}

impl Least {
    pub(crate) fn new(window_us: i64, fewest: u32) -> Self {
        Self { window_us, fewest, count: 0, since_us: 0, before: None, now: None }
    }

    pub(crate) fn add(&mut self, at_us: i64, value: i64) {
        let over = at_us - self.since_us >= self.window_us && self.count >= self.fewest;
        if self.now.is_none() || over {
            self.before = self.now.take();
            self.since_us = at_us;
            self.count = 0;
        }
        self.count += 1;
        self.now = Some(self.now.map_or(value, |least| least.min(value)));
    }

    fn start_anew(&mut self, at_us: i64, value: i64) {
        (self.before, self.now, self.since_us, self.count) = (None, Some(value), at_us, 1);
    }

    /// The window has been looked at for a while.
    fn is_known(&self, at_us: i64) -> bool {
        self.before.is_some() || at_us - self.since_us > BASE_KNOWN_US
    }

    pub(crate) fn get(&self) -> Option<i64> {
        match (self.before, self.now) {
            (Some(before), Some(now)) => Some(before.min(now)),
            (before, now) => before.or(now),
        }
    }
}

/// Least waiting of each half second, to tell a queue that others keep filled from one of ours.
#[derive(Clone, Copy, Debug)]
struct Standing {
    since_us: i64,
    least_us: i64,
    before_us: i64,
    times: u32,
}

impl Standing {
    fn add(&mut self, at_us: i64, delay_us: i64, usual_us: i64) {
        self.least_us = self.least_us.min(delay_us);
        if at_us - self.since_us < STANDING_US {
            return;
        }
        let shrunk_us = self.before_us - self.least_us;
        let stands = self.least_us - usual_us > STANDING_QUEUE_US && shrunk_us < STANDING_SHRINK_US;
        self.times = if stands { self.times + 1 } else { 0 };
        self.before_us = self.least_us;
        self.least_us = i64::MAX;
        self.since_us = at_us;
    }
}

/// How far the delay strays while nothing queues: radio lines deliver in gusts.
#[derive(Clone, Copy, Debug)]
struct Noise {
    mean_us: f64,
    deviation_us: f64,
}

impl Noise {
    fn new() -> Self {
        Self { mean_us: 0.0, deviation_us: NOISE_START_US }
    }

    fn add(&mut self, above_us: i64) {
        let strays_us = above_us as f64 - self.mean_us;
        // What is far out is a queue, and no queue is usual.
        if strays_us < 4.0 * self.deviation_us {
            // Never so quiet that a single late packet would count.
            self.mean_us += strays_us / NOISE_PACKETS;
            self.deviation_us += (strays_us.abs() - self.deviation_us) / NOISE_PACKETS;
            self.deviation_us = self.deviation_us.max(LEAST_NOISE_US);
        }
    }

    /// Twice the deviation; not the mean: a queue that stands is no noise.
    fn usual_us(&self) -> i64 {
        (2.0 * self.deviation_us).min(MOST_NOISE_US) as i64
    }
}

/// Delay of one direction of one line.
#[derive(Debug)]
pub(crate) struct DelayMonitor {
    current: Option<Group>,
    previous: Option<Group>,
    /// Arrival and smoothed delay in milliseconds, a ring.
    samples: [(f64, f64); SAMPLES],
    groups: u32,
    first_arrival_us: i64,
    accumulated_ms: f64,
    smoothed_ms: f64,
    trend_before: f64,
    threshold_ms: f64,
    threshold_us: Option<i64>,
    over_ms: f64,
    over_count: u32,
    usage: Usage,
    base: Least,
    now: Least,
    noise: Noise,
    /// Least queue of the time just gone, and until when a sudden growth counts.
    recent: Least,
    sudden_until_us: i64,
    arrival_us: i64,
    standing: Standing,
}

impl DelayMonitor {
    pub(crate) fn new() -> Self {
        Self {
            current: None,
            previous: None,
            samples: [(0.0, 0.0); SAMPLES],
            groups: 0,
            first_arrival_us: 0,
            accumulated_ms: 0.0,
            smoothed_ms: 0.0,
            trend_before: 0.0,
            threshold_ms: THRESHOLD_MS.1,
            threshold_us: None,
            over_ms: 0.0,
            over_count: 0,
            usage: Usage::Normal,
            base: Least::new(BASE_WINDOW_US, 1),
            now: Least::new(NOW_WINDOW_US, NOW_PACKETS),
            noise: Noise::new(),
            recent: Least::new(SUDDEN_US, 1),
            sudden_until_us: i64::MIN,
            arrival_us: i64::MIN,
            standing: Standing { since_us: 0, least_us: i64::MAX, before_us: 0, times: 0 },
        }
    }

    pub(crate) fn usage(&self) -> Usage {
        if self.is_sudden() { Usage::Over } else { self.usage }
    }

    /// The queue grew all at once.
    pub(crate) fn is_sudden(&self) -> bool {
        self.arrival_us < self.sudden_until_us
    }

    /// How long a packet waits in queues now, beyond what the line does by itself; microseconds.
    pub(crate) fn queue_us(&self) -> i64 {
        (self.above_base_us() - self.noise.usual_us()).max(0)
    }

    /// The line's own unrest, microseconds.
    pub(crate) fn noise_us(&self) -> i64 {
        self.noise.usual_us()
    }

    /// We send far less than the line took, and still everything waits as before: the queue is not ours. Whoever waits
    /// for such a queue to go waits for ever, so it is taken as the line's delay from now on.
    /// `true` when that was found just now.
    pub(crate) fn yielded(&mut self, yields: bool) -> bool {
        if !yields || self.standing.times < STANDING_TIMES {
            return false;
        }
        self.standing.times = 0;
        self.base.start_anew(self.arrival_us, self.standing.before_us);
        self.noise = Noise::new();
        self.sudden_until_us = i64::MIN;
        true
    }

    fn above_base_us(&self) -> i64 {
        match (self.now.get(), self.base.get()) {
            (Some(now), Some(base)) => now - base,
            _ => 0,
        }
    }

    /// A packet sent at `sent_us` (our clock) arrived at `arrival_us` (the receiver's clock, any zero).
    pub(crate) fn arrived(&mut self, sent_us: i64, arrival_us: i64) {
        self.base.add(arrival_us, arrival_us - sent_us);
        self.now.add(arrival_us, arrival_us - sent_us);
        self.arrival_us = self.arrival_us.max(arrival_us);
        let queue_us = self.above_base_us();
        self.recent.add(arrival_us, queue_us);
        if self.usage == Usage::Normal && self.base.is_known(arrival_us) {
            self.noise.add(queue_us);
        }
        let usual_us = self.base.get().unwrap_or(0) + self.noise.usual_us() / 2;
        self.standing.add(arrival_us, arrival_us - sent_us, usual_us);
        let bearable_us = SUDDEN_GROWTH_US + 2 * self.noise.usual_us();
        if self.recent.get().is_some_and(|least| queue_us - least > bearable_us) {
            self.sudden_until_us = arrival_us + NOW_WINDOW_US;
        }
        let Some(group) = &mut self.current else {
            self.current = Some(begin(sent_us, arrival_us));
            self.first_arrival_us = arrival_us;
            return;
        };
        if sent_us < group.first_sent_us {
            return;
        }
        // Also what piled up on the way and was delivered at once is one group.
        let gathered = arrival_us - group.last_arrival_us < BURST_US
            && arrival_us - group.last_arrival_us < sent_us - group.last_sent_us
            && arrival_us >= group.last_arrival_us
            && sent_us - group.first_sent_us < 20 * BURST_US;
        if sent_us - group.first_sent_us <= BURST_US || gathered {
            group.last_sent_us = group.last_sent_us.max(sent_us);
            group.last_arrival_us = group.last_arrival_us.max(arrival_us);
            return;
        }
        let complete = *group;
        *group = begin(sent_us, arrival_us);
        if let Some(before) = self.previous.replace(complete) {
            // Also of a group that overtook another: left out, its earliness would be missed in the sum.
            let sent = complete.last_sent_us - before.last_sent_us;
            let arrived = complete.last_arrival_us - before.last_arrival_us;
            self.group(sent as f64 / 1e3, arrived as f64 / 1e3, complete.last_arrival_us);
        }
    }

    fn group(&mut self, sent_ms: f64, arrived_ms: f64, arrival_us: i64) {
        self.accumulated_ms += arrived_ms - sent_ms;
        self.smoothed_ms = SMOOTHING * self.smoothed_ms + (1.0 - SMOOTHING) * self.accumulated_ms;
        let at_ms = (arrival_us - self.first_arrival_us) as f64 / 1e3;
        if let Some(sample) = self.samples.get_mut(self.groups as usize % SAMPLES) {
            *sample = (at_ms, self.smoothed_ms);
        }
        self.groups = self.groups.saturating_add(1);
        let trend = if self.groups as usize >= SAMPLES { slope(&self.samples) } else { None };
        self.judge(trend.unwrap_or(0.0), sent_ms, arrival_us);
    }

    fn judge(&mut self, trend: f64, sent_ms: f64, arrival_us: i64) {
        let grown_ms = f64::from(self.groups.min(MOST_GROUPS)) * trend * GAIN;
        if grown_ms > self.threshold_ms {
            self.over_ms += if self.over_count == 0 { sent_ms / 2.0 } else { sent_ms };
            self.over_count += 1;
            if self.over_ms > OVER_MS && self.over_count > 1 && trend >= self.trend_before {
                self.over_ms = 0.0;
                self.over_count = 0;
                self.usage = Usage::Over;
            }
        } else {
            self.over_ms = 0.0;
            self.over_count = 0;
            self.usage = if grown_ms < -self.threshold_ms { Usage::Under } else { Usage::Normal };
        }
        self.trend_before = trend;
        self.follow(grown_ms, arrival_us);
    }

    fn follow(&mut self, grown_ms: f64, arrival_us: i64) {
        let elapsed_us = arrival_us - self.threshold_us.replace(arrival_us).unwrap_or(arrival_us);
        let (least, _, most) = THRESHOLD_MS;
        // A sudden loss of capacity must not teach the threshold to bear it.
        if grown_ms.abs() > self.threshold_ms + 15.0 {
            return;
        }
        let speed = if grown_ms.abs() < self.threshold_ms { FOLLOW_DOWN } else { FOLLOW_UP };
        let elapsed_ms = (elapsed_us as f64 / 1e3).clamp(0.0, 100.0);
        self.threshold_ms =
            (self.threshold_ms + speed * (grown_ms.abs() - self.threshold_ms) * elapsed_ms).clamp(least, most);
    }
}

fn begin(sent_us: i64, arrival_us: i64) -> Group {
    Group { first_sent_us: sent_us, last_sent_us: sent_us, last_arrival_us: arrival_us }
}

/// Least squares through the samples; `None` when they all arrived at once.
fn slope(samples: &[(f64, f64)]) -> Option<f64> {
    let count = samples.len() as f64;
    let (sum_x, sum_y) = samples.iter().fold((0.0, 0.0), |(x, y), sample| (x + sample.0, y + sample.1));
    let (mean_x, mean_y) = (sum_x / count, sum_y / count);
    let (above, below) = samples.iter().fold((0.0, 0.0), |(above, below), (x, y)| {
        let x = x - mean_x;
        (above + x * (y - mean_y), below + x * x)
    });
    (below > 0.0).then_some(above / below)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends a packet each 10 ms; the delay of packet n is `delay_us(n)`. The verdicts in order.
    fn verdicts(packets: i64, delay_us: impl Fn(i64) -> i64) -> Vec<Usage> {
        let mut monitor = DelayMonitor::new();
        (0..packets)
            .map(|packet| {
                let sent_us = packet * 10_000;
                monitor.arrived(sent_us, 77_000_000 + sent_us + delay_us(packet));
                monitor.usage()
            })
            .collect()
    }

    #[test]
    fn a_steady_line_is_normal_and_a_growing_queue_is_not() {
        assert!(verdicts(300, |_| 40_000).iter().all(|usage| *usage == Usage::Normal));
        let growing = verdicts(300, |packet| 40_000 + (packet - 100).max(0) * 3_000);
        let noticed = growing.iter().position(|usage| *usage == Usage::Over).unwrap();
        assert!((100..125).contains(&noticed), "noticed after {} packets", noticed - 100);
        let shrinking = verdicts(300, |packet| 900_000 - packet * 2_000);
        assert!(shrinking.contains(&Usage::Under));
    }

    #[test]
    fn jitter_is_not_a_queue() {
        let jittered = verdicts(3_000, |packet| 40_000 + packet.wrapping_mul(7_919) % 31 * 1_000);
        let over = jittered.iter().filter(|usage| **usage == Usage::Over).count();
        assert!(over < 30, "{over} of 3000");
    }

    #[test]
    fn the_queue_is_measured() {
        let mut monitor = DelayMonitor::new();
        for packet in 0..500 {
            let sent_us = packet * 10_000;
            let queue_us = if packet < 400 { 0 } else { 250_000 };
            monitor.arrived(sent_us, sent_us - 5_000_000 + 30_000 + queue_us + packet % 7 * 5_000);
        }
        assert!((230_000..280_000).contains(&monitor.queue_us()), "{}", monitor.queue_us());
    }
}
