//! The protocol itself: tokens, media types, what is unknown, conditions, preflights (RFC 9725).

use diemcau::bot::Bot;
use diemcau::clock::Clock as _;
use diemcau::domain::session::SessionAct;
use diemcau::store::office::{Act, DeviceScope};
use tokio::time::Instant;
use uuid::Uuid;

use super::house::{House, token};
use crate::media_stage::full;
use crate::support::web::{CENTRAL, Web, XA_A};

const SDP: (&str, &str) = ("content-type", "application/sdp");
const FRAGMENT: (&str, &str) = ("content-type", "application/trickle-ice-sdpfrag");

async fn offer() -> String {
    Bot::offer(&full(0)).await.unwrap().1
}

fn ufrag_of(offer: &str) -> &str {
    offer.lines().find_map(|line| line.strip_prefix("a=ice-ufrag:")).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_good_token_for_this_very_thing_lets_in() {
    let house = House::open().await;
    let (whip, whep, offer) = (house.whip(), house.whep(), offer().await);
    let mut wrong = house.encoder.clone();
    wrong.replace_range(..1, if wrong.starts_with('A') { "B" } else { "A" });
    for bad in [wrong.as_str(), "", "short", &"A".repeat(5_000)] {
        let answer = house.post(&whip, bad, &offer).await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "device_token_refused"), "{bad}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
    let host = ("host", house.web.host.as_str());
    assert_eq!(house.web.request("POST", &whip, &[host, SDP], offer.as_bytes()).await.status, 401);
    // A cookie opens nothing here, and two tokens are none.
    let cookie = house.web.sign_in("admin").await;
    assert_eq!(house.web.request("POST", &whip, &[host, SDP, ("cookie", &cookie)], offer.as_bytes()).await.status, 401);
    let two = [("content-type", "application/sdp"), ("authorization", "Bearer x")];
    assert_eq!(house.ask("POST", &whip, &house.encoder, &two, &offer).await.status, 401);

    for elsewhere in [format!("/whip/{CENTRAL}"), format!("/whip/{}", Uuid::nil()), "/whip/x".to_owned(), whep.clone()]
    {
        let answer = house.post(&elsewhere, &house.encoder, &offer).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{elsewhere}");
    }
    assert_eq!(house.post(&whip, &house.wall, &offer).await.status, 404);
    assert_eq!(house.post(&format!("/whep/{}", Uuid::nil()), &house.wall, &offer).await.status, 404);

    // What was taken back ends within seconds, and is let in no more.
    let answer = house.post(&whip, &house.encoder, &offer).await;
    assert_eq!(answer.status, 201);
    let by = Act::by("console", house.web.clock.now());
    assert!(house.web.accounts().revoke_device_token(house.encoder_id, by.clone()).await.unwrap().is_some());
    assert!(house.web.accounts().revoke_device_token(house.encoder_id, by).await.unwrap().is_none());
    assert_eq!(house.post(&whip, &house.encoder, &offer).await.status, 401);
    let end = Instant::now() + std::time::Duration::from_secs(30);
    while house.web.server.app().foreign.count() > 0 {
        assert!(Instant::now() < end, "a token that was taken back goes on");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_served_is_refused_by_a_code() {
    let house = House::open().await;
    let (whip, offer) = (house.whip(), offer().await);
    for kind in ["application/json", "text/plain", "application/sdpx", ""] {
        let answer = house.ask("POST", &whip, &house.encoder, &[("content-type", kind)], &offer).await;
        assert_eq!((answer.status, answer.code().as_str()), (415, "body_type"), "{kind}");
    }
    let unbundled = offer.replace("a=group:BUNDLE", "a=group:LS");
    for malformed in ["", "v=0", "nonsense", offer.split("m=").next().unwrap(), &unbundled] {
        let answer = house.post(&whip, &house.encoder, malformed).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "media_offer_malformed"), "{malformed}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    }
    let bearer = format!("Bearer {}", house.encoder);
    let headers = [("host", house.web.host.as_str()), ("authorization", &bearer), SDP];
    assert_eq!(house.web.request("POST", &whip, &headers, &[0xff, 0xfe]).await.status, 400);
    for unsupported in [offer.replace("VP8/90000", "VP9/90000"), offer.replace("a=setup:actpass", "a=setup:holdconn")] {
        let answer = house.post(&whip, &house.encoder, &unsupported).await;
        assert_eq!((answer.status, answer.code().as_str()), (422, "media_offer_unsupported"));
    }
    // Nothing is said of its kind: that is neither mode 1 nor what all decode.
    let h264 = house.post(&whip, &house.encoder, &offer.replace("VP8/90000", "H264/90000")).await;
    assert_eq!((h264.status, h264.code().as_str()), (422, "h264_unsupported"));
    // An encoder that would only receive, and a wall that would only send.
    let receives =
        Bot::offer(&diemcau::bot::BotConfig { camera: false, microphone: false, ..full(1) }).await.unwrap().1;
    assert_eq!(house.post(&whip, &house.encoder, &receives).await.status, 422);
    assert_eq!(house.post(&house.whep(), &house.wall, &offer).await.status, 422);
    let large = format!("{offer}{}", "a=x\r\n".repeat(20_000));
    assert_eq!(house.post(&whip, &house.encoder, &large).await.status, 413);
    for method in ["GET", "PUT"] {
        let answer = house.ask(method, &whip, &house.encoder, &[], "").await;
        assert_eq!((answer.status, answer.code().as_str()), (405, "method_not_allowed"), "{method}");
    }
    assert_eq!(house.web.server.app().foreign.count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_let_in_outside_a_session_and_everything_ends_with_it() {
    let web = Web::start().await;
    let session = web.session().await;
    let (_, _, encoder) = token(&web, DeviceScope::Point(XA_A)).await;
    let bearer = format!("Bearer {encoder}");
    let headers = [("host", web.host.as_str()), ("authorization", &bearer), SDP];
    let answer = web.request("POST", &format!("/whip/{XA_A}"), &headers, offer().await.as_bytes()).await;
    assert_eq!((answer.status, answer.code().as_str()), (409, "no_live_session"));
    let (_, _, wall) = token(&web, DeviceScope::Session(session)).await;
    let bearer = format!("Bearer {wall}");
    let headers = [("host", web.host.as_str()), ("authorization", &bearer), SDP];
    let answer = web.request("POST", &format!("/whep/{session}"), &headers, offer().await.as_bytes()).await;
    assert_eq!((answer.status, answer.code().as_str()), (409, "no_live_session"));

    let house = House::open().await;
    let (_, address) = house.machine(&house.whip(), &house.encoder, &full(0)).await;
    house.moves("head", SessionAct::Cancel).await;
    let end = Instant::now() + std::time::Duration::from_secs(30);
    while house.web.server.app().foreign.count() > 0 {
        assert!(Instant::now() < end, "the encoder outlives its session");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(house.ask("DELETE", &address, &house.encoder, &[], "").await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_made_has_an_address_a_tag_and_conditions() {
    let house = House::open().await;
    let offer = offer().await;
    let answer = house.post(&house.whip(), &house.encoder, &offer).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.header("content-type"), Some("application/sdp"));
    assert!(answer.body.starts_with(b"v=0\r\n"));
    let (address, etag) = (answer.header("location").unwrap(), answer.header("etag").unwrap());
    assert!(address.starts_with(&format!("{}/", house.whip())), "{address}");
    assert!(etag.starts_with('"') && etag.ends_with('"'), "{etag}");

    let fragment = |ufrag: &str| {
        format!(
            "a=ice-ufrag:{ufrag}\r\na=ice-pwd:2/1muCWoOi3uLifh0NuRHlqy\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"
        )
    };
    let good = fragment(ufrag_of(&offer));
    let patch = async |headers: &[(&str, &str)], body: &str| {
        let answer = house.ask("PATCH", address, &house.encoder, headers, body).await;
        let code = if answer.status < 300 { String::new() } else { answer.code() };
        (answer.status, code)
    };
    assert_eq!(patch(&[FRAGMENT, ("if-match", etag)], &good).await, (204, String::new()));
    assert_eq!(patch(&[FRAGMENT], &good).await, (428, "precondition_required".to_owned()));
    assert_eq!(patch(&[FRAGMENT, ("if-match", "\"other\"")], &good).await, (412, "precondition_failed".to_owned()));
    assert_eq!(patch(&[FRAGMENT, ("if-match", "*")], &fragment("new")).await, (422, "ice_restart_refused".to_owned()));
    assert_eq!(patch(&[FRAGMENT, ("if-match", etag)], "a=end-of-candidates").await, (400, "body_malformed".to_owned()));
    assert_eq!(patch(&[SDP, ("if-match", etag)], &good).await, (415, "body_type".to_owned()));

    // Another machine's token, another point's address, and what never was look alike.
    let nowhere = format!("{}/{}", house.whip(), Uuid::nil());
    let elsewhere = address.replace(&XA_A.to_string(), &CENTRAL.to_string());
    let (_, _, neighbour) = token(&house.web, DeviceScope::Point(XA_A)).await;
    for (path, token) in [(nowhere.as_str(), &house.encoder), (&elsewhere, &house.encoder), (address, &neighbour)] {
        for method in ["DELETE", "PATCH"] {
            let headers = [FRAGMENT, ("if-match", etag)];
            let answer = house.ask(method, path, token, &headers, &good).await;
            assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{method} {path}");
        }
    }
    assert_eq!(house.ask("DELETE", address, "", &[], "").await.status, 401);
    assert_eq!(house.ask("DELETE", address, &house.encoder, &[("if-match", "\"x\"")], "").await.status, 412);
    assert_eq!(house.ask("DELETE", address, &house.encoder, &[("if-match", etag)], "").await.status, 200);
    assert_eq!(house.ask("DELETE", address, &house.encoder, &[], "").await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_page_may_ask_and_is_told_how() {
    let house = House::open().await;
    let host = ("host", house.web.host.as_str());
    let origin = ("origin", "https://encoder.example");
    for path in [house.whip(), house.whep(), format!("{}/{}", house.whip(), Uuid::nil())] {
        let headers = [host, origin, ("access-control-request-method", "POST")];
        let answer = house.web.request("OPTIONS", &path, &headers, b"").await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert_eq!(answer.header("accept-post"), Some("application/sdp"));
        for wanted in ["POST", "PATCH", "DELETE"] {
            assert!(answer.header("access-control-allow-methods").unwrap().contains(wanted));
        }
        assert!(answer.header("access-control-allow-headers").unwrap().contains("Authorization"));
    }
    let answer = house.post(&house.whip(), "none", "v=0").await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "a page may read why");
    assert!(answer.header("access-control-expose-headers").unwrap().contains("Location"));
    // Nothing else of the server is opened by this.
    let page = house.web.request("OPTIONS", "/api/v1/me", &[host, origin], b"").await;
    assert_eq!(page.header("access-control-allow-origin"), None);
    // A socket is no way in for a machine.
    let cookie = house.web.sign_in("xa-a").await;
    for device in ["encoder", "wall"] {
        let answer = house.web.ticket(&cookie, house.session, Some(XA_A), device).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "body_malformed"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_machine_learns_of_the_relay() {
    let relay = "turns:tcd.vn:443?transport=tcp";
    let house = House::open_with(|config| config.media.relay = vec![relay.to_owned()]).await;
    let answer = house.post(&house.whip(), &house.encoder, &offer().await).await;
    let link = answer.header("link").unwrap();
    assert!(link.starts_with(&format!("<{relay}>; rel=\"ice-server\"; username=\"")), "{link}");
    assert!(link.ends_with("credential-type=\"password\"") && link.contains("; credential=\""), "{link}");
}
