//! Listeners: accept connections, collect bodies under a limit, hand each request to one handler, drain on shutdown.
//!
//! Every listener of the product (public API, V1, operations, simulators) is this one loop with another
//! [`Handler`]. A handler sees a fully collected request and answers a [`Response`], or [`Abort`]s the
//! connection without one (only the simulators do, to act out a PG that drops).
//!
//! Limits are explicit ([`Limits`]): header and idle time, body size, connections.

mod asset;
mod body;
mod html;
mod inherit;
mod serve;
mod tls;

pub use asset::Asset;
pub use body::{Body, BodyError, empty, full, json_response, stream_body, text_response};
pub use html::escape;
pub use inherit::{InheritError, Inherited};
pub use serve::{Limits, Serving, bind, serve};
pub use tls::{TlsCertificate, TlsError, TlsFiles};

use bytes::Bytes;
use http::{HeaderMap, Method};
use std::net::SocketAddr;
use std::sync::Arc;

/// An answer to one request.
pub type Response = http::Response<Body>;

/// The shape of every handler's answer: one allocation a request buys shallow types.
pub use futures_util::future::BoxFuture;

/// A request with its body collected.
#[derive(Debug, Clone)]
pub struct Request {
    /// Request method.
    pub method: Method,
    /// Path as sent, still percent-encoded (ids are decoded after routing).
    pub path: String,
    /// Query string as sent, without `?`; empty when absent.
    pub query: String,
    /// Request headers.
    pub headers: HeaderMap,
    /// Whole body.
    pub body: Bytes,
    /// Address of the connection's other end.
    pub peer: SocketAddr,
}

impl Request {
    /// Path segments, percent-decoded one by one, so that an encoded slash stays inside its segment.
    /// A segment that is not UTF-8 after decoding is replaced character by character.
    #[must_use]
    pub fn segments(&self) -> Vec<String> {
        self.path
            .split('/')
            .filter(|s| !s.is_empty())
            .map(|s| percent_encoding::percent_decode_str(s).decode_utf8_lossy().into_owned())
            .collect()
    }

    /// First value of a query parameter, form-decoded (`+` is a space).
    #[must_use]
    pub fn query_value(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.query.as_bytes())
            .find(|(k, _)| k == name)
            .map(|(_, v)| v.into_owned())
    }

    /// A header as text, if present and printable.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }
}

/// Close the connection without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("connection closed without an answer")]
pub struct Abort;

/// Why a request never reached its route; the handler words it in its API's own error shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The body is larger than the limit (bytes).
    BodyTooLarge(usize),
    /// The body did not arrive whole, or not in time.
    BodyIncomplete,
}

/// What a listener serves.
pub trait Handler: Send + Sync + 'static {
    /// Answers one request.
    fn handle(self: Arc<Self>, request: Request) -> BoxFuture<'static, Result<Response, Abort>>;

    /// Words a refusal that happened before routing.
    fn refuse(&self, why: Refused) -> Response;
}
