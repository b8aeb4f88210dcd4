//! Why the server ends a socket: close code, key `close.<reason>` of the catalogue, and when to come back.

use axum::extract::ws::CloseFrame;

use crate::domain::refusal::Refusal;
use crate::error::AppError;
use crate::protocol::frame::ServerBody;
use crate::room::handle::Closing;

/// The sign-in ended: by the person, by time, or by the administrator.
pub const SIGNED_OUT: Closing = Closing { code: 4401, reason: "signed_out", retry_ms: 0 };
/// Roles or the paired device changed: a new connection gets the new rights.
pub const RIGHTS_CHANGED: Closing = Closing { code: 4412, reason: "rights_changed", retry_ms: 200 };
/// `limits::FRAMES_REFUSED` frames in a row were too fast.
pub const SLOW_DOWN: Closing = Closing { code: 4429, reason: "slow_down", retry_ms: 5000 };
/// Nothing came for `limits::SOCKET_SILENT` (`limits::SOCKET_SILENT_IN_MEDIA` from who is heard), or no `hello` in time.
pub const SILENT: Closing = Closing { code: 4408, reason: "silent", retry_ms: 1000 };
/// A frame beyond `limits::FRAME_BYTES`.
pub const FRAME_TOO_LARGE: Closing = Closing { code: 1009, reason: "frame_too_large", retry_ms: 1000 };
/// Text that is not UTF-8.
pub const NOT_TEXT: Closing = Closing { code: 1007, reason: "frame_malformed", retry_ms: 1000 };
/// `limits::FRAMES_MALFORMED` frames that could not be read.
pub const FRAME_MALFORMED: Closing = Closing { code: 4400, reason: "frame_malformed", retry_ms: 5000 };
/// The session is not there, or not for this account.
pub const SESSION_UNKNOWN: Closing = Closing { code: 4404, reason: "session_unknown", retry_ms: 0 };
/// The room, or the server, stops.
pub const SERVER_RESTARTS: Closing = Closing { code: 1012, reason: "server_restarts", retry_ms: 1000 };

/// More than `limits::SOCKETS_PER_SIGN_IN` sockets of one sign-in: the oldest ends.
pub const TOO_MANY: Closing = Closing { code: 4410, reason: "too_many_connections", retry_ms: 0 };

/// A room that did not let the socket in.
pub fn refused(refusal: Refusal) -> Closing {
    match AppError::from(refusal).row().status {
        404 => SESSION_UNKNOWN,
        _ => Closing { code: 1013, reason: "room_refuses", retry_ms: 5000 },
    }
}

/// The last frame before the close.
pub fn bye(closing: Closing) -> ServerBody {
    ServerBody::Bye { code: closing.code, reason: closing.reason.to_owned(), retry_ms: closing.retry_ms }
}

/// The close frame itself; the reason is the code of the catalogue.
pub fn frame(closing: Closing) -> CloseFrame {
    CloseFrame { code: closing.code, reason: closing.reason.into() }
}
