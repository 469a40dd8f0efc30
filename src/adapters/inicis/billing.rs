//! Billing keys (빌키; KG Inicis manuals: "빌링(정기결제)"): cards only, on a MID of that contract. Issued in the PC's window, in
//! the phone's (INIBill) or with card data; charged by INIAPI v1 or v2. KG Inicis has no call to delete a key.

mod window;

use super::approve::{self, Token};
use super::instant::{self, CREDENTIAL, Encrypted};
use super::sign::credentials;
use super::wire::{Told, doubt, read_json};
use super::{Inicis, codes, mask, method, rules, send};
use crate::adapters::{
    BillingKeys, Call, ChannelRevision, Charge, IssueKey, IssuedKey, KeyByCard, KeyWindow, Operation, Outcome, Refusal,
    Step, WireAnswer,
};
use crate::payment::{Approval, Failure, FailureKind, MethodKind};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

/// Shown in windows and sent with card data, which want an amount; nothing is charged.
const SHOWN_AMOUNT: i64 = 1000;

/// Whether a text can be a billing key: forty letters and digits.
fn is_key(key: &str) -> bool {
    key.len() == 40 && key.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// What the key is for, which the windows and the call show as goods.
fn goods(name: Option<&str>) -> String {
    rules::cut_utf8(name.unwrap_or_default(), rules::GOODS_MAX.0)
}

/// [`goods`], or a word of our own.
fn named(name: Option<&str>) -> String {
    Some(goods(name))
        .filter(|n| !n.is_empty())
        .unwrap_or_else(|| "자동결제 카드 등록".to_owned())
}

impl BillingKeys for Inicis {
    fn charge(&self, command: &Charge, channel: &ChannelRevision) -> Result<Call, Refusal> {
        rules::currency(command.currency)?;
        rules::order_id(&command.order_id)?;
        rules::amount(MethodKind::Card, &command.amounts)?;
        if command.method != MethodKind::Card {
            let message = "must be CARD: KG Inicis' billing keys are cards here";
            return Err(Refusal::new("method", message));
        }
        if command.use_card_point {
            let message = "is not possible with KG Inicis' billing keys; leave it out";
            return Err(Refusal::new("useCardPoint", message));
        }
        let keys = credentials(channel)?;
        let gone = || Refusal::new("billingKey", "is not at hand: the PG's key is sealed in the ledger");
        let key = command.key.as_ref().ok_or_else(gone)?.expose_secret();
        let months = i64::from(command.installment_months);
        let months = rules::months("installmentMonth", months, command.amounts.total)?;
        let buyer = rules::buyer([
            command.customer_name.as_deref(),
            command.customer_email.as_deref(),
            command.customer_phone.as_deref(),
        ])?;
        let goods = rules::filled("orderName", goods(Some(&command.order_name)))?;
        let (price, oid) = (command.amounts.total.to_string(), command.order_id.as_str());
        let (vat, tax_free) = (command.amounts.vat.to_string(), command.amounts.tax_free.to_string());
        let free = command.free_installment && months > 0;
        let (quota, interest) = (format!("{months:02}"), if free { "1" } else { "0" });
        let mut fields = send::order(oid, &goods, &buyer, &price);
        fields.extend([
            ("billKey", key),
            ("authentification", "00"),
            ("cardQuota", &quota),
            ("quotaInterest", interest),
        ]);
        let split = keys.amount_parts || command.amounts.tax_free > 0;
        let operation = Operation::ChargeBillingKey;
        if keys.v2 {
            if split {
                fields.extend([("tax", vat.as_str()), ("taxfree", &tax_free)]);
            }
            return send::v2(channel, operation, "billing", ("billing", "Card"), command.at, &fields);
        }
        fields.push(("currency", "WON"));
        if split {
            fields.extend([("tax", vat.as_str()), ("taxFree", &tax_free)]);
        }
        let hashed = [oid, price.as_str(), key];
        send::v1(
            channel,
            operation,
            "billing",
            ("Billing", "Card"),
            command.at,
            &fields,
            &hashed,
        )
    }

    fn charged(&self, command: &Charge, _: &ChannelRevision, _: &Call, answer: &WireAnswer) -> Step<Approval> {
        instant::paid(&command.order_id, command.amounts.total, answer)
    }

    fn by_card(&self) -> Option<&dyn KeyByCard> {
        Some(self)
    }

    fn by_window(&self) -> Option<&dyn KeyWindow> {
        Some(self)
    }
}

impl KeyByCard for Inicis {
    fn issue(&self, command: &IssueKey, channel: &ChannelRevision) -> Result<Call, Refusal> {
        rules::order_id(&command.order_id)?;
        let card = command.card.as_ref().ok_or_else(|| {
            let message = "is gone: card data is held for one call only, so a key is never asked for twice";
            Refusal::new(CREDENTIAL, message)
        })?;
        if card.birth_or_business.is_none() || card.password_two_digits.is_none() {
            let message = "needs birthOrBusinessRegistrationNumber and passwordTwoDigits at KG Inicis";
            return Err(Refusal::new(CREDENTIAL, message));
        }
        let card = Encrypted::of(card, credentials(channel)?)?;
        let buyer = rules::buyer([
            command.customer_name.as_deref(),
            command.customer_email.as_deref(),
            command.customer_phone.as_deref(),
        ])?;
        let goods = named(command.name.as_deref());
        let (price, oid) = (SHOWN_AMOUNT.to_string(), command.order_id.as_str());
        let mut fields = send::order(oid, &goods, &buyer, &price);
        fields.push(("cardNumber", &card.number));
        // The owner is always checked here: the call has no member to leave it out.
        let sent = card.fields.iter().filter(|(name, _)| *name != "authentification");
        fields.extend(sent.map(|(name, value)| (*name, value.as_str())));
        send::v1(
            channel,
            Operation::IssueBillingKey,
            "billing",
            ("Auth", "Card"),
            command.at,
            &fields,
            &[oid, &price, &card.number],
        )
    }

    fn issued(&self, _: &IssueKey, _: &ChannelRevision, _: &Call, answer: &WireAnswer) -> Step<IssuedKey> {
        Step::Done(read_json(answer).map_or_else(Outcome::Unknown, |told| {
            if told.code() == "00" {
                issued(&told)
            } else {
                not_issued(&told)
            }
        }))
    }
}

/// What a window brought: an authentication to exchange, and the amount that it showed.
struct Authenticated {
    token: Token,
    price: String,
}

impl Authenticated {
    fn of(command: &IssueKey, channel: &ChannelRevision) -> Result<Self, Refusal> {
        let missing = || Refusal::new("billingIssueToken", "holds no authentication of the window's return");
        let token: Token = serde_json::from_value(command.token.clone()).map_err(|_| missing())?;
        token.check(channel)?;
        let price = command.token.get("price").and_then(Value::as_i64).ok_or_else(missing)?;
        Ok(Self {
            token,
            price: price.to_string(),
        })
    }
}

/// The PC's exchange: an approval that charges nothing and names the key.
fn exchange(command: &IssueKey, channel: &ChannelRevision) -> Result<Call, Refusal> {
    let Authenticated { token, price } = Authenticated::of(command, channel)?;
    approve::pc_call(channel, &token, &price, command.at, Operation::IssueBillingKey)
}

/// Reads its answer.
fn exchanged(command: &IssueKey, channel: &ChannelRevision, answer: &WireAnswer) -> Outcome<IssuedKey> {
    let told = match read_json(answer) {
        Ok(told) => told,
        Err(why) => return Outcome::Unknown(why),
    };
    if told.code() != "0000" {
        return not_issued(&told);
    }
    if told.text("mid").as_deref() != Some(channel.spec.mid.as_str()) {
        let message = "KG Inicis' answer names another MID than this channel's, or none";
        return Outcome::Unknown(doubt("NARU_WRONG_MID", message));
    }
    if told.text("MOID").as_deref() != Some(command.order_id.as_str()) {
        let message = "KG Inicis' answer names another MOID than ours, or none";
        return Outcome::Unknown(doubt("NARU_WRONG_ORDER_ID", message));
    }
    issued(&told)
}

fn issued(told: &Told) -> Outcome<IssuedKey> {
    let key = told.any(&["CARD_BillKey", "billKey"]).filter(|key| is_key(key));
    let Some(key) = key else {
        return Outcome::Unknown(doubt("NARU_NO_KEY", "KG Inicis' answer names no usable billing key"));
    };
    Outcome::Done(IssuedKey {
        key: SecretString::from(key),
        method: Some(method::by_card(told)),
        pg_tx_id: told.text("tid").filter(|tid| rules::is_tid(tid)),
        issued_at: told
            .moment("applDate", "applTime")
            .or_else(|| told.moment("payDate", "payTime")),
        raw: Some(mask::masked(&told.body)),
    })
}

/// A refusal, whatever its code. Something may have happened at KG Inicis all the same, but a key that nobody was told of
/// is one that nobody can charge: the way on is to register again.
fn not_issued(told: &Told) -> Outcome<IssuedKey> {
    let (code, message) = (told.detail(), told.message());
    let kind = match codes::meaning(&code, &message).0 {
        FailureKind::OutcomeUnknown => FailureKind::Other,
        // The authentication was used before, by a sending whose answer was lost.
        FailureKind::AlreadyProcessed => FailureKind::Expired,
        kind => kind,
    };
    Outcome::Declined(Failure::new(kind, code, message))
}
