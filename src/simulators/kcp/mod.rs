//! NHN KCP's certificate-based REST API (API 표준결제, PG-API), its window script, its pages for phones and its notices.
//!
//! Below `/kcp`: `gw/enc/v1/payment`, `gw/mod/v1/cancel`, `gw/hub/v1/payment`, `std/inquery`, `std/tradeReg/register`,
//! `trade/register.do`, `std/brpay/treg` (LITE PAY); `plugin/kcp_spay_hub.js`, `plugin/payplus_web.jsp`,
//! `pay/mobileGW.kcp`, `pay/jsp/encodingFilter/encodingFilter.jsp`.
//!
//! # Sites it starts with
//!
//! | `site_cd` | Contract |
//! |---|---|
//! | `NARU1` | everything but recurring cards; notices in EUC-KR |
//! | `NARU2` | no inquiry (S032), no refund accounts (8327, 8328), no mixed tax, order numbers once, key-in without password; notices in UTF-8 |
//! | `NARUB` | as `NARU1`, with recurring cards under the group `NARUB1000001`, also by card number |
//! | `NARUE` | as `NARU1`; meant for escrow |
//! | `T0000` | as `NARU1`, amounts of KCP's public test site only (8129) |
//!
//! The certificates are self-made and valid until 2045. They and their private keys lie in `keys/`, named as KCP names the
//! files of its zip: `KCP_AUTH_{site_cd}_CERT.txt`, `KCP_AUTH_{site_cd}_PRIKEY.txt`. The simulator reads certificates
//! only; the keys are there for channel files and tests. Password of every key but that of `T0000`, which has none:
//! `naru1234`. `NARU1` and `NARUB` are PBES2 with AES-256, `NARUE` is PBES2 with 3DES, `NARU2` is PKCS#12 PBE with 3DES.
//!
//! # Control calls of its own
//!
//! `PUT /_sim/kcp/shapes` (`{"mid"?, "shapes":[…]}`), `POST /_sim/kcp/notify` (`{orderId|tid, txCd?, fields?, again?}`:
//! a notice nobody caused; `fields` overwrites members, `null` removes one; `again` sends the last one of this payment
//! once more, as `op_cd=01` where it told of a deposit), `POST /_sim/kcp/payout` (`{tid}`: the bank pays a refund that the
//! shape `slow-refund` held back).
//!
//! `PUT /_sim/kcp/merchants` takes one object or a list: `mid`, `certificate` (PEM), `groupId`, `keyIn` (`none`, `plain`,
//! `checked`), `keyByCard`, `escrow`, `partial`, `carrierPartial`, `nextMonth`, `refund`, `tax`, `inquiry`,
//! `uniqueOrders`, `testAmounts`, `cancelIps`, `blobMs`, `notifyUrl`, `notifyCharset`, `shapes`. `buyer` of the
//! authenticate call takes `card`, `bank`, `quota`, `check`, `corporate`, `partCancel`, `interestFree`, `wallet`, `money`,
//! `points`, `carrier`, `voucher`, `receipt` (`{kind, id}`) and `decline` (a reason such as `limit`, or a code).
//! `deposit` takes `late` (after the due time all the same); another amount than the account's is told and changes
//! nothing here; `reverse` tells `op_cd=13`.
//!
//! # Where KCP's documents are silent
//!
//! Stand-ins: S005 for a blob that does not open; 8026 and 8024 for another order number or method; 8001 for an unknown
//! site in the window; 5530 for an unknown or deleted batch key; 8134 and 8329 for states that allow no cancel or
//! refund. Only the texts of `0000`, 8059 and S032 are KCP's own, the others say what KCP's list says. A blob lives ten
//! minutes. An ordered `decline:` of a code that means "outcome unknown" (8041–8048, 8173–8175, 8323–8326, 8723–8727,
//! 8995–8997, 7512, 9048) acts and then says so; 9047 acts and undoes. Notices are re-sent ten times, a minute apart.

