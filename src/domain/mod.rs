//! The rules of citizen reception, pure: no clock, no IO, no randomness, no async. Time and ids are passed in.

pub mod actor;
pub mod cases;
pub mod chain;
pub mod event;
pub mod ids;
pub mod people;
pub mod refusal;
pub mod session;
pub mod units;
pub mod visit;
