//! A point that runs by itself: signs in by a link, looks for its session, sits down, and does as `officer` decides.
//!
//! It comes back after everything: a cut, a restart, a session that is over.

use std::collections::BTreeMap;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::cast;
use super::error::DemoError;
use super::material::Material;
use super::officer::{Deed, Officer, View};
use super::player::{Player, TICK};
use super::province::Province;
use crate::bot::wire::{Door, Socket, WireError};
use crate::bot::{Bot, BotConfig, BotError};
use crate::clock::SharedClock;
use crate::domain::ids::{CommandId, SessionId};
use crate::domain::session::SessionStatus;
use crate::domain::units::DeviceKind;
use crate::protocol::frame::{ClientBody, ServerBody};
use crate::protocol::rest::SessionRow;
use crate::protocol::section::LinkView;

/// Between two looks for a session, and between two tries to connect.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// An officer thinks so often.
const THINK: Duration = Duration::from_millis(300);
const CONNECT: Duration = Duration::from_secs(10);
/// A point that the others do not see for so long begins anew.
const UNSEEN_US: i64 = 6_000_000;
/// The same act is not tried more often when it is refused.
const TRIES: u32 = 3;

/// Makes the token of a one-use link for the point's officer.
pub type Links = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Option<String>> + Send>> + Send + Sync>;

/// Where and as whom a point runs.
#[derive(Clone)]
pub struct SelfRunning {
    /// Where the server listens.
    pub address: SocketAddr,
    /// Host and port the point calls the server by.
    pub host: String,
    pub officer: Officer,
    pub material: Material,
    pub clock: SharedClock,
    pub links: Links,
}

impl SelfRunning {
    /// The point of this key, run by the officer of this login.
    ///
    /// # Errors
    /// [`DemoError::Data`] when the province has no such point, officer or material.
    pub fn new(
        (point, login): (&str, &str),
        (address, host): (SocketAddr, String),
        clock: SharedClock,
        links: Links,
    ) -> Result<Self, DemoError> {
        let province = Province::load()?;
        let (user, _) = province.user(login)?;
        let officer = Officer::new(province.point(point)?.id, cast::officer(&user));
        Ok(Self { address, host, officer, material: Material::of(point)?, clock, links })
    }

    /// Runs until it is aborted.
    pub async fn run(mut self) {
        let mut door = Door::new(self.address, self.host.clone());
        let mut signed_in = false;
        loop {
            if !signed_in {
                let token = (self.links)().await;
                signed_in = match token {
                    Some(token) => door.sign_in(&token).await.is_ok(),
                    None => false,
                };
            }
            if signed_in {
                match self.day(&door).await {
                    Ok(()) => {}
                    Err(Ended::Wire(WireError::Status(status))) if status.as_u16() == 401 => signed_in = false,
                    Err(error) => tracing::debug!(%error, "a self-running point begins anew"),
                }
            }
            sleep(LOOK_AGAIN).await;
        }
    }

    /// Looks for a session and takes part in it.
    async fn day(&mut self, door: &Door) -> Result<(), Ended> {
        let mut rows = door.sessions().await?;
        rows.retain(|row| self.wanted(row));
        // Where several are under way the one that began last is the one somebody is looking at.
        rows.sort_by_key(|row| (row.status.is_live(), row.starts_at));
        match rows.pop() {
            Some(row) => self.attend(door, row.id).await,
            None => Ok(()),
        }
    }

    fn wanted(&self, row: &SessionRow) -> bool {
        row.my_points.contains(&self.officer.point) && (row.status == SessionStatus::Tested || row.status.is_live())
    }

    async fn attend(&mut self, door: &Door, session: SessionId) -> Result<(), Ended> {
        let mut socket = door.socket(session, self.officer.point).await?;
        let hello = ClientBody::Hello { device: DeviceKind::Main, have: BTreeMap::new() };
        socket.say(self.id(), hello).await?;
        let mut seat = Seat::default();
        let slots = loop {
            match socket.soon().await? {
                ServerBody::Welcome { slots, .. } => break slots,
                body => seat.take(&body),
            }
        };
        let config = BotConfig {
            bind: self.bind(),
            microphone: true,
            camera: true,
            simulcast: false,
            paper: false,
            slots: usize::try_from(slots).unwrap_or(4),
        };
        let (mut bot, sdp) = Bot::offer(&config).await?;
        socket.say(self.id(), ClientBody::Offer { sdp }).await?;
        let answer = loop {
            match socket.soon().await? {
                ServerBody::Answer { sdp, .. } => break sdp,
                ServerBody::Refused { .. } => return Err(WireError::Malformed("offer refused").into()),
                body => seat.take(&body),
            }
        };
        bot.accept(&answer).await?;
        if !bot.connected(CONNECT).await {
            return Err(WireError::Silent.into());
        }
        let sat = self.sit(&mut socket, &mut bot, &mut seat).await;
        if let Err(error) = bot.close().await {
            tracing::debug!(%error, "a self-running point had no media to end");
        }
        socket.close().await;
        sat
    }

