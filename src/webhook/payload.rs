//! What a webhook says (PortOne V2, webhooks). No amount and no state beyond the event: receivers read the payment,
//! which shows it already, because the event was committed with the change.

use crate::channels::{WebhookContent, WebhookVersion};
use crate::ledger::Delivery;
use crate::payment::{ESCROW_CHANGED, Millis, imp_uid};
use bytes::Bytes;
use serde::Serialize;

/// A body and its content type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// Bytes, exactly as signed and sent.
    pub body: Bytes,
    /// `content-type`.
    pub content_type: &'static str,
}

#[derive(Serialize)]
struct Envelope<'a> {
    r#type: &'a str,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Data<'a> {
    #[serde(rename_all = "camelCase")]
    Payment {
        payment_id: &'a str,
        store_id: &'a str,
        transaction_id: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        cancellation_id: Option<&'a str>,
    },
    #[serde(rename_all = "camelCase")]
    BillingKey { billing_key: &'a str, store_id: &'a str },
}

#[derive(Serialize)]
struct Plain<'a> {
    payment_id: &'a str,
    tx_id: &'a str,
    status: &'a str,
}

#[derive(Serialize)]
struct V1<'a> {
    imp_uid: String,
    merchant_uid: &'a str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancellation_id: Option<&'a str>,
}

#[derive(Serialize)]
struct V1Escrow<'a> {
    event: &'static str,
    imp_uid: String,
    merchant_uid: &'a str,
    status: &'static str,
    extra: V1EscrowState,
}

#[derive(Serialize)]
struct V1EscrowState {
    escrow_status: u8,
    /// UNIX seconds, as all times of V1.
    changed_at: i64,
    /// The PG's notice of a refusal names no reason that is kept.
    denied_reason: Option<&'static str>,
}

/// `escrow_status` of an event about an escrow.
fn escrow_status(event: &str) -> Option<u8> {
    event.strip_prefix(ESCROW_CHANGED)?.strip_prefix('/')?.parse().ok()
}

/// The name by which channel files and receivers know an event.
#[must_use]
pub fn kind(event: &str) -> &str {
    event.split('/').next().unwrap_or(event)
}

/// V1's `status` word for an event that V1 tells of.
fn v1_status(event: &str) -> Option<&'static str> {
    Some(match event {
        "Transaction.Paid" => "paid",
        "Transaction.VirtualAccountIssued" => "ready",
        // Also for a part: the payment itself stays `paid`, receivers look at `cancel_amount`.
        "Transaction.Cancelled" | "Transaction.PartialCancelled" => "cancelled",
        "Transaction.Failed" => "failed",
        _ => return None,
    })
}

/// Whether a version has an event at all: 2024-01-01 has none about billing keys; V1 tells of fewer still. Of failures
/// other than a schedule's (`scheduled`), and of escrows, it tells only receivers that ask for it by name (`named`).
#[must_use]
pub fn has(version: WebhookVersion, event: &str, scheduled: bool, named: bool) -> bool {
    let escrow = kind(event) == ESCROW_CHANGED;
    match version {
        WebhookVersion::V20240425 => !escrow,
        WebhookVersion::V20240101 => event.starts_with("Transaction."),
        WebhookVersion::V1 if escrow => named,
        WebhookVersion::V1 => v1_status(event).is_some() && (event != "Transaction.Failed" || scheduled || named),
    }
}

/// The body for a delivery. The same bytes at every try. `timestamp` is when the event happened. `server` says that the
/// payment was made without a window, which V1's `imp_uid` shows.
#[must_use]
pub fn render(delivery: &Delivery, version: WebhookVersion, content: WebhookContent, server: bool) -> Payload {
    match version {
        WebhookVersion::V20240425 => return json(&envelope(delivery)),
        WebhookVersion::V1 => return v1(delivery, content, server),
        WebhookVersion::V20240101 => {}
    }
    let status = delivery.event.split_once('.').map_or("", |(_, status)| status);
    let plain = Plain {
        payment_id: &delivery.payment_id,
        tx_id: &delivery.transaction_id,
        status,
    };
    match content {
        WebhookContent::Json => json(&plain),
        WebhookContent::Form => form(&[
            ("payment_id", plain.payment_id),
            ("tx_id", plain.tx_id),
            ("status", plain.status),
        ]),
    }
}

