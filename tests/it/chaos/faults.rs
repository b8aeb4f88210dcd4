//! Other faults of the running program: a full disk under its database, a stop in the middle of work, frames sent again
//! while their commit runs, a point that does not come back.

use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use diemcau::domain::ids::{BlockId, PointId, VisitId};
use diemcau::domain::session::{SessionStep, StepOutcome};
use diemcau::domain::visit::BlockKind;
use diemcau::protocol::command::Command;
use diemcau::protocol::frame::ServerBody;
use serde_json::json;
use uuid::Uuid;

use super::client::{Client, Dice};
use super::history::{History, Stored};
use super::office::{A, CENTRAL, SESSION, Seat, begin_session, furnish, new_session, seat_of};
use super::town::Town;
use crate::support::disk::SmallDisk;
use crate::support::process::{House, PATIENCE, Process};
use crate::support::web::PASSWORD;

/// A session in progress with some people at their pages, each led by the test.
async fn some_people<const N: usize>(house: &Arc<House>, logins: [&str; N]) -> (Process, [Client; N]) {
    furnish(house).await;
    let (process, _) = house.start().await;
    let (head, desk) = (house.sign_in("head").await, house.sign_in("desk").await);
    begin_session(house, &head, &desk, &new_session()).await;
    let mut clients = Vec::new();
    for (n, login) in (1..).zip(logins) {
        let mut client = Client::sign_in(house, seat_of(login), Dice(n << 40)).await;
        client.comes().await;
        clients.push(client);
    }
    (process, clients.try_into().ok().unwrap())
}

fn step() -> Command {
    let outcome = StepOutcome::Done { note: "Đã thử".to_owned() };
    Command::RecordStep { step: SessionStep::TrialCall, point: None, outcome }
}

/// T03 on the wire: five frames at once, all before the first commit can be over, beside people who do something else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_sent_again_while_its_commit_runs_is_one_act_and_harms_nobody() {
    let house = Arc::new(House::new());
    let (process, [mut tech, mut officer]) = some_people(&house, ["tech", "officer-a"]).await;
    let other = tokio::spawn(async move {
        for n in 0..40 {
            let act = if n % 2 == 0 { Command::RaiseHand { person: None } } else { Command::LowerHand };
            let (_, answer) = officer.tries(act).await;
            assert!(answer.is_ok(), "{answer:?}");
        }
        officer
    });
    for _ in 0..8 {
        let (act, first) = tech.tries(step()).await;
        assert!(first.is_ok());
        assert_eq!(tech.sends_act(&act, 1).await, [first], "sent again later");
        let act = tech.means(step());
        let answers = tech.sends_act(&act, 5).await;
        assert!(answers[0].is_ok() && answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        tech.rests(Duration::from_millis(250)).await.unwrap();
    }
    let officer = other.await.unwrap();
    process.kill().await;
    told_and_stored(&house, &[&tech, &officer]).await;
}

/// Holds what survived against what these were told.
async fn told_and_stored(house: &House, clients: &[&Client]) -> Stored {
    let stored = Stored::read(&house.copy().await.store).await;
    let told: Vec<(&Seat, History)> =
        clients.iter().map(|client| (client.seat, client.history.lock().unwrap().clone())).collect();
    let faults = stored.faults(&told);
    // Others who work in this test are not asked.
    let faults: Vec<_> = faults.iter().filter(|fault| !fault.starts_with("nobody did")).collect();
    assert!(faults.is_empty(), "{faults:?}\n{}", house.said());
    stored
}

/// T20: everybody is told when to come back, nothing acknowledged is lost, and it ends in order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn told_to_stop_in_the_middle_of_work_it_says_so_to_everybody_and_ends_well() {
    let mut town = Town::begins(7).await;
    town.go(1);
    tokio::time::sleep(Duration::from_millis(800)).await;
    let (status, took) = town.process.take().unwrap().terminate().await;
    assert!(status.success(), "{status}\n{}", town.house.said());
    assert!(took < Duration::from_secs(15), "{took:?}");
    for cut in town.all_cut().await {
        assert_eq!(cut.code, Some(1012), "{cut:?}\n{}", town.house.said());
        assert!(cut.retry_ms.is_some_and(|ms| (1..=5_000).contains(&ms)), "{cut:?}");
    }
    town.holds("after the stop").await;
    let start = town.starts_again().await;
    println!("stopped in {took:?}; ready again {:?}, all ten back {:?}", start.ready, start.all_back);
    town.go(2);
    town.ends().await;
    town.process.take().unwrap().kill().await;
    town.holds("at the end").await;
}

fn write(base: u64, text: &str) -> Command {
    let (visit, block) = (VisitId(Uuid::from_u128(0xd1)), BlockId(Uuid::from_u128(0xb10c)));
    Command::WriteBlock { visit, block, block_kind: BlockKind::Content, base, text: text.to_owned() }
}

