//! The adapter contract: what a PG module must say, and nothing it may do.
//!
//! An adapter is a pure translation between our commands and one PG's wire. It does no IO, owns no clock and keeps
//! no state; the engine runs what it describes. A command becomes a [`Call`]; the PG's answer becomes a [`Step`]:
//! either another call (reserve + approve, access URL + net-cancel URL, …) or a final [`Outcome`].
//!
//! The small required core is [`Adapter`]: descriptor, prepared credentials, approve, cancel, inquire, recovery plan.
//! Everything a PG may lack is an optional capability reached by a method that answers `None` by default, so that
//! an adapter without escrow has no escrow code. `ARCHITECTURE.md` lists, point by point, what a PG can demand and
//! which part of this contract expresses it.

mod account;
mod billing;
mod channel;
mod command;
mod descriptor;
mod escrow;
pub mod inicis;
pub mod kcp;
pub mod ksnet;
mod mask;
pub mod nice;
mod nice_common;
pub mod nice_legacy;
mod pass;
mod receipt;
mod reconcile;
pub mod registry;
mod request;
#[cfg(test)]
mod testing;
pub mod toss;
mod window;
mod wire;

pub use account::{
    AccountClosed, AccountExpiry, AccountKind, AccountReceipt, CloseAccount, IssueAccount, ReceiptWish, RefundTransfer,
    VirtualAccounts,
};
pub use billing::{
    BillingKeys, Charge, DeleteKey, IssueKey, IssuedKey, KeyByCard, KeyDeleted, KeyDeletion, KeyWindow, OpenKeyRequest,
};
pub use channel::{ChannelRevision, ChannelSpec, ChannelState, Mode};
pub use command::{
    Approve, Cancel, CancelDone, CardInput, Inquire, KeyIn, Notice, NoticeVerdict, PgCancel, PgKey, PgView,
    RefundAccount,
};
pub use descriptor::{CredentialField, Descriptor, Feature, Limits, OperationTimeouts, ProviderName, TextRule, When};
pub use escrow::{EscrowAction, EscrowCalls, EscrowCommand, EscrowDone, Party, Shipment};
pub use pass::{PassRequest, PassThrough};
pub use receipt::{
    CancelReceipt, CashReceipts, IdentityKind, InquireReceipt, IssueReceipt, ReceiptCancelled, ReceiptIssued,
    ReceiptView, TaxOffice,
};
pub use reconcile::{Listed, PageQuestion, PgSettlementRow, PgTransactionRow, Reconciliation};
pub use window::{Device, Open, OpenRequest, Opened, Proof, ReturnMethod, WindowReturn, WindowType, WindowVerdict};
pub use wire::{
    Call, HttpMethod, Mask, Operation, Outcome, RecoveryPlan, RecoveryStep, Step, Transport, UnknownWhy, WireAnswer,
    WireRequest,
};

use crate::payment::{Approval, Millis};
use std::any::Any;
use std::sync::Arc;

/// Credentials after parsing: whatever the adapter wants ready on the hot path (a header value, a decoded key).
pub type Prepared = Arc<dyn Any + Send + Sync>;

/// A request that must not be sent: which field is wrong and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct Refusal {
    /// Request field in PortOne's spelling, e.g. `amount.total`.
    pub field: String,
    /// What is wrong and what would be accepted.
    pub message: String,
}

impl Refusal {
    /// A refusal.
    #[must_use]
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
        }
    }
}

/// One PG protocol.
pub trait Adapter: Send + Sync {
    /// What this PG is and can do, as data.
    fn descriptor(&self) -> &'static Descriptor;

    /// Parses a channel's credentials once, at load.
    ///
    /// # Errors
    /// All problems, each naming its credential field.
    fn prepare(&self, channel: &ChannelSpec) -> Result<Prepared, Vec<Refusal>>;

    /// When a channel's credentials end by themselves (a certificate's `notAfter`), ms; `None` if they do not.
    fn expires_at(&self, prepared: &Prepared) -> Option<Millis> {
        let _ = prepared;
        None
    }

