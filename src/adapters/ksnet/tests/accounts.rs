//! Accounts issued by the API: the exact request, and what counts as issued.

use super::*;
use crate::payment::{MethodDetail, Status};

fn issue() -> IssueAccount {
    IssueAccount {
        order_id: ORDER_ID.into(),
        amounts: Amounts::new(1004, 0, None).unwrap(),
        currency: Currency::KRW,
        order_name: "당근10kg".into(),
        idempotency_key: "rt-45".into(),
        at: 1_751_615_990_000,
        bank: "NONGHYUP".into(),
        expiry: AccountExpiry::Hours(24),
        kind: AccountKind::Normal,
        remittee: None,
        customer_name: Some("홍길동".into()),
        customer_email: None,
        customer_phone: None,
        receipt: None,
        escrow: false,
        products: None,
    }
}

fn issued(body: &Value) -> Outcome<Approval> {
    let (channel, accounts) = (channel(), Ksnet.virtual_accounts().unwrap());
    let call = accounts.issue_account(&issue(), &channel).unwrap();
    done(accounts.account_issued(&issue(), &channel, &call, &answer(200, body.to_string())))
}

fn good() -> Value {
    json!({"aid": "WF1", "code": "A0200", "data": {"payload": "rt-45", "tid": "679900000001", "respCode": "0000",
        "tradeDateTime": "20250704180102", "bankType": "NONGHYUP", "bankName": "농협", "accountHolder": "나루",
        "virtualAccountNumb": "56211111111111"}})
}

#[test]
fn the_exact_request() {
    let call = Ksnet
        .virtual_accounts()
        .unwrap()
        .issue_account(&issue(), &channel())
        .unwrap();
    assert_eq!(
        call.request.url,
        "https://paydev.ksnet.co.kr/kspay/webfep/api/v1/vaccount/permanent"
    );
    let sent: Value = serde_json::from_slice(&call.request.body).unwrap();
    let expected = json!({"mid": MID, "payload": "rt-45", "orderNumb": ORDER_ID, "userName": "홍길동",
        "productName": "당근10kg", "totalAmount": "1004", "bankType": "NONGHYUP", "virtAccountType": "0",
        "escrowType": "0", "closeDateTime": "20250705165950"});
    assert_eq!(sent, expected);
}

#[test]
fn an_account_is_issued_and_not_paid() {
    let Outcome::Done(approval) = issued(&good()) else {
        panic!("an account");
    };
    assert_eq!(
        (approval.pg_tx_id.as_str(), approval.status),
        ("679900000001", Status::VirtualAccountIssued)
    );
    let Some(MethodDetail::VirtualAccount {
        account_number,
        bank,
        expires_at,
        ..
    }) = &approval.method
    else {
        panic!("an account");
    };
    assert_eq!(
        (account_number.as_str(), bank.as_deref()),
        ("56211111111111", Some("NONGHYUP"))
    );
    assert_eq!(*expires_at, Some(1_751_702_390_000));
    let keep = approval.keep.unwrap();
    assert_eq!(
        (&keep["account"], &keep["amount"]),
        (&json!("56211111111111"), &json!(1004))
    );
}

#[test]
fn doubtful_answers_settle_nothing() {
    let changes: [fn(&mut Value); 5] = [
        |b| b["data"]["payload"] = json!("rt-1"),
        |b| b["data"]["virtualAccountNumb"] = json!(""),
        |b| b["data"]["tid"] = Value::Null,
        |b| b["data"]["respCode"] = json!("000"),
        |b| b["code"] = json!("A0500"),
    ];
    for change in changes {
        let mut body = good();
        change(&mut body);
        assert!(matches!(issued(&body), Outcome::Unknown(_)), "{body}");
    }
    let refusal = json!({"code": "A0201", "data": {"respCode": "B013", "respMessage": "마감일시 없음"}});
    assert!(matches!(issued(&refusal), Outcome::Declined(f) if f.kind == crate::payment::FailureKind::BadRequest));
}

#[test]
fn what_the_api_does_not_take_is_refused_by_name() {
    let refused = |change: &dyn Fn(&mut IssueAccount)| {
        let mut command = issue();
        change(&mut command);
        let accounts = Ksnet.virtual_accounts().unwrap();
        accounts.issue_account(&command, &channel()).unwrap_err().field
    };
    assert_eq!(refused(&|c| c.kind = AccountKind::FixedKey("a".into())), "option.type");
    assert_eq!(
        refused(&|c| c.amounts = Amounts::new(1004, 4, None).unwrap()),
        "amount.taxFree"
    );
    assert_eq!(refused(&|c| c.bank = "NOWHERE".into()), "option.bank");
    assert_eq!(refused(&|c| c.expiry = AccountExpiry::Due(0)), "option.expiry");
    assert_eq!(refused(&|c| c.customer_name = None), "customer.fullName");
    let wish = AccountReceipt {
        wish: ReceiptWish::Personal,
        identity: None,
    };
    assert_eq!(refused(&|c| c.receipt = Some(wish.clone())), "cashReceipt");
}
