//! What KSNET's documents do not promise and its servers do: charset, padding, cut characters, layout of the JSON.

use super::*;
use encoding_rs::EUC_KR;

fn approval_of(body: impl AsRef<[u8]>) -> Approval {
    match approved(200, body) {
        Outcome::Done(approval) => approval,
        other => panic!("expected an approval, got {other:?}"),
    }
}

#[test]
fn euc_kr_reads_like_utf_8() {
    let text = fetched();
    let korean = EUC_KR.encode(&text).0.into_owned();
    assert_ne!(korean, text.as_bytes());
    assert_eq!(approval_of(korean), approval_of(text));
}

#[test]
fn a_character_cut_in_the_middle_does_not_swallow_the_backtick_after_it() {
    let text = EUC_KR.encode(&fetched()).0.into_owned();
    let at = text.windows(2).position(|w| w == b" `").unwrap();
    let mut body = text.clone();
    // The first half of a character right before the backtick.
    body[at] = 0xc0;
    let approval = approval_of(&body);
    assert_eq!(approval.pg_tx_id, "179900000001");
    let name = text.windows(4).position(|w| w == b"  `O").unwrap();
    let mut body = text;
    body[name + 1] = 0xb4;
    assert_eq!(approval_of(&body).status, crate::payment::Status::Paid);
}

#[test]
fn bytes_of_no_charset_are_only_bad_text() {
    let text = fetched().replace("OK: 12345678", "OK: ~~~~~~~~");
    let body: Vec<u8> = text.bytes().map(|b| if b == b'~' { 0xff } else { b }).collect();
    assert_eq!(approval_of(&body).pg_tx_id, "179900000001");
    let broken_order: Vec<u8> = fetched()
        .replace("ORD0001", "ORD000~")
        .bytes()
        .map(|b| if b == b'~' { 0xff } else { b })
        .collect();
    assert!(
        matches!(approved(200, broken_order), Outcome::Unknown(_)),
        "an order that is not ours"
    );
}

#[test]
fn json_over_many_lines_and_unknown_members() {
    let file: Value = serde_json::from_str(include_str!("../fixtures/cancel.json")).unwrap();
    let mut body = file["payment"].clone();
    body["more"] = json!([1, 2]);
    body["data"]["more"] = json!({"a": null});
    let pretty = serde_json::to_string_pretty(&body).unwrap().replace('\n', "\r\n\t");
    assert!(matches!(
        cancelled(200, format!("\r\n\r\n{pretty}\r\n")),
        Outcome::Done(_)
    ));
    let korean = EUC_KR.encode(&pretty).0.into_owned();
    assert!(matches!(cancelled(200, korean), Outcome::Done(_)));
}

#[test]
fn what_is_stored_has_no_card_expiry_and_no_whole_number() {
    let file: Value = serde_json::from_str(include_str!("../fixtures/key_in.json")).unwrap();
    let mut body = file["payment"].clone();
    body["data"]["cardNumb"] = json!("9410001234567890");
    let (channel, instant) = (channel(), Ksnet.instant().unwrap());
    let call = Ksnet.cancel(&cancel_command(), &channel).unwrap();
    let step = instant.paid(&key_in_command(), &channel, &call, &answer(200, body.to_string()));
    let Outcome::Done(approval) = done(step) else {
        panic!("an approval");
    };
    let stored = serde_json::to_string(&approval).unwrap();
    assert!(
        !stored.contains("9410001234567890") && !stored.contains("3012"),
        "{stored}"
    );
}

#[test]
fn keys_are_checked_and_never_shown() {
    let problems = |change: &dyn Fn(&mut ChannelSpec)| {
        let mut spec = spec();
        change(&mut spec);
        match Ksnet.prepare(&spec) {
            Ok(_) => Vec::new(),
            Err(problems) => problems.into_iter().map(|p| p.field).collect(),
        }
    };
    assert!(problems(&|_| ()).is_empty());
    assert_eq!(problems(&|s| s.mid = "29991999".into()), ["credentials.apiKey", "mid"]);
    assert_eq!(problems(&|s| s.mid = "2999199990".into()), ["credentials.apiKey"]);
    assert_eq!(problems(&|s| s.credentials.clear()), ["credentials.apiKey"]);
    let set = |name: &'static str, value: &'static str| {
        move |s: &mut ChannelSpec| {
            s.credentials.insert(name.to_owned(), SecretString::from(value));
        }
    };
    assert!(
        problems(&set("apiKey", "opaque-key-0001")).is_empty(),
        "any other shape is taken as it is"
    );
    assert_eq!(problems(&set("apiKey", "a key")), ["credentials.apiKey"]);
    assert_eq!(problems(&set("socket", "yes")), ["credentials.socket"]);
    assert_eq!(problems(&set("mobileCancel", "1")), ["credentials.mobileCancel"]);
    assert_eq!(problems(&set("taxFreeField", "a b")), ["credentials.taxFreeField"]);
    let call = Ksnet.cancel(&cancel_command(), &channel()).unwrap();
    assert!(!format!("{call:?}").contains(KEY));
}

#[test]
fn a_phone_bill_is_cancelled_wholly_where_the_operator_says_so() {
    let command = Cancel {
        keep: Some(json!({"way": "MOBILE"})),
        ..cancel_command()
    };
    let on = channel_with(&[("mobileCancel", "on")]);
    assert!(
        Ksnet
            .cancel(&command, &on)
            .unwrap()
            .request
            .url
            .ends_with("/card/cancel")
    );
    let part = Cancel {
        amounts: Amounts::new(4, 0, None).unwrap(),
        ..command
    };
    assert_eq!(Ksnet.cancel(&part, &on).unwrap_err().field, "amount");
}

#[test]
fn a_live_channel_calls_the_live_host() {
    let mut live = spec();
    live.mode = Mode::Live;
    let call = Ksnet.cancel(&cancel_command(), &revision(live)).unwrap();
    assert!(
        call.request.url.starts_with("https://pay.ksnet.co.kr/"),
        "{}",
        call.request.url
    );
    let mut own = spec();
    own.endpoints.insert("api".into(), "http://127.0.0.1:9/".into());
    let call = Ksnet.cancel(&cancel_command(), &revision(own)).unwrap();
    assert!(
        call.request.url.starts_with("http://127.0.0.1:9/kspay/"),
        "{}",
        call.request.url
    );
}
