//! Slows guessing down: per address a window, per sign-in name a growing delay. Pure: the time is passed in.
//!
//! The name counts as it was typed, whether an account has it or not, so that the answer tells nothing.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

use crate::limits;

/// What is remembered. Bounded: beyond `limits::THROTTLE_ENTRIES` the oldest are forgotten.
#[derive(Debug, Default)]
pub struct Throttle {
    addresses: HashMap<IpAddr, VecDeque<i64>>,
    names: HashMap<String, Failures>,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last_us: i64,
}

impl Failures {
    /// Free tries first, then 30 s, doubled each time, at most the window.
    fn open_at_us(self) -> i64 {
        let beyond = self.count.saturating_sub(limits::SIGN_IN_FREE_TRIES);
        if self.count < limits::SIGN_IN_FREE_TRIES {
            return self.last_us;
        }
        let first = micros(limits::SIGN_IN_FIRST_DELAY);
        let delay = first.saturating_mul(1_i64.checked_shl(beyond.min(20)).unwrap_or(i64::MAX));
        self.last_us.saturating_add(delay.min(micros(limits::SIGN_IN_WINDOW)))
    }

    /// For two windows: the longest delay ends before the memory does.
    fn is_remembered(self, now_us: i64) -> bool {
        now_us.saturating_sub(self.last_us) < micros(limits::SIGN_IN_WINDOW).saturating_mul(2)
    }
}

fn micros(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

impl Throttle {
    /// Counts one attempt of an address for a name. `Err` holds the seconds to wait; such an attempt is not counted.
    pub fn attempt(&mut self, now_us: i64, address: IpAddr, name: &str) -> Result<(), u32> {
        let window = micros(limits::SIGN_IN_WINDOW);
        self.make_room(now_us);
        if self.names.get(name).is_some_and(|failures| !failures.is_remembered(now_us)) {
            self.names.remove(name);
        }
        let tries = self.addresses.entry(address).or_default();
        while tries.front().is_some_and(|first| now_us.saturating_sub(*first) >= window) {
            tries.pop_front();
        }
        let open_at = if tries.len() < limits::SIGN_IN_PER_ADDRESS {
            now_us
        } else {
            tries.front().map_or(now_us, |first| first.saturating_add(window))
        };
        let open_at = open_at.max(self.names.get(name).map_or(now_us, |failures| failures.open_at_us()));
        if open_at > now_us {
            let seconds = (open_at - now_us).saturating_add(999_999) / 1_000_000;
            return Err(u32::try_from(seconds).unwrap_or(u32::MAX));
        }
        tries.push_back(now_us);
        Ok(())
    }

    /// The attempt failed.
    pub fn failed(&mut self, now_us: i64, name: &str) {
        let failures = self.names.entry(name.to_owned()).or_insert(Failures { count: 0, last_us: now_us });
        failures.count = failures.count.saturating_add(1);
        failures.last_us = now_us;
    }

    /// The attempt succeeded: the name is free again, the address keeps its count.
    pub fn succeeded(&mut self, name: &str) {
        self.names.remove(name);
    }

    /// Below the bound nothing is done; at it, what is over goes first, then what is oldest.
    fn make_room(&mut self, now_us: i64) {
        let window = micros(limits::SIGN_IN_WINDOW);
        if self.names.len() >= limits::THROTTLE_ENTRIES {
            self.names.retain(|_, failures| failures.is_remembered(now_us));
        }
        if self.addresses.len() >= limits::THROTTLE_ENTRIES {
            self.addresses.retain(|_, tries| tries.back().is_some_and(|last| now_us.saturating_sub(*last) < window));
        }
        while self.names.len() >= limits::THROTTLE_ENTRIES {
            let oldest = self.names.iter().min_by_key(|(_, failures)| failures.last_us).map(|(name, _)| name.clone());
            match oldest {
                Some(name) => self.names.remove(&name),
                None => break,
            };
        }
        while self.addresses.len() >= limits::THROTTLE_ENTRIES {
            let oldest = self.addresses.iter().min_by_key(|(_, tries)| tries.back().copied()).map(|(ip, _)| *ip);
            match oldest {
                Some(address) => self.addresses.remove(&address),
                None => break,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const SECOND: i64 = 1_000_000;

    fn address(last: u8) -> IpAddr {
        IpAddr::V4(Ipv4Addr::new(10, 0, 0, last))
    }

    #[test]
    fn a_name_is_free_five_times_then_waits_longer_each_time() {
        let mut throttle = Throttle::default();
        let mut now = 0;
        for _ in 0..5 {
            assert_eq!(throttle.attempt(now, address(1), "an"), Ok(()));
            throttle.failed(now, "an");
        }
        for wait in [30, 60, 120, 240, 480, 900, 900] {
            assert_eq!(throttle.attempt(now, address(2), "an"), Err(wait));
            assert_eq!(throttle.attempt(now, address(2), "binh"), Ok(()), "another name is not held up");
            now += i64::from(wait) * SECOND;
            assert_eq!(throttle.attempt(now, address(3), "an"), Ok(()));
            throttle.failed(now, "an");
        }
    }

    #[test]
    fn success_clears_the_name() {
        let mut throttle = Throttle::default();
        for _ in 0..5 {
            throttle.failed(0, "an");
        }
        assert!(throttle.attempt(0, address(1), "an").is_err());
        throttle.succeeded("an");
        assert_eq!(throttle.attempt(0, address(1), "an"), Ok(()));
    }

    #[test]
    fn an_address_has_twenty_tries_in_fifteen_minutes() {
        let mut throttle = Throttle::default();
        for i in 0..20 {
            assert_eq!(throttle.attempt(i * SECOND, address(1), &format!("user{i}")), Ok(()));
        }
        assert_eq!(throttle.attempt(20 * SECOND, address(1), "other"), Err(880));
        assert_eq!(throttle.attempt(20 * SECOND, address(2), "other"), Ok(()));
        assert_eq!(throttle.attempt(900 * SECOND, address(1), "other"), Ok(()));
    }

    #[test]
    fn memory_is_bounded() {
        let mut throttle = Throttle::default();
        for i in 0..(limits::THROTTLE_ENTRIES as i64 + 50) {
            let ip = IpAddr::V4(Ipv4Addr::from_bits(i as u32));
            throttle.attempt(i, ip, "x").ok();
            throttle.failed(i, &format!("user{i}"));
        }
        assert!(throttle.names.len() <= limits::THROTTLE_ENTRIES + 1);
        assert!(throttle.addresses.len() <= limits::THROTTLE_ENTRIES + 1);
    }
}
