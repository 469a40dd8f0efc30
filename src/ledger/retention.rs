//! What is not kept for ever: ended webhook deliveries with their tries, events made deliveries of, notifications that were
//! dealt with. Payments, cancellations, receipts, billing keys and the journal have no end and nothing here touches them.

use super::LedgerError;
use crate::payment::Millis;
use futures_util::future::BoxFuture;

/// Records of which old ones may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Records {
    /// Deliveries and their tries.
    Deliveries,
    /// Events whose deliveries were made.
    Events,
    /// Notifications by PGs.
    Notices,
}

impl Records {
    /// All, deliveries before their events.
    pub const ALL: [Self; 3] = [Self::Deliveries, Self::Events, Self::Notices];

    /// The kind in a log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deliveries => "deliveries",
            Self::Events => "events",
            Self::Notices => "notices",
        }
    }
}

/// Which records are old: those that came before a moment, ms. `None` keeps them for ever. What still waits is never old.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Before {
    /// Of deliveries and events: those that were taken by the receiver. Of notices: those that were applied, or told
    /// before, or concern no payment, or were refused.
    pub done: Option<Millis>,
    /// Those that were given up and can be replayed.
    pub dead: Option<Millis>,
}

impl Before {
    /// The latest of the moments: what is younger is kept whatever became of it.
    #[must_use]
    pub fn latest(&self) -> Option<Millis> {
        self.done.max(self.dead)
    }
}

/// One step of a walk over records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Records that went.
    pub removed: u64,
    /// Where the next step begins; `None` when everything further is younger, or there is nothing further.
    pub next: Option<String>,
}

/// Old records.
pub trait RetentionLedger {
    /// Looks at `step` records at most, from the oldest after `after` (empty: from the beginning), and removes those that
    /// are old. A delivery goes with its tries. One that was resent or replayed meanwhile waits and stays.
    fn prune<'a>(
        &'a self,
        records: Records,
        after: &'a str,
        before: Before,
        step: usize,
    ) -> BoxFuture<'a, Result<Pruned, LedgerError>>;
}
