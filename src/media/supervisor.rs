//! The thread of a worker, which outlives the worker. A worker that fails takes its own rooms' media and nothing else:
//! what it held is ended and told, and another begins at the same post, with the same socket, so that the system goes on
//! giving each worker the datagrams it gave it before.

use std::panic::{AssertUnwindSafe, catch_unwind};

use mio::{Poll, Waker};

use super::crew::Crew;
use super::directory::WorkerIndex;
use super::worker::{WAKER, Worker};
use crate::clock::SharedClock;
use crate::limits;

/// Serves until the worker was told to stop.
pub(crate) fn serve(mut worker: Worker, mut poll: Poll, crew: &Crew, index: WorkerIndex, clock: &SharedClock) {
    loop {
        let began_us = clock.mono_us();
        let ended = catch_unwind(AssertUnwindSafe(|| worker.run(&mut poll)));
        if let Ok(Ok(())) = ended {
            return;
        }
        if let Err(error) = poll.registry().deregister(&mut worker.socket.io) {
            tracing::debug!(%error, "the media socket was not polled");
        }
        worker.lay_down();
        match ended {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::error!(index, %error, "a media worker cannot wait for its socket; it begins anew");
                poll = another_poll(poll, crew, index);
            }
            Err(_) => tracing::error!(index, "a media worker failed; its connections ended, it begins anew"),
        }
        // What fails at once must not keep a processor busy with failing.
        if clock.mono_us() - began_us < limits::MEDIA_RESTART.as_micros() as i64 {
            std::thread::sleep(limits::MEDIA_RESTART);
        }
        worker = worker.begun_anew();
        crew.tell_plans(index);
    }
}

/// A poll in place of one that failed; the old one where the system has none to give.
fn another_poll(failed: Poll, crew: &Crew, index: WorkerIndex) -> Poll {
    let fresh = Poll::new().and_then(|poll| Ok((Waker::new(poll.registry(), WAKER)?, poll)));
    match (fresh, crew.mailbox(index)) {
        (Ok((waker, poll)), Some(mailbox)) => {
            mailbox.wake_by(waker);
            poll
        }
        (fresh, _) => {
            if let Err(error) = fresh {
                tracing::error!(%error, "a media worker gets no other poll");
            }
            failed
        }
    }
}
