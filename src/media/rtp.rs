//! RTP packets on the wire (RFC 3550 §5.1) and their header extensions (RFC 8285).

use super::wire::{u16_at, u32_at};

/// Length of a header without contributing sources and extensions.
pub(crate) const HEADER: usize = 12;
/// Length of ours with a transport-wide number.
pub(crate) const NUMBERED_HEADER: usize = HEADER + 8;

/// The fixed part of a header and where the payload begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RtpHeader {
    pub(crate) padding: bool,
    pub(crate) marker: bool,
    pub(crate) payload_type: u8,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) ssrc: u32,
    /// Bytes before the payload: fixed part, contributing sources, extensions.
    pub(crate) length: usize,
    /// Profile, begin and end of the extension block.
    extensions: Option<(u16, usize, usize)>,
}

impl RtpHeader {
    /// `None` for anything that is not a whole RTP header of version 2.
    pub(crate) fn parse(packet: &[u8]) -> Option<Self> {
        let [first, second, ..] = *packet.first_chunk::<HEADER>()?;
        if first >> 6 != 2 {
            return None;
        }
        let mut length = HEADER + 4 * usize::from(first & 0x0f);
        let mut extensions = None;
        if first & 0x10 != 0 {
            let profile = u16_at(packet, length)?;
            let end = length + 4 + 4 * usize::from(u16_at(packet, length + 2)?);
            extensions = Some((profile, length + 4, end));
            length = end;
        }
        if packet.len() < length {
            return None;
        }
        Some(Self {
            padding: first & 0x20 != 0,
            marker: second & 0x80 != 0,
            payload_type: second & 0x7f,
            sequence: u16_at(packet, 2)?,
            timestamp: u32_at(packet, 4)?,
            ssrc: u32_at(packet, 8)?,
            length,
            extensions,
        })
    }

    /// The header extensions of `packet`, which is the one this header was read from.
    pub(crate) fn extensions<'a>(&self, packet: &'a [u8]) -> Extensions<'a> {
        match self.extensions {
            Some((0xbede, from, to)) => Extensions { rest: packet.get(from..to).unwrap_or(&[]), wide: false },
            Some((profile, from, to)) if profile & 0xfff0 == 0x1000 => {
                Extensions { rest: packet.get(from..to).unwrap_or(&[]), wide: true }
            }
            _ => Extensions { rest: &[], wide: false },
        }
    }

    /// Payload without padding; `None` when the padding is longer than the payload.
    pub(crate) fn payload<'a>(&self, packet: &'a [u8]) -> Option<&'a [u8]> {
        let payload = packet.get(self.length..)?;
        if !self.padding {
            return Some(payload);
        }
        let padding = usize::from(*payload.last()?);
        if padding == 0 {
            return None;
        }
        payload.get(..payload.len().checked_sub(padding)?)
    }
}

/// Walks `(id, value)` pairs.
pub(crate) struct Extensions<'a> {
    rest: &'a [u8],
    wide: bool,
}

impl<'a> Iterator for Extensions<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (&first, after) = self.rest.split_first()?;
            if first == 0 {
                self.rest = after;
                continue;
            }
            let (id, length, after) = if self.wide {
                let (&length, after) = after.split_first()?;
                (first, usize::from(length), after)
            } else {
                (first >> 4, usize::from(first & 0x0f) + 1, after)
            };
            if !self.wide && id == 15 {
                return None;
            }
            let (value, rest) = after.split_at_checked(length)?;
            self.rest = rest;
            return Some((id, value));
        }
    }
}

/// What an outgoing header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outline {
    pub(crate) padding: bool,
    pub(crate) marker: bool,
    pub(crate) payload_type: u8,
    /// 48-bit SRTP index; its low half is the sequence number.
    pub(crate) index: u64,
    pub(crate) timestamp: u32,
    pub(crate) ssrc: u32,
}

/// Appends a header and returns its length. `numbered`: id and value of the transport-wide number.
pub(crate) fn write_header(out: &mut Vec<u8>, outline: &Outline, numbered: Option<(u8, u16)>) -> usize {
    let extended = if numbered.is_some() { 0x10 } else { 0 };
    out.push(0x80 | extended | if outline.padding { 0x20 } else { 0 });
    out.push(u8::from(outline.marker) << 7 | outline.payload_type & 0x7f);
    out.extend_from_slice(&(outline.index as u16).to_be_bytes());
    out.extend_from_slice(&outline.timestamp.to_be_bytes());
    out.extend_from_slice(&outline.ssrc.to_be_bytes());
    let Some((id, number)) = numbered else { return HEADER };
    let [high, low] = number.to_be_bytes();
    // One word of extensions in the one-byte form: id, two bytes, padding.
    out.extend_from_slice(&[0xbe, 0xde, 0, 1, id << 4 | 1, high, low, 0]);
    NUMBERED_HEADER
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_extensions_and_padding() {
        let mut packet = vec![0xb0, 0xe0, 0x12, 0x34, 0, 0, 0, 9, 0, 0, 0, 7];
        packet.extend_from_slice(&[0xbe, 0xde, 0, 2, 0x40, b'0', 0, 0xa1, b'h', b'i', 0, 0]);
        packet.extend_from_slice(&[1, 2, 3, 0, 2]);
        let header = RtpHeader::parse(&packet).unwrap();
        assert_eq!((header.sequence, header.timestamp, header.ssrc, header.payload_type), (0x1234, 9, 7, 0x60));
        assert!(header.marker);
        let extensions: Vec<_> = header.extensions(&packet).collect();
        assert_eq!(extensions, vec![(4, &b"0"[..]), (10, &b"hi"[..])]);
        assert_eq!(header.payload(&packet), Some(&[1, 2, 3][..]));
    }

    #[test]
    fn what_is_written_is_read() {
        let outline =
            Outline { padding: false, marker: true, payload_type: 96, index: 0x1_2345, timestamp: 9, ssrc: 7 };
        for numbered in [None, Some((14, 0xfffe))] {
            let mut packet = Vec::new();
            let length = write_header(&mut packet, &outline, numbered);
            packet.extend_from_slice(&[1, 2, 3]);
            let header = RtpHeader::parse(&packet).unwrap();
            assert_eq!((header.length, header.sequence, header.marker), (length, 0x2345, true));
            assert_eq!((header.payload_type, header.timestamp, header.ssrc), (96, 9, 7));
            assert_eq!(header.payload(&packet), Some(&[1, 2, 3][..]));
            let found: Vec<_> = header.extensions(&packet).collect();
            assert_eq!(found, numbered.map(|(id, _)| (id, &[0xff, 0xfe][..])).into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn two_byte_extensions() {
        let mut packet = vec![0x90, 0x60, 0, 1, 0, 0, 0, 9, 0, 0, 0, 7, 0x10, 0, 0, 1, 20, 1, 0x8f, 0];
        packet.push(5);
        let header = RtpHeader::parse(&packet).unwrap();
        assert_eq!(header.extensions(&packet).collect::<Vec<_>>(), vec![(20, &[0x8f][..])]);
        assert_eq!(header.payload(&packet), Some(&[5][..]));
    }

    #[test]
    fn lies_about_lengths_are_refused() {
        assert_eq!(RtpHeader::parse(&[0x8f; 12]), None);
        assert_eq!(RtpHeader::parse(&[0x90, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xbe, 0xde, 0xff, 0xff]), None);
        let padded = [0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 9];
        assert_eq!(RtpHeader::parse(&padded).unwrap().payload(&padded), None);
    }
}
