//! Settings: typed, with defaults, unknown keys refused. `config/default.toml` documents each.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

/// The documented default file, as `init` writes it.
pub const DEFAULT: &str = include_str!("../config/default.toml");

/// Why a configuration cannot be used. The text names the key.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{path}: {source}")]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{0}")]
    Malformed(#[from] toml::de::Error),
    #[error("http.origins: `{0}` is not an origin such as https://tiepdan.example.gov.vn")]
    Origin(String),
    #[error("http.origins: at least one address is needed")]
    NoOrigin,
    #[error("http.listen: listening beyond loopback needs http.tls, or a TLS proxy named in http.proxies")]
    Unprotected,
    #[error("http.tls: certificate and key belong together")]
    HalfTls,
    #[error("media.tcp_advertised: nothing listens there without media.tcp_listen or http.tls")]
    NoTcp,
    #[error("media.relay: `{0}` is not an address such as turns:tiepdan.example.gov.vn:443?transport=tcp")]
    Relay(String),
    #[error("media.advertised: name the addresses browsers can reach, {0} is none")]
    Advertised(SocketAddr),
    #[error("data.database: only sqlite:// and postgres:// are known")]
    Database,
    #[error("data.recordings_second: name another folder, on another disk; the first is inside data.dir")]
    SameRecordings,
}

/// All settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub http: Http,
    pub data: Data,
    pub media: Media,
    pub sign_in: SignIn,
    pub log: Log,
}

/// How browsers reach the server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    pub listen: SocketAddr,
    pub origins: Vec<String>,
    pub proxies: BTreeSet<IpAddr>,
    pub metrics_from: BTreeSet<IpAddr>,
    pub tls: Tls,
}

/// TLS in the box; both empty where a proxy of the house has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Tls {
    /// Whether there is TLS.
    pub fn is_on(&self) -> bool {
        !self.certificate.as_os_str().is_empty()
    }
}

/// What is kept, and where.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Data {
    pub dir: PathBuf,
    pub keys: PathBuf,
    pub database: String,
    pub recordings_second: PathBuf,
}

impl Data {
    /// Folders of the recorder: one, or two that get the same files.
    pub fn recordings(&self) -> Vec<PathBuf> {
        let second = Some(&self.recordings_second).filter(|path| !path.as_os_str().is_empty());
        [self.dir.join("recordings")].into_iter().chain(second.cloned()).collect()
    }
}

/// How sound and picture reach the server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Media {
    pub listen: SocketAddr,
    pub advertised: Vec<SocketAddr>,
    pub tcp_listen: Option<SocketAddr>,
    pub tcp_advertised: Vec<SocketAddr>,
    pub relay: Vec<String>,
    pub workers: usize,
}

/// Accounts and their sign-ins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignIn {
    pub idle_minutes: u32,
    pub absolute_hours: u32,
    pub links: bool,
}

/// What the log tells.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    pub level: String,
    pub format: LogFormat,
}

/// Form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    Text,
    Json,
}

impl Default for Http {
    fn default() -> Self {
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Self {
            listen: SocketAddr::new(loopback, 8080),
            origins: vec!["http://127.0.0.1:8080".to_owned(), "http://localhost:8080".to_owned()],
            proxies: BTreeSet::new(),
            metrics_from: BTreeSet::from([loopback, IpAddr::V6(std::net::Ipv6Addr::LOCALHOST)]),
            tls: Tls::default(),
        }
    }
}

impl Default for Data {
    fn default() -> Self {
        Self {
            dir: PathBuf::from("./var"),
            keys: PathBuf::from("./var/keys"),
            database: String::new(),
            recordings_second: PathBuf::new(),
        }
    }
}

impl Default for Media {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 40000),
            advertised: Vec::new(),
            tcp_listen: None,
            tcp_advertised: Vec::new(),
            relay: Vec::new(),
            workers: 0,
        }
    }
}

impl Default for SignIn {
    fn default() -> Self {
        Self { idle_minutes: 60, absolute_hours: 12, links: false }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".to_owned(), format: LogFormat::Text }
    }
}

