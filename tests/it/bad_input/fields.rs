//! The fields of each request and how each can be wrong.

use serde_json::{Value, json};

/// What a field must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text of at most so many characters.
    Text(usize),
    /// A number that is an amount above zero.
    Amount,
    /// A whole number, zero or more, at most this.
    Whole(i64),
    Flag,
    /// One of a list of words.
    Word,
    /// Several of a list of words.
    Words,
    Currency,
    Country,
    Time,
    Object,
    Array,
    /// A member of an array that is an object.
    Item,
    /// Secret digits.
    Secret,
    /// A secret of any characters.
    Credential,
    /// An absolute http(s) URL.
    Url,
}

/// A field by its path in the request, with numbers for places in arrays.
#[derive(Debug, Clone)]
pub struct Field {
    pub path: &'static str,
    pub kind: Kind,
    pub required: bool,
}

impl Field {
    /// How the message may write the field: its path in brackets for arrays, or what the problem is really about.
    pub fn names(&self) -> Vec<String> {
        let mut name = String::new();
        for part in self.path.split('.') {
            match part.parse::<usize>() {
                Ok(index) => name.push_str(&format!("[{index}]")),
                Err(_) if name.is_empty() => name.push_str(part),
                Err(_) => name.push_str(&format!(".{part}")),
            }
        }
        vec![name]
    }

