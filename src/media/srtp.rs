//! SRTP and SRTCP with AEAD_AES_128_GCM (RFC 7714), in place. The only profile of pages: browsers all have it, and it costs
//! a fifth of AES-CM with SHA-1, which `srtp_cm` has for machines that know nothing better.

use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use rtc_dtls::crypto_provider::{BlockCipherAlgorithm, RTCCrypto};

use super::srtp_cm::{CmDirection, EXPORT_CM, TAG};
use super::window::IndexWindow;
use super::wire::{put, u32_at};
use crate::limits;

/// Exported keying material: client key, server key, client salt, server salt (RFC 5764 §4.2).
pub(crate) const EXPORT: usize = 56;
const RTCP_HEADER: usize = 8;

/// A datagram that is not what its sender meant, or was seen before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SrtpError {
    #[error("packet too short")]
    Short,
    #[error("packet was seen before or is too old")]
    Replayed,
    #[error("authentication failed")]
    Forged,
    #[error("more senders than one connection may have")]
    TooMany,
    #[error("keys could not be derived")]
    Keys,
}

struct GcmDirection {
    key: LessSafeKey,
    salt: [u8; 12],
}

/// What one side sends, of RTP or of RTCP, by the profile that was agreed.
#[expect(clippy::large_enum_variant, reason = "pages have the large one, and their packets follow no pointer")]
enum Direction {
    Gcm(GcmDirection),
    Cm(Box<CmDirection>),
}

impl GcmDirection {
    fn derive(
        crypto: &dyn RTCCrypto,
        master_key: &[u8],
        master_salt: &[u8; 12],
        labels: (u8, u8),
    ) -> Result<Self, SrtpError> {
        let mut padded = [0; 14];
        put(&mut padded, 0, master_salt);
        let key = derive(crypto, master_key, &padded, labels.0)?;
        let salt = derive(crypto, master_key, &padded, labels.1)?;
        let key = UnboundKey::new(&AES_128_GCM, &key).map_err(|_| SrtpError::Keys)?;
        Ok(Self { key: LessSafeKey::new(key), salt: *salt.first_chunk().ok_or(SrtpError::Keys)? })
    }

    fn nonce(&self, ssrc: u32, index: u64) -> Nonce {
        let mut nonce = [0; 12];
        put(&mut nonce, 2, &ssrc.to_be_bytes());
        let [_, _, index @ ..] = index.to_be_bytes();
        put(&mut nonce, 6, &index);
        for (byte, salt) in nonce.iter_mut().zip(self.salt) {
            *byte ^= salt;
        }
        Nonce::assume_unique_for_key(nonce)
    }
}

/// One side's keys.
struct Keys {
    rtp: Direction,
    rtcp: Direction,
}

fn derive(crypto: &dyn RTCCrypto, master_key: &[u8], padded_salt: &[u8; 14], label: u8) -> Result<[u8; 16], SrtpError> {
    derive_block(crypto, master_key, padded_salt, (label, 0))
}

/// AES-CM key derivation (RFC 3711 §4.3.1) with a key derivation rate of zero: one block of keystream.
pub(crate) fn derive_block(
    crypto: &dyn RTCCrypto,
    master_key: &[u8],
    padded_salt: &[u8; 14],
    (label, count): (u8, u8),
) -> Result<[u8; 16], SrtpError> {
    let mut block = [0; 16];
    put(&mut block, 0, padded_salt);
    if let Some(byte) = block.get_mut(7) {
        *byte ^= label;
    }
    put(&mut block, 15, &[count]);
    crypto.block_encrypt(BlockCipherAlgorithm::Aes128, master_key, &mut block).map_err(|_| SrtpError::Keys)?;
    Ok(block)
}

