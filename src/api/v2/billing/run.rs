//! Doing what was planned.

use super::render::{self, Confirmed, Created, Deleted, Issued, Page, Revoked, Summary};
use super::{BillingCommand, BillingQuery, IssueCommand};
use crate::api::v2::error::ApiError;
use crate::api::v2::input::Channel;
use crate::api::v2::render::{PageInfo, PaidInstantly};
use crate::api::v2::run::{json, standing_or};
use crate::channels::{Snapshot, Store};
use crate::engine::{BillingError, Engine, EngineError, KeyPayment};
use crate::ledger::Ledger;
use crate::payment::{MethodKind, Millis};
use crate::routing::{self, Selector, Wish};
use std::sync::Arc;

/// Runs a command; the answer is the body of a 200.
///
/// # Errors
/// What the engine, the routing or the ledger refuse.
pub async fn command(
    engine: Arc<Engine>,
    snapshot: Arc<Snapshot>,
    command: BillingCommand,
    now: Millis,
) -> Result<String, ApiError> {
    match command {
        BillingCommand::Pay(payment) => pay(&engine, *payment).await,
        BillingCommand::Schedule(new) => {
            let schedule = engine.create_schedule(*new).await.map_err(unscheduled)?;
            json(&Created {
                schedule: Summary { id: &schedule.id },
            })
        }
        BillingCommand::Issue(issue) => issue_key(&engine, &snapshot, *issue, now).await,
        BillingCommand::Confirm(request) => {
            let key = engine.confirm_key(request).await?;
            json(&Confirmed { billing_key: &key.id })
        }
        BillingCommand::Delete(request) => {
            let key = engine.delete_key(request).await?;
            json(&Deleted::from(&key))
        }
        BillingCommand::Revoke(request) => {
            let (ids, at) = engine.revoke_schedules(request).await?;
            json(&Revoked::new(&ids, at))
        }
    }
}

/// The published union of a new schedule has no word for a channel that cannot be used.
fn unscheduled(error: EngineError) -> ApiError {
    if let EngineError::Billing(why) = &error
        && let BillingError::ChannelNotFound(message) = why.as_ref()
    {
        return ApiError::field("payment.channelKey", message);
    }
    error.into()
}

async fn pay(engine: &Arc<Engine>, payment: KeyPayment) -> Result<String, ApiError> {
    let (store_id, payment_id) = (payment.store_id.clone(), payment.payment_id.clone());
    match engine.pay_with_key(payment).await {
        Ok(transaction) => json(&PaidInstantly {
            payment: (&transaction).into(),
        }),
        // The key may be deleted, or its channel closed, between a try and its repeat.
        Err(error @ EngineError::Billing(_)) => {
            let ledger = engine.ledger.as_ref();
            Err(standing_or(ledger, &store_id, &payment_id, error.into()).await)
        }
        Err(error) => Err(error.into()),
    }
}

async fn issue_key(
    engine: &Arc<Engine>,
    snapshot: &Arc<Snapshot>,
    issue: IssueCommand,
    now: Millis,
) -> Result<String, ApiError> {
    let IssueCommand { channel, key, card } = issue;
    let (channels, group) = match &channel {
        Channel::Key(name) => {
            let selector = Selector::Channel(name);
            let routed = routing::route(snapshot, selector, &Wish::new(&key.store_id, "", MethodKind::Card, now))?;
            (vec![routed.channel], None)
        }
        Channel::Group(id) => {
            let (channels, group) = routing::every(snapshot, &key.store_id, id, MethodKind::Card, now)?;
            (channels, Some(group))
        }
    };
    let key = engine.issue_key(channels, group, key, card).await?;
    json(&Issued::from(&key))
}

/// Answers a query; the answer is the body of a 200.
///
/// # Errors
/// `BILLING_KEY_NOT_FOUND`, `PAYMENT_SCHEDULE_NOT_FOUND`; the ledger failed.
pub async fn query(ledger: &dyn Ledger, store: &Store, query: BillingQuery) -> Result<String, ApiError> {
    let merchant = &store.merchant_id;
    let refused = |error: BillingError| ApiError::from(EngineError::from(error));
    match query {
        BillingQuery::Key(id) => {
            let found = ledger.billing_key(&id).await?.filter(|key| key.store_id == store.id);
            let view = found.as_ref().and_then(|key| render::key(key, merchant));
            json(&view.ok_or_else(|| refused(BillingError::KeyNotFound))?)
        }
        BillingQuery::Keys(list) => {
            let (found, total_count) = if list.nothing {
                (Vec::new(), 0)
            } else {
                ledger.billing_keys(&list.filter).await?
            };
            json(&Page {
                items: found.iter().filter_map(|key| render::key(key, merchant)).collect(),
                page: PageInfo {
                    number: list.number,
                    size: list.size,
                    total_count,
                },
            })
        }
        BillingQuery::Schedule(id) => {
            let found = ledger.schedule(&id).await?.filter(|s| s.store_id == store.id);
            let found = found.ok_or_else(|| refused(BillingError::ScheduleNotFound))?;
            json(&render::schedule(&found, merchant))
        }
        BillingQuery::Schedules(list) => {
            let (found, total_count) = ledger.schedules(&list.filter).await?;
            json(&Page {
                items: found.iter().map(|s| render::schedule(s, merchant)).collect(),
                page: PageInfo {
                    number: list.number,
                    size: list.size,
                    total_count,
                },
            })
        }
    }
}
