//! Reading payments.

use super::decode::Params;
use super::error::{NO_SUCH_STATUS, V1Error};
use super::render::balance::BalanceView;
use super::render::{Paged, PaymentView};
use super::{Answer, Call};
use crate::ledger::PaymentFilter;
use crate::payment::{Millis, Status, Transaction, transaction_of};
use http::StatusCode;
use serde::Serialize;

/// Most identifiers of one list.
const IDS_MAX: usize = 100;
/// Members of a page unless said otherwise.
const PAGE: i64 = 20;
/// Largest page.
const PAGE_MAX: i64 = 1_000;
/// `page × limit`.
const REACH: i64 = 60_000;
/// Longest range of a list, ms.
const RANGE: Millis = 90 * 24 * 60 * 60 * 1_000;

/// A payment as V1 shows it.
pub(super) fn shown(transaction: &Transaction) -> PaymentView<'_> {
    PaymentView::from(transaction)
}

/// The store's transaction that an `imp_uid` names.
pub(super) async fn by_imp_uid(call: &Call, imp_uid: &str) -> Result<Option<Transaction>, V1Error> {
    let Some(id) = transaction_of(imp_uid) else {
        return Ok(None);
    };
    let found = call.engine.ledger.transaction(&id).await?;
    Ok(found.filter(|t| t.store_id == call.store.id))
}

/// As [`by_imp_uid`], 404 if there is none.
pub(super) async fn need(call: &Call, imp_uid: &str) -> Result<Transaction, V1Error> {
    by_imp_uid(call, imp_uid).await?.ok_or_else(V1Error::no_payment)
}

/// `GET /payments/{imp_uid}`: the only read that hides payments of test channels, unless asked or set otherwise.
pub(super) async fn one(call: &Call, params: &mut Params) -> Result<Answer, V1Error> {
    let asked = params.flag("include_sandbox")?;
    let sandbox = asked.unwrap_or(call.settings().is_some_and(|v1| v1.include_sandbox));
    let found = need(call, call.id(0)).await?;
    if !found.channel.live && !sandbox {
        return Err(V1Error::no_payment());
    }
    Answer::ok(&shown(&found))
}

/// `GET /payments/{imp_uid}/balance`.
pub(super) async fn balance(call: &Call) -> Result<Answer, V1Error> {
    let found = need(call, call.id(0)).await?;
    if !found.status.is_settled() {
        return Err(V1Error::no_payment());
    }
    Answer::ok(&BalanceView::from(&found))
}

/// `GET /payments?imp_uid[]=…&merchant_uid[]=…`: 207 if some are not there, 404 if none is.
pub(super) async fn several(call: &Call, params: &mut Params) -> Result<Answer, V1Error> {
    let imp_uids = params.ids("imp_uid", IDS_MAX)?;
    let merchant_uids = params.ids("merchant_uid", IDS_MAX)?;
    let asked = imp_uids.len() + merchant_uids.len();
    if asked == 0 {
        return Err(V1Error::neither("imp_uid", "merchant_uid"));
    }
    if asked > IDS_MAX {
        return Err(V1Error::field(
            "imp_uid",
            &format!("must be at most {IDS_MAX} ids, merchant_uid included"),
        ));
    }
    let mut found: Vec<Transaction> = Vec::with_capacity(asked);
    let mut missing = false;
    for imp_uid in &imp_uids {
        match by_imp_uid(call, imp_uid).await? {
            Some(transaction) => found.push(transaction),
            None => missing = true,
        }
    }
    for merchant_uid in &merchant_uids {
        match call.engine.ledger.payment(&call.store.id, merchant_uid).await? {
            Some(t) if found.iter().any(|other| other.id == t.id) => {}
            Some(transaction) => found.push(transaction),
            None => missing = true,
        }
    }
    if found.is_empty() {
        return Err(V1Error::no_payment());
    }
    let status = if missing {
        StatusCode::MULTI_STATUS
    } else {
        StatusCode::OK
    };
    let list: Vec<PaymentView<'_>> = found.iter().map(shown).collect();
    Answer::with(status, &list)
}

/// States behind V1's words; `None` is all of them.
fn states(word: &str) -> Result<Option<&'static [Status]>, V1Error> {
    Ok(Some(match word {
        "" | "all" => return Ok(None),
        "ready" => &[
            Status::Ready,
            Status::Approving,
            Status::Unknown,
            Status::PayPending,
            Status::VirtualAccountIssued,
        ],
        "paid" => &[Status::Paid, Status::PartialCancelled],
        "cancelled" => &[Status::Cancelled],
        "failed" => &[Status::Failed],
        _ => return Err(V1Error::invalid(NO_SUCH_STATUS)),
    }))
}

/// What a list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sorting {
    by: By,
    ascending: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Started,
    Paid,
    Updated,
}