mod approve;
mod args;
mod billing;
mod blob;
mod cancel;
mod certificate;
mod codes;
mod controls;
mod direct;
mod escrow;
mod inquire;
mod merchants;
mod notices;
mod page;
mod payment;
mod receipts;
mod register;
mod sign;
mod simulator;
mod window;

use super::ids;
use super::ledger::{Book, lock};
use super::notices::Notice;
use super::pg::{Decline, PgRequest, Served, World};
use args::{Args, Done, Fields, Refusal, Reply, named, refusal};
use billing::BatchKey;
use blob::Blobs;
use certificate::Certificate;
use dashmap::DashMap;
use merchants::{Site, Sites};
use payment::{Method, Payment};
use receipts::Receipt;
use register::{Lite, Trade};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use window::Window;

/// What a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Page {
    Approve,
    KeyIssue,
    Cancel,
    Escrow,
    Inquire,
    /// With a certificate, or at the older address, where it may be absent.
    Register {
        strict: bool,
    },
    LitePay,
    Charge,
    KeyIn,
    KeyByCard,
    KeyDelete,
    Vbank,
    Receipt,
    /// A payment by server that the API does not know.
    UnknownHub,
}

impl Page {
    /// The call of a path below the provider.
    fn of(path: &str, args: &Args) -> Option<Self> {
        Some(match path {
            "/gw/enc/v1/payment" if args.text("tran_cd") == blob::KEY => Self::KeyIssue,
            "/gw/enc/v1/payment" => Self::Approve,
            "/gw/mod/v1/cancel" if matches!(args.text("mod_type"), "STE1" | "STE3") => Self::Escrow,
            "/gw/mod/v1/cancel" => Self::Cancel,
            "/std/inquery" => Self::Inquire,
            "/std/tradeReg/register" => Self::Register { strict: true },
            "/trade/register.do" => Self::Register { strict: false },
            "/std/brpay/treg" => Self::LitePay,
            "/gw/hub/v1/payment" => match (args.text("pay_method"), args.text("card_tx_type")) {
                ("CARD", "11511000") => Self::Charge,
                ("CARD", "11121000") => Self::KeyIn,
                ("CARD", "12100000") => Self::KeyByCard,
                ("BATCH", _) => Self::KeyDelete,
                ("VCNT", _) => Self::Vbank,
                ("CASH", _) => Self::Receipt,
                _ => Self::UnknownHub,
            },
            _ => return None,
        })
    }

    /// Members without which the call is turned away before anything else is looked at.
    fn needs(self) -> &'static [&'static str] {
        match self {
            Self::Approve | Self::KeyIssue => &["site_cd", "kcp_cert_info", "tran_cd", "enc_data", "enc_info"],
            Self::Cancel | Self::Escrow => &["site_cd", "kcp_cert_info", "kcp_sign_data", "mod_type", "tno"],
            Self::Inquire => &["site_cd", "kcp_cert_info", "kcp_sign_data", "tno", "pay_type"],
            Self::LitePay => &["site_cd", "kcp_cert_info", "kcp_sign_data", "ordr_idxx", "good_mny"],
            Self::Register { strict: false } => &["site_cd"],
            _ => &["site_cd", "kcp_cert_info"],
        }
    }

    /// Members whose values `kcp_sign_data` covers, in this order.
    fn signed(self) -> &'static [&'static str] {
        match self {
            Self::Cancel | Self::Escrow => &["site_cd", "tno", "mod_type"],
            Self::Inquire => &["site_cd", "tno", "pay_type"],
            Self::LitePay => &["site_cd", "good_mny", "pay_method", "reg_type", "ordr_idxx"],
            _ => &[],
        }
    }
}

/// One call whose site, certificate and signature are known to be right.
#[derive(Debug)]
struct Ctx<'a> {
    site: &'a Site,
    args: &'a Args,
    now: i64,
    /// A refusal that the fault menu orders.
    forced: Option<Refusal>,
    /// Own origin, for addresses in answers.
    origin: &'a str,
    peer: IpAddr,
}

