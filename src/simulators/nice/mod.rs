//! NICE Payments, "NICEPAY start" API v1 (나이스페이먼츠): REST under `/nice/v1`, the script at `/nice/v1/js/`, its
//! windows under `/nice/window`.
//!
//! Own control calls, besides those of every PG: `PUT /_sim/nice/shapes` (`{"mid"?, "shapes":[…]}`), `POST
//! /_sim/nice/notify` (`{orderId|tid, status?, amount?, unknownOrderId?, dummy?}`: a webhook nobody caused, signed over
//! what it says), `POST /_sim/nice/expire-token` (`{mid}`).
//!
//! `PUT /_sim/nice/merchants` takes one object or a list: `mid` (10 characters), `clientId`, `secretKey` (32 hex
//! digits), `authScheme` (`basic`, `bearer`), `approvalModel` (`server`, `client`), `sandbox` (one card for all, no
//! partial cancel, no receipt cancel), `repeatCode` (`U114`, `2201`: the second approval of a tid), `notifyUrl` (plain
//! http, for all methods; empty = none) and `shapes`. `buyer` of `POST /_sim/nice/authenticate` takes `card` (code of
//! the company), `bank`, `quota`, `check`, `money`, `canPartCancel`, and `decline` (`limit`, `balance`, `expired`, `pin`,
//! `lost`, `suspended`, `maintenance`, `issuer`: the approval will be refused with the card company's words).
//!
//! NICE's books leave some pairings open; here: refusals before authentication are HTTP 401, an unknown payment is
//! 404 `U107` (inquiry) or `U121` (approval), everything else that is refused is HTTP 200.

mod answer;
mod approve;
mod args;
mod billing;
mod cancel;
pub(super) mod codes;
mod controls;
pub(super) mod crypt;
mod inquire;
mod merchants;
mod page;
mod payment;
mod receipts;
mod routes;
mod shapes;
mod sign;
mod simulator;
mod vbank;
mod view;
mod webhooks;
mod window;

use super::ids;
use super::ledger::{Book, lock};
use super::pg::{Decline, PgRequest, Served, World};
use answer::{Done, Refusal, Reply, json_answer, refusal};
use args::Args;
use billing::Bid;
use dashmap::DashMap;
use merchants::{Merchant, Merchants};
use payment::Payment;
use receipts::Receipt;
use routes::Route;
use serde_json::json;
use shapes::Shapes;
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use view::Style;
use window::Window;

/// One authenticated call.
#[derive(Debug)]
struct Ctx<'a> {
    merchant: &'a Merchant,
    args: &'a Args,
    now: i64,
    /// A refusal that the fault menu orders.
    forced: Option<Refusal>,
    /// Own origin with the provider's segment.
    base: &'a str,
}

impl Ctx<'_> {
    fn style(&self, nice: &Nice) -> Style<'_> {
        Style {
            merchant: self.merchant,
            shapes: nice.shapes_of(self.merchant),
            now: self.now,
            base: self.base,
        }
    }

    /// The ordered refusal of a call that takes no money.
    fn unforced(&self) -> Result<(), Refusal> {
        self.forced.clone().map_or(Ok(()), Err)
    }
}

/// Which transactions an order number has.
#[derive(Debug, Default)]
struct OrderIndex {
    newest: Option<Arc<str>>,
    approved: Option<Arc<str>>,
}

/// The simulator.
#[derive(Debug)]
pub(super) struct Nice {
    world: Arc<World>,
    merchants: Merchants,
    shapes: AtomicU16,
    serial: AtomicU32,
    windows: Book<Window>,
    payments: Book<Payment>,
    orders: DashMap<String, OrderIndex>,
    /// Order numbers of cancels and receipts that were used.
    spent: Book<()>,
    bids: Book<Bid>,
    receipts: Book<Receipt>,
}

