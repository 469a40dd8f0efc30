//! The sample shop: static pages, and the small backend that any shop has beside PortOne's script. It makes the order,
//! announces its amount, looks at the payment by itself and cancels it.

mod view;

use super::{Checkout, ShopOptions, assets, csp, reply, urls};
use crate::channels::Snapshot;
use crate::engine::{CancelRequest, ConfirmRequest, EngineError, now};
use crate::ledger::{PreRegistration, Write};
use crate::net::{Request, Response};
use crate::payment::{Currency, Millis, Trigger};
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::{Map, Value, json};
use view::view;

mod receiver;

pub(super) use receiver::Receiver;

/// Orders of the shop begin with this: its backend shows and cancels no others of the store.
const ORDER_PREFIX: &str = "shop";
/// Largest amount the shop sells for, KRW.
const AMOUNT_MAX: i64 = 10_000_000;

impl Checkout {
    /// Answers a request below `/shop`.
    pub(super) async fn shop(&self, path: &[&str], request: &Request) -> Response {
        let Some(shop) = &self.options.shop else {
            return reply::unknown(reply::wants_json(request));
        };
        // Servers send it, no page does; the signature is its gate.
        if path == ["api", "webhook"] && request.method == Method::POST {
            let snapshot = self.engine.live.load();
            return answer(self.received.take(&snapshot, &shop.store_id, request, now()));
        }
        let post = matches!(path, ["api", "orders"] | ["api", "payments", _, "confirm" | "cancel"]);
        if let Some(answer) = gate(request, post) {
            return answer;
        }
        match path {
            [] if !request.path.ends_with('/') => to_shop(&request.query),
            [] => self.shop_page(shop),
            ["api", "config"] => reply::own_json(StatusCode::OK, &config(&self.engine.live.load(), shop, now())),
            ["api", "webhooks"] => reply::own_json(StatusCode::OK, &self.received.list()),
            ["api", "orders"] => answer(self.order(shop, request).await),
            ["api", "payments", id] => answer(self.payment(shop, id).await),
            ["api", "payments", id, "confirm"] => answer(self.finish(shop, id, request).await),
            ["api", "payments", id, "cancel"] => answer(self.cancel(shop, id, request).await),
            [name] => assets::find_shop(name).map_or_else(|| reply::unknown(false), |asset| asset.serve(request)),
            _ => reply::unknown(reply::wants_json(request)),
        }
    }

    fn shop_page(&self, shop: &ShopOptions) -> Response {
        let snapshot = self.engine.live.load();
        let endpoints = snapshot
            .channels
            .values()
            .filter(|c| c.spec.stores.contains(&shop.store_id));
        let endpoints: Vec<String> = endpoints
            .flat_map(|channel| {
                let names = channel.adapter.descriptor().endpoints.iter().map(|(name, _)| *name);
                names
                    .chain(["api"])
                    .map(|name| channel.endpoint(name).to_owned())
                    .collect::<Vec<_>>()
            })
            .collect();
        let policy = csp::shop(endpoints.iter().map(String::as_str));
        let html = include_str!("assets/shop.html").to_owned();
        let mut response = reply::page(StatusCode::OK, html, &policy, "strict-origin-when-cross-origin");
        // PG windows opened from here stay reachable, other pages' windows do not.
        response.headers_mut().insert(
            "cross-origin-opener-policy",
            HeaderValue::from_static("same-origin-allow-popups"),
        );
        response
    }

    /// Makes an order and announces its amount, so that a page changed by the buyer cannot pay less.
    async fn order(&self, shop: &ShopOptions, request: &Request) -> Result<Value, Refused> {
        let body = object(request)?;
        let total = body.get("totalAmount").and_then(Value::as_i64);
        let total = total.filter(|total| (1..=AMOUNT_MAX).contains(total));
        let total = total.ok_or_else(|| {
            Refused::new(
                400,
                "INVALID_REQUEST",
                format!("totalAmount: must be an integer from 1 to {AMOUNT_MAX}"),
            )
        })?;
        let id = format!("{ORDER_PREFIX}{}", uuid::Uuid::new_v4().simple());
        let announced = PreRegistration {
            store_id: shop.store_id.clone(),
            payment_id: id.clone(),
            total: Some(total),
            tax_free: Some(0),
            currency: Some(Currency::KRW.code().to_owned()),
        };
        let stored = self.engine.ledger.commit(vec![Write::PreRegister(announced)]).await;
        stored.map_err(|error| Refused::from(EngineError::from(error)))?;
        Ok(json!({"paymentId": id, "totalAmount": total, "currency": "KRW"}))
    }

    async fn payment(&self, shop: &ShopOptions, id: &str) -> Result<Value, Refused> {
        let id = own_order(id)?;
        let found = self.engine.ledger.payment(&shop.store_id, id).await;
        let found = found.map_err(|error| Refused::from(EngineError::from(error)))?;
        found.map(|transaction| view(&transaction)).ok_or_else(not_found)
    }

    /// Manual approval: the shop still wants the payment, so it finishes it with the token from the window.
    async fn finish(&self, shop: &ShopOptions, id: &str, request: &Request) -> Result<Value, Refused> {
        let id = own_order(id)?;
        let body = object(request)?;
        let token = body.get("paymentToken").and_then(Value::as_str).unwrap_or_default();
        let confirm = ConfirmRequest {
            store_id: shop.store_id.clone(),
            payment_id: id.to_owned(),
            payment_token: token.to_owned(),
            ..ConfirmRequest::default()
        };
        let confirmed = Box::pin(self.engine.confirm(confirm)).await;
        Ok(view(&confirmed?))
    }

