//! Transactions as PortOne V2 shows them.
//!
//! Two shapes of the same facts: `Payment` (one a `paymentId`) and `PaymentTransaction` (one a try). Both are unions
//! over `status`: which members are required differs, and an absent member is left out, never `null`, because PortOne's
//! Python client refuses `null`. The router's own states `Approving` and `Unknown` are shown as `READY`.

mod echo;
mod feed;
mod method;
pub mod receipt;
mod webhook;

use crate::ledger::Sent;
use crate::payment::{
    CancelState, Cancellation, ChannelRef, Failure, FailureKind, GroupRef, Millis, Origin, Platform, Status,
    Transaction, Trigger,
};
pub use echo::{Customer, Product, products};
pub use feed::{EventWithCursor, PaymentWithCursor};
pub use method::Card;
use method::Method;
use serde::{Serialize, Serializer};
pub use webhook::{Resent, WebhookView};

/// A time as RFC 3339 in UTC with `Z`.
#[derive(Debug, Clone, Copy)]
pub struct Time(pub Millis);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Times outside years -9999..9999 are not written by this router; the epoch stands in for them.
        let time = jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        serializer.collect_str(&time)
    }
}

/// PortOne V2 `Payment` or `PaymentTransaction`, depending on how it was made.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct View<'a> {
    status: &'static str,
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_id: Option<&'a str>,
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
    billing_key: Option<&'a str>,
    requested_at: Time,
    updated_at: Time,
    status_changed_at: Time,
    order_name: &'a str,
    amount: Amount,
    currency: &'a str,
    customer: Customer<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<OriginView<'a>>,
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
    paid_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pg_tx_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pg_response: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cash_receipt: Option<receipt::PaymentCashReceipt<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disputes: Option<[(); 0]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancellations: Option<Vec<CancellationView<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancelled_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhooks: Option<Vec<WebhookView<'a>>>,
}

impl<'a> View<'a> {
    /// With the webhooks about this payment, or, for a transaction, about this try.
    #[must_use]
    pub fn with_webhooks(mut self, sent: &'a [Sent]) -> Self {
        let transaction = self.payment_id.map(|_| self.id);
        let mine = sent
            .iter()
            .filter(|(d, _)| transaction.is_none_or(|id| id == d.transaction_id));
        let webhooks: Vec<_> = mine.map(WebhookView::from).collect();
        self.webhooks = (!webhooks.is_empty()).then_some(webhooks);
        self
    }
}

/// PortOne V2 `SelectedChannel`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Channel<'a> {
    r#type: &'static str,
    key: &'a str,
    name: &'a str,
    pg_provider: &'a str,
    pg_merchant_id: &'a str,
}

impl<'a> From<&'a ChannelRef> for Channel<'a> {
    fn from(channel: &'a ChannelRef) -> Self {
        Self {
            r#type: if channel.live { "LIVE" } else { "TEST" },
            key: &channel.key,
            name: &channel.name,
            pg_provider: &channel.pg_provider,
            pg_merchant_id: &channel.mid,
        }
    }
}

/// PortOne V2 `ChannelGroupSummary`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChannelGroup<'a> {
    id: &'a str,
    name: &'a str,
    is_for_test: bool,
}

impl<'a> From<&'a GroupRef> for ChannelGroup<'a> {
    fn from(group: &'a GroupRef) -> Self {
        Self {
            id: &group.id,
            name: &group.name,
            is_for_test: group.is_for_test,
        }
    }
}

/// PortOne V2 `PaymentOrigin`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OriginView<'a> {
    platform_type: Platform,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    ip_address: &'a str,
}

