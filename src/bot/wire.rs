//! A point's way to the server: HTTP for the sign-in and the ticket, then the socket. Nothing here knows the server from
//! inside: what it uses is what `docs/protocol.md` tells a stranger.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use futures_util::{SinkExt as _, StreamExt as _};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{self, Message};

use crate::domain::ids::{CommandId, PointId, SessionId};
use crate::domain::units::DeviceKind;
use crate::limits;
use crate::protocol::VERSION;
use crate::protocol::frame::{ClientBody, ClientFrame, ServerBody, ServerFrame};
use crate::protocol::rest::{Page, SessionRow, Ticket, TicketRequest};

const ANSWER: Duration = Duration::from_secs(10);
const ANSWER_BYTES: usize = 1 << 20;

/// Why a point is not connected.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WireError {
    /// The network, or the other side left.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The server said no.
    #[error("answered {0}")]
    Status(StatusCode),
    /// The server said something else than its protocol.
    #[error("not understood: {0}")]
    Malformed(&'static str),
    /// The socket ended.
    #[error("the socket ended")]
    Ended,
    /// No answer in time.
    #[error("no answer in time")]
    Silent,
}

impl From<hyper::Error> for WireError {
    fn from(error: hyper::Error) -> Self {
        Self::Io(std::io::Error::other(error))
    }
}

impl From<tungstenite::Error> for WireError {
    fn from(error: tungstenite::Error) -> Self {
        match error {
            tungstenite::Error::Http(response) => {
                Self::Status(StatusCode::from_u16(response.status().as_u16()).unwrap_or(StatusCode::BAD_REQUEST))
            }
            tungstenite::Error::Io(error) => Self::Io(error),
            _ => Self::Ended,
        }
    }
}

/// A browser in miniature: one host of the server, and the cookie it was given.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    address: SocketAddr,
    /// As the address line would have it, port included.
    host: String,
    scheme: &'static str,
    cookie: String,
}

impl Door {
    pub(crate) fn new(address: SocketAddr, host: String) -> Self {
        Self { address, host, scheme: "http", cookie: String::new() }
    }

    /// The server's plain listener is asked, and told that the page came by HTTPS: what stands in front of it has
    /// taken the encryption off.
    pub(crate) fn behind_a_proxy(self) -> Self {
        Self { scheme: "https", ..self }
    }

    /// Signs in by the token of a one-use link.
    pub(crate) async fn sign_in(&mut self, token: &str) -> Result<(), WireError> {
        let body = json!({ "token": token }).to_string();
        let response = self.request(Method::POST, "/api/v1/sign-in/link", body).await?;
        let cookie = response.headers().get(header::SET_COOKIE).and_then(|value| value.to_str().ok());
        let cookie = cookie.and_then(|value| value.split(';').next()).ok_or(WireError::Malformed("set-cookie"))?;
        cookie.clone_into(&mut self.cookie);
        Ok(())
    }

    /// The sessions of this day.
    pub(crate) async fn sessions(&self) -> Result<Vec<SessionRow>, WireError> {
        let page: Page<SessionRow> = self.read(Method::GET, "/api/v1/sessions", String::new()).await?;
        Ok(page.rows)
    }

    /// A socket of the point's main device in a session, upgraded and without `hello`.
    pub(crate) async fn socket(&self, session: SessionId, point: PointId) -> Result<Socket, WireError> {
        let asked = TicketRequest { session, point: Some(point), device: DeviceKind::Main };
        let body = serde_json::to_string(&asked).map_err(|_| WireError::Malformed("ticket"))?;
        let ticket: Ticket = self.read(Method::POST, "/api/v1/tickets", body).await?;
        let request = Request::builder()
            .uri(format!("ws://{}/ws", self.host))
            .header(header::HOST, &self.host)
            .header(header::ORIGIN, self.origin())
            .header(header::COOKIE, &self.cookie)
            .header(header::CONNECTION, "Upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .header(header::SEC_WEBSOCKET_KEY, tungstenite::handshake::client::generate_key())
            .header(header::SEC_WEBSOCKET_PROTOCOL, format!("diemcau.v{VERSION}, ticket.{}", ticket.token))
            .body(())
            .map_err(|_| WireError::Malformed("request"))?;
        let stream = TcpStream::connect(self.address).await?;
        let upgrade = tokio_tungstenite::client_async(request, stream);
        let (stream, _) = tokio::time::timeout(ANSWER, upgrade).await.map_err(|_| WireError::Silent)??;
        Ok(Socket { stream })
    }

    fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.host)
    }

    async fn read<T: DeserializeOwned>(&self, method: Method, path: &str, body: String) -> Result<T, WireError> {
        let response = self.request(method, path, body).await?;
        let body = to_bytes(Body::new(response.into_body()), ANSWER_BYTES);
        let body = tokio::time::timeout(ANSWER, body).await.map_err(|_| WireError::Silent)?;
        let body = body.map_err(|_| WireError::Malformed("body"))?;
        serde_json::from_slice(&body).map_err(|_| WireError::Malformed("body"))
    }

    async fn request(
        &self,
        method: Method,
        path: &str,
        body: String,
    ) -> Result<hyper::Response<hyper::body::Incoming>, WireError> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, &self.host)
            .header(header::ORIGIN, self.origin())
            .header(header::COOKIE, &self.cookie)
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-diemcau", "1")
            .body(Body::from(body))
            .map_err(|_| WireError::Malformed("request"))?;
        let stream = TcpStream::connect(self.address).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a request of a self-running point ended early");
            }
        });
        let answer = tokio::time::timeout(ANSWER, sender.send_request(request)).await;
        let response = answer.map_err(|_| WireError::Silent)??;
        if response.status().is_success() { Ok(response) } else { Err(WireError::Status(response.status())) }
    }
}

/// A socket that speaks our frames.
pub(crate) struct Socket {
    stream: WebSocketStream<TcpStream>,
}

impl Socket {
    /// Sends one frame.
    pub(crate) async fn say(&mut self, id: CommandId, body: ClientBody) -> Result<(), WireError> {
        let frame = ClientFrame { v: VERSION, id, body };
        let text = serde_json::to_string(&frame).map_err(|_| WireError::Malformed("frame"))?;
        Ok(self.stream.send(Message::text(text)).await?)
    }

    /// The next frame. Safe to be dropped and asked again.
    pub(crate) async fn next(&mut self) -> Result<ServerBody, WireError> {
        loop {
            match self.stream.next().await {
                Some(Ok(Message::Text(text))) => {
                    let frame: ServerFrame = serde_json::from_str(&text).map_err(|_| WireError::Malformed("frame"))?;
                    return Ok(frame.body);
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Err(error)) => return Err(error.into()),
                Some(Ok(_)) | None => return Err(WireError::Ended),
            }
        }
    }

    /// The next frame, when it comes in time.
    pub(crate) async fn soon(&mut self) -> Result<ServerBody, WireError> {
        tokio::time::timeout(limits::HELLO, self.next()).await.map_err(|_| WireError::Silent)?
    }

    /// Says good-bye; a socket that is gone already need not hear it.
    pub(crate) async fn close(mut self) {
        if self.stream.close(None).await.is_err() {
            tracing::debug!("a socket of a self-running point was gone already");
        }
    }
}
