//! A load from its first join to its report.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ring::rand::{SecureRandom, SystemRandom};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::client::{Client, Draft};
use super::door::{Admitted, Door, DoorError, Wish};
use super::field::{ClientId, Field, Look};
use super::histogram::Histogram;
use super::process::{Usage, usage};
use super::report::{Report, ServerShare, Spread};
use super::sdp::Local;
use super::source::First;
use super::{Scene, material};
use crate::clock::SharedClock;
use crate::line::{Dice, Schedule};

/// Between two looks at how the clients are.
const LOOK: Duration = Duration::from_millis(20);
/// What is on its way when the sources stop has arrived by then.
const DRAIN: Duration = Duration::from_millis(500);

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The thread or its certificate could not be made.
    #[error("the load cannot start: {0}")]
    Start(String),
    /// Payloads too short to say who sent them.
    #[error("payloads must have at least {0} bytes")]
    TooShort(usize),
    /// The system gave no random numbers.
    #[error("no random numbers")]
    Random,
}

/// Plays a scene through a door.
///
/// # Errors
/// See [`LoadError`]; clients that are refused or do not connect are part of the report.
pub async fn play(scene: Scene, door: Arc<dyn Door>, clock: SharedClock) -> Result<Report, LoadError> {
    if scene.profile.packet_bytes.min(scene.profile.sound_bytes) < material::SHORTEST {
        return Err(LoadError::TooShort(material::SHORTEST));
    }
    let field = Field::start(clock.clone(), scene.line.clone(), scene.seed).map_err(LoadError::Start)?;
    let before = door.process().map(usage);
    let mut stage = Stage {
        began_us: clock.mono_us(),
        field: Arc::new(field),
        dice: Dice(scene.seed),
        scene,
        door,
        clock,
        wishes: BTreeMap::new(),
        streams: BTreeMap::new(),
        next: 0,
        refused: 0,
        reason: None,
    };
    stage.everybody_joins().await?;
    sleep(Duration::from_millis(stage.scene.warm_up_ms)).await;
    let joined = stage.field.look().await;
    let window = stage.measures().await?;
    Ok(stage.report(&joined, &window, before))
}

/// What was seen of the measuring.
struct Window {
    look: Look,
    lasted_us: i64,
    load: (Usage, Usage),
    /// When it began, in the middle, and at its end.
    server: Option<[Usage; 3]>,
}

struct Stage {
    scene: Scene,
    door: Arc<dyn Door>,
    clock: SharedClock,
    field: Arc<Field>,
    dice: Dice,
    began_us: i64,
    /// Who was admitted.
    wishes: BTreeMap<ClientId, Wish>,
    /// Streams each of them should get.
    streams: BTreeMap<ClientId, usize>,
    next: ClientId,
    refused: usize,
    reason: Option<String>,
}

impl Stage {
    /// Senders first, so that receivers find what they came for.
    async fn everybody_joins(&mut self) -> Result<(), LoadError> {
        let Scene { rooms, publishers, subscribers, talkers, .. } = self.scene;
        let (mut senders, mut receivers) = (Vec::new(), Vec::new());
        let sending = publishers + talkers;
        for room in 0..rooms {
            senders.extend((0..publishers).map(|_| (room, true, 0)));
            if self.door.one_connection() {
                senders.extend((0..talkers).map(|_| (room, true, sending.saturating_sub(1))));
            } else {
                senders.extend((0..talkers).map(|_| (room, true, 0)));
                receivers.extend((0..talkers).map(|_| (room, false, sending.saturating_sub(1))));
            }
            receivers.extend((0..subscribers).map(|_| (room, false, sending)));
        }
        for group in [senders, receivers] {
            let wishes = group.into_iter().map(|(room, sends, receives)| self.wish(room, sends, receives)).collect();
            self.join(wishes).await?;
            self.settle().await;
        }
        Ok(())
    }

    fn wish(&mut self, room: usize, sends: bool, receives: usize) -> Wish {
        self.next += 1;
        Wish { client: self.next - 1, room, sends, receives }
    }

