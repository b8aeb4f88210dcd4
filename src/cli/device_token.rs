//! `admin device-token`: lets an encoder (WHIP) or a wall display (WHEP) in. Works beside a running server: what is
//! taken back ends there.

use std::time::Duration;

use clap::Subcommand;
use uuid::Uuid;

use super::{Desk, Failure, Outcome};
use crate::app::accounts::Accounts;
use crate::auth::device;
use crate::domain::ids::{DeviceId, SessionId};
use crate::store::Store;
use crate::store::office::{Act, DeviceScope, DeviceToken};

/// Days a token is good for unless said otherwise: a quarter, then somebody should look whether it is still needed.
const DAYS: u32 = 92;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Subcommand, Debug)]
pub(super) enum DeviceTokenAct {
    /// Print a token with which one encoder sends picture and sound of a point (WHIP).
    Encoder {
        /// Point by name or id.
        point: String,
        /// What the machine is called in lists.
        #[arg(long)]
        name: String,
        /// Days until it opens nothing any more.
        #[arg(long, default_value_t = DAYS, value_parser = clap::value_parser!(u32).range(1..=i64::from(crate::limits::DEVICE_TOKEN_DAYS)))]
        days: u32,
    },
    /// Print a token with which one display shows the public stage of a session (WHEP).
    Wall {
        session: SessionId,
        /// What the machine is called in lists.
        #[arg(long)]
        name: String,
        /// Days until it opens nothing any more.
        #[arg(long, default_value_t = DAYS, value_parser = clap::value_parser!(u32).range(1..=i64::from(crate::limits::DEVICE_TOKEN_DAYS)))]
        days: u32,
    },
    /// List the tokens that open something now.
    List,
    /// Take a token back: what runs by it ends, and it opens nothing any more.
    Revoke {
        /// As `list` prints it.
        device: Uuid,
    },
}

pub(super) async fn run(desk: &Desk, store: &Store, act: &DeviceTokenAct) -> Outcome {
    let accounts = Accounts::new(store.clone());
    let by = Act::by("console", desk.clock.now());
    match act {
        DeviceTokenAct::Encoder { point, name, days } => {
            let unknown = || Failure::of("cli.point_unknown", vec![("point", point.clone())]);
            let point = accounts.find_point(point).await?.ok_or_else(unknown)?.id;
            make(desk, &accounts, (DeviceScope::Point(point), name, *days), by).await
        }
        DeviceTokenAct::Wall { session, name, days } => {
            let unknown = || Failure::of("cli.session_unknown", vec![("session", session.to_string())]);
            store.session_row(*session).await?.ok_or_else(unknown)?;
            make(desk, &accounts, (DeviceScope::Session(*session), name, *days), by).await
        }
        DeviceTokenAct::List => {
            let now = desk.clock.now();
            for token in accounts.device_tokens().await?.iter().filter(|token| token.is_good(now)) {
                let (id, end) = (token.id.to_string(), token.expires_at.to_string());
                let values = [("id", id.as_str()), ("path", &path(token)), ("name", &token.name), ("end", &end)];
                desk.say("cli.device_token_row", &values)?;
            }
            Ok(())
        }
        DeviceTokenAct::Revoke { device } => {
            let unknown = || Failure::of("cli.device_token_unknown", vec![("id", device.to_string())]);
            let gone = accounts.revoke_device_token(DeviceId(*device), by).await?.ok_or_else(unknown)?;
            desk.say("cli.device_token_revoked", &[("name", &gone.name)])
        }
    }
}

async fn make(desk: &Desk, accounts: &Accounts, (scope, name, days): (DeviceScope, &str, u32), by: Act) -> Outcome {
    let id = DeviceId(desk.clock.new_id());
    let (kept, token) = device::make(accounts, id, scope, (name, DAY.saturating_mul(days)), by).await?;
    let (id, end) = (kept.id.to_string(), kept.expires_at.to_string());
    desk.say("cli.device_token", &[("id", &id), ("path", &path(&kept)), ("token", &token), ("end", &end)])
}

/// The address the machine is given, behind that of the site.
fn path(token: &DeviceToken) -> String {
    match token.scope {
        DeviceScope::Point(point) => format!("/whip/{point}"),
        DeviceScope::Session(session) => format!("/whep/{session}"),
    }
}
