//! What several test modules need.

pub mod clock;
pub mod day;
pub mod disk;
pub mod postgres;
pub mod process;
pub mod scene;
pub mod store;
pub mod web;
