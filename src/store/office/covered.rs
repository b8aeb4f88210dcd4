//! Tables whose every row is proven by a log of office data: which columns a digest covers, and in whose care a row is.
//!
//! Not here are sign-ins and used tickets (they come and go by the minute and grant nothing that the account does not),
//! drafts (`docs/decisions/0011`), leases, the outbox, and what proves itself: events, keys of scopes, signed heads.

use std::sync::LazyLock;

use crate::domain::chain::{Field, Hash, row_digest};
use crate::domain::every;
use crate::domain::ids::UnitId;
use crate::store::StoreError;
use crate::store::sql::{Cell, Row, Value};

/// A covered table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    Unit,
    UnitSuccessor,
    Point,
    Device,
    PairingCode,
    UserAccount,
    RoleGrant,
    SignInLink,
    Session,
    SessionPoint,
    SessionFunction,
    DeviceToken,
    Visit,
    VisitPoint,
    Person,
    CaseRecord,
    Petition,
    Promise,
    RegisterEntry,
    File,
}

every! {
    /// All of them; rows of a table refer only to rows of those before it.
    TABLES: Table {
        Unit, UnitSuccessor, Point, Device, PairingCode, UserAccount, RoleGrant, SignInLink, Session, SessionPoint,
        SessionFunction, DeviceToken, Visit, VisitPoint, Person, CaseRecord, Petition, Promise, RegisterEntry, File,
    }
}

/// What there is to know of a table. `r` is the row in every piece of SQL.
struct Spec {
    name: &'static str,
    key: &'static [&'static str],
    rest: &'static [&'static str],
    /// A change is told, the value never.
    secret: &'static [&'static str],
    /// By which else rows are written together.
    group: Option<&'static str>,
    /// The unit in whose care the row is; NULL: the installation's.
    home: &'static str,
    joins: &'static str,
    /// Written with events of a session, which prove the content.
    follows: bool,
}

const OF_POINT: &str = "LEFT JOIN point p ON p.point_id = r.point_id";
const OF_POINT_OR_SESSION: &str =
    "LEFT JOIN point p ON p.point_id = r.point_id LEFT JOIN session s ON s.session_id = r.session_id";
const OF_SESSION: &str = "LEFT JOIN session s ON s.session_id = r.session_id";
const OF_VISIT: &str =
    "LEFT JOIN visit v ON v.visit_id = r.visit_id LEFT JOIN session s ON s.session_id = v.session_id";
const NO_UNIT: &str = "CAST(NULL AS TEXT)";

