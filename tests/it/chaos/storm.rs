//! A power cut of the province: the program is killed with three hundred points in a session, and all of them come back
//! at once, by the door and with the keys of a page.

use std::sync::Arc;
use std::time::{Duration, Instant};

use diemcau::app::accounts::Accounts;
use diemcau::auth::secret;
use diemcau::clock::SystemClock;
use diemcau::domain::event::SessionPoint;
use diemcau::domain::ids::{PointId, UserId, VisitId};
use diemcau::domain::people::{Function, User};
use diemcau::domain::units::{Point, PointRole};
use diemcau::load::{self, Admitted, Door, DoorError, DoorFuture, Local, Profile, Remote, Report, Scene, Wish};
use diemcau::protocol::command::Command;
use diemcau::protocol::rest::NewFunction;
use diemcau::store::office::{Account, WebSession};
use futures_util::{SinkExt as _, StreamExt as _};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

use super::office::{CENTRAL, SESSION, UNIT, begin_session, command, furnish, new_session, registration};
use crate::support::process::{House, PATIENCE};
use crate::support::web::{Socket, frame};

const POINTS: usize = 300;
/// Of as many communes: each of them is shown another agenda.
const VISITS: usize = 30;
/// What is promised is 5 s of the shipped program, here with threefold head-room; `tests/gates.sh storm` measures that.
/// Of one that is not optimised, beside points that are not either, it is asked that nothing grows out of hand: it took
/// minutes when each point that came made the room show everything to everybody.
const ALL_BACK: Duration = Duration::from_secs(if cfg!(debug_assertions) { 60 } else { 15 });
const WARM_UP: Duration = Duration::from_millis(500);
const WINDOW: Duration = Duration::from_secs(1);
/// A page's own pause between two tries.
const AGAIN: Duration = Duration::from_millis(50);

fn point(n: usize) -> PointId {
    PointId(Uuid::from_u128(0x1000 + n as u128))
}

fn officer(n: usize) -> UserId {
    UserId(Uuid::from_u128(0x2000 + n as u128))
}

/// A point with an officer who signed in this morning; answers with the value of the cookie.
async fn furnished(accounts: &Accounts, n: usize) -> String {
    let now = Timestamp::now();
    let valid_from = "2025-07-01".parse().unwrap();
    let (name, address) = (format!("Xã {n}"), "Địa chỉ".to_owned());
    let (equipment, phone) = Default::default();
    let place = Point { id: point(n), unit: UNIT, name, address, equipment, phone, valid_from, valid_to: None };
    accounts.save_point(&place, now).await.unwrap();
    let (id, login) = (officer(n), format!("xa-{n}"));
    let user = User { id, name: login.clone(), login, title: String::new(), disabled: false };
    accounts.save(&Account { user, password_hash: None }, now).await.unwrap();
    let token = secret::token().unwrap();
    let expires_at = now + SignedDuration::from_hours(8);
    let token_hash = secret::digest(&token);
    let signed_in = WebSession { token_hash, user: id, device: None, created_at: now, seen_at: now, expires_at };
    accounts.open_sign_in(&signed_in).await.unwrap();
    token
}

/// The way in of pages that are signed in and come back by themselves.
struct Pages {
    house: Arc<House>,
    /// Of the head at the central point, and of the officers.
    cookies: Vec<String>,
}

impl Pages {
    /// A ticket that has run out is refused with the same status as a sign-in that is gone.
    async fn is_signed_in(&self, cookie: &str, at: PointId) -> bool {
        let asked = json!({"session": SESSION, "point": at, "device": "main"});
        self.house.post("/api/v1/tickets", cookie, &asked).await.map_or(true, |answer| answer.status != 401)
    }

    /// One try, as a page does it: ticket, socket, hello, offer.
    async fn tries(&self, wish: Wish, local: &Local) -> Result<Remote, String> {
        let at = wish.client.checked_sub(1).map_or(CENTRAL, point);
        let cookie = &self.cookies[wish.client];
        let mut socket = match self.house.socket(cookie, SESSION, Some(at), "main").await {
            Ok(socket) => socket,
            Err(401) if !self.is_signed_in(cookie, at).await => panic!("{at} would have to sign in again"),
            Err(status) => return Err(status.to_string()),
        };
        socket.say(&frame(json!({"type": "hello", "device": "main", "have": {}}))).await;
        let welcome = hears(&mut socket, "welcome").await?;
        let slots = usize::try_from(welcome["slots"].as_u64().unwrap()).unwrap();
        socket.say(&frame(json!({"type": "offer", "sdp": local.offer(slots)}))).await;
        let answer = hears(&mut socket, "answer").await?;
        let remote = Remote::parse(answer["sdp"].as_str().unwrap()).ok_or("an answer that is none")?;
        tokio::spawn(stays(socket));
        Ok(remote)
    }
}