impl Nice {
    pub(super) fn new(world: Arc<World>) -> Self {
        let max = world.options.payments_max;
        Self {
            merchants: Merchants::seeded(),
            shapes: AtomicU16::new(0),
            serial: AtomicU32::new(0),
            windows: Book::new(max),
            payments: Book::new(max),
            orders: DashMap::new(),
            spent: Book::new(max),
            bids: Book::new(max),
            receipts: Book::new(max),
            world,
        }
    }

    /// Own origin with the provider's segment, for texts that no request has part in.
    fn base(&self) -> String {
        format!(
            "{}/nice",
            self.world.public_url().as_deref().unwrap_or("http://127.0.0.1")
        )
    }

    /// A merchant's shapes: its own, else those set for all.
    fn shapes_of(&self, merchant: &Merchant) -> Shapes {
        merchant
            .shapes
            .unwrap_or_else(|| Shapes(self.shapes.load(Ordering::Relaxed)))
    }

    /// Ten characters of the MID, method, media, time, four more: thirty in all.
    fn tid(&self, mid: &str, method: &str, media: &str, now: i64) -> String {
        let time = super::clock::compact(now);
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        let tail: String = (0..4)
            .rev()
            .map(|place| char::from_digit(serial / 36_u32.pow(place) % 36, 36).unwrap_or('0'))
            .collect();
        format!(
            "{mid}{method}{media}{}{}",
            time.get(2..).unwrap_or_default(),
            tail.to_uppercase()
        )
    }

    /// Stores a new payment under a fresh tid.
    fn admit(&self, mut payment: Payment, media: &str) -> Arc<Mutex<Payment>> {
        loop {
            let tid: Arc<str> = Arc::from(self.tid(&payment.mid, payment.method.digits(), media, payment.created_at));
            payment.tid = Arc::clone(&tid);
            let order = order_key(&payment.mid, &payment.order.order_id);
            let spare = payment.clone();
            match self.payments.insert(&tid, payment) {
                Ok(left) => {
                    if let Some(old) = left {
                        self.forget_order(&lock(&old));
                    }
                    self.orders.entry(order).or_default().newest = Some(Arc::clone(&tid));
                    // Only a flood that evicts a payment while it is being made could lose it here.
                    let stored = self.payments.get(&tid);
                    return stored.unwrap_or_else(|| Arc::new(Mutex::new(spare)));
                }
                Err(back) => payment = back,
            }
        }
    }

    fn forget_order(&self, payment: &Payment) {
        let gone = |tid: &Option<Arc<str>>| tid.as_ref().is_none_or(|tid| *tid == payment.tid);
        let key = order_key(&payment.mid, &payment.order.order_id);
        self.orders
            .remove_if(&key, |_, order| gone(&order.newest) && gone(&order.approved));
    }

    /// Takes an order number for an approval: one per number and merchant, ever.
    fn claim_order(&self, payment: &Payment, code: &'static str) -> Result<(), Refusal> {
        let key = order_key(&payment.mid, &payment.order.order_id);
        let mut order = self.orders.entry(key).or_default();
        if order.approved.as_ref().is_some_and(|tid| *tid != payment.tid) {
            return Err(refusal(code));
        }
        order.approved = Some(Arc::clone(&payment.tid));
        Ok(())
    }

    fn order_paid(&self, mid: &str, order_id: &str) -> bool {
        self.orders
            .get(&order_key(mid, order_id))
            .is_some_and(|order| order.approved.is_some())
    }

    /// Marks a number as used; `false` if it was.
    fn spend(&self, mid: &str, kind: &str, order_id: &str) -> bool {
        let key: Arc<str> = Arc::from([mid, kind, order_id].join("\n"));
        self.spent.insert(&key, ()).is_ok()
    }

