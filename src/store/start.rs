//! Opening a store: schema, keys that fit, the writer.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::adopt::adopt_rows;
use super::engine::{Engine, Writer};
use super::keys::{Keys, Wrap};
use super::sql::Value;
use super::writer::{WriterCounts, WriterTask};
use super::{Backend, Store, StoreError};
use crate::limits;

const CHECK: &[u8] = b"diemcau-keys-1";
const READ: &str = "SELECT installation_id, check_normal, check_restricted FROM installation";
const INSERT: &str = "INSERT INTO installation (only_row, installation_id, check_normal, check_restricted) \
     VALUES (1, $1, $2, $3)";
const KEY: &str = "INSERT INTO signing_key (key_id, public_key, valid_from_us, predecessor, own_signature, \
     predecessor_signature) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (key_id) DO NOTHING";

impl Store {
    /// Opens the database, migrates it, checks that the keys are its keys, brings office data of an older release into
    /// logs, and starts the writer on the current tokio runtime.
    pub async fn open(backend: &Backend, keys: Keys) -> Result<Self, StoreError> {
        let (engine, mut writer) = Engine::open(backend).await?;
        adopt_keys(&mut writer, &keys).await?;
        adopt_rows(&mut writer, &keys).await?;
        let (engine, keys) = (Arc::new(engine), Arc::new(keys));
        let (live, live_jobs) = mpsc::channel(limits::WRITER_QUEUE);
        let (office, office_jobs) = mpsc::channel(limits::WRITER_QUEUE);
        let counts = Arc::new(WriterCounts::default());
        let task = WriterTask {
            engine: Arc::clone(&engine),
            keys: Arc::clone(&keys),
            conn: Some(writer),
            live: live_jobs,
            office: office_jobs,
            counts: Arc::clone(&counts),
        };
        tokio::spawn(task.run());
        Ok(Self { engine, keys, live, office, counts })
    }
}

impl Store {
    /// A store that is only looked at: nothing is migrated, and every write is refused as if it were stopping.
    pub async fn open_read_only(backend: &Backend, keys: Keys) -> Result<Self, StoreError> {
        let engine = Arc::new(Engine::open_read_only(backend).await?);
        let ((live, _), (office, _)) = (mpsc::channel(1), mpsc::channel(1));
        Ok(Self { engine, keys: Arc::new(keys), live, office, counts: Arc::default() })
    }
}

/// A new database takes these keys as its own; an old one refuses others. The public keys are kept beside the log.
async fn adopt_keys(writer: &mut Writer, keys: &Keys) -> Result<(), StoreError> {
    writer.begin().await?;
    let place = |wrap: Wrap| format!("installation|{}|{}", keys.installation(), wrap.as_str());
    match writer.fetch(READ, &[]).await?.pop() {
        Some(mut row) => {
            let installation: String = row.take("installation.installation_id")?;
            let opens = |wrap: Wrap, sealed: &[u8]| {
                keys.wrapping(wrap).open(&place(wrap), sealed).is_some_and(|plain| plain == CHECK)
            };
            let normal: Vec<u8> = row.take("installation.check_normal")?;
            let restricted: Vec<u8> = row.take("installation.check_restricted")?;
            let same = installation == keys.installation().to_string();
            if !same || !opens(Wrap::Normal, &normal) || !opens(Wrap::Restricted, &restricted) {
                return Err(StoreError::WrongKeys);
            }
        }
        None => {
            let seal = |wrap: Wrap| keys.wrapping(wrap).seal(&place(wrap), CHECK);
            let args = [keys.installation().into(), seal(Wrap::Normal)?.into(), seal(Wrap::Restricted)?.into()];
            writer.execute("installation", INSERT, &args).await?;
        }
    }
    for key in &keys.public().keys {
        let args: Vec<Value> = vec![
            key.public_key.id().into(),
            key.public_key.to_string().into(),
            key.valid_from_us.into(),
            key.predecessor.into(),
            key.own_signature.to_string().into(),
            key.predecessor_signature.map(|signature| signature.to_string()).into(),
        ];
        writer.execute("signing_key", KEY, &args).await?;
    }
    writer.commit().await
}
