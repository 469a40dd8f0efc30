//! The payment window: what it refuses, how a buyer ends it, and what the browser sends then.
//!
//! On a PC the script adds the result to the shop's own form; on a phone the result is posted to `ReturnURL`.

mod checks;

use super::NiceLegacy;
use super::codes;
use super::form::{Form, charset, encode};
use super::merchants::Merchant;
use super::payment::{Card, Escrow, Means, Method, Order, Payment, Vbank};
use super::result::named;
use super::sign::sign;
use crate::simulators::ids;
use crate::simulators::ledger::lock;
use crate::simulators::pg::{Authenticate, Behaviour, Control};
use crate::simulators::words::{ControlError, parse_value, unknown_word};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// A window that was opened.
#[derive(Debug, Clone)]
pub(super) struct Window {
    pub mid: Arc<str>,
    pub order: Order,
    pub method: Method,
    /// Number of the wallet, or nothing.
    pub wallet: &'static str,
    /// The wallet pays with money or points.
    pub money: bool,
    pub escrow: bool,
    pub reserved: String,
    /// `None` on a PC: the shop's own form goes where it says.
    pub return_url: Option<String>,
    /// The charset of the result.
    pub charset: String,
    pub cards: Vec<String>,
    pub quota: String,
    pub due: i64,
    pub at: i64,
    pub done: bool,
}

/// What the buyer does in a window.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    pub behaviour: Behaviour,
    pub buyer: Map<String, Value>,
    pub code: Option<String>,
}

/// The end of a window: fields of the result, or only a word for the page.
#[derive(Debug, Clone)]
pub(super) enum Ending {
    Result {
        fields: Vec<(String, String)>,
        tid: Option<String>,
    },
    Closed {
        code: &'static str,
        message: &'static str,
    },
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Open {
    kind: String,
    #[serde(default)]
    script_url: String,
    #[serde(default)]
    call: String,
    #[serde(default)]
    charset: String,
    #[serde(default)]
    fields: Vec<(String, String)>,
    #[serde(default)]
    action: String,
}

/// Script of both generations of the window; the newer one knows phones.
pub(super) const CLASSIC: &str = "/v3/webstd/js/nicepay-3.0.js";
pub(super) const UNIFIED: &str = "/v3/common/js/nicepay-pgweb.js";
pub(super) const MOBILE: &str = "/v3/v3Payment.jsp";

impl Open {
    /// What would keep a browser from reaching this simulator; whether the result comes by our own form.
    fn pc(&self, phone: bool) -> Result<bool, ControlError> {
        let path = |url: &str| {
            let plain = url.split(['?', '#']).next().unwrap_or_default().to_owned();
            plain
                .rsplit_once("/nice_legacy")
                .map(|(_, path)| path.to_owned())
                .unwrap_or_default()
        };
        match self.kind.as_str() {
            "scriptForm" => {
                let script = path(&self.script_url);
                if script != CLASSIC && script != UNIFIED {
                    let text = format!(
                        "the browser would load `{}`; the scripts are {{origin}}/nice_legacy{CLASSIC} and {UNIFIED}",
                        self.script_url
                    );
                    return Err(ControlError::bad("open.scriptUrl", text));
                }
                if self.call != "goPay" {
                    return Err(ControlError::bad(
                        "open.call",
                        "the script defines the function `goPay`",
                    ));
                }
                if !checks::absolute(&self.action) {
                    let text = "the form's `action` must be the absolute URL that takes the result";
                    return Err(ControlError::bad("open.action", text));
                }
                Ok(!(phone && script == UNIFIED))
            }
            "form" if path(&self.action) == MOBILE => Ok(false),
            "form" => {
                let text = format!(
                    "the form goes to `{}`; the page is {{origin}}/nice_legacy{MOBILE}",
                    self.action
                );
                Err(ControlError::bad("open.action", text))
            }
            other => Err(unknown_word("open.kind", other, &["scriptForm", "form"])),
        }
    }
}

impl NiceLegacy {
    /// Opens a window on these fields, or refuses.
    pub(super) fn open(&self, form: &Form, pc: bool) -> Result<Arc<str>, ControlError> {
        let window = checks::window(self, form, pc, self.world.clock.now())?;
        let id: Arc<str> = Arc::from(ids::alnum(28));
        // Twenty-eight random characters do not meet again.
        drop(self.windows.insert(&id, window));
        Ok(id)
    }

