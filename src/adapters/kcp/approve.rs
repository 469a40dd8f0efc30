//! Approval of what the buyer authenticated (KCP docs: "결제 승인"). The blob opens once: sending it again can never charge
//! twice, and KCP tells nobody how the first time ended.

use super::codes::{self, Call as Coded};
use super::returned::Token;
use super::send::{self, APPROVE};
use super::verify::{self, unknown};
use super::wire::{Told, read};
use super::{method, rules};
use crate::adapters::{Approve, Call, ChannelRevision, Operation, Outcome, Refusal, Step, UnknownWhy, WireAnswer};
use crate::payment::{Approval, Failure, FailureKind};

/// The call. Amount and order number are the ledger's: KCP compares them with those in the blob.
pub(super) fn approve(command: &Approve, channel: &ChannelRevision) -> Result<Call, Refusal> {
    rules::currency(command.currency)?;
    let token = Token::of(&command.token)?;
    send::post(
        channel,
        Operation::Approve,
        APPROVE,
        vec![
            ("tran_cd", token.tran_cd),
            ("enc_data", token.enc_data),
            ("enc_info", token.enc_info),
            ("ordr_mony", command.amounts.total.to_string()),
            ("ordr_no", command.order_id.clone()),
            ("pay_type", method::pay_type(command.method).to_owned()),
        ],
    )
}

/// The answer.
pub(super) fn approved(
    command: &Approve,
    channel: &ChannelRevision,
    call: &Call,
    answer: &WireAnswer,
) -> Step<Approval> {
    let told = match read(answer) {
        Ok(told) => told,
        Err(why) => return unknown(why),
    };
    let pay_type = method::answered(&told, method::pay_type(command.method));
    if method::is_approved(&told.code(), &pay_type) {
        return settled(&told, channel, &command.order_id, command.amounts.total, &pay_type);
    }
    Step::Done(not_approved(&told, call.replay))
}

/// Reads a success.
pub(super) fn settled(
    told: &Told,
    channel: &ChannelRevision,
    order_id: &str,
    total: i64,
    pay_type: &str,
) -> Step<Approval> {
    match verify::approval(told, order_id, total) {
        Ok(tno) => Step::Done(Outcome::Done(method::approval(told, channel, tno, order_id, pay_type))),
        Err(why) => unknown(why),
    }
}

/// A refusal. At the first sending "used already" is about a blob that somebody brought a second time. At a repetition
/// only an issuer's answer proves that the blob was still whole; everything before that is KCP's door.
fn not_approved(told: &Told, replay: bool) -> Outcome<Approval> {
    let code = told.code();
    let used = matches!(code.as_str(), "8094" | "8128");
    match codes::refused(Coded::Approval, told) {
        Outcome::Unknown(_) if used && !replay => {
            Outcome::Declined(Failure::new(FailureKind::AlreadyProcessed, code, told.message()))
        }
        Outcome::Declined(_) if replay && !code.starts_with("CC") => Outcome::Unknown(UnknownWhy {
            code,
            message: told.message(),
            ask_first: true,
        }),
        outcome => outcome,
    }
}
