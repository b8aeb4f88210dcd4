//! A fictional province to try everything out: units, people and sessions of `config/demo`, brought into the store through
//! the same doors as real ones, and two points that take part by themselves.
//!
//! `province` and `script` read the data; `seed` plays it into rooms by `stage` with a clock that can be set (`clock`) and a
//! `studio` that has the recorder record it;
//! what a point officer and a citizen would do while a session runs is `officer`, what they send is `material`, and
//! `point` makes them one, on the way of `bot::wire`.

mod cast;
mod clock;
mod error;
mod house;
mod ids;
mod material;
mod officer;
mod play;
mod player;
mod point;
mod province;
mod script;
mod seed;
mod stage;
mod studio;

pub use clock::DemoClock;
pub use error::DemoError;
pub use house::{Announcement, House, HouseError, RoleLink};
pub use material::{Material, Packet, Picture};
pub use officer::{Deed, Officer, View};
pub use point::{Links, SelfRunning};
pub use province::{Province, Role};
pub use seed::{FOUNDED, Place, Seeded, keys, seed};
