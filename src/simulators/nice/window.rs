//! The payment window ("결제창"): what the script refuses, how a buyer ends it, and what the browser posts.

mod checks;
mod ending;

use super::Nice;
use super::codes;
use super::merchants::Merchant;
use super::payment::{Card, Means, Method, Order, Payment, Vbank};
use super::sign::{Cover, sign};
use super::view::{Style, flat};
use crate::simulators::ids;
use crate::simulators::ledger::lock;
use crate::simulators::pg::{Authenticate, Behaviour, Control};
use crate::simulators::words::{ControlError, parse_value, unknown_word};
pub(super) use ending::Ending;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// A window that was opened.
#[derive(Debug, Clone)]
pub(super) struct Window {
    pub mid: Arc<str>,
    pub order: Order,
    /// Fixed by the request, or the buyer's choice.
    pub method: Option<Method>,
    pub word: String,
    pub return_url: String,
    pub mobile: bool,
    pub card_codes: Vec<String>,
    pub quotas: Vec<u32>,
    pub holder: String,
    pub due: i64,
    pub receipt: Option<(String, String)>,
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

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Script {
    kind: String,
    #[serde(default)]
    script_url: String,
    #[serde(default)]
    global: String,
    #[serde(default)]
    call: String,
    #[serde(default)]
    params: Map<String, Value>,
}

impl Script {
    /// What would keep a browser from reaching this simulator.
    fn check(&self) -> Result<(), ControlError> {
        if self.kind != "script" {
            let text = format!(
                "`open.kind` is `{}`: NICE's v1 window is opened by a script only",
                self.kind
            );
            return Err(ControlError::bad("open.kind", text));
        }
        let path = self.script_url.split(['?', '#']).next().unwrap_or_default();
        if !path.ends_with("/nice/v1/js/") || !checks::absolute(path) {
            let text = format!(
                "the browser would load `{}`, which is not this simulator's script: it is {{origin}}/nice/v1/js/",
                self.script_url
            );
            return Err(ControlError::bad("open.scriptUrl", text));
        }
        if self.global != "AUTHNICE" || self.call != "requestPay" {
            let text = "the script defines the global `AUTHNICE` with the function `requestPay`";
            return Err(ControlError::bad("open.global", text));
        }
        Ok(())
    }
}

impl Nice {
    /// Opens a window the way the script does, or refuses with its text.
    pub(super) fn open(&self, params: Map<String, Value>, mobile: bool) -> Result<Arc<str>, ControlError> {
        let now = self.world.clock.now();
        let window = checks::window(self, params, mobile, now)?;
        let id: Arc<str> = Arc::from(ids::alnum(28));
        // Twenty-eight random characters do not meet again.
        drop(self.windows.insert(&id, window));
        Ok(id)
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
        let merchant = self.merchants.get(&window.mid).ok_or_else(gone)?;
        let failed = |window: &mut Window, code: &str| {
            window.done = true;
            Ok(Ending::failed(window, &merchant, code))
        };
        match choice.behaviour {
            Behaviour::Approve => {}
            Behaviour::UserClose => {
                window.done = true;
                return Ok(Ending::closed(window.mobile));
            }
            Behaviour::UserCancel => return failed(&mut window, choice.code.as_deref().unwrap_or("I002")),
            Behaviour::Fail => return failed(&mut window, choice.code.as_deref().unwrap_or("3057")),
        }
        let mut payment = self.chosen(&window, &merchant, choice, now)?;
        window.done = true;
        payment.channel = Some(if window.mobile { "mobile" } else { "pc" });
        payment.auth_token = format!("NICEUNTT{}", ids::upper_hex(32));
        payment.receipt = window.receipt.clone();
        let record = self.admit(payment, "01");
        let mut payment = lock(&record);
        if merchant.client_approval {
            return Ok(self.approved_at_once(&mut payment, &window, &merchant, now));
        }
        let signature = sign(
            Cover::Return(&payment.auth_token, &merchant.client_id, payment.order.amount),
            &merchant.secret,
        );
        Ok(Ending::authenticated(&window, &merchant, &payment, &signature))
    }

    /// The client-approval model: the window takes the money before it returns.
    fn approved_at_once(&self, payment: &mut Payment, window: &Window, merchant: &Merchant, now: i64) -> Ending {
        if let Some(reason) = payment.refusal {
            payment.fail("3095".into(), reason.into(), now);
            return Ending::client_failed(window, merchant, payment, "3095", reason);
        }
        if self.claim_order(payment, "A127").is_err() {
            return Ending::client_failed(window, merchant, payment, "A127", codes::message("A127"));
        }
        payment.approve(self.approve_no(merchant), now);
        let base = self.base();
        let style = Style {
            merchant,
            shapes: self.shapes_of(merchant),
            now,
            base: &base,
        };
        let mut ending = Ending::post(window, flat(payment, &style));
        ending.tid = Some(payment.tid.to_string());
        ending.notices = self.changed(payment, merchant, None);
        ending
    }

    /// `POST /_sim/nice/authenticate`
    pub(super) fn drive_window(&self, ask: &Authenticate) -> Control {
        let script: Script = parse_value("open", &ask.open)?;
        script.check()?;
        let mobile = match ask.device.as_deref() {
            None | Some("pc") => false,
            Some("mobile") => true,
            Some(other) => return Err(unknown_word("device", other, &["pc", "mobile"])),
        };
        let id = self.open(script.params, mobile)?;
        let choice = Choice {
            behaviour: ask.behaviour,
            method: ask.method.clone(),
            buyer: ask.buyer.clone(),
            code: ask.code.clone(),
        };
        let mut ending = self.decide(&id, &choice)?;
        ending.tamper(&ask.tamper);
        Ok(ending.controlled())
    }

