//! Connections that are used again, and those that only seem usable.

use super::super::{Target, codes};
use super::*;
use std::collections::BTreeSet;
use std::sync::Mutex;

/// A call whose body tells it from all others.
fn numbered(base: &str, number: usize) -> Call {
    let mut call = call(Operation::Approve, base);
    call.request.body = format!("order-{number};").into();
    call
}

/// Number of the call that a request belongs to.
fn number(request: &str) -> usize {
    let number = request.rsplit_once("order-").unwrap().1;
    number.trim_end_matches(';').parse().unwrap()
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let server = good_server().await;
    let base = server.base();
    let (gateway, channel) = (gateway(), channel("c", Mode::Test, &base));
    for number in 0..5 {
        answered(gateway.exchange(&channel, &numbered(&base, number)).await);
    }
    assert_eq!((server.requests(), server.connections()), (5, 1));
}

#[tokio::test]
async fn a_connection_closed_while_idle_is_replaced_without_a_second_sending() {
    for farewell in ["", "HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n"] {
        let server = Server::start(move |_, mut peer| async move {
            if peer.request().await.is_some() {
                peer.answer("{}").await;
                tokio::time::sleep(Duration::from_millis(30)).await;
                peer.say(farewell).await;
            }
        })
        .await;
        let base = server.base();
        let (gateway, channel) = (gateway(), channel("c", Mode::Test, &base));
        for calls in 1..=4 {
            answered(gateway.exchange(&channel, &numbered(&base, calls)).await);
            assert_eq!((server.requests(), server.connections()), (calls, calls), "{farewell}");
            tokio::time::sleep(Duration::from_millis(80)).await;
        }
    }
}

#[tokio::test]
async fn stale_and_nobody_there_any_more_is_not_sent() {
    let mut server = Some(
        Server::start(|_, mut peer| async move {
            peer.request().await;
            peer.answer("{}").await;
        })
        .await,
    );
    let base = server.as_ref().unwrap().base();
    let (gateway, channel) = (gateway(), channel("c", Mode::Test, &base));
    answered(gateway.exchange(&channel, &numbered(&base, 1)).await);
    server.take();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(
        not_sent(gateway.exchange(&channel, &numbered(&base, 2)).await),
        codes::CONNECT
    );
}

/// The server closes after each answer without saying so, at the very moment of the next request: whatever each call
/// ends as, it is true, and no request arrives twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_close_that_races_with_the_next_request_is_never_misjudged() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&seen);
    let server = Server::start(move |connection, mut peer| {
        let keep = Arc::clone(&keep);
        async move {
            if let Some(request) = peer.request().await {
                keep.lock().unwrap().push(number(&request));
                peer.answer("{}").await;
                if connection % 3 == 0 {
                    tokio::task::yield_now().await;
                }
                if connection % 2 == 0 {
                    let _ = peer.stream.set_zero_linger();
                }
            }
        }
    })
    .await;
    let base = server.base();
    let (gateway, channel) = (gateway(), channel("c", Mode::Test, &base));
    let (mut good, mut lost, mut kept_back) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for number in 0..1_500 {
        match gateway.exchange(&channel, &numbered(&base, number)).await {
            Exchange::Answer(_) => good.insert(number),
            Exchange::Unknown(_) => lost.insert(number),
            Exchange::NotSent(_) => kept_back.insert(number),
        };
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    let seen = seen.lock().unwrap().clone();
    let distinct: BTreeSet<usize> = seen.iter().copied().collect();
    assert_eq!(seen.len(), distinct.len(), "a request arrived twice");
    assert!(good.is_subset(&distinct));
    assert!(
        distinct.is_disjoint(&kept_back),
        "a request said to be not sent arrived"
    );
    assert!(
        good.len() > 500,
        "{} good, {} lost, {} not sent",
        good.len(),
        lost.len(),
        kept_back.len()
    );
}

#[tokio::test]
async fn closing_in_the_middle_of_our_request_is_unknown() {
    let server = Server::start(|_, mut peer| async move {
        if peer.request().await.is_some() {
            peer.answer("{}").await;
        }
        // One byte of the second request, then a reset.
        let _ = peer.stream.read_u8().await;
        let _ = peer.stream.set_zero_linger();
    })
    .await;
    let base = server.base();
    let (gateway, channel) = (gateway(), channel("c", Mode::Test, &base));
    answered(gateway.exchange(&channel, &numbered(&base, 1)).await);
    assert_eq!(
        unknown(gateway.exchange(&channel, &numbered(&base, 2)).await),
        codes::RESET
    );
    assert_eq!((server.requests(), server.connections()), (1, 1));
}

#[tokio::test]
async fn the_pgs_own_keep_alive_is_respected() {
    let server = Server::start(|_, mut peer| async move {
        while peer.request().await.is_some() {
            peer.say("HTTP/1.1 200 OK\r\nkeep-alive: timeout=1, max=100\r\ncontent-length: 0\r\n\r\n")
                .await;
        }
    })
    .await;
    let base = server.base();
    let (gateway, channel) = (gateway(), channel("c", Mode::Test, &base));
    for number in 0..3 {
        answered(gateway.exchange(&channel, &numbered(&base, number)).await);
    }
    assert_eq!(server.connections(), 3);
}

#[tokio::test]
async fn idle_connections_are_closed_and_lanes_forgotten() {
    let ended = Arc::new(AtomicUsize::new(0));
    let ends = Arc::clone(&ended);
    let server = Server::start(move |_, mut peer| {
        let ends = Arc::clone(&ends);
        async move {
            while peer.request().await.is_some() {
                peer.answer("{}").await;
            }
            ends.fetch_add(1, Ordering::SeqCst);
        }
    })
    .await;
    let options = GatewayOptions {
        idle: Duration::from_millis(60),
        forget_after: Duration::from_millis(250),
        sweep_every: Duration::from_millis(20),
        ..GatewayOptions::default()
    };
    let gateway = Gateway::new(options, Metrics::new()).unwrap();
    let base = server.base();
    let channel = channel("c", Mode::Test, &base);
    answered(gateway.exchange(&channel, &numbered(&base, 1)).await);
    let uri = base.parse::<::http::Uri>().unwrap();
    let lane = gateway
        .lanes(&channel)
        .lane(&Target::of(&uri).unwrap(), &gateway.shared.options)
        .unwrap();
    assert_eq!((lane.idle(), ended.load(Ordering::SeqCst)), (1, 0));
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!((lane.idle(), ended.load(Ordering::SeqCst)), (0, 1));
    assert_eq!(gateway.shared.channels.len(), 1);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(gateway.shared.channels.len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_calls_at_once_each_get_their_own_answer() {
    let server = Server::start(|_, mut peer| async move {
        while let Some(request) = peer.request().await {
            peer.answer(&number(&request).to_string()).await;
        }
    })
    .await;
    let base = server.base();
    let gateway = Arc::new(gateway());
    let channel = Arc::new(channel("c", Mode::Test, &base));
    let tasks: Vec<_> = (0..32)
        .map(|task| {
            let (gateway, channel, base) = (Arc::clone(&gateway), Arc::clone(&channel), base.clone());
            tokio::spawn(async move {
                for round in 0..40 {
                    let number = task * 1_000 + round;
                    let answer = answered(gateway.exchange(&channel, &numbered(&base, number)).await);
                    assert_eq!(answer.body, number.to_string());
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(server.requests(), 32 * 40);
    assert!(server.connections() <= 32, "{}", server.connections());
}
