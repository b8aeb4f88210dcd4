//! What a slot does with a packet: pass it on, leave it out, or begin with another source.

use super::engine::Codec;
use super::layers::Flowing;
use super::picture::Picture;
use super::plan::{Layer, SourceKind};
use super::red::Block;
use super::rewrite::{Place, Rewriter, StreamKey};
use super::sdp::negotiate::SlotStream;
use super::sound::{DEPTH, Said};

/// Payload of a packet of sound at most, with what it says again: less than any line takes in one piece.
const MOST_SOUND: usize = 1_100;

/// Index of a connection in the worker's table, or of a mirror of one on another worker; valid as long as it is in its room.
pub(crate) type PeerIndex = usize;

/// An authenticated packet of a source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packet<'a> {
    pub(crate) from: PeerIndex,
    pub(crate) kind: SourceKind,
    pub(crate) layer: Layer,
    pub(crate) stream: StreamKey,
    pub(crate) index: u64,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    /// Came as a repair, or within a later packet.
    pub(crate) repaired: bool,
    /// On our clock; the arrival as long as the publisher's clock is not known.
    pub(crate) captured_us: i64,
    /// Empty when the packet was only padding.
    pub(crate) payload: &'a [u8],
    pub(crate) codec: Codec,
    pub(crate) picture: Option<Picture>,
}

impl Packet<'_> {
    /// A decoder that has seen nothing of this stream can begin with it.
    pub(crate) fn begins(&self) -> bool {
        self.picture.as_ref().is_some_and(Picture::begins)
    }
}

/// What is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forward {
    Nothing,
    /// The payload, rewritten.
    Payload(Place),
    /// A packet of padding, so that the sequence has no hole.
    Padding(Place),
}

/// Which picture a slot should show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct VideoFeed {
    pub(crate) from: PeerIndex,
    pub(crate) kind: SourceKind,
    pub(crate) cap: Layer,
}

/// Which picture a slot shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) from: PeerIndex,
    pub(crate) kind: SourceKind,
    pub(crate) layer: Layer,
}

/// Outgoing half of one slot stream, alike for sound and picture.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) stream: SlotStream,
    pub(crate) rewriter: Rewriter,
    pub(crate) packets: u32,
    pub(crate) octets: u32,
    /// SRTP index of the next repair packet.
    pub(crate) rtx_index: u64,
    /// Another source began: its receiver should learn its clock at once.
    pub(crate) began: bool,
}

impl Outgoing {
    pub(crate) fn new(stream: SlotStream, clock_hz: u32, random: u64) -> Self {
        Self {
            stream,
            rewriter: Rewriter::new(clock_hz, random as u16, (random >> 16) as u32),
            packets: 0,
            octets: 0,
            rtx_index: random >> 48 & 0x7fff,
            began: false,
        }
    }

    /// What may be said again with this packet, oldest first: packets that this receiver was sent by themselves before. So
    /// nobody learns from redundancy what was said to others, or before a source was theirs.
    pub(crate) fn again<'a>(&self, said: &'a Said, packet: &Packet<'_>, depth: u8) -> [Option<Block<'a>>; DEPTH] {
        let mut again = [None; DEPTH];
        if self.stream.red.is_none() || packet.payload.is_empty() {
            return again;
        }
        let sent =
            said.before(depth, packet.timestamp).filter(|(index, _)| self.rewriter.was_sent(packet.stream, *index));
        // The newest first: should there be no room for all, it is worth most.
        let mut room = MOST_SOUND.saturating_sub(packet.payload.len());
        let mut found = [None; DEPTH];
        for ((_, block), place) in sent.zip(&mut found) {
            *place = Some(block);
        }
        for (block, place) in found.iter().zip(&mut again).rev() {
            let Some(block) = block else { continue };
            if block.cost() > room {
                break;
            }
            room -= block.cost();
            *place = Some(*block);
        }
        again
    }

    fn begin(&mut self, packet: &Packet<'_>) {
        let numbers = packet.picture.as_ref().and_then(Picture::vp8);
        self.rewriter.switch(packet.stream, packet.index, packet.timestamp, numbers, packet.captured_us);
        self.began = true;
    }

    fn pass(&mut self, packet: &Packet<'_>) -> Forward {
        if packet.payload.is_empty() {
            if self.rewriter.skip(packet.stream, packet.index) {
                return Forward::Nothing;
            }
            return self
                .rewriter
                .place(packet.stream, packet.index, packet.timestamp, None)
                .map_or(Forward::Nothing, Forward::Padding);
        }
        self.rewriter
            .place(packet.stream, packet.index, packet.timestamp, packet.picture.as_ref().and_then(Picture::vp8))
            .map_or(Forward::Nothing, Forward::Payload)
    }
}

