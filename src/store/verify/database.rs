//! Verifying a live database, beside the running server.

use std::collections::BTreeSet;

use super::{Against, Checked, OfficeReport, Report, SessionReport, check_against, marks, office};
use crate::domain::chain::{
    BodyState, Checkpoint, Claims, Fault, FaultKind, KeyRing, LogId, Scope, SignedKey, Sound, Verifier,
};
use crate::domain::ids::InstallationId;
use crate::limits;
use crate::store::engine::{Engine, Writer};
use crate::store::keys::{Ed25519Check, Keys};
use crate::store::log::{CHECKPOINTS, PAGE, checkpoint, raw_event};
use crate::store::scope::ReadKeys;
use crate::store::{Backend, Store, StoreError};

const LOGS: &str = "SELECT session_id FROM session_event UNION SELECT session_id FROM checkpoint \
     UNION SELECT session_id FROM scope_key ORDER BY session_id";
const INSTALLATION: &str = "SELECT installation_id FROM installation";
const KEYS: &str = "SELECT public_key, valid_from_us, predecessor, own_signature, predecessor_signature \
     FROM signing_key ORDER BY valid_from_us";
const DESTROYED: &str = "SELECT scope FROM scope_key WHERE session_id = $1 AND wrapped IS NULL";

/// Verifies every log of a database. Without keys bodies are judged by their digests alone.
pub async fn verify_database(backend: &Backend, keys: Option<&Keys>, against: &Against) -> Result<Report, StoreError> {
    let engine = Engine::open_read_only(backend).await?;
    let report = verify(&engine, keys, against).await;
    engine.close().await;
    report
}

impl Store {
    /// Verifies every log with the keys at hand.
    pub async fn verify(&self, against: &Against) -> Result<Report, StoreError> {
        verify(&self.engine, Some(&self.keys), against).await
    }
}

/// All of it at one moment, while a server writes on.
async fn verify(engine: &Engine, keys: Option<&Keys>, against: &Against) -> Result<Report, StoreError> {
    let mut conn = engine.snapshot().await?;
    let report = look(&mut conn, keys, against).await;
    conn.close().await;
    report
}

async fn look(conn: &mut Writer, keys: Option<&Keys>, against: &Against) -> Result<Report, StoreError> {
    let mut report = Report::new("database");
    let ring = match keys {
        Some(keys) => keys.ring().clone(),
        None => match stored_ring(conn).await? {
            Ok(ring) => ring,
            Err(kind) => return Ok(report.broken(Fault { log: None, seq: None, kind })),
        },
    };
    report.installation = Some(ring.installation());
    if let Err(fault) = check_against(&ring, against) {
        return Ok(report.broken(fault));
    }
    let begun = office::has_begun(conn).await?;
    let mut logs = BTreeSet::new();
    for mut row in conn.fetch(LOGS, &[]).await? {
        logs.insert(row.parse::<LogId>("session_id")?);
    }
    if begun {
        logs.insert(LogId::Installation(ring.installation()));
    }
    // A log that only an outsider remembers is a log that was removed.
    logs.extend(against.anchors.iter().flat_map(|anchor| anchor.heads.iter().map(|head| head.log)));
    logs.extend(against.papers.iter().map(|paper| LogId::Session(paper.session)));
    logs.extend(against.kept.iter().map(|(_, kept)| kept.log));
    let (mut checkpoints, mut claims) = (0_usize, Claims::default());
    // Sessions come first: what a log of office data names in them was verified before.
    for log in logs {
        match one(conn, keys, &ring, log, against, &mut claims).await? {
            Ok((sound, signed)) => {
                checkpoints = checkpoints.saturating_add(signed);
                match log {
                    LogId::Session(session) => report.sessions.push(SessionReport { session, sound }),
                    log => report.offices.push(OfficeReport { log, sound }),
                }
            }
            Err(fault) => return Ok(report.broken(fault)),
        }
    }
    report.checked = checked(&ring, checkpoints, against);
    let rows = match keys.filter(|_| begun) {
        Some(keys) => match office::rows(conn, keys, claims).await? {
            Ok(count) => Checked::Rows { count },
            Err(fault) => return Ok(report.broken(fault)),
        },
        None => Checked::RowsUnread,
    };
    report.checked.insert(report.checked.len().min(2), rows);
    Ok(report)
}

/// What a sound report was compared with.
pub(super) fn checked(ring: &KeyRing, checkpoints: usize, against: &Against) -> Vec<Checked> {
    let fingerprints = ring.keys().iter().map(|key| key.public_key.fingerprint()).collect();
    let mut checked = vec![Checked::Keys { fingerprints }, Checked::Checkpoints { count: checkpoints }];
    for anchor in &against.anchors {
        checked.push(Checked::Anchor { at_us: anchor.at_us, heads: anchor.heads.len() });
    }
    for paper in &against.papers {
        checked.push(Checked::Paper { session: paper.session, seq: paper.seq, text: paper.text, compared: false });
    }
    for (_, kept) in &against.kept {
        checked.push(Checked::Kept { log: kept.log, seq: kept.seq });
    }
    if against.anchors.is_empty() && against.papers.is_empty() && against.kept.is_empty() {
        checked.push(Checked::NothingOutside);
    }
    checked
}

