//! V1's `pg` word (`provider` or `provider.MID`), and the store's default where nothing is named.
//!
//! PortOne sends a payment with an unknown `pg` to the default PG in silence. Here it is refused: the money would go
//! where nobody meant it to.

use crate::channels::{Snapshot, Store};
use crate::payment::Millis;

/// Why a `pg` word leads to no channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PgError {
    /// It names no open channel of the store.
    #[error("pg: the store has no open channel of this PG and MID; GET /users/pg lists them")]
    Unknown,
    /// Several channels fit, and none of them is the default.
    #[error("name one by channel_key, or by pg with its MID, or set default_channel in the store's [store.v1]")]
    Ambiguous,
}

/// The channel that a `pg` word means; without one, the store's default or its only channel.
///
/// # Errors
/// [`PgError`].
pub fn by_pg<'s>(snapshot: &'s Snapshot, store: &Store, pg: Option<&str>, now: Millis) -> Result<&'s str, PgError> {
    let (provider, mid) = match pg.map(|pg| pg.split_once('.').map_or((pg, None), |(p, mid)| (p, Some(mid)))) {
        None => (None, None),
        Some((provider, mid)) => (Some(provider), mid),
    };
    let mine = snapshot.channels.values();
    let mut keys: Vec<&str> = mine
        .filter(|c| c.takes_new(now) && c.spec.stores.contains(&store.id))
        .filter(|c| {
            let names = &c.adapter.descriptor().names;
            let word = |p: &str| names.v1.contains(&p) || names.id == p;
            provider.is_none_or(word) && mid.is_none_or(|mid| c.spec.mid == mid)
        })
        .map(|c| c.spec.key.as_str())
        .collect();
    if keys.is_empty() && pg.is_some() {
        return Err(PgError::Unknown);
    }
    keys.sort_unstable();
    let default = store.v1.as_ref().and_then(|v1| v1.default_channel.as_deref());
    // Of several that fit, the default; a store with one channel needs none.
    let default = default.and_then(|default| keys.iter().find(|key| **key == default));
    let picked = default.or(keys.first().filter(|_| keys.len() == 1));
    picked.copied().ok_or(PgError::Ambiguous)
}
