//! Which channel a V1 request means: a group, a channel key, the `pg` word, or the store's default.

use super::Call;
use super::decode::Params;
use super::error::V1Error;
use crate::adapters::CardInput;
use crate::api::v2::input::Channel;
use crate::engine::NewAttempt;
use crate::routing::{self, Routed, Wish, by_pg};

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
    let pg = params.id("pg")?;
    let key = by_pg(&call.snapshot, &call.store, pg.as_deref(), call.now);
    let key = key.map_err(|error| V1Error::business(format!("결제 채널을 찾을 수 없습니다. ({error})")))?;
    Ok(Channel::Key(key.to_owned()))
}

/// Routes a payment to the channel it means.
///
/// # Errors
/// As [`select`], or what routing refuses. A payment that is paid, or not decided yet, says so first: "no such channel"
/// would read as "not paid".
pub async fn route(
    call: &Call,
    params: &mut Params,
    attempt: &NewAttempt,
    card: Option<&CardInput>,
) -> Result<Routed, V1Error> {
    let channel = select(call, params)?;
    let wish = Wish {
        card_digits: card.and_then(CardInput::first_digits),
        ..attempt.wish(call.now)
    };
    match routing::route(&call.snapshot, channel.selector(), &wish) {
        Ok(routed) => Ok(routed),
        Err(error) => Err(standing_or(call, &attempt.payment_id, error.into()).await),
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
