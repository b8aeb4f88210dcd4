//! A person at a browser: signs in once, comes back by itself after every cut, and sends again what was not answered.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use diemcau::domain::ids::CommandId;
use diemcau::protocol::command::Command;
use diemcau::protocol::frame::{ServerBody, ServerFrame};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use uuid::Uuid;

use super::history::{Act, History};
use super::office::{SESSION, Seat};
use super::scripts::Script;
use crate::support::process::{House, PATIENCE};
use crate::support::web::Socket;

/// Random numbers that a seed repeats (SplitMix64).
#[derive(Clone, Debug)]
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }

    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    pub fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }

    pub fn id(&mut self) -> Uuid {
        Uuid::from_u64_pair(self.below(u64::MAX), self.below(u64::MAX))
    }
}

/// What the harness wants.
#[derive(Clone, Copy, Debug, Default)]
pub struct Orders {
    /// Nobody acts before the server has been started this often.
    pub go: u32,
    /// End when everything is answered.
    pub stop: bool,
}

/// What the harness is told.
#[derive(Debug)]
pub enum News {
    /// The page is up to date again.
    Back(Instant),
    /// The socket is gone, with everything it had to say read.
    Cut(Cut),
}

/// The socket is gone, and what the server said of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cut {
    /// Of the close frame.
    pub code: Option<u16>,
    /// Of the farewell before it.
    pub retry_ms: Option<u64>,
}

/// What is shown: sections as they were patched together.
#[derive(Clone, Debug, Default)]
pub struct Page {
    pub sections: BTreeMap<String, Value>,
    hashes: BTreeMap<String, String>,
}

impl Page {
    pub fn at(&self, section: &str, pointer: &str) -> &Value {
        self.sections.get(section).and_then(|state| state.pointer(pointer)).unwrap_or(&Value::Null)
    }

    fn all_linked(&self) -> bool {
        let points = self.at("public", "/points").as_object();
        points.is_some_and(|points| points.values().all(|point| point["link"] == "connected"))
    }

    fn take(&mut self, body: ServerBody) {
        match body {
            ServerBody::Snapshot { section, hash, state, .. } => {
                self.sections.insert(section.clone(), state);
                self.hashes.insert(section, hash);
            }
            ServerBody::Patch { section, base, hash, patch, .. } => {
                assert_eq!(self.hashes.get(&section), Some(&base), "a patch fits what the page has: {section}");
                let patch: json_patch::Patch = serde_json::from_value(patch).unwrap();
                json_patch::patch(self.sections.get_mut(&section).unwrap(), &patch).unwrap();
                self.hashes.insert(section, hash);
            }
            ServerBody::Forget { section } => {
                self.sections.remove(&section);
                self.hashes.remove(&section);
            }
            _ => {}
        }
    }
}

/// One person.
pub struct Client {
    pub seat: &'static Seat,
    house: Arc<House>,
    pub cookie: String,
    socket: Option<Socket>,
    pub page: Page,
    pub history: Arc<Mutex<History>>,
    dice: Dice,
    retry_ms: Option<u64>,
}

impl Client {
    pub async fn sign_in(house: &Arc<House>, seat: &'static Seat, dice: Dice) -> Self {
        let cookie = house.sign_in(seat.login).await;
        let (page, history) = Default::default();
        let house = Arc::clone(house);
        Self { seat, house, cookie, socket: None, page, history, dice, retry_ms: None }
    }

