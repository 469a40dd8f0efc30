//! Escrow: deliveries, states that KG Inicis tells of, and refunds by the way of escrow; refunds of the second version.

use super::*;
use crate::payment::{EscrowState, FailureKind};

const ESCROW_TID: &str = "StdpayVBNKiniescrow020260101085930123458";

/// The published escrow MID and its keys.
fn escrow_channel() -> ChannelRevision {
    let mut spec = spec();
    spec.mid = "iniescrow0".into();
    for (name, key) in [
        ("apiKey", "yERbIlJ3NhTeObsA"),
        ("apiIv", "tOGDXbfoajk2DQ=="),
        ("escrow", "yes"),
    ] {
        spec.credentials.insert(name.to_owned(), SecretString::from(key));
    }
    revision(spec)
}

fn command(action: EscrowAction) -> EscrowCommand {
    let party = |name: &str| Party {
        name: Some(name.into()),
        phone: Some("0212345678".into()),
        zipcode: Some("04524".into()),
        address: Some("서울시 중구".into()),
        relationship: None,
    };
    EscrowCommand {
        action,
        pg_tx_id: ESCROW_TID.into(),
        order_id: ORDER_ID.into(),
        amounts: approve_command().amounts,
        shipment: Some(Shipment {
            company: "CJ".into(),
            invoice_number: "123456789012".into(),
            sent_at: AT,
            received_at: None,
            sender: party("나루 상점"),
            receiver: party("홍길동"),
            send_email: false,
        }),
        idempotency_key: "k".into(),
        at: AT,
        keep: None,
    }
}

fn text(call: &Call) -> String {
    String::from_utf8(call.request.body.to_vec()).unwrap()
}

#[test]
fn a_delivery_is_told_and_corrected() {
    let (channel, escrow) = (escrow_channel(), Inicis.escrow().unwrap());
    let register = command(EscrowAction::Register);
    let call = escrow.tell(&register, &channel).unwrap();
    assert_eq!(call.request.url, "https://iniapi.inicis.com/api/v1/escrow");
    let body = text(&call);
    assert!(
        body.starts_with("type=Dlv&timestamp=20260101090000&clientIp=127.0.0.1&mid=iniescrow0&tid="),
        "{body}"
    );
    assert!(
        body.contains("&report=I&invoice=123456789012&") && body.contains("&exCode=cjgls&"),
        "{body}"
    );
    assert!(body.contains("&invoiceDay=2026-01-01+09%3A00%3A00&"), "{body}");
    assert!(body.ends_with("&hashData=f07794bf968a16dfefd1ae36434aec979ca93300adfe0408204d14e77d2eb91837e615874999d8e0b89782f5c4f5180c16b08bc56f3a8e26b8892a5da619096c"), "{body}");
    let modify = escrow.tell(&command(EscrowAction::Modify), &channel).unwrap();
    assert!(text(&modify).contains("&report=U&"));
    for action in [
        EscrowAction::AcknowledgeReject,
        EscrowAction::Complete { from_store: true },
    ] {
        assert!(escrow.tell(&command(action), &channel).is_err());
    }
    let mut bare = command(EscrowAction::Register);
    bare.shipment.as_mut().unwrap().sender.zipcode = None;
    assert_eq!(escrow.tell(&bare, &channel).unwrap_err().field, "sender.zipcode");
    let mut other = command(EscrowAction::Register);
    other.shipment.as_mut().unwrap().company = "FEDEX".into();
    assert!(text(&escrow.tell(&other, &channel).unwrap()).contains("&exCode=9999&exName=FEDEX&"));

    let told = |call: &Call, body: Value| escrow.told(&register, &channel, call, &answer(200, body.to_string()));
    let good = json!({"resultCode": "00", "resultDate": "20260101", "resultTime": "090001"});
    assert!(matches!(done(told(&call, good)), Outcome::Done(d) if d.at == Some(AT + 1000)));
    let refused = json!({"resultCode": "01", "resultMsg": "[500677][x]"});
    assert!(matches!(done(told(&call, refused.clone())), Outcome::Declined(_)));
    // A lost answer: the repetition is refused, and a correction tells that the first one stands.
    let again = Call { replay: true, ..call };
    let Step::Send(next) = told(&again, refused.clone()) else {
        panic!("no correction")
    };
    assert!(text(&next).contains("&report=U&") && next.replay);
    assert!(matches!(done(told(&next, refused)), Outcome::Unknown(_)));
}

