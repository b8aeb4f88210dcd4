//! Who changes office data, and when.

use jiff::Timestamp;

/// One act of the office: what goes into the log beside the change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// `user:{id}`, `device:{id}` (a kiosk), `console` (the command line of the machine) or `system`.
    pub actor: String,
    /// When.
    pub at: Timestamp,
}

impl Act {
    /// Of somebody.
    pub fn by(actor: impl Into<String>, at: Timestamp) -> Self {
        Self { actor: actor.into(), at }
    }
}

/// What the server does by itself, at this moment.
impl From<Timestamp> for Act {
    fn from(at: Timestamp) -> Self {
        Self::by("system", at)
    }
}
