//! KG Inicis (KG이니시스): INIStdPay for PCs, INIpay Mobile (`smart/payment`), INIAPI v1 and v2, and the billing windows
//! INIBill and INILite.
//!
//! All hosts of Inicis are one here. Every path works below `/inicis` itself and below `/inicis/{host}`, where `{host}`
//! is the first label of the real name: an `endpoints` override may be the same for all, or one for each.
//!
//! | Real host | Override | Paths |
//! |---|---|---|
//! | `stdpay.inicis.com` | `{sim}/inicis` or `{sim}/inicis/stdpay` | `/stdjs/INIStdPay.js`, `/stdjs/INIStdPay_close.js` |
//! | `{fc,ks,stg}stdpay.inicis.com` | `{sim}/inicis` or `{sim}/inicis/fcstdpay` … | `/api/payAuth`, `/api/netCancel` |
//! | `mobile.inicis.com` | `{sim}/inicis` or `{sim}/inicis/mobile` | `/smart/payment/` |
//! | `{fc,ks,stg}mobile.inicis.com` | `{sim}/inicis` or `{sim}/inicis/fcmobile` … | `/smart/payReq.ini`, `/smart/payNetCancel.ini` |
//! | `iniapi.inicis.com` | `{sim}/inicis` or `{sim}/inicis/iniapi` | `/api/v1/…`, `/v2/pg/…` |
//! | `inilite.inicis.com` | `{sim}/inicis` or `{sim}/inicis/inilite` | `/inibill/inibill_card.jsp` |
//! | `inilitepay.inicis.com` | `{sim}/inicis` or `{sim}/inicis/inilitepay` | `/pay/card/billing` |
//!
//! `authUrl`, `netCancelUrl` and `P_REQ_URL` are handed out as `{sim}/inicis/api/payAuth` and so on, with `idc_name` `fc`
//! or `ks` in turns (`stg` for Inicis' public test MIDs). A merchant with `idcPaths` is handed out
//! `{sim}/inicis/{idc}stdpay/api/payAuth`. Where the path names a data centre it must be the one that authenticated,
//! otherwise 500694. `tamper` of the authenticate call forges `authUrl`, `netCancelUrl`, `P_REQ_URL`, `idc_name` or any
//! other field of the return.
//!
//! Merchants at the start, with keys made up for this simulator (signKey `bmFydVNpbXVsYXRvclNpZ25LZXkwMDAx`, INIAPI IV
//! `naruSimApiIv01==`, INILite key `bmFydVNpbXVsYXRvckxpdGVLZXkwMDAx`, HashKey `4E41525553494D484153484B45593031`):
//!
//! | MID | INIAPI key | Contract |
//! |---|---|---|
//! | `naruinic1m` | `naruSimApiKey001` | general, key-in, refunds of deposits |
//! | `naruinic2m` | `naruSimApiKey002` | the same with 중복방지, tax parts and `idcPaths` |
//! | `naruinescr` | `naruSimApiKey003` | escrow |
//! | `naruinbill` | `naruSimApiKey004` | billing |
//!
//! and Inicis' public `INIpayTest`, `iniescrow0`, `INIBillTst`. `PUT /_sim/inicis/merchants` changes or adds some: `mid`,
//! `signKey`, `apiKey`, `apiIv`, `liteKey`, `hashKey`, `partial`, `taxSplit`, `escrow`, `billing`, `keyIn`, `refund`,
//! `uniqueOid`, `shortOfMoney` (cancels end with 500906), `notifyUrl`, `escrowUrl`, `idc`, `idcPaths`, `callBase` (what `authUrl` and
//! the like begin with, if not this simulator: a data centre that cannot be reached), `shapes`.
//!
//! `buyer` of the authenticate call takes `card`, `bank`, `quota`, `check`, `corporate`, `part` (partial cancels allowed),
//! `isp`, `wallet` (a `CARD_SrcCode`), `money` (paid with the wallet's money), `carrier`, and `decline` (`limit`,
//! `balance`, `lost`, `pin`, `expired`, `suspended`, `issuer`, `maintenance`, `setup`, or a detail code).
//!
//! Own control calls: `PUT /_sim/inicis/shapes` (`{"mid"?, "shapes":[…]}`), `POST /_sim/inicis/admin-cancel`
//! (`{orderId|tid, amount?}`: a cancel in the merchant portal, which nothing tells of), `POST /_sim/inicis/notify`
//! (`{orderId|tid, amount?, account?, unknownOrderId?, mid?}`: the notice of a deposit that nobody made).
//!
//! Codes that no document gives are this simulator's: a wrong signature 500202, `GVacct` after or `Vacct` before the
//! deposit 500628, an authentication older than ten minutes 500694, a PC decline as `resultCode`, a mobile one as
//! `P_STATUS` 01 with `[code]` in front of the text. The encrypted `billkey` of INILite is described nowhere firmly
//! enough to be imitated: that window returns the plain key.

