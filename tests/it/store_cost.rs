//! What a commit costs, on both engines: `cargo test --test it store_cost -- --ignored --nocapture --test-threads 1`.

use std::time::Instant;

use diemcau::domain::chain::Scope;
use diemcau::domain::people::Class;
use diemcau::store::office;

use crate::store_office::{reception, visit_row};
use crate::support::store::{World, event, visit};

const ROUNDS: u32 = 400;

/// Microseconds of each commit, in order of size.
fn tell(what: &str, engine: &str, mut took: Vec<u128>) {
    took.sort_unstable();
    let at = |part: usize| took[(took.len() - 1) * part / 100];
    println!("{what}, {engine}: median {} µs, p90 {} µs, p99 {} µs", at(50), at(90), at(99));
}

async fn measure(world: World) {
    let engine = if world.database.is_some() { "PostgreSQL" } else { "SQLite" };
    let mut log = reception(&world).await;
    let mut number = 1_000_u128;
    let (mut events, mut moves) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        number += 2;
        let append = log.prepare(vec![event(number, Scope::Session, "có mặt")]);
        let began = Instant::now();
        log.send(append).await.unwrap();
        events.push(began.elapsed().as_micros());

        let mut append = log.prepare(vec![event(number + 1, Scope::Visit(visit(1)), "mời")]);
        let mut row = visit_row(1, Class::Normal);
        row.seq = append.expected_seq;
        append.rows = office::visit(&row);
        let began = Instant::now();
        log.send(append).await.unwrap();
        moves.push(began.elapsed().as_micros());
    }
    tell("an event alone", engine, events);
    tell("a visit that moves", engine, moves);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures"]
async fn sqlite() {
    measure(World::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures"]
async fn postgres() {
    measure(World::postgres().await).await;
}
