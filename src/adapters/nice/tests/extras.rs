//! Billing keys and cash receipts: what is sent, and what is read.

use super::*;
use crate::adapters::nice::{billing, receipts};
use crate::adapters::{BillingKeys, CashReceipts, Charge, InquireReceipt, ReceiptView, TaxOffice};
use secrecy::ExposeSecret;

fn card() -> CardInput {
    CardInput {
        number: "1234567890123456".to_owned().into(),
        expiry_year: "25".to_owned().into(),
        expiry_month: "12".to_owned().into(),
        birth_or_business: Some("800101".to_owned().into()),
        password_two_digits: Some("12".to_owned().into()),
    }
}

#[test]
fn a_key_is_asked_for_with_encrypted_card_data() {
    let mut spec = spec();
    let published = "2dcc2a0d63bf469490bb19a201be3735";
    spec.credentials.insert("secretKey".into(), published.to_owned().into());
    let message = billing::issue(&revision(spec), ORDER_ID, &card(), AT).unwrap();
    assert_eq!(message.path, "/v1/subscribe/regist");
    let body: Value = serde_json::from_slice(&message.body).unwrap();
    assert_eq!(body["encMode"], json!("A2"));
    assert_eq!(
        body["encData"],
        json!(
            "6ecfe97e521bc67c3053d74a9dbdba53033d343fc9e8e38e730964b22ef2e4a59607171b00a9da977141b3f79fffa1e80a16c08bc58666b479f554a966a363414347e62f2621f8df220c7a4a545592d0"
        )
    );
    assert!(!String::from_utf8_lossy(&message.body).contains("1234567890123456"));
    let bad = CardInput {
        number: "1234-5678".to_owned().into(),
        ..card()
    };
    let refusal = billing::issue(&channel(), ORDER_ID, &bad, AT).unwrap_err();
    assert_eq!(refusal.field, "method.card.credential.number");
    assert!(!refusal.message.contains("1234"));
}

#[test]
fn a_key_exists_only_with_its_code_and_its_name() {
    let issued = |body: Value| billing::issued(ORDER_ID, &answer(200, body.to_string()));
    let camel = json!({"resultCode": "0000", "resultMsg": "ok", "tid": TID, "orderId": ORDER_ID, "bid": "BIKYnictest00m1104191651325596",
        "authDate": "2021-11-05T00:00:00.000+0900", "cardCode": "06", "cardName": "신한"});
    let pascal = json!({"ResultCode": "0000", "TID": TID, "OrderId": ORDER_ID, "BID": "BIKYnictest00m1104191651325596",
        "AuthDate": "20211105", "CardCode": "06", "CardName": "[신한]"});
    for body in [camel.clone(), pascal] {
        let Outcome::Done(key) = issued(body) else { panic!() };
        assert_eq!(key.key.expose_secret(), "BIKYnictest00m1104191651325596");
        assert_eq!(key.issued_at, Some(1_636_038_000_000));
        let raw = key.raw.unwrap();
        assert!(!raw.contains("BIKY"), "{raw}");
        let Some(crate::payment::MethodDetail::Card(card)) = key.method else {
            panic!()
        };
        assert_eq!(
            (card.issuer.as_deref(), card.name.as_deref()),
            (Some("SHINHAN_CARD"), Some("신한"))
        );
    }
    for nothing in [Value::Null, json!("")] {
        assert_eq!(
            unknown(issued(with(camel.clone(), |b| b["bid"] = nothing))),
            "NARU_NO_KEY"
        );
    }
    assert_eq!(
        unknown(issued(with(camel, |b| b["orderId"] = json!("other")))),
        "NARU_WRONG_ORDER_ID"
    );
    // The other generation's success of a deletion.
    let refused = issued(json!({"resultCode": "F101", "resultMsg": "암호화 데이터 오류", "tid": "", "bid": null}));
    assert!(matches!(refused, Outcome::Declined(f) if f.code == "F101"));
}

#[test]
fn a_charge_and_a_deletion_are_signed_over_the_key() {
    let key = SecretString::from("BIKYnictest00m1104191651325596");
    let charge = |months| charge_of(50_000, "정기 \"구독\"", months);
    let message = billing::charge(&channel(), &key, &charge(0)).unwrap();
    assert_eq!(message.path, "/v1/subscribe/BIKYnictest00m1104191651325596/payments");
    let body: Value = serde_json::from_slice(&message.body).unwrap();
    assert_eq!(
        body,
        json!({"orderId": ORDER_ID, "amount": 50000, "goodsName": "정기 -구독-", "cardQuota": "0", "useShopInterest": false,
            "ediDate": EDI_DATE, "signData": "316db37175b0037f73849acaa47d13e694c70157b8b46f6857f84ee241ae97b3"})
    );
    for (months, quota) in [(1, "0"), (3, "3"), (10, "10"), (12, "12")] {
        let body: Value =
            serde_json::from_slice(&billing::charge(&channel(), &key, &charge(months)).unwrap().body).unwrap();
        assert_eq!(body["cardQuota"], json!(quota));
    }
    let message = billing::delete(&channel(), &key, ORDER_ID, AT).unwrap();
    assert_eq!(message.path, "/v1/subscribe/BIKYnictest00m1104191651325596/expire");
    assert!(String::from_utf8_lossy(&message.body).contains("316db37175b0037f"));
}

