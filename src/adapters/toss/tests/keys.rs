//! Keys, the Basic header, paths, masking: what must be right before the first byte.

use super::super::sign;
use super::*;

#[test]
fn basic_header_vectors() {
    for (key, base64) in [
        (
            "test_gsk_docs_OaPz8L5KdmQXkzRz3y47BMw6",
            "dGVzdF9nc2tfZG9jc19PYVB6OEw1S2RtUVhrelJ6M3k0N0JNdzY6",
        ),
        (SECRET_KEY, "dGVzdF9za196WExrS0V5cE5BcldtbzUwblgzbG1lYXhZRzVSOg=="),
    ] {
        assert_eq!(sign::basic(key), format!("Basic {base64}"));
    }
    // The two classic mistakes: no colon, a byte order mark in front.
    assert_ne!(
        sign::basic(SECRET_KEY),
        "Basic dGVzdF9za196WExrS0V5cE5BcldtbzUwblgzbG1lYXhZRzVS"
    );
    assert!(!sign::basic(SECRET_KEY).contains("77u/"));
}

/// The key of the vectors: 64 characters, or the 32 bytes they spell.
const SECURITY_KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const TIME: &str = "2026-01-02T03:04:06+09:00";
const BODY: &[u8] = br#"{"eventType":"payout.changed","createdAt":"2026-01-02T03:04:05+09:00","version":"2022-11-16","eventId":"evt_0001","entityType":"payout","entityBody":{"id":"FPA_12731","status":"COMPLETED"}}"#;
const BY_TEXT: &str = "v1:xWIbt/H1cxuVNswJ01m9Ic2KjcR5ZBOCgeExdaO5HoI=";
const BY_BYTES: &str = "v1:k5CEZVjz7DyeBUOGUDHRj0qNt7obvXGfjGI36QbkN1E=";

#[test]
fn payout_signature_vectors() {
    assert_eq!(BODY.len(), 189);
    let signed = |body: &[u8], time: &str, told: &str| sign::webhook_signed(SECURITY_KEY, body, time, told);
    assert!(signed(BODY, TIME, BY_TEXT));
    assert!(signed(BODY, TIME, BY_BYTES));
    // Two signatures while a key is rotated: any one is enough.
    assert!(signed(BODY, TIME, &format!("v1:AAAA,{BY_TEXT}")));
    assert!(signed(BODY, TIME, &format!("{BY_BYTES}, v1:AAAA")));
    for (body, time, told) in [
        (&BODY[1..], TIME, BY_TEXT),
        (BODY, "2026-01-02T03:04:07+09:00", BY_TEXT),
        (BODY, TIME, "xWIbt/H1cxuVNswJ01m9Ic2KjcR5ZBOCgeExdaO5HoI="),
        (BODY, TIME, "v1:AAAA"),
        (BODY, TIME, ""),
    ] {
        assert!(!signed(body, time, told), "{told}");
    }
    assert!(!sign::webhook_signed(&"0".repeat(64), BODY, TIME, BY_TEXT));
}

#[test]
fn a_forged_payout_webhook_is_refused_where_the_channel_has_the_key() {
    let mut spec = spec();
    set(&mut spec, "securityKey", SECURITY_KEY);
    let with_key = revision(spec);
    let verdict = |channel: &ChannelRevision, signature: &str| {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let notice = Notice {
            method: "POST".into(),
            query: String::new(),
            headers: vec![
                header("tosspayments-webhook-transmission-time", TIME),
                header("tosspayments-webhook-signature", signature),
            ],
            body: BODY.into(),
            peer: std::net::Ipv4Addr::LOCALHOST.into(),
        };
        Toss.notifications().unwrap().read(&notice, channel, None)
    };
    assert_eq!(verdict(&with_key, BY_BYTES), NoticeVerdict::Ignore);
    let NoticeVerdict::Refuse { status, why } = verdict(&with_key, "v1:AAAA") else {
        panic!("a forged webhook passed");
    };
    assert_eq!(status, 403);
    assert!(!why.contains(SECURITY_KEY));
    // Without the key nothing can be told, and nothing of it is acted upon.
    assert_eq!(verdict(&channel(), "v1:AAAA"), NoticeVerdict::Ignore);
}

fn problems(change: impl FnOnce(&mut ChannelSpec)) -> Vec<(String, String)> {
    let mut spec = spec();
    change(&mut spec);
    match Toss.prepare(&spec) {
        Ok(_) => Vec::new(),
        Err(list) => list.into_iter().map(|r| (r.field, r.message)).collect(),
    }
}

fn set(spec: &mut ChannelSpec, name: &str, key: &str) {
    spec.credentials.insert(name.to_owned(), SecretString::from(key));
}