    /// The buyer ends a window; `origin` is this simulator's, for the addresses of the calls that follow.
    pub(super) fn decide(&self, id: &str, choice: &Choice, origin: &str) -> Result<Ending, ControlError> {
        let gone = || ControlError::missing("id", "the window has run out or was used: open a new one");
        let record = self.windows.get(id).ok_or_else(gone)?;
        let mut window = lock(&record);
        let now = self.world.clock.now();
        if window.done || now >= window.at.saturating_add(self.world.options.window_ms) {
            return Err(gone());
        }
        let merchant = self.merchants.get(&window.mid).ok_or_else(gone)?;
        // Two codes are seen for the same thing; the PC's script says it without one of the book.
        let cancelled = if window.return_url.is_some() { "I002" } else { "9999" };
        let refused = match choice.behaviour {
            Behaviour::Approve => None,
            Behaviour::UserCancel => Some(choice.code.as_deref().unwrap_or(cancelled)),
            Behaviour::Fail => Some(choice.code.as_deref().unwrap_or("3057")),
            Behaviour::UserClose => {
                window.done = true;
                return Ok(Ending::Closed {
                    code: "9999",
                    message: "사용자가 결제창을 닫았습니다.",
                });
            }
        };
        if let Some(code) = refused {
            window.done = true;
            let message = if code == "9999" {
                "사용자가 결제를 취소하였습니다."
            } else {
                codes::message(code)
            };
            return Ok(Ending::Result {
                fields: named(&[("AuthResultCode", code), ("AuthResultMsg", message)]),
                tid: None,
            });
        }
        let mut payment = self.chosen(&window, choice, now)?;
        window.done = true;
        payment.auth_token = format!("NICETOKN{}", ids::upper_hex(32));
        let record = self.admit(payment);
        let payment = lock(&record);
        Ok(authenticated(&window, &merchant, &payment, origin))
    }

    /// What the buyer pays with: what the request fixed, else what the buyer picked.
    fn chosen(&self, window: &Window, choice: &Choice, now: i64) -> Result<Payment, ControlError> {
        let text = |name: &str| choice.buyer.get(name).and_then(Value::as_str);
        let flag = |name: &str| choice.buyer.get(name).and_then(Value::as_bool);
        let bank = |opens: bool| {
            let code = text("bank").unwrap_or("088");
            codes::bank(code).filter(|found| found.2 || !opens).ok_or_else(|| {
                let known: Vec<&str> = codes::BANKS.iter().filter(|b| b.2 || !opens).map(|b| b.0).collect();
                unknown_word("buyer.bank", code, &known)
            })
        };
        let means = match window.method {
            Method::Card => {
                let first = window.cards.first().map(String::as_str);
                let mut code = text("card").or(first).unwrap_or("04");
                if window.money {
                    code = match window.wallet {
                        "16" => "40",
                        "15" => "39",
                        "25" => "46",
                        "7" => "41",
                        _ => "42",
                    };
                } else if codes::card(code).is_none() {
                    let known: Vec<&str> = codes::CARDS.iter().map(|(code, _)| *code).collect();
                    return Err(unknown_word("buyer.card", code, &known));
                }
                let number = if window.money {
                    String::new()
                } else {
                    format!("53611234****{}", ids::digits(4))
                };
                let mut card = Card::of(code, number);
                card.wallet = window.wallet;
                text("quota").unwrap_or(&window.quota).clone_into(&mut card.quota);
                card.check = flag("check").unwrap_or(false);
                card.part = flag("ccPartCl").unwrap_or(true);
                Means::Card(card)
            }
            Method::Bank => bank(false).map(|(code, name, _)| Means::Bank(code, name))?,
            Method::Vbank => {
                let (code, name, _) = bank(true)?;
                Means::Vbank(Vbank {
                    bank: (code, name),
                    number: ids::digits(14),
                    due: window.due,
                })
            }
            _ => Means::Other,
        };
        let mut payment = Payment::new(&window.mid, window.order.clone(), window.method, means, now);
        if window.escrow {
            payment.escrow = Escrow::Open;
        }
        if let Some(word) = text("decline") {
            let reason = codes::reason(word).ok_or_else(|| unknown_word("buyer.decline", word, &codes::reasons()))?;
            payment.refusal = Some(reason);
        }
        Ok(payment)
    }

