//! Odd paths, methods, headers, credentials and ids.

use super::{Asked, CHANNEL, Want, call, wrong};
use crate::harness::{Answer, key_in};
use crate::rig::{API_SECRET, STORE};
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::time::Duration;

/// Method, path, credential, status, type, what the message names.
type Row = (Method, String, Option<String>, u16, &'static str, &'static str);

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn rows() -> Vec<Row> {
    let good = || Some(format!("PortOne {API_SECRET}"));
    let get = |path: &str, status, kind, name| (Method::GET, path.to_owned(), good(), status, kind, name);
    let mut rows: Vec<Row> = vec![
        get("/", 404, "INVALID_REQUEST", "operation"),
        get("/nothing", 404, "INVALID_REQUEST", "operation"),
        get("/payments/", 400, "INVALID_REQUEST", "paymentId"),
        get("/payments/a/b", 404, "INVALID_REQUEST", "operation"),
        get("/payments//cancel", 405, "INVALID_REQUEST", "POST"),
        get("/payments/%2F", 404, "PAYMENT_NOT_FOUND", "paymentId"),
        get("/payments/a%2Fcancel", 404, "PAYMENT_NOT_FOUND", "paymentId"),
        get("/payments/..", 404, "PAYMENT_NOT_FOUND", "paymentId"),
        get("/payments/%2e%2e%2fadmin", 404, "PAYMENT_NOT_FOUND", "paymentId"),
        get("/payments/%FF", 400, "INVALID_REQUEST", "paymentId"),
        get("/payments/%00", 400, "INVALID_REQUEST", "paymentId"),
        get("/payments/%0d%0aX:1", 400, "INVALID_REQUEST", "paymentId"),
        get("/payments/%20", 400, "INVALID_REQUEST", "paymentId"),
        get("/payments/%", 404, "PAYMENT_NOT_FOUND", "paymentId"),
        get("/payments/x?storeId=store-of-others", 403, "FORBIDDEN", "storeId"),
        get("/payments/x/transactions", 404, "PAYMENT_NOT_FOUND", "paymentId"),
        get("/payments/x/transactions?storeId=other", 403, "FORBIDDEN", "storeId"),
        get("/payments?storeId=other", 403, "FORBIDDEN", "storeId"),
        get("/payments?requestBody=%7B", 400, "INVALID_REQUEST", "requestBody"),
        get("/payments?requestBody=%FF", 400, "INVALID_REQUEST", "requestBody"),
        get(
            "/payments-by-cursor?requestBody=%7B%22size%22%3A0%7D",
            400,
            "INVALID_REQUEST",
            "size",
        ),
        get(
            "/payment-events-by-cursor?requestBody=%7B%22cursor%22%3A%22x%22%7D",
            400,
            "INVALID_REQUEST",
            "cursor",
        ),
    ];
    rows.push(get(
        &format!("/payments/{}", encoded(&"가".repeat(200))),
        404,
        "PAYMENT_NOT_FOUND",
        "paymentId",
    ));
    rows.push(get(
        &format!("/payments/{}", encoded(&"가".repeat(201))),
        400,
        "INVALID_REQUEST",
        "paymentId",
    ));
    rows.push(get(
        &format!("/payments/{}", "x".repeat(10 << 10)),
        400,
        "INVALID_REQUEST",
        "paymentId",
    ));
    for method in [
        Method::DELETE,
        Method::PUT,
        Method::PATCH,
        Method::OPTIONS,
        Method::POST,
    ] {
        rows.push((method, "/payments/x".to_owned(), good(), 405, "INVALID_REQUEST", "GET"));
    }
    for path in ["/payments/x/instant", "/payments/x/cancel", "/login/api-secret"] {
        rows.push((Method::GET, path.to_owned(), good(), 405, "INVALID_REQUEST", "POST"));
    }
    let credentials = [
        None,
        Some(String::new()),
        Some("PortOne".to_owned()),
        Some("PortOne wrong-secret-0123456789".to_owned()),
        Some(API_SECRET.to_owned()),
        Some(format!("Basic {API_SECRET}")),
        Some(format!("Bearer {API_SECRET}")),
        Some(format!("PortOne {API_SECRET}x")),
        Some(format!("PortOne {}", &API_SECRET[1..])),
        Some(format!("PortOne {}", "x".repeat(5_000))),
        Some("Bearer eyJhbGciOiJub25lIn0.e30.".to_owned()),
    ];
    for credential in credentials {
        for (method, path) in [
            (Method::GET, "/payments/x"),
            (Method::GET, "/payments"),
            (Method::POST, "/payments/x/cancel"),
        ] {
            rows.push((
                method,
                path.to_owned(),
                credential.clone(),
                401,
                "UNAUTHORIZED",
                "credential",
            ));
        }
    }
    rows
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paths_methods_and_credentials() {
    let asked = Asked::new().await;
    let mut failed = Vec::new();
    for (method, path, credential, status, kind, name) in rows() {
        let headers: Vec<(&str, &str)> = credential.iter().map(|c| ("authorization", c.as_str())).collect();
        let url = format!("{}{path}", asked.router.url);
        let answer = asked
            .web
            .send(method.clone(), &url, &headers, Bytes::new())
            .await
            .unwrap();
        let json: Value = serde_json::from_str(&answer.text).unwrap_or_default();
        let named = json["message"].as_str().is_some_and(|m| m.contains(name));
        let problem = wrong(&answer, false);
        if problem.is_some() || answer.status != status || json["type"] != kind || !named {
            let path: String = path.chars().take(60).collect();
            failed.push(format!(
                "{method} {path} {credential:?}: want {status} {kind} {name}: {problem:?} {} {}",
                answer.status, answer.text
            ));
        }
    }
    assert!(failed.is_empty(), "{}:\n{}", failed.len(), failed.join("\n"));
}

/// Bodies that are well formed and ask for what is not there, or not theirs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_or_not_theirs() {
    let asked = Asked::new().await;
    let with = |member: &str, value: Value| {
        let mut body = key_in(CHANNEL, 1_000);
        body[member] = value;
        body
    };
    let without_channel = |member: &str, value: &str| {
        let mut body = with(member, value.into());
        body.as_object_mut().unwrap().remove("channelKey");
        body
    };
    let sum = json!({ "total": 100, "taxFree": 80, "vat": 30 });
    let table: Vec<(&'static str, Value, u16, &'static str, &str)> = vec![
        (
            "/payments/x/instant",
            key_in("channel-key-nobody", 1_000),
            404,
            "CHANNEL_NOT_FOUND",
            "channelKey",
        ),
        (
            "/payments/x/instant",
            with("storeId", "store-of-others".into()),
            403,
            "FORBIDDEN",
            "storeId",
        ),
        (
            "/payments/x/instant",
            without_channel("channelGroupId", "group-nobody"),
            404,
            "CHANNEL_NOT_FOUND",
            "channelGroupId",
        ),
        (
            "/payments/x/instant",
            with("channelGroupId", "both".into()),
            400,
            "INVALID_REQUEST",
            "channelKey",
        ),
        (
            "/payments/x/instant",
            with("amount", sum),
            409,
            "SUM_OF_PARTS_EXCEEDS_TOTAL_AMOUNT",
            "amount.taxFree",
        ),
        (
            "/payments/x/instant",
            with("promotionId", "p".into()),
            400,
            "INVALID_REQUEST",
            "promotionId",
        ),
        (
            "/payments/x/instant",
            with("bypass", json!({ "toss": 1 })),
            400,
            "INVALID_REQUEST",
            "bypass",
        ),
        (
            "/payments/x/instant",
            with("isEscrow", true.into()),
            400,
            "INVALID_REQUEST",
            "isEscrow",
        ),
        (
            "/payments/x/instant",
            with("currency", "USD".into()),
            400,
            "INVALID_REQUEST",
            "currency",
        ),
        (
            "/payments/x/instant",
            with("amount", json!({ "total": 1 })),
            400,
            "INVALID_REQUEST",
            "amount.total",
        ),
        (
            "/payments/x/cancel",
            json!({ "reason": "x" }),
            404,
            "PAYMENT_NOT_FOUND",
            "paymentId",
        ),
        (
            "/payments/x/cancel",
            json!({ "reason": "x", "storeId": "other" }),
            403,
            "FORBIDDEN",
            "storeId",
        ),
        (
            "/payments/x/confirm",
            json!({ "paymentToken": "x" }),
            404,
            "PAYMENT_NOT_FOUND",
            "paymentId",
        ),
        (
            "/payments/x/pre-register",
            json!({ "totalAmount": 1, "taxFreeAmount": 2 }),
            400,
            "INVALID_REQUEST",
            "taxFreeAmount",
        ),
        (
            "/login/api-secret",
            json!({ "apiSecret": "not-the-secret-0123" }),
            401,
            "UNAUTHORIZED",
            "credential",
        ),
        (
            "/token/refresh",
            json!({ "refreshToken": "not-a-token" }),
            401,
            "UNAUTHORIZED",
            "credential",
        ),
    ];
    let mut failed = Vec::new();
    for (path, body, status, kind, name) in table {
        let want = Want {
            status,
            kind,
            names: vec![name.to_owned()],
        };
        let call = call(path, Value::Null, Vec::new());
        failed.extend(super::refused(&asked, &call, body.to_string().into(), &want, &format!("{kind} {name}")).await);
    }
    for (member, value, code, name) in [
        ("storeId", json!("store-of-others"), "StoreNotFound", "storeId"),
        (
            "channelKey",
            json!("channel-key-nobody"),
            "ChannelNotFound",
            "channelKey",
        ),
        ("totalAmount", json!(1), "BadRequest", "totalAmount"),
    ] {
        let mut body = super::calls().into_iter().find(|c| c.sdk).unwrap().body;
        body["taxFreeAmount"] = json!(0);
        body["vatAmount"] = json!(0);
        body[member] = value;
        let want = Want {
            status: 400,
            kind: code,
            names: vec![name.to_owned()],
        };
        let call = call("/checkout/payments", Value::Null, Vec::new());
        failed.extend(super::refused(&asked, &call, body.to_string().into(), &want, code).await);
    }
    assert!(failed.is_empty(), "{}:\n{}", failed.len(), failed.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_of_any_script_survive() {
    let asked = Asked::new().await;
    for id in [
        "주문-1",
        "a/b",
        "a b+c",
        "100%",
        "..",
        "\u{1f600}",
        "x'\"<>&",
        "가".repeat(200).as_str(),
    ] {
        let path = format!("/payments/{}", encoded(id));
        let paid = asked
            .web
            .v2(
                &asked.router.url,
                Method::POST,
                &format!("{path}/instant"),
                Some(key_in(CHANNEL, 1_000)),
            )
            .await
            .unwrap();
        assert_eq!(paid.status, 200, "{id}: {}", paid.text);
        let stands = asked.web.v2(&asked.router.url, Method::GET, &path, None).await.unwrap();
        assert_eq!(stands.json()["id"], *id, "{}", stands.text);
        assert_eq!(stands.json()["storeId"], STORE);
    }
}

/// Bytes on a connection, and what comes back before it is closed.
fn raw(url: &str, bytes: &[u8]) -> String {
    let mut stream = std::net::TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
    // A router that has refused already may close while we still write.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_speak_badly() {
    let asked = Asked::new().await;
    let secret = format!("Authorization: PortOne {API_SECRET}\r\n");
    let many: String = (0..300).map(|n| format!("X-{n}: 1\r\n")).collect();
    let rows: Vec<(&str, String, &[u16])> = vec![
        ("not HTTP", "hello\r\n\r\n".to_owned(), &[400]),
        ("TLS", "\x16\x03\x01\x02\0\x01".to_owned(), &[400]),
        ("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), &[]),
        (
            "no host",
            format!("GET /payments/x HTTP/1.1\r\nConnection: close\r\n{secret}\r\n"),
            &[400, 404],
        ),
        ("HTTP/1.0", format!("GET /payments/x HTTP/1.0\r\n{secret}\r\n"), &[404]),
        (
            "absolute form",
            format!("GET http://evil.example/payments/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{secret}\r\n"),
            &[404],
        ),
        (
            "two lengths",
            format!(
                "POST /payments/x/cancel HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n{secret}\r\n{{}}"
            ),
            &[400],
        ),
        (
            "length and chunks",
            format!(
                "POST /payments/x/cancel HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n{secret}\r\n0\r\n\r\n"
            ),
            &[400],
        ),
        (
            "a negative length",
            format!("POST /payments/x/cancel HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n{secret}\r\n"),
            &[400],
        ),
        (
            "a broken chunk",
            format!(
                "POST /payments/x/cancel HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n{secret}\r\nzz\r\n{{}}\r\n0\r\n\r\n"
            ),
            &[400, 408],
        ),
        (
            "two credentials",
            format!("GET /payments/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{secret}{secret}\r\n"),
            &[401],
        ),
        (
            "many headers",
            format!("GET /payments/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{many}\r\n"),
            &[431, 400],
        ),
        (
            "a huge header",
            format!(
                "GET /payments/x HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n",
                "x".repeat(200_000)
            ),
            &[431, 400],
        ),
        (
            "a long path",
            format!(
                "GET /payments/{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{secret}\r\n",
                "x".repeat(60_000)
            ),
            &[400, 414],
        ),
        (
            "Expect",
            format!(
                "POST /payments/x/cancel HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n{secret}\r\n{{}}"
            ),
            &[100],
        ),
        (
            "an unknown method",
            format!("BREW /payments/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{secret}\r\n"),
            &[405],
        ),
    ];
    for (what, bytes, statuses) in rows {
        let url = asked.router.url.clone();
        let answer = tokio::task::spawn_blocking(move || raw(&url, bytes.as_bytes()))
            .await
            .unwrap();
        let status = answer.split(' ').nth(1).and_then(|s| s.parse::<u16>().ok());
        // hyper closes a connection that begins with HTTP/2's preface without a word, as such a client expects.
        let closed = statuses.is_empty() && answer.is_empty();
        assert!(
            closed || status.is_some_and(|s| statuses.contains(&s)),
            "{what}: {answer}"
        );
    }
    // After all that it still works.
    let good: Answer = asked
        .web
        .instant(&asked.router.url, CHANNEL, "after", 1_000)
        .await
        .unwrap();
    assert_eq!(good.status, 200, "{}", good.text);
    assert!(!asked.router.said().contains("panicked"), "{}", asked.router.said());
}