    async fn cancel(&self, shop: &ShopOptions, id: &str, request: &Request) -> Result<Value, Refused> {
        let id = own_order(id)?;
        let body = object(request)?;
        let amount = match body.get("amount") {
            None | Some(Value::Null) => None,
            Some(value) => Some(value.as_i64().filter(|amount| *amount > 0).ok_or_else(|| {
                Refused::new(
                    400,
                    "INVALID_REQUEST",
                    "amount: must be a positive integer, or left out for all".to_owned(),
                )
            })?),
        };
        let cancel = CancelRequest {
            store_id: shop.store_id.clone(),
            payment_id: id.to_owned(),
            amount,
            tax_free: None,
            vat: None,
            reason: "고객 요청 (샘플 상점)".to_owned(),
            current_cancellable: None,
            refund_account: None,
            trigger: Trigger::Api,
            skip_webhook: false,
        };
        let (transaction, _) = Box::pin(self.engine.cancel(cancel)).await?;
        Ok(view(&transaction))
    }
}

/// Refuses methods, and posts that another site's page could make a browser send.
fn gate(request: &Request, post: bool) -> Option<Response> {
    let method = if post { Method::POST } else { Method::GET };
    if request.method != method && !(method == Method::GET && request.method == Method::HEAD) {
        let refused = Refused::new(405, "METHOD_NOT_ALLOWED", format!("use {method} here"));
        return Some(answer(Err(refused)));
    }
    let json = request
        .header("content-type")
        .is_some_and(|t| t.starts_with("application/json"));
    let foreign = request
        .header("sec-fetch-site")
        .is_some_and(|site| site != "same-origin");
    (post && (!json || foreign)).then(|| {
        let message = "send application/json from the shop's own page".to_owned();
        answer(Err(Refused::new(403, "FORBIDDEN", message)))
    })
}

fn to_shop(query: &str) -> Response {
    let target = if query.is_empty() {
        "/shop/".to_owned()
    } else {
        format!("/shop/?{query}")
    };
    let mut response = http::Response::new(crate::net::empty());
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    if let Ok(target) = HeaderValue::from_str(&urls::header_safe(&target)) {
        response.headers_mut().insert(header::LOCATION, target);
    }
    response
}

/// What the page can offer: channels and groups of the store that take payments now.
fn config(snapshot: &Snapshot, shop: &ShopOptions, now: Millis) -> Value {
    let mut channels: Vec<Value> = Vec::new();
    for channel in snapshot.channels.values() {
        let spec = &channel.spec;
        if !spec.stores.contains(&shop.store_id) || !channel.takes_new(now) || channel.adapter.window().is_none() {
            continue;
        }
        let descriptor = channel.adapter.descriptor();
        let methods = descriptor.methods.iter().filter(|m| channel.serves(**m));
        channels.push(json!({
            "channelKey": spec.key, "name": spec.name, "mode": spec.mode,
            "provider": {"ko": descriptor.names.ko, "en": descriptor.names.en},
            "methods": methods.map(|m| m.as_str()).collect::<Vec<_>>(),
        }));
    }
    channels.sort_by_key(|c| c.get("name").and_then(Value::as_str).unwrap_or_default().to_owned());
    let mut groups: Vec<Value> = snapshot
        .groups
        .values()
        .filter(|group| group.stores.contains(&shop.store_id))
        .map(|group| json!({"channelGroupId": group.id, "name": group.name, "mode": group.mode}))
        .collect();
    groups.sort_by_key(|g| g.get("name").and_then(Value::as_str).unwrap_or_default().to_owned());
    let name = snapshot
        .stores
        .get(&shop.store_id)
        .map_or("", |store| store.name.as_str());
    json!({"storeId": shop.store_id, "storeName": name, "channels": channels, "groups": groups})
}

/// How the shop's backend refuses.
#[derive(Debug)]
struct Refused {
    status: u16,
    code: &'static str,
    message: String,
}

impl Refused {
    fn new(status: u16, code: &'static str, message: String) -> Self {
        Self { status, code, message }
    }
}

impl From<EngineError> for Refused {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::NotFound => not_found(),
            EngineError::Storage(_) => Self::new(503, "UNAVAILABLE", "storage is not available, try again".to_owned()),
            EngineError::Outstanding(_) => Self::new(202, "PENDING", error.to_string()),
            other => Self::new(409, "CONFLICT", other.to_string()),
        }
    }
}

fn not_found() -> Refused {
    Refused::new(404, "NOT_FOUND", "there is no such payment of this shop".to_owned())
}

fn own_order(id: &str) -> Result<&str, Refused> {
    if id.starts_with(ORDER_PREFIX) {
        Ok(id)
    } else {
        Err(not_found())
    }
}

fn object(request: &Request) -> Result<Map<String, Value>, Refused> {
    match serde_json::from_slice(&request.body) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(Refused::new(
            400,
            "INVALID_REQUEST",
            "the body must be a JSON object".to_owned(),
        )),
    }
}

fn answer(result: Result<Value, Refused>) -> Response {
    match result {
        Ok(value) => reply::own_json(StatusCode::OK, &value),
        Err(refused) => {
            let status = StatusCode::from_u16(refused.status).unwrap_or(StatusCode::BAD_REQUEST);
            reply::own_json(status, &json!({"code": refused.code, "message": refused.message}))
        }
    }
}

#[cfg(test)]
mod tests;
