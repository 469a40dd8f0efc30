//! Shapes that answers of Toss Payments take: older API versions, English words, members that come and go.

use crate::simulators::words::{ControlError, unknown_word};
use serde_json::{Map, Value, json};

/// A set of shapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Shapes(pub u16);

impl Shapes {
    /// Answers as before API version 2022-11-16: Korean names instead of issuer and bank codes.
    pub const NAMES: Self = Self(1);
    /// API 1.3: also `transactionKey`, `card.receiptUrl`, no `version`, no `orderName`, `cancels: []`.
    pub const API_1_3: Self = Self(1 << 1);
    /// Elements of `cancels` without the discount parts, `cancelStatus` and `cancelRequestId`.
    pub const REDUCED_CANCELS: Self = Self(1 << 2);
    /// Enum words in English, as with `Accept-Language: en-US`.
    pub const ENGLISH: Self = Self(1 << 3);
    /// Members and enum words that no document lists.
    pub const UNKNOWN_FIELDS: Self = Self(1 << 4);
    /// `method` is null.
    pub const METHOD_NULL: Self = Self(1 << 5);
    /// No method object at all.
    pub const BARE: Self = Self(1 << 6);
    /// Amounts in quotes.
    pub const NUMBERS_AS_TEXT: Self = Self(1 << 7);
    /// `createdAt` of notifications with three fraction digits.
    pub const FRACTION_3: Self = Self(1 << 8);
    /// `createdAt` of notifications with five fraction digits.
    pub const FRACTION_5: Self = Self(1 << 9);
    /// `createdAt` of notifications with `+09:00` and no fraction.
    pub const FRACTION_0: Self = Self(1 << 10);
    /// A payment that nobody authenticated is not found.
    pub const HIDE_READY: Self = Self(1 << 11);
    /// `secret` is null and notifications carry none.
    pub const NO_SECRET: Self = Self(1 << 12);

    /// Shapes that change the JSON of a payment.
    const OF_PAYMENTS: Self = Self(0b1_0000_1111_1111);

    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub fn changes_payments(self) -> bool {
        self.has(Self::OF_PAYMENTS)
    }

    /// Reads words.
    pub fn parse(field: &str, words: &[String]) -> Result<Self, ControlError> {
        words.iter().try_fold(Self::default(), |set, word| {
            WORDS
                .iter()
                .find(|(known, _)| known == word)
                .map(|(_, shape)| set.with(*shape))
                .ok_or_else(|| {
                    let known: Vec<&str> = WORDS.iter().map(|(known, _)| *known).collect();
                    unknown_word(field, word, &known)
                })
        })
    }

    /// The words of a set.
    pub fn words(self) -> Vec<&'static str> {
        WORDS
            .iter()
            .filter(|(_, shape)| self.has(*shape))
            .map(|(word, _)| *word)
            .collect()
    }

    /// Reshapes a `Payment` object.
    pub fn apply(self, payment: &mut Map<String, Value>) {
        if self.has(Self::ENGLISH) {
            english(payment);
        }
        if self.has(Self::REDUCED_CANCELS) || self.has(Self::API_1_3) {
            for cancel in payment
                .get_mut("cancels")
                .and_then(Value::as_array_mut)
                .into_iter()
                .flatten()
            {
                if let Some(cancel) = cancel.as_object_mut() {
                    for gone in [
                        "cardDiscountAmount",
                        "transferDiscountAmount",
                        "cancelStatus",
                        "cancelRequestId",
                    ] {
                        cancel.remove(gone);
                    }
                }
            }
        }
        if self.has(Self::NAMES) || self.has(Self::API_1_3) {
            names(payment);
        }
        if self.has(Self::API_1_3) {
            api_1_3(payment);
        }
        if self.has(Self::METHOD_NULL) {
            payment.insert("method".into(), Value::Null);
        }
        if self.has(Self::BARE) {
            for object in [
                "card",
                "virtualAccount",
                "transfer",
                "mobilePhone",
                "giftCertificate",
                "easyPay",
                "receipt",
            ] {
                payment.insert(object.into(), Value::Null);
            }
        }
        if self.has(Self::NO_SECRET) {
            payment.insert("secret".into(), Value::Null);
        }
        if self.has(Self::UNKNOWN_FIELDS) {
            unknown(payment);
        }
        if self.has(Self::NUMBERS_AS_TEXT) {
            for (name, value) in payment.iter_mut() {
                if name.to_lowercase().ends_with("amount") && value.is_number() {
                    *value = Value::String(value.to_string());
                }
            }
        }
    }
}

const WORDS: &[(&str, Shapes)] = &[
    ("org-names", Shapes::NAMES),
    ("api-1.3", Shapes::API_1_3),
    ("reduced-cancels", Shapes::REDUCED_CANCELS),
    ("english", Shapes::ENGLISH),
    ("unknown-fields", Shapes::UNKNOWN_FIELDS),
    ("method-null", Shapes::METHOD_NULL),
    ("bare", Shapes::BARE),
    ("numbers-as-text", Shapes::NUMBERS_AS_TEXT),
    ("fraction-3", Shapes::FRACTION_3),
    ("fraction-5", Shapes::FRACTION_5),
    ("fraction-0", Shapes::FRACTION_0),
    ("hide-ready", Shapes::HIDE_READY),
    ("no-secret", Shapes::NO_SECRET),
];

