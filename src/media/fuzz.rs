//! What strangers may send, as functions of bytes. Each holds more than "no panic": lengths stay inside the packet, and
//! what is written can be read again.

#![expect(clippy::expect_used, clippy::panic, reason = "a target fails by a panic")]

use std::net::{Ipv4Addr, SocketAddr};

use bytes::BytesMut;
use rtc_sdp::SessionDescription;

use super::bandwidth::Bandwidth;
use super::engine::{Client, Codec};
use super::h264::{Payload, Sequence};
use super::picture::Picture;
use super::red::{self, Red};
use super::rtcp::{self, Rtcp};
use super::rtp::{self, Outline, RtpHeader};
use super::sdp::answer::{self, Transport};
use super::sdp::negotiate::{Negotiated, Role};
use super::sdp::offer::Offer;
use super::sound::{RedTypes, Sound};
use super::srtp::{ReceiveWindow, SrtpSession};
use super::turn::{self, Relay, Relayed};
use super::twcc::{self, TwccRecorder};
use super::vp8::{Vp8Descriptor, Vp8Shift};
use super::wire::{u16_at, u32_at};
use super::{framing, ice, mux};
use crate::limits;

/// Password under which a check of the corpus is authentic.
const PASSWORD: &str = "fuzz/fuzz/fuzz/fuzz/fuzz";

/// A datagram before anything is known of it: its kind, and whose check it is.
pub fn datagram(bytes: &[u8]) {
    let kind = mux::Kind::of(bytes);
    let Some(ufrag) = ice::local_ufrag(bytes) else { return };
    assert_eq!(kind, mux::Kind::Stun);
    assert!(ufrag.len() < bytes.len());
    let provider = rtc_dtls::crypto_provider::default_provider().expect("a provider of ciphers");
    let from = SocketAddr::from((Ipv4Addr::LOCALHOST, 9));
    if let Some(checked) = ice::answer(bytes, from, PASSWORD, provider.crypto()) {
        assert_eq!(mux::Kind::of(&checked.response), mux::Kind::Stun);
        assert_eq!(ice::local_ufrag(&checked.response), None, "our answer is no request");
    }
}

/// A stream of framed datagrams (RFC 4571): what is taken off it is what would be put on it.
pub fn framed(bytes: &[u8]) {
    let (mut buffer, mut again) = (BytesMut::from(bytes), Vec::new());
    while let Ok(Some(datagram)) = framing::take(&mut buffer) {
        assert!(!datagram.is_empty() && datagram.len() <= limits::STREAM_FRAME);
        framing::put(&mut again, &datagram);
    }
    assert_eq!([&again, &*buffer].concat(), bytes);
}

/// What a browser with a relay sends it (RFC 8656): only datagrams for our own addresses come out, whole, and the same
/// would come back to it.
pub fn relay(bytes: &[u8]) {
    let provider = rtc_dtls::crypto_provider::default_provider().expect("a provider of ciphers");
    let ours = SocketAddr::from((Ipv4Addr::LOCALHOST, 40_000));
    let mut relay = Relay::granted(provider, ours);
    let mut buffer = BytesMut::from(bytes);
    while let Ok(Some(message)) = turn::take(&mut buffer) {
        let length = message.len();
        if let Relayed::Datagram { to, datagram } = relay.read(message, 0, 0) {
            assert!(to == 0 && datagram.len() < length);
            let mut wrapped = Vec::new();
            relay.wrap(to, &datagram, &mut wrapped);
            let mut wrapped = BytesMut::from(wrapped.as_slice());
            let back = turn::take(&mut wrapped).expect("what we send is well formed").expect("and whole");
            assert_eq!(relay.read(back, 0, 0), Relayed::Datagram { to, datagram });
        }
    }
}

