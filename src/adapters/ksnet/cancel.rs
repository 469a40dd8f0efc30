//! Cancellation over REST (KSNET KSPAY API: `card/cancel`, `account/cancel`), also of an approval whose answer was lost,
//! by our order number. Success is `A0200` and `0000`, for transfers `A0200` and `000`.

use super::approve::Token;
use super::codes::{self, Class, Place, doubt, unknown};
use super::sign::credentials;
use super::wire::{Told, millis, stamp, told};
use super::{mask, rules, send};
use crate::adapters::{
    Approve, Call, Cancel, CancelDone, ChannelRevision, Operation, Outcome, Refusal, Step, UnknownWhy, WireAnswer,
};
use crate::payment::{Failure, FailureKind, MethodKind, Millis};

/// Most partial cancellations of a payment.
const PARTS_MAX: u32 = 9;
/// How long after its decision an approval may still be sent again, ms: its day at KSNET may be the next one by then.
const REPEATS: Millis = 30 * 60_000;

/// The way a payment was made decides path and success code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Way {
    path: &'static str,
    success: &'static str,
}

const CARD: Way = Way {
    path: "card/cancel",
    success: "0000",
};
const TRANSFER: Way = Way {
    path: "account/cancel",
    success: "000",
};

fn way(command: &Cancel, channel: &ChannelRevision) -> Result<Way, Refusal> {
    let kept = command.keep.as_ref().and_then(|keep| keep.get("way")).cloned();
    let kind = kept.and_then(|kept| serde_json::from_value::<MethodKind>(kept).ok());
    let refuse = |message: &str| Err(Refusal::new("paymentId", message));
    match kind {
        Some(MethodKind::Card | MethodKind::EasyPay) => Ok(CARD),
        Some(MethodKind::Transfer) => Ok(TRANSFER),
        Some(MethodKind::Mobile) if credentials(channel)?.mobile_cancel => Ok(CARD),
        Some(MethodKind::Mobile) => {
            refuse("is a phone bill: cancel it in KSTA, or turn mobileCancel on for the channel")
        }
        Some(MethodKind::VirtualAccount) => refuse("is a deposit: KSNET has no public call to refund it; use KSTA"),
        Some(MethodKind::GiftCertificate) => refuse("was paid by gift certificate: cancel it in KSTA"),
        // Transaction numbers begin with the method's digit.
        None if command.pg_tx_id.starts_with('1') => Ok(CARD),
        None if command.pg_tx_id.starts_with('2') => Ok(TRANSFER),
        None => refuse("has no method that this channel can cancel; use KSTA"),
    }
}

/// The whole of an untouched payment. The rest after parts is a part to KSNET.
fn is_whole(command: &Cancel) -> bool {
    command.amounts.total == command.original.total
}

/// Number of this part, the only guard against cancelling it twice.
fn part(command: &Cancel) -> u32 {
    command.sequence.saturating_add(1)
}

/// The call.
pub(super) fn cancel(command: &Cancel, channel: &ChannelRevision) -> Result<Call, Refusal> {
    rules::currency(command.currency)?;
    let way = way(command, channel)?;
    if !rules::is_trno(&command.pg_tx_id) {
        return Err(Refusal::new("paymentId", "has no transaction number of KSNET"));
    }
    let amount = command.amounts.total;
    if amount <= 0 || amount > command.balance_before {
        let left = command.balance_before;
        return Err(Refusal::new(
            "amount",
            format!("is {amount}; it must be 1 to {left}, what is left to cancel"),
        ));
    }
    let mut members = vec![
        ("mid", channel.spec.mid.as_str()),
        ("payload", command.idempotency_key.as_str()),
        ("cancelType", if is_whole(command) { "FULL" } else { "PARTIAL" }),
        ("orgTradeKeyType", "TID"),
        ("orgTradeKey", &command.pg_tx_id),
    ];
    let (total, free, seq) = (
        amount.to_string(),
        command.amounts.tax_free.to_string(),
        part(command).to_string(),
    );
    if !is_whole(command) {
        in_parts(command)?;
        members.push(("cancelTotalAmount", &total));
        if way == CARD {
            members.push(("cancelTaxFreeAmount", &free));
        }
        members.push(("cancelSeq", &seq));
    }
    send::rest(channel, Operation::Cancel, way.path, &members)
}