#[test]
fn the_wish_for_escrow_needs_its_contract() {
    let wish = |channel: &ChannelRevision, method| {
        let request = OpenRequest {
            order_id: ORDER_ID.into(),
            amounts: approve_command().amounts,
            currency: Currency::KRW,
            order_name: "상품".into(),
            method,
            device: Device::Pc,
            customer_name: Some("홍길동".into()),
            customer_email: Some("a@example.com".into()),
            customer_phone: Some("01012345678".into()),
            customer_id: None,
            at: AT,
            return_url: "https://pay.example.com/checkout/return/t".into(),
            raw: json!({"isEscrow": true}),
        };
        Inicis.window().unwrap().open(&request, channel, None)
    };
    let opened = wish(&escrow_channel(), MethodKind::Transfer).unwrap();
    assert_eq!(opened.keep, Some(json!({"mobile": false, "escrow": true})));
    let Open::ScriptForm { fields, .. } = opened.open else {
        panic!()
    };
    assert!(fields.contains(&("acceptmethod".into(), "centerCd(Y):useescrow".into())));
    assert_eq!(wish(&escrow_channel(), MethodKind::Card).unwrap_err().field, "isEscrow");
    assert_eq!(wish(&channel(), MethodKind::Transfer).unwrap_err().field, "isEscrow");
}

#[test]
fn an_approval_is_in_escrow_if_it_was_wished_and_can_be() {
    let mut command = approve_command();
    command.token["escrow"] = true.into();
    let escrow = |method: &str| {
        let mut told = payment();
        told["payMethod"] = method.into();
        success(approved_by(&command, 200, told.to_string()))
    };
    let transfer = escrow("DirectBank");
    assert!(transfer.escrow && transfer.keep.unwrap()["escrow"] == true);
    assert!(!escrow("Card").escrow);
}

#[test]
fn a_refund_that_is_refused_for_escrow_accepts_the_rejection() {
    let (channel, mut command) = (escrow_channel(), cancel_command());
    command.amounts = command.original;
    command.balance_before = command.original.total;
    command.pg_tx_id = ESCROW_TID.into();
    let call = Inicis.cancel(&command, &channel).unwrap();
    let cancelled =
        |call: &Call, body: Value| Inicis.cancelled(&command, &channel, call, &answer(200, body.to_string()));
    let Step::Send(next) = cancelled(&call, json!({"resultCode": "01", "resultMsg": "[500685][에스크로]"})) else {
        panic!("no acceptance")
    };
    assert_eq!(next.request.url, "https://iniapi.inicis.com/api/v1/escrow");
    let body = text(&next);
    assert!(
        body.starts_with("type=Dncf&timestamp=") && !body.contains("paymethod"),
        "{body}"
    );
    let good = json!({"resultCode": "00", "resultDate": "20260101", "resultTime": "090001"});
    let Outcome::Done(cancel) = done(cancelled(&next, good)) else {
        panic!("not refunded")
    };
    assert_eq!(cancel.cancelled_at, Some(AT + 1000));
    let not_rejected = done(cancelled(
        &next,
        json!({"resultCode": "01", "resultMsg": "[500677][x]"}),
    ));
    assert!(matches!(not_rejected, Outcome::Declined(f) if f.kind == FailureKind::NotCancellable));
    command.keep = Some(json!({"paymethod": "Acct", "escrow": true}));
    command.amounts.total = 1;
    assert_eq!(Inicis.cancel(&command, &channel).unwrap_err().field, "amount");
}

#[test]
fn the_hash_of_an_accepted_rejection() {
    let keys = super::super::sign::credentials(&escrow_channel()).unwrap().hash_data(&[
        "Dncf",
        "",
        "20260101090000",
        "127.0.0.1",
        "iniescrow0",
        ESCROW_TID,
    ]);
    assert_eq!(
        keys,
        "205409af272a6a7c10230696892f5afb9c775699c8f7c6ddc6a29c173e8b37686c41758f3f4f2909aced77f07b2f788aca9e85524ae3e704e630605150075886"
    );
}