/// An RTP packet (RFC 3550 §5.1) with its extensions, and its payload as VP8 and as H.264.
pub fn rtp(bytes: &[u8]) {
    let Some(header) = RtpHeader::parse(bytes) else { return };
    assert!(header.length <= bytes.len());
    let extended: usize = header.extensions(bytes).map(|(_, value)| value.len() + 1).sum();
    assert!(extended <= header.length - rtp::HEADER);
    let Some(payload) = header.payload(bytes) else { return };
    assert!(header.length + payload.len() <= bytes.len());
    vp8(payload);
    h264(payload);
}

/// A VP8 payload descriptor (RFC 7741 §4.2): numbers that are shifted stay where they were, and nothing else moves.
pub fn vp8(payload: &[u8]) {
    let Some(found) = Vp8Descriptor::parse(payload) else { return };
    let number = u16_at(payload, payload.len().saturating_sub(2)).unwrap_or_default();
    let shift = Vp8Shift { picture_id: number, tl0_index: number as u8, key_index: (number >> 8) as u8 };
    let mut shifted = payload.to_vec();
    found.rewrite(&mut shifted, shift);
    let again = Vp8Descriptor::parse(&shifted).expect("what was readable stays readable");
    let mask = |wide| if wide { 0x7fff } else { 0x7f };
    let id = |(at, value, wide): (usize, u16, bool)| (at, value.wrapping_add(shift.picture_id) & mask(wide), wide);
    assert_eq!(again.picture_id, found.picture_id.map(id));
    assert_eq!(again.tl0_index, found.tl0_index.map(|(at, value)| (at, value.wrapping_add(shift.tl0_index))));
    assert_eq!(again.key_index, found.key_index.map(|(at, value)| (at, value.wrapping_add(shift.key_index) & 0x1f)));
    assert_eq!(again.key_frame_start, found.key_frame_start);
}

/// An H.264 payload (RFC 6184 §5): what is in it fits into it, and each unit is tried as parameters of a sequence.
pub fn h264(payload: &[u8]) {
    let sequence = |unit: &[u8]| {
        if let Some(found) = Sequence::read(unit) {
            assert!(found.width > 0 && found.height > 0 && found.chroma <= 3 && found.luma_bits <= 14);
        }
    };
    sequence(payload);
    let Some(found) = Payload::read(payload) else { return };
    let all = match found {
        Payload::Whole(unit) => unit.len(),
        Payload::Several(units) => units.inspect(|unit| sequence(unit)).map(|unit| unit.len() + 2).sum::<usize>() + 1,
        Payload::Part(part) => part.data.len() + 2,
    };
    assert_eq!(all, payload.len());
    let picture = Picture::read(Codec::H264, payload).expect("the same payload");
    assert_eq!((picture.begins(), picture.vp8()), (found.begins(), None));
}

/// A payload with redundancy (RFC 2198): every byte belongs to one part, and what can be written again is read again as it
/// was.
pub fn red(payload: &[u8]) {
    const CODEC: u8 = 111;
    let Some(found) = Red::parse(payload, CODEC) else { return };
    let blocks = found.blocks().iter().copied();
    let parts: usize = blocks.clone().map(|block| block.cost()).sum();
    assert_eq!(parts + 1 + found.primary.len(), payload.len());
    let mut again = Vec::new();
    red::write(&mut again, CODEC, blocks.clone(), found.primary);
    assert_eq!(again.len(), red::length(blocks.clone(), found.primary));
    let written = Red::parse(&again, CODEC).expect("what we write is well formed");
    assert!(written.primary == found.primary && written.blocks().iter().copied().eq(blocks.filter(red::Block::fits)));
}

/// Packets of a microphone as they come, each with four bytes before it: two of its number, how long a pause was before it,
/// and how long it is. Nothing comes twice, and nothing that came within another is newer than it.
pub fn sounds(bytes: &[u8]) {
    let mut sound = Sound::new();
    sound.types = Some(RedTypes { red: 63, codec: 111 });
    let (mut seen, mut came) = (std::collections::BTreeSet::new(), std::collections::BTreeSet::new());
    let (mut rest, mut timestamp) = (bytes, 0u32);
    while let Some(([high, low, pause, length], after)) = rest.split_first_chunk() {
        let (payload, after) = after.split_at(usize::from(*length).min(after.len()));
        rest = after;
        let index = 1_000 + u64::from(u16::from_be_bytes([*high & 1, *low]));
        timestamp = timestamp.wrapping_add(960 * (1 + u32::from(*pause)));
        if *pause == 255 {
            sound.settle();
        }
        // The window against replays lets none through twice.
        if !came.insert(index) {
            continue;
        }
        let brought = sound.arrived(index, timestamp, 63, payload);
        for found in brought.found() {
            assert!(found.index < index && found.payload.len() < payload.len() && seen.insert(found.index));
        }
        assert_eq!(brought.known, !seen.insert(index));
    }
}

