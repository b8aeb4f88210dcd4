//! Two open microphones in one room: both hear the same voice, and what one place plays the other hears again. Pure.
//!
//! Found by loudness alone: the levels of two microphones that hear the same voice rise and fall together. People who talk
//! with each other take turns, so theirs do not.

use std::collections::{BTreeMap, VecDeque};

use crate::domain::ids::PointId;

/// Levels that are compared, one each `limits::MEDIA_LEVELS`: 2.4 s, so that the place is named within three.
const WINDOW: usize = 12;
/// Two microphones in one room agree better than this; the same voice through two rooms' loudspeakers does too.
const ALIKE: f64 = 0.9;
/// Speech moves a level by this much around its middle, dB; noise and music of a ventilator do not.
const LIVELY_DB: f64 = 6.0;
/// How far one may lag behind the other, in levels: the sound travels, and networks differ.
const LAG: usize = 2;
/// RFC 6464: nothing.
const SILENCE: f64 = 127.0;

/// The newest levels of the open microphones.
#[derive(Debug, Default)]
pub struct Echoes {
    heard: BTreeMap<PointId, VecDeque<f64>>,
    pairs: Vec<(PointId, PointId)>,
}

impl Echoes {
    /// The levels of one moment, 0 (loud) to 127, of all microphones that are open. `true`: other pairs than before.
    pub fn hear(&mut self, levels: &BTreeMap<PointId, u8>) -> bool {
        self.heard.retain(|point, _| levels.contains_key(point));
        for (point, level) in levels {
            let heard = self.heard.entry(*point).or_default();
            heard.push_back(f64::from(*level).min(SILENCE));
            if heard.len() > WINDOW + LAG {
                heard.pop_front();
            }
        }
        let mut pairs = Vec::new();
        for (a, first) in &self.heard {
            for (b, second) in self.heard.range((std::ops::Bound::Excluded(*a), std::ops::Bound::Unbounded)) {
                if alike(first, second) {
                    pairs.push((*a, *b));
                }
            }
        }
        let changed = pairs != self.pairs;
        self.pairs = pairs;
        changed
    }

    /// Nothing is heard any more.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// Places whose microphones hear the same now.
    pub fn pairs(&self) -> &[(PointId, PointId)] {
        &self.pairs
    }
}

fn alike(first: &VecDeque<f64>, second: &VecDeque<f64>) -> bool {
    let newest = |heard: &VecDeque<f64>, lag: usize| -> Vec<f64> {
        heard.iter().rev().skip(lag).take(WINDOW).copied().collect()
    };
    (0..=LAG).any(|lag| {
        correlation(&newest(first, 0), &newest(second, lag)) >= ALIKE
            || correlation(&newest(first, lag), &newest(second, 0)) >= ALIKE
    })
}

/// Pearson's, 0 where one of them is too short or too even to say anything.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    if a.len() < WINDOW || b.len() < WINDOW {
        return 0.0;
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let sum = |each: &dyn Fn(f64, f64) -> f64| -> f64 {
        a.iter().zip(b).map(|(a, b)| each(a - mean_a, b - mean_b)).sum::<f64>() / a.len() as f64
    };
    let (spread_a, spread_b) = (sum(&|a, _| a * a).sqrt(), sum(&|_, b| b * b).sqrt());
    if spread_a < LIVELY_DB || spread_b < LIVELY_DB {
        return 0.0;
    }
    sum(&|a, b| a * b) / (spread_a * spread_b)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const A: PointId = PointId(Uuid::from_u128(1));
    const B: PointId = PointId(Uuid::from_u128(2));
    const C: PointId = PointId(Uuid::from_u128(3));

    /// Syllables and pauses of a voice, dB below overload; never the same twice.
    fn voice(seed: usize, at: usize) -> u8 {
        let turn = (at * 7 + seed * 13 + at * at * (seed + 3)) % 11;
        if turn < 4 { 60 + (turn as u8) } else { 18 + (turn as u8) * 2 }
    }

    fn hears(echoes: &mut Echoes, from: usize, count: usize, of: impl Fn(usize) -> [(PointId, u8); 2]) -> bool {
        (from..from + count).map(|at| echoes.hear(&of(at).into_iter().collect())).fold(false, |any, one| any | one)
    }

    #[test]
    fn two_microphones_in_one_room_are_named_within_three_seconds() {
        let mut echoes = Echoes::default();
        // The second one is further away and hears a fifth of a second later.
        let same = |at: usize| [(A, voice(1, at + 1)), (B, voice(1, at).saturating_add(9))];
        assert!(hears(&mut echoes, 0, 15, same), "15 levels are three seconds");
        assert_eq!(echoes.pairs(), [(A, B)]);
        assert!(hears(&mut echoes, 15, 15, |at| [(A, voice(1, at)), (B, voice(5, at))]), "one of them moved out");
        assert_eq!(echoes.pairs(), []);
    }

    #[test]
    fn a_talk_is_no_echo_nor_is_a_ventilator() {
        let mut echoes = Echoes::default();
        // They take turns of three seconds.
        let talk = |at: usize| {
            let first = (at / 15).is_multiple_of(2);
            [(A, if first { voice(1, at) } else { 63 }), (B, if first { 61 } else { voice(2, at) })]
        };
        assert!(!hears(&mut echoes, 0, 300, talk));
        assert!(!hears(&mut echoes, 0, 100, |at| [(A, 50 + (at % 2) as u8), (C, 50 + (at % 2) as u8)]));
        for seed in 1..40 {
            let mut echoes = Echoes::default();
            let both = |at: usize| [(A, voice(seed, at)), (B, voice(seed + 41, at))];
            assert!(!hears(&mut echoes, 0, 14, both), "both talk at once: {seed}");
        }
    }

    #[test]
    fn a_microphone_that_closes_is_no_pair_any_more() {
        let mut echoes = Echoes::default();
        assert!(hears(&mut echoes, 0, 15, |at| [(A, voice(1, at)), (B, voice(1, at))]));
        assert!(echoes.hear(&BTreeMap::from([(A, 30)])));
        assert_eq!(echoes.pairs(), []);
        echoes.forget();
    }
}
