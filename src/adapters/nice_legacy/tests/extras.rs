//! Billing keys, accounts without a window, cash receipts and deliveries: what is sent, and what is read.

use super::*;
use crate::adapters::nice_legacy::{Message, billing, escrow, form, receipts, vbank};
use crate::adapters::{AccountExpiry, AccountKind, BillingKeys, Charge, IssueAccount};
use crate::payment::{MethodDetail, Status};
use secrecy::ExposeSecret;

fn fields(message: &Message) -> BTreeMap<String, String> {
    form::parse(&message.body).into_iter().collect()
}

fn billing_channel() -> ChannelRevision {
    let mut spec = spec();
    spec.mid = "nictest04m".into();
    let key = "b+zhZ4yOZ7FsH8pm5lhDfHZEb79tIwnjsdA0FBXh86yLc6BJeFVrZFXhAoJ3gEWgrWwN+lJMV0W4hvDdbe4Sjw==";
    spec.credentials.insert("merchantKey".into(), SecretString::from(key));
    revision(spec)
}

fn told<T>(read: impl Fn(&WireAnswer) -> Outcome<T>, body: Value) -> Outcome<T> {
    read(&answer(200, body.to_string()))
}

#[test]
fn a_key_is_asked_for_with_encrypted_card_data() {
    let card = CardInput {
        number: "1234567890123456".to_owned().into(),
        expiry_year: "25".to_owned().into(),
        expiry_month: "12".to_owned().into(),
        birth_or_business: Some("800101".to_owned().into()),
        password_two_digits: Some("12".to_owned().into()),
    };
    let message = billing::issue(&billing_channel(), ORDER_ID, &card, AT).unwrap();
    assert_eq!(message.path, "/webapi/billing/billing_regist.jsp");
    assert_eq!(
        fields(&message)["EncData"],
        "7b23e8b9e9e144228d4c288fbedb570ec6e6466c9b59a0e1670204550cc1954a9e638e3b4daa5cef1f4f238539e28181782196f43b3b72b9dad3956bbd7117b41204cd479bcd2afc55e790b5bc121855"
    );
    let message = billing::issue(&channel(), ORDER_ID, &card, AT).unwrap();
    assert_eq!(
        fields(&message)["SignData"],
        "418d630bd65184ade37159ea7b124ddcdd82d67638ad3ae7eaaae7cec5f3291f"
    );
    let bad = CardInput {
        expiry_month: "13".to_owned().into(),
        ..card
    };
    let refusal = billing::issue(&channel(), ORDER_ID, &bad, AT).unwrap_err();
    assert_eq!(refusal.field, "method.card.credential.expiryMonth");
}

#[test]
fn keys_have_success_codes_of_their_own() {
    let issued = json!({"ResultCode": "F100", "ResultMsg": "ok", "TID": TID, "BID": "BIKYnicepay00m2006221311045107",
        "AuthDate": "20200622", "CardCode": "06", "CardName": "신한", "CardCl": "1"});
    let Outcome::Done(key) = told(billing::issued, issued.clone()) else {
        panic!()
    };
    assert_eq!(key.key.expose_secret(), "BIKYnicepay00m2006221311045107");
    assert!(!key.raw.unwrap().contains("BIKY"));
    let Some(MethodDetail::Card(card)) = key.method else {
        panic!()
    };
    assert_eq!(card.issuer.as_deref(), Some("SHINHAN_CARD"));
    let unnamed = with(issued.clone(), |b| b["BID"] = json!(""));
    assert!(matches!(told(billing::issued, unnamed), Outcome::Unknown(why) if why.code == "NARU_NO_KEY"));
    for code in ["F101", "3001", "0000", "F112"] {
        let other = with(issued.clone(), |b| b["ResultCode"] = json!(code));
        assert!(!matches!(told(billing::issued, other), Outcome::Done(_)), "{code}");
    }
    for (code, done) in [
        ("F101", true),
        ("A126", true),
        ("U115", true),
        ("F100", false),
        ("0000", false),
    ] {
        let outcome = told(billing::deleted, json!({"ResultCode": code}));
        assert_eq!(matches!(outcome, Outcome::Done(_)), done, "{code}");
    }
}

