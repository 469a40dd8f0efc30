#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use crate::config::{Network, TlsFiles};
use crate::net::{BoxFuture, Refused, Request, Response, json_response};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Echoes who it is and what it saw; panics on request.
struct Echo(&'static str, &'static str);

impl Front for Echo {
    fn owns(&self, path: &str) -> bool {
        path.starts_with(self.1)
    }

    fn answer(self: Arc<Self>, request: Request, request_id: String) -> BoxFuture<'static, Response> {
        Box::pin(async move {
            assert!(request.path != "/panic", "asked to");
            let seen = json!({ "front": self.0, "ip": request.peer.ip(), "id": request_id });
            json_response(StatusCode::OK, &seen)
        })
    }
}

fn public(trusted: &[&str]) -> Arc<Public> {
    Arc::new(Public {
        fronts: vec![Arc::new(Echo("checkout", "/checkout/"))],
        rest: Arc::new(Echo("v2", "")),
        trusted_proxies: trusted.iter().map(|n| n.parse::<Network>().unwrap()).collect(),
        refuse: |_: Refused| json_response(StatusCode::PAYLOAD_TOO_LARGE, &json!({})),
        failed: public::failed_v2,
    })
}

fn request(path: &str, headers: &[(&'static str, &'static str)]) -> Request {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(*name, HeaderValue::from_static(value));
    }
    Request {
        method: Method::GET,
        path: path.to_owned(),
        query: String::new(),
        headers: map,
        body: bytes::Bytes::new(),
        peer: "10.0.0.9:1".parse().unwrap(),
    }
}

async fn ask(public: Arc<Public>, request: Request) -> (StatusCode, String, serde_json::Value) {
    use http_body_util::BodyExt;
    let response = public.handle(request).await.unwrap();
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, id, serde_json::from_slice(&bytes).unwrap())
}

#[tokio::test]
async fn dispatches_by_path_and_names_the_request() {
    let (_, id, seen) = ask(public(&[]), request("/checkout/payments", &[("x-request-id", "abc")])).await;
    assert_eq!(
        (seen["front"].as_str(), seen["id"].as_str(), id.as_str()),
        (Some("checkout"), Some("abc"), "abc")
    );
    let (_, id, seen) = ask(public(&[]), request("/checkouts", &[])).await;
    assert_eq!(seen["front"], "v2");
    assert_eq!(seen["id"], id.as_str());
}

#[tokio::test]
async fn believes_forwarded_addresses_only_from_our_proxies() {
    let headers = &[("x-forwarded-for", "1.2.3.4")];
    let (_, _, seen) = ask(public(&[]), request("/", headers)).await;
    assert_eq!(seen["ip"], "10.0.0.9");
    let (_, _, seen) = ask(public(&["10.0.0.0/8"]), request("/", headers)).await;
    assert_eq!(seen["ip"], "1.2.3.4");
}

#[tokio::test]
async fn a_panic_is_one_failed_request() {
    let public = public(&[]);
    let (status, id, error) = ask(Arc::clone(&public), request("/panic", &[])).await;
    assert_eq!(
        (status, error["type"].as_str()),
        (StatusCode::INTERNAL_SERVER_ERROR, Some("INTERNAL"))
    );
    assert!(!id.is_empty());
    let (status, _, _) = ask(public, request("/", &[])).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn background_work_survives_a_panic_and_stops_when_told() {
    let (stop, stopped) = watch::channel(false);
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let task = supervise("test", stopped, move |mut stop| {
        let runs = Arc::clone(&counted);
        async move {
            assert!(runs.fetch_add(1, Ordering::SeqCst) >= 2, "fails twice");
            let _ = stop.wait_for(|stop| *stop).await;
        }
    });
    while runs.load(Ordering::SeqCst) < 3 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    stop.send(true).unwrap();
    tokio::time::timeout(Duration::from_secs(1), task)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(runs.load(Ordering::SeqCst), 3);
}

fn write_certificate(files: &TlsFiles) -> Vec<u8> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    std::fs::write(&files.cert, made.cert.pem()).unwrap();
    std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    made.cert.der().to_vec()
}

/// Certificate that a handshake with an address shows. It is looked at, not trusted: the test made it.
async fn shown(address: std::net::SocketAddr, trusted: &[u8]) -> Vec<u8> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(trusted.to_vec().into()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let client = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let name = "localhost".try_into().unwrap();
    let stream = tokio_rustls::TlsConnector::from(Arc::new(client))
        .connect(name, stream)
        .await
        .unwrap();
    stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

#[tokio::test]
async fn certificates_are_replaced_without_a_restart_and_bad_ones_are_not() {
    let dir = tempfile::tempdir().unwrap();
    let files = TlsFiles {
        cert: dir.path().join("cert.pem"),
        key: dir.path().join("key.pem"),
    };
    let first = write_certificate(&files);
    let listen = Listen {
        address: "127.0.0.1:0".parse().unwrap(),
        tls: Some(files.clone()),
    };
    let bound = Bound::new("public", &listen, None).await.unwrap();
    assert!(bound.url().starts_with("https://127.0.0.1:"));
    let certificates = bound.certificates.clone().unwrap();
    let (stop, stopped) = watch::channel(false);
    let acceptor = certificates.acceptor().unwrap();
    let serving = net::serve(bound.listener, Some(acceptor), public(&[]), Limits::default(), stopped).unwrap();
    assert_eq!(shown(serving.addr, &first).await, first);

    std::fs::write(&files.cert, "not a certificate").unwrap();
    certificates.reload();
    assert_eq!(shown(serving.addr, &first).await, first);
    let second = write_certificate(&files);
    certificates.reload();
    assert_eq!(shown(serving.addr, &second).await, second);

    stop.send(true).unwrap();
    serving.task.await.unwrap();
    std::fs::write(&files.key, "nothing").unwrap();
    let refused = Bound::new("public", &listen, None).await.err().unwrap().to_string();
    assert!(
        refused.contains("listen.public.tls") && refused.contains("key.pem"),
        "{refused}"
    );
}
