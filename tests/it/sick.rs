//! A PG that hangs for every call: other channels do not notice, new payments there are refused at once, what settles
//! and undoes still passes, and one probe is enough to come back.

use crate::harness::Answer;
use crate::rig::{Pg, Router, Site, Web, agree, toss};
use futures_util::future::join_all;
use serde_json::json;
use std::time::{Duration, Instant};

const SICK: &str = "channel-key-sick";
const WELL: &str = "channel-key-well";
const TOTAL: i64 = 11_000;
/// The breaker's own figures: failures in a row that open it, and how long it stays open.
const FAILURES: usize = 10;
const COOL_DOWN: Duration = Duration::from_secs(10);
/// Far below the sick channel's time-out: refused without asking the PG.
const AT_ONCE: Duration = Duration::from_millis(1_500);
/// Time-outs of the sick channel, short ones.
const TIMEOUTS: &str = "[channel.timeouts_ms]\napprove = 2000\ninstant = 2000\ncancel = 1000\ninquire = 1000\n";

fn code(answer: &Answer) -> String {
    answer.json()["pgCode"].as_str().unwrap_or_default().to_owned()
}

/// Median time of `count` payments on the well channel, one after the other.
async fn median(web: &Web, router: &Router, name: &str, count: usize) -> Duration {
    let mut times = Vec::new();
    for n in 0..count {
        let began = Instant::now();
        let answer = web
            .instant(&router.url, WELL, &format!("{name}-{n}"), TOTAL)
            .await
            .unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text);
        times.push(began.elapsed());
    }
    times.sort();
    times[times.len() / 2]
}

async fn breaker(web: &Web, router: &Router) -> i64 {
    let value = router
        .metric(web, "naru_pg_breaker_state{", &format!("channel=\"{SICK}\""))
        .await;
    format!("{value}").parse().unwrap()
}

async fn pay_at_once(web: &Web, router: &Router, name: &str, count: usize) -> Vec<(Answer, Duration)> {
    let calls = (0..count).map(|n| {
        let payment = format!("{name}-{n}");
        async move {
            let began = Instant::now();
            let answer = web.instant(&router.url, SICK, &payment, TOTAL).await.unwrap();
            (answer, began.elapsed())
        }
    });
    join_all(calls).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pg_that_hangs_harms_its_own_channel_only() {
    let web = Web::new();
    let start = || tokio::task::spawn_blocking(Pg::start);
    let (sick, well) = (start().await.unwrap(), start().await.unwrap());
    let channels = toss(SICK, 1, &sick.url, "in_flight_max = 16", TIMEOUTS) + &toss(WELL, 2, &well.url, "", "");
    let site = Site::new(&channels).set("NARU_ANSWER_WITHIN_MS", "2500");
    let router = site.start(&[]);
    let old = web.instant(&router.url, SICK, "old", TOTAL).await.unwrap();
    assert_eq!(old.status, 200, "{}", old.text);
    let before = median(&web, &router, "before", 60).await;

    // Fourteen places of sixteen are for new payments; the rest is kept for what settles them.
    sick.faults(&web, json!([{ "kind": "hang" }])).await;
    let hanging = pay_at_once(&web, &router, "hang", 20);
    let (hung, during) = tokio::join!(hanging, median(&web, &router, "during", 60));
    let (full, lost): (Vec<_>, Vec<_>) = hung.iter().partition(|(answer, _)| code(answer) == "NARU_BULKHEAD");
    let lost_only = lost.iter().all(|(answer, _)| code(answer) == "NARU_OUTCOME_UNKNOWN");
    assert!(lost_only && lost.len() >= FAILURES, "{hung:#?}");
    assert_eq!(lost.len(), 14, "{} refused at once, {} sent", full.len(), lost.len());
    assert!(full.iter().all(|(_, took)| *took < AT_ONCE), "{full:#?}");
    println!("median on the well channel: {before:?} before, {during:?} during");
    assert!(
        during < before * 5 + Duration::from_millis(150),
        "{before:?} became {during:?}"
    );

    assert_eq!(breaker(&web, &router).await, 2, "{}", router.said());
    let opened = Instant::now();
    // Recovery asks after the hanging calls and takes places meanwhile, so either guard may be the one that refuses.
    let mut by_breaker = 0;
    for (answer, took) in pay_at_once(&web, &router, "refused", 10).await {
        let code = code(&answer);
        by_breaker += usize::from(code == "NARU_BREAKER_OPEN");
        let known = ["NARU_BREAKER_OPEN", "NARU_BULKHEAD"].contains(&code.as_str());
        assert!(answer.status == 502 && known, "{}", answer.text);
        assert!(took < AT_ONCE, "refused after {took:?}");
    }
    while by_breaker == 0 {
        let again = web
            .instant(&router.url, SICK, "refused-by-breaker", TOTAL)
            .await
            .unwrap();
        by_breaker += usize::from(code(&again) == "NARU_BREAKER_OPEN");
        assert!(
            opened.elapsed() < COOL_DOWN,
            "the breaker refused nothing: {}",
            again.text
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Nothing was sent, so the payment has failed and may be tried elsewhere at once.
    let moved = web.instant(&router.url, WELL, "refused-0", TOTAL).await.unwrap();
    assert_eq!(moved.status, 200, "{}", moved.text);
    let still = median(&web, &router, "open", 60).await;
    assert!(
        still < before * 5 + Duration::from_millis(150),
        "{before:?} became {still:?}"
    );

    // Only approvals are held back. The PG answers cancels again: they pass while the breaker is open.
    sick.faults(&web, json!([{ "kind": "hang", "operation": "key-in" }]))
        .await;
    let cancelled = web.cancel(&router.url, "old", None, TOTAL).await.unwrap();
    assert_eq!(cancelled.status, 200, "{}", cancelled.text);
    assert!(opened.elapsed() < COOL_DOWN, "the breaker was no longer open");
    assert_eq!(breaker(&web, &router).await, 2);

    // The PG is back, and slow enough to see that exactly one probe goes through.
    sick.faults(
        &web,
        json!([{ "kind": "late-answer", "operation": "key-in", "delayMs": 700 }]),
    )
    .await;
    tokio::time::sleep(COOL_DOWN.saturating_sub(opened.elapsed()) + Duration::from_millis(500)).await;
    let probes = pay_at_once(&web, &router, "probe", 10).await;
    let paid = probes.iter().filter(|(answer, _)| answer.status == 200).count();
    let held = probes
        .iter()
        .filter(|(answer, _)| code(answer) == "NARU_BREAKER_OPEN")
        .count();
    assert_eq!((paid, held), (1, 9), "{probes:#?}");
    assert_eq!(breaker(&web, &router).await, 0, "{}", router.said());
    sick.faults(&web, json!([])).await;
    for (answer, _) in pay_at_once(&web, &router, "back", 10).await {
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    agree(&web, &router, &[&sick, &well], Duration::from_secs(90)).await;
}
