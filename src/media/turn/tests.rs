use proptest::prelude::*;
use rtc_stun::attributes::ATTR_MESSAGE_INTEGRITY;
use rtc_stun::message::{METHOD_CONNECT, Method, TransactionId};
use uuid::Uuid;

use super::*;
use crate::domain::ids::ConnectionId;

const NOW_S: i64 = 1_000_000;
const OURS: [&str; 3] = ["10.0.0.1:40000", "10.0.0.1:40001", "10.0.0.2:40000"];

/// A browser and its relay.
struct Table {
    relay: Relay,
    username: String,
    password: String,
    now_us: i64,
    transaction: u8,
}

fn table() -> Table {
    let provider = rtc_dtls::crypto_provider::default_provider().unwrap();
    let keys = Arc::new(RelayKey::new(&[3; 32]));
    let (username, password) = keys.credentials(ConnectionId(Uuid::from_u128(5)), NOW_S);
    let peers = OURS.map(|address| address.parse().unwrap());
    let relay = Relay::new(
        provider,
        keys,
        "nonce".to_owned(),
        "192.0.2.9:5555".parse().unwrap(),
        "10.0.0.1:50000".parse().unwrap(),
        &peers,
    );
    Table { relay, username, password, now_us: 0, transaction: 0 }
}

fn refused(relayed: &Relayed) -> Option<u16> {
    let Relayed::Reply(bytes) = relayed else { return None };
    let answer = decode(bytes);
    assert_eq!(answer.typ.class, CLASS_ERROR_RESPONSE);
    let code = answer.get(ATTR_ERROR_CODE).unwrap();
    Some(u16::from(code[2]) * 100 + u16::from(code[3]))
}

fn decode(bytes: &[u8]) -> Message {
    let mut message = Message::new();
    message.write(bytes).unwrap();
    message.decode().unwrap();
    message
}

impl Table {
    fn key(&self) -> Vec<u8> {
        let (username, password) = (self.username.clone(), self.password.clone());
        let crypto = self.relay.provider.crypto();
        MessageIntegrity::long_term_integrity_key(username, REALM.to_owned(), password, crypto).unwrap()
    }

    fn request(&mut self, method: Method, fill: impl FnOnce(&mut Message)) -> Relayed {
        self.transaction += 1;
        let mut message = Message::new();
        message.typ = MessageType::new(method, CLASS_REQUEST);
        message.transaction_id = TransactionId([self.transaction; 12]);
        message.write_header();
        fill(&mut message);
        message.add(ATTR_USERNAME, self.username.as_bytes());
        message.add(ATTR_REALM, REALM.as_bytes());
        message.add(ATTR_NONCE, b"nonce");
        MessageIntegrity::new_raw_integrity_with_provider(self.key(), self.relay.provider.crypto())
            .add_to(&mut message)
            .unwrap();
        self.read(&message.raw)
    }

    fn read(&mut self, bytes: &[u8]) -> Relayed {
        self.relay.read(BytesMut::from(bytes), NOW_S, self.now_us)
    }

    /// What a request that succeeds is answered, its signature checked.
    fn success(&mut self, method: Method, fill: impl FnOnce(&mut Message)) -> Message {
        let (Relayed::Reply(bytes) | Relayed::End(bytes)) = self.request(method, fill) else { panic!("no answer") };
        let mut answer = decode(&bytes);
        assert_eq!(answer.typ, MessageType::new(method, CLASS_SUCCESS_RESPONSE));
        MessageIntegrity::check(&mut answer, &self.key(), self.relay.provider.crypto()).unwrap();
        answer
    }

    fn allocate(&mut self) -> Message {
        self.success(METHOD_ALLOCATE, |message| message.add(ATTR_REQUESTED_TRANSPORT, &[UDP, 0, 0, 0]))
    }
}

fn peer(address: &str) -> impl Fn(&mut Message) {
    let peer: SocketAddr = address.parse().unwrap();
    move |message| super::address(peer).add_to_as(message, ATTR_XOR_PEER_ADDRESS).unwrap()
}

fn channel(number: u16, address: &str) -> impl Fn(&mut Message) {
    let peer = peer(address);
    move |message| {
        message.add(ATTR_CHANNEL_NUMBER, &[number.to_be_bytes(), [0; 2]].concat());
        peer(message);
    }
}

fn indication(address: &str, data: &[u8]) -> Vec<u8> {
    let mut message = Message::new();
    message.typ = MessageType::new(METHOD_SEND, CLASS_INDICATION);
    message.write_header();
    peer(address)(&mut message);
    message.add(ATTR_DATA, data);
    message.raw
}

