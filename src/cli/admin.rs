//! `admin`: the first accounts, and what has no page. Works beside a running server: sign-ins that end here end there.

use std::io::{BufRead as _, Write as _};

use clap::{Args, Subcommand, ValueEnum};
use jiff::SignedDuration;
use rustix::termios::{LocalModes, OptionalActions, isatty, tcgetattr, tcsetattr};
use uuid::Uuid;

use super::{Desk, Failure, Outcome, WithConfig};
use crate::app::accounts::{Accounts, KIOSK_LOGIN};
use crate::auth::password::{self, Passwords};
use crate::auth::{link, secret};
use crate::config::Config;
use crate::domain::calendar;
use crate::domain::ids::{DeviceId, PointId, UnitId, UserId};
use crate::domain::people::{RoleGrant, UnitRole, User};
use crate::domain::units::{DeviceKind, Point, Unit, UnitKind};
use crate::limits;
use crate::run;
use crate::store::Store;
use crate::store::keys::Keys;
use crate::store::office::{Account, Act as OfficeAct, PairingCode};

#[derive(Args, Debug)]
pub(crate) struct Admin {
    #[command(flatten)]
    with: WithConfig,
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand, Debug)]
enum Act {
    /// Accounts.
    #[command(subcommand)]
    User(UserAct),
    /// Units.
    #[command(subcommand)]
    Unit(UnitAct),
    /// Points.
    #[command(subcommand)]
    Point(PointAct),
    /// Paired browsers.
    #[command(subcommand)]
    Kiosk(KioskAct),
    /// Tokens of encoders (WHIP) and wall displays (WHEP).
    #[command(subcommand)]
    DeviceToken(super::device_token::DeviceTokenAct),
    /// Destroy the key of a visit: nobody opens it again.
    Erase(super::erase::Erase),
    /// Print a one-use sign-in link (only where the configuration allows them).
    SignInLink { login: String },
}

#[derive(Subcommand, Debug)]
enum UserAct {
    /// Make an account; asks for its password.
    Add {
        login: String,
        /// Full name.
        #[arg(long)]
        name: String,
        /// Position as papers print it.
        #[arg(long, default_value = "")]
        title: String,
        #[command(flatten)]
        password: PasswordFrom,
    },
    /// Set a new password; all sign-ins of the account end.
    Password {
        login: String,
        #[command(flatten)]
        password: PasswordFrom,
    },
    /// Grant or withdraw a role in a unit.
    Role {
        login: String,
        role: Role,
        /// Unit by abbreviation or id.
        #[arg(long)]
        unit: String,
        /// Take the role away.
        #[arg(long)]
        withdraw: bool,
    },
    /// Disable an account; all its sign-ins end.
    Disable { login: String },
}

#[derive(Args, Debug)]
struct PasswordFrom {
    /// Read the password from the first line of standard input.
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Subcommand, Debug)]
enum UnitAct {
    /// Make a unit that exists from today on.
    Add {
        /// Abbreviation in document numbers.
        code: String,
        /// Name as papers print it.
        #[arg(long)]
        name: String,
        kind: Kind,
        /// Place name before the date of a paper.
        #[arg(long, default_value = "")]
        place: String,
        /// Superior unit by abbreviation or id.
        #[arg(long)]
        parent: Option<String>,
    },
}

#[derive(Subcommand, Debug)]
enum PointAct {
    /// Make a point of a unit.
    Add {
        name: String,
        /// Unit by abbreviation or id.
        #[arg(long)]
        unit: String,
        #[arg(long, default_value = "")]
        address: String,
        #[arg(long, default_value = "")]
        phone: String,
    },
}

#[derive(Subcommand, Debug)]
enum KioskAct {
    /// Print a code that pairs one browser with a point.
    Code {
        /// Point by name or id.
        point: String,
        /// What the browser is for.
        #[arg(long, default_value = "main")]
        kind: Device,
        /// What it is called in lists.
        #[arg(long)]
        name: String,
    },
    /// List the paired browsers of a point.
    List {
        /// Point by name or id.
        point: String,
    },
    /// Unpair a browser: its sign-ins and sockets end, and it is let in no more.
    Unpair {
        /// As `list` prints it.
        device: Uuid,
    },
}

/// Values as typed, without a second list: each is the stable name of the domain's value.
macro_rules! typed_names {
    ($(#[$doc:meta] $name:ident => $domain:ident { $($value:ident),+ $(,)? })+) => {$(
        #[$doc]
        #[derive(Clone, Copy, Debug, ValueEnum)]
        enum $name { $($value),+ }
        impl From<$name> for $domain {
            fn from(name: $name) -> Self {
                match name { $($name::$value => Self::$value),+ }
            }
        }
    )+};
}

