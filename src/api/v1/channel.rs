//! Which channel a V1 request means: a group, a channel key, the `pg` word, or the store's default.
//!
//! PortOne sends a payment with an unknown `pg` to the default PG in silence. Here it is refused: the money would go
//! where nobody meant it to.

use super::Call;
use super::decode::Params;
use super::error::V1Error;
use crate::api::v2::input::Channel;
use crate::channels::V1Store;
use crate::payment::MethodKind;
use crate::routing::{self, Routed};

/// Reads `channel_group_id`, `channel_key` and `pg`, in either spelling, the first that is given.
///
/// # Errors
/// HTTP 200, `code` 1: the `pg` names no channel, or nothing is named and the store has no default.
pub fn select(call: &Call, params: &mut Params) -> Result<Channel, V1Error> {
    for name in ["channelGroupId", "channel_group_id"] {
        if let Some(id) = params.id(name)? {
            return Ok(Channel::Group(id));
        }
    }
    for name in ["channelKey", "channel_key"] {
        if let Some(key) = params.id(name)? {
            return Ok(Channel::Key(key));
        }
    }
    let usable: Vec<&str> = usable(call, params.id("pg")?.as_deref())?;
    let default = call.settings().and_then(|v1: &V1Store| v1.default_channel.as_deref());
    // Of several that fit, the default; a store with one channel needs none.
    let picked = match default.filter(|key| usable.contains(key)) {
        Some(key) => Some(key),
        None => usable.first().copied().filter(|_| usable.len() == 1),
    };
    let picked = picked.ok_or_else(|| {
        V1Error::business(
            "결제 채널을 찾을 수 없습니다. (name one by channel_key, or by pg with its MID, or set default_channel in the store's [store.v1])",
        )
    })?;
    Ok(Channel::Key(picked.to_owned()))
}

/// Keys of the store's open channels that a `pg` word (`provider` or `provider.MID`) means, sorted; all without one.
fn usable<'c>(call: &'c Call, pg: Option<&str>) -> Result<Vec<&'c str>, V1Error> {
    let (provider, mid) = match pg.map(|pg| pg.split_once('.').map_or((pg, None), |(p, mid)| (p, Some(mid)))) {
        None => (None, None),
        Some((provider, mid)) => (Some(provider), mid),
    };
    let mine = call.snapshot.channels.values();
    let mut keys: Vec<&str> = mine
        .filter(|c| c.takes_new(call.now) && c.spec.stores.contains(&call.store.id))
        .filter(|c| {
            let names = &c.adapter.descriptor().names;
            let word = |p: &str| names.v1.contains(&p) || names.id == p;
            provider.is_none_or(word) && mid.is_none_or(|mid| c.spec.mid == mid)
        })
        .map(|c| c.spec.key.as_str())
        .collect();
    keys.sort_unstable();
    if keys.is_empty() && pg.is_some() {
        return Err(V1Error::business(
            "결제 채널을 찾을 수 없습니다. (pg: the store has no open channel of this PG and MID; GET /users/pg lists them)",
        ));
    }
    Ok(keys)
}

/// Routes a payment to the channel it means.
///
/// # Errors
/// As [`select`], or what routing refuses. A payment that is paid, or not decided yet, says so first: "no such channel"
/// would read as "not paid".
pub async fn route(
    call: &Call,
    params: &mut Params,
    merchant_uid: &str,
    method: MethodKind,
) -> Result<Routed, V1Error> {
    let channel = select(call, params)?;
    let store_id = &call.store.id;
    let selector = channel.selector();
    match routing::route(&call.snapshot, store_id, selector, merchant_uid, method, call.now) {
        Ok(routed) => Ok(routed),
        Err(error) => Err(standing_or(call, merchant_uid, error.into()).await),
    }
}

/// What stands for the payment already, else the error.
pub async fn standing_or(call: &Call, merchant_uid: &str, error: V1Error) -> V1Error {
    use crate::engine::EngineError;
    use crate::payment::Status;
    match call.engine.ledger.payment(&call.store.id, merchant_uid).await {
        Err(failed) => failed.into(),
        Ok(Some(t)) if matches!(t.status, Status::Approving | Status::Unknown) => {
            V1Error::outstanding("an earlier request for this payment")
        }
        Ok(Some(t)) if t.status.is_live() => EngineError::AlreadyPaid.into(),
        Ok(_) => error,
    }
}
