//! The window: how a buyer ends it, and what the browser sends then.
//!
//! On a PC the script writes the result into the shop's own form; on a phone it is posted to `Ret_URL`, in EUC-KR unless
//! the form came through the encoding filter.

mod checks;
mod drive;

use super::Kcp;
use super::args::{Args, Fields, Refusal, named, refusal};
use super::blob::{Blob, Content, KEY, PAY};
use super::codes::{self, Wallet};
use super::direct::account;
use super::payment::{Card, Escrow, METHODS, Means, Method, Order, Payment, Wanted};
use super::{approve, codes::REASONS};
use crate::simulators::ids;
use crate::simulators::ledger::lock;
use crate::simulators::pg::Behaviour;
use crate::simulators::words::{ControlError, unknown_word};
use serde_json::{Map, Value};
use std::sync::Arc;

pub(super) use checks::absolute;

/// How the result travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
    /// Into the shop's form.
    Pc,
    /// To `Ret_URL`, in this charset.
    Phone {
        url: String,
        charset: &'static encoding_rs::Encoding,
    },
    /// To one of two addresses.
    Lite { done: String, failed: String },
}

/// A window that was opened.
#[derive(Debug, Clone)]
pub(super) struct Window {
    pub site: Arc<str>,
    pub order: Order,
    /// Methods on offer; none for a batch key.
    pub methods: Vec<Method>,
    /// Group of the batch key that is to be issued.
    pub group: Option<String>,
    pub wallet: Option<Wallet>,
    /// The wallet pays with its own money.
    pub money: bool,
    pub escrow: bool,
    /// Cards on offer; none: all.
    pub cards: Vec<String>,
    pub quota: String,
    pub phone: String,
    pub due: i64,
    pub way: Way,
    /// What was sent to open it.
    pub sent: Args,
    pub at: i64,
    pub done: bool,
}

/// What the buyer does in a window.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    pub behaviour: Behaviour,
    pub method: Option<String>,
    pub buyer: Map<String, Value>,
    pub code: Option<String>,
}

/// The end of a window: fields of the result, or nothing that anybody hears of.
#[derive(Debug, Clone)]
pub(super) enum Ending {
    Result(Fields),
    Closed,
}

/// How an attempt to authenticate ends: the buyer's way of paying, or KCP's refusal. Control calls may be wrong, too.
type Picked = Result<Result<(Method, Means), Refusal>, ControlError>;

impl Kcp {
    /// Keeps a window that was opened.
    pub(super) fn keep(&self, window: Window) -> Arc<str> {
        let id: Arc<str> = Arc::from(ids::alnum(28));
        // Twenty-eight random characters do not meet again.
        drop(self.windows.insert(&id, window));
        id
    }

    /// The buyer ends a window.
    pub(super) fn decide(&self, id: &str, choice: &Choice) -> Result<Ending, ControlError> {
        let gone = || ControlError::missing("id", "the window has run out or was used: open a new one");
        let record = self.windows.get(id).ok_or_else(gone)?;
        let mut window = lock(&record);
        let now = self.world.clock.now();
        if window.done || now >= window.at.saturating_add(self.world.options.window_ms) {
            return Err(gone());
        }
        let usual = match choice.behaviour {
            Behaviour::Approve => None,
            Behaviour::UserCancel => Some("3001"),
            Behaviour::Fail => Some("CC25"),
            Behaviour::UserClose => {
                window.done = true;
                return Ok(Ending::Closed);
            }
        };
        if let Some(usual) = usual {
            window.done = true;
            let code = choice.code.as_deref().unwrap_or(usual);
            return Ok(Ending::Result(failed(&window, &Refusal::ordered(code, None))));
        }
        let picked = self.chosen(&window, choice)?;
        window.done = true;
        let (method, means) = match picked {
            Ok(picked) => picked,
            Err(refused) => return Ok(Ending::Result(failed(&window, &refused))),
        };
        let receipt = receipt(choice);
        let masked = match &means {
            Means::Card(card) => card.number.clone(),
            _ => String::new(),
        };
        let content = match (&window.group, means) {
            (Some(group), Means::Card(card)) => {
                Content::Key(Box::new(card), window.order.number.clone(), group.clone())
            }
            (_, means) => Content::Payment(Box::new(sealed(
                &window,
                choice,
                (method, means),
                receipt.clone(),
                now,
            )?)),
        };
        let blob = self.blobs.seal(Blob {
            site: Arc::clone(&window.site),
            at: now,
            used: false,
            content,
        });
        Ok(Ending::Result(authenticated(
            &window,
            method,
            &blob,
            receipt.as_ref(),
            &masked,
        )))
    }

