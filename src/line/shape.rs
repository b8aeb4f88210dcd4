//! Lines by name and by figures, and schedules of them.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Which way something goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the place to the server.
    Up,
    /// From the server to the place.
    Down,
}

/// What one direction of a line does to datagrams.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Way {
    /// On the way at least, µs.
    pub delay_us: i64,
    /// Added at random, up to so much, µs.
    pub jitter_us: i64,
    /// Of a thousand datagrams in the good state are lost.
    pub loss_permille: u32,
    /// Of a thousand datagrams in the bad state are lost.
    pub burst_loss_permille: u32,
    /// Of 100,000 datagrams the bad state begins with one.
    pub burst_begins: u32,
    /// Mean length of the bad state in datagrams; 0 for none.
    pub burst_length: u32,
    /// Of a thousand datagrams are held back so that others overtake them.
    pub reorder_permille: u32,
    /// Of a thousand datagrams come twice.
    pub duplicate_permille: u32,
    /// Bits per second; 0 for no bound.
    pub rate: u32,
    /// What would wait longer than this for its turn is lost, µs: large where routers keep too much.
    pub buffer_us: i64,
}

impl Way {
    /// Nothing that arrives at all is on its way for longer, µs.
    pub fn longest_us(&self) -> i64 {
        // The last in a full buffer, held back, and doubled.
        let turn_us = LARGEST_BITS_US.checked_div(i64::from(self.rate)).unwrap_or(0);
        self.delay_us + 2 * self.jitter_us + self.buffer_us + turn_us + 3_500
    }

    fn loses(&self) -> bool {
        self.loss_permille + self.burst_begins + self.rate > 0
    }

    fn is_whole(&self) -> bool {
        let Self { delay_us, jitter_us, reorder_permille, duplicate_permille, .. } = self;
        !self.loses() && delay_us + jitter_us == 0 && reorder_permille + duplicate_permille == 0
    }
}

/// A line: from the place to the server and back.
///
/// As text: a name, figures, or a name with figures that differ, parts divided by commas, `down/up` or one figure for
/// both: `mountain-3g`, `256/128 kbit/s, 3 % loss`, `satellite, 2/0.5 Mbit/s, 900 ms buffer`. Figures: `kbit/s`,
/// `Mbit/s`, `ms delay`, `ms jitter`, `ms buffer`, `% loss`, `% bursts` (of 10 datagrams on the average), `% reorder`,
/// `% duplicate`.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Line {
    /// From the place.
    pub up: Way,
    /// To the place.
    pub down: Way,
}

