//! The payment window as data: what the browser must do, what comes back, and what was proven by it.

use super::{Approve, Refusal};
use crate::payment::{Amounts, Currency, Failure, MethodKind, Millis};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// The buyer's device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Device {
    /// Desktop browser.
    Pc,
    /// Mobile browser or app.
    Mobile,
}

/// How a window shows itself (PortOne V2 browser SDK, `WindowType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WindowType {
    /// An overlay or frame in the merchant's page.
    Iframe,
    /// A window of its own.
    Popup,
    /// The whole page goes to the PG and comes back.
    Redirection,
    /// Elements drawn into the merchant's page.
    Ui,
}

impl WindowType {
    /// The wire word, e.g. `IFRAME`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Iframe => "IFRAME",
            Self::Popup => "POPUP",
            Self::Redirection => "REDIRECTION",
            Self::Ui => "UI",
        }
    }
}

/// What a merchant asks for when a window is to open (PortOne's `requestPayment` object, normalised).
#[derive(Debug, Clone)]
pub struct OpenRequest {
    /// Our order number at the PG.
    pub order_id: String,
    /// Amounts.
    pub amounts: Amounts,
    /// Currency.
    pub currency: Currency,
    /// What is bought.
    pub order_name: String,
    /// Method.
    pub method: MethodKind,
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
    /// When the window is opened, ms (some PGs sign it).
    pub at: Millis,
    /// Return URL of this attempt on our origin (carries the attempt's unguessable token). Failure and close go to
    /// the same URL with `/fail` and `/close` appended.
    pub return_url: String,
    /// Whole `requestPayment` object, for PG-specific members (`card`, `easyPay`, `bypass`, …).
    pub raw: serde_json::Value,
}

/// What the browser must do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Open {
    /// Load a script and call a function of its global with an object.
    Script {
        /// Script URL.
        script_url: String,
        /// Global the script defines.
        global: String,
        /// Public client key handed to the global, if any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client_key: Option<String>,
        /// Member path to call, e.g. `payment.requestPayment`.
        call: String,
        /// Buyer key of the script, if it wants one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        customer_key: Option<String>,
        /// The object.
        params: serde_json::Value,
    },
    /// Load a script and run a function on a form we draw.
    ScriptForm {
        /// Script URL.
        script_url: String,
        /// Function that takes the form.
        call: String,
        /// Form charset.
        charset: String,
        /// Fields in order.
        fields: Vec<(String, String)>,
        /// Where the finished form is posted (our own return URL).
        action: String,
    },
    /// Post a form, in the page or into an iframe we draw.
    Form {
        /// Target URL.
        action: String,
        /// Form charset.
        charset: String,
        /// Fields in order.
        fields: Vec<(String, String)>,
        /// Into an iframe.
        iframe: bool,
    },
    /// Go to a URL, in the page or in a popup.
    Redirect {
        /// URL.
        url: String,
        /// In a popup.
        popup: bool,
    },
}

/// An open window: what the browser must do, and what the adapter needs again when it returns.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// For the browser.
    pub open: Open,
    /// Values of the registration that the return or the approval needs (session ids, keys); sealed where it is stored.
    pub keep: Option<serde_json::Value>,
}

/// How the browser came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReturnMethod {
    /// To the success address.
    Success,
    /// To the failure address.
    Fail,
    /// The page reports that the window was closed.
    Close,
}

/// A return through the browser: nothing in here is trusted.
#[derive(Debug, Clone)]
pub struct WindowReturn {
    /// Which address.
    pub how: ReturnMethod,
    /// Query string as sent.
    pub query: String,
    /// Body bytes as sent (may be EUC-KR).
    pub body: Bytes,
    /// Content type of the body.
    pub content_type: Option<String>,
}

/// What a return proves by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// Signed over order and amount.
    Signed,
    /// Signed, but not over everything: the approval's answer must name our order and amount.
    Partial,
    /// Nothing: the approval call itself is the check.
    None,
}

/// What a return means.
#[derive(Debug, Clone)]
pub enum WindowVerdict {
    /// Authenticated: approve with this token.
    Authenticated {
        /// Goes into [`Approve::token`].
        token: serde_json::Value,
        /// What was proven.
        proof: Proof,
    },
    /// The buyer cancelled or authentication failed: nothing at the PG.
    Failed(Failure),
    /// Amount, order, merchant or signature is not what was stored: nothing is approved, a security line is logged.
    Tampered(Refusal),
}

impl OpenRequest {
    /// The approval that a return of this window must fit.
    #[must_use]
    pub fn expected(&self, idempotency_key: String, at: Millis) -> Approve {
        Approve {
            at,
            order_id: self.order_id.clone(),
            amounts: self.amounts,
            currency: self.currency,
            order_name: self.order_name.clone(),
            method: self.method,
            idempotency_key,
            token: serde_json::Value::Null,
        }
    }
}
