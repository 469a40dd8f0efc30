//! Which channel: by key or by group, with the reason that is stored beside the attempt.
//!
//! Pure and constant-time in the number of channels: maps in the snapshot, no scan. Group members are picked by a
//! hash of `paymentId`, so that a retry of the same payment lands on the same PG.

mod offer;
mod pg;

pub use offer::{Ordered, offered, store_of_profile};
pub use pg::{PgError, by_pg};

use crate::adapters::ChannelRevision;
use crate::channels::{Group, Snapshot};
use crate::payment::{GroupRef, MethodKind, Millis};
use std::sync::Arc;

/// How the caller names a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selector<'a> {
    /// `channelKey`.
    Channel(&'a str),
    /// `channelGroupId`.
    Group(&'a str),
}

/// The channel picked, and why.
#[derive(Debug, Clone)]
pub struct Routed {
    /// Channel.
    pub channel: Arc<ChannelRevision>,
    /// Group it came from.
    pub group: Option<GroupRef>,
    /// Reason in words.
    pub reason: String,
}

/// Nothing to route to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// No such channel or group, or not for this store.
    #[error("{0}")]
    NotFound(String),
    /// It exists but takes no new payments now.
    #[error("{0}")]
    Closed(String),
}

/// Picks the channel for a new payment.
///
/// # Errors
/// [`RouteError`].
pub fn route(
    snapshot: &Snapshot,
    store_id: &str,
    selector: Selector<'_>,
    payment_id: &str,
    method: MethodKind,
    now: Millis,
) -> Result<Routed, RouteError> {
    match selector {
        Selector::Channel(key) => by_key(snapshot, store_id, key, now),
        Selector::Group(id) => by_group(snapshot, store_id, id, payment_id, method, now),
    }
}

fn by_key(snapshot: &Snapshot, store_id: &str, key: &str, now: Millis) -> Result<Routed, RouteError> {
    let channel = snapshot
        .channel_of(store_id, key)
        .ok_or_else(|| RouteError::NotFound(format!("channelKey {key} is not a channel of store {store_id}")))?;
    if !channel.takes_new(now) {
        return Err(RouteError::Closed(format!(
            "channelKey {key} takes no new payments now"
        )));
    }
    Ok(Routed {
        channel: Arc::clone(channel),
        group: None,
        reason: "channelKey".to_owned(),
    })
}

fn by_group(
    snapshot: &Snapshot,
    store_id: &str,
    id: &str,
    payment_id: &str,
    method: MethodKind,
    now: Millis,
) -> Result<Routed, RouteError> {
    let group = group(snapshot, store_id, id)?;
    let open: Vec<(&Arc<ChannelRevision>, u64)> = open(snapshot, group, method, now).collect();
    let channel = weighted(&open, payment_id).ok_or_else(|| closed(id, method))?;
    Ok(Routed {
        channel: Arc::clone(channel),
        group: Some(reference(group)),
        reason: format!("group weight, {} of {} members open", open.len(), group.members.len()),
    })
}

/// Every channel of a group that takes new payments by a method, in the group's order.
///
/// # Errors
/// [`RouteError`]; also if there is none.
pub fn every(
    snapshot: &Snapshot,
    store_id: &str,
    id: &str,
    method: MethodKind,
    now: Millis,
) -> Result<(Vec<Arc<ChannelRevision>>, GroupRef), RouteError> {
    let group = group(snapshot, store_id, id)?;
    let open: Vec<_> = open(snapshot, group, method, now).map(|(c, _)| Arc::clone(c)).collect();
    if open.is_empty() {
        return Err(closed(id, method));
    }
    Ok((open, reference(group)))
}

fn group<'s>(snapshot: &'s Snapshot, store_id: &str, id: &str) -> Result<&'s Group, RouteError> {
    let group = snapshot.group_of(store_id, id);
    group
        .map(Arc::as_ref)
        .ok_or_else(|| RouteError::NotFound(format!("channelGroupId {id} is not a group of store {store_id}")))
}

fn open<'s>(
    snapshot: &'s Snapshot,
    group: &'s Group,
    method: MethodKind,
    now: Millis,
) -> impl Iterator<Item = (&'s Arc<ChannelRevision>, u64)> {
    group.members.iter().filter_map(move |member| {
        let channel = snapshot.channels.get(&member.channel)?;
        let fits = channel.takes_new(now) && channel.serves(method);
        fits.then_some((channel, u64::from(member.weight)))
    })
}

fn closed(id: &str, method: MethodKind) -> RouteError {
    RouteError::Closed(format!(
        "no channel of group {id} takes new {} payments now",
        method.as_str()
    ))
}

fn reference(group: &Group) -> GroupRef {
    GroupRef {
        id: group.id.clone(),
        name: group.name.clone(),
        is_for_test: group.mode == crate::adapters::Mode::Test,
    }
}

/// One of several, by weight and by `payment_id` alone. One with weight 0 is picked only if all have it; then the first.
#[must_use]
pub fn weighted<'a, T>(open: &'a [(T, u64)], payment_id: &str) -> Option<&'a T> {
    let total: u64 = open.iter().map(|(_, weight)| weight).sum();
    if total == 0 {
        return open.first().map(|(item, _)| item);
    }
    let mut point = bucket(payment_id, total);
    let picked = open.iter().find(|(_, weight)| {
        let hit = point < *weight;
        point = point.wrapping_sub(*weight);
        hit
    });
    picked.map(|(item, _)| item)
}

/// A number below `total` that depends on `payment_id` alone: the first eight bytes of its SHA-256.
fn bucket(payment_id: &str, total: u64) -> u64 {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, payment_id.as_bytes());
    let mut first = [0u8; 8];
    for (to, from) in first.iter_mut().zip(digest.as_ref()) {
        *to = *from;
    }
    u64::from_be_bytes(first) % total
}
