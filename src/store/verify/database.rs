//! Verifying a live database, beside the running server.

use std::collections::BTreeSet;

use super::{Against, Checked, Report, SessionReport, check_against, marks};
use crate::domain::chain::{BodyState, Checkpoint, Fault, FaultKind, KeyRing, Scope, SignedKey, Verifier};
use crate::domain::ids::{InstallationId, SessionId};
use crate::limits;
use crate::store::engine::Engine;
use crate::store::keys::{Ed25519Check, Keys};
use crate::store::log::{CHECKPOINTS, PAGE, checkpoint, raw_event};
use crate::store::scope::ReadKeys;
use crate::store::{Backend, Store, StoreError};

const SESSIONS: &str = "SELECT session_id FROM session_event UNION SELECT session_id FROM checkpoint \
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

async fn verify(engine: &Engine, keys: Option<&Keys>, against: &Against) -> Result<Report, StoreError> {
    let mut report = Report::new("database");
    let ring = match keys {
        Some(keys) => keys.ring().clone(),
        None => match stored_ring(engine).await? {
            Ok(ring) => ring,
            Err(kind) => return Ok(report.broken(Fault { session: None, seq: None, kind })),
        },
    };
    report.installation = Some(ring.installation());
    if let Err(fault) = check_against(&ring, against) {
        return Ok(report.broken(fault));
    }
    let mut sessions = BTreeSet::new();
    for mut row in engine.read(SESSIONS, &[]).await? {
        sessions.insert(row.parse::<SessionId>("session_id")?);
    }
    // A log that only an outsider remembers is a log that was removed.
    sessions.extend(against.anchors.iter().flat_map(|anchor| anchor.heads.iter().map(|head| head.session)));
    sessions.extend(against.papers.iter().map(|paper| paper.session));
    sessions.extend(against.kept.iter().map(|(_, kept)| kept.session));
    let mut checkpoints = 0_usize;
    for session in sessions {
        match one(engine, keys, &ring, session, against).await? {
            Ok((sound, signed)) => {
                checkpoints = checkpoints.saturating_add(signed);
                report.sessions.push(sound);
            }
            Err(fault) => return Ok(report.broken(fault)),
        }
    }
    report.checked = checked(&ring, checkpoints, against);
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
        checked.push(Checked::Paper { session: paper.session, seq: paper.seq });
    }
    for (_, kept) in &against.kept {
        checked.push(Checked::Kept { session: kept.session, seq: kept.seq });
    }
    if against.anchors.is_empty() && against.papers.is_empty() && against.kept.is_empty() {
        checked.push(Checked::NothingOutside);
    }
    checked
}

async fn stored_ring(engine: &Engine) -> Result<Result<KeyRing, FaultKind>, StoreError> {
    let row = engine.read(INSTALLATION, &[]).await?.pop();
    let installation: InstallationId =
        row.ok_or(StoreError::Corrupt { column: "installation" })?.parse("installation.installation_id")?;
    let mut keys = Vec::new();
    for mut row in engine.read(KEYS, &[]).await? {
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

/// How bodies of a session are judged.
struct Bodies {
    keys: Option<ReadKeys>,
    destroyed: BTreeSet<Scope>,
}

impl Bodies {
    async fn load(engine: &Engine, keys: Option<&Keys>, session: SessionId) -> Result<Self, StoreError> {
        let mut destroyed = BTreeSet::new();
        for mut row in engine.read(DESTROYED, &[session.into()]).await? {
            destroyed.insert(row.parse("scope_key.scope")?);
        }
        let keys = match keys {
            Some(keys) => Some(ReadKeys::load(engine, keys, session).await?),
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

type Judged = Result<(SessionReport, usize), Fault>;

async fn one(
    engine: &Engine,
    keys: Option<&Keys>,
    ring: &KeyRing,
    session: SessionId,
    against: &Against,
) -> Result<Judged, StoreError> {
    let mut signed: Vec<Checkpoint> = Vec::new();
    for row in engine.read(CHECKPOINTS, &[session.into()]).await? {
        match checkpoint(row) {
            Ok(found) => signed.push(found),
            Err(error) => return malformed(session, None, error).map(Err),
        }
    }
    let marks = match marks(ring, session, &signed, against) {
        Ok(marks) => marks,
        Err(fault) => return Ok(Err(fault)),
    };
    let bodies = match Bodies::load(engine, keys, session).await {
        Ok(bodies) => bodies,
        Err(error) => return malformed(session, None, error).map(Err),
    };
    let mut verifier = Verifier::new(session, ring, &Ed25519Check, marks);
    let mut next = 0_u64;
    loop {
        let rows = engine.read(PAGE, &[session.into(), next.into(), limits::LOG_PAGE.into()]).await?;
        let full = u32::try_from(rows.len()).is_ok_and(|count| count >= limits::LOG_PAGE);
        for row in rows {
            let item = match raw_event(row) {
                Ok(event) => event.item,
                Err(error) => return malformed(session, Some(next), error).map(Err),
            };
            let (seq, scope) = (item.header.seq, item.header.scope);
            let state = bodies.state(seq, scope, item.body.as_deref());
            if let Err(fault) = verifier.item(&item, state) {
                return Ok(Err(fault));
            }
            next = seq.saturating_add(1);
        }
        if !full {
            break;
        }
    }
    Ok(verifier.finish().map(|sound| (SessionReport { session, sound }, signed.len())))
}

/// A row that cannot be read is a fault of the log, not of the reader; anything else is not about the log.
fn malformed(session: SessionId, seq: Option<u64>, error: StoreError) -> Result<Fault, StoreError> {
    match error {
        StoreError::Corrupt { column } => {
            Ok(Fault { session: Some(session), seq, kind: FaultKind::Malformed { field: column.to_owned() } })
        }
        StoreError::WrongKeys => {
            let field = "scope_key.wrapped".to_owned();
            Ok(Fault { session: Some(session), seq, kind: FaultKind::Malformed { field } })
        }
        other => Err(other),
    }
}
