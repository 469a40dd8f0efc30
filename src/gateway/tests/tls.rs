//! TLS: what fails in the handshake was not sent; what is trusted works and is kept.

use super::super::{GatewayError, codes};
use super::*;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::TlsAcceptor;

/// A certificate for `name`, self-signed, and the acceptor that shows it.
fn certificate(name: &str) -> (Vec<u8>, TlsAcceptor) {
    let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .unwrap();
    (made.cert.pem().into_bytes(), TlsAcceptor::from(Arc::new(config)))
}

/// What a TLS server does after an answer.
#[derive(Clone, Copy, PartialEq)]
enum After {
    Stay,
    /// Says goodbye as TLS wants it.
    Close,
    /// Answers without a length and goes without TLS saying so: somebody may have cut it.
    Vanish,
}

async fn tls_server(acceptor: TlsAcceptor, after: After) -> Server {
    Server::start(move |_, peer| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(peer.stream).await else {
                return;
            };
            let mut got = vec![0; 4096];
            while let Ok(1..) = stream.read(&mut got).await {
                peer.requests.fetch_add(1, Ordering::SeqCst);
                let answer = match after {
                    After::Stay | After::Close => "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
                    After::Vanish => "HTTP/1.1 200 OK\r\n\r\n{\"half\":",
                };
                stream.write_all(answer.as_bytes()).await.unwrap();
                stream.flush().await.unwrap();
                match after {
                    After::Stay => {}
                    After::Close => {
                        // Later than the answer, so that the connection is back in the pool when it ends.
                        tokio::time::sleep(Duration::from_millis(30)).await;
                        return stream.shutdown().await.unwrap();
                    }
                    After::Vanish => return,
                }
            }
        }
    })
    .await
}

fn trusting(pem: Vec<u8>) -> Gateway {
    let options = GatewayOptions {
        extra_roots_pem: Some(pem),
        ..GatewayOptions::default()
    };
    Gateway::new(options, Metrics::new()).unwrap()
}

#[tokio::test]
async fn a_plain_port_and_an_untrusted_certificate_are_not_sent() {
    let plain = Server::start(|_, mut peer| async move {
        let mut hello = [0; 64];
        let _ = peer.stream.read(&mut hello).await;
        peer.say("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
    })
    .await;
    let base = format!("https://localhost:{}", plain.addr.port());
    let live = channel("live", Mode::Live, &base);
    let ended = gateway().exchange(&live, &call(Operation::Approve, &base)).await;
    assert_eq!(not_sent(ended), codes::TLS);

    let silent = Server::start(|_, peer| peer.hang()).await;
    let base = format!("https://localhost:{}", silent.addr.port());
    let ended = gateway().exchange(&live, &call(Operation::Approve, &base)).await;
    assert_eq!(not_sent(ended), codes::TLS);

    let (_, acceptor) = certificate("localhost");
    let untrusted = tls_server(acceptor, After::Stay).await;
    let base = format!("https://localhost:{}", untrusted.addr.port());
    let ended = gateway().exchange(&live, &call(Operation::Approve, &base)).await;
    assert_eq!(not_sent(ended), codes::TLS);
    assert_eq!(untrusted.requests(), 0);
}

#[tokio::test]
async fn a_trusted_root_works_but_only_for_its_name() {
    let (pem, acceptor) = certificate("localhost");
    let server = tls_server(acceptor, After::Stay).await;
    let base = format!("https://localhost:{}", server.addr.port());
    let gateway = trusting(pem);
    let live = channel("live", Mode::Live, &base);
    for _ in 0..3 {
        let answer = answered(gateway.exchange(&live, &call(Operation::Approve, &base)).await);
        assert_eq!(&answer.body[..], b"ok");
    }
    assert_eq!((server.requests(), server.connections()), (3, 1));

    let (pem, acceptor) = certificate("other.example");
    let other = tls_server(acceptor, After::Stay).await;
    let base = format!("https://localhost:{}", other.addr.port());
    let ended = trusting(pem).exchange(&live, &call(Operation::Approve, &base)).await;
    assert_eq!(not_sent(ended), codes::TLS);
    assert_eq!(other.requests(), 0);
}

#[tokio::test]
async fn a_tls_connection_closed_while_idle_is_replaced() {
    let (pem, acceptor) = certificate("localhost");
    let server = tls_server(acceptor, After::Close).await;
    let base = format!("https://localhost:{}", server.addr.port());
    let (gateway, live) = (trusting(pem), channel("live", Mode::Live, &base));
    for calls in 1..=3 {
        answered(gateway.exchange(&live, &call(Operation::Approve, &base)).await);
        assert_eq!((server.requests(), server.connections()), (calls, calls));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn an_end_without_tls_saying_so_is_unknown() {
    let (pem, acceptor) = certificate("localhost");
    let server = tls_server(acceptor, After::Vanish).await;
    let base = format!("https://localhost:{}", server.addr.port());
    let live = channel("live", Mode::Live, &base);
    let ended = trusting(pem).exchange(&live, &call(Operation::Approve, &base)).await;
    assert_eq!(unknown(ended), codes::TRUNCATED);
    assert_eq!(server.requests(), 1);
}

#[test]
fn roots_that_are_none_are_refused() {
    let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for pem in [&b""[..], b"not pem", broken] {
        let options = GatewayOptions {
            extra_roots_pem: Some(pem.to_vec()),
            ..GatewayOptions::default()
        };
        assert!(matches!(
            Gateway::new(options, Metrics::new()),
            Err(GatewayError::ExtraRoots(_))
        ));
    }
}
