//! One visit of a played session: from the door to the register.

use jiff::{SignedDuration, ToSpan as _};

use super::Play;
use crate::clock::Clock as _;
use crate::demo::error::DemoError;
use crate::demo::ids::id;
use crate::demo::script::{Heard, PetitionScript, Signed, VisitScript};
use crate::domain::actor::Actor;
use crate::domain::calendar;
use crate::domain::cases::Petition;
use crate::domain::ids::{BlockId, PersonId, PetitionId, PointId, VisitId};
use crate::domain::people::{IdentityCheck, Person, PersonRole};
use crate::domain::visit::{Answer, BlockKind, ClosingCard, Confirmation, VisitAct, VisitStatus};
use crate::protocol::command::Command;

const LANGUAGE: &str = "vi";
/// Time between two acts at the same block.
const KEYSTROKES: SignedDuration = SignedDuration::from_secs(2);

impl Play<'_> {
    pub(super) async fn visit(&mut self, visit: &VisitScript, heard: &Heard) -> Result<(), DemoError> {
        let (presider, secretary) = (self.presider()?, self.secretary.clone());
        let officer = self.officer_of(&visit.citizen_point)?;
        let point = self.province.point(&visit.citizen_point)?.id;
        let of = self.visit_id(visit);
        let people = visit.people(self.name);
        let main = people.first().map(|person| person.id).ok_or(DemoError::Stuck("a citizen"))?;

        for person in people.clone() {
            self.seat(point, person).await?;
        }
        self.act(&officer, go(of, VisitAct::Arrive)).await?;
        for person in &people {
            let seen = Command::SeeIdentity { visit: of, person: person.id, how: IdentityCheck::DocumentSeen };
            self.act(&officer, seen).await?;
        }
        self.act(&officer, go(of, VisitAct::Identify)).await?;
        self.act(&officer, Command::AnnounceRecording { visit: of, language: LANGUAGE.to_owned() }).await?;
        self.act(&officer, go(of, VisitAct::Wait)).await?;

        self.act(&presider, Command::CallNext { visit: of }).await?;
        self.act(&presider, go(of, VisitAct::Begin)).await?;
        self.act(&presider, Command::GiveFloor { point, person: Some(main) }).await?;
        self.act(&officer, Command::Microphone { open: true }).await?;
        self.film(of, &officer, heard.voice.as_deref()).await?;
        self.write(of, BlockKind::Content, &heard.content).await?;
        self.pass(heard.minutes, 2);
        if self.script.cut_at.as_deref() == Some(visit.citizen_point.as_str()) {
            self.cut(point, &officer).await?;
            self.act(&officer, Command::Microphone { open: true }).await?;
        }
        self.write(of, BlockKind::Requests, &heard.requests).await?;
        self.write(of, BlockKind::Documents, &heard.documents).await?;
        self.pass(heard.minutes, 4);
        self.act(&officer, Command::Microphone { open: false }).await?;
        for (number, key) in visit.agency_points.iter().enumerate() {
            let voice = heard.agency_voices.get(number).map(String::as_str);
            self.speak(&presider, of, key, voice).await?;
        }
        self.write(of, BlockKind::Opinions, &heard.opinions).await?;
        self.pass(heard.minutes, 4);
        self.act(&presider, Command::TakeFloor { point }).await?;
        let card = self.card(heard)?;
        self.act(&presider, Command::CloseHearing { visit: of, card }).await?;

        self.act(&secretary, Command::FreezeText { visit: of }).await?;
        self.act(&secretary, Command::ReadBack { visit: of }).await?;
        self.wait(SignedDuration::from_mins(2));
        self.sign(&officer, of, main, &people, &heard.signed).await?;
        let petitions = petitions(self.name, visit, heard);
        self.act(&secretary, Command::Classify { visit: of, petitions }).await?;
        self.act(&secretary, Command::EndVisit { visit: of }).await?;
        self.until("the visit filed", |state| {
            state.visits.get(&of).is_some_and(|visit| visit.status == VisitStatus::Ended)
        })
        .await?;
        for person in people {
            self.act(&officer, Command::PersonOut { point, person: person.id }).await?;
        }
        self.wait(SignedDuration::from_mins(1));
        Ok(())
    }

    async fn sign(
        &mut self,
        officer: &Actor,
        visit: VisitId,
        main: PersonId,
        people: &[Person],
        signed: &Signed,
    ) -> Result<(), DemoError> {
        use PersonRole::{AuthorisedPerson, Citizen, Interpreter, Representative};
        for person in people {
            if !matches!(person.role, Citizen | Representative | AuthorisedPerson | Interpreter) {
                continue;
            }
            let command = match signed {
                Signed::Refused(reason) if person.id == main => {
                    Command::RefuseSignature { visit, person: person.id, reason: reason.clone() }
                }
                Signed::Refused(_) => Command::ConfirmText { visit, person: person.id, how: Confirmation::Signature },
                Signed::By(how) => Command::ConfirmText { visit, person: person.id, how: *how },
            };
            self.act(officer, command).await?;
        }
        Ok(())
    }

    /// An agency answers: floor, key, silence.
    async fn speak(
        &mut self,
        presider: &Actor,
        visit: VisitId,
        key: &str,
        voice: Option<&str>,
    ) -> Result<(), DemoError> {
        let officer = self.officer_of(key)?;
        let point = self.province.point(key)?.id;
        self.act(presider, Command::GiveFloor { point, person: None }).await?;
        self.act(&officer, Command::Microphone { open: true }).await?;
        self.film(visit, &officer, voice).await?;
        self.wait(SignedDuration::from_mins(1));
        self.act(&officer, Command::Microphone { open: false }).await
    }

    /// The line of a point is gone for seven seconds: a gap of the point, no absence of anybody.
    ///
    /// Whether it was cut before follows from the acts: a run that was cut off leaves gaps of every point that was linked,
    /// and none of them is this one.
    async fn cut(&mut self, point: PointId, officer: &Actor) -> Result<(), DemoError> {
        if self.passed() {
            return Ok(());
        }
        if let Some(connection) = self.wires.remove(&point) {
            self.room.detach(connection).await;
        }
        // The room has noticed when it answers the next question; the log is told of it after three seconds.
        self.look().await?;
        self.stage.clock.advance(SignedDuration::from_secs(4));
        self.until("the cut in the log", |state| state.points.get(&point).is_some_and(|point| !point.connected))
            .await?;
        self.stage.clock.advance(SignedDuration::from_secs(3));
        self.connect(officer.clone()).await?;
        self.until("the point back", |state| state.points.get(&point).is_some_and(|point| point.connected)).await
    }

    fn card(&self, heard: &Heard) -> Result<ClosingCard, DemoError> {
        let unit = self.province.unit(&heard.responsible)?;
        let text = heard.answer.clone();
        let answer = match heard.due_days {
            None => Answer::Now { text },
            Some(days) => {
                let today = calendar::local_date(self.stage.clock.now());
                let due = today.checked_add(days.days()).map_err(|_| DemoError::Stuck("a date"))?;
                Answer::Later { due, contact: heard.contact.clone(), text }
            }
        };
        Ok(ClosingCard {
            answer,
            unit: unit.id,
            unit_name: unit.name,
            conclusion: heard.conclusion.clone(),
            citizen_opinion: heard.citizen_opinion.clone(),
        })
    }

    /// A block as the note-taker writes and leaves it. A text that is empty is a block that was not opened.
    async fn write(&mut self, visit: VisitId, kind: BlockKind, text: &str) -> Result<(), DemoError> {
        if text.is_empty() {
            return Ok(());
        }
        let secretary = self.secretary.clone();
        let block = BlockId(id("block", &format!("{visit}/{kind:?}")));
        let text = text.to_owned();
        self.act(&secretary, Command::LeaseBlock { visit, block, block_kind: kind }).await?;
        // Who types goes on within the lease of ten seconds, on a busy machine too: else another act writes the text down.
        let write = Command::WriteBlock { visit, block, block_kind: kind, base: 0, text };
        self.act_after(KEYSTROKES, &secretary, write).await?;
        self.act_after(KEYSTROKES, &secretary, Command::LeaveBlock { visit, block }).await
    }

    /// A part of the hearing goes by.
    fn pass(&self, minutes: i64, parts: i64) {
        self.wait(SignedDuration::from_secs(minutes.saturating_mul(60).checked_div(parts).unwrap_or(0)));
    }
}

fn go(visit: VisitId, act: VisitAct) -> Command {
    Command::MoveVisit { visit, act, reason: String::new() }
}

fn petitions(session: &str, visit: &VisitScript, heard: &Heard) -> Vec<Petition> {
    let of = |(number, petition): (usize, &PetitionScript)| Petition {
        id: PetitionId(id("petition", &format!("{session}/{}/{number}", visit.key))),
        kind: petition.kind,
        content: petition.content.clone(),
        request: petition.request.clone(),
        outcome: petition.outcome,
        addressee: petition.addressee.clone(),
    };
    heard.petitions.iter().enumerate().map(of).collect()
}
