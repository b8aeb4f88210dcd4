//! Asking a line whether it takes more: for a moment padding fills up what is sent to a higher rate, and what arrives
//! is the answer.
//!
//! A question that the line cannot answer with yes makes the sound wait behind its padding. So where the line was full
//! before, the question is asked briefly first and longer only when that was borne; and a line that said yes and then
//! filled up (it saves up what it was not asked for) is asked longer from then on.

/// Of the believed rate.
const STEP: f64 = 2.0;
/// The first steps are longer: nothing is known yet, and a picture waits.
const FIRST_STEP: f64 = 3.0;
/// How long the higher rate is sent on a line whose end is not known: on the way up, and where a better layer is at stake.
const SHORT_US: i64 = 150_000;
const LAST_US: i64 = 400_000;
/// How long above a rate at which it was full.
const CAREFUL_US: [i64; 3] = [60_000, 150_000, 400_000];
/// A probe shorter than this in packets measures nothing.
const PACKETS: u32 = 6;
/// Answers come this long after the last packet at most, beyond a round trip.
const ANSWER_US: i64 = 400_000;
/// Pause after a probe that was borne, and after one that was not (doubled each time up to the second).
const PAUSE_US: i64 = 150_000;
const REFUSED_US: (i64, i64) = (2_000_000, 8_000_000);
/// Pause after the line filled up without a probe.
const FILLED_US: i64 = 1_000_000;
/// After so long without a refusal the next question is a bold one again.
const BOLD_US: i64 = 20_000_000;
/// More waiting than this during a probe ends it: sound suffers.
const QUEUE_US: i64 = 60_000;
/// A line that fills up within this time after a yes did not mean it.
const LIE_US: i64 = 4_000_000;
const MOST_DOUBT: u32 = 3;

#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    sent_packets: u32,
    sent_bytes: u64,
    told_packets: u32,
    arrived_packets: u32,
    arrived_bytes: u64,
    /// First and last packet as sent and as arrived.
    sent_us: Option<(i64, i64)>,
    arrival_us: Option<(i64, i64)>,
    first_bytes: u64,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Idle,
    Sending {
        from_us: i64,
        until_us: i64,
        rate: f64,
    },
    /// All is sent, answers are awaited.
    Waiting {
        until_us: i64,
        rate: f64,
    },
}

/// What would be of use, bits per second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Goal {
    /// For the next improvement.
    pub(crate) next: f64,
    /// For all of them.
    pub(crate) all: f64,
}

/// The line as it is while an answer is awaited.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    /// How long packets wait.
    pub(crate) queue_us: i64,
    /// Its own jitter.
    pub(crate) noise_us: i64,
    /// Share of packets lost anyway.
    pub(crate) loss: f64,
    pub(crate) rtt_us: i64,
}

/// What a probe found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Answer {
    /// This much arrives, bits per second, and nothing queued.
    Takes(f64),
    /// Not more than this.
    Full(f64),
}

/// Probes of one line, one at a time.
#[derive(Debug)]
pub(crate) struct Prober {
    state: State,
    /// Number of the running probe, 1 to 255.
    number: u8,
    tally: Tally,
    next_us: i64,
    refused: u32,
    refused_us: i64,
    first: bool,
    /// Place in [`CAREFUL_US`] of a question asked step by step.
    stage: Option<usize>,
    doubt: u32,
    taken_us: i64,
}

impl Prober {
    pub(crate) fn new() -> Self {
        Self {
            state: State::Idle,
            number: 0,
            tally: Tally::default(),
            next_us: 0,
            refused: 0,
            refused_us: i64::MIN / 2,
            first: true,
            stage: None,
            doubt: 0,
            taken_us: i64::MIN / 2,
        }
    }

    /// Begins a probe if it is time. `full`: the rate at which the line was full lately; `noise_us`: its jitter, in which
    /// a shorter probe would be lost.
    pub(crate) fn begin(&mut self, believed: f64, goal: Goal, full: Option<f64>, noise_us: i64, now_us: i64) {
        if !matches!(self.state, State::Idle) || now_us < self.next_us {
            return;
        }
        if now_us - self.refused_us > BOLD_US {
            self.refused = 0;
        }
        let most = believed * if self.first { FIRST_STEP } else { STEP };
        let wanted = if self.refused == 0 { goal.all } else { goal.next };
        if wanted <= believed {
            return;
        }
        let rate = wanted.min(most);
        let careful = full.is_some_and(|full| rate > full);
        let length_us = if careful {
            let stage = *self.stage.get_or_insert(0);
            let length_us =
                CAREFUL_US.get(stage).copied().unwrap_or(LAST_US) << if stage == 0 { 0 } else { self.doubt };
            length_us + 2 * noise_us
        } else {
            self.stage = None;
            if wanted <= most { LAST_US } else { SHORT_US }
        };
        self.number = self.number.checked_add(1).unwrap_or(1);
        self.tally = Tally::default();
        self.state = State::Sending { from_us: now_us, until_us: now_us + length_us, rate };
    }

    /// The probe that packets sent now belong to; 0 for none.
    pub(crate) fn running(&self) -> u8 {
        if self.is_sending() { self.number } else { 0 }
    }

    pub(crate) fn is_sending(&self) -> bool {
        matches!(self.state, State::Sending { .. })
    }

