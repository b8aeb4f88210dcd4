//! A fictional province to try everything out: units, people and sessions of `config/demo`, brought into the store through
//! the same doors as real ones, and two points that take part by themselves.
//!
//! `province` and `script` read the data; `seed` plays it into rooms by `stage` with a clock that can be set (`clock`);
//! what a point officer and a citizen would do while a session runs is `officer`, what they send is `material`.

mod cast;
mod clock;
mod error;
mod ids;
mod play;
mod province;
mod script;
mod seed;
mod stage;

pub use clock::DemoClock;
pub use error::DemoError;
pub use province::Province;
pub use seed::{FOUNDED, Place, Seeded, keys, seed};
