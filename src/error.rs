//! The one error table: what went wrong → HTTP status, close code of a socket, sentence, log level.

use crate::domain::refusal::Refusal;
use crate::text::{self, Sentence};

/// What the server answers instead of doing what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppError {
    #[error("not signed in")]
    SignInNeeded,
    #[error("sign-in failed")]
    SignInFailed,
    /// Seconds to wait.
    #[error("too many attempts")]
    TooManyAttempts(u32),
    #[error("sign-in link spent")]
    LinkSpent,
    #[error("sign-in links are off")]
    LinksOff,
    #[error("pairing code wrong")]
    PairingCodeWrong,
    #[error("kiosk refused")]
    KioskRefused,
    #[error("ticket invalid")]
    TicketInvalid,
    #[error("ticket expired")]
    TicketExpired,
    #[error("ticket spent")]
    TicketSpent,
    /// No Bearer token, or one that opens nothing.
    #[error("device token refused")]
    DeviceTokenRefused,
    /// The request changes something and does not say which state it means (RFC 6585 §3).
    #[error("precondition required")]
    PreconditionRequired,
    /// The state it means is not the one there is (RFC 9110 §15.5.13).
    #[error("precondition failed")]
    PreconditionFailed,
    /// A restart of ICE, which we do not take part in.
    #[error("ice restart refused")]
    IceRestartRefused,
    #[error("origin refused")]
    OriginRefused,
    #[error("host refused")]
    HostRefused,
    #[error("not allowed")]
    NotAllowed,
    /// Also for what exists but belongs to others: the same answer in the same time.
    #[error("not found")]
    NotFound,
    #[error("method not allowed")]
    MethodNotAllowed,
    /// With the field, where one can be named.
    #[error("body malformed")]
    BodyMalformed(Option<String>),
    #[error("body too large")]
    BodyTooLarge,
    #[error("content type refused")]
    BodyType,
    #[error("timed out")]
    Timeout,
    #[error("upgrade needed")]
    UpgradeNeeded,
    #[error("range outside the file")]
    RangeUnsatisfiable,
    #[error("password weak")]
    PasswordWeak,
    #[error("busy")]
    Busy,
    #[error("the store is unavailable")]
    StoreUnavailable,
    /// A paper could not be printed: its stable code, and what failed for the log alone.
    #[error("{code}: {detail}")]
    Paper { code: &'static str, detail: String },
    /// What failed, for the log alone.
    #[error("internal: {0}")]
    Internal(String),
    /// A rule of reception said no.
    #[error("refused: {0}")]
    Refused(#[from] Refusal),
}

/// How loudly the log speaks of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    /// Part of a normal day.
    Debug,
    /// A person was told no.
    Info,
    /// Someone should look: an attack or a broken set-up.
    Warn,
    /// The server is at fault.
    Error,
}

/// One row of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row {
    /// HTTP status.
    pub status: u16,
    /// Close code of a socket (RFC 6455 §7.4; 4000–4999 are ours).
    pub close: u16,
    /// Stable code; key `error.<code>`.
    pub code: &'static str,
    pub level: Level,
}

const fn row(status: u16, close: u16, code: &'static str, level: Level) -> Row {
    Row { status, close, code, level }
}

const SIGN_IN_NEEDED: Row = row(401, 4401, "sign_in_needed", Level::Debug);
const SIGN_IN_FAILED: Row = row(401, 4401, "sign_in_failed", Level::Info);
const TOO_MANY_ATTEMPTS: Row = row(429, 4429, "too_many_attempts", Level::Warn);
const LINK_SPENT: Row = row(401, 4401, "link_spent", Level::Info);
const LINKS_OFF: Row = row(404, 4404, "links_off", Level::Info);
const PAIRING_CODE_WRONG: Row = row(401, 4401, "pairing_code_wrong", Level::Info);
const KIOSK_REFUSED: Row = row(401, 4401, "kiosk_refused", Level::Warn);
const TICKET_INVALID: Row = row(401, 4401, "ticket_invalid", Level::Warn);
const TICKET_EXPIRED: Row = row(401, 4401, "ticket_expired", Level::Info);
const TICKET_SPENT: Row = row(401, 4401, "ticket_spent", Level::Warn);
const DEVICE_TOKEN_REFUSED: Row = row(401, 4401, "device_token_refused", Level::Warn);
const PRECONDITION_REQUIRED: Row = row(428, 4400, "precondition_required", Level::Info);
const PRECONDITION_FAILED: Row = row(412, 4400, "precondition_failed", Level::Info);
const ICE_RESTART_REFUSED: Row = row(422, 4400, "ice_restart_refused", Level::Info);
const ORIGIN_REFUSED: Row = row(403, 4403, "origin_refused", Level::Warn);
const HOST_REFUSED: Row = row(421, 4403, "host_refused", Level::Warn);
const NOT_ALLOWED: Row = row(403, 4403, "not_allowed", Level::Info);
const NOT_FOUND: Row = row(404, 4404, "not_found", Level::Debug);
const METHOD_NOT_ALLOWED: Row = row(405, 4400, "method_not_allowed", Level::Debug);
const BODY_MALFORMED: Row = row(400, 4400, "body_malformed", Level::Info);
const BODY_TOO_LARGE: Row = row(413, 1009, "body_too_large", Level::Info);
const BODY_TYPE: Row = row(415, 4400, "body_type", Level::Info);
const TIMEOUT: Row = row(408, 4408, "timeout", Level::Info);
const UPGRADE_NEEDED: Row = row(426, 4400, "upgrade_needed", Level::Debug);
const RANGE_UNSATISFIABLE: Row = row(416, 4400, "range_unsatisfiable", Level::Debug);
const PASSWORD_WEAK: Row = row(422, 4400, "password_weak", Level::Debug);
const BUSY: Row = row(503, 1013, "busy", Level::Warn);
const STORE_UNAVAILABLE: Row = row(503, 1013, "store_unavailable", Level::Error);
const INTERNAL: Row = row(500, 1011, "internal", Level::Error);
/// Papers, by the codes of `documents::PaperError`; the last stands for a code that is not here.
const PAPERS: [Row; 6] = [
    row(501, 4400, "paper_not_built", Level::Info),
    row(413, 4400, "paper_request", Level::Warn),
    row(500, 1011, "paper_form", Level::Error),
    row(503, 1013, "paper_time_limit", Level::Error),
    row(503, 1013, "paper_memory_limit", Level::Error),
    PAPER_PROCESS,
];
const PAPER_PROCESS: Row = row(500, 1011, "paper_process", Level::Error);
/// The code of a refusal is its own; its sentence is under `refusal.`.
const REFUSED: Row = row(409, 4400, "refused", Level::Info);

