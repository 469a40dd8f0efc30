//! NHN KCP (NHN한국사이버결제), the certificate-based REST API "API 표준결제" (PG-API). The older binary module with a site
//! key is another protocol and not spoken here.
//!
//! Two steps: the window authenticates the buyer and the browser brings back a closed blob; the server then has the blob
//! approved, and only that moves money. KCP has no net-cancel and no way to find a payment by our order number: a lost
//! approval is repeated, because the blob opens once, and when that does not tell, a person must look.

mod approve;
mod billing;
mod cancel;
mod certificate;
mod codes;
mod der;
mod escrow;
mod form;
mod inquire;
mod instant;
mod mask;
mod method;
mod notify;
mod pkcs8;
mod receipts;
mod returned;
mod rules;
mod send;
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
    EscrowCalls, Feature, Inquire, Instant, Limits, Notifications, Operation, OperationTimeouts, PgView, Prepared,
    ProviderName, RecoveryPlan, RecoveryStep, Refusal, Step, TextRule, VirtualAccounts, When, Window, WireAnswer,
};
use crate::payment::{Approval, MethodKind, Millis};
use std::time::Duration;

/// The adapter.
#[derive(Debug, Clone, Copy)]
pub struct Kcp;

/// KCP publishes no time-outs; its integrations wait 5 s to connect and up to half a minute to read.
const TIMEOUTS: OperationTimeouts = OperationTimeouts {
    connect: Duration::from_secs(5),
    total: Duration::from_secs(30),
};

static FEATURES: &[(Feature, When)] = &[
    (Feature::WindowPc, When::Yes),
    (Feature::WindowMobile, When::Yes),
    (
        Feature::Instant,
        When::Contract {
            note: "key-in card payments (수기결제) need a contract of their own",
        },
    ),
    (
        Feature::PartialCancel,
        When::Contract {
            note: "the site and the card must allow it (partcanc_yn); phone bills by the option carrierPartial, deposits \
                   by accountRefund; gift certificates and escrow payments never",
        },
    ),
    (
        Feature::InquireByPgTxId,
        When::Contract {
            note: "a right of its own at KCP; a site without it is answered S032",
        },
    ),
    (
        Feature::InquireByOrderId,
        When::Never {
            why: "KCP is asked by its transaction number (tno) only",
        },
    ),
    (
        Feature::IdempotencyKey,
        When::Never {
            why: "KCP has none; an authentication is approved once",
        },
    ),
    (
        Feature::NetCancel,
        When::Never {
            why: "KCP's REST API has none; a lost approval is sent again, then a person looks",
        },
    ),
    (Feature::VirtualAccountIssue, When::Yes),
    (
        Feature::BillingKeyWindow,
        When::Contract {
            note: "recurring cards (정기과금) and their group id",
        },
    ),
    (
        Feature::BillingKeyInstant,
        When::Contract {
            note: "keys by card number, and the channel's option keyInBilling",
        },
    ),
    (
        Feature::Escrow,
        When::Contract {
            note: "an escrow contract; transfers and virtual accounts only, and the channel's option escrow for changes",
        },
    ),
    (
        Feature::EscrowDelivery,
        When::Contract {
            note: "an escrow contract and the channel's option escrow",
        },
    ),
    (
        Feature::EscrowModify,
        When::Never {
            why: "KCP has no call for it",
        },
    ),
    (
        Feature::EscrowComplete,
        When::Never {
            why: "only the buyer confirms at KCP",
        },
    ),
    (
        Feature::EscrowRejectAck,
        When::Never {
            why: "at KCP a rejection is accepted by cancelling the payment",
        },
    ),
    (
        Feature::CashReceipt,
        When::Contract {
            note: "issue only; receipts are cancelled and looked up in KCP's partner admin",
        },
    ),
    (Feature::Notifications, When::Yes),
    (
        Feature::TaxFree,
        When::Contract {
            note: "a site of mixed taxation (복합과세)",
        },
    ),
    (
        Feature::Reconciliation,
        When::Never {
            why: "KCP's REST API has no lists",
        },
    ),
];

static DESCRIPTOR: Descriptor = Descriptor {
    names: ProviderName {
        id: "kcp",
        v1: &["kcp", "kcp_billing"],
        v2: "KCP_V2",
        ko: "NHN KCP",
        en: "NHN KCP",
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
    features: FEATURES,
    limits: Limits {
        order_id_min: 1,
        order_id_max: rules::ORDER_ID_MAX,
        amount_min: &[
            (MethodKind::Card, 1000),
            (MethodKind::EasyPay, 1000),
            (MethodKind::Transfer, 400),
            (MethodKind::VirtualAccount, 301),
            (MethodKind::Mobile, 400),
        ],
        // `good_mny` has twelve digits.
        amount_max: 999_999_999_999,
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
        "spl.kcp.co.kr",
        "stg-spl.kcp.co.kr",
        "smpay.kcp.co.kr",
        "testsmpay.kcp.co.kr",
        "spay.kcp.co.kr",
        "testspay.kcp.co.kr",
    ],
    base_url: "https://spl.kcp.co.kr",
    endpoints: &[
        ("api", "https://spl.kcp.co.kr"),
        ("mobile", "https://smpay.kcp.co.kr"),
        ("script", "https://spay.kcp.co.kr/plugin/kcp_spay_hub.js"),
    ],
    sender_ips: &[
        "103.215.144.173",
        "103.215.144.174",
        // Named by older integrations.
        "103.215.145.30",
        "203.238.36.58",
        "203.238.36.160",
        "203.238.36.161",
        "203.238.36.173",
        "203.238.36.178",
        // Test sites.
        "210.122.176.144",
    ],
    escrow_link: Some("https://admin.kcp.co.kr/Modules/escrow/kcp_pop.jsp?site_cd={MID}"),
    mid_max: sign::SITE_CODE_LEN,
    timeouts: |_| TIMEOUTS,
};

impl Adapter for Kcp {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn prepare(&self, channel: &ChannelSpec) -> Result<Prepared, Vec<Refusal>> {
        sign::prepare(channel)
    }

    fn expires_at(&self, prepared: &Prepared) -> Option<Millis> {
        prepared
            .downcast_ref::<sign::Credentials>()
            .map(sign::Credentials::not_after)
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
        let plan = |steps, give_up: u64| RecoveryPlan {
            steps,
            absence_after: Duration::from_secs(60),
            give_up_after: Duration::from_secs(give_up),
        };
        match operation {
            // A blob opens once, so repeating cannot charge twice: a success shows that the first sending never ran. When
            // KCP says that the blob was used, its answer is lost for good and a person looks it up.
            Operation::Approve => plan(&[RecoveryStep::Replay, RecoveryStep::Inquire], 60),
            // KCP's state guards: the repetition of one that ran is refused by it.
            Operation::Cancel => plan(&[RecoveryStep::Replay, RecoveryStep::Inquire], 600),
            Operation::CloseAccount | Operation::DeleteBillingKey | Operation::Escrow => {
                plan(&[RecoveryStep::Replay], 600)
            }
            // A window's blob opens once; card data is gone by then and is not sent again.
            Operation::IssueBillingKey => plan(&[RecoveryStep::Replay], 60),
            // Nothing guards these against a second charge, account or receipt.
            _ => plan(&[RecoveryStep::Operator], 0),
        }
    }

    fn window(&self) -> Option<&dyn Window> {
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

    fn escrow(&self) -> Option<&dyn EscrowCalls> {
        Some(self)
    }

    fn billing_keys(&self) -> Option<&dyn BillingKeys> {
        Some(self)
    }
}
