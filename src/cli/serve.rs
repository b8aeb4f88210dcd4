//! `serve` and `check`.

use std::net::{TcpListener, UdpSocket};

use tokio::signal::unix::{SignalKind, signal};

use super::{Desk, Failure, Outcome, WithConfig};
use crate::config::Config;
use crate::http::tls::acceptor;
use crate::run::Server;
use crate::store::keys::Keys;
use crate::telemetry;

/// Serves until SIGINT or SIGTERM, then ends in order.
pub(super) async fn serve(desk: &Desk, with: &WithConfig) -> Outcome {
    let config = with.load()?;
    telemetry::start(&config.log)?;
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let server = Server::start(config, desk.clock.clone()).await?;
    desk.say("cli.ready", &[("address", &server.address.to_string())])?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    desk.say("cli.stopping", &[])?;
    server.stop().await;
    Ok(())
}

/// Everything that makes a start fail, without starting.
pub(super) fn check(desk: &Desk, with: &WithConfig) -> Outcome {
    let config = with.load()?;
    Keys::load(&config.data.keys)?;
    writable(&config)?;
    let named = |what: &'static str| move |error: std::io::Error| Failure::because(&format!("{what}: {error}"));
    if config.http.tls.is_on() {
        let tls = &config.http.tls;
        acceptor(&tls.certificate, &tls.key).map_err(|error| Failure::because(&error.to_string()))?;
    }
    // Kept until the end: two settings must not name one port.
    let _pages = TcpListener::bind(config.http.listen).map_err(named("http.listen"))?;
    let _streams = config.media.tcp_listen.map(TcpListener::bind).transpose().map_err(named("media.tcp_listen"))?;
    UdpSocket::bind(config.media.listen).map_err(named("media.listen"))?;
    desk.say("cli.check_ok", &[])
}

fn writable(config: &Config) -> Outcome {
    let probe = config.data.dir.join(".check");
    let named = |error: std::io::Error| Failure::because(&format!("data.dir: {error}"));
    std::fs::write(&probe, b"").map_err(named)?;
    std::fs::remove_file(&probe).map_err(named)
}
