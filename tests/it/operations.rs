//! The operations listener of a running router, and its life: reload, drain.

use crate::harness::{Demo, call, key_in};
use http::{Method, StatusCode};
use std::time::{Duration, Instant};

#[tokio::test]
async fn probes_scrape_and_admin_calls() {
    let demo = Demo::start();
    let url = demo.value("NARU_ADMIN_URL");
    for path in ["/healthz", "/readyz"] {
        let answer = call(Method::GET, &format!("{url}{path}"), &[], None).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
    }
    let scrape = call(Method::GET, &format!("{url}/metrics"), &[], None).await;
    for name in [
        "naru_build_info",
        "naru_config_version 1",
        "naru_unknown_open 0",
        "naru_config_last_reload_success 1",
    ] {
        assert!(scrape.text.contains(name), "{name} missing in\n{}", scrape.text);
    }
    // Only credentials that end by themselves have a date.
    let key = demo.value("NARU_CHANNEL_KCP");
    let ends = format!("naru_channel_credential_expires_timestamp_seconds{{channel=\"{key}\",provider=\"kcp\"}} ");
    let (_, at) = scrape.text.split_once(&ends).expect(&scrape.text);
    let at: i64 = at.lines().next().unwrap().parse().unwrap();
    assert!(at > 2_000_000_000, "{at} is a time in seconds, far ahead");
    assert!(
        !scrape
            .text
            .contains("expires_timestamp_seconds{channel=\"channel-key-c1a5")
    );
    for headers in [&[][..], &[("authorization", "Bearer wrong")][..]] {
        let refused = call(Method::GET, &format!("{url}/admin/config"), headers, None).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        assert_eq!(refused.json()["type"], "UNAUTHORIZED");
    }
    let config = demo.admin(Method::GET, "/admin/config").await.json();
    assert_eq!(config["version"], 1);
    let channel = &config["channels"][0];
    for member in ["channelKey", "provider", "mode", "mid", "state", "revision"] {
        assert!(channel[member].is_string(), "{member}: {config}");
    }
    assert!(!config.to_string().contains(demo.value("NARU_API_SECRET")));
    let absent = demo.admin(Method::GET, "/admin/nothing").await;
    assert_eq!(
        (absent.status, absent.json()["type"].as_str().unwrap()),
        (StatusCode::NOT_FOUND, "NOT_FOUND")
    );
    assert_eq!(
        demo.admin(Method::DELETE, "/admin/config").await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
}

#[tokio::test]
async fn a_refused_reload_keeps_the_last_good_settings() {
    let demo = Demo::start();
    let broken = demo.channels().join("zz-broken.toml");
    std::fs::write(&broken, "[[channel]\nkey = 1\n").unwrap();
    let refused = demo.admin(Method::POST, "/admin/config/reload").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
    let problems = refused.json()["problems"].to_string();
    assert!(problems.contains("zz-broken.toml:1:"), "{problems}");
    let status = demo.admin(Method::GET, "/admin/config").await.json();
    assert_eq!(status["version"], 1);
    assert!(
        status["rejected"]["problems"].to_string().contains("zz-broken.toml:1:"),
        "{status}"
    );
    let ready = call(
        Method::GET,
        &format!("{}/readyz", demo.value("NARU_ADMIN_URL")),
        &[],
        None,
    )
    .await;
    assert_eq!(ready.status, StatusCode::OK);
    let paid = demo
        .v2(
            Method::POST,
            "/payments/while-refused/instant",
            Some(key_in(demo.value("NARU_CHANNEL_TOSS"), 1_000)),
        )
        .await;
    assert_eq!(paid.status, StatusCode::OK, "{}", paid.text);
    std::fs::remove_file(&broken).unwrap();
    let good = demo.admin(Method::POST, "/admin/config/reload").await;
    assert_eq!(good.status, StatusCode::OK, "{}", good.text);
    assert!(good.json()["rejected"].is_null());
}

#[tokio::test]
async fn a_payments_story_is_told_without_secrets() {
    let demo = Demo::start();
    let body = key_in(demo.value("NARU_CHANNEL_TOSS"), 1_000);
    let paid = demo.v2(Method::POST, "/payments/story-1/instant", Some(body)).await;
    assert_eq!(paid.status, StatusCode::OK, "{}", paid.text);
    let path = format!("/admin/payments/{}/story-1", demo.value("NARU_STORE_ID"));
    let story = demo.admin(Method::GET, &path).await;
    assert_eq!(story.status, StatusCode::OK, "{}", story.text);
    let attempt = &story.json()["attempts"][0];
    assert_eq!(attempt["status"], "PAID");
    assert!(!attempt["journal"].as_array().unwrap().is_empty(), "{}", story.text);
    for secret in ["9410001234567890", "\"keep\"", "900101"] {
        assert!(!story.text.contains(secret), "{secret} in {}", story.text);
    }
    let absent = demo.admin(Method::GET, "/admin/payments/no-store/none").await;
    assert_eq!(absent.json()["type"], "PAYMENT_NOT_FOUND");
}

#[tokio::test]
async fn sighup_reloads_and_sigterm_drains() {
    let mut demo = Demo::start();
    let comment = demo.channels().join("zz-more.toml");
    std::fs::write(&comment, "# nothing yet\n").unwrap();
    demo.signal("HUP");
    let since = Instant::now();
    let metrics = format!("{}/metrics", demo.value("NARU_ADMIN_URL"));
    while !call(Method::GET, &metrics, &[], None)
        .await
        .text
        .contains("naru_config_last_reload_success 1")
    {
        assert!(since.elapsed() < Duration::from_secs(10), "{}", demo.said());
    }
    demo.signal("TERM");
    let ended = demo.ended(Duration::from_secs(15));
    assert!(
        ended.is_some_and(|status| status.success()),
        "{ended:?}\n{}",
        demo.said()
    );
    let public = demo.value("NARU_URL").trim_start_matches("http://").to_owned();
    assert!(std::net::TcpStream::connect(public).is_err(), "the port is still open");
}