fn in_parts(command: &Cancel) -> Result<(), Refusal> {
    let kept = |name: &str| command.keep.as_ref().and_then(|keep| keep.get(name));
    let refuse = |message: String| Err(Refusal::new("amount", message));
    if kept("way").and_then(|way| way.as_str()) == Some(MethodKind::Mobile.as_str()) {
        return refuse(format!(
            "KSNET cancels phone bills wholly only; cancel all {}",
            command.original.total
        ));
    }
    if kept("whole").and_then(serde_json::Value::as_bool) == Some(true) {
        return refuse(format!(
            "this card cannot be cancelled in part; cancel all {}",
            command.original.total
        ));
    }
    if kept("escrow").and_then(serde_json::Value::as_bool) == Some(true) {
        return refuse("an escrow payment cannot be cancelled in part".to_owned());
    }
    if part(command) > PARTS_MAX {
        return refuse(format!(
            "KSNET takes {PARTS_MAX} partial cancellations of a payment, tries included"
        ));
    }
    Ok(())
}

/// The answer.
pub(super) fn cancelled(
    command: &Cancel,
    channel: &ChannelRevision,
    call: &Call,
    answer: &WireAnswer,
) -> Step<CancelDone> {
    let told = match told(answer) {
        Ok(told) => told,
        Err(why) => return unknown(why),
    };
    let way = match way(command, channel) {
        Ok(way) => way,
        Err(refusal) => return unknown(doubt("NARU_UNREADABLE", refusal.to_string())),
    };
    let code = told.resp_code();
    if told.code == "A0200" && code == way.success {
        return match made(&told, &command.idempotency_key, Some(command.amounts.total)) {
            Ok(done) => Step::Done(Outcome::Done(done)),
            Err(why) => unknown(why),
        };
    }
    if told.code == "A0200" {
        return unknown(doubt(
            "NARU_WRONG_STATUS",
            "KSNET's answer is a success with another code than this method's",
        ));
    }
    let refused = told.code == "A0201" && !code.is_empty();
    let (kind, _) = codes::meaning(Place::Cancel, &code, &told.message());
    let gone = refused && kind == FailureKind::AlreadyCancelled;
    // Nothing is left of the payment: for a whole cancellation that is what was asked for.
    if gone && is_whole(command) && (call.replay || codes::cancelled_before(&code)) {
        return Step::Done(Outcome::Done(done(&told)));
    }
    if call.replay && !is_whole(command) {
        // The part's number was used: by the first sending, because no other call has it.
        if gone || (refused && kind == FailureKind::DuplicateOrder) {
            return Step::Done(Outcome::Done(done(&told)));
        }
        return unknown(doubt(&code, told.message()));
    }
    Step::Done(codes::refused(Place::Cancel, &told, call.replay))
}

/// A success must be ours and of the amount asked for. There is no balance in it.
fn made(told: &Told, payload: &str, amount: Option<i64>) -> Result<CancelDone, UnknownWhy> {
    if told.text("payload").as_deref() != Some(payload) {
        return Err(doubt(
            "NARU_WRONG_PAYLOAD",
            "KSNET's answer is not about this call: its payload is another",
        ));
    }
    match (told.whole("cancelAmount"), amount) {
        (Some(said), Some(asked)) if said != asked => Err(doubt(
            "NARU_WRONG_AMOUNT",
            format!("KSNET says that it cancelled {said}, asked for were {asked}"),
        )),
        (None, _) => Err(doubt(
            "NARU_WRONG_AMOUNT",
            "KSNET's answer does not say how much it cancelled",
        )),
        _ => Ok(done(told)),
    }
}

/// `data.tid` is the payment's own number, so the call's id stands for the cancellation.
fn done(told: &Told) -> CancelDone {
    CancelDone {
        pg_cancellation_id: told.aid.clone(),
        cancelled_at: told.text("tradeDateTime").as_deref().and_then(millis),
        pending: false,
        receipt_url: None,
        raw: Some(mask::masked(told.body())),
    }
}