#[test]
fn a_browser_is_asked_for_credentials_and_gets_its_relay() {
    let mut table = table();
    let mut bare = Message::new();
    bare.typ = MessageType::new(METHOD_ALLOCATE, CLASS_REQUEST);
    bare.write_header();
    let Relayed::Reply(challenge) = table.read(&bare.raw) else { panic!("no challenge") };
    assert_eq!(refused(&Relayed::Reply(challenge.clone())), Some(401));
    let challenge = decode(&challenge);
    assert_eq!(challenge.get(ATTR_REALM).unwrap(), REALM.as_bytes());
    assert_eq!(challenge.get(ATTR_NONCE).unwrap(), b"nonce");

    let answer = table.allocate();
    let mut address = XorMappedAddress::default();
    address.get_from_as(&answer, ATTR_XOR_RELAYED_ADDRESS).unwrap();
    assert_eq!((address.ip.to_string().as_str(), address.port), ("10.0.0.1", 50_000));
    address.get_from_as(&answer, ATTR_XORMAPPED_ADDRESS).unwrap();
    assert_eq!((address.ip.to_string().as_str(), address.port), ("192.0.2.9", 5_555));
    assert_eq!(answer.get(ATTR_LIFETIME).unwrap(), 600u32.to_be_bytes());
    assert_eq!(
        refused(&table.request(METHOD_ALLOCATE, |m| m.add(ATTR_REQUESTED_TRANSPORT, &[UDP, 0, 0, 0]))),
        Some(437)
    );
}

#[test]
fn it_leads_to_our_media_address_and_nowhere_else() {
    let mut table = table();
    table.allocate();
    for foreign in ["192.0.2.1:443", "127.0.0.1:22", "10.0.0.3:40000", "[::1]:40000"] {
        assert_eq!(refused(&table.request(METHOD_CREATE_PERMISSION, peer(foreign))), Some(403), "{foreign}");
        assert_eq!(refused(&table.request(METHOD_CHANNEL_BIND, channel(0x4000, foreign))), Some(403), "{foreign}");
        assert_eq!(table.read(&indication(foreign, b"x")), Relayed::Nothing);
    }
    // Another service of the same machine.
    assert_eq!(refused(&table.request(METHOD_CHANNEL_BIND, channel(0x4000, "10.0.0.1:22"))), Some(403));
    table.success(METHOD_CREATE_PERMISSION, peer("10.0.0.1:9"));
    assert_eq!(table.read(&indication("10.0.0.1:22", b"x")), Relayed::Nothing);
    let to_ours = table.read(&indication(OURS[1], b"check"));
    assert_eq!(to_ours, Relayed::Datagram { to: 1, datagram: BytesMut::from(&b"check"[..]) });
    assert_eq!(table.read(&indication(OURS[2], b"check")), Relayed::Nothing, "not permitted yet");
}

#[test]
fn answers_come_as_indications_until_a_channel_is_bound() {
    let mut table = table();
    let mut out = Vec::new();
    table.relay.wrap(0, b"early", &mut out);
    assert!(out.is_empty(), "no relay, no answer");
    table.allocate();
    table.success(METHOD_CREATE_PERMISSION, peer(OURS[0]));
    table.relay.wrap(0, b"hello", &mut out);
    let data = decode(&out);
    assert_eq!(data.typ, MessageType::new(METHOD_DATA, CLASS_INDICATION));
    assert_eq!(data.get(ATTR_DATA).unwrap(), b"hello");

    table.success(METHOD_CHANNEL_BIND, channel(0x4001, OURS[0]));
    out.clear();
    table.relay.wrap(0, b"hello", &mut out);
    assert_eq!(out, [&[0x40, 1, 0, 5][..], b"hello", &[0; 3]].concat(), "padded, for it is a stream");
    let mut stream = BytesMut::from(out.as_slice());
    let message = take(&mut stream).unwrap().unwrap();
    assert!(stream.is_empty());
    assert_eq!(table.read(&message), Relayed::Datagram { to: 0, datagram: BytesMut::from(&b"hello"[..]) });
    assert_eq!(table.read(&[0x40, 9, 0, 1, 7]), Relayed::Nothing, "a channel nobody bound");

    table.success(METHOD_CHANNEL_BIND, channel(0x4001, OURS[0]));
    assert_eq!(refused(&table.request(METHOD_CHANNEL_BIND, channel(0x4002, OURS[0]))), Some(400));
    assert_eq!(refused(&table.request(METHOD_CHANNEL_BIND, channel(0x4001, OURS[1]))), Some(400));
    assert_eq!(refused(&table.request(METHOD_CHANNEL_BIND, channel(0x5000, OURS[1]))), Some(400));
}

