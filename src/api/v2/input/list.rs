//! `GET /payments`: page and filter.

use crate::api::v2::auth::own_store;
use crate::api::v2::decode::Object;
use crate::api::v2::error::ApiError;
use crate::api::v2::limits;
use crate::channels::Store;
use crate::ledger::{FACTS, PaymentFilter};
use crate::payment::{MethodKind, Millis, Status};

/// A decoded list request.
#[derive(Debug, Clone)]
pub struct ListQuery {
    /// What to look for.
    pub filter: PaymentFilter,
    /// Page number, from 0.
    pub number: i64,
    /// Page size.
    pub size: i64,
    /// The filter asks for something that no payment of this router has (an escrow, …): the page is empty.
    pub nothing: bool,
}

const STATUSES: [(&str, &[Status]); 7] = [
    ("READY", &[Status::Ready, Status::Approving, Status::Unknown]),
    ("PENDING", &[Status::PayPending]),
    ("VIRTUAL_ACCOUNT_ISSUED", &[Status::VirtualAccountIssued]),
    ("PAID", &[Status::Paid]),
    ("FAILED", &[Status::Failed]),
    ("PARTIAL_CANCELLED", &[Status::PartialCancelled]),
    ("CANCELLED", &[Status::Cancelled]),
];

const METHODS: [(&str, Option<MethodKind>); 8] = [
    ("CARD", Some(MethodKind::Card)),
    ("TRANSFER", Some(MethodKind::Transfer)),
    ("VIRTUAL_ACCOUNT", Some(MethodKind::VirtualAccount)),
    ("GIFT_CERTIFICATE", Some(MethodKind::GiftCertificate)),
    ("MOBILE", Some(MethodKind::Mobile)),
    ("EASY_PAY", Some(MethodKind::EasyPay)),
    ("CONVENIENCE_STORE", None),
    ("CRYPTO", None),
];

/// PortOne V2 `PaymentTextSearchField`, and whether a payment of this router can have such a text.
const TEXT_FIELDS: [(&str, (&str, bool)); 32] = [
    ("ALL", ("ALL", true)),
    ("PAYMENT_ID", ("PAYMENT_ID", true)),
    ("TX_ID", ("TX_ID", true)),
    ("SCHEDULE_ID", ("SCHEDULE_ID", true)),
    ("FAIL_REASON", ("FAIL_REASON", true)),
    ("CARD_ISSUER", ("CARD_ISSUER", true)),
    ("CARD_ACQUIRER", ("CARD_ACQUIRER", true)),
    ("CARD_BIN", ("CARD_BIN", true)),
    ("CARD_NUMBER", ("CARD_NUMBER", true)),
    ("CARD_APPROVAL_NUMBER", ("CARD_APPROVAL_NUMBER", true)),
    ("CARD_RECEIPT_NAME", ("CARD_RECEIPT_NAME", true)),
    ("CARD_INSTALLMENT", ("CARD_INSTALLMENT", true)),
    ("TRANS_BANK", ("TRANS_BANK", true)),
    ("VIRTUAL_ACCOUNT_HOLDER_NAME", ("VIRTUAL_ACCOUNT_HOLDER_NAME", true)),
    ("VIRTUAL_ACCOUNT_BANK", ("VIRTUAL_ACCOUNT_BANK", true)),
    ("VIRTUAL_ACCOUNT_NUMBER", ("VIRTUAL_ACCOUNT_NUMBER", true)),
    ("PG_MERCHANT_ID", ("PG_MERCHANT_ID", true)),
    ("PG_TX_ID", ("PG_TX_ID", true)),
    ("PG_RECEIPT_ID", ("PG_RECEIPT_ID", false)),
    ("RECEIPT_APPROVAL_NUMBER", ("RECEIPT_APPROVAL_NUMBER", false)),
    ("PG_CANCELLATION_ID", ("PG_CANCELLATION_ID", true)),
    ("CANCEL_REASON", ("CANCEL_REASON", true)),
    ("ORDER_NAME", ("ORDER_NAME", true)),
    ("CUSTOMER_NAME", ("CUSTOMER_NAME", true)),
    ("CUSTOMER_EMAIL", ("CUSTOMER_EMAIL", true)),
    ("CUSTOMER_PHONE_NUMBER", ("CUSTOMER_PHONE_NUMBER", true)),
    ("CUSTOMER_ADDRESS", ("CUSTOMER_ADDRESS", true)),
    ("CUSTOMER_ZIPCODE", ("CUSTOMER_ZIPCODE", true)),
    ("USER_AGENT", ("USER_AGENT", true)),
    ("BILLING_KEY", ("BILLING_KEY", true)),
    ("PROMOTION_ID", ("PROMOTION_ID", false)),
    (
        "GIFT_CERTIFICATION_APPROVAL_NUMBER",
        ("GIFT_CERTIFICATION_APPROVAL_NUMBER", true),
    ),
];

