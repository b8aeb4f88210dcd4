//! What serves each route: unpack, ask, pack. The work is in `app`, `auth` and the rooms.

pub(super) mod files;
pub(super) mod foreign;
pub(super) mod health;
pub(super) mod kiosk;
pub(super) mod openapi;
pub(super) mod papers;
pub(super) mod recordings;
pub(super) mod sessions;
pub(super) mod sign_in;
pub(super) mod tickets;
