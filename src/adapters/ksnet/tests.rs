//! Tests of the adapter as a whole; each file says what it pins.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod accounts;
mod fixtures;
mod leniency;
mod never_panics;
mod records;
mod windows;

use super::super::*;
use super::Ksnet;
use crate::payment::{Amounts, Approval, Currency, MethodKind};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The published test store id, and a key of its shape.
pub(super) const MID: &str = "2999199999";
pub(super) const KEY: &str = "Mjk5OTE5OTk5OTpNQTAxOjAwMTEyMjMzNDQ1NTY2Nzc4ODk5QUFCQkNDRERFRUZG";
pub(super) const ORDER_ID: &str = "ORD0001";

pub(super) fn spec() -> ChannelSpec {
    ChannelSpec {
        key: "channel-ksnet".into(),
        name: "나루 상점".into(),
        provider: "ksnet".into(),
        mode: Mode::Test,
        state: ChannelState::Active,
        mid: MID.into(),
        stores: Vec::new(),
        methods: Vec::new(),
        manual_confirm: false,
        credentials: BTreeMap::from([("apiKey".to_owned(), SecretString::from(KEY))]),
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

pub(super) fn channel_with(credentials: &[(&str, &str)]) -> ChannelRevision {
    let mut spec = spec();
    for (name, value) in credentials {
        spec.credentials.insert((*name).to_owned(), SecretString::from(*value));
    }
    revision(spec)
}

pub(super) fn revision(spec: ChannelSpec) -> ChannelRevision {
    ChannelRevision {
        prepared: Ksnet.prepare(&spec).expect("keys of the test channel"),
        spec,
        revision: "0000000000000000".into(),
        adapter: &Ksnet,
    }
}

/// A command of a fixture file's base.
fn base<C: serde::de::DeserializeOwned>(text: &str) -> C {
    let file: Value = serde_json::from_str(text).unwrap();
    serde_json::from_value(file["base"].clone()).unwrap()
}

pub(super) fn approve_command() -> Approve {
    base(include_str!("fixtures/approve.json"))
}

pub(super) fn cancel_command() -> Cancel {
    base(include_str!("fixtures/cancel.json"))
}

pub(super) fn key_in_command() -> KeyIn {
    base(include_str!("fixtures/key_in.json"))
}

/// The text of a good fetch call.
pub(super) fn fetched() -> String {
    let file: Value = serde_json::from_str(include_str!("fixtures/approve.json")).unwrap();
    file["cases"][0]["answer"]["body"].as_str().unwrap().to_owned()
}

pub(super) fn answer(status: u16, body: impl AsRef<[u8]>) -> WireAnswer {
    WireAnswer {
        status,
        headers: Vec::new(),
        body: bytes::Bytes::copy_from_slice(body.as_ref()),
    }
}

pub(super) fn approved(status: u16, body: impl AsRef<[u8]>) -> Outcome<Approval> {
    let (command, channel) = (approve_command(), channel());
    let call = Ksnet.approve(&command, &channel).unwrap();
    first(Ksnet.approved(&command, &channel, &call, &answer(status, body)))
}

/// Outcome of a fetch call; one that is being undone is not known yet.
pub(super) fn first(step: Step<Approval>) -> Outcome<Approval> {
    match step {
        Step::Done(outcome) => outcome,
        Step::Send(call) => Outcome::Unknown(UnknownWhy {
            code: call.carried.unwrap()["code"].as_str().unwrap().to_owned(),
            message: "being undone".into(),
            ask_first: true,
        }),
    }
}

pub(super) fn cancelled(status: u16, body: impl AsRef<[u8]>) -> Outcome<CancelDone> {
    let (command, channel) = (cancel_command(), channel());
    let call = Ksnet.cancel(&command, &channel).unwrap();
    done(Ksnet.cancelled(&command, &channel, &call, &answer(status, body)))
}

pub(super) fn done<T>(step: Step<T>) -> Outcome<T> {
    match step {
        Step::Done(outcome) => outcome,
        Step::Send(call) => panic!("another call: {}", call.request.url),
    }
}