/// Korean enum words and their English form.
const ENGLISH: &[(&str, &str)] = &[
    ("카드", "CARD"),
    ("가상계좌", "VIRTUAL_ACCOUNT"),
    ("간편결제", "EASY_PAY"),
    ("휴대폰", "MOBILE_PHONE"),
    ("계좌이체", "TRANSFER"),
    ("문화상품권", "CULTURE_GIFT_CERTIFICATE"),
    ("도서문화상품권", "BOOK_GIFT_CERTIFICATE"),
    ("게임문화상품권", "GAME_GIFT_CERTIFICATE"),
    ("해외간편결제", "FOREIGN_EASY_PAY"),
    ("신용", "CREDIT"),
    ("체크", "CHECK"),
    ("기프트", "GIFT"),
    ("미확인", "UNKNOWN"),
    ("개인", "PERSONAL"),
    ("법인", "CORPORATE"),
    ("일반", "NORMAL"),
    ("고정", "FIXED"),
];

fn translate(value: Option<&mut Value>) {
    if let Some(Value::String(text)) = value {
        if let Some((_, english)) = ENGLISH.iter().find(|(korean, _)| korean == text) {
            *text = (*english).to_owned();
        } else if let Some((code, _)) = super::codes::wallet(text) {
            *text = code.to_owned();
        }
    }
}

fn english(payment: &mut Map<String, Value>) {
    translate(payment.get_mut("method"));
    for (object, member) in [
        ("card", "cardType"),
        ("card", "ownerType"),
        ("virtualAccount", "accountType"),
        ("easyPay", "provider"),
    ] {
        translate(payment.get_mut(object).and_then(|o| o.get_mut(member)));
    }
}

fn names(payment: &mut Map<String, Value>) {
    if let Some(card) = payment.get_mut("card").and_then(Value::as_object_mut) {
        let issuer = card.remove("issuerCode");
        card.remove("acquirerCode");
        let name = issuer
            .as_ref()
            .and_then(Value::as_str)
            .and_then(super::codes::card_name);
        card.insert("company".into(), json!(name));
    }
    for object in ["virtualAccount", "transfer"] {
        if let Some(account) = payment.get_mut(object).and_then(Value::as_object_mut) {
            let bank = account.remove("bankCode");
            let name = bank.as_ref().and_then(Value::as_str).and_then(super::codes::bank_name);
            account.insert("bank".into(), json!(name));
        }
    }
    payment.insert("version".into(), json!("2022-07-27"));
}

fn api_1_3(payment: &mut Map<String, Value>) {
    let last = payment.remove("lastTransactionKey").unwrap_or(Value::Null);
    payment.insert("transactionKey".into(), last);
    for gone in ["version", "orderName", "metadata"] {
        payment.remove(gone);
    }
    let receipt = payment
        .remove("receipt")
        .and_then(|r| r.get("url").cloned())
        .unwrap_or(Value::Null);
    if let Some(card) = payment.get_mut("card").and_then(Value::as_object_mut) {
        card.remove("amount");
        card.insert("receiptUrl".into(), receipt);
    }
    if payment.get("cancels").is_none_or(Value::is_null) {
        payment.insert("cancels".into(), json!([]));
    }
    for time in ["requestedAt", "approvedAt"] {
        if let Some(Value::String(text)) = payment.get_mut(time) {
            *text = text.replace("+09:00", ".000+09:00");
        }
    }
    let wallet = payment.get("easyPay").cloned().unwrap_or(Value::Null);
    for (old, new) in [("easyPayAmount", "amount"), ("easyPayDiscountAmount", "discountAmount")] {
        payment.insert(old.into(), wallet.get(new).cloned().unwrap_or(json!(0)));
    }
}

fn unknown(payment: &mut Map<String, Value>) {
    payment.insert("loyalty".into(), json!({"tier": "GOLD", "points": [1, 2, 3]}));
    payment.insert("settlementHint".into(), json!("NEXT_WEEK"));
    if let Some(card) = payment.get_mut("card").and_then(Value::as_object_mut) {
        card.insert("cardType".into(), json!("하이브리드"));
        card.insert("wallet".into(), json!({"tokenized": true}));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_go_in_and_out() {
        let words: Vec<String> = ["english", "fraction-5"].iter().map(|w| (*w).to_owned()).collect();
        let set = Shapes::parse("shapes", &words).unwrap_or_default();
        assert_eq!(set.words(), vec!["english", "fraction-5"]);
        let wrong = Shapes::parse("shapes", &["engish".to_owned()]).err();
        assert!(wrong.is_some_and(|e| e.message.contains("`english`")));
        assert!(!Shapes::HIDE_READY.changes_payments() && Shapes::NO_SECRET.changes_payments());
    }
}
