//! Every field of every body, broken in every way: a 400 that names the field, and nothing of its value.

use super::{plan, post, refusal};
use crate::api::v2::input::Channel;
use crate::api::v2::plan::{Command, Plan};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

const CARD: &str = "9410000000000000";

fn instant() -> Value {
    json!({
        "channelKey": "channel-key-1",
        "orderName": "coffee",
        "amount": {"total": 1000, "taxFree": 100, "vat": 82},
        "currency": "KRW",
        "method": {"card": {
            "credential": {"number": CARD, "expiryYear": "30", "expiryMonth": "07",
                "birthOrBusinessRegistrationNumber": "990101", "passwordTwoDigits": "12"},
            "installmentMonth": 3, "useFreeInterestFromMerchant": true, "useCardPoint": true}},
        "customer": {"id": "c-1", "name": {"separated": {"first": "길동", "last": "홍"}}, "gender": "MALE",
            "email": "a@example.com", "phoneNumber": "010-0000-0000", "zipcode": "01234", "birthYear": "1990",
            "address": {"addressLine1": "테헤란로 1", "addressLine2": "2층", "city": "강남구", "province": "서울",
                "country": "KR"}},
        "customData": "{\"a\":1}",
        "country": "KR",
        "productCount": 2,
        "productType": "PHYSICAL",
        "products": [{"id": "p", "name": "bean", "amount": 500, "quantity": 2, "link": "https://example.com/p"}],
        "noticeUrls": ["https://example.com/hook"],
        "skipWebhook": true,
        "fieldOfTheFuture": {"x": 1},
    })
}

/// Sets the member at a path such as `a.b[0].c`.
fn set(value: &mut Value, path: &str, new: Value) {
    let pointer = format!("/{}", path.replace('[', ".").replace(']', "").replace('.', "/"));
    if let Some(member) = value.pointer_mut(&pointer) {
        *member = new;
        return;
    }
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    value.pointer_mut(parent).unwrap()[name] = new;
}

fn refused(target: &str, body: &Value) -> (u16, &'static str, String) {
    refusal(post(target, &body.to_string()))
}

fn names(target: &str, whole: &Value, path: &str, new: Value) {
    let mut body = whole.clone();
    set(&mut body, path, new.clone());
    let (status, kind, message) = refused(target, &body);
    assert_eq!((status, kind), (400, "INVALID_REQUEST"), "{path} = {new}: {message}");
    let named = message.starts_with(&format!("{path}: "));
    let inside = new.is_object() && message.starts_with(&format!("{path}."));
    assert!(named || inside, "{path} = {new}: {message}");
    if let Some(text) = new.as_str().filter(|text| text.len() > 3) {
        assert!(!message.contains(text), "{path}: the message repeats the value");
    }
}

/// A value of each JSON type but the right one.
fn wrong_types(right: &str) -> Vec<Value> {
    [
        ("string", json!("x")),
        ("number", json!(7)),
        ("number", json!(1.5)),
        ("boolean", json!(true)),
        ("array", json!([1])),
        ("object", json!({"x": 1})),
    ]
    .into_iter()
    .filter(|(kind, value)| *kind != right || value.is_f64())
    .map(|(_, value)| value)
    .filter(|value| right != "number" || !value.is_i64())
    .collect()
}