#[test]
fn wrong_credentials_and_what_is_not_offered_are_refused() {
    let udp = |message: &mut Message| message.add(ATTR_REQUESTED_TRANSPORT, &[UDP, 0, 0, 0]);
    let mut table = table();
    let right = std::mem::replace(&mut table.password, "guessed".to_owned());
    assert_eq!(refused(&table.request(METHOD_ALLOCATE, udp)), Some(401));
    table.password = right;
    assert_eq!(refused(&table.request(METHOD_REFRESH, |_| {})), Some(437), "nothing to refresh");
    assert_eq!(refused(&table.request(METHOD_ALLOCATE, |_| {})), Some(400), "no transport");
    assert_eq!(refused(&table.request(METHOD_ALLOCATE, |m| m.add(ATTR_REQUESTED_TRANSPORT, &[6, 0, 0, 0]))), Some(442));
    let ipv6 = |message: &mut Message| {
        udp(message);
        message.add(ATTR_REQUESTED_ADDRESS_FAMILY, &[IPV6, 0, 0, 0]);
    };
    assert_eq!(refused(&table.request(METHOD_ALLOCATE, ipv6)), Some(440));
    let even_port = |message: &mut Message| {
        udp(message);
        message.add(AttrType(0x18), &[0x80]);
    };
    assert_eq!(refused(&table.request(METHOD_ALLOCATE, even_port)), Some(420));
    (table.username, table.password) = table.relay.keys.credentials(ConnectionId(Uuid::from_u128(5)), NOW_S - 10_000);
    assert_eq!(refused(&table.request(METHOD_ALLOCATE, udp)), Some(401), "their time is over");
}

#[test]
fn a_relay_is_of_the_one_who_asked_for_it() {
    let mut table = table();
    table.allocate();
    (table.username, table.password) = table.relay.keys.credentials(ConnectionId(Uuid::from_u128(6)), NOW_S);
    assert_eq!(refused(&table.request(METHOD_REFRESH, |_| {})), Some(441));
}

#[test]
fn a_relay_lives_as_long_as_it_is_refreshed() {
    let mut table = table();
    table.allocate();
    assert_eq!(table.relay.until_us(), Some(600_000_000));
    table.now_us = 300_000_000;
    table.success(METHOD_REFRESH, |_| {});
    assert_eq!(table.relay.until_us(), Some(900_000_000));
    assert_eq!(refused(&table.request(METHOD_CONNECT, |_| {})), Some(400), "TCP to others is not offered");
    assert!(
        table.success(METHOD_REFRESH, |message| message.add(ATTR_LIFETIME, &[0; 4])).contains(ATTR_MESSAGE_INTEGRITY)
    );
    assert_eq!(table.relay.until_us(), None);
}

proptest! {
    /// Whatever a stream brings: no panic, no datagram from somebody without credentials.
    #[test]
    fn noise_relays_nothing(noise in proptest::collection::vec(any::<u8>(), 0..3_000), kind in 0u8..3) {
        let mut table = table();
        let mut stream = BytesMut::from(noise.as_slice());
        if kind > 0 && stream.len() > 8 {
            // Messages that are nearly right get further.
            let length = u16::try_from(stream.len() - 20.min(stream.len())).unwrap() & !3;
            stream[0] = 0;
            stream[1] = if kind == 1 { 3 } else { 0x16 };
            stream[2..4].copy_from_slice(&length.to_be_bytes());
            stream[4..8].copy_from_slice(&rtc_stun::message::MAGIC_COOKIE.to_be_bytes());
        }
        while let Ok(Some(message)) = take(&mut stream) {
            let datagram = matches!(table.relay.read(message, NOW_S, 0), Relayed::Datagram { .. });
            prop_assert!(!datagram);
        }
    }

    /// However the network cuts a stream, messages come out whole.
    #[test]
    fn messages_survive_any_cut(sizes in proptest::collection::vec(0usize..300, 0..6), cut in 1usize..200) {
        let mut whole = Vec::new();
        for size in &sizes {
            whole.extend_from_slice(&[0x40, 0]);
            whole.extend_from_slice(&u16::try_from(*size).unwrap().to_be_bytes());
            whole.resize(whole.len() + size.next_multiple_of(4), 7);
        }
        let (mut buffer, mut out) = (BytesMut::new(), Vec::new());
        for part in whole.chunks(cut) {
            buffer.extend_from_slice(part);
            while let Some(message) = take(&mut buffer).unwrap() {
                out.push(message.len() - CHANNEL_HEADER);
            }
        }
        prop_assert_eq!(out, sizes);
    }
}
