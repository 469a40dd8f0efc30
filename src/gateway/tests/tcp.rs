//! Raw socket exchanges.

use super::super::codes;
use super::*;

fn record_call(server: &Server) -> Call {
    let mut call = call(Operation::Cancel, &format!("tcp://{}", server.addr));
    call.request.transport = Transport::Tcp { length_digits: 4 };
    call.request.body = Bytes::from_static(b"0005hello");
    call
}

fn socket_channel(server: &Server) -> ChannelRevision {
    channel("socket", Mode::Test, &format!("tcp://{}", server.addr))
}

/// A server that reads the request and says `pieces`, then closes or hangs.
async fn socket(pieces: &'static [&'static str], hangs: bool) -> Server {
    Server::start(move |_, mut peer| async move {
        let mut request = [0; 9];
        peer.stream.read_exact(&mut request).await.unwrap();
        assert_eq!(&request, b"0005hello");
        peer.requests.fetch_add(1, Ordering::SeqCst);
        for piece in pieces {
            peer.say(piece).await;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        if hangs {
            peer.hang().await;
        }
    })
    .await
}

#[tokio::test]
async fn a_record_comes_whole_with_its_length() {
    let server = socket(&["00", "10abc", "defghij", "next"], true).await;
    let answer = answered(
        gateway()
            .exchange(&socket_channel(&server), &record_call(&server))
            .await,
    );
    assert_eq!((answer.status, &answer.body[..]), (0, &b"0010abcdefghij"[..]));
}

#[tokio::test]
async fn whatever_is_not_a_record_is_unknown() {
    let cases: [(&'static [&'static str], bool, &str); 6] = [
        (&[], false, codes::RESET),
        (&["00"], false, codes::RESET),
        (&["0010abc"], false, codes::TRUNCATED),
        (&["+010abcdefghij"], false, codes::UNREADABLE),
        (&["HTTP/1.1 400"], false, codes::UNREADABLE),
        (&["0010abc"], true, codes::TIMEOUT),
    ];
    for (pieces, hangs, code) in cases {
        let server = socket(pieces, hangs).await;
        let ended = gateway()
            .exchange(&socket_channel(&server), &record_call(&server))
            .await;
        assert_eq!((unknown(ended).as_str(), server.requests()), (code, 1), "{pieces:?}");
    }
}

#[tokio::test]
async fn nobody_there_and_other_hosts_are_not_sent() {
    let server = socket(&[], false).await;
    let (channel, call) = (socket_channel(&server), record_call(&server));
    let mut elsewhere = call.clone();
    elsewhere.request.url = "tcp://127.0.0.9:21001".to_owned();
    assert_eq!(
        not_sent(gateway().exchange(&channel, &elsewhere).await),
        codes::HOST_REFUSED
    );
    // A listed host counts only with its listed port.
    elsewhere.request.url = "tcp://socket.paper.example:21002".to_owned();
    assert_eq!(
        not_sent(gateway().exchange(&channel, &elsewhere).await),
        codes::HOST_REFUSED
    );
    drop(server);
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(not_sent(gateway().exchange(&channel, &call).await), codes::CONNECT);
}
