//! `init`: a new installation from nothing.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Desk, Failure, Outcome};
use crate::config::{self, Config};
use crate::domain::ids::InstallationId;
use crate::run;
use crate::store::Store;
use crate::store::keys::Keys;

#[derive(Args, Debug)]
pub(crate) struct Init {
    /// Folder of the data; made when missing.
    #[arg(long, default_value = "./var")]
    data: PathBuf,
    /// Folder of the keys; the data folder's `keys` unless given.
    #[arg(long)]
    keys: Option<PathBuf>,
    /// Configuration file to write; never overwritten.
    #[arg(long, default_value = "diemcau.toml")]
    config: PathBuf,
}

/// Keys first: whoever ends up with a configuration has keys for it.
pub(super) async fn run(desk: &Desk, init: &Init) -> Outcome {
    if init.config.exists() {
        return Err(Failure::because(&format!("{} exists", init.config.display())));
    }
    DirBuilder::new().recursive(true).mode(0o700).create(&init.data)?;
    let data = fs::canonicalize(&init.data)?;
    let keys_dir = init.keys.clone().unwrap_or_else(|| data.join("keys"));
    let keys = Keys::init(&keys_dir, InstallationId(desk.clock.new_id()), desk.clock.now())?;
    let text = written(&data, &keys_dir);
    let config = Config::parse(&text)?;
    drop(Store::open(&run::backend(&config), keys).await?);
    write_new(&init.config, &text)?;
    let (config, keys) = (init.config.display().to_string(), keys_dir.display().to_string());
    desk.say("cli.init_done", &[("config", &config), ("keys", &keys)])
}

/// The documented defaults with the two folders of this installation.
fn written(data: &Path, keys: &Path) -> String {
    let line = |key: &str, path: &Path| format!("{key} = {}", toml::Value::from(path.display().to_string()));
    config::DEFAULT.replace("dir = \"./var\"", &line("dir", data)).replace("keys = \"./var/keys\"", &line("keys", keys))
}

fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o640).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_written_configuration_names_the_folders() {
        let text = written(Path::new("/srv/điểm cầu"), Path::new("/etc/\"keys\""));
        let config = Config::parse(&text).unwrap();
        assert_eq!(config.data.dir, Path::new("/srv/điểm cầu"));
        assert_eq!(config.data.keys, Path::new("/etc/\"keys\""));
    }
}