/// A compound packet (RFC 3550 §6): what it reports can be written and read again.
pub fn rtcp(bytes: &[u8]) {
    let mut blocks = Vec::new();
    let mut found = 0;
    rtcp::read(bytes, |item| {
        found += 1;
        match item {
            Rtcp::Block(block) => blocks.push(block),
            Rtcp::Nack { sequence, following, .. } => {
                let numbers: Vec<u16> = rtcp::nacked(sequence, following).collect();
                assert_eq!(numbers.len(), 1 + following.count_ones() as usize);
                assert!(numbers.iter().all(|number| number.wrapping_sub(sequence) <= 16));
            }
            Rtcp::Feedback(fci) => feedback(fci),
            Rtcp::SenderReport { .. } | Rtcp::KeyFrame { .. } | Rtcp::Bye { .. } => {}
        }
    });
    assert!(found <= bytes.len() / 4);
    for some in blocks.chunks(31) {
        let mut packet = Vec::new();
        rtcp::write_receiver_report(&mut packet, 1, some);
        let mut again = Vec::new();
        rtcp::read(&packet, |item| {
            if let Rtcp::Block(block) = item {
                again.push(block);
            }
        });
        assert_eq!(again, some);
    }
}

/// Transport-wide numbers as they arrive, two bytes each and one for the milliseconds between them: each report fits
/// its words.
pub fn arrivals(bytes: &[u8]) {
    let mut arrivals = TwccRecorder::default();
    let mut now_us = 0;
    for three in bytes.chunks_exact(3) {
        let [high, low, ms] = *three else { continue };
        now_us += i64::from(ms) * 1_000;
        arrivals.arrived(u16::from_be_bytes([high, low]), now_us);
        while ms % 16 == 0
            && let Some(report) = arrivals.report()
        {
            assert!(report.len().is_multiple_of(4));
        }
    }
}

/// What a receiver says of packets we sent, whatever it says: numbers come in order, and the rate that is believed
/// afterwards stays one.
pub fn feedback(fci: &[u8]) {
    let mut next = u16_at(fci, 0);
    let told = twcc::read(fci, |number, _| {
        assert_eq!(next, Some(number));
        next = Some(number.wrapping_add(1));
    });
    if told.is_some() {
        assert_eq!(next.map(|end| end.wrapping_sub(u16_at(fci, 0).unwrap_or_default())), u16_at(fci, 2));
    }
    let mut line = Bandwidth::new();
    for number in 0..400 {
        line.sent(1_000, number * 2_000);
    }
    for again in 0..3 {
        line.feedback(fci, 900_000 + again * 100_000);
        line.tick(900_000 + again * 100_000);
    }
    assert!((30_000..=100_000_000).contains(&line.estimate()) && line.usable() <= line.estimate());
    assert!(line.padding(2_000_000) < 100_000_000);
}

/// Encrypted packets: nothing forged opens, what we seal opens once, and no changed bit is missed.
pub fn srtp(bytes: &[u8]) {
    let provider = rtc_dtls::crypto_provider::default_provider().expect("a provider of ciphers");
    let crypto = provider.crypto();
    // What the other side exports: the same keys and salts, those of the client where the server's were.
    let both = |salt: usize| {
        let (keys, salts) = (32, 32 + salt);
        let exported: Vec<u8> = (0..).take(salts + salt).collect();
        let swapped = [16..keys, 0..16, salts..salts + salt, keys..salts];
        let swapped: Vec<u8> = swapped.into_iter().filter_map(|range| exported.get(range)).flatten().copied().collect();
        (exported, swapped)
    };
    let (exported, swapped) = both(12);
    let session = |bytes: &[u8]| SrtpSession::server(crypto, bytes).expect("56 bytes are keys");
    sealed_and_opened(session(&exported), session(&swapped), bytes);
    let (exported, swapped) = both(14);
    let session = |bytes: &[u8]| SrtpSession::server_cm(crypto, bytes).expect("60 bytes are keys");
    sealed_and_opened(session(&exported), session(&swapped), bytes);
}