fn v1_escrow(delivery: &Delivery, escrow_status: u8, content: WebhookContent, server: bool) -> Payload {
    let told = V1Escrow {
        event: ESCROW_CHANGED,
        imp_uid: imp_uid(&delivery.transaction_id, server),
        merchant_uid: &delivery.payment_id,
        // A cancelled escrow, and one whose refusal the seller accepted, are paid no more.
        status: if matches!(escrow_status, 8 | 10) {
            "cancelled"
        } else {
            "paid"
        },
        extra: V1EscrowState {
            escrow_status,
            changed_at: delivery.created_at.div_euclid(1000),
            denied_reason: None,
        },
    };
    if content == WebhookContent::Json {
        return json(&told);
    }
    form(&[
        ("event", told.event),
        ("imp_uid", &told.imp_uid),
        ("merchant_uid", told.merchant_uid),
        ("status", told.status),
        ("extra[escrow_status]", &told.extra.escrow_status.to_string()),
        ("extra[changed_at]", &told.extra.changed_at.to_string()),
    ])
}

fn form(pairs: &[(&str, &str)]) -> Payload {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs);
    Payload {
        body: form.finish().into(),
        content_type: "application/x-www-form-urlencoded",
    }
}

fn v1(delivery: &Delivery, content: WebhookContent, server: bool) -> Payload {
    if let Some(status) = escrow_status(&delivery.event) {
        return v1_escrow(delivery, status, content, server);
    }
    let told = V1 {
        imp_uid: imp_uid(&delivery.transaction_id, server),
        merchant_uid: &delivery.payment_id,
        // What is resent by hand may be an event that V1 has no word for: then it says how the payment stands, undecided.
        status: v1_status(&delivery.event).unwrap_or("ready"),
        cancellation_id: delivery.cancellation_id.as_deref(),
    };
    if content == WebhookContent::Json {
        return json(&told);
    }
    let mut pairs = vec![
        ("imp_uid", told.imp_uid.as_str()),
        ("merchant_uid", told.merchant_uid),
        ("status", told.status),
    ];
    pairs.extend(told.cancellation_id.map(|id| ("cancellation_id", id)));
    form(&pairs)
}

/// A moment as bodies write it: RFC 3339 with milliseconds, UTC.
pub(super) fn stamp(at: Millis) -> String {
    let at = jiff::Timestamp::from_millisecond(at).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    format!("{at:.3}")
}

fn envelope(delivery: &Delivery) -> Envelope<'_> {
    let data = if delivery.event.starts_with("BillingKey.") {
        Data::BillingKey {
            billing_key: &delivery.payment_id,
            store_id: &delivery.store_id,
        }
    } else {
        Data::Payment {
            payment_id: &delivery.payment_id,
            store_id: &delivery.store_id,
            transaction_id: &delivery.transaction_id,
            cancellation_id: delivery.cancellation_id.as_deref(),
        }
    };
    Envelope {
        r#type: &delivery.event,
        timestamp: stamp(delivery.created_at),
        data,
    }
}