/// The keys of one connection: what arrives and what leaves.
pub(crate) struct SrtpSession {
    rtp_in: Direction,
    rtp_out: Direction,
    rtcp_in: Direction,
    rtcp_out: Direction,
    rtcp_out_index: u32,
    /// Each sender counts its SRTCP packets by itself (RFC 3711 §3.2.1: one context per SSRC).
    rtcp_windows: Vec<(u32, IndexWindow<2>)>,
}

impl SrtpSession {
    /// `exported`: [`EXPORT`] bytes of DTLS keying material; we are the DTLS server.
    pub(crate) fn server(crypto: &dyn RTCCrypto, exported: &[u8]) -> Result<Self, SrtpError> {
        let (client, server) = Self::directions(crypto, exported)?;
        Ok(Self::new(client, server))
    }

    /// The other end: we are the DTLS client.
    pub(crate) fn client(crypto: &dyn RTCCrypto, exported: &[u8]) -> Result<Self, SrtpError> {
        let (client, server) = Self::directions(crypto, exported)?;
        Ok(Self::new(server, client))
    }

    /// RTP and RTCP keys of what the client and what the server sends.
    fn directions(crypto: &dyn RTCCrypto, exported: &[u8]) -> Result<(Keys, Keys), SrtpError> {
        let (client_key, rest) = exported.split_at_checked(16).ok_or(SrtpError::Keys)?;
        let (server_key, rest) = rest.split_at_checked(16).ok_or(SrtpError::Keys)?;
        let (client_salt, server_salt) = rest.split_at_checked(12).ok_or(SrtpError::Keys)?;
        let client_salt = client_salt.first_chunk().ok_or(SrtpError::Keys)?;
        let server_salt = server_salt.first_chunk().ok_or(SrtpError::Keys)?;
        let keys = |key, salt| {
            Ok(Keys {
                rtp: Direction::Gcm(GcmDirection::derive(crypto, key, salt, (0, 2))?),
                rtcp: Direction::Gcm(GcmDirection::derive(crypto, key, salt, (3, 5))?),
            })
        };
        Ok((keys(client_key, client_salt)?, keys(server_key, server_salt)?))
    }

    /// AES-CM with SHA-1; `exported`: [`EXPORT_CM`] bytes, we are the DTLS server.
    pub(crate) fn server_cm(crypto: &dyn RTCCrypto, exported: &[u8]) -> Result<Self, SrtpError> {
        let (client, server) = Self::directions_cm(crypto, exported)?;
        Ok(Self::new(client, server))
    }

    /// The other end of it.
    pub(crate) fn client_cm(crypto: &dyn RTCCrypto, exported: &[u8]) -> Result<Self, SrtpError> {
        let (client, server) = Self::directions_cm(crypto, exported)?;
        Ok(Self::new(server, client))
    }

    fn directions_cm(crypto: &dyn RTCCrypto, exported: &[u8]) -> Result<(Keys, Keys), SrtpError> {
        let exported = exported.get(..EXPORT_CM).ok_or(SrtpError::Keys)?;
        let (client_key, rest) = exported.split_at_checked(16).ok_or(SrtpError::Keys)?;
        let (server_key, rest) = rest.split_at_checked(16).ok_or(SrtpError::Keys)?;
        let (client_salt, server_salt) = rest.split_at_checked(14).ok_or(SrtpError::Keys)?;
        let keys = |key, salt: &[u8]| {
            let salt = salt.first_chunk().ok_or(SrtpError::Keys)?;
            let direction = |labels| {
                CmDirection::derive(crypto, key, salt, labels).map(|direction| Direction::Cm(Box::new(direction)))
            };
            Ok(Keys { rtp: direction((0, 1, 2))?, rtcp: direction((3, 4, 5))? })
        };
        Ok((keys(client_key, client_salt)?, keys(server_key, server_salt)?))
    }

    fn new(incoming: Keys, outgoing: Keys) -> Self {
        Self {
            rtp_in: incoming.rtp,
            rtcp_in: incoming.rtcp,
            rtp_out: outgoing.rtp,
            rtcp_out: outgoing.rtcp,
            rtcp_out_index: 0,
            rtcp_windows: Vec::new(),
        }
    }

