//! Payments without a window: key-in cards, billing keys, cash receipts; and escrow deliveries.

use super::*;
use crate::payment::{MethodDetail, ReceiptKind};
use secrecy::ExposeSecret;

fn card() -> CardInput {
    CardInput {
        number: "9410001234567890".to_owned().into(),
        expiry_year: "26".to_owned().into(),
        expiry_month: "07".to_owned().into(),
        birth_or_business: Some("900101".to_owned().into()),
        password_two_digits: Some("12".to_owned().into()),
    }
}

fn key_in() -> KeyIn {
    KeyIn {
        customer_phone: None,
        order_id: ORDER_ID.into(),
        amounts: Amounts::new(1004, 0, None).unwrap(),
        currency: Currency::KRW,
        order_name: "Test item".into(),
        idempotency_key: "k".into(),
        at: AT,
        installment_months: 0,
        free_installment: false,
        use_card_point: false,
        customer_name: None,
        customer_email: None,
        card: Some(card()),
    }
}

#[test]
fn a_key_in_payment() {
    let instant = Kcp.instant().unwrap();
    let call = instant.pay(&key_in(), &channel()).unwrap();
    assert_eq!(call.request.url, "https://stg-spl.kcp.co.kr/gw/hub/v1/payment");
    assert_eq!(
        json!(members(&call)),
        json!({"site_cd": "T0000", "pay_method": "CARD", "cust_ip": "127.0.0.1", "amount": "1004", "currency": "410",
            "ordr_idxx": ORDER_ID, "good_name": "Test item", "buyr_name": "", "buyr_mail": "", "buyr_tel1": "",
            "buyr_tel2": "", "card_mny": "1004", "quota": "00", "card_tx_type": "11121000",
            "card_no": "9410001234567890", "card_expiry": "2607", "card_taxno": "900101", "card_pwd": "12"})
    );
    for name in ["card_no", "card_expiry", "card_taxno", "card_pwd", "kcp_cert_info"] {
        assert!(call.request.mask.fields.contains(&name), "{name}");
    }
    let paid = success(done(instant.paid(
        &key_in(),
        &channel(),
        &call,
        &answer(200, payment().to_string()),
    )));
    assert_eq!(paid.pg_tx_id, TNO);
    let open = KeyIn {
        card: Some(CardInput {
            birth_or_business: None,
            password_two_digits: None,
            ..card()
        }),
        ..key_in()
    };
    let body = members(&instant.pay(&open, &channel()).unwrap());
    assert!(
        !body.contains_key("card_taxno") && !body.contains_key("card_pwd"),
        "비인증"
    );
}

#[test]
fn card_data_is_checked_and_never_quoted() {
    let refused = |change: &dyn Fn(&mut KeyIn)| {
        let mut command = key_in();
        change(&mut command);
        let refusal = Kcp.instant().unwrap().pay(&command, &channel()).unwrap_err();
        assert!(!refusal.to_string().contains("94100"), "{refusal}");
        refusal.field
    };
    let with_card = |change: &dyn Fn(&mut CardInput)| {
        let mut own = card();
        change(&mut own);
        refused(&|c| c.card = Some(own.clone()))
    };
    assert_eq!(
        with_card(&|c| c.number = "94100012345678x0".to_owned().into()),
        "method.card.credential.number"
    );
    assert_eq!(
        with_card(&|c| c.expiry_month = "13".to_owned().into()),
        "method.card.credential.expiryMonth"
    );
    assert_eq!(
        with_card(&|c| c.birth_or_business = Some("1234567".to_owned().into())),
        "method.card.credential.birthOrBusinessRegistrationNumber"
    );
    assert_eq!(refused(&|c| c.card = None), "method.card.credential");
    assert_eq!(refused(&|c| c.installment_months = 3), "method.card.installmentMonth");
    assert_eq!(refused(&|c| c.use_card_point = true), "method.card.useCardPoint");
}

fn charge() -> Charge {
    Charge {
        order_id: "SUB20250101000001".into(),
        customer_key: "c".into(),
        amounts: Amounts::new(1004, 0, None).unwrap(),
        currency: Currency::KRW,
        order_name: "Monthly plan".into(),
        method: MethodKind::Card,
        idempotency_key: "k".into(),
        at: AT,
        installment_months: 0,
        free_installment: false,
        use_card_point: false,
        customer_name: Some("홍길동".into()),
        customer_email: Some("a@example.com".into()),
        customer_phone: None,
        key: Some("2504051168518034".to_owned().into()),
    }
}