    async fn join(&mut self, wishes: Vec<Wish>) -> Result<(), LoadError> {
        let turns = Arc::new(Semaphore::new(self.scene.joins_at_once.max(1)));
        let mut tasks = JoinSet::new();
        for wish in wishes {
            let (door, turns, clock, field) =
                (self.door.clone(), turns.clone(), self.clock.clone(), self.field.clone());
            let draft = self.draft(wish)?;
            tasks.spawn(async move {
                let turn = turns.acquire_owned().await;
                let asked_us = clock.mono_us();
                let Admitted { remote, streams } = door.join(wish, &draft.local).await?;
                field.add(wish.client, Client::new(draft, remote, asked_us, clock.mono_us()));
                drop(turn);
                Ok::<_, DoorError>((wish, streams))
            });
        }
        while let Some(done) = tasks.join_next().await {
            match done {
                Ok(Ok((wish, streams))) => {
                    self.streams.insert(wish.client, streams.unwrap_or(0));
                    self.wishes.insert(wish.client, wish);
                }
                Ok(Err(error)) => self.refused(error.to_string()),
                Err(error) => self.refused(error.to_string()),
            }
        }
        Ok(())
    }

    fn refused(&mut self, reason: String) {
        self.refused += 1;
        self.reason.get_or_insert(reason);
    }

    fn draft(&self, wish: Wish) -> Result<Draft, LoadError> {
        let mut random = [0; 40];
        SystemRandom::new().fill(&mut random).map_err(|_| LoadError::Random)?;
        let letters: String = random.iter().take(32).map(|byte| char::from(b'a' + byte % 26)).collect();
        let (ufrag, pwd) = letters.split_at_checked(8).ok_or(LoadError::Random)?;
        // Numbers of our own: no two clients share an SSRC, and the place of a source says whose it is.
        let place = u32::try_from(wish.client).unwrap_or(u32::MAX / 4) * 2;
        let ssrc = 0x1000_0000 | place << 4;
        let serial = random.iter().rev().take(8).fold(0, |serial, byte| serial << 8 | u64::from(*byte));
        Ok(Draft {
            local: Local {
                ufrag: ufrag.to_owned(),
                pwd: pwd.to_owned(),
                fingerprint: self.field.identity.fingerprint.clone(),
                sends: wish.sends.then_some((ssrc, ssrc + 1)),
            },
            places: (place, place + 1),
            first: First { sequence: self.scene.first_sequence, timestamp: self.scene.first_timestamp },
            profile: self.scene.profile.clone(),
            lossy: self.scene.line.as_ref().is_some_and(Schedule::loses),
            serial,
        })
    }

    /// Waits until everybody is connected and gets what was promised, or has waited too long.
    async fn settle(&self) {
        let until_us = self.clock.mono_us() + self.scene.patience_ms as i64 * 1_000;
        while self.clock.mono_us() < until_us {
            let look = self.field.look().await;
            let there = self.wishes.keys().all(|id| {
                look.clients.get(id).is_some_and(|standing| {
                    let streams = self.streams.get(id).copied().unwrap_or(0);
                    standing.times.connected_us.is_some() && (standing.streams >= streams || self.is_early(*id))
                })
            });
            if there {
                return;
            }
            sleep(LOOK).await;
        }
    }

    /// One that sends and receives cannot get all before the last sender is there; it is not waited for.
    fn is_early(&self, id: ClientId) -> bool {
        self.wishes.get(&id).is_some_and(|wish| wish.sends)
    }

    async fn measures(&mut self) -> Result<Window, LoadError> {
        self.field.begin_window();
        let server = self.door.process();
        let load = std::process::id();
        let usages = || (usage(load), server.map(usage));
        let (began_us, before) = (self.clock.mono_us(), usages());
        let until_us = began_us + self.scene.window_ms as i64 * 1_000;
        let mut middle = None;
        let pause_us = 60_000_000_i64.checked_div(i64::from(self.scene.churn_per_minute)).unwrap_or(i64::MAX / 2);
        let mut change_us = began_us + pause_us;
        loop {
            let now_us = self.clock.mono_us();
            if now_us >= until_us {
                break;
            }
            if now_us >= i64::midpoint(began_us, until_us) {
                middle = middle.or_else(|| server.map(usage));
            }
            // Who comes in the last second would be judged before it is there.
            if now_us >= change_us && until_us - now_us > 1_000_000 {
                change_us += pause_us;
                self.somebody_changes().await?;
            }
            let wait_us = until_us.min(change_us.max(now_us)).saturating_sub(now_us).max(1_000);
            sleep(Duration::from_micros(wait_us.unsigned_abs()).min(LOOK)).await;
        }
        self.field.play(false);
        let (lasted_us, after) = (self.clock.mono_us() - began_us, usages());
        let server_usage = before.1.zip(after.1).map(|(before, after)| [before, middle.unwrap_or(after), after]);
        let way_us = self.scene.line.as_ref().map_or(0, Schedule::longest_us);
        sleep(DRAIN + Duration::from_micros(way_us.unsigned_abs())).await;
        let look = self.field.look().await;
        Ok(Window { look, lasted_us, load: (before.0, after.0), server: server_usage })
    }

