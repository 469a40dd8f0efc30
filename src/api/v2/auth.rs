//! Who asks: `Authorization: PortOne <API secret>` or `Authorization: Bearer <access token>`.
//!
//! A credential gives access to its own store, and to no other: not even to further stores of the same merchant.
//! PortOne also knows merchant-level credentials; this router does not.

use super::error::ApiError;
use super::token::Tokens;
use crate::channels::{Snapshot, Store};
use crate::payment::Millis;
use http::{HeaderMap, header};
use std::sync::Arc;

/// The store a request speaks for.
///
/// # Errors
/// 401 `UNAUTHORIZED` when the header is missing, repeated, of another scheme, or its credential is not (any more) valid.
pub fn authenticate(
    headers: &HeaderMap,
    snapshot: &Snapshot,
    tokens: &Tokens,
    now: Millis,
) -> Result<Arc<Store>, ApiError> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(ApiError::unauthorized());
    };
    let text = value.to_str().map_err(|_| ApiError::unauthorized())?;
    let (scheme, credential) = text.trim().split_once(' ').ok_or_else(ApiError::unauthorized)?;
    let credential = credential.trim_start();
    let store = if scheme.eq_ignore_ascii_case("PortOne") {
        snapshot.store_by_secret(credential, now).cloned()
    } else if scheme.eq_ignore_ascii_case("Bearer") {
        tokens.store(snapshot, credential, now)
    } else {
        None
    };
    store.ok_or_else(ApiError::unauthorized)
}

/// Checks a `storeId` that the request names against the credential's store.
///
/// # Errors
/// 403 `FORBIDDEN` for any other store, known or not.
pub fn own_store(store: &Store, named: Option<&str>) -> Result<(), ApiError> {
    match named {
        Some(id) if id != store.id => Err(ApiError::forbidden("storeId")),
        _ => Ok(()),
    }
}