    /// One call of the REST API.
    fn api(&self, request: &PgRequest<'_>, route: &Route<'_>, decline: Option<&Decline>) -> Served {
        let now = self.world.clock.now();
        let args = Args::of(request);
        let euc_kr = args.as_ref().is_ok_and(Args::euc_kr);
        let done = self.authenticated(request, route, decline, args, now);
        match done {
            Ok(Done { body, notices }) => Served {
                answer: Some(json_answer(200, &body, euc_kr)),
                notices,
                finish: None,
            },
            Err(refused) => Served::just(json_answer(refused.status, &refused.json(), euc_kr)),
        }
    }

    fn authenticated(
        &self,
        request: &PgRequest<'_>,
        route: &Route<'_>,
        decline: Option<&Decline>,
        args: Result<Args, Refusal>,
        now: i64,
    ) -> Reply {
        let forced = decline.map(|d| {
            let listed = codes::message(&d.code) != codes::message("");
            let status = d.status.filter(|_| !listed);
            Refusal::ordered(&d.code, status, d.message.as_deref())
        });
        if *route == Route::Token {
            forced.map_or(Ok(()), Err)?;
            return self.token(request, now);
        }
        let merchant = self.merchants.authenticate(request.inner, now)?;
        let base = format!("{}/nice", request.origin());
        let ctx = Ctx {
            merchant: &merchant,
            args: &args?,
            now,
            forced,
            base: &base,
        };
        self.call(&ctx, route)
    }

    fn call(&self, ctx: &Ctx<'_>, route: &Route<'_>) -> Reply {
        match route {
            Route::Approve(tid) => self.approve(ctx, &routes::decode(tid)),
            Route::Cancel(tid) => self.cancel(ctx, &routes::decode(tid)),
            Route::NetCancel => self.net_cancel(ctx),
            Route::ByTid(tid) => self.by_tid(ctx, &routes::decode(tid)),
            Route::ByOrder(order) => self.by_order(ctx, &routes::decode(order)),
            Route::CheckAmount(tid) => self.check_amount(ctx, &routes::decode(tid)),
            Route::CardEvents => self.card_events(ctx),
            Route::InterestFree => self.interest_free(ctx),
            Route::IssueBid => self.issue_bid(ctx),
            Route::ChargeBid(bid) => self.charge_bid(ctx, &routes::decode(bid)),
            Route::ExpireBid(bid) => self.expire_bid(ctx, &routes::decode(bid)),
            Route::IssueReceipt => self.issue_receipt(ctx),
            Route::CancelReceipt(tid) => self.cancel_receipt(ctx, &routes::decode(tid)),
            Route::Receipt(tid) => self.read_receipt(ctx, &routes::decode(tid)),
            Route::AddHook => self.add_hook(ctx),
            Route::Hooks => Ok(webhooks::listed(ctx.merchant).into()),
            Route::UpdateHook(method) => self.update_hook(ctx, &routes::decode(method)),
            Route::DeleteHook(method) => self.delete_hook(ctx, &routes::decode(method)),
            _ => Err(Refusal::no_page(404)),
        }
    }

    fn token(&self, request: &PgRequest<'_>, now: i64) -> Reply {
        let (merchant, token, until) = self.merchants.token(request.inner, now)?;
        let mut body = json!({"resultCode": "0000", "resultMsg": codes::message("0000"), "accessToken": token,
            "tokenType": "Bearer", "now": payment::iso(now)});
        let name = if self.shapes_of(&merchant).has(Shapes::EXPIRE_AT) {
            "expireAt"
        } else {
            "expiredAt"
        };
        body[name] = json!(payment::iso(until));
        Ok(body.into())
    }

    /// What a card company calls an approval; the sandbox has one for all.
    fn approve_no(&self, merchant: &Merchant) -> String {
        if merchant.sandbox {
            "000000".to_owned()
        } else {
            ids::digits(8)
        }
    }
}

/// Where a merchant's order number is indexed.
fn order_key(mid: &str, order_id: &str) -> String {
    [mid, order_id].join("\n")
}

#[cfg(test)]
mod tests;
