//! What leaves for one connection: numbered and sealed at once, or held back for a moment where the line is thin.

use super::bandwidth::Bandwidth;
use super::engine::Codec;
use super::forward::Outgoing;
use super::outbox::Outbox;
use super::pacer::{AROUND, Pacer};
use super::picture::Picture;
use super::protection::Protection;
use super::red::{self, Block};
use super::rewrite::Place;
use super::rtp::{self, Outline};
use super::sound::DEPTH;
use super::srtp::SrtpSession;

/// Longest padding of one packet (RFC 3550 §5.1), and the shortest that is worth a packet.
const PADDING: usize = 255;
const LEAST_PADDING: usize = 60;

/// A packet of a source on its way into a slot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Content<'a> {
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    /// Empty: four bytes of padding, where something must fill a place.
    pub(crate) payload: &'a [u8],
    /// Sound never waits.
    pub(crate) codec: Codec,
    pub(crate) picture: Option<&'a Picture>,
    /// Sound that is said again with it.
    pub(crate) again: [Option<Block<'a>>; DEPTH],
}

impl Content<'_> {
    fn is_redundant(&self) -> bool {
        self.again.iter().any(Option::is_some)
    }

    fn length(&self) -> usize {
        if self.is_redundant() {
            return red::length(self.again.iter().flatten().copied(), self.payload);
        }
        self.payload.len().max(4)
    }

    /// `codec`: the payload type of the stream's own codec.
    fn write(&self, place: Place, codec: u8, bytes: &mut Vec<u8>) {
        if self.is_redundant() {
            return red::write(bytes, codec, self.again.iter().flatten().copied(), self.payload);
        }
        let start = bytes.len();
        bytes.extend_from_slice(if self.payload.is_empty() { &[0, 0, 0, 4] } else { self.payload });
        if let (Some(vp8), Some(copy)) = (self.picture.and_then(Picture::vp8), bytes.get_mut(start..)) {
            vp8.rewrite(copy, place.vp8);
        }
    }
}

/// The way out.
#[derive(Debug, Default)]
pub(crate) struct Downlink {
    pub(crate) outbox: Outbox,
    /// What is known of the line, where the receiver tells what arrives.
    pub(crate) bandwidth: Option<Box<Bandwidth>>,
    /// How much of what was said goes with each packet of sound.
    pub(crate) protection: Protection,
    pacer: Pacer,
}

impl Downlink {
    /// `measured`: the receiver gives transport-wide feedback, and there is a stream to send padding on.
    pub(crate) fn new(measured: bool) -> Self {
        Self { bandwidth: measured.then(|| Box::new(Bandwidth::new())), ..Self::default() }
    }

    /// Writes one media packet into a slot stream, or keeps it for a moment. `false`: it could not be sealed.
    pub(crate) fn media(
        &mut self,
        srtp: &SrtpSession,
        out: &mut Outgoing,
        place: Place,
        content: Content<'_>,
        now_us: i64,
    ) -> bool {
        let stream = out.stream;
        let Some(payload_type) = stream.payload_type_of(content.codec) else { return false };
        let outline = Outline {
            padding: content.payload.is_empty(),
            marker: content.marker,
            payload_type: stream.red.filter(|_| content.is_redundant()).unwrap_or(payload_type),
            index: place.index,
            timestamp: content.timestamp.wrapping_add(place.timestamp_shift),
            ssrc: stream.ssrc,
        };
        out.packets = out.packets.wrapping_add(1);
        let length = content.length();
        out.octets = out.octets.wrapping_add(if content.payload.is_empty() { 0 } else { length as u32 });
        if content.picture.is_some_and(Picture::begins)
            && let Some(bandwidth) = &mut self.bandwidth
        {
            bandwidth.key_frame(now_us);
        }
        if content.codec.is_picture()
            && let Some(rate) = self.pace()
            && self.pacer.holds(rate, now_us)
        {
            self.pacer.hold(outline, stream.transport_cc, |bytes, _| content.write(place, stream.payload_type, bytes));
            return true;
        }
        self.leave(srtp, outline, stream.transport_cc, length, now_us, |bytes| {
            content.write(place, stream.payload_type, bytes);
        })
    }

