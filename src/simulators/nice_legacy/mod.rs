//! NICE Payments' legacy `webapi` (나이스페이먼츠, MID and merchant key): scripts and mobile page under
//! `/nice_legacy/v3`, calls under `/nice_legacy/webapi/*.jsp`, forms in EUC-KR.
//!
//! The auth result's `NextAppURL` and `NetCancelURL` are this simulator's own `…/webapi/pay_process.jsp` and
//! `…/webapi/cancel_process.jsp`.
//!
//! Own control calls, besides those of every PG: `PUT /_sim/nice_legacy/shapes` (`{"mid"?, "shapes":[…]}`), `POST
//! /_sim/nice_legacy/admin-cancel` (`{orderId|tid, amount?}`: a cancel in NICE's admin page), `POST
//! /_sim/nice_legacy/notify` (`{orderId|tid, resultCode?, amount?, unknownOrderId?, empty?}`: a notice nobody caused).
//!
//! `PUT /_sim/nice_legacy/merchants` takes one object or a list: `mid` (10 characters), `merchantKey`, `cancelPassword`
//! (then `CancelPwd` is needed), `partial`, `taxSplit`, `escrow`, `billing`, `keyIn`, `refund`, `uniqueMoid`, `guardMoid`,
//! `signatureAmount` (`plain`, `padded`), `nightly`, `repeatCode` (`A225`, `2201`), `notifyUrl`, `notifyAll`, `okCheck`,
//! `retryMinutes`, `retryCount`, `shapes`. `buyer` of the authenticate call takes `card`, `bank`, `quota`, `check`,
//! `ccPartCl`, and `decline` (`limit`, `balance`, `expired`, `pin`, `lost`, `suspended`, `maintenance`, `issuer`).
//!
//! A `deposit` of another amount than the account's is taken and told, and the account goes on waiting. `bad-signature`
//! can be shown on approvals, cancels and net-cancels only: nothing else is signed by NICE.

mod approve;
mod billing;
mod cancel;
mod controls;
mod direct;
mod form;
mod merchants;
mod notices;
mod page;
mod payment;
mod result;
mod side;
mod sign;
mod simulator;
mod window;

// The two generations share one code book and one cipher, and nothing else.
use super::nice::{codes, crypt};

use super::clock::{civil, instant};
use super::ids;
use super::ledger::{Book, lock};
use super::pg::{Decline, PgRequest, Served, World};
use billing::Bid;
use dashmap::DashMap;
use form::{Form, Written};
use merchants::{Merchant, Merchants};
use payment::{Payment, Status};
use result::{Done, Refusal, Reply, refusal};
use side::Receipt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use window::Window;

/// The pages of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Page {
    Approve,
    Cancel,
    NetCancel,
    Status,
    BillingIssue,
    BillingPay,
    BillingDelete,
    KeyIn,
    Vbank,
    Escrow,
    Receipt,
}

impl Page {
    /// The page of a path below `/webapi`.
    fn of(path: &str, body: &[u8]) -> Option<Self> {
        Some(match path.strip_prefix("/webapi/")? {
            "pay_process.jsp" => Self::Approve,
            "cancel_process.jsp" if Form::parse(body).text("NetCancel") == "1" => Self::NetCancel,
            "cancel_process.jsp" => Self::Cancel,
            "inquery/trans_status.jsp" => Self::Status,
            "billing/billing_regist.jsp" => Self::BillingIssue,
            "billing/billing_approve.jsp" => Self::BillingPay,
            "billing/billkey_remove.jsp" => Self::BillingDelete,
            "card_keyin.jsp" => Self::KeyIn,
            "get_vacount.jsp" => Self::Vbank,
            "escrow_process.jsp" => Self::Escrow,
            "cash_receipt.jsp" => Self::Receipt,
            _ => return None,
        })
    }
}

/// One call whose merchant and `SignData` are known to be right.
#[derive(Debug)]
struct Ctx<'a> {
    merchant: &'a Merchant,
    form: &'a Form,
    now: i64,
    /// A refusal that the fault menu orders.
    forced: Option<Refusal>,
}

impl Ctx<'_> {
    /// A field that must be there, at most `max` bytes long in EUC-KR.
    fn need(&self, name: &str, max: usize) -> Result<&str, Refusal> {
        result::need(self.form, name, max)
    }

    fn need_amount(&self, name: &str) -> Result<i64, Refusal> {
        self.form.amount(name).ok_or_else(|| refusal("9000").about(name))
    }

    fn unforced(&self) -> Result<(), Refusal> {
        self.forced.clone().map_or(Ok(()), Err)
    }
}

