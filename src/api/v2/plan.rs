//! From a request to what is to be done: route, credential, strict decoding. No IO.

use super::auth::{authenticate, own_store};
use super::billing::{self, BillingCommand, BillingQuery};
use super::decode::{self, Object};
use super::error::ApiError;
use super::idempotency::{self, Claim};
use super::input::{self, AccountCommand, InstantCommand, ListQuery, ReceiptCommand, ReceiptQuery};
use super::limits;
use super::resend::ResendCommand;
use super::routes::{Matched, Route};
use super::session::{self, OpenQuery, SessionCommand};
use super::token::{TokenPair, Tokens};
use crate::adapters::EscrowAction;
use crate::channels::{Snapshot, Store};
use crate::engine::{CancelRequest, ConfirmRequest, EscrowRequest};
use crate::ledger::{FeedFilter, PreRegistration};
use crate::net::Request;
use crate::payment::{Millis, Origin, Platform};
use crate::routing::RouteError;
use aws_lc_rs::hmac;
use secrecy::{ExposeSecret, SecretString};
use std::convert::Infallible;
use std::sync::Arc;
use zeroize::Zeroize;

/// What changes something.
#[derive(Debug)]
pub enum Command {
    /// `pre-register`.
    PreRegister(PreRegistration),
    /// `confirm`.
    Confirm(Box<ConfirmRequest>),
    /// `instant`.
    Instant(Box<InstantCommand>),
    /// `cancel`.
    Cancel(Box<CancelRequest>),
    /// `instant` with a virtual account.
    Account(Box<AccountCommand>),
    /// `virtual-account/close`.
    CloseAccount {
        /// Store.
        store_id: String,
        /// Payment.
        payment_id: String,
    },
    /// Issue of a cash receipt.
    IssueReceipt(Box<ReceiptCommand>),
    /// `cash-receipt/cancel`.
    CancelReceipt {
        /// Store.
        store_id: String,
        /// Payment.
        payment_id: String,
    },
    /// `escrow/…`.
    Escrow(Box<EscrowRequest>),
    /// `resend-webhook`.
    Resend(Box<ResendCommand>),
    /// Hosted checkout page.
    CreateSession(Box<SessionCommand>),
    /// Its end.
    CloseSession {
        /// Store.
        store_id: String,
        /// Session.
        id: String,
    },
    /// Billing keys and schedules.
    Billing(BillingCommand),
}

/// What only reads.
#[derive(Debug)]
pub enum Query {
    /// One payment.
    Payment(String),
    /// Its attempts.
    Transactions(String),
    /// A page of payments.
    Payments(Box<ListQuery>),
    /// A payment's cash receipt.
    Receipt(String),
    /// A page of cash receipts.
    Receipts(Box<ReceiptQuery>),
    /// Refused, but only for a payment that is there and paid.
    StoreReceipt(String),
    /// Refused like it.
    Capture(String),
    /// Refused, but only for a cancellation that is there and pending.
    StopCancellation {
        /// Payment.
        payment_id: String,
        /// Cancellation.
        cancellation_id: String,
    },
    /// Payments in order, behind a cursor.
    PaymentsByCursor(Box<FeedFilter>),
    /// Changes of money in order, behind a cursor.
    EventsByCursor(Box<FeedFilter>),
    /// Billing keys and schedules.
    Billing(BillingQuery),
}

/// What is to be done.
#[derive(Debug)]
pub enum Plan {
    /// Already done: tokens were issued.
    Tokens(TokenPair),
    /// Answer that needs nothing.
    Fixed(String),
    /// Run a command.
    Command {
        /// Command.
        command: Command,
        /// Idempotency claim, if the request carries a key.
        claim: Option<Claim>,
    },
    /// Answer a query that needs no credential.
    Open(OpenQuery),
    /// Answer a query for a store.
    Query {
        /// Store.
        store: Arc<Store>,
        /// Query.
        query: Query,
    },
}

impl std::fmt::Debug for TokenPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenPair(***)")
    }
}

/// What planning needs besides the request.
pub struct Context<'a> {
    /// The request's snapshot.
    pub snapshot: &'a Snapshot,
    /// Tokens.
    pub tokens: &'a Tokens,
    /// Key of request fingerprints.
    pub fingerprint_key: &'a hmac::Key,
    /// Largest body, bytes.
    pub body_bytes_max: usize,
    /// Now, ms.
    pub now: Millis,
}

