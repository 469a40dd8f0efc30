//! Webhooks on their way: events become deliveries, one for each endpoint, and deliveries are tried until they are
//! taken or given up.
//!
//! An event ([`super::OutboxRow`]) is committed with the change it tells of. A worker expands it into deliveries; that
//! is idempotent, because the ids are made from the event's. A delivery is tried by whoever leased it; a worker that
//! dies leaves a lease that ends, so every delivery is tried at least once.

use super::{LedgerError, OutboxRow};
use crate::payment::Millis;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

/// Tries that a replayed delivery gets: a round of the standard plan.
pub const REPLAY_TRIES: u32 = 6;

/// Most manual resends of one delivery.
pub const RESENDS_MAX: u32 = 10;

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// To be tried.
    Pending,
    /// Taken by the receiver.
    Delivered,
    /// Given up; can be replayed.
    Dead,
}

/// One event on its way to one endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Id: the event's for the first endpoint, with a suffix for further ones.
    pub id: String,
    /// Event id: the `webhook-id` of every try at every endpoint.
    pub event_id: String,
    /// What is tried independently of everything else: an endpoint.
    pub lane: String,
    /// Where to.
    pub url: String,
    /// Named by the payment (`noticeUrls`), not by the store's settings.
    pub named_by_payment: bool,
    /// Store.
    pub store_id: String,
    /// Payment (or billing key).
    pub payment_id: String,
    /// Transaction.
    pub transaction_id: String,
    /// PortOne V2 event type.
    pub event: String,
    /// Cancellation it is about.
    pub cancellation_id: Option<String>,
    /// When the event happened, ms.
    pub created_at: Millis,
    /// Of a live channel.
    pub live: bool,
    /// PortOne V2 `PaymentWebhookTrigger`, if it was no ordinary event.
    pub trigger: Option<String>,
    /// Earlier events of the payment go first.
    pub ordered: bool,
    /// State.
    pub state: DeliveryState,
    /// Tries made.
    pub attempts: u32,
    /// Tries made before the present round (a manual resend or a replay begins a new one).
    pub base: u32,
    /// Tries of the present round.
    pub tries: u32,
    /// How often it was resent by hand.
    pub resends: u32,
    /// When it is tried next, ms; while it is leased, when the lease ends.
    pub next_at: Millis,
    /// What the last try ended as.
    pub last_error: Option<String>,
}

/// One try of a delivery, as it was sent and answered; secrets and personal data masked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryTry {
    /// Delivery.
    pub delivery_id: String,
    /// Number, from 1.
    pub attempt: u32,
    /// When it was sent, ms.
    pub requested_at: Millis,
    /// Request headers, one a line.
    pub request_header: String,
    /// Request body.
    pub request_body: String,
    /// HTTP status, if it was answered.
    pub status: Option<u16>,
    /// Answer's headers, one a line.
    pub response_header: String,
    /// Start of the answer's body.
    pub response_body: String,
    /// When it was answered, ms.
    pub responded_at: Option<Millis>,
    /// Why it failed, in words.
    pub error: Option<String>,
}

/// A delivery and its last try.
pub type Sent = (Delivery, Option<DeliveryTry>);

/// What to look for among deliveries. ANDed; an absent member takes all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct DeliveryFilter {
    /// State.
    pub state: Option<DeliveryState>,
    /// Delivery id or event id.
    pub id: Option<String>,
    /// Store.
    pub store_id: Option<String>,
    /// Payment.
    pub payment_id: Option<String>,
    /// Event type.
    pub event: Option<String>,
    /// URL, exact.
    pub url: Option<String>,
    /// Events from, ms, inclusive.
    pub from: Option<Millis>,
    /// Events until, ms, exclusive.
    pub until: Option<Millis>,
    /// At most so many; 0 stands for 100.
    pub limit: usize,
}

/// Deliveries that wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// How many.
    pub count: u64,
    /// When the event of the oldest happened, ms.
    pub oldest: Option<Millis>,
}

/// Webhooks on their way.
pub trait OutboxLedger {
    /// Events not expanded yet, oldest first.
    fn unexpanded(&self, limit: usize) -> BoxFuture<'_, Result<Vec<OutboxRow>, LedgerError>>;
    /// Expands events: each gets its deliveries and is done. One that was expanded meanwhile stays as it is.
    fn expand(&self, events: Vec<(String, Vec<Delivery>)>) -> BoxFuture<'_, Result<(), LedgerError>>;
    /// Lanes that have something due.
    fn due_lanes(&self, now: Millis) -> BoxFuture<'_, Result<Vec<String>, LedgerError>>;
    /// Leases due deliveries of lanes, at most so many of each, to `owner` until `until`. Of an ordered delivery's
    /// payment nothing earlier may wait.
    fn lease_deliveries<'a>(
        &'a self,
        owner: &'a str,
        now: Millis,
        until: Millis,
        lanes: Vec<(String, usize)>,
    ) -> BoxFuture<'a, Result<Vec<Delivery>, LedgerError>>;
    /// Writes a try and what became of the delivery, and ends the lease.
    fn tried(&self, delivery: Delivery, try_: Option<DeliveryTry>) -> BoxFuture<'_, Result<(), LedgerError>>;
    /// On start: ends the leases of an earlier life of `owner`.
    fn release_deliveries<'a>(&'a self, owner: &'a str, now: Millis) -> BoxFuture<'a, Result<u64, LedgerError>>;
    /// Deliveries, the latest events first.
    fn deliveries<'a>(&'a self, filter: &'a DeliveryFilter) -> BoxFuture<'a, Result<Vec<Delivery>, LedgerError>>;
    /// Deliveries of a payment, oldest event first, each with its last try.
    fn deliveries_of<'a>(
        &'a self,
        store_id: &'a str,
        payment_id: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Sent>, LedgerError>>;
    /// Every try of a delivery, oldest first.
    fn tries<'a>(&'a self, delivery_id: &'a str) -> BoxFuture<'a, Result<Vec<DeliveryTry>, LedgerError>>;
    /// Sends a delivery again now, once, whatever became of it; one that waits is tried now. `false` if it was resent
    /// `most` times already, or does not exist.
    fn resend<'a>(&'a self, delivery_id: &'a str, now: Millis, most: u32) -> BoxFuture<'a, Result<bool, LedgerError>>;
    /// Gives dead deliveries a new round of `tries`; how many.
    fn replay<'a>(
        &'a self,
        filter: &'a DeliveryFilter,
        now: Millis,
        tries: u32,
    ) -> BoxFuture<'a, Result<u64, LedgerError>>;
    /// What waits.
    fn backlog(&self) -> BoxFuture<'_, Result<Backlog, LedgerError>>;
}