#[test]
fn states_are_told_and_acknowledged_in_words_of_their_own() {
    let (channel, notifications) = (escrow_channel(), Inicis.notifications().unwrap());
    let notice = |status: &str, mid: &str| Notice {
        method: "POST".into(),
        query: String::new(),
        headers: Vec::new(),
        body: format!(
            "id_merchant={mid}&no_oid={ORDER_ID}&no_tid={ESCROW_TID}&dt_req=20260101090000&cl_status={status}\
             &cl_paymethod=22&price=1000&msg_deny=%B4%DC%BC%F8&tid_org={ESCROW_TID}"
        )
        .into_bytes()
        .into(),
        peer: std::net::Ipv4Addr::LOCALHOST.into(),
    };
    for (status, expected, by_itself) in [
        ("2", EscrowState::Registered, false),
        ("3", EscrowState::Confirmed, false),
        ("31", EscrowState::Confirmed, true),
        ("32", EscrowState::Confirmed, true),
        ("4", EscrowState::Rejected, false),
        ("8", EscrowState::Cancelled, false),
        ("10", EscrowState::RejectConfirmed, false),
    ] {
        let verdict = notifications.read(&notice(status, "iniescrow0"), &channel, None);
        let NoticeVerdict::Escrow {
            order_id,
            pg_tx_id,
            state,
            automatic,
            ..
        } = verdict
        else {
            panic!("{status}: {verdict:?}")
        };
        assert_eq!((order_id.as_str(), pg_tx_id.as_str()), (ORDER_ID, ESCROW_TID));
        assert_eq!((state, automatic), (expected, by_itself), "{status}");
    }
    assert_eq!(
        notifications.read(&notice("77", "iniescrow0"), &channel, None),
        NoticeVerdict::Ignore
    );
    assert!(matches!(
        notifications.read(&notice("3", MID), &channel, None),
        NoticeVerdict::Refuse { status: 403, .. }
    ));
    let said = notifications.acknowledge(&notice("3", "iniescrow0"), true);
    assert_eq!((said.status, &said.body[..]), (200, &b"cd_rslt=0000"[..]));
}

#[test]
fn refunds_of_the_second_version() {
    let mut spec = spec();
    spec.credentials.insert("apiVersion".into(), SecretString::from("v2"));
    let channel = revision(spec);
    let mut command = cancel_command();
    command.pg_tx_id = TID.into();
    (command.amounts, command.balance_before) = (command.original, command.original.total);
    command.reason = "고객 요청".into();
    let whole = Inicis.cancel(&command, &channel).unwrap();
    assert_eq!(whole.request.url, "https://iniapi.inicis.com/v2/pg/refund");
    assert!(text(&whole).contains(r#""data":{"tid":"StdpayCARDINIpayTest20260101085930123456","msg":"고객 요청"},"#));
    assert!(text(&whole).ends_with("\"hashData\":\"7d6f9b7e0e1baea65a82d51587caa3d40a0f66f24f1111ecfe2119c1dc17f1b3dd2668e0d34cd27c182981c07ecb00f44f96a5362a9e3077bc70e4f0c280082f\"}"), "{}", text(&whole));

    command.reason = "refund".into();
    command.pg_tx_id = ACCOUNT_TID.into();
    command.keep = Some(json!({"paymethod": "Vacct"}));
    command.refund_account = Some(RefundAccount {
        bank: "SHINHAN".into(),
        number: "123456789".into(),
        holder_name: "홍길동".into(),
    });
    let account = Inicis.cancel(&command, &channel).unwrap();
    assert_eq!(account.request.url, "https://iniapi.inicis.com/v2/pg/refund/vacct");
    assert!(text(&account).ends_with("\"hashData\":\"12c3e827bf76949231384b8d88a758b070796189c022fe61e1a81f22d53cd553451dc81a35ca7f85c830258036d0f9f31feeaa3c85505e4a93e61187c5663f75\"}"), "{}", text(&account));

    command.amounts.total = 400;
    let part = Inicis.cancel(&command, &channel).unwrap();
    assert_eq!(part.request.url, "https://iniapi.inicis.com/v2/pg/partialRefund/vacct");
    assert!(
        text(&part).contains(r#""msg":"refund","price":"400","confirmPrice":"600","currency":"WON","refundAcctNum":"#)
    );

    // A MID that wants the parts of every amount.
    let mut spec = super::spec();
    for (name, word) in [("apiVersion", "v2"), ("amountParts", "yes")] {
        spec.credentials.insert(name.into(), SecretString::from(word));
    }
    (command.reason, command.pg_tx_id, command.keep) = ("partial".into(), TID.into(), None);
    (command.refund_account, command.amounts.vat, command.amounts.tax_free) = (None, 0, 0);
    let part = Inicis.cancel(&command, &revision(spec)).unwrap();
    assert_eq!(part.request.url, "https://iniapi.inicis.com/v2/pg/partialRefund");
    assert!(text(&part).ends_with("\"hashData\":\"ba1a79dc8ff4cf42949f8057df88a247be0ba3045375600e27fa1c2203b09a5828480d5fff357bee6c252a1ddbe7545a99800e54e89ab18fe511ae88918507f1\"}"), "{}", text(&part));
}
