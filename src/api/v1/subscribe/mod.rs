//! Billing keys, which V1 knows by the merchant's `customer_uid`, what is charged to them, and when.
//!
//! A `customer_uid` stands in the extras of the key that was issued under it and of what is charged to it; the newest key
//! ever issued under it is the one that it means. A key issued elsewhere (V2, a window) is meant by its id.

pub mod customers;
pub mod pay;
pub mod schedule;

use super::Call;
use super::error::V1Error;
use crate::payment::{BillingKey, CUSTOMER_UID, KeyStatus};
use serde_json::Value;

/// The key that a `customer_uid` means, if it can be charged.
pub(super) async fn key_of(call: &Call, customer_uid: &str) -> Result<Option<BillingKey>, V1Error> {
    let ledger = call.engine.ledger.as_ref();
    let found = match ledger.key_by_customer_uid(&call.store.id, customer_uid).await? {
        Some(key) => Some(key),
        None => ledger.billing_key(customer_uid).await?,
    };
    Ok(found.filter(|key| key.store_id == call.store.id && key.status() == KeyStatus::Issued))
}

/// What a merchant knows a key by.
pub(super) fn customer_uid(key: &BillingKey) -> &str {
    let named = key.extras.get(CUSTOMER_UID).and_then(Value::as_str);
    named.unwrap_or(&key.id)
}
