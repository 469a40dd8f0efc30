//! NICE Payments (나이스페이먼츠), the older generation with MID and merchant key (`webapi/*.jsp`), which PortOne calls
//! `nice_v2`. The REST API of `start.nicepay.co.kr` is another adapter.
//!
//! Two steps: the window authenticates the buyer and the browser brings back a token and the addresses of the calls to
//! come; the server then approves, and only that moves money. A lost answer is undone at the second of those addresses
//! (net-cancel, 망취소), or learned by TID as far as a yes or no goes.

mod approve;
mod billing;
mod cancel;
mod codes;
mod escrow;
mod form;
mod inquire;
mod instant;
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
    EscrowCalls, Feature, Inquire, Instant, Limits, NetCancel, Notifications, Operation, OperationTimeouts, PgView,
    Prepared, ProviderName, RecoveryPlan, RecoveryStep, Refusal, Step, TextRule, VirtualAccounts, When, Window,
    WireAnswer,
};
use crate::payment::{Approval, MethodKind};
use bytes::Bytes;
use std::time::Duration;

/// The adapter.
#[derive(Debug, Clone, Copy)]
pub struct NiceLegacy;

/// NICE asks for 5 s to connect and 30 s to read, and for a net-cancel after that.
const TIMEOUTS: OperationTimeouts = OperationTimeouts {
    connect: Duration::from_secs(5),
    total: Duration::from_secs(30),
};

/// What is sent for an operation that is not part of the core: a path below the host and a form.
#[derive(Debug, Clone)]
struct Message {
    /// Path, from `/webapi`.
    path: &'static str,
    /// Body, EUC-KR, percent-encoded.
    body: Bytes,
}

impl Message {
    fn form(channel: &ChannelRevision, path: &'static str, fields: &[(&str, &str)]) -> Result<Self, Refusal> {
        let mut all = fields.to_vec();
        all.push(("CharSet", sign::credentials(channel)?.charset));
        all.push(("EdiType", "JSON"));
        Ok(Self {
            path,
            body: form::body(&all),
        })
    }
}

static DESCRIPTOR: Descriptor = Descriptor {
    names: ProviderName {
        id: "nice_legacy",
        v1: &["nice_v2"],
        v2: "NICE_V2",
        ko: "나이스페이먼츠 (MID 방식)",
        en: "NICE Payments (MID)",
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
                note: "key-in card payments (카드 키인) need a contract of their own; without it NICE Payments answers A128",
            },
        ),
        (
            Feature::PartialCancel,
            When::Contract {
                note: "the MID's contract must allow partial cancellations, and the card must (CcPartCl)",
            },
        ),
        (Feature::InquireByPgTxId, When::Yes),
        (
            Feature::InquireByOrderId,
            When::Never {
                why: "NICE Payments' older API is asked by TID only",
            },
        ),
        (
            Feature::IdempotencyKey,
            When::Never {
                why: "NICE Payments has none; an authentication is approved once",
            },
        ),
        (Feature::NetCancel, When::Yes),
        (
            Feature::VirtualAccountIssue,
            When::Contract {
                note: "accounts without a window need a contract; fixed ones (고정식) are not served",
            },
        ),
        (
            Feature::BillingKeyWindow,
            When::Never {
                why: "how NICE Payments' window issues wallet keys is not public; keys are issued by card number",
            },
        ),
        (
            Feature::BillingKeyInstant,
            When::Contract {
                note: "billing needs a contract, usually with a MID of its own; without it NICE Payments answers F116",
            },
        ),
        (
            Feature::Escrow,
            When::Contract {
                note: "an escrow contract; not with easy pay. The buyer's decision is not told by NICE Payments",
            },
        ),
        (
            Feature::EscrowDelivery,
            When::Contract {
                note: "an escrow contract; a registered delivery cannot be changed",
            },
        ),
        (
            Feature::CashReceipt,
            When::Contract {
                note: "a cash receipt contract; for money that NICE Payments did not take itself",
            },
        ),
        (Feature::Notifications, When::Yes),
        (
            Feature::TaxFree,
            When::Contract {
                note: "the MID's contract must split amounts (SupplyAmt, GoodsVat, ServiceAmt, TaxFreeAmt)",
            },
        ),
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
    hosts: &[
        "dc1-api.nicepay.co.kr",
        "dc2-api.nicepay.co.kr",
        "pg-api.nicepay.co.kr",
        "webapi.nicepay.co.kr",
        "web.nicepay.co.kr",
    ],
    base_url: "https://pg-api.nicepay.co.kr",
    endpoints: &[
        ("api", "https://pg-api.nicepay.co.kr"),
        ("webapi", "https://webapi.nicepay.co.kr"),
        ("script", "https://web.nicepay.co.kr/v3/webstd/js/nicepay-3.0.js"),
        ("mobile", "https://web.nicepay.co.kr/v3/v3Payment.jsp"),
    ],
    sender_ips: &["121.133.126.10", "121.133.126.11", "211.33.136.39"],
    escrow_link: Some("https://pg.nicepay.co.kr/issue/IssueEscrow.jsp?Mid={MID}&CoNo="),
    mid_max: sign::MID_LEN,
    timeouts: |_| TIMEOUTS,
};

