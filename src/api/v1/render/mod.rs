//! Transactions as V1 shows them: every key is there, `null` where there is nothing, times in UNIX seconds, 0 for what
//! has not happened.

pub mod balance;
pub mod customer;
mod method;
pub mod receipt;
pub mod schedule;

use super::error::words;
use super::money::Amount;
use crate::payment::{CUSTOMER_UID, CancelState, Cancellation, Millis, Platform, Status, Transaction, imp_uid};
pub use method::CardView;
use method::{AccountView, BankView};
use serde::Serialize;
use serde_json::Value;

/// UNIX seconds, 0 for none.
#[must_use]
pub fn seconds(at: Option<Millis>) -> i64 {
    at.map_or(0, |ms| ms.div_euclid(1_000))
}

/// `imp_uid` of a transaction.
#[must_use]
pub fn uid(t: &Transaction) -> String {
    imp_uid(&t.id, t.origin.platform == Platform::Api)
}

/// The `status` word. Under review (PortOne V2 `PAY_PENDING`) is not decided, and V1 has four words.
#[must_use]
pub fn status(status: Status) -> &'static str {
    match status {
        Status::Ready | Status::Approving | Status::Unknown | Status::PayPending | Status::VirtualAccountIssued => {
            "ready"
        }
        Status::Paid | Status::PartialCancelled => "paid",
        Status::Cancelled => "cancelled",
        Status::Failed => "failed",
    }
}

/// The buyer, from a customer in V2's shape.
#[derive(Debug, Default, Serialize)]
pub struct Buyer<'a> {
    buyer_name: Option<&'a str>,
    buyer_email: Option<&'a str>,
    buyer_tel: Option<&'a str>,
    buyer_addr: Option<&'a str>,
    buyer_postcode: Option<&'a str>,
}

impl<'a> From<&'a Value> for Buyer<'a> {
    fn from(customer: &'a Value) -> Self {
        let text = |name: &str| customer.get(name).and_then(Value::as_str);
        Self {
            buyer_name: text("name"),
            buyer_email: text("email"),
            buyer_tel: text("phoneNumber"),
            buyer_addr: customer.pointer("/address/oneLine").and_then(Value::as_str),
            buyer_postcode: text("zipcode"),
        }
    }
}

/// PortOne V1 `PaymentCancelAnnotation`.
#[derive(Debug, Serialize)]
struct CancelView<'a> {
    pg_tid: &'a str,
    amount: Amount,
    cancelled_at: i64,
    reason: &'a str,
    cancellation_id: &'a str,
    receipt_url: Option<&'a str>,
}

/// PortOne V1 `PaymentAnnotation`.
#[derive(Debug, Serialize)]
pub struct PaymentView<'a> {
    imp_uid: String,
    merchant_uid: &'a str,
    pay_method: String,
    channel: &'static str,
    pg_provider: String,
    emb_pg_provider: Option<String>,
    pg_tid: Option<&'a str>,
    pg_id: &'a str,
    sandbox: bool,
    escrow: bool,
    apply_num: Option<&'a str>,
    #[serde(flatten)]
    bank: BankView,
    #[serde(flatten)]
    card: CardView<'a>,
    card_quota: u32,
    #[serde(flatten)]
    account: AccountView<'a>,
    name: &'a str,
    amount: Amount,
    cancel_amount: Amount,
    currency: &'a str,
    #[serde(flatten)]
    buyer: Buyer<'a>,
    custom_data: Option<&'a str>,
    user_agent: Option<&'a str>,
    status: &'static str,
    started_at: i64,
    paid_at: i64,
    failed_at: i64,
    cancelled_at: i64,
    fail_reason: Option<String>,
    cancel_reason: Option<&'a str>,
    receipt_url: Option<&'a str>,
    cancel_history: Vec<CancelView<'a>>,
    deposit_history: [(); 0],
    cancel_receipt_urls: Vec<&'a str>,
    cash_receipt_issued: bool,
    customer_uid: Option<&'a str>,
    customer_uid_usage: Option<&'static str>,
    promotion: Option<()>,
}

