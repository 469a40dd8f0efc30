//! Notifications that mean harm, or come from where they should not: each is contained, logged and counted.

use crate::harness::{Demo, call, send};
use crate::mail::{issue_account, notified, sim, status_of, until_status};
use crate::rig::{STORE, Site};
use crate::web::Web;
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Sends raw bytes to `/notify`, then what `more` gives, a piece a second; what was answered, and how long it took.
async fn raw(notify: &str, head: &str, body: &[u8], shut: bool, more: usize) -> (String, Duration) {
    let rest = notify.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).await.unwrap();
    let request = format!("POST /{path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n{head}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    if shut {
        stream.shutdown().await.unwrap();
    }
    let began = Instant::now();
    let (mut reader, mut writer) = stream.into_split();
    let dripping = tokio::spawn(async move {
        for _ in 0..more {
            tokio::time::sleep(Duration::from_secs(1)).await;
            if writer.write_all(b" ").await.is_err() {
                return;
            }
        }
        // Held open: its end is the server's to decide.
        tokio::time::sleep(Duration::from_secs(60)).await;
    });
    let mut answer = Vec::new();
    // A reset is an answer too.
    let read = tokio::time::timeout(Duration::from_secs(40), reader.read_to_end(&mut answer)).await;
    dripping.abort();
    assert!(read.is_ok() || !answer.is_empty(), "neither answered nor closed");
    (String::from_utf8_lossy(&answer).into_owned(), began.elapsed())
}

async fn counted(demo: &Demo, result: &str) -> f64 {
    let url = format!("{}/metrics", demo.value("NARU_ADMIN_URL"));
    let scrape = call(Method::GET, &url, &[], None).await.text;
    let label = format!("result=\"{result}\"");
    let lines = scrape
        .lines()
        .filter(|l| l.starts_with("naru_notifications_total") && l.contains(&label));
    lines
        .map(|l| l.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap())
        .sum()
}

