//! Reading everything in order, from where the last reading ended: PortOne V2's `…-by-cursor` lists.

use super::LedgerError;
use crate::payment::{Millis, Transaction};
use futures_util::future::BoxFuture;

/// A place in a feed: behind the member made at `at` with this id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// When it was made, ms.
    pub at: Millis,
    /// Its id.
    pub id: String,
}

/// What part of a feed is asked for.
#[derive(Debug, Clone)]
pub struct FeedFilter {
    /// Store.
    pub store_id: String,
    /// From, ms, inclusive.
    pub from: Millis,
    /// Until, ms, exclusive.
    pub until: Millis,
    /// Behind this member.
    pub after: Option<Mark>,
    /// Rows to return.
    pub limit: usize,
}

/// What happened to a payment's money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoneyChange {
    /// Approved, deposited.
    Paid,
    /// Part of it was given back.
    PartialCancelled,
    /// The last of it was given back.
    Cancelled,
}

impl MoneyChange {
    /// PortOne V2 `PaymentEvent.type`; also the word in storage.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Paid => "PAID",
            Self::PartialCancelled => "PARTIAL_CANCELLED",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// The change with a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Paid, Self::PartialCancelled, Self::Cancelled]
            .into_iter()
            .find(|change| change.as_str() == word)
    }
}

/// One change of a payment's money, committed together with the state that shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoneyEvent {
    /// Id: the transaction's for an approval, the cancellation's for a cancellation. Each happens once.
    pub id: String,
    /// Store.
    pub store_id: String,
    /// Transaction.
    pub transaction_id: String,
    /// Cancellation it is about.
    pub cancellation_id: Option<String>,
    /// What happened.
    pub change: MoneyChange,
    /// When this router took it in, ms: a late truth comes late in the feed too, so that no reader misses it.
    pub at: Millis,
}

/// Feeds of the ledger, oldest first.
pub trait FeedLedger: Send + Sync {
    /// Payments (the attempt that stands) in the order of their request.
    fn payments_after<'a>(&'a self, filter: &'a FeedFilter) -> BoxFuture<'a, Result<Vec<Transaction>, LedgerError>>;
    /// Changes of money, each with its transaction as it stands now.
    fn events_after<'a>(
        &'a self,
        filter: &'a FeedFilter,
    ) -> BoxFuture<'a, Result<Vec<(MoneyEvent, Transaction)>, LedgerError>>;
}
