//! Who asks. V1 clients send their token in four ways; each is taken.

use super::error::V1Error;
use super::token::Tokens;
use crate::channels::{Snapshot, Store};
use crate::net::Request;
use crate::payment::Millis;
use std::sync::Arc;

/// The store a request speaks for: `Authorization: <token>` or `Bearer <token>`, `X-ImpTokenHeader`, or the query
/// parameter `_token`, the first that is there.
///
/// # Errors
/// 401 `Unauthorized`, one for every cause.
pub fn authenticate(
    request: &Request,
    snapshot: &Snapshot,
    tokens: &Tokens,
    now: Millis,
) -> Result<Arc<Store>, V1Error> {
    let header = ["authorization", "x-imptokenheader"];
    let token = header.iter().find_map(|name| request.header(name)).map(bare);
    let token = match token {
        Some(token) => Some(token.to_owned()),
        None => request.query_value("_token"),
    };
    let store = token.and_then(|token| tokens.store(snapshot, &token, now));
    store.ok_or_else(V1Error::unauthorized)
}

/// Without `Bearer`, in any case.
fn bare(value: &str) -> &str {
    let value = value.trim();
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => value,
    }
}

/// A sub-merchant (`Tier`) must not be taken for the store itself: its money would go to the wrong one.
///
/// # Errors
/// 404 if one is named: no store here has any.
pub fn no_tier(request: &Request) -> Result<(), V1Error> {
    match request.header("tier").map(str::trim) {
        None | Some("") => Ok(()),
        Some(_) => Err(V1Error::unknown_tier()),
    }
}
