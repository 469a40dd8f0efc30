//! `IMP.request_pay`'s parameters, said as the `requestPayment` or `requestIssueBillingKey` object they mean.
//!
//! Parameters of single PGs that this router has no place for are left out, as PortOne's script leaves out what a PG does
//! not know; what would change the money if it were left out is refused.

use crate::checkout::fields::{Fields, Problems};
use serde_json::{Map, Value, json};

/// What the parameters mean.
#[derive(Debug)]
pub struct Meaning {
    /// The V2 object, without store and channel.
    pub object: Map<String, Value>,
    /// `customer_uid`: a billing key is wanted, under this name.
    pub customer_uid: Option<String>,
    /// `merchant_uid`.
    pub merchant_uid: String,
    /// `channelKey`.
    pub channel_key: Option<String>,
    /// `channelGroupId`.
    pub group: Option<String>,
    /// `pg`.
    pub pg: Option<String>,
    /// `popup`: a window of its own, where the PG has one.
    pub popup: bool,
}

/// V1 names of gift certificates, with PortOne V2's.
const CERTIFICATES: [(&str, &str); 5] = [
    ("cultureland", "CULTURELAND"),
    ("smartculture", "SMART_MUNSANG"),
    ("booknlife", "BOOKNLIFE"),
    ("happymoney", "HAPPYMONEY"),
    ("culturegift", "CULTUREGIFT"),
];

/// V1 names of wallets, with PortOne V2's.
const WALLETS: [(&str, &str); 15] = [
    ("kakaopay", "KAKAOPAY"),
    ("naverpay", "NAVERPAY"),
    ("tosspay", "TOSSPAY"),
    ("payco", "PAYCO"),
    ("samsung", "SAMSUNGPAY"),
    ("samsungpay", "SAMSUNGPAY"),
    ("applepay", "APPLEPAY"),
    ("ssgpay", "SSGPAY"),
    ("lpay", "LPAY"),
    ("lgpay", "LGPAY"),
    ("kpay", "KPAY"),
    ("skpay", "SKPAY"),
    ("pinpay", "PINPAY"),
    ("toss_brandpay", "TOSS_BRANDPAY"),
    ("chai", "CHAI"),
];

/// V1 names that pick a wallet and what is paid with in it.
const IN_WALLETS: [(&str, &str, &str); 6] = [
    ("naverpay_card", "NAVERPAY", "CARD"),
    ("naverpay_point", "NAVERPAY", "CHARGE"),
    ("tosspay_card", "TOSSPAY", "CARD"),
    ("tosspay_money", "TOSSPAY", "CHARGE"),
    ("ssgpay_bank", "SSGPAY", "TRANSFER"),
    ("naverpay_bridge", "NAVERPAY", ""),
];

/// Reads the parameters.
///
/// # Errors
/// Every problem, naming its parameter.
pub fn translate(params: &Map<String, Value>) -> Result<Meaning, String> {
    let mut problems = Problems::default();
    let fields = Fields::new(params, "");
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let merchant_uid = owned(fields.required_text("merchant_uid", &mut problems));
    let customer_uid = owned(fields.text("customer_uid", &mut problems));
    let mut object = Map::new();
    common(fields, &mut object, &mut problems);
    if customer_uid.is_some() {
        billing(fields, &mut object, &mut problems);
    } else {
        payment(fields, &mut object, &mut problems);
    }
    let meaning = Meaning {
        object,
        customer_uid,
        merchant_uid: merchant_uid.unwrap_or_default(),
        channel_key: owned(fields.text("channelKey", &mut problems)),
        group: owned(fields.text("channelGroupId", &mut problems)),
        pg: owned(fields.text("pg", &mut problems)),
        popup: fields.boolean("popup", &mut problems).unwrap_or(false),
    };
    if problems.is_empty() {
        Ok(meaning)
    } else {
        Err(problems.joined())
    }
}

fn put(object: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        object.insert(name.to_owned(), value);
    }
}

