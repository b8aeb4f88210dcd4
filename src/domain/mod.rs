//! The rules of citizen reception, pure: no clock, no IO, no randomness, no async. Time and ids are passed in.

pub mod access;
pub mod actor;
pub mod calendar;
pub mod cases;
pub mod chain;
pub mod event;
pub mod floor;
pub mod ids;
pub mod minutes;
pub mod people;
pub mod presence;
pub mod refusal;
pub mod session;
pub mod units;
pub mod visit;