fn sealed_and_opened(mut server: SrtpSession, mut client: SrtpSession, bytes: &[u8]) {
    let mut packet = bytes.to_vec();
    assert!(server.open_rtcp(&mut packet).is_err());
    let mut packet = bytes.to_vec();
    if let Some(header) = RtpHeader::parse(bytes) {
        let index = ReceiveWindow::new().index(header.sequence);
        assert!(server.open_rtp(&mut packet, header.length, header.ssrc, index).is_err());
    }
    let mut sealed = Vec::new();
    let outline = Outline { padding: false, marker: true, payload_type: 96, index: 7, timestamp: 9, ssrc: 42 };
    let numbered = u16_at(bytes, 0).filter(|number| number % 2 == 0).map(|number| (3, number));
    let header = rtp::write_header(&mut sealed, &outline, numbered);
    sealed.extend_from_slice(bytes);
    client.seal_rtp(&mut sealed, 0, header, 42, 7).expect("it is long enough");
    let bit = u32_at(bytes, 0).unwrap_or_default() as usize % (8 * sealed.len());
    let mut changed = sealed.clone();
    if let Some(byte) = changed.get_mut(bit / 8) {
        *byte ^= 1 << (bit % 8);
    }
    assert!(server.open_rtp(&mut changed, header, 42, 7).is_err());
    let length = server.open_rtp(&mut sealed, header, 42, 7).expect("it is ours");
    assert_eq!(sealed.get(header..length), Some(bytes));
    let mut report = vec![0x80, 201, 0, 1, 0, 0, 0, 42];
    report.extend_from_slice(bytes);
    client.seal_rtcp(&mut report, 0).expect("it is long enough");
    let mut again = report.clone();
    assert_eq!(server.open_rtcp(&mut report).map(|length| length - 8), Ok(bytes.len()));
    assert!(server.open_rtcp(&mut again).is_err(), "a replay");
}

/// An offer: whatever is answered is a whole answer to each of its lines.
pub fn offer(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for client in [Client::Browser, Client::Encoder, Client::Wall] {
        let Ok(offer) = Offer::parse(text) else { return };
        if let Ok(offer) = offer.meant_by(client) {
            answered(&offer);
        }
    }
}

fn answered(offer: &Offer) {
    let mut ssrc = 0;
    let fresh = || {
        ssrc += 1;
        ssrc
    };
    let Ok(agreed) = Negotiated::from_offer(offer, fresh) else { return };
    assert_eq!(agreed.roles.len(), offer.lines.len());
    assert!(agreed.slots.len() <= crate::limits::SLOT_PAIRS);
    let transport = Transport {
        ufrag: "abcdefgh",
        pwd: PASSWORD,
        fingerprint: "AB",
        calls: agreed.calls,
        tcp_candidates: &[],
        candidates: &[SocketAddr::from((Ipv4Addr::LOCALHOST, 9))],
    };
    let answer = answer::write(offer, &agreed, &transport, 1);
    let read = SessionDescription::unmarshal(&mut std::io::Cursor::new(answer.as_bytes()))
        .unwrap_or_else(|error| panic!("our answer is not readable: {error}\n{answer}"));
    assert_eq!(read.media_descriptions.len(), offer.lines.len(), "{answer}");
    for (media, role) in read.media_descriptions.iter().zip(&agreed.roles) {
        assert_eq!(media.media_name.port.value == 0, *role == Role::Rejected, "{answer}");
    }
}