/// The picture of one slot.
#[derive(Debug)]
pub(crate) struct VideoSlot {
    pub(crate) out: Outgoing,
    pub(crate) wanted: Option<VideoFeed>,
    pub(crate) shown: Option<Shown>,
    /// The best layer the receiver's line takes; `None`: the picture pauses.
    granted: Option<Layer>,
    paused_us: Option<i64>,
}

impl VideoSlot {
    pub(crate) fn new(stream: SlotStream, random: u64) -> Self {
        Self {
            out: Outgoing::new(stream, 90_000, random),
            wanted: None,
            shown: None,
            granted: Some(Layer::Full),
            paused_us: None,
        }
    }

    /// What this slot should show from now on. The old picture goes on until the new one's key frame, so that
    /// nothing freezes, but only while `may_keep`: the receiver is still allowed to see it somewhere.
    pub(crate) fn want(&mut self, wanted: Option<VideoFeed>, may_keep: impl Fn(Shown) -> bool) {
        self.wanted = wanted;
        if wanted.is_none() || self.shown.is_some_and(|shown| !may_keep(shown)) {
            self.shown = None;
        }
    }

    /// What the receiver's line takes from now on. `at_once`: what is too much ends here and now, because it stands in
    /// the way of the sound; otherwise it goes on until a lower layer begins.
    pub(crate) fn grant(&mut self, granted: Option<Layer>, at_once: bool, now_us: i64) {
        self.granted = granted;
        let pauses = self.wanted.is_some() && granted.is_none();
        self.paused_us = pauses.then(|| self.paused_us.unwrap_or(now_us));
        let too_much = |shown: &Shown| granted.is_none_or(|granted| at_once && shown.layer > granted);
        self.shown = self.shown.filter(|shown| !too_much(shown));
    }

    /// The best layer it may show now; `None` without a source or while the picture pauses.
    pub(crate) fn cap(&self) -> Option<Layer> {
        Some(self.wanted?.cap.min(self.granted?))
    }

    /// Since when there is a picture to show that the line does not take.
    pub(crate) fn pauses_since(&self) -> Option<i64> {
        self.paused_us
    }

    /// Forgets a source that is gone.
    pub(crate) fn lost(&mut self, from: PeerIndex) {
        self.wanted = self.wanted.filter(|wanted| wanted.from != from);
        self.shown = self.shown.filter(|shown| shown.from != from);
    }

    /// The layer that should come but does not yet.
    pub(crate) fn missing(&self, flowing: Flowing) -> Option<Layer> {
        let wanted = self.wanted?;
        let target = flowing.target(self.cap()?)?;
        (self.running(wanted) != Some(target)).then_some(target)
    }

    /// Layers of a source of which it may pass on the next packet, one bit each.
    pub(crate) fn takes(&self, source: (PeerIndex, SourceKind), flowing: Flowing) -> u8 {
        let shown = self.shown_of(source);
        let target = self.cap_for(source).and_then(|cap| flowing.target(cap));
        shown.map_or(0, Layer::bit)
            | match shown {
                Some(shown) if flowing.has(shown) => target.map_or(0, Layer::bit),
                _ => target.map_or(0, Layer::and_below),
            }
    }

    /// Layers of a source that should be sent for it, one bit each.
    pub(crate) fn asks(&self, source: (PeerIndex, SourceKind)) -> u8 {
        self.shown_of(source).map_or(0, Layer::bit) | self.cap_for(source).map_or(0, Layer::bit)
    }

    fn shown_of(&self, source: (PeerIndex, SourceKind)) -> Option<Layer> {
        self.shown.filter(|shown| (shown.from, shown.kind) == source).map(|shown| shown.layer)
    }

    /// The best layer of a source it may show now, if that is what it should show.
    fn cap_for(&self, source: (PeerIndex, SourceKind)) -> Option<Layer> {
        self.wanted.filter(|wanted| (wanted.from, wanted.kind) == source).and_then(|_| self.cap())
    }

    fn running(&self, wanted: VideoFeed) -> Option<Layer> {
        self.shown_of((wanted.from, wanted.kind))
    }

    /// Whether a packet of this stream is worth sending again: a decoder has no use for a picture that pauses, nor for the
    /// layer before a key frame of another one, and on a line that fell that key frame would wait behind it.
    pub(crate) fn repairs(&self, stream: StreamKey) -> bool {
        self.shown.is_some() && self.out.rewriter.stream() == Some(stream)
    }

