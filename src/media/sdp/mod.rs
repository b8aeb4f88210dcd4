//! One offer, one answer (RFC 8829, 8843, 8851, 8853). Reading is done by `rtc-sdp`; what it means is decided here.

pub(crate) mod answer;
pub(crate) mod negotiate;
pub(crate) mod offer;
#[cfg(test)]
pub(crate) mod samples;
