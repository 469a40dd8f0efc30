//! NICE Payments (나이스페이먼츠), the `start.nicepay.co.kr` generation: REST API `/v1` with client key and secret key.
//! The older generation (MID and merchant key, `webapi/*.jsp`) is another adapter.
//!
//! Two steps: the SDK authenticates the buyer and the browser posts a return that is signed over token and amount; the
//! server then approves by tid, and only that moves money. A lost answer is learned by order number, or undone by
//! net-cancel (망취소) within an hour.

mod approve;
mod billing;
mod cancel;
mod codes;
mod inquire;
mod mask;
mod method;
mod notify;
mod receipts;
mod returned;
mod rules;
mod send;
mod sign;
mod vbank;
mod verify;
mod window;
mod wire;

#[cfg(test)]
mod tests;

use super::{
    Adapter, Approve, BillingKeys, Call, Cancel, CancelDone, CashReceipts, ChannelRevision, ChannelSpec, Descriptor,
    Feature, Inquire, Limits, NetCancel, Notifications, Operation, OperationTimeouts, PassRequest, PassThrough, PgView,
    Prepared, ProviderName, RecoveryPlan, RecoveryStep, Refusal, Step, TextRule, VirtualAccounts, When, Window,
    WireAnswer,
};
use crate::payment::{Approval, MethodKind};
use bytes::Bytes;
use serde::Serialize;
use std::time::Duration;

/// The adapter.
#[derive(Debug, Clone, Copy)]
pub struct Nice;

/// NICE asks for 5 s to connect and 30 s to read, and for a net-cancel after that.
const TIMEOUTS: OperationTimeouts = OperationTimeouts {
    connect: Duration::from_secs(5),
    total: Duration::from_secs(30),
};

const NO_DELIVERY: &str = "NICE Payments' v1 API has no call for it: deliveries and decisions are made in NICE Payments' \
                           merchant admin (상점관리자)";

/// What is sent for an operation that is not part of the core: a path below the API and a JSON body.
#[derive(Debug, Clone)]
struct Message {
    /// Path, from `/v1`.
    path: String,
    /// Body.
    body: Bytes,
}

impl Message {
    fn json<B: Serialize>(path: String, body: &B) -> Result<Self, Refusal> {
        let body = serde_json::to_vec(body).map_err(|_| Refusal::new("body", "cannot be written as JSON"))?;
        Ok(Self {
            path,
            body: body.into(),
        })
    }
}