async fn stored_ring(conn: &mut Writer) -> Result<Result<KeyRing, FaultKind>, StoreError> {
    let row = conn.fetch(INSTALLATION, &[]).await?.pop();
    let installation: InstallationId =
        row.ok_or(StoreError::Corrupt { column: "installation" })?.parse("installation.installation_id")?;
    let mut keys = Vec::new();
    for mut row in conn.fetch(KEYS, &[]).await? {
        keys.push(SignedKey {
            public_key: row.parse("signing_key.public_key")?,
            valid_from_us: row.take("signing_key.valid_from_us")?,
            predecessor: row.parse_opt("signing_key.predecessor")?,
            own_signature: row.parse("signing_key.own_signature")?,
            predecessor_signature: row.parse_opt("signing_key.predecessor_signature")?,
        });
    }
    Ok(KeyRing::check(installation, &keys, &Ed25519Check))
}

/// How bodies of a log are judged.
struct Bodies {
    keys: Option<ReadKeys>,
    destroyed: BTreeSet<Scope>,
}

impl Bodies {
    async fn load(conn: &mut Writer, keys: Option<&Keys>, log: LogId) -> Result<Self, StoreError> {
        let mut destroyed = BTreeSet::new();
        for mut row in conn.fetch(DESTROYED, &[log.into()]).await? {
            destroyed.insert(row.parse("scope_key.scope")?);
        }
        let keys = match keys {
            Some(keys) => Some(ReadKeys::fetch(conn, keys, log).await?),
            None => None,
        };
        Ok(Self { keys, destroyed })
    }

    fn state(&self, seq: u64, scope: Scope, body: Option<&[u8]>) -> BodyState {
        match (body, &self.keys) {
            (None, _) => BodyState::Missing,
            (Some(_), _) if scope == Scope::Open => BodyState::Opened,
            // A key that is gone is no secret: this is judged without keys too.
            (Some(_), _) if self.destroyed.contains(&scope) => BodyState::Unopened,
            (Some(_), None) => BodyState::Sealed,
            (Some(body), Some(keys)) if keys.body(seq, scope, body).is_some() => BodyState::Opened,
            _ => BodyState::Unopened,
        }
    }
}

type Judged = Result<(Sound, usize), Fault>;

async fn one(
    conn: &mut Writer,
    keys: Option<&Keys>,
    ring: &KeyRing,
    log: LogId,
    against: &Against,
    claims: &mut Claims,
) -> Result<Judged, StoreError> {
    let mut signed: Vec<Checkpoint> = Vec::new();
    for row in conn.fetch(CHECKPOINTS, &[log.into()]).await? {
        match checkpoint(row) {
            Ok(found) => signed.push(found),
            Err(error) => return malformed(log, None, error).map(Err),
        }
    }
    let marks = match marks(ring, log, &signed, against) {
        Ok(marks) => marks,
        Err(fault) => return Ok(Err(fault)),
    };
    let bodies = match Bodies::load(conn, keys, log).await {
        Ok(bodies) => bodies,
        Err(error) => return malformed(log, None, error).map(Err),
    };
    let office_keys = bodies.keys.as_ref().filter(|_| log.session().is_none());
    let mut verifier = Verifier::new(log, ring, &Ed25519Check, marks);
    let mut next = 0_u64;
    loop {
        let rows = conn.fetch(PAGE, &[log.into(), next.into(), limits::LOG_PAGE.into()]).await?;
        let full = u32::try_from(rows.len()).is_ok_and(|count| count >= limits::LOG_PAGE);
        for row in rows {
            let item = match raw_event(row) {
                Ok(event) => event.item,
                Err(error) => return malformed(log, Some(next), error).map(Err),
            };
            let (seq, scope) = (item.header.seq, item.header.scope);
            let state = bodies.state(seq, scope, item.body.as_deref());
            if let Err(fault) = verifier.item(&item, state) {
                return Ok(Err(fault));
            }
            // A body that does not open is the verifier's to name.
            if let Some(keys) = office_keys.filter(|_| state == BodyState::Opened)
                && let Err(fault) = office::note(conn, claims, &item, keys).await?
            {
                return Ok(Err(fault));
            }
            next = seq.saturating_add(1);
        }
        if !full {
            break;
        }
    }
    Ok(verifier.finish().map(|sound| (sound, signed.len())))
}

/// A row that cannot be read is a fault of the log, not of the reader; anything else is not about the log.
fn malformed(log: LogId, seq: Option<u64>, error: StoreError) -> Result<Fault, StoreError> {
    match error {
        StoreError::Corrupt { column } => {
            Ok(Fault { log: Some(log), seq, kind: FaultKind::Malformed { field: column.to_owned() } })
        }
        StoreError::WrongKeys => {
            let field = "scope_key.wrapped".to_owned();
            Ok(Fault { log: Some(log), seq, kind: FaultKind::Malformed { field } })
        }
        other => Err(other),
    }
}
