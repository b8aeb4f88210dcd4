//! T45: `kill -9` while ten people work. What was acknowledged is there, what was not is there whole or not at all, and
//! people go on without signing in.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use diemcau::domain::event::Event;
use diemcau::domain::ids::{CommandId, PointId};
use diemcau::domain::session::{SessionStep, StepOutcome};
use diemcau::protocol::command::Command;
use diemcau::room::state::State;
use serde_json::{Value, json};
use uuid::Uuid;

use super::client::Dice;
use super::history::{Act, History, Stored};
use super::office::Seat;
use super::town::Town;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

/// `make test-long` asks for 20 rounds by `CHAOS_ROUNDS`; `CHAOS_SEED` repeats a run that failed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_moment_it_keeps_what_it_acknowledged() {
    let (rounds, seed) = (u32::try_from(number("CHAOS_ROUNDS", 4)).unwrap(), number("CHAOS_SEED", 2026));
    let mut town = Town::begins(seed).await;
    let (mut starts, mut before) = (Vec::new(), 0);
    for round in 1..=rounds {
        town.go(round);
        let mut dice = Dice(seed + u64::from(round));
        let delay = Duration::from_millis(250 + dice.below(750));
        let (verified, ()) = tokio::join!(town.house.verb("verify"), tokio::time::sleep(delay));
        assert!(verified.0.success(), "round {round}, while people work: {}", verified.1);
        // On a loaded machine little may have happened so far, and the last answer must not set the moment.
        town.has_done(before + 20).await;
        tokio::time::sleep(Duration::from_millis(dice.below(40))).await;
        town.process.take().unwrap().kill().await;
        town.all_cut().await;
        let when = format!("seed {seed}, round {round}");
        let survived = town.holds(&when).await;
        let told = town.acknowledged();
        let start = town.starts_again().await;
        shows_the_same(&town, &survived, &when);
        println!(
            "{when}: killed after {delay:?}, {} acknowledged, head {}, {}; ready {:?}, all ten back {:?}",
            told - before,
            survived.head(),
            in_the_air(&town, &survived),
            start.ready,
            start.all_back,
        );
        starts.push(start);
        before = told;
    }
    town.go(rounds + 1);
    town.has_done(before + 20).await;
    town.all_linked().await;
    town.ends().await;
    let (status, took) = town.process.take().unwrap().terminate().await;
    assert!(status.success() && took < Duration::from_secs(15), "{status}, {took:?}\n{}", town.house.said());
    let stored = town.holds(&format!("seed {seed}, at the end")).await;
    let histories = town.histories();
    assert!(histories.iter().all(|(_, history)| history.unanswered().next().is_none()));
    let linked = gaps_are_marked(&stored, rounds);
    let (status, said) = town.house.verb("verify").await;
    assert!(status.success(), "{said}");
    println!("{}", summary(&histories));
    sees_what_is_wrong(stored, histories);
    let (ready, back): (Vec<_>, Vec<_>) = starts.iter().map(|start| (start.ready, start.all_back)).unzip();
    println!("ready: {}; all ten back: {}; points linked: {}", spread(ready), spread(back), spread(linked));
}

/// How much was done, in words; everybody must have had a part in it.
fn summary(histories: &[(&Seat, History)]) -> String {
    let mut refused: BTreeMap<&str, usize> = BTreeMap::new();
    for (seat, history) in histories {
        assert!(history.acknowledged() > 0, "{} did nothing", seat.login);
        for act in &history.acts {
            if let Some(Err(code)) = &act.answer {
                *refused.entry(code).or_default() += 1;
            }
        }
    }
    let written = histories.iter().flat_map(|(_, history)| history.texts.values());
    let revisions: u64 = written.map(|written| written.acknowledged).sum();
    let done: usize = histories.iter().map(|(_, history)| history.acknowledged()).sum();
    assert!(revisions > 0, "nobody wrote");
    format!("{done} acts acknowledged, {revisions} revisions of text among them; refused: {refused:?}")
}

fn spread(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    format!("median {:?}, worst {:?}", times[times.len() / 2], times[times.len() - 1])
}

/// How many acts had no answer when the program went, and how many of these were stored.
fn in_the_air(town: &Town, survived: &Stored) -> String {
    let histories = town.histories();
    let open: Vec<&Act> = histories.iter().flat_map(|(_, history)| history.unanswered()).collect();
    let stored = open.iter().filter(|act| survived.log.iter().any(|entry| entry.command == act.id)).count();
    format!("{} unanswered of which {stored} stored", open.len())
}

