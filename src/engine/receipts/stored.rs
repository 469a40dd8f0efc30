//! The issue command as it is sealed into the receipt's row: enough to send the same bytes again.

use crate::adapters::{IdentityKind, IssueReceipt};
use crate::payment::{CashReceipt, Millis, PaidWith};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Personal {
    identity: String,
    identity_kind: Option<IdentityKind>,
    customer_name: Option<String>,
    customer_email: Option<String>,
    customer_phone: Option<String>,
    paid_with: Option<PaidWith>,
    paid_at: Option<Millis>,
    seller: Option<String>,
}

/// What the row itself does not hold, to be sealed at once.
pub(super) fn of(command: &IssueReceipt) -> Value {
    let personal = Personal {
        identity: command.identity.expose_secret().to_owned(),
        identity_kind: command.identity_kind,
        customer_name: command.customer_name.clone(),
        customer_email: command.customer_email.clone(),
        customer_phone: command.customer_phone.clone(),
        paid_with: command.paid_with,
        paid_at: command.paid_at,
        seller: command.seller.clone(),
    };
    serde_json::to_value(personal).unwrap_or(Value::Null)
}

/// The command again; `None` if the sealed part cannot be read.
pub(super) fn command(receipt: &CashReceipt, opened: Value, idempotency_key: &str, at: Millis) -> Option<IssueReceipt> {
    let personal: Personal = serde_json::from_value(opened).ok()?;
    Some(IssueReceipt {
        order_id: receipt.order_id.clone(),
        amounts: receipt.amounts,
        currency: receipt.currency,
        order_name: receipt.order_name.clone(),
        kind: receipt.kind,
        identity: SecretString::from(personal.identity),
        identity_kind: personal.identity_kind,
        customer_name: personal.customer_name,
        customer_email: personal.customer_email,
        customer_phone: personal.customer_phone,
        paid_with: personal.paid_with,
        paid_at: personal.paid_at,
        seller: personal.seller,
        idempotency_key: idempotency_key.to_owned(),
        at,
    })
}
