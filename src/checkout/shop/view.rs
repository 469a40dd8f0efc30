//! A payment as the shop's page shows it.

use super::urls;
use crate::payment::{Amounts, CancelState, MethodDetail, Millis, Status, Transaction};
use serde_json::{Map, Value, json};

/// A payment for the shop's page.
pub(super) fn view(transaction: &Transaction) -> Value {
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            out.insert(name.to_owned(), value);
        }
    };
    put("paymentId", transaction.payment_id.as_str().into());
    put("transactionId", transaction.id.as_str().into());
    put("status", transaction.status.as_str().into());
    put("orderName", transaction.order_name.as_str().into());
    put("total", transaction.amounts.total.into());
    put("vat", transaction.amounts.vat.into());
    put("cancelled", transaction.cancelled_total().into());
    let open = transaction.open_cancellation().is_some();
    put("cancellable", if open { 0 } else { transaction.cancellable() }.into());
    put("currency", transaction.currency.code().into());
    put("channel", transaction.channel.name.as_str().into());
    put("mid", transaction.channel.mid.as_str().into());
    put("reason", transaction.channel.reason.as_str().into());
    put("method", transaction.method.as_ref().map_or(Value::Null, method));
    put(
        "receiptUrl",
        transaction
            .receipt_url
            .as_deref()
            .filter(|url| urls::check_http(url).is_ok())
            .into(),
    );
    put(
        "failure",
        transaction
            .failure
            .as_ref()
            .map_or(Value::Null, |f| json!({"code": f.code, "message": f.message})),
    );
    put("timeline", timeline(transaction));
    Value::Object(out)
}

fn method(detail: &MethodDetail) -> Value {
    let kind = detail.kind().as_str();
    match detail {
        MethodDetail::Card(card) => json!({"kind": kind, "issuer": card.issuer, "number": card.number}),
        MethodDetail::VirtualAccount {
            bank,
            account_number,
            expires_at,
            ..
        } => {
            json!({"kind": kind, "issuer": bank, "number": account_number, "expiresAt": expires_at})
        }
        MethodDetail::EasyPay { provider, .. } => json!({"kind": kind, "issuer": provider}),
        _ => json!({"kind": kind}),
    }
}

fn timeline(transaction: &Transaction) -> Value {
    let mut steps: Vec<(Millis, Value)> = Vec::new();
    let mut add = |at: Option<Millis>, what: &str, amount: Option<&Amounts>| {
        if let Some(at) = at {
            // PGs tell whole seconds: an approval may seem older than its request.
            let at = at.max(transaction.requested_at);
            steps.push((at, json!({"at": at, "what": what, "amount": amount.map(|a| a.total)})));
        }
    };
    add(Some(transaction.requested_at), "requested", None);
    if transaction.status == Status::VirtualAccountIssued {
        add(Some(transaction.status_changed_at), "issued", None);
    }
    add(transaction.paid_at, "paid", Some(&transaction.amounts));
    add(transaction.failed_at, "failed", None);
    for cancellation in &transaction.cancellations {
        let (at, what) = match cancellation.state {
            CancelState::Requested => (Some(cancellation.requested_at), "cancelRequested"),
            CancelState::Succeeded => (
                cancellation.cancelled_at.or(Some(cancellation.requested_at)),
                "cancelled",
            ),
            CancelState::Failed => (Some(cancellation.requested_at), "cancelFailed"),
        };
        add(at, what, Some(&cancellation.amounts));
    }
    steps.sort_by_key(|(at, _)| *at);
    steps.into_iter().map(|(_, step)| step).collect()
}
