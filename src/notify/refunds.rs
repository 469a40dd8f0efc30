//! The look at refunds to accounts: PGs send the money days after they accepted a refund, and some tell of a failure only
//! when asked. One router of a ledger does it at a time.

use super::Notices;
use crate::engine::now;
use crate::ledger::{LedgerError, PaymentFilter};
use crate::payment::{MethodKind, Millis, Status};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::watch;

/// How long a refund is watched after it was accepted. Toss Payments sends it two days later.
const WATCHED: Millis = 10 * 24 * 60 * 60 * 1000;
/// Payments read at once.
const PAGE: usize = 100;
/// Between two inquiries: PGs limit them, and buyers who pay go first.
const PAUSE: Duration = Duration::from_millis(50);

impl Notices {
    /// Starts the look if it is time and no other router made it.
    pub(super) async fn refunds_if_due(self: &Arc<Self>, stop: &watch::Receiver<bool>) {
        let at = now();
        if at < self.refunds_at.load(Ordering::Relaxed) {
            return;
        }
        let every = i64::try_from(self.options.refund_look.as_millis()).unwrap_or(i64::MAX);
        // Another router may have claimed this one: its day ends before twice ours does.
        self.refunds_at.store(at + every / 2, Ordering::Relaxed);
        let ledger = &self.engine.ledger;
        match ledger.claim_job("refunds", &self.options.node, at, at + every).await {
            Ok(true) => {
                let (room, stop) = (Arc::clone(self), stop.clone());
                tokio::spawn(async move {
                    if let Err(error) = room.watch_refunds(at, &stop).await {
                        tracing::error!(%error, "looking at refunds ended early");
                    }
                });
            }
            Ok(false) => {}
            Err(error) => tracing::error!(%error, "the look at refunds could not be claimed"),
        }
    }

    async fn watch_refunds(self: &Arc<Self>, at: Millis, stop: &watch::Receiver<bool>) -> Result<(), LedgerError> {
        let stores: Vec<String> = self.engine.live.load().stores.keys().cloned().collect();
        if stores.is_empty() {
            return Ok(());
        }
        let mut filter = PaymentFilter {
            stores,
            from: Some(at - WATCHED),
            until: Some(at),
            by_status_change: true,
            sort_by_status_change: true,
            status: vec![Status::Cancelled, Status::PartialCancelled],
            methods: vec![MethodKind::VirtualAccount],
            ascending: true,
            limit: PAGE,
            ..PaymentFilter::default()
        };
        loop {
            let (page, _) = self.engine.ledger.list(&filter).await?;
            for payment in &page {
                if *stop.borrow() {
                    return Ok(());
                }
                match self.engine.watch_refund(payment).await {
                    Ok(Some(_)) => tokio::time::sleep(PAUSE).await,
                    Ok(None) => {}
                    Err(error) => tracing::warn!(%error, transaction = payment.id, "a refund was not looked at"),
                }
            }
            if page.len() < PAGE {
                return Ok(());
            }
            filter.offset += page.len();
        }
    }
}
