//! What Toss says it did and will pay out: `GET /v1/transactions` and `GET /v1/settlements` (Toss docs: "거래 조회",
//! "정산 조회"). Settlements are live data only, available from the next day on.

use super::lenient::Scalar;
use super::verify::unknown;
use super::wire::{Answer, millis, read_as};
use super::{Toss, codes, get, segment};
use crate::adapters::{
    Call, ChannelRevision, Listed, Operation, Outcome, PageQuestion, PgSettlementRow, PgTransactionRow, Reconciliation,
    Refusal, Step, WireAnswer,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Most rows a page.
const LIMIT_MAX: u32 = 5000;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Transaction {
    transaction_key: Scalar,
    payment_key: Scalar,
    order_id: Scalar,
    status: Scalar,
    amount: Scalar,
    currency: Scalar,
    transaction_at: Scalar,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Settlement {
    transaction_key: Scalar,
    payment_key: Scalar,
    order_id: Scalar,
    amount: Scalar,
    fee: Scalar,
    vat: Scalar,
    pay_out_amount: Scalar,
    sold_date: Scalar,
    paid_out_date: Scalar,
}

impl Reconciliation for Toss {
    fn transactions(&self, page: &PageQuestion, channel: &ChannelRevision) -> Result<Call, Refusal> {
        let (from, until) = days(page)?;
        let limit = limit(page)?;
        // A bare date would mean its first second, which would leave the last day out.
        let mut path = format!("/v1/transactions?startDate={from}T00:00:00&endDate={until}T23:59:59&limit={limit}");
        if let Some(cursor) = &page.cursor {
            path.push_str("&startingAfter=");
            path.push_str(&segment("cursor", cursor)?);
        }
        get(channel, Operation::Inquire, &path)
    }

    fn transactions_read(&self, page: &PageQuestion, answer: &WireAnswer) -> Step<Listed<PgTransactionRow>> {
        let read = |row: Transaction| {
            Some(PgTransactionRow {
                transaction_key: row.transaction_key.owned()?,
                pg_tx_id: row.payment_key.owned()?,
                order_id: row.order_id.owned()?,
                status: row.status.owned().unwrap_or_default(),
                amount: row.amount.whole()?,
                currency: row.currency.owned(),
                at: millis(&row.transaction_at),
            })
        };
        rows(answer, read, |raw| {
            let full = raw.len() >= usize::try_from(page.limit).unwrap_or(usize::MAX);
            let last = raw.last().filter(|_| full)?;
            Some(last.get("transactionKey")?.as_str()?.to_owned())
        })
    }

    fn settlements(&self, page: &PageQuestion, channel: &ChannelRevision) -> Result<Call, Refusal> {
        let (from, until) = days(page)?;
        let (number, size) = (number(page)?, limit(page)?);
        let path =
            format!("/v1/settlements?startDate={from}&endDate={until}&dateType=soldDate&page={number}&size={size}");
        get(channel, Operation::Inquire, &path)
    }

    fn settlements_read(&self, page: &PageQuestion, answer: &WireAnswer) -> Step<Listed<PgSettlementRow>> {
        let read = |row: Settlement| {
            Some(PgSettlementRow {
                transaction_key: row.transaction_key.owned()?,
                pg_tx_id: row.payment_key.owned()?,
                order_id: row.order_id.owned()?,
                amount: row.amount.whole()?,
                fee: row.fee.whole()?,
                fee_vat: row.vat.whole(),
                pay_out: row.pay_out_amount.whole()?,
                sold_on: row.sold_date.owned(),
                paid_out_on: row.paid_out_date.owned(),
            })
        };
        rows(answer, read, |raw| {
            let full = raw.len() >= usize::try_from(page.limit).unwrap_or(usize::MAX);
            let number = number(page).ok().filter(|_| full)?;
            Some((number + 1).to_string())
        })
    }
}

/// Reads an array; rows that lack what identifies them are counted, not hidden.
fn rows<W: DeserializeOwned, R>(
    answer: &WireAnswer,
    read: impl Fn(W) -> Option<R>,
    next: impl Fn(&[Value]) -> Option<String>,
) -> Step<Listed<R>> {
    let raw = match read_as::<Vec<Value>>(answer) {
        Ok(raw) => raw,
        Err(Answer::Error(error)) => return Step::Done(codes::refused(Operation::Inquire, false, error)),
        Err(Answer::Unreadable(why)) => return unknown(why),
        Err(Answer::Payment(_)) => return unknown(super::verify::doubt("NARU_UNREADABLE", "the list is a payment")),
    };
    let next = next(&raw);
    let mut rows = Vec::with_capacity(raw.len());
    let mut unreadable = 0;
    for value in raw {
        match serde_json::from_value::<W>(value).ok().and_then(&read) {
            Some(row) => rows.push(row),
            None => unreadable += 1,
        }
    }
    Step::Done(Outcome::Done(Listed { rows, next, unreadable }))
}

fn days(page: &PageQuestion) -> Result<(&str, &str), Refusal> {
    let day = |field: &str, text: &str| {
        text.parse::<jiff::civil::Date>()
            .map_err(|_| Refusal::new(field, "must be a day, e.g. 2026-01-31"))
    };
    if day("from", &page.from)? > day("until", &page.until)? {
        return Err(Refusal::new("until", "must not be before from"));
    }
    Ok((&page.from, &page.until))
}

fn limit(page: &PageQuestion) -> Result<u32, Refusal> {
    if (1..=LIMIT_MAX).contains(&page.limit) {
        return Ok(page.limit);
    }
    Err(Refusal::new("limit", format!("must be 1 to {LIMIT_MAX}")))
}

/// Settlements have page numbers, from 1.
fn number(page: &PageQuestion) -> Result<u32, Refusal> {
    let number = page.cursor.as_deref().map_or(Some(1), |text| text.parse().ok());
    number
        .filter(|n| *n > 0)
        .ok_or_else(|| Refusal::new("cursor", "must be a page number as the page before gave it"))
}
