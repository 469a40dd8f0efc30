//! Byte layouts: the socket's records against published hashes, and the notices in both layouts.

use super::super::billing::Card;
use super::super::request::{Header, cancel_body, field, record};
use super::*;
use crate::payment::Status;
use aws_lc_rs::digest::{SHA256, digest};

/// 2025-07-01 12:00:00 in Korea.
const AT: i64 = 1_751_338_800_000;
const ACCOUNT: &str = "56211111111111";

fn sha(bytes: &[u8]) -> String {
    digest(&SHA256, bytes)
        .as_ref()
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect()
}

fn header<'a>(order: &'a str) -> Header<'a> {
    Header {
        store: MID,
        order,
        user: "홍길동",
        email: "",
        goods: "",
        phone: "0",
        at: AT,
    }
}

#[test]
fn a_whole_cancellation_is_this_record() {
    let made = record(&header("ORD-0001"), &cancel_body("1010", "0", "179900000001", "", ""));
    assert_eq!((made.len(), &made[..8]), (450, &b"04460060"[..]));
    assert_eq!(
        sha(&made),
        "13df1219ff4f80d003f5f5672901bbb5a03025bbbda7ca88402f7e5805585a4d"
    );
}

#[test]
fn a_cancellation_in_part_is_this_record() {
    let made = record(
        &header("ORD-0001"),
        &cancel_body("1010", "3", "179900000001", "00000030001", ""),
    );
    assert_eq!(
        sha(&made),
        "60d4ccdc194b848bc4057607d52b6e998abb8cc87d461b66ada8162584c9484a"
    );
}

#[test]
fn a_header_with_every_field_is_this_record() {
    let header = Header {
        email: "a@b.c",
        goods: "당근10kg",
        phone: "001012345678",
        ..header("ORD-0002")
    };
    let body = Card {
        kind: "1300",
        interest: "1",
        track: "4111111111111111=3012",
        months: 0,
        amount: 1004,
        pin: "12",
        owner: "900101",
        batch: "0",
        ip: "127.0.0.1",
        filler: "",
    }
    .body();
    let made = record(&header, &body);
    assert_eq!((made.len(), &made[..4]), (585, &b"0581"[..]));
    assert_eq!(
        sha(&made),
        "e1fe84d97cef5fd2b8bf59554324c960aa455e5552f9b40e54b39e6f66e4809a"
    );
}

fn close() -> CloseAccount {
    CloseAccount {
        pg_tx_id: "679900000001".into(),
        order_id: ORDER_ID.into(),
        amounts: Amounts::new(1004, 0, None).unwrap(),
        currency: Currency::KRW,
        reason: "변심".into(),
        idempotency_key: "rt-44".into(),
        at: AT,
        keep: None,
    }
}

fn closing(body: &[u8]) -> Outcome<AccountClosed> {
    let (channel, accounts) = (channel_with(&[("socket", "on")]), Ksnet.virtual_accounts().unwrap());
    let call = accounts.close_account(&close(), &channel).unwrap();
    done(accounts.account_closed(&close(), &channel, &call, &answer(0, body)))
}

fn closed_record(kind: &str, trno: &str, status: &str, code: &str, message: &str) -> Vec<u8> {
    let fields = [
        (kind, 4),
        (trno, 12),
        (status, 1),
        ("20250701", 8),
        ("120001", 6),
        ("88", 6),
        (ACCOUNT, 15),
        ("나루", 30),
        ("", 14),
        (code, 4),
        (message, 16),
        ("", 16),
        ("", 36),
    ];
    let body: Vec<u8> = fields.iter().flat_map(|(text, length)| field(text, *length)).collect();
    record(&header(ORDER_ID), &body)
}

