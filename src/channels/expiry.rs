//! Credentials that end by themselves: a certificate's last day comes whether anybody looks or not.

use super::Snapshot;
use crate::adapters::ChannelState;
use crate::payment::Millis;

/// One channel whose credentials end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expiry {
    /// When, ms: from then on the PG refuses approvals and cancellations alike.
    pub at: Millis,
    /// Channel key.
    pub channel: String,
    /// Router provider id.
    pub provider: String,
    /// Whether new payments go through the channel; a retired one still cancels its old ones.
    pub active: bool,
}

impl Snapshot {
    /// Channels whose credentials end, the earliest first.
    #[must_use]
    pub fn expiries(&self) -> Vec<Expiry> {
        let ends = self.channels.values().filter_map(|channel| {
            Some(Expiry {
                at: channel.adapter.expires_at(&channel.prepared)?,
                channel: channel.spec.key.clone(),
                provider: channel.spec.provider.clone(),
                active: channel.spec.state == ChannelState::Active,
            })
        });
        let mut found: Vec<Expiry> = ends.collect();
        found.sort();
        found
    }
}
