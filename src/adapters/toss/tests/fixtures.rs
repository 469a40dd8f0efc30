//! Every operation as data: a command, the exact request it becomes, an answer, the outcome it means.

use super::*;
use crate::payment::FailureKind;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Case {
    name: String,
    /// Command with the defaults of its file's `base` merged under it.
    #[serde(default)]
    command: serde_json::Map<String, Value>,
    #[serde(default)]
    request: Option<Golden>,
    #[serde(default)]
    refused: Option<String>,
    #[serde(default)]
    replay: bool,
    #[serde(default)]
    answer: Option<Sample>,
    #[serde(default)]
    outcome: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Golden {
    method: String,
    url: String,
    #[serde(default)]
    body: String,
    #[serde(default)]
    headers: Option<Vec<(String, String)>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    status: u16,
    /// JSON as an object or text as a string.
    body: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    base: Value,
    /// Members every answer object starts from.
    payment: Value,
    cases: Vec<Case>,
}

/// `over` laid over `base`, objects member by member; a null in `over` is a null.
fn merged(base: &Value, over: &Value) -> Value {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            let mut all = base.clone();
            for (name, value) in over {
                let under = all.get(name).cloned().unwrap_or(Value::Null);
                all.insert(name.clone(), merged(&under, value));
            }
            Value::Object(all)
        }
        (_, over) => over.clone(),
    }
}

fn cases(text: &str) -> File {
    serde_json::from_str(text).expect("fixture file")
}

fn check_request(name: &str, call: &Call, golden: &Golden) {
    let method = match call.request.method {
        HttpMethod::Get => "GET",
        HttpMethod::Post => "POST",
        HttpMethod::Delete => "DELETE",
    };
    assert_eq!(method, golden.method, "{name}");
    assert_eq!(call.request.url, golden.url, "{name}");
    assert_eq!(std::str::from_utf8(&call.request.body).unwrap(), golden.body, "{name}");
    if let Some(headers) = &golden.headers {
        let sent: Vec<(String, String)> = call
            .request
            .headers
            .iter()
            .map(|(n, v)| ((*n).to_owned(), v.clone()))
            .collect();
        assert_eq!(&sent, headers, "{name}");
    }
    assert_eq!(call.request.transport, Transport::Http, "{name}");
    assert!(!call.replay, "{name}: an adapter builds first sendings");
}

pub(super) fn told<T>(outcome: Outcome<T>, done: impl FnOnce(T) -> Value) -> Value {
    match outcome {
        Outcome::Done(value) => json!({"done": done(value)}),
        Outcome::Declined(failure) => json!({"declined": failure}),
        Outcome::NotSent(_) => panic!("an adapter never says NotSent"),
        Outcome::Unknown(why) => json!({"unknown": {"code": why.code, "askFirst": why.ask_first}}),
    }
}

pub(super) fn run<C: serde::de::DeserializeOwned>(
    text: &str,
    encode: impl Fn(&C) -> Result<Call, Refusal>,
    decode: impl Fn(&C, &Call, &WireAnswer) -> Value,
) {
    let file = cases(text);
    for case in file.cases {
        let name = &case.name;
        let command: C = serde_json::from_value(merged(&file.base, &Value::Object(case.command))).expect(name);
        let encoded = encode(&command);
        if let Some(field) = &case.refused {
            let refusal = encoded.expect_err(name);
            assert_eq!(&refusal.field, field, "{name}: {refusal}");
            continue;
        }
        let mut call = encoded.expect(name);
        if let Some(golden) = &case.request {
            check_request(name, &call, golden);
        }
        call.replay = case.replay;
        let Some(sample) = case.answer else { continue };
        let body = match &sample.body {
            Value::String(text) => text.clone().into_bytes(),
            object if sample.status == 200 => serde_json::to_vec(&merged(&file.payment, object)).unwrap(),
            object => serde_json::to_vec(object).unwrap(),
        };
        let outcome = decode(&command, &call, &answer(sample.status, body));
        let expected = case
            .outcome
            .unwrap_or_else(|| panic!("{name}: an answer needs an outcome"));
        assert_eq!(
            serde_json::to_string_pretty(&outcome).unwrap(),
            serde_json::to_string_pretty(&expected).unwrap(),
            "{name}"
        );
    }
}

pub(super) fn approval(mut approval: Approval) -> Value {
    let raw = approval.raw.take().expect("the answer is kept");
    assert!(raw.starts_with('{'), "{raw}");
    serde_json::to_value(approval).unwrap()
}

#[test]
fn approve() {
    let channel = channel();
    run::<Approve>(
        include_str!("../fixtures/approve.json"),
        |command| Toss.approve(command, &channel),
        |command, call, answer| told(done(Toss.approved(command, &channel, call, answer)), approval),
    );
}

