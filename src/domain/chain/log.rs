//! Whose log: one form, one chain, three kinds of owner.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::item::TextError;
use crate::domain::ids::{InstallationId, SessionId, UnitId};

/// The owner of a log, as it stands in every preimage. A session's is its UUID alone: the first form of the log knew no
/// other owner, and its hashes hold for ever.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogId {
    /// What happened in a session.
    Session(SessionId),
    /// What changed in the office data of a unit.
    Unit(UnitId),
    /// What changed in office data of no unit: accounts, their passwords and sign-in links.
    Installation(InstallationId),
}

impl LogId {
    /// The session, if it is the log of one.
    pub fn session(self) -> Option<SessionId> {
        if let Self::Session(id) = self { Some(id) } else { None }
    }
}

impl From<SessionId> for LogId {
    fn from(id: SessionId) -> Self {
        Self::Session(id)
    }
}

impl From<UnitId> for LogId {
    fn from(id: UnitId) -> Self {
        Self::Unit(id)
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session(id) => id.fmt(f),
            Self::Unit(id) => write!(f, "unit:{id}"),
            Self::Installation(id) => write!(f, "installation:{id}"),
        }
    }
}

impl fmt::Debug for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogId({self})")
    }
}

impl FromStr for LogId {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let parsed = match text.split_once(':') {
            None => text.parse().map(Self::Session),
            Some(("unit", id)) => id.parse().map(Self::Unit),
            Some(("installation", id)) => id.parse().map(Self::Installation),
            Some(_) => return Err(TextError { field: "log" }),
        };
        parsed.map_err(|_| TextError { field: "log" })
    }
}

impl Serialize for LogId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LogId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn every_owner_has_a_text_of_its_own() {
        let id = Uuid::from_u128(7);
        let owners = [LogId::Session(SessionId(id)), LogId::Unit(UnitId(id)), LogId::Installation(InstallationId(id))];
        let texts = owners.map(|owner| owner.to_string());
        assert_eq!(texts[0], id.to_string(), "as the first form of the log had it");
        assert!(texts[1] != texts[0] && texts[2] != texts[1]);
        assert_eq!(texts.map(|text| text.parse::<LogId>().unwrap()), owners);
        for wrong in ["", "unit:", "point:00000000-0000-0000-0000-000000000007", "unit:x", "unit"] {
            assert!(wrong.parse::<LogId>().is_err(), "{wrong}");
        }
    }
}
