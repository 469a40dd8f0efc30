//! KSNET's KSPAY: window pages V1.4 for PC and mobile, the fetch that approves, the REST API ("pgapi"), the socket.
//!
//! Paths below `{origin}/ksnet`, as at KSNET's own hosts:
//!
//! | Path | Host that a channel overrides with `{origin}/ksnet` |
//! |---|---|
//! | `/store/KSPayWebV1.4/KSPayPWeb.jsp`, `/store/KSPayWebV1.4/js/kspay_web_ssl.js` | window (kspay.ksnet.to) |
//! | `/store/KSPayMobileV1.4/KSPayPWeb.jsp` | window (kspay.ksnet.to) |
//! | `/store/KSPay{Web,Mobile}V1.4/web_host/recv_post.jsp`, `…/recv_jpost.jsp` | window (kspay.ksnet.to) |
//! | `/kspay/webfep/api/v1/{card/cancel,account/cancel,card/cert,card/pay/noncert,card/pay/oldcert,vaccount/permanent}` | REST (pay.ksnet.co.kr, paydev.ksnet.co.kr) |
//!
//! Merchants at the start; every key is made up, the Base64 text of `{mid}:MA01:{32 hexadecimal digits}`:
//!
//! | `mid` | `apiKey` | Contract |
//! |---|---|---|
//! | `7700000001` | `NzcwMDAwMDAwMTpNQTAxOjAwMTEyMjMzNDQ1NTY2Nzc4ODk5QUFCQkNDRERFRTAx` | everything |
//! | `7700000002` | `NzcwMDAwMDAwMjpNQTAxOjAwMTEyMjMzNDQ1NTY2Nzc4ODk5QUFCQkNDRERFRTAy` | no parts, key-in or escrow; digital goods |
//! | `7700000003` | `NzcwMDAwMDAwMzpNQTAxOjAwMTEyMjMzNDQ1NTY2Nzc4ODk5QUFCQkNDRERFRTAz` | old notice layout; mobile cancels |
//! | `2999199999` | `Mjk5OTE5OTk5OTpNQTAxOjAwMTEyMjMzNDQ1NTY2Nzc4ODk5QUFCQkNDRERFRUZG` | KSNET's public test store |
//!
//! `PUT /_sim/ksnet/merchants` takes one object or a list: `mid` (10 digits), `apiKey`, `partial`, `keyIn`, `easyPay`,
//! `vbank`, `escrow`, `mobileCancel`, `goodsType` (`1`, `2`), `taxFreeField` (window field of the tax-free amount),
//! `notifyUrl`, `notifyMethod` (`GET`, `POST`), `notifyLayout` (`header`, `vr`), `shapes` (`html-noise`, `no-noise`,
//! `no-last-backtick`, `no-card-number`, `other-amount`, `other-order`, `no-backtick`, `echo-on-refusal`, `new-tid`).
//!
//! `authenticate`: `open` is a `form` to one of the two pages (or `scriptForm` with `_pay`); `method` picks among the
//! flags that are set (`CARD`, `TRANSFER`, `VIRTUAL_ACCOUNT`, `MOBILE`, `GIFT`, `KAKAOPAY`, `NAVERPAY`); `buyer` takes
//! `card`, `bank`, `months`, `receiptNumber`, and `decline` (`limit`, `pin`, `balance`, `lost`, `expired`, `suspended`,
//! `authentication`, `maintenance`). A failed authentication shows in the fetch, as code `9005` or `code`.
//!
//! `POST /_sim/ksnet/notify` (`{orderId|tid, amount?, reverse?, unknownOrderId?, mid?}`) sends a notice nobody caused.
//!
//! The socket protocol is served on the address that `GET /_sim/` names in `sockets.ksnet` (KSNET's own is
//! 210.181.28.137:21001): cancels, virtual accounts, cash receipts, card payments, tokens of cards; see [`socket`].
//!
//! Faults: `decline:A0500` and `decline:A0999` act first and then answer that envelope; `decline:<code>` of a fetch is
//! for good, of a REST call for once. `bad-signature` cannot be shown: KSNET signs nothing.

mod approve;
mod billing;
mod cancel;
mod codes;
mod controls;
mod form;
mod instant;
mod merchants;
mod notices;
mod page;
mod payment;
mod receipts;
mod rest;
mod simulator;
mod socket;
mod vbank;
mod window;

use super::ids;
use super::ledger::{Book, lock};
use super::pg::World;
use approve::Deal;
use billing::Token;
use dashmap::DashMap;
use merchants::Merchants;
use payment::Payment;
use receipts::Receipt;
use std::sync::{Arc, Mutex};
use window::Windows;

/// The simulator.
#[derive(Debug)]
pub(super) struct Ksnet {
    world: Arc<World>,
    merchants: Merchants,
    windows: Windows,
    deals: Book<Deal>,
    payments: Book<Payment>,
    /// The newest transaction of an order number.
    orders: DashMap<String, Arc<str>>,
    receipts: Book<Receipt>,
    tokens: Book<Token>,
    /// Held while a receipt is checked against the others and stored.
    issuing: Mutex<()>,
}

impl Ksnet {
    pub(super) fn new(world: Arc<World>) -> Self {
        let max = world.options.payments_max;
        Self {
            merchants: Merchants::seeded(),
            windows: Book::new(max),
            deals: Book::new(max),
            payments: Book::new(max),
            orders: DashMap::new(),
            receipts: Book::new(max),
            tokens: Book::new(max),
            issuing: Mutex::new(()),
            world,
        }
    }

    /// Stores a transaction under a number of our making: twelve digits, the first telling the method.
    fn admit(&self, mut payment: Payment) -> Arc<Mutex<Payment>> {
        let order = order_key(&payment.mid, &payment.order.number);
        loop {
            let trno: Arc<str> = Arc::from(format!("{}{}", payment.method.digit(), ids::digits(11)));
            payment.trno = Arc::clone(&trno);
            let spare = payment.clone();
            match self.payments.insert(&trno, payment) {
                Ok(left) => {
                    if let Some(old) = left {
                        let old = lock(&old);
                        let key = order_key(&old.mid, &old.order.number);
                        self.orders.remove_if(&key, |_, newest| *newest == old.trno);
                    }
                    self.orders.insert(order, Arc::clone(&trno));
                    // Only a flood that evicts a payment while it is being made could lose it here.
                    return self.payments.get(&trno).unwrap_or_else(|| Arc::new(Mutex::new(spare)));
                }
                Err(back) => payment = back,
            }
        }
    }
}

/// Where a merchant's order number is indexed.
fn order_key(mid: &str, number: &str) -> String {
    [mid, number].join("\n")
}

#[cfg(test)]
mod tests;
