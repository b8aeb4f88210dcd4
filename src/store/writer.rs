//! The one writer: a task that owns the write connection, takes what waits, and commits it together.
//!
//! While a commit is being synced, new writes gather in the queue and share the next one (group commit): the disk is
//! asked once for many. Each write is a savepoint, so that a refused one does not undo its neighbours; but if the
//! commit itself fails, all of the group fail and nothing of them is visible.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{mpsc, oneshot};

use super::append::{self, Append, Appended};
use super::engine::{Engine, Writer};
use super::keys::Keys;
use super::notes::{self, Cause, Watch};
use super::office::Act;
use super::scope::WriteKeys;
use super::sql::Statement;
use super::{Outage, StoreError};
use crate::limits;

/// What the writer can be asked.
pub(super) enum Work {
    /// Events of one log with their rows.
    Append(Box<Append>),
    /// Rows alone, as an act of the office.
    Rows { act: Act, rows: Vec<Statement> },
    /// Change the size limit of the database.
    MaxBytes(Option<u64>),
    /// Overwrite what an erasure left behind.
    Scrub,
}

/// The answer: what an append became; `None` for the others.
pub(super) type Answer = Result<Option<Appended>, StoreError>;

pub(super) struct Job {
    pub(super) work: Work,
    pub(super) reply: oneshot::Sender<Answer>,
}

/// What the writer has done since it started.
#[derive(Debug, Default)]
pub struct WriterCounts {
    pub(super) commits: AtomicU64,
    pub(super) writes: AtomicU64,
    pub(super) failures: AtomicU64,
}

impl WriterCounts {
    /// Transactions committed.
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }
    /// Writes that were committed in them.
    pub fn writes(&self) -> u64 {
        self.writes.load(Ordering::Relaxed)
    }
    /// Transactions that failed as a whole.
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }
}

pub(super) struct WriterTask {
    pub(super) engine: Arc<Engine>,
    pub(super) keys: Arc<Keys>,
    pub(super) conn: Option<Writer>,
    pub(super) live: mpsc::Receiver<Job>,
    pub(super) office: mpsc::Receiver<Job>,
    pub(super) counts: Arc<WriterCounts>,
}

/// Whether a transaction failed before or in its last step.
enum GroupError {
    Before(StoreError),
    InCommit(StoreError),
}

impl WriterTask {
    /// Runs until the store is dropped; what is queued then is still written.
    pub(super) async fn run(mut self) {
        while let Some(group) = self.next_group().await {
            self.serve(group).await;
        }
        if let Some(conn) = self.conn.take() {
            conn.close().await;
        }
        self.engine.close().await;
    }

    /// Live writes first; office writes only when no live one waits, and one at a time.
    async fn next_group(&mut self) -> Option<Vec<Job>> {
        let (first, live) = tokio::select! {
            biased;
            Some(job) = self.live.recv() => (job, true),
            Some(job) = self.office.recv() => (job, false),
            else => return None,
        };
        let mut group = vec![first];
        while live && group.len() < limits::GROUP_COMMIT {
            let Ok(job) = self.live.try_recv() else { break };
            group.push(job);
        }
        Some(group)
    }

    async fn serve(&mut self, group: Vec<Job>) {
        let (mut works, replies): (Vec<_>, Vec<_>) = group.into_iter().map(|job| (job.work, job.reply)).unzip();
        let answers = match tokio::time::timeout(limits::COMMIT_TIMEOUT, self.group(&mut works)).await {
            Ok(answers) => answers,
            Err(_) => {
                self.conn = None;
                self.failed(&StoreError::Unavailable(Outage::Busy), works.len())
            }
        };
        for (reply, answer) in replies.into_iter().zip(answers) {
            // The asker may be gone; what was committed stays committed.
            drop(reply.send(answer));
        }
    }

    fn failed(&self, error: &StoreError, count: usize) -> Vec<Answer> {
        self.counts.failures.fetch_add(1, Ordering::Relaxed);
        tracing::error!(code = error.code(), %error, writes = count, "nothing of this group was stored");
        (0..count).map(|_| Err(error.clone())).collect()
    }

    async fn group(&mut self, works: &mut [Work]) -> Vec<Answer> {
        if let [Work::MaxBytes(_) | Work::Scrub] = works {
            return vec![self.outside(works).await];
        }
        let mut answers = Vec::with_capacity(works.len());
        match self.transaction(works, &mut answers).await {
            Ok(()) => answers,
            Err(GroupError::Before(error)) => {
                self.recover(&error).await;
                self.failed(&error, works.len())
            }
            Err(GroupError::InCommit(error)) => {
                self.recover(&error).await;
                if self.was_committed(works, &answers).await {
                    tracing::warn!(code = "commit_answer_lost", "the commit was done although its answer was lost");
                    self.committed(&answers);
                    return answers;
                }
                self.failed(&error, works.len())
            }
        }
    }

