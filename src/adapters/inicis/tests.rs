//! Tests of the adapter as a whole; each file says what it pins.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod billing;
mod escrow;
mod fixtures;
mod keys;
mod leniency;
mod never_panics;
mod windows;

use super::super::*;
use super::Inicis;
use crate::payment::{Amounts, Approval, Currency, MethodKind};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The published test MID and its keys.
pub(super) const MID: &str = "INIpayTest";
pub(super) const ORDER_ID: &str = "ORDER_20260101_0001";
pub(super) const TID: &str = "StdpayCARDINIpayTest20260101085930123456";
pub(super) const ACCOUNT_TID: &str = "StdpayVBNKINIpayTest20260101085930123457";
/// 2026-01-01 09:00:00 in Korea, ms.
pub(super) const AT: i64 = 1_767_225_600_000;

pub(super) fn spec() -> ChannelSpec {
    let keys = [
        ("signKey", "SU5JTElURV9UUklQTEVERVNfS0VZU1RS"),
        ("apiKey", "ItEQKi3rY7uvDS8l"),
        ("apiIv", "HYb3yQ4f65QL89=="),
        ("hashKey", "3CB8183A4BE283555ACC8363C0360223"),
        ("uniqueOrderIds", "yes"),
    ];
    ChannelSpec {
        key: "channel-inicis".into(),
        name: "나루 상점".into(),
        provider: "inicis".into(),
        mode: Mode::Test,
        state: ChannelState::Active,
        mid: MID.into(),
        stores: Vec::new(),
        methods: Vec::new(),
        manual_confirm: false,
        credentials: keys
            .map(|(name, key)| (name.to_owned(), SecretString::from(key)))
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

pub(super) fn revision(spec: ChannelSpec) -> ChannelRevision {
    ChannelRevision {
        prepared: Inicis.prepare(&spec).expect("keys of the test channel"),
        spec,
        revision: "0000000000000000".into(),
        adapter: &Inicis,
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

/// The same order, authenticated in the phone's window.
pub(super) fn phone_command() -> Approve {
    Approve {
        token: json!({"mobile": true, "idc": "fc", "base": "https://fcmobile.inicis.com",
            "key": "INIMX_AUTHINIpayTest20260101090000123456"}),
        ..approve_command()
    }
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

pub(super) fn inquiry() -> Value {
    sample(include_str!("fixtures/inquire.json"))
}

pub(super) const PHONE: &str = "P_STATUS=00&P_AUTH_DT=20260101090031&P_AUTH_NO=30012345&P_RMESG1=성공적으로 처리 하였습니다.\
&P_RMESG2=00&P_TID=INIMX_CARDINIpayTest20260101090031123456&P_FN_CD1=06&P_AMT=1000&P_TYPE=CARD&P_UNAME=홍길동\
&P_MID=INIpayTest&P_OID=ORDER_20260101_0001&P_NOTI=ORDER_20260101_0001&P_NEXT_URL=https://pay.example/n?a=1&P_MNAME=\
&P_NOTEURL=&P_CARD_MEMBER_NUM=&P_CARD_NUM=527289**********&P_CARD_ISSUER_CODE=04&P_CARD_PURCHASE_CODE=\
&P_CARD_PRTC_CODE=1&P_CARD_INTEREST=0&P_CARD_CHECKFLAG=0&P_CARD_ISSUER_NAME=국민카드&P_CARD_PURCHASE_NAME=국민카드\
&P_FN_NM=국민카드&CARD_CorpFlag=0&P_SRC_CODE=&P_CARD_APPLPRICE=1000&P_MERCHANT_RESERVED=&EventCode=";

pub(super) fn answer(status: u16, body: impl AsRef<[u8]>) -> WireAnswer {
    WireAnswer {
        status,
        headers: Vec::new(),
        body: bytes::Bytes::copy_from_slice(body.as_ref()),
    }
}

pub(super) fn approved_by(command: &Approve, status: u16, body: impl AsRef<[u8]>) -> Outcome<Approval> {
    let channel = channel();
    let call = Inicis.approve(command, &channel).unwrap();
    done(Inicis.approved(command, &channel, &call, &answer(status, body)))
}

pub(super) fn approved(status: u16, body: impl AsRef<[u8]>) -> Outcome<Approval> {
    approved_by(&approve_command(), status, body)
}

pub(super) fn cancelled(status: u16, body: impl AsRef<[u8]>) -> Outcome<CancelDone> {
    let (command, channel) = (cancel_command(), channel());
    let call = Inicis.cancel(&command, &channel).unwrap();
    done(Inicis.cancelled(&command, &channel, &call, &answer(status, body)))
}

pub(super) fn net_cancelled(status: u16, body: impl AsRef<[u8]>) -> Outcome<CancelDone> {
    let (command, channel) = (approve_command(), channel());
    let net = Adapter::net_cancel(&Inicis).unwrap();
    let call = net.net_cancel(&command, &channel).unwrap();
    done(net.net_cancelled(&command, &channel, &call, &answer(status, body)))
}

pub(super) fn inquired(status: u16, body: impl AsRef<[u8]>) -> Outcome<PgView> {
    let (command, channel) = (inquire_command(), channel());
    let call = Inicis.inquire(&command, &channel).unwrap();
    done(Inicis.inquired(&command, &channel, &call, &answer(status, body)))
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
