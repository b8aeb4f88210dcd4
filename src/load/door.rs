//! How a load client is admitted: the seam between the load and what it is put on.

use std::future::Future;
use std::pin::Pin;

use super::sdp::{Local, Remote};

/// One client that wants to come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Number within the load, for [`Door::leave`].
    pub client: usize,
    /// Room, from 0.
    pub room: usize,
    /// Publishes picture and sound.
    pub sends: bool,
    /// Wants to receive this many others; 0 for none.
    pub receives: usize,
}

/// The other side of the connection.
#[derive(Clone, Debug)]
pub struct Admitted {
    /// From its offer or answer.
    pub remote: Remote,
    /// Streams that will come, pictures and sounds each by itself, where the door knows that.
    pub streams: Option<usize>,
}

/// Why a client was not admitted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DoorError {
    /// The server's code.
    #[error("refused: {0}")]
    Refused(String),
    /// The way to the server is broken.
    #[error("{0}")]
    Broken(String),
}

/// A boxed future, so that the trait can be used as an object.
pub type DoorFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, DoorError>> + Send + 'a>>;

/// A way in.
pub trait Door: Send + Sync {
    /// Admits a client. `local` writes whatever SDP is wanted of it.
    fn join<'a>(&'a self, wish: Wish, local: &'a Local) -> DoorFuture<'a, Admitted>;
    /// The client is gone.
    fn leave(&self, wish: Wish) -> DoorFuture<'_, ()>;
    /// False where sending and receiving take a connection each.
    fn one_connection(&self) -> bool {
        true
    }
    /// The server's process, where it is on this machine and known.
    fn process(&self) -> Option<u32> {
        None
    }
}
