//! Prefix search: which words of a transaction can be searched for, and under which name of PortOne V2's
//! `PaymentTextSearchField`.
//!
//! All words of a transaction stand in one short text, each after a separator and a letter for its field, folded to
//! lower case. Looking for a prefix is then looking for `separator + letter + prefix` in that text: a scan over
//! short rows, no index entry per word on the path of a payment.

use crate::payment::{BillingKey, CardDetail, MethodDetail, Transaction};
use serde::Serialize;
use serde_json::Value;

/// Separates words; never part of one.
pub(super) const SEPARATOR: char = '\u{1f}';

/// Fields with their letters. A field that is not here cannot be answered by a transaction: it finds nothing.
const FIELDS: &[(&str, char)] = &[
    ("PAYMENT_ID", 'a'),
    ("TX_ID", 'b'),
    ("PG_TX_ID", 'c'),
    ("PG_MERCHANT_ID", 'd'),
    ("PG_CANCELLATION_ID", 'e'),
    ("CANCEL_REASON", 'f'),
    ("FAIL_REASON", 'g'),
    ("ORDER_NAME", 'h'),
    ("CUSTOMER_NAME", 'i'),
    ("CUSTOMER_EMAIL", 'j'),
    ("CUSTOMER_PHONE_NUMBER", 'k'),
    ("CUSTOMER_ADDRESS", 'l'),
    ("CUSTOMER_ZIPCODE", 'm'),
    ("USER_AGENT", 'n'),
    ("CARD_ISSUER", 'o'),
    ("CARD_ACQUIRER", 'p'),
    ("CARD_BIN", 'q'),
    ("CARD_NUMBER", 'r'),
    ("CARD_APPROVAL_NUMBER", 's'),
    ("CARD_INSTALLMENT", 't'),
    ("TRANS_BANK", 'u'),
    ("VIRTUAL_ACCOUNT_HOLDER_NAME", 'v'),
    ("VIRTUAL_ACCOUNT_BANK", 'w'),
    ("VIRTUAL_ACCOUNT_NUMBER", 'x'),
    ("GIFT_CERTIFICATION_APPROVAL_NUMBER", 'y'),
    ("BILLING_KEY", 'z'),
    ("SCHEDULE_ID", 'A'),
    ("CHANNEL_GROUP_NAME", 'B'),
];

/// Facts with their letters: found by the filters that name them ([`crate::ledger::FACTS`]), never by a text search.
const FACTS: &[(&str, char)] = &[
    ("escrowStatus", 'C'),
    ("cardBrand", 'D'),
    ("cardType", 'E'),
    ("cardOwnerType", 'F'),
    ("giftCertificateType", 'G'),
];

struct Words(String);

impl Words {
    fn add(&mut self, field: &str, value: Option<&str>) {
        let Some(value) = value.filter(|value| !value.is_empty()) else {
            return;
        };
        let Some((_, letter)) = FIELDS.iter().chain(FACTS).find(|(name, _)| *name == field) else {
            return;
        };
        self.0.push(SEPARATOR);
        self.0.push(*letter);
        fold(value, &mut self.0);
    }

    fn fact<T: Serialize>(&mut self, fact: &str, value: Option<&T>) {
        let word = value.and_then(|value| super::word_of(value).ok());
        self.add(fact, word.as_deref());
    }

    fn card(&mut self, card: &CardDetail) {
        self.fact("cardBrand", card.brand.as_ref());
        self.fact("cardType", card.card_type.as_ref());
        self.fact("cardOwnerType", card.owner.as_ref());
        self.add("CARD_ISSUER", card.issuer.as_deref());
        self.add("CARD_ACQUIRER", card.acquirer.as_deref());
        self.add("CARD_BIN", card.bin.as_deref());
        self.add("CARD_NUMBER", card.number.as_deref());
        self.add("CARD_APPROVAL_NUMBER", card.approval_number.as_deref());
        self.add("CARD_INSTALLMENT", Some(&card.installment_months.to_string()));
    }

    fn customer(&mut self, customer: &Value) {
        let text = |name: &str| customer.get(name).and_then(Value::as_str);
        self.add("CUSTOMER_NAME", text("name"));
        self.add("CUSTOMER_EMAIL", text("email"));
        self.add("CUSTOMER_PHONE_NUMBER", text("phoneNumber"));
        self.add("CUSTOMER_ZIPCODE", text("zipcode"));
        let one_line = customer.get("address").and_then(|address| address.get("oneLine"));
        self.add("CUSTOMER_ADDRESS", one_line.and_then(Value::as_str));
    }

