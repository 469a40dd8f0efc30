//! Toss Payments (토스페이먼츠), core API `/v1` with browser SDK v2.
//!
//! Two steps: the SDK authenticates the buyer and the browser comes back with `paymentKey`, `orderId` and `amount`,
//! none of them signed; the server then confirms, and only that moves money. There is no net-cancel. What replaces it
//! is the `Idempotency-Key`: Toss remembers an answer for 15 days and gives it again, so a lost answer is fetched by
//! sending the same bytes once more.

mod approve;
mod billing;
mod cancel;
mod codes;
mod inquire;
mod instant;
mod lenient;
mod mask;
mod method;
mod notify;
mod receipts;
mod reports;
mod request;
mod returned;
mod rules;
mod sign;
mod tables;
mod vbank;
mod verify;
mod window;
mod wire;

#[cfg(test)]
mod tests;

use super::{
    Adapter, Approve, BillingKeys, Call, Cancel, CancelDone, CashReceipts, ChannelRevision, ChannelSpec, Descriptor,
    Feature, HttpMethod, Inquire, Instant, Limits, Notifications, Operation, OperationTimeouts, PassRequest,
    PassThrough, PgView, Prepared, ProviderName, Reconciliation, RecoveryPlan, RecoveryStep, Refusal, Step, TextRule,
    Transport, VirtualAccounts, When, Window, WireAnswer, WireRequest,
};
use crate::payment::{Approval, MethodKind};
use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::ExposeSecret;
use serde::Serialize;
use std::time::Duration;

/// The adapter.
#[derive(Debug, Clone, Copy)]
pub struct Toss;

/// Toss asks for at least 60 s on its slow calls and names no figure for the others.
const TIMEOUTS: OperationTimeouts = OperationTimeouts {
    connect: Duration::from_secs(5),
    total: Duration::from_secs(60),
};

const NO_DELIVERY: &str = "Toss Payments' API has no call for it: the merchant registers deliveries in Toss Payments' \
                           merchant admin (상점관리자)";

static DESCRIPTOR: Descriptor = Descriptor {
    names: ProviderName {
        id: "toss",
        v1: &["tosspayments"],
        v2: "TOSSPAYMENTS",
        ko: "토스페이먼츠",
        en: "Toss Payments",
    },
    credentials: sign::CREDENTIALS,
    methods: &[
        MethodKind::Card,
        MethodKind::EasyPay,
        MethodKind::Transfer,
        MethodKind::VirtualAccount,
        MethodKind::Mobile,
        MethodKind::GiftCertificate,
    ],
    features: &[
        (Feature::WindowPc, When::Yes),
        (Feature::WindowMobile, When::Yes),
        (
            Feature::Instant,
            When::Contract {
                note: "key-in card payments (카드 번호 결제) need a contract of their own; without it Toss Payments answers \
                       NOT_SUPPORTED_METHOD",
            },
        ),
        (Feature::PartialCancel, When::Yes),
        (Feature::InquireByPgTxId, When::Yes),
        (Feature::InquireByOrderId, When::Yes),
        (Feature::IdempotencyKey, When::Yes),
        (
            Feature::NetCancel,
            When::Never {
                why: "Toss Payments has none; a lost answer is fetched again under the same Idempotency-Key",
            },
        ),
        (Feature::VirtualAccountIssue, When::Yes),
        (
            Feature::BillingKeyWindow,
            When::Contract {
                note: "billing (자동결제) needs a contract, usually with a MID and keys of its own; without it Toss Payments \
                       answers NOT_SUPPORTED_METHOD",
            },
        ),
        (
            Feature::BillingKeyInstant,
            When::Contract {
                note: "billing keys by card number need a contract beyond the one for billing by window",
            },
        ),
        (
            Feature::Escrow,
            When::Contract {
                note: "an escrow contract; without it Toss Payments takes the payment as an ordinary one. The flag \
                       only: deliveries are registered in the merchant admin",
            },
        ),
        (Feature::EscrowDelivery, When::Never { why: NO_DELIVERY }),
        (Feature::CashReceipt, When::Yes),
        (Feature::Notifications, When::Yes),
        (Feature::TaxFree, When::Yes),
        (Feature::EscrowModify, When::Never { why: NO_DELIVERY }),
        (Feature::EscrowComplete, When::Never { why: NO_DELIVERY }),
        (Feature::EscrowRejectAck, When::Never { why: NO_DELIVERY }),
        (Feature::Reconciliation, When::Yes),
    ],
    limits: Limits {
        order_id_min: 6,
        order_id_max: 64,
        amount_min: &[
            (MethodKind::Card, 100),
            (MethodKind::EasyPay, 100),
            (MethodKind::Transfer, 200),
        ],
        // Toss publishes no upper limit; nine digits are what its samples and card networks carry.
        amount_max: 999_999_999,
        currencies: &["KRW"],
        texts: &[
            TextRule {
                field: "orderName",
                chars_max: rules::TEXT_MAX,
                cut: false,
            },
            TextRule {
                field: "customer.email",
                chars_max: rules::TEXT_MAX,
                cut: false,
            },
            TextRule {
                field: "customer.name",
                chars_max: rules::TEXT_MAX,
                cut: true,
            },
            TextRule {
                field: "reason",
                chars_max: rules::REASON_MAX,
                cut: true,
            },
        ],
        installment_min: 50_000,
        installment_months_max: 12,
    },
    hosts: &["api.tosspayments.com", "js.tosspayments.com"],
    base_url: "https://api.tosspayments.com",
    endpoints: &[
        ("api", "https://api.tosspayments.com"),
        ("script", "https://js.tosspayments.com/v2/standard"),
    ],
    sender_ips: &[
        "13.124.18.147",
        "13.124.108.35",
        "3.36.173.151",
        "3.38.81.32",
        "115.92.221.121",
        "115.92.221.122",
        "115.92.221.123",
        "115.92.221.125",
        "115.92.221.126",
        "115.92.221.127",
    ],
    escrow_link: Some("https://pgweb.tosspayments.com/ms/escrow/s_escrowYn.do?mertid={MID}"),
    mid_max: sign::MID_MAX,
    timeouts: |_| TIMEOUTS,
};