    /// Decrypts in place; returns the length of header and payload without tag. The caller has the index from
    /// [`ReceiveWindow::index`] and takes it only after this succeeded.
    pub(crate) fn open_rtp(&self, packet: &mut [u8], header: usize, ssrc: u32, index: u64) -> Result<usize, SrtpError> {
        match &self.rtp_in {
            Direction::Gcm(with) => {
                let (header, body) = packet.split_at_mut_checked(header).ok_or(SrtpError::Short)?;
                let nonce = with.nonce(ssrc, index);
                let plain = with.key.open_in_place(nonce, Aad::from(&*header), body).map_err(|_| SrtpError::Forged)?;
                Ok(header.len() + plain.len())
            }
            Direction::Cm(with) => {
                let end = packet.len().checked_sub(TAG).filter(|end| *end >= header).ok_or(SrtpError::Short)?;
                with.open(packet, end, (header, end), (ssrc, index), &roll_over(index))?;
                Ok(end)
            }
        }
    }

    /// Encrypts what stands in `out` from `start` (a header of `header` bytes, then payload) and appends the tag.
    /// The caller vouches for the index being new for this SSRC.
    pub(crate) fn seal_rtp(
        &self,
        out: &mut Vec<u8>,
        start: usize,
        header: usize,
        ssrc: u32,
        index: u64,
    ) -> Result<(), SrtpError> {
        match &self.rtp_out {
            Direction::Gcm(with) => seal(with, out, start, header, ssrc, index, &[]),
            Direction::Cm(with) => {
                with.encrypt(out, start + header, ssrc, index)?;
                with.sign(out, start, &roll_over(index))
            }
        }
    }

    /// Decrypts a compound packet in place; returns its length.
    pub(crate) fn open_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, SrtpError> {
        // AES-CM signs the trailer and puts the tag behind it, AES-GCM the other way round.
        let tag = if matches!(self.rtcp_in, Direction::Cm(_)) { TAG } else { 0 };
        let body = packet.len().checked_sub(4 + tag).ok_or(SrtpError::Short)?;
        let trailer = u32_at(packet, body).ok_or(SrtpError::Short)?;
        let ssrc = u32_at(packet, 4).ok_or(SrtpError::Short)?;
        let index = u64::from(trailer & 0x7fff_ffff);
        // Unencrypted SRTCP (E = 0) is allowed by the RFC and sent by nobody we serve.
        if trailer >> 31 == 0 {
            return Err(SrtpError::Forged);
        }
        let known = self.rtcp_windows.iter().position(|(of, _)| *of == ssrc);
        let window = known.and_then(|place| self.rtcp_windows.get(place));
        if window.is_some_and(|(_, window)| !window.is_free(index)) {
            return Err(SrtpError::Replayed);
        }
        if known.is_none() && self.rtcp_windows.len() >= limits::INCOMING_STREAMS {
            return Err(SrtpError::TooMany);
        }
        let plain = match &self.rtcp_in {
            Direction::Gcm(with) => {
                let (packet, _) = packet.split_at_mut_checked(body).ok_or(SrtpError::Short)?;
                let (header, body) = packet.split_at_mut_checked(RTCP_HEADER).ok_or(SrtpError::Short)?;
                let mut aad = [0; RTCP_HEADER + 4];
                put(&mut aad, 0, header);
                put(&mut aad, RTCP_HEADER, &trailer.to_be_bytes());
                let nonce = with.nonce(ssrc, index);
                with.key.open_in_place(nonce, Aad::from(aad), body).map_err(|_| SrtpError::Forged)?.len()
            }
            Direction::Cm(with) => {
                let plain = body.checked_sub(RTCP_HEADER).ok_or(SrtpError::Short)?;
                with.open(packet, body + 4, (RTCP_HEADER, body), (ssrc, index), &[])?;
                plain
            }
        };
        let place = known.unwrap_or_else(|| {
            self.rtcp_windows.push((ssrc, IndexWindow::new()));
            self.rtcp_windows.len() - 1
        });
        if let Some((_, window)) = self.rtcp_windows.get_mut(place) {
            window.take(index);
        }
        Ok(RTCP_HEADER + plain)
    }

