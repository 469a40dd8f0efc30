//! JSON, forms and queries say the same.

use super::params;
use crate::api::v1::money::Amount;
use crate::payment::Currency;
use proptest::prelude::*;
use secrecy::ExposeSecret;
use serde_json::json;

fn usd() -> Currency {
    Currency::try_from("USD".to_owned()).unwrap()
}

#[test]
fn json_and_form_are_read_alike() {
    let json = r#"{"merchant_uid": "주문 1", "amount": 1000.0, "tax_free": "10", "flag": true, "none": null, "empty": "",
        "imp_uid": ["a", "b", "a"], "extra": {"requester": "customer"},
        "schedules": [{"merchant_uid": "s0"}, {"merchant_uid": "s1"}]}"#;
    let form = "merchant_uid=%EC%A3%BC%EB%AC%B8+1&amount=1000&tax_free=10&flag=1&empty=&imp_uid[]=a&imp_uid%5B%5D=b&imp_uid[]=a\
                &extra[requester]=customer&schedules[1][merchant_uid]=s1&schedules[0][merchant_uid]=s0";
    for (target, body) in [("/a", json), ("/a", form), (&format!("/a?{form}"), "")] {
        let mut p = params(target, body).unwrap();
        assert!(p.has("amount") && !p.has("empty") && !p.has("none") && !p.has("absent"));
        assert_eq!(p.need_id("merchant_uid").unwrap(), "주문 1");
        assert_eq!(p.amount("amount", Currency::KRW).unwrap(), Some(1_000));
        assert_eq!(p.amount("tax_free", Currency::KRW).unwrap(), Some(10));
        assert_eq!(p.flag("flag").unwrap(), Some(true));
        assert_eq!(p.text("empty", 5).unwrap(), None);
        assert_eq!(p.ids("imp_uid", 3).unwrap(), ["a", "b"]);
        let mut extra = p.object("extra").unwrap().unwrap();
        assert_eq!(extra.text("requester", 20).unwrap().as_deref(), Some("customer"));
        let mut schedules = p.objects("schedules").unwrap();
        let ids: Vec<String> = schedules
            .iter_mut()
            .map(|s| s.need_id("merchant_uid").unwrap())
            .collect();
        assert_eq!(ids, ["s0", "s1"]);
    }
}

#[test]
fn lists_of_one_and_objects_as_text() {
    let mut p = params(
        "/a?imp_uid=x",
        r#"{"merchant_uid[]": ["m"], "logis": "{\"company\":\"CJGLS\"}", "schedules": "[{\"a\":1}]"}"#,
    )
    .unwrap();
    assert_eq!(p.ids("imp_uid", 1).unwrap(), ["x"]);
    assert_eq!(p.ids("merchant_uid", 1).unwrap(), ["m"]);
    let mut logis = p.object("logis").unwrap().unwrap();
    assert_eq!(logis.text("company", 9).unwrap().as_deref(), Some("CJGLS"));
    assert_eq!(p.objects("schedules").unwrap().len(), 1);
    // The same name twice is a list.
    assert_eq!(
        params("/a", "m=1&m=2&m=3").unwrap().ids("m", 3).unwrap(),
        ["1", "2", "3"]
    );
}

#[test]
fn refusals_name_the_parameter_and_never_its_value() {
    let said = |body: &str, read: fn(&mut crate::api::v1::decode::Params) -> Option<crate::api::v1::error::V1Error>| {
        let error = read(&mut params("/a", body).unwrap()).expect("refused");
        assert_eq!(error.status().as_u16(), 400);
        assert!(!error.message().contains("9410"), "{}", error.message());
        error.message().to_owned()
    };
    let amount = said(r#"{"amount": "9410x"}"#, |p| p.amount("amount", Currency::KRW).err());
    assert!(amount.contains("amount: must be a number"), "{amount}");
    for body in [
        r#"{"amount": -1}"#,
        r#"{"amount": 1e30}"#,
        r#"{"amount": 0.5}"#,
        r#"{"amount": []}"#,
        r#"{"amount": 9007199254740992}"#,
    ] {
        said(body, |p| p.amount("amount", Currency::KRW).err());
    }
    said(r#"{"card_number": "9410-x"}"#, |p| {
        p.secret("card_number", |t| t.bytes().all(|b| b.is_ascii_digit())).err()
    });
    said(r#"{"card_number": {"a": "9410"}}"#, |p| {
        p.secret("card_number", |_| true).err()
    });
    said(r#"{"a": "maybe 9410"}"#, |p| p.flag("a").err());
    said(r#"{"a": "x\u0000"}"#, |p| p.text("a", 9).err());
    said(r#"{"a": "x\ny"}"#, |p| p.id("a").err());
    said(r#"{"a": [1, 2]}"#, |p| p.ids("a", 1).err());
    said(r#"{"a": 3}"#, |p| p.object("a").err());
    said(r#"{"from": "soon"}"#, |p| p.time("from").err());
    let inner = said(r#"{"a": [{"b": {}}]}"#, |p| {
        p.objects("a").unwrap()[0].text("b", 9).err()
    });
    assert!(inner.contains("a[0].b"), "{inner}");
    for body in ["[1]", "\"a\"", "{", "{\"a\":"] {
        assert_eq!(params("/a", body).expect_err("refused").status().as_u16(), 400);
    }
    let deep = format!("a{}=1", "[b]".repeat(7));
    assert!(params("/a", &deep).is_err());
}

#[test]
fn secrets_come_out_whole() {
    let mut p = params("/a", r#"{"imp_secret": "kept", "pwd_2digit": 12}"#).unwrap();
    assert_eq!(
        p.secret("imp_secret", |_| true).unwrap().unwrap().expose_secret(),
        "kept"
    );
    assert_eq!(
        p.secret("pwd_2digit", |t| t.len() == 2)
            .unwrap()
            .unwrap()
            .expose_secret(),
        "12"
    );
}

#[test]
fn amounts_have_their_currency_s_digits() {
    let read = |text: &str, currency| {
        params("/a", &format!("amount={text}"))
            .unwrap()
            .amount("amount", currency)
    };
    assert_eq!(read("19.99", usd()).unwrap(), Some(1_999));
    assert_eq!(read("19.9", usd()).unwrap(), Some(1_990));
    assert_eq!(read("19", usd()).unwrap(), Some(1_900));
    assert!(read("19.999", usd()).is_err() && read("1.5", Currency::KRW).is_err());
    assert_eq!(json!(Amount::new(1_999, usd())), json!(19.99));
    assert_eq!(json!(Amount::new(1_000, Currency::KRW)).to_string(), "1000");
}

proptest! {
    #[test]
    fn any_body_is_read_or_refused(query in "\\PC{0,40}", body in "\\PC{0,80}") {
        if let Ok(mut p) = params(&format!("/a?{query}"), &body) {
            let _ = p.text("a", 10);
            let _ = p.objects("b");
            let _ = p.ids("c", 10);
        }
    }

    #[test]
    fn money_comes_back(minor in 0i64..=9_007_199_254_740_991) {
        for currency in [Currency::KRW, usd()] {
            let text = serde_json::to_string(&Amount::new(minor / 100, currency)).unwrap();
            let back = params("/a", &format!("{{\"amount\": {text}}}")).unwrap().amount("amount", currency);
            prop_assert_eq!(back.unwrap(), Some(minor / 100), "{}", text);
        }
    }
}
