//! Erasure: the key of a scope is destroyed, and a signed event says so.

use super::append::{Append, Appended, NewEvent};
use super::scope::DESTROY;
use super::sql::Statement;
use super::writer::Work;
use super::{Store, StoreError};
use crate::domain::chain::{ERASURE_KIND, Erasure, Scope, erasure_text, plain_field};
use crate::domain::ids::CommandId;

/// Who erases what, and why.
#[derive(Debug, Clone)]
pub struct Erase {
    /// Whose bodies and rows will not open again: a visit, or what is the session's own.
    pub scope: Scope,
    /// The act.
    pub command_id: CommandId,
    /// Who did it.
    pub actor: String,
    /// Code of the legal ground.
    pub reason: String,
}

impl Store {
    /// Appends the signed erasure and destroys the key in the same transaction, then overwrites what is left of it in
    /// this database. Copies elsewhere (backups) hold the wrapped key until they are replaced.
    pub async fn erase(&self, mut append: Append, erase: Erase) -> Result<Appended, StoreError> {
        if matches!(erase.scope, Scope::Open | Scope::Office) || !plain_field(&erase.reason) {
            return Err(StoreError::Invalid { field: "erase" });
        }
        let at_us = append.at.as_microsecond();
        let signer = self.keys.signer(at_us)?;
        let key_id = signer.public().id();
        let moment = (at_us, erase.command_id);
        let text =
            erasure_text(self.keys.installation(), append.session.into(), erase.scope, moment, &erase.reason, key_id);
        let signature = signer.sign(&text)?;
        let body = Erasure { scope: erase.scope, reason: erase.reason, key_id, signature }.body();
        append.events.push(NewEvent {
            kind: ERASURE_KIND.to_owned(),
            v: 1,
            command_id: erase.command_id,
            part: 0,
            actor: erase.actor,
            scope: Scope::Open,
            body: body.into_bytes(),
        });
        let destroy = Statement::new("scope_key.destroy", DESTROY);
        append.rows.push(destroy.bind(append.session).bind(erase.scope).bind(at_us).one_row());
        let done = self.append(append).await?;
        self.submit(&self.office, Work::Scrub).await?;
        Ok(done)
    }
}
