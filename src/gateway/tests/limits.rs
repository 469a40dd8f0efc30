//! Bulkheads, breakers, metrics: what keeps one PG's trouble from everybody else.

use super::super::{BreakerConfig, codes};
use super::*;

/// A server that takes requests and never answers.
async fn hanging() -> Server {
    Server::start(|_, mut peer| async move {
        peer.request().await;
        peer.hang().await;
    })
    .await
}

fn gauge(gateway: &Gateway, line: &str) -> bool {
    let text = String::from_utf8(gateway.shared.metrics.render()).unwrap();
    text.lines().any(|l| l == line)
}

async fn until(what: impl Fn() -> bool) {
    for _ in 0..200 {
        if what() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("did not happen within a second");
}

#[tokio::test]
async fn a_full_bulkhead_refuses_at_once_and_touches_no_other_channel() {
    let (slow, good) = (hanging().await, good_server().await);
    let gateway = Arc::new(gateway());
    let mut full = channel("full", Mode::Test, &slow.base());
    full.spec.in_flight_max = 4;
    let full = Arc::new(full);
    let calls: Vec<_> = (0..4)
        .map(|_| {
            let (gateway, full, base) = (Arc::clone(&gateway), Arc::clone(&full), slow.base());
            tokio::spawn(async move { gateway.exchange(&full, &call(Operation::Approve, &base)).await })
        })
        .collect();
    until(|| slow.requests() == 4).await;
    assert!(gauge(&gateway, "naru_pg_inflight{channel=\"full\"} 4"));
    let started = std::time::Instant::now();
    // A later revision of the channel shares the bulkhead.
    let mut next = channel("full", Mode::Test, &slow.base());
    next.spec.in_flight_max = 4;
    next.revision = "r2".to_owned();
    let refused = gateway.exchange(&next, &call(Operation::Approve, &slow.base())).await;
    assert_eq!(not_sent(refused), codes::BULKHEAD);
    let other = channel("other", Mode::Test, &good.base());
    answered(gateway.exchange(&other, &call(Operation::Approve, &good.base())).await);
    assert!(started.elapsed() < TOTAL, "waited for the hanging calls");
    for call in calls {
        assert_eq!(unknown(call.await.unwrap()), codes::TIMEOUT);
    }
    assert!(gauge(&gateway, "naru_pg_inflight{channel=\"full\"} 0"));
    assert_eq!(slow.requests(), 4);
}

#[tokio::test]
async fn places_are_kept_for_cancels_and_inquiries() {
    let slow = hanging().await;
    let gateway = Arc::new(gateway());
    let mut eight = channel("eight", Mode::Test, &slow.base());
    eight.spec.in_flight_max = 8;
    let eight = Arc::new(eight);
    let calls: Vec<_> = (0..7)
        .map(|_| {
            let (gateway, eight, base) = (Arc::clone(&gateway), Arc::clone(&eight), slow.base());
            tokio::spawn(async move { gateway.exchange(&eight, &call(Operation::Approve, &base)).await })
        })
        .collect();
    until(|| slow.requests() == 7).await;
    let approve = gateway.exchange(&eight, &call(Operation::Approve, &slow.base())).await;
    assert_eq!(not_sent(approve), codes::BULKHEAD);
    let inquire = gateway.exchange(&eight, &call(Operation::Inquire, &slow.base())).await;
    assert_eq!(unknown(inquire), codes::TIMEOUT);
    for call in calls {
        call.await.unwrap();
    }
}

#[tokio::test]
async fn a_dropped_call_gives_back_its_place() {
    let slow = hanging().await;
    let gateway = gateway();
    let mut one = channel("one", Mode::Test, &slow.base());
    one.spec.in_flight_max = 1;
    for calls in 1..=3 {
        let approve = call(Operation::Approve, &slow.base());
        let dropped = tokio::time::timeout(Duration::from_millis(50), gateway.exchange(&one, &approve));
        assert!(dropped.await.is_err());
        assert!(gauge(&gateway, "naru_pg_inflight{channel=\"one\"} 0"));
        until(|| slow.requests() == calls).await;
    }
}

#[tokio::test]
async fn a_breaker_opens_lets_settling_calls_pass_and_recovers_by_one_probe() {
    let healthy = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let health = Arc::clone(&healthy);
    let server = Server::start(move |_, mut peer| {
        let health = Arc::clone(&health);
        async move {
            while peer.request().await.is_some() {
                if health.load(Ordering::SeqCst) {
                    // Slow enough for a second caller to come while the probe runs.
                    tokio::time::sleep(Duration::from_millis(60)).await;
                    peer.answer("{}").await;
                } else {
                    return;
                }
            }
        }
    })
    .await;
    let breaker = BreakerConfig {
        failures: 3,
        cool_down: Duration::from_millis(150),
        ..BreakerConfig::default()
    };
    let options = GatewayOptions {
        breaker,
        ..GatewayOptions::default()
    };
    let gateway = Gateway::new(options, Metrics::new()).unwrap();
    let base = server.base();
    let sick = channel("sick", Mode::Test, &base);
    let approve = call(Operation::Approve, &base);
    for _ in 0..3 {
        assert_eq!(unknown(gateway.exchange(&sick, &approve).await), codes::RESET);
    }
    assert!(gauge(&gateway, "naru_pg_breaker_state{channel=\"sick\"} 2"));
    for operation in [Operation::Approve, Operation::Instant, Operation::Register] {
        assert_eq!(
            not_sent(gateway.exchange(&sick, &call(operation, &base)).await),
            codes::BREAKER_OPEN
        );
    }
    assert_eq!(server.requests(), 3);
    for operation in [Operation::Cancel, Operation::Inquire, Operation::NetCancel] {
        unknown(gateway.exchange(&sick, &call(operation, &base)).await);
    }
    unknown(gateway.exchange_recovery(&sick, &approve).await);
    assert_eq!(server.requests(), 7);
    // Another channel at the same place has its own.
    let well = channel("well", Mode::Test, &base);
    assert_eq!(unknown(gateway.exchange(&well, &approve).await), codes::RESET);

    healthy.store(true, Ordering::SeqCst);
    tokio::time::sleep(breaker.cool_down).await;
    let (first, second) = tokio::join!(gateway.exchange(&sick, &approve), gateway.exchange(&sick, &approve));
    answered(first);
    assert_eq!(not_sent(second), codes::BREAKER_OPEN);
    assert!(gauge(&gateway, "naru_pg_breaker_state{channel=\"sick\"} 0"));
    answered(gateway.exchange(&sick, &approve).await);
}

#[tokio::test]
async fn declines_and_our_own_refusals_do_not_trip() {
    let server = Server::start(|_, mut peer| async move {
        while peer.request().await.is_some() {
            peer.say("HTTP/1.1 500 Internal\r\ncontent-length: 0\r\n\r\n").await;
        }
    })
    .await;
    let (gateway, base) = (gateway(), server.base());
    let well = channel("well", Mode::Test, &base);
    for _ in 0..30 {
        answered(gateway.exchange(&well, &call(Operation::Approve, &base)).await);
        let refused = gateway
            .exchange(&well, &call(Operation::Approve, "http://127.0.0.9:1/"))
            .await;
        assert_eq!(not_sent(refused), codes::HOST_REFUSED);
    }
    assert!(gauge(&gateway, "naru_pg_breaker_state{channel=\"well\"} 0"));
    let count = "naru_pg_call_duration_seconds_count{channel=\"well\",operation=\"approve\",provider=\"paper\"} 30";
    assert!(gauge(&gateway, count));
}