fn common(fields: Fields<'_>, object: &mut Map<String, Value>, problems: &mut Problems) {
    let text = |name: &str, problems: &mut Problems| fields.text(name, problems).map(Value::from);
    put(object, "redirectUrl", text("m_redirect_url", problems));
    put(object, "appScheme", text("app_scheme", problems));
    put(object, "confirmUrl", text("confirm_url", problems));
    put(object, "customData", fields.value("custom_data").cloned());
    put(
        object,
        "bypass",
        fields.object("bypass", problems).cloned().map(Value::Object),
    );
    let currency = text("currency", problems).unwrap_or_else(|| "KRW".into());
    object.insert("currency".to_owned(), currency);
    match fields.value("notice_url") {
        Some(Value::Array(urls)) => put(object, "noticeUrls", Some(Value::Array(urls.clone()))),
        Some(_) => put(
            object,
            "noticeUrls",
            fields.text("notice_url", problems).map(|url| json!([url])),
        ),
        None => {}
    }
    let locale = fields
        .word("language", &["ko", "en", "zh"], problems)
        .map(|word| match word {
            "en" => "EN_US",
            "zh" => "ZH_CN",
            _ => "KO_KR",
        });
    put(object, "locale", locale.map(Value::from));
    let digital = fields.boolean("digital", problems);
    put(
        object,
        "productType",
        digital.map(|digital| if digital { "DIGITAL" } else { "REAL" }.into()),
    );
    period(fields, object, problems);
    customer(fields, object, problems);
}

fn customer(fields: Fields<'_>, object: &mut Map<String, Value>, problems: &mut Problems) {
    let mut customer = Map::new();
    for (theirs, ours) in [
        ("customer_id", "customerId"),
        ("buyer_name", "fullName"),
        ("buyer_tel", "phoneNumber"),
        ("buyer_email", "email"),
        ("buyer_postcode", "zipcode"),
    ] {
        put(&mut customer, ours, fields.text(theirs, problems).map(Value::from));
    }
    let address = fields.text("buyer_addr", problems);
    put(
        &mut customer,
        "address",
        address.map(|line| json!({"addressLine1": line})),
    );
    put(
        object,
        "customer",
        (!customer.is_empty()).then_some(Value::Object(customer)),
    );
}

/// `period {from, to}`, days as `YYYYMMDD`.
fn period(fields: Fields<'_>, object: &mut Map<String, Value>, problems: &mut Problems) {
    let Some(period) = fields.object("period", problems) else {
        return;
    };
    let period = Fields::new(period, "period.");
    let mut range = Map::new();
    for (name, clock) in [("from", "000000"), ("to", "235959")] {
        if let Some(day) = period.text(name, problems) {
            match korean_time(&format!("{day}{clock}")) {
                Some(at) => put(&mut range, name, Some(at.into())),
                None => problems.add(&period.path(name), "must be a day as YYYYMMDD, e.g. 20260131"),
            }
        }
    }
    put(
        object,
        "offerPeriod",
        (!range.is_empty()).then(|| json!({ "range": range })),
    );
}

fn payment(fields: Fields<'_>, object: &mut Map<String, Value>, problems: &mut Problems) {
    for (theirs, ours) in [("merchant_uid", "paymentId"), ("name", "orderName")] {
        put(object, ours, fields.text(theirs, problems).map(Value::from));
    }
    if fields.value("name").is_none() {
        problems.add("name", "is required");
    }
    if fields.value("amount").is_none() {
        problems.add("amount", "is required");
    }
    for (theirs, ours) in [
        ("amount", "totalAmount"),
        ("tax_free", "taxFreeAmount"),
        ("vat_amount", "vatAmount"),
    ] {
        put(object, ours, fields.integer(theirs, problems).map(Value::from));
    }
    put(object, "isEscrow", fields.boolean("escrow", problems).map(Value::from));
    method(fields, object, problems);
    card(fields, object, problems);
    account(fields, object, problems);
    products(fields, object, problems);
}