    /// Wrong values with a word for each; `None` leaves the field out.
    pub fn bad(&self) -> Vec<(&'static str, Option<Value>)> {
        let mut bad: Vec<(&'static str, Option<Value>)> = Vec::new();
        let mut put = |what, value: Value| bad.push((what, Some(value)));
        let types = [
            ("a text", json!("x")),
            ("a number", json!(7)),
            ("a flag", json!(true)),
            ("an array", json!([1])),
            ("an object", json!({ "a": 1 })),
        ];
        let own: &[&str] = match self.kind {
            Kind::Text(_) | Kind::Url | Kind::Credential => &["a text"],
            Kind::Amount | Kind::Whole(_) => &["a number"],
            Kind::Flag => &["a flag"],
            Kind::Array => &["an array"],
            Kind::Object | Kind::Item => &["an object"],
            Kind::Word | Kind::Words | Kind::Currency | Kind::Country | Kind::Time | Kind::Secret => &[],
        };
        for (what, value) in types {
            if !own.contains(&what) {
                put(what, value);
            }
        }
        match self.kind {
            Kind::Text(max) if max < 1 << 20 => {
                put("too long", "가".repeat(max + 1).into());
                put("with a NUL", "a\0b".into());
            }
            Kind::Amount => {
                put("zero", json!(0));
                put("negative", json!(-1));
            }
            Kind::Whole(max) if max < i64::MAX => put("too large", json!(max + 1)),
            Kind::Word | Kind::Words => {
                put("an unknown word", json!("NO_SUCH_WORD"));
                put("unknown words", json!(["NO_SUCH_WORD"]));
                put("a lower-case word", json!("card"));
            }
            Kind::Currency => {
                put("lower case", json!("krw"));
                put("two letters", json!("KR"));
                put("Korean", json!("원화원"));
            }
            Kind::Country => {
                put("lower case", json!("kr"));
                put("three letters", json!("KOR"));
            }
            Kind::Time => {
                put("a date", json!("2026-01-01"));
                put("no such day", json!("2026-02-30T00:00:00Z"));
                put("seconds", json!(1_767_225_600));
            }
            Kind::Secret => {
                put("letters", json!("abcdefghijkl"));
                put("too long", "1".repeat(4_000).into());
                put("Korean digits", json!("１２"));
            }
            Kind::Credential => {
                put("empty", json!(""));
                put("too long", "x".repeat(4_000).into());
            }
            Kind::Url => {
                put("no URL", json!("shop"));
                put("a script", json!("javascript:alert(1)"));
            }
            _ => {}
        }
        if matches!(self.kind, Kind::Amount | Kind::Whole(_)) {
            put("a fraction", json!(1.5));
            put("digits in a text", json!("10"));
            put("beyond 2^53", json!(9_007_199_254_740_993_i64));
            put("beyond 2^64", json!(1e30));
            put("least integer", json!(i64::MIN));
        }
        if matches!(self.kind, Kind::Whole(_)) {
            put("negative", json!(-1));
        }
        if self.required {
            if matches!(self.kind, Kind::Text(_)) {
                put("empty", json!(""));
                put("blank", json!("  "));
            }
            put("null", Value::Null);
            bad.push(("missing", None));
        }
        bad
    }
}

const LINE: Kind = Kind::Text(300);
const CODE: Kind = Kind::Text(40);
const ID: Kind = Kind::Text(128);
/// Any length: the browser's fields are limited by the body alone, and the PG's limits.
const ANY: Kind = Kind::Text(usize::MAX);
const PART: Kind = Kind::Whole(9_007_199_254_740_991);
const INT: Kind = Kind::Whole(2_147_483_647);

fn need(path: &'static str, kind: Kind) -> Field {
    Field {
        path,
        kind,
        required: true,
    }
}

fn may(path: &'static str, kind: Kind) -> Field {
    Field {
        path,
        kind,
        required: false,
    }
}

pub fn instant() -> Vec<Field> {
    const CREDENTIAL: [(&str, bool); 5] = [
        ("method.card.credential.number", true),
        ("method.card.credential.expiryYear", true),
        ("method.card.credential.expiryMonth", true),
        // Toss wants it; PortOne does not.
        ("method.card.credential.birthOrBusinessRegistrationNumber", true),
        ("method.card.credential.passwordTwoDigits", false),
    ];
    let mut all: Vec<Field> = CREDENTIAL
        .into_iter()
        .map(|(path, required)| Field {
            path,
            kind: Kind::Secret,
            required,
        })
        .collect();
    all.extend([
        may("storeId", ID),
        need("channelKey", ID),
        need("orderName", Kind::Text(500)),
        need("amount", Kind::Object),
        need("amount.total", Kind::Amount),
        may("amount.taxFree", PART),
        may("amount.vat", PART),
        need("currency", Kind::Currency),
        need("method", Kind::Object),
        need("method.card", Kind::Object),
        need("method.card.credential", Kind::Object),
        may("method.card.installmentMonth", Kind::Whole(60)),
        may("method.card.useFreeInstallmentPlan", Kind::Flag),
        may("method.card.useFreeInterestFromMerchant", Kind::Flag),
        may("method.card.useCardPoint", Kind::Flag),
        may("customData", Kind::Text(20_000)),
        may("productType", Kind::Word),
        may("productCount", INT),
        may("country", Kind::Country),
        may("skipWebhook", Kind::Flag),
        may("isEscrow", Kind::Flag),
        may("isCulturalExpense", Kind::Flag),
        may("noticeUrls", Kind::Array),
        may("products", Kind::Array),
        may("products.0", Kind::Item),
        need("products.0.id", LINE),
        need("products.0.name", LINE),
        need("products.0.quantity", INT),
        may("products.0.tag", LINE),
        may("products.0.code", LINE),
        may("products.0.link", Kind::Text(2_048)),
        may("shippingAddress", Kind::Object),
        need("shippingAddress.addressLine1", LINE),
        may("shippingAddress.city", LINE),
        may("shippingAddress.province", LINE),
        may("shippingAddress.country", Kind::Country),
        may("customer", Kind::Object),
        may("customer.id", LINE),
        may("customer.name", Kind::Object),
        may("customer.name.full", LINE),
        may("customer.email", LINE),
        may("customer.phoneNumber", CODE),
        may("customer.gender", Kind::Word),
        may("customer.birthYear", CODE),
        may("customer.birthMonth", CODE),
        may("customer.birthDay", CODE),
        may("customer.country", Kind::Country),
        may("customer.zipcode", CODE),
        may("customer.businessRegistrationNumber", CODE),
        may("customer.address", Kind::Object),
        need("customer.address.addressLine1", LINE),
    ]);
    all
}

pub fn cancel() -> Vec<Field> {
    vec![
        may("storeId", ID),
        need("reason", Kind::Text(500)),
        may("amount", Kind::Amount),
        may("taxFreeAmount", PART),
        may("vatAmount", PART),
        may("requester", Kind::Word),
        may("promotionDiscountRetainOption", Kind::Word),
        may("currentCancellableAmount", PART),
        may("refundEmail", LINE),
        may("skipWebhook", Kind::Flag),
        may("refundAccount", Kind::Object),
        need("refundAccount.bank", CODE),
        need("refundAccount.number", CODE),
        need("refundAccount.holderName", LINE),
        may("refundAccount.holderPhoneNumber", CODE),
    ]
}

pub fn confirm() -> Vec<Field> {
    vec![
        may("storeId", ID),
        need("paymentToken", Kind::Text(4_000)),
        may("txId", ID),
        may("currency", Kind::Currency),
        may("totalAmount", Kind::Amount),
        may("taxFreeAmount", PART),
        may("isTest", Kind::Flag),
        may("skipWebhook", Kind::Flag),
    ]
}

pub fn pre_register() -> Vec<Field> {
    vec![
        may("storeId", ID),
        may("totalAmount", Kind::Amount),
        may("taxFreeAmount", PART),
        may("currency", Kind::Currency),
    ]
}

/// The credential's content is not this table's matter: only that it is a text.
pub fn login(name: &'static str) -> Vec<Field> {
    vec![need(name, Kind::Credential)]
}

pub fn list() -> Vec<Field> {
    vec![
        may("page", Kind::Object),
        may("page.number", INT),
        may("page.size", Kind::Whole(1_000)),
        may("filter", Kind::Object),
        may("filter.storeId", ID),
        may("filter.timestampType", Kind::Word),
        may("filter.status", Kind::Words),
        may("filter.methods", Kind::Words),
        may("filter.isTest", Kind::Flag),
        may("filter.currency", Kind::Currency),
        may("filter.platformType", Kind::Word),
        may("filter.sortBy", Kind::Word),
        may("filter.sortOrder", Kind::Word),
        may("filter.version", Kind::Word),
        may("filter.isScheduled", Kind::Flag),
        may("filter.isEscrow", Kind::Flag),
        may("filter.from", Kind::Time),
        may("filter.until", Kind::Time),
        may("filter.escrowStatus", Kind::Word),
        may("filter.textSearch", Kind::Array),
        may("filter.textSearch.0", Kind::Item),
        need("filter.textSearch.0.field", Kind::Word),
        need("filter.textSearch.0.value", LINE),
    ]
}

pub fn checkout() -> Vec<Field> {
    vec![
        need("storeId", ANY),
        need("channelKey", ANY),
        need("paymentId", Kind::Text(128)),
        need("orderName", ANY),
        need("totalAmount", Kind::Amount),
        may("taxFreeAmount", PART),
        may("vatAmount", PART),
        need("currency", Kind::Currency),
        need("payMethod", Kind::Word),
        need("device", Kind::Word),
        may("country", Kind::Country),
        may("redirectUrl", Kind::Url),
        may("forceRedirect", Kind::Flag),
        may("productType", Kind::Word),
        may("isEscrow", Kind::Flag),
        may("isCulturalExpense", Kind::Flag),
        may("locale", Kind::Word),
        may("appScheme", ANY),
        may("noticeUrls", Kind::Array),
        may("windowType", Kind::Object),
        may("windowType.pc", Kind::Word),
        may("windowType.mobile", Kind::Word),
        may("offerPeriod", Kind::Object),
        may("products", Kind::Array),
        may("products.0", Kind::Item),
        need("products.0.id", ANY),
        need("products.0.name", ANY),
        need("products.0.quantity", Kind::Amount),
        may("customer", Kind::Object),
        may("customer.fullName", ANY),
        may("customer.email", ANY),
        may("customer.phoneNumber", ANY),
        may("customer.gender", Kind::Word),
        may("customer.birthYear", Kind::Secret),
    ]
}
