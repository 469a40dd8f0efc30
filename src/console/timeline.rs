//! One payment's whole story: every attempt, its open operation, and its journal.

use super::{refusal, storage};
use crate::ledger::{Ledger, LedgerError};
use crate::net::{Response, json_response};
use crate::payment::Transaction;
use http::StatusCode;
use serde_json::{Value, json};

/// Members of a transaction that an operator does not need: sealed values, the buyer's data, the merchant's own data.
const WITHHELD: &[&str] = &["keep", "customer", "customData", "extras", "origin"];

pub(super) async fn payment(ledger: &dyn Ledger, store_id: &str, payment_id: &str) -> Response {
    match read(ledger, store_id, payment_id).await {
        Ok(attempts) if attempts.is_empty() => refusal(
            StatusCode::NOT_FOUND,
            "PAYMENT_NOT_FOUND",
            "no attempt of this payment is in the ledger; the path is /admin/payments/{storeId}/{paymentId}",
        ),
        Ok(attempts) => json_response(
            StatusCode::OK,
            &json!({ "storeId": store_id, "paymentId": payment_id, "attempts": attempts }),
        ),
        Err(error) => storage(&error),
    }
}

async fn read(ledger: &dyn Ledger, store_id: &str, payment_id: &str) -> Result<Vec<Value>, LedgerError> {
    let mut attempts = Vec::new();
    for transaction in ledger.attempts(store_id, payment_id).await? {
        let open = ledger.open_intent(&transaction.id).await?;
        let open = open.map(|intent| {
            json!({
                "id": intent.id,
                "operation": intent.operation,
                "state": intent.state,
                "createdAt": intent.created_at,
                "attempts": intent.attempts,
                "nextAt": intent.next_at,
                "leaseOwner": intent.lease_owner,
                "lastError": intent.last_error,
            })
        });
        let journal = ledger.journal(&transaction.id).await?;
        let mut attempt = shown(&transaction);
        if let Some(members) = attempt.as_object_mut() {
            members.insert("journal".to_owned(), json!(journal));
            if let Some(open) = open {
                members.insert("openOperation".to_owned(), open);
            }
        }
        attempts.push(attempt);
    }
    Ok(attempts)
}

fn shown(transaction: &Transaction) -> Value {
    let mut value = json!(transaction);
    if let Some(members) = value.as_object_mut() {
        members.retain(|name, _| !WITHHELD.contains(&name.as_str()));
    }
    value
}
