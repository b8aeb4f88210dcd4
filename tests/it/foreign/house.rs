//! A server with an open lobby, a page at the central point, and what a machine says by HTTP.

use std::time::Duration;

use diemcau::auth::device;
use diemcau::bot::{Bot, BotConfig, BotPictures};
use diemcau::clock::Clock as _;
use diemcau::config::Config;
use diemcau::domain::actor::Actor;
use diemcau::domain::ids::{CommandId, DeviceId, PointId, SessionId};
use diemcau::domain::people::UnitRole;
use diemcau::domain::session::{SessionAct, SessionStep, StepOutcome};
use diemcau::domain::units::DeviceKind;
use diemcau::protocol::command::Command;
use diemcau::store::office::{Act, DeviceScope};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

use super::stage::watches;
use crate::support::web::{Answer, BOARD, CENTRAL, PEOPLE, Socket, Web, XA_A, frame, user};

/// A server, its session with an open lobby, and tokens for both kinds of machines.
pub(super) struct House {
    pub(super) web: Web,
    pub(super) session: SessionId,
    /// Of the commune's point.
    pub(super) encoder: String,
    pub(super) encoder_id: DeviceId,
    pub(super) wall: String,
}

pub(super) fn actor(login: &str, point: PointId) -> Actor {
    let (_, unit, role) = PEOPLE.into_iter().find(|(name, _, _)| *name == login).unwrap();
    Actor {
        user: user(login),
        name: login.to_owned(),
        title: String::new(),
        point: Some(point),
        device: DeviceKind::Companion,
        browser: Uuid::nil(),
        roles: vec![(unit, role)],
    }
}

impl House {
    pub(super) async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    pub(super) async fn open_with(change: impl FnOnce(&mut Config)) -> Self {
        let web = Web::start_with(change).await;
        let session = web.session().await;
        let (_, encoder_id, encoder) = token(&web, DeviceScope::Point(XA_A)).await;
        let (_, _, wall) = token(&web, DeviceScope::Session(session)).await;
        let house = Self { web, session, encoder, encoder_id, wall };
        house.prepare().await;
        house
    }

    pub(super) async fn acts(&self, login: &str, command: Command) -> Result<i64, &'static str> {
        let room = self.web.server.app().registry.open(self.session).await.unwrap();
        room.command(actor(login, CENTRAL), CommandId(Uuid::new_v4()), command).await.map_err(|refusal| refusal.code)
    }

    pub(super) async fn moves(&self, login: &str, act: SessionAct) {
        self.acts(login, Command::MoveSession { act, reason: "thử".to_owned(), new_start: None }).await.unwrap();
    }

    /// The session begins, as soon as the recorder has shown that it writes.
    pub(super) async fn starts(&self) {
        self.moves("head", SessionAct::MakeReady).await;
        let why = || "đơn vị tham mưu đến sau".to_owned();
        let end = tokio::time::Instant::now() + Duration::from_secs(30);
        loop {
            let start = Command::MoveSession { act: SessionAct::Start, reason: why(), new_start: None };
            match self.acts("head", start).await {
                Ok(_) => return,
                Err("recorder_not_ready") if tokio::time::Instant::now() < end => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Err(code) => panic!("start refused: {code}"),
            }
        }
    }

    async fn prepare(&self) {
        for step in [SessionStep::Publication, SessionStep::Notice, SessionStep::TrialCall] {
            let outcome = StepOutcome::Done { note: "đã làm".to_owned() };
            self.acts("officer", Command::RecordStep { step, point: None, outcome }).await.unwrap();
        }
        assert_eq!(PEOPLE[0], ("head", BOARD, UnitRole::Head));
        for (login, act) in [
            ("head", SessionAct::Approve),
            ("officer", SessionAct::Publish),
            ("officer", SessionAct::Notify),
            ("officer", SessionAct::Test),
            ("head", SessionAct::OpenLobby),
        ] {
            self.moves(login, act).await;
        }
    }

    /// A page with sound and picture at a point.
    pub(super) async fn page(&self, login: &str, point: PointId, config: &BotConfig) -> (Seat, Bot) {
        self.connected(login, point, Bot::offer(config).await.unwrap()).await
    }

    /// The presider's page, which watches one picture in either codec.
    pub(super) async fn viewer(&self) -> (Seat, Bot) {
        let offered = Bot::offer_pictures(&watches(1), BotPictures::Both).await.unwrap();
        self.connected("head", CENTRAL, offered).await
    }

    async fn connected(&self, login: &str, point: PointId, (mut bot, offer): (Bot, String)) -> (Seat, Bot) {
        let mut seat = self.seat(login, point).await;
        bot.accept(&seat.offers(&offer).await).await.unwrap();
        assert!(bot.connected(Duration::from_secs(20)).await);
        (seat, bot)
    }

    /// A page without media yet.
    pub(super) async fn seat(&self, login: &str, point: PointId) -> Seat {
        Seat::take(self.web.joined(login, self.session, point).await.0)
    }

    pub(super) async fn ask(
        &self,
        method: &str,
        path: &str,
        token: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let bearer = format!("Bearer {token}");
        let mut all = vec![("host", self.web.host.as_str()), ("authorization", &bearer)];
        all.extend(headers);
        self.web.request(method, path, &all, body.as_bytes()).await
    }

    pub(super) async fn post(&self, path: &str, token: &str, offer: &str) -> Answer {
        self.ask("POST", path, token, &[("content-type", "application/sdp")], offer).await
    }

    pub(super) fn whip(&self) -> String {
        format!("/whip/{XA_A}")
    }

    pub(super) fn whep(&self) -> String {
        format!("/whep/{}", self.session)
    }

    /// A machine that speaks through the `webrtc` crate; the address of what it made.
    pub(super) async fn machine(&self, path: &str, token: &str, config: &BotConfig) -> (Bot, String) {
        self.enters(path, token, Bot::offer(config).await.unwrap()).await
    }

    pub(super) async fn enters(&self, path: &str, token: &str, (mut bot, offer): (Bot, String)) -> (Bot, String) {
        let answer = self.post(path, token, &offer).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        bot.accept(std::str::from_utf8(&answer.body).unwrap()).await.unwrap();
        assert!(bot.connected(Duration::from_secs(20)).await);
        (bot, answer.header("location").unwrap().to_owned())
    }
}