    /// What the buyer pays with: what the request fixed, else what the buyer picked.
    fn chosen(&self, window: &Window, choice: &Choice) -> Picked {
        let method = match choice.method.as_deref() {
            Some(word) => {
                let row = METHODS
                    .iter()
                    .find(|row| row.mobile == word || row.alias == word || (word == "PHONE" && row.mobile == "MOBX"));
                let known: Vec<&str> = METHODS.iter().flat_map(|row| [row.mobile, row.alias]).collect();
                row.ok_or_else(|| unknown_word("method", word, &known))?.method
            }
            None => window.methods.first().copied().unwrap_or(Method::Card),
        };
        if !window.methods.is_empty() && !window.methods.contains(&method) {
            let offered: Vec<&str> = window.methods.iter().map(|m| m.words().mobile).collect();
            return Err(ControlError::impossible(format!(
                "the window offers {}",
                offered.join(", ")
            )));
        }
        let text = |name: &str| choice.buyer.get(name).and_then(Value::as_str);
        let bank = |issues: bool| {
            let code = text("bank").unwrap_or("BK04");
            codes::bank(code).filter(|row| row.2 || !issues).ok_or_else(|| {
                let known: Vec<&str> = codes::BANKS.iter().filter(|b| b.2 || !issues).map(|b| b.0).collect();
                unknown_word("buyer.bank", code, &known)
            })
        };
        let word_of = |name: &str, words: &'static [&'static str], usual: &'static str| {
            let word = text(name).unwrap_or(usual);
            let found = words.iter().find(|known| **known == word).copied();
            found.ok_or_else(|| unknown_word(&format!("buyer.{name}"), word, words))
        };
        let means = match method {
            Method::Card => match self.card(window, choice)? {
                Ok(means) => means,
                Err(refused) => return Ok(Err(refused)),
            },
            Method::Bank => bank(false).map(|(code, name, _)| Means::Bank(code, name))?,
            Method::Vbank => {
                let (code, name, _) = bank(true)?;
                let name_of = window.order.buyer.clone();
                Means::Vbank(account((code, name), name_of, window.due))
            }
            Method::Carrier => Means::Carrier(word_of("carrier", codes::CARRIERS, "SKT")?, window.phone.clone()),
            Method::Gift => {
                // The shop may have named the provider; else the buyer picks.
                let named = window.sent.text("van_code");
                let named = codes::VOUCHERS.iter().find(|known| **known == named).copied();
                Means::Gift(word_of("voucher", codes::VOUCHERS, named.unwrap_or("SCCL"))?)
            }
            Method::Points => Means::Points,
        };
        Ok(Ok((method, means)))
    }

    fn card(&self, window: &Window, choice: &Choice) -> Result<Result<Means, Refusal>, ControlError> {
        let text = |name: &str| choice.buyer.get(name).and_then(Value::as_str);
        let flag = |name: &str| choice.buyer.get(name).and_then(Value::as_bool);
        let wallet = match text("wallet") {
            None => window.wallet,
            Some(name) => {
                let known: Vec<&str> = codes::WALLETS.iter().map(|w| w.name).collect();
                let found = codes::WALLETS.iter().find(|w| w.name == name).copied();
                Some(found.ok_or_else(|| unknown_word("buyer.wallet", name, &known))?)
            }
        };
        if flag("money").unwrap_or(window.money) {
            let money = wallet.and_then(|wallet| wallet.money).ok_or_else(|| {
                ControlError::impossible(
                    "`money` needs a wallet with money of its own: kakaopay, naverpay, ssgpay, tosspay",
                )
            })?;
            return Ok(Ok(Means::Money(money.0, money.1)));
        }
        let first = window.cards.first().map(String::as_str);
        let code = text("card").or(first).unwrap_or("CCKM");
        if codes::card(code).is_none() {
            let known: Vec<&str> = codes::CARDS.iter().map(|row| row.0).collect();
            return Err(unknown_word("buyer.card", code, &known));
        }
        let mut card = Card::of(code, format!("536112******{}", ids::digits(4)));
        card.wallet = wallet;
        card.check = flag("check").unwrap_or(false);
        card.corporate = flag("corporate").unwrap_or(false);
        card.part = flag("partCancel").unwrap_or(true);
        card.interest_free = flag("interestFree").unwrap_or(false);
        card.points = choice.buyer.get("points").and_then(Value::as_i64).unwrap_or(0);
        if !(0..=window.order.amount).contains(&card.points) {
            let text = "`buyer.points` must be a share of the amount";
            return Err(ControlError::bad("buyer.points", text));
        }
        if window.group.is_some() {
            return Ok(Ok(Means::Card(card)));
        }
        let quota = approve::quota(text("quota").unwrap_or(&window.quota), window.order.amount);
        card.quota = match quota {
            Ok(quota) => quota,
            Err(refused) => return Ok(Err(refused)),
        };
        let Some(site) = self.sites.get(&window.site) else {
            return Ok(Err(refusal("8001")));
        };
        let limits = approve::card_limits(&site, window.order.amount, &card.quota, "9010");
        Ok(limits.map(|()| Means::Card(card)))
    }
}