#[test]
fn every_instant_field_refuses_every_wrong_type() {
    for (path, right) in [
        ("storeId", "string"),
        ("channelKey", "string"),
        ("orderName", "string"),
        ("amount", "object"),
        ("amount.total", "number"),
        ("amount.taxFree", "number"),
        ("amount.vat", "number"),
        ("currency", "none"),
        ("method", "object"),
        ("method.card", "object"),
        ("method.card.credential", "object"),
        ("method.card.credential.number", "none"),
        ("method.card.credential.expiryYear", "none"),
        ("method.card.credential.expiryMonth", "none"),
        ("method.card.credential.birthOrBusinessRegistrationNumber", "none"),
        ("method.card.credential.passwordTwoDigits", "none"),
        ("method.card.installmentMonth", "number"),
        ("method.card.useFreeInstallmentPlan", "boolean"),
        ("method.card.useFreeInterestFromMerchant", "boolean"),
        ("method.card.useCardPoint", "boolean"),
        ("customer", "object"),
        ("customer.id", "string"),
        ("customer.name", "object"),
        ("customer.name.separated.first", "string"),
        ("customer.gender", "none"),
        ("customer.email", "string"),
        ("customer.address", "object"),
        ("customer.address.addressLine1", "string"),
        ("customData", "string"),
        ("country", "none"),
        ("products", "array"),
        ("products[0]", "object"),
        ("products[0].amount", "number"),
        ("products[0].quantity", "number"),
        ("products[0].name", "string"),
        ("productCount", "number"),
        ("productType", "none"),
        ("noticeUrls", "array"),
        ("noticeUrls[0]", "none"),
        ("isEscrow", "boolean"),
        ("isCulturalExpense", "boolean"),
        ("skipWebhook", "boolean"),
        ("bypass", "object"),
    ] {
        for wrong in wrong_types(right) {
            names("/payments/p/instant", &instant(), path, wrong);
        }
    }
}

#[test]
fn instant_values_out_of_range_are_refused() {
    let long = "가".repeat(501);
    for (path, value) in [
        ("amount.total", json!(0)),
        ("amount.total", json!(-1)),
        ("amount.total", json!(9_007_199_254_740_992i64)),
        ("amount.total", json!(18_446_744_073_709_551_615u64)),
        ("amount.total", json!("1000")),
        ("amount.taxFree", json!(-1)),
        ("amount.vat", json!(-1)),
        ("currency", json!("won")),
        ("currency", json!("WON1")),
        ("orderName", json!("")),
        ("orderName", json!("  ")),
        ("orderName", json!(long)),
        ("orderName", json!("a\u{0}b")),
        ("channelKey", json!("")),
        ("channelKey", json!("k".repeat(129))),
        ("method.card.credential.number", json!("9410-0000-0000-0000")),
        ("method.card.credential.number", json!("94100000000")),
        ("method.card.credential.number", json!("9".repeat(20))),
        ("method.card.credential.expiryYear", json!("2030")),
        ("method.card.credential.expiryMonth", json!("13")),
        ("method.card.credential.expiryMonth", json!("00")),
        (
            "method.card.credential.birthOrBusinessRegistrationNumber",
            json!("19900101"),
        ),
        ("method.card.credential.passwordTwoDigits", json!("1234")),
        ("method.card.installmentMonth", json!(-1)),
        ("method.card.installmentMonth", json!(61)),
        ("promotionId", json!("promotion-1")),
        ("isEscrow", json!(true)),
        ("isCulturalExpense", json!(true)),
        ("bypass", json!({"tosspayments": {}})),
        ("country", json!("KOR")),
        ("noticeUrls[0]", json!("ftp://example.com")),
        ("customData", json!("x".repeat(20_001))),
        ("customer.address.country", json!("korea")),
    ] {
        names("/payments/p/instant", &instant(), path, value);
    }
}

#[test]
fn instant_requires_what_it_requires() {
    for (parent, name, named) in [
        ("", "orderName", "orderName"),
        ("", "amount", "amount.total"),
        ("/amount", "total", "amount.total"),
        ("", "currency", "currency"),
        ("", "method", "method.card"),
        ("/method", "card", "method.card"),
        ("/method/card", "credential", "method.card.credential"),
        ("/method/card/credential", "number", "method.card.credential.number"),
        (
            "/method/card/credential",
            "expiryYear",
            "method.card.credential.expiryYear",
        ),
        (
            "/method/card/credential",
            "expiryMonth",
            "method.card.credential.expiryMonth",
        ),
        ("", "channelKey", "channelKey"),
        ("/products/0", "id", "products[0].id"),
        ("/customer/address", "addressLine2", "customer.address.addressLine2"),
    ] {
        for null in [false, true] {
            let mut body = instant();
            let members = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
            members.remove(name).unwrap();
            if null {
                members.insert(name.to_owned(), Value::Null);
            }
            let (status, kind, message) = refused("/payments/p/instant", &body);
            assert_eq!((status, kind), (400, "INVALID_REQUEST"));
            assert!(message.starts_with(&format!("{named}: ")), "{named}: {message}");
        }
    }
}