async fn stored(demo: &Demo) -> Vec<Value> {
    let listed = demo.admin(Method::GET, "/admin/notices?limit=1000").await.json();
    listed["items"].as_array().unwrap_or_else(|| panic!("{listed}")).clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_notifications_are_contained_logged_and_counted() {
    let (demo, notify, shop, _stop) = notified().await;
    let tid = issue_account(&demo, "hx-1").await;
    // Bodies that never come whole: nothing is stored.
    let whole = br#"{"secret":"x","status":"DONE","transactionKey":"t","orderId":"NOBODY"}"#;
    let (short, _) = raw(&notify, "content-length: 5000", &whole[..30], true, 0).await;
    assert!(short.is_empty() || short.starts_with("HTTP/1.1 4"), "{short}");
    let slow = raw(&notify, "content-length: 5000", &whole[..30], false, 60);
    let chunked = raw(
        &notify,
        "transfer-encoding: chunked",
        b"ffffffffffffffff\r\n{",
        false,
        0,
    );
    let ((slow, took), (chunked, _)) = tokio::join!(slow, chunked);
    assert!(slow.is_empty() || slow.starts_with("HTTP/1.1 4"), "{slow}");
    assert!(
        took < Duration::from_secs(30),
        "a body a byte a second was waited for {took:?}"
    );
    assert!(chunked.is_empty() || chunked.starts_with("HTTP/1.1 4"), "{chunked}");
    let rows = stored(&demo).await;
    let theirs = |n: &&Value| n["state"] == "refused" || n["orderId"] == "NOBODY";
    assert_eq!(rows.iter().filter(theirs).count(), 0, "{rows:#?}");

    // A length that is too small: what it leaves over is no second notification.
    let (lying, _) = raw(&notify, "content-length: 10\r\nconnection: close", whole, false, 0).await;
    assert!(lying.starts_with("HTTP/1.1 400"), "{lying}");
    // Cut off, in another charset, with a byte order mark, no object, too deep: kept and refused.
    let korean: &[u8] = b"{\"secret\":\"\xb0\xa1\xb3\xaa\",\"status\":\"DONE\",\"orderId\":\"x\"}";
    let deep = format!("{}1{}", "[".repeat(20_000), "]".repeat(20_000));
    for body in [
        &whole[..40],
        korean,
        b"\xff\xfe{\0}\0",
        b"[]",
        b"null",
        b"",
        deep.as_bytes(),
    ] {
        let answer = send(Method::POST, &notify, &[], Bytes::copy_from_slice(body)).await;
        assert_eq!(
            answer.status,
            400,
            "{:?}: {}",
            String::from_utf8_lossy(&body[..body.len().min(40)]),
            answer.text
        );
    }
    let refused = stored(&demo).await;
    assert_eq!(
        refused.iter().filter(|n| n["state"] == "refused").count(),
        8,
        "{refused:#?}"
    );
    assert!(counted(&demo, "refused").await >= 8.0);
    assert!(
        demo.said().matches("a notification was refused").count() >= 8,
        "{}",
        demo.said()
    );
    let large = send(Method::POST, &notify, &[], vec![b' '; 65_537].into()).await;
    assert_eq!((large.status.as_u16(), counted(&demo, "oversized").await), (413, 1.0));
    let strange = notify.replace("/toss/", "/nice/");
    assert_eq!(
        send(Method::POST, &strange, &[], Bytes::from_static(whole))
            .await
            .status,
        404
    );
    assert!(counted(&demo, "unknown_channel").await >= 1.0);

    // Forged with a wrong secret, then the truth, then the truth again and again.
    let forged = json!({"tid": tid, "event": "DEPOSIT_CALLBACK", "status": "DONE", "secret": "ps_forged"});
    sim(&demo, Method::POST, "/_sim/toss/notify", forged).await;
    let deposit = json!({"tid": tid, "amount": 10_000});
    assert_eq!(
        sim(&demo, Method::POST, "/_sim/toss/deposit", deposit).await.status,
        200
    );
    until_status(&demo, "hx-1", "PAID").await;
    let again = json!({"tid": tid, "event": "DEPOSIT_CALLBACK", "status": "DONE"});
    let since = Instant::now();
    for _ in 0..3 {
        sim(&demo, Method::POST, "/_sim/toss/notify", again.clone()).await;
    }
    // A lie about a payment there is, and the same once more and once more: it is asked about once, and nothing moves.
    let applied = stored(&demo)
        .await
        .into_iter()
        .find(|n| n["state"] == "applied")
        .unwrap();
    let lie = json!({
        "eventType": "PAYMENT_STATUS_CHANGED", "createdAt": "2026-01-01T00:00:00.000000",
        "data": {"paymentKey": tid, "orderId": applied["orderId"], "status": "CANCELED"},
    });
    for _ in 0..3 {
        let headers = [("tosspayments-webhook-transmission-id", "replayed-1")];
        let answer = send(Method::POST, &notify, &headers, lie.to_string().into()).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    while counted(&demo, "duplicate").await < 2.0 {
        assert!(since.elapsed() < Duration::from_secs(20), "{:#?}", stored(&demo).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(status_of(&demo, "hx-1").await["status"], "PAID");
    let events = [
        "Transaction.Ready",
        "Transaction.VirtualAccountIssued",
        "Transaction.Paid",
    ];
    shop.until("hx-1", &events, &demo).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_of_an_unknown_payment_is_kept_looked_at_again_and_replayed() {
    let (demo, notify, _shop, _stop) = notified().await;
    let early = json!({"secret": "x", "status": "DONE", "transactionKey": "t", "orderId": "ORDER-NOT-YET"}).to_string();
    assert_eq!(send(Method::POST, &notify, &[], early.clone().into()).await.status, 200);
    let since = Instant::now();
    // Twice at least: at once, and after a second.
    let row = loop {
        let row = stored(&demo)
            .await
            .into_iter()
            .find(|n| n["orderId"] == "ORDER-NOT-YET")
            .unwrap();
        if row["attempts"].as_u64().unwrap() >= 2 {
            break row;
        }
        assert!(since.elapsed() < Duration::from_secs(20), "{row:#}\n{}", demo.said());
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert_eq!(row["state"], "waiting", "{row:#}");
    assert!(row["lastError"].as_str().unwrap().contains("no payment"), "{row:#}");
    assert!(
        !row.to_string().contains("transactionKey"),
        "what it holds is not shown: {row:#}"
    );
    // The PG repeats it: told once.
    assert_eq!(send(Method::POST, &notify, &[], early.into()).await.status, 200);
    assert!(counted(&demo, "duplicate").await >= 1.0);

    let url = format!("{}/admin/notices/replay", demo.value("NARU_ADMIN_URL"));
    let token = format!("Bearer {}", demo.value("NARU_ADMIN_TOKEN"));
    let headers = [("authorization", token.as_str())];
    let none = call(Method::POST, &url, &headers, Some(json!({}))).await;
    assert_eq!(none.json()["replayed"], 0, "nothing was given up: {}", none.text);
    let one = call(Method::POST, &url, &headers, Some(json!({ "id": row["id"] }))).await;
    assert_eq!(one.json()["replayed"], 1, "{}", one.text);
    loop {
        let now = stored(&demo).await.into_iter().find(|n| n["id"] == row["id"]).unwrap();
        // Read anew from the beginning, and it waits again.
        if now["state"] == "waiting" && now["attempts"].as_u64().unwrap() < 2 {
            break;
        }
        assert!(since.elapsed() < Duration::from_secs(30), "{now:#}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A live channel hears only the PG's own addresses; a proxy's word for an address counts only if the proxy is named.
#[tokio::test(flavor = "multi_thread")]
async fn live_notifications_come_from_the_pgs_addresses_only() {
    const PG: &str = "13.124.18.147";
    let channels = format!(
        "[[channel]]\nkey = \"channel-key-live\"\nprovider = \"toss\"\nmode = \"live\"\nmid = \"tnaru00001\"\n\
         stores = [\"{STORE}\"]\n[channel.credentials]\nclientKey = \"live_ck_naruSimulator000000000001\"\n\
         secretKey = \"env:NARU_LIVE_KEY\"\n"
    );
    let site = Site::new(&channels).set("NARU_LIVE_KEY", "live_sk_naruSimulator000000000001");
    let web = Web::new();
    let early = json!({"secret": "x", "status": "DONE", "transactionKey": "t", "orderId": "ORDER-LIVE"}).to_string();
    for trusted in [false, true] {
        if trusted {
            let settings = "trusted_proxies = [\"127.0.0.1/32\", \"10.0.0.0/8\"]\n";
            std::fs::write(site.dir().join("naru.toml"), settings).unwrap();
        }
        let router = site.start(&[]);
        let notify = format!("{}/notify/toss/channel-key-live", router.url);
        let from = async |forwarded: &str| {
            let headers = [("x-forwarded-for", forwarded)];
            let given: &[(&str, &str)] = if forwarded.is_empty() { &[] } else { &headers };
            let answer = web.send(Method::POST, &notify, given, early.clone().into()).await;
            answer.unwrap().status.as_u16()
        };
        assert_eq!(from("").await, 403);
        assert_eq!(from(PG).await, if trusted { 200 } else { 403 });
        // Written by the sender himself, before the proxy wrote where he really is.
        assert_eq!(from(&format!("{PG}, 203.0.113.9")).await, 403);
        assert_eq!(
            from(&format!("203.0.113.9, {PG}, 10.1.2.3")).await,
            if trusted { 200 } else { 403 }
        );
        assert_eq!(from("::ffff:203.0.113.9").await, 403);
        let refused = router
            .metric(&web, "naru_notifications_total", "result=\"unlisted_sender\"")
            .await;
        assert!((refused - if trusted { 3.0 } else { 5.0 }).abs() < 0.5, "{refused}");
        assert!(router.said().contains("not the PG's"), "{}", router.said());
    }
}
