//! The DTLS client of one connection (RFC 5764).

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use ring::digest;
use rtc_dtls::cipher_suite::CipherSuiteId;
use rtc_dtls::config::{ConfigBuilder, ExtendedMasterSecretType, HandshakeConfig};
use rtc_dtls::crypto::Certificate;
use rtc_dtls::crypto_provider::RTCCryptoProvider;
use rtc_dtls::endpoint::{Endpoint, EndpointEvent};
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc_shared::TransportProtocol;

use crate::media::srtp::{EXPORT, SrtpSession};

/// The endpoint keys its associations by address; each client has its own endpoint, so a constant stands for the server.
const PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9);
/// The crate repeats a flight after this, in records of their own. Its timer stops when a datagram comes that brings
/// nothing new; then the last flight is sent again as it was.
const REPEAT: Duration = Duration::from_millis(200);
const REPEATS: u32 = 50;

/// One certificate for all clients: making one costs more than a handshake.
pub(super) struct Identity {
    config: Arc<HandshakeConfig>,
    pub(super) provider: Arc<dyn RTCCryptoProvider>,
    pub(super) fingerprint: String,
}

impl Identity {
    pub(super) fn generate() -> Result<Self, String> {
        let provider = rtc_dtls::crypto_provider::default_provider().map_err(|error| error.to_string())?;
        let certificate = Certificate::generate_self_signed(vec!["load".to_owned()], provider.crypto())
            .map_err(|error| error.to_string())?;
        let der = certificate.certificate.first().ok_or("no certificate was made")?;
        let fingerprint: Vec<String> = sha256(der.as_ref()).iter().map(|byte| format!("{byte:02X}")).collect();
        let config = ConfigBuilder::default()
            .with_crypto_provider(provider.clone())
            .with_certificates(vec![certificate])
            .with_cipher_suites(vec![
                CipherSuiteId::Tls_Ecdhe_Ecdsa_With_Aes_128_Gcm_Sha256,
                CipherSuiteId::Tls_Ecdhe_Rsa_With_Aes_128_Gcm_Sha256,
            ])
            .with_srtp_protection_profiles(vec![SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm])
            // The fingerprint is compared below.
            .with_insecure_skip_verify(true)
            .with_extended_master_secret(ExtendedMasterSecretType::Request)
            .with_flight_interval(REPEAT)
            .build(true, Some(PEER))
            .map_err(|error| error.to_string())?;
        Ok(Self { config: Arc::new(config), provider, fingerprint: fingerprint.join(":") })
    }
}

/// What a datagram led to.
pub(super) enum Outcome {
    Going,
    Connected(Box<SrtpSession>),
    Over,
}

/// One association.
pub(super) struct Dtls {
    endpoint: Endpoint,
    fingerprint: [u8; 32],
    connected: bool,
    flight: Vec<BytesMut>,
    flight_sent: Option<Instant>,
    repeats: u32,
}

impl Dtls {
    /// `fingerprint`: SHA-256 of the certificate the server announced.
    pub(super) fn new(fingerprint: [u8; 32]) -> Self {
        let endpoint = Endpoint::new(PEER, TransportProtocol::UDP, None);
        Self { endpoint, fingerprint, connected: false, flight: Vec::new(), flight_sent: None, repeats: 0 }
    }

    /// Sends the first hello.
    pub(super) fn begin(&mut self, identity: &Identity, now: Instant, out: &mut Vec<BytesMut>) {
        if let Err(error) = self.endpoint.connect(now, PEER, identity.config.clone(), None) {
            tracing::debug!(%error, "a load client cannot begin its handshake");
        }
        self.drain(now, out);
    }

    pub(super) fn read(
        &mut self,
        datagram: &[u8],
        identity: &Identity,
        now: Instant,
        out: &mut Vec<BytesMut>,
    ) -> Outcome {
        let events = self.endpoint.read(now, PEER, None, BytesMut::from(datagram));
        self.drain(now, out);
        let events = events.unwrap_or_else(|error| {
            tracing::debug!(%error, "a load client refused a DTLS datagram");
            Vec::new()
        });
        for event in events {
            match event {
                EndpointEvent::HandshakeComplete => return self.complete(identity),
                EndpointEvent::PeerClosed => return Outcome::Over,
                _ => {}
            }
        }
        Outcome::Going
    }

    /// When [`Dtls::timeout`] wants to be called.
    pub(super) fn deadline(&self) -> Option<Instant> {
        if self.connected {
            return None;
        }
        let ours = self.flight_sent.filter(|_| self.repeats < REPEATS).map(|sent| sent + REPEAT);
        self.endpoint.poll_timeout(&PEER).or(ours)
    }

    pub(super) fn timeout(&mut self, now: Instant, out: &mut Vec<BytesMut>) {
        if self.deadline().is_none_or(|due| now < due) {
            return;
        }
        let crates = self.endpoint.poll_timeout(&PEER).is_some();
        if let Err(error) = self.endpoint.handle_timeout(PEER, now) {
            tracing::debug!(%error, "a load client's handshake");
        }
        self.drain(now, out);
        if !crates {
            self.repeats += 1;
            self.flight_sent = Some(now);
            out.extend(self.flight.iter().cloned());
        }
    }

    pub(super) fn close(&mut self, now: Instant, out: &mut Vec<BytesMut>) {
        self.endpoint.stop(now, PEER);
        self.drain(now, out);
    }

    fn complete(&mut self, identity: &Identity) -> Outcome {
        let Some(state) = self.endpoint.get_connection_state(PEER) else { return Outcome::Over };
        let authentic =
            state.peer_certificates.first().is_some_and(|certificate| sha256(certificate) == self.fingerprint);
        if !authentic || state.srtp_protection_profile() != SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm {
            return Outcome::Over;
        }
        let session = state
            .export_keying_material("EXTRACTOR-dtls_srtp", &[], EXPORT)
            .ok()
            .and_then(|exported| SrtpSession::client(identity.provider.crypto(), exported.as_ref()).ok());
        match session {
            Some(session) => {
                self.connected = true;
                Outcome::Connected(Box::new(session))
            }
            None => Outcome::Over,
        }
    }

    fn drain(&mut self, now: Instant, out: &mut Vec<BytesMut>) {
        let mut fresh = Vec::new();
        while let Some(transmit) = self.endpoint.poll_transmit() {
            fresh.push(transmit.message);
        }
        if !self.connected && !fresh.is_empty() {
            self.flight.clone_from(&fresh);
            self.flight_sent = Some(now);
        }
        out.append(&mut fresh);
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}
