//! Opening connections: resolve, connect, TLS. Whatever fails here failed before a byte of a request existed.

use super::fault::Fault;
use super::target::{Origin, Scheme};
use super::{GatewayError, GatewayOptions, codes};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Whether the kernel took a byte since the flag was last lowered. Shared by a connection and its owner.
#[derive(Debug, Clone, Default)]
pub(super) struct Written(Arc<AtomicBool>);

impl Written {
    pub(super) fn lower(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A TCP stream that notes writing. It sits *below* TLS: a request that only reached the TLS session's buffer has not
/// left this machine, and a write that the kernel refused has not either.
#[derive(Debug)]
pub(super) struct Wire {
    tcp: TcpStream,
    written: Written,
}

impl Wire {
    fn note(&self, result: Poll<std::io::Result<usize>>) -> Poll<std::io::Result<usize>> {
        if matches!(result, Poll::Ready(Ok(1..))) {
            self.written.0.store(true, Ordering::Relaxed);
        }
        result
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.tcp).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<std::io::Result<usize>> {
        let result = Pin::new(&mut self.tcp).poll_write(cx, buf);
        self.note(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        let result = Pin::new(&mut self.tcp).poll_write_vectored(cx, bufs);
        self.note(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

/// A connection, in clear text or TLS.
#[derive(Debug)]
pub(super) enum Io {
    Plain(Wire),
    Tls(Box<TlsStream<Wire>>),
}

/// The same call on whichever stream it is.
macro_rules! on_stream {
    ($io:expr, $stream:ident => $call:expr) => {
        match $io {
            Io::Plain($stream) => $call,
            Io::Tls($stream) => $call,
        }
    };
}

impl AsyncRead for Io {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        on_stream!(self.get_mut(), s => Pin::new(s).poll_read(cx, buf))
    }
}

impl AsyncWrite for Io {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<std::io::Result<usize>> {
        on_stream!(self.get_mut(), s => Pin::new(s).poll_write(cx, buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        on_stream!(self.get_mut(), s => Pin::new(s).poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        on_stream!(self, s => s.is_write_vectored())
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        on_stream!(self.get_mut(), s => Pin::new(s).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        on_stream!(self.get_mut(), s => Pin::new(s).poll_shutdown(cx))
    }
}

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
    let wire = Wire {
        tcp,
        written: written.clone(),
    };
    let target = origin.target();
    if target.scheme != Scheme::Https {
        return Ok((Io::Plain(wire), written));
    }
    let failed = |why: String| Fault::unsent(codes::TLS, format!("TLS with {origin}: {why}"));
    let name = ServerName::try_from(target.host.to_owned()).map_err(|e| failed(e.to_string()))?;
    match timeout_at(deadline, tls.connect(name, wire)).await {
        Ok(Ok(stream)) => Ok((Io::Tls(Box::new(stream)), written)),
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
