//! Transfers and virtual accounts in the window, escrow, and accounts without a window.

use super::windows::request;
use super::*;

fn fields(method: MethodKind, device: Device, raw: Value) -> Result<BTreeMap<String, String>, Refusal> {
    let request = OpenRequest {
        customer_name: Some("홍길동".into()),
        customer_phone: Some("010-1234-5678".into()),
        ..request(method, device, raw)
    };
    let answer = super::windows::registered();
    match Kcp.window().unwrap().open(&request, &channel(), Some(&answer))?.open {
        Open::ScriptForm { fields, .. } | Open::Form { fields, .. } => Ok(fields.into_iter().collect()),
        other => panic!("a form: {other:?}"),
    }
}

#[test]
fn deadlines_and_banks() {
    use MethodKind::VirtualAccount;
    let raw = json!({"virtualAccount": {"accountExpiry": {"dueDate": "2025-01-08T23:30:00+09:00"},
        "availableBanks": ["SHINHAN", "KOOKMIN"], "cashReceiptType": "ANONYMOUS"}});
    let pc = fields(VirtualAccount, Device::Pc, raw.clone()).unwrap();
    assert_eq!(
        (pc["vcnt_expire_term"].as_str(), pc["vcnt_expire_term_time"].as_str()),
        ("7", "233000")
    );
    assert_eq!(
        (pc["wish_vbank_list"].as_str(), pc["disp_tax_yn"].as_str()),
        ("26:04", "N")
    );
    let phone = fields(VirtualAccount, Device::Mobile, raw).unwrap();
    assert_eq!(phone["ipgm_date"], "20250108");
    let hours = json!({"virtualAccount": {"accountExpiry": {"validHours": 13}}});
    let pc = fields(VirtualAccount, Device::Pc, hours).unwrap();
    assert_eq!(
        (pc["vcnt_expire_term"].as_str(), pc["vcnt_expire_term_time"].as_str()),
        ("1", "010000")
    );
    for (expiry, field) in [
        (json!({"validHours": 0}), "virtualAccount.accountExpiry.validHours"),
        (
            json!({"dueDate": "2024-12-31T00:00:00+09:00"}),
            "virtualAccount.accountExpiry.dueDate",
        ),
        (json!({"dueDate": "2025-01-08"}), "virtualAccount.accountExpiry.dueDate"),
        (
            json!({"dueDate": "2026-01-08T00:00:00+09:00"}),
            "virtualAccount.accountExpiry.dueDate",
        ),
        (
            json!({"dueDate": "2025-01-08T00:00:00", "validHours": 1}),
            "virtualAccount.accountExpiry.dueDate",
        ),
    ] {
        let refused = fields(
            VirtualAccount,
            Device::Pc,
            json!({"virtualAccount": {"accountExpiry": expiry}}),
        );
        assert_eq!(refused.unwrap_err().field, field);
    }
    let bank = fields(
        VirtualAccount,
        Device::Pc,
        json!({"virtualAccount": {"availableBanks": ["TOSS"]}}),
    );
    assert_eq!(bank.unwrap_err().field, "virtualAccount.availableBanks");
}

#[test]
fn escrow_tells_what_is_bought_and_where_it_goes() {
    let products = json!([{"id": "p1", "name": "셔츠, 파랑", "amount": 500, "quantity": 2}, {"id": "p2", "name": "양말", "amount": 4, "quantity": 1}]);
    let raw = json!({"isEscrow": true, "products": products, "customer": {"zipcode": "06236", "address": {"addressLine1": "서울"}}});
    let all = fields(MethodKind::Transfer, Device::Pc, raw.clone()).unwrap();
    for (name, value) in [
        ("escw_used", "Y"),
        ("pay_mod", "Y"),
        ("deli_term", "03"),
        ("bask_cntx", "2"),
        ("rcvr_name", "홍길동"),
        ("rcvr_tel1", "01012345678"),
        ("rcvr_zipx", "06236"),
        ("rcvr_add1", "서울"),
        (
            "good_info",
            "seq=1\u{1f}ordr_numb=p1\u{1f}good_name=셔츠  파랑\u{1f}good_cntx=2\u{1f}good_amtx=500\u{1e}\
             seq=2\u{1f}ordr_numb=p2\u{1f}good_name=양말\u{1f}good_cntx=1\u{1f}good_amtx=4",
        ),
    ] {
        assert_eq!(all[name], value, "{name}");
    }
    let phone = request(MethodKind::Transfer, Device::Mobile, raw);
    let phone = OpenRequest {
        customer_name: Some("홍길동".into()),
        customer_phone: Some("01012345678".into()),
        ..phone
    };
    let call = Kcp.window().unwrap().register(&phone, &channel()).unwrap().unwrap();
    assert_eq!(members(&call)["escw_used"], "Y");
    let nothing = fields(MethodKind::Transfer, Device::Pc, json!({"isEscrow": true}));
    assert_eq!(nothing.unwrap_err().field, "products");
    assert_eq!(
        fields(MethodKind::Transfer, Device::Pc, json!({})).unwrap()["escw_used"],
        "N"
    );
}

