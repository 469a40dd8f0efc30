//! Billing keys (자동결제, 빌링): a key at the PG that stands for a card or account, and charges without the buyer.
//!
//! PGs differ in nearly every part: keys by card data, by a window, or both; a window that brings a token to exchange
//! or an encrypted blob; a charge in one call or two ([`Step::Send`]); deletion or none. So each part is a capability
//! of its own below [`BillingKeys`]. The PG's key is a [`SecretString`] in every command: it is never serialised,
//! and whoever calls seals it before it is stored.

use super::{
    Call, CardInput, ChannelRevision, Device, Opened, Refusal, Step, WindowReturn, WindowType, WindowVerdict,
    WireAnswer,
};
use crate::payment::{Amounts, Approval, Currency, MethodDetail, MethodKind, Millis};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// Have a key issued, with card data or with what a window brought.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IssueKey {
    /// Our number of this issue at the PG, unique like an order number: PGs without idempotency keys want one.
    pub order_id: String,
    /// The buyer at the PG: a random name of our own for this one key, the same at issue and charge. It fits the
    /// narrowest rule of the PGs served (letters, digits, `-`; 36 characters).
    pub customer_key: String,
    /// What the key is for, if the merchant named it.
    pub name: Option<String>,
    /// Buyer's name.
    pub customer_name: Option<String>,
    /// Buyer's e-mail.
    pub customer_email: Option<String>,
    /// Buyer's phone number.
    #[serde(default)]
    pub customer_phone: Option<String>,
    /// Merchant's id of the buyer.
    pub customer_id: Option<String>,
    /// Stable key of this logical operation, allocated before the call, never reused for another.
    pub idempotency_key: String,
    /// When the operation was decided, ms: the only clock an adapter has, the same at every replay.
    pub at: Millis,
    /// What the window's return carried, as [`WindowVerdict`] gave it; a secret, stored only sealed.
    #[serde(skip)]
    pub token: serde_json::Value,
    /// Present only while the first call of an issue by card data is being encoded.
    #[serde(skip)]
    pub card: Option<CardInput>,
}

/// A key the PG issued.
#[derive(Debug, Clone)]
pub struct IssuedKey {
    /// The PG's key.
    pub key: SecretString,
    /// Card, account or wallet behind it, masked.
    pub method: Option<MethodDetail>,
    /// PG's transaction id of the issue, if there is one; never the key itself.
    pub pg_tx_id: Option<String>,
    /// When, ms.
    pub issued_at: Option<Millis>,
    /// Answer, masked.
    pub raw: Option<String>,
}

/// Charge a key.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Charge {
    /// Our order number at the PG.
    pub order_id: String,
    /// As it was at the issue.
    pub customer_key: String,
    /// Amounts.
    pub amounts: Amounts,
    /// Currency.
    pub currency: Currency,
    /// What is bought.
    pub order_name: String,
    /// What the key stands for.
    pub method: MethodKind,
    /// Stable key of this logical operation.
    pub idempotency_key: String,
    /// When the operation was decided, ms: the same at every replay.
    pub at: Millis,
    /// Instalment months, 0 = lump sum.
    pub installment_months: u32,
    /// Merchant bears the interest.
    pub free_installment: bool,
    /// Use card points.
    pub use_card_point: bool,
    /// Buyer's name.
    pub customer_name: Option<String>,
    /// Buyer's e-mail.
    pub customer_email: Option<String>,
    /// Buyer's phone number.
    #[serde(default)]
    pub customer_phone: Option<String>,
    /// The PG's key; put back from its sealed place whenever a call is encoded.
    #[serde(skip)]
    pub key: Option<SecretString>,
}

/// Delete a key at the PG.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteKey {
    /// Our number of this deletion at the PG.
    pub order_id: String,
    /// As it was at the issue.
    pub customer_key: String,
    /// Why, as the merchant said.
    pub reason: Option<String>,
    /// Stable key of this logical operation.
    pub idempotency_key: String,
    /// When the operation was decided, ms: the same at every replay.
    pub at: Millis,
    /// The PG's key; put back from its sealed place whenever a call is encoded.
    #[serde(skip)]
    pub key: Option<SecretString>,
}

/// A deletion the PG made. A key that was gone already counts: there is nothing left to charge.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyDeleted {
    /// When, ms.
    pub deleted_at: Option<Millis>,
}

