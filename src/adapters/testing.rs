//! The runner of fixture files, for the tests of every adapter: a command, the exact request it becomes, an answer, the
//! outcome it means, all as data.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::{Call, HttpMethod, Outcome, PgView, Refusal, Transport, WireAnswer};
use crate::payment::Approval;
use serde::Deserialize;
use serde_json::{Value, json};

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
pub fn merged(base: &Value, over: &Value) -> Value {
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

/// An outcome as the fixtures write it.
pub fn told<T>(outcome: Outcome<T>, done: impl FnOnce(T) -> Value) -> Value {
    match outcome {
        Outcome::Done(value) => json!({"done": done(value)}),
        Outcome::Declined(failure) => json!({"declined": failure}),
        Outcome::NotSent(_) => panic!("an adapter never says NotSent"),
        Outcome::Unknown(why) => json!({"unknown": {"code": why.code, "askFirst": why.ask_first}}),
    }
}

/// Runs a file of cases.
pub fn run<C: serde::de::DeserializeOwned>(
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
        let answer = WireAnswer {
            status: sample.status,
            headers: Vec::new(),
            body: body.into(),
        };
        let outcome = decode(&command, &call, &answer);
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

/// An approval as the fixtures write it, without the stored answer.
pub fn approval(mut approval: Approval) -> Value {
    let raw = approval.raw.take().expect("the answer is kept");
    assert!(raw.starts_with('{'), "{raw}");
    serde_json::to_value(approval).unwrap()
}

/// What an inquiry found, as the fixtures write it.
pub fn view(view: PgView) -> Value {
    match view {
        PgView::Absent(failure) => json!({"absent": failure}),
        PgView::Open => json!("open"),
        PgView::Dead(failure) => json!({"dead": failure}),
        PgView::Held {
            approval: held,
            balance,
            cancels,
            status,
        } => json!({"held": approval(*held), "balance": balance, "cancels": cancels, "status": status}),
    }
}