/// Plans a request.
///
/// # Errors
/// Every refusal that needs no ledger and no PG.
pub fn plan(request: &mut Request, matched: Matched<'_>, context: &Context<'_>) -> Result<Plan, ApiError> {
    if request.body.len() > context.body_bytes_max {
        return Err(ApiError::too_large(context.body_bytes_max));
    }
    match matched.row.route {
        Route::Login | Route::Refresh => {
            let issued = tokens(matched.row.route, request, context);
            forget_body(request);
            issued
        }
        Route::NotServed { why } => {
            authenticate(&request.headers, context.snapshot, context.tokens, context.now)?;
            Err(ApiError::not_served(&matched.row.name(), why))
        }
        Route::Billing(route) => billing::plan(request, matched.id, route, context),
        Route::Banks => Ok(Plan::Fixed(super::banks::list())),
        Route::Payment
        | Route::Transactions
        | Route::Payments
        | Route::Receipt
        | Route::Receipts
        | Route::StoreReceipt
        | Route::Capture
        | Route::StopCancellation
        | Route::PaymentsByCursor
        | Route::EventsByCursor => query(request, matched, context),
        Route::Session => path_id("sessionId", matched.id).map(|id| Plan::Open(OpenQuery::Session(id))),
        Route::Evaluate => evaluate(request).map(Plan::Open),
        Route::CreateSession | Route::CloseSession => sessions(request, matched, context),
        Route::Promotion | Route::CardPromotion => promotions(request, matched, context).map(|never| match never {}),
        Route::Instant
        | Route::Confirm
        | Route::Cancel
        | Route::PreRegister
        | Route::CloseAccount
        | Route::IssueReceipt
        | Route::CancelReceipt
        | Route::EscrowRegister
        | Route::EscrowModify
        | Route::EscrowComplete
        | Route::ResendWebhook => command(request, matched, context),
    }
}

fn tokens(route: Route, request: &Request, context: &Context<'_>) -> Result<Plan, ApiError> {
    let mut body = decode::object("body", &request.body)?;
    body.sensitive();
    let login = route == Route::Login;
    let name = if login { "apiSecret" } else { "refreshToken" };
    let message = "a string, not empty";
    let secret: SecretString = body
        .secret(name, message, |t| !t.is_empty() && t.len() <= limits::SECRET)?
        .ok_or_else(|| body.missing(name))?;
    let issued = if login {
        context
            .tokens
            .login(context.snapshot, secret.expose_secret(), context.now)
    } else {
        context
            .tokens
            .refresh(context.snapshot, secret.expose_secret(), context.now)
    };
    issued.map(Plan::Tokens).ok_or_else(ApiError::unauthorized)
}

fn query(request: &Request, matched: Matched<'_>, context: &Context<'_>) -> Result<Plan, ApiError> {
    let store = authenticate(&request.headers, context.snapshot, context.tokens, context.now)?;
    let lists = [
        Route::Payments,
        Route::Receipts,
        Route::PaymentsByCursor,
        Route::EventsByCursor,
    ];
    if !lists.contains(&matched.row.route) {
        let id = payment_id(matched.id)?;
        own_store(&store, request.query_value("storeId").as_deref())?;
        if request.method == http::Method::POST && !request.body.is_empty() {
            own_store(&store, decode::object("body", &request.body)?.id("storeId")?.as_deref())?;
        }
        let query = match matched.row.route {
            Route::Transactions => Query::Transactions(id),
            Route::Receipt => Query::Receipt(id),
            Route::StoreReceipt => Query::StoreReceipt(id),
            Route::Capture => Query::Capture(id),
            Route::StopCancellation => Query::StopCancellation {
                payment_id: id,
                cancellation_id: path_id("cancellationId", matched.second)?,
            },
            _ => Query::Payment(id),
        };
        return Ok(Plan::Query { store, query });
    }
    let mut body = list_body(request)?;
    own_store(&store, request.query_value("storeId").as_deref())?;
    let query = match matched.row.route {
        Route::Receipts => Query::Receipts(Box::new(input::receipts(&mut body, &store)?)),
        Route::PaymentsByCursor => Query::PaymentsByCursor(Box::new(input::feed(&mut body, &store, context.now)?)),
        Route::EventsByCursor => Query::EventsByCursor(Box::new(input::feed(&mut body, &store, context.now)?)),
        _ => Query::Payments(Box::new(input::list(&mut body, &store, context.now)?)),
    };
    Ok(Plan::Query { store, query })
}

