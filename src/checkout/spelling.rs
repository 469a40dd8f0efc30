//! Both spellings of the browser SDK's enums: `KRW` and `CURRENCY_KRW` (PortOne V2 browser SDK). Whatever comes behind
//! this room sees only the short one.

use serde_json::{Map, Value};

/// A step into the request object.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// Member of an object.
    Member(&'static str),
    /// Every entry of an array.
    Each,
}

use Step::{Each, Member};

const CARD: &str = "CARD_COMPANY_";
const RECEIPT: &str = "CASH_RECEIPT_TYPE_";
const BANK: &str = "BANK_";
const CARRIER: &str = "CARRIER_";
const WALLET: &str = "EASY_PAY_PROVIDER_";
const COUNTRY: &str = "COUNTRY_";

/// Every place of a prefixed enum in a `requestPayment` object, with its prefix. `bypass` is not among them: it belongs
/// to the PG and passes untouched.
const PLACES: &[(&str, &[Step])] = &[
    ("CURRENCY_", &[Member("currency")]),
    (COUNTRY, &[Member("country")]),
    ("PRODUCT_TYPE_", &[Member("productType")]),
    ("GENDER_", &[Member("customer"), Member("gender")]),
    (COUNTRY, &[Member("customer"), Member("address"), Member("country")]),
    (CARD, &[Member("card"), Member("cardCompany")]),
    (CARD, &[Member("card"), Member("availableCards"), Each]),
    (
        CARD,
        &[
            Member("card"),
            Member("installment"),
            Member("freeInstallmentPlans"),
            Each,
            Member("cardCompany"),
        ],
    ),
    (RECEIPT, &[Member("virtualAccount"), Member("cashReceiptType")]),
    (BANK, &[Member("virtualAccount"), Member("bankCode")]),
    (BANK, &[Member("virtualAccount"), Member("availableBanks"), Each]),
    (RECEIPT, &[Member("transfer"), Member("cashReceiptType")]),
    (CARRIER, &[Member("mobile"), Member("carrier")]),
    (CARRIER, &[Member("mobile"), Member("availableCarriers"), Each]),
    (
        "GIFT_CERTIFICATE_TYPE_",
        &[Member("giftCertificate"), Member("giftCertificateType")],
    ),
    (WALLET, &[Member("easyPay"), Member("easyPayProvider")]),
    (CARD, &[Member("easyPay"), Member("availableCards"), Each]),
    (
        CARD,
        &[
            Member("easyPay"),
            Member("installment"),
            Member("freeInstallmentPlans"),
            Each,
            Member("cardCompany"),
        ],
    ),
    (RECEIPT, &[Member("easyPay"), Member("cashReceiptType")]),
    (WALLET, &[Member("alipayPlus"), Member("easyPayProvider")]),
];

/// Rewrites every enum to its short spelling, and the published misspelling `avaliableCarriers` to `availableCarriers`.
pub fn shorten(request: &mut Map<String, Value>) {
    if let Some(Value::Object(mobile)) = request.get_mut("mobile")
        && let Some(carriers) = mobile.remove("avaliableCarriers")
    {
        mobile.entry("availableCarriers").or_insert(carriers);
    }
    for (prefix, place) in PLACES {
        if let Some((Member(first), rest)) = place.split_first()
            && let Some(value) = request.get_mut(*first)
        {
            walk(value, rest, prefix);
        }
    }
}

fn walk(value: &mut Value, place: &[Step], prefix: &str) {
    match (place.split_first(), value) {
        (None, Value::String(word)) => {
            if let Some(short) = word.strip_prefix(prefix).filter(|short| !short.is_empty()) {
                *word = short.to_owned();
            }
        }
        (Some((Member(name), rest)), Value::Object(object)) => {
            if let Some(inner) = object.get_mut(*name) {
                walk(inner, rest, prefix);
            }
        }
        (Some((Each, rest)), Value::Array(entries)) => {
            for entry in entries {
                walk(entry, rest, prefix);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn short(mut value: Value) -> Value {
        shorten(value.as_object_mut().unwrap());
        value
    }

    #[test]
    fn long_and_short_spellings_become_the_same() {
        let long = json!({
            "currency": "CURRENCY_KRW", "country": "COUNTRY_KR", "productType": "PRODUCT_TYPE_REAL",
            "customer": {"gender": "GENDER_MALE", "address": {"country": "COUNTRY_KR"}},
            "card": {
                "cardCompany": "CARD_COMPANY_HYUNDAI_CARD", "availableCards": ["CARD_COMPANY_BC_CARD"],
                "installment": {"freeInstallmentPlans": [{"cardCompany": "CARD_COMPANY_BC_CARD", "months": [2]}]}
            },
            "virtualAccount": {
                "cashReceiptType": "CASH_RECEIPT_TYPE_PERSONAL", "bankCode": "BANK_WOORI", "availableBanks": ["BANK_IBK"]
            },
            "mobile": {"carrier": "CARRIER_SKT", "avaliableCarriers": ["CARRIER_KT"]},
            "giftCertificate": {"giftCertificateType": "GIFT_CERTIFICATE_TYPE_CULTURELAND"},
            "easyPay": {"easyPayProvider": "EASY_PAY_PROVIDER_KAKAOPAY"}
        });
        let want = json!({
            "currency": "KRW", "country": "KR", "productType": "REAL",
            "customer": {"gender": "MALE", "address": {"country": "KR"}},
            "card": {
                "cardCompany": "HYUNDAI_CARD", "availableCards": ["BC_CARD"],
                "installment": {"freeInstallmentPlans": [{"cardCompany": "BC_CARD", "months": [2]}]}
            },
            "virtualAccount": {"cashReceiptType": "PERSONAL", "bankCode": "WOORI", "availableBanks": ["IBK"]},
            "mobile": {"carrier": "SKT", "availableCarriers": ["KT"]},
            "giftCertificate": {"giftCertificateType": "CULTURELAND"},
            "easyPay": {"easyPayProvider": "KAKAOPAY"}
        });
        assert_eq!(short(long), want);
        assert_eq!(short(want.clone()), want);
    }

    #[test]
    fn texts_and_bypass_stay_as_they_are() {
        let value = json!({
            "orderName": "CURRENCY_KRW", "currency": "CURRENCY_", "card": "x", "easyPay": [1],
            "bypass": {"kcp_v2": {"currency": "CURRENCY_KRW"}}
        });
        assert_eq!(short(value.clone()), value);
    }
}