/// The payment that a blob stands for.
fn sealed(
    window: &Window,
    choice: &Choice,
    (method, means): (Method, Means),
    receipt: Option<Wanted>,
    now: i64,
) -> Result<Payment, ControlError> {
    let mut payment = Payment::new(&window.site, window.order.clone(), method, means, now);
    payment.receipt = receipt;
    if window.escrow && matches!(method, Method::Bank | Method::Vbank) {
        payment.escrow = Escrow::Open;
    }
    if let Some(word) = choice.buyer.get("decline").and_then(Value::as_str) {
        let known: Vec<&str> = REASONS.iter().map(|row| row.0).collect();
        let code = match REASONS.iter().find(|row| row.0 == word) {
            Some((_, code)) => (*code).to_owned(),
            None if word.len() == 4 => word.to_owned(),
            None => return Err(unknown_word("buyer.decline", word, &known)),
        };
        payment.refusal = Some(code);
    }
    Ok(payment)
}

/// The cash receipt that the buyer asked for.
fn receipt(choice: &Choice) -> Option<Wanted> {
    let wanted = choice.buyer.get("receipt")?;
    let text = |name: &str| wanted.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(Wanted {
        kind: text("kind").unwrap_or_else(|| "0".to_owned()),
        id: text("id").unwrap_or_else(|| "01000000000".to_owned()),
    })
}

/// What goes back whatever happened: on a phone the order is told again.
fn echoed(window: &Window, code: &str, message: &str) -> Fields {
    let mut fields = named(&[("res_cd", code), ("res_msg", message)]);
    match &window.way {
        Way::Pc => {}
        Way::Lite { .. } => fields.extend(named(&[("ordr_idxx", &window.order.number)])),
        Way::Phone { .. } => {
            const TOLD: &[&str] = &[
                "req_tx",
                "site_cd",
                "ordr_idxx",
                "good_name",
                "good_mny",
                "buyr_name",
                "buyr_tel1",
                "buyr_tel2",
                "buyr_mail",
                "rcvr_name",
                "rcvr_tel1",
                "rcvr_tel2",
                "rcvr_mail",
                "rcvr_zipx",
                "rcvr_add1",
                "rcvr_add2",
                "param_opt_1",
                "param_opt_2",
                "param_opt_3",
            ];
            let value = |name: &str| (name.to_owned(), window.sent.text(name).to_owned());
            fields.extend(TOLD.iter().map(|name| value(name)));
        }
    }
    fields
}

fn failed(window: &Window, refused: &Refusal) -> Fields {
    let mut fields = echoed(window, &refused.code, &refused.message);
    fields.extend(named(&[("enc_data", ""), ("enc_info", ""), ("tran_cd", "")]));
    fields
}

fn authenticated(
    window: &Window,
    method: Method,
    (data, info): &(String, String),
    receipt: Option<&Wanted>,
    masked: &str,
) -> Fields {
    let mut fields = echoed(window, "0000", "정상처리");
    let key = window.group.is_some();
    fields.extend(named(&[
        ("tran_cd", if key { KEY } else { PAY }),
        ("enc_data", data),
        ("enc_info", info),
    ]));
    if matches!(window.way, Way::Lite { .. }) {
        return fields;
    }
    let (yes, kind) = receipt.map_or(("N", ""), |wanted| ("Y", wanted.kind.as_str()));
    fields.extend(named(&[
        ("use_pay_method", &method.bits()),
        ("cash_yn", yes),
        ("cash_tr_code", kind),
    ]));
    if window.way == Way::Pc {
        let check = format!("{}|{}", window.order.number, window.order.amount);
        fields.extend(named(&[
            ("ordr_chk", &check),
            ("ret_pay_method", method.words().mobile),
            ("cash_id_info", receipt.map_or("", |wanted| &wanted.id)),
        ]));
    }
    if key && window.sent.get("batch_cardno_return_yn").is_some() {
        fields.extend(named(&[("card_mask_no", masked)]));
    }
    fields
}
