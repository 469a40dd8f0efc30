//! H1 at every PG: it hangs for each call while buyers pay through its window. Another PG's channel does not notice, the
//! breaker refuses what comes next at once, one probe brings the channel back, and what was lost is settled.

use crate::every_pg::{Shop, providers, site};
use crate::rig::{Pg, Router, Web, agree, toss};
use crate::together::Together;
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const WELL: &str = "channel-key-well";
const TOTAL: i64 = 11_000;
/// The breaker's own figures: failures in a row that open it, and how long it stays open.
const FAILURES: usize = 10;
const COOL_DOWN: Duration = Duration::from_secs(10);
/// Far below the sick channel's time-out: refused without asking the PG.
const AT_ONCE: Duration = Duration::from_millis(1_500);
/// Time-outs of the sick channel, short ones.
const TIMEOUTS: &str = "[channel.timeouts_ms]\napprove = 2000\ncancel = 1000\ninquire = 1000\nnet_cancel = 1000\n";

/// One buyer through the window; the payment's state afterwards, and how long the return took.
async fn pay(web: &Web, router: &Router, pg: &Pg, shop: &Shop, payment: &str) -> (Value, Duration) {
    let opened = web.open(&router.url, &shop.channel(), payment, shop.amount()).await;
    let opened = opened.unwrap();
    assert_eq!(opened.status, 200, "{}: {}", shop.provider, opened.text);
    let back = pg.authenticate_at(web, &shop.provider, &opened.json()["open"]).await;
    let began = Instant::now();
    web.come_back(&router.url, &back).await.unwrap();
    let took = began.elapsed();
    (web.payment(&router.url, payment).await.unwrap().json(), took)
}

async fn pay_many(
    web: &Web,
    router: &Router,
    pg: &Pg,
    shop: &Shop,
    name: &str,
    count: usize,
) -> Vec<(Value, Duration)> {
    let names: Vec<String> = (0..count).map(|n| format!("{name}-{n}")).collect();
    join_all(names.iter().map(|name| pay(web, router, pg, shop, name))).await
}

async fn well(web: &Web, router: &Router, name: &str, count: usize) {
    for n in 0..count {
        let answer = web
            .instant(&router.url, WELL, &format!("{name}-{n}"), TOTAL)
            .await
            .unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
}

fn refused(state: &Value) -> bool {
    let codes = ["NARU_BREAKER_OPEN", "NARU_BULKHEAD"];
    state["status"] == "FAILED"
        && state["failure"]["pgCode"]
            .as_str()
            .is_some_and(|code| codes.contains(&code))
}

async fn hang(provider: &str) {
    let (web, shop) = (Web::new(), Shop::new(provider));
    let pg = tokio::task::spawn_blocking(Pg::start).await.unwrap();
    shop.register(&web, &pg).await;
    let channels = shop.channels(1, TIMEOUTS) + &toss(WELL, 1, &pg.url, "", "");
    let router = site(&pg, &channels).set("NARU_ANSWER_WITHIN_MS", "2500").start(&[]);
    let label = format!("channel=\"{}\"", shop.channel());
    let (first, _) = pay(&web, &router, &pg, &shop, "before").await;
    assert_eq!(first["status"], "PAID", "{provider}: {first:#}");

    pg.faults(&web, json!([{ "provider": provider, "kind": "hang" }])).await;
    let (hung, ()) = tokio::join!(
        pay_many(&web, &router, &pg, &shop, "hang", FAILURES + 4),
        well(&web, &router, "during", 20)
    );
    // Nobody knows what became of these; nobody is told that they failed.
    let open = |state: &Value| ["READY", "PAY_PENDING"].contains(&state["status"].as_str().unwrap_or_default());
    assert!(
        hung.iter().all(|(state, _)| open(state) || refused(state)),
        "{provider}: {hung:#?}"
    );
    assert!(
        hung.iter().filter(|(state, _)| open(state)).count() >= FAILURES,
        "{provider}: {hung:#?}"
    );
    assert_eq!(
        router.metric(&web, "naru_pg_breaker_state{", &label).await,
        2.0,
        "{provider}\n{}",
        router.said()
    );
    let opened = Instant::now();
    for (state, took) in pay_many(&web, &router, &pg, &shop, "refused", 5).await {
        assert!(refused(&state) && took < AT_ONCE, "{provider}: {took:?} {state:#}");
    }
    well(&web, &router, "open", 20).await;

    pg.faults(&web, json!([])).await;
    let _operator = shop.operator(&router, &pg);
    tokio::time::sleep(COOL_DOWN.saturating_sub(opened.elapsed()) + Duration::from_millis(500)).await;
    let (probe, _) = pay(&web, &router, &pg, &shop, "probe").await;
    assert_eq!(probe["status"], "PAID", "{provider}: {probe:#}\n{}", router.said());
    assert_eq!(
        router.metric(&web, "naru_pg_breaker_state{", &label).await,
        0.0,
        "{provider}"
    );
    for (state, _) in pay_many(&web, &router, &pg, &shop, "back", 5).await {
        assert_eq!(state["status"], "PAID", "{provider}: {state:#}");
    }
    agree(&web, &router, &[&pg], Duration::from_secs(150)).await;
    println!("{provider}: passed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pg_that_hangs_harms_no_other() {
    let mut running = Together::default();
    for provider in providers().into_iter().filter(|provider| provider != "toss") {
        running.start(async move { hang(&provider).await });
    }
    running.end().await;
}