#[test]
fn a_charge_has_a_tid_of_ours_and_a_deletion_an_order_of_its_own() {
    let key = SecretString::from("BIKYnicepay00m2006221311045107");
    let charge = Charge {
        order_id: ORDER_ID.to_owned(),
        customer_key: "buyer".to_owned(),
        amounts: Amounts::new(1004, 0, None).unwrap(),
        currency: Currency::KRW,
        order_name: "구독".to_owned(),
        method: MethodKind::Card,
        idempotency_key: "operation".to_owned(),
        at: AT,
        installment_months: 0,
        free_installment: true,
        use_card_point: false,
        customer_name: None,
        customer_email: None,
        customer_phone: None,
        key: Some(key.clone()),
    };
    let call = NiceLegacy.charge(&charge, &channel()).unwrap();
    let sent = fields(&billing::charge(&channel(), &key, &charge).unwrap());
    assert_eq!(
        call.claim.as_ref(),
        Some(&sent["TID"]),
        "no other operation may have this TID"
    );
    assert_eq!(
        sent["SignData"],
        "4dbc5e577b58a0bd7ce684737206fe494a8e77ccf982cddc9ca92dd7809ef326"
    );
    assert_eq!(sent["TID"], billing::charge_tid(&channel(), ORDER_ID, AT));
    assert!(sent["TID"].starts_with("nicepay00m0116200622131021") && sent["TID"].len() == 30);
    assert_eq!(
        (
            sent["CardQuota"].as_str(),
            sent["CardInterest"].as_str(),
            sent["GoodsName"].as_str()
        ),
        ("00", "0", "구독")
    );
    let sent = fields(&billing::delete(&channel(), &key, ORDER_ID, AT).unwrap());
    assert_eq!(
        sent["SignData"],
        "43a355a67ed94e75892bbd03f4509acc6d5b96bde040ed5eba1b7acc8c0bbadd"
    );

    let read = |body: Value| {
        done(billing::charged(
            &channel(),
            ORDER_ID,
            1004,
            AT,
            &answer(200, body.to_string()),
        ))
    };
    let channel = channel();
    let keys = crate::adapters::nice_legacy::sign::credentials(&channel).unwrap();
    let tid = billing::charge_tid(&channel, ORDER_ID, AT);
    let paid = with(payment(), |p| {
        p["TID"] = json!(tid);
        p["Signature"] = json!(keys.sign(&[&tid, MID, "1004"]));
    });
    assert_eq!(success(read(paid)).pg_tx_id, tid);
    assert!(
        matches!(read(payment()), Outcome::Unknown(_)),
        "the TID of something else"
    );
    assert!(matches!(
        read(json!({"ResultCode": "A125", "ResultMsg": "x"})),
        Outcome::Declined(_)
    ));
}

#[test]
fn an_account_is_issued_not_paid() {
    let account = |bank: &str, expires_at| IssueAccount {
        order_id: ORDER_ID.to_owned(),
        amounts: Amounts::new(1004, 0, None).unwrap(),
        currency: Currency::KRW,
        order_name: "테스트".to_owned(),
        idempotency_key: "operation".to_owned(),
        at: AT,
        bank: bank.to_owned(),
        expiry: AccountExpiry::Due(expires_at),
        kind: AccountKind::Normal,
        remittee: Some("나루 상점".to_owned()),
        customer_name: None,
        customer_email: None,
        customer_phone: None,
        receipt: None,
        escrow: false,
        products: None,
    };
    let sent = fields(&vbank::issue(&channel(), &account("KOOKMIN", AT + 86_400_000)).unwrap());
    assert_eq!(
        sent["SignData"],
        "3c476c617817626b9d1a86dffe132721a9fc36cf576a238c697c8774834c25e5"
    );
    assert_eq!(
        (
            sent["BankCode"].as_str(),
            sent["VbankExpDate"].as_str(),
            sent["VbankAccountName"].as_str()
        ),
        ("004", "202006231310", "나루 상점")
    );
    assert_eq!(
        vbank::issue(&channel(), &account("NOWHERE", AT + 1)).unwrap_err().field,
        "method.virtualAccount.bank"
    );
    assert_eq!(
        vbank::issue(&channel(), &account("KOOKMIN", AT)).unwrap_err().field,
        "method.virtualAccount.expiry"
    );
    let channel = channel();
    let tid = vbank::tid(&channel, ORDER_ID, AT);
    let keys = crate::adapters::nice_legacy::sign::credentials(&channel).unwrap();
    let body = with(payment(), |p| {
        p["ResultCode"] = json!("4100");
        p["TID"] = json!(tid);
        p["Signature"] = json!(keys.sign(&[&tid, MID, "1004"]));
        p["VbankNum"] = json!("12345678901234");
    });
    let issued = done(vbank::issued(
        &channel,
        ORDER_ID,
        1004,
        AT,
        &answer(200, body.to_string()),
    ));
    assert_eq!(success(issued).status, Status::VirtualAccountIssued);
}