    /// Encrypts the compound packet that stands in `out` from `start`.
    pub(crate) fn seal_rtcp(&mut self, out: &mut Vec<u8>, start: usize) -> Result<(), SrtpError> {
        let ssrc = u32_at(out, start + 4).ok_or(SrtpError::Short)?;
        // 2^31 packets: 68 years at one per second; the connection never lives that long.
        self.rtcp_out_index =
            self.rtcp_out_index.checked_add(1).filter(|index| index >> 31 == 0).ok_or(SrtpError::Keys)?;
        let trailer = (self.rtcp_out_index | 1 << 31).to_be_bytes();
        let index = u64::from(self.rtcp_out_index);
        match &self.rtcp_out {
            Direction::Gcm(with) => {
                seal(with, out, start, RTCP_HEADER, ssrc, index, &trailer)?;
                out.extend_from_slice(&trailer);
                Ok(())
            }
            Direction::Cm(with) => {
                with.encrypt(out, start + RTCP_HEADER, ssrc, index)?;
                out.extend_from_slice(&trailer);
                with.sign(out, start, &[])
            }
        }
    }
}

/// Longest header we seal: 12 bytes and one extension of 8, or an RTCP header with its trailer; the load has longer ones.
const AAD: usize = 32;

fn seal(
    with: &GcmDirection,
    out: &mut Vec<u8>,
    start: usize,
    header: usize,
    ssrc: u32,
    index: u64,
    trailer: &[u8],
) -> Result<(), SrtpError> {
    let (head, body) =
        out.get_mut(start..).and_then(|packet| packet.split_at_mut_checked(header)).ok_or(SrtpError::Short)?;
    let length = head.len() + trailer.len();
    let mut aad = [0; AAD];
    put(&mut aad, 0, head);
    put(&mut aad, head.len(), trailer);
    let aad = aad.get(..length).ok_or(SrtpError::Short)?;
    let tag = with
        .key
        .seal_in_place_separate_tag(with.nonce(ssrc, index), Aad::from(aad), body)
        .map_err(|_| SrtpError::Keys)?;
    out.extend_from_slice(tag.as_ref());
    Ok(())
}

/// What AES-CM signs beside the packet (RFC 3711 §4.2): how often the sequence number has run over.
fn roll_over(index: u64) -> [u8; 4] {
    ((index >> 16) as u32).to_be_bytes()
}

/// Sequence numbers to 48-bit indices, and what was received (RFC 3711 §3.3.1, §3.3.2).
#[derive(Clone, Debug)]
pub(crate) struct ReceiveWindow(IndexWindow<16>);

impl ReceiveWindow {
    pub(crate) fn new() -> Self {
        Self(IndexWindow::new())
    }

    /// The most likely index of this sequence number.
    pub(crate) fn index(&self, sequence: u16) -> u64 {
        let Some(highest) = self.0.highest() else { return u64::from(sequence) };
        let ahead = sequence.wrapping_sub(highest as u16);
        if ahead < 0x8000 {
            highest + u64::from(ahead)
        } else {
            let behind = u64::from((highest as u16).wrapping_sub(sequence));
            highest.checked_sub(behind).unwrap_or(u64::from(sequence))
        }
    }

    pub(crate) fn is_free(&self, index: u64) -> bool {
        self.0.is_free(index)
    }

    /// After authentication only.
    pub(crate) fn take(&mut self, index: u64) -> bool {
        self.0.take(index)
    }

    pub(crate) fn highest(&self) -> Option<u64> {
        self.0.highest()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::rtp::{Outline, write_header};
    use super::*;

    pub(crate) fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
        digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    }

