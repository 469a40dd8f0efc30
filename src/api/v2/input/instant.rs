//! `POST /payments/{paymentId}/instant`: key-in card payment.

use super::customer::customer;
use super::order::extras;
use crate::adapters::CardInput;
use crate::api::v2::decode::Object;
use crate::api::v2::error::{ApiError, money};
use crate::api::v2::limits;
use crate::engine::{InstantInput, NewAttempt};
use crate::payment::{Amounts, MethodKind, Origin};
use crate::routing::Selector;

/// How the request names its channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Channel {
    /// `channelKey`.
    Key(String),
    /// `channelGroupId`.
    Group(String),
}

impl Channel {
    /// For routing.
    #[must_use]
    pub fn selector(&self) -> Selector<'_> {
        match self {
            Self::Key(key) => Selector::Channel(key),
            Self::Group(id) => Selector::Group(id),
        }
    }
}

/// A decoded key-in payment.
#[derive(Debug, Clone)]
pub struct InstantCommand {
    /// Channel or group.
    pub channel: Channel,
    /// Attempt.
    pub attempt: NewAttempt,
    /// Card.
    pub input: InstantInput,
}

/// Decodes the body. Card data goes straight into secret strings; what is left of it is overwritten.
///
/// What would change the payment but cannot be passed on yet (`promotionId`, `isEscrow`, `isCulturalExpense`, a
/// non-empty `bypass`) is refused rather than ignored.
///
/// # Errors
/// 400 naming the field; 409 `SUM_OF_PARTS_EXCEEDS_TOTAL_AMOUNT`.
pub fn instant(
    body: &mut Object<'_>,
    store_id: &str,
    payment_id: &str,
    origin: Origin,
) -> Result<InstantCommand, ApiError> {
    body.sensitive();
    let card = card(body)?;
    let channel = channel(body)?;
    let order_name = body.need_text("orderName", limits::ORDER_NAME)?;
    let amounts = amounts(body)?;
    let currency = body.currency("currency")?.ok_or_else(|| body.missing("currency"))?;
    refuse_unserved(body)?;
    let customer = customer(body)?;
    let phone = customer.shown.get("phoneNumber").and_then(|v| v.as_str());
    let customer_phone = phone.map(str::to_owned);
    let custom_data = body.text("customData", limits::CUSTOM_DATA)?;
    let extras = extras(body)?;
    Ok(InstantCommand {
        channel,
        attempt: NewAttempt {
            store_id: store_id.to_owned(),
            payment_id: payment_id.to_owned(),
            amounts,
            currency,
            order_name,
            method: MethodKind::Card,
            customer: customer.shown.into(),
            custom_data,
            extras,
            origin,
        },
        input: InstantInput {
            customer_name: customer.name,
            customer_email: customer.email,
            customer_phone,
            ..card
        },
    })
}

/// `channelKey` or `channelGroupId`, one of them.
///
/// # Errors
/// 400 naming the field.
pub fn channel(body: &mut Object<'_>) -> Result<Channel, ApiError> {
    match (body.id("channelKey")?, body.id("channelGroupId")?) {
        (Some(key), None) => Ok(Channel::Key(key)),
        (None, Some(id)) => Ok(Channel::Group(id)),
        (Some(_), Some(_)) => Err(body.fail("channelKey", "give either channelKey or channelGroupId, not both")),
        (None, None) => Err(body.fail("channelKey", "give channelKey or channelGroupId")),
    }
}

/// `amount`.
///
/// # Errors
/// 400 naming the field; 409 `SUM_OF_PARTS_EXCEEDS_TOTAL_AMOUNT`.
pub fn amounts(body: &mut Object<'_>) -> Result<Amounts, ApiError> {
    let Some(mut amount) = body.object("amount")? else {
        return Err(body.fail("amount.total", "is required"));
    };
    let total = amount.amount("total")?.ok_or_else(|| amount.missing("total"))?;
    let tax_free = amount.part("taxFree")?.unwrap_or(0);
    let vat = amount.part("vat")?;
    Amounts::new(total, tax_free, vat).map_err(|e| money("amount.", e))
}

