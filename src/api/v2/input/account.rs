//! `method.virtualAccount` of `POST /payments/{paymentId}/instant`.

use super::customer::customer;
use super::instant::{Channel, amounts, channel, refuse_bypass};
use super::order::extras;
use crate::adapters::{AccountExpiry, AccountKind, AccountReceipt, ReceiptWish};
use crate::api::v2::banks;
use crate::api::v2::decode::Object;
use crate::api::v2::error::ApiError;
use crate::api::v2::limits;
use crate::engine::{AccountInput, NewAttempt};
use crate::payment::{MethodKind, Origin};

/// A decoded issue.
#[derive(Debug, Clone)]
pub struct AccountCommand {
    /// Channel or group.
    pub channel: Channel,
    /// Attempt.
    pub attempt: NewAttempt,
    /// Account.
    pub input: AccountInput,
}

/// Decodes the body.
///
/// # Errors
/// 400 naming the field; 409 `SUM_OF_PARTS_EXCEEDS_TOTAL_AMOUNT`.
pub fn account(
    body: &mut Object<'_>,
    store_id: &str,
    payment_id: &str,
    origin: Origin,
) -> Result<AccountCommand, ApiError> {
    body.sensitive();
    let mut input = virtual_account(body)?;
    let channel = channel(body)?;
    let order_name = body.need_text("orderName", limits::ORDER_NAME)?;
    let amounts = amounts(body)?;
    let currency = body.currency("currency")?.ok_or_else(|| body.missing("currency"))?;
    refuse_bypass(body)?;
    if body.flag("isCulturalExpense")? == Some(true) {
        let message = "is not served for virtual accounts by API; leave it out or send false";
        return Err(body.fail("isCulturalExpense", message));
    }
    input.escrow = body.flag("isEscrow")?.unwrap_or(false);
    let customer = customer(body)?;
    input.customer_name = customer.name;
    input.customer_email = customer.email;
    input.customer_phone = customer
        .shown
        .get("phoneNumber")
        .and_then(|v| v.as_str())
        .map(str::to_owned);
    let custom_data = body.text("customData", limits::CUSTOM_DATA)?;
    let extras = extras(body)?;
    Ok(AccountCommand {
        channel,
        attempt: NewAttempt {
            store_id: store_id.to_owned(),
            payment_id: payment_id.to_owned(),
            amounts,
            currency,
            order_name,
            method: MethodKind::VirtualAccount,
            customer: customer.shown.into(),
            custom_data,
            extras,
            origin,
        },
        input,
    })
}

fn virtual_account(body: &mut Object<'_>) -> Result<AccountInput, ApiError> {
    let Some(mut method) = body.object("method")? else {
        return Err(body.missing("method.virtualAccount"));
    };
    if method.has("card") {
        return Err(method.fail("card", "give either method.card or method.virtualAccount, not both"));
    }
    let Some(mut account) = method.object("virtualAccount")? else {
        return Err(method.missing("virtualAccount"));
    };
    let bank = account.need_text("bank", limits::CODE)?;
    if !banks::is_bank(&bank) {
        return Err(account.fail("bank", "must be a PortOne V2 Bank word, e.g. KOOKMIN"));
    }
    Ok(AccountInput {
        bank,
        expiry: expiry(&mut account)?,
        kind: kind(&mut account)?,
        remittee: account.text("remitteeName", limits::LINE)?,
        receipt: receipt(&mut account)?,
        escrow: false,
        customer_name: None,
        customer_email: None,
        customer_phone: None,
    })
}

fn expiry(account: &mut Object<'_>) -> Result<AccountExpiry, ApiError> {
    let Some(mut expiry) = account.object("expiry")? else {
        return Err(account.missing("expiry"));
    };
    let range = 1..=i64::from(i32::MAX);
    let hours = expiry.integer("validHours", range, "must be a number of hours, at least 1")?;
    match (hours, expiry.time("dueDate")?) {
        (Some(hours), None) => Ok(AccountExpiry::Hours(u32::try_from(hours).unwrap_or(u32::MAX))),
        (None, Some(due)) => Ok(AccountExpiry::Due(due)),
        (Some(_), Some(_)) => Err(expiry.fail("dueDate", "cannot stand beside validHours; give one of the two")),
        (None, None) => Err(expiry.fail("validHours", "give validHours or dueDate")),
    }
}

fn kind(account: &mut Object<'_>) -> Result<AccountKind, ApiError> {
    let Some(mut option) = account.object("option")? else {
        return Err(account.missing("option"));
    };
    let fixed = option.word("type", &[("NORMAL", false), ("FIXED", true)])?;
    if !fixed.ok_or_else(|| option.missing("type"))? {
        return Ok(AccountKind::Normal);
    }
    let Some(mut fixed) = option.object("fixed")? else {
        return Err(option.missing("fixed"));
    };
    match (fixed.id("pgAccountId")?, fixed.text("accountNumber", limits::CODE)?) {
        (Some(key), None) => Ok(AccountKind::FixedKey(key)),
        (None, Some(number)) => Ok(AccountKind::FixedNumber(number)),
        (Some(_), Some(_)) => Err(fixed.fail("accountNumber", "cannot stand beside pgAccountId; give one of the two")),
        (None, None) => Err(fixed.fail("pgAccountId", "give pgAccountId or accountNumber")),
    }
}

fn receipt(account: &mut Object<'_>) -> Result<Option<AccountReceipt>, ApiError> {
    let Some(mut receipt) = account.object("cashReceipt")? else {
        return Ok(None);
    };
    let wishes = [
        ("PERSONAL", ReceiptWish::Personal),
        ("CORPORATE", ReceiptWish::Corporate),
        ("NO_RECEIPT", ReceiptWish::NoReceipt),
    ];
    let wish = receipt.word("type", &wishes)?.ok_or_else(|| receipt.missing("type"))?;
    let identity = receipt.secret(
        "customerIdentityNumber",
        "the digits of a phone, card or business number",
        |t| t.len() <= limits::CODE && t.iter().all(|b| b.is_ascii_digit() || *b == b'-'),
    )?;
    let identity = identity.as_ref().map(super::receipt::digits);
    if wish != ReceiptWish::NoReceipt && identity.is_none() {
        return Err(receipt.missing("customerIdentityNumber"));
    }
    Ok(Some(AccountReceipt { wish, identity }))
}
