//! What a file must know about Opus without decoding it (RFC 6716 section 3.1, RFC 7845 section 5.1).

/// WebRTC always announces two channels (RFC 7587 section 7); mono packets decode to both.
pub(super) const CHANNELS: u8 = 2;

/// Twenty milliseconds of silence (CELT, full band). Chromium plays sound without regard to holes in its times, so
/// lost packets, DTX and a closed microphone are filled with it: a file keeps in step with the others of its visit.
pub(super) const SILENCE: [u8; 3] = [0xf8, 0xff, 0xfe];
/// Milliseconds of `SILENCE`.
pub(super) const SILENCE_MS: u64 = 20;

/// The OpusHead of RFC 7845, with no pre-skip: a recording starts in mid-stream.
pub(super) fn head() -> Vec<u8> {
    let mut head = b"OpusHead".to_vec();
    head.extend([1, CHANNELS]); // version, channels
    head.extend(0u16.to_le_bytes()); // pre-skip
    head.extend(48_000u32.to_le_bytes()); // input sample rate
    head.extend(0i16.to_le_bytes()); // output gain
    head.push(0); // mapping family
    head
}

/// Microseconds of sound in one packet; 0 when it is malformed.
pub(super) fn duration_us(packet: &[u8]) -> u64 {
    let Some(toc) = packet.first() else { return 0 };
    let config = toc >> 3;
    let frame_us = match config {
        0..12 => [10_000, 20_000, 40_000, 60_000].get(usize::from(config & 3)),
        12..16 => [10_000, 20_000].get(usize::from(config & 1)),
        _ => [2_500, 5_000, 10_000, 20_000].get(usize::from(config & 3)),
    };
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => packet.get(1).map_or(0, |count| u64::from(count & 0x3f)),
    };
    frame_us.map_or(0, |us| us * frames)
}

/// Microseconds of sound in one packet that is more than silence. No mode of Opus carries speech below 6 kbit/s (RFC 6716
/// section 2.1.1), 15 bytes in 20 ms; discontinuous transmission sends one or two, digital silence three.
pub(super) fn sounding_us(packet: &[u8]) -> u64 {
    const LEAST_BITS_PER_SECOND: u64 = 3_000;
    let us = duration_us(packet);
    if packet.len() as u64 * 8_000_000 < LEAST_BITS_PER_SECOND * us { 0 } else { us }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_told_from_speech_by_its_size() {
        assert_eq!(sounding_us(&SILENCE), 0);
        assert_eq!(sounding_us(&[0x78]), 0, "discontinuous transmission");
        assert_eq!(sounding_us(&[0x78, 0]), 0);
        let mut speech = [0x78; 15];
        assert_eq!(sounding_us(&speech), 20_000, "the thinnest speech there is");
        speech[0] = 0x18;
        assert_eq!(sounding_us(&speech), 0, "15 bytes in 60 ms are none");
        assert_eq!(sounding_us(&[]), 0);
    }

    #[test]
    fn durations_follow_the_table_of_rfc_6716() {
        assert_eq!(duration_us(&[0x78]), 20_000, "hybrid fullband, 20 ms, one frame");
        assert_eq!(duration_us(&[0xfc]), 20_000, "CELT fullband, 20 ms, one frame");
        assert_eq!(duration_us(&[0x08 | 1]), 40_000, "SILK narrowband, 20 ms, two frames");
        assert_eq!(duration_us(&[0x18]), 60_000, "SILK narrowband, 60 ms");
        assert_eq!(duration_us(&[0xe0 | 3, 0x80 | 12]), 30_000, "CELT 2.5 ms, twelve frames");
        assert_eq!(duration_us(&[]), 0);
        assert_eq!(duration_us(&[0xe3]), 0, "code 3 without its count");
    }
}