#[test]
fn key_in() {
    let channel = channel();
    let card = |command: &KeyIn| KeyIn {
        card: Some(CardInput {
            number: "9410001234567890".to_owned().into(),
            expiry_year: "30".to_owned().into(),
            expiry_month: "12".to_owned().into(),
            birth_or_business: Some("900101".to_owned().into()),
            password_two_digits: Some("12".to_owned().into()),
        }),
        ..command.clone()
    };
    let instant = Toss.instant().unwrap();
    run::<KeyIn>(
        include_str!("../fixtures/key_in.json"),
        |command| instant.pay(&card(command), &channel),
        // The command that reads the answer has no card any more, as in the engine.
        |command, call, answer| told(done(instant.paid(command, &channel, call, answer)), approval),
    );
}

#[test]
fn cancel() {
    let channel = channel();
    run::<Cancel>(
        include_str!("../fixtures/cancel.json"),
        |command| Toss.cancel(command, &channel),
        |command, call, answer| {
            told(done(Toss.cancelled(command, &channel, call, answer)), |mut cancel| {
                assert!(cancel.raw.take().is_some());
                serde_json::to_value(cancel).unwrap()
            })
        },
    );
}

#[test]
fn inquire() {
    let channel = channel();
    run::<Inquire>(
        include_str!("../fixtures/inquire.json"),
        |command| Toss.inquire(command, &channel),
        |command, call, answer| {
            told(
                done(Toss.inquired(command, &channel, call, answer)),
                |view| match view {
                    PgView::Absent(failure) => json!({"absent": failure}),
                    PgView::Open => json!("open"),
                    PgView::Dead(failure) => json!({"dead": failure}),
                    PgView::Held {
                        approval: held,
                        balance,
                        cancels,
                        status,
                    } => json!({"held": approval(*held), "balance": balance, "cancels": cancels, "status": status}),
                },
            )
        },
    );
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Return {
    name: String,
    how: String,
    query: String,
    verdict: Value,
}

#[test]
fn window_returns() {
    let cases: Vec<Return> = serde_json::from_str(include_str!("../fixtures/returns.json")).unwrap();
    let channel = channel();
    for case in cases {
        let back = WindowReturn {
            how: match case.how.as_str() {
                "success" => ReturnMethod::Success,
                "fail" => ReturnMethod::Fail,
                _ => ReturnMethod::Close,
            },
            query: case.query,
            body: bytes::Bytes::new(),
            content_type: None,
        };
        let verdict = match Toss
            .window()
            .unwrap()
            .returned(&back, &approve_command(), None, &channel)
        {
            WindowVerdict::Authenticated { token, proof } => {
                assert_eq!(proof, Proof::None, "{}: Toss signs nothing", case.name);
                json!({"authenticated": token})
            }
            WindowVerdict::Failed(failure) => json!({"failed": failure}),
            WindowVerdict::Tampered(refusal) => json!({"tampered": refusal.field}),
        };
        assert_eq!(verdict, case.verdict, "{}", case.name);
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Noticed {
    name: String,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    keep: Option<Value>,
    body: Value,
    verdict: Value,
}

#[test]
fn notices() {
    let cases: Vec<Noticed> = serde_json::from_str(include_str!("../fixtures/notices.json")).unwrap();
    let channel = channel();
    let notifications = Toss.notifications().unwrap();
    for case in cases {
        let body = match &case.body {
            Value::String(text) => text.clone().into_bytes(),
            object => serde_json::to_vec(object).unwrap(),
        };
        let notice = Notice {
            method: "POST".into(),
            query: String::new(),
            headers: case
                .id
                .into_iter()
                .map(|id| ("tosspayments-webhook-transmission-id".to_owned(), id))
                .collect(),
            body: body.into(),
            peer: std::net::Ipv4Addr::LOCALHOST.into(),
        };
        let verdict = match notifications.read(&notice, &channel, case.keep.as_ref()) {
            NoticeVerdict::Refuse { status, .. } => json!({"refuse": status}),
            NoticeVerdict::Ignore => json!("ignore"),
            NoticeVerdict::Ask {
                order_id,
                pg_tx_id,
                dedupe,
            } => json!({"ask": {"orderId": order_id, "pgTxId": pg_tx_id, "dedupe": dedupe}}),
            NoticeVerdict::Tell { .. } => panic!("no webhook of Toss is the truth by itself"),
        };
        assert_eq!(verdict, case.verdict, "{}", case.name);
        assert_eq!(notifications.acknowledge(&notice, true).status, 200);
        assert_eq!(notifications.acknowledge(&notice, false).status, 503);
    }
}

#[test]
fn a_failure_kind_in_the_fixtures_is_spelled_as_the_domain_spells_it() {
    // The fixtures compare kinds as text; this pins the spelling they rely on.
    assert_eq!(
        serde_json::to_value(FailureKind::LimitExceeded).unwrap(),
        json!("limit-exceeded")
    );
}
