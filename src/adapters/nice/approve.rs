//! Approval: `POST /v1/payments/{tid}` (NICE docs: "결제 승인").

use super::send::{self, Deed, FURTHER};
use super::sign::credentials;
use super::verify::{Expected, doubt, unknown};
use super::wire::{Told, cut, edi_date};
use super::{codes, method, rules};
use crate::adapters::{Approve, Call, ChannelRevision, Operation, Outcome, Refusal, Step, WireAnswer};
use crate::payment::{Approval, MethodKind, Status};
use serde::Serialize;

/// Step of the question that confirms a success without a signature.
const CONFIRM: u8 = FURTHER;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    amount: i64,
    edi_date: &'a str,
    sign_data: &'a str,
}

/// The call.
pub(super) fn approve(command: &Approve, channel: &ChannelRevision) -> Result<Call, Refusal> {
    send::first(channel, deed(command, channel)?)
}

fn deed(command: &Approve, channel: &ChannelRevision) -> Result<Deed, Refusal> {
    rules::currency(command.currency)?;
    let tid = tid(command)?;
    let edi_date = edi_date(command.at);
    let amount = command.amounts.total;
    let sign_data = credentials(channel)?.sign(&[tid, &amount.to_string(), &edi_date]);
    let body = Body {
        amount,
        edi_date: &edi_date,
        sign_data: &sign_data,
    };
    Deed::post(
        Operation::Approve,
        format!("/v1/payments/{}", send::segment("paymentToken", tid)?),
        &body,
    )
}

fn tid(command: &Approve) -> Result<&str, Refusal> {
    let tid = command.token.get("tid").and_then(serde_json::Value::as_str);
    tid.filter(|tid| is_tid(tid)).ok_or_else(|| {
        Refusal::new(
            "paymentToken",
            "holds no tid; it comes from the window's return and nowhere else",
        )
    })
}

/// Whether a text can be a tid: 30 characters, letters and digits; older ones may differ, so only the form is asked.
pub(super) fn is_tid(tid: &str) -> bool {
    (1..=30).contains(&tid.len()) && tid.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// The answer.
pub(super) fn approved(
    command: &Approve,
    channel: &ChannelRevision,
    call: &Call,
    answer: &WireAnswer,
) -> Step<Approval> {
    let told = match send::hear(channel, call, answer).told() {
        Ok(told) => told,
        Err(step) => return step,
    };
    if !told.succeeded() {
        if call.step == CONFIRM {
            // The approval was answered as a success: no answer to a later question takes that back.
            return unknown(doubt(&told.code(), told.message()));
        }
        return Step::Done(codes::refused(codes::Call::Approval, &told));
    }
    match settled(command, channel, call, &told) {
        Ok(step) => step,
        Err(why) => unknown(why),
    }
}

fn settled(
    command: &Approve,
    channel: &ChannelRevision,
    call: &Call,
    told: &Told,
) -> Result<Step<Approval>, crate::adapters::UnknownWhy> {
    let broken = |refusal: Refusal| doubt("NARU_UNREADABLE", refusal.to_string());
    let tid = tid(command).map_err(broken)?;
    let expected = Expected {
        tid: Some(tid),
        order_id: &command.order_id,
        total: command.amounts.total,
        part: None,
    };
    let proven = expected.prove(told, credentials(channel).map_err(broken)?)?;
    let word = told.object().text("status").unwrap_or_default().to_ascii_lowercase();
    let status = match word.as_str() {
        "paid" => Status::Paid,
        // An account was issued; no other method is ever ready.
        "ready" if command.method == MethodKind::VirtualAccount => Status::VirtualAccountIssued,
        _ => {
            let message = format!(
                "NICE Payments answered with status {:?}, which is no success of this operation",
                cut(&word)
            );
            return Err(doubt("NARU_WRONG_STATUS", message));
        }
    };
    if !proven.signed && call.step != CONFIRM {
        let path = format!("/v1/payments/{}", send::segment("tid", &proven.tid).map_err(broken)?);
        let question = Deed::get(Operation::Approve, path);
        return Ok(Step::Send(Box::new(send::further(channel, call, question, CONFIRM))));
    }
    Ok(Step::Done(Outcome::Done(method::approval(told, proven.tid, status))))
}
