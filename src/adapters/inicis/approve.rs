//! Approval of what the window authenticated, and its net-cancel: to `payAuth` and `netCancel` on a PC, to `payReq.ini`
//! and `payNetCancel.ini` on a phone (INIpay Standard and Mobile manuals: "승인요청", "망취소").

use super::send::{self, Product};
use super::sign::{auth_signature, credentials};
use super::wire::{Told, doubt, read_json, read_pairs};
use super::{codes, mask, method, rules};
use crate::adapters::{
    Approve, Call, CancelDone, ChannelRevision, Operation, Outcome, Refusal, Step, UnknownWhy, WireAnswer,
};
use crate::payment::{Approval, Failure, FailureKind, MethodDetail, Millis};
use serde::{Deserialize, Serialize};

/// What the window's return carried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Token {
    /// The phone's window, not the PC's.
    pub(super) mobile: bool,
    /// Data centre that authenticated; only it can approve.
    pub(super) idc: String,
    /// Base of its addresses, checked.
    pub(super) base: String,
    /// `authToken`, or the TID of the phone's authentication.
    pub(super) key: String,
    /// The window was opened for an escrow payment, which no answer tells.
    #[serde(default)]
    pub(super) escrow: bool,
}

impl Token {
    /// From a command. The base was checked when the buyer came back; here again, because it is called.
    pub(super) fn of(command: &Approve, channel: &ChannelRevision) -> Result<Self, Refusal> {
        let missing = |_| Refusal::new("paymentToken", "holds no authentication of the window's return");
        let token: Self = serde_json::from_value(command.token.clone()).map_err(missing)?;
        token.check(channel)?;
        Ok(token)
    }

    pub(super) fn product(&self) -> Product {
        if self.mobile { Product::Mobile } else { Product::Pc }
    }

    /// Whether its parts can be what they are said to be.
    pub(super) fn check(&self, channel: &ChannelRevision) -> Result<(), Refusal> {
        if !send::is_base(channel, self.product(), &self.idc, &self.base) {
            let message = "is no address of that KG Inicis data centre: it is never called";
            return Err(Refusal::new(if self.mobile { "P_REQ_URL" } else { "authUrl" }, message));
        }
        let graphic = (1..=4000).contains(&self.key.len()) && self.key.bytes().all(|b| b.is_ascii_graphic());
        let fits = if self.mobile { rules::is_tid(&self.key) } else { graphic };
        let name = if self.mobile { "P_TID" } else { "authToken" };
        fits.then_some(())
            .ok_or_else(|| Refusal::new(name, "is missing or nothing of the kind"))
    }
}

/// The `timestamp` of a PC approval: ends in 8, one of the digits whose `authSignature` was seen in real answers.
fn timestamp(at: Millis) -> String {
    (at - at.rem_euclid(10) + 8).to_string()
}

/// The call of an approval.
pub(super) fn approve(command: &Approve, channel: &ChannelRevision) -> Result<Call, Refusal> {
    rules::currency(command.currency)?;
    let token = Token::of(command, channel)?;
    call(command, channel, &token, Operation::Approve)
}

/// The call of a net-cancel.
pub(super) fn net_cancel(command: &Approve, channel: &ChannelRevision) -> Result<Call, Refusal> {
    let token = Token::of(command, channel)?;
    call(command, channel, &token, Operation::NetCancel)
}

fn call(command: &Approve, channel: &ChannelRevision, token: &Token, operation: Operation) -> Result<Call, Refusal> {
    let (mid, price) = (channel.spec.mid.as_str(), command.amounts.total.to_string());
    let undo = operation == Operation::NetCancel;
    let product = token.product();
    let path = if undo { product.net_cancel() } else { product.approval() };
    let url = format!("{}{path}", token.base);
    if !token.mobile {
        return pc_call(channel, token, &price, command.at, operation);
    }
    let keys = credentials(channel)?;
    if !undo {
        return Ok(send::post(operation, url, &[("P_MID", mid), ("P_TID", &token.key)]));
    }
    let timestamp = command.at.to_string();
    let guard = keys.chkfake(&price, &command.order_id, &timestamp);
    let mut fields = vec![
        ("P_TID", token.key.as_str()),
        ("P_MID", mid),
        ("P_AMT", &price),
        ("P_OID", &command.order_id),
    ];
    if let Some(guard) = &guard {
        fields.extend([("P_TIMESTAMP", timestamp.as_str()), ("P_CHKFAKE", guard)]);
    }
    Ok(send::post(operation, url, &fields))
}

/// The PC's call for what a token authenticated: an approval, its net-cancel, or a billing key.
pub(super) fn pc_call(
    channel: &ChannelRevision,
    token: &Token,
    price: &str,
    at: Millis,
    operation: Operation,
) -> Result<Call, Refusal> {
    let timestamp = timestamp(at);
    let (signature, verification) = credentials(channel)?.approval(&token.key, &timestamp);
    let path = match operation {
        Operation::NetCancel => Product::Pc.net_cancel(),
        _ => Product::Pc.approval(),
    };
    let fields = [
        ("mid", channel.spec.mid.as_str()),
        ("authToken", &token.key),
        ("timestamp", &timestamp),
        ("signature", &signature),
        ("verification", &verification),
        ("charset", "UTF-8"),
        ("format", "JSON"),
        ("price", price),
    ];
    Ok(send::post(operation, format!("{}{path}", token.base), &fields))
}

fn read(token: &Token, answer: &WireAnswer) -> Result<Told, UnknownWhy> {
    if token.mobile {
        read_pairs(answer)
    } else {
        read_json(answer)
    }
}

