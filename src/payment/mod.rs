//! The domain: money, the transaction's state machine, what can go wrong. Pure: no IO, no clock, no runtime.
//!
//! Time comes in as an argument ([`Millis`]), identifiers are allocated by the caller. Whatever the engine learns
//! is applied as an [`Event`]; an event that does not fit the state is an [`IllegalTransition`], never a silent change.

mod billing;
mod escrow;
mod failure;
mod imp_uid;
mod method;
mod money;
mod origin;
mod receipt;
mod schedule;
mod transaction;

pub use billing::{
    BillingKey, BillingRef, CUSTOMER_UID, IllegalKeyEvent, KeyEvent, KeyPart, KeyStatus, PartIssued, PartStatus,
};
pub use escrow::{ESCROW_CHANGED, Escrow, EscrowState};
pub use failure::{Failure, FailureKind};
pub use imp_uid::{imp_uid, transaction_of};
pub use method::{CardBrand, CardDetail, CardOwner, CardType, MethodDetail, MethodKind};
pub use money::{Amounts, Currency, MoneyError, vat_of};
pub use origin::{ChannelRef, GroupRef, Origin, Platform};
pub use receipt::{
    CashReceipt, PaidWith, PaymentReceipt, ReceiptEvent, ReceiptKind, ReceiptState, ReceiptTask, ReceiptWork,
};
pub use schedule::{ChargeOrder, IllegalScheduleEvent, Schedule, ScheduleEvent, ScheduleStatus};
pub use transaction::{Approval, CancelState, Cancellation, Event, IllegalTransition, Status, Transaction, Trigger};

/// Milliseconds since the Unix epoch, UTC.
pub type Millis = i64;

#[cfg(test)]
pub(crate) use billing::sample as billing_key_sample;
#[cfg(test)]
pub(crate) use receipt::sample as receipt_sample;
#[cfg(test)]
pub(crate) use schedule::sample as schedule_sample;
#[cfg(test)]
pub(crate) use transaction::sample as transaction_sample;
