//! `diemcau admin device-token`, by the program itself: what it prints opens what it names, until it is taken back.

use std::process::{Command, Output};

use diemcau::app::accounts::Accounts;
use diemcau::auth::device;
use diemcau::store::office::{DeviceScope, DeviceToken};
use jiff::Timestamp;
use uuid::Uuid;

use crate::chaos::office::{POINTS, furnish};
use crate::support::process::House;

fn verb(house: &House, args: &[&str]) -> (bool, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_diemcau"));
    program.args(["--lang", "en", "admin", "--config"]).arg(house.config()).arg("device-token").args(args);
    let Output { status, stdout, stderr } = program.output().unwrap();
    (status.success(), String::from_utf8([stdout, stderr].concat()).unwrap())
}

/// Whom the token lets in now.
async fn admitted(house: &House, token: &str) -> Option<DeviceToken> {
    let accounts = Accounts::new(house.store().await);
    device::admit(&accounts, Some(&format!("Bearer {token}")), Timestamp::now()).await.ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_made_listed_and_taken_back() {
    let house = House::new();
    furnish(&house).await;
    let [_, point, ..] = POINTS;
    let (named, path) = (point.to_string(), format!("/whip/{point}"));
    let (done, said) = verb(&house, &["encoder", &named, "--name", "HDMI 1", "--days", "7"]);
    assert!(done && said.contains(&path), "{said}");
    let token = said.split_whitespace().last().unwrap();
    let kept = admitted(&house, token).await.unwrap();
    assert_eq!((kept.scope, kept.name.as_str()), (DeviceScope::Point(point), "HDMI 1"));
    let days = kept.expires_at.duration_since(Timestamp::now()).as_hours();
    assert!((7 * 24 - 1..=7 * 24).contains(&days), "{days} hours");

    let id = kept.id.to_string();
    let (done, listed) = verb(&house, &["list"]);
    assert!(done && listed.contains(&id) && listed.contains("HDMI 1") && listed.contains(&path), "{listed}");
    assert!(!listed.contains(token), "a token is shown once");

    let (done, said) = verb(&house, &["revoke", &id]);
    assert!(done && said.contains("HDMI 1"), "{said}");
    assert_eq!(admitted(&house, token).await, None);
    let (done, listed) = verb(&house, &["list"]);
    assert!(done && !listed.contains(&id), "{listed}");
    let (done, said) = verb(&house, &["revoke", &id]);
    assert!(!done && said.contains(&id), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_or_lasts_too_long_gets_no_token() {
    let house = House::new();
    furnish(&house).await;
    let nobody = Uuid::from_u128(7).to_string();
    let point = POINTS[1].to_string();
    for (args, names) in [
        (vec!["encoder", "Xã không có", "--name", "HDMI"], "Xã không có"),
        (vec!["wall", &nobody, "--name", "Sảnh"], nobody.as_str()),
        (vec!["encoder", &point, "--name", "HDMI", "--days", "0"], "--days"),
        (vec!["encoder", &point, "--name", "HDMI", "--days", "100000"], "--days"),
        (vec!["encoder", &point], "--name"),
    ] {
        let (done, said) = verb(&house, &args);
        assert!(!done && said.contains(names), "{args:?}: {said}");
    }
    let (done, listed) = verb(&house, &["list"]);
    assert!(done && listed.is_empty(), "{listed}");
}
