//! EBML elements (RFC 8794): id, size as a variable-length integer, body.

/// Appends an element id, which carries its own length marker.
pub(super) fn id(out: &mut Vec<u8>, id: u32) {
    let bytes = id.to_be_bytes();
    out.extend(bytes.iter().skip_while(|byte| **byte == 0));
}

/// Appends `value` in the fewest bytes of RFC 8794 section 4; all ones is reserved for "unknown".
pub(super) fn size(out: &mut Vec<u8>, value: u64) {
    let length = (1..8u32).find(|n| value < (1 << (7 * n)) - 1).unwrap_or(8);
    let marked = value | 1 << (7 * length);
    out.extend(marked.to_be_bytes().iter().skip(8 - length as usize));
}

/// Appends `value` in eight bytes, so that the length of what follows does not depend on it.
pub(super) fn size8(out: &mut Vec<u8>, value: u64) {
    out.extend((value | 1 << 56).to_be_bytes());
}

/// An unsigned integer in the fewest bytes, at least one.
pub(super) fn uint(out: &mut Vec<u8>, name: u32, value: u64) {
    let skip = (value.leading_zeros() as usize / 8).min(7);
    id(out, name);
    size(out, (8 - skip) as u64);
    out.extend(value.to_be_bytes().iter().skip(skip));
}

/// An unsigned integer in eight bytes: its element has one length for every value.
pub(super) fn uint8(out: &mut Vec<u8>, name: u32, value: u64) {
    binary(out, name, &value.to_be_bytes());
}

/// A double.
pub(super) fn float(out: &mut Vec<u8>, name: u32, value: f64) {
    binary(out, name, &value.to_be_bytes());
}

/// Bytes, a string or the children of a master element.
pub(super) fn binary(out: &mut Vec<u8>, name: u32, body: &[u8]) {
    id(out, name);
    size(out, body.len() as u64);
    out.extend_from_slice(body);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sized(value: u64) -> Vec<u8> {
        let mut out = Vec::new();
        size(&mut out, value);
        out
    }

    #[test]
    fn sizes_take_the_fewest_bytes_and_never_say_unknown() {
        assert_eq!(sized(0), [0x80]);
        assert_eq!(sized(126), [0xfe]);
        assert_eq!(sized(127), [0x40, 0x7f], "0xff would be an unknown size");
        assert_eq!(sized(16_382), [0x7f, 0xfe]);
        assert_eq!(sized(16_383), [0x20, 0x3f, 0xff]);
        assert_eq!(sized((1 << 49) - 1), [0x01, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    }

    #[test]
    fn integers_and_ids_lose_their_leading_zeros() {
        let mut out = Vec::new();
        uint(&mut out, 0x2A_D7B1, 1_000_000);
        assert_eq!(out, [0x2a, 0xd7, 0xb1, 0x83, 0x0f, 0x42, 0x40]);
        out.clear();
        uint(&mut out, 0xD7, 0);
        assert_eq!(out, [0xd7, 0x81, 0x00]);
        out.clear();
        uint8(&mut out, 0xF1, 5);
        assert_eq!(out, [0xf1, 0x88, 0, 0, 0, 0, 0, 0, 0, 5]);
    }
}
