//! What is bought and by whom: the parameters that every payment without a window shares.

use super::Call;
use super::decode::{CODE, CUSTOM_DATA, LINE, Params, URL};
use super::error::V1Error;
use crate::adapters::CardInput;
use crate::engine::NewAttempt;
use crate::payment::{Amounts, Currency, MethodKind};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

/// Most URLs of `notice_url`.
const NOTICE_URLS: usize = 10;
/// Instalment months.
const MONTHS_MAX: i64 = 60;

/// Parameters that would change the payment and cannot be passed on: refused, not ignored.
const UNSERVED: [&str; 7] = [
    "promotion_id",
    "bypass",
    "secure_3d_charge_id",
    "secure_3d_token",
    "cash_receipt_type",
    "escrow_password",
    "fixed_unlimited_vbank",
];

/// Refuses what cannot be passed on. `false` and empty objects ask for nothing.
///
/// # Errors
/// 400 naming the parameter.
pub fn refuse_unserved(params: &mut Params) -> Result<(), V1Error> {
    for name in UNSERVED {
        if params.asks(name) {
            return Err(params.fail(name, "is not passed on by this router; leave it out"));
        }
    }
    Ok(())
}

/// Amount, tax-exempt part and VAT. `vat` is the old spelling of `vat_amount`.
///
/// # Errors
/// 400 naming the parameter.
pub fn amounts(params: &mut Params, currency: Currency) -> Result<Amounts, V1Error> {
    let total = params.amount("amount", currency)?;
    let total = total.ok_or_else(|| V1Error::missing("amount"))?;
    let tax_free = params.amount("tax_free", currency)?.unwrap_or(0);
    let old = params.amount("vat", currency)?;
    let vat = params.amount("vat_amount", currency)?.or(old);
    Ok(Amounts::new(total, tax_free, vat)?)
}

/// A customer in V2's response shape, from `buyer_*` or `customer_*`.
///
/// # Errors
/// 400 naming the parameter.
pub fn customer(params: &mut Params, prefix: &str) -> Result<Map<String, Value>, V1Error> {
    let mut customer = Map::new();
    if let Some(id) = params.text("customer_id", LINE)? {
        customer.insert("id".to_owned(), id.into());
    }
    for (theirs, ours, max) in [
        ("name", "name", LINE),
        ("email", "email", LINE),
        ("tel", "phoneNumber", CODE),
        ("postcode", "zipcode", CODE),
    ] {
        if let Some(text) = params.text(&format!("{prefix}_{theirs}"), max)? {
            customer.insert(ours.to_owned(), text.into());
        }
    }
    if let Some(line) = params.text(&format!("{prefix}_addr"), LINE)? {
        customer.insert("address".to_owned(), json!({ "type": "ONE_LINE", "oneLine": line }));
    }
    Ok(customer)
}

/// A member of a customer as text.
#[must_use]
pub fn member(customer: &Value, name: &str) -> Option<String> {
    customer.get(name).and_then(Value::as_str).map(str::to_owned)
}

/// `product_type`, `product_count` and `notice_url`, as V2's extras.
///
/// # Errors
/// 400 naming the parameter.
pub fn extras(params: &mut Params) -> Result<Map<String, Value>, V1Error> {
    let mut extras = Map::new();
    if let Some(word) = params.text("product_type", CODE)? {
        let kind = match word.as_str() {
            "real" => "PHYSICAL",
            "digital" => "DIGITAL",
            _ => return Err(params.fail("product_type", "must be real or digital")),
        };
        extras.insert("productType".to_owned(), kind.into());
    }
    if let Some(count) = params.integer("product_count", 0..=i64::from(i32::MAX))? {
        extras.insert("productCount".to_owned(), count.into());
    }
    let urls = params.lines("notice_url", NOTICE_URLS, URL)?;
    let web = |text: &String| {
        let scheme = text.starts_with("https://") || text.starts_with("http://");
        scheme && text.parse::<http::Uri>().is_ok()
    };
    if !urls.iter().all(web) {
        return Err(params.fail("notice_url", "must be an http or https URL"));
    }
    if !urls.is_empty() {
        extras.insert("noticeUrls".to_owned(), urls.into());
    }
    Ok(extras)
}