impl Adapter for Toss {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn prepare(&self, channel: &ChannelSpec) -> Result<Prepared, Vec<Refusal>> {
        sign::prepare(channel)
    }

    fn approve(&self, command: &Approve, channel: &ChannelRevision) -> Result<Call, Refusal> {
        approve::approve(command, channel)
    }

    fn approved(
        &self,
        command: &Approve,
        channel: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<Approval> {
        approve::approved(command, channel, call, answer)
    }

    fn cancel(&self, command: &Cancel, channel: &ChannelRevision) -> Result<Call, Refusal> {
        cancel::cancel(command, channel)
    }

    fn cancelled(
        &self,
        command: &Cancel,
        channel: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<CancelDone> {
        cancel::cancelled(command, channel, call, answer)
    }

    fn inquire(&self, command: &Inquire, channel: &ChannelRevision) -> Result<Call, Refusal> {
        inquire::inquire(command, channel)
    }

    fn inquired(&self, command: &Inquire, channel: &ChannelRevision, _: &Call, answer: &WireAnswer) -> Step<PgView> {
        inquire::inquired(command, channel, answer)
    }

    fn recovery(&self, operation: Operation) -> RecoveryPlan {
        let plan = |steps, give_up_after| RecoveryPlan {
            steps,
            // As long as a call may run: before that, "not found" can still become "approved".
            absence_after: Duration::from_secs(60),
            give_up_after,
        };
        match operation {
            // Ten minutes after authentication an unconfirmed payment can only be EXPIRED; the rest is margin for
            // Toss being away itself.
            //
            // An order that Toss still holds open after it answered an error was not confirmed. Errors are remembered
            // under their key, so only a fresh key can confirm it; one payment key is never confirmed twice.
            Operation::Approve => plan(
                &[RecoveryStep::Replay, RecoveryStep::Inquire, RecoveryStep::Again],
                minutes(30),
            ),
            // Replayed only while the engine still holds the bytes: the command itself has no card data any more.
            Operation::Instant => plan(&[RecoveryStep::Replay, RecoveryStep::Inquire], minutes(30)),
            // Idempotency keys are remembered for 15 days from their first use; a replay after that would be a second
            // cancellation. A day of margin.
            Operation::Cancel => plan(&[RecoveryStep::Replay, RecoveryStep::Inquire], minutes(14 * 24 * 60)),
            // As a key-in payment: its receipt number, if it had one, is nowhere else.
            Operation::IssueAccount => plan(&[RecoveryStep::Replay, RecoveryStep::Inquire], minutes(30)),
            // As cancellations, which they are to Toss; receipts are found again by the day they were asked for.
            Operation::CloseAccount | Operation::IssueReceipt | Operation::CancelReceipt => {
                plan(&[RecoveryStep::Replay, RecoveryStep::Inquire], minutes(14 * 24 * 60))
            }
            // The same bytes under the same key, then the order: a charge that Toss never saw is made by the replay,
            // once, because the merchant was told that it is under way.
            Operation::ChargeBillingKey => plan(&[RecoveryStep::Replay, RecoveryStep::Inquire], minutes(30)),
            // Toss has no inquiry for keys: only the replay tells. For keys by card data it ends with the bytes.
            Operation::IssueBillingKey => plan(&[RecoveryStep::Replay], minutes(30)),
            // A deletion may be sent again at any time: a key that is gone is the answer.
            Operation::DeleteBillingKey => plan(&[RecoveryStep::Replay], minutes(14 * 24 * 60)),
            // These never leave an open question of their own.
            Operation::Register
            | Operation::Inquire
            | Operation::NetCancel
            | Operation::Escrow
            | Operation::PassThrough => plan(&[RecoveryStep::Operator], Duration::ZERO),
        }
    }

    fn window(&self) -> Option<&dyn Window> {
        Some(self)
    }

    fn pass_through(&self) -> Option<&dyn PassThrough> {
        Some(self)
    }

    fn instant(&self) -> Option<&dyn Instant> {
        Some(self)
    }

    fn notifications(&self) -> Option<&dyn Notifications> {
        Some(self)
    }

    fn virtual_accounts(&self) -> Option<&dyn VirtualAccounts> {
        Some(self)
    }

    fn cash_receipts(&self) -> Option<&dyn CashReceipts> {
        Some(self)
    }

    fn reconciliation(&self) -> Option<&dyn Reconciliation> {
        Some(self)
    }

    fn billing_keys(&self) -> Option<&dyn BillingKeys> {
        Some(self)
    }
}

const fn minutes(n: u64) -> Duration {
    Duration::from_secs(n * 60)
}

/// Everything but unreserved characters, for ids in a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// An id as one path segment.
fn segment(field: &str, id: &str) -> Result<String, Refusal> {
    // An empty segment or dots would name another resource.
    if id.is_empty() || id.len() > approve::PAYMENT_KEY_MAX || id.bytes().all(|b| b == b'.') {
        return Err(Refusal::new(field, "is not an id Toss Payments gives"));
    }
    Ok(utf8_percent_encode(id, SEGMENT).to_string())
}

impl PassThrough for Toss {
    fn headers(&self) -> &'static [&'static str] {
        &[
            "content-type",
            "idempotency-key",
            "accept-language",
            "tosspayments-test-code",
        ]
    }

    fn pass(&self, request: PassRequest, channel: &ChannelRevision) -> Result<Call, Refusal> {
        let mut headers = request.headers;
        headers.push(("authorization", authorization(channel)?));
        let operation = Operation::PassThrough;
        Ok(call(
            channel,
            operation,
            request.method,
            &request.target,
            headers,
            request.body,
        ))
    }
}

/// A POST with a JSON body under an idempotency key.
fn post<B: Serialize>(
    channel: &ChannelRevision,
    operation: Operation,
    path: &str,
    idempotency_key: &str,
    body: &B,
) -> Result<Call, Refusal> {
    rules::idempotency_key(idempotency_key)?;
    let body = serde_json::to_vec(body).map_err(|_| Refusal::new("body", "cannot be written as JSON"))?;
    let headers = vec![
        ("authorization", authorization(channel)?),
        ("content-type", "application/json".to_owned()),
        ("idempotency-key", idempotency_key.to_owned()),
    ];
    Ok(call(channel, operation, HttpMethod::Post, path, headers, body.into()))
}

/// A GET. Toss ignores idempotency keys there.
fn get(channel: &ChannelRevision, operation: Operation, path: &str) -> Result<Call, Refusal> {
    let headers = vec![("authorization", authorization(channel)?)];
    Ok(call(channel, operation, HttpMethod::Get, path, headers, Bytes::new()))
}

fn authorization(channel: &ChannelRevision) -> Result<String, Refusal> {
    Ok(sign::credentials(channel)?.authorization.expose_secret().to_owned())
}

fn call(
    channel: &ChannelRevision,
    operation: Operation,
    method: HttpMethod,
    path: &str,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
) -> Call {
    Call {
        operation,
        step: 0,
        request: WireRequest {
            transport: Transport::Http,
            method,
            url: format!("{}{path}", channel.endpoint("api")),
            // `Accept-Language` is never sent: with it Toss translates members like `method`.
            headers,
            body,
            mask: mask::MASK,
        },
        carried: None,
        claim: None,
        replay: false,
    }
}
