//! The words of the fault menu: operations and kinds.

use crate::simulators::words::{ControlError, unknown_word};

/// What a call to a PG is for; one vocabulary for all PGs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Approval after a window.
    Approve,
    /// Payment with a card number, without a window.
    Instant,
    /// Full or partial cancel, refund.
    Cancel,
    /// Undoing an approval whose answer was lost.
    NetCancel,
    /// Reading one payment.
    Inquire,
    /// Registration before a window, access tokens.
    Register,
    /// Issuing a virtual account without a window.
    Vbank,
    /// Issuing a billing key.
    BillingIssue,
    /// Charging a billing key.
    BillingPay,
    /// Deleting a billing key.
    BillingDelete,
    /// Escrow delivery calls.
    Escrow,
    /// Stand-alone cash receipts.
    CashReceipt,
    /// Lists of transactions and settlements.
    List,
    /// Scripts and pages for the buyer's browser.
    Window,
    /// Notifications from the PG.
    Notify,
}

/// Words of the operations; the second column holds other words for the same.
const OPERATIONS: &[(&str, &str, Operation)] = &[
    ("approve", "confirm", Operation::Approve),
    ("instant", "key-in", Operation::Instant),
    ("cancel", "refund", Operation::Cancel),
    ("net-cancel", "netcancel", Operation::NetCancel),
    ("inquire", "inquiry", Operation::Inquire),
    ("register", "token", Operation::Register),
    ("vbank", "virtual-account", Operation::Vbank),
    ("billing-issue", "issue-billing-key", Operation::BillingIssue),
    ("billing-pay", "charge", Operation::BillingPay),
    ("billing-delete", "delete-billing-key", Operation::BillingDelete),
    ("escrow", "delivery", Operation::Escrow),
    ("cash-receipt", "receipt", Operation::CashReceipt),
    ("list", "transactions", Operation::List),
    ("window", "page", Operation::Window),
    ("notify", "notification", Operation::Notify),
];

impl Operation {
    /// The word in control calls.
    #[must_use]
    pub fn word(self) -> &'static str {
        OPERATIONS
            .iter()
            .find(|(_, _, op)| *op == self)
            .map_or("approve", |(word, _, _)| word)
    }

    /// Whether money is taken by it.
    #[must_use]
    pub fn takes_money(self) -> bool {
        matches!(self, Self::Approve | Self::Instant | Self::Vbank | Self::BillingPay)
    }

    pub(super) fn parse(field: &str, word: &str) -> Result<Self, ControlError> {
        OPERATIONS
            .iter()
            .find(|(a, b, _)| *a == word || *b == word)
            .map(|(_, _, op)| *op)
            .ok_or_else(|| {
                let words: Vec<&str> = OPERATIONS.iter().map(|(word, _, _)| *word).collect();
                unknown_word(field, word, &words)
            })
    }
}

/// How a call goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The connection is accepted and closed before a byte of an answer; nothing was done. A real connection refusal
    /// (nobody listening) cannot be shown by a listener: point a channel at a closed port for that.
    Refuse,
    /// No answer and nothing done: the connection stays open until the caller gives up, `delayMs` (default 120 s) or
    /// shutdown.
    Hang,
    /// Done at once, answered after `delayMs` (default 3 s).
    LateAnswer,
    /// Done, then the connection is closed without an answer.
    ApproveThenDrop,
    /// The request was read, nothing is done, the connection is closed.
    DropBefore,
    /// Done, but the answer is the PG's HTTP 500.
    Error500After,
    /// Nothing done, the answer is the PG's HTTP 500.
    Error500Before,
    /// Done, answered by a proxy's HTML 502 page.
    Html502After,
    /// Nothing done, answered by a proxy's HTML 502 page.
    Html502Before,
    /// The answer's or the notification's signature is wrong.
    BadSignature,
    /// Done; the answer's text is not in the promised charset.
    BadEncoding,
    /// Done; the answer stops half way of its Content-Length.
    Truncate,
    /// Done; the answer arrives piece by piece over `delayMs` (default 3 s).
    SlowDrip,
    /// Each notification is sent twice.
    DuplicateNotify,
    /// The notification is sent, and its acknowledgement awaited, before the call is answered.
    NotifyBeforeAnswer,
    /// The notification never leaves, nor its retries.
    LostNotify,
    /// The PG says that it is under maintenance; nothing done.
    Maintenance,
    /// The PG says that there were too many requests; nothing done.
    RateLimit,
    /// The PG declines with this code of its own.
    Decline(String),
    /// The call is held for `delayMs` (default 3 s) before it acts, even if the caller hangs up: a cancel or inquiry
    /// sent meanwhile finds nothing to act on.
    CancelOvertakes,
}

/// Words of the fault kinds; `decline:` takes a code behind it.
const KINDS: &[(&str, Kind)] = &[
    ("refuse", Kind::Refuse),
    ("hang", Kind::Hang),
    ("late-answer", Kind::LateAnswer),
    ("approve-then-drop", Kind::ApproveThenDrop),
    ("drop-before", Kind::DropBefore),
    ("error-500-after", Kind::Error500After),
    ("error-500-before", Kind::Error500Before),
    ("html-502-after", Kind::Html502After),
    ("html-502-before", Kind::Html502Before),
    ("bad-signature", Kind::BadSignature),
    ("bad-encoding", Kind::BadEncoding),
    ("truncate", Kind::Truncate),
    ("slow-drip", Kind::SlowDrip),
    ("duplicate-notify", Kind::DuplicateNotify),
    ("notify-before-answer", Kind::NotifyBeforeAnswer),
    ("lost-notify", Kind::LostNotify),
    ("maintenance", Kind::Maintenance),
    ("rate-limit", Kind::RateLimit),
    ("decline:<code>", Kind::Decline(String::new())),
    ("cancel-overtakes", Kind::CancelOvertakes),
];

impl Kind {
    /// The word in control calls.
    #[must_use]
    pub fn word(&self) -> String {
        match self {
            Self::Decline(code) => format!("decline:{code}"),
            other => KINDS
                .iter()
                .find(|(_, kind)| kind == other)
                .map_or("", |(word, _)| word)
                .to_owned(),
        }
    }

    pub(super) fn parse(field: &str, word: &str) -> Result<Self, ControlError> {
        if let Some(code) = word.strip_prefix("decline:") {
            if code.is_empty() || code.len() > 80 || !code.bytes().all(|b| b.is_ascii_graphic()) {
                return Err(ControlError::bad(
                    field,
                    format!("`{field}`: `decline:` needs a code of the PG behind it"),
                ));
            }
            return Ok(Self::Decline(code.to_owned()));
        }
        KINDS
            .iter()
            .find(|(known, _)| *known == word)
            .map(|(_, kind)| kind.clone())
            .ok_or_else(|| {
                let words: Vec<&str> = KINDS.iter().map(|(word, _)| *word).collect();
                unknown_word(field, word, &words)
            })
    }

    pub(super) fn on_notifications(&self) -> bool {
        matches!(
            self,
            Self::DuplicateNotify | Self::NotifyBeforeAnswer | Self::LostNotify
        )
    }

    /// Kinds that, with no operation named, mean a call that takes money.
    pub(super) fn about_money(&self) -> bool {
        matches!(self, Self::ApproveThenDrop | Self::Decline(_) | Self::CancelOvertakes)
    }
}
