//! Approval: the fetch call of the window (KSNET WebHost V1.4, `sndActionType=1`). It authorises; until then no money has
//! moved. The same call again gives the same text, so a lost answer is asked for by repeating it.

use super::codes::{self, Class, Place, doubt, unknown};
use super::wire::{Fetched, NAMES, fetched, whole};
use super::{method, rules, send};
use crate::adapters::{Approve, Call, ChannelRevision, Outcome, Refusal, Step, UnknownWhy, WireAnswer};
use crate::payment::{Approval, Failure};
use serde::{Deserialize, Serialize};

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
    let token = Token::of(command)?;
    let (amount, names) = (command.amounts.total.to_string(), NAMES.join("`"));
    let fields = [
        ("sndCommConId", token.comm_con_id.as_str()),
        ("sndActionType", "1"),
        ("sndAmount", &amount),
        ("sndRpyParams", &names),
    ];
    Ok(send::fetch(channel, token.mobile, &fields))
}

/// The answer.
pub(super) fn approved(command: &Approve, answer: &WireAnswer) -> Step<Approval> {
    let told = match fetched(answer) {
        Ok(told) => told,
        Err(why) => return unknown(why),
    };
    match told.get("authyn") {
        "O" => match proven(command, &told) {
            Ok(approval) => Step::Done(Outcome::Done(approval)),
            Err(why) => unknown(why),
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
    let expires_at = Token::of(command).ok().and_then(|token| token.expires_at);
    method::approval(told, command, expires_at)
}