fn issue() -> IssueAccount {
    IssueAccount {
        order_id: "ORD20250101000002".into(),
        amounts: Amounts::new(10_000, 0, None).unwrap(),
        currency: Currency::KRW,
        order_name: "Test item".into(),
        idempotency_key: "k".into(),
        at: AT,
        bank: "KOOKMIN".into(),
        expiry: AccountExpiry::Due(1_736_348_399_000),
        kind: AccountKind::Normal,
        remittee: None,
        customer_name: Some("홍길동".into()),
        customer_email: Some("a@example.com".into()),
        customer_phone: Some("01000000000".into()),
        receipt: None,
        escrow: false,
        products: None,
    }
}

fn account() -> Value {
    json!({"res_cd": "0000", "res_msg": "정상처리", "tno": "20250101234891", "amount": "10000", "pay_method": "PAVC",
        "bankname": "국민은행", "bankcode": "BK04", "depositor": "엔에이치엔한국사이버", "account": "T0123456789012",
        "va_date": "20250108235959", "va_name": "홍길동", "app_time": "20250101120000", "escw_yn": "N"})
}

#[test]
fn an_account_without_a_window() {
    let accounts = Kcp.virtual_accounts().unwrap();
    let call = accounts.issue_account(&issue(), &channel()).unwrap();
    assert_eq!(call.request.url, "https://stg-spl.kcp.co.kr/gw/hub/v1/payment");
    assert_eq!(
        json!(members(&call)),
        json!({"site_cd": "T0000", "pay_method": "VCNT", "cust_ip": "127.0.0.1", "amount": "10000", "currency": "410",
            "ordr_idxx": "ORD20250101000002", "good_name": "Test item", "buyr_name": "홍길동", "buyr_mail": "a@example.com",
            "buyr_tel1": "", "buyr_tel2": "01000000000", "va_txtype": "41100000", "va_mny": "10000",
            "va_bankcode": "BK04", "va_name": "홍길동", "va_date": "20250108235959"})
    );
    for code in ["0000", "V000"] {
        let body = with(account(), |a| a["res_cd"] = json!(code));
        let issued = success(done(accounts.account_issued(
            &issue(),
            &channel(),
            &call,
            &answer(200, body.to_string()),
        )));
        assert_eq!(
            (issued.status, issued.approved_at),
            (crate::payment::Status::VirtualAccountIssued, None)
        );
        let keep = issued.keep.unwrap();
        assert_eq!(
            (&keep["account"], &keep["amount"]),
            (&json!("T0123456789012"), &json!(10_000))
        );
    }
    let lost = with(account(), |a| a["account"] = json!(""));
    let outcome = done(accounts.account_issued(&issue(), &channel(), &call, &answer(200, lost.to_string())));
    assert!(matches!(outcome, Outcome::Unknown(why) if why.code == "NARU_ACCOUNT_UNKNOWN"));
    let shinhan = IssueAccount {
        bank: "SHINHAN".into(),
        expiry: AccountExpiry::Hours(1),
        ..issue()
    };
    let body = members(&accounts.issue_account(&shinhan, &channel()).unwrap());
    assert_eq!(
        (body["va_bankcode"].as_str(), body["va_date"].as_str()),
        ("BK26", "20250101130000")
    );
}