    pub(crate) fn forward(&mut self, packet: &Packet<'_>, flowing: Flowing) -> Forward {
        let this = Shown { from: packet.from, kind: packet.kind, layer: packet.layer };
        if self.shown == Some(this) && self.out.rewriter.stream() == Some(packet.stream) {
            return self.out.pass(packet);
        }
        let Some(wanted) = self.wanted.filter(|wanted| (wanted.from, wanted.kind) == (packet.from, packet.kind)) else {
            return Forward::Nothing;
        };
        let Some(cap) = self.cap() else { return Forward::Nothing };
        // A restarted encoder comes with a new stream in the same place: any key frame of it is welcome.
        let running = self.running(wanted).filter(|layer| *layer != packet.layer);
        if !packet.begins() || !flowing.accepts(running, packet.layer, cap) || !self.out.stream.takes(packet.codec) {
            return Forward::Nothing;
        }
        self.out.begin(packet);
        self.shown = Some(this);
        self.out.pass(packet)
    }
}

/// The sound of one slot.
#[derive(Debug)]
pub(crate) struct AudioSlot {
    pub(crate) out: Outgoing,
    pub(crate) wanted: Option<PeerIndex>,
}

impl AudioSlot {
    pub(crate) fn new(stream: SlotStream, random: u64) -> Self {
        Self { out: Outgoing::new(stream, 48_000, random), wanted: None }
    }

    pub(crate) fn forward(&mut self, packet: &Packet<'_>) -> Forward {
        if self.wanted != Some(packet.from) {
            return Forward::Nothing;
        }
        if self.out.rewriter.stream() != Some(packet.stream) {
            // Nor with what came within a later packet: it was said before this receiver listened.
            if packet.payload.is_empty() || packet.repaired {
                return Forward::Nothing;
            }
            self.out.begin(packet);
        }
        self.out.pass(packet)
    }
}

#[cfg(test)]
mod tests {
    use super::super::h264::tests::parameters;
    use super::super::layers::LAYERS;
    use super::super::vp8::tests::payload;
    use super::*;

    const STREAM: SlotStream =
        SlotStream { payload_type: 96, h264: None, ssrc: 7, rtx: None, red: Some(63), transport_cc: None };

    fn all() -> Flowing {
        let mut flowing = Flowing::default();
        LAYERS.iter().for_each(|layer| flowing.set(*layer));
        flowing
    }

    struct Camera {
        from: PeerIndex,
        next: u64,
    }

    impl Camera {
        fn send(&mut self, slot: &mut VideoSlot, layer: Layer, key: bool, now_us: i64) -> Forward {
            let bytes = payload(key, self.next as u16, 0, 0);
            self.next += 1;
            let packet = Packet {
                from: self.from,
                kind: SourceKind::Camera,
                layer,
                stream: self.from as u64 * 10 + layer as u64,
                index: self.next,
                timestamp: now_us as u32,
                marker: true,
                repaired: false,
                captured_us: now_us,
                payload: &bytes,
                codec: Codec::Vp8,
                picture: Picture::read(Codec::Vp8, &bytes),
            };
            slot.forward(&packet, all())
        }
    }

    fn feed(from: PeerIndex, cap: Layer) -> Option<VideoFeed> {
        Some(VideoFeed { from, kind: SourceKind::Camera, cap })
    }

    fn sent(forward: Forward) -> bool {
        matches!(forward, Forward::Payload(_))
    }

    #[test]
    fn nothing_without_a_key_frame_then_up_at_the_next_one() {
        let mut slot = VideoSlot::new(STREAM, 1);
        let mut camera = Camera { from: 1, next: 0 };
        slot.want(feed(1, Layer::Full), |_| true);
        assert!(!sent(camera.send(&mut slot, Layer::Quarter, false, 0)));
        assert!(sent(camera.send(&mut slot, Layer::Quarter, true, 1)));
        assert_eq!(slot.missing(all()), Some(Layer::Full));
        assert!(!sent(camera.send(&mut slot, Layer::Full, false, 2)));
        assert!(sent(camera.send(&mut slot, Layer::Quarter, false, 3)));
        assert!(sent(camera.send(&mut slot, Layer::Full, true, 4)));
        assert_eq!(slot.missing(all()), None);
        assert!(!sent(camera.send(&mut slot, Layer::Quarter, false, 5)));
    }

