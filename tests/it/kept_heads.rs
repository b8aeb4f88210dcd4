//! Design §4: signed heads leave the house at once, and what somebody kept proves a log that was rewritten.

use std::process::Output;

use diemcau::domain::chain::{Anchor, Checkpoint, CheckpointReason, Hash, LogId};
use diemcau::domain::ids::BlockId;
use diemcau::domain::visit::{Answer, BlockKind, ClosingCard, VisitAct};
use diemcau::protocol::command::Command;
use diemcau::protocol::frame::ServerBody;
use diemcau::store::verify::{Against, Checked};
use uuid::Uuid;

use super::support::day::{CITIZEN_1, Client, Day, SESSION, UNIT, VISIT_1, Who};
use super::support::store::World;

/// The files a browser was given so far.
fn kept(client: &Client) -> Vec<String> {
    let files = client.seen.iter().filter_map(|body| match body {
        ServerBody::Checkpoint { file, .. } => Some(file.clone()),
        _ => None,
    });
    files.collect()
}

/// A visit whose text is frozen, with a point that takes part and one that waits.
async fn frozen() -> (Day, Vec<Client>) {
    let day = Day::with_open_lobby(World::sqlite().await).await;
    let mut presider = day.joins(Who::Presider).await;
    let mut note_taker = day.joins(Who::NoteTaker).await;
    let (own, other) = (day.joins(Who::OfficerA).await, day.joins(Who::OfficerB).await);
    day.starts().await;
    day.waits(VISIT_1, Who::OfficerA, CITIZEN_1).await;
    presider.does(Command::CallNext { visit: VISIT_1 }).await.unwrap();
    let begin = Command::MoveVisit { visit: VISIT_1, act: VisitAct::Begin, reason: String::new() };
    presider.does(begin).await.unwrap();
    let (block, block_kind, text) = (BlockId(Uuid::from_u128(0xb10c)), BlockKind::Content, "Ông trình bày".to_owned());
    note_taker.does(Command::WriteBlock { visit: VISIT_1, block, block_kind, base: 0, text }).await.unwrap();
    let card = ClosingCard {
        answer: Answer::Now { text: "Đã trả lời.".into() },
        unit: UNIT,
        unit_name: "Ban".into(),
        conclusion: "Giao Sở A.".into(),
        citizen_opinion: "Đồng ý.".into(),
    };
    presider.does(Command::CloseHearing { visit: VISIT_1, card }).await.unwrap();
    note_taker.does(Command::FreezeText { visit: VISIT_1 }).await.unwrap();
    (day, vec![presider, note_taker, own, other])
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_connected_place_is_given_the_signed_head_and_it_proves_the_log() {
    let (day, mut clients) = frozen().await;
    for client in &mut clients {
        client.until("the signed head", |client| !kept(client).is_empty()).await;
    }
    let files: Vec<Vec<String>> = clients.iter().map(kept).collect();
    assert!(files.iter().all(|of| of.len() == 1 && *of == files[0]), "one, and the same for all: {files:?}");
    let (installation, head) = Checkpoint::parse(&files[0][0]).unwrap();
    let stored = day.world.store.checkpoints(SESSION).await.unwrap();
    assert_eq!((stored.last(), head.reason), (Some(&head), CheckpointReason::Frozen));
    assert_eq!(head.file(installation), files[0][0], "it reads back");

    let check = async |kept: Checkpoint| {
        let against = Against { kept: vec![(installation, kept)], ..Against::default() };
        day.world.store.verify(&against).await.unwrap()
    };
    let sound = check(head.clone()).await;
    assert!(sound.is_sound() && sound.checked.contains(&Checked::Kept { log: LogId::Session(SESSION), seq: head.seq }));
    let forged = check(Checkpoint { head: Hash::of(b"another"), ..head.clone() }).await;
    assert_eq!(forged.fault.unwrap().kind.code(), "signature_wrong");

    // With a log cut back to before the freeze, what a point kept tells.
    let path = day.world.dir.path().join("kept.txt");
    std::fs::write(&path, &files[0][0]).unwrap();
    let name = path.display().to_string();
    let whole = day.program(&["--lang", "en", "verify", "--checkpoint", &name]);
    assert!(whole.status.success() && said(&whole).contains("a point kept"), "{}", said(&whole));
    let torn = std::fs::read_to_string(&path).unwrap().replace(&head.seq.to_string(), "7");
    std::fs::write(&path, torn).unwrap();
    assert!(!day.program(&["--lang", "en", "verify", "--checkpoint", &name]).status.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_anchor_verb_writes_what_verify_reads() {
    let (day, _clients) = frozen().await;
    let out = day.world.dir.path().join("anchor.txt");
    let name = out.display().to_string();
    let made = day.program(&["--lang", "en", "anchor", "--out", &name]);
    assert!(made.status.success(), "{}", said(&made));
    let anchor = Anchor::parse(&std::fs::read_to_string(&out).unwrap()).unwrap();
    assert!(anchor.heads.iter().any(|head| head.log == LogId::Session(SESSION)));
    let checked = day.program(&["--lang", "en", "verify", "--anchor", &name]);
    assert!(checked.status.success() && said(&checked).contains("anchor"), "{}", said(&checked));
    let again = day.program(&["--lang", "en", "anchor", "--out", &name]);
    assert!(!again.status.success(), "a file that is there is not touched");
    assert_eq!(day.world.store.anchors("2020-01-01T00:00:00Z".parse().unwrap()).await.unwrap().len(), 1);
}
