//! Stand-alone cash receipts (Toss docs: "현금영수증"). Not tied to any payment of Toss's.
//!
//! A receipt is issued with the answer; the tax office takes it or refuses it a day or two later, and only the list of a
//! day tells (`issueStatus`). There is no call for one receipt, so an inquiry reads the days on which it, or its
//! cancellation, was asked for.

use super::method::receipt_kind;
use super::vbank::IDENTITY_MAX;
use super::verify::{doubt, unknown};
use super::wire::{Answer, CashReceipt, KST, cut, millis, read_as};
use super::{Toss, codes, get, post, rules, segment};
use crate::adapters::toss::lenient::Scalar;
use crate::adapters::{
    Call, CancelReceipt, CashReceipts, ChannelRevision, InquireReceipt, IssueReceipt, Operation, Outcome,
    ReceiptCancelled, ReceiptIssued, ReceiptView, Refusal, Step, TaxOffice, UnknownWhy, WireAnswer,
};
use crate::payment::{Failure, FailureKind, Millis, ReceiptKind};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

/// Rows a page: the most Toss gives, so that a day needs few calls.
const PAGE: u32 = 10_000;
/// A request that was sent just before midnight may have been taken on the next day.
const LATE: Millis = 10 * 60 * 1000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Issue<'a> {
    amount: i64,
    order_id: &'a str,
    order_name: String,
    r#type: &'static str,
    customer_identity_number: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tax_free_amount: Option<i64>,
}

#[derive(Serialize)]
struct Cancel {
    /// Left out of a full cancellation.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<i64>,
}

/// A page of a day's list. A list that is not there is no empty list: absence is believed only where one was read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(default)]
    has_next: Scalar,
    #[serde(default)]
    last_cursor: Scalar,
    data: Vec<CashReceipt>,
}

/// How far an inquiry is.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Search {
    /// Days still to read; the first is being read.
    days: Vec<String>,
    found: Option<Found>,
    cancelled: i64,
    last: Option<(Option<String>, Option<Millis>)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Found {
    key: String,
    number: String,
    url: String,
    at: Option<Millis>,
    status: String,
    failure: Option<Failure>,
}

