//! What leaves for one connection: numbered and sealed at once, or held back for a moment where the line is thin.

use super::bandwidth::Bandwidth;
use super::forward::Outgoing;
use super::outbox::Outbox;
use super::pacer::Pacer;
use super::rewrite::Place;
use super::rtp::{self, Outline};
use super::srtp::SrtpSession;
use super::vp8::Vp8Descriptor;

/// SRTP tag, UDP and IP around a packet: what the line carries beside it.
const AROUND: usize = 16 + 8 + 20;
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
    pub(crate) vp8: Option<&'a Vp8Descriptor>,
    /// Sound never waits.
    pub(crate) sound: bool,
}

impl Content<'_> {
    fn length(&self) -> usize {
        self.payload.len().max(4)
    }

    fn write(&self, place: Place, bytes: &mut Vec<u8>) {
        let start = bytes.len();
        bytes.extend_from_slice(if self.payload.is_empty() { &[0, 0, 0, 4] } else { self.payload });
        if let (Some(vp8), Some(copy)) = (self.vp8, bytes.get_mut(start..)) {
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
        let outline = Outline {
            padding: content.payload.is_empty(),
            marker: content.marker,
            payload_type: stream.payload_type,
            index: place.index,
            timestamp: content.timestamp.wrapping_add(place.timestamp_shift),
            ssrc: stream.ssrc,
        };
        out.packets = out.packets.wrapping_add(1);
        out.octets = out.octets.wrapping_add(content.payload.len() as u32);
        if content.vp8.is_some_and(|found| found.key_frame_start)
            && let Some(bandwidth) = &mut self.bandwidth
        {
            bandwidth.key_frame(now_us);
        }
        if !content.sound
            && let Some(rate) = self.pace()
            && self.pacer.holds(rate, now_us)
        {
            self.pacer.hold(outline, stream.transport_cc, |bytes, _| content.write(place, bytes));
            return true;
        }
        self.leave(srtp, outline, stream.transport_cc, content.length(), now_us, |bytes| content.write(place, bytes))
    }

    /// Writes a repair of a packet sent before (RFC 4588): own SSRC, own index, the old sequence number in front.
    pub(crate) fn repair(
        &mut self,
        srtp: &SrtpSession,
        out: &mut Outgoing,
        place: Place,
        content: Content<'_>,
        now_us: i64,
    ) -> bool {
        let Some(outline) = repair_outline(out, content.timestamp.wrapping_add(place.timestamp_shift)) else {
            return false;
        };
        let outline = Outline { marker: content.marker, ..outline };
        self.leave(srtp, outline, out.stream.transport_cc, 2 + content.length(), now_us, |bytes| {
            bytes.extend_from_slice(&(place.index as u16).to_be_bytes());
            content.write(place, bytes);
        })
    }

    /// Writes `wanted` bytes of padding on the repair stream of a slot, where it leaves no hole in any picture.
    pub(crate) fn padding(&mut self, srtp: &SrtpSession, out: &mut Outgoing, wanted: usize, now_us: i64) {
        let mut wanted = wanted;
        while wanted >= LEAST_PADDING + AROUND {
            let length = wanted.saturating_sub(AROUND + rtp::NUMBERED_HEADER).clamp(1, PADDING);
            let last = out.rewriter.last_timestamp();
            let Some(outline) = repair_outline(out, last) else { return };
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
        let Self { outbox, bandwidth, pacer } = self;
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
        self.pacer.sent(length + AROUND);
        seal(&mut self.outbox, self.bandwidth.as_deref_mut(), srtp, outline, number_id, length, now_us, write)
    }
}

/// A packet on the repair stream with the next index, which is spent even if sealing fails: none is tried twice.
fn repair_outline(out: &mut Outgoing, timestamp: u32) -> Option<Outline> {
    let (payload_type, ssrc) = out.stream.rtx?;
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
