//! Approval: the fetch call of the window (KSNET WebHost V1.4, `sndActionType=1`). It authorises; until then no money has
//! moved. The same call again gives the same text, so a lost answer is asked for by repeating it.

use super::codes::{self, Class, Place, doubt, unknown};
use super::wire::{Fetched, NAMES, fetched, whole};
use super::{cancel, method, rules, send};
use crate::adapters::{Approve, Call, ChannelRevision, Outcome, Refusal, Step, UnknownWhy, WireAnswer};
use crate::payment::{Approval, Failure, FailureKind};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// `sndActionType=1`: approves.
const FETCH: u8 = 0;
/// `sndActionType=3`: the key of an approval that is to be undone is used up.
const FINISH: u8 = 1;
/// The cancellation of that approval.
const UNDO: u8 = 2;

/// What the window's return carried, and which window it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Token {
    /// `reCommConId`.
    pub(super) comm_con_id: String,
    /// The window of phones: its fetch call has an address of its own.
    pub(super) mobile: bool,
    /// Deadline of a virtual account as we asked for it, ms; answers do not name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) expires_at: Option<i64>,
    /// An escrow payment; answers do not say so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) escrow: bool,
    /// The one wallet that the window offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) wallet: Option<String>,
}

impl Token {
    /// From a command.
    pub(super) fn of(command: &Approve) -> Result<Self, Refusal> {
        let missing = |_| Refusal::new("paymentToken", "holds no payment key of the window's return");
        let token: Self = serde_json::from_value(command.token.clone()).map_err(missing)?;
        if rules::is_key(&token.comm_con_id) {
            return Ok(token);
        }
        Err(Refusal::new("reCommConId", "is no payment key of KSNET"))
    }
}

/// The call. The amount is always our own.
pub(super) fn approve(command: &Approve, channel: &ChannelRevision) -> Result<Call, Refusal> {
    rules::currency(command.currency)?;
    fetch(command, channel, "1")
}

fn fetch(command: &Approve, channel: &ChannelRevision, action: &str) -> Result<Call, Refusal> {
    let token = Token::of(command)?;
    let (amount, names) = (command.amounts.total.to_string(), NAMES.join("`"));
    let fields = [
        ("sndCommConId", token.comm_con_id.as_str()),
        ("sndActionType", action),
        ("sndAmount", &amount),
        ("sndRpyParams", &names),
    ];
    Ok(send::fetch(channel, token.mobile, &fields))
}

/// The answer.
pub(super) fn approved(
    command: &Approve,
    channel: &ChannelRevision,
    call: &Call,
    answer: &WireAnswer,
) -> Step<Approval> {
    match call.step {
        FETCH => fetched_text(command, channel, answer),
        // Whatever it answered: the cancellation must go out.
        FINISH => undo(command, channel, call),
        _ => undone(command, call, answer),
    }
}

fn fetched_text(command: &Approve, channel: &ChannelRevision, answer: &WireAnswer) -> Step<Approval> {
    let told = match fetched(answer) {
        Ok(told) => told,
        Err(why) => return unknown(why),
    };
    match told.get("authyn") {
        "O" => match proven(command, &told) {
            Ok(approval) => Step::Done(Outcome::Done(approval)),
            Err(why) => finish(command, channel, &told, why),
        },
        "X" => Step::Done(declined(command, &told)),
        _ => unknown(doubt("NARU_UNREADABLE", "KSNET's answer says neither O nor X")),
    }
}

fn declined(command: &Approve, told: &Fetched) -> Outcome<Approval> {
    let order = told.get("ordno");
    if !order.is_empty() && order != command.order_id {
        let message = "KSNET's decline is about another order than ours";
        return Outcome::Unknown(doubt("NARU_WRONG_ORDER_ID", message));
    }
    let (code, message) = (told.get("authno"), told.message());
    let code = if code.is_empty() { "X" } else { code };
    match codes::meaning(Place::Fetch, code, &message) {
        (kind, Class::Refused) => Outcome::Declined(Failure::new(kind, code, message)),
        (_, Class::Ask) => Outcome::Unknown(doubt(code, message)),
    }
}

/// KSNET approved another order or amount than ours: somebody brought another window's key. It is cancelled at once, but
/// first its key is used up: repeated fetch calls would go on telling an approval that is gone.
fn finish(command: &Approve, channel: &ChannelRevision, told: &Fetched, why: UnknownWhy) -> Step<Approval> {
    let other_order = why.code == "NARU_WRONG_ORDER_ID" && !told.get("ordno").is_empty();
    let other_amount = why.code == "NARU_WRONG_AMOUNT" && whole(told.get("amt")).is_some();
    let transfer = match told.get("result").chars().next() {
        Some('1' | 'I') => false,
        Some('2') => true,
        // No money has moved, or no call takes it back.
        _ => return unknown(why),
    };
    if !(other_order || other_amount) || !rules::is_trno(told.get("trno")) {
        return unknown(why);
    }
    match fetch(command, channel, "3") {
        Ok(call) => Step::Send(Box::new(Call {
            step: FINISH,
            carried: Some(
                json!({"trno": told.get("trno"), "transfer": transfer, "code": why.code, "message": why.message}),
            ),
            ..call
        })),
        Err(_) => unknown(why),
    }
}

/// A member of what the fetch call told.
fn carried(call: &Call, name: &str) -> String {
    let value = call.carried.as_ref().and_then(|carried| carried.get(name));
    value.and_then(|value| value.as_str()).unwrap_or_default().to_owned()
}

fn is_transfer(call: &Call) -> bool {
    let value = call.carried.as_ref().and_then(|carried| carried.get("transfer"));
    value.and_then(serde_json::Value::as_bool) == Some(true)
}

fn undo(command: &Approve, channel: &ChannelRevision, call: &Call) -> Step<Approval> {
    match cancel::stray(command, channel, &carried(call, "trno"), is_transfer(call)) {
        Ok(next) => Step::Send(Box::new(Call {
            step: UNDO,
            carried: call.carried.clone(),
            ..next
        })),
        Err(refusal) => unknown(doubt(&carried(call, "code"), refusal.to_string())),
    }
}

fn undone(command: &Approve, call: &Call, answer: &WireAnswer) -> Step<Approval> {
    match cancel::stray_gone(command, is_transfer(call), answer) {
        Ok(()) => {
            let message = format!("{}; it was cancelled", carried(call, "message"));
            let failure = Failure::new(FailureKind::BadRequest, carried(call, "code"), message);
            Step::Done(Outcome::Declined(failure))
        }
        Err(why) => unknown(why),
    }
}

/// A success counts only for our order and amount: the key came through the browser, and nothing is signed.
fn proven(command: &Approve, told: &Fetched) -> Result<Approval, UnknownWhy> {
    let trno = told.get("trno");
    if told.get("ordno") != command.order_id {
        let message = format!("KSNET approved {trno}, but for another order than ours");
        return Err(doubt("NARU_WRONG_ORDER_ID", message));
    }
    if whole(told.get("amt")) != Some(command.amounts.total) {
        let message = format!("KSNET approved {trno}, but not the {} asked for", command.amounts.total);
        return Err(doubt("NARU_WRONG_AMOUNT", message));
    }
    if !rules::is_trno(trno) {
        return Err(doubt("NARU_WRONG_TID", "KSNET's approval has no transaction number"));
    }
    method::approval(told, command, Token::of(command).ok().as_ref())
}
