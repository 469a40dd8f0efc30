//! The request left; the answer did not come whole. Always unknown, never sent twice.

use super::super::codes;
use super::*;

/// One exchange with a server that acts by `serve`; the code, and how many requests the server saw.
async fn lost<F, R>(serve: F) -> (String, usize)
where
    F: Fn(usize, Peer) -> R + Send + Sync + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    let server = Server::start(serve).await;
    let base = server.base();
    let ended = gateway()
        .exchange(&channel("c", Mode::Test, &base), &call(Operation::Approve, &base))
        .await;
    (unknown(ended), server.requests())
}

#[tokio::test]
async fn closed_before_an_answer() {
    let ended = lost(|_, mut peer| async move {
        peer.request().await;
    });
    assert_eq!(ended.await, (codes::RESET.to_owned(), 1));
}

#[tokio::test]
async fn closed_inside_the_head() {
    let ended = lost(|_, mut peer| async move {
        peer.request().await;
        peer.say("HTTP/1.1 200 OK\r\ncontent-le").await;
    });
    assert_eq!(ended.await, (codes::RESET.to_owned(), 1));
}

#[tokio::test]
async fn reset_before_an_answer() {
    let ended = lost(|_, mut peer| async move {
        peer.request().await;
        peer.stream.set_zero_linger().unwrap();
    });
    assert_eq!(ended.await, (codes::RESET.to_owned(), 1));
}

#[tokio::test]
async fn closed_inside_the_body() {
    for body in [
        "content-length: 100\r\n\r\n{\"half\":",
        "transfer-encoding: chunked\r\n\r\n9\r\n{\"half\":1\r\n",
    ] {
        let ended = lost(move |_, mut peer| async move {
            peer.request().await;
            peer.say(&format!("HTTP/1.1 200 OK\r\n{body}")).await;
        });
        assert_eq!(ended.await, (codes::TRUNCATED.to_owned(), 1), "{body}");
    }
}

#[tokio::test]
async fn no_http() {
    for text in [
        "0123{\"not\":\"http\"}\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ] {
        let ended = lost(move |_, mut peer| async move {
            peer.request().await;
            peer.say(text).await;
            peer.hang().await;
        });
        assert_eq!(ended.await, (codes::UNREADABLE.to_owned(), 1), "{text}");
    }
}

#[tokio::test]
async fn a_hang_and_a_slow_drip_end_by_the_clock() {
    let started = std::time::Instant::now();
    let ended = lost(|_, mut peer| async move {
        peer.request().await;
        peer.hang().await;
    });
    assert_eq!(ended.await, (codes::TIMEOUT.to_owned(), 1));
    let ended = lost(|_, mut peer| async move {
        peer.request().await;
        peer.say("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n").await;
        for _ in 0..1_000 {
            peer.say("x").await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert_eq!(ended.await, (codes::TIMEOUT.to_owned(), 1));
    assert!(started.elapsed() >= TOTAL * 2, "ended too early");
}

#[tokio::test]
async fn answers_over_the_limit() {
    let huge = 2 << 20;
    let ended = lost(move |_, mut peer| async move {
        peer.request().await;
        peer.say(&format!("HTTP/1.1 200 OK\r\ncontent-length: {huge}\r\n\r\n"))
            .await;
        peer.hang().await;
    });
    assert_eq!(ended.await, (codes::TOO_LARGE.to_owned(), 1));
    let ended = lost(|_, mut peer| async move {
        peer.request().await;
        peer.say("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
        let piece = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
        for _ in 0..40 {
            peer.say(&piece).await;
        }
    });
    assert_eq!(ended.await, (codes::TOO_LARGE.to_owned(), 1));
}

#[tokio::test]
async fn whole_answers_in_every_framing() {
    let bodies = [
        (
            "transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
            true,
        ),
        ("content-length: 5\r\n\r\nabcde", true),
        ("connection: close\r\n\r\nabcde", false),
    ];
    for (text, kept) in bodies {
        let server = Server::start(move |_, mut peer| async move {
            while peer.request().await.is_some() {
                peer.say("HTTP/1.1 500 Oops\r\n").await;
                peer.say(text).await;
                if !kept {
                    return;
                }
            }
        })
        .await;
        let base = server.base();
        let (gateway, channel) = (gateway(), channel("c", Mode::Test, &base));
        for _ in 0..3 {
            let answer = answered(gateway.exchange(&channel, &call(Operation::Approve, &base)).await);
            assert_eq!((answer.status, &answer.body[..]), (500, &b"abcde"[..]), "{text}");
        }
        assert_eq!(
            (server.requests(), server.connections()),
            (3, if kept { 1 } else { 3 }),
            "{text}"
        );
    }
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let server = Server::start(|_, mut peer| async move {
        while peer.request().await.is_some() {
            peer.say("HTTP/1.1 307 Go\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n")
                .await;
        }
    })
    .await;
    let base = server.base();
    let ended = gateway()
        .exchange(&channel("c", Mode::Test, &base), &call(Operation::Approve, &base))
        .await;
    assert_eq!(answered(ended).status, 307);
    assert_eq!(server.requests(), 1);
}
