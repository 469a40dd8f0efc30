//! Which channel: by key or by group, with the reason that is stored beside the attempt.
//!
//! Pure and constant-time in the number of channels: maps in the snapshot, no scan. The first rule of a group that fits
//! decides which members are asked, else the group's own are; of those that are open one is picked by a hash of `paymentId`,
//! so that a retry of the same payment lands on the same PG. [`explain`] goes the same way and tells it.

mod explain;
mod offer;
mod pg;
mod rules;
#[cfg(test)]
mod tests;

pub use explain::{Explained, Question, Step, explain};
pub use offer::{Ordered, offered, store_of_profile};
pub use pg::{PgError, by_pg};

use crate::adapters::ChannelRevision;
use crate::channels::{Group, GroupMember, Snapshot, Sticky};
use crate::payment::{GroupRef, MethodKind, Millis, Platform};
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

/// What is known of a payment that wants a channel. What is not known meets no condition about it.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// Store.
    pub store_id: &'a str,
    /// `paymentId`: the same one lands on the same channel.
    pub payment_id: &'a str,
    /// Method.
    pub method: MethodKind,
    /// Amount, minor units.
    pub amount: Option<i64>,
    /// Currency code.
    pub currency: Option<&'a str>,
    /// Where it is made.
    pub platform: Option<Platform>,
    /// Wallet, PortOne V2 `EasyPayProvider`.
    pub wallet: Option<&'a str>,
    /// Card company, PortOne V2 `CardCompany`.
    pub card_issuer: Option<&'a str>,
    /// First digits of a card number, eight at most.
    pub card_digits: Option<&'a str>,
    /// The merchant's id of the customer.
    pub customer: Option<&'a str>,
    /// Now, ms.
    pub now: Millis,
}

impl<'a> Wish<'a> {
    /// With the least that is always known.
    #[must_use]
    pub fn new(store_id: &'a str, payment_id: &'a str, method: MethodKind, now: Millis) -> Self {
        Self {
            store_id,
            payment_id,
            method,
            amount: None,
            currency: None,
            platform: None,
            wallet: None,
            card_issuer: None,
            card_digits: None,
            customer: None,
            now,
        }
    }
}

/// Who hears what was considered, step by step; a payment on its way hears nothing and pays nothing for it.
pub trait Listener {
    /// A rule, and the condition that is not met, if one is not.
    fn rule(&mut self, name: &str, unmet: Option<&'static str>);
    /// A member, and why it takes nothing, if it does not.
    fn member(&mut self, channel: &str, weight: u32, closed: Option<&'static str>);
}

impl Listener for () {
    fn rule(&mut self, _: &str, _: Option<&'static str>) {}
    fn member(&mut self, _: &str, _: u32, _: Option<&'static str>) {}
}

/// Picks the channel for a new payment.
///
/// # Errors
/// [`RouteError`].
pub fn route(snapshot: &Snapshot, selector: Selector<'_>, wish: &Wish<'_>) -> Result<Routed, RouteError> {
    route_heard(snapshot, selector, wish, &mut ())
}

/// As [`route`], and tells what it considered.
///
/// # Errors
/// [`RouteError`].
pub fn route_heard(
    snapshot: &Snapshot,
    selector: Selector<'_>,
    wish: &Wish<'_>,
    listener: &mut impl Listener,
) -> Result<Routed, RouteError> {
    match selector {
        Selector::Channel(key) => by_key(snapshot, wish.store_id, key, wish.now),
        Selector::Group(id) => by_group(snapshot, id, wish, listener),
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
    id: &str,
    wish: &Wish<'_>,
    listener: &mut impl Listener,
) -> Result<Routed, RouteError> {
    let group = group(snapshot, wish.store_id, id)?;
    for rule in &group.rules {
        let unmet = rules::unmet(&rule.when, wish);
        listener.rule(&rule.name, unmet);
        // A rule whose members are all closed decides nothing: the payment goes on to the next.
        if unmet.is_none()
            && let Some(picked) = pick(snapshot, group, &rule.members, wish, listener)
        {
            return Ok(picked.routed(group, &format!("rule {}", rule.name)));
        }
    }
    let picked = pick(snapshot, group, &group.members, wish, listener);
    let picked = picked.ok_or_else(|| closed(id, wish.method))?;
    Ok(picked.routed(group, "group weight"))
}

/// One of several members.
struct Picked<'s> {
    channel: &'s Arc<ChannelRevision>,
    open: usize,
    of: usize,
}

impl Picked<'_> {
    fn routed(&self, group: &Group, how: &str) -> Routed {
        Routed {
            channel: Arc::clone(self.channel),
            group: Some(reference(group)),
            reason: format!("{how}, {} of {} members open", self.open, self.of),
        }
    }
}

fn pick<'s>(
    snapshot: &'s Snapshot,
    group: &Group,
    members: &[GroupMember],
    wish: &Wish<'_>,
    listener: &mut impl Listener,
) -> Option<Picked<'s>> {
    let sticks = match group.sticky {
        Sticky::Customer => wish.customer.unwrap_or(wish.payment_id),
        Sticky::Payment => wish.payment_id,
    };
    let mut open: Vec<(&Arc<ChannelRevision>, u64)> = Vec::with_capacity(members.len());
    for member in members {
        let judged = judge(snapshot, member, wish.method, wish.now);
        listener.member(&member.channel, member.weight, judged.as_ref().err().copied());
        open.extend(judged.ok().map(|channel| (channel, u64::from(member.weight))));
    }
    let channel = *weighted(&open, sticks)?;
    Some(Picked {
        channel,
        open: open.len(),
        of: members.len(),
    })
}

/// The channel of a member, or why it takes nothing.
fn judge<'s>(
    snapshot: &'s Snapshot,
    member: &GroupMember,
    method: MethodKind,
    now: Millis,
) -> Result<&'s Arc<ChannelRevision>, &'static str> {
    let channel = snapshot.channels.get(&member.channel).ok_or("no such channel")?;
    if !channel.takes_new(now) {
        return Err("takes no new payments now");
    }
    if !channel.serves(method) {
        return Err("does not serve the method");
    }
    Ok(channel)
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
    let members = group.members.iter();
    let open: Vec<_> = members
        .filter_map(|member| judge(snapshot, member, method, now).ok())
        .cloned()
        .collect();
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