mod api;
mod approve;
mod billing;
mod cancel;
mod codes;
mod controls;
mod direct;
mod form;
mod inquire;
mod merchants;
mod notices;
mod page;
mod payment;
mod result;
mod side;
mod sign;
mod simulator;
mod window;

use super::clock::compact;
use super::ledger::{Book, lock};
use super::pg::World;
use billing::BillKey;
use codes::{Refusal, refusal};
use dashmap::DashMap;
use merchants::{Merchant, Merchants};
use payment::{Escrow, Method, Payment, Status};
use side::Receipt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use window::{Auth, Window};

/// Data centres.
const IDCS: &[&str] = &["fc", "ks", "stg"];

/// A data centre by its name.
fn idc(word: &str) -> Option<&'static str> {
    IDCS.iter().find(|known| **known == word).copied()
}

/// The simulator.
#[derive(Debug)]
pub(super) struct Inicis {
    world: Arc<World>,
    merchants: Merchants,
    serial: AtomicU32,
    windows: Book<Window>,
    /// Authentications by `authToken` or mobile authentication TID.
    auths: Book<Auth>,
    payments: Book<Payment>,
    /// The newest transaction of an order number.
    orders: DashMap<String, Arc<str>>,
    bill_keys: Book<BillKey>,
    receipts: Book<Receipt>,
}

impl Inicis {
    pub(super) fn new(world: Arc<World>) -> Self {
        let max = world.options.payments_max;
        Self {
            merchants: Merchants::seeded(),
            serial: AtomicU32::new(0),
            windows: Book::new(max),
            auths: Book::new(max),
            payments: Book::new(max),
            orders: DashMap::new(),
            bill_keys: Book::new(max),
            receipts: Book::new(max),
            world,
        }
    }

    /// Ten characters of prefix, the MID, the time, six digits.
    fn tid(&self, prefix: &str, mid: &str, now: i64) -> String {
        let serial = self.serial.fetch_add(1, Ordering::Relaxed) % 1_000_000;
        format!("{prefix}{mid}{}{serial:06}", compact(now))
    }

    /// The data centre of the next authentication.
    fn next_idc(&self, merchant: &Merchant) -> &'static str {
        let turn = self.serial.fetch_add(1, Ordering::Relaxed) % 2;
        merchant.idc.unwrap_or(if turn == 0 { "fc" } else { "ks" })
    }

    /// Stores an approved transaction under a TID of its own.
    ///
    /// # Errors
    /// 500619: the order number is taken and the merchant's are unique.
    fn admit(&self, mut payment: Payment, merchant: &Merchant) -> Result<Arc<Mutex<Payment>>, Refusal> {
        let key = order_key(&payment.mid, &payment.order.oid);
        if payment.bill_key.is_none() && merchant.unique_oid && self.orders.contains_key(&key) {
            return Err(refusal("500619"));
        }
        let tag = match &payment.means {
            payment::Means::Card(card) if card.isp => "ISP_",
            _ => payment.method.tag(),
        };
        let prefix = [payment.product.prefix(), tag].concat();
        payment.tid = Arc::from(self.tid(&prefix, &payment.mid, payment.approved_at));
        let (tid, spare, listed) = (Arc::clone(&payment.tid), payment.clone(), payment.bill_key.is_none());
        // The serial number makes a TID unlike every other of its second.
        if let Ok(Some(old)) = self.payments.insert(&tid, payment) {
            let old = lock(&old);
            self.orders
                .remove_if(&order_key(&old.mid, &old.order.oid), |_, newest| *newest == old.tid);
        }
        if listed {
            self.orders.insert(key, Arc::clone(&tid));
        }
        // Only a flood that evicts a payment while it is being made could lose it here.
        Ok(self.payments.get(&tid).unwrap_or_else(|| Arc::new(Mutex::new(spare))))
    }

    /// The transaction of a TID, of this merchant only.
    fn find(&self, merchant: &Merchant, tid: &str) -> Result<Arc<Mutex<Payment>>, Refusal> {
        let record = self.payments.get(tid).ok_or_else(|| refusal("500623"))?;
        if lock(&record).mid != merchant.mid {
            return Err(refusal("500621"));
        }
        Ok(record)
    }

    /// A transaction as it stands right after its approval.
    fn approved(auth: &Auth, auth_no: String, now: i64) -> Payment {
        let waits = auth.method == Method::Vbank;
        Payment {
            tid: Arc::from(""),
            mid: Arc::clone(&auth.mid),
            order: auth.order.clone(),
            method: auth.method,
            means: auth.means.clone(),
            product: auth.product,
            status: if waits { Status::Issued } else { Status::Paid },
            balance: auth.order.amount,
            approved_at: now,
            paid_at: (!waits).then_some(now),
            auth_no,
            escrow: if auth.escrow { Escrow::Open } else { Escrow::None },
            cancels: Vec::new(),
            depositor: String::new(),
            bill_key: None,
        }
    }
}

/// Where a merchant's order number is indexed.
fn order_key(mid: &str, oid: &str) -> String {
    [mid, oid].join("\n")
}

#[cfg(test)]
mod tests;
