//! One HTTP/1.1 connection, driven by whoever uses it.

use super::codes;
use super::fault::Fault;
use super::io::{Io, Written};
use crate::adapters::WireAnswer;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Request, Response, header};
use http_body_util::Full;
use hyper::body::{Body as _, Frame, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::error::Error as _;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// A request body: whole, because adapters sign whole bodies.
pub(super) type Body = Full<Bytes>;

/// Code and message of a failure.
type Why = (&'static str, String);

/// Largest answer head, in bytes.
const HEAD_BYTES_MAX: usize = 64 << 10;

/// A connection. It is polled in the task that uses it, not in one of its own: an exchange then needs no wake-up
/// across threads, and between exchanges nothing runs.
pub(super) struct Link {
    sender: http1::SendRequest<Body>,
    connection: Pin<Box<http1::Connection<TokioIo<Io>, Body>>>,
    /// The connection's future has ended and must not be polled again.
    ended: bool,
    written: Written,
    /// Not to be used after this.
    pub(super) good_until: Instant,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link")
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

impl Link {
    pub(super) async fn new(io: Io, written: Written) -> Result<Self, Fault> {
        let (sender, connection) = http1::Builder::new()
            .max_buf_size(HEAD_BYTES_MAX)
            .handshake(TokioIo::new(io))
            .await
            .map_err(|e| Fault::unsent(codes::CONNECT, e.to_string()))?;
        Ok(Self {
            sender,
            connection: Box::pin(connection),
            ended: false,
            written,
            good_until: Instant::now(),
        })
    }

    /// Sends a request and reads the whole answer. On failure the link is of no further use.
    pub(super) async fn exchange(
        &mut self,
        request: Request<Body>,
        total: Duration,
        bytes_max: usize,
    ) -> Result<WireAnswer, Fault> {
        self.written.lower();
        let result = match tokio::time::timeout(total, self.talk(request, bytes_max)).await {
            Ok(result) => result,
            Err(_) => Err((
                codes::TIMEOUT,
                format!("no complete answer within {} ms", total.as_millis()),
            )),
        };
        // The flag is read after the last poll: what it does not show now never happened.
        result.map_err(|(code, message)| Fault {
            code,
            message,
            sent: self.written.get(),
        })
    }

    async fn talk(&mut self, request: Request<Body>, bytes_max: usize) -> Result<WireAnswer, Why> {
        // Queues the request; the connection takes it when it is polled next, after looking for an end of the stream.
        let mut response = pin!(self.sender.send_request(request));
        let (connection, ended) = (&mut self.connection, &mut self.ended);
        let response = poll_fn(|cx| {
            drive(connection, ended, cx);
            match response.as_mut().poll(cx) {
                Poll::Ready(result) => Poll::Ready(result.map_err(|e| head_fault(&e))),
                Poll::Pending if *ended => Poll::Ready(Err((codes::RESET, "the connection was closed".to_owned()))),
                Poll::Pending => Poll::Pending,
            }
        })
        .await?;
        self.collect(response, bytes_max).await
    }

    async fn collect(&mut self, response: Response<Incoming>, bytes_max: usize) -> Result<WireAnswer, Why> {
        let (head, mut body) = response.into_parts();
        let too_large = || (codes::TOO_LARGE, format!("the answer is larger than {bytes_max} bytes"));
        if body.size_hint().lower() > bytes_max as u64 {
            return Err(too_large());
        }
        let (mut first, mut rest) = (Bytes::new(), BytesMut::new());
        let (connection, ended) = (&mut self.connection, &mut self.ended);
        while let Some(frame) = poll_fn(|cx| poll_frame(connection, ended, &mut body, cx)).await {
            let Ok(data) = frame?.into_data() else {
                continue;
            };
            if first.len() + rest.len() + data.len() > bytes_max {
                return Err(too_large());
            }
            // Nearly every answer is one piece: it is kept without copying.
            match (first.is_empty(), rest.is_empty()) {
                (true, true) => first = data,
                (false, true) => {
                    rest.extend_from_slice(&first);
                    rest.extend_from_slice(&data);
                    first = Bytes::new();
                }
                (_, false) => rest.extend_from_slice(&data),
            }
        }
        self.good_until = good_until(&head.headers);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(WireAnswer {
            status: head.status.as_u16(),
            headers: (head.headers.iter())
                .map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes())))
                .collect(),
            body: if rest.is_empty() { first } else { rest.freeze() },
        })
    }

    /// Whether it may be kept for another request, and for how long at most: `idle`, or less if the PG said so.
    pub(super) fn keep(&mut self, idle: Duration) -> bool {
        self.good_until = self.good_until.min(Instant::now() + idle);
        (!self.ended && self.sender.is_ready()) || self.is_alive()
    }

    /// Looks at the socket without waiting: whether the PG has closed the idle connection.
    pub(super) fn is_alive(&mut self) -> bool {
        // The next user registers its own waker; until then nobody needs to be woken.
        drive(
            &mut self.connection,
            &mut self.ended,
            &mut Context::from_waker(Waker::noop()),
        );
        !self.ended && self.sender.is_ready()
    }
}

fn drive<F: Future>(connection: &mut Pin<Box<F>>, ended: &mut bool, cx: &mut Context<'_>) {
    // How it ended is told by the response or the body, which know what they miss.
    if !*ended && connection.as_mut().poll(cx).is_ready() {
        *ended = true;
    }
}

fn poll_frame<F: Future>(
    connection: &mut Pin<Box<F>>,
    ended: &mut bool,
    body: &mut Incoming,
    cx: &mut Context<'_>,
) -> Poll<Option<Result<Frame<Bytes>, Why>>> {
    // Twice: polling the body tells the connection that more is wanted.
    for _ in 0..2 {
        drive(connection, ended, cx);
        if let Poll::Ready(frame) = Pin::new(&mut *body).poll_frame(cx) {
            return Poll::Ready(frame.map(|f| f.map_err(|e| body_fault(&e))));
        }
    }
    match *ended {
        true => Poll::Ready(Some(Err((codes::TRUNCATED, "the connection was closed".to_owned())))),
        false => Poll::Pending,
    }
}

fn head_fault(error: &hyper::Error) -> Why {
    let code = if error.is_parse() || error.is_parse_too_large() {
        codes::UNREADABLE
    } else if error.source().is_none() && !error.is_incomplete_message() && !error.is_canceled() {
        // Bytes without a request, most likely: not what an HTTP server says.
        codes::UNREADABLE
    } else {
        codes::RESET
    };
    (code, described(error))
}

fn body_fault(error: &hyper::Error) -> Why {
    let io = error.source().and_then(|s| s.downcast_ref::<std::io::Error>());
    let code = match io.map(std::io::Error::kind) {
        Some(std::io::ErrorKind::InvalidData | std::io::ErrorKind::InvalidInput) => codes::UNREADABLE,
        _ => codes::TRUNCATED,
    };
    (code, described(error))
}

fn described(error: &hyper::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

/// How long the PG promises to keep the connection (`Keep-Alive: timeout=5`), less a second for the way.
fn good_until(headers: &HeaderMap) -> Instant {
    let promised = headers
        .get(header::HeaderName::from_static("keep-alive"))
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.split(',').find_map(|part| part.trim().strip_prefix("timeout=")))
        .and_then(|seconds| seconds.trim().parse::<u64>().ok())
        .map_or(Duration::from_secs(3_600), |seconds| {
            Duration::from_secs(seconds.clamp(1, 3_600) - 1)
        });
    Instant::now() + promised
}
