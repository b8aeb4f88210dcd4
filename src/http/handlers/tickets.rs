//! Tickets for the socket.

use axum::Json;
use axum::extract::State;

use crate::auth::sign_in::Caller;
use crate::auth::ticket::Purpose;
use crate::error::AppError;
use crate::http::body::Strict;
use crate::http::context::App;
use crate::protocol::rest::{Ticket, TicketRequest};

pub(in crate::http) async fn issue(
    State(app): State<App>,
    caller: Caller,
    Strict(asked): Strict<TicketRequest>,
) -> Result<Json<Ticket>, AppError> {
    // They have a way of their own, with a token for nothing else.
    if asked.device.is_foreign() {
        return Err(AppError::BodyMalformed(Some("device".to_owned())));
    }
    let actor = caller.actor(asked.point, asked.device);
    app.rooms.sit(&actor, caller.kiosk_point(), asked.session).await?;
    let TicketRequest { session, point, device } = asked;
    let purpose = Purpose { user: caller.user.id, session, point, device, sign_in: caller.sign_in };
    let token = app.tickets.issue(purpose, app.clock.new_id(), app.clock.now())?;
    Ok(Json(Ticket { token }))
}
