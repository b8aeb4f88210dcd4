//! The relay of one stream (RFC 8656, the part a browser needs): a browser that can reach us only through TLS on one
//! port asks for a relay and gets one that leads to our own media address and nowhere else. No socket is opened for it:
//! what it sends there is handed to the media worker, what the worker answers is wrapped for it. Bytes in, bytes out.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::{Buf, BytesMut};
use rtc_dtls::crypto_provider::RTCCryptoProvider;
use rtc_stun::attributes::{
    ATTR_CHANNEL_NUMBER, ATTR_DATA, ATTR_ERROR_CODE, ATTR_LIFETIME, ATTR_NONCE, ATTR_REALM,
    ATTR_REQUESTED_ADDRESS_FAMILY, ATTR_REQUESTED_TRANSPORT, ATTR_UNKNOWN_ATTRIBUTES, ATTR_USERNAME,
    ATTR_XOR_PEER_ADDRESS, ATTR_XOR_RELAYED_ADDRESS, ATTR_XORMAPPED_ADDRESS, AttrType,
};
use rtc_stun::error_code::{
    CODE_ADDR_FAMILY_NOT_SUPPORTED, CODE_ALLOC_MISMATCH, CODE_BAD_REQUEST, CODE_FORBIDDEN, CODE_STALE_NONCE,
    CODE_UNAUTHORIZED, CODE_UNKNOWN_ATTRIBUTE, CODE_UNSUPPORTED_TRANS_PROTO, CODE_WRONG_CREDENTIALS, ErrorCode,
};
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{
    CLASS_ERROR_RESPONSE, CLASS_INDICATION, CLASS_REQUEST, CLASS_SUCCESS_RESPONSE, METHOD_ALLOCATE,
    METHOD_CHANNEL_BIND, METHOD_CREATE_PERMISSION, METHOD_DATA, METHOD_REFRESH, METHOD_SEND, Message, MessageType,
    Setter,
};
use rtc_stun::xoraddr::XorMappedAddress;

use super::framing::Malformed;
use super::relay_key::RelayKey;
use super::wire::{u16_at, u32_at};
use crate::limits;

const REALM: &str = "diemcau";
const HEADER: usize = 20;
const CHANNEL_HEADER: usize = 4;
/// RFC 8656 §12.
const CHANNELS: std::ops::RangeInclusive<u16> = 0x4000..=0x4fff;
const UDP: u8 = 17;
const IPV4: u8 = 1;
const IPV6: u8 = 2;
/// Attributes below this must be understood (RFC 8489 §14).
const OPTIONAL: u16 = 0x8000;
/// Those a browser's requests carry, beside the ones only we send.
const UNDERSTOOD: [u16; 11] = [
    0x0006, // USERNAME
    0x0008, // MESSAGE-INTEGRITY
    0x000c, // CHANNEL-NUMBER
    0x000d, // LIFETIME
    0x0012, // XOR-PEER-ADDRESS
    0x0013, // DATA
    0x0014, // REALM
    0x0015, // NONCE
    0x0017, // REQUESTED-ADDRESS-FAMILY
    0x0019, // REQUESTED-TRANSPORT
    0x001a, // DONT-FRAGMENT: nothing is fragmented, no network lies between relay and worker
];

/// What a message led to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Relayed {
    /// To be sent back as it is.
    Reply(Vec<u8>),
    /// A datagram for the `to`-th of our addresses.
    Datagram { to: u8, datagram: BytesMut },
    /// Neither an answer nor a datagram.
    Nothing,
    /// The browser gives its relay back: answer and end.
    End(Vec<u8>),
}

/// What an authentic browser holds.
struct Allocation {
    username: String,
    key: Vec<u8>,
    until_us: i64,
    /// The transaction that made it: a repeat of it is answered, not refused.
    made_by: [u8; 12],
}

/// One of our addresses as this browser may use it.
#[derive(Clone, Copy, Debug)]
struct Peer {
    address: SocketAddr,
    permitted: bool,
    channel: Option<u16>,
}

/// One stream's relay.
pub(crate) struct Relay {
    provider: Arc<dyn RTCCryptoProvider>,
    keys: Arc<RelayKey>,
    nonce: String,
    client: SocketAddr,
    relayed: SocketAddr,
    peers: Vec<Peer>,
    allocation: Option<Allocation>,
    /// Indications sent: nobody answers them, so their numbers need not be unguessable.
    indications: u64,
}

