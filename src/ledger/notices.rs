//! Notifications by PGs: kept as they came before anything is made of them, applied once, never dropped.

use super::LedgerError;
use crate::payment::Millis;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

/// Where a notification stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeState {
    /// Stored, not read yet.
    Received,
    /// Read; what it tells of must be looked up, or its payment is not known yet.
    Waiting,
    /// What it tells is in the ledger.
    Applied,
    /// Told before.
    Duplicate,
    /// Concerns no payment.
    Ignored,
    /// Forged or unreadable.
    Refused,
    /// Its payment never appeared; can be replayed.
    Dead,
}

/// A stored notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NoticeRow {
    /// Id.
    pub id: String,
    /// Router provider id.
    pub provider: String,
    /// Channel it was addressed to.
    pub channel_key: String,
    /// When it arrived, ms.
    pub received_at: Millis,
    /// Sender's address.
    pub peer: String,
    /// Method, query, headers and body, sealed: they hold buyers' data.
    #[serde(skip)]
    pub sealed: Vec<u8>,
    /// State.
    pub state: NoticeState,
    /// The PG's natural key of the event.
    pub dedupe: Option<String>,
    /// Our order number, if told.
    pub order_id: Option<String>,
    /// Looks so far.
    pub attempts: u32,
    /// When it is looked at next, ms; while it is leased, when the lease ends.
    pub next_at: Millis,
    /// What the last look ended as.
    pub last_error: Option<String>,
}

/// What to look for among notifications. ANDed; an absent member takes all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct NoticeFilter {
    /// Id.
    pub id: Option<String>,
    /// State.
    pub state: Option<NoticeState>,
    /// Channel.
    pub channel_key: Option<String>,
    /// Our order number.
    pub order_id: Option<String>,
    /// From, ms, inclusive.
    pub from: Option<Millis>,
    /// Until, ms, exclusive.
    pub until: Option<Millis>,
    /// At most so many; 0 stands for 100.
    pub limit: usize,
}

/// Notifications by PGs.
pub trait NoticeLedger {
    /// Stores a notification as it came. Durable when it resolves.
    fn notice_received(&self, row: NoticeRow) -> BoxFuture<'_, Result<(), LedgerError>>;
    /// Writes what became of it: state, key, order number, looks, schedule, error; and ends the lease.
    fn notice_seen(&self, row: NoticeRow) -> BoxFuture<'_, Result<(), LedgerError>>;
    /// Whether another notification with this key was taken (waits or was applied).
    fn notice_known<'a>(
        &'a self,
        channel_key: &'a str,
        dedupe: &'a str,
        not: &'a str,
    ) -> BoxFuture<'a, Result<bool, LedgerError>>;
    /// Leases notifications that are due to `owner` until `until`: unread ones and waiting ones.
    fn lease_notices<'a>(
        &'a self,
        owner: &'a str,
        now: Millis,
        until: Millis,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<NoticeRow>, LedgerError>>;
    /// On start: ends the leases of an earlier life of `owner`.
    fn release_notices<'a>(&'a self, owner: &'a str, now: Millis) -> BoxFuture<'a, Result<u64, LedgerError>>;
    /// Notifications, the latest first.
    fn notices<'a>(&'a self, filter: &'a NoticeFilter) -> BoxFuture<'a, Result<Vec<NoticeRow>, LedgerError>>;
    /// Has notifications looked at again from the beginning; how many. Without `id` or `state`, dead ones.
    fn replay_notices<'a>(&'a self, filter: &'a NoticeFilter, now: Millis) -> BoxFuture<'a, Result<u64, LedgerError>>;
    /// The latest revision a channel was used with, for channels that are gone from the settings.
    fn revision_of_channel<'a>(&'a self, channel_key: &'a str) -> BoxFuture<'a, Result<Option<String>, LedgerError>>;
    /// Takes a piece of background work for `owner` until `until`, unless somebody has it until later than `now`.
    fn claim_job<'a>(
        &'a self,
        name: &'a str,
        owner: &'a str,
        now: Millis,
        until: Millis,
    ) -> BoxFuture<'a, Result<bool, LedgerError>>;
}