fn token_again(command: &Approve, channel: &ChannelRevision) -> Result<Token, UnknownWhy> {
    Token::of(command, channel).map_err(|refusal| doubt("NARU_UNREADABLE", refusal.to_string()))
}

fn is_success(token: &Token, told: &Told) -> bool {
    told.code() == if token.mobile { "00" } else { "0000" }
}

/// The answer of an approval.
pub(super) fn approved(command: &Approve, channel: &ChannelRevision, answer: &WireAnswer) -> Step<Approval> {
    let outcome = token_again(command, channel).and_then(|token| {
        let told = read(&token, answer)?;
        if !is_success(&token, &told) {
            return Ok(not_approved(&told));
        }
        let tid = prove(command, channel, &token, &told)?;
        let mut approval = method::approval(&told, tid, command.method, &command.order_id, command.amounts.total);
        let held = matches!(
            approval.method,
            Some(MethodDetail::Transfer { .. } | MethodDetail::VirtualAccount { .. })
        );
        if token.escrow && held {
            approval.escrow = true;
            if let Some(keep) = &mut approval.keep {
                keep["escrow"] = true.into();
            }
        }
        if !token.mobile && !signed(command, channel, &told) {
            // Eight of its ten orders were never seen in a real answer: by itself it is noted and no more.
            if let Some(keep) = &mut approval.keep {
                keep["authSignature"] = "differs".into();
            }
        }
        Ok(Outcome::Done(approval))
    });
    Step::Done(outcome.unwrap_or_else(Outcome::Unknown))
}

fn not_approved(told: &Told) -> Outcome<Approval> {
    let (code, message) = (told.detail(), told.message());
    // This router approves an authentication once, so one that is used or gone is none of this attempt's.
    if code == "500694" {
        return Outcome::Declined(Failure::new(FailureKind::Expired, code, message));
    }
    // A phone's approval may fail with 01 and words only.
    if code == "01" && codes::meaning(&code, &message).0 == FailureKind::Other {
        return Outcome::Declined(Failure::new(FailureKind::Other, code, message));
    }
    codes::refused(told)
}

/// Merchant, order, amount and TID of a success.
fn prove(command: &Approve, channel: &ChannelRevision, token: &Token, told: &Told) -> Result<String, UnknownWhy> {
    if told.ambiguous {
        return Err(doubt(
            "NARU_AMBIGUOUS",
            "KG Inicis' answer names order, amount, TID or status twice",
        ));
    }
    let [mid, oid, price, tid] = if token.mobile {
        ["P_MID", "P_OID", "P_AMT", "P_TID"]
    } else {
        ["mid", "MOID", "TotPrice", "tid"]
    };
    if told.text(mid).as_deref() != Some(channel.spec.mid.as_str()) {
        return Err(doubt(
            "NARU_WRONG_MID",
            "KG Inicis' answer names another MID than this channel's, or none",
        ));
    }
    if told.text(oid).as_deref() != Some(command.order_id.as_str()) {
        return Err(doubt(
            "NARU_WRONG_ORDER_ID",
            format!("KG Inicis' answer names another {oid} than ours, or none"),
        ));
    }
    if told.whole(price) != Some(command.amounts.total) {
        let message = format!("KG Inicis' answer does not say the {} asked for", command.amounts.total);
        return Err(doubt("NARU_WRONG_AMOUNT", message));
    }
    let tid = told.text(tid).filter(|t| rules::is_tid(t));
    tid.ok_or_else(|| doubt("NARU_WRONG_TID", "KG Inicis' answer has no TID"))
}

fn signed(command: &Approve, channel: &ChannelRevision, told: &Told) -> bool {
    let price = told.text("TotPrice").unwrap_or_default();
    let own = auth_signature(&channel.spec.mid, &command.order_id, &price, &timestamp(command.at));
    told.text("authSignature").is_some_and(|s| s.eq_ignore_ascii_case(&own))
}

/// The answer of a net-cancel. "Not found" undoes nothing: the approval may still be on its way, so it counts only once
/// [`RecoveryPlan::absence_after`](crate::adapters::RecoveryPlan) has passed.
pub(super) fn net_cancelled(command: &Approve, channel: &ChannelRevision, answer: &WireAnswer) -> Step<CancelDone> {
    let outcome = token_again(command, channel).and_then(|token| {
        let told = read(&token, answer)?;
        if !is_success(&token, &told) {
            let (code, message) = (told.detail(), told.message());
            return Ok(match codes::meaning(&code, &message) {
                // Undone before: nothing is held.
                (FailureKind::AlreadyCancelled, _) => Outcome::Done(undone(&told)),
                (FailureKind::NotFound, codes::Class::Ask) => {
                    Outcome::Declined(Failure::new(FailureKind::NotFound, code, message))
                }
                _ => codes::refused(&told),
            });
        }
        let other = |names: &[&str], own: &str| told.any(names).is_some_and(|value| value != own);
        if told.ambiguous || other(&["mid", "P_MID"], &channel.spec.mid) || other(&["moid", "P_OID"], &command.order_id)
        {
            return Err(doubt(
                "NARU_WRONG_ORDER_ID",
                "KG Inicis' net-cancel answer is about another payment",
            ));
        }
        Ok(Outcome::Done(undone(&told)))
    });
    Step::Done(outcome.unwrap_or_else(Outcome::Unknown))
}

fn undone(told: &Told) -> CancelDone {
    CancelDone {
        pg_cancellation_id: told.any(&["tid", "P_TID"]),
        cancelled_at: None,
        pending: false,
        receipt_url: None,
        raw: Some(mask::masked(&told.body)),
    }
}