#[test]
fn a_charge_is_read_as_an_approval_by_order_number() {
    let charged = |body: Value| billing::charged(&channel(), ORDER_ID, 1004, &answer(200, body.to_string()));
    let body = with(payment(), |p| p["bid"] = json!("BIKY"));
    assert_eq!(success(charged(body.clone())).pg_tx_id, TID);
    let unsigned = with(body.clone(), |p| p["signature"] = Value::Null);
    assert_eq!(unknown(charged(unsigned)), "NARU_UNPROVEN");
    assert_eq!(
        unknown(charged(with(body, |p| p["orderId"] = json!("x")))),
        "NARU_WRONG_ORDER_ID"
    );
    let gone = json!({"resultCode": "U309", "resultMsg": "빌키 없음", "amount": 0, "signature": null});
    assert!(matches!(charged(gone), Outcome::Declined(f) if f.kind == crate::payment::FailureKind::BillingKeyGone));
    let deleted = |code: &str| billing::deleted(&answer(200, format!("{{\"resultCode\":\"{code}\"}}")));
    for code in ["0000", "A126", "U115"] {
        assert!(matches!(deleted(code), Outcome::Done(_)), "{code}");
    }
    assert!(matches!(deleted("U309"), Outcome::Declined(_)));
}

#[test]
fn receipts_name_all_four_parts() {
    let amounts = Amounts::new(1004, 604, None).unwrap();
    let number = |text: &str| SecretString::from(text.to_owned());
    let issue =
        |company, text: &str| receipts::issue(&channel(), ORDER_ID, &amounts, "현금", company, &number(text), AT);
    let message = issue(false, "01012345678").unwrap();
    assert_eq!(message.path, "/v1/receipt/");
    let body: Value = serde_json::from_slice(&message.body).unwrap();
    assert_eq!(
        body,
        json!({"orderId": ORDER_ID, "amount": 1004, "goodsName": "현금", "receiptType": "individual",
            "receiptNo": "01012345678", "supplyAmt": 364, "goodsVat": 36, "taxFreeAmt": 604, "serviceAmt": 0,
            "ediDate": EDI_DATE, "signData": "85ec2861a5157b972072ca93ba9d12cc654bbe281241a560ebe551088c2f4933"})
    );
    assert_eq!(issue(true, "01012345678").unwrap_err().field, "customer.identityNumber");
    assert!(issue(true, "1234567890").is_ok());
    let whole = receipts::cancel(&channel(), TID, ORDER_ID, None, "취소", AT).unwrap();
    assert_eq!(whole.path, format!("/v1/receipt/{TID}/cancel"));
    let body: Value = serde_json::from_slice(&whole.body).unwrap();
    assert_eq!(
        body,
        json!({"orderId": ORDER_ID, "reason": "취소", "ediDate": EDI_DATE,
            "signData": "4de1390d2edc42e5531342e817041b5e9656d18abfdf1550d697ce1ccb0ad061"})
    );
    let part = receipts::cancel(&channel(), TID, ORDER_ID, Some(&amounts), "취소", AT).unwrap();
    let body: Value = serde_json::from_slice(&part.body).unwrap();
    assert_eq!((&body["cancelAmt"], &body["taxFreeAmt"]), (&json!(1004), &json!(604)));
}

#[test]
fn receipt_answers_are_signed_over_tid_and_order() {
    let body = json!({"resultCode": "0000", "tid": TID, "orderId": ORDER_ID, "ediDate": EDI_DATE, "approveNo": "0",
        "signature": "ec446959a4c126331ac36855344a88269e52bd3538ab7b07cb5ddb4e3a9beaef", "approvedAt": EDI_DATE});
    let accepted = |body: &Value| receipts::accepted(&channel(), None, &[ORDER_ID], &answer(200, body.to_string()));
    let Outcome::Done(taken) = accepted(&body) else {
        panic!()
    };
    assert_eq!((taken.tid.as_str(), taken.approve_no, taken.at), (TID, None, Some(AT)));
    assert_eq!(
        unknown(accepted(&with(body.clone(), |b| b["orderId"] = json!("x")))),
        "NARU_WRONG_SIGNATURE"
    );
    let forged = with(body, |b| b["signature"] = json!("f00d"));
    assert_eq!(unknown(accepted(&forged)), "NARU_WRONG_SIGNATURE");
}

