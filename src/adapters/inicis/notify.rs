//! Deposit notices and those of escrow states: EUC-KR forms without a signature, in two sets of fields on a PC and a third for phones (INIpay
//! manuals: "입금통보"). What they say is compared with the account, and then KG Inicis is asked: nothing in them is
//! believed by itself.

use super::form::{self, Pairs};
use super::method::kept;
use super::wire::whole;
use super::{Inicis, mask};
use crate::adapters::{ChannelRevision, Mask, Notice, NoticeVerdict, Notifications, WireAnswer};
use crate::payment::EscrowState;
use bytes::Bytes;
use serde_json::Value;

impl Notifications for Inicis {
    fn read(&self, notice: &Notice, channel: &ChannelRevision, keep: Option<&Value>) -> NoticeVerdict {
        let pairs = Pairs(form::parse(&notice.body));
        if pairs.get("cl_status").is_some() {
            return escrow(&pairs, channel);
        }
        let event = if pairs.get("P_STATUS").is_some() {
            Event::phone(&pairs)
        } else {
            Event::pc(&pairs)
        };
        let Some(event) = event else {
            return refuse(400, "no order number or no id of the event: no notice of KG Inicis");
        };
        if event.mid != channel.spec.mid {
            return refuse(403, "the notice is not for this channel's MID");
        }
        let text = |name: &str| kept(keep, name).and_then(Value::as_str);
        let amount = kept(keep, "amount").and_then(Value::as_i64);
        let differs = |own: Option<&str>, told: Option<&str>| own.is_some() && told != own;
        if event.deposit
            && (differs(text("oid"), Some(event.order_id))
                || differs(text("account"), event.account.as_deref())
                || (amount.is_some() && event.amount != amount))
        {
            return refuse(
                403,
                "the deposit notice's order, account and amount are not those of the issued account",
            );
        }
        if event.issue {
            return NoticeVerdict::Ignore;
        }
        NoticeVerdict::Ask {
            order_id: Some(event.order_id.to_owned()),
            pg_tx_id: event.tid.map(str::to_owned),
            dedupe: event.dedupe,
        }
    }

    fn mask(&self) -> Mask {
        mask::MASK
    }

    /// HTTP 200 and exactly `OK`, for an escrow state `cd_rslt=0000`; anything else is sent again.
    fn acknowledge(&self, notice: &Notice, applied: bool) -> WireAnswer {
        let escrow = Pairs(form::parse(&notice.body)).get("cl_status").is_some();
        let (status, body) = match (applied, escrow) {
            (true, false) => (200, "OK"),
            (true, true) => (200, "cd_rslt=0000"),
            (false, _) => (503, "FAIL"),
        };
        WireAnswer {
            status,
            headers: vec![("content-type".to_owned(), "text/plain".to_owned())],
            body: Bytes::from_static(body.as_bytes()),
        }
    }
}

/// A state of an escrow payment (상태 통보). It names what only KG Inicis, the buyer and we know, and moves no money by itself.
fn escrow(pairs: &Pairs, channel: &ChannelRevision) -> NoticeVerdict {
    let (Some(order_id), Some(tid)) = (pairs.get("no_oid"), pairs.get("tid_org").or(pairs.get("no_tid"))) else {
        return refuse(400, "no order number or no TID: no notice of KG Inicis");
    };
    if pairs.text("id_merchant") != channel.spec.mid {
        return refuse(403, "the notice is not for this channel's MID");
    }
    let status = pairs.text("cl_status");
    let state = match status {
        "2" => EscrowState::Registered,
        "3" | "31" | "32" => EscrowState::Confirmed,
        "4" => EscrowState::Rejected,
        "8" => EscrowState::Cancelled,
        "10" => EscrowState::RejectConfirmed,
        _ => return NoticeVerdict::Ignore,
    };
    NoticeVerdict::Escrow {
        order_id: order_id.to_owned(),
        pg_tx_id: tid.to_owned(),
        state,
        // Time decided, or KG Inicis; the buyer did not.
        automatic: matches!(status, "31" | "32"),
        dedupe: format!("escrow|{tid}|{status}|{}", pairs.text("dt_req")),
    }
}

/// What a notice is about.
struct Event<'a> {
    mid: &'a str,
    order_id: &'a str,
    /// TID of the issue, where the notice has it for certain.
    tid: Option<&'a str>,
    account: Option<String>,
    amount: Option<i64>,
    /// Money came.
    deposit: bool,
    /// An account was issued: known from the approval.
    issue: bool,
    dedupe: String,
}

impl<'a> Event<'a> {
    fn pc(pairs: &'a Pairs) -> Option<Self> {
        let own = pairs.get("no_tid")?;
        Some(Self {
            mid: pairs.text("id_merchant"),
            order_id: pairs.get("no_oid")?,
            // The older set has the issue's TID in `no_cshr_tid`, where the newer one has a receipt's: never read as one.
            tid: pairs.get("no_req_tid"),
            account: pairs.get("no_vacct").map(str::to_owned),
            amount: whole(pairs.text("amt_input")),
            deposit: pairs.text("type_msg") == "0200",
            issue: false,
            dedupe: format!("{own}|{}", pairs.text("type_msg")),
        })
    }

    fn phone(pairs: &'a Pairs) -> Option<Self> {
        let (tid, status) = (pairs.get("P_TID")?, pairs.text("P_STATUS"));
        let by_account = pairs.text("P_TYPE") == "VBANK";
        Some(Self {
            mid: pairs.text("P_MID"),
            order_id: pairs.get("P_OID")?,
            tid: Some(tid),
            account: account(pairs.text("P_RMESG1")),
            amount: whole(pairs.text("P_AMT")),
            deposit: by_account && status == "02",
            issue: by_account && status == "00",
            dedupe: format!("{tid}|{status}"),
        })
    }
}

/// The account number in a phone notice's text, whose parts are not always divided.
fn account(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("P_VACCT_NO=")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    (!digits.is_empty()).then_some(digits)
}

fn refuse(status: u16, why: &str) -> NoticeVerdict {
    NoticeVerdict::Refuse {
        status,
        why: why.to_owned(),
    }
}
