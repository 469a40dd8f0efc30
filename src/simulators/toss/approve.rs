//! Approvals: confirm after the window, key-in cards, and the payment that a server creates without the SDK.

use super::args::Args;
use super::cards;
use super::errors::{ApiError, error};
use super::payment::{Currency, Means, Method, Payment, Session, Status};
use super::{Ctx, Done, Failed, OrderIndex, Reply, Toss};
use crate::simulators::clock::compact;
use crate::simulators::ids;
use crate::simulators::ledger::lock;
use crate::simulators::notices::Notice;
use std::sync::{Arc, Mutex};

impl Toss {
    /// `POST /v1/payments/confirm`
    pub(super) fn confirm(&self, ctx: &Ctx<'_>, body: &[u8]) -> Reply {
        let args = Args::parse(body)?;
        let key = args.need_text("paymentKey", 200)?;
        let order_id = args.order_id()?;
        let record = self.find(ctx, key)?;
        let mut payment = lock(&record);
        let expiry = self.expire_if_due(&mut payment, ctx.now);
        if !expiry.is_empty() {
            return Err(Failed {
                error: error("NOT_FOUND_PAYMENT_SESSION"),
                notices: expiry,
            });
        }
        match payment.status {
            Status::InProgress => {}
            Status::Ready | Status::Expired => return Err(error("NOT_FOUND_PAYMENT_SESSION").into()),
            _ => return Err(error("ALREADY_PROCESSED_PAYMENT").into()),
        }
        let amount = args.need_amount("amount", payment.currency)?;
        if amount != payment.total || order_id != payment.order_id {
            return Err(error("INVALID_REQUEST").into());
        }
        if payment.currency == Currency::Krw && amount < payment.method.minimum() {
            return Err(error("BELOW_MINIMUM_AMOUNT").into());
        }
        if let Some(forced) = &ctx.forced {
            return Err(self.refuse(ctx, &mut payment, forced.clone()));
        }
        self.claim_order(&payment)?;
        payment.approve(ctx.now);
        self.tie_receipt(&mut payment, ctx.now);
        Ok(self.shown(ctx, &payment, self.changed(&payment, &ctx.caller.merchant)))
    }

    /// `POST /v1/payments/key-in`
    pub(super) fn key_in(&self, ctx: &Ctx<'_>, body: &[u8]) -> Reply {
        if !ctx.caller.merchant.key_in {
            return Err(error("NOT_SUPPORTED_METHOD").into());
        }
        let args = Args::parse(body)?;
        let amount = args.need_amount("amount", Currency::Krw)?;
        let (order_id, order_name) = (args.order_id()?, args.order_name()?);
        let typed = cards::typed(&args, ctx.caller.merchant.test(), ctx.now)?;
        let mut card = typed.card;
        card.months = cards::months(args.count("cardInstallmentPlan")?, amount)?;
        card.interest_free = args.flag("useFreeInstallmentPlan")? && card.months > 1;
        let mut payment = Payment::new(
            &ctx.caller.merchant.mid,
            order_id,
            order_name,
            Method::Card,
            amount,
            ctx.now,
        );
        payment.tax_free = args.part("taxFreeAmount", Currency::Krw, amount)?;
        payment.means = Means::Card(card);
        let refusal = if typed.chargeable {
            None
        } else {
            Some(error("NOT_SUPPORTED_CARD_TYPE"))
        };
        self.charge(ctx, payment, refusal)
    }

    /// A charge without a window: one step from nothing to `DONE`.
    pub(super) fn charge(&self, ctx: &Ctx<'_>, mut payment: Payment, refusal: Option<ApiError>) -> Reply {
        if payment.total < payment.method.minimum() {
            return Err(error("BELOW_MINIMUM_AMOUNT").into());
        }
        payment.authenticated_at = Some(ctx.now);
        payment.status = Status::InProgress;
        if let Some(refusal) = ctx.forced.clone().or(refusal) {
            // A declined card leaves a failed payment behind; everything else never became one.
            if !refusal.ends {
                return Err(refusal.into());
            }
            if self.order_taken(&payment) {
                return Err(error("DUPLICATED_ORDER_ID").into());
            }
            let record = self.admit(payment);
            return Err(self.refuse(ctx, &mut lock(&record), refusal));
        }
        self.claim_order(&payment)?;
        payment.approve(ctx.now);
        self.tie_receipt(&mut payment, ctx.now);
        let record = self.admit(payment);
        let payment = lock(&record);
        self.mark_approved(&payment);
        Ok(self.shown(ctx, &payment, self.changed(&payment, &ctx.caller.merchant)))
    }

    /// `POST /v1/payments`: a payment to be opened at its `checkout.url`, without the SDK.
    pub(super) fn create(&self, ctx: &Ctx<'_>, body: &[u8]) -> Reply {
        let args = Args::parse(body)?;
        let currency = match args.text("currency", 3)? {
            None => Currency::Krw,
            Some(word) => Currency::parse(word).ok_or_else(|| error("INVALID_CURRENCY"))?,
        };
        let word = args.need_text("method", 40)?;
        let mut method = Method::parse(word).ok_or_else(|| error("NOT_SUPPORTED_METHOD"))?;
        let amount = args.need_amount("amount", currency)?;
        let (order_id, order_name) = (args.order_id()?, args.order_name()?);
        let url = |name: &str| -> Result<String, ApiError> {
            let url = args.need_text(name, 2000)?;
            if super::window::absolute(url) {
                Ok(url.to_owned())
            } else {
                Err(error("INVALID_REQUEST").about(name))
            }
        };
        let mut session = Session {
            success_url: Some(url("successUrl")?),
            fail_url: Some(url("failUrl")?),
            customer_name: args.text("customerName", 100)?.unwrap_or_default().to_owned(),
            customer_phone: args.text("customerMobilePhone", 15)?.map(str::to_owned),
            ..Session::default()
        };
        for option in ["flowMode", "easyPay", "cardCompany", "validHours", "dueDate"] {
            if let Some(value) = args.0.get(option).filter(|v| !v.is_null()) {
                session.options.insert(option.to_owned(), value.clone());
            }
        }
        if method == Method::Card && session.options.contains_key("easyPay") {
            method = Method::EasyPay;
        }
        if let Some(forced) = &ctx.forced {
            return Err(forced.clone().into());
        }
        let mut payment = Payment::new(&ctx.caller.merchant.mid, order_id, order_name, method, amount, ctx.now);
        payment.currency = currency;
        payment.tax_free = args.part("taxFreeAmount", currency, amount)?;
        payment.session = Some(Box::new(session));
        let record = self.admit(payment);
        let payment = lock(&record);
        Ok(self.shown(ctx, &payment, Vec::new()))
    }