#[test]
fn an_account_is_closed_by_the_socket_where_it_is_on() {
    let accounts = Ksnet.virtual_accounts().unwrap();
    assert_eq!(
        accounts.close_account(&close(), &channel()).unwrap_err().field,
        "paymentId"
    );
    let call = accounts
        .close_account(&close(), &channel_with(&[("socket", "on")]))
        .unwrap();
    assert_eq!(call.request.transport, Transport::Tcp { length_digits: 4 });
    assert_eq!(call.request.url, "tcp://210.181.28.137:21001");
    assert_eq!(&call.request.body[300..317], b"60100679900000001");

    let good = closed_record("6011", "679900000001", "O", "", "");
    assert!(matches!(closing(&good), Outcome::Done(closed) if closed.closed_at == Some(AT + 1000)));
    let again = closed_record("6011", "679900000001", "X", "P10Q", "기취소");
    assert!(matches!(closing(&again), Outcome::Done(_)));
    let absent = closed_record("6011", "679900000001", "X", "7004", "원거래 없음");
    assert!(matches!(closing(&absent), Outcome::Declined(_)));
    for bad in [
        closed_record("6011", "679900000002", "O", "", ""),
        closed_record("1011", "679900000001", "O", "", ""),
        closed_record("6011", "679900000001", "0", "", ""),
        closed_record("6011", "679900000001", "X", "", ""),
        closed_record("6011", "679900000001", "X", "9999", "C잠시후재시도"),
        good[..good.len() - 1].to_vec(),
        [&good[..], b" "].concat(),
        [b"9999", &good[4..]].concat(),
        [b"abcd", &good[4..]].concat(),
        Vec::new(),
    ] {
        assert!(matches!(closing(&bad), Outcome::Unknown(_)), "{}", bad.len());
    }
}

fn put(data: &mut [u8], at: usize, text: &str) {
    let bytes = encoding_rs::EUC_KR.encode(text).0;
    data[at..at + bytes.len()].copy_from_slice(&bytes);
}

fn old(sele: &str, amount: &str) -> Vec<u8> {
    let mut data = vec![b' '; 300];
    for (at, text) in [
        (0, "VR"),
        (2, "679900000001"),
        (41, "000123"),
        (47, "20250704"),
        (55, "180000"),
        (131, sele),
        (135, amount),
        (167, "홍길동"),
        (230, ACCOUNT),
        (266, MID),
    ] {
        put(&mut data, at, text);
    }
    data
}

fn new(sele: &str, amount: &str, order: &str) -> Vec<u8> {
    let mut data = record(&header(order), &vec![b' '; 300]);
    for (at, text) in [
        (300, "6111"),
        (304, "679900000002"),
        (347, "0000000123"),
        (357, "20250704"),
        (365, "180000"),
        (437, sele),
        (445, amount),
        (477, "홍길동"),
        (540, ACCOUNT),
    ] {
        put(&mut data, at, text);
    }
    data
}

fn read(data: &[u8], get: bool, keep: Option<&Value>) -> NoticeVerdict {
    let form = format!("data={}", form_urlencoded::byte_serialize(data).collect::<String>());
    let notice = Notice {
        method: if get { "GET" } else { "POST" }.into(),
        query: if get { form.clone() } else { String::new() },
        headers: Vec::new(),
        body: if get { Vec::new() } else { form.into_bytes() }.into(),
        peer: std::net::Ipv4Addr::LOCALHOST.into(),
    };
    Ksnet.notifications().unwrap().read(&notice, &channel(), keep)
}

fn kept() -> Value {
    json!({"way": "VIRTUAL_ACCOUNT", "account": ACCOUNT, "amount": 1004, "tid": "679900000001"})
}

#[test]
fn a_deposit_is_told_by_get_and_post() {
    let keep = kept();
    for get in [true, false] {
        let NoticeVerdict::Tell { order_id, view, dedupe } =
            read(&new("20", "0000000001004", ORDER_ID), get, Some(&keep))
        else {
            panic!("a deposit");
        };
        assert_eq!(
            (order_id.as_str(), dedupe.as_str()),
            (ORDER_ID, "20|56211111111111|000123|20250704|180000")
        );
        let PgView::Held {
            approval,
            balance,
            status,
            ..
        } = *view
        else {
            panic!("held")
        };
        assert_eq!(
            (approval.pg_tx_id.as_str(), balance, status),
            ("679900000001", 1004, Status::Paid)
        );
        assert_eq!(approval.approved_at, Some(1_751_619_600_000));
    }
    // The old layout names no order; the notice is on record and asks.
    let NoticeVerdict::Ask {
        order_id,
        pg_tx_id,
        dedupe,
    } = read(&old("20", "0000000001004"), true, None)
    else {
        panic!("an event");
    };
    assert_eq!((order_id, pg_tx_id.as_deref()), (None, Some("679900000001")));
    assert_eq!(dedupe, "20|56211111111111|000123|20250704|180000");
}