    /// Sends, listens and acts until the session is over.
    async fn sit(&mut self, socket: &mut Socket, bot: &mut Bot, seat: &mut Seat) -> Result<(), Ended> {
        let mut player = Player::new(self.material);
        let (mut beat, mut thought) = (interval(TICK), interval(THINK));
        // A tick that was missed is made up for: sound has one packet for every 20 ms.
        beat.set_missed_tick_behavior(MissedTickBehavior::Burst);
        thought.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut seen_us = self.clock.mono_us();
        loop {
            tokio::select! {
                body = socket.next() => match body? {
                    ServerBody::Ping => socket.say(self.id(), ClientBody::Pong).await?,
                    ServerBody::Bye { .. } => return Err(WireError::Ended.into()),
                    body => seat.take(&body),
                },
                _ = beat.tick() => {
                    player.tick(bot).await?;
                    while bot.try_receive().is_some() {}
                },
                _ = thought.tick() => {
                    if seat.is_over() {
                        return Ok(());
                    }
                    if !self.is_lost(&seat.view) {
                        seen_us = self.clock.mono_us();
                    } else if self.clock.mono_us().saturating_sub(seen_us) >= UNSEEN_US {
                        return Err(WireError::Silent.into());
                    }
                    self.act(socket, &mut player, seat).await?;
                },
            }
        }
    }

    /// One deed at a time: the next is decided when the server has answered.
    async fn act(&mut self, socket: &mut Socket, player: &mut Player, seat: &mut Seat) -> Result<(), Ended> {
        if seat.waiting.is_some() {
            return Ok(());
        }
        match self.officer.next(&seat.view, player.is_speaking(), self.clock.now()) {
            None => {}
            Some(Deed::Speak) => player.speak(),
            Some(Deed::Hush) => player.hush(),
            Some(Deed::Tell(command)) => {
                let text = serde_json::to_string(&command).unwrap_or_default();
                if seat.refused.get(&text).is_some_and(|tries| *tries >= TRIES) {
                    return Ok(());
                }
                let id = self.id();
                seat.waiting = Some((id, text));
                socket.say(id, ClientBody::Command { command }).await?;
            }
        }
        Ok(())
    }

    fn is_lost(&self, view: &View) -> bool {
        let public = view.public.as_ref();
        let own = public.and_then(|public| public.points.get(&self.officer.point));
        own.is_some_and(|point| point.link == LinkView::Lost)
    }

    fn id(&self) -> CommandId {
        CommandId(self.clock.new_id())
    }

    /// Media leaves by the address family the server is reached by.
    fn bind(&self) -> IpAddr {
        match self.address.ip() {
            ip if ip.is_unspecified() => IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
            ip => ip,
        }
    }
}

/// Why a point begins anew.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error(transparent)]
    Wire(#[from] WireError),
    #[error(transparent)]
    Media(#[from] BotError),
}

/// What the point has been told, and what it waits for.
#[derive(Default)]
struct Seat {
    view: View,
    sections: BTreeMap<String, Value>,
    /// The act that is not answered yet.
    waiting: Option<(CommandId, String)>,
    /// Acts that were refused, and how often.
    refused: BTreeMap<String, u32>,
}

impl Seat {
    fn take(&mut self, body: &ServerBody) {
        match body {
            ServerBody::Snapshot { section, state, .. } => {
                self.sections.insert(section.clone(), state.clone());
                self.view.set(section, Some(state));
            }
            ServerBody::Patch { section, patch, .. } => self.patch(section, patch),
            ServerBody::Forget { section } => {
                self.sections.remove(section);
                self.view.set(section, None);
            }
            ServerBody::Done { re, .. } => {
                self.waiting.take_if(|(id, _)| id == re);
            }
            ServerBody::Refused { re, code, .. } => {
                if let Some((_, act)) = self.waiting.take_if(|(id, _)| id == re) {
                    tracing::debug!(%code, "a self-running point was refused");
                    let tries = self.refused.entry(act).or_insert(0);
                    *tries = tries.saturating_add(1);
                }
            }
            _ => {}
        }
    }

    /// RFC 6902. A patch that does not fit makes the section unknown: the server's next snapshot brings it back.
    fn patch(&mut self, section: &str, patch: &Value) {
        let Some(mut state) = self.sections.remove(section) else { return };
        let parsed = serde_json::from_value::<json_patch::Patch>(patch.clone());
        let applied = parsed.is_ok_and(|patch| json_patch::patch(&mut state, &patch).is_ok());
        if applied {
            self.view.set(section, Some(&state));
            self.sections.insert(section.to_owned(), state);
        } else {
            self.view.set(section, None);
        }
    }

    fn is_over(&self) -> bool {
        let attested = self.view.point.as_ref().is_some_and(|point| point.attested_by.is_some());
        match self.view.status() {
            Some(SessionStatus::Closed) => attested,
            Some(status) => !(status.is_before_start() || status.is_under_way()),
            None => false,
        }
    }
}