impl Ctx<'_> {
    fn unforced(&self) -> Result<(), Refusal> {
        self.forced.clone().map_or(Ok(()), Err)
    }

    /// A forced refusal, if it leaves nothing done; one that acts and then tells of an unknown outcome comes back.
    fn acts_all_the_same(&self) -> Result<Option<&Refusal>, Refusal> {
        match &self.forced {
            Some(forced) if codes::effect(&forced.code) != codes::Effect::Acted => Err(forced.clone()),
            other => Ok(other.as_ref()),
        }
    }
}

/// The simulator.
#[derive(Debug)]
pub(super) struct Kcp {
    world: Arc<World>,
    sites: Sites,
    shapes: RwLock<Vec<&'static str>>,
    serial: AtomicU32,
    trades: Book<Trade>,
    lites: Book<Lite>,
    windows: Book<Window>,
    blobs: Blobs,
    payments: Book<Payment>,
    /// The newest approved transaction of an order number.
    orders: DashMap<String, Arc<str>>,
    keys: Book<BatchKey>,
    receipts: Book<Receipt>,
    /// The last notice of each transaction.
    told: DashMap<Arc<str>, Notice>,
}

impl Kcp {
    pub(super) fn new(world: Arc<World>) -> Self {
        let max = world.options.payments_max;
        Self {
            sites: Sites::seeded(),
            shapes: RwLock::default(),
            serial: AtomicU32::new(0),
            trades: Book::new(max),
            lites: Book::new(max),
            windows: Book::new(max),
            blobs: Blobs::new(max),
            payments: Book::new(max),
            orders: DashMap::new(),
            keys: Book::new(max),
            receipts: Book::new(max),
            told: DashMap::new(),
            world,
        }
    }

    /// Whether a site's answers or notices have a shape: its own, else one set for all.
    fn shaped(&self, site: &Site, word: &str) -> bool {
        match &site.shapes {
            Some(own) => own.contains(&word),
            None => self
                .shapes
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .contains(&word),
        }
    }

    /// Six digits that do not come again soon.
    fn serial(&self) -> u32 {
        self.serial.fetch_add(1, Ordering::Relaxed) % 1_000_000
    }

    /// Fourteen digits: the two-digit year first, or the whole date for transfers and accounts.
    fn tno(&self, method: Method, now: i64) -> String {
        let date = super::clock::compact(now);
        let serial = self.serial();
        match method {
            Method::Bank | Method::Vbank => format!("{}{serial:06}", date.get(..8).unwrap_or_default()),
            _ => format!("{}{}{serial:06}", date.get(2..4).unwrap_or_default(), ids::digits(6)),
        }
    }

    /// Stores an approved transaction under a number of its own.
    fn store(&self, mut payment: Payment) -> Arc<Mutex<Payment>> {
        let key = order_key(&payment.site, &payment.order.number);
        loop {
            let tno: Arc<str> = Arc::from(self.tno(payment.method, payment.created_at));
            payment.tno = Arc::clone(&tno);
            let spare = payment.clone();
            match self.payments.insert(&tno, payment) {
                Ok(left) => {
                    if let Some(old) = left {
                        let old = lock(&old);
                        let key = order_key(&old.site, &old.order.number);
                        self.orders.remove_if(&key, |_, newest| *newest == old.tno);
                        self.told.remove(&old.tno);
                    }
                    self.orders.insert(key, Arc::clone(&tno));
                    // Only a flood that evicts a payment while it is being made could lose it here.
                    let stored = self.payments.get(&tno);
                    return stored.unwrap_or_else(|| Arc::new(Mutex::new(spare)));
                }
                Err(back) => payment = back,
            }
        }
    }

    /// The transaction of a number; of this site only.
    fn find(&self, ctx: &Ctx<'_>, tno: &str) -> Result<Arc<Mutex<Payment>>, Refusal> {
        self.payments
            .get(tno)
            .filter(|record| lock(record).site == ctx.site.cd)
            .ok_or_else(|| refusal("8061"))
    }