/// Name, then per direction: delay ms, jitter ms, loss ‰, bursts (‰ lost, begins per 100,000, length), reorder ‰,
/// duplicate ‰, kbit/s, buffer ms.
type Row = (&'static str, [u32; 10], [u32; 10]);

/// Lines as communes have them. The figures are what such lines are commonly measured with, not any provider's promise.
const NAMED: [Row; 7] = [
    ("perfect", [0, 0, 0, 0, 0, 0, 0, 0, 0, 250], [0, 0, 0, 0, 0, 0, 0, 0, 0, 250]),
    ("fibre", [4, 1, 0, 0, 0, 0, 0, 0, 0, 250], [4, 1, 0, 0, 0, 0, 0, 0, 0, 250]),
    ("4g", [25, 15, 1, 500, 100, 6, 1, 0, 10_000, 250], [20, 15, 1, 500, 100, 6, 1, 0, 20_000, 250]),
    ("mountain-3g", [70, 60, 8, 600, 400, 8, 3, 1, 384, 600], [60, 60, 5, 600, 300, 8, 3, 1, 1_500, 800]),
    ("satellite", [290, 10, 3, 800, 50, 20, 0, 0, 2_000, 250], [290, 10, 3, 800, 50, 20, 0, 0, 8_000, 250]),
    ("broken-adsl", [20, 5, 2, 900, 500, 15, 0, 2, 600, 400], [20, 5, 2, 900, 500, 15, 0, 2, 4_000, 400]),
    ("commune", [40, 20, 30, 0, 0, 0, 2, 0, 128, 250], [40, 20, 30, 0, 0, 0, 2, 0, 256, 250]),
];
/// Length and loss of bursts that are asked for by figure.
const BURST: (u32, u32) = (10, 1_000);
/// A datagram of 1,500 bytes with headers, in bits, times the microseconds of a second.
const LARGEST_BITS_US: i64 = 1_528 * 8 * 1_000_000;
/// A figure is at most this: microseconds and bits per second of it still fit their types.
const LARGEST: f64 = 4_000_000.0;

impl Line {
    /// Names that [`Line::from_str`] takes.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMED.iter().map(|(name, _, _)| *name)
    }

    /// True when datagrams may get lost.
    pub fn loses(&self) -> bool {
        self.up.loses() || self.down.loses()
    }

    /// One direction.
    pub fn way(&self, direction: Direction) -> &Way {
        match direction {
            Direction::Up => &self.up,
            Direction::Down => &self.down,
        }
    }

    /// `None`: the part is not understood.
    fn set(&mut self, part: &str) -> Option<()> {
        let digits = |one: char| one.is_ascii_digit() || matches!(one, '.' | '/');
        let (figures, unit) = part.split_at(part.find(|one| !digits(one))?);
        let figure = |text: &str| text.parse().ok().filter(|value| (0.0..=LARGEST).contains(value));
        let (down, up): (f64, f64) = match figures.split_once('/') {
            Some((down, up)) => (figure(down)?, figure(up)?),
            None => (figure(figures)?, figure(figures)?),
        };
        let words: Vec<&str> = unit.split_whitespace().collect();
        for (way, value) in [(&mut self.down, down), (&mut self.up, up)] {
            let (whole, ms) = (value.round() as u32, (value * 1e3).round() as i64);
            let permille = (value <= 100.0).then_some((value * 10.0).round() as u32);
            match words.as_slice() {
                ["kbit/s"] => way.rate = u32::try_from((value * 1e3).round() as u64).ok()?,
                ["Mbit/s"] => way.rate = u32::try_from((value * 1e6).round() as u64).ok()?,
                ["ms", "delay"] => way.delay_us = ms,
                ["ms", "jitter"] => way.jitter_us = ms,
                ["ms", "buffer"] => way.buffer_us = ms,
                ["%", "loss"] => way.loss_permille = permille?,
                ["%", "bursts"] if whole <= 100 => {
                    // So often that this share of all datagrams is within one.
                    way.burst_begins = (value * 1e3).round() as u32 / BURST.0;
                    (way.burst_length, way.burst_loss_permille) = BURST;
                }
                ["%", "reorder"] => way.reorder_permille = permille?,
                ["%", "duplicate"] => way.duplicate_permille = permille?,
                _ => return None,
            }
        }
        Some(())
    }
}

impl FromStr for Line {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut line = named("perfect").unwrap_or_default();
        for (place, part) in text.split(',').map(str::trim).enumerate() {
            match named(part) {
                Some(whole) if place == 0 => line = whole,
                _ => line.set(part).ok_or_else(|| {
                    let names: Vec<_> = Self::names().collect();
                    format!("{part:?} is none of {} and no figure such as 256/128 kbit/s or 3 % loss", names.join(", "))
                })?,
            }
        }
        Ok(line)
    }
}

fn named(name: &str) -> Option<Line> {
    let (_, up, down) = NAMED.iter().find(|(known, _, _)| *known == name)?;
    Some(Line { up: way(*up), down: way(*down) })
}

fn way([delay, jitter, loss, burst_loss, begins, length, reorder, duplicate, kbit, buffer]: [u32; 10]) -> Way {
    Way {
        delay_us: i64::from(delay) * 1_000,
        jitter_us: i64::from(jitter) * 1_000,
        loss_permille: loss,
        burst_loss_permille: burst_loss,
        burst_begins: begins,
        burst_length: length,
        reorder_permille: reorder,
        duplicate_permille: duplicate,
        rate: kbit * 1_000,
        buffer_us: i64::from(buffer) * 1_000,
    }
}

/// A line that changes: `3 Mbit/s; 30 s: 300 kbit/s; 60 s: 3 Mbit/s`.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Schedule {
    /// As asked for.
    pub name: String,
    /// From the beginning.
    pub first: Line,
    /// What follows, and how long after the beginning, µs, ascending.
    pub then: Vec<(i64, Line)>,
}

