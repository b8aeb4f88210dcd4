//! One integration binary: a list of modules, so that linking is paid once.

#![allow(clippy::allow_attributes, clippy::allow_attributes_without_reason, reason = "tests read like a story")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]
#![allow(unreachable_pub)]

#[macro_use]
#[path = "../support/contract.rs"]
mod contract;
#[path = "../support/mod.rs"]
mod support;

mod chain_golden;
mod store_contract;
mod store_faults;
mod store_office;
mod store_schema;
mod store_verify;