    /// One call of the API.
    fn api(&self, request: &PgRequest<'_>, decline: Option<&Decline>) -> Served {
        let read = match request.path {
            "/trade/register.do" => Args::either(&request.inner.body),
            _ => Args::json(&request.inner.body),
        };
        let args = read.clone().unwrap_or_default();
        let registration = matches!(Page::of(request.path, &args), Some(Page::Register { .. }));
        let done = match (read, Page::of(request.path, &args)) {
            (Some(_), Some(page)) => self.admitted(request, page, &args, decline),
            _ => Err(refusal("S005")),
        };
        let site = self.sites.get(args.text("site_cd"));
        let (mut fields, notices) = match done {
            Ok(Done { fields, notices }) => (fields, notices),
            Err(refused) => {
                let (code, message) = args::heads(registration);
                (named(&[(code, &refused.code), (message, &refused.message)]), Vec::new())
            }
        };
        if let Some(site) = &site {
            self.reshape(site, &mut fields);
        }
        Served {
            answer: Some(args::answer(&fields)),
            notices,
            finish: None,
        }
    }

    /// Members, certificate, signature; then the call itself.
    fn admitted(&self, request: &PgRequest<'_>, page: Page, args: &Args, decline: Option<&Decline>) -> Reply {
        for name in page.needs() {
            args.need(name, 64 << 10)?;
        }
        let now = self.world.clock.now();
        // Nobody learns whether a site exists.
        let site = self.sites.get(args.text("site_cd")).ok_or_else(|| refusal("S032"))?;
        if let Some(line) = args.get("kcp_cert_info") {
            let known = Certificate::from_line(line).filter(|c| c.valid_at(now) && c.key == site.certificate.key);
            known.ok_or_else(|| refusal("S032"))?;
        }
        let parts: Vec<&str> = page.signed().iter().map(|name| args.text(name)).collect();
        if !parts.is_empty() && !sign::verify(&site.certificate.key, &parts, args.text("kcp_sign_data")) {
            return Err(refusal("S032"));
        }
        let origin = request.origin();
        let forced = decline.map(|d| Refusal::ordered(&d.code, d.message.as_deref()));
        self.call(
            &Ctx {
                site: &site,
                args,
                now,
                forced,
                origin: &origin,
                peer: request.inner.peer.ip(),
            },
            page,
        )
    }

    fn call(&self, ctx: &Ctx<'_>, page: Page) -> Reply {
        match page {
            Page::Approve | Page::KeyIssue => self.exchange(ctx),
            Page::Cancel | Page::Escrow => self.modify(ctx),
            Page::Inquire => self.inquire(ctx),
            Page::Register { .. } => self.register_trade(ctx),
            Page::LitePay => self.register_lite(ctx),
            Page::Charge => self.charge_key(ctx),
            Page::KeyIn => self.key_in(ctx),
            Page::KeyByCard => self.issue_key_by_card(ctx),
            Page::KeyDelete => self.delete_key(ctx),
            Page::Vbank => self.issue_vbank(ctx),
            Page::Receipt => self.issue_receipt(ctx),
            Page::UnknownHub => Err(refusal("S005").about("pay_method")),
        }
    }

    fn reshape(&self, site: &Site, fields: &mut Fields) {
        if self.shaped(site, "absent") {
            const SPARED: &[&str] = &[
                "trace_no",
                "app_no",
                "order_no",
                "canc_time",
                "mod_time",
                "escw_yn",
                "app_time",
            ];
            fields.retain(|(name, value)| !value.is_empty() && !SPARED.contains(&name.as_str()));
        }
        if self.shaped(site, "padded") {
            for (_, value) in fields.iter_mut().filter(|(name, _)| name == "res_msg") {
                value.push_str(" |  ");
            }
        }
        if self.shaped(site, "extra-members") {
            fields.extend(named(&[("paymentMethod", "01"), ("Some_New_Member", "x")]));
        }
    }
}

/// Where a site's order number is indexed.
fn order_key(site: &str, number: &str) -> String {
    [site, number].join("\n")
}

#[cfg(test)]
mod tests;