    pub(crate) fn sent(&mut self, bytes: usize, now_us: i64) {
        self.tally.sent_packets += 1;
        self.tally.sent_bytes += bytes as u64;
        let first_us = self.tally.sent_us.map_or(now_us, |(first, _)| first);
        self.tally.sent_us = Some((first_us, now_us));
    }

    /// Bytes of padding that are due to reach the rate of the probe.
    pub(crate) fn padding(&mut self, now_us: i64) -> usize {
        let State::Sending { from_us, until_us, rate } = self.state else { return 0 };
        if now_us >= until_us && self.tally.sent_packets >= PACKETS {
            self.state = State::Waiting { until_us: now_us + ANSWER_US, rate };
            return 0;
        }
        let due = rate * (now_us.min(until_us) - from_us) as f64 / 8e6;
        (due - self.tally.sent_bytes as f64).max(0.0) as usize
    }

    /// A packet of probe `number` was told about; `arrival_us` is `None` for a lost one.
    pub(crate) fn told(&mut self, number: u8, bytes: u16, arrival_us: Option<i64>) {
        if number != self.number || number == 0 || matches!(self.state, State::Idle) {
            return;
        }
        let tally = &mut self.tally;
        tally.told_packets += 1;
        let Some(at_us) = arrival_us else { return };
        tally.arrived_packets += 1;
        tally.arrived_bytes += u64::from(bytes);
        tally.arrival_us = Some(match tally.arrival_us {
            None => {
                tally.first_bytes = u64::from(bytes);
                (at_us, at_us)
            }
            Some((first, last)) => (first.min(at_us), last.max(at_us)),
        });
    }

    /// The line fills: a running probe ends, the next one waits.
    pub(crate) fn refuse(&mut self, now_us: i64) {
        if now_us - self.taken_us < LIE_US {
            self.doubt = (self.doubt + 1).min(MOST_DOUBT);
            self.taken_us = i64::MIN / 2;
        }
        let running = !matches!(self.state, State::Idle);
        if running || now_us - self.refused_us > REFUSED_US.0 {
            self.refused += 1;
        }
        self.refused_us = now_us;
        self.state = State::Idle;
        self.stage = None;
        let pause_us = (REFUSED_US.0 << self.refused.saturating_sub(1).min(3)).min(REFUSED_US.1);
        self.next_us = self.next_us.max(now_us + if running { pause_us } else { FILLED_US });
    }

    /// Nothing can be asked while nothing is heard; when it is heard again, there is no reason to wait.
    pub(crate) fn anew(&mut self, now_us: i64) {
        self.refused = 0;
        self.stage = None;
        self.state = State::Idle;
        self.next_us = now_us;
    }

    /// The answer, once it is known.
    pub(crate) fn answer(&mut self, line: Line, now_us: i64) -> Option<Answer> {
        let Line { queue_us, noise_us, loss, rtt_us } = line;
        let delivered = self.delivered(0);
        if let State::Sending { from_us, .. } = self.state {
            if queue_us > QUEUE_US && now_us - from_us > rtt_us {
                self.refuse(now_us);
                return delivered.map(Answer::Full);
            }
            return None;
        }
        let State::Waiting { until_us, rate } = self.state else { return None };
        if self.tally.told_packets < self.tally.sent_packets && now_us < until_us + rtt_us {
            return None;
        }
        let arrived = f64::from(self.tally.arrived_packets) / f64::from(self.tally.sent_packets.max(1));
        let Some(delivered) = delivered else {
            // All answers lost, or all packets came at once: nothing was measured.
            self.refuse(now_us);
            return None;
        };
        let sent = self.sent_rate().unwrap_or(rate).min(rate);
        // The last packet may have been late by chance.
        let at_most = self.delivered(noise_us * 3 / 2).unwrap_or(delivered);
        if arrived < (1.0 - loss) * 0.85 || at_most < 0.85 * sent || queue_us > QUEUE_US {
            self.refuse(now_us);
            return Some(Answer::Full(delivered));
        }
        self.state = State::Idle;
        self.next_us = now_us + PAUSE_US;
        if let Some(stage) = self.stage.filter(|stage| stage + 1 < CAREFUL_US.len()) {
            self.stage = Some(stage + 1);
            return None;
        }
        self.stage = None;
        self.first = false;
        self.taken_us = now_us;
        if self.doubt > 0 {
            // First see what the line does with a real picture at this rate.
            self.next_us = now_us + LIE_US / 2;
        }
        Some(Answer::Takes(sent.min(delivered.max(0.97 * sent))))
    }

    /// What arrived in bits per second, if its last packet was late by `late_us`.
    fn delivered(&self, late_us: i64) -> Option<f64> {
        let (first_us, last_us) = self.tally.arrival_us?;
        let bytes = self.tally.arrived_bytes - self.tally.first_bytes;
        let span_us = last_us - first_us;
        (span_us > 15_000).then(|| bytes as f64 * 8e6 / (span_us - late_us).max(span_us / 2) as f64)
    }

    fn sent_rate(&self) -> Option<f64> {
        let (first_us, last_us) = self.tally.sent_us?;
        (last_us - first_us > 15_000).then(|| self.tally.sent_bytes as f64 * 8e6 / (last_us - first_us) as f64)
    }
}