impl CashReceipts for Toss {
    fn issue_receipt(&self, command: &IssueReceipt, channel: &ChannelRevision) -> Result<Call, Refusal> {
        rules::currency(command.currency)?;
        rules::order_id(&command.order_id)?;
        let number = command.identity.expose_secret();
        if !(1..=IDENTITY_MAX).contains(&number.len()) || !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Refusal::new(
                "customer.identityNumber",
                format!("must be 1 to {IDENTITY_MAX} digits: a phone, cash receipt card or business number"),
            ));
        }
        if command.seller.is_some() {
            return Err(Refusal::new(
                "businessRegistrationNumber",
                "Toss Payments issues under the channel's own business number; leave it out",
            ));
        }
        let body = Issue {
            amount: command.amounts.total,
            order_id: &command.order_id,
            order_name: rules::order_name(&command.order_name)?,
            r#type: match command.kind {
                ReceiptKind::Personal => "소득공제",
                ReceiptKind::Corporate => "지출증빙",
            },
            customer_identity_number: number,
            tax_free_amount: (command.amounts.tax_free > 0).then_some(command.amounts.tax_free),
        };
        let key = &command.idempotency_key;
        post(channel, Operation::IssueReceipt, "/v1/cash-receipts", key, &body)
    }

    fn receipt_issued(
        &self,
        command: &IssueReceipt,
        _channel: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<ReceiptIssued> {
        let receipt = match read_as::<CashReceipt>(answer) {
            Ok(receipt) => receipt,
            Err(other) => return refused(call, other),
        };
        if let Err(why) = fits(&receipt, &command.order_id, command.amounts.total) {
            return unknown(why);
        }
        if receipt_kind(&receipt).is_some_and(|kind| kind != command.kind) {
            return unknown(doubt(
                "NARU_WRONG_RECEIPT",
                "Toss Payments' answer names another kind of receipt than the one asked for",
            ));
        }
        let Some(found) = found(&receipt) else {
            return unknown(doubt("NARU_UNREADABLE", "Toss Payments' answer names no receiptKey"));
        };
        Step::Done(match tax_office(&found) {
            TaxOffice::Refused(failure) => Outcome::Declined(failure),
            tax_office => Outcome::Done(issued(found, tax_office)),
        })
    }

    fn cancel_receipt(&self, command: &CancelReceipt, channel: &ChannelRevision) -> Result<Call, Refusal> {
        let amount = command.amounts.total;
        if amount <= 0 || amount > command.balance_before {
            return Err(Refusal::new(
                "amount",
                format!("must be 1 to {}, what is left of the receipt", command.balance_before),
            ));
        }
        let body = Cancel {
            amount: (amount != command.original.total).then_some(amount),
        };
        let key = segment("pgReceiptId", &command.pg_receipt_id)?;
        let path = format!("/v1/cash-receipts/{key}/cancel");
        post(
            channel,
            Operation::CancelReceipt,
            &path,
            &command.idempotency_key,
            &body,
        )
    }

    fn receipt_cancelled(
        &self,
        command: &CancelReceipt,
        _channel: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<ReceiptCancelled> {
        let receipt = match read_as::<CashReceipt>(answer) {
            Ok(receipt) => receipt,
            Err(other) => return refused(call, other),
        };
        if let Err(why) = fits(&receipt, &command.order_id, command.amounts.total) {
            return unknown(why);
        }
        if receipt.transaction_type.is("CONFIRM") || receipt.issue_status.is("FAILED") {
            return unknown(doubt(
                "NARU_WRONG_CANCEL",
                "Toss Payments' answer is not the cancellation of the receipt",
            ));
        }
        Step::Done(Outcome::Done(ReceiptCancelled {
            pg_cancellation_id: receipt.receipt_key.owned(),
            cancelled_at: millis(&receipt.requested_at),
        }))
    }

    fn inquire_receipt(&self, command: &InquireReceipt, channel: &ChannelRevision) -> Result<Call, Refusal> {
        let asked = [Some(command.requested_at), command.cancel_requested_at];
        let mut days: Vec<String> = asked
            .into_iter()
            .flatten()
            .flat_map(|at| [day(at), day(at + LATE)])
            .collect();
        days.dedup();
        list(
            channel,
            Search {
                days,
                ..Search::default()
            },
            None,
        )
    }

    fn receipt_inquired(
        &self,
        command: &InquireReceipt,
        channel: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<ReceiptView> {
        let page = match read_as::<Page>(answer) {
            Ok(page) => page,
            Err(Answer::Error(error)) => {
                return unknown(UnknownWhy {
                    code: error.code,
                    message: error.message,
                    ask_first: true,
                });
            }
            Err(other) => return refused(call, other),
        };
        let carried = call.carried.clone().unwrap_or_default();
        let Ok(mut search) = serde_json::from_value::<Search>(carried) else {
            return unknown(doubt("NARU_UNREADABLE", "the inquiry lost its place"));
        };
        for receipt in &page.data {
            if let Err(why) = take(&mut search, receipt, command) {
                return unknown(why);
            }
        }
        let next = page.last_cursor.owned().filter(|_| page.has_next.flag() == Some(true));
        if next.is_none() && !search.days.is_empty() {
            search.days.remove(0);
        }
        if !search.days.is_empty() {
            return match list(channel, search, next) {
                Ok(call) => Step::Send(Box::new(call)),
                Err(refusal) => unknown(doubt("NARU_NOT_ENCODABLE", refusal.to_string())),
            };
        }
        Step::Done(Outcome::Done(view(search)))
    }
}

/// One row of a day's list.
fn take(search: &mut Search, receipt: &CashReceipt, command: &InquireReceipt) -> Result<(), UnknownWhy> {
    if !receipt.order_id.is(&command.order_id) {
        return Ok(());
    }
    if receipt.transaction_type.is("CANCEL") {
        let amount = receipt.amount.whole().map(i64::abs);
        let amount = amount.ok_or_else(|| doubt("NARU_WRONG_AMOUNT", "a cancellation has no readable amount"))?;
        if !receipt.issue_status.is("FAILED") {
            search.cancelled += amount;
            search.last = Some((receipt.receipt_key.owned(), millis(&receipt.requested_at)));
        }
        return Ok(());
    }
    fits(receipt, &command.order_id, command.amounts.total)?;
    search.found = found(receipt);
    Ok(())
}

fn view(search: Search) -> ReceiptView {
    let last = search.last.map(|(pg_cancellation_id, cancelled_at)| ReceiptCancelled {
        pg_cancellation_id,
        cancelled_at,
    });
    match search.found {
        Some(found) => {
            let tax_office = tax_office(&found);
            ReceiptView::Held {
                issued: issued(found, tax_office),
                cancelled: search.cancelled,
                last,
            }
        }
        None => ReceiptView::Absent(Failure::new(
            FailureKind::NotFound,
            "NOT_FOUND_RECEIPT",
            "the lists of the day hold no receipt of this order number",
        )),
    }
}

fn found(receipt: &CashReceipt) -> Option<Found> {
    let failure = receipt.failure.get();
    Some(Found {
        key: receipt.receipt_key.owned()?,
        number: receipt.issue_number.owned().unwrap_or_default(),
        url: receipt.receipt_url.owned().unwrap_or_default(),
        at: millis(&receipt.requested_at),
        status: receipt.issue_status.owned().unwrap_or_default(),
        failure: failure.map(|f| {
            let code = f.code.owned().map_or_else(|| "FAILED".to_owned(), |code| cut(&code));
            let message = f.message.owned().map(|m| cut(&m)).unwrap_or_default();
            Failure::new(codes::kind_of(&code), code, message)
        }),
    })
}

fn issued(found: Found, tax_office: TaxOffice) -> ReceiptIssued {
    ReceiptIssued {
        pg_receipt_id: found.key,
        issue_number: found.number,
        url: found.url,
        issued_at: found.at,
        tax_office,
    }
}

/// A status that is missing or not listed is not final.
fn tax_office(found: &Found) -> TaxOffice {
    match found.status.as_str() {
        "COMPLETED" => TaxOffice::Accepted,
        "FAILED" => TaxOffice::Refused(
            found
                .failure
                .clone()
                .unwrap_or_else(|| Failure::new(FailureKind::Other, "FAILED", "the tax office refused the receipt")),
        ),
        _ => TaxOffice::Pending,
    }
}

/// Whose receipt it is, and how much.
fn fits(receipt: &CashReceipt, order_id: &str, total: i64) -> Result<(), UnknownWhy> {
    if !receipt.order_id.is(order_id) {
        return Err(doubt(
            "NARU_WRONG_ORDER_ID",
            "Toss Payments' answer names another orderId than ours, or none",
        ));
    }
    // The sign of a cancellation is not documented.
    if receipt.amount.whole().map(i64::abs) != Some(total) {
        return Err(doubt(
            "NARU_WRONG_AMOUNT",
            format!("Toss Payments' answer names another amount than {total}, or none"),
        ));
    }
    Ok(())
}

fn refused<T>(call: &Call, other: Answer) -> Step<T> {
    match other {
        Answer::Error(error) => Step::Done(codes::refused(call.operation, call.replay, error)),
        Answer::Unreadable(why) => unknown(why),
        Answer::Payment(_) => unknown(doubt("NARU_UNREADABLE", "Toss Payments answered with a payment")),
    }
}

fn list(channel: &ChannelRevision, search: Search, cursor: Option<String>) -> Result<Call, Refusal> {
    let day = search.days.first().cloned().unwrap_or_default();
    let mut path = format!("/v1/cash-receipts?requestDate={day}&limit={PAGE}");
    if let Some(cursor) = cursor {
        path.push_str("&cursor=");
        path.push_str(&segment("cursor", &cursor)?);
    }
    let mut call = get(channel, Operation::Inquire, &path)?;
    call.carried = serde_json::to_value(search).ok();
    Ok(call)
}

/// The Korean day of a time.
fn day(at: Millis) -> String {
    let instant = jiff::Timestamp::from_millisecond(at).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    KST.to_datetime(instant).date().to_string()
}
