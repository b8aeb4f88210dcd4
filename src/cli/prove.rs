//! `verify` and `export`: what a stranger can check.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::{Desk, Failure, Outcome, WithConfig};
use crate::app::accounts::Accounts;
use crate::app::export::{Exporter, Opened};
use crate::app::film;
use crate::app::papers::Papers;
use crate::app::prove;
use crate::documents::{PaperProof, Press};
use crate::domain::chain::{Anchor, Checkpoint};
use crate::domain::ids::SessionId;
use crate::run;
use crate::store::keys::Keys;
use crate::store::verify::{Against, Report, verify_bundle, verify_database};
use crate::store::{Head, Store};
use crate::text;

#[derive(Args, Debug)]
pub(crate) struct Verify {
    /// Folder of a bundle; the configured database unless given.
    bundle: Option<PathBuf>,
    #[command(flatten)]
    with: WithConfig,
    /// Anchor files kept elsewhere.
    #[arg(long)]
    anchor: Vec<PathBuf>,
    /// Signed heads that points of a session kept, as files.
    #[arg(long)]
    checkpoint: Vec<PathBuf>,
    /// Text of the QR code on a printed paper; may be given more than once.
    #[arg(long, value_parser = PaperProof::parse)]
    paper: Vec<PaperProof>,
    /// The report as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Export {
    #[command(flatten)]
    with: WithConfig,
    /// Print the sessions there are, one a line.
    #[arg(long, conflicts_with_all = ["session", "unit", "out"])]
    list: bool,
    /// Which session.
    #[arg(long, required_unless_present_any = ["list", "unit"])]
    session: Option<SessionId>,
    /// Instead of a session: the log of what changed in the office data of a unit, by abbreviation or id.
    #[arg(long, conflicts_with = "session")]
    unit: Option<String>,
    /// New folder to write.
    #[arg(long, required_unless_present = "list")]
    out: Option<PathBuf>,
    /// What is opened beside the sealed log and recordings.
    #[arg(long, default_value = "normal")]
    opened: Opened,
    /// Leave out the films: one MP4 for each opened visit, all its pictures side by side, made with ffmpeg.
    #[arg(long)]
    no_film: bool,
    /// The list as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn verify(desk: &Desk, verify: &Verify) -> Outcome {
    let mut against = Against::default();
    for path in &verify.anchor {
        let text = std::fs::read_to_string(path)?;
        against.anchors.push(Anchor::parse(&text)?);
    }
    for path in &verify.checkpoint {
        let text = std::fs::read_to_string(path)?;
        against.kept.push(Checkpoint::parse(&text)?);
    }
    against.papers = verify.paper.iter().map(PaperProof::mark).collect();
    let report = match &verify.bundle {
        Some(bundle) => verify_bundle(bundle, &against)?,
        None => database(verify, &against).await?,
    };
    print(desk, &report, verify.json)?;
    let Some(fault) = &report.fault else { return Ok(()) };
    // A fault of keys or files is of no log, one of a row is of no event.
    let log = fault.log.map_or_else(|| "–".to_owned(), |log| log.to_string());
    let seq = fault.seq.map_or_else(|| "–".to_owned(), |seq| seq.to_string());
    let values = vec![("log", log), ("seq", seq), ("source", report.source.to_owned())];
    Err(Failure::of("cli.verify_failed", values))
}

/// Without keys the chain is proven all the same; with them, that bodies open, that recordings are those of the log and
/// that papers carry the frozen text.
async fn database(verify: &Verify, against: &Against) -> Result<Report, Failure> {
    let config = verify.with.load()?;
    let keys = Keys::load(&config.data.keys).ok();
    let report = verify_database(&run::backend(&config), keys.as_ref(), against).await?;
    let Some(keys) = keys.filter(|_| report.is_sound()) else { return Ok(report) };
    let store = Store::open_read_only(&run::backend(&config), keys).await?;
    Ok(prove::contents(report, &store, &config.data.recordings().into(), &verify.paper).await?)
}

fn print(desk: &Desk, report: &Report, json: bool) -> Outcome {
    if json {
        let mut out = std::io::stdout().lock();
        serde_json::to_writer(&mut out, &report.lines())?;
        writeln!(out)?;
        return Ok(());
    }
    for line in report.lines() {
        let values: Vec<(&str, &str)> = line.values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        desk.say(&line.code, &values)?;
    }
    Ok(())
}

pub(super) async fn export(desk: &Desk, export: &Export) -> Outcome {
    let config = export.with.load()?;
    let store = Store::open(&run::backend(&config), Keys::load(&config.data.keys)?).await?;
    if let (Some(session), Some(out)) = (export.session, &export.out) {
        let papers = Papers::new(store.clone(), Press::of_this_program()?);
        let exporter = Exporter::new(store, config.data.recordings(), papers);
        let wanted = !export.no_film && export.opened != Opened::Nothing;
        let exporter = match wanted && film::is_installed() {
            true => exporter.with_films(),
            false if wanted => {
                writeln!(std::io::stderr(), "{}", text::fill("cli.no_film", desk.language, &[]))?;
                exporter
            }
            false => exporter,
        };
        exporter.export(session, out, export.opened, desk.clock.now()).await?;
        let (session, file) = (session.to_string(), out.display().to_string());
        return desk.say("cli.exported", &[("session", &session), ("file", &file)]);
    }
    if let (Some(unit), Some(out)) = (&export.unit, &export.out) {
        let unknown = || Failure::of("cli.unit_unknown", vec![("unit", unit.clone())]);
        let found = Accounts::new(store.clone()).find_unit(unit).await?.ok_or_else(unknown)?;
        store.export_bundle(found.id, out, Vec::new(), desk.clock.now()).await?;
        return desk.say("cli.exported_unit", &[("name", &found.name), ("file", &out.display().to_string())]);
    }
    let heads = store.heads().await?;
    let heads: Vec<_> = heads.iter().filter_map(|head| Some((head.log.session()?, head))).collect();
    let mut out = std::io::stdout().lock();
    if export.json {
        let row = |(session, head): &(SessionId, &Head)| serde_json::json!({ "session": session, "seq": head.seq, "at": head.at, "hash": head.hash });
        let rows: Vec<_> = heads.iter().map(row).collect();
        serde_json::to_writer(&mut out, &rows)?;
        writeln!(out)?;
    } else {
        for (session, head) in heads {
            writeln!(out, "{session} {} {}", head.seq, head.at)?;
        }
    }
    Ok(())
}
