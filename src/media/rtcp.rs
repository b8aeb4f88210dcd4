//! RTCP (RFC 3550 §6, RFC 4585 §6): reading what browsers send, writing what we send. Compound or reduced size.

use super::wire::{put, u16_at, u24_at, u32_at, u64_at};

const SR: u8 = 200;
const RR: u8 = 201;
const SDES: u8 = 202;
const BYE: u8 = 203;
const RTPFB: u8 = 205;
const PSFB: u8 = 206;

/// One report block of a sender or receiver report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReportBlock {
    pub(crate) ssrc: u32,
    /// Lost since the last report, of 256.
    pub(crate) fraction_lost: u8,
    /// Lost since the beginning, 24 bits signed (the caller sees the raw 24 bits sign-extended).
    pub(crate) total_lost: i32,
    pub(crate) highest_sequence: u32,
    /// In units of the stream's clock.
    pub(crate) jitter: u32,
    /// Middle bits of the last sender report's NTP time; 0 for none.
    pub(crate) last_sr: u32,
    /// Time since then, 1/65536 s.
    pub(crate) delay: u32,
}

/// What matters to us of an incoming packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rtcp<'a> {
    SenderReport {
        ssrc: u32,
        ntp: u64,
        timestamp: u32,
    },
    Block(ReportBlock),
    /// Generic NACK: the stream and the sequence numbers its receiver lacks.
    Nack {
        media_ssrc: u32,
        sequence: u16,
        following: u16,
    },
    /// Picture loss or full intra request: the stream whose receiver needs a key frame.
    KeyFrame {
        media_ssrc: u32,
    },
    Bye {
        ssrc: u32,
    },
    /// The FCI of a transport-wide feedback message, for `twcc::read`.
    Feedback(&'a [u8]),
}

/// Calls `found` for each item of a compound packet; stops at the first malformed one.
pub(crate) fn read<'a>(mut rest: &'a [u8], mut found: impl FnMut(Rtcp<'a>)) {
    while let Some((packet, kind, count, after)) = next_packet(rest) {
        rest = after;
        let _ = read_packet(packet, kind, count, &mut found);
    }
}

fn next_packet(bytes: &[u8]) -> Option<(&[u8], u8, u8, &[u8])> {
    let [first, kind, ..] = *bytes.first_chunk::<4>()?;
    if first >> 6 != 2 {
        return None;
    }
    let length = 4 + 4 * usize::from(u16_at(bytes, 2)?);
    let (packet, rest) = bytes.split_at_checked(length)?;
    Some((packet, kind, first & 0x1f, rest))
}

fn read_packet<'a>(packet: &'a [u8], kind: u8, count: u8, found: &mut impl FnMut(Rtcp<'a>)) -> Option<()> {
    let ssrc = u32_at(packet, 4)?;
    match (kind, count) {
        (SR, _) => {
            found(Rtcp::SenderReport { ssrc, ntp: u64_at(packet, 8)?, timestamp: u32_at(packet, 16)? });
            blocks(packet.get(28..)?, found)
        }
        (RR, _) => blocks(packet.get(8..)?, found),
        (BYE, 1..) => {
            for place in 0..usize::from(count) {
                found(Rtcp::Bye { ssrc: u32_at(packet, 4 + 4 * place)? });
            }
            Some(())
        }
        (RTPFB, 1) => {
            let media_ssrc = u32_at(packet, 8)?;
            for pair in packet.get(12..)?.chunks_exact(4) {
                found(Rtcp::Nack { media_ssrc, sequence: u16_at(pair, 0)?, following: u16_at(pair, 2)? });
            }
            Some(())
        }
        (RTPFB, 15) => {
            found(Rtcp::Feedback(packet.get(12..)?));
            Some(())
        }
        (PSFB, 1) => {
            found(Rtcp::KeyFrame { media_ssrc: u32_at(packet, 8)? });
            Some(())
        }
        (PSFB, 4) => {
            for entry in packet.get(12..)?.chunks_exact(8) {
                found(Rtcp::KeyFrame { media_ssrc: u32_at(entry, 0)? });
            }
            Some(())
        }
        _ => None,
    }
}

fn blocks<'a>(bytes: &[u8], found: &mut impl FnMut(Rtcp<'a>)) -> Option<()> {
    for block in bytes.chunks_exact(24) {
        found(Rtcp::Block(ReportBlock {
            ssrc: u32_at(block, 0)?,
            fraction_lost: *block.get(4)?,
            total_lost: (u24_at(block, 5)? << 8) as i32 >> 8,
            highest_sequence: u32_at(block, 8)?,
            jitter: u32_at(block, 12)?,
            last_sr: u32_at(block, 16)?,
            delay: u32_at(block, 20)?,
        }));
    }
    Some(())
}

/// Begins a packet and returns its place, for [`end`].
fn begin(out: &mut Vec<u8>, kind: u8, count: u8, ssrc: u32) -> usize {
    let start = out.len();
    out.extend_from_slice(&[0x80 | count & 0x1f, kind, 0, 0]);
    out.extend_from_slice(&ssrc.to_be_bytes());
    start
}

fn end(out: &mut [u8], start: usize) {
    let words = (out.len() - start) / 4 - 1;
    put(out, start + 2, &(words as u16).to_be_bytes());
}