/// The simulator.
#[derive(Debug)]
pub(super) struct NiceLegacy {
    world: Arc<World>,
    merchants: Merchants,
    shapes: RwLock<Vec<&'static str>>,
    serial: AtomicU32,
    windows: Book<Window>,
    payments: Book<Payment>,
    /// The newest transaction of an order number that was approved, else of one that was not.
    orders: DashMap<String, Arc<str>>,
    /// TIDs that followed from partial cancels, and whose they are.
    later_tids: Book<Arc<str>>,
    bids: Book<Bid>,
    receipts: Book<Receipt>,
}

impl NiceLegacy {
    pub(super) fn new(world: Arc<World>) -> Self {
        let max = world.options.payments_max;
        Self {
            merchants: Merchants::seeded(),
            shapes: RwLock::default(),
            serial: AtomicU32::new(0),
            windows: Book::new(max),
            payments: Book::new(max),
            orders: DashMap::new(),
            later_tids: Book::new(max),
            bids: Book::new(max),
            receipts: Book::new(max),
            world,
        }
    }

    /// Whether a merchant's answers or notices have a shape: its own, else one set for all.
    fn shaped(&self, merchant: &Merchant, word: &str) -> bool {
        match &merchant.shapes {
            Some(own) => own.contains(&word),
            None => self
                .shapes
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .contains(&word),
        }
    }

    fn amount_text(&self, merchant: &Merchant, amount: i64) -> String {
        if self.shaped(merchant, "plain-amounts") {
            amount.to_string()
        } else {
            format!("{amount:012}")
        }
    }

    /// Ten characters of the MID, method, media, time, four more: thirty in all.
    fn tid(&self, mid: &str, method: &str, media: &str, now: i64) -> String {
        let time = super::clock::compact(now);
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        let tail: String = (0..4)
            .rev()
            .map(|place| char::from_digit(serial / 36_u32.pow(place) % 36, 36).unwrap_or('0'))
            .collect();
        let time = time.get(2..).unwrap_or_default();
        format!("{mid}{method}{media}{time}{}", tail.to_uppercase())
    }

    /// Stores a transaction under a TID of our making.
    fn admit(&self, mut payment: Payment) -> Arc<Mutex<Payment>> {
        loop {
            let tid = self.tid(&payment.mid, payment.method.digits(), "01", payment.created_at);
            payment.tid = Arc::from(tid.as_str());
            match self.store(payment) {
                Ok(record) => return record,
                Err(back) => payment = *back,
            }
        }
    }

    /// Stores a transaction under its TID; gives it back if the TID is taken.
    fn store(&self, mut payment: Payment) -> Result<Arc<Mutex<Payment>>, Box<Payment>> {
        let tid = Arc::clone(&payment.tid);
        payment.current = tid.to_string();
        let (spare, order) = (payment.clone(), order_key(&payment.mid, &payment.order.moid));
        match self.payments.insert(&tid, payment) {
            Ok(left) => {
                if let Some(old) = left {
                    let old = lock(&old);
                    let key = order_key(&old.mid, &old.order.moid);
                    self.orders.remove_if(&key, |_, newest| *newest == old.tid);
                }
                if !self.order_approved(&order) {
                    self.orders.insert(order, Arc::clone(&tid));
                }
                // Only a flood that evicts a payment while it is being made could lose it here.
                let stored = self.payments.get(&tid);
                Ok(stored.unwrap_or_else(|| Arc::new(Mutex::new(spare))))
            }
            Err(back) => Err(Box::new(back)),
        }
    }

    fn order_approved(&self, key: &str) -> bool {
        let tid = self.orders.get(key).map(|found| Arc::clone(found.value()));
        tid.and_then(|tid| self.payments.get(&tid))
            .is_some_and(|record| lock(&record).approved_at.is_some())
    }

    /// The transaction of a TID, or of one that followed from it; of this caller only.
    fn find(&self, ctx: &Ctx<'_>, tid: &str) -> Result<Arc<Mutex<Payment>>, Refusal> {
        let original = self.later_tids.get(tid).map(|tid| Arc::clone(&lock(&tid)));
        let record = self.payments.get(original.as_deref().unwrap_or(tid));
        let record = record.ok_or_else(|| refusal("2012"))?;
        let mut payment = lock(&record);
        if payment.mid != ctx.merchant.mid {
            return Err(refusal("2019"));
        }
        nightly(&mut payment, ctx.merchant, ctx.now);
        drop(payment);
        Ok(record)
    }

