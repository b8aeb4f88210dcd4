//! What several test modules need.

pub mod day;
pub mod postgres;
pub mod store;
