//! Response bodies: whole bytes nearly always, a stream where a simulator acts out a slow or broken PG.

use super::Response;
use bytes::Bytes;
use futures_util::Stream;
use http::{HeaderValue, StatusCode, header};
use http_body_util::{BodyExt, Empty, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::Frame;

/// A failure in the middle of a body: the connection is cut there.
pub type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// Body of a [`Response`].
pub type Body = UnsyncBoxBody<Bytes, BodyError>;

/// A whole body.
#[must_use]
pub fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// No body.
#[must_use]
pub fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// A body sent piece by piece; an `Err` piece cuts the connection.
pub fn stream_body<S>(pieces: S) -> Body
where
    S: Stream<Item = Result<Bytes, BodyError>> + Send + 'static,
{
    use futures_util::StreamExt;
    StreamBody::new(pieces.map(|p| p.map(Frame::data))).boxed_unsync()
}

/// A JSON answer. Serialisation of our own value types does not fail; if it did, the caller gets a plain 500 object.
#[must_use]
pub fn json_response<T: serde::Serialize + ?Sized>(status: StatusCode, value: &T) -> Response {
    let bytes = serde_json::to_vec(value)
        .unwrap_or_else(|_| br#"{"type":"INTERNAL","message":"the answer could not be written as JSON"}"#.to_vec());
    answer(status, "application/json; charset=utf-8", bytes.into())
}

/// A text answer with the given content type.
#[must_use]
pub fn text_response(status: StatusCode, content_type: &'static str, text: impl Into<Bytes>) -> Response {
    answer(status, content_type, text.into())
}

fn answer(status: StatusCode, content_type: &'static str, bytes: Bytes) -> Response {
    let mut response = http::Response::new(full(bytes));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
