//! Tests of the adapter as a whole; each file says what it pins.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod calls;
mod extras;
mod fixtures;
mod keys;
mod leniency;
mod never_panics;
mod windows;

use super::super::*;
use super::Nice;
use crate::payment::{Amounts, Approval, Currency, MethodKind};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) const CLIENT_KEY: &str = "S2_af4543a0be4d49a98122e01ec2059a56";
pub(super) const SECRET_KEY: &str = "9eb85607103646da9f9c02b128f2e5ee";
pub(super) const TID: &str = "UT0000113m01012111051714341073";
pub(super) const ORDER_ID: &str = "order-20240101-0001";
pub(super) const EDI_DATE: &str = "2021-11-05T17:14:35.150+0900";
/// [`EDI_DATE`] in ms.
pub(super) const AT: i64 = 1_636_100_075_150;

/// A test channel's settings with the public sample keys.
pub(super) fn spec() -> ChannelSpec {
    let keys = [("clientKey", CLIENT_KEY), ("secretKey", SECRET_KEY)];
    ChannelSpec {
        key: "channel-nice".into(),
        name: "나루 상점".into(),
        provider: "nice".into(),
        mode: Mode::Test,
        state: ChannelState::Active,
        mid: "UT0000113m".into(),
        stores: Vec::new(),
        methods: Vec::new(),
        manual_confirm: false,
        credentials: keys
            .into_iter()
            .map(|(name, key)| (name.to_owned(), SecretString::from(key)))
            .collect(),
        endpoints: BTreeMap::new(),
        timeouts: BTreeMap::new(),
        in_flight_max: 10,
        effective_at: None,
    }
}

/// The channel, ready to use.
pub(super) fn channel() -> ChannelRevision {
    revision(spec())
}

pub(super) fn revision(spec: ChannelSpec) -> ChannelRevision {
    ChannelRevision {
        prepared: Nice.prepare(&spec).expect("keys of the test channel"),
        spec,
        revision: "0000000000000000".into(),
        adapter: &Nice,
    }
}

/// The same with Bearer authorisation.
pub(super) fn bearer() -> ChannelRevision {
    let mut spec = spec();
    spec.credentials
        .insert("authorization".into(), SecretString::from("bearer"));
    revision(spec)
}

pub(super) fn answer(status: u16, body: impl AsRef<[u8]>) -> WireAnswer {
    WireAnswer {
        status,
        headers: Vec::new(),
        body: bytes::Bytes::copy_from_slice(body.as_ref()),
    }
}

pub(super) fn approve_command() -> Approve {
    Approve {
        order_id: ORDER_ID.into(),
        amounts: Amounts::new(1004, 0, None).unwrap(),
        currency: Currency::KRW,
        order_name: "sample".into(),
        method: MethodKind::Card,
        idempotency_key: "0190b6d8-0000-7000-8000-000000000001".into(),
        at: AT,
        token: json!({"tid": TID}),
    }
}

pub(super) fn cancel_command(amount: i64, balance: i64) -> Cancel {
    Cancel {
        pg_tx_id: TID.into(),
        order_id: ORDER_ID.into(),
        amounts: Amounts::new(amount, 0, None).unwrap(),
        original: Amounts::new(1004, 0, None).unwrap(),
        balance_before: balance,
        sequence: 0,
        currency: Currency::KRW,
        reason: "test".into(),
        idempotency_key: "0190b6d8-0000-7000-8000-00000000000c".into(),
        at: AT,
        refund_account: None,
        keep: None,
    }
}

pub(super) fn inquire_command() -> Inquire {
    Inquire {
        pg_tx_id: Some(TID.into()),
        order_id: ORDER_ID.into(),
        amounts: Amounts::new(1004, 0, None).unwrap(),
        currency: Currency::KRW,
        ordered_at: AT - 60_000,
        at: AT + 60_000,
        approving: None,
        operation: None,
    }
}

/// The payment object of a fixture file.
fn sample(text: &str) -> Value {
    let file: Value = serde_json::from_str(text).unwrap();
    file["payment"].clone()
}

/// A whole payment object of an approved card payment.
pub(super) fn payment() -> Value {
    sample(include_str!("fixtures/approve.json"))
}

/// The same after a partial cancellation of 500.
pub(super) fn cancelled_payment() -> Value {
    sample(include_str!("fixtures/cancel.json"))
}

/// With its signature made anew over what stands in it.
pub(super) fn signed(mut value: Value) -> Value {
    let channel = channel();
    let keys = super::sign::credentials(&channel).unwrap();
    let amount = value["amount"].to_string();
    let (tid, edi_date) = (value["tid"].as_str().unwrap(), value["ediDate"].as_str().unwrap());
    value["signature"] = json!(keys.sign(&[tid, &amount, edi_date]));
    value
}

pub(super) fn with(mut value: Value, change: impl FnOnce(&mut Value)) -> Value {
    change(&mut value);
    value
}

pub(super) fn approved(status: u16, body: impl AsRef<[u8]>) -> Step<Approval> {
    let (command, channel) = (approve_command(), channel());
    let call = Nice.approve(&command, &channel).unwrap();
    Nice.approved(&command, &channel, &call, &answer(status, body))
}

pub(super) fn cancelled(status: u16, body: impl AsRef<[u8]>) -> Step<CancelDone> {
    let (command, channel) = (cancel_command(500, 1004), channel());
    let call = Nice.cancel(&command, &channel).unwrap();
    Nice.cancelled(&command, &channel, &call, &answer(status, body))
}

pub(super) fn net_cancelled(status: u16, body: impl AsRef<[u8]>) -> Step<CancelDone> {
    let (command, channel) = (approve_command(), channel());
    let net = Adapter::net_cancel(&Nice).unwrap();
    let call = net.net_cancel(&command, &channel).unwrap();
    net.net_cancelled(&command, &channel, &call, &answer(status, body))
}

pub(super) fn inquired(status: u16, body: impl AsRef<[u8]>) -> Step<PgView> {
    let (command, channel) = (inquire_command(), channel());
    let call = Nice.inquire(&command, &channel).unwrap();
    Nice.inquired(&command, &channel, &call, &answer(status, body))
}

pub(super) fn done<T>(step: Step<T>) -> Outcome<T> {
    match step {
        Step::Done(outcome) => outcome,
        Step::Send(call) => panic!("another call: {}", call.request.url),
    }
}

/// The next call of a step that must have one.
pub(super) fn next<T: std::fmt::Debug>(step: Step<T>) -> Call {
    match step {
        Step::Send(call) => *call,
        Step::Done(outcome) => panic!("finished: {outcome:?}"),
    }
}

/// The approval of an outcome that must be a success.
pub(super) fn success(outcome: Outcome<Approval>) -> Approval {
    match outcome {
        Outcome::Done(approval) => approval,
        other => panic!("expected an approval, got {other:?}"),
    }
}

/// The code of an outcome that must be unknown.
pub(super) fn unknown<T: std::fmt::Debug>(outcome: Outcome<T>) -> String {
    match outcome {
        Outcome::Unknown(why) => why.code,
        other => panic!("expected an unknown outcome, got {other:?}"),
    }
}
