//! Toss Payments (토스페이먼츠), core API: REST under `/toss/v1`, the SDK's script at `/toss/v2/standard`, its windows
//! under `/toss/window`.
//!
//! Own control calls, besides those of every PG: `PUT /_sim/toss/shapes` (`{"mid"?, "shapes":[…]}`), `POST
//! /_sim/toss/refund-status` (`{tid, status}`), `POST /_sim/toss/billing-removed` (`{billingKey, reason?}`), `POST
//! /_sim/toss/notify` (`{orderId|tid, event?, status?, secret?, unknownOrderId?}`: a notification nobody caused).
//!
//! `PUT /_sim/toss/merchants` takes one object or a list: `mid`, `clientKey`, `secretKey` (a new one keeps the old for
//! seven days, or not with `revokeOldKey`), `widgetClientKey`, `widgetSecretKey`, `notifyUrl` (plain http, empty = none),
//! `events`, `keyIn`, `billing`, `fixedAccount`, `escrow`, `depositDelayMs` (holds deposits back until the bank's
//! corrections are over) and `shapes`. `buyer` of `POST /_sim/toss/authenticate` takes `card` (`{issuer, type, owner,
//! number}`), `wallet`, `balance`, `bank`, `phone`, `installment`.

mod approve;
mod args;
mod auth;
mod billing;
mod cancel;
mod cards;
mod codes;
mod controls;
mod errors;
mod idempotency;
mod lists;
mod page;
mod payment;
mod receipts;
mod routes;
mod shapes;
mod simulator;
mod vbank;
mod view;
mod webhooks;
mod window;

use super::ids;
use super::ledger::{Book, lock};
use super::notices::Notice;
use super::pg::{Answer, Decline, PgRequest, Served, World};
use auth::{Caller, Merchant, Merchants};
use billing::{AuthKey, BillingKey};
use bytes::Bytes;
use dashmap::DashMap;
use errors::{ApiError, error};
use http::{Method, StatusCode};
use idempotency::{Idempotency, KEY_MAX, Seen, Shared, Stored};
use payment::Payment;
use receipts::Receipt;
use routes::Route;
use shapes::Shapes;
use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use view::Style;
use window::BillingWindow;

const JSON: &str = "application/json;charset=UTF-8";

/// What was done: the body of a 200, and what follows from it.
#[derive(Debug)]
struct Done {
    body: Vec<u8>,
    notices: Vec<Notice>,
}

/// What was refused, and what follows from it nevertheless.
#[derive(Debug)]
struct Failed {
    error: ApiError,
    notices: Vec<Notice>,
}

impl From<ApiError> for Failed {
    fn from(error: ApiError) -> Self {
        Self {
            error,
            notices: Vec::new(),
        }
    }
}

type Reply = Result<Done, Failed>;

/// One authenticated call.
#[derive(Debug)]
struct Ctx<'a> {
    caller: &'a Caller,
    now: i64,
    /// A refusal ordered by the fault menu or by `TossPayments-Test-Code`.
    forced: Option<ApiError>,
    /// Own origin with the provider's segment.
    base: &'a str,
}

impl Ctx<'_> {
    fn style(&self, toss: &Toss) -> Style<'_> {
        let shapes = toss.shapes_of(&self.caller.merchant);
        let shapes = if self.caller.english {
            shapes.with(Shapes::ENGLISH)
        } else {
            shapes
        };
        Style {
            test: self.caller.merchant.test(),
            shapes,
            base: self.base,
            now: self.now,
        }
    }
}

/// Which payments an order number has.
#[derive(Debug, Default)]
struct OrderIndex {
    newest: Option<Arc<str>>,
    approved: Option<Arc<str>>,
}

type Due = Mutex<VecDeque<(i64, Arc<str>)>>;

