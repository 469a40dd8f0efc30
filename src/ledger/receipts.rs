//! Stand-alone cash receipts in the ledger. They belong to a `paymentId`, which need not be a payment made here, so
//! they keep their own open work instead of an intent of a transaction.

use super::LedgerError;
use crate::payment::{CashReceipt, Millis, ReceiptKind, ReceiptState};
use futures_util::future::BoxFuture;

/// Who works on a receipt, and until when nobody else may.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReceiptLease {
    /// Router; empty for nobody.
    pub owner: String,
    /// Until when, ms.
    pub until: Millis,
}

/// A receipt's new state, part of a commit.
#[derive(Debug, Clone)]
pub struct ReceiptWrite {
    /// New state.
    pub receipt: CashReceipt,
    /// Version the change was made on; `None` for a new receipt. Refused with [`LedgerError::Duplicate`] if another one
    /// of the payment stands, with [`LedgerError::Stale`] if the row is another version.
    pub expected: Option<u64>,
    /// Who works on it from now on.
    pub lease: ReceiptLease,
}

/// Which time a list sorts and ranges by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReceiptTime {
    /// Issue; for those that failed, the failure.
    #[default]
    Issued,
    /// Cancellation.
    Cancelled,
    /// Last change of state.
    StatusChanged,
}

/// What a list asks for. ANDed; lists are ORed inside. Receipts that are still being issued are never listed.
#[derive(Debug, Clone, Default)]
pub struct ReceiptFilter {
    /// Stores (never empty).
    pub stores: Vec<String>,
    /// From, ms, inclusive.
    pub from: Option<Millis>,
    /// Until, ms, exclusive.
    pub until: Option<Millis>,
    /// What the range is about.
    pub range_by: ReceiptTime,
    /// `paymentId`.
    pub payment_id: Option<String>,
    /// Test or live only.
    pub is_test: Option<bool>,
    /// Order name.
    pub order_name: Option<String>,
    /// States.
    pub states: Vec<ReceiptState>,
    /// PG's id.
    pub pg_receipt_id: Option<String>,
    /// MID.
    pub mid: Option<String>,
    /// V2 `PgProvider` words.
    pub pg_providers: Vec<String>,
    /// Kinds.
    pub kinds: Vec<ReceiptKind>,
    /// Sort.
    pub sort_by: ReceiptTime,
    /// Oldest first.
    pub ascending: bool,
    /// Rows to skip.
    pub offset: usize,
    /// Rows to return.
    pub limit: usize,
}

/// Cash receipts of the ledger; they are written by [`super::Write::Receipt`].
pub trait ReceiptLedger: Send + Sync {
    /// The receipt that stands for a payment: the issued one (or the one being issued), else the newest.
    fn receipt<'a>(
        &'a self,
        store_id: &'a str,
        payment_id: &'a str,
    ) -> BoxFuture<'a, Result<Option<CashReceipt>, LedgerError>>;
    /// A receipt by our id.
    fn receipt_by_id<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<CashReceipt>, LedgerError>>;
    /// A page of receipts and how many there are in all.
    fn receipts<'a>(&'a self, filter: &'a ReceiptFilter)
    -> BoxFuture<'a, Result<(Vec<CashReceipt>, u64), LedgerError>>;
    /// Leases receipts whose work is due to `owner` until `until`.
    fn lease_receipts<'a>(
        &'a self,
        owner: &'a str,
        now: Millis,
        until: Millis,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<CashReceipt>, LedgerError>>;
    /// On start: gives back every lease of an earlier life of `owner`; its work is due `now`.
    fn release_receipts<'a>(&'a self, owner: &'a str, now: Millis) -> BoxFuture<'a, Result<u64, LedgerError>>;
}