#[test]
fn keys_must_fit_field_mode_and_kind() {
    let one = |name: &'static str, key: &'static str, word: &str| {
        let found = problems(|spec| set(spec, name, key));
        assert_eq!(found.len(), 1, "{name} {key}: {found:?}");
        assert_eq!(found[0].0, format!("credentials.{name}"));
        assert!(found[0].1.contains(word), "{}", found[0].1);
        assert!(!found[0].1.contains(key), "the message must not quote the key");
    };
    one("clientKey", "live_ck_selfmade", "the channel's mode is test");
    one("secretKey", "live_sk_selfmade", "the channel's mode is test");
    one("clientKey", "test_gck_docs_selfmade", "NOT_SUPPORTED_WIDGET_KEY");
    one("secretKey", "test_gsk_docs_selfmade", "widget");
    one("clientKey", "test_sk_selfmade", "shown to every buyer");
    one("secretKey", "test_ck_selfmade", "client key");
    one("secretKey", "sk_selfmade", "test_sk_");
    one("secretKey", "test_xy_selfmade", "test_sk_");
    one("secretKey", "\u{feff}test_sk_selfmade", "byte order mark");
    one("secretKey", "test_sk_selfmade\n", "line end");
    one("securityKey", "0123", "64 hexadecimal");
}

#[test]
fn all_problems_are_told_at_once() {
    let found = problems(|spec| {
        spec.credentials.clear();
        spec.mid = "123456789012345".into();
    });
    let fields: Vec<&str> = found.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(fields, ["credentials.clientKey", "credentials.secretKey", "mid"]);
}

#[test]
fn good_channels_are_taken() {
    assert!(problems(|_| ()).is_empty());
    assert!(problems(|spec| set(spec, "securityKey", &"0123456789abcdef".repeat(4))).is_empty());
    assert!(problems(|spec| spec.mid.clear()).is_empty());
    assert!(
        problems(|spec| {
            spec.mode = Mode::Live;
            set(spec, "clientKey", "live_ck_selfmade");
            set(spec, "secretKey", "live_sk_selfmade");
        })
        .is_empty()
    );
}

#[test]
fn every_credential_is_described_and_only_the_client_key_is_public() {
    for field in Toss.descriptor().credentials {
        assert!(!field.description.is_empty() && !field.format.is_empty());
        assert_eq!(field.secret, field.name != "clientKey");
    }
}

#[test]
fn the_registry_finds_the_adapter() {
    let adapter = registry::by_id("toss").expect("listed");
    assert_eq!(adapter.descriptor().names.v2, "TOSSPAYMENTS");
    assert_eq!(adapter.descriptor().names.v1, ["tosspayments"]);
}

#[test]
fn a_test_channel_may_call_another_host() {
    let mut spec = spec();
    spec.endpoints
        .insert("api".into(), "http://127.0.0.1:8090/toss/".into());
    let call = Toss.approve(&approve_command(), &revision(spec)).unwrap();
    assert_eq!(call.request.url, "http://127.0.0.1:8090/toss/v1/payments/confirm");
}

#[test]
fn inquiry_without_a_payment_key_asks_by_order_number() {
    let command = Inquire {
        pg_tx_id: None,
        ..inquire_command()
    };
    let channel = channel();
    let call = Toss.inquire(&command, &channel).unwrap();
    assert_eq!(
        call.request.url,
        "https://api.tosspayments.com/v1/payments/orders/ORD-20260102-0001"
    );
    // Any paymentKey may answer then, but only for our order and amount.
    let body = with(payment(), |p| p["paymentKey"] = json!("tvtesOTHER"));
    let outcome = done(Toss.inquired(&command, &channel, &call, &answer(200, body.to_string())));
    assert!(matches!(outcome, Outcome::Done(PgView::Held { .. })), "{outcome:?}");
}

#[test]
fn ids_cannot_leave_their_path_segment() {
    for (id, url) in [
        ("../secret", Some("..%2Fsecret")),
        ("a/b?c#d", Some("a%2Fb%3Fc%23d")),
        ("..", None),
        ("", None),
    ] {
        let command = Inquire {
            pg_tx_id: Some(id.into()),
            ..inquire_command()
        };
        let call = Toss.inquire(&command, &channel());
        match url {
            Some(url) => assert_eq!(
                call.unwrap().request.url,
                format!("https://api.tosspayments.com/v1/payments/{url}")
            ),
            None => assert!(call.is_err(), "{id:?}"),
        }
    }
}