typed_names! {
    /// Role in a unit.
    Role => UnitRole {
        Administrator, Head, ReceptionOfficer, Technician, Inspector, Archivist, DataProtectionOfficer,
    }
    /// Kind of unit.
    Kind => UnitKind { ReceptionBoard, Province, Commune, Agency }
    /// What a device is for.
    Device => DeviceKind { Main, CitizenScreen, Paper, Companion }
}

/// What the acts work with.
struct Office<'a> {
    desk: &'a Desk,
    config: Config,
    accounts: Accounts,
}

pub(super) async fn run(desk: &Desk, admin: &Admin) -> Outcome {
    let config = admin.with.load()?;
    let store = Store::open(&run::backend(&config), Keys::load(&config.data.keys)?).await?;
    if let Act::Erase(what) = &admin.act {
        return super::erase::run(desk, &store, what).await;
    }
    if let Act::DeviceToken(act) = &admin.act {
        return super::device_token::run(desk, &store, act).await;
    }
    let office = Office { desk, config, accounts: Accounts::new(store) };
    match &admin.act {
        Act::User(act) => office.user(act).await,
        Act::Unit(act) => office.unit(act).await,
        Act::Point(act) => office.point(act).await,
        Act::Kiosk(act) => office.kiosk(act).await,
        Act::SignInLink { login } => office.link(login).await,
        Act::Erase(_) | Act::DeviceToken(_) => Ok(()),
    }
}

