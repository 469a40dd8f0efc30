//! `POST /shop/api/webhook`: what a shop does with webhooks. It verifies the signature over the raw body, remembers what
//! came, once for each `webhook-id`, and lists it at `GET /shop/api/webhooks`.

use super::Refused;
use crate::channels::{Snapshot, webhook_key};
use crate::net::Request;
use crate::payment::Millis;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Webhooks remembered.
const KEPT: usize = 500;
/// How far a webhook's time may be from ours, seconds.
const TOLERANCE: i64 = 300;

/// What the shop received, the latest first.
#[derive(Debug, Default)]
pub(in super::super) struct Receiver {
    received: Mutex<VecDeque<Value>>,
}

impl Receiver {
    /// Takes one in.
    pub(super) fn take(
        &self,
        snapshot: &Snapshot,
        store_id: &str,
        request: &Request,
        now: Millis,
    ) -> Result<Value, Refused> {
        let id = verified(snapshot, store_id, request, now)?;
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let event = serde_json::from_str::<Value>(&body).unwrap_or(Value::String(body));
        let mut received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        let again = received.iter_mut().find(|known| known["webhookId"] == *id);
        if let Some(known) = again {
            known["times"] = (known["times"].as_i64().unwrap_or(1) + 1).into();
        } else {
            received.push_front(json!({"webhookId": id, "receivedAt": now, "times": 1, "event": event}));
            received.truncate(KEPT);
        }
        Ok(json!({}))
    }

    /// What came so far.
    pub(super) fn list(&self) -> Value {
        let received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        json!({"webhooks": received.iter().cloned().collect::<Vec<_>>()})
    }
}

/// The `webhook-id`, if one of the store's secrets signed this body for it and now.
fn verified<'r>(snapshot: &Snapshot, store_id: &str, request: &'r Request, now: Millis) -> Result<&'r str, Refused> {
    let bad = |message: &str| Refused::new(400, "INVALID_WEBHOOK", message.to_owned());
    let header = |name: &str| request.header(name).ok_or_else(|| bad(&format!("{name} is missing")));
    let (id, timestamp) = (header("webhook-id")?, header("webhook-timestamp")?);
    let signatures = header("webhook-signature")?;
    let at: i64 = timestamp.parse().map_err(|_| bad("webhook-timestamp is no number"))?;
    if (now.div_euclid(1000) - at).abs() > TOLERANCE {
        return Err(bad("webhook-timestamp is too far from now"));
    }
    let mut signed = format!("{id}.{timestamp}.").into_bytes();
    signed.extend_from_slice(&request.body);
    let secrets = snapshot
        .stores
        .get(store_id)
        .into_iter()
        .flat_map(|store| &store.webhooks);
    let mut keys = secrets
        .flat_map(|webhook| &webhook.secrets)
        .filter_map(|secret| webhook_key(secret.expose_secret()).ok())
        .map(|key| hmac::Key::new(hmac::HMAC_SHA256, &key));
    let fits = keys.any(|key| {
        let mut given = signatures.split(' ').filter_map(|one| one.strip_prefix("v1,"));
        given.any(|mac| {
            let mac = STANDARD.decode(mac).unwrap_or_default();
            hmac::verify(&key, &signed, &mac).is_ok()
        })
    });
    if fits { Ok(id) } else { Err(bad("no signature fits")) }
}