/// Instalment and interest: months (0 for a lump sum), whether the merchant bears the interest, whether card points are
/// used.
///
/// # Errors
/// 400 naming the parameter.
pub fn plan(params: &mut Params) -> Result<(u32, bool, bool), V1Error> {
    let months = params.integer("card_quota", 0..=MONTHS_MAX)?.unwrap_or(0);
    // A "one-month instalment" is a lump sum; PGs know no such plan.
    let months = u32::try_from(months).ok().filter(|m| *m > 1).unwrap_or(0);
    let free = params.flag("interest_free_by_merchant")?.unwrap_or(false);
    Ok((months, free, params.flag("use_card_point")?.unwrap_or(false)))
}

/// A payment to be made. An order without a `name` is called by its `merchant_uid`.
///
/// # Errors
/// 400 naming the parameter.
pub fn attempt(
    call: &Call,
    params: &mut Params,
    merchant_uid: &str,
    method: MethodKind,
) -> Result<NewAttempt, V1Error> {
    refuse_unserved(params)?;
    let currency = params.currency()?;
    Ok(NewAttempt {
        store_id: call.store.id.clone(),
        payment_id: merchant_uid.to_owned(),
        amounts: amounts(params, currency)?,
        currency,
        order_name: params.text("name", LINE)?.unwrap_or_else(|| merchant_uid.to_owned()),
        method,
        customer: customer(params, "buyer")?.into(),
        custom_data: params.text("custom_data", CUSTOM_DATA)?,
        extras: extras(params)?,
        origin: call.origin.clone(),
    })
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn card_number(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    text.len() <= 40
        && (12..=19).contains(&digits)
        && text.bytes().all(|b| b.is_ascii_digit() || b == b'-' || b == b' ')
}

/// `YYYY-MM`, also with another or no separator.
fn expiry(text: &str) -> bool {
    let bytes = text.as_bytes();
    let month = |m: &[u8]| matches!(m, [b'0', b'1'..=b'9'] | [b'1', b'0'..=b'2']);
    let year = |y: &[u8]| y.len() == 4 && y.iter().all(u8::is_ascii_digit);
    match bytes.len() {
        7 => year(&bytes[..4]) && !bytes[4].is_ascii_digit() && month(&bytes[5..]),
        6 => year(&bytes[..4]) && month(&bytes[4..]),
        _ => false,
    }
}

/// A piece of secret text as a secret of its own.
fn piece(secret: &SecretString, take: impl Fn(&str) -> String) -> SecretString {
    SecretString::from(take(secret.expose_secret()))
}

/// Card data, straight into secret strings. `cvc` is for overseas cards that no PG here takes by API; it is dropped.
///
/// # Errors
/// 400 naming the parameter, never its value.
pub fn card(params: &mut Params) -> Result<CardInput, V1Error> {
    let number = params.secret("card_number", card_number)?;
    let number = number.ok_or_else(|| V1Error::missing("card_number"))?;
    let expiry = params.secret("expiry", expiry)?;
    let expiry = expiry.ok_or_else(|| V1Error::missing("expiry"))?;
    drop(params.secret("cvc", |_| true)?);
    Ok(CardInput {
        number: piece(&number, |t| t.chars().filter(char::is_ascii_digit).collect()),
        expiry_year: piece(&expiry, |t| t.get(2..4).unwrap_or_default().to_owned()),
        expiry_month: piece(&expiry, |t| t.get(t.len() - 2..).unwrap_or_default().to_owned()),
        birth_or_business: params.secret("birth", |t| matches!(t.len(), 6 | 10) && digits(t))?,
        password_two_digits: params.secret("pwd_2digit", |t| t.len() == 2 && digits(t))?,
    })
}
