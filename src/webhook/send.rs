//! One try of one delivery, and what becomes of it.

use super::client::HookClient;
use super::{Webhooks, payload, plan, route, sign};
use crate::channels::WebhookVersion;
use crate::engine::{crash, now};
use crate::ledger::{Delivery, DeliveryState, DeliveryTry};
use crate::payment::{Millis, Platform};
use crate::telemetry::mask::masked;
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use std::fmt::Write as _;
use std::time::Duration;

/// Most of an answer that is kept, bytes.
const KEPT: usize = 4 << 10;
/// Tries of a result that the ledger does not take at once.
const WRITES: u32 = 3;

/// What the receiver made of it.
enum Verdict {
    Taken,
    /// It never wants this again.
    Gone,
    Failed {
        why: String,
        retry_after: Option<Millis>,
    },
}

impl Webhooks {
    /// Tries a delivery and writes the result. Answers whether it was taken, and how long the endpoint asks to wait.
    pub(super) async fn deliver(&self, mut delivery: Delivery) -> (bool, Option<Millis>) {
        let snapshot = self.live.load();
        let Some(settings) = route::settings(&snapshot, &delivery) else {
            let why = "the endpoint is no longer in the channel files; put it back and replay";
            delivery.state = DeliveryState::Dead;
            delivery.last_error = Some(why.to_owned());
            self.write(delivery, None).await;
            self.metrics.webhook_deliveries.with_label_values(&["dead"]).inc();
            return (false, None);
        };
        drop(snapshot);
        let (log, verdict) = self.attempt(&delivery, &settings).await;
        delivery.attempts += 1;
        let made = delivery.attempts.saturating_sub(delivery.base);
        let (result, taken, pause) = match verdict {
            Verdict::Taken => {
                delivery.state = DeliveryState::Delivered;
                delivery.last_error = None;
                ("delivered", true, None)
            }
            Verdict::Gone => {
                delivery.state = DeliveryState::Dead;
                delivery.last_error = Some("410: the receiver wants it no more".to_owned());
                ("gone", false, None)
            }
            Verdict::Failed { why, retry_after } => {
                delivery.last_error = Some(why);
                let dead = made >= delivery.tries;
                if dead {
                    delivery.state = DeliveryState::Dead;
                } else {
                    let wait = plan::wait(settings.retry, made, self.options.minute, retry_after);
                    delivery.next_at = now() + wait;
                }
                (if dead { "dead" } else { "retry" }, false, retry_after)
            }
        };
        if delivery.state == DeliveryState::Dead {
            tracing::warn!(
                target: "naru::alert", webhook = delivery.id, event = delivery.event, payment = delivery.payment_id,
                error = delivery.last_error, "a webhook was given up; list and replay it with `naru webhooks`"
            );
        }
        crash::point("after-webhook");
        self.write(delivery, Some(log)).await;
        crash::point("after-record");
        self.metrics.webhook_deliveries.with_label_values(&[result]).inc();
        (taken, pause)
    }

    /// The client that may reach an endpoint.
    pub(super) fn client(&self, settings: &route::Settings) -> &HookClient {
        if settings.allow_private {
            &self.free
        } else {
            &self.guarded
        }
    }

    async fn attempt(&self, delivery: &Delivery, settings: &route::Settings) -> (DeliveryTry, Verdict) {
        let server = settings.version == WebhookVersion::V1 && self.without_window(&delivery.transaction_id).await;
        let payload = payload::render(delivery, settings.version, settings.content, server);
        let at = now();
        let timestamp = at.div_euclid(1000);
        let mut log = DeliveryTry {
            delivery_id: delivery.id.clone(),
            attempt: delivery.attempts + 1,
            requested_at: at,
            request_body: String::from_utf8_lossy(&payload.body).into_owned(),
            ..DeliveryTry::default()
        };
        let stamp = (delivery.event_id.as_str(), timestamp);
        let request = sign::post(
            &delivery.url,
            payload.content_type,
            &settings.secrets,
            stamp,
            payload.body,
        );
        let request = match request {
            Ok(request) => request,
            Err(why) => {
                log.error = Some(why.clone());
                return (log, Verdict::Failed { why, retry_after: None });
            }
        };
        log.request_header = lines(request.headers());
        crash::point("before-webhook");
        let answered = match self.client(settings).send(request, self.options.timeout).await {
            Ok(answered) => answered,
            Err(why) => {
                log.error = Some(why.clone());
                return (log, Verdict::Failed { why, retry_after: None });
            }
        };
        let status = answered.status;
        log.status = Some(status.as_u16());
        log.responded_at = Some(now());
        log.response_header = lines(&answered.headers);
        log.response_body = kept(&answered.body);
        let verdict = match status {
            status if status.is_success() => Verdict::Taken,
            StatusCode::GONE => Verdict::Gone,
            status => {
                let asks = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
                let given = answered.headers.get(header::RETRY_AFTER).filter(|_| asks);
                let given = given.and_then(|value| value.to_str().ok());
                Verdict::Failed {
                    why: format!("the receiver answered {}", status.as_u16()),
                    retry_after: given.and_then(|value| plan::retry_after(value, now())),
                }
            }
        };
        if !matches!(verdict, Verdict::Taken) {
            log.error = Some(format!("answered {}", status.as_u16()));
        }
        (log, verdict)
    }

    /// Whether a transaction was made by a server call: V1's `imp_uid` shows it. If the ledger does not say, the other
    /// spelling is sent, which names the same payment.
    async fn without_window(&self, transaction_id: &str) -> bool {
        let found = self.ledger.transaction(transaction_id).await;
        found.ok().flatten().is_some_and(|t| t.origin.platform == Platform::Api)
    }

    /// Writes what became of a delivery. If the ledger stays out of reach the lease ends by itself and it is sent
    /// again: twice is allowed, never is not.
    async fn write(&self, delivery: Delivery, log: Option<DeliveryTry>) {
        for n in 1..=WRITES {
            match self.ledger.tried(delivery.clone(), log.clone()).await {
                Ok(()) => return,
                Err(error) => tracing::error!(%error, webhook = delivery.id, "a webhook's result was not written"),
            }
            tokio::time::sleep(Duration::from_millis(100 << n)).await;
        }
    }
}

/// Headers, one a line; what opens doors is hidden.
fn lines(headers: &HeaderMap) -> String {
    const HIDDEN: &[&str] = &[
        "webhook-signature",
        "set-cookie",
        "cookie",
        "authorization",
        "www-authenticate",
    ];
    let mut text = String::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        let shown = if HIDDEN.contains(&name.as_str()) { "***" } else { &value };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name}: {shown}");
        if text.len() > KEPT {
            break;
        }
    }
    text.truncate(text.trim_end().len());
    text
}

fn kept(body: &Bytes) -> String {
    let start = body.get(..KEPT).unwrap_or(body);
    masked(start, &["secret", "token", "password", "accessToken", "apiKey"])
}