/// Decodes the body. `now` bounds the default range: the 90 days before `until`, or before now.
///
/// # Errors
/// 400 naming the field; 403 for a foreign `storeId` or `merchantId`.
pub fn list(body: &mut Object<'_>, store: &Store, now: Millis) -> Result<ListQuery, ApiError> {
    let (number, size) = page(body)?;
    let mut query = ListQuery {
        filter: PaymentFilter {
            stores: vec![store.id.clone()],
            offset: usize::try_from(number * size).unwrap_or(usize::MAX),
            limit: usize::try_from(size).unwrap_or(0),
            ..PaymentFilter::default()
        },
        number,
        size,
        nothing: false,
    };
    match body.object("filter")? {
        Some(mut filter) => read_filter(&mut filter, store, now, &mut query)?,
        None => query.filter.from = Some(now - limits::LIST_RANGE_MS),
    }
    Ok(query)
}

/// `page`: number from 0, size; default 0 and 10.
///
/// # Errors
/// 400 naming the field.
pub fn page(body: &mut Object<'_>) -> Result<(i64, i64), ApiError> {
    let Some(mut page) = body.object("page")? else {
        return Ok((0, 10));
    };
    let int = i64::from(i32::MAX);
    let number = page
        .integer("number", 0..=int, "must be an integer, the first page is 0")?
        .unwrap_or(0);
    let size = page
        .integer("size", 1..=limits::PAGE_SIZE, "must be an integer, at least 1")?
        .unwrap_or(10);
    if (number + 1) * size > limits::PAGE_REACH {
        let message = format!("(number + 1) × size must be at most {}", limits::PAGE_REACH);
        return Err(page.fail("number", &message));
    }
    Ok((number, size))
}

fn read_filter(f: &mut Object<'_>, store: &Store, now: Millis, query: &mut ListQuery) -> Result<(), ApiError> {
    own_store(store, f.id("storeId")?.as_deref())?;
    if f.id("merchantId")?.is_some_and(|id| id != store.merchant_id) {
        return Err(ApiError::forbidden("filter.merchantId"));
    }
    range(f, now, query)?;
    let filter = &mut query.filter;
    filter.status = f.words("status", &STATUSES)?.concat();
    let methods = f.words("methods", &METHODS)?;
    filter.methods = methods.iter().copied().flatten().collect();
    query.nothing |= !methods.is_empty() && filter.methods.is_empty();
    filter.pg_providers = pg_providers(f, "pgProvider")?;
    filter.is_test = f.flag("isTest")?;
    filter.currency = f.currency("currency")?.map(String::from);
    filter.platform = f
        .word(
            "platformType",
            &[("SDK_PC", "PC"), ("SDK_MOBILE", "MOBILE"), ("API", "API")],
        )?
        .map(str::to_owned);
    filter.sort_by_status_change = f
        .word("sortBy", &[("REQUESTED_AT", false), ("STATUS_CHANGED_AT", true)])?
        .unwrap_or(filter.by_status_change);
    filter.ascending = f.word("sortOrder", &[("DESC", false), ("ASC", true)])?.unwrap_or(false);
    filter.scheduled = f.flag("isScheduled")?;
    query.nothing |= text_search(f, &mut query.filter)?;
    query.nothing |= never(f)?;
    facts(f, &mut query.filter)?;
    unserved(f)
}

