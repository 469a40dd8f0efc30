use super::*;
use crate::net::stream_body;
use bytes::Bytes;
use http::HeaderValue;
use std::time::Instant;

fn with(code: u16, header: &'static str, value: &'static str) -> Response {
    let mut response = status(code);
    response.headers_mut().insert(header, HeaderValue::from_static(value));
    response
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_endpoint_delays_nobody() {
    let world = World::new(&["/hang", "/good"], |_, _| status(200)).await;
    world.run();
    for n in 0..60 {
        world
            .event(&format!("e{n:02}"), &format!("p{n}"), "Transaction.Paid")
            .await;
    }
    let since = Instant::now();
    for n in 0..60 {
        world
            .until(&format!("p{n}"), |all| {
                all.iter().any(|d| d.state == DeliveryState::Delivered)
            })
            .await;
    }
    let good = world.came().iter().filter(|r| r.path == "/good").count();
    assert_eq!(good, 60);
    // Sixty at the dead one's pace (four at a time, 400 ms each) would take six seconds.
    assert!(since.elapsed() < Duration::from_secs(4), "{:?}", since.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_are_failures_not_followed() {
    let world = World::new(&["/a"], |_, _| with(302, "location", "/elsewhere")).await;
    world.run();
    world.event("e1", "p1", "Transaction.Paid").await;
    let dead = world.until("p1", all_are(DeliveryState::Dead)).await;
    assert_eq!(dead[0].last_error.as_deref(), Some("the receiver answered 302"));
    assert!(world.came().iter().all(|r| r.path == "/a"));
}

#[tokio::test(flavor = "multi_thread")]
async fn gone_means_never_again() {
    let world = World::new(&["/a"], |_, _| status(410)).await;
    world.run();
    world.event("e1", "p1", "Transaction.Paid").await;
    let dead = world.until("p1", all_are(DeliveryState::Dead)).await;
    assert_eq!((dead[0].attempts, world.came().len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_after_is_waited_out() {
    let world = World::new(&["/a"], |_, before| {
        if before == 0 {
            with(429, "retry-after", "1")
        } else {
            status(200)
        }
    })
    .await;
    world.run();
    world.event("e1", "p1", "Transaction.Paid").await;
    let since = Instant::now();
    world.until("p1", all_are(DeliveryState::Delivered)).await;
    assert!(since.elapsed() >= Duration::from_millis(990), "{:?}", since.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_answer_is_read_a_little() {
    let sent = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    let world = World::new(&["/a"], move |_, _| {
        let counted = Arc::clone(&counted);
        // A gigabyte, a piece at a time.
        let pieces = futures_util::stream::iter((0..16_384).map(move |_| {
            counted.fetch_add(65_536, std::sync::atomic::Ordering::SeqCst);
            Ok(Bytes::from_static(&[b'x'; 65_536]))
        }));
        let mut response = http::Response::new(stream_body(pieces));
        *response.status_mut() = StatusCode::OK;
        response
    })
    .await;
    world.run();
    world.event("e1", "p1", "Transaction.Paid").await;
    world.until("p1", all_are(DeliveryState::Delivered)).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let sent = sent.load(std::sync::atomic::Ordering::SeqCst);
    assert!(sent < 64 << 20, "{sent} bytes were taken of an answer nobody wants");
    use crate::ledger::OutboxLedger;
    let tries = world.ledger.tries("e1").await.unwrap();
    assert!(tries[0].response_body.len() <= 5_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn private_addresses_are_refused_at_the_connection() {
    let world = World::new(&[], |_, _| status(200)).await;
    let port = world.url.rsplit(':').next().unwrap().to_owned();
    let hosts = [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:10.0.0.1]",
        "169.254.169.254",
    ];
    let endpoints = hosts.map(|host| {
        let mut guarded = endpoint(&format!("http://{host}:{port}/"));
        guarded.allow_private = false;
        guarded
    });
    world.settings(endpoints.to_vec());
    world.run();
    world.event("e1", "p1", "Transaction.Paid").await;
    let dead = world.until("p1", all_are(DeliveryState::Dead)).await;
    assert_eq!(dead.len(), hosts.len());
    for one in dead {
        let error = one.last_error.unwrap();
        assert!(error.contains("inside a private network"), "{}: {error}", one.url);
    }
    assert!(world.came().is_empty(), "something was connected to");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_left_the_settings_gets_nothing_more() {
    let world = World::new(&["/a"], |_, _| status(500)).await;
    let at = crate::ledger::OutboxLedger::unexpanded(world.ledger.as_ref(), 1)
        .await
        .unwrap();
    assert!(at.is_empty());
    world.event("e1", "p1", "Transaction.Paid").await;
    world.run();
    world.until("p1", |all| all[0].attempts >= 1).await;
    world.settings(vec![]);
    let dead = world.until("p1", all_are(DeliveryState::Dead)).await;
    assert!(
        dead[0]
            .last_error
            .as_ref()
            .unwrap()
            .contains("no longer in the channel files")
            || dead[0].attempts == 6
    );
}
