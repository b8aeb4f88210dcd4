//! An encoder on GStreamer's `webrtcbin`: libnice, libsrtp and OpenH264 by other hands than ours and aiortc's.

use std::process::Stdio;

use tokio::process::Command;

use super::aiortc::{Client, annex_b, pictures, pictures_of, url};
use super::house::House;
use crate::support::web::XA_A;

const PYTHON: &str = "/usr/bin/python3";

/// Whether the system's Python has GStreamer with these elements.
async fn has(elements: &[&str]) -> bool {
    let asked = format!(
        "import gi; gi.require_version('Gst', '1.0'); gi.require_version('GstWebRTC', '1.0')\n\
         from gi.repository import Gst; Gst.init(None)\n\
         assert all(Gst.ElementFactory.find(name) for name in {elements:?})"
    );
    let mut python = Command::new(PYTHON);
    let ended = python.args(["-c", &asked]).stdin(Stdio::null()).stderr(Stdio::null()).status().await;
    let has = ended.is_ok_and(|status| status.success());
    if !has {
        println!("skipped: no GStreamer with {elements:?} here");
    }
    has
}

/// The picture of a GStreamer encoder as an independent page gets it: its payload types and its packets.
async fn seen(house: &House, video: &[&str], pictures_wanted: usize) -> Vec<diemcau::bot::Received> {
    let (_presider, mut page) = house.viewer().await;
    let _officer = house.seat("xa-a", XA_A).await;
    let whip = url(house, &house.whip());
    let mut encoder = Client::start(PYTHON, "gst.py", &[&["publish", &whip, &house.encoder], video].concat());
    let answered = encoder.event("answered").await;
    assert_eq!(answered["status"], 201, "{answered}");
    encoder.connected().await;
    pictures(&mut page, pictures_wanted).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_gstreamer_sends_as_vp8_is_seen() {
    if !has(&["webrtcbin", "nicesrc", "vp8enc", "opusenc"]).await {
        return;
    }
    let house = House::open().await;
    assert!(seen(&house, &[], 8).await.iter().all(|packet| packet.payload_type == 96));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_gstreamer_sends_as_h264_is_seen_and_decodes() {
    if !has(&["webrtcbin", "nicesrc", "openh264enc", "h264parse", "opusenc"]).await {
        return;
    }
    let house = House::open().await;
    let video = "openh264enc gop-size=30 complexity=low ! h264parse config-interval=-1 ! \
                 video/x-h264,profile=constrained-baseline ! rtph264pay aggregate-mode=zero-latency";
    let packets = seen(&house, &[video], 16).await;
    assert!(packets.iter().all(|packet| packet.payload_type == 103));
    let (what, count) = pictures_of("seen.h264", &annex_b(&packets)).await;
    assert_eq!((what.as_str(), count), ("h264,320,240", 16));
}
