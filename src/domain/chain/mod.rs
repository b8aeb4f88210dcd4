//! The log that can be checked by somebody who does not trust us: what is hashed, what is signed, how it is verified.
//!
//! Nothing here reads a clock, a file or a key. Signatures are checked through [`SignatureCheck`], so that the rules
//! stay free of any cryptographic library; `store::keys` brings the real one. The texts are lines ended by LF, never
//! JSON: `sha256sum` and any Ed25519 tool can follow them by hand.

mod fault;
mod hex;
mod item;
mod log;
mod marks;
mod office;
mod ring;
mod signed;
mod verify;

pub use fault::{Fault, FaultKind};
pub use hex::{Hash, HexError, KeyId, PublicKey, Signature};
pub use item::{ERASURE_KIND, GENESIS_KIND, Genesis, Header, Item, Scope, TextError, plain_field};
pub use log::LogId;
pub use marks::{Mark, MarkSource, Paper};
pub use office::{
    ADOPTED_KIND, CHANGED_KIND, Claims, ERASED_KIND, EventRef, FOLLOWED_KIND, Field, OfficeNote, RowMark, row_digest,
};
pub use ring::{KeyRing, SignedKey, key_text};
pub use signed::{
    Anchor, AnchorHead, Checkpoint, CheckpointReason, Erasure, anchor_text, checkpoint_text, erasure_text,
};
pub use verify::{BodyState, Sound, Verifier};

/// Checks one Ed25519 signature (RFC 8032): true when `signature` over `text` was made by `key`.
pub trait SignatureCheck {
    /// `text` is exactly the signed bytes.
    fn good(&self, key: &PublicKey, text: &str, signature: &Signature) -> bool;
}
