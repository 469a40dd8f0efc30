//! The one place where the current snapshot hangs.

use super::Snapshot;
use arc_swap::ArcSwap;
use std::sync::Arc;

/// Handle to the current snapshot. A request takes one [`Live::load`] and keeps it to its end, so that it never sees
/// two versions.
#[derive(Debug)]
pub struct Live {
    current: ArcSwap<Snapshot>,
}

impl Live {
    /// Starts with a snapshot.
    #[must_use]
    pub fn new(first: Snapshot) -> Self {
        Self {
            current: ArcSwap::from_pointee(first),
        }
    }

    /// The current snapshot. `load_full`, because the result is held over await points.
    #[must_use]
    pub fn load(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Replaces it.
    pub fn store(&self, next: Snapshot) {
        self.current.store(Arc::new(next));
    }
}