fn refuse_unserved(body: &mut Object<'_>) -> Result<(), ApiError> {
    for flag in ["isEscrow", "isCulturalExpense"] {
        if body.flag(flag)? == Some(true) {
            return Err(body.fail(
                flag,
                "is not served for key-in payments yet; leave it out or send false",
            ));
        }
    }
    refuse_bypass(body)
}

/// What no method of a server call can pass on.
///
/// # Errors
/// 400 naming the field.
pub(super) fn refuse_bypass(body: &mut Object<'_>) -> Result<(), ApiError> {
    if body.has("promotionId") {
        return Err(body.fail("promotionId", "this router has no promotions; leave it out"));
    }
    let bypass = body.object("bypass")?.is_some_and(|bypass| !bypass.is_empty());
    if bypass {
        return Err(body.fail(
            "bypass",
            "members for one PG are not passed on for key-in payments yet; leave it out",
        ));
    }
    Ok(())
}

fn digits(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_digit)
}

/// The card and its options; the buyer's name and e-mail are the caller's to add.
fn card(body: &mut Object<'_>) -> Result<InstantInput, ApiError> {
    let Some(mut method) = body.object("method")? else {
        return Err(body.missing("method.card"));
    };
    let Some(mut card) = method.object("card")? else {
        return Err(method.missing("card"));
    };
    let range = 0..=limits::INSTALLMENT_MONTHS;
    let months = card
        .integer(
            "installmentMonth",
            range,
            "must be a number of months, 0 for a lump sum",
        )?
        .unwrap_or(0);
    // A "one-month instalment" is a lump sum; PGs know no such plan.
    let installment_months = u32::try_from(months).ok().filter(|m| *m > 1).unwrap_or(0);
    let plan = card.flag("useFreeInstallmentPlan")?.unwrap_or(false);
    let merchant_pays = card.flag("useFreeInterestFromMerchant")?.unwrap_or(false);
    let use_card_point = card.flag("useCardPoint")?.unwrap_or(false);
    let Some(mut credential) = card.object("credential")? else {
        return Err(card.missing("credential"));
    };
    Ok(InstantInput {
        card: read_credential(&mut credential)?,
        installment_months,
        free_installment: plan || merchant_pays,
        use_card_point,
        customer_name: None,
        customer_email: None,
        customer_phone: None,
    })
}

/// `credential` of a card, into secret strings.
///
/// # Errors
/// 400 naming the field, never its value.
pub fn read_credential(credential: &mut Object<'_>) -> Result<CardInput, ApiError> {
    let number = credential
        .secret("number", "12 to 19 digits, nothing between them", |t| {
            (12..=19).contains(&t.len()) && digits(t)
        })?
        .ok_or_else(|| credential.missing("number"))?;
    let expiry_year = credential
        .secret("expiryYear", "the last two digits of the year", |t| {
            t.len() == 2 && digits(t)
        })?
        .ok_or_else(|| credential.missing("expiryYear"))?;
    let expiry_month = credential
        .secret("expiryMonth", "two digits, 01 to 12", |t| {
            matches!(t, [b'0', b'1'..=b'9'] | [b'1', b'0'..=b'2'])
        })?
        .ok_or_else(|| credential.missing("expiryMonth"))?;
    let birth_or_business = credential.secret(
        "birthOrBusinessRegistrationNumber",
        "6 digits of birth (YYMMDD) or 10 digits of a business registration number",
        |t| matches!(t.len(), 6 | 10) && digits(t),
    )?;
    let password_two_digits = credential.secret("passwordTwoDigits", "the first two digits of the password", |t| {
        t.len() == 2 && digits(t)
    })?;
    Ok(CardInput {
        number,
        expiry_year,
        expiry_month,
        birth_or_business,
        password_two_digits,
    })
}