fn range(f: &mut Object<'_>, now: Millis, query: &mut ListQuery) -> Result<(), ApiError> {
    let types = [("CREATED_AT", false), ("STATUS_CHANGED_AT", true)];
    let filter = &mut query.filter;
    filter.by_status_change = f.word("timestampType", &types)?.unwrap_or(false);
    filter.until = f.time("until")?;
    let from = f.time("from")?;
    if let (Some(from), Some(until)) = (from, filter.until)
        && from > until
    {
        return Err(f.fail("from", "must not be later than until"));
    }
    filter.from = from.or_else(|| Some(filter.until.unwrap_or(now).saturating_sub(limits::LIST_RANGE_MS)));
    Ok(())
}

/// PortOne V2 `PgProvider` words under `member`.
///
/// # Errors
/// 400 naming the field.
pub fn pg_providers(f: &mut Object<'_>, member: &'static str) -> Result<Vec<String>, ApiError> {
    let items = f.array(member, limits::FILTER_ITEMS)?.unwrap_or_default();
    let word = |text: &&str| {
        let fits = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
        !text.is_empty() && text.len() <= limits::CODE && text.bytes().all(fits)
    };
    items
        .iter()
        .map(|item| {
            let text = item.as_str().filter(word);
            text.map(str::to_owned)
                .ok_or_else(|| f.fail(member, "must hold PortOne V2 PgProvider words, e.g. TOSSPAYMENTS"))
        })
        .collect()
}

/// `true` if a text is asked for that no payment here can have.
fn text_search(f: &mut Object<'_>, filter: &mut PaymentFilter) -> Result<bool, ApiError> {
    let mut nothing = false;
    let items = f.array("textSearch", limits::FILTER_ITEMS)?.unwrap_or_default();
    for (index, item) in items.into_iter().enumerate() {
        let mut item = f.item("textSearch", index, item)?;
        let field = item.word("field", &TEXT_FIELDS)?;
        let (field, possible) = field.ok_or_else(|| item.missing("field"))?;
        let value = item.need_text("value", limits::LINE)?;
        nothing |= !possible;
        filter.text.push((field.to_owned(), value));
    }
    Ok(nothing)
}

/// Filters on what no payment of this router has: asking for it finds nothing.
fn never(f: &mut Object<'_>) -> Result<bool, ApiError> {
    Ok(f.word("version", &[("V1", true), ("V2", false)])?.unwrap_or(false))
}

/// Words of the filters that become [`PaymentFilter::facts`].
const FACT_WORDS: [(&str, &[&str]); 5] = [
    (
        FACTS[0],
        &[
            "REGISTERED",
            "DELIVERED",
            "CONFIRMED",
            "REJECTED",
            "CANCELLED",
            "REJECT_CONFIRMED",
        ],
    ),
    (
        FACTS[1],
        &["LOCAL", "MASTER", "UNIONPAY", "VISA", "JCB", "AMEX", "DINERS"],
    ),
    (FACTS[2], &["CREDIT", "DEBIT", "GIFT"]),
    (FACTS[3], &["PERSONAL", "CORPORATE"]),
    (
        FACTS[4],
        &["BOOKNLIFE", "SMART_MUNSANG", "CULTURELAND", "HAPPYMONEY", "CULTUREGIFT"],
    ),
];

fn facts(f: &mut Object<'_>, filter: &mut PaymentFilter) -> Result<(), ApiError> {
    filter.escrow = f.flag("isEscrow")?;
    for (name, words) in FACT_WORDS {
        let words: Vec<(&'static str, &'static str)> = words.iter().map(|word| (*word, *word)).collect();
        if let Some(word) = f.word(name, &words)? {
            filter.facts.push((name, word));
        }
    }
    Ok(())
}

/// Filters that would need data the ledger's list cannot search yet: refused, because ignoring one would answer
/// payments that were not asked for.
fn unserved(f: &Object<'_>) -> Result<(), ApiError> {
    if f.has("webhookStatus") {
        let message = "cannot be filtered by; leave it out and look at the webhooks of each payment";
        return Err(f.fail("webhookStatus", message));
    }
    for member in [
        "cashReceiptType",
        "cashReceiptStatus",
        "cashReceiptIssuedAtRange",
        "cashReceiptCancelledAtRange",
    ] {
        if f.has(member) {
            return Err(f.fail(member, "cannot be filtered by here; GET /cash-receipts can"));
        }
    }
    Ok(())
}
