//! Billing keys and payment schedules: `/billing-keys…`, `/payment-schedules…`, `/payments/{paymentId}/billing-key` and
//! `/payments/{paymentId}/schedule`.

mod input;
mod list;
mod render;
mod run;

pub use list::{KeyQuery, ScheduleQuery};
pub use render::{KeyView, ScheduleView};
#[cfg(test)]
pub(super) use render::{issued_view, key as key_view, schedule as schedule_view};
pub use run::{command, query};

use super::auth::{authenticate, own_store};
use super::decode::{self, Object};
use super::error::ApiError;
use super::input::Channel;
use super::limits;
use super::plan::{self, Command, Context, Plan, Query};
use crate::adapters::CardInput;
use crate::channels::Store;
use crate::engine::{ConfirmKey, DeleteKeyRequest, KeyPayment, NewKey, NewSchedule, RevokeRequest};
use crate::net::Request;
use std::sync::Arc;

/// An operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BillingRoute {
    /// `POST /payments/{paymentId}/billing-key`
    Pay,
    /// `POST /payments/{paymentId}/schedule`
    CreateSchedule,
    /// `POST /billing-keys`
    Issue,
    /// `POST /billing-keys/confirm`
    Confirm,
    /// `GET /billing-keys`
    Keys,
    /// `GET /billing-keys/{billingKey}`
    Key,
    /// `DELETE /billing-keys/{billingKey}`
    Delete,
    /// `GET /payment-schedules`
    Schedules,
    /// `GET /payment-schedules/{paymentScheduleId}`
    Schedule,
    /// `DELETE /payment-schedules`
    Revoke,
}

/// A decoded issue.
#[derive(Debug, Clone)]
pub struct IssueCommand {
    /// Channel or group.
    pub channel: Channel,
    /// The key to be.
    pub key: NewKey,
    /// Card.
    pub card: CardInput,
}

/// What changes something.
#[derive(Debug)]
pub enum BillingCommand {
    /// Charge a key.
    Pay(Box<KeyPayment>),
    /// Schedule a charge.
    Schedule(Box<NewSchedule>),
    /// Issue a key.
    Issue(Box<IssueCommand>),
    /// Confirm a window's issue.
    Confirm(ConfirmKey),
    /// Delete a key.
    Delete(DeleteKeyRequest),
    /// Revoke schedules.
    Revoke(RevokeRequest),
}

/// What only reads.
#[derive(Debug)]
pub enum BillingQuery {
    /// One key.
    Key(String),
    /// A page of keys.
    Keys(Box<KeyQuery>),
    /// One schedule.
    Schedule(String),
    /// A page of schedules.
    Schedules(Box<ScheduleQuery>),
}

/// Plans a request.
///
/// # Errors
/// Every refusal that needs no ledger and no PG.
pub fn plan(
    request: &mut Request,
    id: Option<&str>,
    route: BillingRoute,
    context: &Context<'_>,
) -> Result<Plan, ApiError> {
    let store = authenticate(&request.headers, context.snapshot, context.tokens, context.now)?;
    match route {
        BillingRoute::Key | BillingRoute::Keys | BillingRoute::Schedule | BillingRoute::Schedules => {
            let query = plan_query(request, id, route, &store, context)?;
            Ok(Plan::Query {
                store,
                query: Query::Billing(query),
            })
        }
        _ => plan_command(request, id, route, &store, context),
    }
}

fn plan_query(
    request: &Request,
    id: Option<&str>,
    route: BillingRoute,
    store: &Store,
    context: &Context<'_>,
) -> Result<BillingQuery, ApiError> {
    own_store(store, request.query_value("storeId").as_deref())?;
    Ok(match route {
        BillingRoute::Key => BillingQuery::Key(plan::path_id("billingKey", id)?),
        BillingRoute::Schedule => BillingQuery::Schedule(plan::path_id("paymentScheduleId", id)?),
        BillingRoute::Keys => {
            let mut body = plan::list_body(request)?;
            BillingQuery::Keys(Box::new(list::keys(&mut body, store, context.now)?))
        }
        _ => {
            let mut body = plan::list_body(request)?;
            BillingQuery::Schedules(Box::new(list::schedules(&mut body, store, context.now)?))
        }
    })
}

fn plan_command(
    request: &mut Request,
    id: Option<&str>,
    route: BillingRoute,
    store: &Arc<Store>,
    context: &Context<'_>,
) -> Result<Plan, ApiError> {
    let key = super::idempotency::key(&request.method, &request.headers)?;
    let decoded = decode_command(request, id, route, store);
    let claim = key.map(|key| plan::claim(request, context, store, key));
    if route == BillingRoute::Issue {
        plan::forget_body(request);
    }
    Ok(Plan::Command {
        command: Command::Billing(decoded?),
        claim,
    })
}

fn decode_command(
    request: &Request,
    id: Option<&str>,
    route: BillingRoute,
    store: &Store,
) -> Result<BillingCommand, ApiError> {
    if route == BillingRoute::Delete {
        own_store(store, request.query_value("storeId").as_deref())?;
        let billing_key = plan::path_id("billingKey", id)?;
        return input::delete(request, &store.id, billing_key).map(BillingCommand::Delete);
    }
    let mut body = if route == BillingRoute::Revoke {
        plan::list_body(request)?
    } else {
        decode::object("body", &request.body)?
    };
    if route == BillingRoute::Issue {
        // Before anything can fail: whatever ends this request also overwrites its card data.
        body.sensitive();
    }
    decode_body(&mut body, request, id, route, store)
}

fn decode_body(
    body: &mut Object<'_>,
    request: &Request,
    id: Option<&str>,
    route: BillingRoute,
    store: &Store,
) -> Result<BillingCommand, ApiError> {
    own_store(store, request.query_value("storeId").as_deref())?;
    own_store(store, body.id("storeId")?.as_deref())?;
    let origin = plan::origin(request);
    Ok(match route {
        BillingRoute::Pay => {
            let payment_id = plan::payment_id(id)?;
            BillingCommand::Pay(Box::new(KeyPayment {
                store_id: store.id.clone(),
                payment_id,
                order: input::order(body, origin)?,
            }))
        }
        BillingRoute::CreateSchedule => {
            let payment_id = plan::payment_id(id)?;
            let schedule = input::schedule(body, store, payment_id, origin)?;
            BillingCommand::Schedule(Box::new(schedule))
        }
        BillingRoute::Issue => BillingCommand::Issue(Box::new(input::issue(body, &store.id, origin)?)),
        BillingRoute::Confirm => BillingCommand::Confirm(ConfirmKey {
            store_id: store.id.clone(),
            issue_token: body.need_text("billingIssueToken", limits::TOKEN)?,
            is_test: body.flag("isTest")?,
            skip_webhook: body.flag("skipWebhook")?.unwrap_or(false),
        }),
        _ => BillingCommand::Revoke(input::revoke(body, &store.id)?),
    })
}
