//! `/subscribe/payments/schedule`, `unschedule` and what is read of both.

use super::customers::issue;
use super::key_of;
use super::pay::{charge, pay};
use crate::api::v1::decode::Params;
use crate::api::v1::error::{CARD_UNCHECKED, NO_CUSTOMER, NO_SCHEDULE, V1Error};
use crate::api::v1::payments::{page, paged};
use crate::api::v1::render::schedule::ScheduleView;
use crate::api::v1::{Answer, Call, order};
use crate::engine::{BillingError, EngineError, NewSchedule, RevokeRequest};
use crate::ledger::{ScheduleFilter, ScheduleTime};
use crate::payment::{BillingKey, MethodKind, Millis, Schedule, ScheduleStatus, Transaction};

/// Most schedules of one call.
const SCHEDULES_MAX: usize = 100;
/// Longest range of a list, ms (PortOne: three months).
const RANGE: Millis = 93 * 24 * 60 * 60 * 1_000;

/// No schedule of a `merchant_uid`.
fn no_schedule() -> V1Error {
    V1Error::not_found("예약된 결제정보가 존재하지 않습니다.")
}

/// The payments that schedules made, in their order.
async fn payments_of(call: &Call, schedules: &[Schedule]) -> Result<Vec<Option<Transaction>>, V1Error> {
    let mut made = Vec::with_capacity(schedules.len());
    for schedule in schedules {
        made.push(payment_of(call, schedule).await?);
    }
    Ok(made)
}

/// Schedules, each with the payment it made.
async fn shown(call: &Call, schedules: &[Schedule]) -> Result<Answer, V1Error> {
    let made = payments_of(call, schedules).await?;
    let views: Vec<_> = schedules
        .iter()
        .zip(&made)
        .map(|(schedule, made)| ScheduleView::new(schedule, made.as_ref()))
        .collect();
    Answer::ok(&views)
}

/// The payment that a schedule made, if it was tried.
async fn payment_of(call: &Call, schedule: &Schedule) -> Result<Option<Transaction>, V1Error> {
    if matches!(schedule.status, ScheduleStatus::Scheduled | ScheduleStatus::Revoked) {
        return Ok(None);
    }
    let attempts = call
        .engine
        .ledger
        .attempts(&call.store.id, &schedule.payment_id)
        .await?;
    let mine = |t: &Transaction| t.billing.as_ref().and_then(|b| b.schedule.as_deref()) == Some(&schedule.id);
    Ok(attempts.into_iter().find(mine))
}

async fn one(call: &Call, schedule: &Schedule) -> Result<Answer, V1Error> {
    let made = payment_of(call, schedule).await?;
    Answer::ok(&ScheduleView::new(schedule, made.as_ref()))
}

/// The newest schedule of the `merchant_uid` in the path.
async fn newest(call: &Call) -> Result<Schedule, V1Error> {
    let filter = ScheduleFilter {
        store: call.store.id.clone(),
        payment_id: Some(call.id(0).to_owned()),
        limit: 1,
        ..ScheduleFilter::default()
    };
    let (found, _) = call.engine.ledger.schedules(&filter).await?;
    found.into_iter().next().ok_or_else(no_schedule)
}

/// `POST /subscribe/payments/schedule`. With a card, the key is issued first. All schedules are made or none.
pub(in crate::api::v1) async fn create(call: &Call, params: &mut Params) -> Result<Answer, V1Error> {
    let named = params.need_id("customer_uid")?;
    if params.integer("checking_amount", 0..=i64::from(i32::MAX))?.unwrap_or(0) > 0 {
        let message = "test charges are not made by this router; leave it out or send 0";
        return Err(params.fail("checking_amount", message));
    }
    let mut given = params.objects("schedules")?;
    if given.is_empty() {
        return Err(V1Error::missing("schedules"));
    }
    if given.len() > SCHEDULES_MAX {
        return Err(params.fail("schedules", &format!("must have at most {SCHEDULES_MAX} members")));
    }
    let mut wanted = Vec::with_capacity(given.len());
    for one in &mut given {
        let merchant_uid = one.need_id("merchant_uid")?;
        let due = one.time("schedule_at")?;
        let due = due.ok_or_else(|| one.fail("schedule_at", "is required"))?;
        let plan = order::plan(one)?;
        wanted.push((order::attempt(call, one, &merchant_uid, MethodKind::Card)?, due, plan));
    }
    let channel_key = params.id("channel_key")?;
    let key = key_for(call, params, &named, channel_key.clone()).await?;
    // The channel of a new key is the key's only one.
    let channel_key = channel_key.filter(|_| key.group.is_some());
    let mut made: Vec<Schedule> = Vec::with_capacity(wanted.len());
    for (attempt, time_to_pay, plan) in wanted {
        let new = NewSchedule {
            store_id: call.store.id.clone(),
            payment_id: attempt.payment_id.clone(),
            order: charge(&key, attempt, plan, channel_key.clone()),
            time_to_pay,
        };
        match Box::pin(call.engine.create_schedule(new)).await {
            Ok(schedule) => made.push(schedule),
            Err(error) => {
                take_back(call, &made).await;
                return Err(error.into());
            }
        }
    }
    shown(call, &made).await
}