    /// Writes a repair of a packet sent before (RFC 4588): own SSRC, own index, the old sequence number in front. `false`: it
    /// could not be sealed, or the line is full.
    pub(crate) fn repair(
        &mut self,
        srtp: &SrtpSession,
        out: &mut Outgoing,
        place: Place,
        content: Content<'_>,
        now_us: i64,
    ) -> bool {
        if let Some(rate) = self.pace()
            && !self.pacer.repairs(rate, now_us)
        {
            return false;
        }
        let timestamp = content.timestamp.wrapping_add(place.timestamp_shift);
        let Some(outline) = repair_outline(out, content.codec, timestamp) else { return false };
        let stream = out.stream;
        let outline = Outline { marker: content.marker, ..outline };
        self.leave(srtp, outline, stream.transport_cc, 2 + content.length(), now_us, |bytes| {
            bytes.extend_from_slice(&(place.index as u16).to_be_bytes());
            content.write(place, stream.payload_type, bytes);
        })
    }

    /// Writes `wanted` bytes of padding on the repair stream of a slot, where it leaves no hole in any picture.
    pub(crate) fn padding(&mut self, srtp: &SrtpSession, out: &mut Outgoing, wanted: usize, now_us: i64) {
        let mut wanted = wanted;
        while wanted >= LEAST_PADDING + AROUND {
            let length = wanted.saturating_sub(AROUND + rtp::NUMBERED_HEADER).clamp(1, PADDING);
            let last = out.rewriter.last_timestamp();
            // It repairs nothing, so any codec's number will do.
            let Some(outline) = repair_outline(out, Codec::Vp8, last) else { return };
            let outline = Outline { padding: true, ..outline };
            let written = self.leave(srtp, outline, out.stream.transport_cc, length, now_us, |bytes| {
                bytes.resize(bytes.len() + length - 1, 0);
                bytes.push(length as u8);
            });
            if !written {
                return;
            }
            wanted = wanted.saturating_sub(length + AROUND + rtp::NUMBERED_HEADER);
        }
    }

    /// Lets leave what has waited long enough; when to look again.
    pub(crate) fn release(&mut self, srtp: &SrtpSession, now_us: i64) -> Option<i64> {
        let rate = self.pace().unwrap_or(f64::from(u32::MAX));
        let Self { outbox, bandwidth, pacer, .. } = self;
        pacer.release(rate, now_us, |held, payload| {
            let write = |bytes: &mut Vec<u8>| bytes.extend_from_slice(payload);
            seal(outbox, bandwidth.as_deref_mut(), srtp, held.outline, held.number_id, payload.len(), now_us, write);
        });
        self.pacer.due_us(now_us)
    }

    /// When held packets are due.
    pub(crate) fn due_us(&self, now_us: i64) -> Option<i64> {
        self.pacer.due_us(now_us)
    }

    /// The rate to keep to, once it is more than a guess: nobody's first picture waits for a guess.
    fn pace(&self) -> Option<f64> {
        let bandwidth = self.bandwidth.as_deref()?;
        bandwidth.is_measured().then(|| f64::from(bandwidth.estimate()))
    }