/// Takes the next whole message off `buffer` (RFC 8656 §12.5: padded on streams); `None`: more bytes are needed.
pub(crate) fn take(buffer: &mut BytesMut) -> Result<Option<BytesMut>, Malformed> {
    let (Some(kind), Some(length)) = (u16_at(buffer, 0), u16_at(buffer, 2)) else { return Ok(None) };
    let length = usize::from(length);
    let (whole, padded) = match kind >> 14 {
        0 if length.is_multiple_of(4) => (HEADER + length, HEADER + length),
        1 => (CHANNEL_HEADER + length, CHANNEL_HEADER + length.next_multiple_of(4)),
        _ => return Err(Malformed),
    };
    if whole > limits::STREAM_FRAME + limits::RELAY_OVERHEAD {
        return Err(Malformed);
    }
    if buffer.len() < padded {
        return Ok(None);
    }
    let mut message = buffer.split_to(padded);
    message.truncate(whole);
    Ok(Some(message))
}

impl Relay {
    /// `client`: where the stream comes from. `relayed`: the address the relay is said to have; nothing listens there.
    /// `peers`: our media addresses as answers name them. `nonce`: unguessable, of this stream alone.
    pub(crate) fn new(
        provider: Arc<dyn RTCCryptoProvider>,
        keys: Arc<RelayKey>,
        nonce: String,
        client: SocketAddr,
        relayed: SocketAddr,
        peers: &[SocketAddr],
    ) -> Self {
        let peers = peers.iter().map(|address| Peer { address: *address, permitted: false, channel: None }).collect();
        Self { provider, keys, nonce, client, relayed, peers, allocation: None, indications: 0 }
    }

