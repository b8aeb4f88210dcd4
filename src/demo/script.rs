//! What happens in a session of the demonstration, as `config/demo/*.toml` tell it.
//!
//! `today.toml` stops before the lobby opens; the others go on to the conclusion, with what was said, written and answered.

use serde::Deserialize;

use super::error::DemoError;
use super::ids::id;
use crate::domain::cases::{Outcome, PetitionKind};
use crate::domain::ids::{CaseId, PersonId};
use crate::domain::people::{Class, Function, Identity, IdentityKind, Person, PersonRole};
use crate::domain::session::{EligibilityGround, ReceptionKind};
use crate::domain::visit::Confirmation;

/// One session.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Script {
    pub(super) title: String,
    pub(super) unit: String,
    pub(super) kind: ReceptionKind,
    pub(super) grounds: Vec<EligibilityGround>,
    pub(super) central: String,
    pub(super) components: Vec<String>,
    pub(super) functions: Vec<Part>,
    /// Officers who come without an account.
    #[serde(default)]
    pub(super) people: Vec<Guest>,
    #[serde(rename = "visit")]
    pub(super) visits: Vec<VisitScript>,
    /// The presider's conclusion on the session: with it the session is played to its end.
    pub(super) conclusion: Option<String>,
    /// Minutes the start is late, for what the attendance annex shows.
    #[serde(default)]
    pub(super) starts_late_by: i64,
    /// A point whose line is cut for some seconds while its visit runs.
    pub(super) cut_at: Option<String>,
}

/// Who does what, and where.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    pub(super) user: String,
    pub(super) function: Function,
    pub(super) point: String,
}

/// An officer of a point.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Guest {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) point: String,
    #[serde(default)]
    pub(super) came: Came,
}

/// How somebody came who was expected.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Came {
    #[default]
    InTime,
    /// After the start.
    Late,
    Never,
}

/// One visit.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VisitScript {
    pub(super) key: String,
    pub(super) class: Class,
    pub(super) presented_as: PetitionKind,
    pub(super) citizen_point: String,
    #[serde(default)]
    pub(super) agency_points: Vec<String>,
    pub(super) summary: String,
    /// Answer of a denouncer who was asked about secrecy.
    pub(super) secrecy_requested: Option<bool>,
    /// Name of the matter, where several visits belong to one.
    pub(super) case: Option<String>,
    #[serde(default = "one")]
    pub(super) group_size: u32,
    pub(super) persons: Vec<Citizen>,
    /// What was written, answered and classified; absent for a visit that has not been heard yet.
    pub(super) heard: Option<Heard>,
}

fn one() -> u32 {
    1
}

/// A person of a visit.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Citizen {
    pub(super) name: String,
    pub(super) role: PersonRole,
    /// Ông or Bà.
    pub(super) title: String,
    pub(super) address: String,
    #[serde(default)]
    pub(super) phone: String,
    /// Number of the citizen identity card.
    pub(super) identity: Option<String>,
}

/// How a visit went.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Heard {
    /// Length of the hearing.
    pub(super) minutes: i64,
    pub(super) content: String,
    pub(super) requests: String,
    #[serde(default)]
    pub(super) documents: String,
    #[serde(default)]
    pub(super) opinions: String,
    pub(super) conclusion: String,
    pub(super) answer: String,
    /// Days until the answer is due; absent: answered on the spot.
    pub(super) due_days: Option<i32>,
    #[serde(default)]
    pub(super) contact: String,
    pub(super) responsible: String,
    pub(super) citizen_opinion: String,
    pub(super) signed: Signed,
    /// What the citizen is heard to say, a file of `config/demo/media`; absent: nothing of the hearing is recorded.
    pub(super) voice: Option<String>,
    /// The same of the agencies, in the order of `agency_points`.
    #[serde(default)]
    pub(super) agency_voices: Vec<String>,
    pub(super) petitions: Vec<PetitionScript>,
}

/// How the citizen answered what was read back.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Signed {
    By(Confirmation),
    /// With the reason.
    Refused(String),
}

/// One content of a visit.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PetitionScript {
    pub(super) kind: PetitionKind,
    pub(super) content: String,
    #[serde(default)]
    pub(super) request: String,
    pub(super) outcome: Outcome,
    #[serde(default)]
    pub(super) addressee: String,
}

impl Script {
    /// Reads an embedded file.
    pub(super) fn parse(file: &'static str, text: &str) -> Result<Self, DemoError> {
        toml::from_str(text).map_err(|error| DemoError::data(file, error))
    }
}

impl VisitScript {
    /// The matter, where the script names it.
    pub(super) fn case(&self) -> Option<CaseId> {
        self.case.as_deref().map(|name| CaseId(id("case", name)))
    }

    /// The people of the visit. The first is the one who signs and is named.
    pub(super) fn people(&self, session: &str) -> Vec<Person> {
        let of = |citizen: &Citizen| Person {
            id: PersonId(id("person", &format!("{session}/{}/{}", self.key, citizen.name))),
            name: citizen.name.clone(),
            role: citizen.role,
            class: self.class,
            title: citizen.title.clone(),
            address: citizen.address.clone(),
            phone: citizen.phone.clone(),
            identity: citizen.identity.as_ref().map(|number| Identity {
                kind: IdentityKind::CitizenIdentity,
                number: number.clone(),
                issued_on: None,
                issued_by: String::new(),
            }),
            user: None,
            on_behalf_of: None,
        };
        let mut people: Vec<Person> = self.persons.iter().map(of).collect();
        let main = people.first().map(|person| person.id);
        for person in people.iter_mut().skip(1) {
            let beside = !matches!(person.role, PersonRole::Citizen | PersonRole::Representative);
            person.on_behalf_of = main.filter(|_| beside);
        }
        people
    }
}
