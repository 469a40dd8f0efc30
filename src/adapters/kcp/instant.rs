//! Key-in card payments (KCP docs: "수기결제"), and what all payments without a window share. KCP has no guard against a
//! second one of these, so none is ever sent twice.

use super::codes::{self, Call as Coded};
use super::method;
use super::rules::{self, Charset};
use super::send::{self, Fields, HUB};
use super::verify::unknown;
use super::wire::read;
use super::{Kcp, approve};
use crate::adapters::{Call, CardInput, ChannelRevision, Instant, KeyIn, Operation, Refusal, Step, WireAnswer};
use crate::payment::{Amounts, Approval, MethodKind};
use secrecy::{ExposeSecret, SecretString};

const CREDENTIAL: &str = "method.card.credential";
/// KCP wants the buyer's address; in a server's call there is none.
const CUSTOMER_IP: &str = "127.0.0.1";

/// An order that is paid without a window.
pub(super) struct Order<'a> {
    pub(super) pay_method: &'static str,
    pub(super) order_id: &'a str,
    pub(super) order_name: &'a str,
    pub(super) amounts: &'a Amounts,
    pub(super) name: Option<&'a str>,
    pub(super) email: Option<&'a str>,
    pub(super) phone: Option<&'a str>,
}

impl Order<'_> {
    /// What every such payment says.
    pub(super) fn fields(&self) -> Result<Fields<'static>, Refusal> {
        rules::order_id(self.order_id)?;
        let name = self.name.map(|n| rules::text(n, rules::NAME_MAX, Charset::Utf8));
        let email = self.email.map(rules::email).transpose()?;
        let phone = self.phone.map(rules::phone).transpose()?;
        let mut fields = vec![
            ("pay_method", self.pay_method.to_owned()),
            ("cust_ip", CUSTOMER_IP.to_owned()),
            ("amount", self.amounts.total.to_string()),
            ("currency", "410".to_owned()),
            ("ordr_idxx", self.order_id.to_owned()),
            ("good_name", rules::goods_name(self.order_name, Charset::Utf8)?),
            ("buyr_name", name.unwrap_or_default()),
            ("buyr_mail", email.unwrap_or_default()),
            ("buyr_tel1", String::new()),
            ("buyr_tel2", phone.unwrap_or_default()),
        ];
        fields.extend(rules::tax_parts(self.amounts, rules::PAID_PARTS));
        Ok(fields)
    }
}

/// A card payment: the order, its months, and which card.
pub(super) fn card_call(
    channel: &ChannelRevision,
    operation: Operation,
    order: &Order<'_>,
    months: u32,
    free: bool,
    card: Fields<'static>,
) -> Result<Call, Refusal> {
    rules::amount(MethodKind::Card, order.amounts)?;
    let quota = rules::quota("method.card.installmentMonth", i64::from(months), order.amounts.total)?;
    if free && quota != "00" {
        let message = "cannot be asked for at KCP without a window: it is a setting in KCP's partner admin";
        return Err(Refusal::new("method.card.isFreeInstallment", message));
    }
    let mut fields = order.fields()?;
    fields.push(("card_mny", order.amounts.total.to_string()));
    fields.push(("quota", quota));
    fields.extend(card);
    send::post(channel, operation, HUB, fields)
}

/// Reads the answer to a payment without a window.
pub(super) fn paid(
    channel: &ChannelRevision,
    order_id: &str,
    total: i64,
    asked: &str,
    answer: &WireAnswer,
) -> Step<Approval> {
    let told = match read(answer) {
        Ok(told) => told,
        Err(why) => return unknown(why),
    };
    let pay_type = method::answered(&told, asked);
    if method::is_approved(&told.code(), &pay_type) {
        return approve::settled(&told, channel, order_id, total, &pay_type);
    }
    Step::Done(codes::refused(Coded::Approval, &told))
}

/// Card data as KCP wants it. Refusals never quote what was given.
pub(super) fn card_fields(card: &CardInput) -> Result<Fields<'static>, Refusal> {
    let number = digits("number", &card.number, 12..=20, "must be the card number, digits only")?;
    let year = digits("expiryYear", &card.expiry_year, 2..=2, "must be two digits, e.g. 30")?;
    let month = digits("expiryMonth", &card.expiry_month, 2..=2, "must be two digits, 01 to 12")?;
    if !("01"..="12").contains(&month) {
        return Err(refusal("expiryMonth", "must be two digits, 01 to 12"));
    }
    let mut fields = vec![
        ("card_no", number.to_owned()),
        ("card_expiry", format!("{year}{month}")),
    ];
    // Left out for contracts without authentication (비인증); which a site has is KCP's to say.
    if let Some(identity) = &card.birth_or_business {
        let fix = "must be the owner's birth date (YYMMDD) or the company's ten-digit business registration number";
        let identity = digits("birthOrBusinessRegistrationNumber", identity, 6..=10, fix)?;
        if !matches!(identity.len(), 6 | 10) {
            return Err(refusal("birthOrBusinessRegistrationNumber", fix));
        }
        fields.push(("card_taxno", identity.to_owned()));
    }
    if let Some(password) = &card.password_two_digits {
        let fix = "must be the first two digits of the card's password";
        fields.push((
            "card_pwd",
            digits("passwordTwoDigits", password, 2..=2, fix)?.to_owned(),
        ));
    }
    Ok(fields)
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

fn refusal(field: &str, message: &str) -> Refusal {
    Refusal::new(format!("{CREDENTIAL}.{field}"), message)
}

/// The refusal for card data that is gone.
pub(super) fn card_gone() -> Refusal {
    let message = "is gone: card data is held for one call only, so this is never sent twice";
    Refusal::new(CREDENTIAL, message)
}

impl Instant for Kcp {
    fn pay(&self, command: &KeyIn, channel: &ChannelRevision) -> Result<Call, Refusal> {
        rules::currency(command.currency)?;
        if command.use_card_point {
            let message = "is not possible in key-in payments here";
            return Err(Refusal::new("method.card.useCardPoint", message));
        }
        let mut card = vec![("card_tx_type", "11121000".to_owned())];
        card.extend(card_fields(command.card.as_ref().ok_or_else(card_gone)?)?);
        let order = Order {
            pay_method: "CARD",
            order_id: &command.order_id,
            order_name: &command.order_name,
            amounts: &command.amounts,
            name: command.customer_name.as_deref(),
            email: command.customer_email.as_deref(),
            phone: None,
        };
        let (months, free) = (command.installment_months, command.free_installment);
        card_call(channel, Operation::Instant, &order, months, free, card)
    }

    fn paid(&self, command: &KeyIn, channel: &ChannelRevision, _: &Call, answer: &WireAnswer) -> Step<Approval> {
        paid(channel, &command.order_id, command.amounts.total, "PACA", answer)
    }
}
