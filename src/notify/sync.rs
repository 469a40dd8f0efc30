//! The daily look: payments of the last days are looked up at their PG, because a cancellation made in the PG's own
//! admin may be told by no notification. One router of a ledger does it at a time.

use super::Notices;
use crate::engine::{Learned, now};
use crate::ledger::{LedgerError, PaymentFilter};
use crate::payment::{Millis, Status};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

const DAY: Millis = 24 * 60 * 60 * 1000;
/// Payments read at once.
const PAGE: usize = 100;
/// Between two look-ups: PGs limit inquiries, and buyers who pay go first.
const PAUSE: Duration = Duration::from_millis(50);

impl Notices {
    /// Starts the daily look if it is switched on and nobody made it within a day.
    pub(super) async fn sync_if_due(self: &Arc<Self>, stop: &watch::Receiver<bool>) {
        if self.options.sync_days == 0 {
            return;
        }
        let at = now();
        let claimed = self
            .engine
            .ledger
            .claim_job("pg-sync", &self.options.node, at, at + DAY)
            .await;
        match claimed {
            Ok(true) => {
                let (room, stop) = (Arc::clone(self), stop.clone());
                tokio::spawn(async move {
                    match room.sync(at, &stop).await {
                        Ok((looked, changed)) => {
                            tracing::info!(looked, changed, "payments were looked up at their PGs")
                        }
                        Err(error) => tracing::error!(%error, "looking payments up ended early"),
                    }
                });
            }
            Ok(false) => {}
            Err(error) => tracing::error!(%error, "the daily look-up could not be claimed"),
        }
    }

    /// Looks up every payment of the last days that holds or awaits money; how many, and how many differed.
    pub(super) async fn sync(
        self: &Arc<Self>,
        at: Millis,
        stop: &watch::Receiver<bool>,
    ) -> Result<(u64, u64), LedgerError> {
        let stores: Vec<String> = self.engine.live.load().stores.keys().cloned().collect();
        if stores.is_empty() {
            return Ok((0, 0));
        }
        let mut filter = PaymentFilter {
            stores,
            from: Some(at - i64::from(self.options.sync_days) * DAY),
            until: Some(at),
            status: vec![Status::Paid, Status::PartialCancelled, Status::VirtualAccountIssued],
            ascending: true,
            limit: PAGE,
            ..PaymentFilter::default()
        };
        let (mut looked, mut changed) = (0, 0);
        loop {
            let (page, _) = self.engine.ledger.list(&filter).await?;
            let mut left = 0;
            for payment in &page {
                if *stop.borrow() {
                    return Ok((looked, changed));
                }
                looked += 1;
                match self.engine.look_up(&payment.id, "sync").await {
                    Ok(Learned::Changed(after)) => {
                        changed += 1;
                        // It may have left the list: then the next page begins one earlier.
                        left += usize::from(!filter.status.contains(&after.status));
                    }
                    Ok(Learned::Unchanged | Learned::KeyGone | Learned::Later(_)) => {}
                    Err(error) => tracing::warn!(%error, transaction = payment.id, "a payment was not looked up"),
                }
                tokio::time::sleep(PAUSE).await;
            }
            if page.len() < PAGE {
                return Ok((looked, changed));
            }
            filter.offset += page.len() - left;
        }
    }
}
