//! A clock that can be moved forward, so that a room can live through a day of the past in a second.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use uuid::{NoContext, Uuid};

use crate::clock::{Clock, SharedClock};
use crate::domain::ids::BootId;

/// Wall clock and monotonic clock move together, as on a machine that really ran that long.
pub struct DemoClock {
    inner: SharedClock,
    boot: BootId,
    /// Added to the wall clock.
    offset_us: AtomicI64,
    /// Added to the monotonic clock: the sum of all moves forward.
    moved_us: AtomicI64,
    /// How much of that was time in which sound and picture ran.
    ran_us: AtomicI64,
}

impl DemoClock {
    /// A boot of its own that begins at `from`.
    pub fn starting(inner: SharedClock, from: Timestamp) -> Arc<Self> {
        let offset_us = from.as_microsecond().saturating_sub(inner.now().as_microsecond());
        let boot = BootId(inner.new_id());
        Arc::new(Self {
            inner,
            boot,
            offset_us: AtomicI64::new(offset_us),
            moved_us: AtomicI64::new(0),
            ran_us: AtomicI64::new(0),
        })
    }

    /// Moves to a moment; a moment that is past leaves the clock alone, since no log may go back.
    pub fn set(&self, to: Timestamp) {
        let ahead_us = to.as_microsecond().saturating_sub(self.now().as_microsecond());
        if ahead_us > 0 {
            self.offset_us.fetch_add(ahead_us, Ordering::AcqRel);
            self.moved_us.fetch_add(ahead_us, Ordering::AcqRel);
        }
    }

    /// Moves forward.
    pub fn advance(&self, by: SignedDuration) {
        self.set(self.now().saturating_add(by).unwrap_or(Timestamp::MAX));
    }

    /// Moves forward a little while sound and picture run: the recorder's clock goes with it.
    pub fn run(&self, by: SignedDuration) {
        let by_us = i64::try_from(by.as_micros()).unwrap_or(0).max(0);
        self.ran_us.fetch_add(by_us, Ordering::AcqRel);
        self.offset_us.fetch_add(by_us, Ordering::AcqRel);
        self.moved_us.fetch_add(by_us, Ordering::AcqRel);
    }

    /// The same wall clock with a monotonic clock that knows only of time in which something ran: for what records, and
    /// for what watches threads of this process.
    pub fn running(self: &Arc<Self>) -> SharedClock {
        Arc::new(Running(Arc::clone(self)))
    }
}

impl Clock for DemoClock {
    fn now(&self) -> Timestamp {
        let us = self.inner.now().as_microsecond().saturating_add(self.offset_us.load(Ordering::Acquire));
        Timestamp::from_microsecond(us).unwrap_or(Timestamp::MAX)
    }
    fn mono_us(&self) -> i64 {
        self.inner.mono_us().saturating_add(self.moved_us.load(Ordering::Acquire))
    }
    fn instant(&self) -> Instant {
        self.inner.instant()
    }
    fn new_id(&self) -> Uuid {
        let now = self.now();
        let seconds = u64::try_from(now.as_second()).unwrap_or(0);
        let nanos = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
        Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, nanos))
    }
    fn boot(&self) -> BootId {
        self.boot
    }
}

struct Running(Arc<DemoClock>);

impl Clock for Running {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
    fn mono_us(&self) -> i64 {
        self.0.inner.mono_us().saturating_add(self.0.ran_us.load(Ordering::Acquire))
    }
    fn instant(&self) -> Instant {
        self.0.inner.instant()
    }
    fn new_id(&self) -> Uuid {
        self.0.new_id()
    }
    fn boot(&self) -> BootId {
        self.0.boot
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    #[test]
    fn both_clocks_move_together_and_never_back() {
        let from: Timestamp = "2025-02-14T01:00:00Z".parse().unwrap();
        let clock = DemoClock::starting(SystemClock::start(), from);
        let (wall, mono) = (clock.now(), clock.mono_us());
        clock.advance(SignedDuration::from_hours(2));
        let (after, mono_after) = (clock.now(), clock.mono_us());
        assert!(after.duration_since(wall) >= SignedDuration::from_hours(2));
        let drift = after.duration_since(wall).as_micros() - i128::from(mono_after - mono);
        assert!(drift.abs() < 1_000_000, "{drift} us between the clocks");
        clock.set(from);
        assert!(clock.now() >= after, "the clock does not go back");
        let running = clock.running();
        assert!(running.mono_us() < 3_600_000_000, "threads are not told of the move");
        let (ran, moved) = (running.mono_us(), clock.mono_us());
        clock.run(SignedDuration::from_secs(8));
        for (clock, before) in [(running.mono_us(), ran), (clock.mono_us(), moved)] {
            assert!((8_000_000..9_000_000).contains(&(clock - before)), "{} us", clock - before);
        }
        let (older, newer) = (clock.new_id(), {
            clock.advance(SignedDuration::from_secs(1));
            clock.new_id()
        });
        assert!(older < newer, "ids sort by birth");
        assert_eq!(newer.get_version_num(), 7);
    }
}
