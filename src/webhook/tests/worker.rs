use super::*;
use crate::ledger::{DeliveryFilter, OutboxLedger};
use crate::webhook::signatures;

fn signed(request: &Request, secret: &str) -> bool {
    let (id, at) = (
        request.header("webhook-id").unwrap(),
        request.header("webhook-timestamp").unwrap(),
    );
    let made = signatures(&[secret.into()], id, at.parse().unwrap(), &request.body);
    request
        .header("webhook-signature")
        .unwrap()
        .split(' ')
        .any(|s| s == made)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_goes_to_every_endpoint_signed_under_one_id() {
    let world = World::new(&["/a", "/b"], |_, _| status(200)).await;
    world.run();
    world.event("e1", "p1", "Transaction.Paid").await;
    let sent = world.until("p1", all_are(DeliveryState::Delivered)).await;
    assert_eq!(sent.iter().map(|d| d.id.as_str()).collect::<Vec<_>>(), ["e1", "e1.2"]);
    let came = world.came();
    assert_eq!(came.len(), 2);
    for request in &came {
        assert_eq!(request.header("webhook-id"), Some("e1"));
        assert_eq!(request.header("content-type"), Some("application/json"));
        assert!(signed(request, SECRET));
        let body = body(request);
        assert_eq!(body["type"], "Transaction.Paid");
        assert_eq!(
            body["data"],
            json!({"paymentId": "p1", "storeId": "store-a", "transactionId": "tx-p1"})
        );
    }
    let tries = world.ledger.tries("e1").await.unwrap();
    assert_eq!(
        (tries.len(), tries[0].status, tries[0].response_body.as_str()),
        (1, Some(200), "said")
    );
    assert!(
        tries[0].request_header.contains("webhook-signature: ***"),
        "{}",
        tries[0].request_header
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_one_is_tried_six_times_with_one_id_then_replayed() {
    let world = World::new(&["/a"], |_, before| status(if before < 6 { 500 } else { 204 })).await;
    world.run();
    world.event("e1", "p1", "Transaction.Paid").await;
    let dead = world.until("p1", all_are(DeliveryState::Dead)).await;
    assert_eq!(
        (dead[0].attempts, dead[0].last_error.as_deref()),
        (6, Some("the receiver answered 500"))
    );
    let came = world.came();
    assert_eq!(came.len(), 6);
    assert!(
        came.iter()
            .all(|r| r.header("webhook-id") == Some("e1") && r.body == came[0].body && signed(r, SECRET))
    );
    let other = DeliveryFilter {
        event: Some("Transaction.Failed".into()),
        ..DeliveryFilter::default()
    };
    assert_eq!(world.ledger.replay(&other, 0, 6).await.unwrap(), 0);
    let filter = DeliveryFilter {
        payment_id: Some("p1".into()),
        ..DeliveryFilter::default()
    };
    assert_eq!(world.ledger.replay(&filter, 0, 6).await.unwrap(), 1);
    let done = world.until("p1", all_are(DeliveryState::Delivered)).await;
    assert_eq!((done[0].attempts, done[0].base, done[0].tries), (7, 6, 6));
    assert_eq!(world.metrics.webhook_deliveries.with_label_values(&["retry"]).get(), 5);
    assert_eq!(world.metrics.webhook_deliveries.with_label_values(&["dead"]).get(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resend_is_one_try_and_ends() {
    let world = World::new(&["/a"], |_, before| status(if before == 0 { 200 } else { 500 })).await;
    world.run();
    world.event("e1", "p1", "Transaction.Paid").await;
    world.until("p1", all_are(DeliveryState::Delivered)).await;
    assert!(world.ledger.resend("e1", 0, 2).await.unwrap());
    let dead = world.until("p1", all_are(DeliveryState::Dead)).await;
    assert_eq!((dead[0].attempts, dead[0].trigger.as_deref()), (2, Some("MANUAL")));
    assert!(world.ledger.resend("e1", 0, 2).await.unwrap());
    world.until("p1", |all| all[0].attempts == 3).await;
    assert!(
        !world.ledger.resend("e1", 0, 2).await.unwrap(),
        "the third is one too many"
    );
    assert!(!world.ledger.resend("absent", 0, 2).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_notice_urls_versions_and_secrets() {
    let world = World::new(&[], |_, _| status(200)).await;
    let url = |path: &str| format!("{}{path}", world.url);
    let mut paid = endpoint(&url("/paid"));
    paid.events = vec!["Transaction.Paid".into()];
    paid.secrets.push("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into());
    let mut old = endpoint(&url("/old"));
    old.version = WebhookVersion::V20240101;
    old.content = WebhookContent::Form;
    let mut live = endpoint(&url("/live"));
    live.mode = WebhookMode::Live;
    world.settings(vec![paid, old, live]);
    world.run();
    world.event("e1", "p1", "Transaction.Failed").await;
    world.event("e2", "p2", "Transaction.Paid").await;
    let mut named = transaction("tx-p3", "p3", Status::Paid);
    let urls = json!([url("/n1"), url("/n2"), url("/n1")]);
    named.extras.insert("noticeUrls".into(), urls);
    world.ledger.commit(vec![Write::Insert(Box::new(named))]).await.unwrap();
    world.event("e3", "p3", "Transaction.Failed").await;
    for payment in ["p1", "p2", "p3"] {
        world.until(payment, all_are(DeliveryState::Delivered)).await;
    }
    let came = world.came();
    let mut paths: Vec<(&str, &str)> = came
        .iter()
        .map(|r| (r.header("webhook-id").unwrap(), r.path.as_str()))
        .collect();
    paths.sort_unstable();
    assert_eq!(
        paths,
        [
            ("e1", "/old"),
            ("e2", "/old"),
            ("e2", "/paid"),
            ("e3", "/n1"),
            ("e3", "/n2")
        ]
    );
    for request in &came {
        match request.path.as_str() {
            "/old" => assert!(request.body.starts_with(b"payment_id=p") && signed(request, SECRET)),
            "/paid" => assert!(signed(request, SECRET) && signed(request, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")),
            _ => assert_eq!(body(request)["type"], "Transaction.Failed"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ordered_events_of_a_payment_wait_for_each_other() {
    let world = World::new(&[], |_, before| status(if before < 2 { 500 } else { 200 })).await;
    let mut ordered = endpoint(&format!("{}/o", world.url));
    ordered.ordered = true;
    world.settings(vec![ordered]);
    for n in 0..5 {
        world.event(&format!("e{n}"), "p1", "Transaction.Paid").await;
    }
    world.run();
    world
        .until("p1", |all| all.len() == 5 && all_are(DeliveryState::Delivered)(all))
        .await;
    let ids: Vec<String> = world
        .came()
        .iter()
        .map(|r| r.header("webhook-id").unwrap().to_owned())
        .collect();
    assert_eq!(ids, ["e0", "e0", "e0", "e1", "e2", "e3", "e4"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_router_had_under_way_is_sent_by_its_next_life() {
    let world = World::new(&["/a"], |_, _| status(200)).await;
    world.event("e1", "p1", "Transaction.Paid").await;
    let events = world.ledger.unexpanded(10).await.unwrap();
    let event = world.ledger.transaction("tx-p1").await.unwrap();
    let made = crate::webhook::route::deliveries(&world.live.load(), &events[0], event.as_ref());
    // Expanding twice, as two routers may, makes one delivery.
    world.ledger.expand(vec![("e1".into(), made.clone())]).await.unwrap();
    world.ledger.expand(vec![("e1".into(), made.clone())]).await.unwrap();
    let lane = vec![(made[0].lane.clone(), 5)];
    let far = i64::MAX;
    let now = crate::engine::now();
    assert_eq!(
        world
            .ledger
            .lease_deliveries("naru-1", now, far, lane.clone())
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        world
            .ledger
            .lease_deliveries("naru-2", now, far, lane)
            .await
            .unwrap()
            .len(),
        0
    );
    world.worker.take_back().await.unwrap();
    world.run();
    world.until("p1", all_are(DeliveryState::Delivered)).await;
    assert_eq!(world.came().len(), 1);
}

/// `cargo test --release --lib -- --ignored --nocapture webhooks_a_second`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn webhooks_a_second() {
    const EVENTS: usize = 5_000;
    let world = World::new(&["/a"], |_, _| status(200)).await;
    for n in 0..EVENTS {
        let row = Write::Outbox(OutboxRow {
            id: format!("e{n:06}"),
            store_id: "store-a".into(),
            payment_id: "p1".into(),
            transaction_id: String::new(),
            event: "Transaction.Paid".into(),
            created_at: crate::engine::now(),
            cancellation_id: None,
            billing_key: None,
        });
        world.ledger.commit(vec![row]).await.unwrap();
    }
    let since = std::time::Instant::now();
    world.run();
    while world.sink.requests.lock().unwrap().len() < EVENTS {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let rate = EVENTS as f64 / since.elapsed().as_secs_f64();
    println!("{rate:.0} webhooks/s");
}
