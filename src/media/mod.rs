//! Forwarding, gating and recording of sound and picture. The plan comes from the room; nothing here asks who may see whom.
//!
//! `engine` is the seam to the rooms and `handle` the way to start it. Workers (`worker`, `crew`) own all connections
//! (`peer`), each its own, and are fed by one UDP port (`socket`, `mux`, `neighbours`) and by streams where a
//! network lets no UDP through (`streams`). The rest is pure: it knows no socket, clock or runtime.

pub mod engine;
pub mod plan;
pub mod record;

mod allocator;
mod bandwidth;
mod cache;
mod crew;
mod directory;
mod downlink;
mod dtls;
mod events;
mod feedback;
mod forward;
mod framing;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod gauge;
mod h264;
mod handle;
mod handover;
#[cfg(test)]
mod hot_path;
mod ice;
mod incoming;
mod lane;
mod layers;
mod letters;
mod mailbox;
mod meter;
mod mirror;
mod mux;
mod nack;
mod neighbours;
pub(crate) mod outbox;
mod pacer;
mod peer;
mod picture;
mod placement;
mod protection;
mod publisher;
mod quality;
mod receive;
mod red;
#[cfg(test)]
mod redundant;
mod relay_key;
mod remote;
pub(crate) mod reports;
mod rewrite;
mod rooms;
pub(crate) mod rtcp;
mod rtp;
mod sdp;
mod shares;
mod signatures;
mod socket;
mod sound;
mod speaker;
#[cfg(test)]
mod spread;
pub(crate) mod srtp;
mod srtp_cm;
mod streams;
mod supervisor;
mod timers;
mod turn;
mod twcc;
mod vp8;
mod window;
pub(crate) mod wire;
mod worker;

pub use engine::WorkerStatus;
pub use handle::{MediaConfig, MediaEngine, MediaStartError};
pub use placement::Admission;
pub use streams::{Carrier, MediaStreams};
pub use worker::WorkerCounters;
