//! Tests of the adapter as a whole; each file says what it pins.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod extras;
mod fixtures;
mod keys;
mod leniency;
mod never_panics;
mod windows;

use super::super::*;
use super::NiceLegacy;
use crate::payment::{Amounts, Approval, Currency, MethodKind};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The published test MID and its key.
pub(super) const MID: &str = "nicepay00m";
pub(super) const KEY: &str = "EYzu8jGGMfqaDEp76gSckuvnaHHu+bC4opsSN6lHv3b2lurNYkVXrZ7Z1AoqQnXI3eLuaUFyoRNC6FkrzVjceg==";
pub(super) const TID: &str = "nicepay00m01012006221311045107";
pub(super) const AUTH_TOKEN: &str = "NICETOKNF435F661A2D54ED799BFB9F4B3F7E369";
pub(super) const ORDER_ID: &str = "ORD20200622001";
pub(super) const EDI_DATE: &str = "20200622131021";
/// [`EDI_DATE`] in ms.
pub(super) const AT: i64 = 1_592_799_021_000;

pub(super) fn spec() -> ChannelSpec {
    ChannelSpec {
        key: "channel-nice-legacy".into(),
        name: "나루 상점".into(),
        provider: "nice_legacy".into(),
        mode: Mode::Test,
        state: ChannelState::Active,
        mid: MID.into(),
        stores: Vec::new(),
        methods: Vec::new(),
        manual_confirm: false,
        credentials: BTreeMap::from([("merchantKey".to_owned(), SecretString::from(KEY))]),
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
        prepared: NiceLegacy.prepare(&spec).expect("keys of the test channel"),
        spec,
        revision: "0000000000000000".into(),
        adapter: &NiceLegacy,
    }
}

/// A command of a fixture file's base.
fn base<C: serde::de::DeserializeOwned>(text: &str) -> C {
    let file: Value = serde_json::from_str(text).unwrap();
    serde_json::from_value(file["base"].clone()).unwrap()
}

/// The answer of a fixture file.
fn sample(text: &str) -> Value {
    let file: Value = serde_json::from_str(text).unwrap();
    file["payment"].clone()
}

pub(super) fn approve_command() -> Approve {
    base(include_str!("fixtures/approve.json"))
}

pub(super) fn cancel_command() -> Cancel {
    base(include_str!("fixtures/cancel.json"))
}

pub(super) fn inquire_command() -> Inquire {
    base(include_str!("fixtures/inquire.json"))
}

pub(super) fn payment() -> Value {
    sample(include_str!("fixtures/approve.json"))
}

pub(super) fn cancellation() -> Value {
    sample(include_str!("fixtures/cancel.json"))
}

pub(super) fn answer(status: u16, body: impl AsRef<[u8]>) -> WireAnswer {
    WireAnswer {
        status,
        headers: Vec::new(),
        body: bytes::Bytes::copy_from_slice(body.as_ref()),
    }
}

pub(super) fn with(mut value: Value, change: impl FnOnce(&mut Value)) -> Value {
    change(&mut value);
    value
}

pub(super) fn approved(status: u16, body: impl AsRef<[u8]>) -> Outcome<Approval> {
    let (command, channel) = (approve_command(), channel());
    let call = NiceLegacy.approve(&command, &channel).unwrap();
    done(NiceLegacy.approved(&command, &channel, &call, &answer(status, body)))
}

pub(super) fn cancelled(status: u16, body: impl AsRef<[u8]>) -> Outcome<CancelDone> {
    let (command, channel) = (cancel_command(), channel());
    let call = NiceLegacy.cancel(&command, &channel).unwrap();
    done(NiceLegacy.cancelled(&command, &channel, &call, &answer(status, body)))
}

pub(super) fn net_cancelled(status: u16, body: impl AsRef<[u8]>) -> Outcome<CancelDone> {
    let (command, channel) = (approve_command(), channel());
    let net = Adapter::net_cancel(&NiceLegacy).unwrap();
    let call = net.net_cancel(&command, &channel).unwrap();
    done(net.net_cancelled(&command, &channel, &call, &answer(status, body)))
}

pub(super) fn inquired(status: u16, body: impl AsRef<[u8]>) -> Outcome<PgView> {
    let (command, channel) = (inquire_command(), channel());
    let call = NiceLegacy.inquire(&command, &channel).unwrap();
    done(NiceLegacy.inquired(&command, &channel, &call, &answer(status, body)))
}

pub(super) fn done<T>(step: Step<T>) -> Outcome<T> {
    match step {
        Step::Done(outcome) => outcome,
        Step::Send(call) => panic!("another call: {}", call.request.url),
    }
}

/// The approval of an outcome that must be a success.
pub(super) fn success(outcome: Outcome<Approval>) -> Approval {
    match outcome {
        Outcome::Done(approval) => approval,
        other => panic!("expected an approval, got {other:?}"),
    }
}