    fn method(&mut self, method: &MethodDetail) {
        match method {
            MethodDetail::Card(card) => self.card(card),
            MethodDetail::EasyPay { card, .. } => {
                if let Some(card) = card {
                    self.card(card);
                }
            }
            MethodDetail::Transfer { bank, .. } => self.add("TRANS_BANK", bank.as_deref()),
            MethodDetail::VirtualAccount {
                bank,
                account_number,
                remittee,
                ..
            } => {
                self.add("VIRTUAL_ACCOUNT_BANK", bank.as_deref());
                self.add("VIRTUAL_ACCOUNT_NUMBER", Some(account_number));
                self.add("VIRTUAL_ACCOUNT_HOLDER_NAME", remittee.as_deref());
            }
            MethodDetail::GiftCertificate {
                approval_number,
                certificate,
            } => {
                self.add("giftCertificateType", certificate.as_deref());
                self.add("GIFT_CERTIFICATION_APPROVAL_NUMBER", Some(approval_number));
            }
            MethodDetail::Mobile { .. } => {}
        }
    }
}

fn fold(value: &str, into: &mut String) {
    into.extend(
        value
            .chars()
            .flat_map(char::to_lowercase)
            .map(|c| if c == SEPARATOR { ' ' } else { c }),
    );
}

/// The searchable words of a transaction.
pub(super) fn words_of(t: &Transaction) -> String {
    let mut words = Words(String::with_capacity(256));
    words.add("PAYMENT_ID", Some(&t.payment_id));
    words.add("TX_ID", Some(&t.id));
    words.add("PG_TX_ID", t.pg_tx_id.as_deref());
    words.add("PG_MERCHANT_ID", Some(&t.channel.mid));
    words.add("ORDER_NAME", Some(&t.order_name));
    words.add("FAIL_REASON", t.failure.as_ref().map(|f| f.message.as_str()));
    words.add("USER_AGENT", t.origin.user_agent.as_deref());
    words.customer(&t.customer);
    if let Some(method) = &t.method {
        words.method(method);
    }
    words.fact("escrowStatus", t.escrow.as_ref().map(|escrow| &escrow.state));
    if let Some(billing) = &t.billing {
        words.add("BILLING_KEY", Some(&billing.key));
        words.add("SCHEDULE_ID", billing.schedule.as_deref());
    }
    for cancellation in &t.cancellations {
        words.add("CANCEL_REASON", Some(&cancellation.reason));
        words.add("PG_CANCELLATION_ID", cancellation.pg_cancellation_id.as_deref());
    }
    words.0
}

/// The searchable words of a billing key.
pub(super) fn key_words(key: &BillingKey) -> String {
    let mut words = Words(String::with_capacity(256));
    words.add("BILLING_KEY", Some(&key.id));
    words.add("USER_AGENT", key.origin.user_agent.as_deref());
    words.add("CHANNEL_GROUP_NAME", key.group.as_ref().map(|g| g.name.as_str()));
    words.customer(&key.customer);
    for part in &key.parts {
        words.add("PG_MERCHANT_ID", Some(&part.channel.mid));
        if let Some(method) = &part.method {
            words.method(method);
        }
    }
    words.0
}

/// What to look for to find a fact; an empty `value` finds every value of it.
pub(super) fn fact(name: &str, value: &str) -> Option<String> {
    let (_, letter) = FIELDS.iter().chain(FACTS).find(|(field, _)| *field == name)?;
    let mut needle = String::from_iter([SEPARATOR, *letter]);
    fold(value, &mut needle);
    Some(needle)
}

/// What to look for in the words: any of these. Empty when the field is one that no transaction answers.
pub(super) fn needles(field: &str, prefix: &str) -> Vec<String> {
    FIELDS
        .iter()
        .filter(|(name, _)| field == "ALL" || *name == field)
        .map(|(_, letter)| {
            let mut needle = String::with_capacity(prefix.len() + 2);
            needle.push(SEPARATOR);
            needle.push(*letter);
            fold(prefix, &mut needle);
            needle
        })
        .collect()
}
