//! Odd but genuine forms of answers and webhooks, switched on per merchant or for all.

use crate::simulators::words::{ControlError, unknown_word};
use serde_json::{Map, Value, json};

/// A set of shapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Shapes(pub u16);

impl Shapes {
    /// Successes without `ediDate` and `signature`.
    pub const UNSIGNED: Self = Self(1);
    /// `payMethod` and `channel` in capitals.
    pub const CAPITALS: Self = Self(1 << 1);
    /// The text `null` for what is not there.
    pub const NULL_TEXT: Self = Self(1 << 2);
    /// Flags as texts.
    pub const TEXT_FLAGS: Self = Self(1 << 3);
    /// Amounts and quotas as texts.
    pub const TEXT_NUMBERS: Self = Self(1 << 4);
    /// Masks that hide the front.
    pub const FRONT_MASK: Self = Self(1 << 5);
    /// Billing registrations in PascalCase, names in brackets, a plain day.
    pub const PASCAL: Self = Self(1 << 6);
    /// Times with `+09:00` and without milliseconds.
    pub const COLON: Self = Self(1 << 7);
    /// Bank codes of two digits and no due time.
    pub const SHORT_BANK: Self = Self(1 << 8);
    /// Members that no document names.
    pub const EXTRAS: Self = Self(1 << 9);
    /// Members that are not there are left out, lists are empty instead of null.
    pub const ABSENT: Self = Self(1 << 10);
    /// The token's end is called `expireAt`.
    pub const EXPIRE_AT: Self = Self(1 << 11);
    /// Data that cannot be decrypted gives A204 instead of F101.
    pub const A204: Self = Self(1 << 12);
    /// Receipt inquiries signed over the amount instead of the order.
    pub const RECEIPT_AMOUNT: Self = Self(1 << 13);

    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub fn parse(field: &str, words: &[String]) -> Result<Self, ControlError> {
        words.iter().try_fold(Self::default(), |set, word| {
            WORDS
                .iter()
                .find(|(known, _)| known == word)
                .map(|(_, shape)| Self(set.0 | shape.0))
                .ok_or_else(|| {
                    let known: Vec<&str> = WORDS.iter().map(|(known, _)| *known).collect();
                    unknown_word(field, word, &known)
                })
        })
    }

    pub fn words(self) -> Vec<&'static str> {
        WORDS
            .iter()
            .filter(|(_, shape)| self.has(*shape))
            .map(|(word, _)| *word)
            .collect()
    }

    /// Reshapes a payment object. The signature stays what it is: none of its values change their text.
    pub fn apply(self, payment: &mut Map<String, Value>) {
        if self == Self::default() {
            return;
        }
        if self.has(Self::UNSIGNED) {
            payment.remove("ediDate");
            payment.remove("signature");
        }
        if self.has(Self::CAPITALS) {
            for name in ["payMethod", "channel"] {
                each_text(payment.get_mut(name), |text| text.to_uppercase());
            }
        }
        if self.has(Self::FRONT_MASK) {
            let number = payment.get_mut("card").and_then(|card| card.get_mut("cardNum"));
            each_text(number, |text| {
                format!(
                    "****1234****{}",
                    text.get(text.len().saturating_sub(4)..).unwrap_or("1234")
                )
            });
        }
        if self.has(Self::COLON) {
            for name in ["paidAt", "failedAt", "cancelledAt"] {
                each_text(payment.get_mut(name), |text| {
                    text.get(..19)
                        .map_or_else(|| text.to_owned(), |time| format!("{time}+09:00"))
                });
            }
        }
        if self.has(Self::SHORT_BANK) {
            for (object, name) in [("vbank", "vbankCode"), ("bank", "bankCode")] {
                let code = payment.get_mut(object).and_then(|bank| bank.get_mut(name));
                each_text(code, |text| text.trim_start_matches('0').to_owned());
            }
            let due = payment.get_mut("vbank").and_then(|bank| bank.get_mut("vbankExpDate"));
            each_text(due, |_| String::new());
        }
        if self.has(Self::EXTRAS) {
            payment.insert("sessionId".into(), json!({"trace": [1, "a"]}));
            payment.insert("bid".into(), Value::Null);
            payment.insert("settlementHint".into(), json!("NEXT_WEEK"));
        }
        if self.has(Self::ABSENT) {
            payment.retain(|_, value| !value.is_null());
            payment.entry("cancels").or_insert_with(|| json!([]));
        }
        if self.has(Self::NULL_TEXT) {
            for name in ["channel", "buyerEmail", "mallReserved"] {
                if payment.get(name).is_some_and(Value::is_null) {
                    payment.insert(name.into(), json!("null"));
                }
            }
        }
        if self.has(Self::TEXT_FLAGS) || self.has(Self::TEXT_NUMBERS) {
            for value in payment.values_mut() {
                self.as_text(value);
            }
        }
    }

    fn as_text(self, value: &mut Value) {
        match value {
            Value::Bool(_) if self.has(Self::TEXT_FLAGS) => *value = Value::String(value.to_string()),
            Value::Number(_) if self.has(Self::TEXT_NUMBERS) => *value = Value::String(value.to_string()),
            Value::Object(map) => map.values_mut().for_each(|inner| self.as_text(inner)),
            Value::Array(list) => list.iter_mut().for_each(|inner| self.as_text(inner)),
            _ => {}
        }
    }
}

fn each_text(value: Option<&mut Value>, change: impl FnOnce(&str) -> String) {
    if let Some(Value::String(text)) = value {
        *text = change(text);
    }
}

const WORDS: &[(&str, Shapes)] = &[
    ("no-signature", Shapes::UNSIGNED),
    ("capitals", Shapes::CAPITALS),
    ("null-text", Shapes::NULL_TEXT),
    ("text-flags", Shapes::TEXT_FLAGS),
    ("numbers-as-text", Shapes::TEXT_NUMBERS),
    ("front-mask", Shapes::FRONT_MASK),
    ("pascal-billing", Shapes::PASCAL),
    ("colon-offset", Shapes::COLON),
    ("short-bank", Shapes::SHORT_BANK),
    ("unknown-fields", Shapes::EXTRAS),
    ("absent", Shapes::ABSENT),
    ("expire-at", Shapes::EXPIRE_AT),
    ("a204", Shapes::A204),
    ("receipt-amount-signature", Shapes::RECEIPT_AMOUNT),
];
