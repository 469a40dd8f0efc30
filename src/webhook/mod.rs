//! Webhooks out: what merchants are told, signed, until they have it.
//!
//! Events are committed with the change they tell of ([`crate::ledger::OutboxRow`]). The worker here makes deliveries
//! of them, one for each endpoint ([`route`]), and tries each on a plan ([`plan`]) until the receiver takes it. Work is
//! taken by lease, so several routers of one ledger share it; a try whose router died is made again. So every event
//! arrives at least once, under one `webhook-id`.

mod ask;
pub mod client;
mod guard;
mod lanes;
mod payload;
mod plan;
mod route;
mod send;
mod sign;
#[cfg(test)]
mod tests;

use crate::channels::Live;
use crate::engine::{crash, now};
use crate::ledger::{Delivery, Ledger, LedgerError};
use crate::payment::Millis;
use crate::telemetry::Metrics;
use client::HookClient;
use lanes::Lanes;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore, watch};

pub use guard::is_private;
pub use payload::{Payload, render};
pub use sign::signatures;

/// Events expanded in one commit.
const EXPANDED: usize = 256;
/// Beyond a try's own time-out, before another router may think that this one is dead.
const LEASE_MARGIN: Millis = 15_000;
/// Between looks at the size of the backlog.
const COUNT_EVERY: Duration = Duration::from_secs(5);
/// After a delivery ended, before the next look for work: others will have ended too.
const GATHER: Duration = Duration::from_millis(3);

/// Settings of the worker.
#[derive(Debug, Clone)]
pub struct WebhookOptions {
    /// This router's name in leases.
    pub node: String,
    /// Longest wait for an answer.
    pub timeout: Duration,
    /// Between looks for due work.
    pub tick: Duration,
    /// Deliveries under way at once.
    pub parallel: usize,
    /// What the retry plan counts in; shorter only in tests.
    pub minute: Duration,
}

impl Default for WebhookOptions {
    fn default() -> Self {
        Self {
            node: "naru-1".to_owned(),
            timeout: Duration::from_secs(30),
            tick: Duration::from_millis(100),
            parallel: 1024,
            minute: Duration::from_secs(60),
        }
    }
}

/// The worker.
pub struct Webhooks {
    ledger: Arc<dyn Ledger>,
    live: Arc<Live>,
    metrics: Metrics,
    options: WebhookOptions,
    /// To public addresses only.
    guarded: HookClient,
    /// To any address: endpoints of test payments that allow it.
    free: HookClient,
    lanes: Mutex<Lanes>,
    places: Arc<Semaphore>,
    ended: Notify,
}

impl std::fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhooks").finish_non_exhaustive()
    }
}

impl Webhooks {
    /// A worker over a ledger and the current settings.
    ///
    /// # Errors
    /// The TLS settings cannot be built.
    pub fn new(
        ledger: Arc<dyn Ledger>,
        live: Arc<Live>,
        metrics: Metrics,
        options: WebhookOptions,
    ) -> Result<Self, String> {
        Ok(Self {
            ledger,
            live,
            metrics,
            guarded: HookClient::new(false)?,
            free: HookClient::new(true)?,
            lanes: Mutex::new(Lanes::default()),
            places: Arc::new(Semaphore::new(options.parallel)),
            ended: Notify::new(),
            options,
        })
    }

    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        // Counts only: whoever panicked left at worst one place occupied.
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes back what an earlier life of this router left under way. Once, before the worker runs.
    ///
    /// # Errors
    /// The ledger cannot be written.
    pub async fn take_back(&self) -> Result<(), LedgerError> {
        let left = self.ledger.release_deliveries(&self.options.node, now()).await?;
        if left > 0 {
            tracing::warn!(left, "webhook deliveries of an earlier life are sent again");
        }
        Ok(())
    }

    /// Expands and delivers until `stop` turns true; then waits for what is under way, a little.
    pub async fn work(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut counted = tokio::time::Instant::now() - COUNT_EVERY;
        while !*stop.borrow() {
            if let Err(error) = self.pass().await {
                tracing::error!(%error, "webhooks wait for the ledger");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            if counted.elapsed() >= COUNT_EVERY {
                counted = tokio::time::Instant::now();
                self.count().await;
            }
            tokio::select! {
                () = async { self.ended.notified().await; tokio::time::sleep(GATHER).await } => {}
                () = tokio::time::sleep(self.options.tick) => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
        }
        let all = u32::try_from(self.options.parallel).unwrap_or(u32::MAX);
        let _ = tokio::time::timeout(Duration::from_secs(3), self.places.acquire_many(all)).await;
    }

    /// One look for work.
    async fn pass(self: &Arc<Self>) -> Result<(), LedgerError> {
        self.expand().await?;
        let at = now();
        let mut room = self.places.available_permits();
        let mut wanted = Vec::new();
        for lane in self.ledger.due_lanes(at).await? {
            let free = self.lanes().free(&lane, at).min(room);
            if free > 0 {
                room -= free;
                wanted.push((lane, free));
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let timeout = i64::try_from(self.options.timeout.as_millis()).unwrap_or(30_000);
        let until = at + timeout + LEASE_MARGIN;
        let leased = self
            .ledger
            .lease_deliveries(&self.options.node, at, until, wanted)
            .await?;
        if !leased.is_empty() {
            crash::point("after-lease");
        }
        for delivery in leased {
            self.start(delivery).await;
        }
        Ok(())
    }

    async fn start(self: &Arc<Self>, delivery: Delivery) {
        let Ok(place) = Arc::clone(&self.places).acquire_owned().await else {
            return;
        };
        self.lanes().started(&delivery.lane);
        let worker = Arc::clone(self);
        tokio::spawn(async move {
            let lane = delivery.lane.clone();
            let (taken, pause) = worker.deliver(delivery).await;
            worker.lanes().ended(&lane, taken, pause, now());
            drop(place);
            worker.ended.notify_one();
        });
    }

    /// Makes deliveries of new events.
    async fn expand(&self) -> Result<(), LedgerError> {
        loop {
            let events = self.ledger.unexpanded(EXPANDED).await?;
            if events.is_empty() {
                return Ok(());
            }
            let snapshot = self.live.load();
            let more = events.len() == EXPANDED;
            let mut expanded = Vec::with_capacity(events.len());
            for event in events {
                let transaction = match event.transaction_id.as_str() {
                    "" => None,
                    id => self.ledger.transaction(id).await?,
                };
                let deliveries = route::deliveries(&snapshot, &event, transaction.as_ref());
                expanded.push((event.id, deliveries));
            }
            crash::point("before-expand");
            self.ledger.expand(expanded).await?;
            crash::point("after-expand");
            if !more {
                return Ok(());
            }
        }
    }

    /// The backlog's metrics: the ledger's, shared by all routers of it.
    async fn count(&self) {
        let Ok(backlog) = self.ledger.backlog().await else {
            return;
        };
        let oldest = backlog.oldest.map_or(0, |at| (now() - at).max(0) / 1000);
        self.metrics
            .webhook_backlog
            .set(i64::try_from(backlog.count).unwrap_or(i64::MAX));
        self.metrics.webhook_oldest.set(oldest);
    }
}