#[test]
fn card_data_is_masked_by_name_and_shown_by_no_debug_output() {
    let command = KeyIn {
        order_id: ORDER_ID.into(),
        amounts: Amounts::new(1_000, 0, None).unwrap(),
        currency: Currency::KRW,
        order_name: "x".into(),
        idempotency_key: "k".into(),
        at: 0,
        installment_months: 0,
        free_installment: false,
        use_card_point: false,
        customer_name: None,
        customer_email: None,
        customer_phone: None,
        card: Some(CardInput {
            number: "9410001234567890".to_owned().into(),
            expiry_year: "30".to_owned().into(),
            expiry_month: "12".to_owned().into(),
            birth_or_business: Some("9001011234".to_owned().into()),
            password_two_digits: Some("12".to_owned().into()),
        }),
    };
    let call = Toss.instant().unwrap().pay(&command, &channel()).unwrap();
    let body: Value = serde_json::from_slice(&call.request.body).unwrap();
    for name in [
        "cardNumber",
        "cardExpirationYear",
        "cardExpirationMonth",
        "customerIdentityNumber",
        "cardPassword",
    ] {
        assert!(body.get(name).is_some(), "{name} is sent");
        assert!(call.request.mask.fields.contains(&name), "{name} is masked");
    }
    let shown = format!("{call:?} {command:?}");
    for secret in ["9410001234567890", "9001011234", "dGVzdF9za1"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn bad_card_data_is_refused_by_field_without_being_quoted() {
    let good = || CardInput {
        number: "9410001234567890".to_owned().into(),
        expiry_year: "30".to_owned().into(),
        expiry_month: "12".to_owned().into(),
        birth_or_business: Some("900101".to_owned().into()),
        password_two_digits: None,
    };
    let pay = |card: Option<CardInput>| {
        let command: KeyIn = serde_json::from_value(json!({
            "orderId": ORDER_ID, "amounts": Amounts::new(1_000, 0, None).unwrap(), "currency": "KRW", "orderName": "x",
            "idempotencyKey": "k", "at": 0, "installmentMonths": 0, "freeInstallment": false, "useCardPoint": false
        }))
        .unwrap();
        Toss.instant().unwrap().pay(&KeyIn { card, ..command }, &channel())
    };
    assert!(pay(Some(good())).is_ok());
    let bad = [
        (
            "number",
            CardInput {
                number: "9410-0012-3456".to_owned().into(),
                ..good()
            },
        ),
        (
            "expiryYear",
            CardInput {
                expiry_year: "2030".to_owned().into(),
                ..good()
            },
        ),
        (
            "expiryMonth",
            CardInput {
                expiry_month: "13".to_owned().into(),
                ..good()
            },
        ),
        (
            "birthOrBusinessRegistrationNumber",
            CardInput {
                birth_or_business: None,
                ..good()
            },
        ),
        (
            "birthOrBusinessRegistrationNumber",
            CardInput {
                birth_or_business: Some("9001011".to_owned().into()),
                ..good()
            },
        ),
        (
            "passwordTwoDigits",
            CardInput {
                password_two_digits: Some("123".to_owned().into()),
                ..good()
            },
        ),
    ];
    for (field, card) in bad {
        let refusal = pay(Some(card)).expect_err(field);
        assert_eq!(refusal.field, format!("method.card.credential.{field}"));
        for given in ["9410", "2030", "9001011"] {
            assert!(!refusal.message.contains(given), "{refusal}");
        }
    }
    assert_eq!(pay(None).unwrap_err().field, "method.card.credential");
}

#[test]
fn recovery_follows_idempotency_and_session() {
    let steps = |operation| Toss.recovery(operation).steps;
    let approve = [RecoveryStep::Replay, RecoveryStep::Inquire, RecoveryStep::Again];
    assert_eq!(steps(Operation::Approve), approve);
    assert_eq!(steps(Operation::Cancel), [RecoveryStep::Replay, RecoveryStep::Inquire]);
    assert_eq!(steps(Operation::Instant), [RecoveryStep::Replay, RecoveryStep::Inquire]);
    let secs = |s| std::time::Duration::from_secs(s);
    for operation in [Operation::Approve, Operation::Instant, Operation::Cancel] {
        assert_eq!(Toss.recovery(operation).absence_after, secs(60));
    }
    assert!(
        Toss.recovery(Operation::Approve).give_up_after > secs(600),
        "the session and a margin"
    );
    assert!(
        Toss.recovery(Operation::Cancel).give_up_after < secs(15 * 86_400),
        "a replay after the keys are forgotten would cancel twice"
    );
    assert_eq!(
        (Toss.descriptor().timeouts)(Operation::Approve),
        OperationTimeouts {
            connect: secs(5),
            total: secs(60)
        }
    );
}
