//! Notices (NICE docs: "결제데이터통보"): EUC-KR forms without a signature, in any field order. A deposit is believed by
//! what only NICE and we know of the account; everything else only makes the router ask.

use super::form::{self, Pairs};
use super::wire::millis;
use super::{NiceLegacy, mask, method};
use crate::adapters::{ChannelRevision, Mask, Notice, NoticeVerdict, Notifications, PgView, WireAnswer};
use crate::payment::{Approval, MethodDetail, Status};
use bytes::Bytes;
use serde_json::Value;

/// A virtual account was paid.
const DEPOSITED: &str = "4110";

impl Notifications for NiceLegacy {
    fn read(&self, notice: &Notice, channel: &ChannelRevision, keep: Option<&Value>) -> NoticeVerdict {
        let mut pairs = form::parse(&notice.body);
        if pairs.is_empty() {
            pairs = form::parse(notice.query.as_bytes());
        }
        let pairs = Pairs(pairs);
        let (Some(tid), Some(code)) = (pairs.owned("TID"), pairs.get("ResultCode")) else {
            return refuse(400, "no TID or no ResultCode: no notice of NICE Payments");
        };
        if pairs.get("MID") != Some(channel.spec.mid.as_str()) {
            return refuse(403, "the notice is not for this channel's MID");
        }
        let or_dash = |name: &str| pairs.get(name).unwrap_or("-").to_owned();
        let event = Event {
            // With the amount: a wrong deposit and the right one may come within one second of AuthDate.
            dedupe: format!(
                "{tid}|{code}|{}|{}|{}",
                or_dash("StateCd"),
                or_dash("AuthDate"),
                or_dash("Amt")
            ),
            order_id: pairs.owned("MOID").or_else(|| pairs.owned("Moid")),
            tid,
        };
        let Some(keep) = keep.filter(|_| code == DEPOSITED) else {
            return event.ask();
        };
        if event.order_id.as_deref() != text(keep, "Moid")
            || Some(event.tid.as_str()) != text(keep, "TID")
            || pairs.get("VbankNum") != text(keep, "VbankNum")
        {
            return refuse(
                403,
                "the deposit notice's TID, MOID and VbankNum are not those of the issued account",
            );
        }
        let amount = keep.get("Amt").and_then(Value::as_i64);
        if amount.is_none() || pairs.get("Amt").and_then(|a| a.parse().ok()) != amount {
            // The status tells no amounts, so asking changes nothing: the payment goes on waiting, and it is on record.
            return event.ask();
        }
        // A notice of a cancelled deposit is none of a deposit.
        if !matches!(pairs.get("StateCd"), None | Some("0")) {
            return event.ask();
        }
        event.paid(&pairs, keep, amount.unwrap_or_default())
    }

    fn mask(&self) -> Mask {
        mask::MASK
    }

    /// HTTP 200 and exactly `OK`; with NICE's "OK check" on, anything else is sent again.
    fn acknowledge(&self, _notice: &Notice, applied: bool) -> WireAnswer {
        let (status, body) = if applied { (200, "OK") } else { (503, "") };
        WireAnswer {
            status,
            headers: vec![("content-type".to_owned(), "text/html".to_owned())],
            body: Bytes::from_static(body.as_bytes()),
        }
    }
}

fn text<'a>(keep: &'a Value, name: &str) -> Option<&'a str> {
    keep.get(name).and_then(Value::as_str)
}

/// What a notice is about.
struct Event {
    tid: String,
    order_id: Option<String>,
    dedupe: String,
}

impl Event {
    fn ask(self) -> NoticeVerdict {
        NoticeVerdict::Ask {
            order_id: self.order_id,
            pg_tx_id: Some(self.tid),
            dedupe: self.dedupe,
        }
    }

    fn paid(self, pairs: &Pairs, keep: &Value, amount: i64) -> NoticeVerdict {
        let kept = keep.get("method").cloned().unwrap_or_default();
        let detail = serde_json::from_value(kept).ok().map(|detail| match detail {
            MethodDetail::VirtualAccount {
                bank,
                account_number,
                fixed,
                remittee,
                expires_at,
                issued_at,
                ..
            } => MethodDetail::VirtualAccount {
                bank,
                account_number,
                fixed,
                remittee,
                remitter: pairs.owned("VbankInputName"),
                expires_at,
                issued_at,
            },
            other => other,
        });
        let approval = Approval {
            cash_receipt: None,
            escrow: false,
            status: Status::Paid,
            method: detail,
            approved_at: pairs.get("AuthDate").and_then(millis),
            receipt_url: Some(method::receipt(&self.tid)),
            raw: None,
            keep: Some(keep.clone()),
            pg_tx_id: self.tid,
        };
        NoticeVerdict::Tell {
            order_id: self.order_id.unwrap_or_default(),
            view: Box::new(PgView::Held {
                approval: Box::new(approval),
                balance: amount,
                cancels: Vec::new(),
                status: Status::Paid,
            }),
            dedupe: self.dedupe,
        }
    }
}

fn refuse(status: u16, why: &str) -> NoticeVerdict {
    NoticeVerdict::Refuse {
        status,
        why: why.to_owned(),
    }
}
