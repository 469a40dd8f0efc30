//! `/subscribe/customers`: billing keys by `customer_uid`.

use super::{customer_uid, key_of};
use crate::adapters::CardInput;
use crate::api::v1::channel::select;
use crate::api::v1::decode::{LINE, Params};
use crate::api::v1::error::{CARD_REFUSED, V1Error};
use crate::api::v1::payments::{page, paged, shown};
use crate::api::v1::render::customer::CustomerView;
use crate::api::v1::{Answer, Call, order};
use crate::api::v2::input::Channel;
use crate::engine::{DeleteKeyRequest, EngineError, NewKey};
use crate::ledger::PaymentFilter;
use crate::payment::{BillingKey, CUSTOMER_UID, MethodKind};
use crate::routing::{self, Selector, Wish};
use http::StatusCode;
use serde_json::Value;

/// Most identifiers of one list.
const IDS_MAX: usize = 100;

/// Issues a key under a `customer_uid`. A card that is refused is worded with `refused`: V1's prefix and code.
pub(super) async fn issue(
    call: &Call,
    params: &mut Params,
    named: &str,
    card: CardInput,
    customer: Value,
    refused: (&str, i64),
) -> Result<BillingKey, V1Error> {
    let (store_id, method) = (&call.store.id, MethodKind::Card);
    let (channels, group) = match select(call, params)? {
        Channel::Key(key) => {
            let selector = Selector::Channel(&key);
            let routed = routing::route(&call.snapshot, selector, &Wish::new(store_id, "", method, call.now))?;
            (vec![routed.channel], None)
        }
        Channel::Group(id) => {
            let (channels, group) = routing::every(&call.snapshot, store_id, &id, method, call.now)?;
            (channels, Some(group))
        }
    };
    let new = NewKey {
        store_id: store_id.clone(),
        method,
        customer_name: order::member(&customer, "name"),
        customer_email: order::member(&customer, "email"),
        customer,
        custom_data: None,
        issue_id: None,
        issue_name: None,
        extras: [(CUSTOMER_UID.to_owned(), named.into())].into_iter().collect(),
        origin: call.origin.clone(),
    };
    match Box::pin(call.engine.issue_key(channels, group, new, card)).await {
        Ok(key) => Ok(key),
        Err(EngineError::Pg(failure)) => Err(V1Error::card(refused.0, refused.1, &failure)),
        Err(error) => Err(error.into()),
    }
}

/// `POST /subscribe/customers/{customer_uid}`.
pub(in crate::api::v1) async fn create(call: &Call, params: &mut Params) -> Result<Answer, V1Error> {
    let card = order::card(params)?;
    order::refuse_unserved(params)?;
    let customer = order::customer(params, "customer")?.into();
    let key = Box::pin(issue(call, params, call.id(0), card, customer, (CARD_REFUSED, -1))).await?;
    Answer::ok(&CustomerView::new(&key, customer_uid(&key)))
}

/// The key of the path, 404 if it has none.
async fn need(call: &Call) -> Result<BillingKey, V1Error> {
    let found = key_of(call, call.id(0)).await?;
    found.ok_or_else(|| V1Error::no_customer(call.id(0)))
}

/// `GET /subscribe/customers/{customer_uid}`.
pub(in crate::api::v1) async fn one(call: &Call) -> Result<Answer, V1Error> {
    let key = need(call).await?;
    Answer::ok(&CustomerView::new(&key, call.id(0)))
}

/// `GET /subscribe/customers?customer_uid[]=…`: 207 if some are not there, 404 if none is.
pub(in crate::api::v1) async fn several(call: &Call, params: &mut Params) -> Result<Answer, V1Error> {
    let asked = params.ids("customer_uid", IDS_MAX)?;
    if asked.is_empty() {
        return Err(V1Error::missing("customer_uid"));
    }
    let mut found = Vec::with_capacity(asked.len());
    for named in &asked {
        found.extend(key_of(call, named).await?.map(|key| (named, key)));
    }
    if found.is_empty() {
        return Err(V1Error::no_customer(&asked.join(", ")));
    }
    let status = match found.len() == asked.len() {
        true => StatusCode::OK,
        false => StatusCode::MULTI_STATUS,
    };
    let views: Vec<_> = found.iter().map(|(named, key)| CustomerView::new(key, named)).collect();
    Answer::with(status, &views)
}

/// `DELETE /subscribe/customers/{customer_uid}`: the answer is the key as it was.
pub(in crate::api::v1) async fn delete(call: &Call, params: &mut Params) -> Result<Answer, V1Error> {
    let key = need(call).await?;
    let requester = match params.object("extra")? {
        Some(mut extra) => extra.text("requester", LINE)?,
        None => None,
    };
    let request = DeleteKeyRequest {
        store_id: call.store.id.clone(),
        billing_key: key.id.clone(),
        reason: params.text("reason", LINE)?,
        requester: requester.map(|word| word.to_uppercase()),
        skip_webhook: false,
    };
    Box::pin(call.engine.delete_key(request)).await?;
    Answer::ok(&CustomerView::new(&key, call.id(0)))
}

/// `GET /subscribe/customers/{customer_uid}/payments`.
pub(in crate::api::v1) async fn payments(call: &Call, params: &mut Params) -> Result<Answer, V1Error> {
    let key = need(call).await?;
    let (number, size) = page(params)?;
    let count = |n: i64| usize::try_from(n).unwrap_or(usize::MAX);
    let filter = PaymentFilter {
        stores: vec![call.store.id.clone()],
        // Nothing was charged to it before it was there.
        from: Some(key.requested_at),
        text: vec![("BILLING_KEY".to_owned(), key.id.clone())],
        offset: count((number - 1) * size),
        limit: count(size),
        ..PaymentFilter::default()
    };
    let (found, total) = call.engine.ledger.list(&filter).await?;
    paged(found.iter().map(shown).collect(), total, (number, size))
}