    /// First call of an approval after the buyer authenticated in the window.
    ///
    /// # Errors
    /// The command cannot be put on this PG's wire.
    fn approve(&self, command: &Approve, channel: &ChannelRevision) -> Result<Call, Refusal>;
    /// Reads an approval's answer.
    fn approved(
        &self,
        command: &Approve,
        channel: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<Approval>;

    /// First call of a cancellation.
    ///
    /// # Errors
    /// The command cannot be put on this PG's wire.
    fn cancel(&self, command: &Cancel, channel: &ChannelRevision) -> Result<Call, Refusal>;
    /// Reads a cancellation's answer.
    fn cancelled(
        &self,
        command: &Cancel,
        channel: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<CancelDone>;

    /// First call of an inquiry.
    ///
    /// # Errors
    /// The PG cannot be asked with what is known (e.g. no PG transaction id yet).
    fn inquire(&self, command: &Inquire, channel: &ChannelRevision) -> Result<Call, Refusal>;
    /// Reads an inquiry's answer. `Declined` here means that the inquiry itself was refused.
    fn inquired(&self, command: &Inquire, channel: &ChannelRevision, call: &Call, answer: &WireAnswer) -> Step<PgView>;

    /// How an operation whose outcome is unknown is resolved at this PG.
    fn recovery(&self, operation: Operation) -> RecoveryPlan;

    /// Payment window, if the PG has one.
    fn window(&self) -> Option<&dyn Window> {
        None
    }
    /// Key-in card payments, if the PG has them.
    fn instant(&self) -> Option<&dyn Instant> {
        None
    }
    /// Net-cancel, if the PG has one.
    fn net_cancel(&self) -> Option<&dyn NetCancel> {
        None
    }
    /// Notifications, if the PG sends any.
    fn notifications(&self) -> Option<&dyn Notifications> {
        None
    }
    /// Virtual accounts by server calls, if the PG has them.
    fn virtual_accounts(&self) -> Option<&dyn VirtualAccounts> {
        None
    }
    /// Stand-alone cash receipts, if the PG has them.
    fn cash_receipts(&self) -> Option<&dyn CashReceipts> {
        None
    }
    /// Escrow calls, if the PG has any.
    fn escrow(&self) -> Option<&dyn EscrowCalls> {
        None
    }
    /// Calls of the PG's own API by merchants.
    fn pass_through(&self) -> Option<&dyn PassThrough> {
        None
    }

    /// Lists for reconciliation, if the PG has them.
    fn reconciliation(&self) -> Option<&dyn Reconciliation> {
        None
    }
    /// Billing keys, if the PG has them.
    fn billing_keys(&self) -> Option<&dyn BillingKeys> {
        None
    }
}

/// The PG's window: what the browser must do, and what its return means.
pub trait Window: Send + Sync {
    /// The window types this PG has on a device; the first is used when the merchant names none. Most PGs draw an
    /// overlay on a PC and take over the page on a phone.
    fn window_types(&self, device: Device) -> &'static [WindowType] {
        match device {
            Device::Pc => &[WindowType::Iframe],
            Device::Mobile => &[WindowType::Redirection],
        }
    }
    /// A server call to make before the window can open (mobile registration, `ready`), or `None`.
    ///
    /// # Errors
    /// The request breaks a rule of this PG.
    fn register(&self, request: &OpenRequest, channel: &ChannelRevision) -> Result<Option<Call>, Refusal>;
    /// What the browser must do. `registered` is the answer to [`Window::register`]'s call.
    ///
    /// # Errors
    /// The request breaks a rule of this PG, or the registration was refused.
    fn open(
        &self,
        request: &OpenRequest,
        channel: &ChannelRevision,
        registered: Option<&WireAnswer>,
    ) -> Result<Opened, Refusal>;
    /// Reads what came back through the browser. Nothing in it is trusted: the verdict says what was proven.
    /// `keep` is what [`Window::open`] kept.
    fn returned(
        &self,
        back: &WindowReturn,
        expected: &Approve,
        keep: Option<&serde_json::Value>,
        channel: &ChannelRevision,
    ) -> WindowVerdict;
}

/// Payment with card data in our request.
pub trait Instant: Send + Sync {
    /// First call.
    ///
    /// # Errors
    /// The command cannot be put on this PG's wire.
    fn pay(&self, command: &KeyIn, channel: &ChannelRevision) -> Result<Call, Refusal>;
    /// Reads the answer. The command's card data is gone by now.
    fn paid(&self, command: &KeyIn, channel: &ChannelRevision, call: &Call, answer: &WireAnswer) -> Step<Approval>;
}

/// Undoing an approval whose answer was lost, by our own order number or the window's tokens.
pub trait NetCancel: Send + Sync {
    /// First call.
    ///
    /// # Errors
    /// The command cannot be put on this PG's wire.
    fn net_cancel(&self, command: &Approve, channel: &ChannelRevision) -> Result<Call, Refusal>;
    /// Reads the answer; `Done` means that nothing is held at the PG. A decline of the kind `NotFound` means that there
    /// was nothing to undo; it may have overtaken the approval, so it is believed once
    /// [`RecoveryPlan::absence_after`] has passed.
    fn net_cancelled(
        &self,
        command: &Approve,
        channel: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<CancelDone>;
}

/// What the PG sends on its own account.
pub trait Notifications: Send + Sync {
    /// Reads a notification. `keep` is what the attempt's approval kept (e.g. the secret to compare).
    fn read(&self, notice: &Notice, channel: &ChannelRevision, keep: Option<&serde_json::Value>) -> NoticeVerdict;
    /// Members of a notification that must not be written down: personal data, and keys that some PGs send along.
    fn mask(&self) -> Mask {
        Mask::default()
    }
    /// The exact answer this PG wants once the notice is stored (`applied`), or when it cannot be taken now.
    fn acknowledge(&self, notice: &Notice, applied: bool) -> WireAnswer;
}