/// What a merchant knows a billing key by: the `customer_uid` it was issued with, else its id.
fn customer_uid(t: &Transaction) -> Option<&str> {
    let billing = t.billing.as_ref()?;
    let named = t.extras.get(CUSTOMER_UID).and_then(Value::as_str);
    Some(named.unwrap_or(&billing.key))
}

impl<'a> From<&'a Transaction> for PaymentView<'a> {
    fn from(t: &'a Transaction) -> Self {
        let money = |minor| Amount::new(minor, t.currency);
        let done: Vec<&Cancellation> = t
            .cancellations
            .iter()
            .filter(|c| c.state == CancelState::Succeeded)
            .collect();
        let failed = t.status == Status::Failed;
        let settled = t.status.is_settled();
        let card = method::card(t);
        Self {
            imp_uid: uid(t),
            merchant_uid: &t.payment_id,
            pay_method: method::word(t),
            channel: match t.origin.platform {
                Platform::Pc => "pc",
                Platform::Mobile => "mobile",
                Platform::Api => "api",
            },
            pg_provider: t.channel.pg_provider.to_lowercase(),
            emb_pg_provider: method::wallet(t),
            pg_tid: t.pg_tx_id.as_deref(),
            pg_id: &t.channel.mid,
            sandbox: !t.channel.live,
            escrow: t.escrow.is_some(),
            apply_num: card.and_then(|card| card.approval_number.as_deref()),
            bank: method::bank(t),
            card_quota: card.map_or(0, |card| card.installment_months),
            card: card.map(CardView::from).unwrap_or_default(),
            account: method::account(t),
            name: &t.order_name,
            amount: money(t.amounts.total),
            cancel_amount: money(t.cancelled_total()),
            currency: t.currency.code(),
            buyer: Buyer::from(&t.customer),
            custom_data: t.custom_data.as_deref(),
            user_agent: t.origin.user_agent.as_deref(),
            status: status(t.status),
            started_at: seconds(Some(t.requested_at)),
            paid_at: if settled {
                seconds(t.paid_at.or(Some(t.status_changed_at)))
            } else {
                0
            },
            failed_at: if failed {
                seconds(t.failed_at.or(Some(t.status_changed_at)))
            } else {
                0
            },
            cancelled_at: seconds(t.cancelled_at.filter(|_| settled)),
            fail_reason: t.failure.as_ref().filter(|_| failed).map(words),
            cancel_reason: done.last().map(|c| c.reason.as_str()),
            receipt_url: t.receipt_url.as_deref().filter(|_| settled),
            cancel_receipt_urls: done.iter().filter_map(|c| c.receipt_url.as_deref()).collect(),
            cancel_history: done
                .into_iter()
                .map(|c| CancelView {
                    pg_tid: c
                        .pg_cancellation_id
                        .as_deref()
                        .or(t.pg_tx_id.as_deref())
                        .unwrap_or_default(),
                    amount: money(c.amounts.total),
                    cancelled_at: seconds(c.cancelled_at),
                    reason: &c.reason,
                    cancellation_id: &c.id,
                    receipt_url: c.receipt_url.as_deref(),
                })
                .collect(),
            deposit_history: [],
            cash_receipt_issued: t
                .cash_receipt
                .as_ref()
                .is_some_and(|receipt| receipt.cancelled_at.is_none()),
            customer_uid: customer_uid(t),
            customer_uid_usage: t.billing.as_ref().map(|billing| match billing.schedule {
                Some(_) => "payment.scheduled",
                None => "payment",
            }),
            promotion: None,
        }
    }
}

/// PortOne V1 `PagedPaymentAnnotation`, of whatever it lists.
#[derive(Debug, Serialize)]
pub struct Paged<T> {
    /// Of all pages together.
    pub total: i64,
    /// Page before, 0 for none.
    pub previous: i64,
    /// Page after, 0 for none.
    pub next: i64,
    /// Members.
    pub list: Vec<T>,
}
