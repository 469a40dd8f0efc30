//! Key-in card payment (KSNET KSPAY API: `card/pay/oldcert` with PIN and birth date, `card/pay/noncert` without). An
//! order number does not guard against a second payment, so it is sent once.

use super::codes::{self, Place, doubt, unknown};
use super::wire::{self, Told, told};
use super::{Ksnet, method, rules, send};
use crate::adapters::{
    Call, CardInput, ChannelRevision, Device, Instant, KeyIn, Operation, Outcome, Refusal, Step, UnknownWhy, WireAnswer,
};
use crate::payment::{Approval, MethodKind};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

pub(super) const CREDENTIAL: &str = "method.card.credential";

/// Members of a request, in order.
type Members<'a> = Vec<(&'static str, &'a str)>;

/// Digits of a field. Refusals never quote what was given.
pub(super) fn digits<'a>(
    field: &str,
    value: &'a SecretString,
    lengths: &[usize],
    fix: &str,
) -> Result<&'a str, Refusal> {
    let text = value.expose_secret();
    let fits = lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    fits.then_some(text)
        .ok_or_else(|| Refusal::new(format!("{CREDENTIAL}.{field}"), fix))
}

/// Card members, and whether KSNET is to check the owner.
fn card<'a>(card: &'a CardInput, expiry: &'a str) -> Result<(Members<'a>, bool), Refusal> {
    let lengths: Vec<usize> = (12..=20).collect();
    let number = digits("number", &card.number, &lengths, "must be the card number, digits only")?;
    let mut members = vec![("cardNumb", number), ("expiryDate", expiry)];
    match (&card.password_two_digits, &card.birth_or_business) {
        (Some(password), Some(owner)) => {
            let fix = "must be the first two digits of the card's password";
            members.push(("password2", digits("passwordTwoDigits", password, &[2], fix)?));
            let fix = "must be the owner's birth date (YYMMDD) or the ten-digit business registration number";
            members.push((
                "userInfo",
                digits("birthOrBusinessRegistrationNumber", owner, &[6, 10], fix)?,
            ));
            Ok((members, true))
        }
        (None, None) => Ok((members, false)),
        _ => {
            let message = "needs both passwordTwoDigits and birthOrBusinessRegistrationNumber, or neither: KSNET \
                           checks both or none";
            Err(Refusal::new(CREDENTIAL, message))
        }
    }
}

/// `yyMM`: year first, unlike on the card.
pub(super) fn expiry(card: &CardInput) -> Result<Zeroizing<String>, Refusal> {
    let year = digits("expiryYear", &card.expiry_year, &[2], "must be two digits, e.g. 30")?;
    let month = digits("expiryMonth", &card.expiry_month, &[2], "must be two digits, 01 to 12")?;
    if !("01"..="12").contains(&month) {
        let field = format!("{CREDENTIAL}.expiryMonth");
        return Err(Refusal::new(field, "must be two digits, 01 to 12"));
    }
    Ok(Zeroizing::new(format!("{year}{month}")))
}

impl Instant for Ksnet {
    fn pay(&self, command: &KeyIn, channel: &ChannelRevision) -> Result<Call, Refusal> {
        rules::currency(command.currency)?;
        rules::order_id(&command.order_id)?;
        rules::amount(MethodKind::Card, &command.amounts)?;
        for (asked, field) in [
            (command.use_card_point, "method.card.useCardPoint"),
            (command.free_installment, "method.card.useFreeInstallmentPlan"),
        ] {
            if asked {
                return Err(Refusal::new(field, "is not possible in KSNET's key-in payments"));
            }
        }
        let months = i64::from(command.installment_months);
        let months = rules::months("method.card.installmentMonth", months, command.amounts.total)?;
        let input = command.card.as_ref().ok_or_else(|| {
            let message = "is gone: card data is held for one call only, so a key-in payment is never sent twice";
            Refusal::new(CREDENTIAL, message)
        })?;
        let expiry = expiry(input)?;
        let (card, owner) = card(input, &expiry)?;
        let goods = rules::goods_name(&command.order_name, Device::Pc)?;
        let buyer = rules::buyer(command.customer_name.as_deref(), rules::GOODS_MAX)?;
        let email = command.customer_email.as_deref().map(rules::email).transpose()?;
        let amounts = command.amounts;
        let (total, free, tax) = (
            amounts.total.to_string(),
            amounts.tax_free.to_string(),
            amounts.vat.to_string(),
        );
        let months = format!("{months:02}");
        let mut members = vec![
            ("mid", channel.spec.mid.as_str()),
            ("payload", &command.idempotency_key),
            ("orderNumb", &command.order_id),
            ("userName", &buyer),
            // The command does not say; contracts for key-in are for goods unless KSNET agreed otherwise.
            ("productType", "REAL"),
            ("productName", &goods),
            ("totalAmount", &total),
            ("taxFreeAmount", &free),
            ("tax", &tax),
            ("installMonth", &months),
            ("currencyType", "KRW"),
        ];
        members.extend(email.as_deref().map(|email| ("userEmail", email)));
        members.extend(card);
        let path = if owner { "card/pay/oldcert" } else { "card/pay/noncert" };
        send::rest(channel, Operation::Instant, path, &members)
    }

    fn paid(&self, command: &KeyIn, _: &ChannelRevision, call: &Call, answer: &WireAnswer) -> Step<Approval> {
        let told = match told(answer) {
            Ok(told) => told,
            Err(why) => return unknown(why),
        };
        if told.code != "A0200" {
            return Step::Done(codes::refused(Place::Pay, &told, call.replay));
        }
        match proven(&told, "0000", &command.idempotency_key, Some(command.amounts.total)) {
            Ok(tid) => Step::Done(Outcome::Done(method::keyed(&told, tid))),
            Err(why) => unknown(why),
        }
    }
}

/// A success must be ours, of our amount, and have a transaction number.
pub(super) fn proven(told: &Told, success: &str, payload: &str, amount: Option<i64>) -> Result<String, UnknownWhy> {
    if told.resp_code() != success {
        return Err(doubt(
            "NARU_WRONG_STATUS",
            "KSNET's answer is a success without its code",
        ));
    }
    if told.text("payload").as_deref() != Some(payload) {
        return Err(doubt(
            "NARU_WRONG_PAYLOAD",
            "KSNET's answer is not about this call: its payload is another",
        ));
    }
    if let Some(asked) = amount
        && told.whole("totalAmount") != Some(asked)
    {
        return Err(doubt(
            "NARU_WRONG_AMOUNT",
            format!("KSNET's answer does not say the {asked} asked for"),
        ));
    }
    let tid = told.text("tid").map(|tid| wire::short(&tid)).unwrap_or_default();
    if rules::is_trno(&tid) {
        return Ok(tid);
    }
    Err(doubt("NARU_WRONG_TID", "KSNET's answer has no transaction number"))
}