#[test]
fn nobody_is_paid_by_anything_else() {
    let keep = kept();
    let asks = |data: &[u8], keep: Option<&Value>| matches!(read(data, false, keep), NoticeVerdict::Ask { .. });
    assert!(
        asks(&new("20", "0000000001004", ORDER_ID), None),
        "before the payment is known"
    );
    let NoticeVerdict::Tell { view, .. } = read(&new("51", "0000000001004", ORDER_ID), false, Some(&keep)) else {
        panic!("a deposit that was taken back");
    };
    let PgView::Held { approval, status, .. } = *view else {
        panic!("held")
    };
    assert_eq!(
        (approval.status, status, approval.approved_at),
        (Status::VirtualAccountIssued, Status::VirtualAccountIssued, None)
    );
    assert!(
        asks(&new("51", "0000000001005", ORDER_ID), Some(&keep)),
        "another amount was taken back"
    );
    assert!(asks(&new("30", "0000000001004", ORDER_ID), Some(&keep)), "no deposit");
    assert!(
        asks(&new("20", "0000000001005", ORDER_ID), Some(&keep)),
        "another amount"
    );
    assert!(asks(&new("20", "", ORDER_ID), Some(&keep)), "no amount");
    assert!(asks(&new("20", "0000000001004", ""), Some(&keep)), "no order");
    let status = |data: &[u8], keep: Option<&Value>| match read(data, false, keep) {
        NoticeVerdict::Refuse { status, .. } => status,
        other => panic!("refused: {other:?}"),
    };
    let mut other = kept();
    other["account"] = json!("1");
    assert_eq!(status(&new("20", "0000000001004", ORDER_ID), Some(&other)), 403);
    let mut stranger = new("20", "0000000001004", ORDER_ID);
    put(&mut stranger, 26, "2999199990");
    assert_eq!(status(&stranger, Some(&keep)), 403);
    assert_eq!(status(&new("20", "0000000001004", ORDER_ID)[..569], Some(&keep)), 400);
    assert_eq!(status(&old("20", "0000000001004")[..270], Some(&keep)), 400);
    assert_eq!(status(b"", None), 400);
}

#[test]
fn the_acknowledgement_is_exact() {
    let notice = Notice {
        method: "GET".into(),
        query: String::new(),
        headers: Vec::new(),
        body: bytes::Bytes::new(),
        peer: std::net::Ipv4Addr::LOCALHOST.into(),
    };
    let notifications = Ksnet.notifications().unwrap();
    let ok = notifications.acknowledge(&notice, true);
    assert_eq!((ok.status, &ok.body[..]), (200, &b"result=OK"[..]));
    assert!(ok.headers.contains(&("content-length".into(), "9".into())));
    assert_eq!(&notifications.acknowledge(&notice, false).body[..], b"result=false");
    assert!(
        notifications.mask().fields.contains(&"data"),
        "a depositor's name stands in it"
    );
}

fn issue_receipt() -> IssueReceipt {
    IssueReceipt {
        order_id: ORDER_ID.into(),
        amounts: Amounts::new(1004, 0, Some(91)).unwrap(),
        currency: Currency::KRW,
        order_name: "당근10kg".into(),
        kind: crate::payment::ReceiptKind::Personal,
        identity: SecretString::from("01012345678"),
        identity_kind: None,
        customer_name: Some("홍길동".into()),
        customer_email: None,
        customer_phone: None,
        paid_with: None,
        paid_at: None,
        seller: None,
        idempotency_key: "rt-45".into(),
        at: AT,
    }
}