impl Door for Pages {
    fn join<'a>(&'a self, wish: Wish, local: &'a Local) -> DoorFuture<'a, Admitted> {
        Box::pin(async move {
            let began = Instant::now();
            loop {
                match self.tries(wish, local).await {
                    Ok(remote) => return Ok(Admitted { remote, streams: None }),
                    Err(reason) if began.elapsed() > PATIENCE => return Err(DoorError::Broken(reason)),
                    Err(_) => tokio::time::sleep(AGAIN).await,
                }
            }
        })
    }

    /// A page does not close its socket; whoever is cut off finds it closed.
    fn leave(&self, _: Wish) -> DoorFuture<'_, ()> {
        Box::pin(async { Ok(()) })
    }
}

/// The next body of this type; what else comes is passed over, and what ends the wait is said.
async fn hears(socket: &mut Socket, kind: &str) -> Result<Value, String> {
    loop {
        let next = tokio::time::timeout(PATIENCE, socket.stream.next()).await.map_err(|_| "silence".to_owned())?;
        let Some(Ok(message)) = next else { return Err(format!("{next:?}")) };
        let Message::Text(text) = message else { continue };
        let mut frame: Value = serde_json::from_str(&text).unwrap();
        match frame["body"]["type"].as_str() {
            Some(found) if found == kind => return Ok(frame["body"].take()),
            Some("refused") => return Err(frame["body"]["code"].to_string()),
            _ => {}
        }
    }
}

/// Reads what is shown and answers pings, until the server is gone.
async fn stays(mut socket: Socket) {
    while hears(&mut socket, "ping").await.is_ok() {
        if socket.stream.send(Message::text(frame(json!({"type": "pong"})))).await.is_err() {
            return;
        }
    }
}

/// Everybody comes at once, sends a little and looks at what is shown.
async fn all_come(pages: &Arc<Pages>) -> Report {
    let few =
        Profile { frames_per_second: 2, packets_per_frame: 1, packet_bytes: 300, sound_per_second: 2, sound_bytes: 60 };
    let scene = Scene {
        publishers: 0,
        subscribers: 0,
        talkers: POINTS + 1,
        joins_at_once: POINTS + 1,
        profile: few,
        warm_up_ms: WARM_UP.as_millis() as u64,
        window_ms: WINDOW.as_millis() as u64,
        ..Scene::default()
    };
    let door: Arc<dyn Door> = pages.clone();
    load::play(scene, door, SystemClock::start()).await.unwrap()
}

/// Three hundred points need this machine for themselves: the gate `alone` runs it, `storm` with the optimised program.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the machine for itself"]
async fn three_hundred_points_are_back_and_nobody_signs_in_again() {
    let house = Arc::new(House::new());
    furnish(&house).await;
    let accounts = Accounts::new(house.store().await);
    let tokens = futures_util::future::join_all((0..POINTS).map(|n| furnished(&accounts, n))).await;
    drop(accounts);
    let (process, _) = house.start().await;
    let (head, desk) = (house.sign_in("head").await, house.sign_in("desk").await);
    let mut new = new_session();
    new.points.extend((0..POINTS).map(|n| SessionPoint {
        point: point(n),
        unit: UNIT,
        role: PointRole::Component,
        name: format!("Xã {n}"),
        address: "Địa chỉ".to_owned(),
    }));
    let officers = |n| NewFunction { user: officer(n), function: Function::PointOfficer, point: point(n) };
    new.functions.extend((0..POINTS).map(officers));
    begin_session(&house, &head, &desk, &new).await;
    for n in 0..VISITS {
        let registration = registration(VisitId(Uuid::from_u128(0x3000 + n as u128)), point(n));
        let answer = command(&house, &desk, Command::RegisterVisit { registration }).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let name = head.split_once('=').unwrap().0;
    let cookies = [head.clone()].into_iter().chain(tokens.iter().map(|token| format!("{name}={token}"))).collect();
    let pages = Arc::new(Pages { house: house.clone(), cookies });
    let first = all_come(&pages).await;
    assert_eq!((first.connected, first.failed, &first.reason), (POINTS + 1, 0, &None), "{first:?}\n{}", house.said());
    process.kill().await;
    let cut = Instant::now();
    let ((_process, ready), back) = tokio::join!(house.start(), all_come(&pages));
    assert_eq!((back.connected, back.failed, &back.reason), (POINTS + 1, 0, &None), "{back:?}\n{}", house.said());
    // Everybody is connected before the load warms up.
    let all_back = cut.elapsed().saturating_sub(WARM_UP + WINDOW);
    println!("ready after {ready:?}, all {POINTS} points connected after {all_back:?}");
    assert!(all_back < ALL_BACK, "{back:?}");
}
