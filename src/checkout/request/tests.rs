#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use serde_json::json;

fn good() -> Value {
    json!({
        "storeId": "store-1", "channelKey": "channel-key-1", "paymentId": "order1", "orderName": "커피 2잔",
        "totalAmount": 10_000, "currency": "CURRENCY_KRW", "payMethod": "CARD", "device": "pc"
    })
}

fn with(changes: &Value) -> Map<String, Value> {
    let mut object = good().as_object().unwrap().clone();
    for (name, value) in changes.as_object().unwrap() {
        object.insert(name.clone(), value.clone());
    }
    object
}

fn problems(changes: &Value) -> String {
    parse(with(changes)).expect_err("must be refused")
}

#[test]
fn the_smallest_request_is_enough() {
    let parsed = parse(with(&json!({}))).unwrap();
    assert_eq!(parsed.store_id, "store-1");
    assert_eq!(parsed.payment_id, "order1");
    assert_eq!(
        (parsed.amounts.total, parsed.amounts.vat, parsed.amounts.supply),
        (10_000, 909, 9_091)
    );
    assert_eq!(parsed.currency, Currency::KRW);
    assert_eq!(parsed.method, MethodKind::Card);
    assert_eq!(parsed.device, Device::Pc);
    assert_eq!(parsed.choice, Choice::Channel("channel-key-1".to_owned()));
    assert!(parsed.promise);
    assert!(parsed.extras.is_empty());
    assert_eq!(parsed.raw.get("currency"), Some(&json!("KRW")));
    assert_eq!(parsed.raw.get("device"), None);
}

#[test]
fn every_missing_member_is_named_at_once() {
    let text = parse(Map::new()).unwrap_err();
    for name in [
        "storeId",
        "paymentId",
        "orderName",
        "totalAmount",
        "currency",
        "payMethod",
        "device",
        "channelKey",
    ] {
        assert!(text.contains(&format!("{name}: ")), "{name} in {text}");
    }
}

#[test]
fn amounts_are_integers_with_parts_that_fit() {
    for (changes, want) in [
        (json!({"totalAmount": "1000"}), "totalAmount: must be an integer"),
        (json!({"totalAmount": 10.5}), "totalAmount: must be an integer"),
        (json!({"totalAmount": 0}), "totalAmount: total must be"),
        (json!({"totalAmount": -5}), "totalAmount: total must be"),
        (
            json!({"totalAmount": 9_007_199_254_740_992_i64}),
            "totalAmount: must be an integer",
        ),
        (json!({"taxFreeAmount": 10_001}), "taxFreeAmount, vatAmount: "),
        (json!({"taxFreeAmount": -1}), "taxFreeAmount, vatAmount: "),
        (
            json!({"taxFreeAmount": 5_000, "vatAmount": 5_001}),
            "taxFreeAmount, vatAmount: ",
        ),
    ] {
        let text = problems(&changes);
        assert!(text.starts_with(want), "{text}");
        assert_eq!(text.matches("; ").count(), 0, "one problem only: {text}");
    }
    let parsed = parse(with(&json!({"taxFreeAmount": 3_000, "vatAmount": 600}))).unwrap();
    assert_eq!(
        (parsed.amounts.tax_free, parsed.amounts.vat, parsed.amounts.supply),
        (3_000, 600, 6_400)
    );
}

#[test]
fn words_that_are_not_in_their_list_name_the_list() {
    for (changes, want) in [
        (json!({"currency": "won"}), "currency: currency must be a three-letter"),
        (json!({"payMethod": "card"}), "payMethod: must be one of CARD"),
        (
            json!({"payMethod": "PAYPAL"}),
            "payMethod: no PG of this router serves PAYPAL",
        ),
        (json!({"device": "tablet"}), "device: must be pc or mobile"),
        (json!({"locale": "ko"}), "locale: must be one of KO_KR"),
        (
            json!({"productType": "PHYSICAL"}),
            "productType: must be one of REAL, DIGITAL",
        ),
        (json!({"country": "kr"}), "country: must be an ISO 3166 code"),
        (
            json!({"windowType": {"mobile": "TAB"}}),
            "windowType.mobile: must be one of IFRAME",
        ),
        (json!({"windowType": "POPUP"}), "windowType: must be an object"),
        (
            json!({"resultMode": "callback"}),
            "resultMode: must be one of promise, redirect",
        ),
    ] {
        let text = problems(&changes);
        assert!(text.starts_with(want), "{text}");
    }
}

#[test]
fn one_channel_is_named_in_one_way() {
    let text = problems(&json!({"channelGroupId": "g"}));
    assert_eq!(text, "channelKey: give either channelKey or channelGroupId, not both");
    let text = problems(&json!({"channelKey": null}));
    assert_eq!(text, "channelKey: channelKey or channelGroupId is required");
    let parsed = parse(with(&json!({"channelKey": "", "channelGroupId": "g"}))).unwrap();
    assert_eq!(parsed.choice, Choice::Group("g".to_owned()));
}

