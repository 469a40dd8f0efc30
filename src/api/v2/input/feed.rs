//! `GET /payments-by-cursor`, `GET /payment-events-by-cursor`: a range, and where the last reading ended.

use crate::api::v2::auth::own_store;
use crate::api::v2::decode::Object;
use crate::api::v2::error::ApiError;
use crate::api::v2::limits;
use crate::channels::Store;
use crate::ledger::{FeedFilter, Mark};
use crate::payment::Millis;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The cursor of a member: opaque to callers, who hand it back as they got it.
#[must_use]
pub fn cursor(mark: &Mark) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}.{}", mark.at, mark.id))
}

fn mark(cursor: &str) -> Option<Mark> {
    let plain = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (at, id) = plain.split_once('.')?;
    Some(Mark {
        at: at.parse().ok()?,
        id: id.to_owned(),
    })
}

/// Decodes the body. Without `until` the range ends now; without `from` it starts 90 days before its end.
///
/// # Errors
/// 400 naming the field; 403 for a foreign `storeId`.
pub fn feed(body: &mut Object<'_>, store: &Store, now: Millis) -> Result<FeedFilter, ApiError> {
    own_store(store, body.id("storeId")?.as_deref())?;
    let until = body.time("until")?.unwrap_or(now);
    let from = body.time("from")?;
    if from.is_some_and(|from| from > until) {
        return Err(body.fail("from", "must not be later than until"));
    }
    let after = body
        .text("cursor", limits::LINE)?
        .filter(|cursor| !cursor.is_empty())
        .map(|cursor| {
            let message = "must be a cursor of an earlier answer, as it came, or absent for the first page";
            mark(&cursor).ok_or_else(|| body.fail("cursor", message))
        })
        .transpose()?;
    let size = body
        .integer("size", 1..=limits::FEED_SIZE, "must be an integer from 1 to 1000")?
        .unwrap_or(10);
    Ok(FeedFilter {
        store_id: store.id.clone(),
        from: from.unwrap_or_else(|| until.saturating_sub(limits::LIST_RANGE_MS)),
        until,
        after,
        limit: usize::try_from(size).unwrap_or(0),
    })
}