impl Adapter for NiceLegacy {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn prepare(&self, channel: &ChannelSpec) -> Result<Prepared, Vec<Refusal>> {
        sign::prepare(channel)
    }

    fn approve(&self, command: &Approve, channel: &ChannelRevision) -> Result<Call, Refusal> {
        approve::approve(command, channel)
    }

    fn approved(&self, command: &Approve, channel: &ChannelRevision, _: &Call, answer: &WireAnswer) -> Step<Approval> {
        approve::approved(command, channel, answer)
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
        let plan = |steps, minutes: u64| RecoveryPlan {
            steps,
            // Past NICE's own time-out of 30 s: before that, "no such approval" can still become one.
            absence_after: Duration::from_secs(60),
            give_up_after: Duration::from_secs(minutes * 60),
        };
        match operation {
            // Undone rather than learned: the status tells neither order nor amount.
            Operation::Approve => plan(&[RecoveryStep::NetCancel, RecoveryStep::Inquire], 30),
            // The TID is ours and can be made again; there is no net-cancel for it.
            Operation::Instant | Operation::ChargeBillingKey => plan(&[RecoveryStep::Inquire], 30),
            // The status tells that an account was issued and not which, so it is cancelled by its TID, which is ours.
            Operation::IssueAccount => plan(&[RecoveryStep::NetCancel, RecoveryStep::Inquire], 30),
            // Cancelling the whole twice cancels once: "cancelled already" is the answer then.
            Operation::CloseAccount => plan(&[RecoveryStep::Replay, RecoveryStep::Inquire], 24 * 60),
            Operation::CancelReceipt => plan(&[RecoveryStep::Replay], 24 * 60),
            // Under the same TID, which NICE takes once.
            Operation::IssueReceipt => plan(&[RecoveryStep::Replay], 24 * 60),
            // A key that nobody was told of is one that nobody can charge, so asking again moves no money.
            Operation::IssueBillingKey => plan(&[RecoveryStep::Replay], 30),
            // A deletion may be sent again at any time: a key that is gone is the answer.
            Operation::DeleteBillingKey => plan(&[RecoveryStep::Replay], 24 * 60),
            // The cancellation's number guards against a second one; one repetition shows by what is left whether it did.
            Operation::Cancel => plan(&[RecoveryStep::ReplayOnce, RecoveryStep::Inquire], 10),
            // These never leave an open question of their own.
            _ => plan(&[RecoveryStep::Operator], 0),
        }
    }

    fn window(&self) -> Option<&dyn Window> {
        Some(self)
    }

    fn instant(&self) -> Option<&dyn Instant> {
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

    fn escrow(&self) -> Option<&dyn EscrowCalls> {
        Some(self)
    }

    fn billing_keys(&self) -> Option<&dyn BillingKeys> {
        Some(self)
    }
}

impl NetCancel for NiceLegacy {
    fn net_cancel(&self, command: &Approve, channel: &ChannelRevision) -> Result<Call, Refusal> {
        cancel::net_cancel(command, channel)
    }

    fn net_cancelled(
        &self,
        command: &Approve,
        channel: &ChannelRevision,
        _: &Call,
        answer: &WireAnswer,
    ) -> Step<CancelDone> {
        cancel::net_cancelled(command, channel, answer)
    }
}
