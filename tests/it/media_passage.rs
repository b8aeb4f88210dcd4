//! Networks with narrow passages, between the independent `webrtc` client and our engine: datagrams, ICE over TCP, or a
//! relay within TLS. The client sends datagrams and knows nothing of it.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::get;
use diemcau::http::listener::{self, Doors};
use diemcau::http::tls;
use diemcau::media::engine::RelayAccess;
use rtc_dtls::crypto_provider::default_provider;
use rtc_stun::attributes::{
    ATTR_CHANNEL_NUMBER, ATTR_NONCE, ATTR_REALM, ATTR_REQUESTED_TRANSPORT, ATTR_USERNAME, ATTR_XOR_PEER_ADDRESS,
};
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{
    CLASS_REQUEST, CLASS_SUCCESS_RESPONSE, METHOD_ALLOCATE, METHOD_CHANNEL_BIND, Message, MessageType, Method, Setter,
};
use rtc_stun::xoraddr::XorMappedAddress;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::{mpsc, watch};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::media_stage::Stage;

const CERTIFICATE: &str = "tests/support/tls/certificate.pem";
const KEY: &str = "tests/support/tls/key.pem";
const CHANNEL: u16 = 0x4000;

/// What the network lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Through {
    Datagrams,
    Tcp,
    /// TLS to the one port alone.
    Tls,
}

/// One port that serves pages, ICE over TCP and relays, as the program opens it.
pub(crate) struct OnePort {
    pub(crate) address: SocketAddr,
    _stop: watch::Sender<bool>,
}

impl OnePort {
    pub(crate) async fn open(stage: &Stage) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopping) = watch::channel(false);
        let doors = Doors {
            pages: Some(Router::new().route("/", get(|| async { "a page" }))),
            tls: Some(tls::acceptor(CERTIFICATE.as_ref(), KEY.as_ref()).unwrap()),
            streams: Some(stage.engine.streams()),
        };
        tokio::spawn(listener::serve(listener, doors, stopping));
        Self { address, _stop: stop }
    }

    pub(crate) async fn tls(&self) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(CERTIFICATE).unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(self.address).await.unwrap();
        TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap()
    }
}

/// The passage: what clients think is the server's media address.
pub(crate) struct Passage {
    pub(crate) address: SocketAddr,
    socket: Arc<UdpSocket>,
    through: Arc<Mutex<Through>>,
}

impl Passage {
    pub(crate) async fn dig() -> Self {
        let socket = Arc::new(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap());
        Self { address: socket.local_addr().unwrap(), socket, through: Arc::new(Mutex::new(Through::Datagrams)) }
    }

    /// Opens it towards the server; `access` for relays.
    pub(crate) fn connect(&self, server: SocketAddr, port: OnePort, access: RelayAccess) {
        let (inner, narrowed, ours) = (self.socket.clone(), self.through.clone(), self.address);
        let port = Arc::new(port);
        tokio::spawn(async move {
            let mut ways: BTreeMap<(SocketAddr, Through), mpsc::UnboundedSender<Vec<u8>>> = BTreeMap::new();
            let mut buffer = [0; 2_048];
            while let Ok((length, client)) = inner.recv_from(&mut buffer).await {
                let through = *narrowed.lock().unwrap();
                // A browser begins each way with a check.
                if !ways.contains_key(&(client, through)) && buffer[0] > 3 {
                    continue;
                }
                let way = ways.entry((client, through)).or_insert_with(|| {
                    let (way, datagrams) = mpsc::unbounded_channel();
                    let back = Back { inner: inner.clone(), client, now: narrowed.clone(), mine: through };
                    let (port, access) = (port.clone(), access.clone());
                    tokio::spawn(async move {
                        match through {
                            Through::Datagrams => by_datagrams(datagrams, back, server).await,
                            Through::Tcp => {
                                let stream = TcpStream::connect(port.address).await.unwrap();
                                by_stream(stream, datagrams, back, false).await;
                            }
                            Through::Tls => {
                                let mut stream = port.tls().await;
                                ask_for_relay(&mut stream, &access, ours).await;
                                by_stream(stream, datagrams, back, true).await;
                            }
                        }
                    });
                    way
                });
                // A way that broke loses datagrams, as ways do.
                way.send(buffer[..length].to_vec()).ok();
            }
        });
    }

    /// From now on only this goes through.
    pub(crate) fn narrow(&self, through: Through) {
        *self.through.lock().unwrap() = through;
    }
}

struct Back {
    inner: Arc<UdpSocket>,
    client: SocketAddr,
    now: Arc<Mutex<Through>>,
    mine: Through,
}

impl Back {
    async fn bring(&self, datagram: &[u8]) {
        // A way that is closed is closed in both directions.
        if *self.now.lock().unwrap() == self.mine {
            self.inner.send_to(datagram, self.client).await.ok();
        }
    }
}

