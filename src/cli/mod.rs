//! The verbs of the one program. Sentences come from the catalogue; help texts are for administrators, in English.

mod admin;
mod anchor;
mod demo;
mod device_token;
mod erase;
mod init;
mod line;
mod load;
mod prove;
mod serve;

use std::fmt;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::clock::{SharedClock, SystemClock};
use crate::config::Config;
use crate::text::{self, Language};

#[derive(Parser, Debug)]
#[command(name = "diemcau", version, about = "Server for online citizen reception", arg_required_else_help = true)]
struct Cli {
    /// Language of messages.
    #[arg(long, global = true, default_value = "vi")]
    lang: Language,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Make data folder, keys and configuration of a new installation.
    Init(init::Init),
    /// Serve until told to stop (SIGINT, SIGTERM).
    Serve(WithConfig),
    /// Serve a fictional province with sessions and two points that run by themselves.
    Demo(demo::Demo),
    /// Check configuration, keys, folders and ports without starting.
    Check(WithConfig),
    /// Accounts, roles, units, points, sign-in links, kiosks, tokens of machines and erasures.
    Admin(admin::Admin),
    /// Prove that the logs are intact: of a bundle, or of the database.
    Verify(prove::Verify),
    /// Sign the heads of all logs, in a file for somebody outside to keep; `verify --anchor` compares with it.
    Anchor(anchor::MakeAnchor),
    /// Write a session, or what changed in a unit, as a bundle that verifies without this server.
    Export(prove::Export),
    /// Put load on a media engine or an installation, and say what became of it.
    Load(Box<load::Load>),
    /// Ports that stand for a server's and are as a poor line: how a reception would be on it.
    Line(Box<line::Line>),
    /// The engine that `load` measures.
    #[command(hide = true)]
    LoadEngine(load::Engine),
}

/// The configuration a verb works with.
#[derive(Args, Debug)]
pub(crate) struct WithConfig {
    /// Configuration file.
    #[arg(long, default_value = "diemcau.toml")]
    config: PathBuf,
}

impl WithConfig {
    fn load(&self) -> Result<Config, Failure> {
        Config::load(&self.config).map_err(|error| Failure::because(&error))
    }
}

/// A verb that did not do what it was asked: key of the catalogue, and its values.
#[derive(Debug)]
struct Failure {
    key: &'static str,
    values: Vec<(&'static str, String)>,
}

impl Failure {
    fn because(error: &dyn fmt::Display) -> Self {
        Self { key: "cli.failed", values: vec![("reason", error.to_string())] }
    }

    fn of(key: &'static str, values: Vec<(&'static str, String)>) -> Self {
        Self { key, values }
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::because(&error)
    }
}

type Outcome = Result<(), Failure>;

/// What every verb is given.
struct Desk {
    language: Language,
    clock: SharedClock,
}

impl Desk {
    /// A sentence to standard output.
    fn say(&self, key: &str, values: &[(&str, &str)]) -> Outcome {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{}", text::fill(key, self.language, values))?;
        Ok(())
    }
}

/// Runs the verb of the command line.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let language = cli.lang;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = runtime.map_err(|error| Failure::because(&error)).and_then(|runtime| {
        let desk = Desk { language, clock: SystemClock::start() };
        runtime.block_on(run(&desk, cli.verb))
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let values: Vec<(&str, &str)> =
                failure.values.iter().map(|(name, value)| (*name, value.as_str())).collect();
            // Standard error that is gone cannot be told so.
            writeln!(std::io::stderr(), "{}", text::fill(failure.key, language, &values)).unwrap_or_default();
            ExitCode::FAILURE
        }
    }
}

async fn run(desk: &Desk, verb: Verb) -> Outcome {
    match verb {
        Verb::Init(init) => init::run(desk, &init).await,
        Verb::Serve(with) => serve::serve(desk, &with).await,
        Verb::Demo(demo) => demo::run(desk, &demo).await,
        Verb::Check(with) => serve::check(desk, &with),
        Verb::Admin(admin) => admin::run(desk, &admin).await,
        Verb::Verify(verify) => prove::verify(desk, &verify).await,
        Verb::Anchor(made) => anchor::run(desk, &made).await,
        Verb::Export(export) => prove::export(desk, &export).await,
        Verb::Load(load) => load::run(desk, &load).await,
        Verb::Line(asked) => line::run(desk, *asked).await,
        Verb::LoadEngine(engine) => load::engine(desk, &engine).await,
    }
}
