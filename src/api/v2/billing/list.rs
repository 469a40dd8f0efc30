//! Pages and filters of billing keys and schedules.

use crate::api::v2::auth::own_store;
use crate::api::v2::decode::Object;
use crate::api::v2::error::ApiError;
use crate::api::v2::input::{page, pg_providers};
use crate::api::v2::limits;
use crate::channels::Store;
use crate::ledger::{KeyFilter, KeyTime, ScheduleFilter, ScheduleTime};
use crate::payment::{KeyStatus, MethodKind, Millis, ScheduleStatus};

/// A decoded list of keys.
#[derive(Debug, Clone)]
pub struct KeyQuery {
    /// What to look for.
    pub filter: KeyFilter,
    /// Page number, from 0.
    pub number: i64,
    /// Page size.
    pub size: i64,
    /// The filter asks for what no key here can have: the page is empty.
    pub nothing: bool,
}

/// A decoded list of schedules.
#[derive(Debug, Clone)]
pub struct ScheduleQuery {
    /// What to look for.
    pub filter: ScheduleFilter,
    /// Page number, from 0.
    pub number: i64,
    /// Page size.
    pub size: i64,
}

const KEY_TIMES: [(&str, KeyTime); 4] = [
    ("REQUESTED_AT", KeyTime::Requested),
    ("ISSUED_AT", KeyTime::Issued),
    ("DELETED_AT", KeyTime::Deleted),
    ("STATUS_TIMESTAMP", KeyTime::Status),
];

/// PortOne V2 `BillingKeyTextSearchField`.
const KEY_TEXTS: [&str; 11] = [
    "CARD_BIN",
    "CARD_NUMBER",
    "PG_MERCHANT_ID",
    "CUSTOMER_NAME",
    "CUSTOMER_EMAIL",
    "CUSTOMER_PHONE_NUMBER",
    "CUSTOMER_ADDRESS",
    "CUSTOMER_ZIPCODE",
    "USER_AGENT",
    "BILLING_KEY",
    "CHANNEL_GROUP_NAME",
];

fn offset(number: i64, size: i64) -> (usize, usize) {
    let count = |n: i64| usize::try_from(n).unwrap_or(usize::MAX);
    (count(number * size), count(size))
}

/// A range, the 90 days before its end if it has no start.
fn range(f: &mut Object<'_>, now: Millis) -> Result<(Option<Millis>, Option<Millis>), ApiError> {
    let (from, until) = (f.time("from")?, f.time("until")?);
    if let (Some(from), Some(until)) = (from, until)
        && from > until
    {
        return Err(f.fail("from", "must not be later than until"));
    }
    let default = until.unwrap_or(now).saturating_sub(limits::LIST_RANGE_MS);
    Ok((from.or(Some(default)), until))
}

fn order(sort: &mut Object<'_>) -> Result<bool, ApiError> {
    Ok(sort.word("order", &[("DESC", false), ("ASC", true)])?.unwrap_or(false))
}

/// `GET /billing-keys`.
///
/// # Errors
/// 400 naming the field; 403 for a foreign `storeId`.
pub(super) fn keys(body: &mut Object<'_>, store: &Store, now: Millis) -> Result<KeyQuery, ApiError> {
    let (number, size) = page(body)?;
    let (offset, limit) = offset(number, size);
    let mut query = KeyQuery {
        filter: KeyFilter {
            store: store.id.clone(),
            offset,
            limit,
            ..KeyFilter::default()
        },
        number,
        size,
        nothing: false,
    };
    if let Some(mut sort) = body.object("sort")? {
        query.filter.sort = sort.word("by", &KEY_TIMES)?.unwrap_or_default();
        query.filter.ascending = order(&mut sort)?;
    }
    match body.object("filter")? {
        Some(mut filter) => key_filter(&mut filter, store, now, &mut query)?,
        None => query.filter.from = Some(now - limits::LIST_RANGE_MS),
    }
    Ok(query)
}