    /// One receiver leaves, another comes.
    async fn somebody_changes(&mut self) -> Result<(), LoadError> {
        let receivers: Vec<Wish> = self.wishes.values().filter(|wish| !wish.sends).copied().collect();
        let chosen = self.dice.below(receivers.len() as u64) as usize;
        let Some(leaving) = receivers.get(chosen).copied() else { return Ok(()) };
        self.wishes.remove(&leaving.client);
        self.field.leave(leaving.client);
        if let Err(error) = self.door.leave(leaving).await {
            tracing::debug!(%error, "a load client left without being heard");
        }
        let coming = self.wish(leaving.room, false, leaving.receives);
        self.join(vec![coming]).await
    }

    fn report(&self, joined: &Look, window: &Window, before: Option<Usage>) -> Report {
        let Window { look, lasted_us, load, server } = window;
        let seconds = *lasted_us as f64 / 1e6;
        let (mut join, mut join_server, mut picture) = <(Histogram, Histogram, Histogram)>::default();
        let mut last_us = self.began_us;
        let everybody: BTreeMap<_, _> = joined.clients.iter().chain(&look.clients).collect();
        for standing in everybody.values() {
            let times = standing.times;
            if let Some(first_us) = times.first_us {
                join.add((first_us - times.asked_us).unsigned_abs());
                join_server.add((first_us - times.asked_us - times.own_us).max(0).unsigned_abs());
                last_us = last_us.max(first_us);
            }
            if let Some(picture_us) = times.picture_us {
                picture.add((picture_us - times.asked_us).unsigned_abs());
            }
        }
        let connected = self.wishes.keys().filter(|id| {
            look.clients.get(id).is_some_and(|standing| standing.times.connected_us.is_some() && !standing.over)
        });
        let connected = connected.count();
        let missing = self.streams.iter().filter(|(id, _)| self.wishes.contains_key(id)).map(|(id, streams)| {
            let came = look.clients.get(id).map_or(0, |standing| standing.streams);
            streams.saturating_sub(came) as u64
        });
        let sum = &look.sum;
        let received = sum.received;
        let cores = |used: &(Usage, Usage)| used.1.cpu_ns.saturating_sub(used.0.cpu_ns) as f64 / 1e9 / seconds;
        Report {
            scene: self.scene.clone(),
            connected,
            failed: self.refused + self.wishes.len() - connected,
            reason: self.reason.clone(),
            join_ms: Spread::of(&join, 1e3),
            join_server_ms: Spread::of(&join_server, 1e3),
            picture_ms: Spread::of(&picture, 1e3),
            all_joined_ms: (last_us - self.began_us) as f64 / 1e3,
            sent_per_second: look.sent as f64 / seconds,
            received_per_second: received as f64 / seconds,
            received,
            lost: sum.lost(),
            lost_permille: sum.lost() as f64 * 1e3 / sum.expected.max(1) as f64,
            repeated: sum.repeated,
            repairs: look.repairs,
            missing_streams: missing.sum(),
            compared: sum.compared,
            wrong: sum.wrong,
            delay_ms: Spread::of(&sum.delay, 1e3),
            late_ms: Spread::of(&look.late, 1e3),
            unsent: look.unsent,
            load_cores: cores(load),
            server: server.map(|[began, middle, end]| {
                let cores = cores(&(began, end));
                ServerShare {
                    cores,
                    us_per_packet: cores * seconds * 1e6 / received.max(1) as f64,
                    rss_before: before.unwrap_or_default().rss,
                    rss_began: began.rss,
                    rss_middle: middle.rss,
                    rss: end.rss,
                    descriptors_began: began.descriptors,
                    descriptors: end.descriptors,
                }
            }),
            doubts: Vec::new(),
        }
        .judged()
    }
}
