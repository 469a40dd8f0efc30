//! What the two APIs are, for programs and for people: `GET /openapi/v2.json`, `GET /openapi/v1.json`, `GET /openapi/`.
//!
//! The documents are files beside this one. They are written by hand as far as they say what this router does, and hold
//! PortOne's shapes as far as clients rely on them; the routing tables and the documents are held against each other by a
//! test, so that neither has an operation the other lacks.

mod page;
#[cfg(test)]
mod tests;

use super::{v1, v2};
use crate::net::{Asset, Request, Response, json_response};
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};
use std::sync::LazyLock;

const JSON: &str = "application/json; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
/// The V2 API.
pub const V2: &str = include_str!("openapi/v2.json");
/// The V1 API.
pub const V1: &str = include_str!("openapi/v1.json");

static V2_FILE: LazyLock<Asset> = LazyLock::new(|| Asset::new(JSON, V2));
static V1_FILE: LazyLock<Asset> = LazyLock::new(|| Asset::new(JSON, V1));
static PAGE: LazyLock<Asset> = LazyLock::new(|| Asset::new(HTML, page::html(&[parsed(V2), parsed(V1)])));
static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("text/css; charset=utf-8", include_str!("openapi/page.css")));

/// The page runs nothing and loads its own style only.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

/// An operation of either API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// `v2` or `v1`.
    pub api: &'static str,
    /// Method.
    pub method: String,
    /// Path; the names of identifiers are the documents', not the routing table's.
    pub path: &'static str,
    /// Label in metrics.
    pub label: &'static str,
    /// Why it is always refused, if it is.
    pub refused: Option<&'static str>,
}

/// Every operation of the routing tables.
#[must_use]
pub fn operations() -> Vec<Operation> {
    let made = |api| {
        move |(method, path, label, refused): (&'static Method, _, _, _)| Operation {
            api,
            method: method.to_string(),
            path,
            label,
            refused,
        }
    };
    let v2 = v2::routes::rows().map(made("v2"));
    v2.chain(v1::routes::rows().map(made("v1"))).collect()
}

/// Whether a path belongs here.
#[must_use]
pub fn owns(path: &str) -> bool {
    path == "/openapi" || path.starts_with("/openapi/")
}

/// Answers a request for a document.
#[must_use]
pub fn answer(request: &Request) -> Response {
    if request.method != Method::GET && request.method != Method::HEAD {
        let mut response = json_response(
            StatusCode::METHOD_NOT_ALLOWED,
            &json!({"type": "INVALID_REQUEST", "message": "use GET here"}),
        );
        let allow = HeaderValue::from_static("GET, HEAD");
        response.headers_mut().insert(header::ALLOW, allow);
        return response;
    }
    match request.path.as_str() {
        "/openapi/v2.json" => V2_FILE.serve(request),
        "/openapi/v1.json" => V1_FILE.serve(request),
        "/openapi/page.css" => STYLE.serve(request),
        "/openapi" | "/openapi/" => {
            let mut response = PAGE.serve(request);
            let policy = HeaderValue::from_static(POLICY);
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
            response
        }
        _ => json_response(
            StatusCode::NOT_FOUND,
            &json!({
                "type": "INVALID_REQUEST",
                "message": "there are /openapi/, /openapi/v2.json and /openapi/v1.json",
            }),
        ),
    }
}
