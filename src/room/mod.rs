//! The live process of one session.
//!
//! `state` folds the log; `decide` turns a command into events or a refusal; `sections` and `media_plan` say what each
//! audience sees and hears. All of these are pure. `task` drives them: persist, then publish.

pub mod decide;
pub mod live;
pub mod media_plan;
pub mod sections;
pub mod standing;
pub mod state;
