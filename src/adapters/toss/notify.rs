//! Webhooks (Toss docs: "웹훅 이벤트"). None of a payment's webhooks is signed, so none is the truth: each one only
//! makes the router ask. Those about payouts and sellers are signed; nothing of them is served here, but a forged one is
//! refused where the channel has the key.

use super::lenient::{Maybe, Part, Scalar};
use super::wire::{Payment, without_bom};
use super::{Toss, sign};
use crate::adapters::{ChannelRevision, Notice, NoticeVerdict, Notifications, PgKey, WireAnswer};
use bytes::Bytes;
use secrecy::ExposeSecret;
use serde::Deserialize;

/// Header that names a delivery.
const TRANSMISSION_ID: &str = "tosspayments-webhook-transmission-id";
/// Header with the time that is signed with the body.
const TRANSMISSION_TIME: &str = "tosspayments-webhook-transmission-time";
/// Header with the signatures of webhooks about payouts and sellers.
const SIGNATURE: &str = "tosspayments-webhook-signature";

/// All envelopes at once: `{eventType, createdAt, data}` and the flat deposit notice without `eventType`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Envelope {
    event_type: Scalar,
    data: Maybe<Payment>,
    secret: Scalar,
    status: Scalar,
    transaction_key: Scalar,
    order_id: Scalar,
    billing_key: Scalar,
}

impl Part for Payment {}

impl Notifications for Toss {
    fn read(&self, notice: &Notice, channel: &ChannelRevision, keep: Option<&serde_json::Value>) -> NoticeVerdict {
        let Ok(envelope) = serde_json::from_slice::<Envelope>(without_bom(&notice.body)) else {
            return refuse(400, "a Toss Payments webhook is a JSON object; this body is none");
        };
        let kept = keep.and_then(|k| k.get("secret")).and_then(serde_json::Value::as_str);
        match envelope.event_type.text().as_deref() {
            Some("PAYMENT_STATUS_CHANGED" | "CANCEL_STATUS_CHANGED") => changed(notice, &envelope, kept),
            Some("BILLING_DELETED") => key_deleted(notice, &envelope),
            Some(event @ ("payout.changed" | "seller.changed")) => signed(notice, channel, event),
            Some(_) => NoticeVerdict::Ignore,
            None => deposited(notice, &envelope, kept),
        }
    }

    /// Toss reads only the status: 200 within ten seconds, anything else is delivered again after 1, 4, 16 … minutes.
    fn acknowledge(&self, _notice: &Notice, applied: bool) -> WireAnswer {
        WireAnswer {
            status: if applied { 200 } else { 503 },
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }
}

/// `DEPOSIT_CALLBACK`: flat, without `paymentKey`.
fn deposited(notice: &Notice, envelope: &Envelope, kept: Option<&str>) -> NoticeVerdict {
    let Some(order_id) = envelope.order_id.owned() else {
        return refuse(400, "neither eventType nor orderId: no webhook of Toss Payments");
    };
    if forged(&envelope.secret, kept) {
        return refuse(403, "the deposit notice's secret is not the one of the issued account");
    }
    let natural = [
        Some(order_id.clone()),
        envelope.status.owned(),
        envelope.transaction_key.owned(),
    ];
    ask(notice, Some(order_id), None, &natural)
}

/// An event with a payment (or a cancellation) in `data`.
fn changed(notice: &Notice, envelope: &Envelope, kept: Option<&str>) -> NoticeVerdict {
    let (order_id, key) = envelope
        .data
        .get()
        .map_or((None, None), |data| (data.order_id.owned(), data.payment_key.owned()));
    let Some(data) = envelope.data.get().filter(|_| order_id.is_some() || key.is_some()) else {
        // The cancel event of foreign wallets may name neither; those are not served, so it concerns no payment here.
        return NoticeVerdict::Ignore;
    };
    if forged(&data.secret, kept) {
        return refuse(403, "the webhook's data.secret is not the one of the payment");
    }
    let natural = [
        key.clone().or_else(|| order_id.clone()),
        data.status.owned(),
        data.last_transaction(),
    ];
    ask(notice, order_id, key, &natural)
}

/// `BILLING_DELETED`: the buyer or the provider behind the key removed it. The key stands in `data`, or beside it.
fn key_deleted(notice: &Notice, envelope: &Envelope) -> NoticeVerdict {
    let inside = envelope.data.get().and_then(|data| data.billing_key.owned());
    let Some(key) = inside.or_else(|| envelope.billing_key.owned()) else {
        return refuse(400, "BILLING_DELETED without a billingKey");
    };
    // Not the key itself: what de-duplicates is stored in clear.
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, key.as_bytes());
    let natural: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    NoticeVerdict::KeyGone {
        dedupe: header(notice, TRANSMISSION_ID).map_or_else(|| format!("BILLING_DELETED|{natural}"), str::to_owned),
        key: PgKey::new(key),
    }
}

/// An event about payouts or sellers, which this router does not serve: acknowledged once it is known to be Toss's.
fn signed(notice: &Notice, channel: &ChannelRevision, event: &str) -> NoticeVerdict {
    let key = sign::credentials(channel).ok().and_then(|c| c.security_key.as_ref());
    let Some(key) = key else {
        return NoticeVerdict::Ignore;
    };
    let time = header(notice, TRANSMISSION_TIME).unwrap_or_default();
    let signatures = header(notice, SIGNATURE).unwrap_or_default();
    if sign::webhook_signed(key.expose_secret(), &notice.body, time, signatures) {
        NoticeVerdict::Ignore
    } else {
        refuse(
            403,
            &format!("the signature of {event} is not one by the channel's securityKey"),
        )
    }
}

fn header<'n>(notice: &'n Notice, name: &str) -> Option<&'n str> {
    let found = notice.headers.iter().find(|(told, _)| told.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
}

/// Whether a secret came and is not ours. One that did not come is no forgery: the inquiry decides anyway.
fn forged(told: &Scalar, kept: Option<&str>) -> bool {
    match (told.text(), kept) {
        (Some(told), Some(kept)) => {
            aws_lc_rs::constant_time::verify_slices_are_equal(told.as_bytes(), kept.as_bytes()).is_err()
        }
        _ => false,
    }
}

/// De-duplicated by the delivery's id where there is one. Whether Toss keeps it across retries is implied, not stated:
/// at worst the same inquiry is made twice.
fn ask(
    notice: &Notice,
    order_id: Option<String>,
    pg_tx_id: Option<String>,
    natural: &[Option<String>; 3],
) -> NoticeVerdict {
    let dedupe = match header(notice, TRANSMISSION_ID) {
        Some(id) => id.to_owned(),
        None => natural
            .iter()
            .map(|p| p.as_deref().unwrap_or("-"))
            .collect::<Vec<_>>()
            .join("|"),
    };
    NoticeVerdict::Ask {
        order_id,
        pg_tx_id,
        dedupe,
    }
}

fn refuse(status: u16, why: &str) -> NoticeVerdict {
    NoticeVerdict::Refuse {
        status,
        why: why.to_owned(),
    }
}