    /// One call of the API.
    fn api(&self, request: &PgRequest<'_>, page: Page, decline: Option<&Decline>) -> Served {
        let form = Form::parse(&request.inner.body);
        let mut written = Written::of(&form);
        let merchant = self.merchants.get(form.text("MID"));
        if let Some(m) = &merchant {
            written.blank_lines = self.shaped(m, "blank-lines");
            if self.shaped(m, "euc-kr-always") {
                written.charset = encoding_rs::EUC_KR;
            }
        }
        let forced = decline.map(|d| Refusal::ordered(&d.code, d.message.as_deref()));
        let done = match &merchant {
            None => Err(refusal("3012").about("MID")),
            Some(merchant) => {
                let ctx = Ctx {
                    merchant,
                    form: &form,
                    now: self.world.clock.now(),
                    forced,
                };
                self.call(&ctx, page)
            }
        };
        let (mut fields, notices) = match done {
            Ok(Done { fields, notices }) => (fields, notices),
            Err(refused) => (
                refused.fields(&form, matches!(page, Page::Cancel | Page::NetCancel)),
                Vec::new(),
            ),
        };
        if let Some(m) = &merchant {
            self.reshape(m, &mut fields);
        }
        Served {
            answer: Some(written.answer(&fields)),
            notices,
            finish: None,
        }
    }

    fn reshape(&self, merchant: &Merchant, fields: &mut Vec<(String, String)>) {
        if self.shaped(merchant, "absent") {
            fields.retain(|(_, value)| !value.is_empty());
        }
        if self.shaped(merchant, "trailing-blanks") {
            const PADDED: &[&str] = &[
                "Moid",
                "ResultMsg",
                "CardCode",
                "CardName",
                "BankName",
                "GoodsName",
                "BuyerName",
            ];
            for (_, value) in fields.iter_mut().filter(|(name, _)| PADDED.contains(&name.as_str())) {
                value.push_str("  ");
            }
        }
    }

    fn call(&self, ctx: &Ctx<'_>, page: Page) -> Reply {
        use sign::order;
        let fields = match page {
            Page::Approve | Page::NetCancel => order::APPROVAL,
            Page::Cancel => order::CANCEL,
            Page::Status => order::STATUS,
            Page::BillingIssue => order::BILLING_ISSUE,
            Page::BillingPay => order::BILLING_PAY,
            Page::BillingDelete => order::BILLING_DELETE,
            Page::KeyIn | Page::Vbank => order::DIRECT,
            Page::Escrow => order::ESCROW,
            Page::Receipt => order::RECEIPT,
        };
        result::signed(ctx.form, fields, &ctx.merchant.key, "A211")?;
        match page {
            Page::Approve => self.approve(ctx),
            Page::Cancel => self.cancel(ctx),
            Page::NetCancel => self.net_cancel(ctx),
            Page::Status => self.status(ctx),
            Page::BillingIssue => self.issue_bid(ctx),
            Page::BillingPay => self.charge_bid(ctx),
            Page::BillingDelete => self.delete_bid(ctx),
            Page::KeyIn => self.key_in(ctx),
            Page::Vbank => self.issue_vbank(ctx),
            Page::Escrow => self.deliver(ctx),
            Page::Receipt => self.issue_receipt(ctx),
        }
    }
}

/// Where a merchant's order number is indexed.
fn order_key(mid: &str, moid: &str) -> String {
    [mid, moid].join("\n")
}

/// What NICE does to its test MIDs: everything of a day is cancelled at 23:30.
fn nightly(payment: &mut Payment, merchant: &Merchant, now: i64) {
    let alive = matches!(payment.status, Status::Paid | Status::PartCancelled | Status::Issued);
    let Some(at) = payment.approved_at.filter(|_| merchant.nightly && alive) else {
        return;
    };
    let day = civil(at).date();
    let tonight = instant(day.at(23, 30, 0, 0)).unwrap_or(i64::MAX);
    let end = if at < tonight {
        tonight
    } else {
        tonight.saturating_add(24 * 3_600_000)
    };
    if now >= end {
        let rest = payment.balance;
        payment.take("AUTO", rest, ids::digits(8), end);
    }
}

#[cfg(test)]
mod tests;
