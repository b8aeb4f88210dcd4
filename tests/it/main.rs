//! One binary for all integration tests: linking once is what makes them quick.

mod media_call;
mod media_harm;
mod media_loss;
mod media_stage;