    #[test]
    fn the_old_picture_goes_on_until_the_new_key_frame_while_it_may_be_seen() {
        let mut slot = VideoSlot::new(STREAM, 1);
        let (mut one, mut two) = (Camera { from: 1, next: 0 }, Camera { from: 2, next: 0 });
        slot.want(feed(1, Layer::Full), |_| true);
        assert!(sent(one.send(&mut slot, Layer::Full, true, 0)));
        slot.want(feed(2, Layer::Full), |_| true);
        assert!(sent(one.send(&mut slot, Layer::Full, false, 1)));
        assert!(sent(two.send(&mut slot, Layer::Full, true, 2)));
        assert!(!sent(one.send(&mut slot, Layer::Full, true, 3)));
        slot.want(feed(1, Layer::Full), |_| false);
        assert!(!sent(two.send(&mut slot, Layer::Full, false, 4)), "not a packet more of what may no longer be seen");
        slot.want(None, |_| true);
        assert!(!sent(one.send(&mut slot, Layer::Full, true, 5)));
    }

    #[test]
    fn what_the_line_does_not_take_pauses_and_comes_back_with_a_key_frame() {
        let mut slot = VideoSlot::new(STREAM, 1);
        let mut camera = Camera { from: 1, next: 0 };
        slot.want(feed(1, Layer::Full), |_| true);
        let (quarter, full) = (10, 12);
        assert!(!slot.repairs(full));
        assert!(sent(camera.send(&mut slot, Layer::Full, true, 0)));
        slot.grant(Some(Layer::Quarter), false, 1);
        assert!(sent(camera.send(&mut slot, Layer::Full, false, 1)), "until the lower one begins");
        assert!(slot.repairs(full));
        assert_eq!(slot.missing(all()), Some(Layer::Quarter));
        slot.grant(Some(Layer::Quarter), true, 2);
        assert!(!sent(camera.send(&mut slot, Layer::Full, false, 2)), "a queue stands: at once");
        assert!(!sent(camera.send(&mut slot, Layer::Full, true, 3)), "not even with a key frame");
        assert!(!slot.repairs(full), "nor is what was lost of it sent again");
        assert!(sent(camera.send(&mut slot, Layer::Quarter, true, 4)));
        assert!(slot.repairs(quarter) && !slot.repairs(full));
        slot.grant(None, false, 5);
        assert!(!slot.repairs(quarter));
        slot.grant(None, false, 6);
        assert!(slot.pauses_since() == Some(5) && slot.missing(all()).is_none());
        assert!(!sent(camera.send(&mut slot, Layer::Quarter, true, 5)));
        slot.grant(Some(Layer::Half), false, 6);
        assert_eq!(slot.pauses_since(), None);
        assert!(!sent(camera.send(&mut slot, Layer::Quarter, false, 6)), "a picture begins with a key frame");
        assert!(sent(camera.send(&mut slot, Layer::Quarter, true, 7)), "something, until the better one comes");
        assert!(sent(camera.send(&mut slot, Layer::Half, true, 8)));
    }