#[test]
fn channel_and_group_exclude_each_other() {
    let mut body = instant();
    body["channelGroupId"] = json!("channel-group-test-1");
    let (_, _, message) = refused("/payments/p/instant", &body);
    assert_eq!(
        message,
        "channelKey: give either channelKey or channelGroupId, not both"
    );
}

#[test]
fn parts_above_the_total_are_a_conflict() {
    for amount in [
        json!({"total": 100, "taxFree": 101}),
        json!({"total": 100, "taxFree": 60, "vat": 41}),
    ] {
        let mut body = instant();
        body["amount"] = amount;
        let (status, kind, _) = refused("/payments/p/instant", &body);
        assert_eq!((status, kind), (409, "SUM_OF_PARTS_EXCEEDS_TOTAL_AMOUNT"));
    }
}

#[test]
fn a_whole_instant_request_is_read() {
    let planned = plan(post("/payments/p-1/instant", &instant().to_string())).unwrap();
    let Plan::Command {
        command: Command::Instant(command),
        claim: None,
    } = planned
    else {
        panic!("{planned:?}");
    };
    assert_eq!(command.channel, Channel::Key("channel-key-1".into()));
    let attempt = &command.attempt;
    assert_eq!(
        (attempt.store_id.as_str(), attempt.payment_id.as_str()),
        (super::STORE, "p-1")
    );
    let a = attempt.amounts;
    assert_eq!((a.total, a.tax_free, a.vat, a.supply), (1000, 100, 82, 818));
    assert_eq!(attempt.customer["name"], "홍길동");
    assert_eq!(attempt.customer["address"]["oneLine"], "서울 강남구 테헤란로 1 2층");
    assert_eq!(attempt.customer["address"]["type"], "SEPARATED");
    assert_eq!(attempt.custom_data.as_deref(), Some("{\"a\":1}"));
    assert_eq!(attempt.extras["products"][0]["quantity"], 2);
    assert_eq!(attempt.extras["skipWebhook"], true);
    assert_eq!(attempt.origin.ip_address, "192.0.2.7");
    let input = &command.input;
    assert_eq!(input.card.number.expose_secret(), CARD);
    assert_eq!(input.card.expiry_month.expose_secret(), "07");
    assert_eq!(
        (input.installment_months, input.free_installment, input.use_card_point),
        (3, true, true)
    );
    assert_eq!(input.customer_name.as_deref(), Some("홍길동"));
    assert!(
        !format!("{command:?}").contains(CARD),
        "a card number must not be printable"
    );
}

#[test]
fn a_one_month_instalment_is_a_lump_sum() {
    let mut body = instant();
    body["method"]["card"]["installmentMonth"] = json!(1);
    let Ok(Plan::Command {
        command: Command::Instant(command),
        ..
    }) = plan(post("/payments/p/instant", &body.to_string()))
    else {
        panic!("planned");
    };
    assert_eq!(command.input.installment_months, 0);
}

