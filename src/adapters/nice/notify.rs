//! Webhooks (NICE docs: "웹훅"): the payment object, signed, for every approval, issue, deposit and cancellation. A
//! signed one is still only a reason to ask, because they may come twice, late or out of order.

use super::sign::credentials;
use super::wire::{parse, view};
use super::{Nice, mask};
use crate::adapters::nice_common::text::decode;
use crate::adapters::{ChannelRevision, Mask, Notice, NoticeVerdict, Notifications, WireAnswer};
use bytes::Bytes;

/// Beginning of the tids of test calls: registration, update and the TEST button of the admin site.
const DUMMY: &str = "UTWEBHOOK";

impl Notifications for Nice {
    fn read(&self, notice: &Notice, channel: &ChannelRevision, _keep: Option<&serde_json::Value>) -> NoticeVerdict {
        let body = decode(&notice.body);
        let Some(members) = parse(&body) else {
            return refuse(400, "a NICE Payments webhook is a JSON object; this body is none");
        };
        let object = view(&members);
        let Some(tid) = object.owned("tid") else {
            return refuse(400, "no tid: no webhook of NICE Payments");
        };
        // Whether these are signed is not documented, and without an OK the URL cannot be registered.
        if tid.starts_with(DUMMY) {
            return NoticeVerdict::Ignore;
        }
        let Ok(keys) = credentials(channel) else {
            return refuse(500, "the channel's credentials were not prepared for NICE Payments");
        };
        let (signature, edi_date) = (object.text("signature"), object.text("ediDate"));
        let amount = object.whole("amount").map(|a| a.to_string());
        let signed = match (signature, edi_date, amount) {
            (Some(signature), Some(edi_date), Some(amount)) => keys.verifies(&signature, &[&tid, &amount, &edi_date]),
            _ => false,
        };
        if !signed {
            return refuse(400, "the webhook's signature is missing or wrong");
        }
        let or_dash = |name: &str| object.owned(name).unwrap_or_else(|| "-".to_owned());
        // With its time: a notice that came before its event must not take the event's place.
        let dedupe = format!(
            "{tid}|{}|{}|{}",
            or_dash("status"),
            or_dash("cancelledTid"),
            or_dash("ediDate")
        );
        NoticeVerdict::Ask {
            order_id: object.owned("orderId"),
            pg_tx_id: Some(tid),
            dedupe,
        }
    }

    fn mask(&self) -> Mask {
        mask::MASK
    }

    /// HTTP 200, `text/html`, and nothing but `OK`: the registration checks all three.
    fn acknowledge(&self, _notice: &Notice, applied: bool) -> WireAnswer {
        let (status, body) = if applied { (200, "OK") } else { (503, "") };
        WireAnswer {
            status,
            headers: vec![("content-type".to_owned(), "text/html".to_owned())],
            body: Bytes::from_static(body.as_bytes()),
        }
    }
}

fn refuse(status: u16, why: &str) -> NoticeVerdict {
    NoticeVerdict::Refuse {
        status,
        why: why.to_owned(),
    }
}