    fn leave(
        &mut self,
        srtp: &SrtpSession,
        outline: Outline,
        number_id: Option<u8>,
        length: usize,
        now_us: i64,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> bool {
        self.pacer.sent(length);
        seal(&mut self.outbox, self.bandwidth.as_deref_mut(), srtp, outline, number_id, length, now_us, write)
    }
}

/// A packet on the repair stream with the next index, which is spent even if sealing fails: none is tried twice.
fn repair_outline(out: &mut Outgoing, codec: Codec, timestamp: u32) -> Option<Outline> {
    let (payload_type, ssrc) = out.stream.rtx_of(codec)?;
    let index = out.rtx_index;
    out.rtx_index += 1;
    Some(Outline { padding: false, marker: false, payload_type, index, timestamp, ssrc })
}

#[expect(clippy::too_many_arguments, reason = "the fields of one packet; called twice")]
fn seal(
    outbox: &mut Outbox,
    bandwidth: Option<&mut Bandwidth>,
    srtp: &SrtpSession,
    outline: Outline,
    number_id: Option<u8>,
    length: usize,
    now_us: i64,
    write: impl FnOnce(&mut Vec<u8>),
) -> bool {
    let bytes = rtp::NUMBERED_HEADER + length + AROUND;
    let numbered = number_id.and_then(|id| Some((id, bandwidth?.sent(bytes, now_us))));
    outbox.push(|bytes, start| {
        let header = rtp::write_header(bytes, &outline, numbered);
        write(bytes);
        srtp.seal_rtp(bytes, start, header, outline.ssrc, outline.index).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::rtp::RtpHeader;
    use super::super::sdp::negotiate::SlotStream;
    use super::super::srtp::tests::pair;
    use super::*;

    const STREAM: SlotStream =
        SlotStream { payload_type: 96, h264: None, ssrc: 7, rtx: Some((97, 8)), red: None, transport_cc: Some(3) };
    const SOUND: SlotStream =
        SlotStream { payload_type: 111, h264: None, ssrc: 9, rtx: None, red: Some(63), transport_cc: Some(3) };

    /// What a receiver finds in the datagrams that left: SSRC, sequence number and transport-wide number of each.
    fn left(down: &mut Downlink) -> Vec<(u32, u16, u16)> {
        let mut found = Vec::new();
        down.outbox.flush(1, |datagram, _| {
            let header = RtpHeader::parse(datagram).unwrap();
            let (_, number) = header.extensions(datagram).next().unwrap();
            found.push((header.ssrc, header.sequence, u16::from_be_bytes([number[0], number[1]])));
        });
        found
    }

    fn content(payload: &[u8], sound: bool) -> Content<'_> {
        let codec = if sound { Codec::Opus } else { Codec::Vp8 };
        Content { timestamp: 9, marker: false, payload, codec, picture: None, again: [None; DEPTH] }
    }

    proptest! {
        /// The stop-ship property (RFC 7714 §8.1): whatever is switched, left out, late, held back, repaired, padded or
        /// said again, no index of a stream is sealed twice, and everything that leaves has the next number of its connection.
        #[test]
        fn no_index_is_sealed_twice(steps in proptest::collection::vec((0u8..13, 0u64..2, 0u64..40), 1..400)) {
            let (srtp, _) = pair();
            let mut down = Downlink::new(true);
            down.bandwidth.as_mut().unwrap().believe(400_000.0);
            let (mut picture, mut sound) = (Outgoing::new(STREAM, 90_000, 5), Outgoing::new(SOUND, 48_000, 5));
            sound.rewriter.switch(5, 0, 0, None, 0);
            picture.rewriter.switch(0, 1_000, 0, None, 0);
            let payload = [7u8; 900];
            let mut at = [1_000u64; 2];
            let (mut now_us, mut said, mut next) = (0, 0, 0u16);
            let mut used = BTreeSet::new();
            for (act, stream, distance) in steps {
                now_us += distance as i64 * 100;
                let head = &mut at[stream as usize];
                match act {
                    0 => { *head += 1; picture.rewriter.switch(stream, *head, 5, None, now_us); }
                    1 => { *head += 1; picture.rewriter.skip(stream, *head); }
                    2 => { down.padding(&srtp, &mut picture, distance as usize * 30, now_us); }
                    3 => {
                        let sequence = picture.rewriter.next_sequence().wrapping_sub(distance as u16);
                        if let Some((_, _, place)) = picture.rewriter.sent_as(sequence) {
                            down.repair(&srtp, &mut picture, place, content(&payload, false), now_us);
                        }
                    }
                    4 => { down.release(&srtp, now_us); }
                    5 => {
                        said += 1;
                        let place = sound.rewriter.place(5, said, 5, None).unwrap();
                        down.media(&srtp, &mut sound, place, content(&payload[..90], true), now_us);
                    }
                    11 | 12 => {
                        // One that was lost on its way here comes within a later one, and so does what was said again:
                        // on the same stream, in any order, now with and now without redundancy.
                        said += u64::from(act == 11) * (1 + distance % 3);
                        let index = said.saturating_sub(if act == 12 { distance % 4 } else { 0 });
                        if let Some(place) = sound.rewriter.place(5, index, 5, None) {
                            let block = |back: u32| Block { before: 960 * back, payload: &payload[..80] };
                            let again = [(stream == 0).then(|| block(2)), (distance % 2 == 0).then(|| block(1))];
                            down.media(&srtp, &mut sound, place, Content { again, ..content(&payload[..90], true) }, now_us);
                        }
                    }
                    _ => {
                        let late = act == 6;
                        *head += u64::from(!late);
                        let index = head.saturating_sub(if late { distance } else { 0 });
                        if let Some(place) = picture.rewriter.place(stream, index, 5, None) {
                            let payload = if act == 7 { &[][..] } else { &payload };
                            down.media(&srtp, &mut picture, place, content(payload, false), now_us);
                        }
                    }
                }
                for (ssrc, sequence, number) in left(&mut down) {
                    prop_assert!(used.insert((ssrc, sequence)));
                    prop_assert_eq!(number, next);
                    next = next.wrapping_add(1);
                }
            }
        }
    }

    #[test]
    fn sound_goes_with_what_was_said_or_plain() {
        let (srtp, client) = pair();
        let mut down = Downlink::new(true);
        let mut sound = Outgoing::new(SOUND, 48_000, 5);
        sound.rewriter.switch(5, 0, 0, None, 0);
        let older = Block { before: 960, payload: &[1; 70] };
        for again in [[None; DEPTH], [None, Some(older)]] {
            let place = sound.rewriter.place(5, sound.packets.into(), 5, None).unwrap();
            assert!(down.media(&srtp, &mut sound, place, Content { again, ..content(&[2; 80], true) }, 0));
        }
        let mut found = Vec::new();
        down.outbox.flush(1, |datagram, _| {
            let mut datagram = datagram.to_vec();
            let header = RtpHeader::parse(&datagram).unwrap();
            let index = u64::from(header.sequence);
            let length = client.open_rtp(&mut datagram, header.length, header.ssrc, index).unwrap();
            found.push((header.payload_type, datagram[header.length..length].to_vec()));
        });
        let (plain, redundant) = (&found[0], &found[1]);
        assert_eq!((plain.0, &plain.1[..]), (111, &[2; 80][..]));
        let red = red::Red::parse(&redundant.1, 111).unwrap();
        assert_eq!((redundant.0, red.blocks(), red.primary), (63, &[older][..], &[2; 80][..]));
        assert_eq!((sound.packets, sound.octets), (2, 80 + (4 + 70 + 1 + 80)));
    }

    #[test]
    fn a_fat_line_waits_for_nothing_and_sound_never_waits() {
        let (srtp, _) = pair();
        let payload = [1u8; 1_100];
        for (line, at_once) in [(100e6, 60), (2e6, 15)] {
            let mut down = Downlink::new(true);
            down.bandwidth.as_mut().unwrap().believe(line);
            let (mut picture, mut sound) = (Outgoing::new(STREAM, 90_000, 5), Outgoing::new(SOUND, 48_000, 5));
            picture.rewriter.switch(1, 0, 0, None, 0);
            sound.rewriter.switch(2, 0, 0, None, 0);
            for index in 0..60 {
                let place = picture.rewriter.place(1, index, 0, None).unwrap();
                assert!(down.media(&srtp, &mut picture, place, content(&payload, false), 1_000));
            }
            let place = sound.rewriter.place(2, 0, 0, None).unwrap();
            assert!(down.media(&srtp, &mut sound, place, content(&payload[..90], true), 1_000));
            let left = left(&mut down);
            assert_eq!(left.last().unwrap().0, SOUND.ssrc);
            assert!(left.len() <= at_once + 1 && left.len() > at_once / 2, "{}", left.len());
            assert_eq!(down.due_us(1_000).is_some(), at_once < 60);
        }
    }

    /// Whoever gives no feedback gets everything at once, without a number.
    #[test]
    fn nothing_changes_for_a_receiver_without_feedback() {
        let (srtp, _) = pair();
        let mut down = Downlink::new(false);
        let mut picture = Outgoing::new(SlotStream { transport_cc: None, ..STREAM }, 90_000, 5);
        picture.rewriter.switch(1, 0, 0, None, 0);
        for index in 0..500 {
            let place = picture.rewriter.place(1, index, 0, None).unwrap();
            down.media(&srtp, &mut picture, place, content(&[1; 1_100], false), 1_000);
        }
        let mut count = 0;
        down.outbox.flush(1, |datagram, _| {
            assert_eq!(datagram.len(), 12 + 1_100 + 16);
            count += 1;
        });
        assert_eq!((count, down.due_us(1_000)), (500, None));
    }
}