/// The simulator.
#[derive(Debug)]
pub(super) struct Toss {
    world: Arc<World>,
    merchants: Merchants,
    shapes: AtomicU16,
    payments: Book<Payment>,
    orders: DashMap<String, OrderIndex>,
    idempotency: Shared,
    windows_due: Due,
    approvals_due: Due,
    /// Payments with a deposit held back.
    held: Mutex<BTreeSet<Arc<str>>>,
    billing_windows: Book<BillingWindow>,
    auth_keys: Book<AuthKey>,
    billing: Book<BillingKey>,
    receipts: Book<Receipt>,
}

impl Toss {
    pub(super) fn new(world: Arc<World>) -> Self {
        let max = world.options.payments_max;
        Self {
            merchants: Merchants::seeded(),
            shapes: AtomicU16::new(0),
            payments: Book::new(max),
            orders: DashMap::new(),
            idempotency: Arc::new(Idempotency::new(world.options.idempotency_max)),
            windows_due: Due::default(),
            approvals_due: Due::default(),
            held: Mutex::default(),
            billing_windows: Book::new(max),
            auth_keys: Book::new(max),
            billing: Book::new(max),
            receipts: Book::new(max),
            world,
        }
    }

    /// Own origin with the provider's segment, for texts that no request has part in.
    fn base(&self) -> String {
        format!(
            "{}/toss",
            self.world.public_url().as_deref().unwrap_or("http://127.0.0.1")
        )
    }

    /// A merchant's shapes: its own, else those set for all.
    fn shapes_of(&self, merchant: &Merchant) -> Shapes {
        merchant
            .shapes
            .unwrap_or_else(|| Shapes(self.shapes.load(Ordering::Relaxed)))
    }

    /// Remembers when a payment's clock runs out. Each queue has one length of wait, so it stays in order.
    fn queue(&self, due: &Due, at: i64, key: &Arc<str>) {
        let mut queue = lock(due);
        queue.push_back((at, Arc::clone(key)));
        if queue.len() > self.world.options.payments_max {
            queue.pop_front();
        }
    }

    fn expire_due(&self, due: &Due, now: i64, notices: &mut Vec<Notice>) {
        loop {
            let key = {
                let mut queue = lock(due);
                match queue.front() {
                    Some((at, _)) if *at <= now => queue.pop_front().map(|(_, key)| key),
                    _ => None,
                }
            };
            let Some(key) = key else { return };
            if let Some(record) = self.payments.get(&key) {
                notices.extend(self.expire_if_due(&mut lock(&record), now));
            }
        }
    }

    /// One call of the REST API.
    fn api(&self, request: &PgRequest<'_>, route: &Route<'_>, decline: Option<&Decline>) -> Served {
        let now = self.world.clock.now();
        let trace = ids::alnum(32).to_lowercase();
        let caller = match self.merchants.authenticate(request.inner, now) {
            Ok(caller) => caller,
            Err(error) => return Served::just(failure(&error, false).with("x-tosspayments-trace-id", &trace)),
        };
        let key = request
            .inner
            .header("idempotency-key")
            .filter(|_| request.inner.method == Method::POST);
        let Some(key) = key else {
            let (status, body, notices) = self.run(request, route, decline, &caller, now);
            let answer = answer(status, body).with("x-tosspayments-trace-id", &trace);
            return Served {
                answer: Some(answer),
                notices,
                finish: None,
            };
        };
        if key.chars().count() > KEY_MAX {
            return Served::just(failure(&error("INVALID_IDEMPOTENCY_KEY"), caller.english));
        }
        let identity = Idempotency::identity(key, &caller.key, request.path);
        match self.idempotency.begin(&identity, now) {
            Seen::Running => {
                let busy = failure(&error("IDEMPOTENT_REQUEST_PROCESSING"), caller.english);
                Served::just(
                    busy.with("x-tosspayments-trace-id", &trace)
                        .with("idempotency-key", key),
                )
            }
            Seen::Done(stored) => {
                let traces = format!("{trace}, {}", stored.trace);
                let again = answer(stored.status, stored.body);
                Served::just(
                    again
                        .with("x-tosspayments-trace-id", &traces)
                        .with("idempotency-key", key),
                )
            }
            Seen::New => {
                let (status, body, notices) = self.run(request, route, decline, &caller, now);
                let stored = Stored {
                    status,
                    body: body.clone(),
                    trace: trace.clone(),
                };
                let store = Arc::clone(&self.idempotency);
                let answer = answer(status, body);
                let answer = answer
                    .with("x-tosspayments-trace-id", &trace)
                    .with("idempotency-key", key);
                // Until the answer is given the request counts as running.
                let finish = Box::new(move || store.done(&identity, stored));
                Served {
                    answer: Some(answer),
                    notices,
                    finish: Some(finish),
                }
            }
        }
    }

