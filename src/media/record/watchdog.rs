//! Raises the alarm when the recorder's own thread does not come back, for example from a disk that hangs.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc::Sender;

use super::disk::Fault;
use super::event::RecorderEvent;
use super::shared::{RunningSource, Shared};
use crate::clock::SharedClock;
use crate::limits;

const LOOK: Duration = Duration::from_millis(250);
/// A second of head-room for looking and for the way to the room.
const STALL_US: i64 = limits::RECORD_CHECK.as_micros() as i64 - 1_000_000;

/// True when the thread has not turned for too long.
pub(super) fn stalled(shared: &Shared, now_us: i64) -> bool {
    now_us - shared.heartbeat_us.load(Ordering::Relaxed) >= STALL_US
}

/// Looks at the heartbeat until the recorder stops.
pub(super) fn run(shared: &Arc<Shared>, clock: &SharedClock, events: &Sender<RecorderEvent>) {
    let mut told: Option<Vec<RunningSource>> = None;
    while !shared.stopping.load(Ordering::Acquire) {
        thread::park_timeout(LOOK);
        match (stalled(shared, clock.mono_us()), &told) {
            (true, None) => {
                let running = shared.status().running;
                for RunningSource { source, target, .. } in running.iter().cloned() {
                    tell(events, RecorderEvent::Failed { source, target, fault: Fault::Stalled });
                }
                told = Some(running);
            }
            (false, Some(running)) => {
                for RunningSource { source, target, .. } in running.iter().cloned() {
                    tell(events, RecorderEvent::Recovered { source, target });
                }
                told = None;
            }
            _ => {}
        }
    }
}

fn tell(events: &Sender<RecorderEvent>, event: RecorderEvent) {
    if let Err(error) = events.try_send(event) {
        tracing::error!(%error, "recorder alarm not delivered");
    }
}
