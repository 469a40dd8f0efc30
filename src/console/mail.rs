//! Webhooks out and notifications in, for people who run the router: what waits, what was given up, and again.

use super::{refusal, storage};
use crate::engine::now;
use crate::ledger::{DeliveryFilter, Ledger, NoticeFilter, REPLAY_TRIES};
use crate::net::{Request, Response, json_response};
use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// Filter members that are numbers.
const NUMBERS: &[&str] = &["from", "until", "limit"];

/// A filter from the query of a GET.
fn from_query<F: DeserializeOwned>(request: &Request) -> Result<F, Box<Response>> {
    let mut members = Map::new();
    for (name, value) in form_urlencoded::parse(request.query.as_bytes()) {
        let value = match value.parse::<i64>() {
            Ok(number) if NUMBERS.contains(&name.as_ref()) => number.into(),
            _ => value.into_owned().into(),
        };
        members.insert(name.into_owned(), value);
    }
    filter(Value::Object(members))
}

/// A filter from the body of a POST; an empty body filters nothing.
fn from_body<F: DeserializeOwned>(request: &Request) -> Result<F, Box<Response>> {
    if request.body.is_empty() {
        return filter(json!({}));
    }
    match serde_json::from_slice(&request.body) {
        Ok(value) => filter(value),
        Err(error) => Err(Box::new(bad(&error))),
    }
}

fn filter<F: DeserializeOwned>(value: Value) -> Result<F, Box<Response>> {
    serde_json::from_value(value).map_err(|error| Box::new(bad(&error)))
}

fn bad(error: &serde_json::Error) -> Response {
    refusal(StatusCode::BAD_REQUEST, "INVALID_FILTER", &error.to_string())
}

fn ok(value: &Value) -> Response {
    json_response(StatusCode::OK, value)
}

/// `GET /admin/webhooks`
pub(super) async fn webhooks(ledger: &dyn Ledger, request: &Request) -> Response {
    match from_query::<DeliveryFilter>(request) {
        Ok(filter) => match ledger.deliveries(&filter).await {
            Ok(items) => ok(&json!({ "items": items })),
            Err(error) => storage(&error),
        },
        Err(refused) => *refused,
    }
}

/// `GET /admin/webhooks/{id}`: a delivery with every try.
pub(super) async fn webhook(ledger: &dyn Ledger, id: &str) -> Response {
    let filter = DeliveryFilter {
        id: Some(id.to_owned()),
        ..DeliveryFilter::default()
    };
    let found = match ledger.deliveries(&filter).await {
        Ok(found) => found,
        Err(error) => return storage(&error),
    };
    let Some(delivery) = found.into_iter().find(|d| d.id == id) else {
        return refusal(StatusCode::NOT_FOUND, "WEBHOOK_NOT_FOUND", "no delivery has this id");
    };
    match ledger.tries(id).await {
        Ok(tries) => ok(&json!({ "delivery": delivery, "tries": tries })),
        Err(error) => storage(&error),
    }
}

/// `POST /admin/webhooks/replay`: a new round for given-up deliveries that fit the filter.
pub(super) async fn replay_webhooks(ledger: &dyn Ledger, request: &Request) -> Response {
    let filter = match from_body::<DeliveryFilter>(request) {
        Ok(filter) => filter,
        Err(refused) => return *refused,
    };
    match ledger.replay(&filter, now(), REPLAY_TRIES).await {
        Ok(replayed) => {
            tracing::info!(target: "naru::operator", replayed, "webhooks replayed through the operations listener");
            ok(&json!({ "replayed": replayed }))
        }
        Err(error) => storage(&error),
    }
}

/// `GET /admin/notices`: notifications by PGs, without what they hold.
pub(super) async fn notices(ledger: &dyn Ledger, request: &Request) -> Response {
    match from_query::<NoticeFilter>(request) {
        Ok(filter) => match ledger.notices(&filter).await {
            Ok(items) => ok(&json!({ "items": items })),
            Err(error) => storage(&error),
        },
        Err(refused) => *refused,
    }
}

/// `POST /admin/notices/replay`: reads stored notifications anew; without `id` or `state`, those given up.
pub(super) async fn replay_notices(ledger: &dyn Ledger, request: &Request) -> Response {
    let filter = match from_body::<NoticeFilter>(request) {
        Ok(filter) => filter,
        Err(refused) => return *refused,
    };
    match ledger.replay_notices(&filter, now()).await {
        Ok(replayed) => {
            tracing::info!(target: "naru::operator", replayed, "notifications replayed through the operations listener");
            ok(&json!({ "replayed": replayed }))
        }
        Err(error) => storage(&error),
    }
}