async fn by_datagrams(mut datagrams: mpsc::UnboundedReceiver<Vec<u8>>, back: Back, server: SocketAddr) {
    let outer = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let mut buffer = [0; 2_048];
    loop {
        tokio::select! {
            Some(datagram) = datagrams.recv() => drop(outer.send_to(&datagram, server).await),
            Ok(length) = outer.recv(&mut buffer) => back.bring(&buffer[..length]).await,
            else => return,
        }
    }
}

/// Two bytes of length before each datagram, or a channel number before those and padding behind.
async fn by_stream(
    stream: impl AsyncRead + AsyncWrite,
    mut datagrams: mpsc::UnboundedReceiver<Vec<u8>>,
    back: Back,
    relay: bool,
) {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let write = async {
        while let Some(datagram) = datagrams.recv().await {
            let mut framed = if relay { CHANNEL.to_be_bytes().to_vec() } else { Vec::new() };
            framed.extend_from_slice(&u16::try_from(datagram.len()).unwrap().to_be_bytes());
            framed.extend_from_slice(&datagram);
            if relay {
                framed.resize(framed.len().next_multiple_of(4), 0);
            }
            if writer.write_all(&framed).await.and(writer.flush().await).is_err() {
                return;
            }
        }
    };
    let read = async {
        loop {
            if relay && !matches!(reader.read_u16().await, Ok(CHANNEL)) {
                return;
            }
            let Ok(length) = reader.read_u16().await else { return };
            let length = usize::from(length);
            let mut datagram = vec![0; if relay { length.next_multiple_of(4) } else { length }];
            if reader.read_exact(&mut datagram).await.is_err() {
                return;
            }
            back.bring(&datagram[..length]).await;
        }
    };
    tokio::join!(write, read);
}

/// What a browser does to get a relay to `peer`: ask, be challenged, ask with credentials, bind a channel.
async fn ask_for_relay(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), access: &RelayAccess, peer: SocketAddr) {
    let transport = |message: &mut Message| message.add(ATTR_REQUESTED_TRANSPORT, &[17, 0, 0, 0]);
    let challenge = exchange(stream, METHOD_ALLOCATE, None, transport).await;
    let text = |kind| String::from_utf8(challenge.get(kind).unwrap()).unwrap();
    let signed = Signed { access, realm: text(ATTR_REALM), nonce: text(ATTR_NONCE) };
    let given = exchange(stream, METHOD_ALLOCATE, Some(&signed), transport).await;
    assert_eq!(given.typ.class, CLASS_SUCCESS_RESPONSE, "{given}");
    let bound = exchange(stream, METHOD_CHANNEL_BIND, Some(&signed), |message| {
        message.add(ATTR_CHANNEL_NUMBER, &[CHANNEL.to_be_bytes(), [0; 2]].concat());
        XorMappedAddress { ip: peer.ip(), port: peer.port() }.add_to_as(message, ATTR_XOR_PEER_ADDRESS).unwrap();
    })
    .await;
    assert_eq!(bound.typ.class, CLASS_SUCCESS_RESPONSE, "{bound}");
}

struct Signed<'a> {
    access: &'a RelayAccess,
    realm: String,
    nonce: String,
}

async fn exchange(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    method: Method,
    signed: Option<&Signed<'_>>,
    fill: impl FnOnce(&mut Message),
) -> Message {
    let provider = default_provider().unwrap();
    let mut request = Message::new();
    request.typ = MessageType::new(method, CLASS_REQUEST);
    request.new_transaction_id().unwrap();
    request.write_header();
    fill(&mut request);
    if let Some(Signed { access, realm, nonce }) = signed {
        request.add(ATTR_USERNAME, access.username.as_bytes());
        request.add(ATTR_REALM, realm.as_bytes());
        request.add(ATTR_NONCE, nonce.as_bytes());
        let (username, password) = (access.username.clone(), access.password.clone());
        let crypto = provider.crypto();
        MessageIntegrity::new_long_term_integrity_with_provider(username, realm.clone(), password, crypto)
            .unwrap()
            .add_to(&mut request)
            .unwrap();
    }
    stream.write_all(&request.raw).await.unwrap();
    stream.flush().await.unwrap();
    let mut bytes = vec![0; 20];
    stream.read_exact(&mut bytes).await.unwrap();
    let length = usize::from(u16::from_be_bytes([bytes[2], bytes[3]]));
    bytes.resize(20 + length, 0);
    stream.read_exact(&mut bytes[20..]).await.unwrap();
    let mut answer = Message::new();
    answer.write(&bytes).unwrap();
    answer.decode().unwrap();
    assert_eq!(answer.transaction_id, request.transaction_id);
    answer
}