/// The cancellation of an approval that was not the one asked for, whole, by its own number.
pub(super) fn stray(command: &Approve, channel: &ChannelRevision, trno: &str, transfer: bool) -> Result<Call, Refusal> {
    let members = [
        ("mid", channel.spec.mid.as_str()),
        ("payload", command.idempotency_key.as_str()),
        ("cancelType", "FULL"),
        ("orgTradeKeyType", "TID"),
        ("orgTradeKey", trno),
    ];
    let way = if transfer { TRANSFER } else { CARD };
    send::rest(channel, Operation::NetCancel, way.path, &members)
}

/// Whether that approval is gone.
pub(super) fn stray_gone(command: &Approve, transfer: bool, answer: &WireAnswer) -> Result<(), UnknownWhy> {
    let told = told(answer)?;
    let (code, way) = (told.resp_code(), if transfer { TRANSFER } else { CARD });
    if told.code == "A0200" && code == way.success {
        return made(&told, &command.idempotency_key, None).map(drop);
    }
    let (kind, _) = codes::meaning(Place::Cancel, &code, &told.message());
    if told.code == "A0201" && kind == FailureKind::AlreadyCancelled {
        return Ok(());
    }
    Err(doubt(if code.is_empty() { &told.code } else { &code }, told.message()))
}

/// Undoing an approval whose answer was lost: a whole cancellation by our order number and the day of the call.
pub(super) fn net_cancel(command: &Approve, channel: &ChannelRevision) -> Result<Call, Refusal> {
    // Charges of a token have no window's key. An approval of a window that has none was never sent.
    if !command.token.is_null() {
        Token::of(command)?;
    }
    net_call(command, channel, command.at)
}

fn net_way(command: &Approve) -> Result<Way, Refusal> {
    match command.method {
        MethodKind::Card | MethodKind::EasyPay => Ok(CARD),
        MethodKind::Transfer => Ok(TRANSFER),
        _ => Err(Refusal::new("method", "cannot be undone by order number at KSNET")),
    }
}

fn net_call(command: &Approve, channel: &ChannelRevision, day: Millis) -> Result<Call, Refusal> {
    let (way, day) = (net_way(command)?, stamp(day, "%Y%m%d"));
    let members = [
        ("mid", channel.spec.mid.as_str()),
        ("payload", &command.idempotency_key),
        ("cancelType", "FULL"),
        ("orgTradeKeyType", "ORDER_NUMB"),
        ("orgTradeKey", &command.order_id),
        ("orgTradeDate", &day),
    ];
    send::rest(channel, Operation::NetCancel, way.path, &members)
}

/// The answer. Whatever amount stood under our order number is void. "Not found" is told as the refusal that it is and
/// ends no question: an approval that is still running appears after it. Around midnight both days are asked for.
pub(super) fn net_cancelled(
    command: &Approve,
    channel: &ChannelRevision,
    call: &Call,
    answer: &WireAnswer,
) -> Step<CancelDone> {
    let told = match told(answer) {
        Ok(told) => told,
        Err(why) => return unknown(why),
    };
    let code = told.resp_code();
    let success = net_way(command).map(|way| way.success).unwrap_or_default();
    if told.code == "A0200" {
        let ours = code == success;
        return match made(&told, &command.idempotency_key, None) {
            Ok(done) if ours => Step::Done(Outcome::Done(done)),
            Ok(_) => unknown(doubt(
                "NARU_WRONG_STATUS",
                "KSNET's answer is a success with another method's code",
            )),
            Err(why) => unknown(why),
        };
    }
    let message = told.message();
    match codes::meaning(Place::Cancel, &code, &message) {
        _ if told.code != "A0201" || code.is_empty() => unknown(doubt(&told.code, message)),
        (FailureKind::AlreadyCancelled, _) => Step::Done(Outcome::Done(done(&told))),
        (FailureKind::NotFound, Class::Refused) => {
            let next = command.at + REPEATS;
            if call.step == 0 && stamp(next, "%Y%m%d") != stamp(command.at, "%Y%m%d") {
                return match net_call(command, channel, next) {
                    Ok(call) => Step::Send(Box::new(Call { step: 1, ..call })),
                    Err(refusal) => unknown(doubt("NARU_UNREADABLE", refusal.to_string())),
                };
            }
            Step::Done(Outcome::Declined(Failure::new(FailureKind::NotFound, code, message)))
        }
        // It stands and could not be taken back, or nobody knows.
        _ => unknown(doubt(&code, message)),
    }
}
