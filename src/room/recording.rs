//! The room's side of the recorder: keys at hand before they are needed, files closed where a visit ends, proof that it
//! can write before a session starts.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use jiff::SignedDuration;

use super::handle::Message;
use super::live::{Alarm, MediaLink};
use super::registry::Services;
use super::sections;
use super::selfcheck::{Flow, Look};
use super::state::Recording;
use super::task::Task;
use crate::domain::chain::Scope;
use crate::domain::event::Event;
use crate::domain::ids::{PointId, SessionId, VisitId};
use crate::domain::session::SessionStatus;
use crate::limits;
use crate::media::plan::{Plan, RecordTarget, SourceId, SourceKind};
use crate::media::record::{DiskStatus, Fault, KeyLookup, RecordKey, RunningSource};
use crate::protocol::frame::{CameraSense, MicrophoneSense};

/// Keys of what may be recorded now, so that the recorder's thread never waits for the store.
#[derive(Default)]
pub struct RecordKeys {
    keys: RwLock<HashMap<RecordTarget, [u8; 32]>>,
}

impl RecordKeys {
    /// Puts a key at hand.
    pub fn put(&self, target: RecordTarget, key: [u8; 32]) {
        self.keys.write().unwrap_or_else(PoisonError::into_inner).insert(target, key);
    }

    /// Drops all keys of a session.
    pub fn forget(&self, session: SessionId) {
        self.keys.write().unwrap_or_else(PoisonError::into_inner).retain(|target, _| target.session != session);
    }

    fn has(&self, target: RecordTarget) -> bool {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).contains_key(&target)
    }
}

/// Why nothing of a session is recorded although it should be. A disk, a key, a thread fail for all sources alike; what
/// does not reach its own file is a gap of that source, as long as another one writes.
fn fault_of(running: &[RunningSource], plan: &Plan) -> Option<Fault> {
    let sends =
        |source: &SourceId| source.kind != SourceKind::Microphone || plan.open_microphones.contains(&source.connection);
    let (mut own, mut writes) = (None, false);
    for running in running.iter().filter(|running| plan.record.contains_key(&running.source)) {
        match running.fault {
            Some(Fault::NothingWritten) => own = Some(Fault::NothingWritten),
            Some(shared) => return Some(shared),
            None => writes |= sends(&running.source),
        }
    }
    own.filter(|_| !writes)
}

impl KeyLookup for RecordKeys {
    fn key(&self, target: RecordTarget) -> Option<RecordKey> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.get(&target).map(|key| RecordKey(*key))
    }
}

async fn fetch(services: Arc<Services>, targets: Vec<RecordTarget>) {
    for target in targets {
        let scope = target.visit.map_or(Scope::Session, Scope::Visit);
        match services.store.recording_key(target.session, scope).await {
            Ok(key) => services.record_keys.put(target, *key.expose()),
            Err(error) => {
                tracing::error!(session = %target.session, code = error.code(), "no key for the recording");
            }
        }
    }
}

/// While a session may start or go on, the recorder shows this often that it can write.
const CHECK_EVERY: SignedDuration = SignedDuration::from_secs(3);

impl Task {
    /// Fetches keys of the session and of every visit that is not over. The room begins with them: its first look at
    /// the recorder must not find a key on its way.
    pub(super) fn fetch_keys(&self) -> impl Future<Output = ()> + Send + use<> {
        fetch(Arc::clone(&self.services), self.missing_keys())
    }

    fn missing_keys(&self) -> Vec<RecordTarget> {
        let state = &self.book.state;
        if state.about.is_none() {
            return Vec::new();
        }
        let open = state.visits.values().filter(|visit| !visit.status.is_final()).map(|visit| Some(visit.about.visit));
        let targets = open.chain([None]).map(|visit| RecordTarget { session: self.session, visit });
        targets.filter(|target| !self.services.record_keys.has(*target)).collect()
    }

