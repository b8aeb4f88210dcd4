//! The machine's clock, which a test may set forward.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use diemcau::clock::{Clock, SharedClock, SystemClock};
use diemcau::domain::ids::BootId;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

pub struct TestClock {
    inner: SharedClock,
    ahead_us: AtomicI64,
}

impl TestClock {
    pub fn start() -> Arc<Self> {
        Arc::new(Self { inner: SystemClock::start(), ahead_us: AtomicI64::new(0) })
    }

    pub fn forward(&self, seconds: i64) {
        self.ahead_us.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    fn ahead_us(&self) -> i64 {
        self.ahead_us.load(Ordering::SeqCst)
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        self.inner.now() + SignedDuration::from_micros(self.ahead_us())
    }
    fn mono_us(&self) -> i64 {
        self.inner.mono_us() + self.ahead_us()
    }
    fn instant(&self) -> std::time::Instant {
        self.inner.instant()
    }
    fn new_id(&self) -> Uuid {
        self.inner.new_id()
    }
    fn boot(&self) -> BootId {
        self.inner.boot()
    }
}