#[test]
fn the_window_type_is_the_one_of_the_device() {
    let types = json!({"windowType": {"pc": "POPUP", "mobile": "REDIRECTION"}});
    assert_eq!(parse(with(&types)).unwrap().window_type, Some(WindowType::Popup));
    let mobile = json!({"device": "mobile", "windowType": {"pc": "POPUP", "mobile": "REDIRECTION"}});
    assert_eq!(parse(with(&mobile)).unwrap().window_type, Some(WindowType::Redirection));
}

#[test]
fn where_the_result_goes() {
    let url = "https://shop.example.com/done";
    for (changes, promise) in [
        (json!({}), true),
        (json!({"redirectUrl": url}), false),
        (json!({"redirectUrl": url, "resultMode": "promise"}), true),
        (
            json!({"redirectUrl": url, "resultMode": "promise", "forceRedirect": true}),
            false,
        ),
        (json!({"redirectUrl": url, "resultMode": "redirect"}), false),
    ] {
        assert_eq!(parse(with(&changes)).unwrap().promise, promise, "{changes}");
    }
    assert!(problems(&json!({"forceRedirect": true})).starts_with("redirectUrl: is required"));
    assert!(
        problems(&json!({"redirectUrl": "javascript:alert(1)"})).starts_with("redirectUrl: the scheme javascript:")
    );
}

#[test]
fn custom_data_becomes_text() {
    for (value, want) in [
        (json!("plain"), "plain"),
        (json!({"a": [1, null]}), r#"{"a":[1,null]}"#),
        (json!(7), "7"),
        (json!(false), "false"),
    ] {
        let parsed = parse(with(&json!({ "customData": value }))).unwrap();
        assert_eq!(parsed.custom_data.as_deref(), Some(want));
    }
    assert_eq!(parse(with(&json!({"customData": null}))).unwrap().custom_data, None);
}

#[test]
fn members_that_answers_echo_are_kept_in_the_rest_spelling() {
    let parsed = parse(with(&json!({
        "products": [{"id": "p", "name": "커피", "amount": 5_000, "quantity": 2, "link": null}],
        "noticeUrls": ["https://hook.example/x"], "country": "COUNTRY_KR", "productType": "PRODUCT_TYPE_REAL",
        "isEscrow": true, "isCulturalExpense": false, "locale": "EN_US", "appScheme": "myapp://",
        "offerPeriod": {"range": {"from": "2026-01-01T00:00:00+09:00"}}
    })))
    .unwrap();
    assert_eq!(
        Value::Object(parsed.extras),
        json!({
            "products": [{"id": "p", "name": "커피", "amount": 5_000, "quantity": 2}], "productCount": 1,
            "noticeUrls": ["https://hook.example/x"], "country": "KR", "productType": "PHYSICAL",
            "isEscrow": true, "isCulturalExpense": false, "locale": "EN_US", "appScheme": "myapp://",
            "offerPeriod": {"range": {"from": "2026-01-01T00:00:00+09:00"}}
        })
    );
}

#[test]
fn nested_problems_have_their_path() {
    for (changes, want) in [
        (
            json!({"products": [{"id": "p", "name": "n", "amount": 1}]}),
            "products[0].quantity: is required",
        ),
        (
            json!({"products": [{"id": "p", "name": "n", "amount": -1, "quantity": 1}]}),
            "products[0].amount: must be 0",
        ),
        (json!({"products": ["x"]}), "products[0]: must be an object"),
        (json!({"noticeUrls": ["ftp://x"]}), "noticeUrls[0]: must begin with"),
        (json!({"noticeUrls": [1]}), "noticeUrls[0]: must be a string"),
        (json!({"offerPeriod": {"interval": "soon"}}), "offerPeriod.interval: "),
        (json!({"offerPeriod": {}}), "offerPeriod: needs either"),
        (
            json!({"offerPeriod": {"range": {"from": "2026-01-01"}}}),
            "offerPeriod.range.from: ",
        ),
        (json!({"appScheme": "javascript:"}), "appScheme: the scheme"),
        (json!({"customer": {"email": 1}}), "customer.email: must be a string"),
        (
            json!({"confirmUrl": "myapp://x"}),
            "confirmUrl: must begin with https://",
        ),
        (
            json!({"paymentId": "x".repeat(129)}),
            "paymentId: must have at most 128",
        ),
    ] {
        let text = problems(&changes);
        assert!(text.starts_with(want), "{text}");
    }
    for interval in ["30d", "1m", "1y"] {
        parse(with(&json!({"offerPeriod": {"interval": interval}}))).unwrap();
    }
}

#[test]
fn what_would_change_the_payment_is_not_ignored() {
    assert!(problems(&json!({"promotionId": "p"})).starts_with("promotionId: "));
    assert!(problems(&json!({"card": {"cardPromotion": {}}})).starts_with("promotionId: "));
}
