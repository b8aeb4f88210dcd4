//! The rules of citizen reception, pure: no clock, no IO, no randomness, no async. Time and ids are passed in.

pub mod chain;
pub mod ids;