#[test]
fn a_receipt_is_asked_for_by_the_socket_where_it_is_on() {
    let (receipts, on) = (Ksnet.cash_receipts().unwrap(), channel_with(&[("socket", "on")]));
    assert!(receipts.issue_receipt(&issue_receipt(), &channel()).is_err());
    let call = receipts.issue_receipt(&issue_receipt(), &on).unwrap();
    let body = &call.request.body;
    assert_eq!((body.len(), &body[..4]), (540, &b"0536"[..]));
    assert_eq!(&body[300..317], b"H000            1");
    assert_eq!(&body[317..329], b"301012345678");
    assert_eq!(&body[355..393], b"00000000913000000091000000000000001004");
    assert_eq!(call.request.mask, Mask::WHOLE, "a phone number stands in it");
    let told = |status: &str, message: &str, replay: bool| {
        let fields = [
            ("H001", 4),
            ("979900000001", 12),
            (status, 1),
            ("123456789", 12),
            ("0", 1),
            ("20250701", 8),
            ("120001", 6),
            (message, 32),
            ("", 40),
            ("", 150),
        ];
        let body: Vec<u8> = fields.iter().flat_map(|(text, length)| field(text, *length)).collect();
        let again = Call { replay, ..call.clone() };
        let text = record(&header(ORDER_ID), &body);
        done(receipts.receipt_issued(&issue_receipt(), &on, &again, &answer(0, text)))
    };
    let Outcome::Done(issued) = told("O", "정상", false) else {
        panic!("issued")
    };
    assert_eq!(
        (
            issued.pg_receipt_id.as_str(),
            issued.issue_number.as_str(),
            issued.issued_at
        ),
        ("979900000001", "123456789", Some(AT + 1000))
    );
    assert!(matches!(told("X", "식별번호오류", true), Outcome::Declined(_)));
    assert!(matches!(told("X", "시스템점검중", false), Outcome::Declined(_)));
    assert!(matches!(told("X", "시스템점검중", true), Outcome::Unknown(_)));
    assert!(matches!(told("X", "현금영수증 중복발급", true), Outcome::Unknown(_)));
    assert!(matches!(told("0", "", false), Outcome::Unknown(_)));
}

fn card_record(kind: &str, status: &str, code: &str, amount: &str, filler: &str) -> Vec<u8> {
    let fields = [
        (kind, 4),
        ("179900000001", 12),
        (status, 1),
        ("20250701120001", 14),
        ("010005", 6),
        ("05", 6),
        (code, 12),
        ("신한카드", 16),
        ("OK", 16),
        ("400012XXXXXX0001", 16),
        ("", 4),
        ("00", 2),
        (amount, 9),
        ("", 77),
        (filler, 82),
        ("", 3),
        ("00000", 5),
    ];
    let body: Vec<u8> = fields.iter().flat_map(|(text, length)| field(text, *length)).collect();
    record(&header(ORDER_ID), &body)
}

#[test]
fn a_token_is_charged_for_our_order_and_amount() {
    let (keys, on) = (Ksnet.billing_keys().unwrap(), channel_with(&[("socket", "on")]));
    let charge = Charge {
        customer_phone: None,
        order_id: ORDER_ID.into(),
        customer_key: "c".into(),
        amounts: Amounts::new(1004, 0, None).unwrap(),
        currency: Currency::KRW,
        order_name: "당근10kg".into(),
        method: MethodKind::Card,
        idempotency_key: "rt-46".into(),
        at: AT,
        installment_months: 0,
        free_installment: false,
        use_card_point: false,
        customer_name: None,
        customer_email: None,
        key: Some(SecretString::from("TOKEN0001")),
    };
    assert!(keys.charge(&charge, &channel()).is_err());
    let call = keys.charge(&charge, &on).unwrap();
    assert_eq!(
        (call.request.body.len(), &call.request.body[300..315]),
        (585, &b"10001VTOKEN0001"[..])
    );
    let read = |text: Vec<u8>| done(keys.charged(&charge, &on, &call, &answer(0, text)));
    let Outcome::Done(approval) = read(card_record("1001", "O", "12345678", "000001004", "")) else {
        panic!("charged")
    };
    assert_eq!(
        (approval.pg_tx_id.as_str(), approval.approved_at),
        ("179900000001", Some(AT + 1000))
    );
    assert!(matches!(
        read(card_record("1001", "X", "8326", "", "")),
        Outcome::Declined(_)
    ));
    for bad in [
        card_record("1001", "O", "12345678", "000001005", ""),
        card_record("1401", "O", "12345678", "000001004", ""),
        card_record("1001", "X", "9999", "", ""),
        card_record("1001", "X", "", "", ""),
        card_record("1001", "0", "", "000001004", ""),
    ] {
        assert!(matches!(read(bad), Outcome::Unknown(_)));
    }
}