/// The key to schedule with: issued now if a card is given, else the one that the `customer_uid` means.
async fn key_for(
    call: &Call,
    params: &mut Params,
    named: &str,
    channel_key: Option<String>,
) -> Result<BillingKey, V1Error> {
    if !params.has("card_number") {
        let found = key_of(call, named).await?;
        return found.ok_or_else(|| V1Error::business(NO_CUSTOMER));
    }
    let card = order::card(params)?;
    let customer = order::customer(params, "customer")?.into();
    if let Some(key) = channel_key {
        params.put("channel_key", key);
    }
    Box::pin(issue(call, params, named, card, customer, (CARD_UNCHECKED, 1))).await
}

/// Revokes what was made before one of the same call was refused.
async fn take_back(call: &Call, made: &[Schedule]) {
    if made.is_empty() {
        return;
    }
    let request = RevokeRequest {
        store_id: call.store.id.clone(),
        billing_key: None,
        ids: Some(made.iter().map(|s| s.id.clone()).collect()),
    };
    if let Err(error) = call.engine.revoke_schedules(request).await {
        tracing::error!(%error, "schedules of a refused call could not be revoked");
    }
}

/// `POST /subscribe/payments/unschedule`: all of a `customer_uid`, or the named ones.
pub(in crate::api::v1) async fn unschedule(call: &Call, params: &mut Params) -> Result<Answer, V1Error> {
    let named = params.id("customer_uid")?;
    let merchant_uids = params.ids("merchant_uid", SCHEDULES_MAX)?;
    let key = match &named {
        Some(named) => {
            let found = key_of(call, named).await?;
            Some(found.ok_or_else(|| V1Error::business(NO_SCHEDULE))?)
        }
        None if merchant_uids.is_empty() => return Err(V1Error::neither("customer_uid", "merchant_uid")),
        None => None,
    };
    let waiting = waiting(call, key.as_ref(), &merchant_uids).await?;
    if waiting.is_empty() {
        return Err(V1Error::business(NO_SCHEDULE));
    }
    let request = RevokeRequest {
        store_id: call.store.id.clone(),
        billing_key: None,
        ids: Some(waiting.iter().map(|s| s.id.clone()).collect()),
    };
    let (ids, _) = call.engine.revoke_schedules(request).await?;
    let mut revoked = Vec::with_capacity(ids.len());
    for id in ids {
        revoked.extend(call.engine.ledger.schedule(&id).await?);
    }
    shown(call, &revoked).await
}

/// Schedules that can be taken back.
async fn waiting(call: &Call, key: Option<&BillingKey>, merchant_uids: &[String]) -> Result<Vec<Schedule>, V1Error> {
    let ledger = call.engine.ledger.as_ref();
    let mut waiting = Vec::new();
    if merchant_uids.is_empty() {
        let filter = ScheduleFilter {
            store: call.store.id.clone(),
            billing_key: key.map(|key| key.id.clone()),
            status: vec![ScheduleStatus::Scheduled],
            limit: 1_000,
            ..ScheduleFilter::default()
        };
        return Ok(ledger.schedules(&filter).await?.0);
    }
    for merchant_uid in merchant_uids {
        let live = ledger.live_schedule(&call.store.id, merchant_uid).await?;
        waiting.extend(
            live.filter(|s| {
                s.status == ScheduleStatus::Scheduled && key.is_none_or(|key| key.id == s.order.billing_key)
            }),
        );
    }
    Ok(waiting)
}

/// `GET /subscribe/payments/schedule/{merchant_uid}`.
pub(in crate::api::v1) async fn get(call: &Call) -> Result<Answer, V1Error> {
    one(call, &newest(call).await?).await
}

fn due(params: &mut Params) -> Result<Millis, V1Error> {
    params
        .time("schedule_at")?
        .ok_or_else(|| V1Error::missing("schedule_at"))
}

