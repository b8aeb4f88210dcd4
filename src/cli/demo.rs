//! `demo`: everything at once, to be looked at.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::{Desk, Outcome};
use crate::config::Log;
use crate::demo::House;
use crate::telemetry;

#[derive(Args, Debug)]
pub(crate) struct Demo {
    /// One line of JSON for scripts instead of a table.
    #[arg(long)]
    json: bool,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Folder of the data; made and filled when missing.
    #[arg(long, default_value = "./var/demo")]
    data: PathBuf,
    /// No point runs by itself: every one waits for somebody to open its page.
    #[arg(long)]
    by_hand: bool,
    /// What the log tells on standard error.
    #[arg(long, default_value = "warn,rtc_dtls=error")]
    log: String,
}

/// Serves until SIGINT or SIGTERM, then ends in order.
pub(super) async fn run(desk: &Desk, demo: &Demo) -> Outcome {
    telemetry::start(&Log { level: demo.log.clone(), ..Log::default() })?;
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let house = House::open(demo.listen, &demo.data, &desk.clock, !demo.by_hand).await?;
    if demo.json {
        writeln!(std::io::stdout(), "{}", serde_json::to_string(&house.announcement())?)?;
    } else {
        table(desk, demo, &house)?;
    }
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    if !demo.json {
        desk.say("cli.stopping", &[])?;
    }
    house.close().await;
    Ok(())
}

fn table(desk: &Desk, demo: &Demo, house: &House) -> Outcome {
    let data = demo.data.display().to_string();
    desk.say("cli.demo_ready", &[("url", &house.url), ("data", &data)])?;
    desk.say("cli.demo_links", &[])?;
    let width = house.links.iter().map(|link| link.role.len()).max().unwrap_or(0);
    for link in &house.links {
        let role = format!("{:width$}", link.role);
        desk.say("cli.demo_link", &[("role", &role), ("name", &link.name), ("link", &link.link)])?;
    }
    desk.say("cli.demo_points", &[])
}
