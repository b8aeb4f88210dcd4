//! In and out: passwords, links, kiosks, limits of time, T68 (guessing) and T69.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diemcau::auth::secret;
use diemcau::clock::Clock as _;
use diemcau::domain::units::DeviceKind;
use diemcau::store::office::PairingCode;
use jiff::SignedDuration;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::json;

use crate::support::web::{PASSWORD, Web, XA_A, cookie_of, user};

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_is_a_host_cookie_and_ends_with_sign_out() {
    let web = Web::start().await;
    let answer = web.try_sign_in(" Officer ", PASSWORD).await;
    assert_eq!(answer.status, 204);
    let set = answer.header("set-cookie").unwrap();
    for part in ["__Host-sid=", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
        assert!(set.contains(part), "{set}");
    }
    let cookie = cookie_of(&answer);
    let me = web.get("/api/v1/me", &cookie).await.json();
    assert_eq!(me["user"]["login"], "officer");
    assert_eq!(me["roles"][0]["role"], "reception_officer");
    assert_eq!(web.post("/api/v1/sign-out", &cookie, &json!({})).await.status, 204);
    let after = web.get("/api/v1/me", &cookie).await;
    assert_eq!((after.status, after.code().as_str()), (401, "sign_in_needed"));
    assert_eq!(after.header("cache-control"), Some("no-store"));
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_again_ends_the_sign_in_before() {
    let web = Web::start().await;
    let first = web.sign_in("officer").await;
    let second = web.post("/api/v1/sign-in", &first, &json!({"login": "head", "password": PASSWORD})).await;
    assert_ne!(cookie_of(&second), first, "no fixation");
    assert_eq!(web.get("/api/v1/me", &first).await.status, 401);
    assert_eq!(web.get("/api/v1/me", &cookie_of(&second)).await.json()["user"]["login"], "head");
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_and_absolute_limits_end_a_sign_in() {
    let web = Web::start().await;
    let idle = web.sign_in("officer").await;
    web.clock.forward(59 * 60);
    assert_eq!(web.get("/api/v1/me", &idle).await.status, 200);
    web.clock.forward(59 * 60);
    assert_eq!(web.get("/api/v1/me", &idle).await.status, 200, "use keeps it");
    web.clock.forward(60 * 60);
    assert_eq!(web.get("/api/v1/me", &idle).await.status, 401);
    let busy = web.sign_in("officer").await;
    for _ in 0..23 {
        web.clock.forward(30 * 60);
        assert_eq!(web.get("/api/v1/me", &busy).await.status, 200);
    }
    web.clock.forward(30 * 60);
    assert_eq!(web.get("/api/v1/me", &busy).await.status, 401, "twelve hours are over");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_whether_an_account_exists() {
    let web = Web::start().await;
    let mut account = web.accounts().by_login("tech").await.unwrap().unwrap();
    account.user.disabled = true;
    web.accounts().save(&account, web.clock.now()).await.unwrap();
    let wrong = web.try_sign_in("officer", "sai mật khẩu rồi đấy").await;
    let nobody = web.try_sign_in("nobody", "sai mật khẩu rồi đấy").await;
    let disabled = web.try_sign_in("tech", PASSWORD).await;
    let endless = web.try_sign_in("officer", &"a".repeat(4000)).await;
    for other in [&nobody, &disabled, &endless] {
        assert_eq!((other.status, &other.body), (wrong.status, &wrong.body));
    }
    assert_eq!((wrong.status, wrong.code().as_str()), (401, "sign_in_failed"));
    // The hash is computed for nobody, too: the quickest of several tries, which other work on the machine delays least.
    let mut quickest = [u128::MAX; 2];
    for round in 0..8 {
        web.clock.forward(1800);
        for (at, login) in ["officer", "nobody-else"].into_iter().enumerate() {
            let began = std::time::Instant::now();
            web.try_sign_in(login, &format!("sai lần thứ {round} rồi")).await;
            quickest[at] = quickest[at].min(began.elapsed().as_micros());
        }
    }
    let [known, unknown] = quickest;
    // Without it the answer is twenty times as quick; a busy machine alone makes a factor of two.
    assert!(known < unknown * 6 && unknown < known * 6, "{known} µs against {unknown} µs");
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_gets_slower_and_tells_when_to_try_again() {
    let web = Web::start().await;
    for _ in 0..5 {
        assert_eq!(web.try_sign_in("officer", "sai mật khẩu rồi đấy").await.status, 401);
    }
    let refused = web.try_sign_in("officer", PASSWORD).await;
    assert_eq!((refused.status, refused.code().as_str()), (429, "too_many_attempts"));
    let wait: i64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=30).contains(&wait), "{wait}");
    web.clock.forward(wait);
    assert_eq!(web.try_sign_in("officer", PASSWORD).await.status, 204, "the right person gets in after waiting");
    // One address, many names.
    web.clock.forward(1800);
    let statuses: Vec<u16> = {
        let mut statuses = Vec::new();
        for i in 0..21 {
            statuses.push(web.try_sign_in(&format!("name{i}"), "sai mật khẩu rồi đấy").await.status);
        }
        statuses
    };
    assert!(statuses[..20].iter().all(|status| *status == 401), "{statuses:?}");
    assert_eq!(statuses[20], 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_works_once_in_its_time_and_only_where_links_are_on() {
    let web = Web::start().await;
    let make = async |web: &Web| {
        let (token, now) = (secret::token().unwrap(), web.clock.now());
        let end = now + SignedDuration::from_secs(900);
        web.accounts().make_link(secret::digest(&token), user("head"), end, now).await.unwrap();
        token
    };
    let token = make(&web).await;
    let first = web.post("/api/v1/sign-in/link", "", &json!({"token": token})).await;
    assert_eq!(web.get("/api/v1/me", &cookie_of(&first)).await.json()["user"]["login"], "head");
    let second = web.post("/api/v1/sign-in/link", "", &json!({"token": token})).await;
    assert_eq!((second.status, second.code().as_str()), (401, "link_spent"));
    let late = make(&web).await;
    web.clock.forward(901);
    assert_eq!(web.post("/api/v1/sign-in/link", "", &json!({"token": late})).await.status, 401);
    let off = Web::start_with(|config| config.sign_in.links = false).await;
    let token = make(&off).await;
    let answer = off.post("/api/v1/sign-in/link", "", &json!({"token": token})).await;
    assert_eq!((answer.status, answer.code().as_str()), (404, "links_off"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kiosk_is_paired_once_and_signs_each_challenge_once() {
    let web = Web::start().await;
    let now = web.clock.now();
    let code = PairingCode {
        code_hash: secret::digest("ABCDEFGHJK"),
        point: XA_A,
        kind: DeviceKind::Main,
        name: "Bàn 1".to_owned(),
        expires_at: now + SignedDuration::from_secs(600),
    };
    web.accounts().make_pairing_code(&code, now).await.unwrap();
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap();
    let head = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgA";
    let mut spki = URL_SAFE_NO_PAD.decode(format!("{head}A")).unwrap();
    spki.truncate(26);
    spki.extend(pair.public_key().as_ref());
    let public_key = URL_SAFE_NO_PAD.encode(spki);

    let wrong = web.post("/api/v1/kiosk/pair", "", &json!({"code": "ABCDEFGHJL", "public_key": public_key})).await;
    assert_eq!(wrong.code(), "pairing_code_wrong");
    let typed = json!({"code": "abcd-efgh jk", "public_key": public_key});
    let paired = web.post("/api/v1/kiosk/pair", "", &typed).await.json();
    assert_eq!(paired["point"], json!(XA_A));
    assert_eq!(web.post("/api/v1/kiosk/pair", "", &typed).await.code(), "pairing_code_wrong", "one use");

    let challenge = web.get("/api/v1/kiosk/challenge", "").await.json()["challenge"].as_str().unwrap().to_owned();
    let message = format!("diemcau-kiosk-sign-in-1\n{challenge}");
    let signature = URL_SAFE_NO_PAD.encode(pair.sign(&random, message.as_bytes()).unwrap());
    let given = json!({"device": paired["device"], "challenge": challenge, "signature": signature});
    // An officer is signed in at the kiosk: they stay the actor, the point is added.
    let officer = web.sign_in("xa-a").await;
    let signed_in = web.post("/api/v1/kiosk/sign-in", &officer, &given).await;
    assert_eq!(signed_in.status, 204, "{signed_in:?}");
    let cookie = cookie_of(&signed_in);
    let me = web.get("/api/v1/me", &cookie).await.json();
    assert_eq!((&me["user"]["login"], &me["kiosk"]["point"]), (&json!("xa-a"), &json!(XA_A)));
    assert_eq!(web.get("/api/v1/me", &officer).await.status, 401);
    assert_eq!(web.post("/api/v1/kiosk/sign-in", "", &given).await.code(), "kiosk_refused", "replayed");

    // Alone, the kiosk is itself: no role, its point, its session.
    let session = web.session().await;
    let challenge = web.get("/api/v1/kiosk/challenge", "").await.json()["challenge"].as_str().unwrap().to_owned();
    let message = format!("diemcau-kiosk-sign-in-1\n{challenge}");
    let signature = URL_SAFE_NO_PAD.encode(pair.sign(&random, message.as_bytes()).unwrap());
    let given = json!({"device": paired["device"], "challenge": challenge, "signature": signature});
    let alone = cookie_of(&web.post("/api/v1/kiosk/sign-in", "", &given).await);
    let me = web.get("/api/v1/me", &alone).await.json();
    assert_eq!(me["roles"], json!([]));
    assert_eq!(me["points"][0]["id"], json!(XA_A));
    assert_eq!(web.get(&format!("/api/v1/sessions/{session}"), &alone).await.status, 200);
    assert_eq!(web.ticket(&alone, session, Some(XA_A), "citizen_screen").await.status, 200);
    assert_eq!(web.ticket(&alone, session, None, "citizen_screen").await.status, 404);
    assert_eq!(web.get(&format!("/api/v1/sessions/{session}/record"), &alone).await.status, 404);
    assert_eq!(web.get("/api/v1/directory", &alone).await.json()["users"], json!([]));
}