impl Office<'_> {
    async fn account(&self, login: &str) -> Result<Account, Failure> {
        let unknown = || Failure::of("cli.user_unknown", vec![("login", login.to_owned())]);
        self.accounts.by_login(login).await?.ok_or_else(unknown)
    }

    async fn find_unit(&self, text: &str) -> Result<Unit, Failure> {
        let unknown = || Failure::of("cli.unit_unknown", vec![("unit", text.to_owned())]);
        self.accounts.find_unit(text).await?.ok_or_else(unknown)
    }

    /// Whoever sits at this machine: the command line knows no accounts.
    fn act(&self) -> OfficeAct {
        OfficeAct::by("console", self.desk.clock.now())
    }

    async fn user(&self, act: &UserAct) -> Outcome {
        match act {
            UserAct::Add { login, name, title, password } => self.add_user(login, name, title, password).await,
            UserAct::Password { login, password } => {
                let mut account = self.account(login).await?;
                account.password_hash = Some(self.new_password(login, password).await?);
                self.accounts.save(&account, self.act()).await?;
                self.desk.say("cli.password_set", &[("login", login)])
            }
            UserAct::Role { login, role, unit, withdraw } => {
                let user = self.account(login).await?.user.id;
                let unit = self.find_unit(unit).await?.id;
                let grant = RoleGrant { user, unit, role: (*role).into() };
                self.accounts.grant(&grant, !withdraw, self.act()).await?;
                let key = if *withdraw { "cli.role_withdrawn" } else { "cli.role_granted" };
                let role = role.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
                self.desk.say(key, &[("login", login), ("role", &role)])
            }
            UserAct::Disable { login } => {
                let mut account = self.account(login).await?;
                account.user.disabled = true;
                self.accounts.save(&account, self.act()).await?;
                self.desk.say("cli.user_disabled", &[("login", login)])
            }
        }
    }

    async fn add_user(&self, login: &str, name: &str, title: &str, from: &PasswordFrom) -> Outcome {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_');
        let long_enough = (2..=64).contains(&login.len());
        if !long_enough || !login.chars().all(plain) || login.starts_with(KIOSK_LOGIN) {
            return Err(Failure::of("cli.login_malformed", Vec::new()));
        }
        if self.accounts.by_login(login).await?.is_some() {
            return Err(Failure::of("cli.user_exists", vec![("login", login.to_owned())]));
        }
        let password_hash = Some(self.new_password(login, from).await?);
        let id = UserId(self.desk.clock.new_id());
        let (login, name, title) = (login.to_owned(), name.to_owned(), title.to_owned());
        let account = Account { user: User { id, login: login.clone(), name, title, disabled: false }, password_hash };
        self.accounts.save(&account, self.act()).await?;
        self.desk.say("cli.user_added", &[("login", &login), ("id", &id.to_string())])
    }

    /// Asked or read from standard input, never from the arguments, which every process of the machine can see.
    async fn new_password(&self, login: &str, from: &PasswordFrom) -> Result<String, Failure> {
        if !from.password_stdin {
            let mut err = std::io::stderr();
            write!(err, "{}", crate::text::fill("cli.password_prompt", self.desk.language, &[]))?;
            err.flush()?;
        }
        let typed = read_hidden()?;
        password::check_strength(login, &typed)
            .map_err(|error| Failure::because(&error.sentence().get(self.desk.language)))?;
        Ok(Passwords::new()?.hash(typed).await?)
    }

    async fn unit(&self, act: &UnitAct) -> Outcome {
        let UnitAct::Add { code, name, kind, place, parent } = act;
        let parent = match parent {
            Some(parent) => Some(self.find_unit(parent).await?.id),
            None => None,
        };
        let now = self.desk.clock.now();
        let unit = Unit {
            id: UnitId(self.desk.clock.new_id()),
            name: name.clone(),
            kind: (*kind).into(),
            parent,
            valid_from: calendar::local_date(now),
            valid_to: None,
            successors: Vec::new(),
            code: code.clone(),
            place: place.clone(),
        };
        self.accounts.save_unit(&unit, self.act()).await?;
        self.desk.say("cli.unit_added", &[("name", name), ("id", &unit.id.to_string())])
    }

    async fn point(&self, act: &PointAct) -> Outcome {
        let PointAct::Add { name, unit, address, phone } = act;
        let unit = self.find_unit(unit).await?.id;
        let now = self.desk.clock.now();
        let point = Point {
            id: PointId(self.desk.clock.new_id()),
            unit,
            name: name.clone(),
            address: address.clone(),
            equipment: String::new(),
            phone: phone.clone(),
            valid_from: calendar::local_date(now),
            valid_to: None,
        };
        self.accounts.save_point(&point, self.act()).await?;
        self.desk.say("cli.point_added", &[("name", name), ("id", &point.id.to_string())])
    }

    async fn kiosk(&self, act: &KioskAct) -> Outcome {
        match act {
            KioskAct::Code { point, kind, name } => self.kiosk_code(point, (*kind).into(), name).await,
            KioskAct::List { point } => {
                let devices = self.accounts.devices_of(self.find_point(point).await?.id).await?;
                for device in devices.iter().filter(|device| !device.revoked) {
                    let typed = Device::value_variants().iter().find(|value| DeviceKind::from(**value) == device.kind);
                    let kind = typed.and_then(Device::to_possible_value);
                    let kind = kind.map(|value| value.get_name().to_owned()).unwrap_or_default();
                    let id = device.id.to_string();
                    self.desk.say("cli.kiosk_row", &[("id", &id), ("kind", &kind), ("name", &device.name)])?;
                }
                Ok(())
            }
            KioskAct::Unpair { device } => {
                let unknown = || Failure::of("cli.device_unknown", vec![("id", device.to_string())]);
                let gone = self.accounts.unpair(DeviceId(*device), self.desk.clock.now()).await?.ok_or_else(unknown)?;
                self.desk.say("cli.kiosk_unpaired", &[("name", &gone.name)])
            }
        }
    }

    async fn find_point(&self, text: &str) -> Result<Point, Failure> {
        let unknown = || Failure::of("cli.point_unknown", vec![("point", text.to_owned())]);
        self.accounts.find_point(text).await?.ok_or_else(unknown)
    }

    async fn kiosk_code(&self, point: &str, kind: DeviceKind, name: &str) -> Outcome {
        let point = self.find_point(point).await?.id;
        let (code, now) = (secret::spoken_code()?, self.desk.clock.now());
        let expires_at = now.saturating_add(SignedDuration::try_from(limits::PAIRING_CODE)?)?;
        let kept = PairingCode { code_hash: secret::digest(&code), point, kind, name: name.to_owned(), expires_at };
        self.accounts.make_pairing_code(&kept, self.act()).await?;
        let minutes = limits::PAIRING_CODE.as_secs().div_euclid(60).to_string();
        self.desk.say("cli.kiosk_code", &[("code", &code), ("minutes", &minutes)])
    }

    async fn link(&self, login: &str) -> Outcome {
        if !self.config.sign_in.links {
            return Err(Failure::of("cli.links_off", Vec::new()));
        }
        let user = self.account(login).await?.user.id;
        let origin = self.config.http.origins.first().cloned().unwrap_or_default();
        let link = link::make(&self.accounts, &origin, user, self.act()).await?;
        let minutes = limits::SIGN_IN_LINK.as_secs().div_euclid(60).to_string();
        self.desk.say("cli.link_made", &[("link", &link), ("minutes", &minutes)])
    }
}

/// One line from standard input; a terminal does not show it.
fn read_hidden() -> Result<String, Failure> {
    let stdin = std::io::stdin();
    let shown = if isatty(&stdin) { Some(tcgetattr(&stdin)?) } else { None };
    if let Some(shown) = &shown {
        let mut hidden = shown.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        tcsetattr(&stdin, OptionalActions::Flush, &hidden)?;
    }
    let mut line = String::new();
    let read = stdin.lock().read_line(&mut line);
    if let Some(shown) = &shown {
        tcsetattr(&stdin, OptionalActions::Flush, shown)?;
        writeln!(std::io::stderr())?;
    }
    read?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
