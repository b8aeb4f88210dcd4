//! One end of DTLS for a connection (RFC 5764): keys for SRTP, nothing else. We are the server, but for machines that can
//! be nothing else themselves.
//!
//! `rtc-dtls` 0.21 does not repeat its flight 4 when that one is lost: it stops its timer before it has read the
//! client's repeated hello, finds nothing new in it, and both wait for ever. So the datagrams of our last flight are
//! kept here and sent again as they were, when the client repeats itself or by our own timer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use ring::digest;
use rtc_dtls::cipher_suite::CipherSuiteId;
use rtc_dtls::config::{ClientAuthType, ConfigBuilder, ExtendedMasterSecretType, HandshakeConfig};
use rtc_dtls::crypto::Certificate;
use rtc_dtls::crypto_provider::constant_time_eq;
use rtc_dtls::endpoint::{Endpoint, EndpointEvent};
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc_shared::TransportProtocol;

use super::engine::Client;
use super::signatures::SignaturesOnce;
use super::srtp::{EXPORT, SrtpSession};
use super::srtp_cm::EXPORT_CM;

/// The endpoint keys its associations by address; ours is routed by the worker, so a constant stands for it and a
/// changed path keeps its association.
const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9);
/// A client repeat sooner after our flight than this crossed it on the way.
const CROSSED: Duration = Duration::from_millis(20);
const FIRST_REPEAT: Duration = Duration::from_millis(100);
/// 100 ms * 2^7 is the last wait: then the connection is given up by its timeout.
const REPEATS: u32 = 7;
const RECORD_HEADER: usize = 13;
const GCM: SrtpProtectionProfile = SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm;
const CM: SrtpProtectionProfile = SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80;
const CLIENT_HELLO: u8 = 1;
const HELLO_VERIFY: u8 = 3;
/// Datagrams of one flight that are kept. Ours are 1 or 2.
const FLIGHT_DATAGRAMS: usize = 8;

/// The server's certificate and DTLS settings, made once per process.
pub(crate) struct Identity {
    config: Arc<HandshakeConfig>,
    /// For machines without a browser of ours, and for those of them that wait for our hello.
    foreign: Arc<HandshakeConfig>,
    calling: Arc<HandshakeConfig>,
    pub(crate) provider: Arc<SignaturesOnce>,
    /// `AB:CD:…`, SHA-256, for the answer.
    pub(crate) fingerprint: String,
}

impl Identity {
    /// A fresh self-signed ECDSA P-256 certificate: browsers trust its fingerprint from the answer, not its name.
    pub(crate) fn generate() -> Result<Self, String> {
        let provider = Arc::new(SignaturesOnce::new().map_err(|error| error.to_string())?);
        let certificate = Certificate::generate_self_signed(vec!["diemcau".to_owned()], provider.as_ref())
            .map_err(|error| error.to_string())?;
        let der = certificate.certificate.first().ok_or("no certificate was made")?;
        let fingerprint =
            sha256(der.as_ref()).as_ref().iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":");
        let config = |profiles: &[SrtpProtectionProfile], calls: bool| {
            let mut suites = vec![CipherSuiteId::Tls_Ecdhe_Ecdsa_With_Aes_128_Gcm_Sha256];
            // As a server the suite follows from our certificate, as a client from theirs.
            suites.extend(calls.then_some(CipherSuiteId::Tls_Ecdhe_Rsa_With_Aes_128_Gcm_Sha256));
            ConfigBuilder::default()
                .with_crypto_provider(provider.clone())
                .with_certificates(vec![certificate.clone()])
                .with_cipher_suites(suites)
                .with_srtp_protection_profiles(profiles.to_vec())
                .with_client_auth(ClientAuthType::RequireAnyClientCert)
                // The chain says nothing in WebRTC; the fingerprint of the offer is compared below.
                .with_insecure_skip_verify(true)
                .with_extended_master_secret(ExtendedMasterSecretType::Require)
                .build(calls, calls.then_some(PEER))
                .map(Arc::new)
                .map_err(|error| error.to_string())
        };
        let (pages, foreign, calling) = (config(&[GCM], false)?, config(&[GCM, CM], false)?, config(&[GCM, CM], true)?);
        Ok(Self { config: pages, foreign, calling, provider, fingerprint })
    }
}

/// What a datagram led to.
pub(crate) enum DtlsOutcome {
    /// Nothing to tell.
    Going,
    /// Keys are there.
    Connected(Box<SrtpSession>),
    /// The browser closed the connection.
    Closed,
    /// Wrong certificate or broken handshake: the connection is over.
    Failed,
}

/// One association.
pub(crate) struct Dtls {
    identity: Arc<Identity>,
    endpoint: Endpoint,
    fingerprint: [u8; 32],
    /// We are the client, and whether our hello is still to come.
    calls: bool,
    silent: bool,
    connected: bool,
    flight: Vec<BytesMut>,
    flight_sent: Option<Instant>,
    repeats: u32,
}

impl Dtls {
    /// `fingerprint`: SHA-256 of the certificate the offer announces. `client`: which keys it may ask for. `calls`: the
    /// other side waits for [`Dtls::begin`].
    pub(crate) fn new(identity: Arc<Identity>, fingerprint: [u8; 32], client: Client, calls: bool) -> Self {
        let config = if client == Client::Browser { &identity.config } else { &identity.foreign };
        let endpoint = Endpoint::new(PEER, TransportProtocol::UDP, (!calls).then(|| config.clone()));
        Self {
            identity,
            endpoint,
            fingerprint,
            calls,
            silent: calls,
            connected: false,
            flight: Vec::new(),
            flight_sent: None,
            repeats: 0,
        }
    }

