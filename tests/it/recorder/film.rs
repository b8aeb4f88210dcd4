//! A visit as one film: as long as the visit was recorded, with one picture and one sound, and a clear word where the
//! program that makes it is not there.

use std::path::Path;
use std::process::Command as Process;
use std::time::Duration;

use diemcau::app::export::{Exporter, Opened};
use diemcau::app::papers::Papers;
use diemcau::documents::Press;
use diemcau::domain::visit::VisitAct;
use diemcau::media::engine::RecordSink;
use diemcau::media::plan::{RecordTarget, SourceId, SourceKind};
use diemcau::protocol::command::Command;
use diemcau::room::state::State;

use super::super::support::day::{CITIZEN_1, Client, Day, SESSION, VISIT_1, Who};
use super::super::support::store::World;
use super::material::{Sender, material};

fn sender(day: &Day, client: &Client, kind: SourceKind) -> Sender {
    let source = SourceId { connection: client.connection, kind };
    let target = RecordTarget { session: SESSION, visit: Some(VISIT_1) };
    Sender { source, target, ..Sender::new(kind, day.clock.mono_us()) }
}

/// Sends `seconds` of a source at once, as captured one after the other from now on.
fn sends(day: &Day, sender: &mut Sender, seconds: i64) {
    let until_us = sender.at_us + seconds * 1_000_000;
    let mut number = 0;
    while sender.at_us < until_us {
        let packets = match sender.source.kind {
            SourceKind::Microphone => vec![sender.sound(&material().sounds[number % material().sounds.len()])],
            _ => sender.picture(&material().pictures[number % material().pictures.len()]),
        };
        packets.into_iter().for_each(|packet| assert!(day.recorder.push(packet)));
        number += 1;
    }
}

async fn until(day: &Day, what: &str, holds: impl Fn(&State) -> bool) -> State {
    for _ in 0..600 {
        let state = day.room().await.look().await.unwrap().state;
        if holds(&state) {
            return state;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never: {what}");
}

/// The citizen's point with picture and sound, cut in two, and the presider's sound that begins later.
async fn recorded() -> (Day, State) {
    let day = Day::with_open_lobby(World::sqlite().await).await;
    let mut presider = day.joins(Who::Presider).await;
    let _note_taker = day.joins(Who::NoteTaker).await;
    let officer = day.joins(Who::OfficerA).await;
    day.starts().await;
    day.waits(VISIT_1, Who::OfficerA, CITIZEN_1).await;
    presider.does(Command::CallNext { visit: VISIT_1 }).await.unwrap();
    let begin = Command::MoveVisit { visit: VISIT_1, act: VisitAct::Begin, reason: String::new() };
    presider.does(begin).await.unwrap();

    let mut camera = sender(&day, &officer, SourceKind::Camera);
    let mut citizen = sender(&day, &officer, SourceKind::Microphone);
    let mut answer = sender(&day, &presider, SourceKind::Microphone);
    answer.at_us += 1_500_000;
    let sources = [camera.source, citizen.source, answer.source];
    sends(&day, &mut camera, 3);
    sends(&day, &mut citizen, 5);
    sends(&day, &mut answer, 2);
    until(&day, "all begun", |state| state.segments.len() == 3).await;
    day.recorder.stop(camera.source);
    until(&day, "the camera cut", |state| state.segments.values().any(|segment| segment.closed)).await;
    camera.skip(1_000_000, 90_000);
    sends(&day, &mut camera, 2);
    until(&day, "the camera back", |state| state.segments.len() == 4).await;
    sources.into_iter().for_each(|source| day.recorder.stop(source));
    let state = until(&day, "all closed", |state| state.segments.values().all(|segment| segment.closed)).await;
    (day, state)
}

fn asked(program: &str, args: &[&str], path: &Path) -> String {
    let done = Process::new(program).args(args).arg(path).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success() && said.is_empty(), "{program}: {said}");
    String::from_utf8(done.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_is_one_film_as_long_as_it_was_recorded() {
    let (day, state) = recorded().await;
    let press = Press::new(env!("CARGO_BIN_EXE_diemcau")).with_time_limit(Duration::from_secs(180));
    let root = day.world.dir.path().join("recordings");
    let exporter = Exporter::new(day.world.store.clone(), root, Papers::new(day.world.store.clone(), press));
    let out = day.world.dir.path().join("bundle");
    let manifest = exporter.with_films().export(SESSION, &out, Opened::Normal, day.clock.now()).await.unwrap();
    let number = state.visits[&VISIT_1].about.number;
    let name = format!("recordings/visit-{number:02}.mp4");
    assert!(manifest.files.iter().any(|file| file.name == name), "{name}");

    let film = out.join(name);
    let mut decodes = Process::new("ffmpeg");
    let decoded =
        decodes.args(["-nostdin", "-v", "error", "-i"]).arg(&film).args(["-f", "null", "-"]).output().unwrap();
    assert!(decoded.status.success() && decoded.stderr.is_empty(), "{}", String::from_utf8_lossy(&decoded.stderr));
    let fields = ["-v", "error", "-show_entries", "stream=codec_type,width,height:format=duration", "-of", "csv=p=0"];
    let told = asked("ffprobe", &fields, &film);
    let lines: Vec<&str> = told.lines().map(|line| line.trim_end_matches(',')).collect();
    assert_eq!(lines[..2], ["video,1280,720", "audio"], "{told}");
    let seconds: f64 = lines[2].parse().unwrap();
    let ends = state
        .segments
        .values()
        .map(|segment| segment.began_at.as_microsecond() + i64::try_from(segment.mark.duration_ms).unwrap() * 1_000);
    let began = state.segments.values().map(|segment| segment.began_at.as_microsecond()).min().unwrap();
    let span = (ends.max().unwrap() - began) as f64 / 1e6;
    assert!((seconds - span).abs() < 0.5 && span > 5.5, "{seconds} s of {span} s");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_ffmpeg_the_bundle_is_made_and_the_word_is_clear() {
    let day = Day::with_open_lobby(World::sqlite().await).await;
    let out = day.world.dir.path().join("bundle");
    let empty = tempfile::tempdir().unwrap();
    let (session, folder) = (SESSION.to_string(), out.display().to_string());
    let done = day.program_with(&["export", "--session", &session, "--out", &folder], empty.path());
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success() && said.contains("ffmpeg"), "{said}");
    assert!(out.join("recordings.json").is_file());
}
