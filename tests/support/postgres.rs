//! A PostgreSQL cluster of our own, from the distribution's package: in a temporary directory, on a Unix socket, gone
//! with the test process, whatever way that ends.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

static CLUSTER: OnceLock<PathBuf> = OnceLock::new();
static NEXT: AtomicU32 = AtomicU32::new(0);

/// The newest installed server's programs.
fn programs() -> PathBuf {
    let root = Path::new("/usr/lib/postgresql");
    let versions = std::fs::read_dir(root).expect("PostgreSQL is not installed: `make deps` installs it");
    let newest = versions.flatten().filter(|entry| entry.path().join("bin/initdb").exists()).max_by_key(|entry| {
        entry.file_name().to_string_lossy().parse::<f32>().map(|version| (version * 10.0) as u32).unwrap_or(0)
    });
    newest.expect("PostgreSQL is not installed: `make deps` installs it").path().join("bin")
}

/// Runs a shell line as the user the server insists on: it refuses to run as root.
fn shell(line: &str) -> Command {
    let root = std::fs::metadata("/proc/self").map(|meta| std::os::unix::fs::MetadataExt::uid(&meta) == 0);
    let mut command = if root.unwrap_or(false) {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", "sh", "-c", line]);
        command
    } else {
        let mut command = Command::new("sh");
        command.args(["-c", line]);
        command
    };
    command.current_dir("/").stdout(Stdio::null());
    command
}

fn start() -> PathBuf {
    let bin = programs();
    let bin = bin.display();
    // The server's user must be able to write here; a socket path must stay short.
    let made = shell("mktemp -d /tmp/dcpg.XXXXXX").stdout(Stdio::piped()).output().unwrap();
    let dir = PathBuf::from(String::from_utf8(made.stdout).unwrap().trim());
    let at = dir.display();
    let init = format!("{bin}/initdb -D {at}/data -U test -A trust -E UTF8 --locale=C.UTF-8 -N > {at}/init.log 2>&1");
    assert!(shell(&init).status().unwrap().success(), "initdb: see {at}/init.log");
    let options = format!("-k {at} -c listen_addresses= -c fsync=off -c max_connections=200");
    let run = format!("{bin}/pg_ctl -D {at}/data -w -l {at}/server.log -o '{options}' start");
    assert!(shell(&run).status().unwrap().success(), "pg_ctl: see {at}/server.log");
    // The guard reads from a pipe that only this process holds: when we are gone, it ends the server.
    let guard = format!("trap '' INT TERM HUP; cat; {bin}/pg_ctl -D {at}/data -m immediate stop; rm -rf {at}");
    let child = shell(&guard).stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    std::mem::forget(child);
    dir
}

fn url(dir: &Path, database: &str) -> String {
    format!("postgres://test@localhost/{database}?host={}", dir.display())
}

/// The URL of the cluster's own database, for a superuser's acts.
pub fn admin_url() -> String {
    url(CLUSTER.get_or_init(start), "postgres")
}

/// A new empty database: its URL and name.
pub async fn database() -> (String, String) {
    let admin = tokio::task::spawn_blocking(admin_url).await.unwrap();
    let name = format!("t{}", NEXT.fetch_add(1, Ordering::Relaxed));
    admin_sql(&admin, &format!("CREATE DATABASE {name}")).await;
    (url(CLUSTER.get().unwrap(), &name), name)
}

/// Runs statements on a database by URL.
pub async fn admin_sql(url: &str, sql: &str) {
    use sqlx::Connection as _;
    let mut conn = sqlx::PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
}