/// Sender report without report blocks.
pub(crate) fn write_sender_report(out: &mut Vec<u8>, ssrc: u32, ntp: u64, timestamp: u32, packets: u32, octets: u32) {
    let start = begin(out, SR, 0, ssrc);
    out.extend_from_slice(&ntp.to_be_bytes());
    for word in [timestamp, packets, octets] {
        out.extend_from_slice(&word.to_be_bytes());
    }
    end(out, start);
}

/// Receiver report, at most 31 blocks.
pub(crate) fn write_receiver_report(out: &mut Vec<u8>, ssrc: u32, blocks: &[ReportBlock]) {
    let blocks = blocks.get(..31).unwrap_or(blocks);
    let start = begin(out, RR, blocks.len() as u8, ssrc);
    for block in blocks {
        out.extend_from_slice(&block.ssrc.to_be_bytes());
        let lost = block.total_lost.clamp(-0x80_0000, 0x7f_ffff) as u32 & 0xff_ffff;
        out.extend_from_slice(&(u32::from(block.fraction_lost) << 24 | lost).to_be_bytes());
        for word in [block.highest_sequence, block.jitter, block.last_sr, block.delay] {
            out.extend_from_slice(&word.to_be_bytes());
        }
    }
    end(out, start);
}

/// The common name that ties sound and picture of one sender together (RFC 3550 §6.5.1).
pub(crate) fn write_cname(out: &mut Vec<u8>, ssrc: u32, cname: &str) {
    let start = begin(out, SDES, 1, ssrc);
    out.push(1);
    let cname = cname.as_bytes().get(..255).unwrap_or(cname.as_bytes());
    out.push(cname.len() as u8);
    out.extend_from_slice(cname);
    out.push(0);
    while !(out.len() - start).is_multiple_of(4) {
        out.push(0);
    }
    end(out, start);
}

/// Picture loss indication.
pub(crate) fn write_pli(out: &mut Vec<u8>, ssrc: u32, media_ssrc: u32) {
    let start = begin(out, PSFB, 1, ssrc);
    out.extend_from_slice(&media_ssrc.to_be_bytes());
    end(out, start);
}

/// Generic NACK for ascending sequence numbers.
pub(crate) fn write_nack(out: &mut Vec<u8>, ssrc: u32, media_ssrc: u32, sequences: &[u16]) {
    let start = begin(out, RTPFB, 1, ssrc);
    out.extend_from_slice(&media_ssrc.to_be_bytes());
    let mut rest = sequences;
    while let Some((&first, after)) = rest.split_first() {
        let together = after.iter().take_while(|next| matches!(next.wrapping_sub(first), 1..=16)).count();
        let mut following = 0u16;
        let (those, after) = after.split_at(together);
        for sequence in those {
            following |= 1 << (sequence.wrapping_sub(first) - 1);
        }
        out.extend_from_slice(&first.to_be_bytes());
        out.extend_from_slice(&following.to_be_bytes());
        rest = after;
    }
    end(out, start);
}

/// Transport-wide feedback around a ready FCI.
pub(crate) fn write_transport_feedback(out: &mut Vec<u8>, ssrc: u32, media_ssrc: u32, fci: &[u8]) {
    let start = begin(out, RTPFB, 15, ssrc);
    out.extend_from_slice(&media_ssrc.to_be_bytes());
    out.extend_from_slice(fci);
    end(out, start);
}

/// The sequence numbers a NACK item names.
pub(crate) fn nacked(sequence: u16, following: u16) -> impl Iterator<Item = u16> {
    std::iter::once(sequence)
        .chain((0..16).filter(move |bit| following >> bit & 1 == 1).map(move |bit| sequence.wrapping_add(bit + 1)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(bytes: &[u8]) -> Vec<Rtcp<'_>> {
        let mut found = Vec::new();
        read(bytes, |item| found.push(item));
        found
    }

    #[test]
    fn what_is_written_is_read() {
        let block = ReportBlock {
            ssrc: 5,
            fraction_lost: 9,
            total_lost: -3,
            highest_sequence: 70_000,
            jitter: 4,
            last_sr: 1,
            delay: 2,
        };
        let mut out = Vec::new();
        write_sender_report(&mut out, 1, 0x0102_0304_0506_0708, 99, 3, 4);
        write_cname(&mut out, 1, "diemcau");
        write_receiver_report(&mut out, 1, &[block]);
        write_pli(&mut out, 1, 77);
        write_nack(&mut out, 1, 78, &[65_535, 0, 15, 16, 40]);
        write_transport_feedback(&mut out, 1, 2, &[0; 12]);
        let found = all(&out);
        assert_eq!(found[0], Rtcp::SenderReport { ssrc: 1, ntp: 0x0102_0304_0506_0708, timestamp: 99 });
        assert_eq!(found[1], Rtcp::Block(block));
        assert_eq!(found[2], Rtcp::KeyFrame { media_ssrc: 77 });
        let asked: Vec<u16> = found
            .iter()
            .filter_map(|item| match item {
                Rtcp::Nack { media_ssrc: 78, sequence, following } => Some(nacked(*sequence, *following)),
                _ => None,
            })
            .flatten()
            .collect();
        assert_eq!(asked, vec![65_535, 0, 15, 16, 40]);
        assert_eq!(found.last(), Some(&Rtcp::Feedback(&[0; 12])));
    }

    proptest! {
        #[test]
        fn noise_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = all(&bytes);
            let mut framed = vec![0x81, 205, 0, (bytes.len() / 4) as u8];
            framed.extend_from_slice(&bytes);
            let _ = all(&framed);
        }
    }
}
