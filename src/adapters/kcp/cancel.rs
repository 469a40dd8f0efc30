//! Cancellation and refund (KCP docs: "거래취소"). The first whole cancellation is STSC, every other one STPC with the
//! balance before it, which is KCP's guard against a second one; deposits of virtual accounts and escrow payments have
//! kinds of their own.

use super::codes::{self, Call as Coded};
use super::method::Keep;
use super::send::{self, Fields};
use super::sign::credentials;
use super::verify::{doubt, same_tno, unknown};
use super::wire::{Told, read};
use super::{mask, rules};
use crate::adapters::{
    Call, Cancel, CancelDone, ChannelRevision, Operation, Outcome, Refusal, Step, UnknownWhy, WireAnswer,
};

/// Kind of a change (`mod_type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The whole of an untouched payment.
    Whole,
    /// A part, or the rest after parts.
    Part,
    /// A whole deposit, back to an account.
    Deposit,
    /// A part of a deposit.
    DepositPart,
    /// An escrow payment before its delivery.
    Escrow,
}

impl Kind {
    fn of(command: &Cancel, keep: Option<&Keep>) -> Self {
        let whole = is_whole(command);
        match keep {
            Some(keep) if keep.escrow => Self::Escrow,
            Some(keep) if keep.pay_type == "PAVC" && whole => Self::Deposit,
            Some(keep) if keep.pay_type == "PAVC" => Self::DepositPart,
            _ if whole => Self::Whole,
            _ => Self::Part,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Whole => "STSC",
            Self::Part => "STPC",
            Self::Deposit => "STHD",
            Self::DepositPart => "STPD",
            Self::Escrow => "STE2",
        }
    }

    fn in_part(self) -> bool {
        matches!(self, Self::Part | Self::DepositPart)
    }
}

/// After the delivery began, an escrow payment is cancelled by another kind of change.
const ESCROW_SENT: &str = "STE4";

fn is_whole(command: &Cancel) -> bool {
    command.amounts.total == command.original.total && command.balance_before == command.original.total
}

/// The call.
pub(super) fn cancel(command: &Cancel, channel: &ChannelRevision) -> Result<Call, Refusal> {
    let keep = Keep::of(command.keep.as_ref());
    check(command, channel, keep.as_ref())?;
    let kind = Kind::of(command, keep.as_ref());
    change(command, channel, kind, kind.word(), keep.as_ref())
}

fn change(
    command: &Cancel,
    channel: &ChannelRevision,
    kind: Kind,
    word: &str,
    keep: Option<&Keep>,
) -> Result<Call, Refusal> {
    let amount = command.amounts.total;
    let reason = rules::text(&command.reason, rules::REASON_MAX, rules::Charset::Utf8);
    let mut fields: Fields<'_> = vec![("mod_desc", if reason.is_empty() { "취소".to_owned() } else { reason })];
    let mixed = command.original.tax_free > 0;
    if kind.in_part() {
        fields.push(("mod_mny", amount.to_string()));
        fields.push(("rem_mny", command.balance_before.to_string()));
        if mixed {
            // A part may be all taxed; its three sums still have to be said.
            fields.push(("tax_flag", "TG03".to_owned()));
            let parts = [command.amounts.supply, command.amounts.vat, command.amounts.tax_free];
            fields.extend(
                rules::CANCELLED_PARTS
                    .into_iter()
                    .zip(parts.map(|part| part.to_string())),
            );
        }
    }
    let back = keep.is_some_and(|keep| matches!(keep.pay_type.as_str(), "PAVC" | "PABK"));
    match kind {
        Kind::Whole | Kind::Part => {}
        Kind::Deposit => fields.push(("mod_sub_type", "MDSC00".to_owned())),
        Kind::DepositPart => fields.push(("mod_sub_type", if mixed { "MDSC04" } else { "MDSC03" }.to_owned())),
        Kind::Escrow => {}
    }
    if matches!(kind, Kind::Deposit | Kind::DepositPart) || (kind == Kind::Escrow && back) {
        refund_fields(command, kind == Kind::Escrow, &mut fields)?;
    }
    send::change(channel, Operation::Cancel, &command.pg_tx_id, word, fields)
}

/// The buyer's account. Which of two sets of names an escrow refund reads is not published, so both are sent.
fn refund_fields(command: &Cancel, escrow: bool, fields: &mut Fields<'_>) -> Result<(), Refusal> {
    let account = command.refund_account.as_ref().ok_or_else(|| {
        let message = "is required: this payment is refunded to an account of the buyer";
        Refusal::new("refundAccount", message)
    })?;
    let to = rules::refund_to(account)?;
    if escrow {
        fields.push(("refund_account", to.number.clone()));
        fields.push(("refund_nm", to.holder.clone()));
        fields.push(("bank_code", to.bank.clone()));
    } else {
        fields.push(("mod_comp_type", "MDCP01".to_owned()));
    }
    fields.push(("mod_bankcode", to.bank));
    fields.push(("mod_account", to.number));
    fields.push(("mod_depositor", to.holder));
    Ok(())
}

