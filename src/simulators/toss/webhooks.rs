//! Notifications: three envelopes, headers, the retry plan ("웹훅 연결하기", "웹훅 이벤트").

use super::Toss;
use super::auth::Merchant;
use super::payment::{Payment, Status};
use super::shapes::Shapes;
use super::view::{CancelView, Style, payment_value};
use crate::simulators::clock::{iso_kst, iso_local};
use crate::simulators::ids;
use crate::simulators::notices::Notice;
use http::Method;
use serde_json::{Value, json};

/// Minutes before each of the seven retries: 4^n.
const RETRY_MINUTES: &[u64] = &[1, 4, 16, 64, 256, 1024, 4096];

fn acknowledged(status: u16, _body: &[u8]) -> bool {
    status == 200
}

fn attempt_headers(attempt: u32, now: i64) -> Vec<(&'static str, String)> {
    vec![
        ("tosspayments-webhook-transmission-time", iso_kst(now)),
        ("tosspayments-webhook-transmission-retried-count", attempt.to_string()),
    ]
}

/// `createdAt` in the form that the shapes ask for; six fraction digits by default, no offset.
fn created_at(now: i64, shapes: Shapes) -> String {
    let micros = now.rem_euclid(1000) * 1000;
    let local = iso_local(now);
    if shapes.has(Shapes::FRACTION_0) {
        iso_kst(now)
    } else if shapes.has(Shapes::FRACTION_3) {
        format!("{local}.{:03}", micros / 1000)
    } else if shapes.has(Shapes::FRACTION_5) {
        format!("{local}.{:05}", micros / 10)
    } else {
        format!("{local}.{micros:06}")
    }
}

impl Toss {
    /// One notification to a merchant that wants the event.
    pub(super) fn notice(
        &self,
        merchant: &Merchant,
        event: &'static str,
        tid: &str,
        order_id: &str,
        body: &Value,
    ) -> Option<Notice> {
        let url = merchant.wants(event)?.to_owned();
        let id = format!("whtrans_{}", ids::alnum(26));
        Some(Notice {
            provider: "toss",
            mid: merchant.mid.to_string(),
            tid: tid.to_owned(),
            order_id: order_id.to_owned(),
            event,
            headers: vec![("tosspayments-webhook-transmission-id", id.clone())],
            id,
            method: Method::POST,
            url,
            content_type: Some("application/json; charset=utf-8"),
            attempt_headers,
            body: body.to_string().into(),
            retry_minutes: RETRY_MINUTES,
            acknowledged,
        })
    }

    /// What follows from a payment having entered its present status.
    pub(super) fn changed(&self, payment: &Payment, merchant: &Merchant) -> Vec<Notice> {
        if merchant.notify_url.is_none() {
            return Vec::new();
        }
        let mut notices = Vec::new();
        if super::vbank::is_vbank(payment) && !matches!(payment.status, Status::Expired | Status::Aborted) {
            notices.extend(self.deposit_notice(payment, merchant, payment.status.word()));
        }
        let fires = matches!(
            payment.status,
            Status::Done | Status::Aborted | Status::Expired | Status::Canceled | Status::PartialCanceled
        );
        let silent = payment.billing && payment.cancels.is_empty();
        if fires && !silent {
            notices.extend(self.status_notice(payment, merchant));
        }
        notices
    }

    /// The notification of a status, with the whole payment in it.
    pub(super) fn status_notice(&self, payment: &Payment, merchant: &Merchant) -> Option<Notice> {
        let (now, shapes, base) = (self.world.clock.now(), self.shapes_of(merchant), self.base());
        let style = Style {
            test: merchant.test(),
            shapes,
            base: &base,
            now,
        };
        let body = json!({"eventType": "PAYMENT_STATUS_CHANGED", "createdAt": created_at(now, shapes),
            "data": payment_value(payment, &style)});
        self.notice(
            merchant,
            "PAYMENT_STATUS_CHANGED",
            &payment.key,
            &payment.order_id,
            &body,
        )
    }

    /// The flat deposit notification.
    pub(super) fn deposit_notice(&self, payment: &Payment, merchant: &Merchant, status: &str) -> Option<Notice> {
        let shapes = self.shapes_of(merchant);
        let mut body = json!({"createdAt": created_at(self.world.clock.now(), shapes), "secret": payment.secret,
            "status": status, "transactionKey": payment.last_transaction(), "orderId": payment.order_id});
        if shapes.has(Shapes::NO_SECRET)
            && let Some(map) = body.as_object_mut()
        {
            map.remove("secret");
        }
        self.notice(merchant, "DEPOSIT_CALLBACK", &payment.key, &payment.order_id, &body)
    }

    /// The end of an asynchronous cancel.
    pub(super) fn cancel_notice(&self, payment: &Payment, merchant: &Merchant) -> Option<Notice> {
        let cancel = payment.cancels.last()?;
        let data = serde_json::to_value(CancelView::of(cancel, payment.currency)).ok()?;
        let created = created_at(self.world.clock.now(), self.shapes_of(merchant));
        let body = json!({"eventType": "CANCEL_STATUS_CHANGED", "createdAt": created, "data": data});
        self.notice(
            merchant,
            "CANCEL_STATUS_CHANGED",
            &payment.key,
            &payment.order_id,
            &body,
        )
    }

    /// A billing key that the buyer or the provider removed.
    pub(super) fn billing_deleted(&self, merchant: &Merchant, key: &str, reason: Option<&str>) -> Option<Notice> {
        let created = created_at(self.world.clock.now(), self.shapes_of(merchant));
        let body = json!({"eventType": "BILLING_DELETED", "createdAt": created,
            "data": {"billingKey": key, "reason": reason}});
        self.notice(merchant, "BILLING_DELETED", "", "", &body)
    }
}

/// Gives a notification a wrong secret; `false` if it has none to spoil.
pub(super) fn forge(notice: &mut Notice) -> bool {
    let Ok(mut body) = serde_json::from_slice::<Value>(&notice.body) else {
        return false;
    };
    let slot = if notice.event == "DEPOSIT_CALLBACK" {
        body.get_mut("secret")
    } else {
        body.pointer_mut("/data/secret")
    };
    match slot {
        Some(secret) if secret.is_string() => {
            *secret = json!(format!("ps_{}", ids::alnum(28)));
            notice.body = body.to_string().into();
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn created_at_takes_every_documented_form() {
        let now = 1_767_290_645_120;
        assert_eq!(created_at(now, Shapes::default()), "2026-01-02T03:04:05.120000");
        assert_eq!(created_at(now, Shapes::FRACTION_3), "2026-01-02T03:04:05.120");
        assert_eq!(created_at(now, Shapes::FRACTION_5), "2026-01-02T03:04:05.12000");
        assert_eq!(created_at(now, Shapes::FRACTION_0), "2026-01-02T03:04:05+09:00");
    }

    #[test]
    fn the_plan_has_seven_retries_of_four_to_the_n() {
        assert_eq!(RETRY_MINUTES, (0..7).map(|n| 4_u64.pow(n)).collect::<Vec<_>>());
        assert!(acknowledged(200, b"") && !acknowledged(204, b""));
        let headers = attempt_headers(3, 1_767_290_645_000);
        assert_eq!(headers[0].1, "2026-01-02T03:04:05+09:00");
        assert_eq!(headers[1].1, "3");
    }
}
