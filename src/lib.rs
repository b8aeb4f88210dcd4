//! Điểm Cầu: the signaling, media and session server of online citizen reception.
//!
//! ARCHITECTURE.md draws the house; `tests/it/architecture.rs` holds the table of which module may use which.

#![cfg_attr(
    any(test, fuzzing),
    allow(
        clippy::allow_attributes,
        clippy::allow_attributes_without_reason,
        clippy::string_slice,
        reason = "tests read like a story"
    )
)]

pub mod app;
pub mod auth;
pub mod bot;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod documents;
pub mod domain;
pub mod error;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
pub mod http;
pub mod limits;
pub mod line;
pub mod load;
pub mod media;
pub mod protocol;
pub mod room;
pub mod run;
pub mod store;
pub mod telemetry;
pub mod text;
pub mod ws;