/// What a merchant asks for when a window for a key is to open (PortOne's `requestIssueBillingKey` object).
#[derive(Debug, Clone)]
pub struct OpenKeyRequest {
    /// Our number of this issue at the PG.
    pub order_id: String,
    /// As it will be at issue and charge.
    pub customer_key: String,
    /// What the key is for (`issueName`).
    pub name: Option<String>,
    /// Method the buyer registers.
    pub method: MethodKind,
    /// Amount to show, never charged, minor units.
    pub display_amount: Option<i64>,
    /// Device.
    pub device: Device,
    /// Buyer's name.
    pub customer_name: Option<String>,
    /// Buyer's e-mail.
    pub customer_email: Option<String>,
    /// Buyer's phone number.
    pub customer_phone: Option<String>,
    /// Merchant's id of the buyer.
    pub customer_id: Option<String>,
    /// When the window is opened, ms.
    pub at: Millis,
    /// Return URL on our origin; failure and close have `/fail` and `/close` appended.
    pub return_url: String,
    /// Whole `requestIssueBillingKey` object, for PG-specific members.
    pub raw: serde_json::Value,
}

/// Billing keys. How a lost answer is settled is the adapter's [`super::RecoveryPlan`] for
/// [`super::Operation::IssueBillingKey`], [`super::Operation::ChargeBillingKey`] and
/// [`super::Operation::DeleteBillingKey`].
pub trait BillingKeys: Send + Sync {
    /// First call of a charge.
    ///
    /// # Errors
    /// The command cannot be put on this PG's wire.
    fn charge(&self, command: &Charge, channel: &ChannelRevision) -> Result<Call, Refusal>;
    /// Reads a charge's answer. The command has no key here.
    fn charged(&self, command: &Charge, channel: &ChannelRevision, call: &Call, answer: &WireAnswer) -> Step<Approval>;

    /// Issue by card data, if the PG has it.
    fn by_card(&self) -> Option<&dyn KeyByCard> {
        None
    }
    /// Issue through a window, if the PG has one.
    fn by_window(&self) -> Option<&dyn KeyWindow> {
        None
    }
    /// Deletion, if the PG has it. Without it the router forgets its own copy.
    fn deletion(&self) -> Option<&dyn KeyDeletion> {
        None
    }
}

/// Issue by card data in our request.
pub trait KeyByCard: Send + Sync {
    /// First call.
    ///
    /// # Errors
    /// The command cannot be put on this PG's wire, or its card data is gone.
    fn issue(&self, command: &IssueKey, channel: &ChannelRevision) -> Result<Call, Refusal>;
    /// Reads the answer. The command's card data is gone by now.
    fn issued(
        &self,
        command: &IssueKey,
        channel: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<IssuedKey>;
}

/// Issue through the PG's window.
pub trait KeyWindow: Send + Sync {
    /// The window types on a device; the first is used when the merchant names none.
    fn window_types(&self, device: Device) -> &'static [WindowType];
    /// A server call to make before the window can open, or `None`.
    ///
    /// # Errors
    /// The request breaks a rule of this PG.
    fn register(&self, request: &OpenKeyRequest, channel: &ChannelRevision) -> Result<Option<Call>, Refusal>;
    /// What the browser must do. `registered` is the answer to [`KeyWindow::register`]'s call.
    ///
    /// # Errors
    /// The request breaks a rule of this PG, or the registration was refused.
    fn open(
        &self,
        request: &OpenKeyRequest,
        channel: &ChannelRevision,
        registered: Option<&WireAnswer>,
    ) -> Result<Opened, Refusal>;
    /// Reads what came back through the browser. Nothing in it is trusted. `keep` is what [`KeyWindow::open`] kept.
    fn returned(
        &self,
        back: &WindowReturn,
        expected: &IssueKey,
        keep: Option<&serde_json::Value>,
        channel: &ChannelRevision,
    ) -> WindowVerdict;
    /// The key itself, where the window's return carries it and nothing is to be exchanged; asked before
    /// [`KeyWindow::exchange`]. A window without a server's call proves no more than that the browser knew the key, so
    /// [`KeyWindow::returned`] must have found it to be this window's.
    fn brought(&self, _command: &IssueKey, _channel: &ChannelRevision) -> Option<IssuedKey> {
        None
    }
    /// First call of the exchange of what the window brought ([`IssueKey::token`]) for the key.
    ///
    /// # Errors
    /// The command cannot be put on this PG's wire.
    fn exchange(&self, command: &IssueKey, channel: &ChannelRevision) -> Result<Call, Refusal>;
    /// Reads the exchange's answer.
    fn exchanged(
        &self,
        command: &IssueKey,
        channel: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<IssuedKey>;
}

/// Deletion at the PG.
pub trait KeyDeletion: Send + Sync {
    /// First call.
    ///
    /// # Errors
    /// The command cannot be put on this PG's wire.
    fn delete(&self, command: &DeleteKey, channel: &ChannelRevision) -> Result<Call, Refusal>;
    /// Reads the answer.
    fn deleted(
        &self,
        command: &DeleteKey,
        channel: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<KeyDeleted>;
}
