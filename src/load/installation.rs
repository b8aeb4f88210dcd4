//! The door of a real installation: sign-in by a link, ticket, socket, offer, as a point's page does it.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};

use tokio::task::AbortHandle;

use super::door::{Admitted, Door, DoorError, DoorFuture, Wish};
use super::sdp::{Local, Remote};
use crate::bot::wire::{self, Socket, WireError};
use crate::clock::SharedClock;
use crate::domain::ids::CommandId;
use crate::domain::session::SessionStatus;
use crate::domain::units::DeviceKind;
use crate::protocol::frame::{ClientBody, ServerBody};
use crate::protocol::rest::SessionRow;

/// Where a sign-in link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Link {
    host: String,
    encrypted: bool,
    token: String,
}

/// An installation, reached by one sign-in link per point.
pub struct Installation {
    links: Vec<Link>,
    /// The server's own listener, where the links' host is a proxy's.
    address: Option<SocketAddr>,
    clock: SharedClock,
    sockets: Mutex<BTreeMap<usize, AbortHandle>>,
}

impl Installation {
    /// `links`: one sign-in link a line, as `diemcau admin sign-in-link` prints them; other lines are passed over.
    /// `address`: where the server listens without encryption; needed for links that begin with `https`.
    ///
    /// # Errors
    /// [`DoorError::Broken`] when there is no link, or one cannot be followed.
    pub fn new(links: &str, address: Option<SocketAddr>, clock: SharedClock) -> Result<Self, DoorError> {
        let links: Vec<Link> = links.split_whitespace().filter_map(Link::read).collect();
        if links.is_empty() {
            return Err(DoorError::Broken("no sign-in link".to_owned()));
        }
        if address.is_none() && links.iter().any(|link| link.encrypted) {
            return Err(DoorError::Broken("links by https need --address: the server's own listener".to_owned()));
        }
        Ok(Self { links, address, clock, sockets: Mutex::default() })
    }

    /// Points there are links for.
    pub fn points(&self) -> usize {
        self.links.len()
    }

    async fn enter(&self, wish: Wish, local: &Local) -> Result<Admitted, Failed> {
        let link = self.links.get(wish.client).ok_or(Failed::Nothing("no link is left"))?;
        let address = match self.address {
            Some(address) => address,
            None => resolve(&link.host).await?,
        };
        let mut door = wire::Door::new(address, link.host.clone());
        if link.encrypted {
            door = door.behind_a_proxy();
        }
        door.sign_in(&link.token).await?;
        let mut rows = door.sessions().await?;
        rows.retain(|row| !row.my_points.is_empty() && is_open(row));
        rows.sort_by_key(|row| (row.status.is_live(), row.starts_at));
        let row = rows.pop().ok_or(Failed::Nothing("no session is open for this point"))?;
        let point = row.my_points.first().copied().ok_or(Failed::Nothing("no point"))?;
        let mut socket = door.socket(row.id, point).await?;
        socket.say(self.id(), ClientBody::Hello { device: DeviceKind::Main, have: BTreeMap::new() }).await?;
        let slots = loop {
            if let ServerBody::Welcome { slots, .. } = socket.soon().await? {
                break usize::try_from(slots).unwrap_or(0);
            }
        };
        socket.say(self.id(), ClientBody::Offer { sdp: local.offer(slots) }).await?;
        let sdp = loop {
            match socket.soon().await? {
                ServerBody::Answer { sdp, .. } => break sdp,
                ServerBody::Refused { code, .. } => return Err(Failed::Refused(code)),
                _ => {}
            }
        };
        let remote = Remote::parse(&sdp).ok_or(Failed::Nothing("the answer is not usable"))?;
        let stays = tokio::spawn(stay(socket, self.clock.clone())).abort_handle();
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner).insert(wish.client, stays);
        Ok(Admitted { remote, streams: None })
    }

    fn id(&self) -> CommandId {
        CommandId(self.clock.new_id())
    }
}

impl Door for Installation {
    fn join<'a>(&'a self, wish: Wish, local: &'a Local) -> DoorFuture<'a, Admitted> {
        Box::pin(async move { Ok(self.enter(wish, local).await?) })
    }

    fn leave(&self, wish: Wish) -> DoorFuture<'_, ()> {
        let socket = self.sockets.lock().unwrap_or_else(PoisonError::into_inner).remove(&wish.client);
        if let Some(socket) = socket {
            socket.abort();
        }
        Box::pin(async { Ok(()) })
    }
}

/// Why a point did not come in.
enum Failed {
    Wire(WireError),
    Refused(String),
    Nothing(&'static str),
}

impl From<WireError> for Failed {
    fn from(error: WireError) -> Self {
        Self::Wire(error)
    }
}

impl From<Failed> for DoorError {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Wire(error) => Self::Broken(error.to_string()),
            Failed::Refused(code) => Self::Refused(code),
            Failed::Nothing(what) => Self::Broken(what.to_owned()),
        }
    }
}

fn is_open(row: &SessionRow) -> bool {
    row.status == SessionStatus::Tested || row.status.is_live()
}

/// Answers pings until the load ends or the server closes.
async fn stay(mut socket: Socket, clock: SharedClock) {
    while let Ok(body) = socket.next().await {
        let pong = matches!(body, ServerBody::Ping);
        if pong && socket.say(CommandId(clock.new_id()), ClientBody::Pong).await.is_err() {
            return;
        }
    }
}

/// Names below `localhost` are this machine (RFC 6761), whatever the resolver says.
async fn resolve(host: &str) -> Result<SocketAddr, Failed> {
    let (name, port) = host.rsplit_once(':').unwrap_or((host, "80"));
    let port = port.parse().map_err(|_| Failed::Nothing("the link has no port"))?;
    if name == "localhost" || name.ends_with(".localhost") {
        return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    }
    let mut found = tokio::net::lookup_host((name, port)).await.map_err(WireError::from)?;
    found.next().ok_or(Failed::Nothing("the host of the link is not known"))
}

impl Link {
    fn read(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let (host, rest) = rest.split_once('/')?;
        let (_, token) = rest.split_once('#')?;
        let encrypted = match scheme {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        Some(Self { host: host.to_owned(), encrypted, token: token.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    #[test]
    fn links_are_found_in_whatever_is_around_them() {
        let text = "xa-a  http://xa-a.localhost:8080/dang-nhap/lien-ket#abc\n# note\nhttps://btcd.example.vn/x#def";
        let clock = SystemClock::start();
        assert!(Installation::new("nothing", None, clock.clone()).is_err());
        assert!(Installation::new(text, None, clock.clone()).is_err(), "https needs an address");
        let there = Installation::new(text, Some("127.0.0.1:1".parse().unwrap()), clock).unwrap();
        assert_eq!(there.points(), 2);
        let first = Link { host: "xa-a.localhost:8080".to_owned(), encrypted: false, token: "abc".to_owned() };
        assert_eq!(there.links[0], first);
    }
}
