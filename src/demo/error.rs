//! What can go wrong when the province is set up.

use crate::domain::refusal::Refusal;
use crate::store::StoreError;
use crate::store::keys::KeyError;

/// Why there is no demonstration.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A file of `config/demo` does not hold what it should; a test reads all of them.
    #[error("config/demo/{file}: {reason}")]
    Data {
        /// Which file.
        file: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The store refused.
    #[error("the store refused: {0}")]
    Store(#[from] StoreError),
    /// The keys cannot be made or read.
    #[error("the keys cannot be used: {0}")]
    Keys(#[from] KeyError),
    /// A room refused an act that the script takes for allowed.
    #[error("`{act}` was refused: {}", .refusal.code)]
    Refused {
        /// The action, as `domain::access` names it.
        act: String,
        /// By which rule.
        refusal: Refusal,
    },
    /// Something that follows by itself did not follow in time.
    #[error("waited in vain for: {0}")]
    Stuck(&'static str),
    /// Files cannot be written.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl DemoError {
    /// A file of ours that is wrong.
    pub(super) fn data(file: &'static str, reason: impl ToString) -> Self {
        Self::Data { file, reason: reason.to_string() }
    }
}
