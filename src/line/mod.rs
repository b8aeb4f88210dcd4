//! Poor lines between a place and the server: what becomes of each datagram and of each piece of a stream, decided by a
//! seed and by nothing else, and a relay that does it to real packets.
//!
//! Pure, in virtual time: `shape` lines by name and by figures, and how they change · `lane` one direction at work ·
//! `flow` what a lane does to a stream, which loses nothing and waits instead · `heard` when nothing came through.
//! Driven: `relay` the ports that stand for the server's · `streams` connections through it · `program` commands on
//! standard input, for technicians and scripts.

mod dice;
mod flow;
mod heard;
mod lane;
mod program;
mod relay;
mod shape;
mod streams;

pub use dice::Dice;
pub use flow::{Fate, Flow};
pub use heard::Pause;
pub use lane::{Counts, Lane};
pub use program::{Asked, serve};
pub use relay::{Face, Lets, Relay};
pub use shape::{Direction, Line, Schedule, Way};
