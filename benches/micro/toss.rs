//! The Toss adapter: commands to bytes, answers to outcomes.

use crate::channels::{key, snapshot};
use bytes::Bytes;
use divan::Bencher;
use naru::adapters::{Approve, Cancel, CardInput, ChannelRevision, Instant, KeyIn, Outcome, Step, WireAnswer};
use naru::payment::{Amounts, Currency, MethodKind};
use secrecy::SecretString;
use serde_json::json;
use std::sync::Arc;

const AT: i64 = 1_790_000_000_000;
const ORDER: &str = "01K4J5M6N7P8Q9R0S1T2V3W4X5";

/// A key-in request as it goes out.
pub const KEY_IN: &str = r#"{"amount":11000,"orderId":"01K4J5M6N7P8Q9R0S1T2V3W4X5","orderName":"아메리카노 두 잔","cardNumber":"9410001234567890","cardExpirationYear":"30","cardExpirationMonth":"12","customerIdentityNumber":"900101","cardPassword":"12","customerEmail":"buyer@example.com","customerName":"김나루"}"#;

/// The answer to it: a whole Payment object.
pub const ANSWER: &str = r#"{"mId":"m00000000","lastTransactionKey":"txrd_a01k4j5m6n7p8q9r0s1t2v3w4x5","paymentKey":"tnaru20261125081601AbCd1","orderId":"01K4J5M6N7P8Q9R0S1T2V3W4X5","orderName":"아메리카노 두 잔","taxExemptionAmount":0,"status":"DONE","requestedAt":"2026-11-25T17:16:01+09:00","approvedAt":"2026-11-25T17:16:02+09:00","useEscrow":false,"cultureExpense":false,"card":{"issuerCode":"4V","acquirerCode":"21","number":"94100012****789*","installmentPlanMonths":0,"isInterestFree":false,"interestPayer":null,"approveNo":"00000000","useCardPoint":false,"cardType":"신용","ownerType":"개인","acquireStatus":"READY","amount":11000},"virtualAccount":null,"transfer":null,"mobilePhone":null,"giftCertificate":null,"cashReceipt":null,"cashReceipts":null,"discount":null,"cancels":null,"secret":"ps_EP59LybZ8BzpmjKpQoeW86GYo7pR","type":"NORMAL","easyPay":null,"country":"KR","failure":null,"isPartialCancelable":true,"receipt":{"url":"https://dashboard.tosspayments.com/receipt/redirection?transactionId=tnaru20261125081601AbCd1"},"checkout":{"url":"https://api.tosspayments.com/v1/payments/tnaru20261125081601AbCd1/checkout"},"currency":"KRW","totalAmount":11000,"balanceAmount":11000,"suppliedAmount":10000,"vat":1000,"taxFreeAmount":0,"metadata":null,"method":"카드","version":"2022-11-16"}"#;

fn channel() -> Arc<ChannelRevision> {
    Arc::clone(&snapshot(10).channels[&key(0)])
}

fn amounts() -> Amounts {
    Amounts::new(11_000, 0, None).expect("amounts")
}

fn approve_command() -> Approve {
    Approve {
        order_id: ORDER.into(),
        amounts: amounts(),
        currency: Currency::KRW,
        order_name: "아메리카노 두 잔".into(),
        method: MethodKind::Card,
        idempotency_key: "01998f3a-6b7c-7d8e-9fa0-b1c2d3e4f506".into(),
        at: AT,
        token: json!({"paymentKey": "tnaru20261125081601AbCd1"}),
    }
}

fn key_in_command() -> KeyIn {
    KeyIn {
        order_id: ORDER.into(),
        amounts: amounts(),
        currency: Currency::KRW,
        order_name: "아메리카노 두 잔".into(),
        idempotency_key: "01998f3a-6b7c-7d8e-9fa0-b1c2d3e4f506".into(),
        at: AT,
        installment_months: 0,
        free_installment: false,
        use_card_point: false,
        customer_name: Some("김나루".into()),
        customer_email: Some("buyer@example.com".into()),
        customer_phone: None,
        card: Some(CardInput {
            number: SecretString::from("9410001234567890"),
            expiry_year: SecretString::from("30"),
            expiry_month: SecretString::from("12"),
            birth_or_business: Some(SecretString::from("900101")),
            password_two_digits: Some(SecretString::from("12")),
        }),
    }
}

fn cancel_command() -> Cancel {
    Cancel {
        pg_tx_id: "tnaru20261125081601AbCd1".into(),
        order_id: ORDER.into(),
        amounts: amounts(),
        original: amounts(),
        balance_before: 11_000,
        sequence: 0,
        currency: Currency::KRW,
        reason: "다시 생각함".into(),
        idempotency_key: "01998f3a-6b7c-7d8e-9fa0-b1c2d3e4f507".into(),
        at: AT,
        refund_account: None,
        keep: None,
    }
}

fn answer() -> WireAnswer {
    WireAnswer {
        status: 200,
        headers: vec![("content-type".into(), "application/json".into())],
        body: Bytes::from_static(ANSWER.as_bytes()),
    }
}

fn instant(channel: &ChannelRevision) -> &'static dyn Instant {
    channel.adapter.instant().expect("Toss takes key-in payments")
}

#[divan::bench]
fn encode_approve(bencher: Bencher<'_, '_>) {
    let (channel, command) = (channel(), approve_command());
    bencher.bench_local(|| channel.adapter.approve(&command, &channel).expect("a call"));
}

#[divan::bench]
fn encode_key_in(bencher: Bencher<'_, '_>) {
    let (channel, command) = (channel(), key_in_command());
    let instant = instant(&channel);
    bencher.bench_local(|| instant.pay(&command, &channel).expect("a call"));
}

#[divan::bench]
fn encode_cancel(bencher: Bencher<'_, '_>) {
    let (channel, command) = (channel(), cancel_command());
    bencher.bench_local(|| channel.adapter.cancel(&command, &channel).expect("a call"));
}

#[divan::bench]
fn decode_approval(bencher: Bencher<'_, '_>) {
    let (channel, command, answer) = (channel(), key_in_command(), answer());
    let instant = instant(&channel);
    let call = instant.pay(&command, &channel).expect("a call");
    bencher.bench_local(|| match instant.paid(&command, &channel, &call, &answer) {
        Step::Done(Outcome::Done(approval)) => approval,
        other => panic!("not approved: {other:?}"),
    });
}

/// Parsing a channel's keys and making the header that signs every call: once a channel, when it is loaded.
#[divan::bench]
fn sign_prepare(bencher: Bencher<'_, '_>) {
    let channel = channel();
    bencher.bench_local(|| channel.adapter.prepare(&channel.spec).expect("good keys"));
}