    /// A relay as somebody has it whose channel to `ours` is bound.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn granted(provider: Arc<dyn RTCCryptoProvider>, ours: SocketAddr) -> Self {
        let keys = Arc::new(RelayKey::new(&[0; 32]));
        let mut relay = Self::new(provider, keys, String::new(), ours, ours, &[]);
        relay.peers.push(Peer { address: ours, permitted: true, channel: Some(*CHANNELS.start()) });
        let (username, key) = (String::new(), Vec::new());
        relay.allocation = Some(Allocation { username, key, until_us: i64::MAX, made_by: [0; 12] });
        relay
    }

    /// Until when the relay stands, by the monotonic clock; `None` before it is given.
    pub(crate) fn until_us(&self) -> Option<i64> {
        self.allocation.as_ref().map(|allocation| allocation.until_us)
    }

    /// One message of the stream. `unix_s`: the wall clock, for the life of credentials.
    pub(crate) fn read(&mut self, message: BytesMut, unix_s: i64, now_us: i64) -> Relayed {
        if message.first().is_some_and(|first| first >> 6 == 1) {
            return self.channel_data(message);
        }
        let mut request = Message::new();
        if u32_at(&message, 4) != Some(rtc_stun::message::MAGIC_COOKIE)
            || request.write(&message).is_err()
            || request.decode().is_err()
        {
            return Relayed::Nothing;
        }
        if request.typ == MessageType::new(METHOD_SEND, CLASS_INDICATION) {
            return self.send_indication(&request);
        }
        if request.typ.class != CLASS_REQUEST {
            return Relayed::Nothing;
        }
        match self.request(&mut request, unix_s, now_us) {
            Ok(answer) => answer,
            Err(code) => Relayed::Reply(self.refuse(&request, code)),
        }
    }

    /// Wraps a datagram of the `to`-th of our addresses for the stream.
    pub(crate) fn wrap(&mut self, to: u8, datagram: &[u8], out: &mut Vec<u8>) {
        let Some(peer) = self.peers.get(usize::from(to)).copied().filter(|_| self.allocation.is_some()) else { return };
        let Ok(length) = u16::try_from(datagram.len()) else { return };
        if let Some(channel) = peer.channel {
            out.extend_from_slice(&channel.to_be_bytes());
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(datagram);
            out.resize(out.len() + datagram.len().next_multiple_of(4) - datagram.len(), 0);
        } else if peer.permitted {
            let mut indication = Message::new();
            indication.typ = MessageType::new(METHOD_DATA, CLASS_INDICATION);
            self.indications += 1;
            if let Some(number) = indication.transaction_id.0.last_chunk_mut() {
                *number = self.indications.to_be_bytes();
            }
            indication.write_header();
            if address(peer.address).add_to_as(&mut indication, ATTR_XOR_PEER_ADDRESS).is_ok() {
                indication.add(ATTR_DATA, datagram);
                out.extend_from_slice(&indication.raw);
            }
        }
    }

    fn channel_data(&self, mut message: BytesMut) -> Relayed {
        let (Some(channel), Some(length)) = (u16_at(&message, 0), u16_at(&message, 2)) else { return Relayed::Nothing };
        let found = self.peers.iter().position(|peer| peer.channel == Some(channel));
        let Some(to) = found.and_then(|place| u8::try_from(place).ok()) else { return Relayed::Nothing };
        message.advance(CHANNEL_HEADER);
        message.truncate(usize::from(length));
        Relayed::Datagram { to, datagram: message }
    }

    /// Only to our own address, and only once it was permitted; all else is dropped (RFC 8656 §11.3).
    fn send_indication(&self, indication: &Message) -> Relayed {
        let Some(to) =
            self.peer_of(indication).ok().filter(|to| self.peers.get(*to).is_some_and(|peer| peer.permitted))
        else {
            return Relayed::Nothing;
        };
        match (u8::try_from(to), indication.get(ATTR_DATA)) {
            (Ok(to), Ok(data)) => Relayed::Datagram { to, datagram: BytesMut::from(data.as_slice()) },
            _ => Relayed::Nothing,
        }
    }

    fn request(&mut self, request: &mut Message, unix_s: i64, now_us: i64) -> Result<Relayed, ErrorCode> {
        let key = self.authenticate(request, unix_s)?;
        if unknown(request).next().is_some() {
            return Err(CODE_UNKNOWN_ATTRIBUTE);
        }
        let method = request.typ.method;
        if method == METHOD_ALLOCATE {
            return self.allocate(request, key, now_us).map(Relayed::Reply);
        }
        let Some(allocation) = &mut self.allocation else { return Err(CODE_ALLOC_MISMATCH) };
        if method == METHOD_REFRESH {
            let seconds = request.get(ATTR_LIFETIME).ok().and_then(|value| u32_at(&value, 0));
            if seconds == Some(0) {
                self.allocation = None;
                return Ok(Relayed::End(self.answer(request, &key, |answer| {
                    answer.add(ATTR_LIFETIME, &[0; 4]);
                })));
            }
            allocation.until_us = now_us + limits::RELAY_LIFE.as_micros() as i64;
            Ok(Relayed::Reply(self.answer(request, &key, add_lifetime)))
        } else if method == METHOD_CREATE_PERMISSION {
            let ip = self.peer_of(request).map(|to| self.peers.get(to).map(|peer| peer.address.ip()))?;
            for peer in self.peers.iter_mut().filter(|peer| Some(peer.address.ip()) == ip) {
                peer.permitted = true;
            }
            Ok(Relayed::Reply(self.answer(request, &key, |_| {})))
        } else if method == METHOD_CHANNEL_BIND {
            let to = self.peer_of(request)?;
            let number = request.get(ATTR_CHANNEL_NUMBER).ok().and_then(|value| u16_at(&value, 0));
            let number = number.filter(|number| CHANNELS.contains(number)).ok_or(CODE_BAD_REQUEST)?;
            // A channel leads to one address for ever, and an address has one channel (RFC 8656 §12.2).
            let taken = self.peers.iter().enumerate().any(|(place, peer)| {
                if place == to { peer.channel.is_some_and(|own| own != number) } else { peer.channel == Some(number) }
            });
            if taken {
                return Err(CODE_BAD_REQUEST);
            }
            if let Some(peer) = self.peers.get_mut(to) {
                (peer.permitted, peer.channel) = (true, Some(number));
            }
            Ok(Relayed::Reply(self.answer(request, &key, |_| {})))
        } else {
            Err(CODE_BAD_REQUEST)
        }
    }

    /// Long-term credentials (RFC 8489 §9.2.4) that live for minutes: see [`RelayKey`].
    fn authenticate(&self, request: &mut Message, unix_s: i64) -> Result<Vec<u8>, ErrorCode> {
        if !request.contains(rtc_stun::attributes::ATTR_MESSAGE_INTEGRITY) {
            return Err(CODE_UNAUTHORIZED);
        }
        let text = |kind: AttrType| request.get(kind).ok().and_then(|value| String::from_utf8(value).ok());
        let (Some(username), Some(realm), Some(nonce)) = (text(ATTR_USERNAME), text(ATTR_REALM), text(ATTR_NONCE))
        else {
            return Err(CODE_BAD_REQUEST);
        };
        if nonce != self.nonce {
            return Err(CODE_STALE_NONCE);
        }
        let crypto = self.provider.crypto();
        let key = match &self.allocation {
            Some(allocation) if allocation.username != username => return Err(CODE_WRONG_CREDENTIALS),
            Some(allocation) => allocation.key.clone(),
            None => {
                let password = self.keys.password(&username, unix_s).filter(|_| realm == REALM);
                let password = password.ok_or(CODE_UNAUTHORIZED)?;
                MessageIntegrity::long_term_integrity_key(username, realm, password, crypto)
                    .map_err(|_| CODE_UNAUTHORIZED)?
            }
        };
        MessageIntegrity::check(request, &key, crypto).map_err(|_| CODE_UNAUTHORIZED)?;
        Ok(key)
    }

    fn allocate(&mut self, request: &Message, key: Vec<u8>, now_us: i64) -> Result<Vec<u8>, ErrorCode> {
        let transport = request.get(ATTR_REQUESTED_TRANSPORT).map_err(|_| CODE_BAD_REQUEST)?;
        if transport.first() != Some(&UDP) {
            return Err(CODE_UNSUPPORTED_TRANS_PROTO);
        }
        let ours = if self.relayed.is_ipv4() { IPV4 } else { IPV6 };
        if request.get(ATTR_REQUESTED_ADDRESS_FAMILY).is_ok_and(|family| family.first() != Some(&ours)) {
            return Err(CODE_ADDR_FAMILY_NOT_SUPPORTED);
        }
        if self.allocation.as_ref().is_some_and(|allocation| allocation.made_by != request.transaction_id.0) {
            return Err(CODE_ALLOC_MISMATCH);
        }
        let username = request.get(ATTR_USERNAME).ok().and_then(|value| String::from_utf8(value).ok());
        let (relayed, client) = (self.relayed, self.client);
        let answer = self.answer(request, &key, |answer| {
            // An address always fits.
            drop(address(relayed).add_to_as(answer, ATTR_XOR_RELAYED_ADDRESS));
            drop(address(client).add_to_as(answer, ATTR_XORMAPPED_ADDRESS));
            add_lifetime(answer);
        });
        self.allocation = Some(Allocation {
            username: username.unwrap_or_default(),
            key,
            until_us: now_us + limits::RELAY_LIFE.as_micros() as i64,
            made_by: request.transaction_id.0,
        });
        Ok(answer)
    }

    /// Which of our addresses a message is about; another's is forbidden.
    fn peer_of(&self, message: &Message) -> Result<usize, ErrorCode> {
        let mut peer = XorMappedAddress::default();
        peer.get_from_as(message, ATTR_XOR_PEER_ADDRESS).map_err(|_| CODE_BAD_REQUEST)?;
        // A permission is for an address of the network with any port, so its port says nothing.
        let any_port = message.typ.method == METHOD_CREATE_PERMISSION;
        let ours = |one: &Peer| one.address.ip() == peer.ip && (any_port || one.address.port() == peer.port);
        self.peers.iter().position(ours).ok_or(CODE_FORBIDDEN)
    }

    fn answer(&self, request: &Message, key: &[u8], fill: impl FnOnce(&mut Message)) -> Vec<u8> {
        let mut answer = reply(request, CLASS_SUCCESS_RESPONSE);
        fill(&mut answer);
        let integrity = MessageIntegrity::new_raw_integrity_with_provider(key, self.provider.crypto());
        // An answer that could not be signed is one the browser does not believe.
        drop(integrity.add_to(&mut answer));
        answer.raw
    }

    fn refuse(&self, request: &Message, code: ErrorCode) -> Vec<u8> {
        let mut answer = reply(request, CLASS_ERROR_RESPONSE);
        let (class, number) = (code.0 / 100, code.0 % 100);
        answer.add(ATTR_ERROR_CODE, &[0, 0, class as u8, number as u8]);
        if code == CODE_UNAUTHORIZED || code == CODE_STALE_NONCE {
            answer.add(ATTR_REALM, REALM.as_bytes());
            answer.add(ATTR_NONCE, self.nonce.as_bytes());
        } else if code == CODE_UNKNOWN_ATTRIBUTE {
            let kinds: Vec<u8> = unknown(request).flat_map(u16::to_be_bytes).collect();
            answer.add(ATTR_UNKNOWN_ATTRIBUTES, &kinds);
        }
        answer.raw
    }
}

fn address(address: SocketAddr) -> XorMappedAddress {
    XorMappedAddress { ip: address.ip().to_canonical(), port: address.port() }
}

fn add_lifetime(answer: &mut Message) {
    answer.add(ATTR_LIFETIME, &u32::try_from(limits::RELAY_LIFE.as_secs()).unwrap_or(u32::MAX).to_be_bytes());
}

fn reply(request: &Message, class: rtc_stun::message::MessageClass) -> Message {
    let mut answer = Message::new();
    answer.typ = MessageType::new(request.typ.method, class);
    answer.transaction_id = request.transaction_id;
    answer.write_header();
    answer
}

fn unknown(request: &Message) -> impl Iterator<Item = u16> {
    let kinds = request.attributes.0.iter().map(|attribute| attribute.typ.value());
    kinds.filter(|kind| *kind < OPTIONAL && !UNDERSTOOD.contains(kind))
}

#[cfg(test)]
mod tests;
