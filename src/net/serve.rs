//! The accept loop.

use super::{Handler, Refused, Request};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// How much of a body that is too large is read and thrown away, as a multiple of the limit. A connection that is
/// closed while its client still writes is reset, and the reset takes the refusal with it.
const DISCARD: usize = 8;

/// How long a connection that was accepted just before the stop is given for its first request. Its client knows nothing
/// of the stop, and a fresh connection that closes without an answer looks like a failure to it.
const FIRST_REQUEST: Duration = Duration::from_secs(1);

/// Explicit limits of one listener.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Longest time for a request's header to arrive.
    pub header_timeout: Duration,
    /// Longest time for a request's body to arrive.
    pub body_timeout: Duration,
    /// Largest body, in bytes.
    pub body_bytes_max: usize,
    /// Largest request head, in bytes.
    pub head_bytes_max: usize,
    /// Connections served at once; further ones wait in the kernel's queue.
    pub connections_max: usize,
    /// How long open requests may still run after shutdown began.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_timeout: Duration::from_secs(15),
            body_timeout: Duration::from_secs(20),
            body_bytes_max: 1 << 20,
            head_bytes_max: 64 << 10,
            connections_max: 8192,
            drain: Duration::from_secs(30),
        }
    }
}

/// A running listener.
#[derive(Debug)]
pub struct Serving {
    /// The bound address (useful with port 0).
    pub addr: SocketAddr,
    /// Ends when the listener has drained.
    pub task: JoinHandle<()>,
}

/// Binds a listener.
///
/// # Errors
/// The address is in use or not ours.
pub async fn bind(addr: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(addr).await
}

/// Serves `handler` on `listener` until `shutdown` turns true, then drains.
///
/// # Errors
/// The listener has no local address.
pub fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    handler: Arc<dyn Handler>,
    limits: Limits,
    shutdown: watch::Receiver<bool>,
) -> std::io::Result<Serving> {
    let addr = listener.local_addr()?;
    let task = tokio::spawn(accept_loop(listener, tls, handler, Arc::new(limits), shutdown));
    Ok(Serving { addr, task })
}

async fn accept_loop(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    handler: Arc<dyn Handler>,
    limits: Arc<Limits>,
    mut shutdown: watch::Receiver<bool>,
) {
    let slots = Arc::new(Semaphore::new(limits.connections_max));
    loop {
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else {
            return;
        };
        let accepted = tokio::select! {
            // What still waits in the kernel's queue belongs to the process that comes next, if the socket outlives us.
            biased;
            _ = shutdown.wait_for(|stop| *stop) => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(pair) => pair,
            Err(error) => {
                // Out of descriptors, most likely: wait instead of spinning.
                tracing::warn!(%error, "accept failed");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let (handler, limits, shutdown, tls) =
            (Arc::clone(&handler), Arc::clone(&limits), shutdown.clone(), tls.clone());
        tokio::spawn(async move {
            let _slot = slot;
            let _ = stream.set_nodelay(true);
            match tls {
                None => connection(stream, peer, handler, limits, shutdown).await,
                Some(tls) => {
                    let handshake = tokio::time::timeout(limits.header_timeout, tls.accept(stream)).await;
                    if let Ok(Ok(stream)) = handshake {
                        connection(stream, peer, handler, limits, shutdown).await;
                    }
                }
            }
        });
    }
    drop(listener);
    // All permits back means that every connection has ended.
    let all = u32::try_from(limits.connections_max).unwrap_or(u32::MAX);
    let _ = tokio::time::timeout(limits.drain, slots.acquire_many(all)).await;
}

async fn connection<S>(
    stream: S,
    peer: SocketAddr,
    handler: Arc<dyn Handler>,
    limits: Arc<Limits>,
    mut shutdown: watch::Receiver<bool>,
) where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(limits.head_bytes_max);
    let asked = Notify::new();
    let service = service_fn(|request: hyper::Request<Incoming>| {
        asked.notify_one();
        let (handler, limits) = (Arc::clone(&handler), Arc::clone(&limits));
        async move {
            match collect(request, peer, &limits).await {
                Ok(request) => handler.handle(request).await,
                Err(why) => Ok(handler.refuse(why)),
            }
        }
    });
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = shutdown.wait_for(|stop| *stop) => {}
    }
    tokio::select! {
        _ = connection.as_mut() => return,
        () = asked.notified() => {}
        () = tokio::time::sleep(FIRST_REQUEST) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}

async fn discard(mut body: Limited<Incoming>) {
    while let Some(Ok(_)) = body.frame().await {}
}

async fn collect(request: hyper::Request<Incoming>, peer: SocketAddr, limits: &Limits) -> Result<Request, Refused> {
    let (head, mut body) = request.into_parts();
    let deadline = tokio::time::Instant::now() + limits.body_timeout;
    let limited = Limited::new(&mut body, limits.body_bytes_max);
    let body = match tokio::time::timeout_at(deadline, limited.collect()).await {
        Ok(Ok(collected)) => collected.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let rest = Limited::new(body, limits.body_bytes_max.saturating_mul(DISCARD));
            // However that ends, the refusal is the same: only whether the client gets to read it differs.
            let _ = tokio::time::timeout_at(deadline, discard(rest)).await;
            return Err(Refused::BodyTooLarge(limits.body_bytes_max));
        }
        Ok(Err(_)) | Err(_) => return Err(Refused::BodyIncomplete),
    };
    Ok(Request {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers,
        body,
        peer,
    })
}
