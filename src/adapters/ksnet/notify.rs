//! Deposit notices (KSNET: 입금통보): one form value `data`, EUC-KR, fixed offsets, in one of two layouts, by GET to a plain
//! address and by POST to one with TLS. Nothing is signed: a deposit is believed for the account and the amount that only
//! KSNET and we know, from a sender on the list.

use super::Ksnet;
use super::form;
use super::mask::MASK;
use super::request::{self, Record};
use super::wire::{millis, whole};
use crate::adapters::{ChannelRevision, Mask, Notice, NoticeVerdict, Notifications, PgView, WireAnswer};
use crate::payment::{Approval, MethodDetail, Status};
use bytes::Bytes;
use serde_json::Value;
use std::ops::Range;

/// Money came in.
const DEPOSIT: &str = "20";
/// A deposit was taken back.
const TAKEN_BACK: &str = "51";

/// Where a layout has its fields.
struct Layout {
    trno: Range<usize>,
    seq: Range<usize>,
    date: Range<usize>,
    time: Range<usize>,
    sele: Range<usize>,
    amount: Range<usize>,
    remitter: Range<usize>,
    account: Range<usize>,
    store: Range<usize>,
    /// The old layout names no order.
    order: Option<Range<usize>>,
    /// Least length.
    least: usize,
}

/// The old layout: its first two bytes are `VR`.
static OLD: Layout = Layout {
    trno: 2..14,
    seq: 41..47,
    date: 47..55,
    time: 55..61,
    sele: 131..133,
    amount: 135..148,
    remitter: 167..181,
    account: 230..246,
    store: 266..276,
    order: None,
    least: 276,
};

/// The new layout: the socket's header, then a body whose type begins with 50 or 61.
static NEW: Layout = Layout {
    trno: 304..316,
    seq: 347..357,
    date: 357..365,
    time: 365..371,
    sele: 437..439,
    amount: 445..458,
    remitter: 477..491,
    account: 540..556,
    store: request::STORE,
    order: Some(request::ORDER),
    least: 570,
};

/// The layout of a notice, if it is one.
fn layout(data: &[u8]) -> Option<&'static Layout> {
    let is_new = || {
        let said = data.get(..4).and_then(request::length)?;
        let kind = data.get(request::BODY..request::BODY + 2)?;
        (said + 4 >= NEW.least && matches!(kind, b"50" | b"61")).then_some(())
    };
    let layout = if data.starts_with(b"VR") {
        &OLD
    } else {
        is_new().map(|()| &NEW)?
    };
    (data.len() >= layout.least).then_some(layout)
}

impl Notifications for Ksnet {
    fn read(&self, notice: &Notice, channel: &ChannelRevision, keep: Option<&Value>) -> NoticeVerdict {
        let by_post = form::bytes(&notice.body, "data");
        let Some(data) = by_post.or_else(|| form::bytes(notice.query.as_bytes(), "data")) else {
            return refuse(400, "no data: no notice of KSNET");
        };
        let Some(layout) = layout(&data) else {
            return refuse(400, "data is of neither layout, or too short");
        };
        let record = Record(&data);
        let text = |range: &Range<usize>| record.text(range.clone());
        if text(&layout.store) != channel.spec.mid {
            return refuse(403, "the notice is not for this channel's store id");
        }
        let (trno, account, sele) = (text(&layout.trno), text(&layout.account), text(&layout.sele));
        let (date, time, seq) = (text(&layout.date), text(&layout.time), text(&layout.seq));
        let last = seq.len().saturating_sub(6);
        let seq = seq.get(last..).unwrap_or_default();
        let order_id = layout.order.as_ref().map(text).filter(|id| !id.is_empty());
        let dedupe = format!("{sele}|{account}|{seq}|{date}|{time}");
        let ask = |dedupe| NoticeVerdict::Ask {
            order_id: order_id.clone(),
            pg_tx_id: Some(trno.clone()).filter(|t| !t.is_empty()),
            dedupe,
        };
        let (Some(keep), Some(order)) = (keep, order_id.clone()) else {
            return ask(dedupe);
        };
        let kept = |name: &str| keep.get(name).and_then(Value::as_str);
        if account.is_empty() || kept("account").map(digits) != Some(digits(&account)) {
            return refuse(403, "the notice's account is not the one that was issued for its order");
        }
        let amount = keep.get("amount").and_then(Value::as_i64);
        let paid = whole(&text(&layout.amount));
        // Another amount: on record, and nobody is paid by it.
        let Some(amount) = amount.filter(|amount| paid == Some(*amount)) else {
            return ask(dedupe);
        };
        let at = millis(&format!("{date}{time}"));
        let view = match sele.as_str() {
            DEPOSIT => view(keep, amount, Some(text(&layout.remitter)), at, trno),
            TAKEN_BACK => view(keep, amount, None, at, trno),
            _ => return ask(dedupe),
        };
        NoticeVerdict::Tell {
            order_id: order,
            view: Box::new(view),
            dedupe,
        }
    }

    fn mask(&self) -> Mask {
        MASK
    }

    /// HTTP 200 and exactly `result=OK` with its length; anything else is sent again.
    fn acknowledge(&self, _notice: &Notice, applied: bool) -> WireAnswer {
        let body = if applied { "result=OK" } else { "result=false" };
        WireAnswer {
            status: 200,
            headers: vec![
                ("content-type".to_owned(), "text/html; charset=euc-kr".to_owned()),
                ("content-length".to_owned(), body.len().to_string()),
            ],
            body: Bytes::from_static(body.as_bytes()),
        }
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// The account with its deposit, or without (`from` is nobody): it waits again.
fn view(keep: &Value, amount: i64, from: Option<String>, at: Option<i64>, trno: String) -> PgView {
    let status = if from.is_some() {
        Status::Paid
    } else {
        Status::VirtualAccountIssued
    };
    let kept = keep.get("method").cloned().unwrap_or_default();
    let method = serde_json::from_value(kept).ok().map(|detail| match detail {
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
            remitter: from.filter(|name| !name.is_empty()),
            expires_at,
            issued_at,
        },
        other => other,
    });
    let issued = keep.get("tid").and_then(Value::as_str).map(str::to_owned);
    PgView::Held {
        approval: Box::new(Approval {
            cash_receipt: None,
            escrow: false,
            status,
            method,
            approved_at: at.filter(|_| status == Status::Paid),
            receipt_url: None,
            raw: None,
            keep: Some(keep.clone()),
            // The issue's own number stays the payment's.
            pg_tx_id: issued.unwrap_or(trno),
        }),
        balance: amount,
        cancels: Vec::new(),
        status,
    }
}

fn refuse(status: u16, why: &str) -> NoticeVerdict {
    NoticeVerdict::Refuse {
        status,
        why: why.to_owned(),
    }
}
