#![allow(clippy::unwrap_used, clippy::expect_used)]

mod decoding;
mod rendering;
mod routing;
mod tokens;

use super::decode::Params;
use super::error::V1Error;
use crate::net::Request;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

/// A request with these headers.
pub fn request(method: Method, target: &str, headers: &[(&'static str, &str)], body: &str) -> Request {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }
    Request {
        method,
        path: path.into(),
        query: query.into(),
        headers: map,
        body: Bytes::copy_from_slice(body.as_bytes()),
        peer: "192.0.2.7:4711".parse().unwrap(),
    }
}

/// The parameters of a body (and a query, before a `?` of its own).
pub fn params(target: &str, body: &str) -> Result<Params, V1Error> {
    Params::read(&request(Method::POST, target, &[], body))
}