/// After the restart and before anybody acts, pages show what the surviving log says.
fn shows_the_same(town: &Town, survived: &Stored, when: &str) {
    let state = survived.state();
    let head = town.history_of("head").shown;
    let of = |section: &str, pointer: &str| -> Value {
        head.get(section).and_then(|state| state.pointer(pointer)).cloned().unwrap_or_default()
    };
    let floor = state.floor.holder().map(|holder| (json!(holder.point), json!(holder.since)));
    let (point, since) = floor.unwrap_or_default();
    assert_eq!((of("public", "/floor/point"), of("public", "/floor/since")), (point, since), "{when}: the floor");
    let hands: Vec<PointId> = state.floor.hands().iter().map(|hand| hand.point).collect();
    assert_eq!(of("public", "/floor/hands"), json!(hands), "{when}: the hands");
    let running = state.on_stage().map(|visit| visit.about.visit);
    assert_eq!(of("staff", "/running"), json!(running), "{when}: the running visit");
    for (id, visit) in &state.visits {
        assert_eq!(of("staff", &format!("/visits/{id}/status")), json!(visit.status), "{when}: {id}");
    }
    for id in state.points.keys() {
        let open = of("public", &format!("/points/{id}/microphone_open"));
        // Who was not linked lost nothing; the presider's own key may have stayed open there.
        assert!(open == json!(false) || !state.points[id].connected, "{when}: no microphone is open after a cut");
    }
    let writer = town.history_of("writer").shown;
    for ((visit, block), (revision, text)) in &survived.blocks {
        let shown = &writer[&format!("minutes:{visit}")]["blocks"][block.to_string()];
        assert_eq!((&shown["revision"], &shown["text"]), (&json!(revision), &json!(text)), "{when}: {block}");
    }
}

/// Every start after a kill says so, and marks a gap for each linked point from the last sign of life on. Answers how
/// long after the start each of them was in the log as back.
fn gaps_are_marked(stored: &Stored, kills: u32) -> Vec<Duration> {
    let (mut state, mut starts, mut marked, mut back) = (State::empty(), Vec::new(), 0, Vec::new());
    for (n, entry) in stored.log.iter().enumerate() {
        match entry.logged.event {
            Some(Event::ServerStarted { .. }) => {
                starts.push(entry.logged.at);
                let linked: BTreeSet<PointId> =
                    state.points.values().filter(|point| point.connected).map(|point| point.about.point).collect();
                let last = stored.log[n - 1].logged.at;
                let lost = stored.log[n + 1..].iter().map_while(|entry| match entry.logged.event {
                    Some(Event::PointLost { point, since }) if since == last => Some(point),
                    _ => None,
                });
                assert_eq!(lost.collect::<BTreeSet<_>>(), linked, "start {}", starts.len());
                marked += linked.len();
            }
            Some(Event::PointBack { .. }) => {
                let started = starts.last().expect("nothing is lost before the first kill");
                back.push(entry.logged.at.duration_since(*started).try_into().unwrap());
            }
            _ => {}
        }
        state.apply(&entry.logged);
    }
    assert_eq!(starts.len(), usize::try_from(kills).unwrap());
    assert_eq!((state.gaps.len(), back.len()), (marked, marked), "a gap for each cut, an end for each gap");
    assert!(state.gaps.iter().all(|gap| gap.to.is_some_and(|to| gap.from <= to)));
    assert!(marked > starts.len(), "only {marked} gaps in {kills} kills");
    back
}

/// What everybody was told.
type Told<'a> = Vec<(&'a Seat, History)>;

/// The oracle itself: each single lie is found.
fn sees_what_is_wrong(mut stored: Stored, histories: Told<'_>) {
    let lies = |stored: &Stored, change: &dyn Fn(&mut Told<'_>)| {
        let mut told = histories.clone();
        change(&mut told);
        stored.faults(&told).len()
    };
    let head = stored.head();
    assert_eq!(lies(&stored, &|_| {}), 0);
    let invented = |told: &mut Told<'_>| {
        let outcome = StepOutcome::Done { note: String::new() };
        let command = Command::RecordStep { step: SessionStep::Notice, point: None, outcome };
        told[0].1.acts.push(Act { id: CommandId(Uuid::from_u128(1)), command, answer: Some(Ok(head)) });
    };
    assert_eq!(lies(&stored, &invented), 1, "an act that is not stored");
    let newer = |told: &mut Told<'_>| {
        let written = told.iter_mut().flat_map(|(_, history)| history.texts.values_mut());
        written.max_by_key(|written| written.acknowledged).unwrap().acknowledged += 1;
    };
    assert_eq!(lies(&stored, &newer), 1, "a revision that is not stored");
    let other = |told: &mut Told<'_>| {
        let written = told.iter_mut().flat_map(|(_, history)| history.texts.values_mut());
        let written = written.max_by_key(|written| written.acknowledged).unwrap();
        written.texts[usize::try_from(written.acknowledged).unwrap() - 1].push('!');
    };
    assert!(lies(&stored, &other) >= 1, "another text");
    let done = histories.iter().flat_map(|(_, history)| &history.acts);
    let done: BTreeSet<_> = done.filter(|act| matches!(act.answer, Some(Ok(_)))).map(|act| act.id).collect();
    let at = stored.log.iter().rposition(|entry| done.contains(&entry.command)).unwrap();
    stored.log.remove(at);
    assert!(lies(&stored, &|_| {}) >= 1, "an event that is gone");
}
