//! Every operation as data: a command, the exact request it becomes, an answer, the outcome it means.

use super::*;
use crate::adapters::testing::{approval, run, told, view};
use crate::payment::{CardType, MethodDetail, ReceiptKind};

fn cancel_done(mut cancel: CancelDone) -> Value {
    assert!(cancel.raw.take().is_some());
    serde_json::to_value(cancel).unwrap()
}

#[test]
fn approve() {
    let channel = channel();
    run::<Approve>(
        include_str!("../fixtures/approve.json"),
        |command| Inicis.approve(command, &channel),
        |command, call, answer| told(done(Inicis.approved(command, &channel, call, answer)), approval),
    );
}

#[test]
fn cancel() {
    let channel = channel();
    run::<Cancel>(
        include_str!("../fixtures/cancel.json"),
        |command| Inicis.cancel(command, &channel),
        |command, call, answer| told(done(Inicis.cancelled(command, &channel, call, answer)), cancel_done),
    );
}

#[test]
fn net_cancel() {
    let (channel, net) = (channel(), Adapter::net_cancel(&Inicis).unwrap());
    run::<Approve>(
        include_str!("../fixtures/net_cancel.json"),
        |command| net.net_cancel(command, &channel),
        |command, call, answer| told(done(net.net_cancelled(command, &channel, call, answer)), cancel_done),
    );
}

#[test]
fn inquire() {
    let channel = channel();
    run::<Inquire>(
        include_str!("../fixtures/inquire.json"),
        |command| Inicis.inquire(command, &channel),
        |command, call, answer| told(done(Inicis.inquired(command, &channel, call, answer)), view),
    );
}

#[test]
fn the_rest_after_parts_is_a_part_and_then_the_whole() {
    let (channel, mut command) = (channel(), cancel_command());
    (command.amounts.total, command.balance_before) = (600, 600);
    let call = Inicis.cancel(&command, &channel).unwrap();
    let body = String::from_utf8(call.request.body.to_vec()).unwrap();
    assert!(
        body.contains("type=PartialRefund") && body.contains("price=600&confirmPrice=0"),
        "{body}"
    );
    let refused = answer(200, json!({"resultCode": "01", "resultMsg": "[500749][x]"}).to_string());
    let Step::Send(next) = Inicis.cancelled(&command, &channel, &call, &refused) else {
        panic!("the whole was not asked for");
    };
    let body = String::from_utf8(next.request.body.to_vec()).unwrap();
    assert!(body.contains("type=Refund&") && !body.contains("price"), "{body}");
    let made = answer(200, json!({"resultCode": "00", "resultMsg": "ok"}).to_string());
    assert!(matches!(
        done(Inicis.cancelled(&command, &channel, &next, &made)),
        Outcome::Done(_)
    ));
}