/// `PUT /subscribe/payments/schedule/{merchant_uid}`: another time, before it was tried.
pub(in crate::api::v1) async fn put(call: &Call, params: &mut Params) -> Result<Answer, V1Error> {
    let at = due(params)?;
    let stored = newest(call).await?;
    let moved = call.engine.move_schedule(&call.store.id, &stored.id, at).await?;
    one(call, &moved).await
}

/// The newest schedule, if it failed or was revoked.
async fn over(call: &Call) -> Result<Schedule, V1Error> {
    let stored = newest(call).await?;
    match stored.status {
        ScheduleStatus::Failed | ScheduleStatus::Revoked => Ok(stored),
        ScheduleStatus::Scheduled => Err(EngineError::from(BillingError::ScheduleExists).into()),
        _ => Err(EngineError::from(BillingError::ScheduleProcessed).into()),
    }
}

/// `POST …/reschedule`: what failed or was revoked, at another time.
pub(in crate::api::v1) async fn reschedule(call: &Call, params: &mut Params) -> Result<Answer, V1Error> {
    let time_to_pay = due(params)?;
    let stored = over(call).await?;
    let new = NewSchedule {
        store_id: stored.store_id,
        payment_id: stored.payment_id,
        order: stored.order,
        time_to_pay,
    };
    let made = Box::pin(call.engine.create_schedule(new)).await?;
    one(call, &made).await
}

/// `POST …/retry`: what failed or was revoked, now.
pub(in crate::api::v1) async fn retry(call: &Call) -> Result<Answer, V1Error> {
    let stored = over(call).await?;
    pay(call, stored.payment_id, stored.order).await
}

fn states(word: Option<&str>) -> Result<Vec<ScheduleStatus>, V1Error> {
    use ScheduleStatus::{Failed, Pending, Revoked, Scheduled, Started, Succeeded};
    Ok(match word {
        None => Vec::new(),
        Some("scheduled") => vec![Scheduled],
        Some("executed") => vec![Started, Pending, Succeeded, Failed],
        Some("revoked") => vec![Revoked],
        Some(_) => {
            return Err(V1Error::field(
                "schedule_status",
                "must be scheduled, executed or revoked",
            ));
        }
    })
}

/// Range (by due time), state and page, with the words that a path has for them.
async fn listed(
    call: &Call,
    params: &mut Params,
    [from, to, status]: [&str; 3],
    billing_key: Option<String>,
) -> Result<Answer, V1Error> {
    let start = params.time(from)?.ok_or_else(|| V1Error::missing(from))?;
    let end = params.time(to)?.ok_or_else(|| V1Error::missing(to))?;
    if start > end || end - start > RANGE {
        return Err(params.fail(from, &format!("must be at most three months before {to}")));
    }
    let (number, size) = page(params)?;
    let count = |n: i64| usize::try_from(n).unwrap_or(usize::MAX);
    let word = params.text(status, 16)?;
    let filter = ScheduleFilter {
        store: call.store.id.clone(),
        billing_key,
        from: Some(start),
        until: Some(end),
        status: states(word.as_deref())?,
        sort: ScheduleTime::TimeToPay,
        ascending: params.text("sorting", 32)?.is_some_and(|word| word == "scheduled"),
        offset: count((number - 1) * size),
        limit: count(size),
        ..ScheduleFilter::default()
    };
    let (found, total) = call.engine.ledger.schedules(&filter).await?;
    let made = payments_of(call, &found).await?;
    let views = found.iter().zip(&made);
    let views = views.map(|(schedule, made)| ScheduleView::new(schedule, made.as_ref()));
    paged(views.collect(), total, (number, size))
}

/// `GET /subscribe/payments/schedule`. PortOne's Swagger document shows a bare list here and below, its clients read
/// pages.
pub(in crate::api::v1) async fn list(call: &Call, params: &mut Params) -> Result<Answer, V1Error> {
    listed(call, params, ["schedule_from", "schedule_to", "schedule_status"], None).await
}

/// `GET …/schedule/customers/{customer_uid}` and `GET /subscribe/customers/{customer_uid}/schedules`.
pub(in crate::api::v1) async fn of_customer(call: &Call, params: &mut Params) -> Result<Answer, V1Error> {
    let key = key_of(call, call.id(0)).await?;
    let key = key.ok_or_else(|| V1Error::no_customer(call.id(0)))?;
    listed(call, params, ["from", "to", "schedule-status"], Some(key.id)).await
}