#[test]
fn a_key_is_charged_in_its_group() {
    let keys = Kcp.billing_keys().unwrap();
    let call = keys.charge(&charge(), &channel()).unwrap();
    let body = members(&call);
    for (name, value) in [
        ("card_tx_type", "11511000"),
        ("bt_batch_key", "2504051168518034"),
        ("bt_group_id", "A52Q71000489"),
        ("ordr_idxx", "SUB20250101000001"),
        ("amount", "1004"),
        ("card_mny", "1004"),
        ("quota", "00"),
        ("currency", "410"),
    ] {
        assert_eq!(body[name], value, "{name}");
    }
    assert!(call.request.mask.fields.contains(&"bt_batch_key"));
    let paid = with(payment(), |p| p["order_no"] = json!("SUB20250101000001"));
    success(done(keys.charged(
        &charge(),
        &channel(),
        &call,
        &answer(200, paid.to_string()),
    )));
    let mut bare = spec();
    bare.credentials.remove("billingGroupId");
    assert_eq!(keys.charge(&charge(), &revision(bare)).unwrap_err().field, "channel");
    assert_eq!(
        Kcp.recovery(Operation::ChargeBillingKey).steps,
        [RecoveryStep::Operator],
        "never sent twice"
    );
}

fn issue() -> IssueKey {
    IssueKey {
        order_id: ORDER_ID.into(),
        customer_key: "c".into(),
        name: None,
        customer_name: None,
        customer_email: None,
        customer_phone: None,
        customer_id: None,
        idempotency_key: "k".into(),
        at: AT,
        token: json!({"tranCd": "00300001", "encData": "3qP+/=", "encInfo": "0Jd+/="}),
        card: Some(card()),
    }
}

fn issued_key() -> Value {
    json!({"res_cd": "0000", "res_msg": "정상처리", "card_cd": "CCLG", "card_name": "신한카드",
        "batch_key": "2504051168518034", "card_bank_cd": "0321", "card_bin_type_01": "0", "card_bin_type_02": "0",
        "van_tx_id": "VAN1", "join_cd": "0000", "paymentMethod": {"x": 1}})
}

#[test]
fn a_key_comes_of_a_windows_blob() {
    let window = Kcp.billing_keys().unwrap().by_window().unwrap();
    let call = window.exchange(&issue(), &channel()).unwrap();
    assert_eq!(call.request.url, "https://stg-spl.kcp.co.kr/gw/enc/v1/payment");
    assert_eq!(
        json!(members(&call)),
        json!({"site_cd": "T0000", "tran_cd": "00300001", "enc_data": "3qP+/=", "enc_info": "0Jd+/="})
    );
    let told = |body: Value, replay: bool| {
        let mut call = call.clone();
        call.replay = replay;
        done(window.exchanged(&issue(), &channel(), &call, &answer(200, body.to_string())))
    };
    let Outcome::Done(key) = told(issued_key(), false) else {
        panic!("a key")
    };
    assert_eq!(
        (key.key.expose_secret(), key.pg_tx_id.as_deref()),
        ("2504051168518034", Some("VAN1"))
    );
    assert!(!key.raw.unwrap().contains("2504051168518034"), "the key is a secret");
    let Some(MethodDetail::Card(card)) = key.method else {
        panic!("a card")
    };
    assert_eq!(card.issuer.as_deref(), Some("SHINHAN_CARD"));
    let none = with(issued_key(), |k| k["batch_key"] = json!(""));
    assert!(matches!(told(none, false), Outcome::Unknown(why) if why.code == "NARU_NO_KEY"));
    assert!(matches!(told(json!({"res_cd": "5209"}), false), Outcome::Declined(f) if f.code == "5209"));
    assert!(matches!(told(json!({"res_cd": "8094"}), true), Outcome::Unknown(_)));
    assert!(matches!(told(json!({"res_cd": "8310"}), true), Outcome::Unknown(_)));
    assert!(matches!(told(json!({"res_cd": "CC54"}), true), Outcome::Declined(_)));
}

