//! The live process of one session.
//!
//! `state` folds the log; `decide` turns a command into events or a refusal; `sections` and `media_plan` say what each
//! audience sees and hears. All of these are pure. `task` drives them: persist, then publish.

pub mod answer;
pub mod decide;
mod directory;
pub mod echo;
mod flight;
mod foreign;
pub mod handle;
mod inbox;
pub mod links;
pub mod live;
pub mod media_plan;
mod opening;
mod owed;
mod project;
mod publish;
pub mod quality;
pub mod record;
pub mod recording;
pub mod registry;
mod rest;
pub mod secrecy;
pub mod sections;
pub mod selfcheck;
pub mod stage;
pub mod standing;
pub mod state;
mod task;
pub mod wires;