impl Schedule {
    fn lines(&self) -> impl Iterator<Item = &Line> {
        std::iter::once(&self.first).chain(self.then.iter().map(|(_, line)| line))
    }

    /// True when datagrams may get lost.
    pub fn loses(&self) -> bool {
        self.lines().any(Line::loses)
    }

    /// True when it changes nothing at all.
    pub fn is_whole(&self) -> bool {
        self.lines().all(|line| line.up.is_whole() && line.down.is_whole())
    }

    /// Nothing that arrives at all is longer on its way there and back, µs.
    pub fn longest_us(&self) -> i64 {
        self.lines().map(|line| line.up.longest_us() + line.down.longest_us()).max().unwrap_or(0)
    }
}

impl FromStr for Schedule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split(';').map(str::trim);
        let first = parts.next().unwrap_or_default().parse()?;
        let mut then: Vec<(i64, Line)> = Vec::new();
        for part in parts {
            let at = part.split_once(':').and_then(|(at, line)| Some((at.trim().strip_suffix('s')?.trim_end(), line)));
            let (at, line) = at.ok_or_else(|| format!("{part:?} does not begin as \"30 s:\""))?;
            let seconds: f64 = at.parse().map_err(|_| format!("{at:?} is no number of seconds"))?;
            let at_us = (seconds.clamp(0.0, LARGEST) * 1e6).round() as i64;
            if then.last().is_some_and(|(before_us, _)| *before_us >= at_us) {
                return Err(format!("{at} s is not later than what stands before it"));
            }
            then.push((at_us, line.trim().parse()?));
        }
        Ok(Self { name: text.to_owned(), first, then })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_named_described_or_both() {
        let line: Line = "256/128 kbit/s, 3 % loss, 12.5/40 ms delay".parse().unwrap();
        assert_eq!((line.down.rate, line.up.rate), (256_000, 128_000));
        assert_eq!((line.down.loss_permille, line.up.loss_permille), (30, 30));
        assert_eq!((line.down.delay_us, line.up.delay_us), (12_500, 40_000));
        assert_eq!(line.up.buffer_us, 250_000);
        let long: Line = "satellite, 2/0.5 Mbit/s, 900 ms buffer".parse().unwrap();
        assert_eq!((long.down.rate, long.up.rate, long.up.buffer_us), (2_000_000, 500_000, 900_000));
        assert_eq!((long.up.delay_us, long.up.burst_length), (290_000, 20));
        let bursts: Line = "2 % bursts, 0.1 % reorder, 1 % duplicate, 5 ms jitter".parse().unwrap();
        assert_eq!((bursts.up.burst_begins, bursts.up.reorder_permille, bursts.up.duplicate_permille), (200, 1, 10));
        for name in Line::names() {
            assert_eq!(name.parse::<Line>(), name.parse::<Schedule>().map(|plan| plan.first));
        }
        let not = [
            "",
            "mountain-5g",
            "3 %",
            "kbit/s",
            "-3 % loss",
            "101 % loss",
            "9999999999 kbit/s",
            "1/2/3 ms delay",
            "3 % loss, satellite",
            "NaN % loss",
            "3 ms lag",
        ];
        for text in not {
            assert!(text.parse::<Line>().is_err(), "{text}");
        }
    }

    #[test]
    fn schedules_are_lines_with_their_times() {
        let plan: Schedule = "3 Mbit/s; 30 s: 300 kbit/s, 1 % loss; 60.5 s: fibre".parse().unwrap();
        assert_eq!(plan.first.down.rate, 3_000_000);
        let times: Vec<i64> = plan.then.iter().map(|(at_us, _)| *at_us).collect();
        assert_eq!(times, [30_000_000, 60_500_000]);
        assert_eq!(plan.then[1].1, "fibre".parse().unwrap());
        assert!(plan.loses() && !plan.is_whole() && plan.longest_us() > 500_000);
        assert!("perfect".parse::<Schedule>().unwrap().is_whole() && !"fibre".parse::<Schedule>().unwrap().is_whole());
        for text in ["fibre; 4g", "fibre; 9 s: 4g; 9 s: fibre", "fibre; x s: 4g", "fibre; 9: 4g", ";"] {
            assert!(text.parse::<Schedule>().is_err(), "{text}");
        }
    }
}
