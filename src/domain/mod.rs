//! The rules of citizen reception, pure: no clock, no IO, no randomness, no async. Time and ids are passed in.

/// All values of an enum, in order. One that is left out does not compile (the `match` would not be whole), nor does one
/// that is named twice (its second arm would be unreachable, and warnings are errors).
macro_rules! every {
    ($(#[$doc:meta])+ $name:ident: $type:ident { $($value:ident),+ $(,)? }) => {
        $(#[$doc])+
        pub const $name: [$type; [$(stringify!($value)),+].len()] = {
            const fn known(value: $type) -> $type {
                match value {
                    $($type::$value => value),+
                }
            }
            [$(known($type::$value)),+]
        };
    };
}

pub(crate) use every;

pub mod access;
pub mod actor;
pub mod calendar;
pub mod cases;
pub mod chain;
pub mod event;
pub mod floor;
pub mod ids;
pub mod minutes;
pub mod people;
pub mod presence;
pub mod refusal;
pub mod session;
pub mod units;
pub mod visit;
