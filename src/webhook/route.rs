//! Which endpoints an event goes to, and with which settings a delivery is sent.

use super::{payload, plan};
use crate::adapters::Mode;
use crate::channels::{Snapshot, WebhookContent, WebhookEndpoint, WebhookRetry, WebhookVersion};
use crate::ledger::{Delivery, DeliveryState, OutboxRow};
use crate::payment::{MethodKind, Transaction};
use secrecy::SecretString;
use serde_json::Value;

/// How a delivery is sent. Looked up at every try: rotated secrets and changed settings count at once.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Form of the body.
    pub version: WebhookVersion,
    /// Encoding of the body.
    pub content: WebhookContent,
    /// Signing secrets.
    pub secrets: Vec<SecretString>,
    /// Private addresses are allowed.
    pub allow_private: bool,
    /// Plan of tries.
    pub retry: WebhookRetry,
}

impl From<&WebhookEndpoint> for Settings {
    fn from(endpoint: &WebhookEndpoint) -> Self {
        Self {
            version: endpoint.version,
            content: endpoint.content,
            secrets: endpoint.secrets.clone(),
            allow_private: endpoint.allow_private,
            retry: endpoint.retry,
        }
    }
}

fn hearing(snapshot: &Snapshot, store_id: &str, mode: Option<Mode>) -> impl Iterator<Item = WebhookEndpoint> {
    let endpoints = snapshot.stores.get(store_id).map(|store| store.webhooks.clone());
    endpoints.into_iter().flatten().filter(move |e| e.mode.hears(mode))
}

fn mode_of(live: bool) -> Mode {
    if live { Mode::Live } else { Mode::Test }
}

/// How a URL that a payment named is sent to: like the store's first endpoint of that mode; without one unsigned, to public
/// addresses only.
#[must_use]
pub fn like_first(snapshot: &Snapshot, store_id: &str, live: bool) -> Settings {
    let like = hearing(snapshot, store_id, Some(mode_of(live))).next();
    like.as_ref().map_or(
        Settings {
            version: WebhookVersion::V20240425,
            content: WebhookContent::Json,
            secrets: Vec::new(),
            allow_private: false,
            retry: WebhookRetry::Standard,
        },
        Settings::from,
    )
}

/// The settings of a delivery now; `None` once the endpoint is gone from the channel files.
#[must_use]
pub fn settings(snapshot: &Snapshot, delivery: &Delivery) -> Option<Settings> {
    if delivery.named_by_payment {
        return Some(like_first(snapshot, &delivery.store_id, delivery.live));
    }
    let mut hearing = hearing(snapshot, &delivery.store_id, Some(mode_of(delivery.live)));
    hearing.find(|e| e.url == delivery.url).as_ref().map(Settings::from)
}

/// The deliveries of an event. Their ids are made from the event's, so that expanding twice makes the same ones.
#[must_use]
pub fn deliveries(snapshot: &Snapshot, event: &OutboxRow, transaction: Option<&Transaction>) -> Vec<Delivery> {
    let mode = transaction.map(|t| mode_of(t.channel.live));
    let endpoints: Vec<WebhookEndpoint> = hearing(snapshot, &event.store_id, mode).collect();
    let named = transaction.map(notice_urls).unwrap_or_default();
    let live = mode == Some(Mode::Live);
    let scheduled = transaction.is_some_and(|t| t.billing.as_ref().is_some_and(|b| b.schedule.is_some()));
    let mut made = Vec::new();
    let mut add = |url: &str, like: Option<&WebhookEndpoint>, named: bool| {
        let lane = if named { origin(url) } else { url };
        let suffix = if made.is_empty() {
            String::new()
        } else {
            format!(".{}", made.len() + 1)
        };
        made.push(Delivery {
            id: format!("{}{suffix}", event.id),
            event_id: event.id.clone(),
            lane: format!("{}|{}|{lane}", event.store_id, if live { "live" } else { "test" }),
            url: url.to_owned(),
            named_by_payment: named,
            store_id: event.store_id.clone(),
            // What the event is about: a payment, or the billing key whose events name no payment.
            payment_id: event.billing_key.as_ref().unwrap_or(&event.payment_id).clone(),
            transaction_id: event.transaction_id.clone(),
            event: event.event.clone(),
            cancellation_id: event.cancellation_id.clone(),
            created_at: event.created_at,
            live,
            trigger: transaction.and_then(|t| trigger(event, t)).map(str::to_owned),
            ordered: like.is_some_and(|e| e.ordered),
            state: DeliveryState::Pending,
            attempts: 0,
            base: 0,
            tries: plan::tries(like.map_or(WebhookRetry::Standard, |e| e.retry)),
            resends: 0,
            next_at: event.created_at,
            last_error: None,
        });
    };
    if named.is_empty() {
        let wants = |e: &&WebhookEndpoint| {
            let named = asks_for(e, &event.event);
            (e.events.is_empty() || named) && payload::has(e.version, &event.event, scheduled, named)
        };
        for endpoint in endpoints.iter().filter(wants) {
            add(&endpoint.url, Some(endpoint), false);
        }
    } else {
        // They replace the configured URLs, not the settings.
        let like = endpoints.first();
        let version = like.map_or(WebhookVersion::V20240425, |e| e.version);
        let asked = like.is_some_and(|e| asks_for(e, &event.event));
        if payload::has(version, &event.event, scheduled, asked) {
            for url in &named {
                add(url, like, true);
            }
        }
    }
    made
}

/// Whether an endpoint names an event among those it wants.
fn asks_for(endpoint: &WebhookEndpoint, event: &str) -> bool {
    endpoint.events.iter().any(|wanted| wanted == payload::kind(event))
}

/// The payment's own URLs, each once.
fn notice_urls(transaction: &Transaction) -> Vec<String> {
    let given = transaction.extras.get("noticeUrls").and_then(Value::as_array);
    let mut urls: Vec<String> = Vec::new();
    for url in given.into_iter().flatten().filter_map(Value::as_str) {
        if !urls.iter().any(|known| known == url) {
            urls.push(url.to_owned());
        }
    }
    urls
}

/// Scheme, host and port of a URL.
fn origin(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    let rest = url.get(start..).unwrap_or_default();
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    url.get(..start + end).unwrap_or(url)
}

/// PortOne V2 `PaymentWebhookTrigger`: what brought the event about, if it was not the merchant's own request.
fn trigger(event: &OutboxRow, transaction: &Transaction) -> Option<&'static str> {
    match event.event.as_str() {
        "Transaction.Paid" if transaction.method_kind == MethodKind::VirtualAccount => Some("VIRTUAL_ACCOUNT_DEPOSIT"),
        "Transaction.PayPending" => Some("ASYNC_PAY_PENDING"),
        "Transaction.Cancelled" | "Transaction.PartialCancelled" => {
            let about = event.cancellation_id.as_deref();
            let later = transaction
                .cancellations
                .iter()
                .any(|c| c.accepted && Some(c.id.as_str()) == about);
            later.then_some("ASYNC_CANCEL_APPROVED")
        }
        _ => None,
    }
}