const ROWS: [Row; 29] = [
    SIGN_IN_NEEDED,
    SIGN_IN_FAILED,
    TOO_MANY_ATTEMPTS,
    LINK_SPENT,
    LINKS_OFF,
    PAIRING_CODE_WRONG,
    KIOSK_REFUSED,
    TICKET_INVALID,
    TICKET_EXPIRED,
    TICKET_SPENT,
    DEVICE_TOKEN_REFUSED,
    PRECONDITION_REQUIRED,
    PRECONDITION_FAILED,
    ICE_RESTART_REFUSED,
    ORIGIN_REFUSED,
    HOST_REFUSED,
    NOT_ALLOWED,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    BODY_MALFORMED,
    BODY_TOO_LARGE,
    BODY_TYPE,
    TIMEOUT,
    UPGRADE_NEEDED,
    RANGE_UNSATISFIABLE,
    PASSWORD_WEAK,
    BUSY,
    STORE_UNAVAILABLE,
    INTERNAL,
];

/// The stable codes of all errors that are not refusals.
pub fn codes() -> impl Iterator<Item = &'static str> {
    ROWS.iter().chain(&PAPERS).map(|row| row.code)
}

impl AppError {
    /// The row of the table.
    pub fn row(&self) -> Row {
        match self {
            Self::SignInNeeded => SIGN_IN_NEEDED,
            Self::SignInFailed => SIGN_IN_FAILED,
            Self::TooManyAttempts(_) => TOO_MANY_ATTEMPTS,
            Self::LinkSpent => LINK_SPENT,
            Self::LinksOff => LINKS_OFF,
            Self::PairingCodeWrong => PAIRING_CODE_WRONG,
            Self::KioskRefused => KIOSK_REFUSED,
            Self::TicketInvalid => TICKET_INVALID,
            Self::TicketExpired => TICKET_EXPIRED,
            Self::TicketSpent => TICKET_SPENT,
            Self::DeviceTokenRefused => DEVICE_TOKEN_REFUSED,
            Self::PreconditionRequired => PRECONDITION_REQUIRED,
            Self::PreconditionFailed => PRECONDITION_FAILED,
            Self::IceRestartRefused => ICE_RESTART_REFUSED,
            Self::OriginRefused => ORIGIN_REFUSED,
            Self::HostRefused => HOST_REFUSED,
            Self::NotAllowed => NOT_ALLOWED,
            Self::NotFound => NOT_FOUND,
            Self::MethodNotAllowed => METHOD_NOT_ALLOWED,
            Self::BodyMalformed(_) => BODY_MALFORMED,
            Self::BodyTooLarge => BODY_TOO_LARGE,
            Self::BodyType => BODY_TYPE,
            Self::Timeout => TIMEOUT,
            Self::UpgradeNeeded => UPGRADE_NEEDED,
            Self::RangeUnsatisfiable => RANGE_UNSATISFIABLE,
            Self::PasswordWeak => PASSWORD_WEAK,
            Self::Busy => BUSY,
            Self::StoreUnavailable => STORE_UNAVAILABLE,
            Self::Paper { code, .. } => *PAPERS.iter().find(|row| row.code == *code).unwrap_or(&PAPER_PROCESS),
            Self::Internal(_) => INTERNAL,
            Self::Refused(refusal) => refused(*refusal),
        }
    }

    /// What a person reads.
    pub fn sentence(&self) -> Sentence {
        match self {
            Self::Refused(refusal) => text::refusal(refusal.code),
            other => text::sentence(&format!("error.{}", other.row().code)),
        }
    }
}

/// A refusal keeps its code; some of them have a status of their own.
fn refused(refusal: Refusal) -> Row {
    let like = match refusal.code {
        "session_unknown" => NOT_FOUND,
        "not_permitted" => NOT_ALLOWED,
        "store_unavailable" => STORE_UNAVAILABLE,
        "media_offer_malformed" => BODY_MALFORMED,
        "media_offer_unsupported" | "h264_unsupported" => ICE_RESTART_REFUSED,
        "media_full" | "media_unavailable" => BUSY,
        _ => REFUSED,
    };
    Row { code: refusal.code, ..like }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_statuses_are_errors() {
        let mut codes: Vec<_> = codes().collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), ROWS.len() + PAPERS.len());
        assert!(ROWS.iter().chain(&PAPERS).all(|row| (400..600).contains(&row.status)));
    }

    #[test]
    fn a_refusal_keeps_its_code_and_its_sentence() {
        let error = AppError::from(Refusal::new("store_unavailable"));
        assert_eq!((error.row().status, error.row().code), (503, "store_unavailable"));
        assert_eq!(error.sentence(), text::sentence("refusal.store_unavailable"));
    }
}
