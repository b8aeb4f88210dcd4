//! Sockets: from the upgrade to the room and back. `protocol` has the frames, the room decides what they do.

pub mod bucket;
pub mod closing;
pub mod codec;
mod connection;
pub mod sockets;
pub mod upgrade;
mod writer;
