//! KSNET (KSPAY). Three unrelated wires: the hosted window with its fetch call, whose answer is EUC-KR text between
//! backticks; a JSON API for cancellations and key-in payments; and a socket with fixed-length records.
//!
//! Two steps: the window authenticates the buyer and the browser brings back a key; the server's fetch call with that key
//! approves, and only that moves money. Nothing in the window is signed, so the fetch call's answer is the only truth.

mod approve;
mod billing;
mod cancel;
mod codes;
mod form;
mod inquire;
mod instant;
mod mask;
mod method;
mod notify;
mod receipts;
mod request;
mod returned;
mod rules;
mod send;
mod sign;
mod tables;
mod vbank;
mod window;
mod wire;

#[cfg(test)]
mod tests;

use super::{
    Adapter, Approve, BillingKeys, Call, Cancel, CancelDone, CashReceipts, ChannelRevision, ChannelSpec, Descriptor,
    Feature, Inquire, Instant, Limits, NetCancel, Notifications, Operation, OperationTimeouts, PgView, Prepared,
    ProviderName, RecoveryPlan, RecoveryStep, Refusal, Step, TextRule, VirtualAccounts, When, Window, WireAnswer,
};
use crate::payment::{Approval, MethodKind};
use std::time::Duration;

/// The adapter.
#[derive(Debug, Clone, Copy)]
pub struct Ksnet;

/// Integrations wait 20 s for a fetch call before they repeat it.
const TIMEOUTS: OperationTimeouts = OperationTimeouts {
    connect: Duration::from_secs(5),
    total: Duration::from_secs(20),
};

static DESCRIPTOR: Descriptor = Descriptor {
    names: ProviderName {
        id: "ksnet",
        v1: &["ksnet"],
        v2: "KSNET",
        ko: "KSNET",
        en: "KSNET",
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
                note: "key-in card payments (수기결제) need a contract of their own",
            },
        ),
        (Feature::PartialCancel, When::Yes),
        (
            Feature::InquireByPgTxId,
            When::Never {
                why: "KSNET publishes no inquiry",
            },
        ),
        (
            Feature::InquireByOrderId,
            When::Never {
                why: "KSNET publishes no inquiry",
            },
        ),
        (
            Feature::IdempotencyKey,
            When::Never {
                why: "KSNET has none; a window's payment key is approved once, and the same call answers the same",
            },
        ),
        (Feature::NetCancel, When::Yes),
        (
            Feature::VirtualAccountIssue,
            When::Contract {
                note: "accounts by API need a contract; closing one needs the channel's socket switch",
            },
        ),
        (
            Feature::BillingKeyWindow,
            When::Never {
                why: "KSNET does not publish the fields of its window for tokens (KSPaySimple)",
            },
        ),
        (
            Feature::BillingKeyInstant,
            When::Contract {
                note: "the channel's socket switch, on a private line or KSNET's relay: card data goes in clear text",
            },
        ),
        (
            Feature::Escrow,
            When::Contract {
                note: "a delivery escrow contract; deliveries are registered in KSTA",
            },
        ),
        (
            Feature::EscrowDelivery,
            When::Never {
                why: "KSNET publishes no call; register deliveries in KSTA",
            },
        ),
        (
            Feature::CashReceipt,
            When::Contract {
                note: "the channel's socket switch; without it receipts are issued in the window of transfers only",
            },
        ),
        (Feature::Notifications, When::Yes),
        (
            Feature::TaxFree,
            When::Contract {
                note: "a MID for mixed taxation (복합과세); in the window also the channel's taxFreeField",
            },
        ),
    ],
    limits: Limits {
        order_id_min: 1,
        order_id_max: rules::ORDER_ID_MAX,
        amount_min: &[(MethodKind::Card, 1000), (MethodKind::EasyPay, 1000)],
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
        ],
        installment_min: 50_000,
        installment_months_max: 12,
    },
    hosts: &[
        "kspay.ksnet.to",
        "pay.ksnet.co.kr",
        "paydev.ksnet.co.kr",
        "pgdev.ksnet.co.kr",
    ],
    base_url: "https://pay.ksnet.co.kr",
    endpoints: &[
        ("api", "https://pay.ksnet.co.kr"),
        ("window", "https://kspay.ksnet.to"),
        ("socket", "tcp://210.181.28.137:21001"),
    ],
    sender_ips: &["210.181.28.114", "210.181.29.130", "106.246.242.226", "210.181.28.116"],
    escrow_link: None,
    mid_max: sign::MID_LEN,
    timeouts: |_| TIMEOUTS,
};

impl Adapter for Ksnet {
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

    fn inquire(&self, _: &Inquire, _: &ChannelRevision) -> Result<Call, Refusal> {
        Err(inquire::refusal())
    }

    fn inquired(&self, _: &Inquire, _: &ChannelRevision, _: &Call, _: &WireAnswer) -> Step<PgView> {
        codes::unknown(codes::doubt("NARU_UNREADABLE", inquire::refusal().to_string()))
    }

    fn recovery(&self, operation: Operation) -> RecoveryPlan {
        let plan = |steps, minutes: u64| RecoveryPlan {
            steps,
            // A cancellation by order number can overtake an approval that is still running.
            absence_after: Duration::from_secs(60),
            give_up_after: Duration::from_secs(minutes * 60),
        };
        match operation {
            // The same call tells what happened; only where it does not answer is the order undone.
            Operation::Approve => plan(&[RecoveryStep::Replay, RecoveryStep::NetCancel], 30),
            // The part's number guards against a second cancellation; one repetition tells.
            Operation::Cancel => plan(&[RecoveryStep::ReplayOnce, RecoveryStep::Operator], 10),
            // There is no inquiry by order number, but a cancellation by it: what was made is taken back.
            Operation::ChargeBillingKey => plan(&[RecoveryStep::NetCancel], 30),
            // KSNET takes an order number once, so a repetition makes no second receipt; where it says that the first was
            // made, nobody can be told its number.
            Operation::IssueReceipt => plan(&[RecoveryStep::Replay], 10),
            // A second time it is cancelled already.
            Operation::CancelReceipt | Operation::CloseAccount => plan(&[RecoveryStep::Replay], 24 * 60),
            // A token that nobody was told of is one that nobody can charge.
            Operation::IssueBillingKey => plan(&[RecoveryStep::Replay], 30),
            // None may be sent again, and nothing can be asked.
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

    fn cash_receipts(&self) -> Option<&dyn CashReceipts> {
        Some(self)
    }

    fn billing_keys(&self) -> Option<&dyn BillingKeys> {
        Some(self)
    }

    fn virtual_accounts(&self) -> Option<&dyn VirtualAccounts> {
        Some(self)
    }
}

impl NetCancel for Ksnet {
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