#[test]
fn the_window_of_a_key() {
    let window = Kcp.billing_keys().unwrap().by_window().unwrap();
    let request = |device| OpenKeyRequest {
        order_id: ORDER_ID.into(),
        customer_key: "c".into(),
        name: Some("월 구독".into()),
        method: MethodKind::Card,
        display_amount: None,
        device,
        customer_name: None,
        customer_email: None,
        customer_phone: None,
        customer_id: None,
        at: AT,
        return_url: "https://pay.example.com/checkout/return/token".into(),
        raw: json!({}),
    };
    assert!(window.register(&request(Device::Pc), &channel()).unwrap().is_none());
    let Open::ScriptForm { fields, .. } = window.open(&request(Device::Pc), &channel(), None).unwrap().open else {
        panic!("a script")
    };
    let pc: BTreeMap<String, String> = fields.into_iter().collect();
    for (name, value) in [
        ("pay_method", "AUTH:CARD"),
        ("card_cert_type", "BATCH"),
        ("kcpgroup_id", "A52Q71000489"),
        ("good_expr", "2:1m"),
        ("module_type", "01"),
        ("good_name", "월 구독"),
    ] {
        assert_eq!(pc[name], value, "{name}");
    }
    let call = window.register(&request(Device::Mobile), &channel()).unwrap().unwrap();
    assert_eq!(members(&call)["pay_method"], "AUTH");
    let registered = super::windows::registered();
    let open = window
        .open(&request(Device::Mobile), &channel(), Some(&registered))
        .unwrap()
        .open;
    let Open::Form { fields, .. } = open else {
        panic!("a form")
    };
    let phone: BTreeMap<String, String> = fields.into_iter().collect();
    assert_eq!(
        (phone["ActionResult"].as_str(), phone["kcpgroup_id"].as_str()),
        ("batch", "A52Q71000489")
    );
    let back = WindowReturn {
        how: ReturnMethod::Success,
        query: String::new(),
        body: format!("res_cd=0000&site_cd=T0000&ordr_idxx={ORDER_ID}&tran_cd=00300001&enc_data=a&enc_info=b").into(),
        content_type: None,
    };
    let verdict = window.returned(&back, &issue(), None, &channel());
    assert!(matches!(verdict, WindowVerdict::Authenticated { token, .. } if token["tranCd"] == "00300001"));
}

#[test]
fn a_key_by_card_number_needs_the_option() {
    let by_card = Kcp.billing_keys().unwrap().by_card().unwrap();
    let body = members(&by_card.issue(&issue(), &channel()).unwrap());
    for (name, value) in [
        ("card_tx_type", "12100000"),
        ("sign_txtype", "0001"),
        ("group_id", "A52Q71000489"),
        ("card_no", "9410001234567890"),
        ("card_expiry", "2607"),
    ] {
        assert_eq!(body[name], value, "{name}");
    }
    assert_eq!(by_card.issue(&issue(), &channel_with("")).unwrap_err().field, "channel");
    let gone = IssueKey { card: None, ..issue() };
    assert_eq!(
        by_card.issue(&gone, &channel()).unwrap_err().field,
        "method.card.credential"
    );
}

#[test]
fn a_key_is_deleted() {
    let deletion = Kcp.billing_keys().unwrap().deletion().unwrap();
    let command = DeleteKey {
        order_id: ORDER_ID.into(),
        customer_key: "c".into(),
        reason: None,
        idempotency_key: "k".into(),
        at: AT,
        key: Some("2504051168518034".to_owned().into()),
    };
    let mut call = deletion.delete(&command, &channel()).unwrap();
    assert_eq!(
        json!(members(&call)),
        json!({"site_cd": "T0000", "site_key": "", "pay_method": "BATCH", "batch_key": "2504051168518034",
            "group_id": "A52Q71000489", "tx_type": "10005010"})
    );
    for (code, replay, label) in [
        ("0000", false, "approved"),
        ("5530", false, "approved"),
        ("5209", false, "declined"),
        ("5209", true, "unknown"),
        ("8041", false, "unknown"),
    ] {
        call.replay = replay;
        let body = json!({"res_cd": code}).to_string();
        assert_eq!(
            done(deletion.deleted(&command, &channel(), &call, &answer(200, body))).label(),
            label,
            "{code}"
        );
    }
}