static DESCRIPTOR: Descriptor = Descriptor {
    names: ProviderName {
        id: "nice",
        // PortOne's word for the company; its own channel of that name is the older generation.
        v1: &["nice_v2"],
        v2: "NICE_V2",
        ko: "나이스페이먼츠",
        en: "NICE Payments",
    },
    credentials: sign::CREDENTIALS,
    methods: &[
        MethodKind::Card,
        MethodKind::EasyPay,
        MethodKind::Transfer,
        MethodKind::VirtualAccount,
        MethodKind::Mobile,
    ],
    features: &[
        (Feature::WindowPc, When::Yes),
        (Feature::WindowMobile, When::Yes),
        (
            Feature::Instant,
            When::Never {
                why: "NICE Payments' v1 API has no payment by card number; issue a billing key and charge it",
            },
        ),
        (
            Feature::PartialCancel,
            When::Contract {
                note: "the sandbox refuses partial cancellations (U128); cards and methods that cannot be cancelled in \
                       part are refused before anything is sent",
            },
        ),
        (Feature::InquireByPgTxId, When::Yes),
        (Feature::InquireByOrderId, When::Yes),
        (
            Feature::IdempotencyKey,
            When::Never {
                why: "NICE Payments has none; the order number protects against a second approval",
            },
        ),
        (Feature::NetCancel, When::Yes),
        (
            Feature::VirtualAccountIssue,
            When::Never {
                why: vbank::WINDOW_ONLY,
            },
        ),
        (
            Feature::BillingKeyWindow,
            When::Never {
                why: "NICE Payments' v1 API has no window for billing keys; they are issued by card number",
            },
        ),
        (
            Feature::BillingKeyInstant,
            When::Contract {
                note: "billing (빌링) needs a contract; without it NICE Payments answers F116 or F117",
            },
        ),
        (
            Feature::Escrow,
            When::Contract {
                note: "an escrow contract; not with easy pay or a card company called directly. The flag only",
            },
        ),
        (Feature::EscrowDelivery, When::Never { why: NO_DELIVERY }),
        (
            Feature::CashReceipt,
            When::Contract {
                note: "a cash receipt contract; the sandbox cancels none (U128)",
            },
        ),
        (Feature::Notifications, When::Yes),
        (Feature::TaxFree, When::Yes),
    ],
    limits: Limits {
        order_id_min: 1,
        order_id_max: rules::ORDER_ID_MAX,
        amount_min: &[(MethodKind::Card, 1000), (MethodKind::EasyPay, 1000)],
        // The field has twelve digits; nine are what card networks carry.
        amount_max: 999_999_999,
        currencies: &["KRW"],
        texts: &[
            TextRule {
                field: "orderName",
                chars_max: rules::GOODS_MAX,
                cut: true,
            },
            TextRule {
                field: "customer.email",
                chars_max: rules::EMAIL_MAX,
                cut: false,
            },
            TextRule {
                field: "customer.name",
                chars_max: rules::NAME_MAX,
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
    hosts: &["api.nicepay.co.kr", "sandbox-api.nicepay.co.kr", "pay.nicepay.co.kr"],
    base_url: "https://api.nicepay.co.kr",
    endpoints: &[
        ("api", "https://api.nicepay.co.kr"),
        ("script", "https://pay.nicepay.co.kr/v1/js/"),
    ],
    sender_ips: &["121.133.126.86", "121.133.126.87"],
    escrow_link: Some("https://pg.nicepay.co.kr/issue/IssueEscrow.jsp?Mid={MID}&CoNo="),
    mid_max: sign::MID_MAX,
    timeouts: |_| TIMEOUTS,
};

impl Adapter for Nice {
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

    fn inquired(&self, command: &Inquire, channel: &ChannelRevision, call: &Call, answer: &WireAnswer) -> Step<PgView> {
        inquire::inquired(command, channel, call, answer)
    }

    fn recovery(&self, operation: Operation) -> RecoveryPlan {
        let plan = |steps, minutes: u64| RecoveryPlan {
            steps,
            // Past NICE's own time-out of 30 s: before that, "not found" can still become "approved".
            absence_after: Duration::from_secs(60),
            give_up_after: Duration::from_secs(minutes * 60),
        };
        match operation {
            // A payment that was made is kept; whatever cannot be learned is undone. NICE undoes for one hour.
            Operation::Approve => plan(&[RecoveryStep::Inquire, RecoveryStep::NetCancel], 55),
            // As an approval, which it is to NICE.
            Operation::ChargeBillingKey => plan(&[RecoveryStep::Inquire, RecoveryStep::NetCancel], 55),
            // The list of cancellations and the balance tell it all; nothing is sent twice.
            Operation::Cancel | Operation::CloseAccount => plan(&[RecoveryStep::Inquire], 24 * 60),
            // A key that nobody was told of is one that nobody can charge, so asking again moves no money.
            Operation::IssueBillingKey => plan(&[RecoveryStep::Replay], 30),
            // A deletion may be sent again at any time: a key that is gone is the answer.
            Operation::DeleteBillingKey => plan(&[RecoveryStep::Replay], 24 * 60),
            // Asked for by the receipt's tid.
            Operation::CancelReceipt => plan(&[RecoveryStep::Inquire], 24 * 60),
            // A receipt whose tid was lost cannot be found, and one too many is the buyer's trouble: a person looks.
            Operation::IssueReceipt => plan(&[RecoveryStep::Operator], 0),
            // These never leave an open question of their own.
            _ => plan(&[RecoveryStep::Operator], 0),
        }
    }

    fn window(&self) -> Option<&dyn Window> {
        Some(self)
    }

    fn pass_through(&self) -> Option<&dyn PassThrough> {
        Some(self)
    }

    fn net_cancel(&self) -> Option<&dyn NetCancel> {
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

    fn billing_keys(&self) -> Option<&dyn BillingKeys> {
        Some(self)
    }
}

impl PassThrough for Nice {
    fn headers(&self) -> &'static [&'static str] {
        &["content-type"]
    }

    fn pass(&self, request: PassRequest, channel: &ChannelRevision) -> Result<Call, Refusal> {
        send::passed(channel, request)
    }
}

impl NetCancel for Nice {
    fn net_cancel(&self, command: &Approve, channel: &ChannelRevision) -> Result<Call, Refusal> {
        cancel::net_cancel(command, channel)
    }

    fn net_cancelled(
        &self,
        command: &Approve,
        channel: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<CancelDone> {
        cancel::net_cancelled(command, channel, call, answer)
    }
}