#[test]
fn a_receipt_is_issued_and_cancelled() {
    let (channel, receipts) = (channel(), Inicis.cash_receipts().unwrap());
    let issue = IssueReceipt {
        order_id: ORDER_ID.into(),
        amounts: approve_command().amounts,
        currency: Currency::KRW,
        order_name: "상품".into(),
        kind: ReceiptKind::Personal,
        identity: SecretString::from("01012345678"),
        identity_kind: None,
        customer_name: Some("홍길동".into()),
        customer_email: Some("buyer@example.com".into()),
        customer_phone: Some("010-1234-5678".into()),
        paid_with: None,
        paid_at: None,
        seller: None,
        idempotency_key: "k".into(),
        at: AT,
    };
    let call = receipts.issue_receipt(&issue, &channel).unwrap();
    let body = String::from_utf8(call.request.body.to_vec()).unwrap();
    assert!(
        body.contains("&crPrice=1000&supPrice=909&tax=91&srcvPrice=0&") && body.contains("&useOpt=0&"),
        "{body}"
    );
    assert!(body.ends_with("hashData=cf6e0e86a7de69a2e1e0b4923f103dbe646769541d8e90875e5f067502888066f7b5fbb4176b48916a951bf063090e2564fc965b901d25989867c9dcca54d0d9"), "{body}");
    let issued = |told: Value| done(receipts.receipt_issued(&issue, &channel, &call, &answer(200, told.to_string())));
    let told =
        json!({"resultCode": "00", "tid": TID, "authNo": "123456789", "authDate": "20260101", "authTime": "090001"});
    let Outcome::Done(receipt) = issued(told) else {
        panic!("not issued")
    };
    assert_eq!(
        (receipt.issue_number.as_str(), receipt.issued_at),
        ("123456789", Some(1_767_225_601_000))
    );
    assert!(matches!(issued(json!({"resultCode": "00"})), Outcome::Unknown(_)));
    assert!(matches!(
        issued(json!({"resultCode": "01", "resultMsg": "[500659][x]"})),
        Outcome::Declined(_)
    ));

    let mut cancel = CancelReceipt {
        pg_receipt_id: TID.into(),
        order_id: ORDER_ID.into(),
        amounts: issue.amounts,
        original: issue.amounts,
        balance_before: 1000,
        currency: Currency::KRW,
        idempotency_key: "k".into(),
        at: AT,
    };
    let call = receipts.cancel_receipt(&cancel, &channel).unwrap();
    let body = String::from_utf8(call.request.body.to_vec()).unwrap();
    assert!(body.starts_with("type=Refund&paymethod=Receipt&"), "{body}");
    for (told, fits) in [
        (
            json!({"resultCode": "00", "cancelDate": "20260101", "cancelTime": "090001"}),
            true,
        ),
        (json!({"resultCode": "01", "resultMsg": "[500626][x]"}), true),
        (json!({"resultCode": "01", "resultMsg": "[500623][x]"}), false),
    ] {
        let told = receipts.receipt_cancelled(&cancel, &channel, &call, &answer(200, told.to_string()));
        assert_eq!(matches!(done(told), Outcome::Done(_)), fits);
    }
    cancel.amounts.total = 1;
    assert_eq!(receipts.cancel_receipt(&cancel, &channel).unwrap_err().field, "amount");
}

fn key_in(owner: Option<&str>, password: Option<&str>) -> KeyIn {
    let secret = |text: &str| SecretString::from(text);
    let mut command: KeyIn = serde_json::from_value(json!({
        "orderId": ORDER_ID, "amounts": {"total": 1000, "taxFree": 0, "vat": 91, "supply": 909}, "currency": "KRW",
        "orderName": "상품", "idempotencyKey": "k", "at": AT, "installmentMonths": 0, "freeInstallment": false,
        "useCardPoint": false, "customerName": "홍길동", "customerEmail": "buyer@example.com",
        "customerPhone": "010-1234-5678",
    }))
    .unwrap();
    command.card = Some(CardInput {
        number: secret("4111111111111111"),
        expiry_year: secret("30"),
        expiry_month: secret("12"),
        birth_or_business: owner.map(secret),
        password_two_digits: password.map(secret),
    });
    command
}

