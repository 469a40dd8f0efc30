//! Hot settings: stores, channels and groups, as one validated, immutable [`Snapshot`] that is swapped while traffic flows.

mod live;
mod model;
mod seal;

pub use live::Live;
pub use model::{ApiSecret, Group, GroupMember, Snapshot, Store};
pub use seal::{SealError, Sealer, open_revision, seal_revision};