    /// What the buyer pays with: what the request fixed, else what the buyer picked.
    fn chosen(&self, window: &Window, merchant: &Merchant, choice: &Choice, now: i64) -> Result<Payment, ControlError> {
        let text = |name: &str| choice.buyer.get(name).and_then(Value::as_str);
        let flag = |name: &str| choice.buyer.get(name).and_then(Value::as_bool);
        let method = match (window.method, choice.method.as_deref()) {
            (Some(fixed), _) => fixed,
            (None, None) => Method::Card,
            (None, Some(word)) => picked(word)?,
        };
        let means = match method {
            Method::Card | Method::Wallet(_) => Means::Card(card(window, merchant, method, choice)?),
            Method::Bank => {
                let code = text("bank").unwrap_or("088");
                let (code, name, _) = codes::bank(code).ok_or_else(|| unknown_bank(code, false))?;
                Means::Bank(code, name)
            }
            Method::Vbank => {
                let code = text("bank").unwrap_or("088");
                let (code, name, _) = codes::bank(code)
                    .filter(|(.., opens)| *opens)
                    .ok_or_else(|| unknown_bank(code, true))?;
                Means::Vbank(Vbank {
                    bank: (code, name),
                    number: ids::digits(14),
                    due: window.due,
                    holder: window.holder.clone(),
                })
            }
            Method::Cellphone => Means::Cellphone,
        };
        let mut payment = Payment::new(&window.mid, window.order.clone(), method, means, now);
        if let Some(word) = text("decline") {
            let reason = codes::reason(word).ok_or_else(|| unknown_word("buyer.decline", word, &codes::reasons()))?;
            payment.refusal = Some(reason);
        }
        if flag("canPartCancel") == Some(false)
            && let Means::Card(card) = &mut payment.means
        {
            card.can_part_cancel = false;
        }
        Ok(payment)
    }
}

/// A method that a buyer picks on the page with cards and wallets.
fn picked(word: &str) -> Result<Method, ControlError> {
    const OFFERED: &[(&str, Method)] = &[
        ("CARD", Method::Card),
        ("NAVERPAY", Method::Wallet("naverpay")),
        ("KAKAOPAY", Method::Wallet("kakaopay")),
        ("SAMSUNGPAY", Method::Wallet("samsungpay")),
        ("PAYCO", Method::Wallet("payco")),
        ("SSGPAY", Method::Wallet("ssgpay")),
    ];
    OFFERED
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(word))
        .map(|(_, method)| *method)
        .ok_or_else(|| {
            let known: Vec<&str> = OFFERED.iter().map(|(known, _)| *known).collect();
            unknown_word("method", word, &known)
        })
}

fn unknown_bank(code: &str, opens: bool) -> ControlError {
    let known: Vec<&str> = codes::BANKS
        .iter()
        .filter(|bank| bank.2 || !opens)
        .map(|bank| bank.0)
        .collect();
    unknown_word("buyer.bank", code, &known)
}

/// The card of a payment; money and points of a wallet have no number.
fn card(window: &Window, merchant: &Merchant, method: Method, choice: &Choice) -> Result<Card, ControlError> {
    let buyer = &choice.buyer;
    let wanted = buyer.get("card").and_then(Value::as_str);
    let first = window.card_codes.first().map(String::as_str);
    let code = wanted.or(first).unwrap_or("04");
    if codes::card(code).is_none() || !(window.card_codes.is_empty() || window.card_codes.iter().any(|c| c == code)) {
        let known: Vec<&str> = codes::CARDS.iter().map(|(code, _)| *code).collect();
        return Err(unknown_word("buyer.card", code, &known));
    }
    let money = buyer
        .get("money")
        .and_then(Value::as_bool)
        .unwrap_or(window.word == "kakaopayMoney");
    if let (Method::Wallet(wallet), true) = (method, money) {
        let code = match wallet {
            "kakaopay" => "40",
            "payco" => "39",
            "ssgpay" => "41",
            _ => "42",
        };
        let mut card = Card::of(code, "");
        card.number = None;
        return Ok(card);
    }
    if merchant.sandbox {
        return Ok(Card::of("04", "123412******1234"));
    }
    let mut card = Card::of(code, &format!("536112******{}", ids::digits(4)));
    let quota = buyer
        .get("quota")
        .and_then(Value::as_u64)
        .and_then(|q| u32::try_from(q).ok());
    card.quota = quota.or_else(|| window.quotas.first().copied()).unwrap_or(0);
    card.check = buyer.get("check").and_then(Value::as_bool).unwrap_or(false);
    Ok(card)
}

/// What a page shows of a window: title, rows, and the choices that it leaves.
pub(super) fn summary(window: &Window) -> Vec<(&'static str, String)> {
    vec![
        ("상품 / Goods", window.order.goods_name.clone()),
        ("금액 / Amount", format!("{} KRW", window.order.amount)),
        ("주문번호 / Order", window.order.order_id.clone()),
        ("결제수단 / Method", window.word.clone()),
    ]
}

/// JSON for the script: where to go on.
pub(super) fn opened(base: &str, id: &str, mobile: bool) -> Value {
    json!({"url": format!("{base}/window/{id}"), "layer": !mobile})
}
