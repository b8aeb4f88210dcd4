//! `line`: how an installation would be on a poor line.

use std::io::BufReader;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use clap::Args;

use super::{Desk, Outcome};
use crate::config::Log;
use crate::line::{self, Asked, Schedule};
use crate::telemetry;

/// Opens ports that stand for a server's and do to packets what a poor line does. Prints one line of JSON with them, then
/// takes commands on standard input, a line of JSON each, and ends with it:
///
/// {"do":"line","line":"mountain-3g"}  {"do":"cut"}  {"do":"cut","way":"up"}  {"do":"mend"}  {"do":"rebind"}
/// {"do":"narrow","lets":"all|tcp|port|tls"}  {"do":"datagrams","to":"ADDRESS"}  {"do":"streams","to":"ADDRESS"}
/// {"do":"stats"}
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct Line {
    /// The server's address of pages.
    #[arg(long)]
    server: SocketAddr,
    /// Its address of sound and picture; the port that stands for it is to be among its `media.advertised`.
    #[arg(long)]
    media: Vec<SocketAddr>,
    /// What the line does: fibre, 4g, mountain-3g, satellite, broken-adsl, commune, perfect; figures such as "256/128
    /// kbit/s, 3 % loss, 40 ms delay" (to the place / from it); and when it changes, as "3 Mbit/s; 30 s: 300 kbit/s".
    #[arg(long, default_value = "perfect")]
    line: Schedule,
    /// Decides the fate of packets: the same seed, the same run.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the ports are.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    listen: IpAddr,
}

pub(super) async fn run(desk: &Desk, asked: Line) -> Outcome {
    telemetry::start(&Log { level: "warn".to_owned(), ..Log::default() })?;
    let Line { server: pages, media: datagrams, line: schedule, seed, listen } = asked;
    let asked = Asked { listen, pages, datagrams, schedule, seed };
    Ok(line::serve(asked, desk.clock.clone(), BufReader::new(std::io::stdin()), std::io::stdout()).await?)
}
