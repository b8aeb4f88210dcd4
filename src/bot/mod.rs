//! A point that runs by itself: a client of the media plane built on the independent `webrtc` crate.
//!
//! `diemcau demo` uses it for its self-running points, the tests as a counterpart that shares no code with the server's
//! media path. It knows no sockets of ours: an offer goes out, an answer comes in, by whatever way the caller has; `wire` is
//! the way of those who are strangers to the server.

mod client;
mod key_frames;
pub(crate) mod wire;

pub use client::{Bot, BotConfig, BotError, BotPacket, BotPictures, Received};
