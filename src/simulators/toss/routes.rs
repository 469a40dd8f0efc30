//! The paths of Toss Payments' API and of its browser side.

use crate::simulators::faults::Operation;
use crate::simulators::pg::PgRequest;

/// Operations that this PG has.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::Approve,
    Operation::Instant,
    Operation::Register,
    Operation::Cancel,
    Operation::Inquire,
    Operation::Vbank,
    Operation::BillingIssue,
    Operation::BillingPay,
    Operation::BillingDelete,
    Operation::CashReceipt,
    Operation::List,
    Operation::Window,
];

/// A path with its ids still percent-encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route<'a> {
    Confirm,
    KeyIn,
    Create,
    Cancel(&'a str),
    ByKey(&'a str),
    ByOrder(&'a str),
    Checkout(&'a str),
    IssueVbank,
    IssueBilling,
    RegisterCard,
    ChargeBilling(&'a str),
    DeleteBilling(&'a str),
    IssueReceipt,
    CancelReceipt(&'a str),
    ListReceipts,
    Transactions,
    Settlements,
    SettleManually,
    Script,
    Open,
    Window(&'a str),
    Decide(&'a str),
    Nothing,
}

impl<'a> Route<'a> {
    pub fn of(request: &PgRequest<'a>) -> Self {
        let mut parts = request.path.split('/').filter(|s| !s.is_empty());
        let mut next = || parts.next().unwrap_or_default();
        let path = [next(), next(), next(), next(), next()];
        match (request.inner.method.as_str(), path) {
            ("POST", ["v1", "payments", "confirm", "", ""]) => Self::Confirm,
            ("POST", ["v1", "payments", "key-in", "", ""]) => Self::KeyIn,
            ("POST", ["v1", "payments", "", "", ""]) => Self::Create,
            ("POST", ["v1", "payments", key, "cancel", ""]) => Self::Cancel(key),
            ("GET", ["v1", "payments", "orders", id, ""]) if !id.is_empty() => Self::ByOrder(id),
            ("GET", ["v1", "payments", key, "checkout", ""]) => Self::Checkout(key),
            ("GET", ["v1", "payments", key, "", ""]) if !key.is_empty() => Self::ByKey(key),
            ("POST", ["v1", "virtual-accounts", "", "", ""]) => Self::IssueVbank,
            ("POST", ["v1", "billing", "authorizations", "issue", ""]) => Self::IssueBilling,
            ("POST", ["v1", "billing", "authorizations", "card", ""]) => Self::RegisterCard,
            // A billing key holds base64 signs; a slash in it arrives encoded.
            ("POST", ["v1", "billing", key, "", ""]) if !key.is_empty() => Self::ChargeBilling(key),
            ("DELETE", ["v1", "billing", key, "", ""]) if !key.is_empty() => Self::DeleteBilling(key),
            ("POST", ["v1", "cash-receipts", "", "", ""]) => Self::IssueReceipt,
            ("GET", ["v1", "cash-receipts", "", "", ""]) => Self::ListReceipts,
            ("POST", ["v1", "cash-receipts", key, "cancel", ""]) => Self::CancelReceipt(key),
            ("GET", ["v1", "transactions", "", "", ""]) => Self::Transactions,
            ("GET", ["v1", "settlements", "", "", ""]) => Self::Settlements,
            ("POST", ["v1", "settlements", "", "", ""]) => Self::SettleManually,
            ("GET", ["v2", "standard", "", "", ""]) => Self::Script,
            ("POST", ["window", "open", "", "", ""]) => Self::Open,
            ("POST", ["window", id, "decide", "", ""]) => Self::Decide(id),
            ("GET", ["window", id, "", "", ""]) if !id.is_empty() => Self::Window(id),
            _ => Self::Nothing,
        }
    }

    pub fn operation(self) -> Option<Operation> {
        Some(match self {
            Self::Confirm => Operation::Approve,
            Self::KeyIn => Operation::Instant,
            Self::Create => Operation::Register,
            Self::Cancel(_) => Operation::Cancel,
            Self::ByKey(_) | Self::ByOrder(_) => Operation::Inquire,
            Self::IssueVbank => Operation::Vbank,
            Self::IssueBilling | Self::RegisterCard => Operation::BillingIssue,
            Self::ChargeBilling(_) => Operation::BillingPay,
            Self::DeleteBilling(_) => Operation::BillingDelete,
            Self::IssueReceipt | Self::CancelReceipt(_) | Self::ListReceipts => Operation::CashReceipt,
            Self::Transactions | Self::Settlements | Self::SettleManually => Operation::List,
            Self::Checkout(_) | Self::Script | Self::Open | Self::Window(_) | Self::Decide(_) => Operation::Window,
            Self::Nothing => return None,
        })
    }
}

/// A path segment, percent-decoded.
pub(super) fn decode(segment: &str) -> String {
    percent_encoding::percent_decode_str(segment)
        .decode_utf8_lossy()
        .into_owned()
}
