//! The door to a bare media engine in a child process.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::oneshot;

use super::door::{Admitted, Door, DoorError, DoorFuture, Wish};
use super::host::{Ask, Tell};
use super::sdp::{Local, Remote};

const ANSWER: Duration = Duration::from_secs(15);

type Waiting = Arc<Mutex<BTreeMap<usize, oneshot::Sender<Result<String, String>>>>>;

/// A media engine in a process of its own; it ends with this.
pub struct Bare {
    child: Child,
    input: tokio::sync::Mutex<ChildStdin>,
    waiting: Waiting,
}

impl Bare {
    /// Starts `host`, a command that serves an engine on its standard input and output.
    ///
    /// # Errors
    /// [`DoorError::Broken`] when it does not start or is not ready in time.
    pub async fn start(mut host: Command) -> Result<Self, DoorError> {
        let broken = |error: std::io::Error| DoorError::Broken(error.to_string());
        let mut child = host.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn().map_err(broken)?;
        let nothing = || DoorError::Broken("the media engine has no pipes".to_owned());
        let input = child.stdin.take().ok_or_else(nothing)?;
        let mut lines = BufReader::new(child.stdout.take().ok_or_else(nothing)?).lines();
        let ready = tokio::time::timeout(ANSWER, lines.next_line()).await;
        let ready = ready.ok().and_then(Result::ok).flatten();
        let is_ready = |line: String| matches!(serde_json::from_str(&line), Ok(Tell::Ready { .. }));
        if !ready.is_some_and(is_ready) {
            return Err(DoorError::Broken("the media engine did not start".to_owned()));
        }
        let waiting = Waiting::default();
        let answered = waiting.clone();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                let (client, answer) = match serde_json::from_str(&line) {
                    Ok(Tell::Answer { client, sdp }) => (client, Ok(sdp)),
                    Ok(Tell::Refused { client, code }) => (client, Err(code)),
                    _ => continue,
                };
                let wait = answered.lock().unwrap_or_else(PoisonError::into_inner).remove(&client);
                if wait.is_some_and(|wait| wait.send(answer).is_err()) {
                    tracing::debug!("nobody waits for an answer any more");
                }
            }
            // Whoever waits is told by the end of its channel.
            answered.lock().unwrap_or_else(PoisonError::into_inner).clear();
        });
        Ok(Self { child, input: tokio::sync::Mutex::new(input), waiting })
    }

    async fn ask(&self, ask: &Ask) -> Result<(), DoorError> {
        let mut line = serde_json::to_string(ask).map_err(|error| DoorError::Broken(error.to_string()))?;
        line.push('\n');
        let mut input = self.input.lock().await;
        input.write_all(line.as_bytes()).await.map_err(|error| DoorError::Broken(error.to_string()))
    }
}

impl Door for Bare {
    fn join<'a>(&'a self, wish: Wish, local: &'a Local) -> DoorFuture<'a, Admitted> {
        Box::pin(async move {
            let Wish { client, room, sends, receives } = wish;
            let (reply, wait) = oneshot::channel();
            self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(client, reply);
            let offer = local.offer(receives);
            self.ask(&Ask::Join { client, room, sends, receives: receives > 0, offer }).await?;
            let answer = tokio::time::timeout(ANSWER, wait).await;
            let broken = || DoorError::Broken("the media engine does not answer".to_owned());
            let sdp = answer.map_err(|_| broken())?.map_err(|_| broken())?.map_err(DoorError::Refused)?;
            let remote = Remote::parse(&sdp).ok_or_else(|| DoorError::Broken("the answer is not usable".to_owned()))?;
            Ok(Admitted { remote, streams: Some(2 * receives) })
        })
    }

    fn leave(&self, wish: Wish) -> DoorFuture<'_, ()> {
        Box::pin(async move { self.ask(&Ask::Leave { client: wish.client }).await })
    }

    fn process(&self) -> Option<u32> {
        self.child.id()
    }
}