#[test]
fn a_receipt_stands_as_the_tax_office_says() {
    let command = InquireReceipt {
        pg_receipt_id: Some(TID.to_owned()),
        order_id: ORDER_ID.to_owned(),
        amounts: Amounts::new(1004, 0, None).unwrap(),
        requested_at: AT,
        cancel_requested_at: None,
    };
    let call = Nice.inquire_receipt(&command, &channel()).unwrap();
    assert!(
        call.request.url.ends_with(&format!("/v1/receipt/{TID}")),
        "{}",
        call.request.url
    );
    let stands = |status: &str, signature: &str, balance: i64| {
        let body = json!({"resultCode": "0000", "tid": TID, "orderId": ORDER_ID, "amount": 1004, "ediDate": EDI_DATE,
            "status": status, "signature": signature, "balanceAmt": balance});
        match Nice.receipt_inquired(&command, &channel(), &call, &answer(200, body.to_string())) {
            Step::Done(outcome) => outcome,
            Step::Send(_) => panic!("one call is enough"),
        }
    };
    // Two documents, two formulas.
    for signature in [
        "ec446959a4c126331ac36855344a88269e52bd3538ab7b07cb5ddb4e3a9beaef",
        "63b251b31c909eebef1a9f4fcc19e77bdcb8f64fc1066a29670f8627186865cd",
        "",
    ] {
        for (status, left, pending, refused) in [
            ("issueRequested", 1004, true, false),
            ("issued", 1004, false, false),
            ("issueFailed", 1004, false, true),
            ("cancelled", 0, false, false),
        ] {
            let Outcome::Done(ReceiptView::Held { issued, cancelled, .. }) = stands(status, signature, left) else {
                panic!("{status}")
            };
            assert_eq!(cancelled, 1004 - left, "{status}");
            assert_eq!(issued.tax_office == TaxOffice::Pending, pending, "{status}");
            assert_eq!(matches!(issued.tax_office, TaxOffice::Refused(_)), refused, "{status}");
        }
    }
    assert_eq!(unknown(stands("issued", "f00d", 1004)), "NARU_WRONG_SIGNATURE");
    assert_eq!(unknown(stands("dreaming", "", 1004)), "NARU_WRONG_STATUS");
    assert_eq!(unknown(stands("issued", "", 1005)), "NARU_WRONG_BALANCE");
}

fn charge_of(total: i64, order_name: &str, installment_months: u32) -> Charge {
    Charge {
        order_id: ORDER_ID.to_owned(),
        customer_key: "buyer".to_owned(),
        amounts: Amounts::new(total, 0, None).unwrap(),
        currency: Currency::KRW,
        order_name: order_name.to_owned(),
        method: MethodKind::Card,
        idempotency_key: "operation".to_owned(),
        at: AT,
        installment_months,
        free_installment: false,
        use_card_point: false,
        customer_name: None,
        customer_email: None,
        customer_phone: None,
        key: Some(SecretString::from("BIKYnictest00m1104191651325596")),
    }
}

/// Under Bearer the token comes first; what the deed needs is gone by then and comes out of the call itself.
#[test]
fn a_deed_waits_in_the_call_for_its_token() {
    let mut spec = spec();
    spec.credentials
        .insert("authorization".into(), "bearer".to_owned().into());
    let channel = revision(spec);
    let charge = charge_of(1004, "구독", 0);
    let first = Nice.charge(&charge, &channel).unwrap();
    assert!(first.request.url.ends_with("/v1/access-token"));
    let bare = Charge { key: None, ..charge };
    let token = answer(200, json!({"resultCode": "0000", "accessToken": "token-1"}).to_string());
    let Step::Send(second) = Nice.charged(&bare, &channel, &first, &token) else {
        panic!()
    };
    assert!(
        second
            .request
            .url
            .ends_with("/v1/subscribe/BIKYnictest00m1104191651325596/payments")
    );
    assert!(second.request.address().ends_with("/v1/subscribe/***/payments"));
    assert!(
        second
            .request
            .headers
            .contains(&("authorization", "Bearer token-1".to_owned()))
    );
    let stale = answer(401, json!({"resultCode": "U103", "resultMsg": "x"}).to_string());
    let Step::Send(third) = Nice.charged(&bare, &channel, &second, &stale) else {
        panic!()
    };
    let Step::Send(fourth) = Nice.charged(&bare, &channel, &third, &token) else {
        panic!()
    };
    assert_eq!(fourth.request.body, second.request.body);
    assert_eq!(fourth.request.url, second.request.url);
    // A replay that gets no token has learned nothing.
    let replay = Call { replay: true, ..first };
    let down = answer(200, json!({"resultCode": "U304", "resultMsg": "x"}).to_string());
    assert!(matches!(
        Nice.charged(&bare, &channel, &replay, &down),
        Step::Done(Outcome::Unknown(_))
    ));
}