    /// What runs outside a transaction. In a group with others it is refused by [`Self::one`].
    async fn outside(&mut self, works: &[Work]) -> Answer {
        let conn = self.connected().await?;
        match works {
            [Work::MaxBytes(bytes)] => conn.set_max_bytes(*bytes).await?,
            _ => conn.scrub().await?,
        }
        Ok(None)
    }

    async fn connected(&mut self) -> Result<&mut Writer, StoreError> {
        let conn = match self.conn.take() {
            Some(conn) => conn,
            None => self.engine.connect().await?,
        };
        Ok(self.conn.insert(conn))
    }

    /// Begins; a connection that died while idle is replaced once, because nothing was sent on it yet.
    async fn begin(&mut self) -> Result<(), StoreError> {
        match self.connected().await?.begin().await {
            Err(StoreError::Unavailable(Outage::Connection)) => {
                self.conn = None;
                self.connected().await?.begin().await
            }
            other => other,
        }
    }

    async fn transaction(&mut self, works: &mut [Work], answers: &mut Vec<Answer>) -> Result<(), GroupError> {
        self.begin().await.map_err(GroupError::Before)?;
        let keys = Arc::clone(&self.keys);
        let Some(conn) = self.conn.as_mut() else {
            return Err(GroupError::Before(StoreError::Unavailable(Outage::Connection)));
        };
        for work in works {
            let answer = savepoint(conn, &keys, work).await;
            match answer {
                Err(error) if error.ends_transaction() => return Err(GroupError::Before(error)),
                answer => answers.push(answer),
            }
        }
        if answers.iter().all(Result::is_err) {
            return conn.rollback().await.map_err(GroupError::Before);
        }
        conn.commit().await.map_err(GroupError::InCommit)?;
        self.committed(answers);
        Ok(())
    }

    fn committed(&self, answers: &[Answer]) {
        let writes = answers.iter().filter(|answer| answer.is_ok()).count();
        let commits = self.counts.commits.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if commits.is_multiple_of(limits::WAL_COMMITS) {
            let engine = Arc::clone(&self.engine);
            tokio::spawn(async move {
                // Left undone it costs space, not data: the next one does it, or the writer itself at its bound.
                if let Err(error) = engine.write_back().await {
                    tracing::warn!(code = error.code(), %error, "the write-ahead log was not written back");
                }
            });
        }
        self.counts.writes.fetch_add(u64::try_from(writes).unwrap_or(0), Ordering::Relaxed);
    }

    /// Leaves no open transaction behind: undo, and if that is not certain, a new connection next time.
    async fn recover(&mut self, error: &StoreError) {
        let Some(conn) = self.conn.as_mut() else { return };
        // After an error of the disk nothing this connection remembers of the file is trusted any more.
        let lost = matches!(error, StoreError::Unavailable(Outage::Connection | Outage::Io));
        if lost || conn.rollback().await.is_err() {
            self.conn = None;
        }
    }

    /// A lost answer to COMMIT may mean either; the log itself knows.
    async fn was_committed(&mut self, works: &[Work], answers: &[Answer]) -> bool {
        let written = works.iter().zip(answers).find_map(|pair| match pair {
            (Work::Append(append), Ok(Some(done))) if !done.replayed => Some((append.session, done.head)),
            _ => None,
        });
        let Some((session, head)) = written else { return false };
        match self.connected().await {
            Ok(conn) => append::is_stored(conn, session, head).await.unwrap_or(false),
            Err(_) => false,
        }
    }
}

/// One write of a group. An error that ends the transaction is returned with the savepoint still open.
async fn savepoint(conn: &mut Writer, keys: &Keys, work: &mut Work) -> Answer {
    conn.control("savepoint", "SAVEPOINT one").await?;
    let refusal = match one(conn, keys, work).await {
        Ok(done) => {
            conn.control("savepoint", "RELEASE SAVEPOINT one").await?;
            return Ok(done);
        }
        Err(error) if error.ends_transaction() => return Err(error),
        Err(refusal) => refusal,
    };
    conn.control("savepoint", "ROLLBACK TO SAVEPOINT one").await?;
    conn.control("savepoint", "RELEASE SAVEPOINT one").await?;
    match (work, refusal) {
        (
            Work::Append(append),
            refusal @ (StoreError::SeqConflict { .. } | StoreError::Constraint { what: "session_event" }),
        ) => append::replay(conn, append, refusal).await.map(Some),
        (_, refusal) => Err(refusal),
    }
}

async fn one(conn: &mut Writer, keys: &Keys, work: &mut Work) -> Answer {
    match work {
        Work::Append(append) => append::write(conn, keys, append).await.map(Some),
        Work::Rows { act, rows } => {
            let at_us = act.at.as_microsecond();
            let mut write_keys = WriteKeys::new(keys, at_us);
            let watch = Watch::begin(conn, rows).await?;
            append::run_rows(conn, &mut write_keys, rows).await?;
            let marks = watch.end(conn, keys, false).await?;
            notes::tell(conn, &mut write_keys, &Cause::act(&act.actor, at_us), marks).await.map(|()| None)
        }
        Work::MaxBytes(_) | Work::Scrub => Err(StoreError::Invalid { field: "work" }),
    }
}