    fn spoken(from: PeerIndex, index: u64, payload: &[u8]) -> Packet<'_> {
        Packet {
            from,
            kind: SourceKind::Microphone,
            layer: Layer::Full,
            stream: from as u64,
            index,
            timestamp: index as u32 * 960,
            marker: false,
            repaired: false,
            captured_us: index as i64,
            payload,
            codec: Codec::Opus,
            picture: None,
        }
    }

    #[test]
    fn h264_goes_only_where_it_was_agreed_on_and_goes_on_from_vp8() {
        let takes = SlotStream { h264: Some((103, None)), ..STREAM };
        for (stream, expected) in [(takes, true), (STREAM, false)] {
            let mut slot = VideoSlot::new(stream, 1);
            let mut page = Camera { from: 1, next: 7 };
            slot.want(feed(1, Layer::Full), |_| true);
            let Forward::Payload(before) = page.send(&mut slot, Layer::Full, true, 0) else { panic!() };
            slot.want(feed(2, Layer::Full), |_| true);
            let mut send = |payload: &[u8], index| {
                let packet = Packet {
                    from: 2,
                    kind: SourceKind::Camera,
                    layer: Layer::Full,
                    stream: 2,
                    index,
                    timestamp: 0,
                    marker: true,
                    repaired: false,
                    captured_us: 20_000,
                    payload,
                    codec: Codec::H264,
                    picture: Picture::read(Codec::H264, payload),
                };
                slot.forward(&packet, all())
            };
            assert_eq!(send(&[0x65, 1], 8), Forward::Nothing, "a picture by itself, but without its parameters");
            let begun = send(&parameters(), 9);
            assert_eq!(sent(begun), expected);
            let Forward::Payload(place) = begun else { continue };
            assert_eq!(place.index, before.index + 1);
            let Forward::Payload(next) = send(&[0x65, 1], 10) else { panic!() };
            assert_eq!((next.index, next.vp8), (before.index + 2, Default::default()));
        }
    }

    #[test]
    fn sound_changes_at_once_and_stops_at_once() {
        let mut slot = AudioSlot::new(STREAM, 3);
        let send = |slot: &mut AudioSlot, from, index, payload: &[u8]| slot.forward(&spoken(from, index, payload));
        assert_eq!(send(&mut slot, 1, 1, b"x"), Forward::Nothing);
        slot.wanted = Some(1);
        let within = Packet { repaired: true, ..spoken(1, 1, b"x") };
        assert_eq!(slot.forward(&within), Forward::Nothing, "said before");
        let Forward::Payload(first) = send(&mut slot, 1, 2, b"x") else { panic!() };
        slot.wanted = Some(2);
        assert_eq!(send(&mut slot, 1, 3, b"x"), Forward::Nothing);
        let Forward::Payload(next) = send(&mut slot, 2, 900, b"x") else { panic!() };
        assert_eq!(next.index, first.index + 1);
        assert_eq!(send(&mut slot, 2, 901, b""), Forward::Nothing);
    }

    #[test]
    fn only_what_a_receiver_was_sent_is_said_again() {
        let mut slot = AudioSlot::new(STREAM, 3);
        let mut said = Said::default();
        let mut speak = |slot: &mut AudioSlot, from, index, depth| {
            let payload = [index as u8; 80];
            let packet = spoken(from, index, &payload);
            let sent = slot.forward(&packet) != Forward::Nothing;
            let again = slot.out.again(&said, &packet, depth).into_iter().flatten();
            let again: Vec<_> = again.map(|block| (block.before / 960, u64::from(block.payload[0]))).collect();
            said.keep(index, packet.timestamp, &payload);
            sent.then_some(again)
        };
        assert_eq!(speak(&mut slot, 1, 1, 2), None);
        slot.wanted = Some(1);
        assert_eq!(speak(&mut slot, 1, 2, 2), Some(vec![]), "what was said before is not");
        assert_eq!(speak(&mut slot, 1, 3, 2), Some(vec![(1, 2)]));
        assert_eq!(speak(&mut slot, 1, 4, 2), Some(vec![(2, 2), (1, 3)]));
        assert_eq!(speak(&mut slot, 1, 5, 1), Some(vec![(1, 4)]));
        assert_eq!(speak(&mut slot, 1, 6, 0), Some(vec![]));
        slot.wanted = None;
        assert_eq!(speak(&mut slot, 1, 7, 2), None);
        slot.wanted = Some(1);
        assert_eq!(speak(&mut slot, 1, 8, 2), Some(vec![(2, 6)]), "7 was said to others");
        slot.wanted = Some(2);
        assert_eq!(speak(&mut slot, 2, 9, 2), Some(vec![]), "nor is it another's");
        slot.wanted = Some(1);
        assert_eq!(speak(&mut slot, 1, 10, 2), Some(vec![]));
    }

    #[test]
    fn redundancy_has_room_or_is_left_out() {
        let (long, short) = ([1; 700], [2; 100]);
        let mut slot = AudioSlot::new(STREAM, 3);
        slot.wanted = Some(1);
        let mut said = Said::default();
        for (index, payload) in [(1, &long[..]), (2, &short)] {
            slot.forward(&spoken(1, index, payload));
            said.keep(index, index as u32 * 960, payload);
        }
        let lengths = |payload: &[u8]| {
            let again = slot.out.again(&said, &spoken(1, 3, payload), 2);
            again.into_iter().flatten().map(|block| block.payload.len()).collect::<Vec<_>>()
        };
        assert_eq!(lengths(&short), [700, 100]);
        assert_eq!(lengths(&long), [100], "the newest is worth most");
        assert_eq!(lengths(&[3; 1_050]), [0; 0]);
        let plain = SlotStream { red: None, ..STREAM };
        let nobody = Outgoing { stream: plain, ..Outgoing::new(plain, 48_000, 3) };
        assert_eq!(nobody.again(&said, &spoken(1, 3, &short), 2), [None; DEPTH], "not agreed");
    }
}
