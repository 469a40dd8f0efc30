//! Cash receipts and escrow as V1 shows them.

use super::{seconds, uid};
use crate::payment::{CashReceipt, Escrow, ReceiptKind, ReceiptState, Transaction};
use serde::Serialize;

/// PortOne V1 `ReceiptAnnotation`, and `ExternalReceiptAnnotation` where there is no payment.
#[derive(Debug, Serialize)]
pub struct ReceiptView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    imp_uid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    merchant_uid: Option<&'a str>,
    receipt_tid: Option<&'a str>,
    apply_num: &'a str,
    r#type: &'static str,
    amount: i64,
    vat: i64,
    receipt_url: Option<&'a str>,
    applied_at: i64,
    cancelled_at: i64,
}

fn word(kind: Option<ReceiptKind>) -> &'static str {
    match kind {
        Some(ReceiptKind::Corporate) => "company",
        Some(ReceiptKind::Personal) | None => "person",
    }
}

impl<'a> ReceiptView<'a> {
    /// A receipt that was issued by a call of its own; `None` if none stands or stood. `payment` is what it is for.
    #[must_use]
    pub fn of(receipt: &'a CashReceipt, payment: Option<&Transaction>) -> Option<Self> {
        if !matches!(receipt.state, ReceiptState::Issued | ReceiptState::Cancelled) {
            return None;
        }
        Some(Self {
            imp_uid: payment.map(uid),
            merchant_uid: payment.is_none().then_some(&receipt.payment_id),
            receipt_tid: receipt.pg_receipt_id.as_deref(),
            apply_num: receipt.issue_number.as_deref().unwrap_or_default(),
            r#type: word(Some(receipt.kind)),
            amount: receipt.amounts.total,
            vat: receipt.amounts.vat,
            receipt_url: receipt.url.as_deref(),
            applied_at: seconds(receipt.issued_at),
            cancelled_at: seconds(receipt.cancelled_at),
        })
    }

    /// The receipt that the PG issued together with the payment.
    #[must_use]
    pub fn within(payment: &'a Transaction) -> Option<Self> {
        let own = payment.cash_receipt.as_ref()?;
        Some(Self {
            imp_uid: Some(uid(payment)),
            merchant_uid: None,
            receipt_tid: own.pg_receipt_id.as_deref(),
            apply_num: &own.issue_number,
            r#type: word(own.kind),
            amount: own.total,
            vat: payment.amounts.vat,
            receipt_url: own.url.as_deref(),
            applied_at: seconds(own.issued_at.or(payment.paid_at)),
            cancelled_at: seconds(own.cancelled_at),
        })
    }
}

/// PortOne V1 `EscrowLogisAnnotation`.
#[derive(Debug, Serialize)]
pub struct LogisView<'a> {
    company: &'a str,
    invoice: &'a str,
    sent_at: i64,
    applied_at: i64,
}

impl<'a> LogisView<'a> {
    /// `None` if no delivery was told yet.
    #[must_use]
    pub fn of(escrow: &'a Escrow) -> Option<Self> {
        let company = escrow.company.as_deref()?;
        Some(Self {
            company: crate::api::v1::escrow::v1_company(company),
            invoice: escrow.invoice_number.as_deref().unwrap_or_default(),
            sent_at: seconds(escrow.sent_at),
            applied_at: seconds(escrow.applied_at),
        })
    }
}