fn evaluate(request: &Request) -> Result<OpenQuery, ApiError> {
    let need = |name: &str| {
        let value = request.query_value(name).filter(|value| !value.is_empty());
        let value = value.filter(|value| value.len() <= limits::ID);
        value.ok_or_else(|| ApiError::field(name, "is required, in the query"))
    };
    let amount = need("amount")?;
    Ok(OpenQuery::Evaluate {
        profile_key: need("profileKey")?,
        country: need("country")?,
        currency: need("currency")?,
        amount: amount
            .parse()
            .map_err(|_| ApiError::field("amount", "must be an integer in the currency's minor unit"))?,
    })
}

fn sessions(request: &Request, matched: Matched<'_>, context: &Context<'_>) -> Result<Plan, ApiError> {
    let store = authenticate(&request.headers, context.snapshot, context.tokens, context.now)?;
    let key = idempotency::key(&request.method, &request.headers)?;
    let claim = key.map(|key| claim(request, context, &store, key));
    let command = if matched.row.route == Route::CloseSession {
        Command::CloseSession {
            store_id: store.id.clone(),
            id: path_id("sessionId", matched.id)?,
        }
    } else {
        let mut body = decode::object("body", &request.body)?;
        let named = body.id("storeId")?.ok_or_else(|| body.missing("storeId"))?;
        own_store(&store, Some(&named))?;
        Command::CreateSession(Box::new(session::create(&mut body, &store, context.now)?))
    };
    Ok(Plan::Command { command, claim })
}

/// Promotions: this router holds none, and no gateway here is asked for its own.
fn promotions(request: &Request, matched: Matched<'_>, context: &Context<'_>) -> Result<Infallible, ApiError> {
    let store = authenticate(&request.headers, context.snapshot, context.tokens, context.now)?;
    if matched.row.route == Route::Promotion {
        path_id("promotionId", matched.id)?;
        return Err(ApiError::promotion_not_found());
    }
    let missing = |name: &str| ApiError::field(name, "is required");
    let key = request.query_value("channelKey").ok_or_else(|| missing("channelKey"))?;
    let amount = request.query_value("amount").ok_or_else(|| missing("amount"))?;
    if !amount.parse::<i64>().is_ok_and(|amount| amount >= 0) {
        return Err(ApiError::field("amount", "must be an integer, at least 0"));
    }
    let channel = context.snapshot.channel_of(&store.id, &key);
    let unknown = || RouteError::NotFound(format!("channelKey {key} is not a channel of store {}", store.id));
    let channel = channel.ok_or_else(|| ApiError::from(unknown()))?;
    let why = format!("the promotions of {} are not read", channel.spec.provider);
    Err(ApiError::not_served(&matched.row.name(), &why))
}

/// The parameter `requestBody`, form-decoded strictly: text in another charset would search for something else.
fn request_body(query: &str) -> Result<Option<String>, ApiError> {
    let value = query.split('&').find_map(|pair| pair.strip_prefix("requestBody="));
    let Some(value) = value else { return Ok(None) };
    let spaced = value.replace('+', " ");
    match percent_encoding::percent_decode_str(&spaced).decode_utf8() {
        Ok(text) => Ok(Some(text.into_owned())),
        Err(_) => Err(ApiError::field("requestBody", "must be percent-encoded UTF-8")),
    }
}

/// PortOne takes a list's parameters in the query (what its SDKs use) or in the body of the GET; query first.
///
/// # Errors
/// 400: no JSON object.
pub fn list_body(request: &Request) -> Result<Object<'static>, ApiError> {
    let from_query = request_body(&request.query)?.filter(|text| !text.is_empty());
    let (name, bytes) = match &from_query {
        Some(text) => ("requestBody", text.as_bytes()),
        None if request.body.is_empty() => ("requestBody", b"{}".as_slice()),
        None => ("body", request.body.as_ref()),
    };
    decode::object(name, bytes)
}

/// The claim of an idempotency key.
#[must_use]
pub fn claim(request: &Request, context: &Context<'_>, store: &Store, key: String) -> Claim {
    Claim {
        scope: format!("v2:{}", store.id),
        key,
        fingerprint: idempotency::fingerprint(
            context.fingerprint_key,
            &request.method,
            &request.path,
            &request.query,
            &request.body,
        ),
    }
}