    /// Asks the recorder, beside the room, whether it can write.
    pub(super) fn check_recorder(&mut self) {
        use SessionStatus::{Connecting, InProgress, Interrupted, Paused, Ready, Tested};
        let now = self.now();
        let status = self.book.state.status();
        let wanted = matches!(status, Some(Tested | Connecting | Ready | InProgress | Paused | Interrupted));
        let asked = now.duration_since(self.recorder_checked_at);
        if self.live.recorder_asked {
            // A trial that does not come back from the disk is an answer too.
            if asked >= SignedDuration::try_from(limits::RECORD_CHECK).unwrap_or(CHECK_EVERY) {
                self.recorder_seen(Some(Fault::Stalled.code()));
            }
            return;
        }
        if !wanted || asked < CHECK_EVERY {
            return;
        }
        self.recorder_checked_at = now;
        self.live.recorder_asked = true;
        let keys = self.fetch_keys();
        let target =
            RecordTarget { session: self.session, visit: self.book.state.on_stage().map(|visit| visit.about.visit) };
        let (recorder, own) = (Arc::clone(&self.services.recorder), self.own.clone());
        tokio::spawn(async move {
            keys.await;
            let checked = tokio::task::spawn_blocking(move || recorder.check_writable(target)).await;
            let refuses = checked.unwrap_or(Err(Fault::Stalled)).err().map(Fault::code);
            if let Some(code) = refuses {
                tracing::warn!(code, "the recorder cannot write");
            }
            if own.send(Message::RecorderChecked(refuses)).await.is_err() {
                tracing::debug!("a room ended before its recorder was checked");
            }
        });
    }

    pub(super) fn recorder_checked(&mut self, refuses: Option<&'static str>) {
        self.live.recorder_asked = false;
        self.recorder_seen(refuses);
    }

    fn recorder_seen(&mut self, refuses: Option<&'static str>) {
        let ready = refuses.is_none();
        self.stale |= self.live.recorder_ready != ready;
        self.live.recorder_ready = ready;
        self.live.recorder_refuses = refuses;
    }

    /// Looks at what is being recorded. The screens are told even where the log cannot be.
    pub(super) fn watch_recorder(&mut self) {
        let live = self.book.state.status().is_some_and(SessionStatus::is_live);
        if !live && self.live.recorder_fault.is_none() && self.live.alarms.is_empty() {
            return;
        }
        let status = self.services.recorder.status();
        let fault = fault_of(&status.running, &self.plan);
        self.check_sources(&status.running, fault);
        let fault = fault.map(Fault::code);
        if self.live.recorder_fault != fault {
            self.stale = true;
            self.live.recorder_fault = fault;
            if fault.is_some() {
                // A trial from before proves nothing any more: it would say "recovered" at once, until the next one.
                self.recorder_seen(fault);
            }
        }
        if self.plan.open_microphones.len() < 2 {
            self.echoes.forget();
        }
        let alarms = if live { self.alarms(&status.disks) } else { BTreeSet::new() };
        if self.live.alarms != alarms {
            for alarm in alarms.difference(&self.live.alarms) {
                tracing::error!(session = %self.session, code = alarm.code, "staff are alarmed");
            }
            self.stale = true;
            self.live.alarms = alarms;
        }
    }

    /// Each source from both sides; what was missing and is over goes to the log.
    fn check_sources(&mut self, running: &[RunningSource], fault: Option<Fault>) {
        let looks = self.plan.record.iter().map(|(source, target)| Look {
            source: *source,
            target: *target,
            flow: self.flow(source, fault),
            running: running.iter().find(|known| known.source == *source),
        });
        let looks: Vec<Look<'_>> = looks.collect();
        let lacks = self.selfcheck.look(self.services.clock.mono_us(), looks.into_iter());
        let gaps = lacks.into_iter().filter_map(|lack| {
            self.recording_gap((lack.source, lack.target.visit), (lack.from_us, lack.to_us), lack.cause.to_owned())
        });
        let gaps: Vec<Event> = gaps.collect();
        self.by_itself(gaps);
    }

    fn flow(&self, source: &SourceId, fault: Option<Fault>) -> Flow {
        // What fails for all sources alike is told once.
        let excused = fault.is_some_and(|fault| fault != Fault::NothingWritten)
            || (source.kind == SourceKind::Microphone && !self.plan.open_microphones.contains(&source.connection));
        match self.live.wires.get(&source.connection) {
            Some(wire) if !excused && wire.media == MediaLink::Connected => match wire.sending.contains(&source.kind) {
                true => Flow::Sends,
                false => Flow::Stopped,
            },
            _ => Flow::Excused,
        }
    }