fn method(fields: Fields<'_>, object: &mut Map<String, Value>, problems: &mut Problems) {
    let word = fields.text("pay_method", problems).unwrap_or("card");
    let simple = match word {
        "card" => Some("CARD"),
        "trans" => Some("TRANSFER"),
        "vbank" => Some("VIRTUAL_ACCOUNT"),
        "phone" => Some("MOBILE"),
        _ => None,
    };
    if let Some(simple) = simple {
        object.insert("payMethod".to_owned(), simple.into());
    } else if let Some((_, ours)) = CERTIFICATES.iter().find(|(theirs, _)| *theirs == word) {
        object.insert("payMethod".to_owned(), "GIFT_CERTIFICATE".into());
        object.insert("giftCertificate".to_owned(), json!({"giftCertificateType": ours}));
    } else if let Some((_, ours)) = WALLETS.iter().find(|(theirs, _)| *theirs == word) {
        object.insert("payMethod".to_owned(), "EASY_PAY".into());
        object.insert("easyPay".to_owned(), json!({"easyPayProvider": ours}));
    } else if let Some((_, ours, with)) = IN_WALLETS.iter().find(|(theirs, ..)| *theirs == word) {
        let mut wallet = json!({"easyPayProvider": ours});
        if !with.is_empty() {
            wallet["availablePayMethods"] = json!([with]);
        }
        object.insert("payMethod".to_owned(), "EASY_PAY".into());
        object.insert("easyPay".to_owned(), wallet);
    } else {
        problems.add(
            "pay_method",
            "is not one that this router serves: card, trans, vbank, phone, a gift certificate (cultureland, …) or a wallet (kakaopay, naverpay, tosspay, …)",
        );
    }
}

/// `card.…` and `display.card_quota`.
fn card(fields: Fields<'_>, object: &mut Map<String, Value>, problems: &mut Problems) {
    let mut out = Map::new();
    if let Some(display) = fields.object("display", problems) {
        let display = Fields::new(display, "display.");
        if let Some(months) = display.array("card_quota", problems) {
            // An empty list means a single payment only.
            let months = if months.is_empty() {
                vec![0.into()]
            } else {
                months.to_vec()
            };
            out.insert(
                "installment".to_owned(),
                json!({"monthOption": {"availableMonthList": months}}),
            );
        }
    }
    if let Some(given) = fields.object("card", problems) {
        let given = Fields::new(given, "card.");
        for (theirs, ours) in [
            ("useInstallment", "useInstallment"),
            ("useCardPoint", "useCardPoint"),
            ("useFreeInterestFromMall", "useFreeInterestFromMall"),
            ("appCard", "useAppCardOnly"),
        ] {
            put(&mut out, ours, given.boolean(theirs, problems).map(Value::from));
        }
        // Codes of card companies are another list in every PG: the names of V2 mean the same everywhere.
        for name in ["direct", "detail"] {
            if given.value(name).is_some() {
                problems.add(
                    &given.path(name),
                    "is not passed on by this router; call the card company through PortOne.requestPayment's card.cardCompany",
                );
            }
        }
    }
    put(object, "card", (!out.is_empty()).then_some(Value::Object(out)));
}

fn account(fields: Fields<'_>, object: &mut Map<String, Value>, problems: &mut Problems) {
    let Some(due) = fields.text("vbank_due", problems) else {
        return;
    };
    let digits: String = due.chars().filter(char::is_ascii_digit).collect();
    // A day alone lasts until it ends.
    let whole = if digits.len() == 8 {
        format!("{digits}235959")
    } else {
        digits
    };
    match korean_time(&whole) {
        Some(at) => {
            object.insert("virtualAccount".to_owned(), json!({"accountExpiry": {"dueDate": at}}));
        }
        None => problems.add(
            "vbank_due",
            "must be YYYYMMDD, YYYY-MM-DD, YYYYMMDDHHmmss or YYYY-MM-DD HH:mm:ss in Korean time",
        ),
    }
}

