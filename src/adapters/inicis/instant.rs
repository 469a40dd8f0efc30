//! Key-in card payment (INIAPI manual: "수기결제", `formpay`, a contract of its own). Nothing guards against a second payment,
//! so it is sent once.

use super::sign::{Credentials, credentials};
use super::wire::{doubt, read_json};
use super::{Inicis, codes, method, rules, send};
use crate::adapters::{
    Call, CardInput, ChannelRevision, Instant, KeyIn, Operation, Outcome, Refusal, Step, WireAnswer,
};
use crate::payment::{Approval, MethodKind};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

pub(super) const CREDENTIAL: &str = "method.card.credential";

/// Digits of a field. Refusals never quote what was given.
fn digits<'a>(field: &str, value: &'a SecretString, lengths: &[usize], fix: &str) -> Result<&'a str, Refusal> {
    let text = value.expose_secret();
    let fits = lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    fits.then_some(text).ok_or_else(|| refusal(field, fix))
}

fn refusal(field: &str, fix: &str) -> Refusal {
    Refusal::new(format!("{CREDENTIAL}.{field}"), fix)
}

/// Card fields, each encrypted, and whether the owner is checked (`authentification`).
pub(super) struct Encrypted {
    pub(super) number: String,
    pub(super) fields: Vec<(&'static str, String)>,
}

impl Encrypted {
    pub(super) fn of(card: &CardInput, keys: &Credentials) -> Result<Self, Refusal> {
        let lengths: Vec<usize> = (12..=20).collect();
        let number = digits("number", &card.number, &lengths, "must be the card number, digits only")?;
        let year = digits("expiryYear", &card.expiry_year, &[2], "must be two digits, e.g. 30")?;
        let fix = "must be two digits, 01 to 12";
        let month = digits("expiryMonth", &card.expiry_month, &[2], fix)?;
        if !("01"..="12").contains(&month) {
            return Err(refusal("expiryMonth", fix));
        }
        // Year first, unlike on the card.
        let expiry = Zeroizing::new(format!("{year}{month}"));
        let mut fields = vec![("cardExpire", keys.encrypt(&expiry)?)];
        match (&card.birth_or_business, &card.password_two_digits) {
            (Some(owner), Some(password)) => {
                let fix = "must be the owner's birth date (YYMMDD) or the ten-digit business registration number";
                let owner = digits("birthOrBusinessRegistrationNumber", owner, &[6, 10], fix)?;
                let fix = "must be the first two digits of the card's password";
                let password = digits("passwordTwoDigits", password, &[2], fix)?;
                fields.push(("regNo", keys.encrypt(owner)?));
                fields.push(("cardPw", keys.encrypt(password)?));
                fields.push(("authentification", "00".to_owned()));
            }
            (None, None) => fields.push(("authentification", "99".to_owned())),
            _ => {
                let message = "needs both birthOrBusinessRegistrationNumber and passwordTwoDigits, or neither where \
                               the contract checks no owner";
                return Err(Refusal::new(CREDENTIAL, message));
            }
        }
        Ok(Self {
            number: keys.encrypt(number)?,
            fields,
        })
    }
}

impl Instant for Inicis {
    fn pay(&self, command: &KeyIn, channel: &ChannelRevision) -> Result<Call, Refusal> {
        rules::currency(command.currency)?;
        rules::order_id(&command.order_id)?;
        rules::amount(MethodKind::Card, &command.amounts)?;
        if command.use_card_point {
            return Err(Refusal::new(
                "method.card.useCardPoint",
                "is not possible in KG Inicis' key-in payments",
            ));
        }
        let months = i64::from(command.installment_months);
        let months = rules::months("method.card.installmentMonth", months, command.amounts.total)?;
        let card = command.card.as_ref().ok_or_else(|| {
            let message = "is gone: card data is held for one call only, so a key-in payment is never sent twice";
            Refusal::new(CREDENTIAL, message)
        })?;
        let keys = credentials(channel)?;
        let card = Encrypted::of(card, keys)?;
        let buyer = rules::buyer([
            command.customer_name.as_deref(),
            command.customer_email.as_deref(),
            command.customer_phone.as_deref(),
        ])?;
        let goods = rules::filled("orderName", rules::cut_utf8(&command.order_name, rules::GOODS_MAX.0))?;
        let (price, oid) = (command.amounts.total.to_string(), command.order_id.as_str());
        let (vat, tax_free) = (command.amounts.vat.to_string(), command.amounts.tax_free.to_string());
        let quota = format!("{months:02}");
        let interest = if command.free_installment && months > 0 {
            "1"
        } else {
            "0"
        };
        let mut fields = send::order(oid, &goods, &buyer, &price);
        fields.extend([
            ("currency", "WON"),
            ("cardQuota", &quota),
            ("quotaInterest", interest),
            ("cardNumber", &card.number),
        ]);
        fields.extend(card.fields.iter().map(|(name, value)| (*name, value.as_str())));
        if keys.amount_parts || command.amounts.tax_free > 0 {
            fields.extend([("tax", vat.as_str()), ("taxFree", &tax_free)]);
        }
        send::v1(
            channel,
            Operation::Instant,
            "formpay",
            ("Pay", "Card"),
            command.at,
            &fields,
            &[oid, &price, &card.number],
        )
    }

    fn paid(&self, command: &KeyIn, _channel: &ChannelRevision, _call: &Call, answer: &WireAnswer) -> Step<Approval> {
        paid(&command.order_id, command.amounts.total, answer)
    }
}

/// Reads the answer to a payment without a window: by key-in, or with a billing key.
pub(super) fn paid(order_id: &str, total: i64, answer: &WireAnswer) -> Step<Approval> {
    let told = match read_json(answer) {
        Ok(told) => told,
        Err(why) => return Step::Done(Outcome::Unknown(why)),
    };
    if told.code() != "00" {
        return Step::Done(codes::refused(&told));
    }
    if told.whole("price") != Some(total) {
        let message = format!("KG Inicis' answer does not say the {total} asked for");
        return Step::Done(Outcome::Unknown(doubt("NARU_WRONG_AMOUNT", message)));
    }
    let Some(tid) = told.text("tid").filter(|t| rules::is_tid(t)) else {
        return Step::Done(Outcome::Unknown(doubt(
            "NARU_WRONG_TID",
            "KG Inicis' answer has no TID",
        )));
    };
    let approval = method::approval(&told, tid, MethodKind::Card, order_id, total);
    Step::Done(Outcome::Done(approval))
}