#[test]
fn a_card_is_keyed_in_by_formpay() {
    let (channel, instant) = (channel(), Inicis.instant().unwrap());
    let body = |command: &KeyIn| {
        let call = instant.pay(command, &channel).unwrap();
        assert_eq!(call.request.url, "https://iniapi.inicis.com/api/v1/formpay");
        String::from_utf8(call.request.body.to_vec()).unwrap()
    };
    let checked = key_in(Some("900101"), Some("12"));
    let text = body(&checked);
    assert!(
        text.contains("cardNumber=62v5dS5dqW6Y5fntAItKpQ4SOdoV3NilAQEmx5bLboc%3D&cardExpire="),
        "{text}"
    );
    assert!(text.contains("&authentification=00&hashData=3a591d25e9771d689e2413367dd73e593c30e81322409274afcd6df65e9cacfbe9c9846138e3ff604b6d69d613f7cb3b0e9d97ec9f8fe6e16fc6acd76f2d6a4d"), "{text}");
    assert!(body(&key_in(None, None)).contains("authentification=99"));
    assert!(instant.pay(&key_in(Some("900101"), None), &channel).is_err());
    let bare = KeyIn {
        customer_phone: None,
        ..key_in(None, None)
    };
    assert_eq!(instant.pay(&bare, &channel).unwrap_err().field, "customer.phoneNumber");

    let call = instant.pay(&checked, &channel).unwrap();
    let paid = |told: Value| done(instant.paid(&checked, &channel, &call, &answer(200, told.to_string())));
    let told = json!({"tid": "INIAPICARDINIpayTest20260101090000123456", "resultCode": "00",
        "resultMsg": "[신용카드|정상완료]", "payDate": "20260101", "payTime": "090001", "payAuthCode": "30012345",
        "cardCode": "14", "checkFlg": "1", "payAuthQuota": "00", "prtcCode": "0", "price": "1000"});
    let approval = success(paid(told.clone()));
    assert_eq!(approval.keep, Some(json!({"paymethod": "Card", "whole": true})));
    let Some(MethodDetail::Card(card)) = approval.method else {
        panic!("no card")
    };
    assert_eq!(
        (card.approval_number.as_deref(), card.card_type, card.issuer.as_deref()),
        (Some("30012345"), Some(CardType::Debit), Some("SHINHAN_CARD"))
    );
    for (name, value) in [("price", "999"), ("price", ""), ("tid", "")] {
        let mut told = told.clone();
        told[name] = value.into();
        assert!(matches!(paid(told), Outcome::Unknown(_)), "{name}={value}");
    }
    let refused = json!({"resultCode": "01", "resultMsg": "[120014][카드번호 오류]", "payAuthCode": "ERROR"});
    assert!(matches!(paid(refused), Outcome::Declined(f) if f.code == "120014"));
}

#[test]
fn an_account_is_closed_by_gvacct_and_issued_by_formpay() {
    let (channel, accounts) = (channel(), Inicis.virtual_accounts().unwrap());
    let close: CloseAccount = serde_json::from_value(json!({
        "pgTxId": ACCOUNT_TID, "orderId": ORDER_ID, "amounts": {"total": 1000, "taxFree": 0, "vat": 91, "supply": 909},
        "currency": "KRW", "reason": "x", "idempotencyKey": "k", "at": AT, "keep": null,
    }))
    .unwrap();
    let call = accounts.close_account(&close, &channel).unwrap();
    let body = String::from_utf8(call.request.body.to_vec()).unwrap();
    assert!(
        body.starts_with("type=Refund&paymethod=GVacct&timestamp=20260101090000&"),
        "{body}"
    );
    assert!(body.ends_with("hashData=d9093d7ed25f305864d92d3312ac055d4a93a207bc9de8fdc06daa971fa4a9edb968084b7a5dcb990c5a25de16623050db43740162df8495746e64bb22418877"));
    let issue: IssueAccount = serde_json::from_value(json!({
        "orderId": ORDER_ID, "amounts": {"total": 1000, "taxFree": 0, "vat": 91, "supply": 909}, "currency": "KRW",
        "orderName": "상품", "idempotencyKey": "k", "at": AT, "bank": "SHINHAN", "expiry": {"hours": 24},
        "kind": "normal", "remittee": null, "customerName": "홍길동", "customerEmail": "buyer@example.com",
        "customerPhone": "010-1234-5678", "receipt": null, "escrow": false, "products": null,
    }))
    .unwrap();
    let call = accounts.issue_account(&issue, &channel).unwrap();
    let body = String::from_utf8(call.request.body.to_vec()).unwrap();
    assert!(body.contains("bankCode=88&dtInput=20260102&tmInput=0900"), "{body}");
    assert!(body.ends_with("hashData=9e1aa20794c0b8cf8bf1f567d3b0b714c6ea69d0d0d37be1a411d4c2b03a77fc20ee0f53d9b747afbde82e34c6ddc191fa1a844586f004d7788c5f04a0f0b09d"));
    let told = json!({"resultCode": "00", "tid": ACCOUNT_TID, "vacct": "56211103849740", "vacctBankCode": "88", "price": "1000"});
    let issued = success(done(accounts.account_issued(
        &issue,
        &channel,
        &call,
        &answer(200, told.to_string()),
    )));
    assert_eq!(issued.status, crate::payment::Status::VirtualAccountIssued);
}
