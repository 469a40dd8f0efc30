//! Cash receipts and escrow as PortOne V2 shows them.

use super::{Channel, Time};
use crate::payment::{
    CashReceipt, Escrow, EscrowState, PaymentReceipt, ReceiptKind, ReceiptState, Status, Transaction,
};
use serde::Serialize;

/// PortOne V2 `PaymentEscrow`, a union over `status`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EscrowView<'a> {
    status: EscrowState,
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invoice_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    applied_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_automatically_confirmed: Option<bool>,
}

/// The escrow of a payment. Every state but the first needs a delivery in PortOne's shape; one that the router was not
/// told is left out.
#[must_use]
pub fn escrow(escrow: &Escrow) -> Option<EscrowView<'_>> {
    let before = escrow.state == EscrowState::BeforeRegistered;
    let told = |text: &'_ Option<String>| !before && text.is_some();
    if !(before || told(&escrow.company) && told(&escrow.invoice_number)) {
        return None;
    }
    Some(EscrowView {
        status: escrow.state,
        company: escrow.company.as_deref().filter(|_| !before),
        invoice_number: escrow.invoice_number.as_deref().filter(|_| !before),
        sent_at: escrow.sent_at.filter(|_| !before).map(Time),
        applied_at: escrow.applied_at.filter(|_| !before).map(Time),
        is_automatically_confirmed: (escrow.state == EscrowState::Confirmed)
            .then_some(escrow.automatic.unwrap_or(false)),
    })
}

/// PortOne V2 `PaymentCashReceipt`, a union over `status`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentCashReceipt<'a> {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<ReceiptKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pg_receipt_id: Option<&'a str>,
    issue_number: &'a str,
    total_amount: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    tax_free_amount: Option<i64>,
    currency: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    issued_at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancelled_at: Option<Time>,
}

/// The receipt that the PG issued with the payment.
#[must_use]
pub(super) fn with_payment<'a>(t: &'a Transaction, own: &'a PaymentReceipt) -> Option<PaymentCashReceipt<'a>> {
    t.status.is_settled().then(|| PaymentCashReceipt {
        status: if own.cancelled_at.is_some() {
            "CANCELLED"
        } else {
            "ISSUED"
        },
        r#type: own.kind,
        pg_receipt_id: own.pg_receipt_id.as_deref(),
        issue_number: &own.issue_number,
        total_amount: own.total,
        tax_free_amount: own.tax_free,
        currency: t.currency.code(),
        url: own.url.as_deref(),
        issued_at: Time(own.issued_at.or(t.paid_at).unwrap_or(t.status_changed_at)),
        cancelled_at: own.cancelled_at.map(Time),
    })
}

/// A stand-alone receipt of the same `paymentId`, as a member of the payment.
#[must_use]
pub fn beside<'a>(t: &Transaction, receipt: &'a CashReceipt) -> Option<PaymentCashReceipt<'a>> {
    let issued = matches!(receipt.state, ReceiptState::Issued | ReceiptState::Cancelled);
    let shown = t.status.is_settled() && t.status != Status::Ready && issued;
    shown.then(|| PaymentCashReceipt {
        status: receipt.state.as_str(),
        r#type: Some(receipt.kind),
        pg_receipt_id: receipt.pg_receipt_id.as_deref(),
        issue_number: receipt.issue_number.as_deref().unwrap_or_default(),
        total_amount: receipt.amounts.total,
        tax_free_amount: Some(receipt.amounts.tax_free),
        currency: receipt.currency.code(),
        url: url(receipt),
        issued_at: Time(receipt.issued_at.unwrap_or(receipt.status_changed_at)),
        cancelled_at: cancelled_at(receipt),
    })
}

fn url(receipt: &CashReceipt) -> Option<&str> {
    receipt.url.as_deref().filter(|url| !url.is_empty())
}

fn cancelled_at(receipt: &CashReceipt) -> Option<Time> {
    let cancelled = receipt.state == ReceiptState::Cancelled;
    cancelled.then(|| Time(receipt.cancelled_at.unwrap_or(receipt.status_changed_at)))
}

/// PortOne V2 `CashReceipt`, a union over `status`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CashReceiptView<'a> {
    status: &'static str,
    merchant_id: &'a str,
    store_id: &'a str,
    payment_id: &'a str,
    channel: Channel<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tax_free_amount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vat_amount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'a str>,
    order_name: &'a str,
    is_manual: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<ReceiptKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pg_receipt_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issue_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issued_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancelled_at: Option<Time>,
    status_updated_at: Time,
}

