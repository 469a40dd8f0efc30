//! What a PG says it did and will pay out, for comparing with the ledger.

use super::{Call, ChannelRevision, Refusal, Step, WireAnswer};
use crate::payment::Millis;
use serde::{Deserialize, Serialize};

/// Which page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PageQuestion {
    /// First day, `yyyy-MM-dd` in Korean time.
    pub from: String,
    /// Last day, inclusive.
    pub until: String,
    /// Where the page before ended, as its [`Listed::next`] said.
    pub cursor: Option<String>,
    /// Rows a page; each PG has its own most.
    pub limit: u32,
}

/// A page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed<T> {
    /// Rows in the PG's order.
    pub rows: Vec<T>,
    /// Cursor of the next page, if there may be one.
    pub next: Option<String>,
    /// Rows that could not be read: never silently dropped.
    pub unreadable: u32,
}

/// One approval or cancellation as the PG lists it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PgTransactionRow {
    /// PG's key of this very row.
    pub transaction_key: String,
    /// PG's transaction id of the approval.
    pub pg_tx_id: String,
    /// Our order number.
    pub order_id: String,
    /// Status in the PG's word.
    pub status: String,
    /// Amount as listed; its sign on cancellations differs from PG to PG, so compare absolute values.
    pub amount: i64,
    /// Currency code, if told.
    pub currency: Option<String>,
    /// When, ms.
    pub at: Option<Millis>,
}

/// One settled row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PgSettlementRow {
    /// PG's key of the approval or cancellation that is settled.
    pub transaction_key: String,
    /// PG's transaction id of the approval.
    pub pg_tx_id: String,
    /// Our order number.
    pub order_id: String,
    /// Amount.
    pub amount: i64,
    /// Fee, VAT of the fee included.
    pub fee: i64,
    /// VAT of the fee.
    pub fee_vat: Option<i64>,
    /// What is paid out.
    pub pay_out: i64,
    /// Sales day, `yyyy-MM-dd`.
    pub sold_on: Option<String>,
    /// Pay-out day, `yyyy-MM-dd`.
    pub paid_out_on: Option<String>,
}

/// Lists of a PG.
pub trait Reconciliation: Send + Sync {
    /// Call for a page of approvals and cancellations.
    ///
    /// # Errors
    /// Days or limit are not what this PG takes.
    fn transactions(&self, page: &PageQuestion, channel: &ChannelRevision) -> Result<Call, Refusal>;
    /// Reads the page.
    fn transactions_read(&self, page: &PageQuestion, answer: &WireAnswer) -> Step<Listed<PgTransactionRow>>;
    /// Call for a page of settlements by sales day.
    ///
    /// # Errors
    /// Days or limit are not what this PG takes.
    fn settlements(&self, page: &PageQuestion, channel: &ChannelRevision) -> Result<Call, Refusal>;
    /// Reads the page.
    fn settlements_read(&self, page: &PageQuestion, answer: &WireAnswer) -> Step<Listed<PgSettlementRow>>;
}
