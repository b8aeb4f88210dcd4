//! The only reader of clocks and of randomness for ids. Everything else is told the time.

use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use rustix::time::{ClockId, clock_gettime};
use uuid::Uuid;

use crate::domain::ids::BootId;

/// Wall time for the record, monotonic time for durations, ids that sort by birth.
pub trait Clock: Send + Sync + 'static {
    /// Wall clock, UTC, whole microseconds.
    fn now(&self) -> Timestamp;
    /// Microseconds since the start of this process; never goes back.
    fn mono_us(&self) -> i64;
    /// The present as crates want it that are told the time in `Instant`s. Moved clocks do not move it.
    fn instant(&self) -> Instant;
    /// A new UUID version 7 of the present moment.
    fn new_id(&self) -> Uuid;
    /// Which run of the process `mono_us` belongs to.
    fn boot(&self) -> BootId;
    /// Processor time of the calling thread in microseconds. Work that was done cannot be moved: the same for all clocks.
    fn thread_us(&self) -> i64 {
        let used = clock_gettime(ClockId::ThreadCPUTime);
        used.tv_sec.saturating_mul(1_000_000).saturating_add(used.tv_nsec / 1_000)
    }
}

/// A clock that is passed around.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's clocks.
pub struct SystemClock {
    started: Instant,
    boot: BootId,
}

impl SystemClock {
    /// Starts a new boot: durations count from here.
    #[expect(clippy::disallowed_methods, reason = "this file is where clocks are read")]
    pub fn start() -> SharedClock {
        Arc::new(Self { started: Instant::now(), boot: BootId(Uuid::now_v7()) })
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this file is where clocks are read")]
    fn now(&self) -> Timestamp {
        // The log counts microseconds: what is shown must equal what is stored.
        let now = Timestamp::now();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }
    fn mono_us(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_micros()).unwrap_or(i64::MAX)
    }
    #[expect(clippy::disallowed_methods, reason = "this file is where clocks are read")]
    fn instant(&self) -> Instant {
        Instant::now()
    }
    #[expect(clippy::disallowed_methods, reason = "this file is where clocks are read")]
    fn new_id(&self) -> Uuid {
        Uuid::now_v7()
    }
    fn boot(&self) -> BootId {
        self.boot
    }
}