    /// There is a way to the other side: says hello, once, where that is ours to do. `true`: something is to be sent.
    pub(crate) fn begin(&mut self, now: Instant, out: &mut Vec<BytesMut>) -> bool {
        if !std::mem::take(&mut self.silent) {
            return false;
        }
        if let Err(error) = self.endpoint.connect(now, PEER, self.identity.calling.clone(), None) {
            tracing::debug!(%error, "a DTLS hello was not made");
        }
        self.drain(now, out);
        true
    }

    /// Feeds a datagram; what is to be sent is appended to `out`.
    pub(crate) fn read(&mut self, datagram: &[u8], now: Instant, out: &mut Vec<BytesMut>) -> DtlsOutcome {
        let events = self.endpoint.read(now, PEER, None, BytesMut::from(datagram));
        let before = out.len();
        self.drain(now, out);
        let events = match events {
            Ok(events) => events,
            Err(error) => {
                tracing::debug!(%error, "a DTLS datagram was refused");
                Vec::new()
            }
        };
        for event in events {
            match event {
                EndpointEvent::HandshakeComplete => return self.complete(),
                EndpointEvent::PeerClosed => return DtlsOutcome::Closed,
                _ => {}
            }
        }
        if !self.connected
            && !self.calls
            && handshake_type(datagram) == Some(CLIENT_HELLO)
            && out.len() == before
            && self.flight_sent.is_some_and(|sent| now - sent >= CROSSED)
        {
            self.repeat(now, out);
        }
        DtlsOutcome::Going
    }

    /// When [`Dtls::timeout`] wants to be called.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        if self.connected {
            return None;
        }
        let ours = self
            .flight_sent
            .filter(|_| self.repeats < REPEATS)
            .map(|sent| sent + FIRST_REPEAT * 2u32.pow(self.repeats));
        [ours, self.endpoint.poll_timeout(&PEER)].into_iter().flatten().min()
    }

    /// Repeats what seems lost.
    pub(crate) fn timeout(&mut self, now: Instant, out: &mut Vec<BytesMut>) {
        if self.connected {
            return;
        }
        // An error only means that there is no association yet, or that the crate has given up: ours goes on.
        if let Err(error) = self.endpoint.handle_timeout(PEER, now) {
            tracing::debug!(%error, "DTLS timer");
        }
        let before = out.len();
        self.drain(now, out);
        let due = self.flight_sent.is_some_and(|sent| now >= sent + FIRST_REPEAT * 2u32.pow(self.repeats.min(REPEATS)));
        if out.len() == before && due && self.repeats < REPEATS {
            self.repeats += 1;
            self.repeat(now, out);
        }
    }

    /// Says good-bye.
    pub(crate) fn close(&mut self, now: Instant, out: &mut Vec<BytesMut>) {
        self.endpoint.stop(now, PEER);
        while let Some(transmit) = self.endpoint.poll_transmit() {
            out.push(transmit.message);
        }
    }

    fn complete(&mut self) -> DtlsOutcome {
        let Some(state) = self.endpoint.get_connection_state(PEER) else { return DtlsOutcome::Failed };
        let authentic = state
            .peer_certificates
            .first()
            .is_some_and(|certificate| constant_time_eq(sha256(certificate).as_ref(), &self.fingerprint));
        if !authentic {
            return DtlsOutcome::Failed;
        }
        let crypto = self.identity.provider.as_ref();
        let exported = |length| state.export_keying_material("EXTRACTOR-dtls_srtp", &[], length).ok();
        // Which profiles may be agreed stands in the configuration of this client's class.
        let session = match state.srtp_protection_profile() {
            GCM if self.calls => exported(EXPORT).and_then(|keys| SrtpSession::client(crypto, keys.as_ref()).ok()),
            GCM => exported(EXPORT).and_then(|keys| SrtpSession::server(crypto, keys.as_ref()).ok()),
            CM if self.calls => exported(EXPORT_CM).and_then(|keys| SrtpSession::client_cm(crypto, keys.as_ref()).ok()),
            CM => exported(EXPORT_CM).and_then(|keys| SrtpSession::server_cm(crypto, keys.as_ref()).ok()),
            _ => None,
        };
        match session {
            Some(session) => {
                self.connected = true;
                self.flight.clear();
                DtlsOutcome::Connected(Box::new(session))
            }
            None => DtlsOutcome::Failed,
        }
    }

    fn drain(&mut self, now: Instant, out: &mut Vec<BytesMut>) {
        let mut fresh = Vec::new();
        while let Some(transmit) = self.endpoint.poll_transmit() {
            fresh.push(transmit.message);
        }
        // Alerts are no flight, HelloVerifyRequest is never repeated (RFC 6347 §4.2.4), and the crate answers repeats
        // of the client's last flight itself.
        if !self.connected
            && fresh.first().and_then(|datagram| handshake_type(datagram)).is_some_and(|kind| kind != HELLO_VERIFY)
        {
            self.flight = fresh.iter().take(FLIGHT_DATAGRAMS).cloned().collect();
            self.flight_sent = Some(now);
            self.repeats = 0;
        }
        out.append(&mut fresh);
    }

    fn repeat(&mut self, now: Instant, out: &mut Vec<BytesMut>) {
        self.flight_sent = Some(now);
        out.extend(self.flight.iter().cloned());
    }
}

/// The type of the first handshake message of an unencrypted record.
fn handshake_type(datagram: &[u8]) -> Option<u8> {
    (datagram.first() == Some(&22)).then(|| datagram.get(RECORD_HEADER).copied()).flatten()
}

fn sha256(bytes: &[u8]) -> digest::Digest {
    digest::digest(&digest::SHA256, bytes)
}