/// Brings the first visit as far as that its text can be written.
async fn opens_text(officer: &mut Client) {
    use diemcau::domain::people::IdentityCheck;
    use diemcau::domain::visit::VisitAct;
    let visit = VisitId(Uuid::from_u128(0xd1));
    let moves = |act| Command::MoveVisit { visit, act, reason: String::new() };
    let seen = Command::SeeIdentity { visit, person: super::office::citizen(visit), how: IdentityCheck::DocumentSeen };
    officer.does(vec![moves(VisitAct::Arrive), seen, moves(VisitAct::Identify)]).await.unwrap();
}

/// T48: writes are refused to who asks, reading and sockets go on, and with room again all is as usual.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_writes_and_nothing_else_until_there_is_room() {
    let Some(disk) = SmallDisk::mount(16) else {
        println!("not allowed to mount: the store's own test of a size limit has to do");
        return;
    };
    let database = disk.0.path().join("diemcau.sqlite");
    let house = Arc::new(House::with_database(tempfile::tempdir().unwrap(), database));
    let (process, [mut writer, mut officer, mut tech]) = some_people(&house, ["writer", "officer-a", "tech"]).await;
    opens_text(&mut officer).await;
    let filler = disk.0.path().join("filler");
    let mut file = std::fs::File::create(&filler).unwrap();
    while file.write_all(&[7; 4096]).is_ok() {}
    // What lies ready in the files of the database may still be used up.
    let (mut revision, mut last) = (0, String::new());
    let refused = loop {
        let text = format!("{} {revision}", "đầy ".repeat(4_000));
        let (act, answer) = writer.tries(write(revision, &text)).await;
        match answer {
            Ok(_) => (revision, last) = (revision + 1, text),
            Err(code) => {
                assert_eq!(code, "store_unavailable");
                break act;
            }
        }
        assert!(revision < 1_000, "never full");
        writer.rests(Duration::from_millis(50)).await.unwrap();
    };
    // Events as well as text; a second refusal is as plain as the first; nobody else is told of it.
    let (step, answer) = tech.tries(step()).await;
    assert_eq!(answer, Err("store_unavailable".to_owned()));
    let mut said = Vec::new();
    let until = Instant::now() + Duration::from_secs(3);
    while Instant::now() < until {
        said.extend(officer.hears().await.unwrap());
    }
    assert!(said.iter().any(|body| matches!(body, ServerBody::Ping)), "the socket lives");
    assert!(!said.iter().any(|body| matches!(body, ServerBody::Refused { .. } | ServerBody::Bye { .. })), "{said:?}");
    for path in ["/readyz", "/api/v1/me", "/api/v1/sessions", &format!("/api/v1/sessions/{SESSION}")] {
        let answer = house.get(path, &writer.cookie).await.unwrap();
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
    }
    let head = json!({"login": "head", "password": PASSWORD});
    let fresh = house.post("/api/v1/sign-in", "", &head).await.unwrap();
    assert_eq!((fresh.status, fresh.code().as_str()), (503, "store_unavailable"));

    drop(file);
    std::fs::remove_file(&filler).unwrap();
    assert!(writer.sends_act(&refused, 1).await[0].is_ok(), "the same frame, now stored");
    assert!(tech.sends_act(&step, 1).await[0].is_ok());
    house.sign_in("head").await;
    let text = writer.page.at("minutes:00000000-0000-0000-0000-0000000000d1", "/blocks").clone();
    println!("full after {revision} revisions of {} bytes", last.len());
    assert!(!text.is_null());
    process.kill().await;
    let stored = told_and_stored(&house, &[&writer, &officer, &tech]).await;
    assert_eq!(stored.blocks.values().next().map(|(stored, _)| *stored), Some(revision + 1));
}

/// Design §2: a needed point that is gone for 10 s interrupts the session, also when it was a restart that cut it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_presider_who_does_not_come_back_after_a_restart_interrupts_the_session() {
    let house = Arc::new(House::new());
    let (process, [head, mut officer]) = some_people(&house, ["head", "officer-a"]).await;
    let linked = |client: &Client, point: PointId| client.page.at("public", &format!("/points/{point}/link")).clone();
    until(&mut officer, "both linked", |c| linked(c, A) == "connected" && linked(c, CENTRAL) == "connected").await;
    process.kill().await;
    drop(head);
    while officer.hears().await.is_ok() {}
    let (process, _) = house.start().await;
    officer.comes().await;
    let began = Instant::now();
    until(&mut officer, "itself linked", |c| linked(c, A) == "connected").await;
    assert_eq!(officer.page.at("public", "/status"), "in_progress", "a restart alone interrupts nothing");
    until(&mut officer, "the interruption", |c| c.page.at("public", "/status") == "interrupted").await;
    let took = began.elapsed();
    assert!((Duration::from_secs(8)..Duration::from_secs(15)).contains(&took), "{took:?}");
    process.kill().await;
}

async fn until(client: &mut Client, what: &str, sees: impl Fn(&Client) -> bool) {
    let waiting = async {
        while !sees(client) {
            client.hears().await.unwrap();
        }
    };
    assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "never saw {what}");
}
