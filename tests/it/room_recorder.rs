//! The recorder fails in mid-session (D154 Điều 24(1)): the session pauses by itself, goes on with a recorder that writes
//! again or by the word of two people, and is recorded again as soon as the disk takes it.

use std::path::PathBuf;
use std::time::Duration;

use diemcau::domain::ids::ConnectionId;
use diemcau::domain::session::SessionAct;
use diemcau::media::plan::{RecordTarget, SourceId, SourceKind};
use diemcau::media::record::{Fault, RecorderEvent};
use diemcau::protocol::command::Command;
use serde_json::{Value, json};
use uuid::Uuid;

use super::support::day::{Client, Day, SESSION, Who};
use super::support::store::World;

fn resume() -> Command {
    Command::MoveSession { act: SessionAct::Resume, reason: String::new(), new_start: None }
}

fn agree(reason: &str) -> Command {
    Command::AllowUnrecorded { reason: reason.to_owned() }
}

fn shown(client: &Client) -> (Value, Value) {
    (client.public("/status"), client.public("/recording"))
}

/// The disk of recordings, taken away and put back: a file stands where the folder was.
struct Disk(PathBuf);

impl Disk {
    fn of(day: &Day) -> Self {
        Self(day.world.dir.path().join("recordings"))
    }

    fn gone(&self) {
        std::fs::rename(&self.0, self.0.with_extension("away")).unwrap();
        std::fs::write(&self.0, "").unwrap();
    }

    fn back(&self) {
        std::fs::remove_file(&self.0).unwrap();
        std::fs::rename(self.0.with_extension("away"), &self.0).unwrap();
    }
}

async fn fails(day: &Day, fault: Fault) {
    let source = SourceId { connection: ConnectionId(Uuid::from_u128(1)), kind: SourceKind::Camera };
    let target = RecordTarget { session: SESSION, visit: None };
    day.registry.recorder_event(RecorderEvent::Failed { source, target, fault }).await;
}

#[tokio::test]
async fn without_a_recorder_two_people_and_a_reason_go_on_and_the_disk_brings_it_back() {
    let day = Day::with_open_lobby(World::sqlite().await).await;
    let disk = Disk::of(&day);
    let mut presider = day.joins(Who::Presider).await;
    let mut note_taker = day.joins(Who::NoteTaker).await;
    day.starts().await;
    disk.gone();
    fails(&day, Fault::DiskFull).await;
    let alarm = (json!("paused"), json!("failed"));
    for client in [&mut presider, &mut note_taker] {
        client.within(Duration::from_secs(1), "the alarm and the pause", |c| shown(c) == alarm).await;
    }
    assert_eq!(presider.does(resume()).await, Err("recorder_still_failing".to_owned()));
    assert_eq!(note_taker.does(agree("đồng ý")).await, Err("presider_must_ask_first".to_owned()));
    assert_eq!(presider.does(agree(" ")).await, Err("reason_missing".to_owned()));
    presider.does(agree("Công dân ở xa đã đến, ghi biên bản đầy đủ")).await.unwrap();
    assert_eq!(presider.does(resume()).await, Err("recorder_still_failing".to_owned()), "one person is not two");
    note_taker.does(agree("đồng ý")).await.unwrap();
    presider.does(resume()).await.unwrap();
    presider.until("going on without", |c| shown(c) == (json!("in_progress"), json!("waived"))).await;
    // The check has to have failed once: nothing else tells the room that the disk was away.
    tokio::time::sleep(Duration::from_secs(4)).await;
    presider.drain();
    assert_eq!(shown(&presider), (json!("in_progress"), json!("waived")));
    disk.back();
    presider.until("recorded again", |c| shown(c) == (json!("in_progress"), json!("running"))).await;
}

#[tokio::test]
async fn a_disk_that_is_back_ends_the_alarm_and_the_presider_goes_on() {
    let day = Day::with_open_lobby(World::sqlite().await).await;
    let disk = Disk::of(&day);
    let mut presider = day.joins(Who::Presider).await;
    day.starts().await;
    disk.gone();
    fails(&day, Fault::DiskError).await;
    presider.until("the pause", |c| shown(c) == (json!("paused"), json!("failed"))).await;
    disk.back();
    presider.until("the end of the alarm", |c| shown(c) == (json!("paused"), json!("running"))).await;
    presider.does(resume()).await.unwrap();
    presider.until("going on", |c| shown(c) == (json!("in_progress"), json!("running"))).await;
    // A source that sends nothing to record is no matter of the disk: going on tries again, at once.
    fails(&day, Fault::NothingWritten).await;
    presider.until("the second pause", |c| shown(c) == (json!("paused"), json!("failed"))).await;
    presider.does(resume()).await.unwrap();
    presider.until("the second try", |c| shown(c) == (json!("in_progress"), json!("running"))).await;
}
