//! Control calls that only Toss Payments has.

use super::Toss;
use super::auth::EVENTS;
use super::shapes::Shapes;
use crate::simulators::ledger::lock;
use crate::simulators::pg::{Control, Controlled};
use crate::simulators::words::{ControlError, parse, unknown_word};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SetShapes {
    mid: Option<String>,
    shapes: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Unprompted {
    tid: Option<String>,
    order_id: Option<String>,
    /// `PAYMENT_STATUS_CHANGED` (default for ordinary payments) or `DEPOSIT_CALLBACK`.
    event: Option<String>,
    /// A status other than the payment's own: old news, or a lie.
    status: Option<String>,
    /// A secret other than the payment's own.
    secret: Option<String>,
    /// Sends it about an order that does not exist.
    unknown_order_id: Option<String>,
}

impl Toss {
    /// `PUT /_sim/toss/shapes`
    pub(super) fn set_shapes(&self, body: &[u8]) -> Control {
        let ask: SetShapes = parse(body)?;
        let shapes = Shapes::parse("shapes", &ask.shapes)?;
        match &ask.mid {
            None => self.shapes.store(shapes.0, Ordering::Relaxed),
            Some(mid) => {
                let change = json!({"mid": mid, "shapes": shapes.words()}).to_string();
                self.merchants.change(change.as_bytes(), self.world.clock.now())?;
            }
        }
        Ok(json!({"mid": ask.mid, "shapes": shapes.words()}).into())
    }

    /// `POST /_sim/toss/notify`: sends a notification again, late, forged or about nothing.
    pub(super) fn unprompted(&self, body: &[u8]) -> Control {
        let ask: Unprompted = parse(body)?;
        let record = self.named(ask.tid.as_deref(), ask.order_id.as_deref())?;
        let payment = lock(&record).clone();
        let usual = if super::vbank::is_vbank(&payment) {
            "DEPOSIT_CALLBACK"
        } else {
            "PAYMENT_STATUS_CHANGED"
        };
        let event = ask.event.as_deref().unwrap_or(usual);
        let event = EVENTS
            .iter()
            .take(2)
            .find(|known| **known == event)
            .ok_or_else(|| unknown_word("event", event, &EVENTS[..2]))?;
        let merchant = self
            .merchants
            .get(&payment.mid)
            .ok_or_else(|| ControlError::missing("mid", "merchant gone"))?;
        let notice = if *event == "DEPOSIT_CALLBACK" {
            self.deposit_notice(&payment, &merchant, payment.status.word())
        } else {
            self.status_notice(&payment, &merchant)
        };
        let mut notice = notice.ok_or_else(|| {
            ControlError::impossible("the merchant has no notifyUrl or does not want this event: PUT merchants first")
        })?;
        let mut content: Value = parse(&notice.body)?;
        let inner = if content.get("data").is_some() {
            content.get_mut("data")
        } else {
            Some(&mut content)
        };
        if let Some(map) = inner.and_then(Value::as_object_mut) {
            for (name, value) in [
                ("status", ask.status),
                ("secret", ask.secret),
                ("orderId", ask.unknown_order_id),
            ] {
                if let Some(value) = value {
                    map.insert(name.to_owned(), Value::String(value));
                }
            }
        }
        notice.body = content.to_string().into();
        Ok(Controlled {
            reply: json!({"id": notice.id, "event": event}),
            notices: vec![notice],
        })
    }
}
