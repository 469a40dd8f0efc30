//! Tests of the adapter as a whole; each file says what it pins.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod accounts;
mod billing;
mod fixtures;
mod keys;
mod leniency;
mod never_panics;
mod receipts;
mod reports;
mod strictness;
mod vbank;
mod windows;

use super::super::*;
use super::Toss;
use crate::payment::{Amounts, Approval, Currency, MethodKind};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) const CLIENT_KEY: &str = "test_ck_D5GePWvyJnrK0W0k6q8gLzN97Eoq";
pub(super) const SECRET_KEY: &str = "test_sk_zXLkKEypNArWmo50nX3lmeaxYG5R";

/// A test channel's settings with the documentation keys.
pub(super) fn spec() -> ChannelSpec {
    let keys = [("clientKey", CLIENT_KEY), ("secretKey", SECRET_KEY)];
    ChannelSpec {
        key: "channel-toss".into(),
        name: "toss".into(),
        provider: "toss".into(),
        mode: Mode::Test,
        state: ChannelState::Active,
        mid: "tvtest0000001".into(),
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
        prepared: Toss.prepare(&spec).expect("keys of the test channel"),
        spec,
        revision: "0000000000000000".into(),
        adapter: &Toss,
    }
}

pub(super) fn answer(status: u16, body: impl AsRef<[u8]>) -> WireAnswer {
    WireAnswer {
        status,
        headers: Vec::new(),
        body: bytes::Bytes::copy_from_slice(body.as_ref()),
    }
}

pub(super) const ORDER_ID: &str = "ORD-20260102-0001";
pub(super) const PAYMENT_KEY: &str = "tvtes20260102030405Ab1Cd";

/// The approval of the documentation's example: 15,000 KRW by card.
pub(super) fn approve_command() -> Approve {
    Approve {
        order_id: ORDER_ID.into(),
        amounts: Amounts::new(15_000, 0, None).unwrap(),
        currency: Currency::KRW,
        order_name: "T-shirt and 1 more".into(),
        method: MethodKind::Card,
        idempotency_key: "5f0d6a1e-1f0a-4d0e-9a38-1c2b3d4e5f60".into(),
        at: 1_767_290_705_000,
        token: json!({"paymentKey": PAYMENT_KEY}),
    }
}

pub(super) fn cancel_command(amount: i64, balance: i64) -> Cancel {
    Cancel {
        pg_tx_id: PAYMENT_KEY.into(),
        order_id: ORDER_ID.into(),
        amounts: Amounts::new(amount, 0, None).unwrap(),
        original: Amounts::new(15_000, 0, None).unwrap(),
        balance_before: balance,
        sequence: 0,
        currency: Currency::KRW,
        reason: "buyer request".into(),
        idempotency_key: "cancel-1".into(),
        at: 1_767_290_705_000,
        refund_account: None,
        keep: None,
    }
}

pub(super) fn inquire_command() -> Inquire {
    Inquire {
        pg_tx_id: Some(PAYMENT_KEY.into()),
        order_id: ORDER_ID.into(),
        amounts: Amounts::new(15_000, 0, None).unwrap(),
        currency: Currency::KRW,
        ordered_at: 1_767_290_000_000,
        at: 1_767_290_705_000,
        approving: None,
        operation: None,
    }
}

/// A whole "Payment" object of an approved card payment, as API version 2022-11-16 shapes it.
pub(super) fn payment() -> Value {
    json!({
        "version": "2022-11-16", "mId": "tvtest0000001", "paymentKey": PAYMENT_KEY,
        "lastTransactionKey": "9C62B18EEF0DE3EB7F4422EB6D14BC6E",
        "orderId": ORDER_ID, "orderName": "T-shirt and 1 more", "type": "NORMAL", "currency": "KRW", "country": "KR",
        "status": "DONE", "requestedAt": "2026-01-02T03:04:05+09:00", "approvedAt": "2026-01-02T03:05:10+09:00",
        "method": "카드", "totalAmount": 15000, "balanceAmount": 15000, "suppliedAmount": 13636, "vat": 1364,
        "taxFreeAmount": 0, "taxExemptionAmount": 0, "useEscrow": false, "cultureExpense": false,
        "isPartialCancelable": true,
        "card": {"amount": 15000, "issuerCode": "41", "acquirerCode": "41", "number": "43301234****123*",
            "installmentPlanMonths": 0, "isInterestFree": false, "interestPayer": null, "approveNo": "00000000",
            "useCardPoint": false, "cardType": "신용", "ownerType": "개인", "acquireStatus": "READY"},
        "virtualAccount": null, "transfer": null, "mobilePhone": null, "giftCertificate": null, "easyPay": null,
        "cashReceipt": null, "cashReceipts": null, "discount": null, "cancels": null, "secret": null,
        "metadata": null, "failure": null,
        "receipt": {"url": "https://dashboard-sandbox.tosspayments.com/receipt/redirection?transactionId=x&ref=PX"},
        "checkout": {"url": "https://api.tosspayments.com/v1/payments/x/checkout"}
    })
}

/// The same after a partial cancellation of 5,000.
pub(super) fn cancelled_payment() -> Value {
    with(payment(), |p| {
        p["status"] = json!("PARTIAL_CANCELED");
        p["balanceAmount"] = json!(10_000);
        p["lastTransactionKey"] = json!("txrd_a01k_cancel");
        p["cancels"] = json!([{"cancelAmount": 5000, "cancelReason": "buyer request", "taxFreeAmount": 0,
            "refundableAmount": 10000, "canceledAt": "2026-01-03T10:00:00+09:00", "transactionKey": "txrd_a01k_cancel",
            "receiptKey": null, "cancelStatus": "DONE"}]);
    })
}

pub(super) fn with(mut value: Value, change: impl FnOnce(&mut Value)) -> Value {
    change(&mut value);
    value
}

/// Reads an approval's answer.
pub(super) fn approved(status: u16, body: impl AsRef<[u8]>) -> Outcome<Approval> {
    let (command, channel) = (approve_command(), channel());
    let call = Toss.approve(&command, &channel).unwrap();
    done(Toss.approved(&command, &channel, &call, &answer(status, body)))
}

pub(super) fn cancelled(command: &Cancel, status: u16, body: impl AsRef<[u8]>) -> Outcome<CancelDone> {
    let channel = channel();
    let call = Toss.cancel(command, &channel).unwrap();
    done(Toss.cancelled(command, &channel, &call, &answer(status, body)))
}

pub(super) fn inquired(status: u16, body: impl AsRef<[u8]>) -> Outcome<PgView> {
    let (command, channel) = (inquire_command(), channel());
    let call = Toss.inquire(&command, &channel).unwrap();
    done(Toss.inquired(&command, &channel, &call, &answer(status, body)))
}

pub(super) fn done<T>(step: Step<T>) -> Outcome<T> {
    match step {
        Step::Done(outcome) => outcome,
        Step::Send(_) => panic!("Toss never needs a second call"),
    }
}

/// The approval of an outcome that must be a success.
pub(super) fn success(outcome: Outcome<Approval>) -> Approval {
    match outcome {
        Outcome::Done(approval) => approval,
        other => panic!("expected an approval, got {other:?}"),
    }
}

/// The code and `ask_first` of an outcome that must be unknown.
pub(super) fn unknown<T: std::fmt::Debug>(outcome: Outcome<T>) -> (String, bool) {
    match outcome {
        Outcome::Unknown(why) => (why.code, why.ask_first),
        other => panic!("expected an unknown outcome, got {other:?}"),
    }
}
