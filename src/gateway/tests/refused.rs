//! Nothing leaves: closed ports, names that do not resolve, hosts that are not the channel's.

use super::super::codes;
use super::*;

#[tokio::test]
async fn closed_port_and_unknown_name_are_not_sent() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let gateway = gateway();
    let refused = gateway
        .exchange(&channel("c", Mode::Test, &base), &call(Operation::Approve, &base))
        .await;
    assert_eq!(not_sent(refused), codes::CONNECT);
    let base = "http://no-such-host.invalid";
    let nameless = gateway
        .exchange(&channel("c", Mode::Test, base), &call(Operation::Approve, base))
        .await;
    assert_eq!(not_sent(nameless), codes::RESOLVE);
}

#[tokio::test]
async fn only_the_channels_hosts_are_called() {
    let server = good_server().await;
    let (base, port) = (server.base(), server.addr.port());
    let gateway = gateway();
    let live = channel("live", Mode::Live, &base);
    let test = channel("test", Mode::Test, &base);
    let refused = [
        (&live, format!("{base}/x")),
        (&live, format!("http://localhost:{port}/x")),
        (&live, "https://api.paper.example.evil.example/x".to_owned()),
        (&live, "https://api.paper.example@evil.example/x".to_owned()),
        (&live, format!("https://localhost:1@127.0.0.1:{port}/x")),
        (&live, "tcp://api.paper.example:443".to_owned()),
        (&test, format!("http://127.0.0.2:{port}/x")),
        (&test, format!("http://localhost:{port}/x")),
        (&test, format!("https://127.0.0.1:{port}/x")),
        (&test, format!("http://x@127.0.0.1:{port}/x")),
        (&test, "ftp://127.0.0.1/x".to_owned()),
    ];
    for (channel, url) in refused {
        let ended = gateway.exchange(channel, &call(Operation::Approve, &url)).await;
        assert_eq!(not_sent(ended), codes::HOST_REFUSED, "{url}");
    }
    for url in ["http://", "no url", ""] {
        let ended = gateway.exchange(&test, &call(Operation::Approve, url)).await;
        assert!(
            [codes::REQUEST, codes::HOST_REFUSED].contains(&not_sent(ended).as_str()),
            "{url}"
        );
    }
    assert_eq!(server.connections(), 0);
    // The same port, as the channel has it, is called.
    answered(
        gateway
            .exchange(&test, &call(Operation::Approve, &format!("{base}/x?y=1")))
            .await,
    );
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn a_request_that_does_not_fit_http_is_not_sent() {
    let server = good_server().await;
    let base = server.base();
    let mut split = call(Operation::Approve, &base);
    split
        .request
        .headers
        .push(("authorization", "Basic c2VjcmV0\r\nX-Other: 1".to_owned()));
    let ended = gateway().exchange(&channel("c", Mode::Test, &base), &split).await;
    match ended {
        Exchange::NotSent(failure) => {
            assert_eq!(failure.code, codes::REQUEST);
            assert!(
                failure.message.contains("authorization") && !failure.message.contains("c2Vj"),
                "{failure:?}"
            );
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn what_arrives_is_what_the_adapter_wrote() {
    let seen = Arc::new(std::sync::Mutex::new(String::new()));
    let keep = Arc::clone(&seen);
    let server = Server::start(move |_, mut peer| {
        let keep = Arc::clone(&keep);
        async move {
            while let Some(request) = peer.request().await {
                *keep.lock().unwrap() = request;
                peer.answer("{}").await;
            }
        }
    })
    .await;
    let base = server.base();
    let (gateway, channel) = (gateway(), channel("c", Mode::Test, &base));
    let answer = answered(
        gateway
            .exchange(&channel, &call(Operation::Approve, &format!("{base}/v1/a%20b?c=%2F")))
            .await,
    );
    assert_eq!((answer.status, &answer.body[..]), (200, &b"{}"[..]));
    assert!(answer.headers.contains(&("x-id".to_owned(), "7".to_owned())));
    let request = seen.lock().unwrap().clone();
    assert!(request.starts_with("POST /v1/a%20b?c=%2F HTTP/1.1\r\n"), "{request}");
    assert!(request.ends_with("\r\n\r\n{\"orderId\":\"o-1\"}"), "{request}");
    assert!(request.contains(&format!("host: {}\r\n", server.addr)), "{request}");
    assert!(
        request.contains(concat!("user-agent: naru/", env!("CARGO_PKG_VERSION"), "\r\n")),
        "{request}"
    );
    let mut get = call(Operation::Inquire, &base);
    get.request.method = HttpMethod::Get;
    get.request.body = Bytes::new();
    get.request.headers = vec![("user-agent", "own/1".to_owned())];
    answered(gateway.exchange(&channel, &get).await);
    let request = seen.lock().unwrap().clone();
    assert!(
        request.starts_with("GET / HTTP/1.1\r\n") && !request.contains("content-length"),
        "{request}"
    );
    assert!(
        request.contains("user-agent: own/1") && !request.contains("naru/"),
        "{request}"
    );
}