    /// Opens the page, however long the server needs; returns when it shows what is.
    pub async fn comes(&mut self) {
        let began = Instant::now();
        while !self.tries_to_come().await {
            assert!(began.elapsed() < PATIENCE, "{} never came back\n{}", self.seat.login, self.house.said());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let mut history = self.history.lock().unwrap();
        history.shown = self.page.sections.clone();
        history.all_linked = false;
    }

    async fn tries_to_come(&mut self) -> bool {
        let Seat { point, device, login, .. } = *self.seat;
        match self.house.socket(&self.cookie, SESSION, point, device).await {
            Ok(socket) => (self.socket, self.retry_ms) = (Some(socket), None),
            Err(401) => panic!("{login} would have to sign in again"),
            Err(0 | 503) => return false,
            Err(status) => panic!("{login} is not let in: {status}"),
        }
        let hello = json!({"type": "hello", "device": device, "have": self.page.hashes});
        if self.sends(Uuid::now_v7(), hello.clone()).await.is_err() {
            return false;
        }
        // A second one is refused; that answer comes after everything the room had to show.
        let again = Uuid::now_v7();
        if self.sends(again, hello).await.is_err() {
            return false;
        }
        loop {
            match self.hears().await {
                Ok(Some(ServerBody::Refused { re, .. })) if re.0 == again => return true,
                Ok(_) => {}
                Err(_) => return false,
            }
        }
    }

    async fn sends(&mut self, id: Uuid, body: Value) -> Result<(), Cut> {
        let frame = json!({"v": 1, "id": id, "body": body}).to_string();
        let socket = self.socket.as_mut().ok_or(Cut::default())?;
        if socket.stream.send(Message::text(frame)).await.is_ok() {
            return Ok(());
        }
        // What was said before the cut is still to be read.
        loop {
            self.hears().await?;
        }
    }

    /// The next thing the server says.
    pub async fn hears(&mut self) -> Result<Option<ServerBody>, Cut> {
        let socket = self.socket.as_mut().ok_or(Cut::default())?;
        let next = timeout(PATIENCE, socket.stream.next()).await;
        match next.unwrap_or_else(|_| panic!("{}: silence\n{}", self.seat.login, self.house.said())) {
            Some(Ok(Message::Text(text))) => {
                let body = serde_json::from_str::<ServerFrame>(&text).unwrap().body;
                match &body {
                    ServerBody::Done { re, seq } => self.history.lock().unwrap().answered(*re, Ok(*seq)),
                    ServerBody::Refused { re, code, .. } => {
                        self.history.lock().unwrap().answered(*re, Err(code.clone()));
                    }
                    ServerBody::Bye { retry_ms, .. } => self.retry_ms = Some(*retry_ms),
                    _ => self.page.take(body.clone()),
                }
                Ok(Some(body))
            }
            Some(Ok(Message::Close(frame))) => self.cut(frame),
            Some(Ok(_)) => Ok(None),
            Some(Err(_)) | None => self.cut(None),
        }
    }

    fn cut(&mut self, frame: Option<CloseFrame>) -> Result<Option<ServerBody>, Cut> {
        self.socket = None;
        Err(Cut { code: frame.map(|frame| frame.code.into()), retry_ms: self.retry_ms })
    }

    /// Listens for so long.
    pub async fn rests(&mut self, pause: Duration) -> Result<(), Cut> {
        let until = tokio::time::Instant::now() + pause;
        loop {
            tokio::select! {
                heard = self.hears() => heard.map(drop)?,
                () = tokio::time::sleep_until(until) => return Ok(()),
            }
        }
    }

    /// Does these acts; returns when each is answered.
    pub async fn does(&mut self, commands: Vec<Command>) -> Result<(), Cut> {
        for command in commands {
            self.means(command);
        }
        self.settles().await
    }

    /// An act that is not sent yet.
    pub fn means(&mut self, command: Command) -> Act {
        let act = Act { id: CommandId(self.dice.id()), command, answer: None };
        self.history.lock().unwrap().begun(act.clone());
        act
    }

    /// Sends an act `times` in one go, and gives the answer to each.
    pub async fn sends_act(&mut self, act: &Act, times: usize) -> Vec<Result<i64, String>> {
        let body = json!({"type": "command", "command": act.command});
        for _ in 0..times {
            self.sends(act.id.0, body.clone()).await.unwrap();
        }
        let mut answers = Vec::new();
        while answers.len() < times {
            match self.hears().await.unwrap() {
                Some(ServerBody::Done { re, seq }) if re == act.id => answers.push(Ok(seq)),
                Some(ServerBody::Refused { re, code, .. }) if re == act.id => answers.push(Err(code)),
                _ => {}
            }
        }
        answers
    }

    /// One act, one answer, whatever it is.
    pub async fn tries(&mut self, command: Command) -> (Act, Result<i64, String>) {
        let act = self.means(command);
        let answer = self.sends_act(&act, 1).await.remove(0);
        (act, answer)
    }

    /// Sends what is not answered, in its order and with its ids, until it is.
    async fn settles(&mut self) -> Result<(), Cut> {
        let began = Instant::now();
        loop {
            let open: Vec<Act> = self.history.lock().unwrap().unanswered().cloned().collect();
            if open.is_empty() {
                return Ok(());
            }
            assert!(began.elapsed() < PATIENCE, "{}: no answer to {open:?}\n{}", self.seat.login, self.house.said());
            for act in &open {
                let body = json!({"type": "command", "command": act.command});
                self.sends(act.id.0, body.clone()).await?;
                if self.dice.once_in(10) {
                    self.sends(act.id.0, body).await?;
                }
            }
            let mut waiting: Vec<CommandId> = open.iter().map(|act| act.id).collect();
            while !waiting.is_empty() {
                if let Some(ServerBody::Done { re, .. } | ServerBody::Refused { re, .. }) = self.hears().await? {
                    waiting.retain(|id| *id != re);
                }
            }
            if self.history.lock().unwrap().unanswered().next().is_some() {
                self.rests(Duration::from_millis(100)).await?;
            }
        }
    }

    /// Works by its script through all cuts, until told to stop.
    pub async fn works(mut self, mut script: Script, mut orders: watch::Receiver<Orders>, news: mpsc::Sender<News>) {
        for round in 1.. {
            self.comes().await;
            news.send(News::Back(Instant::now())).await.unwrap();
            match self.serves(round, &mut script, &mut orders).await {
                Ok(()) => return,
                Err(cut) => news.send(News::Cut(cut)).await.unwrap(),
            }
        }
    }

    async fn serves(
        &mut self,
        round: u32,
        script: &mut Script,
        orders: &mut watch::Receiver<Orders>,
    ) -> Result<(), Cut> {
        while orders.borrow_and_update().go < round {
            tokio::select! {
                changed = orders.changed() => changed.unwrap(),
                heard = self.hears() => heard.map(drop)?,
            }
        }
        self.settles().await?;
        while !orders.borrow().stop {
            let commands = {
                let mut history = self.history.lock().unwrap();
                history.all_linked = self.page.all_linked();
                script.next(&self.page, &history.texts, &mut self.dice)
            };
            self.does(commands).await?;
            let pause = script.pace(&mut self.dice);
            self.rests(pause).await?;
        }
        Ok(())
    }
}
