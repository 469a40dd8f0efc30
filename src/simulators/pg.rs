//! What one PG simulator is: the trait, and the values that pass between it and the frame.
//!
//! A simulator is synchronous and knows nothing of faults that any connection can suffer: it acts on a request and
//! hands back an answer and the notifications that follow from it. The frame delays, cuts, doubles or loses them.

use super::clock::Clock;
use super::faults::{Kind, Operation};
use super::ledger::Row;
use super::notices::{Notice, ResentBody};
use super::words::ControlError;
use crate::net::{self, Request, Response};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::sync::{Arc, PoisonError, RwLock};

/// Limits and habits of the simulators.
#[derive(Debug, Clone)]
pub struct Options {
    /// Payments (and, separately, billing keys and receipts) that each PG remembers; the oldest are forgotten.
    pub payments_max: usize,
    /// Answers kept for idempotency keys; the oldest are forgotten.
    pub idempotency_max: usize,
    /// Notifications waiting for delivery or a retry; further ones are dropped and counted.
    pub notices_max: usize,
    /// Delivered or failed notifications remembered for `GET /_sim/notices`.
    pub notices_log_max: usize,
    /// Longest time for a notification to be answered, ms.
    pub notice_timeout_ms: u64,
    /// How long one minute of a PG's retry plan lasts here, ms (60,000 = real time).
    pub retry_minute_ms: u64,
    /// Pause between an action and its notification, ms.
    pub notice_delay_ms: u64,
    /// How long a `hang` fault without `delayMs` keeps the connection, ms.
    pub hang_ms: u64,
    /// From opening a window to the end of authentication, ms.
    pub window_ms: i64,
    /// From authentication to the approval call, ms.
    pub approval_ms: i64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            payments_max: 400_000,
            idempotency_max: 200_000,
            notices_max: 20_000,
            notices_log_max: 5_000,
            notice_timeout_ms: 10_000,
            retry_minute_ms: 1_000,
            notice_delay_ms: 20,
            hang_ms: 120_000,
            window_ms: 30 * 60_000,
            approval_ms: 10 * 60_000,
        }
    }
}

/// What all simulators share.
#[derive(Debug, Default)]
pub struct World {
    /// The clock.
    pub clock: Clock,
    /// Limits and habits.
    pub options: Options,
    public_url: RwLock<Option<Arc<str>>>,
}

impl World {
    /// A world with these limits.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self {
            options,
            ..Self::default()
        }
    }

    /// Own origin, e.g. `http://127.0.0.1:8090`, if it was set.
    #[must_use]
    pub fn public_url(&self) -> Option<Arc<str>> {
        self.public_url.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sets the own origin.
    pub fn set_public_url(&self, url: &str) {
        let mut slot = self.public_url.write().unwrap_or_else(PoisonError::into_inner);
        *slot = Some(Arc::from(url.trim_end_matches('/')));
    }
}

/// A request to one PG, its provider segment taken off.
#[derive(Debug, Clone, Copy)]
pub struct PgRequest<'a> {
    /// The whole request.
    pub inner: &'a Request,
    /// Path below `/{provider}`, still percent-encoded, starting with `/`.
    pub path: &'a str,
    /// Shared clock and limits.
    pub world: &'a World,
}

impl PgRequest<'_> {
    /// Path segments below the provider, percent-decoded.
    #[must_use]
    pub fn segments(&self) -> Vec<String> {
        self.path
            .split('/')
            .filter(|s| !s.is_empty())
            .map(|s| percent_encoding::percent_decode_str(s).decode_utf8_lossy().into_owned())
            .collect()
    }

    /// Own origin: the one that was set, else the request's `Host`.
    #[must_use]
    pub fn origin(&self) -> String {
        match self.world.public_url() {
            Some(url) => url.to_string(),
            None => format!("http://{}", self.inner.header("host").unwrap_or("127.0.0.1")),
        }
    }
}

/// An answer whose bytes the frame may still spoil.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: StatusCode,
    /// Headers in order.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Whole body.
    pub body: Bytes,
}

impl Answer {
    /// An answer with a content type.
    #[must_use]
    pub fn new(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let headers = vec![(header::CONTENT_TYPE, HeaderValue::from_static(content_type))];
        Self {
            status,
            headers,
            body: body.into(),
        }
    }

    /// Adds a header; a value that no header can hold is left out.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((HeaderName::from_static(name), value));
        }
        self
    }

    /// A header's text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .and_then(|(_, v)| v.to_str().ok())
    }

    /// As a whole response.
    #[must_use]
    pub fn into_response(self) -> Response {
        let body = net::full(self.body);
        respond(self.status, self.headers, body)
    }
}

/// A response from parts.
#[must_use]
pub fn respond(status: StatusCode, headers: Vec<(HeaderName, HeaderValue)>, body: net::Body) -> Response {
    let mut response = http::Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().extend(headers);
    response
}

/// Runs when the answer has been given (or lost): a PG may count a request as running until then.
pub type Finish = Box<dyn FnOnce() + Send>;

/// What came of a request.
#[derive(Default)]
pub struct Served {
    /// The answer.
    pub answer: Option<Answer>,
    /// Notifications that follow from it.
    pub notices: Vec<Notice>,
    /// To run when the answer has been given.
    pub finish: Option<Finish>,
}

impl Served {
    /// Only an answer.
    #[must_use]
    pub fn just(answer: Answer) -> Self {
        Self {
            answer: Some(answer),
            ..Self::default()
        }
    }
}

