//! Forwarding, gating and recording of sound and picture. The plan comes from the room; nothing here asks who may see whom.

pub mod engine;
pub mod plan;
pub mod record;
