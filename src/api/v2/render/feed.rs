//! Members of the `…-by-cursor` lists.

use super::{Amount, CancellationView, Channel, ChannelGroup, Customer, OriginView, Product, Time, View, WebhookView};
use super::{common, method::Method, receipt};
use crate::api::v2::input::cursor;
use crate::ledger::{Mark, MoneyChange, MoneyEvent, Sent};
use crate::payment::Transaction;
use serde::Serialize;

/// PortOne V2 `PaymentWithCursor`.
#[derive(Debug, Serialize)]
pub struct PaymentWithCursor<'a> {
    payment: View<'a>,
    cursor: String,
}

impl<'a> PaymentWithCursor<'a> {
    /// The payment that stands, and the place behind it.
    #[must_use]
    pub fn new(t: &'a Transaction, merchant_id: &'a str) -> Self {
        Self {
            payment: super::payment(t, merchant_id),
            cursor: cursor(&Mark {
                at: t.requested_at,
                id: t.id.clone(),
            }),
        }
    }
}

/// PortOne V2 `PaymentEventWithCursor`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EventWithCursor<'a> {
    payment_event: EventView<'a>,
    cursor: String,
}

impl<'a> EventWithCursor<'a> {
    /// The event and the place behind it.
    #[must_use]
    pub fn new(event: &'a MoneyEvent, t: &'a Transaction, merchant_id: &'a str, sent: &'a [Sent]) -> Self {
        Self {
            payment_event: EventView::new(event, t, merchant_id, sent),
            cursor: cursor(&Mark {
                at: event.at,
                id: event.id.clone(),
            }),
        }
    }
}

/// PortOne V2 `PaymentEvent`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct EventView<'a> {
    r#type: &'static str,
    id: &'a str,
    payment_id: &'a str,
    transaction_id: &'a str,
    merchant_id: &'a str,
    store_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<Method<'a>>,
    channel: Channel<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel_group: Option<ChannelGroup<'a>>,
    version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhooks: Option<Vec<WebhookView<'a>>>,
    requested_at: Time,
    created_at: Time,
    order_name: &'a str,
    total_amount: Amount,
    currency: &'a str,
    customer: Customer<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    escrow: Option<receipt::EscrowView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    products: Option<Vec<Product<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    product_count: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_data: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pg_tx_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cash_receipt: Option<receipt::PaymentCashReceipt<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancellation: Option<CancellationView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disputes: Option<[(); 0]>,
    event_amount: i64,
    origin: OriginView<'a>,
}

impl<'a> EventView<'a> {
    fn new(event: &'a MoneyEvent, t: &'a Transaction, merchant_id: &'a str, sent: &'a [Sent]) -> Self {
        let about = event.cancellation_id.as_deref();
        let cancellation = about.and_then(|id| t.cancellations.iter().find(|c| c.id == id));
        let webhooks: Vec<WebhookView<'a>> = sent
            .iter()
            .filter(|(d, _)| d.transaction_id == t.id && d.cancellation_id.as_deref() == about)
            .map(WebhookView::from)
            .collect();
        let now = common(t, merchant_id);
        Self {
            r#type: event.change.as_str(),
            id: &event.id,
            payment_id: &t.payment_id,
            transaction_id: &t.id,
            merchant_id,
            store_id: &t.store_id,
            method: now.method,
            channel: now.channel,
            channel_group: now.channel_group,
            version: now.version,
            schedule_id: now.schedule_id,
            webhooks: (!webhooks.is_empty()).then_some(webhooks),
            requested_at: now.requested_at,
            created_at: Time(event.at),
            order_name: now.order_name,
            total_amount: now.amount,
            currency: now.currency,
            customer: now.customer,
            escrow: now.escrow,
            products: now.products,
            product_count: now.product_count,
            custom_data: now.custom_data,
            country: now.country,
            pg_tx_id: now.pg_tx_id,
            cash_receipt: now.cash_receipt,
            receipt_url: now.receipt_url,
            // What was given back counts against what came in.
            event_amount: cancellation.map_or(t.amounts.total, |c| -c.amounts.total),
            cancellation: cancellation.map(CancellationView::from),
            disputes: (event.change == MoneyChange::Paid).then_some([]),
            origin: OriginView::from(&t.origin),
        }
    }
}