    fn run(
        &self,
        request: &PgRequest<'_>,
        route: &Route<'_>,
        decline: Option<&Decline>,
        caller: &Caller,
        now: i64,
    ) -> (u16, Bytes, Vec<Notice>) {
        let base = format!("{}/toss", request.origin());
        let forced = match forced(request, decline, caller) {
            Ok(forced) => forced,
            Err(error) => return (error.status, error.json(caller.english).into(), Vec::new()),
        };
        let ctx = Ctx {
            caller,
            now,
            forced,
            base: &base,
        };
        match self.call(&ctx, request, route) {
            Ok(done) => (200, done.body.into(), done.notices),
            Err(failed) => (
                failed.error.status,
                failed.error.json(caller.english).into(),
                failed.notices,
            ),
        }
    }

    fn call(&self, ctx: &Ctx<'_>, request: &PgRequest<'_>, route: &Route<'_>) -> Reply {
        let body = &request.inner.body[..];
        let query = |name: &str| request.inner.query_value(name);
        match route {
            Route::Confirm => self.confirm(ctx, body),
            Route::KeyIn => self.key_in(ctx, body),
            Route::Create => self.create(ctx, body),
            Route::Cancel(key) => self.cancel(ctx, &routes::decode(key), body),
            Route::ByKey(key) => self.by_key(ctx, &routes::decode(key)),
            Route::ByOrder(id) => self.by_order(ctx, &routes::decode(id)),
            Route::IssueVbank => self.issue_vbank(ctx, body),
            Route::IssueBilling => self.issue_billing(ctx, body),
            Route::RegisterCard => self.register_card(ctx, body),
            Route::ChargeBilling(key) => self.charge_billing(ctx, &routes::decode(key), body),
            Route::DeleteBilling(key) => self.delete_billing(ctx, &routes::decode(key)),
            Route::IssueReceipt => self.issue_receipt(ctx, body),
            Route::CancelReceipt(key) => self.cancel_receipt(ctx, &routes::decode(key), body),
            Route::ListReceipts => self.list_receipts(ctx, query),
            Route::Transactions => self.transactions(ctx, query),
            Route::Settlements => self.settlements(ctx, query),
            Route::SettleManually => self.settle_manually(ctx, body),
            _ => Err(error("NOT_FOUND").into()),
        }
    }
}

/// The refusal that the fault menu or the test header orders, if any.
fn forced(request: &PgRequest<'_>, decline: Option<&Decline>, caller: &Caller) -> Result<Option<ApiError>, ApiError> {
    if let Some(decline) = decline {
        let listed = ApiError::known(&decline.code);
        let message = decline.message.as_deref();
        let mut error = listed.unwrap_or_else(|| {
            ApiError::unlisted(
                &decline.code,
                decline.status.unwrap_or(400),
                message.unwrap_or("알 수 없는 오류입니다."),
            )
        });
        if let Some(message) = message {
            error.message = message.to_owned().into();
        }
        return Ok(Some(error));
    }
    match request.inner.header("tosspayments-test-code") {
        Some(code) if caller.merchant.test() => ApiError::known(code)
            .map(Some)
            .ok_or_else(|| error("INVALID_TEST_CODE")),
        _ => Ok(None),
    }
}

fn answer(status: u16, body: Bytes) -> Answer {
    Answer::new(
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        JSON,
        body,
    )
}

fn failure(error: &ApiError, english: bool) -> Answer {
    answer(error.status, error.json(english).into())
}

#[cfg(test)]
mod tests;