impl<'a> From<&'a Origin> for OriginView<'a> {
    fn from(origin: &'a Origin) -> Self {
        Self {
            platform_type: origin.platform,
            user_agent: origin.user_agent.as_deref(),
            url: origin.url.as_deref(),
            ip_address: &origin.ip_address,
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Amount {
    total: i64,
    tax_free: i64,
    vat: i64,
    supply: i64,
    discount: i64,
    paid: i64,
    cancelled: i64,
    cancelled_tax_free: i64,
}

/// The PG's words; where no PG spoke, the router's own, whose codes start with `NARU_`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FailureView<'a> {
    reason: &'a str,
    pg_code: &'a str,
    pg_message: &'a str,
    /// Not in PortOne's schema, whose clients let unknown members pass: what went wrong, in one vocabulary for every PG.
    kind: FailureKind,
}

impl<'a> From<&'a Failure> for FailureView<'a> {
    fn from(failure: &'a Failure) -> Self {
        Self {
            reason: &failure.message,
            pg_code: &failure.code,
            pg_message: &failure.message,
            kind: failure.kind,
        }
    }
}

/// PortOne V2 `PaymentCancellation`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CancellationView<'a> {
    status: &'static str,
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pg_cancellation_id: Option<&'a str>,
    total_amount: i64,
    tax_free_amount: i64,
    vat_amount: i64,
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancelled_at: Option<Time>,
    requested_at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt_url: Option<&'a str>,
    trigger: Trigger,
}

impl<'a> From<&'a Cancellation> for CancellationView<'a> {
    fn from(c: &'a Cancellation) -> Self {
        let succeeded = c.state == CancelState::Succeeded;
        Self {
            status: match c.state {
                CancelState::Requested => "REQUESTED",
                CancelState::Succeeded => "SUCCEEDED",
                CancelState::Failed => "FAILED",
            },
            id: &c.id,
            pg_cancellation_id: c.pg_cancellation_id.as_deref(),
            total_amount: c.amounts.total,
            tax_free_amount: c.amounts.tax_free,
            vat_amount: c.amounts.vat,
            reason: &c.reason,
            cancelled_at: c.cancelled_at.map(Time),
            requested_at: Time(c.requested_at),
            // The schema has a receipt on the succeeded member of the union only.
            receipt_url: c.receipt_url.as_deref().filter(|_| succeeded),
            trigger: c.trigger,
        }
    }
}

impl<'a> View<'a> {
    /// Shows a receipt that was issued beside the payment, unless the payment has one of its own.
    pub fn beside(&mut self, receipt: Option<receipt::PaymentCashReceipt<'a>>) {
        if self.cash_receipt.is_none() {
            self.cash_receipt = receipt;
        }
    }
}

/// PortOne V2 `Payment`: what `GET /payments/{paymentId}` answers.
#[must_use]
pub fn payment<'a>(t: &'a Transaction, merchant_id: &'a str) -> View<'a> {
    let paid = t.status == Status::Paid;
    let mut view = common(t, merchant_id);
    view.id = &t.payment_id;
    view.transaction_id = Some(&t.id);
    view.origin = Some(OriginView::from(&t.origin));
    view.disputes = paid.then_some([]);
    if paid && !t.cancellations.is_empty() {
        // Refused and pending cancellations of a payment that is still whole.
        view.cancellations = Some(cancellations(t));
    }
    view
}

/// PortOne V2 `PaymentTransaction`: a member of what `GET /payments/{paymentId}/transactions` answers.
#[must_use]
pub fn transaction<'a>(t: &'a Transaction, merchant_id: &'a str) -> View<'a> {
    let mut view = common(t, merchant_id);
    view.payment_id = Some(&t.payment_id);
    view
}

fn cancellations(t: &Transaction) -> Vec<CancellationView<'_>> {
    t.cancellations.iter().map(CancellationView::from).collect()
}

