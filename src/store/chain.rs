//! The end of a log, whosever it is: putting events there, signing it.

use super::StoreError;
use super::append::NewEvent;
use super::engine::Writer;
use super::keys::Keys;
use super::scope::WriteKeys;
use super::sql::Value;
use crate::domain::chain::{Checkpoint, CheckpointReason, Hash, Header, LogId, checkpoint_text};
use crate::domain::ids::BootId;

/// What the events of one write have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stamp {
    pub(super) log: LogId,
    pub(super) at_us: i64,
    pub(super) boot: BootId,
    pub(super) mono_us: i64,
}

const HEAD: &str = "SELECT seq, hash FROM session_event WHERE session_id = $1 ORDER BY seq DESC LIMIT 1";
const INSERT: &str = "INSERT INTO session_event (session_id, seq, at_us, boot_id, mono_us, kind, v, command_id, part, \
     actor, scope, body, body_digest, prev_hash, hash) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
const INSERT_CHECKPOINT: &str = "INSERT INTO checkpoint (session_id, seq, head, at_us, reason, key_id, signature) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// The next sequence and the hash it must follow.
pub(super) async fn head(conn: &mut Writer, log: LogId) -> Result<(u64, Hash), StoreError> {
    match conn.fetch(HEAD, &[log.into()]).await?.pop() {
        Some(mut row) => {
            let seq: u64 = row.take("session_event.seq")?;
            Ok((seq.saturating_add(1), row.parse("session_event.hash")?))
        }
        None => Ok((0, Hash::ZERO)),
    }
}

/// Puts events, at least one, where [`head`] said; sequence and hash of the last.
pub(super) async fn extend(
    conn: &mut Writer,
    keys: &mut WriteKeys<'_>,
    stamp: Stamp,
    (mut seq, mut prev): (u64, Hash),
    events: &[NewEvent],
) -> Result<(u64, Hash), StoreError> {
    for event in events {
        let body = keys.seal_body(conn, (stamp.log, seq, event.scope), &event.body).await?;
        prev = insert(conn, stamp, event, (seq, prev), body).await?;
        seq = seq.saturating_add(1);
    }
    Ok((seq.saturating_sub(1), prev))
}

async fn insert(
    conn: &mut Writer,
    stamp: Stamp,
    event: &NewEvent,
    (seq, prev_hash): (u64, Hash),
    body: Vec<u8>,
) -> Result<Hash, StoreError> {
    let header = Header {
        log: stamp.log,
        seq,
        at_us: stamp.at_us,
        kind: event.kind.clone(),
        v: event.v,
        command_id: event.command_id,
        part: event.part,
        actor: event.actor.clone(),
        scope: event.scope,
        body_digest: Hash::of(&body),
        prev_hash,
    };
    let hash = header.hash();
    let args: Vec<Value> = vec![
        header.log.into(),
        seq.into(),
        header.at_us.into(),
        stamp.boot.into(),
        stamp.mono_us.into(),
        header.kind.into(),
        header.v.into(),
        header.command_id.into(),
        header.part.into(),
        header.actor.into(),
        header.scope.into(),
        body.into(),
        header.body_digest.into(),
        prev_hash.into(),
        hash.into(),
    ];
    conn.execute("session_event", INSERT, &args).await?;
    Ok(hash)
}

/// Signs a head.
pub(super) async fn sign(
    conn: &mut Writer,
    keys: &Keys,
    stamp: Stamp,
    (seq, head): (u64, Hash),
    reason: CheckpointReason,
) -> Result<Checkpoint, StoreError> {
    let Stamp { log, at_us, .. } = stamp;
    let signer = keys.signer(at_us)?;
    let key_id = signer.public().id();
    let signature = signer.sign(&checkpoint_text(keys.installation(), log, (seq, head), at_us, reason, key_id))?;
    let args: Vec<Value> = vec![
        log.into(),
        seq.into(),
        head.into(),
        at_us.into(),
        reason.to_string().into(),
        key_id.into(),
        signature.to_string().into(),
    ];
    conn.execute("checkpoint", INSERT_CHECKPOINT, &args).await?;
    Ok(Checkpoint { log, seq, head, at_us, reason, key_id, signature })
}