/// `YYYYMMDDHHmmss` in Korean time as RFC 3339.
fn korean_time(digits: &str) -> Option<String> {
    let at = jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", digits).ok()?;
    Some(format!("{at}+09:00"))
}

/// `products` of Toss escrow and `kcpProducts`: what is delivered.
fn products(fields: Fields<'_>, object: &mut Map<String, Value>, problems: &mut Problems) {
    let (name, list) = match fields.array("products", problems) {
        Some(list) => ("products", list),
        None => match fields.array("kcpProducts", problems) {
            Some(list) => ("kcpProducts", list),
            None => return,
        },
    };
    let mut out = Vec::with_capacity(list.len());
    for (index, product) in list.iter().enumerate() {
        let Some(given) = product.as_object() else {
            problems.add(&format!("{name}[{index}]"), "must be an object");
            continue;
        };
        let take = |names: [&str; 2]| names.iter().find_map(|name| given.get(*name)).cloned();
        let mut kept = Map::new();
        for (ours, theirs) in [
            ("id", ["id", "orderNumber"]),
            ("name", ["name", "name"]),
            ("code", ["code", "code"]),
            ("amount", ["unitPrice", "amount"]),
            ("quantity", ["quantity", "quantity"]),
        ] {
            put(&mut kept, ours, take(theirs));
        }
        out.push(Value::Object(kept));
    }
    object.insert("products".to_owned(), Value::Array(out));
}

