//! The demonstration as a running server: configuration, seeding, links, and the points that run by themselves.

use std::fs::DirBuilder;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::Arc;

use jiff::SignedDuration;
use serde::Serialize;
use tokio::task::JoinSet;

use super::error::DemoError;
use super::point::{Links, SelfRunning};
use super::province::{Province, Role};
use super::seed::{self, Place, Seeded};
use crate::app::accounts::Accounts;
use crate::auth::secret;
use crate::clock::SharedClock;
use crate::config::Config;
use crate::domain::ids::{InstallationId, UserId};
use crate::error::AppError;
use crate::run::{self, Server, StartError};
use crate::store::Store;

/// Point and officer of those that run by themselves.
const SELF_RUNNING: [(&str, &str); 2] = [("ben-da", "phuong-b"), ("so-nnmt", "so")];
/// The configuration in the data folder, written anew at every start.
const CONFIG: &str = "diemcau.toml";
/// A link is opened when somebody gets to it, in the course of the day.
const LINK_LIVES: SignedDuration = SignedDuration::from_hours(12);

/// Why the demonstration does not start.
#[derive(Debug, thiserror::Error)]
pub enum HouseError {
    #[error(transparent)]
    Demo(#[from] DemoError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    App(#[from] AppError),
    #[error("{what}: {source}")]
    Io { what: String, source: std::io::Error },
}

/// A running demonstration.
pub struct House {
    server: Server,
    points: JoinSet<()>,
    /// Where it is, by address.
    pub url: String,
    /// One-use sign-in links.
    pub links: Vec<RoleLink>,
    /// Its sessions.
    pub seeded: Seeded,
}

/// A page to open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoleLink {
    /// Login of the account.
    pub role: String,
    pub name: String,
    /// Host and port the link leads to: each role its own, so that one browser can be all of them.
    pub host: String,
    /// Signs in once.
    pub link: String,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
pub struct Announcement<'a> {
    pub url: &'a str,
    pub links: &'a [RoleLink],
}

impl House {
    /// Makes what is missing in `dir`, serves at `listen`, and lets two points run by themselves where wanted.
    ///
    /// # Errors
    /// See [`HouseError`].
    pub async fn open(
        listen: SocketAddr,
        dir: &Path,
        clock: &SharedClock,
        self_running: bool,
    ) -> Result<Self, HouseError> {
        let named = |what: &Path| {
            let what = what.display().to_string();
            move |source| HouseError::Io { what, source }
        };
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(named(dir))?;
        let dir = std::fs::canonicalize(dir).map_err(named(dir))?;
        let listen = free_port(listen).map_err(|source| HouseError::Io { what: listen.to_string(), source })?;
        let roles = Province::load()?.roles()?;
        let text = configuration(listen, &dir, &roles).to_string();
        let config = Config::parse(&text).map_err(StartError::from)?;
        // For the other verbs: `diemcau verify --config` reads what the demonstration serves.
        let file = dir.join(CONFIG);
        std::fs::write(&file, text).map_err(named(&file))?;
        let keys = seed::keys(&config.data.keys, InstallationId(clock.new_id()))?;
        let store = Store::open(&run::backend(&config), keys).await.map_err(DemoError::from)?;
        let place = Place { store, recordings: dir.join("recordings"), rules: run::rules() };
        let seeded = seed::seed(&place, clock).await?;
        drop(place);
        let server = Server::start(config, clock.clone()).await?;
        let accounts = server.app().accounts.clone();
        let mut links = Vec::new();
        for Role { role, host, user } in &roles {
            let host = format!("{host}.localhost:{}", listen.port());
            let token = one_use(&accounts, clock, user.id).await?;
            let link = format!("http://{host}/dang-nhap/lien-ket#{token}");
            links.push(RoleLink { role: role.clone(), name: user.name.clone(), host, link });
        }
        let points = if self_running { run_points(&accounts, clock, &roles, server.address)? } else { JoinSet::new() };
        Ok(Self { server, points, url: format!("http://{listen}"), links, seeded })
    }

