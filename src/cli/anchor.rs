//! `anchor`: the heads of all logs in one signed file, for somebody outside to keep (a timer runs it once a day).

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::{Desk, Outcome, WithConfig};
use crate::run;
use crate::store::Store;
use crate::store::keys::Keys;

#[derive(Args, Debug)]
pub(crate) struct MakeAnchor {
    #[command(flatten)]
    with: WithConfig,
    /// New file to write; one that is there is not touched.
    #[arg(long)]
    out: PathBuf,
}

pub(super) async fn run(desk: &Desk, anchor: &MakeAnchor) -> Outcome {
    let config = anchor.with.load()?;
    let store = Store::open(&run::backend(&config), Keys::load(&config.data.keys)?).await?;
    let mut file = OpenOptions::new().write(true).create_new(true).open(&anchor.out)?;
    let made = store.make_anchor(desk.clock.now()).await?;
    file.write_all(made.file().as_bytes())?;
    file.sync_all()?;
    let (count, out) = (made.heads.len().to_string(), anchor.out.display().to_string());
    desk.say("cli.anchored", &[("count", &count), ("file", &out)])
}