/// A billing key: what is shown as `name` and `amount` is not charged.
fn billing(fields: Fields<'_>, object: &mut Map<String, Value>, problems: &mut Problems) {
    put(
        object,
        "issueId",
        fields.text("merchant_uid", problems).map(Value::from),
    );
    put(object, "issueName", fields.text("name", problems).map(Value::from));
    put(
        object,
        "displayAmount",
        fields.integer("amount", problems).filter(|n| *n > 0).map(Value::from),
    );
    let word = fields.text("pay_method", problems).unwrap_or("card");
    let method = match word {
        "card" => "CARD",
        "phone" => "MOBILE",
        word => match WALLETS.iter().find(|(theirs, _)| *theirs == word) {
            Some((_, ours)) => {
                object.insert("easyPay".to_owned(), json!({"easyPayProvider": ours}));
                "EASY_PAY"
            }
            None => {
                problems.add("pay_method", "must be card, phone or a wallet for a billing key");
                return;
            }
        },
    };
    object.insert("billingKeyMethod".to_owned(), method.into());
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(extra: Value) -> Result<Meaning, String> {
        let mut params = json!({"merchant_uid": "order-1", "name": "주문", "amount": 1_000});
        for (name, value) in extra.as_object().unwrap() {
            params[name] = value.clone();
        }
        translate(params.as_object().unwrap())
    }

    #[test]
    fn a_payment_is_said_in_v2s_words() {
        let meaning = read(json!({
            "pg": "tosspayments.tnaru00001", "pay_method": "vbank", "vbank_due": "2026-12-31", "escrow": true,
            "tax_free": 100, "vat_amount": 82, "buyer_name": "김나루", "buyer_tel": "01012345678",
            "buyer_email": "a@example.com", "buyer_addr": "서울", "buyer_postcode": "04524", "customer_id": "c-1",
            "language": "en", "digital": false, "notice_url": "https://shop.example/a",
            "confirm_url": "https://shop.example/c", "m_redirect_url": "https://shop.example/done",
            "app_scheme": "shop", "custom_data": {"cart": 7}, "popup": true, "kcpProducts":
                [{"orderNumber": "1", "name": "찻잔", "quantity": 2, "amount": 500}],
            "period": {"from": "20260101", "to": "20260131"},
        }))
        .unwrap();
        assert_eq!(
            Value::Object(meaning.object),
            json!({
                "paymentId": "order-1", "orderName": "주문", "totalAmount": 1_000, "taxFreeAmount": 100, "vatAmount": 82,
                "currency": "KRW", "payMethod": "VIRTUAL_ACCOUNT", "isEscrow": true, "locale": "EN_US",
                "productType": "REAL", "customData": {"cart": 7}, "noticeUrls": ["https://shop.example/a"],
                "confirmUrl": "https://shop.example/c", "redirectUrl": "https://shop.example/done", "appScheme": "shop",
                "virtualAccount": {"accountExpiry": {"dueDate": "2026-12-31T23:59:59+09:00"}},
                "customer": {"customerId": "c-1", "fullName": "김나루", "phoneNumber": "01012345678",
                    "email": "a@example.com", "zipcode": "04524", "address": {"addressLine1": "서울"}},
                "products": [{"id": "1", "name": "찻잔", "amount": 500, "quantity": 2}],
                "offerPeriod": {"range": {"from": "2026-01-01T00:00:00+09:00", "to": "2026-01-31T23:59:59+09:00"}},
            })
        );
        assert!(meaning.popup);
        assert_eq!(meaning.pg.as_deref(), Some("tosspayments.tnaru00001"));
        assert_eq!(meaning.customer_uid, None);
    }

    #[test]
    fn the_method_may_be_a_brand() {
        let object = |word: &str| read(json!({"pay_method": word})).unwrap().object;
        assert_eq!(object("card")["payMethod"], "CARD");
        assert_eq!(read(json!({})).unwrap().object["payMethod"], "CARD");
        assert_eq!(
            object("smartculture")["giftCertificate"]["giftCertificateType"],
            "SMART_MUNSANG"
        );
        assert_eq!(object("samsung")["easyPay"]["easyPayProvider"], "SAMSUNGPAY");
        assert_eq!(
            object("naverpay_point")["easyPay"],
            json!({"easyPayProvider": "NAVERPAY", "availablePayMethods": ["CHARGE"]})
        );
    }

    #[test]
    fn a_customer_uid_asks_for_a_billing_key() {
        let meaning = read(json!({"customer_uid": "buyer-1", "amount": 0})).unwrap();
        assert_eq!(meaning.customer_uid.as_deref(), Some("buyer-1"));
        assert_eq!(meaning.object["billingKeyMethod"], "CARD");
        assert_eq!(meaning.object["issueName"], "주문");
        assert!(!meaning.object.contains_key("displayAmount"));
        assert!(!meaning.object.contains_key("totalAmount"));
    }

    #[test]
    fn an_account_may_end_at_a_time() {
        for (due, at) in [
            ("20261231", "2026-12-31T23:59:59+09:00"),
            ("2026-12-31 10:20:30", "2026-12-31T10:20:30+09:00"),
            ("20261231102030", "2026-12-31T10:20:30+09:00"),
        ] {
            let object = read(json!({"pay_method": "vbank", "vbank_due": due})).unwrap().object;
            assert_eq!(object["virtualAccount"]["accountExpiry"]["dueDate"], at);
        }
    }

    #[test]
    fn every_wrong_parameter_is_named() {
        for (extra, part) in [
            (json!({"amount": "1000"}), "amount: must be an integer"),
            (json!({"amount": null}), "amount: is required"),
            (json!({"merchant_uid": 7}), "merchant_uid: must be a string"),
            (json!({"name": null}), "name: is required"),
            (json!({"pay_method": "gold"}), "pay_method: is not one"),
            (json!({"vbank_due": "2026-13-01"}), "vbank_due: must be"),
            (json!({"language": "jp"}), "language: must be one of"),
            (
                json!({"card": {"direct": {"code": "361"}}}),
                "card.direct: is not passed on",
            ),
            (json!({"period": {"from": "2026"}}), "period.from: must be"),
            (json!({"products": ["x"]}), "products[0]: must be an object"),
            (
                json!({"customer_uid": "c", "pay_method": "vbank"}),
                "pay_method: must be card",
            ),
        ] {
            let problems = read(extra.clone()).unwrap_err();
            assert!(problems.contains(part), "{extra}: {problems}");
        }
    }
}