fn check(command: &Cancel, channel: &ChannelRevision, keep: Option<&Keep>) -> Result<(), Refusal> {
    rules::currency(command.currency)?;
    rules::tno(&command.pg_tx_id)?;
    let options = credentials(channel)?.options;
    let amount = command.amounts.total;
    if amount <= 0 || amount > command.balance_before {
        let message = format!(
            "is {amount}; it must be 1 to {}, what is left to cancel",
            command.balance_before
        );
        return Err(Refusal::new("amount", message));
    }
    let whole = is_whole(command);
    let refuse = |field: &str, message: String| Err(Refusal::new(field, message));
    match keep {
        Some(keep) if keep.escrow && !options.escrow => refuse(
            "paymentId",
            "is an escrow payment, but the channel's option escrow is off".to_owned(),
        ),
        Some(keep) if keep.escrow && !whole => refuse(
            "amount",
            format!(
                "an escrow payment cannot be cancelled in part at KCP; cancel all {}",
                command.original.total
            ),
        ),
        Some(keep) if !keep.escrow && keep.pay_type == "PAVC" && !options.account_refund => {
            let message = "refunds of deposits need a contract at KCP and the channel's option accountRefund; without \
                           them refund by hand";
            refuse("refundAccount", message.to_owned())
        }
        Some(keep) if !whole && keep.whole_only => refuse(
            "amount",
            format!(
                "this card cannot be cancelled in part; cancel all {}",
                command.original.total
            ),
        ),
        Some(keep) if !whole && matches!(keep.pay_type.as_str(), "PATK" | "PAPT") => refuse(
            "amount",
            format!(
                "gift certificates and points are cancelled whole at KCP; cancel all {}",
                command.original.total
            ),
        ),
        Some(keep) if !whole && keep.pay_type == "PAMC" && !options.carrier_partial => {
            let message = "phone bills are cancelled in part only where KCP enabled it: set the channel's option \
                           carrierPartial";
            refuse("amount", message.to_owned())
        }
        _ => Ok(()),
    }
}

/// The answer.
pub(super) fn cancelled(
    command: &Cancel,
    channel: &ChannelRevision,
    call: &Call,
    answer: &WireAnswer,
) -> Step<CancelDone> {
    let told = match read(answer) {
        Ok(told) => told,
        Err(why) => return unknown(why),
    };
    let keep = Keep::of(command.keep.as_ref());
    let kind = Kind::of(command, keep.as_ref());
    let code = told.code();
    if code == "0000" {
        return match made(command, kind, &told) {
            Ok(done) => Step::Done(Outcome::Done(done)),
            Err(why) => unknown(why),
        };
    }
    let outcome = codes::refused(Coded::Cancel, &told);
    if kind == Kind::Escrow && call.step == 0 && matches!(code.as_str(), "8329" | "8134" | "5002") {
        // Its delivery began: the other kind of cancellation.
        return match change(command, channel, kind, ESCROW_SENT, keep.as_ref()) {
            Ok(mut next) => {
                next.step = 1;
                next.replay = call.replay;
                Step::Send(Box::new(next))
            }
            Err(_) => Step::Done(outcome),
        };
    }
    if call.replay {
        return Step::Done(repeated(kind, &code, &told));
    }
    Step::Done(outcome)
}

/// What a repetition proves. The state at KCP guards against a second cancellation, so a refusal because of that state
/// says that the first one ran; any other refusal is about the repetition.
fn repeated(kind: Kind, code: &str, told: &Told) -> Outcome<CancelDone> {
    let ran = match kind {
        Kind::Whole | Kind::Escrow => matches!(code, "8133" | "8023" | "CCA6" | "8E01"),
        Kind::Deposit => matches!(code, "8133" | "8023" | "8337" | "8340"),
        Kind::Part | Kind::DepositPart => matches!(
            code,
            "8037" | "8038" | "8381" | "CCA8" | "8036" | "8039" | "8382" | "8133" | "8023" | "8337" | "8340"
        ),
    };
    if ran {
        return Outcome::Done(CancelDone {
            pg_cancellation_id: None,
            cancelled_at: None,
            pending: false,
            receipt_url: None,
            raw: Some(mask::masked(told.body())),
        });
    }
    Outcome::Unknown(doubt(code, told.message()))
}

fn made(command: &Cancel, kind: Kind, told: &Told) -> Result<CancelDone, UnknownWhy> {
    same_tno(told, &command.pg_tx_id)?;
    if told
        .whole("amount")
        .is_some_and(|amount| amount != command.original.total)
    {
        return Err(doubt(
            "NARU_WRONG_AMOUNT",
            format!(
                "KCP's cancellation is about another amount than the {} approved",
                command.original.total
            ),
        ));
    }
    if kind.in_part() {
        balance(command, told)?;
    }
    Ok(CancelDone {
        pg_cancellation_id: told.first(&["mod_pcan_seq_no", "mod_pacn_seq_no", "mod_seq_no"]),
        // Never `app_time`: that is the approval's, or the cancellation's again.
        cancelled_at: told.time(&["canc_time", "mod_time", "can_time"]),
        pending: false,
        receipt_url: None,
        raw: Some(mask::masked(told.body())),
    })
}

/// A part's two sums: what was cancelled, and what is left.
fn balance(command: &Cancel, told: &Told) -> Result<(), UnknownWhy> {
    let amount = command.amounts.total;
    let after = command.balance_before - amount;
    let sum = |names: [&str; 2]| names.into_iter().find_map(|name| told.whole(name));
    match sum(["mod_mny", "panc_mod_mny"]) {
        Some(cut) if cut == amount => {}
        cut => {
            return Err(doubt(
                "NARU_WRONG_AMOUNT",
                format!("KCP's answer says mod_mny {cut:?}, asked for was {amount}"),
            ));
        }
    }
    match sum(["rem_mny", "panc_rem_mny"]) {
        Some(rest) if rest == after => Ok(()),
        Some(rest) if rest == after - amount => Err(doubt(
            "NARU_CANCELLED_TWICE",
            format!("KCP has {rest} left where {after} were expected: {amount} were cancelled twice"),
        )),
        rest => Err(doubt(
            "NARU_WRONG_BALANCE",
            format!("KCP's answer says rem_mny {rest:?} after the cancellation, expected was {after}"),
        )),
    }
}