fn common<'a>(t: &'a Transaction, merchant_id: &'a str) -> View<'a> {
    let settled = t.status.is_settled();
    let cancelled = settled && t.status != Status::Paid;
    let failed = t.status == Status::Failed;
    let at_pg = settled || matches!(t.status, Status::PayPending | Status::VirtualAccountIssued);
    View {
        status: shown_status(t.status),
        id: &t.id,
        payment_id: None,
        transaction_id: None,
        merchant_id,
        store_id: &t.store_id,
        method: method::method(t),
        channel: (&t.channel).into(),
        channel_group: t.group.as_ref().map(ChannelGroup::from),
        version: "V2",
        schedule_id: t.billing.as_ref().and_then(|b| b.schedule.as_deref()),
        billing_key: t.billing.as_ref().map(|b| b.key.as_str()),
        requested_at: Time(t.requested_at),
        updated_at: Time(t.updated_at),
        status_changed_at: Time(t.status_changed_at),
        order_name: &t.order_name,
        amount: amount(t),
        currency: t.currency.code(),
        customer: Customer::from(&t.customer),
        origin: None,
        escrow: t.escrow.as_ref().and_then(receipt::escrow),
        products: products(t.extras.get("products")),
        product_count: echo::int32(t.extras.get("productCount")),
        custom_data: t.custom_data.as_deref(),
        country: t.extras.get("country").and_then(serde_json::Value::as_str),
        paid_at: settled
            .then_some(t.paid_at)
            .flatten()
            .or_else(|| (t.status == Status::Paid).then_some(t.status_changed_at))
            .map(Time),
        pg_tx_id: t.pg_tx_id.as_deref().filter(|_| at_pg),
        pg_response: t.pg_response.as_deref().filter(|_| t.status == Status::Paid),
        cash_receipt: t.cash_receipt.as_ref().and_then(|own| receipt::with_payment(t, own)),
        receipt_url: t.receipt_url.as_deref().filter(|_| settled),
        disputes: None,
        cancellations: cancelled.then(|| cancellations(t)),
        cancelled_at: cancelled.then(|| Time(t.cancelled_at.unwrap_or(t.status_changed_at))),
        failed_at: failed.then(|| Time(t.failed_at.unwrap_or(t.status_changed_at))),
        failure: failed.then(|| match &t.failure {
            Some(failure) => failure.into(),
            None => FailureView {
                reason: "",
                pg_code: "",
                pg_message: "",
                kind: FailureKind::Other,
            },
        }),
        webhooks: None,
    }
}

/// The `status` word of a state.
#[must_use]
pub fn shown_status(status: Status) -> &'static str {
    match status {
        Status::Approving | Status::Unknown => Status::Ready.as_str(),
        other => other.as_str(),
    }
}

/// `paid` is what was charged: nothing before the approval, all of it (there are no discounts) from then on.
/// Cancellations do not lower it, they add up in `cancelled`.
fn amount(t: &Transaction) -> Amount {
    Amount {
        total: t.amounts.total,
        tax_free: t.amounts.tax_free,
        vat: t.amounts.vat,
        supply: t.amounts.supply,
        discount: 0,
        paid: if t.status.is_settled() { t.amounts.total } else { 0 },
        cancelled: t.cancelled_total(),
        cancelled_tax_free: t.cancelled_tax_free(),
    }
}

/// What `instant` and `confirm` say of a payment: `{pgTxId, paidAt}`, both required. PortOne has no other shape for a
/// payment that the PG took under review or issued an account for: its state stands in `GET /payments/{paymentId}`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary<'a> {
    pg_tx_id: &'a str,
    paid_at: Time,
}

impl<'a> From<&'a Transaction> for Summary<'a> {
    fn from(t: &'a Transaction) -> Self {
        Self {
            pg_tx_id: t.pg_tx_id.as_deref().unwrap_or_default(),
            paid_at: Time(t.paid_at.unwrap_or(t.status_changed_at)),
        }
    }
}

/// `{payment: …}`, the answer of `instant`.
#[derive(Debug, Serialize)]
pub struct PaidInstantly<'a> {
    /// Summary.
    pub payment: Summary<'a>,
}

/// `{cancellation: …}`, the answer of `cancel`.
#[derive(Debug, Serialize)]
pub struct CancelAnswer<'a> {
    /// The cancellation.
    pub cancellation: CancellationView<'a>,
}

/// A list without pages.
#[derive(Debug, Serialize)]
pub struct Items<T> {
    /// Members.
    pub items: Vec<T>,
}

/// A page of a list.
#[derive(Debug, Serialize)]
pub struct Page<'a> {
    /// Members.
    pub items: Vec<View<'a>>,
    /// Which page of how many.
    pub page: PageInfo,
}

/// PortOne V2 `PageInfo`.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PageInfo {
    /// From 0.
    pub number: i64,
    /// Size asked for.
    pub size: i64,
    /// Of all pages together.
    pub total_count: u64,
}