impl Config {
    /// Reads and checks a file.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        Self::parse(&text)
    }

    /// Reads and checks a text.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text)?;
        config.check()?;
        Ok(config)
    }

    /// What no type can say.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.http.origins.is_empty() {
            return Err(ConfigError::NoOrigin);
        }
        if let Some(wrong) = self.http.origins.iter().find(|origin| host_of(origin).is_none()) {
            return Err(ConfigError::Origin(wrong.clone()));
        }
        if self.http.tls.is_on() == self.http.tls.key.as_os_str().is_empty() {
            return Err(ConfigError::HalfTls);
        }
        if !self.http.listen.ip().is_loopback() && self.http.proxies.is_empty() && !self.http.tls.is_on() {
            return Err(ConfigError::Unprotected);
        }
        if !self.media.tcp_advertised.is_empty() && self.media.tcp_listen.is_none() && !self.http.tls.is_on() {
            return Err(ConfigError::NoTcp);
        }
        if let Some(wrong) = self.media.relay.iter().find(|url| !is_relay(url)) {
            return Err(ConfigError::Relay(wrong.clone()));
        }
        let mut advertised = self.media.advertised.iter().chain(&self.media.tcp_advertised);
        if let Some(wrong) = advertised.find(|address| address.ip().is_unspecified()) {
            return Err(ConfigError::Advertised(*wrong));
        }
        let url = self.database_url();
        if !["sqlite://", "postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err(ConfigError::Database);
        }
        if self.data.recordings_second.starts_with(&self.data.dir) {
            return Err(ConfigError::SameRecordings);
        }
        Ok(())
    }

    /// The database, SQLite in the data folder unless configured.
    pub fn database_url(&self) -> String {
        if self.data.database.is_empty() {
            format!("sqlite://{}", self.data.dir.join("diemcau.sqlite").display())
        } else {
            self.data.database.clone()
        }
    }

    /// Threads that serve sound and picture: as configured, else all processors but one, which is left to everything else.
    pub fn media_workers(&self) -> NonZeroUsize {
        let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let unset = NonZeroUsize::new(processors.saturating_sub(1)).unwrap_or(NonZeroUsize::MIN);
        NonZeroUsize::new(self.media.workers).unwrap_or(unset)
    }

    /// Addresses told to browsers: as configured, else the listening one, else loopback.
    pub fn media_addresses(&self) -> Vec<SocketAddr> {
        let listen = self.media.listen;
        if !self.media.advertised.is_empty() {
            self.media.advertised.clone()
        } else if listen.ip().is_unspecified() {
            vec![SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), listen.port())]
        } else {
            vec![listen]
        }
    }
}

impl Config {
    /// Addresses of ICE over TCP told to browsers: as configured, else those of the datagrams with the port that takes
    /// streams (`tcp`, `https`: the ports bound); none where no port does.
    pub fn tcp_addresses(&self, tcp: Option<u16>, https: u16) -> Vec<SocketAddr> {
        if !self.media.tcp_advertised.is_empty() {
            return self.media.tcp_advertised.clone();
        }
        let port = tcp.or(self.http.tls.is_on().then_some(https));
        let mut addresses: Vec<SocketAddr> = Vec::new();
        for ip in self.media_addresses().iter().map(SocketAddr::ip) {
            if !addresses.iter().any(|known| known.ip() == ip) {
                addresses.extend(port.map(|port| SocketAddr::new(ip, port)));
            }
        }
        addresses
    }

    /// Where browsers find the relay (RFC 7065): as configured, else the addresses of the pages where we have TLS
    /// ourselves.
    pub fn relay_urls(&self) -> Vec<String> {
        if !self.media.relay.is_empty() || !self.http.tls.is_on() {
            return self.media.relay.clone();
        }
        let hosts = self.http.origins.iter().filter_map(|origin| origin.strip_prefix("https://"));
        hosts
            .map(|host| {
                // A colon within brackets is part of an IPv6 address.
                let has_port = host.rsplit(']').next().is_some_and(|rest| rest.contains(':'));
                let port = if has_port { "" } else { ":443" };
                format!("turns:{host}{port}?transport=tcp")
            })
            .collect()
    }
}

/// Relays are reached over TCP alone, with TLS or without.
fn is_relay(url: &str) -> bool {
    let host = url.strip_prefix("turns:").or_else(|| url.strip_prefix("turn:"));
    host.and_then(|host| host.strip_suffix("?transport=tcp")).is_some_and(|host| !host.is_empty())
}

