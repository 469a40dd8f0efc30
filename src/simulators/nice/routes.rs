//! The paths of the API and of its browser side.

use crate::simulators::faults::Operation;
use crate::simulators::pg::PgRequest;

/// Operations that this PG has.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::Approve,
    Operation::Cancel,
    Operation::NetCancel,
    Operation::Inquire,
    Operation::Register,
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
    Token,
    Approve(&'a str),
    Cancel(&'a str),
    NetCancel,
    ByTid(&'a str),
    ByOrder(&'a str),
    CheckAmount(&'a str),
    CardEvents,
    InterestFree,
    IssueBid,
    ChargeBid(&'a str),
    ExpireBid(&'a str),
    IssueReceipt,
    CancelReceipt(&'a str),
    Receipt(&'a str),
    AddHook,
    Hooks,
    UpdateHook(&'a str),
    DeleteHook(&'a str),
    Script,
    Open,
    Window(&'a str),
    Decide(&'a str),
    /// The path exists, the method does not fit.
    WrongMethod,
    Nothing,
}

impl<'a> Route<'a> {
    pub fn of(request: &PgRequest<'a>) -> Self {
        let found = Self::find(request.inner.method.as_str(), request.path);
        let other = || ["GET", "POST"].map(|method| Self::find(method, request.path));
        if found == Self::Nothing && other().iter().any(|route| *route != Self::Nothing) {
            return Self::WrongMethod;
        }
        found
    }

    fn find(method: &str, path: &'a str) -> Self {
        let mut parts = path.split('/').filter(|s| !s.is_empty());
        let mut next = || parts.next().unwrap_or_default();
        let path = [next(), next(), next(), next(), next()];
        match (method, path) {
            ("POST", ["v1", "access-token", "", "", ""]) => Self::Token,
            ("POST", ["v1", "payments", "netcancel", "", ""]) => Self::NetCancel,
            ("POST", ["v1", "payments", tid, "cancel", ""]) => Self::Cancel(tid),
            ("POST", ["v1", "payments", tid, "", ""]) if !tid.is_empty() => Self::Approve(tid),
            ("GET", ["v1", "payments", "find", order, ""]) if !order.is_empty() => Self::ByOrder(order),
            ("GET", ["v1", "payments", tid, "", ""]) if !tid.is_empty() && tid != "netcancel" => Self::ByTid(tid),
            ("POST", ["v1", "check-amount", tid, "", ""]) if !tid.is_empty() => Self::CheckAmount(tid),
            ("GET", ["v1", "card", "event", "", ""]) => Self::CardEvents,
            ("GET", ["v1", "card", "interest-free", "", ""]) => Self::InterestFree,
            ("POST", ["v1", "subscribe", "regist", "", ""]) => Self::IssueBid,
            ("POST", ["v1", "subscribe", bid, "payments", ""]) => Self::ChargeBid(bid),
            ("POST", ["v1", "subscribe", bid, "expire", ""]) => Self::ExpireBid(bid),
            ("POST", ["v1", "receipt", "", "", ""]) => Self::IssueReceipt,
            ("POST", ["v1", "receipt", tid, "cancel", ""]) => Self::CancelReceipt(tid),
            ("GET", ["v1", "receipt", tid, "", ""]) if !tid.is_empty() => Self::Receipt(tid),
            ("POST", ["v1", "webhook", "", "", ""]) => Self::AddHook,
            ("GET", ["v1", "webhook", "", "", ""]) => Self::Hooks,
            ("POST", ["v1", "webhook", method, "update", ""]) => Self::UpdateHook(method),
            ("POST", ["v1", "webhook", method, "delete", ""]) => Self::DeleteHook(method),
            ("GET", ["v1", "js", "", "", ""]) => Self::Script,
            ("POST", ["window", "open", "", "", ""]) => Self::Open,
            ("POST", ["window", id, "decide", "", ""]) => Self::Decide(id),
            ("GET", ["window", id, "", "", ""]) if !id.is_empty() => Self::Window(id),
            _ => Self::Nothing,
        }
    }

    pub fn operation(self) -> Option<Operation> {
        Some(match self {
            Self::Token | Self::AddHook | Self::Hooks | Self::UpdateHook(_) | Self::DeleteHook(_) => {
                Operation::Register
            }
            Self::Approve(_) => Operation::Approve,
            Self::Cancel(_) => Operation::Cancel,
            Self::NetCancel => Operation::NetCancel,
            Self::ByTid(_) | Self::ByOrder(_) | Self::CheckAmount(_) => Operation::Inquire,
            Self::CardEvents | Self::InterestFree => Operation::List,
            Self::IssueBid => Operation::BillingIssue,
            Self::ChargeBid(_) => Operation::BillingPay,
            Self::ExpireBid(_) => Operation::BillingDelete,
            Self::IssueReceipt | Self::CancelReceipt(_) | Self::Receipt(_) => Operation::CashReceipt,
            Self::Script | Self::Open | Self::Window(_) | Self::Decide(_) => Operation::Window,
            Self::WrongMethod | Self::Nothing => return None,
        })
    }
}

/// A path segment, percent-decoded.
pub(super) fn decode(segment: &str) -> String {
    percent_encoding::percent_decode_str(segment)
        .decode_utf8_lossy()
        .into_owned()
}