    /// What staff must know now. While the session stands because of the recorder, its own trial says why.
    fn alarms(&self, disks: &[DiskStatus]) -> BTreeSet<Alarm> {
        let failed = self.book.state.recording == Recording::Failed;
        let refused = self.live.recorder_refuses.filter(|_| failed);
        let whole =
            self.live.recorder_fault.or(refused).map(|code| Alarm { code, source: None, with: None, disk: None });
        let own = self.selfcheck.troubles().filter_map(|(source, trouble)| {
            let point = self.point_of_source(source.connection)?;
            Some(Alarm { code: trouble.code(), source: Some((point, source.kind)), with: None, disk: None })
        });
        let disks = disks.iter().filter_map(|disk| {
            let code = match disk.fault? {
                Fault::DiskFull => "disk_full",
                Fault::Stalled => "disk_stalled",
                Fault::DiskError | Fault::KeyMissing | Fault::NothingWritten => "disk_error",
            };
            Some(Alarm { code, source: None, with: None, disk: Some(disk.number) })
        });
        // While nothing is written anywhere, one alarm says it all.
        let disks = disks.filter(|_| whole.is_none());
        let echoes = self.echoes.pairs().iter().map(|(point, with)| {
            let source = Some((*point, SourceKind::Microphone));
            Alarm { code: "two_microphones", source, with: Some(*with), disk: None }
        });
        whole.into_iter().chain(disks).chain(own).chain(echoes).chain(self.senses()).collect()
    }

    /// What is wrong with the devices of a point by the word of its own browser, while that is fresh.
    fn senses(&self) -> impl Iterator<Item = Alarm> {
        const FRESH: SignedDuration = SignedDuration::from_secs(15);
        let now = self.now();
        self.live.main.iter().flat_map(move |(point, connection)| {
            let said = self.live.wires.get(connection).and_then(|wire| wire.senses);
            let said = said.filter(|(_, at)| now.duration_since(*at) <= FRESH).map(|(senses, _)| senses);
            let camera = said.and_then(|senses| match senses.camera {
                CameraSense::Dark => Some("camera_dark"),
                CameraSense::Frozen => Some("camera_frozen"),
                CameraSense::Fine | CameraSense::Absent => None,
            });
            let microphone = said.and_then(|senses| match senses.microphone {
                MicrophoneSense::Silent => Some("microphone_silent"),
                MicrophoneSense::Clipping => Some("microphone_clipping"),
                MicrophoneSense::Fine | MicrophoneSense::Closed => None,
            });
            let alarm = |code, kind| Alarm { code, source: Some((*point, kind)), with: None, disk: None };
            let camera = camera.map(|code| alarm(code, SourceKind::Camera));
            [camera, microphone.map(|code| alarm(code, SourceKind::Microphone))].into_iter().flatten()
        })
    }

    /// A part of a source that is not in the recording, monotonic microseconds.
    pub(super) fn recording_gap(
        &self,
        (source, visit): (SourceId, Option<VisitId>),
        (from_us, to_us): (i64, i64),
        cause: String,
    ) -> Option<Event> {
        let (now, mono) = (self.now(), self.services.clock.mono_us());
        let wall = |us: i64| {
            let ago = SignedDuration::from_micros(us.saturating_sub(mono));
            now.checked_add(ago).unwrap_or(now)
        };
        let source_name = sections::source_name(source.kind).to_owned();
        let (from, to) = (wall(from_us), wall(to_us));
        let point = self.point_of_source(source.connection)?;
        Some(Event::RecordingGap { visit, point, source: source_name, from, to, cause })
    }

    /// What the recorder must know when the plan has changed: a target that is over closes its files, a microphone that
    /// closed is a pause and no gap, a source that left is done.
    pub(super) fn plan_changed(&self, before: &Plan) {
        let after = &self.plan;
        let targets = |plan: &Plan| plan.record.values().copied().collect::<BTreeSet<RecordTarget>>();
        let recorder = &self.services.recorder;
        for over in targets(before).difference(&targets(after)) {
            recorder.boundary(*over);
        }
        for source in before.record.keys() {
            let closed = before.open_microphones.contains(&source.connection)
                && !after.open_microphones.contains(&source.connection);
            if !after.record.contains_key(source) {
                recorder.stop(*source);
            } else if closed && source.kind == SourceKind::Microphone {
                recorder.pause(*source);
            }
        }
    }

    /// The point a source belongs to; its wire may be gone already.
    pub(super) fn point_of_source(&self, connection: crate::domain::ids::ConnectionId) -> Option<PointId> {
        self.live
            .wires
            .get(&connection)
            .and_then(|wire| wire.actor.point)
            .or_else(|| self.former_points.get(&connection).copied())
    }
}
