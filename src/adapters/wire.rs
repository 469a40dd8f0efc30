//! What goes over the wire, as data: requests, answers, outcomes, and how an unknown outcome is resolved.

use crate::payment::Failure;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::time::Duration;

/// What a call is for: picks time-outs, labels metrics and journal rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Registration before a window.
    Register,
    /// Approval after authentication.
    Approve,
    /// Key-in payment.
    Instant,
    /// Cancellation, full or partial.
    Cancel,
    /// Inquiry.
    Inquire,
    /// Net-cancel (망취소).
    NetCancel,
    /// Issue of a virtual account by a server call.
    IssueAccount,
    /// Closing a virtual account before its deposit.
    CloseAccount,
    /// Issue of a stand-alone cash receipt.
    IssueReceipt,
    /// Cancellation of a stand-alone cash receipt.
    CancelReceipt,
    /// Telling the PG of a delivery or a decision about an escrow payment.
    Escrow,
    /// Issue of a billing key.
    IssueBillingKey,
    /// Charge of a billing key.
    ChargeBillingKey,
    /// Deletion of a billing key.
    DeleteBillingKey,
    /// A merchant's own call of the PG's API.
    PassThrough,
}

impl Operation {
    /// Label in metrics and the ledger.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Approve => "approve",
            Self::Instant => "instant",
            Self::Cancel => "cancel",
            Self::Inquire => "inquire",
            Self::NetCancel => "net_cancel",
            Self::IssueAccount => "issue_account",
            Self::CloseAccount => "close_account",
            Self::IssueReceipt => "issue_receipt",
            Self::CancelReceipt => "cancel_receipt",
            Self::Escrow => "escrow",
            Self::IssueBillingKey => "issue_billing_key",
            Self::ChargeBillingKey => "charge_billing_key",
            Self::DeleteBillingKey => "delete_billing_key",
            Self::PassThrough => "pass_through",
        }
    }
}

/// How the bytes travel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// HTTP(S).
    Http,
    /// A raw TCP exchange: write the body, read one record whose length stands in its first `length_digits` bytes.
    Tcp {
        /// Decimal digits of the length prefix.
        length_digits: usize,
    },
}

/// HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the documentation
pub enum HttpMethod {
    Get,
    Post,
    Delete,
}

/// What must not be written down from a body: member names whose values are replaced before journalling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mask {
    /// JSON members or form fields, at any depth, case-sensitive.
    pub fields: &'static [&'static str],
    /// Which segment of the URL's path is a secret (a billing key), counted from the end: 1 is the last, 0 means none.
    pub secret_segment: usize,
}

impl Mask {
    /// Nothing of the body is written down: it has no names to mask by.
    pub const WHOLE: Self = Self {
        fields: &["*"],
        secret_segment: 0,
    };
}

/// One request, ready to send. Signed and encoded: the gateway changes nothing.
#[derive(Clone)]
pub struct WireRequest {
    /// Transport.
    pub transport: Transport,
    /// Method (HTTP only).
    pub method: HttpMethod,
    /// Absolute URL (`tcp://host:port` for raw TCP). Its host must be one the descriptor lists or the channel overrides.
    pub url: String,
    /// Headers; values may be secret and are never logged.
    pub headers: Vec<(&'static str, String)>,
    /// Body bytes.
    pub body: Bytes,
    /// Masking of request and answer bodies.
    pub mask: Mask,
}

impl std::fmt::Debug for WireRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Header values and the body may carry keys and card numbers.
        f.debug_struct("WireRequest")
            .field("method", &self.method)
            .field("url", &self.address())
            .finish_non_exhaustive()
    }
}

impl WireRequest {
    /// The URL as it may be written down: without its query, where some PGs carry tokens, and without a secret in its
    /// path.
    #[must_use]
    pub fn address(&self) -> Cow<'_, str> {
        let bare = self.url.split('?').next().unwrap_or_default();
        let secret = self.mask.secret_segment;
        if secret == 0 {
            return Cow::Borrowed(bare);
        }
        let mut parts: Vec<&str> = bare.split('/').collect();
        if let Some(part) = parts.len().checked_sub(secret).and_then(|at| parts.get_mut(at)) {
            *part = "***";
        }
        Cow::Owned(parts.join("/"))
    }
}

/// A PG's answer, whole.
#[derive(Debug, Clone)]
pub struct WireAnswer {
    /// HTTP status (0 for raw TCP).
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body bytes, not decoded.
    pub body: Bytes,
}

/// One call of a command: what to send and what the adapter needs to read the answer.
#[derive(Debug, Clone)]
pub struct Call {
    /// Operation, for time-outs and metrics.
    pub operation: Operation,
    /// Which step of a command with several calls this is, in the adapter's own numbering.
    pub step: u8,
    /// Request.
    pub request: WireRequest,
    /// Values of earlier answers that reading this one needs.
    pub carried: Option<serde_json::Value>,
    /// A transaction id that we made for the PG: before the first byte the ledger makes sure that no other operation of
    /// this MID has it, and draws another order number if one does.
    pub claim: Option<String>,
    /// Set by the engine when these bytes were sent before ([`RecoveryStep::Replay`]); adapters build `false`. A
    /// refusal "at the door" (rate limit, bad key, maintenance) then says nothing about what the first sending did.
    pub replay: bool,
}

/// What to do after an answer.
#[derive(Debug)]
pub enum Step<T> {
    /// Another call. Boxed: rare and large.
    Send(Box<Call>),
    /// Finished.
    Done(Outcome<T>),
}

/// Why an outcome is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnknownWhy {
    /// PG's code if it answered one, else ours (`NARU_TIMEOUT`, `NARU_RESET`, `NARU_UNREADABLE`, …).
    pub code: String,
    /// PG's message, or ours.
    pub message: String,
    /// The PG says that the same request is still running or was done: ask before anything else.
    pub ask_first: bool,
}

/// The only four things a PG call can end as.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome<T> {
    /// Verified success.
    Done(T),
    /// A verified refusal: nothing happened at the PG, and this request will never make it happen.
    Declined(Failure),
    /// No byte of the request left this machine.
    NotSent(Failure),
    /// Anything else.
    Unknown(UnknownWhy),
}

impl<T> Outcome<T> {
    /// Label in metrics and journal rows.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Done(_) => "approved",
            Self::Declined(_) => "declined",
            Self::NotSent(_) => "not_sent",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// One way to learn or settle an unknown outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecoveryStep {
    /// Send the same bytes again under the same idempotency key: the PG answers what it answered.
    Replay,
    /// [`RecoveryStep::Replay`] at the first look only: for PGs whose guard against a second cancellation is likely but
    /// not certain, so that the answer of one repetition must tell.
    ReplayOnce,
    /// Ask by the PG's id or our order number.
    Inquire,
    /// Only after an inquiry of the same look found the order open: ask for the approval anew under a fresh key.
    /// For PGs that approve one authentication once, whatever the key.
    Again,
    /// Net-cancel: undo instead of learning.
    NetCancel,
    /// A person must look.
    Operator,
}

/// How an unknown outcome is resolved, as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecoveryPlan {
    /// Tried in this order at every tick of the clock until one gives a verified answer.
    pub steps: &'static [RecoveryStep],
    /// "Not found" is believed only when heard this long after the call ended.
    pub absence_after: Duration,
    /// After this the question goes to a person.
    pub give_up_after: Duration,
}
