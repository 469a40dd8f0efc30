//! Tests of the adapter as a whole; each file says what it pins.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod accounts;
mod fixtures;
mod hub;
mod keys;
mod leniency;
mod never_panics;
mod windows;

use super::super::*;
use super::Kcp;
use crate::payment::{Amounts, Approval, Currency, MethodKind};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The published test site; the key pair is a throwaway of our own.
pub(super) const SITE: &str = "T0000";
pub(super) const TNO: &str = "25001234567890";
pub(super) const ORDER_ID: &str = "ORD20250101000001";
/// 2025-01-01 12:00:00 in Korea, ms.
pub(super) const AT: i64 = 1_735_700_400_000;
pub(super) const CERTIFICATE: &str = include_str!("fixtures/certificate.pem");
pub(super) const KEY: &str = include_str!("fixtures/key.pem");

pub(super) fn spec() -> ChannelSpec {
    let credentials = [
        ("certificate", CERTIFICATE),
        ("privateKey", KEY),
        ("billingGroupId", "A52Q71000489"),
        ("options", "accountRefund escrow keyInBilling carrierPartial"),
    ];
    ChannelSpec {
        key: "channel-kcp".into(),
        name: "나루 상점".into(),
        provider: "kcp".into(),
        mode: Mode::Test,
        state: ChannelState::Active,
        mid: SITE.into(),
        stores: Vec::new(),
        methods: Vec::new(),
        manual_confirm: false,
        credentials: credentials
            .map(|(name, value)| (name.to_owned(), SecretString::from(value)))
            .into(),
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

/// The channel with other options.
pub(super) fn channel_with(options: &str) -> ChannelRevision {
    let mut spec = spec();
    spec.credentials.insert("options".into(), options.to_owned().into());
    revision(spec)
}

pub(super) fn revision(spec: ChannelSpec) -> ChannelRevision {
    ChannelRevision {
        prepared: Kcp.prepare(&spec).expect("keys of the test channel"),
        spec,
        revision: "0000000000000000".into(),
        adapter: &Kcp,
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

pub(super) fn inquiry() -> Value {
    sample(include_str!("fixtures/inquire.json"))
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

/// Members of a call's body, the certificate left out.
pub(super) fn members(call: &Call) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = serde_json::from_slice(&call.request.body).expect("texts only");
    assert!(
        all.remove("kcp_cert_info")
            .is_some_and(|c| c.starts_with("-----BEGIN CERTIFICATE-----MII"))
    );
    all
}

pub(super) fn approved(status: u16, body: impl AsRef<[u8]>) -> Outcome<Approval> {
    let (command, channel) = (approve_command(), channel());
    let call = Kcp.approve(&command, &channel).unwrap();
    done(Kcp.approved(&command, &channel, &call, &answer(status, body)))
}

pub(super) fn cancelled(status: u16, body: impl AsRef<[u8]>) -> Outcome<CancelDone> {
    let (command, channel) = (cancel_command(), channel());
    let call = Kcp.cancel(&command, &channel).unwrap();
    done(Kcp.cancelled(&command, &channel, &call, &answer(status, body)))
}

pub(super) fn inquired(status: u16, body: impl AsRef<[u8]>) -> Outcome<PgView> {
    let (mut command, channel) = (inquire_command(), channel());
    command.approving = Some(Box::new(approve_command()));
    let call = Kcp.inquire(&command, &channel).unwrap();
    done(Kcp.inquired(&command, &channel, &call, &answer(status, body)))
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
