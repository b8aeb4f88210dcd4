//! `admin erase`: a visit that must not be read any more. Works beside a running server, whose room ends and is opened
//! again without it.

use clap::{Args, ValueEnum};

use super::{Desk, Failure, Outcome};
use crate::app::accounts::Accounts;
use crate::app::erase::{EraseError, Erasing, erase};
use crate::domain::ids::{SessionId, VisitId};
use crate::run;
use crate::store::Store;

#[derive(Args, Debug)]
pub(super) struct Erase {
    /// Session of the visit.
    #[arg(long)]
    session: SessionId,
    #[arg(long)]
    visit: VisitId,
    /// Why the law asks for it; stays readable in the log.
    #[arg(long)]
    ground: Ground,
    /// Sign-in name of the data-protection officer who answers for it; stays readable in the log.
    #[arg(long)]
    by: String,
    /// There is no way back.
    #[arg(long, required = true)]
    for_ever: bool,
}

/// Grounds, as the log has them.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Ground {
    /// The retention period is over.
    RetentionOver,
    /// The person concerned has the right to it and asked.
    RequestOfPerson,
    /// A competent authority ordered it.
    OrderOfAuthority,
}

impl Ground {
    fn code(self) -> &'static str {
        match self {
            Self::RetentionOver => "retention_over",
            Self::RequestOfPerson => "request_of_person",
            Self::OrderOfAuthority => "order_of_authority",
        }
    }
}

pub(super) async fn run(desk: &Desk, store: &Store, what: &Erase) -> Outcome {
    let unknown = || Failure::of("cli.user_unknown", vec![("login", what.by.clone())]);
    let account = Accounts::new(store.clone()).by_login(&what.by).await?;
    let account = account.map(|account| account.user).filter(|user| !user.disabled).ok_or_else(unknown)?;
    let erasing = Erasing { session: what.session, visit: what.visit, ground: what.ground.code(), by: account.id };
    let visit = what.visit.to_string();
    let seq = match erase(store, desk.clock.as_ref(), run::NODE, erasing).await {
        Ok(seq) => seq.to_string(),
        Err(error) => {
            let key = match error {
                EraseError::Unknown => "cli.visit_unknown",
                EraseError::NotOver => "cli.visit_not_over",
                EraseError::NotAllowed => "cli.erase_not_allowed",
                EraseError::Store(error) => return Err(Failure::because(&error)),
            };
            return Err(Failure::of(key, vec![("visit", visit), ("login", what.by.clone())]));
        }
    };
    desk.say("cli.visit_erased", &[("visit", &visit), ("seq", &seq)])
}