fn json<T: Serialize>(value: &T) -> Payload {
    Payload {
        // Strings in a struct: their serialisation cannot fail.
        body: serde_json::to_vec(value).unwrap_or_default().into(),
        content_type: "application/json",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhook::tests::delivery;

    #[test]
    fn both_versions_say_what_portone_says() {
        let mut d = delivery("Transaction.Cancelled");
        d.payment_id = "주문 1".to_owned();
        d.cancellation_id = Some("c1".to_owned());
        let text =
            |version, content| String::from_utf8(render(&d, version, content, true).body.to_vec()).unwrap_or_default();
        assert_eq!(
            text(WebhookVersion::V20240425, WebhookContent::Json),
            r#"{"type":"Transaction.Cancelled","timestamp":"2026-01-01T00:00:00.000Z","data":{"paymentId":"주문 1","storeId":"s","transactionId":"t","cancellationId":"c1"}}"#
        );
        assert_eq!(
            text(WebhookVersion::V20240101, WebhookContent::Json),
            r#"{"payment_id":"주문 1","tx_id":"t","status":"Cancelled"}"#
        );
        assert_eq!(
            text(WebhookVersion::V20240101, WebhookContent::Form),
            "payment_id=%EC%A3%BC%EB%AC%B8+1&tx_id=t&status=Cancelled"
        );
        let key = delivery("BillingKey.Issued");
        let body = render(&key, WebhookVersion::V20240425, WebhookContent::Json, false).body;
        let body = String::from_utf8_lossy(&body).into_owned();
        assert!(body.ends_with(r#""data":{"billingKey":"p","storeId":"s"}}"#), "{body}");
        assert!(!has(WebhookVersion::V20240101, "BillingKey.Issued", false, true));
    }

    #[test]
    fn v1_says_what_its_receivers_look_up() {
        let mut d = delivery("Transaction.PartialCancelled");
        d.payment_id = "주문 1".to_owned();
        d.transaction_id = "019b77a0-0c00-7abc-8def-0123456789ab".to_owned();
        d.cancellation_id = Some("c1".to_owned());
        let uid = imp_uid(&d.transaction_id, true);
        assert!(uid.starts_with("imps_"));
        let text = |d: &Delivery, content| {
            String::from_utf8(render(d, WebhookVersion::V1, content, true).body.to_vec()).unwrap_or_default()
        };
        assert_eq!(
            text(&d, WebhookContent::Json),
            format!(r#"{{"imp_uid":"{uid}","merchant_uid":"주문 1","status":"cancelled","cancellation_id":"c1"}}"#)
        );
        assert_eq!(
            text(&d, WebhookContent::Form),
            format!("imp_uid={uid}&merchant_uid=%EC%A3%BC%EB%AC%B8+1&status=cancelled&cancellation_id=c1")
        );
        d.cancellation_id = None;
        for (event, status) in [
            ("Paid", "paid"),
            ("VirtualAccountIssued", "ready"),
            ("Failed", "failed"),
        ] {
            d.event = format!("Transaction.{event}");
            let body = text(&d, WebhookContent::Json);
            assert!(body.ends_with(&format!(r#""status":"{status}"}}"#)), "{body}");
        }
        let told = |event: &str, scheduled| has(WebhookVersion::V1, event, scheduled, false);
        assert!(told("Transaction.Paid", false) && told("Transaction.Failed", true));
        for never in [
            "Transaction.Failed",
            "Transaction.Ready",
            "Transaction.CancelPending",
            "BillingKey.Issued",
        ] {
            assert!(!told(never, false), "{never}");
        }
        assert!(has(WebhookVersion::V1, "Transaction.Failed", false, true), "asked for");
        assert!(
            !has(WebhookVersion::V1, "Transaction.Ready", false, true),
            "there is no word"
        );
    }

    #[test]
    fn v1_tells_of_escrows_only_who_asks() {
        let mut d = delivery("Inicis.Escrow.Changed/31");
        d.transaction_id = "019b77a0-0c00-7abc-8def-0123456789ab".to_owned();
        let uid = imp_uid(&d.transaction_id, false);
        let text = |d: &Delivery, content| {
            String::from_utf8(render(d, WebhookVersion::V1, content, false).body.to_vec()).unwrap_or_default()
        };
        assert_eq!(
            text(&d, WebhookContent::Json),
            format!(
                r#"{{"event":"Inicis.Escrow.Changed","imp_uid":"{uid}","merchant_uid":"p","status":"paid","extra":{{"escrow_status":31,"changed_at":1767225600,"denied_reason":null}}}}"#
            )
        );
        d.event = "Inicis.Escrow.Changed/8".to_owned();
        assert_eq!(
            text(&d, WebhookContent::Form),
            format!(
                "event=Inicis.Escrow.Changed&imp_uid={uid}&merchant_uid=p&status=cancelled&extra%5Bescrow_status%5D=8&extra%5Bchanged_at%5D=1767225600"
            )
        );
        assert_eq!(kind(&d.event), "Inicis.Escrow.Changed");
        for version in [WebhookVersion::V20240425, WebhookVersion::V20240101] {
            assert!(!has(version, &d.event, false, true));
        }
        assert!(has(WebhookVersion::V1, &d.event, false, true) && !has(WebhookVersion::V1, &d.event, false, false));
    }
}
