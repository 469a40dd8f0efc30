//! Callers who wait for an attempt that another task, or another router, is working on.

use dashmap::DashMap;
use std::sync::Arc;
use tokio::sync::Notify;

/// One [`Notify`] per transaction that somebody waits for.
#[derive(Debug, Default)]
pub struct Waiters {
    waiting: DashMap<String, (usize, Arc<Notify>)>,
}

/// A caller's place; gives it back on drop.
#[derive(Debug)]
pub struct Waiting<'a> {
    waiters: &'a Waiters,
    transaction_id: String,
    notify: Arc<Notify>,
}

impl Waiters {
    /// Starts to wait for a transaction.
    pub fn enter(&self, transaction_id: &str) -> Waiting<'_> {
        let mut entry = self.waiting.entry(transaction_id.to_owned()).or_default();
        entry.0 += 1;
        Waiting {
            waiters: self,
            transaction_id: transaction_id.to_owned(),
            notify: Arc::clone(&entry.1),
        }
    }

    /// Wakes everybody who waits for a transaction.
    pub fn wake(&self, transaction_id: &str) {
        if let Some(entry) = self.waiting.get(transaction_id) {
            entry.1.notify_waiters();
        }
    }
}

impl Waiting<'_> {
    /// The notification to await. Take it *before* reading the state, so that a change in between is not missed.
    pub fn notified(&self) -> tokio::sync::futures::Notified<'_> {
        self.notify.notified()
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.waiters.waiting.remove_if_mut(&self.transaction_id, |_, entry| {
            entry.0 -= 1;
            entry.0 == 0
        });
    }
}