    pub(crate) fn crypto() -> std::sync::Arc<dyn rtc_dtls::crypto_provider::RTCCryptoProvider> {
        rtc_dtls::crypto_provider::default_provider().unwrap()
    }

    fn direction(key: &[u8], salt: &[u8; 12]) -> GcmDirection {
        GcmDirection { key: LessSafeKey::new(UnboundKey::new(&AES_128_GCM, key).unwrap()), salt: *salt }
    }

    /// RFC 3711 §B.3.
    #[test]
    fn key_derivation_known_answer() {
        let provider = crypto();
        let master = hex("E1F97A0D3E018BE0D64FA32C06DE4139");
        let salt: [u8; 14] = hex("0EC675AD498AFEEBB6960B3AABE6").try_into().unwrap();
        let derived = |label| derive(provider.crypto(), &master, &salt, label).unwrap();
        assert_eq!(derived(0).to_vec(), hex("C61E7A93744F39EE10734AFE3FF7A087"));
        assert_eq!(derived(2)[..14].to_vec(), hex("30CBBC08863D8C85D49DB34A9AE1"));
    }

    /// RFC 7714 §16.1.1.
    #[test]
    fn gcm_known_answer() {
        let key: Vec<u8> = (0..16).collect();
        let with = direction(&key, b"Quid pro quo");
        let mut packet = hex("8040f17b8041f8d35501a0b2");
        packet.extend_from_slice(b"Gallia est omnis divisa in partes tres");
        seal(&with, &mut packet, 0, 12, 0x5501_a0b2, 0xf17b, &[]).unwrap();
        let expected =
            hex("8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b
             36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce");
        assert_eq!(packet, expected);
    }

    /// Both ends of one connection: what the "client" seals with the client keys, the server opens.
    pub(crate) fn pair() -> (SrtpSession, SrtpSession) {
        let exported: Vec<u8> = (0..56).collect();
        let provider = crypto();
        (
            SrtpSession::server(provider.crypto(), &exported).unwrap(),
            SrtpSession::client(provider.crypto(), &exported).unwrap(),
        )
    }

    /// The same by the other profile.
    fn pair_cm() -> (SrtpSession, SrtpSession) {
        let exported: Vec<u8> = (0..60).collect();
        let provider = crypto();
        (
            SrtpSession::server_cm(provider.crypto(), &exported).unwrap(),
            SrtpSession::client_cm(provider.crypto(), &exported).unwrap(),
        )
    }

    #[test]
    fn too_few_keys_are_refused() {
        let provider = crypto();
        assert_eq!(SrtpSession::server_cm(provider.crypto(), &[0; 59]).err(), Some(SrtpError::Keys));
        assert_eq!(SrtpSession::server(provider.crypto(), &[0; 55]).err(), Some(SrtpError::Keys));
    }

    /// Whatever is changed in a packet of either kind, or left out of it, it is refused.
    #[test]
    fn damage_is_seen_by_both_profiles() {
        for (mut server, mut client) in [pair(), pair_cm()] {
            let mut rtp = Vec::new();
            let outline =
                Outline { padding: false, marker: true, payload_type: 96, index: 70_000, timestamp: 7, ssrc: 42 };
            let header = write_header(&mut rtp, &outline, None);
            rtp.extend_from_slice(b"payload");
            client.seal_rtp(&mut rtp, 0, header, 42, 70_000).unwrap();
            let mut rtcp = hex("80c90001 0000002a");
            rtcp.extend_from_slice(b"more compound");
            client.seal_rtcp(&mut rtcp, 0).unwrap();
            for at in 0..rtp.len() {
                let mut bad = rtp.clone();
                bad[at] ^= 0x10;
                assert!(server.open_rtp(&mut bad, header, 42, 70_000).is_err(), "byte {at}");
                assert!(server.open_rtp(&mut rtp[..at].to_vec(), header, 42, 70_000).is_err(), "cut at {at}");
            }
            for at in 0..rtcp.len() {
                let mut bad = rtcp.clone();
                bad[at] ^= 0x10;
                assert!(server.open_rtcp(&mut bad).is_err(), "byte {at}");
                assert!(server.open_rtcp(&mut rtcp[..at].to_vec()).is_err(), "cut at {at}");
            }
            // The same packet a wrap later is another one.
            assert!(server.open_rtp(&mut rtp.clone(), header, 42, 70_000 + 65_536).is_err());
            assert_eq!(server.open_rtp(&mut rtp, header, 42, 70_000), Ok(header + 7));
            assert_eq!(&rtp[header..header + 7], b"payload");
            assert_eq!(server.open_rtcp(&mut rtcp), Ok(8 + 13));
            assert_eq!(&rtcp[8..21], b"more compound");
        }
    }

    #[test]
    fn rtp_round_trip_over_a_sequence_wrap_and_replay() {
        [pair(), pair_cm()].into_iter().for_each(rtp_round_trip);
    }

    fn rtp_round_trip((server, client): (SrtpSession, SrtpSession)) {
        let mut window = ReceiveWindow::new();
        for index in [65_534u64, 65_535, 65_536, 65_537] {
            let mut packet = Vec::new();
            let outline = Outline { padding: false, marker: true, payload_type: 96, index, timestamp: 7, ssrc: 42 };
            // With and without a header extension.
            let length = write_header(&mut packet, &outline, (index % 2 == 0).then_some((3, 9)));
            packet.extend_from_slice(b"payload");
            client.seal_rtp(&mut packet, 0, length, 42, index).unwrap();
            let found = window.index(index as u16);
            assert_eq!(found, index);
            assert!(window.is_free(found));
            let end = server.open_rtp(&mut packet, length, 42, found).unwrap();
            assert_eq!(&packet[length..end], b"payload");
            assert!(window.take(found));
            assert!(!window.is_free(window.index(index as u16)), "a replay is refused before decryption");
        }
        let mut forged = vec![0x80; 40];
        assert_eq!(server.open_rtp(&mut forged, 12, 42, 70_000), Err(SrtpError::Forged));
        assert_eq!(server.open_rtp(&mut [0; 5], 12, 42, 1), Err(SrtpError::Short));
    }

    /// Chromium counts per SSRC; one window for all would refuse most of its reports.
    #[test]
    fn each_sender_has_its_own_rtcp_index() {
        let (mut server, _) = pair();
        for ssrc in [42u32, 43] {
            let (_, mut fresh) = pair();
            let mut packet = hex("80c90001");
            packet.extend_from_slice(&ssrc.to_be_bytes());
            fresh.seal_rtcp(&mut packet, 0).unwrap();
            let mut again = packet.clone();
            assert_eq!(server.open_rtcp(&mut packet), Ok(8));
            assert_eq!(server.open_rtcp(&mut again), Err(SrtpError::Replayed));
        }
    }

    #[test]
    fn rtcp_round_trip_and_replay() {
        [pair(), pair_cm()].into_iter().for_each(rtcp_round_trip);
    }

    fn rtcp_round_trip((mut server, mut client): (SrtpSession, SrtpSession)) {
        let mut packet = hex("80c90001 0000002a");
        packet.extend_from_slice(b"more compound");
        let plain = packet.clone();
        client.seal_rtcp(&mut packet, 0).unwrap();
        let mut again = packet.clone();
        let length = server.open_rtcp(&mut packet).unwrap();
        assert_eq!(packet[..length], plain[..]);
        assert_eq!(server.open_rtcp(&mut again), Err(SrtpError::Replayed));
        assert_eq!(server.open_rtcp(&mut [0x80; 6]), Err(SrtpError::Short));
        let mut clear = plain.clone();
        clear.extend_from_slice(&[0; 20]);
        assert_eq!(server.open_rtcp(&mut clear), Err(SrtpError::Forged));
    }
}
