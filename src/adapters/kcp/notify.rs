//! Notices (KCP docs: "공통통보", "Webhook"): unsigned forms in EUC-KR or UTF-8, one address for all of a site's events. A
//! deposit is believed by what only KCP and we know of the account; the sender's address is held to KCP's list.

use super::form::Pairs;
use super::method::Keep;
use super::wire::{millis, whole};
use super::{Kcp, mask};
use crate::adapters::{ChannelRevision, Mask, Notice, NoticeVerdict, Notifications, PgView, WireAnswer};
use crate::payment::{Approval, EscrowState, MethodDetail, PaymentReceipt, Status};
use bytes::Bytes;
use serde_json::Value;

/// `op_cd` of a deposit that the bank took back.
const REVERSED: &str = "13";

impl Notifications for Kcp {
    fn read(&self, notice: &Notice, channel: &ChannelRevision, keep: Option<&Value>) -> NoticeVerdict {
        let pairs = Pairs::parse(&[&notice.body, notice.query.as_bytes()]);
        let (Some(kind), Some(tno)) = (pairs.get("tx_cd"), pairs.get("tno")) else {
            return refuse(400, "no tx_cd or no tno: no notice of KCP");
        };
        if pairs.get("site_cd") != Some(channel.spec.mid.as_str()) {
            return refuse(403, "the notice is not for this channel's site code");
        }
        let event = Event {
            dedupe: dedupe(&pairs, kind, tno),
            order_id: pairs.owned("order_no"),
            tno: tno.to_owned(),
        };
        if matches!(kind, "TX02" | "TX03") {
            return event.escrow(&pairs, kind);
        }
        // A hold, and the payments of channels that are not served here: on record only.
        if !matches!(kind, "TX00" | "TX01" | "TX05" | "TX06" | "TX07") {
            return NoticeVerdict::Ignore;
        }
        let Some(keep) = Keep::of(keep).filter(|_| matches!(kind, "TX00" | "TX07")) else {
            return event.ask();
        };
        if event.tno != keep.tno || event.order_id.as_deref() != Some(keep.order_id.as_str()) {
            return refuse(403, "the notice's tno and order_no are not those of the issued account");
        }
        if kind == "TX07" {
            return event.closed(&keep);
        }
        if keep.account.is_none() || pairs.get("account") != keep.account.as_deref() {
            return refuse(403, "the deposit's account is not the issued one");
        }
        if pairs.get("op_cd") == Some(REVERSED) {
            return event.reversed(&keep);
        }
        if pairs.get("ipgm_mnyx").and_then(whole) != Some(keep.amount) {
            // KCP passes on whatever came in and refunds no difference. Asking changes nothing: the payment goes on
            // waiting, and it is on record.
            return event.ask();
        }
        event.paid(&pairs, &keep)
    }

    fn mask(&self) -> Mask {
        mask::MASK
    }

    /// HTML with a hidden input: only `0000` in it ends KCP's repetitions.
    fn acknowledge(&self, _notice: &Notice, applied: bool) -> WireAnswer {
        let (status, code) = if applied { (200, "0000") } else { (503, "9999") };
        let body =
            format!("<html><body><form><input type=\"hidden\" name=\"result\" value=\"{code}\"></form></body></html>");
        WireAnswer {
            status,
            headers: vec![("content-type".to_owned(), "text/html; charset=utf-8".to_owned())],
            body: Bytes::from(body),
        }
    }
}

/// KCP's number of a notice. One account has several: a deposit, its reversal, another deposit.
fn dedupe(pairs: &Pairs, kind: &str, tno: &str) -> String {
    match pairs.get("noti_id") {
        Some(id) => format!("{kind}|{id}"),
        None => {
            let or_dash = |name: &str| pairs.get(name).unwrap_or("-").to_owned();
            format!("{kind}|{tno}|{}|{}", or_dash("op_cd"), or_dash("tx_tm"))
        }
    }
}

/// What a notice is about.
struct Event {
    tno: String,
    order_id: Option<String>,
    dedupe: String,
}

impl Event {
    fn ask(self) -> NoticeVerdict {
        NoticeVerdict::Ask {
            order_id: self.order_id,
            pg_tx_id: Some(self.tno),
            dedupe: self.dedupe,
        }
    }

    /// A delivery that started, or the buyer's decision: `st_cd`, or `cl_status` of newer notices.
    fn escrow(self, pairs: &Pairs, kind: &str) -> NoticeVerdict {
        let state = match (kind, pairs.get("st_cd"), pairs.get("cl_status")) {
            ("TX03", ..) => EscrowState::Registered,
            (_, Some("Y"), _) | (_, None, Some("2")) => EscrowState::Confirmed,
            (_, Some("N"), _) | (_, None, Some("8")) => EscrowState::Rejected,
            (_, None, Some("3")) => EscrowState::RejectConfirmed,
            // A word that no document has: on record only.
            _ => return NoticeVerdict::Ignore,
        };
        let Some(order_id) = self.order_id else {
            return NoticeVerdict::Ignore;
        };
        NoticeVerdict::Escrow {
            order_id,
            pg_tx_id: self.tno,
            state,
            automatic: false,
            dedupe: self.dedupe,
        }
    }

    fn paid(self, pairs: &Pairs, keep: &Keep) -> NoticeVerdict {
        let method = keep
            .method
            .clone()
            .map(|method| with_remitter(method, pairs.owned("remitter")));
        let receipt = pairs.owned("cash_a_no").map(|number| PaymentReceipt {
            kind: None,
            pg_receipt_id: pairs.owned("cash_no"),
            issue_number: number,
            total: keep.amount,
            tax_free: None,
            url: None,
            issued_at: pairs.get("cash_a_dt").and_then(millis),
            cancelled_at: None,
        });
        let mut approval = self.approval(keep, Status::Paid);
        approval.approved_at = ["ipgm_time", "tx_tm"]
            .into_iter()
            .find_map(|name| pairs.get(name).and_then(millis));
        approval.method = method;
        approval.cash_receipt = receipt;
        self.tell(approval, keep.amount, Status::Paid)
    }

    fn reversed(self, keep: &Keep) -> NoticeVerdict {
        let approval = self.approval(keep, Status::VirtualAccountIssued);
        self.tell(approval, keep.amount, Status::VirtualAccountIssued)
    }

    fn closed(self, keep: &Keep) -> NoticeVerdict {
        let approval = self.approval(keep, Status::VirtualAccountIssued);
        self.tell(approval, 0, Status::Cancelled)
    }

    fn approval(&self, keep: &Keep, status: Status) -> Approval {
        Approval {
            pg_tx_id: self.tno.clone(),
            status,
            method: keep.method.clone(),
            approved_at: None,
            receipt_url: None,
            raw: None,
            keep: serde_json::to_value(keep).ok(),
            escrow: keep.escrow,
            cash_receipt: None,
        }
    }

    fn tell(self, approval: Approval, balance: i64, status: Status) -> NoticeVerdict {
        NoticeVerdict::Tell {
            order_id: self.order_id.unwrap_or_default(),
            view: Box::new(PgView::Held {
                approval: Box::new(approval),
                balance,
                cancels: Vec::new(),
                status,
            }),
            dedupe: self.dedupe,
        }
    }
}

fn with_remitter(method: MethodDetail, who: Option<String>) -> MethodDetail {
    match method {
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
            remitter: who,
            expires_at,
            issued_at,
        },
        other => other,
    }
}

fn refuse(status: u16, why: &str) -> NoticeVerdict {
    NoticeVerdict::Refuse {
        status,
        why: why.to_owned(),
    }
}
