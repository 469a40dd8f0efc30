//! Approval: a POST to the `NextAppURL` of the authentication (NICE docs: "결제 승인").

use super::send::{self, CANCEL, PAY};
use super::sign::credentials;
use super::verify::{Expected, doubt, unknown};
use super::wire::{Told, edi_date, read};
use super::{codes, method, rules};
use crate::adapters::{Approve, Call, ChannelRevision, Operation, Outcome, Refusal, Step, WireAnswer};
use crate::payment::{Approval, Failure, FailureKind};
use serde::{Deserialize, Serialize};

/// What the window's return carried, and how the window was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Token {
    pub(super) tx_tid: String,
    pub(super) auth_token: String,
    pub(super) next_app_url: String,
    pub(super) net_cancel_url: String,
    /// `PayMethod` that the window was opened with: the answer's success code is the one of this method.
    pub(super) pay_method: String,
    /// The window was opened for an escrow order, which no answer tells.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) escrow: bool,
}

impl Token {
    /// From a command. The addresses were checked when the buyer came back; here again, because they are called.
    pub(super) fn of(command: &Approve, channel: &ChannelRevision) -> Result<Self, Refusal> {
        let missing = |_| Refusal::new("paymentToken", "holds no authentication of the window's return");
        let token: Self = serde_json::from_value(command.token.clone()).map_err(missing)?;
        token.check(channel)?;
        Ok(token)
    }

    /// Whether its parts can be what they are said to be.
    pub(super) fn check(&self, channel: &ChannelRevision) -> Result<(), Refusal> {
        if !rules::is_tid(&self.tx_tid) {
            return Err(Refusal::new("TxTid", "is missing or no TID at all"));
        }
        let fits = |t: &str| (1..=100).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_graphic());
        if !fits(&self.auth_token) {
            return Err(Refusal::new("AuthToken", "is missing or no token at all"));
        }
        for (field, url, path) in [
            ("NextAppURL", &self.next_app_url, PAY),
            ("NetCancelURL", &self.net_cancel_url, CANCEL),
        ] {
            if !send::is_ours(channel, url, path) {
                return Err(Refusal::new(
                    field,
                    "is no address of NICE Payments: it is never called",
                ));
            }
        }
        Ok(())
    }
}

/// The call.
pub(super) fn approve(command: &Approve, channel: &ChannelRevision) -> Result<Call, Refusal> {
    rules::currency(command.currency)?;
    let token = Token::of(command, channel)?;
    call(command, channel, &token, Operation::Approve)
}

/// An approval, or a net-cancel, which is the same message with one field more to another address.
pub(super) fn call(
    command: &Approve,
    channel: &ChannelRevision,
    token: &Token,
    operation: Operation,
) -> Result<Call, Refusal> {
    let (mid, amount) = (channel.spec.mid.as_str(), command.amounts.total.to_string());
    let edi_date = edi_date(command.at);
    let sign_data = credentials(channel)?.sign(&[&token.auth_token, mid, &amount, &edi_date]);
    let mut fields = vec![
        ("TID", token.tx_tid.as_str()),
        ("AuthToken", &token.auth_token),
        ("MID", mid),
        ("Amt", &amount),
        ("EdiDate", &edi_date),
        ("SignData", &sign_data),
    ];
    let url = match operation {
        Operation::NetCancel => {
            fields.push(("NetCancel", "1"));
            &token.net_cancel_url
        }
        _ => &token.next_app_url,
    };
    send::post(channel, operation, url.clone(), &fields)
}

/// The answer.
pub(super) fn approved(command: &Approve, channel: &ChannelRevision, answer: &WireAnswer) -> Step<Approval> {
    let told = match read(answer) {
        Ok(told) => told,
        Err(why) => return unknown(why),
    };
    let token = match Token::of(command, channel) {
        Ok(token) => token,
        Err(refusal) => return unknown(doubt("NARU_UNREADABLE", refusal.to_string())),
    };
    if !codes::is_approved(&token.pay_method, &told.code()) {
        return Step::Done(not_approved(&told));
    }
    let settled = settled(
        &told,
        channel,
        &token.tx_tid,
        command.amounts.total,
        &command.order_id,
        &token.pay_method,
    );
    match settled {
        Step::Done(Outcome::Done(approval)) if token.escrow => Step::Done(Outcome::Done(method::in_escrow(approval))),
        other => other,
    }
}

/// A refusal. "Used already" cannot mean this attempt, which is sent once: the TID, which the return's signature does not
/// cover, is another payment's.
fn not_approved(told: &Told) -> Outcome<Approval> {
    match told.code().as_str() {
        "A225" | "U114" | "2201" => {
            Outcome::Declined(Failure::new(FailureKind::AlreadyProcessed, told.code(), told.message()))
        }
        _ => codes::refused(codes::Call::Approval, told),
    }
}

/// Reads a success of an approval or a key-in payment.
pub(super) fn settled(
    told: &Told,
    channel: &ChannelRevision,
    tid: &str,
    amount: i64,
    order_id: &str,
    pay_method: &str,
) -> Step<Approval> {
    let keys = match credentials(channel) {
        Ok(keys) => keys,
        Err(refusal) => return unknown(doubt("NARU_UNREADABLE", refusal.to_string())),
    };
    let expected = Expected {
        tid,
        order_ids: &[order_id],
        amount_name: "Amt",
        amount,
        new_tid: false,
    };
    match expected.prove(told, channel, keys) {
        Ok(tid) => Step::Done(Outcome::Done(method::approval(told, tid, pay_method))),
        Err(why) => unknown(why),
    }
}