#[test]
fn accounts_that_cannot_be_issued() {
    let refused = |change: &dyn Fn(&mut IssueAccount)| {
        let mut command = issue();
        change(&mut command);
        Kcp.virtual_accounts()
            .unwrap()
            .issue_account(&command, &channel())
            .unwrap_err()
            .field
    };
    assert_eq!(refused(&|c| c.bank = "TOSS".into()), "method.virtualAccount.bank");
    assert_eq!(
        refused(&|c| c.kind = AccountKind::FixedKey("k".into())),
        "method.virtualAccount.option.type"
    );
    assert_eq!(
        refused(&|c| c.expiry = AccountExpiry::Hours(0)),
        "method.virtualAccount.expiry"
    );
    assert_eq!(
        refused(&|c| c.expiry = AccountExpiry::Due(AT)),
        "method.virtualAccount.expiry"
    );
    assert_eq!(refused(&|c| c.customer_name = None), "customer.name");
    assert_eq!(refused(&|c| c.escrow = true), "isEscrow");
    let wish = |identity: Option<&str>| AccountReceipt {
        wish: ReceiptWish::Corporate,
        identity: identity.map(|n| n.to_owned().into()),
    };
    assert_eq!(
        refused(&|c| c.receipt = Some(wish(None))),
        "method.virtualAccount.cashReceipt.customerIdentityNumber"
    );
    let command = IssueAccount {
        receipt: Some(wish(Some("1234567890"))),
        ..issue()
    };
    let body = members(
        &Kcp.virtual_accounts()
            .unwrap()
            .issue_account(&command, &channel())
            .unwrap(),
    );
    assert_eq!(
        (body["va_receipt_gubn"].as_str(), body["va_taxno"].as_str()),
        ("1", "1234567890")
    );
}

#[test]
fn an_account_is_closed_like_a_cancellation() {
    let accounts = Kcp.virtual_accounts().unwrap();
    let close = |keep: Option<Value>| CloseAccount {
        pg_tx_id: "20250101234891".into(),
        order_id: "ORD20250101000002".into(),
        amounts: Amounts::new(10_000, 0, None).unwrap(),
        currency: Currency::KRW,
        reason: "mistake".into(),
        idempotency_key: "k".into(),
        at: AT,
        keep,
    };
    let call = accounts.close_account(&close(None), &channel()).unwrap();
    assert_eq!(members(&call)["mod_type"], "STSC");
    let escrow = with(super::fixtures::kept(), |k| k["escrow"] = json!(true));
    assert_eq!(
        members(&accounts.close_account(&close(Some(escrow)), &channel()).unwrap())["mod_type"],
        "STE5"
    );
    let told = |code: &str, tno: &str, replay: bool| {
        let mut call = call.clone();
        call.replay = replay;
        let body = json!({"res_cd": code, "tno": tno, "canc_time": "20250101123000"}).to_string();
        done(accounts.account_closed(&close(None), &channel(), &call, &answer(200, body)))
    };
    assert!(matches!(told("0000", "20250101234891", false), Outcome::Done(c) if c.closed_at == Some(AT + 1_800_000)));
    assert!(matches!(told("0000", "other", false), Outcome::Unknown(_)));
    assert!(
        matches!(told("8336", "", false), Outcome::Unknown(_)),
        "a deposit came first"
    );
    assert!(matches!(told("8023", "", true), Outcome::Done(_)));
    assert!(matches!(told("8012", "", false), Outcome::Declined(_)));
    assert!(matches!(told("8012", "", true), Outcome::Unknown(_)));
}

#[test]
fn a_deposit_is_refunded_only_where_the_contract_has_it() {
    let command = Cancel {
        keep: Some(super::fixtures::kept()),
        pg_tx_id: "20250101234891".into(),
        ..cancel_command()
    };
    let refusal = Kcp.cancel(&command, &channel_with("escrow")).unwrap_err();
    assert!(refusal.field == "refundAccount" && refusal.message.contains("accountRefund"));
}