    /// `POST /_sim/nice_legacy/authenticate`
    pub(super) fn drive_window(&self, ask: &Authenticate) -> Control {
        let open: Open = parse_value("open", &ask.open)?;
        let phone = match ask.device.as_deref() {
            None | Some("pc") => open.kind == "form",
            Some("mobile") => true,
            Some(other) => return Err(unknown_word("device", other, &["pc", "mobile"])),
        };
        let pc = open.pc(phone)?;
        let form = if open.kind == "form" {
            // A plain form arrives as bytes of the page's charset and is read as EUC-KR.
            Form::sent(&open.fields, charset(&open.charset))
        } else {
            Form(open.fields.clone())
        };
        let id = self.open(&form, pc)?;
        let choice = Choice {
            behaviour: ask.behaviour,
            buyer: ask.buyer.clone(),
            code: ask.code.clone(),
        };
        let origin = self.world.public_url();
        let ending = self.decide(&id, &choice, origin.as_deref().unwrap_or("http://127.0.0.1"))?;
        let (fields, tid) = match ending {
            Ending::Result { fields, tid } => (fields, tid),
            Ending::Closed { .. } if !pc => {
                return Ok(
                    json!({"method": "NONE", "url": null, "tid": null, "contentType": null, "body": null}).into(),
                );
            }
            Ending::Closed { code, message } => {
                let body = json!({"callback": "nicepayClose", "code": code, "message": message}).to_string();
                let reply = json!({"method": "REJECT", "url": null, "tid": null, "contentType": "application/json", "body": body});
                return Ok(reply.into());
            }
        };
        let mut sent = if pc { form } else { Form::default() };
        for (name, value) in &fields {
            sent.set(name, value);
        }
        for (name, value) in &ask.tamper {
            match value {
                Value::Null => sent.0.retain(|(known, _)| known != name),
                Value::String(text) => sent.set(name, text),
                other => sent.set(name, &other.to_string()),
            }
        }
        let (url, label) = if pc {
            (open.action.clone(), open.charset.as_str())
        } else {
            (form_return(&self.windows, &id), fields_charset(&self.windows, &id))
        };
        let body = encode(&sent.0, charset(label));
        Ok(
            json!({"method": "POST", "url": url, "tid": tid, "contentType": "application/x-www-form-urlencoded",
            "body": body})
            .into(),
        )
    }
}

type Windows = crate::simulators::ledger::Book<Window>;

fn form_return(windows: &Windows, id: &str) -> String {
    let found = windows.get(id).and_then(|window| lock(&window).return_url.clone());
    found.unwrap_or_default()
}

fn fields_charset(windows: &Windows, id: &str) -> &'static str {
    match windows.get(id) {
        Some(window) if lock(&window).charset.eq_ignore_ascii_case("utf-8") => "utf-8",
        _ => "euc-kr",
    }
}

/// The result of an authentication.
fn authenticated(window: &Window, merchant: &Merchant, payment: &Payment, origin: &str) -> Ending {
    let amount = window.order.amount.to_string();
    let signature = sign(&[&payment.auth_token, &merchant.mid, &amount], &merchant.key);
    let page = |name: &str| format!("{origin}/nice_legacy/webapi/{name}");
    Ending::Result {
        fields: named(&[
            ("AuthResultCode", "0000"),
            ("AuthResultMsg", "인증 성공"),
            ("AuthToken", &payment.auth_token),
            ("PayMethod", window.method.word()),
            ("MID", &merchant.mid),
            ("Moid", &window.order.moid),
            ("Amt", &amount),
            ("Signature", &signature),
            ("ReqReserved", &window.reserved),
            ("TxTid", &payment.tid),
            ("NextAppURL", &page("pay_process.jsp")),
            ("NetCancelURL", &page("cancel_process.jsp")),
        ]),
        tid: Some(payment.tid.to_string()),
    }
}