fn command(request: &mut Request, matched: Matched<'_>, context: &Context<'_>) -> Result<Plan, ApiError> {
    let store = authenticate(&request.headers, context.snapshot, context.tokens, context.now)?;
    let route = matched.row.route;
    let id = match route {
        // Its body names the payment.
        Route::IssueReceipt => String::new(),
        _ => payment_id(matched.id)?,
    };
    let key = idempotency::key(&request.method, &request.headers)?;
    // These have no body, only a query.
    let bare = matches!(route, Route::CloseAccount | Route::CancelReceipt);
    if bare {
        own_store(&store, request.query_value("storeId").as_deref())?;
    }
    let mut body = match &request.body {
        none if bare && none.is_empty() => decode::object("body", b"{}")?,
        some => decode::object("body", some)?,
    };
    let personal = matches!(route, Route::Instant | Route::IssueReceipt);
    if personal {
        // Before anything can fail: whatever ends this request also overwrites its card data.
        body.sensitive();
    }
    let decoded = decode_command(&mut body, request, route, &store, &id);
    let claim = key.map(|key| claim(request, context, &store, key));
    if personal {
        forget_body(request);
    }
    Ok(Plan::Command {
        command: decoded?,
        claim,
    })
}

/// Overwrites the received bytes, if nothing else shares them.
pub fn forget_body(request: &mut Request) {
    if let Ok(mut bytes) = std::mem::take(&mut request.body).try_into_mut() {
        bytes.as_mut().zeroize();
    }
}

fn decode_command(
    body: &mut Object<'_>,
    request: &Request,
    route: Route,
    store: &Store,
    payment_id: &str,
) -> Result<Command, ApiError> {
    own_store(store, body.id("storeId")?.as_deref())?;
    Ok(match route {
        Route::Instant if body.holds("method", "virtualAccount") => {
            Command::Account(Box::new(input::account(body, &store.id, payment_id, origin(request))?))
        }
        Route::Instant => Command::Instant(Box::new(input::instant(body, &store.id, payment_id, origin(request))?)),
        Route::Confirm => Command::Confirm(Box::new(input::confirm(body, &store.id, payment_id)?)),
        Route::Cancel => Command::Cancel(Box::new(input::cancel(body, &store.id, payment_id)?)),
        Route::CloseAccount => Command::CloseAccount {
            store_id: store.id.clone(),
            payment_id: payment_id.to_owned(),
        },
        Route::CancelReceipt => Command::CancelReceipt {
            store_id: store.id.clone(),
            payment_id: payment_id.to_owned(),
        },
        Route::IssueReceipt => Command::IssueReceipt(Box::new(input::receipt(body, &store.id)?)),
        Route::EscrowRegister | Route::EscrowModify => {
            let action = match route {
                Route::EscrowModify => EscrowAction::Modify,
                _ => EscrowAction::Register,
            };
            Command::Escrow(Box::new(input::logistics(body, &store.id, payment_id, action)?))
        }
        Route::EscrowComplete => Command::Escrow(Box::new(input::complete(body, &store.id, payment_id)?)),
        Route::ResendWebhook => Command::Resend(Box::new(ResendCommand {
            store_id: store.id.clone(),
            payment_id: payment_id.to_owned(),
            webhook_id: body.id("webhookId")?,
        })),
        _ => Command::PreRegister(input::pre_register(body, &store.id, payment_id)?),
    })
}

/// Where a server's call comes from.
#[must_use]
pub fn origin(request: &Request) -> Origin {
    Origin {
        platform: Platform::Api,
        user_agent: request
            .header("user-agent")
            .map(|agent| agent.chars().take(limits::LINE).collect()),
        url: None,
        ip_address: request.peer.ip().to_string(),
    }
}

/// Decodes `{paymentId}` of the path.
///
/// # Errors
/// 400 naming `paymentId`: empty, too long, not UTF-8, or with control characters.
pub fn payment_id(raw: Option<&str>) -> Result<String, ApiError> {
    path_id("paymentId", raw)
}

/// Decodes an identifier of the path, named `field` in messages.
///
/// # Errors
/// As [`payment_id`].
pub fn path_id(field: &str, raw: Option<&str>) -> Result<String, ApiError> {
    let raw = raw.unwrap_or_default();
    let max = limits::PAYMENT_ID;
    let too_long = || ApiError::field(field, &format!("must be at most {max} characters"));
    // Every character is at most four bytes, each sent as `%XX`.
    if raw.len() > max * 12 {
        return Err(too_long());
    }
    let decoded = percent_encoding::percent_decode_str(raw)
        .decode_utf8()
        .map_err(|_| ApiError::field(field, "must be percent-encoded UTF-8"))?;
    if decoded.trim().is_empty() {
        return Err(ApiError::field(field, "must not be empty"));
    }
    if decoded.chars().count() > max {
        return Err(too_long());
    }
    if decoded.chars().any(char::is_control) {
        return Err(ApiError::field(field, "must not contain control characters"));
    }
    Ok(decoded.into_owned())
}