/// A receipt; `None` while it is still being issued, because PortOne has no such state.
#[must_use]
pub fn cash_receipt<'a>(receipt: &'a CashReceipt, merchant_id: &'a str) -> Option<CashReceiptView<'a>> {
    if receipt.state == ReceiptState::Issuing {
        return None;
    }
    let was_issued = receipt.state != ReceiptState::IssueFailed;
    Some(CashReceiptView {
        status: receipt.state.as_str(),
        merchant_id,
        store_id: &receipt.store_id,
        payment_id: &receipt.payment_id,
        channel: (&receipt.channel).into(),
        amount: was_issued.then_some(receipt.amounts.total),
        tax_free_amount: was_issued.then_some(receipt.amounts.tax_free),
        vat_amount: was_issued.then_some(receipt.amounts.vat),
        currency: was_issued.then(|| receipt.currency.code()),
        order_name: &receipt.order_name,
        is_manual: true,
        r#type: was_issued.then_some(receipt.kind),
        pg_receipt_id: receipt.pg_receipt_id.as_deref().filter(|_| was_issued),
        issue_number: was_issued.then(|| receipt.issue_number.as_deref().unwrap_or_default()),
        url: url(receipt).filter(|_| was_issued),
        issued_at: was_issued.then(|| Time(receipt.issued_at.unwrap_or(receipt.status_changed_at))),
        cancelled_at: cancelled_at(receipt),
        status_updated_at: Time(receipt.status_changed_at),
    })
}

/// `{cashReceipt: …}`, the answer of an issue.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptAnswer<'a> {
    cash_receipt: ReceiptSummary<'a>,
}

/// PortOne V2 `CashReceiptSummary`; all three members are required.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ReceiptSummary<'a> {
    issue_number: &'a str,
    url: &'a str,
    pg_receipt_id: &'a str,
}

impl<'a> From<&'a CashReceipt> for ReceiptAnswer<'a> {
    fn from(receipt: &'a CashReceipt) -> Self {
        Self {
            cash_receipt: ReceiptSummary {
                issue_number: receipt.issue_number.as_deref().unwrap_or_default(),
                url: receipt.url.as_deref().unwrap_or_default(),
                pg_receipt_id: receipt.pg_receipt_id.as_deref().unwrap_or_default(),
            },
        }
    }
}

/// PortOne V2 `CancelCashReceiptResponse`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptCancelAnswer {
    cancelled_amount: i64,
    cancelled_at: Time,
}

impl ReceiptCancelAnswer {
    /// What was taken back of a receipt.
    #[must_use]
    pub fn new(receipt: &CashReceipt, amount: i64) -> Self {
        Self {
            cancelled_amount: amount,
            cancelled_at: Time(receipt.cancelled_at.unwrap_or(receipt.status_changed_at)),
        }
    }
}

/// PortOne V2 `CloseVirtualAccountResponse`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClosedAnswer {
    closed_at: Time,
}

impl From<&Transaction> for ClosedAnswer {
    fn from(t: &Transaction) -> Self {
        Self {
            closed_at: Time(t.failed_at.unwrap_or(t.status_changed_at)),
        }
    }
}

/// PortOne V2 `ApplyEscrowLogisticsResponse`, `ModifyEscrowLogisticsResponse` or `ConfirmEscrowResponse`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EscrowAnswer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    invoice_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    applied_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    modified_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_at: Option<Time>,
}

impl<'a> EscrowAnswer<'a> {
    /// After `action` was told to the PG.
    #[must_use]
    pub fn new(t: &'a Transaction, action: crate::adapters::EscrowAction) -> Self {
        use crate::adapters::EscrowAction::{Modify, Register};
        let escrow = t.escrow.as_ref();
        let at = Time(escrow.and_then(|e| e.applied_at).unwrap_or(t.updated_at));
        let delivery = matches!(action, Register | Modify);
        Self {
            invoice_number: escrow.and_then(|e| e.invoice_number.as_deref()).filter(|_| delivery),
            sent_at: escrow.and_then(|e| e.sent_at).filter(|_| delivery).map(Time),
            applied_at: (action == Register).then_some(at),
            modified_at: (action == Modify).then_some(at),
            completed_at: (!delivery).then_some(Time(t.updated_at)),
        }
    }
}

/// PortOne V2 `GetCashReceiptsResponse`.
#[derive(Debug, Serialize)]
pub struct ReceiptPage<'a> {
    /// Members.
    pub items: Vec<CashReceiptView<'a>>,
    /// Which page of how many.
    pub page: super::PageInfo,
}