pub(super) async fn token(web: &Web, scope: DeviceScope) -> (DeviceScope, DeviceId, String) {
    let id = DeviceId(web.clock.new_id());
    let by = Act::by("console", web.clock.now());
    let day = Duration::from_secs(24 * 60 * 60);
    let (kept, token) = device::make(web.accounts(), id, scope, ("máy thử", day), by).await.unwrap();
    assert_eq!(kept.id, id);
    (scope, id, token)
}

/// A page that stays as long as the test does, however slow the machine: it answers as browsers do, by itself.
pub(super) struct Seat {
    say: mpsc::UnboundedSender<String>,
    heard: mpsc::UnboundedReceiver<Value>,
}

impl Seat {
    fn take(socket: Socket) -> Self {
        let (mut sink, mut stream) = socket.stream.split();
        let (say, mut to_say) = mpsc::unbounded_channel::<String>();
        let (hear, heard) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut alive = tokio::time::interval(Duration::from_secs(1));
            loop {
                let text = tokio::select! {
                    text = to_say.recv() => match text {
                        Some(text) => text,
                        None => return,
                    },
                    _ = alive.tick() => frame(json!({"type": "pong"})),
                };
                if sink.send(Message::text(text)).await.is_err() {
                    return;
                }
            }
        });
        tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                let Message::Text(text) = message else { continue };
                let mut body: Value = serde_json::from_str(&text).unwrap();
                if hear.send(body["body"].take()).is_err() {
                    return;
                }
            }
        });
        Self { say, heard }
    }

    async fn until(&mut self, kind: &str) -> Value {
        let wait = async {
            loop {
                let body = self.heard.recv().await.unwrap_or_else(|| panic!("the socket ended before {kind}"));
                assert!(body["type"] != "refused", "{body}");
                if body["type"] == kind {
                    return body;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(30), wait).await.expect("an answer")
    }

    pub(super) async fn offers(&mut self, offer: &str) -> String {
        self.say.send(frame(json!({"type": "offer", "sdp": offer}))).unwrap();
        self.until("answer").await["sdp"].as_str().unwrap().to_owned()
    }

    /// What its slots show, once it is so.
    pub(super) async fn slots(&mut self, fits: impl Fn(&[Value]) -> bool) {
        while !fits(self.until("slots").await["slots"].as_array().unwrap()) {}
    }

    /// One act, done when it is stored.
    pub(super) async fn acts(&mut self, command: Value) {
        self.say.send(frame(json!({"type": "command", "command": command}))).unwrap();
        self.until("done").await;
    }
}
