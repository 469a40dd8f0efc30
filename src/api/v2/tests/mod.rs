#![allow(clippy::unwrap_used, clippy::expect_used)]

mod billing;
mod cash;
mod decoding;
mod errors;
mod feeds;
mod idempotent;
mod listing;
mod planning;
mod rendering;
mod schema;
mod tokens;

use super::plan::{self, Context, Plan};
use super::token::Tokens;
use super::{derived, routes};
use crate::api::v2::error::ApiError;
use crate::channels::{ApiSecret, Snapshot, Store};
use crate::net::Request;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use std::collections::HashMap;
use std::sync::Arc;

pub const STORE: &str = "store-00000000-0000-4000-8000-000000000001";
pub const OTHER_STORE: &str = "store-00000000-0000-4000-8000-000000000002";
pub const SECRET: &str = "self-made-secret-of-store-one";
pub const NOW: i64 = 1_767_225_600_000;

fn sha256(text: &str) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    digest.as_ref().try_into().unwrap()
}

/// Two stores of one merchant; each secret is `(store, secret, expires_at)`.
pub fn snapshot_with(secrets: &[(&str, &str, Option<i64>)]) -> Snapshot {
    let mut stores = HashMap::new();
    let mut by_secret = HashMap::new();
    for id in [STORE, OTHER_STORE] {
        let mine = secrets.iter().filter(|(store, ..)| *store == id);
        let store = Arc::new(Store {
            id: id.into(),
            merchant_id: "merchant-1".into(),
            name: "shop".into(),
            secrets: mine
                .map(|(_, secret, expires_at)| ApiSecret {
                    name: "main".into(),
                    sha256: sha256(secret),
                    expires_at: *expires_at,
                })
                .collect(),
            webhooks: Vec::new(),
            v1: None,
            profiles: Vec::new(),
        });
        for secret in &store.secrets {
            by_secret.insert(secret.sha256, Arc::clone(&store));
        }
        stores.insert(id.to_owned(), store);
    }
    Snapshot {
        version: 1,
        hash: "h".into(),
        loaded_at: NOW,
        stores,
        secrets: by_secret,
        v1_keys: HashMap::new(),
        channels: HashMap::new(),
        groups: HashMap::new(),
    }
}

pub fn snapshot() -> Snapshot {
    snapshot_with(&[
        (STORE, SECRET, None),
        (OTHER_STORE, "self-made-secret-of-store-two", None),
    ])
}

pub fn tokens() -> Tokens {
    Tokens::new(derived(&[7; 32], b"naru v2 token"))
}

/// A request with store one's secret.
pub fn request(method: Method, target: &str, body: &str) -> Request {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = HeaderMap::new();
    let secret = HeaderValue::from_str(&format!("PortOne {SECRET}")).unwrap();
    headers.insert("authorization", secret);
    Request {
        method,
        path: path.into(),
        query: query.into(),
        headers,
        body: Bytes::copy_from_slice(body.as_bytes()),
        peer: "192.0.2.7:4711".parse().unwrap(),
    }
}

pub fn post(target: &str, body: &str) -> Request {
    request(Method::POST, target, body)
}

pub fn get(target: &str) -> Request {
    request(Method::GET, target, "")
}

pub fn plan_with(mut request: Request, snapshot: &Snapshot, tokens: &Tokens) -> Result<Plan, ApiError> {
    let path = request.path.clone();
    let matched = routes::find(&request.method, &path)?;
    let fingerprint_key = derived(&[7; 32], b"naru v2 fingerprint");
    let context = Context {
        snapshot,
        tokens,
        fingerprint_key: &fingerprint_key,
        body_bytes_max: 1 << 20,
        now: NOW,
    };
    plan::plan(&mut request, matched, &context)
}

pub fn plan(request: Request) -> Result<Plan, ApiError> {
    plan_with(request, &snapshot(), &tokens())
}

/// The refusal of a request: status, type, message.
pub fn refusal(request: Request) -> (u16, &'static str, String) {
    let error = plan(request).expect_err("refused");
    (error.status().as_u16(), error.kind(), error.message().to_owned())
}