impl std::fmt::Debug for Served {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Served")
            .field("answer", &self.answer)
            .field("notices", &self.notices)
            .finish_non_exhaustive()
    }
}

/// A decline that the fault menu orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decline {
    /// The PG's code.
    pub code: String,
    /// HTTP status for a code that the PG's table does not list.
    pub status: Option<u16>,
    /// Message instead of the table's.
    pub message: Option<String>,
}

/// How the buyer behaves in a window that is driven without a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Behaviour {
    /// Authenticates.
    Approve,
    /// Presses cancel in the window.
    UserCancel,
    /// Closes the window from outside, where the PG's script tells the page and nothing else.
    UserClose,
    /// Fails to authenticate.
    Fail,
}

/// `POST /_sim/{provider}/authenticate`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Authenticate {
    /// What the router told the browser to do.
    pub open: Value,
    /// What the buyer does.
    #[serde(rename = "as")]
    pub behaviour: Behaviour,
    /// The method that the buyer picks, where the window leaves a choice.
    #[serde(default)]
    pub method: Option<String>,
    /// `pc` (default) or `mobile`.
    #[serde(default)]
    pub device: Option<String>,
    /// The buyer's choices in the window (card, wallet, bank, …); members as the simulator documents.
    #[serde(default)]
    pub buyer: Map<String, Value>,
    /// The code of a failure, instead of the usual one.
    #[serde(default)]
    pub code: Option<String>,
    /// Fields of the return to overwrite (`null` removes one).
    #[serde(default)]
    pub tamper: Map<String, Value>,
}

/// What a control call of one PG brought about.
#[derive(Debug)]
pub struct Controlled {
    /// JSON for the caller.
    pub reply: Value,
    /// Notifications that follow from it.
    pub notices: Vec<Notice>,
}

impl From<Value> for Controlled {
    fn from(reply: Value) -> Self {
        Self {
            reply,
            notices: Vec::new(),
        }
    }
}

/// Answer of a control call of one PG.
pub type Control = Result<Controlled, ControlError>;

/// One PG.
pub trait PgSimulator: Send + Sync + 'static {
    /// Its id in paths and control calls.
    fn id(&self) -> &'static str;

    /// What a request is for; `None` if no such path exists.
    fn operation(&self, request: &PgRequest<'_>) -> Option<Operation>;

    /// Acts on a request. `decline` is a refusal that the fault menu orders for it.
    fn serve(&self, request: &PgRequest<'_>, decline: Option<&Decline>) -> Served;

    /// Whether the PG's wire can show a fault.
    ///
    /// # Errors
    /// The reason why not.
    fn shows(&self, kind: &Kind, operation: Option<Operation>) -> Result<(), String>;

    /// The PG's own HTTP 500.
    fn server_error(&self) -> Answer;

    /// The PG's own way to say that it is under maintenance.
    fn maintenance(&self, operation: Option<Operation>) -> Answer;

    /// The PG's own way to say that there were too many requests.
    fn rate_limited(&self) -> Answer;

    /// The same text in a charset that the PG does not promise, or not valid in the one it does.
    fn garble(&self, body: &Bytes) -> Bytes;

    /// Spoils the signature of an answer. Only called if [`PgSimulator::shows`] allows `bad-signature`.
    fn forge_answer(&self, _answer: &mut Answer) {}

    /// Spoils the signature of a notification; `false` if this one has none.
    fn forge_notice(&self, _notice: &mut Notice) -> bool {
        false
    }

    /// How the body of a re-sent notification differs from that of the first attempt; `None`: not at all.
    fn resent_body(&self) -> Option<ResentBody> {
        None
    }

    /// Whether the PG speaks a raw TCP protocol too: frames behind four digits of length.
    fn has_raw(&self) -> bool {
        false
    }

    /// What a raw frame is for.
    fn raw_operation(&self, _frame: &[u8]) -> Option<Operation> {
        None
    }

    /// Acts on a raw frame, its length included; `None` closes the connection.
    fn serve_raw(&self, _frame: &[u8], _decline: Option<&Decline>) -> Option<Bytes> {
        None
    }

    /// How the raw protocol refuses under maintenance.
    fn raw_maintenance(&self) -> Decline {
        Decline {
            code: String::new(),
            status: None,
            message: None,
        }
    }

    /// Drives a window without a browser.
    ///
    /// # Errors
    /// What the PG's script or page would refuse.
    fn authenticate(&self, ask: &Authenticate) -> Control;

    /// A deposit into a virtual account.
    ///
    /// # Errors
    /// Unknown order, or the bank would refuse the deposit.
    fn deposit(&self, body: &[u8]) -> Control;

    /// The buyer's decision about an escrow payment.
    ///
    /// # Errors
    /// Unknown payment, or the PG has no such decision.
    fn escrow(&self, body: &[u8]) -> Control;

    /// Registers or changes merchants.
    ///
    /// # Errors
    /// A member is wrong.
    fn merchants(&self, body: &[u8]) -> Control;

    /// Control calls that only this PG has; `None` if it has none of that name.
    fn control(&self, method: &http::Method, call: &str, body: &[u8]) -> Option<Control>;

    /// Names of the calls that [`PgSimulator::control`] knows.
    fn controls(&self) -> &'static [&'static str] {
        &[]
    }

    /// What the PG believes; of one merchant or of all.
    fn ledger(&self, mid: Option<&str>) -> Vec<Row>;

    /// Lets time pass: sessions and keys run out.
    fn sweep(&self) -> Vec<Notice>;

    /// Forgets everything but the merchants it started with.
    fn reset(&self);
}
