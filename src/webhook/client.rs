//! The HTTP client of webhooks: every connection's address is judged, nothing is followed, little is read.

use super::guard;
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Most of an answer's body that is read, bytes.
const ANSWER_MAX: usize = 16 << 10;
/// How long an answer's body is read after its head came: the head decides, the body is for the log.
const BODY_WAIT: Duration = Duration::from_secs(5);

/// An answer: its head, and as much of its body as is kept.
#[derive(Debug)]
pub struct Answered {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Start of the body.
    pub body: Bytes,
}

/// A client for one kind of endpoint.
#[derive(Debug, Clone)]
pub struct HookClient {
    client: Client<Dial, Full<Bytes>>,
    /// Most of an answer's body that is read, bytes.
    answer_max: usize,
}

impl HookClient {
    /// A client; with `private` it may connect to any address, without it only to public ones.
    ///
    /// # Errors
    /// The TLS settings cannot be built.
    pub fn new(private: bool) -> Result<Self, String> {
        Self::reading(private, ANSWER_MAX)
    }

    /// Like [`HookClient::new`], reading up to `answer_max` bytes of an answer's body.
    ///
    /// # Errors
    /// The TLS settings cannot be built.
    pub fn reading(private: bool, answer_max: usize) -> Result<Self, String> {
        let roots = rustls::RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let dial = Dial {
            tls: TlsConnector::from(Arc::new(config)),
            private,
        };
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(Duration::from_secs(20))
            .pool_max_idle_per_host(64)
            .http1_max_buf_size(64 << 10)
            .build(dial);
        Ok(Self { client, answer_max })
    }

    /// Sends a request and reads the start of its answer, within `total`.
    ///
    /// # Errors
    /// Why there was no answer.
    pub async fn send(&self, request: Request<Full<Bytes>>, total: Duration) -> Result<Answered, String> {
        let deadline = tokio::time::Instant::now() + total;
        let response = match tokio::time::timeout_at(deadline, self.client.request(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(described(&error)),
            Err(_) => return Err(format!("no answer within {} s", total.as_secs())),
        };
        let (head, mut body) = response.into_parts();
        let mut kept = Vec::new();
        let until = deadline.min(tokio::time::Instant::now() + BODY_WAIT);
        while kept.len() < self.answer_max {
            match tokio::time::timeout_at(until, body.frame()).await {
                Ok(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        let room = (self.answer_max - kept.len()).min(data.len());
                        kept.extend_from_slice(data.get(..room).unwrap_or_default());
                    }
                }
                // A body that ends badly or never: the head has said all that counts. Dropping it ends the connection.
                _ => break,
            }
        }
        Ok(Answered {
            status: head.status,
            headers: head.headers,
            body: kept.into(),
        })
    }
}

fn described(error: &hyper_util::client::legacy::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}

/// Opens connections.
#[derive(Clone)]
struct Dial {
    tls: TlsConnector,
    private: bool,
}

type Fault = Box<dyn std::error::Error + Send + Sync>;

impl Dial {
    async fn dial(self, uri: Uri) -> Result<Conn, Fault> {
        let host = uri.host().ok_or("the URL has no host")?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let secure = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let mut addresses: Vec<SocketAddr> = match host.parse::<IpAddr>() {
            Ok(ip) => vec![SocketAddr::new(ip, port)],
            Err(_) => tokio::net::lookup_host((host, port)).await?.collect(),
        };
        if !self.private {
            // All of them: a name that mixes public and private addresses is no honest one.
            if let Some(inside) = addresses.iter().find(|address| guard::is_private(address.ip())) {
                return Err(format!(
                    "{host} is {}, an address inside a private network; endpoints of test payments may set allow_private",
                    inside.ip()
                )
                .into());
            }
        }
        addresses.truncate(4);
        let tcp = TcpStream::connect(addresses.as_slice()).await?;
        tcp.set_nodelay(true)?;
        if !secure {
            return Ok(Conn(TokioIo::new(Box::pin(tcp))));
        }
        let name = ServerName::try_from(host.to_owned())?;
        let stream = self.tls.connect(name, tcp).await?;
        Ok(Conn(TokioIo::new(Box::pin(stream))))
    }
}

impl tower::Service<Uri> for Dial {
    type Response = Conn;
    type Error = Fault;
    type Future = Pin<Box<dyn Future<Output = Result<Conn, Fault>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().dial(uri))
    }
}

trait Stream: AsyncRead + AsyncWrite + Send {}
impl<S: AsyncRead + AsyncWrite + Send> Stream for S {}

/// A connection, plain or TLS.
struct Conn(TokioIo<Pin<Box<dyn Stream>>>);

impl Connection for Conn {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for Conn {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl Write for Conn {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