impl Http {
    /// Hosts as the `Host` header names them.
    pub fn hosts(&self) -> BTreeSet<String> {
        self.origins.iter().filter_map(|origin| host_of(origin)).map(str::to_ascii_lowercase).collect()
    }
}

impl SignIn {
    /// Longest time without anything done.
    pub fn idle(self) -> Duration {
        Duration::from_secs(u64::from(self.idle_minutes).saturating_mul(60))
    }

    /// Longest life of a sign-in.
    pub fn absolute(self) -> Duration {
        Duration::from_secs(u64::from(self.absolute_hours).saturating_mul(3600))
    }
}

/// Host and port of an origin without path; `None` when it is none (RFC 6454 §6.2).
fn host_of(origin: &str) -> Option<&str> {
    let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"))?;
    let plain =
        host.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | ':' | '[' | ']'));
    (plain && !host.is_empty()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_file_is_the_default() {
        assert_eq!(Config::parse(DEFAULT).unwrap(), Config::default());
    }

    #[test]
    fn unknown_keys_are_refused_by_name() {
        let error = Config::parse("[http]\nlissten = \"127.0.0.1:1\"").unwrap_err().to_string();
        assert!(error.contains("lissten"), "{error}");
    }

    #[test]
    fn what_would_be_unsafe_or_dead_is_refused() {
        for (text, part) in [
            ("[http]\norigins = []", "http.origins"),
            ("[http]\norigins = [\"https://a.vn/path\"]", "http.origins"),
            ("[http]\norigins = [\"a.vn\"]", "http.origins"),
            ("[http]\nlisten = \"0.0.0.0:80\"", "http.listen"),
            ("[media]\nadvertised = [\"0.0.0.0:4\"]", "media.advertised"),
            ("[media]\ntcp_advertised = [\"10.0.0.1:443\"]", "media.tcp_advertised"),
            ("[media]\nrelay = [\"turns:a.vn:443\"]", "media.relay"),
            ("[http.tls]\ncertificate = \"a.pem\"", "http.tls"),
            ("[http.tls]\nkey = \"a.key\"", "http.tls"),
            ("[data]\ndatabase = \"mysql://x\"", "data.database"),
            ("[data]\nrecordings_second = \"./var/recordings\"", "data.recordings_second"),
        ] {
            let error = Config::parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
        let two = Config::parse("[data]\nrecordings_second = \"/mnt/second\"").unwrap();
        assert_eq!(two.data.recordings(), [PathBuf::from("./var/recordings"), PathBuf::from("/mnt/second")]);
        assert!(Config::parse("[http]\nlisten = \"0.0.0.0:80\"\nproxies = [\"10.0.0.2\"]").is_ok());
    }

    #[test]
    fn streams_are_told_where_a_port_takes_them() {
        let parse = |text: &str| Config::parse(text).unwrap();
        let plain = parse("[media]\nadvertised = [\"10.0.0.1:40000\", \"10.0.0.1:40001\", \"[fd00::1]:40000\"]");
        assert!(plain.tcp_addresses(None, 8080).is_empty() && plain.relay_urls().is_empty());
        let told: Vec<String> = plain.tcp_addresses(Some(443), 8080).iter().map(SocketAddr::to_string).collect();
        assert_eq!(told, ["10.0.0.1:443", "[fd00::1]:443"]);
        let tls = parse(
            "[http]\nlisten = \"0.0.0.0:443\"\norigins = [\"https://a.vn\", \"https://b.vn:8443\"]\n\
             [http.tls]\ncertificate = \"a.pem\"\nkey = \"a.key\"\n[media]\nadvertised = [\"10.0.0.1:40000\"]",
        );
        assert_eq!(tls.tcp_addresses(None, 443), [SocketAddr::from(([10, 0, 0, 1], 443))]);
        assert_eq!(tls.relay_urls(), ["turns:a.vn:443?transport=tcp", "turns:b.vn:8443?transport=tcp"]);
    }

    #[test]
    fn hosts_follow_from_origins() {
        let http = Http {
            origins: vec!["https://tcd.example.vn".into(), "http://xa-a.localhost:8080".into()],
            ..Http::default()
        };
        assert_eq!(http.hosts().into_iter().collect::<Vec<_>>(), ["tcd.example.vn", "xa-a.localhost:8080"]);
    }
}
