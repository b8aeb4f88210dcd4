//! The shipped program under faults: killed, out of disk, told to stop, while people work on real sockets (T45, T48, T20).

mod client;
mod faults;
mod history;
mod kills;
pub(crate) mod office;
mod recordings;
mod scripts;
mod storm;
mod town;