fn key_filter(f: &mut Object<'_>, store: &Store, now: Millis, query: &mut KeyQuery) -> Result<(), ApiError> {
    own_store(store, f.id("storeId")?.as_deref())?;
    let filter = &mut query.filter;
    filter.time = f.word("timeRangeField", &KEY_TIMES)?.unwrap_or_default();
    (filter.from, filter.until) = range(f, now)?;
    let states = [("ISSUED", KeyStatus::Issued), ("DELETED", KeyStatus::Deleted)];
    filter.status = f.words("status", &states)?;
    let groups = f.array("channelGroupIds", limits::FILTER_ITEMS)?.unwrap_or_default();
    let groups: Option<Vec<String>> = groups.iter().map(|id| id.as_str().map(str::to_owned)).collect();
    filter.groups = groups.ok_or_else(|| f.fail("channelGroupIds", "must hold ids of channel groups"))?;
    filter.customer_id = f.text("customerId", limits::LINE)?;
    filter.platform = f
        .word(
            "platformType",
            &[("SDK_PC", "PC"), ("SDK_MOBILE", "MOBILE"), ("API", "API")],
        )?
        .map(str::to_owned);
    filter.pg_providers = pg_providers(f, "pgProviders")?;
    let kinds = [
        ("CARD", MethodKind::Card),
        ("MOBILE", MethodKind::Mobile),
        ("EASY_PAY", MethodKind::EasyPay),
        ("TRANSFER", MethodKind::Transfer),
    ];
    filter.methods = f.words("methods", &kinds)?;
    if let Some(mut text) = f.object("textSearch")? {
        let field = text.word("field", &KEY_TEXTS.map(|word| (word, word)))?;
        let field = field.ok_or_else(|| text.missing("field"))?;
        filter.text = Some((field.to_owned(), text.need_text("value", limits::LINE)?));
    }
    query.nothing = f.word("version", &[("V1", true), ("V2", false)])?.unwrap_or(false);
    if f.has("pgCompanies") {
        return Err(f.fail("pgCompanies", "cannot be filtered by yet; use pgProviders"));
    }
    Ok(())
}

/// `GET /payment-schedules`. The range is about the due time and ends now if nothing else is said, as PortOne's does:
/// who looks for what is yet to come names an end.
///
/// # Errors
/// 400 naming the field; 403 for a foreign `storeId`.
pub(super) fn schedules(body: &mut Object<'_>, store: &Store, now: Millis) -> Result<ScheduleQuery, ApiError> {
    let (number, size) = page(body)?;
    let (offset, limit) = offset(number, size);
    let mut filter = ScheduleFilter {
        store: store.id.clone(),
        offset,
        limit,
        ..ScheduleFilter::default()
    };
    if let Some(mut sort) = body.object("sort")? {
        let times = [
            ("CREATED_AT", ScheduleTime::Created),
            ("TIME_TO_PAY", ScheduleTime::TimeToPay),
            ("COMPLETED_AT", ScheduleTime::Completed),
            ("STATUS_TIMESTAMP", ScheduleTime::Status),
        ];
        filter.sort = sort.word("by", &times)?.unwrap_or_default();
        filter.ascending = order(&mut sort)?;
    }
    match body.object("filter")? {
        Some(mut f) => {
            own_store(store, f.id("storeId")?.as_deref())?;
            filter.billing_key = f.id("billingKey")?;
            let (from, until) = range(&mut f, now)?;
            (filter.from, filter.until) = (from, until.or(Some(now)));
            let states = [
                ScheduleStatus::Scheduled,
                ScheduleStatus::Started,
                ScheduleStatus::Succeeded,
                ScheduleStatus::Failed,
                ScheduleStatus::Revoked,
                ScheduleStatus::Pending,
            ];
            filter.status = f.words("status", &states.map(|s| (s.as_str(), s)))?;
            filter.is_test = f.flag("isForTest")?;
        }
        None => (filter.from, filter.until) = (Some(now - limits::LIST_RANGE_MS), Some(now)),
    }
    Ok(ScheduleQuery { filter, number, size })
}