/// A table of the office in the care of the unit it names.
const fn of_office(name: &'static str, key: &'static [&'static str], rest: &'static [&'static str]) -> Spec {
    Spec { name, key, rest, secret: &[], group: None, home: "r.unit_id", joins: "", follows: false }
}

/// A table in the care of the unit that holds the session.
const fn of_session(name: &'static str, key: &'static [&'static str], rest: &'static [&'static str]) -> Spec {
    Spec { home: "s.unit_id", joins: OF_SESSION, follows: true, ..of_office(name, key, rest) }
}

const fn of_visit(name: &'static str, key: &'static [&'static str], rest: &'static [&'static str]) -> Spec {
    Spec { joins: OF_VISIT, ..of_session(name, key, rest) }
}

impl Table {
    const fn spec(self) -> Spec {
        match self {
            Self::Unit => {
                of_office("unit", &["unit_id"], &["name", "kind", "parent", "valid_from", "valid_to", "code", "place"])
            }
            Self::UnitSuccessor => {
                Spec { group: Some("unit_id"), ..of_office("unit_successor", &["unit_id", "successor_id"], &[]) }
            }
            Self::Point => of_office(
                "point",
                &["point_id"],
                &["unit_id", "name", "address", "equipment", "phone", "valid_from", "valid_to"],
            ),
            Self::Device => Spec {
                group: Some("point_id"),
                home: "p.unit_id",
                joins: OF_POINT,
                ..of_office(
                    "device",
                    &["device_id"],
                    &["point_id", "kind", "name", "public_key", "paired_at_us", "revoked"],
                )
            },
            Self::PairingCode => Spec {
                group: Some("point_id"),
                home: "p.unit_id",
                joins: OF_POINT,
                ..of_office(
                    "pairing_code",
                    &["code_hash"],
                    &["point_id", "kind", "name", "expires_at_us", "used_at_us"],
                )
            },
            Self::UserAccount => Spec {
                secret: &["password_hash"],
                home: NO_UNIT,
                ..of_office("user_account", &["user_id"], &["login", "name", "title", "password_hash", "disabled"])
            },
            Self::RoleGrant => of_office("role_grant", &["user_id", "unit_id", "role"], &[]),
            Self::SignInLink => Spec {
                home: NO_UNIT,
                ..of_office("sign_in_link", &["token_hash"], &["user_id", "expires_at_us", "used_at_us"])
            },
            Self::Session => Spec {
                home: "r.unit_id",
                joins: "",
                ..of_session("session", &["session_id"], &["unit_id", "title", "kind", "status", "starts_at_us", "seq"])
            },
            Self::SessionPoint => {
                of_session("session_point", &["session_id", "point_id"], &["unit_id", "role", "name", "address"])
            }
            Self::SessionFunction => {
                of_session("session_function", &["session_id", "user_id", "function"], &["point_id", "name", "title"])
            }
            Self::DeviceToken => Spec {
                home: "COALESCE(p.unit_id, s.unit_id)",
                joins: OF_POINT_OR_SESSION,
                ..of_office(
                    "device_token",
                    &["token_hash"],
                    &[
                        "device_id",
                        "kind",
                        "point_id",
                        "session_id",
                        "name",
                        "made_at_us",
                        "expires_at_us",
                        "revoked_at_us",
                    ],
                )
            },
            Self::Visit => of_session(
                "visit",
                &["visit_id"],
                &[
                    "session_id",
                    "number",
                    "class",
                    "status",
                    "presented_as",
                    "citizen_point",
                    "group_size",
                    "summary_sealed",
                    "case_id",
                    "text_hash",
                    "seq",
                ],
            ),
            Self::VisitPoint => {
                Spec { group: Some("visit_id"), ..of_visit("visit_point", &["visit_id", "point_id"], &[]) }
            }
            Self::Person => {
                of_visit("person", &["visit_id", "person_id"], &["position", "role", "class", "data_sealed"])
            }
            Self::CaseRecord => Spec {
                home: "r.unit_id",
                joins: "",
                ..of_session(
                    "case_record",
                    &["case_id"],
                    &["unit_id", "class", "session_id", "visit_id", "summary_sealed", "opened_at_us", "receptions"],
                )
            },
            Self::Petition => of_visit(
                "petition",
                &["petition_id"],
                &["case_id", "session_id", "visit_id", "kind", "outcome", "data_sealed", "seq"],
            ),
            Self::Promise => of_visit(
                "promise",
                &["promise_id"],
                &["case_id", "session_id", "visit_id", "unit_id", "due", "kept_on", "data_sealed", "seq"],
            ),
            Self::RegisterEntry => Spec {
                home: "r.unit_id",
                joins: "",
                ..of_session(
                    "register_entry",
                    &["unit_id", "year", "number"],
                    &["session_id", "visit_id", "day", "class", "people", "petitions", "seq"],
                )
            },
            Self::File => of_session(
                "file",
                &["file_id"],
                &[
                    "session_id",
                    "visit_id",
                    "point_id",
                    "kind",
                    "class",
                    "media_type",
                    "bytes",
                    "sha256",
                    "data_sealed",
                    "stored_at_us",
                ],
            ),
        }
    }

    /// As the database calls it.
    pub fn name(self) -> &'static str {
        self.spec().name
    }

    /// What a digest covers: key first, in the order of the digest.
    pub fn columns(self) -> impl Iterator<Item = &'static str> {
        let spec = self.spec();
        spec.key.iter().chain(spec.rest).copied()
    }

    /// Whether events of a session prove the content of its rows.
    pub(in crate::store) fn follows(self) -> bool {
        self.spec().follows
    }

    pub(in crate::store) fn is_secret(self, column: &str) -> bool {
        self.spec().secret.contains(&column)
    }

    /// The covered table that a statement writes to.
    pub(in crate::store) fn written_by(sql: &str) -> Option<Self> {
        let mut words = sql.split_whitespace();
        let name = match words.next()? {
            "INSERT" | "DELETE" => words.nth(1)?,
            "UPDATE" => words.next()?,
            _ => return None,
        };
        TABLES.into_iter().find(|table| table.name() == name)
    }

    fn queries(self) -> Queries {
        QUERIES.iter().find(|(table, _)| *table == self).map(|(_, queries)| *queries).unwrap_or_default()
    }

    /// Rows of one key, or of one value of the group's column: `unit|columns…`.
    pub(in crate::store) fn select(self, by: By) -> &'static str {
        match by {
            By::Key => self.queries().by_key,
            By::Group => self.queries().by_group,
        }
    }

    /// A page of all rows in the order of their keys; `after`: the key of the last row before it.
    pub(in crate::store) fn page(self, after: Option<&CoveredRow>) -> (&'static str, Vec<Value>) {
        let mut args = vec![crate::limits::LOG_PAGE.into()];
        match after {
            None => (self.queries().first_page, args),
            Some(row) => {
                args.extend(row.cells.iter().take(self.spec().key.len()).map(Value::from));
                (self.queries().page, args)
            }
        }
    }
}

/// How rows are selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum By {
    Key,
    /// All rows with one value in the column of the group.
    Group,
}

#[derive(Debug, Clone, Copy, Default)]
struct Queries {
    by_key: &'static str,
    by_group: &'static str,
    first_page: &'static str,
    page: &'static str,
}

/// Written once; SQL lives as long as the process.
static QUERIES: LazyLock<Vec<(Table, Queries)>> = LazyLock::new(|| {
    let queries = |table: Table| {
        let Spec { name, key, group, home, joins, .. } = table.spec();
        let list = |columns: &mut dyn Iterator<Item = &str>| {
            columns.map(|column| format!("r.{column}")).collect::<Vec<_>>().join(", ")
        };
        let places = || (2..).take(key.len()).map(|place: u32| format!("${place}")).collect::<Vec<_>>().join(", ");
        let one = (1_u32..).zip(key).map(|(place, column)| format!("r.{column} = ${place}")).collect::<Vec<_>>();
        let keys = list(&mut key.iter().copied());
        let select = format!("SELECT {home}, {} FROM {name} r {joins}", list(&mut table.columns()));
        let by_group = group.map(|column| format!("{select} WHERE r.{column} = $1"));
        Queries {
            by_key: format!("{select} WHERE {}", one.join(" AND ")).leak(),
            by_group: by_group.unwrap_or_default().leak(),
            first_page: format!("{select} ORDER BY {keys} LIMIT $1").leak(),
            page: format!("{select} WHERE ({keys}) > ({}) ORDER BY {keys} LIMIT $1", places()).leak(),
        }
    };
    TABLES.map(|table| (table, queries(table))).to_vec()
});

/// A row as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct CoveredRow {
    /// In whose care; none: the installation's.
    pub(in crate::store) unit: Option<UnitId>,
    /// Values of its key, joined by `|`.
    pub(in crate::store) key: String,
    /// In the order of [`Table::columns`].
    pub(in crate::store) cells: Vec<Cell>,
}

impl CoveredRow {
    pub(in crate::store) fn read(table: Table, mut row: Row) -> Result<Self, StoreError> {
        let unit = row.parse_opt("unit_id")?;
        let cells = row.rest();
        let key: Vec<String> = cells.iter().take(table.spec().key.len()).map(Cell::text).collect();
        Ok(Self { unit, key: key.join("|"), cells })
    }

    pub(in crate::store) fn digest(&self, table: Table) -> Hash {
        let fields = table.columns().zip(&self.cells).filter_map(|(name, cell)| {
            let field = match cell {
                Cell::Null => return None,
                Cell::Int(value) => Field::Int(*value),
                Cell::Text(value) => Field::Text(value),
                Cell::Blob(value) => Field::Bytes(value),
            };
            Some((name, field))
        });
        row_digest(table.name(), fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_that_write_are_told_by_their_table() {
        assert_eq!(Table::written_by("INSERT INTO point (point_id) VALUES ($1)"), Some(Table::Point));
        assert_eq!(Table::written_by("UPDATE pairing_code SET used_at_us = $2"), Some(Table::PairingCode));
        assert_eq!(Table::written_by("DELETE FROM role_grant WHERE user_id = $1"), Some(Table::RoleGrant));
        for other in ["INSERT INTO web_session (x) VALUES (1)", "SELECT 1 FROM point", "COMMIT", ""] {
            assert_eq!(Table::written_by(other), None, "{other}");
        }
    }

    #[test]
    fn names_and_keys_are_unambiguous() {
        let mut names = TABLES.map(Table::name).to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), TABLES.len());
        assert!(QUERIES.iter().all(|(_, queries)| queries.by_key.starts_with("SELECT ")));
    }
}
