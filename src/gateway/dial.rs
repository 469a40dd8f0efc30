//! Opening connections: resolve, connect, TLS. Whatever fails here failed before a byte of a request existed.

use super::fault::Fault;
use super::io::{Io, Stream, Wire, Written};
use super::target::{Origin, Scheme};
use super::{GatewayError, GatewayOptions, codes};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;

/// TLS settings of every connection: the public web roots and the operator's own, HTTP/1.1, no early data (a request
/// in early data could be replayed by whoever sits between).
pub(super) fn tls(options: &GatewayOptions) -> Result<TlsConnector, GatewayError> {
    let mut roots = rustls::RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    if let Some(pem) = &options.extra_roots_pem {
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|e| GatewayError::ExtraRoots(e.to_string()))?;
            roots
                .add(certificate)
                .map_err(|e| GatewayError::ExtraRoots(e.to_string()))?;
        }
        if roots.len() == before {
            return Err(GatewayError::ExtraRoots("no CERTIFICATE block in it".to_owned()));
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| GatewayError::Tls(e.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Opens a connection within `budget`.
pub(super) async fn dial(tls: &TlsConnector, origin: &Origin, budget: Duration) -> Result<(Io, Written), Fault> {
    let deadline = Instant::now() + budget;
    let addresses = resolve(origin, deadline).await?;
    let tcp = connect(origin, &addresses, deadline).await?;
    let _ = tcp.set_nodelay(true);
    let written = Written::default();
    let wire = Wire::new(tcp, written.clone());
    let io = |stream| Io::new(stream, written.clone());
    let target = origin.target();
    if target.scheme != Scheme::Https {
        return Ok((io(Stream::Plain(wire)), written));
    }
    let failed = |why: String| Fault::unsent(codes::TLS, format!("TLS with {origin}: {why}"));
    let name = ServerName::try_from(target.host.to_owned()).map_err(|e| failed(e.to_string()))?;
    match timeout_at(deadline, tls.connect(name, wire)).await {
        Ok(Ok(stream)) => Ok((io(Stream::Tls(Box::new(stream))), written)),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Err(_) => Err(failed(format!("no handshake within {} ms", budget.as_millis()))),
    }
}

async fn resolve(origin: &Origin, deadline: Instant) -> Result<Vec<SocketAddr>, Fault> {
    let target = origin.target();
    if let Ok(ip) = target.host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, target.port)]);
    }
    let failed = |why: &str| Fault::unsent(codes::RESOLVE, format!("resolving {}: {why}", target.host));
    let found = timeout_at(deadline, tokio::net::lookup_host((target.host, target.port))).await;
    let found: Vec<SocketAddr> = match found {
        Ok(Ok(found)) => found.collect(),
        Ok(Err(error)) => return Err(failed(&error.to_string())),
        Err(_) => return Err(failed("no answer in time")),
    };
    match found.is_empty() {
        true => Err(failed("no address")),
        false => Ok(found),
    }
}

/// Tries the addresses in order. Each gets a fair share of what time is left, so that one dead address (a broken IPv6
/// route, most often) cannot eat the whole budget.
async fn connect(origin: &Origin, addresses: &[SocketAddr], deadline: Instant) -> Result<TcpStream, Fault> {
    let mut last = "no address".to_owned();
    for (index, address) in addresses.iter().enumerate() {
        let left = deadline.saturating_duration_since(Instant::now());
        let shares = u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
        match timeout_at(Instant::now() + left / shares, TcpStream::connect(address)).await {
            Ok(Ok(tcp)) => return Ok(tcp),
            Ok(Err(error)) => last = error.to_string(),
            Err(_) => last = "no answer in time".to_owned(),
        }
    }
    Err(Fault::unsent(codes::CONNECT, format!("connecting to {origin}: {last}")))
}