    /// The payment of this caller's merchant; others' are not found.
    pub(super) fn find(&self, ctx: &Ctx<'_>, key: &str) -> Result<Arc<Mutex<Payment>>, ApiError> {
        let record = self.payments.get(key).ok_or_else(|| error("NOT_FOUND_PAYMENT"))?;
        if lock(&record).mid != ctx.caller.merchant.mid {
            return Err(error("NOT_FOUND_PAYMENT"));
        }
        Ok(record)
    }

    /// Ends a payment whose clock ran out, with the notification that follows.
    pub(super) fn expire_if_due(&self, payment: &mut Payment, now: i64) -> Vec<Notice> {
        let options = &self.world.options;
        let due = match payment.status {
            Status::Ready => payment.requested_at.saturating_add(options.window_ms),
            Status::InProgress => payment
                .authenticated_at
                .unwrap_or(payment.requested_at)
                .saturating_add(options.approval_ms),
            _ => return Vec::new(),
        };
        if now < due {
            return Vec::new();
        }
        payment.expire();
        self.merchants
            .get(&payment.mid)
            .map(|m| self.changed(payment, &m))
            .unwrap_or_default()
    }

    /// A refusal: a decline ends the payment, a temporary trouble leaves it as it is.
    pub(super) fn refuse(&self, ctx: &Ctx<'_>, payment: &mut Payment, error: ApiError) -> Failed {
        if !error.ends {
            return error.into();
        }
        payment.abort(error.code.clone(), error.message.clone());
        let notices = self.changed(payment, &ctx.caller.merchant);
        Failed { error, notices }
    }

    /// Stores a new payment under a fresh key: five characters of the MID, the time, five random ones.
    pub(super) fn admit(&self, mut payment: Payment) -> Arc<Mutex<Payment>> {
        let prefix: String = payment.mid.chars().take(5).collect();
        let time = compact(payment.requested_at);
        let waits = payment.status == Status::Ready;
        let (order, deadline) = (
            order_key(&payment),
            payment.requested_at.saturating_add(self.world.options.window_ms),
        );
        loop {
            let key: Arc<str> = Arc::from(format!("{prefix}{time}{}", ids::alnum(5)));
            payment.key = Arc::clone(&key);
            match self.payments.insert(&key, payment) {
                Ok(left) => {
                    if let Some(old) = left {
                        self.forget_order(&lock(&old));
                    }
                    self.orders.entry(order).or_default().newest = Some(Arc::clone(&key));
                    if waits {
                        self.queue(&self.windows_due, deadline, &key);
                    }
                    // Only a flood that evicts a payment while it is being made could lose it here.
                    return self
                        .payments
                        .get(&key)
                        .unwrap_or_else(|| Arc::new(Mutex::new(self.lost(&key))));
                }
                Err(back) => payment = back,
            }
        }
    }

    fn lost(&self, key: &Arc<str>) -> Payment {
        let mut payment = Payment::new(&Arc::from(""), "", "", Method::Card, 0, self.world.clock.now());
        payment.key = Arc::clone(key);
        payment
    }

    fn order_taken(&self, payment: &Payment) -> bool {
        self.orders
            .get(&order_key(payment))
            .is_some_and(|o| o.approved.is_some())
    }

    /// Takes an order number for an approval: one approval per number and merchant, ever.
    pub(super) fn claim_order(&self, payment: &Payment) -> Result<(), ApiError> {
        let mut order = self.orders.entry(order_key(payment)).or_default();
        if order.approved.is_some() {
            return Err(error("DUPLICATED_ORDER_ID"));
        }
        order.approved = Some(Arc::clone(&payment.key));
        Ok(())
    }

    /// Names the payment that holds an order number which was claimed before the payment had its key.
    pub(super) fn mark_approved(&self, payment: &Payment) {
        self.orders.entry(order_key(payment)).or_default().approved = Some(Arc::clone(&payment.key));
    }

    fn forget_order(&self, payment: &Payment) {
        let gone = |key: &Option<Arc<str>>| key.as_ref().is_none_or(|k| *k == payment.key);
        self.orders.remove_if(&order_key(payment), |_, o: &OrderIndex| {
            gone(&o.newest) && gone(&o.approved)
        });
    }

    /// A payment as the answer.
    pub(super) fn shown(&self, ctx: &Ctx<'_>, payment: &Payment, notices: Vec<Notice>) -> Done {
        Done {
            body: super::view::payment_bytes(payment, &ctx.style(self)),
            notices,
        }
    }
}

/// Where a merchant's order number is indexed.
pub(super) fn order_key(payment: &Payment) -> String {
    [payment.mid.as_ref(), payment.order_id.as_str()].join("\n")
}