#[test]
fn a_cash_receipt_is_issued_and_that_is_all() {
    let receipts = Kcp.cash_receipts().unwrap();
    let command = IssueReceipt {
        order_id: "ORD20250101000003".into(),
        amounts: Amounts::new(11_000, 0, None).unwrap(),
        currency: Currency::KRW,
        order_name: "Test item".into(),
        kind: ReceiptKind::Personal,
        identity: "01000000000".to_owned().into(),
        identity_kind: None,
        customer_name: Some("홍길동".into()),
        customer_email: None,
        customer_phone: None,
        paid_with: None,
        paid_at: None,
        seller: None,
        idempotency_key: "k".into(),
        at: AT,
    };
    let call = receipts.issue_receipt(&command, &channel()).unwrap();
    assert_eq!(
        json!(members(&call)),
        json!({"site_cd": "T0000", "pay_method": "CASH", "user_type": "PGNW", "trad_time": "20250101120000",
            "tr_code": "0", "id_info": "01000000000", "amt_tot": "11000", "amt_sup": "10000", "amt_svc": "0",
            "amt_tax": "1000", "ordr_idxx": "ORD20250101000003", "good_name": "Test item", "buyr_name": "홍길동",
            "buyr_mail": "", "buyr_tel1": "", "corp_type": "0"})
    );
    let told = |body: Value| done(receipts.receipt_issued(&command, &channel(), &call, &answer(200, body.to_string())));
    let body =
        json!({"res_cd": "0000", "cash_no": "25001234567892", "receipt_no": "123456789", "app_time": "20250101120001"});
    let Outcome::Done(issued) = told(body.clone()) else {
        panic!("a receipt")
    };
    assert_eq!(
        (issued.pg_receipt_id.as_str(), issued.issue_number.as_str()),
        ("25001234567892", "123456789")
    );
    assert!(matches!(
        told(with(body, |b| b["receipt_no"] = json!(""))),
        Outcome::Unknown(_)
    ));
    assert!(matches!(told(json!({"res_cd": "8041"})), Outcome::Unknown(_)));
    let mixed = IssueReceipt {
        amounts: Amounts::new(11_000, 4_400, None).unwrap(),
        ..command.clone()
    };
    let body = members(&receipts.issue_receipt(&mixed, &channel()).unwrap());
    assert_eq!((body["amt_sup"].as_str(), body["amt_tax"].as_str()), ("10400", "600"));
    let inquiry = InquireReceipt {
        pg_receipt_id: Some("1".into()),
        order_id: ORDER_ID.into(),
        amounts: command.amounts,
        requested_at: AT,
        cancel_requested_at: None,
    };
    assert!(receipts.inquire_receipt(&inquiry, &channel()).is_err());
}

#[test]
fn a_delivery_is_told_with_the_carriers_name() {
    let escrow = Adapter::escrow(&Kcp).unwrap();
    let command = |action, company: &str| EscrowCommand {
        action,
        pg_tx_id: TNO.into(),
        order_id: ORDER_ID.into(),
        amounts: Amounts::new(1004, 0, None).unwrap(),
        shipment: Some(Shipment {
            company: company.into(),
            invoice_number: "1234567890".into(),
            sent_at: AT,
            received_at: None,
            sender: Party::default(),
            receiver: Party::default(),
            send_email: false,
        }),
        idempotency_key: "k".into(),
        at: AT,
        keep: None,
    };
    let register = command(EscrowAction::Register, "HANJIN");
    let call = escrow.tell(&register, &channel()).unwrap();
    let body = members(&call);
    assert_eq!(
        (
            body["mod_type"].as_str(),
            body["deli_numb"].as_str(),
            body["deli_corp"].as_str()
        ),
        ("STE1", "1234567890", "한진택배")
    );
    let other = escrow
        .tell(&command(EscrowAction::Register, "DHL"), &channel())
        .unwrap();
    assert_eq!(members(&other)["deli_corp"], "DHL");
    let told = |body: Value| done(escrow.told(&register, &channel(), &call, &answer(200, body.to_string())));
    assert!(matches!(told(json!({"res_cd": "0000", "tno": TNO})), Outcome::Done(_)));
    assert!(matches!(
        told(json!({"res_cd": "0000", "tno": "1"})),
        Outcome::Unknown(_)
    ));
    assert!(matches!(told(json!({"res_cd": "8E02"})), Outcome::Declined(_)));
    for action in [
        EscrowAction::Modify,
        EscrowAction::Complete { from_store: true },
        EscrowAction::AcknowledgeReject,
    ] {
        assert_eq!(
            escrow.tell(&command(action, "CJ"), &channel()).unwrap_err().field,
            "action"
        );
        assert!(matches!(Kcp.descriptor().feature(action.feature()), When::Never { .. }));
    }
    assert_eq!(escrow.tell(&register, &channel_with("")).unwrap_err().field, "channel");
}
