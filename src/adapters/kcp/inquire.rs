//! Inquiry (KCP docs: "거래조회"), by `tno` only and a right of its own: a site without it is answered S032. It can settle
//! what has a `tno`; a lost approval has none.

use super::codes::{self, Call as Coded};
use super::method::{self, Keep};
use super::send::{self, INQUIRE};
use super::sign::credentials;
use super::verify::{doubt, same_tno, unknown};
use super::wire::{Told, read};
use super::{mask, rules};
use crate::adapters::{
    Call, ChannelRevision, Inquire, Operation, Outcome, PgCancel, PgView, Refusal, Step, WireAnswer,
};
use crate::payment::{Approval, Failure, FailureKind, Status};

/// Kinds of payment to ask for, one after another, where it is not known: KCP wants the kind named and signed.
static KINDS: &[&str] = &["PACA", "PABK", "PAVC", "PAMC", "PATK"];

/// The call.
pub(super) fn inquire(command: &Inquire, channel: &ChannelRevision) -> Result<Call, Refusal> {
    if credentials(channel)?.options.no_inquiry {
        return Err(Refusal::new(
            "channel",
            "its site may not inquire at KCP (option noInquiry)",
        ));
    }
    ask(command, channel, 0)
}

fn kinds(command: &Inquire) -> Vec<&'static str> {
    match &command.approving {
        Some(approve) => vec![method::pay_type(approve.method)],
        None => KINDS.to_vec(),
    }
}

fn ask(command: &Inquire, channel: &ChannelRevision, step: u8) -> Result<Call, Refusal> {
    let tno = command.pg_tx_id.as_deref().ok_or_else(|| {
        let message = "is not known: KCP finds a payment by its transaction number (tno) only";
        Refusal::new("pgTxId", message)
    })?;
    rules::tno(tno)?;
    let kinds = kinds(command);
    let kind = kinds.get(usize::from(step)).copied().unwrap_or("PACA");
    let signature = credentials(channel)?.sign(&[&channel.spec.mid, tno, kind])?;
    let mut call = send::post(
        channel,
        Operation::Inquire,
        INQUIRE,
        vec![
            ("kcp_sign_data", signature),
            ("tno", tno.to_owned()),
            ("pay_type", kind.to_owned()),
        ],
    )?;
    call.step = step;
    Ok(call)
}

/// The answer.
pub(super) fn inquired(command: &Inquire, channel: &ChannelRevision, call: &Call, answer: &WireAnswer) -> Step<PgView> {
    let told = match read(answer) {
        Ok(told) => told,
        Err(why) => return unknown(why),
    };
    let code = told.code();
    let kinds = kinds(command);
    if code == "0000" {
        let asked = kinds.get(usize::from(call.step)).copied().unwrap_or("PACA");
        return match view(command, channel, &told, asked) {
            Ok(view) => Step::Done(Outcome::Done(view)),
            Err(why) => unknown(why),
        };
    }
    let more = usize::from(call.step) + 1 < kinds.len() && code != "S032";
    if more && let Ok(next) = ask(command, channel, call.step + 1) {
        return Step::Send(Box::new(next));
    }
    // Never "absent": what KCP does not find is this number, which a person may have mistyped, and not our order.
    Step::Done(codes::refused(Coded::Other, &told))
}

fn view(
    command: &Inquire,
    channel: &ChannelRevision,
    told: &Told,
    asked: &str,
) -> Result<PgView, crate::adapters::UnknownWhy> {
    let tno = command.pg_tx_id.as_deref().unwrap_or_default();
    same_tno(told, tno)?;
    let total = command.amounts.total;
    if told.text("order_no").is_some_and(|own| own != command.order_id) {
        return Err(doubt(
            "NARU_WRONG_ORDER_ID",
            "KCP's tno belongs to another order number than ours",
        ));
    }
    if told.whole("amount") != Some(total) {
        let message = format!("KCP's inquiry does not say the {total} asked for");
        return Err(doubt("NARU_WRONG_AMOUNT", message));
    }
    let state = told.first(&["stat_ca_cd", "stat_bk_cd", "stat_hp_cd", "stat_va_cd", "shop_status"]);
    let pay_type = method::answered(told, asked);
    let rest = ["rem_mny", "bk_rem_mny", "hp_rem_mny"]
        .into_iter()
        .find_map(|name| told.whole(name));
    let (status, balance) = match (state.as_deref(), rest) {
        (Some("STSR"), None) => (Status::Paid, total),
        (Some("STSR"), Some(rest)) if rest == total => (Status::Paid, total),
        (Some("STPC"), Some(rest)) if (1..total).contains(&rest) => (Status::PartialCancelled, rest),
        (Some("STSC"), None | Some(0)) | (Some("STPC"), Some(0)) => (Status::Cancelled, 0),
        (Some("STAF" | "STVF"), _) => {
            let message = "KCP says that the payment failed";
            return Ok(PgView::Dead(Failure::new(
                FailureKind::Other,
                state.unwrap_or_default(),
                message,
            )));
        }
        (Some("STIR" | "STSF"), _) => return Ok(PgView::Open),
        (state, rest) => {
            let message = format!("KCP's inquiry says state {state:?} with {rest:?} left of {total}");
            return Err(doubt("NARU_WRONG_STATUS", message));
        }
    };
    if pay_type == "PAVC" && status != Status::Cancelled {
        // The state tells an account from a deposit no more than its absence would.
        return Ok(PgView::Open);
    }
    let cancels = (balance < total).then(|| PgCancel {
        id: None,
        amount: total - balance,
        at: told.time(&["can_time", "canc_time", "mod_time"]),
        reason: None,
    });
    Ok(PgView::Held {
        approval: Box::new(held(command, channel, told, &pay_type)),
        balance,
        cancels: cancels.into_iter().collect(),
        status,
    })
}

/// The approval as an inquiry tells it, which may be no more than amount and state.
fn held(command: &Inquire, channel: &ChannelRevision, told: &Told, pay_type: &str) -> Approval {
    let tno = command.pg_tx_id.clone().unwrap_or_default();
    let mut approval = method::approval(told, channel, tno, &command.order_id, pay_type);
    let named = [
        "card_cd",
        "card_name",
        "card_no",
        "bank_code",
        "account",
        "commid",
        "service_corp_id",
    ];
    if told.first(&named).is_none() {
        approval.method = None;
    }
    if let Some(keep) = Keep::of(approval.keep.as_ref()).filter(|keep| keep.account.is_none() && pay_type == "PAVC") {
        // Without an account number no notice can be held against it.
        approval.keep = serde_json::to_value(Keep { method: None, ..keep }).ok();
    }
    approval.raw = Some(mask::masked(told.body()));
    approval
}
