//! What a PG is and can do, as data. Validation, forms, the capability table and merchants' errors are made from it.

use super::Operation;
use crate::payment::MethodKind;
use serde::Serialize;
use std::time::Duration;

/// A provider's names.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProviderName {
    /// Router id, e.g. `toss`.
    pub id: &'static str,
    /// V1 `pg` words.
    pub v1: &'static [&'static str],
    /// V2 `pgProvider` word.
    pub v2: &'static str,
    /// Korean name.
    pub ko: &'static str,
    /// English name.
    pub en: &'static str,
}

/// One credential of a channel.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CredentialField {
    /// Key in the channel file.
    pub name: &'static str,
    /// Must be given.
    pub required: bool,
    /// Must be a secret reference (`env:`, `file:`), never shown.
    pub secret: bool,
    /// What it is and where the merchant finds it.
    pub description: &'static str,
    /// Form, for the operator, e.g. `test_sk_…`.
    pub format: &'static str,
}

/// What a PG can do beyond the core.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the names are the documentation
pub enum Feature {
    WindowPc,
    WindowMobile,
    Instant,
    PartialCancel,
    InquireByPgTxId,
    InquireByOrderId,
    IdempotencyKey,
    NetCancel,
    VirtualAccountIssue,
    BillingKeyWindow,
    BillingKeyInstant,
    Escrow,
    EscrowDelivery,
    CashReceipt,
    Notifications,
    TaxFree,
    EscrowModify,
    EscrowComplete,
    EscrowRejectAck,
    Reconciliation,
}

/// When a feature may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "when", rename_all = "snake_case")]
pub enum When {
    /// Served.
    Yes,
    /// Served, if the merchant's contract has it.
    Contract {
        /// What the contract must have.
        note: &'static str,
    },
    /// The PG has it, this adapter does not serve it yet.
    NotYet,
    /// The PG has no such thing.
    Never {
        /// Why, for the merchant.
        why: &'static str,
    },
}

/// A text field's limit in the wire's own charset.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TextRule {
    /// Field in PortOne's spelling.
    pub field: &'static str,
    /// Most characters.
    pub chars_max: usize,
    /// Longer text is cut (true) or refused (false).
    pub cut: bool,
}

/// Limits of a PG.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// Shortest order number.
    pub order_id_min: usize,
    /// Longest order number.
    pub order_id_max: usize,
    /// Least amount per method, minor units; methods not listed have 1.
    pub amount_min: &'static [(MethodKind, i64)],
    /// Largest amount, minor units.
    pub amount_max: i64,
    /// Currencies.
    pub currencies: &'static [&'static str],
    /// Text limits.
    pub texts: &'static [TextRule],
    /// Least amount for instalments, minor units.
    pub installment_min: i64,
    /// Most instalment months.
    pub installment_months_max: u32,
}

/// Time-outs of one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OperationTimeouts {
    /// Resolve, connect, TLS.
    #[serde(skip)]
    pub connect: Duration,
    /// From the first byte sent to the last byte received.
    #[serde(skip)]
    pub total: Duration,
}

/// A PG, described.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// Names.
    pub names: ProviderName,
    /// Credentials.
    pub credentials: &'static [CredentialField],
    /// Methods served.
    pub methods: &'static [MethodKind],
    /// Features.
    pub features: &'static [(Feature, When)],
    /// Limits.
    pub limits: Limits,
    /// Hosts that live channels may call.
    pub hosts: &'static [&'static str],
    /// Default base URL of the API.
    pub base_url: &'static str,
    /// Named endpoints a test channel may override besides `api`, with defaults.
    pub endpoints: &'static [(&'static str, &'static str)],
    /// Sender addresses of notifications.
    pub sender_ips: &'static [&'static str],
    /// Escrow certificate link with `{MID}`, if any.
    pub escrow_link: Option<&'static str>,
    /// Longest MID.
    pub mid_max: usize,
    /// Time-outs by operation.
    #[serde(skip)]
    pub timeouts: fn(Operation) -> OperationTimeouts,
}

impl Descriptor {
    /// How a feature stands; a feature that is not listed does not exist at this PG.
    #[must_use]
    pub fn feature(&self, feature: Feature) -> When {
        self.features.iter().find(|(f, _)| *f == feature).map_or(
            When::Never {
                why: "the PG has no such call",
            },
            |(_, when)| *when,
        )
    }

    /// Whether a feature is served (perhaps by contract).
    #[must_use]
    pub fn serves(&self, feature: Feature) -> bool {
        matches!(self.feature(feature), When::Yes | When::Contract { .. })
    }

    /// Least amount for a method, minor units.
    #[must_use]
    pub fn amount_min(&self, method: MethodKind) -> i64 {
        self.limits
            .amount_min
            .iter()
            .find(|(m, _)| *m == method)
            .map_or(1, |(_, least)| *least)
    }
}
