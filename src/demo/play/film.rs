//! What is recorded of a played visit: for as long as somebody's voice lasts, every point of the visit sends its picture.

use std::collections::{BTreeMap, BTreeSet};

use super::Play;
use crate::clock::Clock as _;
use crate::demo::error::DemoError;
use crate::demo::material::Material;
use crate::domain::actor::Actor;
use crate::domain::ids::{CommandId, ConnectionId, SegmentId, VisitId};
use crate::protocol::command::Command;
use crate::room::state::{Segment, State};

/// So much is sent before the log must have heard of the files: their beginning is told by it.
const FIRST: u32 = 1;

impl Play<'_> {
    /// Somebody speaks at the open microphone of `officer`'s point. What an earlier run recorded stays; where it was cut
    /// off in the middle, the part is kept and everything is said again.
    pub(super) async fn film(&mut self, visit: VisitId, officer: &Actor, voice: Option<&str>) -> Result<(), DemoError> {
        let (Some(voice), Some(point), false) = (voice, officer.point, self.passed()) else { return Ok(()) };
        if !self.look().await?.floor.open().contains(&point) {
            // A restart closed it and left the floor: the officer presses the key once more, which no script foresaw.
            let again = CommandId(self.stage.clock.new_id());
            self.command(officer, again, Command::Microphone { open: true }).await?;
        }
        let speaker = self.wires.get(&point).copied().ok_or(DemoError::Stuck("a linked point"))?;
        let voice = Material::voice(voice)?;
        let cast = self.cast(speaker, voice)?;
        let known: BTreeSet<SegmentId> = self.look().await?.segments.into_keys().collect();
        let of_now = |state: &State, counts: &dyn Fn(&Segment) -> bool| {
            let new = state.segments.iter().filter(|(id, one)| !known.contains(id) && one.visit == Some(visit));
            new.filter(|(_, one)| counts(one)).count()
        };
        let mut take = self.stage.studio.take(self.session, speaker, cast).await?;
        let sources = take.sources().len();
        take.roll(FIRST).await?;
        self.until("the beginning of the recording", |state| of_now(state, &|_| true) >= sources).await?;
        take.roll(u32::try_from(voice.len()).unwrap_or(u32::MAX).saturating_sub(FIRST)).await?;
        take.cut();
        self.until("the end of the recording", |state| of_now(state, &|one| one.closed) >= sources).await
    }

    /// Every linked point with its picture, one of them with a voice.
    fn cast(
        &self,
        speaker: ConnectionId,
        voice: &'static [crate::demo::material::Packet],
    ) -> Result<BTreeMap<ConnectionId, Material>, DemoError> {
        let keys = self.script.components.iter().chain([&self.script.central]);
        let mut cast = BTreeMap::new();
        for key in keys {
            let Some(connection) = self.wires.get(&self.province.point(key)?.id).copied() else { continue };
            let voice = if connection == speaker { voice } else { &[] };
            cast.insert(connection, Material { voice, ..Material::silent(key)? });
        }
        Ok(cast)
    }
}
