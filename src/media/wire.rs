//! Reading and writing numbers at places in a datagram, without panics: a short datagram is `None`.

/// Big-endian `u16` at byte `at`.
pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|b| u16::from_be_bytes(*b))
}

/// Big-endian `u32` at byte `at`.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|b| u32::from_be_bytes(*b))
}

/// Big-endian `u64` at byte `at`.
pub(crate) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|b| u64::from_be_bytes(*b))
}

/// Big-endian 24 bits at byte `at`.
pub(crate) fn u24_at(bytes: &[u8], at: usize) -> Option<u32> {
    let [a, b, c] = *bytes.get(at..)?.first_chunk()?;
    Some(u32::from_be_bytes([0, a, b, c]))
}

/// Overwrites bytes from `at`; does nothing when they do not fit (the caller has checked the length).
pub(crate) fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    if let Some(place) = bytes.get_mut(at..at.saturating_add(value.len())) {
        place.copy_from_slice(value);
    }
}

/// Microseconds to the middle 32 bits of an NTP time stamp (RFC 3550 §4), for delays.
pub(crate) fn us_to_ntp32(us: i64) -> u32 {
    let us = u64::try_from(us).unwrap_or(0);
    // Whole seconds in the upper 16 bits, 1/65536 s below; wraps after 18 hours as the format does.
    ((us << 16) / 1_000_000) as u32
}

/// The inverse of [`us_to_ntp32`].
pub(crate) fn ntp32_to_us(ntp: u32) -> i64 {
    i64::from(ntp) * 1_000_000 / 65_536
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_input_is_none() {
        assert_eq!(u32_at(&[1, 2, 3], 0), None);
        assert_eq!(u16_at(&[1, 2, 3], 1), Some(0x0203));
        assert_eq!(u24_at(&[1, 2, 3], 0), Some(0x01_0203));
        assert_eq!(u64_at(&[0; 7], 0), None);
        assert_eq!(u16_at(&[], usize::MAX), None);
    }

    #[test]
    fn ntp_delay_round_trips() {
        for us in [0, 1_000, 250_000, 3_000_000] {
            assert!((ntp32_to_us(us_to_ntp32(us)) - us).abs() < 20);
        }
    }
}