#[test]
fn receipts() {
    let amounts = Amounts::new(1004, 604, None).unwrap();
    let number = SecretString::from("01012345678");
    let sent = fields(&receipts::issue(&channel(), ORDER_ID, &amounts, "현금", false, &number, AT).unwrap());
    for (name, value) in [
        ("ReceiptAmt", "1004"),
        ("ReceiptType", "1"),
        ("ReceiptTypeNo", "01012345678"),
        ("ReceiptSupplyAmt", "364"),
        ("ReceiptVAT", "36"),
        ("ReceiptServiceAmt", "0"),
        ("ReceiptTaxFreeAmt", "604"),
        (
            "SignData",
            "3c476c617817626b9d1a86dffe132721a9fc36cf576a238c697c8774834c25e5",
        ),
    ] {
        assert_eq!(sent[name], value, "{name}");
    }
    let refused = receipts::issue(&channel(), ORDER_ID, &amounts, "현금", true, &number, AT).unwrap_err();
    assert_eq!(refused.field, "customer.identityNumber");
    let tid = sent["TID"].clone();
    assert!(tid.starts_with("nicepay00m0401"));
    let issued = |body: Value| receipts::issued(&channel(), ORDER_ID, AT, &answer(200, body.to_string()));
    let body = json!({"ResultCode": "7001", "TID": tid, "AuthCode": "G1", "AuthDate": "200622131104"});
    assert!(matches!(issued(body.clone()), Outcome::Done(a) if a.approve_no.as_deref() == Some("G1")));
    assert!(matches!(
        issued(with(body.clone(), |b| b["TID"] = json!(TID))),
        Outcome::Unknown(_)
    ));
    assert!(matches!(
        issued(with(body, |b| b["ResultCode"] = json!("7002"))),
        Outcome::Declined(_)
    ));
    let sent = fields(&receipts::cancel(&channel(), TID, ORDER_ID, &amounts, "취소", AT).unwrap());
    assert_eq!(
        sent["SignData"],
        "bd787853177d32b738cd8e2e2f9a1a4cbd041c2020a506c23bc5bde2d3aecc82"
    );
    assert_eq!(
        (sent["CancelMsg"].as_str(), sent["TaxFreeAmt"].as_str()),
        ("취소", "604")
    );
    let cancelled = with(cancellation(), |c| {
        c["CancelAmt"] = json!("000000001004");
        c["Moid"] = json!(ORDER_ID);
        c["Signature"] = json!("59c36831e223d8d7c96e248123816a31a1a4510088e4bd63862455fe91851de5");
    });
    let read = |total| receipts::cancelled(&channel(), TID, ORDER_ID, total, &answer(200, cancelled.to_string()));
    assert!(matches!(read(1004), Outcome::Done(_)) && matches!(read(1005), Outcome::Unknown(_)));
}

#[test]
fn deliveries() {
    let delivery = escrow::Delivery {
        tid: TID,
        carrier: "CJ대한통운",
        invoice_number: "1234567890",
        address: "서울시 중구",
        registered_by: "나루 상점",
        send_email: false,
        at: AT,
    };
    let message = escrow::register(&channel(), &delivery).unwrap();
    let sent = fields(&message);
    assert_eq!(
        sent["SignData"],
        "b434f9347fd524e46a6dce23653c25e426175f58a09c034fb6b169d80c0df900"
    );
    assert_eq!(
        (sent["DeliveryCoNm"].as_str(), sent["ConfirmMail"].as_str()),
        ("CJ대한통운", "2")
    );
    assert!(!message.body.windows(2).any(|w| w == b"&#"));
    let empty = escrow::Delivery {
        invoice_number: "😀",
        ..delivery
    };
    assert_eq!(
        escrow::register(&channel(), &empty).unwrap_err().field,
        "logistics.invoiceNumber"
    );
    let read = |body: Value| escrow::registered(TID, &answer(200, body.to_string()));
    let done = json!({"ResultCode": "C000", "ProcessDate": "20200622", "ProcessTime": "131021"});
    assert!(matches!(read(done), Outcome::Done(Some(AT))));
    assert!(
        matches!(read(json!({"ResultCode": "C002"})), Outcome::Declined(f) if f.kind == crate::payment::FailureKind::MerchantSetup)
    );
}
