//! The upgrade: only from our page, for our host, by whom is signed in, with a ticket nobody used before.

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use jiff::Timestamp;

use super::connection;
use crate::auth::sign_in::Caller;
use crate::auth::ticket::Claims;
use crate::error::AppError;
use crate::http::context::App;
use crate::http::cookie;
use crate::limits;

/// The subprotocol a client names; version 1 of `protocol`.
const PROTOCOL: &str = "diemcau.v1";
/// The ticket travels beside it, so that it never stands in an address or a log of addresses.
const TICKET: &str = "ticket.";

/// `GET /ws`.
pub async fn upgrade(
    State(app): State<App>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, AppError> {
    app.guard.check_upgrade(&headers)?;
    let upgrade = upgrade.map_err(|_| AppError::UpgradeNeeded)?;
    let (caller, claims) = admit(&app, &headers).await?;
    Ok(upgrade
        .protocols([PROTOCOL])
        .max_frame_size(limits::FRAME_BYTES)
        .max_message_size(limits::FRAME_BYTES)
        .on_upgrade(move |socket| connection::run(app, socket, caller, claims)))
}

/// Cookie and ticket, of the same person; the ticket is used up by this.
async fn admit(app: &App, headers: &HeaderMap) -> Result<(Caller, Claims), AppError> {
    let offered: Vec<&str> = headers
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    if !offered.contains(&PROTOCOL) {
        return Err(AppError::UpgradeNeeded);
    }
    let ticket = offered.iter().find_map(|offer| offer.strip_prefix(TICKET)).ok_or(AppError::TicketInvalid)?;
    let token = cookie::read(headers).ok_or(AppError::SignInNeeded)?;
    let caller = app.sign_ins.caller(token).await?;
    let now = app.clock.now();
    let claims = app.tickets.read(ticket, now)?;
    if claims.sub != caller.user.id || claims.sign_in != caller.sign_in {
        return Err(AppError::TicketInvalid);
    }
    let end = Timestamp::from_second(claims.exp).map_err(|_| AppError::TicketInvalid)?;
    match app.accounts.spend(&claims.jti.to_string(), end, now).await? {
        true => Ok((caller, claims)),
        false => Err(AppError::TicketSpent),
    }
}
