//! SRTP with AES_128_CM_HMAC_SHA1_80 (RFC 3711), in place: the oldest profile, which every encoder has and some have
//! alone. Five times as dear as AES-GCM, so only machines without a browser of ours may ask for it.

use aes::Aes128;
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit as _, StreamCipher as _};
use ring::hmac;
use rtc_dtls::crypto_provider::{RTCCrypto, constant_time_eq};

use super::srtp::{SrtpError, derive_block};
use super::wire::put;

/// Exported keying material: client key, server key, client salt, server salt (RFC 5764 §4.2).
pub(crate) const EXPORT_CM: usize = 60;
/// HMAC-SHA1 cut to 80 bits.
pub(crate) const TAG: usize = 10;
const AUTH_KEY: usize = 20;

/// Keys of what one side sends, of RTP or of RTCP.
pub(crate) struct CmDirection {
    key: [u8; 16],
    salt: [u8; 14],
    auth: hmac::Key,
}

impl CmDirection {
    /// `labels`: encryption, authentication, salt (RFC 3711 §4.3.1).
    pub(crate) fn derive(
        crypto: &dyn RTCCrypto,
        master_key: &[u8],
        master_salt: &[u8; 14],
        labels: (u8, u8, u8),
    ) -> Result<Self, SrtpError> {
        let block = |label, count| derive_block(crypto, master_key, master_salt, (label, count));
        let mut auth = [0; AUTH_KEY + 12];
        put(&mut auth, 0, &block(labels.1, 0)?);
        put(&mut auth, 16, &block(labels.1, 1)?);
        let auth = auth.get(..AUTH_KEY).ok_or(SrtpError::Keys)?;
        Ok(Self {
            key: block(labels.0, 0)?,
            salt: *block(labels.2, 0)?.first_chunk().ok_or(SrtpError::Keys)?,
            auth: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, auth),
        })
    }

    /// Decrypts `packet[from..to]` if the tag that follows the first `signed` bytes is of them and of `more`.
    pub(crate) fn open(
        &self,
        packet: &mut [u8],
        signed: usize,
        (from, to): (usize, usize),
        (ssrc, index): (u32, u64),
        more: &[u8],
    ) -> Result<(), SrtpError> {
        let (body, tag) = packet.split_at_checked(signed).ok_or(SrtpError::Short)?;
        let right = self.tag(body, more);
        if !constant_time_eq(right.as_ref().get(..TAG).unwrap_or_default(), tag) {
            return Err(SrtpError::Forged);
        }
        self.crypt(packet.get_mut(from..to).ok_or(SrtpError::Short)?, ssrc, index);
        Ok(())
    }

    /// Encrypts what stands in `out` from `from`. The caller vouches for the index being new for this SSRC.
    pub(crate) fn encrypt(&self, out: &mut [u8], from: usize, ssrc: u32, index: u64) -> Result<(), SrtpError> {
        self.crypt(out.get_mut(from..).ok_or(SrtpError::Short)?, ssrc, index);
        Ok(())
    }

    /// Appends the tag over what stands in `out` from `start`, and over `more`, which is not sent.
    pub(crate) fn sign(&self, out: &mut Vec<u8>, start: usize, more: &[u8]) -> Result<(), SrtpError> {
        let tag = self.tag(out.get(start..).ok_or(SrtpError::Short)?, more);
        out.extend_from_slice(tag.as_ref().get(..TAG).ok_or(SrtpError::Keys)?);
        Ok(())
    }

    fn tag(&self, body: &[u8], more: &[u8]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.auth);
        context.update(body);
        context.update(more);
        context.sign()
    }

    /// AES in counter mode (RFC 3711 §4.1.1): the same both ways.
    fn crypt(&self, body: &mut [u8], ssrc: u32, index: u64) {
        let mut counter = [0; 16];
        put(&mut counter, 4, &ssrc.to_be_bytes());
        let [_, _, index @ ..] = index.to_be_bytes();
        put(&mut counter, 8, &index);
        for (byte, salt) in counter.iter_mut().zip(self.salt) {
            *byte ^= salt;
        }
        Ctr128BE::<Aes128>::new(&self.key.into(), &counter.into()).apply_keystream(body);
    }
}

#[cfg(test)]
mod tests {
    use super::super::srtp::tests::{crypto, hex};
    use super::*;

    /// RFC 3711 §B.2: the keystream, at its beginning and where the counter has run over a byte.
    #[test]
    fn keystream_known_answer() {
        let direction = CmDirection {
            key: hex("2B7E151628AED2A6ABF7158809CF4F3C").try_into().unwrap(),
            salt: hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD").try_into().unwrap(),
            auth: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &[]),
        };
        let mut stream = vec![0; 0xff02 * 16];
        direction.crypt(&mut stream, 0, 0);
        assert_eq!(
            stream[..48],
            hex("E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB41E95B3BB0A2E8DD477901E4FCA894C0")
        );
        assert_eq!(
            stream[0xfeff * 16..],
            hex("EC8CDF7398607CB0F2D21675EA9EA1E4362B7C3C6773516318A077D7FC5073AE6A2CC3787889374FBEB4C81B17BA6C44")
        );
    }

    /// RFC 3711 §B.3.
    #[test]
    fn key_derivation_known_answer() {
        let provider = crypto();
        let salt: [u8; 14] = hex("0EC675AD498AFEEBB6960B3AABE6").try_into().unwrap();
        let master = hex("E1F97A0D3E018BE0D64FA32C06DE4139");
        let block = |label, count| derive_block(provider.crypto(), &master, &salt, (label, count)).unwrap().to_vec();
        assert_eq!(block(0, 0), hex("C61E7A93744F39EE10734AFE3FF7A087"));
        assert_eq!(block(1, 0), hex("CEBE321F6FF7716B6FD4AB49AF256A15"));
        assert_eq!(block(1, 1), hex("6D38BAA48F0A0ACF3C34E2359E6CDBCE"));
        assert_eq!(block(2, 0)[..14], hex("30CBBC08863D8C85D49DB34A9AE1"));
    }
}
