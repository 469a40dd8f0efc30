//! Status inquiry: `trans_status.jsp`, by TID only (NICE docs: "거래 조회"). It tells approved, cancelled or unknown, and
//! neither amounts nor parts, so it settles what a yes or no can settle and nothing else.

use super::approve::Token;
use super::sign::credentials;
use super::verify::{doubt, unknown};
use super::wire::{Told, edi_date, millis, read};
use super::{codes, instant, mask, method, rules, send};
use crate::adapters::{
    Call, ChannelRevision, Inquire, Operation, Outcome, PgView, Refusal, Step, UnknownWhy, WireAnswer,
};
use crate::payment::{Approval, CardDetail, Failure, FailureKind, MethodDetail, MethodKind, Millis, Status};

/// How far the clocks may differ when an approval's time is compared with ours.
const CLOCKS: Millis = 60_000;

/// The TID to ask by: the payment's, the one that the authentication gave, or the one we made for a key-in payment.
fn tid(command: &Inquire, channel: &ChannelRevision) -> Result<String, Refusal> {
    let tid = match (&command.pg_tx_id, &command.approving) {
        (Some(tid), _) => tid.clone(),
        (None, Some(approve)) => Token::of(approve, channel)?.tx_tid,
        (None, None) => {
            let kind = match command.operation {
                Some(Operation::ChargeBillingKey) => instant::kind::BILLING,
                Some(Operation::IssueAccount) => instant::kind::ACCOUNT,
                _ => instant::kind::CARD,
            };
            instant::tid(channel, kind, &command.order_id, command.ordered_at)
        }
    };
    if rules::is_tid(&tid) {
        return Ok(tid);
    }
    Err(Refusal::new("pgTxId", "is no TID of NICE Payments"))
}

/// The call.
pub(super) fn inquire(command: &Inquire, channel: &ChannelRevision) -> Result<Call, Refusal> {
    let (tid, mid) = (tid(command, channel)?, channel.spec.mid.as_str());
    let edi_date = edi_date(command.at);
    let sign_data = credentials(channel)?.sign(&[&tid, mid, &edi_date]);
    let fields = [
        ("TID", tid.as_str()),
        ("MID", mid),
        ("EdiDate", &edi_date),
        ("SignData", &sign_data),
    ];
    let url = send::webapi_url(channel, "inquery/trans_status.jsp");
    send::post(channel, Operation::Inquire, url, &fields)
}

/// The answer.
pub(super) fn inquired(command: &Inquire, channel: &ChannelRevision, answer: &WireAnswer) -> Step<PgView> {
    let told = match read(answer) {
        Ok(told) => told,
        Err(why) => return unknown(why),
    };
    if told.code() != "0000" {
        return Step::Done(match codes::refused(codes::Call::Inquiry, &told) {
            // Absence is said by the status, never by a refusal of the inquiry.
            Outcome::Declined(failure) if failure.kind == FailureKind::NotFound => {
                Outcome::Unknown(doubt(&failure.code, failure.message))
            }
            other => other,
        });
    }
    match view(command, channel, &told) {
        Ok(view) => Step::Done(Outcome::Done(view)),
        Err(why) => unknown(why),
    }
}

fn view(command: &Inquire, channel: &ChannelRevision, told: &Told) -> Result<PgView, UnknownWhy> {
    let asked = tid(command, channel).map_err(|refusal| doubt("NARU_UNREADABLE", refusal.to_string()))?;
    if told.text("TID").is_some_and(|tid| tid != asked) {
        return Err(doubt(
            "NARU_WRONG_TID",
            "NICE Payments' answer is about another TID than the one asked for",
        ));
    }
    let status = told.text("Status").unwrap_or_default();
    let known = command.pg_tx_id.is_some();
    match status.as_str() {
        "9" => Ok(PgView::Absent(Failure::new(FailureKind::NotFound, "9", told.message()))),
        // What we never had is simply gone; what we had is an approval with nothing left of it.
        "1" if !known => {
            let message = "NICE Payments says that it was cancelled";
            Ok(PgView::Dead(Failure::new(FailureKind::AlreadyCancelled, "1", message)))
        }
        "1" => Ok(PgView::Held {
            approval: Box::new(approval(command, told, asked)),
            balance: 0,
            cancels: Vec::new(),
            status: Status::Cancelled,
        }),
        "0" if known => Err(doubt(
            "NARU_STATUS_WITHOUT_BALANCE",
            "NICE Payments says that it stands, and not how much of it",
        )),
        "0" => {
            standing(command, told)?;
            Ok(PgView::Held {
                approval: Box::new(approval(command, told, asked)),
                balance: command.amounts.total,
                cancels: Vec::new(),
                status: Status::Paid,
            })
        }
        _ => Err(doubt(
            "NARU_WRONG_STATUS",
            "NICE Payments' answer has no status that is listed",
        )),
    }
}

/// Whether a standing approval can be the one whose answer was lost. The TID came through the browser and is not signed:
/// an approval older than our call is another payment's.
fn standing(command: &Inquire, told: &Told) -> Result<(), UnknownWhy> {
    if command.operation == Some(Operation::IssueAccount) {
        return Err(account_unknown());
    }
    let Some(approve) = &command.approving else {
        return Ok(());
    };
    if approve.method == MethodKind::VirtualAccount {
        return Err(account_unknown());
    }
    let at = told.text("AuthDate").as_deref().and_then(millis);
    if at.is_some_and(|at| at + CLOCKS >= approve.at) {
        return Ok(());
    }
    Err(doubt(
        "NARU_WRONG_TID",
        "the approval that NICE Payments names is older than our call, or has no time",
    ))
}

fn account_unknown() -> UnknownWhy {
    doubt(
        "NARU_ACCOUNT_UNKNOWN",
        "NICE Payments says that an account was issued, and not which",
    )
}

/// As much of an approval as the status tells.
fn approval(command: &Inquire, told: &Told, tid: String) -> Approval {
    let by_card = command.approving.as_ref().is_none_or(|a| a.method == MethodKind::Card) && command.pg_tx_id.is_none();
    let number = told.text("AuthCode");
    Approval {
        cash_receipt: None,
        escrow: false,
        receipt_url: Some(method::receipt(&tid)),
        status: Status::Paid,
        method: by_card.then(|| {
            MethodDetail::Card(CardDetail {
                approval_number: number,
                ..CardDetail::default()
            })
        }),
        approved_at: told.text("AuthDate").as_deref().and_then(millis),
        raw: Some(mask::masked(told.body())),
        keep: None,
        pg_tx_id: tid,
    }
}
