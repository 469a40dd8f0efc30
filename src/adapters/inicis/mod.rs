//! KG Inicis: INIpay Standard (PC window), INIpay Mobile and INIAPI, which PortOne calls `html5_inicis` and `INICIS_V2`.
//!
//! The window authenticates only; the server approves, and only that moves money. A lost answer is undone by net-cancel
//! at the data centre that authenticated: the TID of an approval is known from its answer alone.

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
mod tables;
mod vbank;
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
use std::time::Duration;

/// The adapter.
#[derive(Debug, Clone, Copy)]
pub struct Inicis;

const TIMEOUTS: OperationTimeouts = OperationTimeouts {
    connect: Duration::from_secs(5),
    total: Duration::from_secs(30),
};

static DESCRIPTOR: Descriptor = Descriptor {
    names: ProviderName {
        id: "inicis",
        v1: &["html5_inicis", "inicis"],
        v2: "INICIS_V2",
        ko: "KG이니시스",
        en: "KG Inicis",
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
                note: "수기결제; where the contract checks no owner, leave out birth date and password",
            },
        ),
        (
            Feature::PartialCancel,
            When::Contract {
                note: "the MID's contract must allow partial cancellations, and the card must; phone bills and gift \
                       certificates are cancelled in whole only",
            },
        ),
        (Feature::InquireByPgTxId, When::Yes),
        (
            Feature::InquireByOrderId,
            When::Contract {
                note: "주문번호 중복방지; say so in the channel's uniqueOrderIds",
            },
        ),
        (
            Feature::IdempotencyKey,
            When::Never {
                why: "KG Inicis has none; an authentication is approved once",
            },
        ),
        (Feature::NetCancel, When::Yes),
        (
            Feature::VirtualAccountIssue,
            When::Contract {
                note: "INIAPI virtual accounts need a contract of their own; refunds need 가상계좌환불서비스",
            },
        ),
        (
            Feature::BillingKeyWindow,
            When::Contract {
                note: "a MID of 빌링(정기결제); phones need the channel's liteKey. KG Inicis has no call to delete a key: \
                       this router forgets its own",
            },
        ),
        (
            Feature::BillingKeyInstant,
            When::Contract {
                note: "a MID of 빌링(정기결제) with key-in. KG Inicis has no call to delete a key: this router forgets its own",
            },
        ),
        (
            Feature::Escrow,
            When::Contract {
                note: "에스크로; say so in the channel's escrow. Transfers and virtual accounts in the window only",
            },
        ),
        (Feature::EscrowDelivery, When::Contract { note: "에스크로" }),
        (Feature::EscrowModify, When::Contract { note: "에스크로" }),
        (
            Feature::EscrowComplete,
            When::Never {
                why: "only the buyer confirms at KG Inicis",
            },
        ),
        (
            Feature::EscrowRejectAck,
            When::Never {
                why: "at KG Inicis a rejection is accepted by cancelling the payment",
            },
        ),
        (
            Feature::CashReceipt,
            When::Contract {
                note: "현금영수증; KG Inicis has no inquiry, so a lost issue is for a person",
            },
        ),
        (Feature::Notifications, When::Yes),
        (
            Feature::TaxFree,
            When::Contract {
                note: "부가세 업체정함: without it KG Inicis does not take the parts",
            },
        ),
    ],
    limits: Limits {
        order_id_min: 1,
        order_id_max: rules::ORDER_ID_MAX,
        amount_min: &[
            (MethodKind::Card, 100),
            (MethodKind::EasyPay, 100),
            (MethodKind::VirtualAccount, 200),
        ],
        amount_max: 999_999_999,
        currencies: &["KRW"],
        texts: &[
            TextRule {
                field: "orderName",
                chars_max: rules::GOODS_MAX.0,
                cut: true,
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
        "iniapi.inicis.com",
        "stginiapi.inicis.com",
        "stdpay.inicis.com",
        "fcstdpay.inicis.com",
        "ksstdpay.inicis.com",
        "stgstdpay.inicis.com",
        "mobile.inicis.com",
        "fcmobile.inicis.com",
        "ksmobile.inicis.com",
        "stgmobile.inicis.com",
        "inilite.inicis.com",
    ],
    base_url: "https://iniapi.inicis.com",
    endpoints: &[
        ("api", "https://iniapi.inicis.com"),
        ("script", "https://stdpay.inicis.com/stdjs/INIStdPay.js"),
        ("mobile", "https://mobile.inicis.com/smart/payment"),
        ("inibill", "https://inilite.inicis.com/inibill/inibill_card.jsp"),
        // Data centres: the address begins with fc, ks or stg.
        ("stdpay", "https://stdpay.inicis.com"),
        ("mobilepay", "https://mobile.inicis.com"),
    ],
    sender_ips: &[
        "203.238.37.15",
        "39.115.212.9",
        "183.109.71.153",
        "118.129.210.25",
        "211.219.96.165",
        "203.238.37.3",
        "203.238.37.16",
        "203.238.37.25",
        "203.238.37.32",
    ],
    escrow_link: Some("https://mark.inicis.com/mark/escrow_popup.php?mid={MID}"),
    mid_max: 10,
    timeouts: |_| TIMEOUTS,
};

impl Adapter for Inicis {
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
            // A net-cancel or an inquiry may overtake the approval: "not found" is believed a minute after the call.
            absence_after: Duration::from_secs(60),
            give_up_after: Duration::from_secs(minutes * 60),
        };
        match operation {
            Operation::Approve => plan(&[RecoveryStep::NetCancel, RecoveryStep::Inquire], 30),
            // Never repeated: a charge is not guarded. By order number, where the contract allows.
            Operation::Instant | Operation::IssueAccount | Operation::ChargeBillingKey => {
                plan(&[RecoveryStep::Inquire], 30)
            }
            Operation::Cancel => plan(&[RecoveryStep::Inquire], 30),
            // The same authentication or card again: a key that nobody was told of is one that nobody can charge.
            Operation::IssueBillingKey => plan(&[RecoveryStep::Replay], 30),
            Operation::CloseAccount => plan(&[RecoveryStep::Replay], 30),
            Operation::Escrow => plan(&[RecoveryStep::Replay], 30),
            Operation::CancelReceipt => plan(&[RecoveryStep::Replay], 24 * 60),
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

    fn billing_keys(&self) -> Option<&dyn BillingKeys> {
        Some(self)
    }

    fn cash_receipts(&self) -> Option<&dyn CashReceipts> {
        Some(self)
    }

    fn escrow(&self) -> Option<&dyn EscrowCalls> {
        Some(self)
    }

    fn virtual_accounts(&self) -> Option<&dyn VirtualAccounts> {
        Some(self)
    }
}

impl NetCancel for Inicis {
    fn net_cancel(&self, command: &Approve, channel: &ChannelRevision) -> Result<Call, Refusal> {
        approve::net_cancel(command, channel)
    }

    fn net_cancelled(
        &self,
        command: &Approve,
        channel: &ChannelRevision,
        _: &Call,
        answer: &WireAnswer,
    ) -> Step<CancelDone> {
        approve::net_cancelled(command, channel, answer)
    }
}
