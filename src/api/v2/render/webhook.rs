//! A payment's webhooks as PortOne V2 shows them (`PaymentWebhook`).

use super::Time;
use crate::ledger::{DeliveryState, Sent};
use serde::Serialize;

/// PortOne V2 `PaymentWebhook`: one event on its way to one endpoint, with its last try.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WebhookView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_status: Option<&'static str>,
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    url: &'a str,
    is_async: bool,
    current_execution_count: u32,
    max_execution_count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    trigger: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<RequestView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<ResponseView<'a>>,
    triggered_at: Time,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestView<'a> {
    header: &'a str,
    body: &'a str,
    requested_at: Time,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ResponseView<'a> {
    code: String,
    header: &'a str,
    body: &'a str,
    responded_at: Time,
}

/// `{webhook: …}`, the answer of `resend-webhook`.
#[derive(Debug, Serialize)]
pub struct Resent<'a> {
    /// The webhook.
    pub webhook: WebhookView<'a>,
}

/// PortOne's word for the state that an event tells of; `CancelPending` has none.
fn payment_status(event: &str) -> Option<&'static str> {
    Some(match event {
        "Transaction.Ready" => "READY",
        "Transaction.VirtualAccountIssued" => "VIRTUAL_ACCOUNT_ISSUED",
        "Transaction.Paid" => "PAID",
        "Transaction.Failed" => "FAILED",
        "Transaction.PartialCancelled" => "PARTIAL_CANCELLED",
        "Transaction.Cancelled" => "CANCELLED",
        "Transaction.PayPending" => "PAY_PENDING",
        _ => return None,
    })
}

impl<'a> From<&'a Sent> for WebhookView<'a> {
    fn from((delivery, last): &'a Sent) -> Self {
        let failed = last.as_ref().map(|last| match last.status {
            Some(_) => "FAILED_NOT_OK_RESPONSE",
            None => "FAILED_UNEXPECTED_ERROR",
        });
        let response = last.as_ref().and_then(|last| {
            Some(ResponseView {
                code: last.status?.to_string(),
                header: &last.response_header,
                body: &last.response_body,
                responded_at: Time(last.responded_at?),
            })
        });
        Self {
            payment_status: payment_status(&delivery.event),
            id: &delivery.id,
            status: match delivery.state {
                DeliveryState::Delivered => Some("SUCCEEDED"),
                DeliveryState::Pending | DeliveryState::Dead => failed,
            },
            url: &delivery.url,
            is_async: true,
            current_execution_count: delivery.attempts,
            max_execution_count: delivery.base + delivery.tries,
            trigger: delivery.trigger.as_deref(),
            request: last.as_ref().map(|last| RequestView {
                header: &last.request_header,
                body: &last.request_body,
                requested_at: Time(last.requested_at),
            }),
            response,
            triggered_at: Time(delivery.created_at),
        }
    }
}
