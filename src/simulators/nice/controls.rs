//! Control calls that only this PG has.

use super::Nice;
use super::payment::iso;
use super::shapes::Shapes;
use super::sign::{Cover, sign};
use super::webhooks::dummy;
use crate::simulators::ledger::lock;
use crate::simulators::pg::{Control, Controlled};
use crate::simulators::words::{ControlError, parse};
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
    /// A status other than the payment's own: old news, or a lie.
    status: Option<String>,
    /// An amount other than the payment's own.
    amount: Option<i64>,
    /// Sends it about an order that does not exist.
    unknown_order_id: Option<String>,
    /// Sends the test event of the admin page instead.
    #[serde(default)]
    dummy: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ExpireToken {
    mid: String,
}

impl Nice {
    /// `PUT /_sim/nice/shapes`
    pub(super) fn set_shapes(&self, body: &[u8]) -> Control {
        let ask: SetShapes = parse(body)?;
        let shapes = Shapes::parse("shapes", &ask.shapes)?;
        match &ask.mid {
            None => self.shapes.store(shapes.0, Ordering::Relaxed),
            Some(mid) => {
                let change = json!({"mid": mid, "shapes": shapes.words()}).to_string();
                self.merchants.change(change.as_bytes())?;
            }
        }
        Ok(json!({"mid": ask.mid, "shapes": shapes.words()}).into())
    }

    /// `POST /_sim/nice/expire-token`
    pub(super) fn expire_token(&self, body: &[u8]) -> Control {
        let ask: ExpireToken = parse(body)?;
        if !self.merchants.drop_token(&ask.mid) {
            let text = format!("`{}` holds no access token", ask.mid);
            return Err(ControlError::missing("mid", text));
        }
        Ok(json!({"mid": ask.mid}).into())
    }

    /// `POST /_sim/nice/notify`: the admin page's re-send, or a webhook that lies. Signed over what it says.
    pub(super) fn unprompted(&self, body: &[u8]) -> Control {
        let ask: Unprompted = parse(body)?;
        let record = self.named(ask.tid.as_deref(), ask.order_id.as_deref())?;
        let payment = lock(&record).clone();
        let merchant = self
            .merchants
            .get(&payment.mid)
            .ok_or_else(|| ControlError::missing("mid", "merchant gone"))?;
        let none = || {
            ControlError::impossible(
                "the merchant has no webhook address for this method: PUT merchants with notifyUrl",
            )
        };
        let mut notice = self
            .changed(&payment, &merchant, payment.cancels.last().map(|c| c.tid.as_str()))
            .pop()
            .ok_or_else(none)?;
        if ask.dummy {
            notice = dummy(&merchant, &notice.url, self.world.clock.now());
        }
        let mut content: Value = parse(&notice.body)?;
        if let Some(map) = content.as_object_mut() {
            if let Some(status) = ask.status {
                map.insert("status".into(), json!(status));
            }
            if let Some(order) = ask.unknown_order_id {
                map.insert("orderId".into(), json!(order));
            }
            if let Some(amount) = ask.amount {
                let date = iso(self.world.clock.now());
                let signature = sign(Cover::Payment(&notice.tid, amount, &date), &merchant.secret);
                map.insert("amount".into(), json!(amount));
                map.insert("ediDate".into(), json!(date));
                map.insert("signature".into(), json!(signature));
            }
        }
        notice.body = content.to_string().into();
        Ok(Controlled {
            reply: json!({"id": notice.id, "tid": notice.tid}),
            notices: vec![notice],
        })
    }
}
