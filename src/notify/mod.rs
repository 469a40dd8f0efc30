//! Notifications in: what PGs send on their own account, at `/notify/{provider}/{channelKey}`.
//!
//! A notification is committed as it came, sealed, before anything is made of it, and acknowledged in the PG's own words
//! only after that. What it tells is looked up at the PG before money state moves. One that tells of a payment not known
//! yet (notices do overtake answers) waits for it on a clock; none is dropped.

mod apply;
mod front;
mod refunds;
mod stored;
mod sync;
#[cfg(test)]
mod tests;

use crate::adapters::{ChannelRevision, Mode, Notice, NoticeVerdict};
use crate::engine::{Engine, EngineError, now};
use crate::ledger::{LedgerError, NoticeRow, NoticeState};
use crate::payment::{Millis, Transaction};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};

/// Settings of the room.
#[derive(Debug, Clone)]
pub struct NotifyOptions {
    /// This router's name in leases.
    pub node: String,
    /// Largest notification, bytes. The largest known ones are a few KiB.
    pub bytes_max: usize,
    /// Between looks for due work.
    pub tick: Duration,
    /// Notifications worked on at once.
    pub parallel: usize,
    /// Payments of so many days are looked up at their PG once a day, for cancellations made there; 0 switches it off.
    pub sync_days: u32,
    /// Between two looks at refunds that a PG still has to send to an account.
    pub refund_look: Duration,
}

impl Default for NotifyOptions {
    fn default() -> Self {
        Self {
            node: "naru-1".to_owned(),
            bytes_max: 64 << 10,
            tick: Duration::from_millis(250),
            parallel: 32,
            sync_days: 0,
            refund_look: Duration::from_secs(24 * 60 * 60),
        }
    }
}

/// How long one look may take before another router may take the notification over.
const LEASE: Millis = 120_000;

/// The room.
pub struct Notices {
    engine: Arc<Engine>,
    options: NotifyOptions,
    places: Arc<Semaphore>,
    /// When the next look at refunds may be claimed, ms.
    refunds_at: AtomicI64,
}

impl std::fmt::Debug for Notices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Notices").finish_non_exhaustive()
    }
}

impl Notices {
    /// A room in front of an engine. [`Notices::work`] must run beside it.
    #[must_use]
    pub fn new(engine: Arc<Engine>, options: NotifyOptions) -> Self {
        Self {
            engine,
            places: Arc::new(Semaphore::new(options.parallel)),
            options,
            refunds_at: AtomicI64::new(0),
        }
    }

    /// Takes back what an earlier life of this router had under way. Once, before anything is served.
    ///
    /// # Errors
    /// The ledger cannot be written.
    pub async fn take_back(&self) -> Result<(), LedgerError> {
        let ledger = &self.engine.ledger;
        ledger.release_notices(&self.options.node, now()).await.map(drop)
    }

    /// Works on what is due, and looks payments up now and then, until `stop` turns true.
    pub async fn work(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            if let Err(error) = self.due().await {
                tracing::error!(%error, "notifications wait for the ledger");
            }
            self.sync_if_due(&stop).await;
            self.refunds_if_due(&stop).await;
            tokio::select! {
                () = tokio::time::sleep(self.options.tick) => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
        }
    }

    async fn due(self: &Arc<Self>) -> Result<(), LedgerError> {
        let free = self.places.available_permits();
        if free == 0 {
            return Ok(());
        }
        let at = now();
        let node = &self.options.node;
        for row in self.engine.ledger.lease_notices(node, at, at + LEASE, free).await? {
            let Ok(place) = Arc::clone(&self.places).acquire_owned().await else {
                return Ok(());
            };
            let room = Arc::clone(self);
            tokio::spawn(async move {
                room.take_up(row).await;
                drop(place);
            });
        }
        Ok(())
    }

    /// What a notification means. Adapters find the order in it; with the order's payment they can also judge it.
    async fn read(
        &self,
        notice: &Notice,
        channel: &ChannelRevision,
    ) -> Result<(NoticeVerdict, Option<Transaction>), EngineError> {
        let Some(reader) = channel.adapter.notifications() else {
            let why = "the PG sends no notifications".to_owned();
            return Ok((NoticeVerdict::Refuse { status: 404, why }, None));
        };
        let verdict = reader.read(notice, channel, None);
        let order = match &verdict {
            NoticeVerdict::Ask { order_id, .. } => order_id.clone(),
            NoticeVerdict::Tell { order_id, .. } | NoticeVerdict::Escrow { order_id, .. } => Some(order_id.clone()),
            NoticeVerdict::KeyGone { .. } | NoticeVerdict::Refuse { .. } | NoticeVerdict::Ignore => None,
        };
        let Some(order) = order else {
            return Ok((verdict, None));
        };
        let found = self.engine.ledger.by_order(&order).await?;
        // Another PG's order of ours is none of this sender's.
        let found = found.filter(|t| t.channel.provider == channel.spec.provider);
        let kept = found.as_ref().and_then(|t| self.engine.kept(t));
        match kept {
            Some(kept) => Ok((reader.read(notice, channel, Some(&kept)), found)),
            None => Ok((verdict, found)),
        }
    }

    fn count(&self, provider: &str, result: &str) {
        let labels = [provider, result];
        self.engine.metrics.notifications.with_label_values(&labels).inc();
    }
}

/// Whether a sender may send for a channel. Only live channels' senders are held to the PG's list: test notifications
/// come from simulators, tunnels and developers' machines.
fn sender_listed(channel: &ChannelRevision, sender: IpAddr) -> bool {
    let listed = channel.adapter.descriptor().sender_ips;
    channel.spec.mode == Mode::Test
        || listed.is_empty()
        || listed.iter().any(|ip| ip.parse() == Ok(sender.to_canonical()))
}

/// Writes what became of a notification into its row.
fn noted(row: &mut NoticeRow, state: NoticeState, next_at: Millis, error: Option<String>) {
    row.state = state;
    row.next_at = next_at;
    row.last_error = error;
}
