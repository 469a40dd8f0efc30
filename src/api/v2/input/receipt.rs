//! `POST /cash-receipts` and the filter of `GET /cash-receipts`.

use super::list::{page, pg_providers};
use crate::adapters::IdentityKind;
use crate::api::v2::auth::own_store;
use crate::api::v2::decode::Object;
use crate::api::v2::error::ApiError;
use crate::api::v2::limits;
use crate::channels::Store;
use crate::engine::ReceiptInput;
use crate::ledger::{ReceiptFilter, ReceiptTime};
use crate::payment::{PaidWith, ReceiptKind, ReceiptState};
use secrecy::{ExposeSecret, SecretString};

/// A decoded issue.
#[derive(Debug, Clone)]
pub struct ReceiptCommand {
    /// `channelKey`.
    pub channel_key: String,
    /// Receipt.
    pub input: ReceiptInput,
}

/// A decoded list request.
#[derive(Debug, Clone)]
pub struct ReceiptQuery {
    /// What to look for.
    pub filter: ReceiptFilter,
    /// Page number, from 0.
    pub number: i64,
    /// Page size.
    pub size: i64,
    /// The filter asks for what no receipt here can be.
    pub nothing: bool,
}

/// Hyphens taken out.
pub(super) fn digits(number: &SecretString) -> SecretString {
    SecretString::from(number.expose_secret().replace('-', ""))
}

/// Decodes the body. `productType` is checked and then left: no PG served here asks for it.
///
/// # Errors
/// 400 naming the field; 409 for amounts that do not add up.
pub fn receipt(body: &mut Object<'_>, store_id: &str) -> Result<ReceiptCommand, ApiError> {
    body.sensitive();
    let payment_id = body.need_text("paymentId", limits::PAYMENT_ID)?;
    if payment_id.chars().any(char::is_control) {
        return Err(body.fail("paymentId", "must not contain control characters"));
    }
    let channel_key = body.id("channelKey")?.ok_or_else(|| body.missing("channelKey"))?;
    let kinds = [
        ("PERSONAL", ReceiptKind::Personal),
        ("CORPORATE", ReceiptKind::Corporate),
    ];
    let kind = body.word("type", &kinds)?.ok_or_else(|| body.missing("type"))?;
    let order_name = body.need_text("orderName", limits::ORDER_NAME)?;
    let currency = body.currency("currency")?.ok_or_else(|| body.missing("currency"))?;
    let amounts = super::instant::amounts(body)?;
    body.word("productType", &[("PHYSICAL", ()), ("DIGITAL", ())])?;
    let methods = [
        ("TRANSFER", PaidWith::Transfer),
        ("VIRTUAL_ACCOUNT", PaidWith::VirtualAccount),
    ];
    let paid_with = body.word("paymentMethod", &methods)?;
    let paid_at = body.time("paidAt")?;
    let seller = body.text("businessRegistrationNumber", limits::CODE)?;
    let Some(mut customer) = body.object("customer")? else {
        return Err(body.missing("customer"));
    };
    let number = customer.secret(
        "identityNumber",
        "the digits of a phone, card or business number",
        |t| !t.is_empty() && t.len() <= limits::CODE && t.iter().all(|b| b.is_ascii_digit() || *b == b'-'),
    )?;
    let identity = number
        .as_ref()
        .map(digits)
        .ok_or_else(|| customer.missing("identityNumber"))?;
    let types = [
        ("PHONE", IdentityKind::Phone),
        ("CARD", IdentityKind::Card),
        ("BUSINESS", IdentityKind::Business),
    ];
    Ok(ReceiptCommand {
        channel_key,
        input: ReceiptInput {
            store_id: store_id.to_owned(),
            payment_id,
            amounts,
            currency,
            order_name,
            kind,
            identity,
            identity_kind: customer.word("identityNumberType", &types)?,
            customer_name: customer.text("name", limits::LINE)?,
            customer_email: customer.text("email", limits::LINE)?,
            customer_phone: customer.text("phoneNumber", limits::CODE)?,
            paid_with,
            paid_at,
            seller,
        },
    })
}

const TIMES: [(&str, ReceiptTime); 3] = [
    ("ISSUED_AT", ReceiptTime::Issued),
    ("CANCELLED_AT", ReceiptTime::Cancelled),
    ("STATUS_UPDATED_AT", ReceiptTime::StatusChanged),
];

/// Decodes a list request. Every receipt here was issued by a call of its own (`isManual`), of version V2.
///
/// # Errors
/// 400 naming the field; 403 for a foreign `storeId`.
pub fn receipts(body: &mut Object<'_>, store: &Store) -> Result<ReceiptQuery, ApiError> {
    let (number, size) = page(body)?;
    let mut filter = ReceiptFilter {
        stores: vec![store.id.clone()],
        offset: usize::try_from(number * size).unwrap_or(usize::MAX),
        limit: usize::try_from(size).unwrap_or(0),
        ..ReceiptFilter::default()
    };
    if let Some(mut sort) = body.object("sort")? {
        filter.sort_by = sort.word("by", &TIMES)?.unwrap_or_default();
        filter.ascending = sort.word("order", &[("DESC", false), ("ASC", true)])?.unwrap_or(false);
    }
    let mut nothing = false;
    if let Some(mut f) = body.object("filter")? {
        own_store(store, f.id("storeId")?.as_deref())?;
        nothing = read_filter(&mut f, &mut filter)?;
    }
    Ok(ReceiptQuery {
        filter,
        number,
        size,
        nothing,
    })
}

/// `true` if the filter asks for what no receipt here can be.
fn read_filter(f: &mut Object<'_>, filter: &mut ReceiptFilter) -> Result<bool, ApiError> {
    filter.range_by = f.word("timeRangeField", &TIMES)?.unwrap_or_default();
    filter.from = f.time("from")?;
    filter.until = f.time("until")?;
    filter.payment_id = f.id("paymentId")?;
    filter.is_test = f.flag("isTest")?;
    filter.order_name = f.text("orderName", limits::ORDER_NAME)?;
    let states = [
        ("ISSUED", ReceiptState::Issued),
        ("CANCELLED", ReceiptState::Cancelled),
        ("FAILED", ReceiptState::IssueFailed),
    ];
    filter.states = f.words("statuses", &states)?;
    filter.pg_receipt_id = f.id("pgReceiptId")?;
    filter.mid = f.id("pgMerchantId")?;
    filter.pg_providers = pg_providers(f, "pgProviders")?;
    let kinds = [
        ("PERSONAL", ReceiptKind::Personal),
        ("CORPORATE", ReceiptKind::Corporate),
    ];
    filter.kinds = f.words("types", &kinds)?;
    if f.has("pgCompanies") {
        return Err(f.fail("pgCompanies", "cannot be filtered by yet; use pgProviders"));
    }
    let v1 = f.word("version", &[("V1", true), ("V2", false)])?.unwrap_or(false);
    Ok(v1 || f.flag("isManual")? == Some(false))
}
