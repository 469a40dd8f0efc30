#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::{TlsCertificate, TlsError, TlsFiles};
use crate::net::{self, Abort, BoxFuture, Handler, Limits, Refused, Request, Response};
use http::StatusCode;
use rustls::pki_types::{CertificateDer, ServerName};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;

const OFTEN: Duration = Duration::from_millis(20);

struct Hello;

impl Handler for Hello {
    fn handle(self: Arc<Self>, _: Request) -> BoxFuture<'static, Result<Response, Abort>> {
        Box::pin(async { Ok(net::text_response(StatusCode::OK, "text/plain", "hello")) })
    }
    fn refuse(&self, _: Refused) -> Response {
        net::text_response(StatusCode::BAD_REQUEST, "text/plain", "no")
    }
}

struct Pair {
    certificate: String,
    key: String,
    der: CertificateDer<'static>,
}

fn pair() -> Pair {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    Pair {
        certificate: made.cert.pem(),
        key: made.signing_key.serialize_pem(),
        der: made.cert.der().clone(),
    }
}

fn files(dir: &Path) -> TlsFiles {
    TlsFiles {
        certificate: dir.join("tls.crt"),
        key: dir.join("tls.key"),
    }
}

fn write(files: &TlsFiles, pair: &Pair) {
    std::fs::write(&files.certificate, &pair.certificate).unwrap();
    std::fs::write(&files.key, &pair.key).unwrap();
}

/// One request over a new connection that trusts only `root`; the answer, if the handshake succeeded.
async fn get(addr: SocketAddr, root: &Pair) -> Option<String> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(root.der.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let tcp = tokio::net::TcpStream::connect(addr).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, tcp).await.ok()?;
    let request = b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    Some(answer)
}

async fn until_served(addr: SocketAddr, root: &Pair) -> String {
    for _ in 0..100 {
        if let Some(answer) = get(addr, root).await {
            return answer;
        }
        tokio::time::sleep(OFTEN).await;
    }
    panic!("the new certificate is not served");
}

#[tokio::test]
async fn a_certificate_is_replaced_while_the_listener_serves() {
    let dir = tempfile::tempdir().unwrap();
    let (files, first, second) = (files(dir.path()), pair(), pair());
    write(&files, &first);
    let certificate = TlsCertificate::load(files.clone(), OFTEN).unwrap();
    let listener = net::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let acceptor = certificate.acceptor().unwrap();
    let serving = net::serve(listener, Some(acceptor), Arc::new(Hello), Limits::default(), stopped).unwrap();

    assert!(get(serving.addr, &first).await.unwrap().ends_with("hello"));
    assert!(get(serving.addr, &second).await.is_none());

    // Half of the change: certificate and key do not fit, the old pair stays.
    std::fs::write(&files.certificate, &second.certificate).unwrap();
    tokio::time::sleep(OFTEN * 5).await;
    assert!(get(serving.addr, &first).await.is_some());
    std::fs::write(&files.key, &second.key).unwrap();
    assert!(until_served(serving.addr, &second).await.ends_with("hello"));
    assert!(get(serving.addr, &first).await.is_none());

    // Gone and back, by rename.
    std::fs::remove_file(&files.key).unwrap();
    tokio::time::sleep(OFTEN * 3).await;
    assert!(get(serving.addr, &second).await.is_some());
    let third = pair();
    std::fs::write(dir.path().join("new.key"), &third.key).unwrap();
    std::fs::write(&files.certificate, &third.certificate).unwrap();
    std::fs::rename(dir.path().join("new.key"), &files.key).unwrap();
    until_served(serving.addr, &third).await;

    stop.send(true).unwrap();
    serving.task.await.unwrap();
}

#[tokio::test]
async fn problems_name_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let (files, one, other) = (files(dir.path()), pair(), pair());
    let refused = |files: &TlsFiles| TlsCertificate::load(files.clone(), OFTEN).unwrap_err();
    let missing = refused(&files);
    assert!(matches!(missing, TlsError::Read { .. }));
    assert!(missing.to_string().contains("tls.crt"), "{missing}");
    write(&files, &one);
    std::fs::write(&files.key, "nothing").unwrap();
    let no_key = refused(&files);
    assert!(
        matches!(no_key, TlsError::Pem { .. }) && no_key.to_string().contains("tls.key"),
        "{no_key}"
    );
    std::fs::write(&files.key, &other.key).unwrap();
    assert!(matches!(refused(&files), TlsError::Pair { .. }));
    std::fs::write(&files.certificate, "nothing").unwrap();
    assert!(refused(&files).to_string().contains("no CERTIFICATE block"));
}

#[tokio::test]
async fn unchanged_files_are_not_a_change() {
    let dir = tempfile::tempdir().unwrap();
    let files = files(dir.path());
    write(&files, &pair());
    let certificate = TlsCertificate::load(files.clone(), Duration::from_secs(3_600)).unwrap();
    assert!(!certificate.reload().unwrap());
    write(&files, &pair());
    assert!(certificate.reload().unwrap());
    assert!(!certificate.reload().unwrap());
}
