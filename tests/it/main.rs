//! All integration tests in one binary: linking is what costs.

#![allow(
    clippy::allow_attributes,
    clippy::disallowed_methods,
    clippy::type_complexity,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test that cannot go on must stop, and helpers of tests are tests"
)]

#[macro_use]
#[path = "../support/contract.rs"]
mod contract;
#[path = "../support/mod.rs"]
mod support;

mod architecture;
mod auth_sign_in;
mod authz_ids;
mod authz_matrix;
mod authz_units;
mod chain_golden;
mod chain_office;
mod chaos;
mod cli_check;
mod demo_day;
mod demo_media;
mod demo_seed;
mod docs;
mod foreign;
mod http_files;
mod http_guard;
mod http_openapi;
mod http_papers;
mod kept_heads;
mod lines;
mod load;
mod media_bandwidth;
mod media_call;
mod media_harm;
mod media_loss;
mod media_passage;
mod media_spread;
mod media_stage;
mod media_through;
mod media_workers;
mod papers;
mod papers_of_a_day;
mod privacy;
mod recorder;
mod room_devices;
mod room_faults;
mod room_law;
mod room_live;
mod room_random;
mod room_registry;
mod room_rules;
mod room_secrecy;
mod room_sections;
mod store_contract;
mod store_cost;
mod store_faults;
mod store_golden;
mod store_office;
mod store_report;
mod store_schema;
mod store_verify;
mod supply;
mod ws_frames;
mod ws_life;
mod ws_upgrade;
