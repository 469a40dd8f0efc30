//! Key-in card payment: `POST /v1/payments/key-in` (Toss docs: "카드 번호 결제", extra contract). No confirm step.

use super::approve::settled;
use super::verify::Expected;
use super::{DESCRIPTOR, Toss, post, rules};
use crate::adapters::{Call, CardInput, ChannelRevision, Instant, KeyIn, Operation, Refusal, Step, WireAnswer};
use crate::payment::{Approval, MethodKind, Status};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    amount: i64,
    order_id: &'a str,
    order_name: &'a str,
    card_number: &'a str,
    card_expiration_year: &'a str,
    card_expiration_month: &'a str,
    customer_identity_number: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    card_password: Option<&'a str>,
    #[serde(skip_serializing_if = "is_zero")]
    card_installment_plan: u32,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    use_free_installment_plan: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    use_card_point: bool,
    #[serde(skip_serializing_if = "is_nothing")]
    tax_free_amount: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_name: Option<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
fn is_zero(months: &u32) -> bool {
    *months == 0
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
fn is_nothing(amount: &i64) -> bool {
    *amount == 0
}

/// Card data that fits Toss's rules. Refusals never quote what was given.
pub(super) struct Digits<'a> {
    pub(super) number: &'a str,
    pub(super) year: &'a str,
    pub(super) month: &'a str,
    pub(super) identity: &'a str,
    pub(super) password: Option<&'a str>,
}

const CREDENTIAL: &str = "method.card.credential";

impl<'a> Digits<'a> {
    pub(super) fn of(card: &'a CardInput) -> Result<Self, Refusal> {
        let number = digits(
            "number",
            &card.number,
            12..=20,
            "must be the card number, digits only, at most 20",
        )?;
        let year = digits(
            "expiryYear",
            &card.expiry_year,
            2..=2,
            "must be the last two digits of the year, e.g. 30",
        )?;
        let month = digits("expiryMonth", &card.expiry_month, 2..=2, "must be two digits, 01 to 12")?;
        if !("01"..="12").contains(&month) {
            return Err(refusal("expiryMonth", "must be two digits, 01 to 12"));
        }
        const IDENTITY: &str = "birthOrBusinessRegistrationNumber";
        const IDENTITY_FIX: &str = "must be the owner's birth date (YYMMDD) or the company's ten-digit business registration number; Toss Payments \
             requires it";
        let identity = card
            .birth_or_business
            .as_ref()
            .ok_or_else(|| refusal(IDENTITY, IDENTITY_FIX))?;
        let identity = digits(IDENTITY, identity, 6..=10, IDENTITY_FIX)?;
        if !matches!(identity.len(), 6 | 10) {
            return Err(refusal(IDENTITY, IDENTITY_FIX));
        }
        let password = card
            .password_two_digits
            .as_ref()
            .map(|p| {
                digits(
                    "passwordTwoDigits",
                    p,
                    2..=2,
                    "must be the first two digits of the card's password",
                )
            })
            .transpose()?;
        Ok(Self {
            number,
            year,
            month,
            identity,
            password,
        })
    }
}

fn refusal(field: &str, message: &str) -> Refusal {
    Refusal::new(format!("{CREDENTIAL}.{field}"), message)
}

fn digits<'a>(
    field: &str,
    value: &'a SecretString,
    lengths: std::ops::RangeInclusive<usize>,
    fix: &str,
) -> Result<&'a str, Refusal> {
    let text = value.expose_secret();
    let fits = lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    fits.then_some(text).ok_or_else(|| refusal(field, fix))
}

impl Instant for Toss {
    fn pay(&self, command: &KeyIn, channel: &ChannelRevision) -> Result<Call, Refusal> {
        rules::currency(command.currency)?;
        rules::order_id(&command.order_id)?;
        rules::amount(MethodKind::Card, &command.amounts)?;
        let order_name = rules::order_name(&command.order_name)?;
        let months = rules::installment(
            "method.card.installmentMonth",
            i64::from(command.installment_months),
            command.amounts.total,
            DESCRIPTOR.limits.installment_min,
        )?;
        let card = command.card.as_ref().ok_or_else(|| {
            Refusal::new(
                CREDENTIAL,
                "is gone: card data is held for one call only, so a key-in payment is never sent twice",
            )
        })?;
        let card = Digits::of(card)?;
        let body = Body {
            amount: command.amounts.total,
            order_id: &command.order_id,
            order_name: &order_name,
            card_number: card.number,
            card_expiration_year: card.year,
            card_expiration_month: card.month,
            customer_identity_number: card.identity,
            card_password: card.password,
            card_installment_plan: months,
            use_free_installment_plan: command.free_installment && months > 0,
            use_card_point: command.use_card_point,
            tax_free_amount: command.amounts.tax_free,
            customer_email: command.customer_email.as_deref().map(rules::email).transpose()?,
            customer_name: command
                .customer_name
                .as_deref()
                .map(|name| rules::cut(name, rules::TEXT_MAX)),
        };
        post(
            channel,
            Operation::Instant,
            "/v1/payments/key-in",
            &command.idempotency_key,
            &body,
        )
    }

    fn paid(&self, command: &KeyIn, channel: &ChannelRevision, call: &Call, answer: &WireAnswer) -> Step<Approval> {
        let expected = Expected::new(
            None,
            &command.order_id,
            command.amounts.total,
            command.currency,
            channel,
        );
        let done: fn(&str) -> Option<Status> = |status| (status == "DONE").then_some(Status::Paid);
        settled(&expected, call, answer, done)
    }
}