fn sorting(params: &mut Params) -> Result<Sorting, V1Error> {
    let word = params.text("sorting", 32)?.unwrap_or_else(|| "-started".to_owned());
    let (word, ascending) = match word.strip_prefix('-') {
        Some(word) => (word, false),
        None => (word.as_str(), true),
    };
    let by = match word {
        "started" => By::Started,
        "paid" => By::Paid,
        "updated" => By::Updated,
        _ => {
            return Err(V1Error::field(
                "sorting",
                "must be started, paid or updated, with - for descending",
            ));
        }
    };
    Ok(Sorting { by, ascending })
}

/// Attempts of a `merchant_uid`, in order.
async fn attempts(call: &Call, sorting: Sorting) -> Result<Vec<Transaction>, V1Error> {
    let states = states(call.id(1))?;
    // Newest first.
    let mut found = call.engine.ledger.attempts(&call.store.id, call.id(0)).await?;
    found.retain(|t| states.is_none_or(|states| states.contains(&t.status)));
    let key = |t: &Transaction| match sorting.by {
        By::Started => t.requested_at,
        By::Paid => t.paid_at.unwrap_or(0),
        By::Updated => t.status_changed_at,
    };
    if sorting.ascending {
        found.reverse();
        found.sort_by_key(key);
    } else {
        found.sort_by_key(|t| std::cmp::Reverse(key(t)));
    }
    if found.is_empty() {
        return Err(V1Error::no_payment());
    }
    Ok(found)
}

/// `GET /payments/find/{merchant_uid}/{payment_status}`: the first in order.
pub(super) async fn find(call: &Call, params: &mut Params) -> Result<Answer, V1Error> {
    let found = attempts(call, sorting(params)?).await?;
    let first = found.first().ok_or_else(V1Error::no_payment)?;
    Answer::ok(&shown(first))
}

/// `page` from 1 and `limit`.
pub(super) fn page(params: &mut Params) -> Result<(i64, i64), V1Error> {
    let number = params.integer("page", 1..=i64::from(i32::MAX))?.unwrap_or(1);
    let size = params.integer("limit", 1..=PAGE_MAX)?.unwrap_or(PAGE);
    if number.saturating_mul(size) > REACH {
        return Err(V1Error::field("page", &format!("page × limit must be at most {REACH}")));
    }
    Ok((number, size))
}

fn count(number: i64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// A page out of all there are; one beyond the last is refused, as PortOne does.
pub(super) fn paged<T: Serialize>(list: Vec<T>, total: u64, (number, size): (i64, i64)) -> Result<Answer, V1Error> {
    let total = i64::try_from(total).unwrap_or(i64::MAX);
    if number > 1 && (number - 1).saturating_mul(size) >= total {
        return Err(V1Error::field("page", "is beyond the last page"));
    }
    let more = number.saturating_mul(size) < total;
    Answer::ok(&Paged {
        total,
        previous: number - 1,
        next: if more { number + 1 } else { 0 },
        list,
    })
}

/// `GET /payments/findAll/{merchant_uid}/{payment_status}`.
pub(super) async fn find_all(call: &Call, params: &mut Params) -> Result<Answer, V1Error> {
    let (number, size) = page(params)?;
    let found = attempts(call, sorting(params)?).await?;
    let skip = count((number - 1) * size);
    let end = found.len().min(skip.saturating_add(count(size)));
    let list = found.get(skip..end).unwrap_or(&[]).iter().map(shown).collect();
    paged(list, found.len() as u64, (number, size))
}

/// `GET /payments/status/{payment_status}`: one row a `merchant_uid`, the attempt that stands for it.
///
/// PortOne ranges by the time of the final state, which is the last change of state here (its start for `ready`). An
/// order by payment time is one by the last change of state, too.
pub(super) async fn by_status(call: &Call, params: &mut Params) -> Result<Answer, V1Error> {
    let states = states(call.id(0))?;
    let (number, size) = page(params)?;
    let sorting = sorting(params)?;
    let until = params.time("to")?.map_or(call.now, |to| to + 999).saturating_add(1);
    let from = params.time("from")?.unwrap_or(until - RANGE);
    if from > until || until - from > RANGE + 1_000 {
        return Err(V1Error::field("from", "must be at most 90 days before to"));
    }
    let filter = PaymentFilter {
        stores: vec![call.store.id.clone()],
        from: Some(from),
        until: Some(until),
        by_status_change: call.id(0) != "ready",
        status: states.map(<[Status]>::to_vec).unwrap_or_default(),
        sort_by_status_change: sorting.by != By::Started,
        ascending: sorting.ascending,
        offset: count((number - 1) * size),
        limit: count(size),
        ..PaymentFilter::default()
    };
    let (found, total) = call.engine.ledger.list(&filter).await?;
    paged(found.iter().map(shown).collect(), total, (number, size))
}