#[test]
fn every_cancel_confirm_and_pre_register_field_is_checked() {
    let cancel = json!({"reason": "변심", "amount": 1, "refundAccount": {"bank": "KOOKMIN", "number": "1-2",
        "holderName": "홍길동"}});
    let confirm = json!({"paymentToken": "t"});
    let announce = json!({"totalAmount": 100});
    for (call, whole, path, values) in [
        (
            "cancel",
            &cancel,
            "reason",
            vec![json!(1), json!(""), json!(null), json!("x".repeat(501))],
        ),
        (
            "cancel",
            &cancel,
            "amount",
            vec![json!(0), json!(-5), json!("1"), json!(1.5), json!(true)],
        ),
        ("cancel", &cancel, "taxFreeAmount", vec![json!(-1), json!("0")]),
        ("cancel", &cancel, "vatAmount", vec![json!(-1), json!([])]),
        (
            "cancel",
            &cancel,
            "currentCancellableAmount",
            vec![json!(-1), json!("100")],
        ),
        ("cancel", &cancel, "requester", vec![json!("Customer"), json!(1)]),
        ("cancel", &cancel, "promotionDiscountRetainOption", vec![json!("KEEP")]),
        ("cancel", &cancel, "skipWebhook", vec![json!("yes"), json!(1)]),
        ("cancel", &cancel, "refundAccount", vec![json!("1-2"), json!([])]),
        (
            "cancel",
            &cancel,
            "refundAccount.bank",
            vec![json!("국민"), json!(4), json!(null)],
        ),
        (
            "cancel",
            &cancel,
            "refundAccount.number",
            vec![json!("abc"), json!("--"), json!(12)],
        ),
        ("cancel", &cancel, "refundAccount.holderName", vec![json!(""), json!(1)]),
        (
            "confirm",
            &confirm,
            "paymentToken",
            vec![json!(""), json!(1), json!(null)],
        ),
        ("confirm", &confirm, "txId", vec![json!(1), json!("")]),
        ("confirm", &confirm, "currency", vec![json!("krw"), json!(410)]),
        ("confirm", &confirm, "totalAmount", vec![json!(0), json!("1")]),
        ("confirm", &confirm, "taxFreeAmount", vec![json!(-1)]),
        ("confirm", &confirm, "isTest", vec![json!("yes")]),
        (
            "pre-register",
            &announce,
            "totalAmount",
            vec![json!(0), json!(-1), json!("1")],
        ),
        ("pre-register", &announce, "taxFreeAmount", vec![json!(-1), json!(101)]),
        ("pre-register", &announce, "currency", vec![json!("WONS")]),
    ] {
        for value in values {
            names(&format!("/payments/p/{call}"), whole, path, value);
        }
    }
}

#[test]
fn whole_cancel_and_confirm_requests_are_read() {
    let body = json!({"reason": "변심", "amount": 300, "taxFreeAmount": 0, "vatAmount": 27, "requester": "CUSTOMER",
        "currentCancellableAmount": 1000, "skipWebhook": true,
        "refundAccount": {"bank": "KOOKMIN", "number": "110-22", "holderName": "홍", "holderPhoneNumber": "010"}});
    let Ok(Plan::Command {
        command: Command::Cancel(cancel),
        ..
    }) = plan(post("/payments/p/cancel", &body.to_string()))
    else {
        panic!("planned");
    };
    assert_eq!(
        (cancel.amount, cancel.tax_free, cancel.vat),
        (Some(300), Some(0), Some(27))
    );
    assert_eq!(cancel.current_cancellable, Some(1000));
    assert!(cancel.skip_webhook);
    assert_eq!(cancel.refund_account.unwrap().number, "110-22");
    let body = json!({"paymentToken": "t", "txId": "x", "currency": "KRW", "totalAmount": 5, "isTest": true});
    let Ok(Plan::Command {
        command: Command::Confirm(confirm),
        ..
    }) = plan(post("/payments/p/confirm", &body.to_string()))
    else {
        panic!("planned");
    };
    assert_eq!(confirm.tx_id.as_deref(), Some("x"));
    assert_eq!(
        (confirm.total_amount, confirm.is_test, confirm.skip_webhook),
        (Some(5), Some(true), false)
    );
}

#[test]
fn bodies_that_are_no_objects_are_refused() {
    let deep = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
    let nested = format!("{}1{}", r#"{"a":"#.repeat(1_000), "}".repeat(1_000));
    let nan = r#"{"amount": NaN}"#;
    for body in [
        "", "null", "[]", "7", "\"x\"", "{", "{\"a\":}", &deep, &nested, nan, "{}{}", "a=b",
    ] {
        let (status, kind, message) = refusal(post("/payments/p/instant", body));
        assert_eq!((status, kind), (400, "INVALID_REQUEST"), "{message}");
        assert!(message.starts_with("body: must be a JSON object"), "{message}");
    }
    let bytes = [b'{', b'"', 0xff, b'"', b':', b'1', b'}'];
    let mut request = post("/payments/p/instant", "");
    request.body = bytes::Bytes::copy_from_slice(&bytes);
    assert_eq!(refusal(request).0, 400);
}

#[test]
fn a_body_of_two_megabytes_is_too_large() {
    let body = format!(r#"{{"x":"{}"}}"#, "x".repeat(2 << 20));
    let (status, kind, message) = refusal(post("/payments/p/instant", &body));
    assert_eq!((status, kind), (413, "INVALID_REQUEST"));
    assert_eq!(message, "body: must be at most 1048576 bytes");
}