    /// What scripts are told.
    pub fn announcement(&self) -> Announcement<'_> {
        Announcement { url: &self.url, links: &self.links }
    }

    /// The server inside.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Orderly end.
    pub async fn close(mut self) {
        self.points.shutdown().await;
        self.server.stop().await;
    }
}

/// A port for the asked one, where that is 0: the origins have to be known before the listener is.
fn free_port(listen: SocketAddr) -> std::io::Result<SocketAddr> {
    if listen.port() != 0 {
        return Ok(listen);
    }
    std::net::TcpListener::bind(listen)?.local_addr()
}

/// Links on, one host per role, everything in one folder, media on any port of the same address.
fn configuration(listen: SocketAddr, dir: &Path, roles: &[Role]) -> toml::Table {
    let port = listen.port();
    let hosts = ["localhost".to_owned()].into_iter().chain(roles.iter().map(|role| format!("{}.localhost", role.host)));
    let origins = std::iter::once(format!("http://{listen}")).chain(hosts.map(|host| format!("http://{host}:{port}")));
    let origins: Vec<toml::Value> = origins.map(toml::Value::from).collect();
    let text = |path: &Path| path.display().to_string();
    let mut config = toml::Table::new();
    for (section, key, value) in [
        ("http", "listen", listen.to_string().into()),
        ("http", "origins", toml::Value::Array(origins)),
        ("data", "dir", text(dir).into()),
        ("data", "keys", text(&dir.join("keys")).into()),
        ("media", "listen", SocketAddr::new(listen.ip(), 0).to_string().into()),
        ("sign_in", "links", true.into()),
    ] {
        let section = config.entry(section).or_insert_with(|| toml::Table::new().into());
        if let Some(section) = section.as_table_mut() {
            section.insert(key.to_owned(), value);
        }
    }
    config
}

async fn one_use(accounts: &Accounts, clock: &SharedClock, user: UserId) -> Result<String, AppError> {
    let token = secret::token()?;
    let now = clock.now();
    let end = now.saturating_add(LINK_LIVES).unwrap_or(now);
    accounts.make_link(secret::digest(&token), user, end, now).await?;
    Ok(token)
}

fn run_points(
    accounts: &Accounts,
    clock: &SharedClock,
    roles: &[Role],
    address: SocketAddr,
) -> Result<JoinSet<()>, DemoError> {
    let mut points = JoinSet::new();
    for (point, login) in SELF_RUNNING {
        let Some(role) = roles.iter().find(|role| role.role == login) else { continue };
        let (accounts, user, clock) = (accounts.clone(), role.user.id, clock.clone());
        let own_clock = clock.clone();
        let links: Links = Arc::new(move || {
            let (accounts, clock) = (accounts.clone(), clock.clone());
            Box::pin(async move { one_use(&accounts, &clock, user).await.ok() })
        });
        let host = format!("{}.localhost:{}", role.host, address.port());
        points.spawn(SelfRunning::new((point, login), (address, host), own_clock, links)?.run());
    }
    Ok(points)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_a_host_the_server_answers_to() {
        let roles = Province::load().unwrap().roles().unwrap();
        let config = configuration("127.0.0.1:8080".parse().unwrap(), Path::new("/tmp/\"x"), &roles);
        let config = Config::parse(&config.to_string()).unwrap();
        assert_eq!(config.data.keys, Path::new("/tmp/\"x/keys"));
        assert!(config.sign_in.links);
        let hosts = config.http.hosts();
        for role in &roles {
            assert!(hosts.contains(&format!("{}.localhost:8080", role.host)), "{}", role.host);
        }
        for host in ["127.0.0.1:8080", "localhost:8080", "chu-tri.localhost:8080", "xa-a.localhost:8080"] {
            assert!(hosts.contains(host), "{host}");
        }
        for (_, login) in SELF_RUNNING {
            assert!(roles.iter().any(|role| role.role == login), "{login}");
        }
    }
}
