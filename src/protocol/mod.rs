//! Wire types of the socket, version 1. `docs/protocol.md` tells a stranger how to use them;
//! `web/src/protocol` is generated from them.

pub mod command;
pub mod frame;
#[cfg(test)]
mod generate;
pub mod rest;
pub mod section;
pub mod strict;

/// Version a client names in every frame.
pub const VERSION: u16 = 1;
