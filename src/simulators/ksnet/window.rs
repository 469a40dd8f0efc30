//! The payment window: how a buyer ends it, and what the browser posts to `sndReply` then.
//!
//! Nothing is approved here. An authentication leaves a deal that waits for the fetch.

mod checks;

pub(super) use checks::moment;

use super::Ksnet;
use super::approve::{Deal, Step};
use super::codes;
use super::form::{Form, charset, encode};
use super::payment::{Account, Card, Means, Method, Order};
use crate::simulators::ids;
use crate::simulators::ledger::{Book, lock};
use crate::simulators::pg::{Authenticate, Behaviour, Control};
use crate::simulators::words::{ControlError, parse_value, unknown_word};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;

pub(super) const SCRIPTS: &[&str] = &[
    "/store/KSPayWebV1.4/js/kspay_web_ssl.js",
    "/store/KSPayWebV1.4/js/kspay_web.js",
];
pub(super) const PC: &str = "/store/KSPayWebV1.4/KSPayPWeb.jsp";
pub(super) const MOBILE: &str = "/store/KSPayMobileV1.4/KSPayPWeb.jsp";

/// A window that was opened.
#[derive(Debug, Clone)]
pub(super) struct Window {
    pub mid: Arc<str>,
    pub mobile: bool,
    pub order: Order,
    pub methods: Vec<Method>,
    /// KakaoPay pays with money.
    pub money: bool,
    /// Transfers ask for a cash receipt.
    pub receipt: bool,
    /// Deadline of a virtual account, ms.
    pub due: Option<i64>,
    pub reply: String,
    pub charset: String,
    pub echoes: Vec<(String, String)>,
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

/// The post to `sndReply`; `None` if the buyer left without one.
pub(super) type Ending = Option<Posted>;

/// What the browser posts.
#[derive(Debug, Clone)]
pub(super) struct Posted {
    pub url: String,
    pub charset: String,
    pub fields: Vec<(String, String)>,
    /// `reCommConId`, unless the buyer cancelled.
    pub id: Option<String>,
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

impl Open {
    /// Whether it opens the mobile window, or what would keep a browser from reaching either.
    fn mobile(&self) -> Result<bool, ControlError> {
        let path = |url: &str| {
            let plain = url.split(['?', '#']).next().unwrap_or_default();
            plain
                .rsplit_once("/ksnet")
                .map(|(_, path)| path.to_owned())
                .unwrap_or_default()
        };
        match self.kind.as_str() {
            "form" => match path(&self.action).as_str() {
                PC => Ok(false),
                MOBILE => Ok(true),
                _ => {
                    let text = format!(
                        "the form goes to `{}`; the pages are {{origin}}/ksnet{PC} and {MOBILE}",
                        self.action
                    );
                    Err(ControlError::bad("open.action", text))
                }
            },
            "scriptForm" if !SCRIPTS.contains(&path(&self.script_url).as_str()) => {
                let text = format!(
                    "the browser would load `{}`; the script is {{origin}}/ksnet{}",
                    self.script_url, SCRIPTS[0]
                );
                Err(ControlError::bad("open.scriptUrl", text))
            }
            "scriptForm" if self.call != "_pay" => {
                Err(ControlError::bad("open.call", "the script defines the function `_pay`"))
            }
            "scriptForm" => Ok(false),
            other => Err(unknown_word("open.kind", other, &["form", "scriptForm"])),
        }
    }
}

/// `w` and nineteen lower-case hexadecimal digits.
fn deal_id() -> String {
    format!("w{}", ids::upper_hex(19).to_lowercase())
}

impl Ksnet {
    /// Opens a window on these fields, or refuses.
    pub(super) fn open(&self, form: &Form, mobile: bool) -> Result<Arc<str>, ControlError> {
        let window = checks::window(self, form, mobile, self.world.clock.now())?;
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
        let answer = match choice.behaviour {
            Behaviour::UserClose => {
                window.done = true;
                return Ok(None);
            }
            Behaviour::UserCancel => None,
            // No code comes back by the browser: the failure shows in the fetch.
            Behaviour::Approve => Some(self.chosen(&window, choice, None, now)?),
            Behaviour::Fail => {
                let code = choice.code.as_deref().unwrap_or("9005");
                Some(self.chosen(&window, choice, Some(code), now)?)
            }
        };
        window.done = true;
        let deal = answer.map(|deal| self.admit_deal(deal));
        let hash = format!("{now}:AST:{}", ids::upper_hex(32).to_lowercase());
        let mut fields: Vec<(String, String)> = [
            ("reCommConId", deal.as_deref().unwrap_or_default()),
            ("reCommType", "WH"),
            ("reHash", if deal.is_some() { hash.as_str() } else { "" }),
            ("reCnclType", if deal.is_some() { "" } else { "1" }),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
        fields.extend(window.echoes.iter().cloned());
        Ok(Some(Posted {
            url: window.reply.clone(),
            charset: window.charset.clone(),
            fields,
            id: deal,
        }))
    }

    fn admit_deal(&self, mut deal: Deal) -> String {
        loop {
            let id = deal_id();
            match self.deals.insert(&Arc::from(id.as_str()), deal) {
                Ok(_) => return id,
                Err(back) => deal = back,
            }
        }
    }

    /// What the buyer pays with: what the request left open, the buyer picks.
    fn chosen(&self, window: &Window, choice: &Choice, refusal: Option<&str>, now: i64) -> Result<Deal, ControlError> {
        let text = |name: &str| choice.buyer.get(name).and_then(Value::as_str);
        let method = match choice.method.as_deref() {
            None => window.methods.first().copied().unwrap_or(Method::Card),
            Some(word) => {
                let found = window.methods.iter().find(|method| method.word() == word).copied();
                let words: Vec<&str> = window.methods.iter().map(|method| method.word()).collect();
                found.ok_or_else(|| unknown_word("method", word, &words))?
            }
        };
        let bank = |opens: bool| {
            let code = text("bank").unwrap_or("11");
            codes::bank(code).filter(|row| row.3 || !opens).ok_or_else(|| {
                let known: Vec<&str> = codes::BANKS
                    .iter()
                    .filter(|row| row.3 || !opens)
                    .map(|row| row.0)
                    .collect();
                unknown_word("buyer.bank", code, &known)
            })
        };
        let means = match method {
            Method::KakaoPay if window.money => Means::Other,
            Method::Card | Method::KakaoPay | Method::NaverPay => Means::Card(card(choice)?),
            Method::Transfer => {
                let receipt = window
                    .receipt
                    .then(|| (format!("9{}", ids::digits(11)), ids::digits(9)));
                // A number with hyphens makes no receipt, and the payment goes through all the same.
                let receipt = receipt.filter(|_| !text("receiptNumber").unwrap_or_default().contains('-'));
                Means::Transfer(bank(false)?, ids::digits(12), receipt)
            }
            Method::Vbank => Means::Account(Account {
                bank: bank(true)?,
                number: format!("7{}", ids::digits(13)),
                due: window.due,
            }),
            Method::Mobile | Method::Gift => Means::Other,
        };
        let refusal = match (refusal, text("decline")) {
            (Some(code), _) => Some(code.to_owned()),
            (None, None) => None,
            (None, Some(word)) => {
                let words: Vec<&str> = codes::DECLINES.iter().map(|row| row.0).collect();
                Some(
                    codes::decline(word)
                        .ok_or_else(|| unknown_word("buyer.decline", word, &words))?
                        .to_owned(),
                )
            }
        };
        Ok(Deal {
            mid: Arc::clone(&window.mid),
            mobile: window.mobile,
            order: window.order.clone(),
            method,
            means,
            refusal,
            at: now,
            step: Step::Pending,
        })
    }

    /// `POST /_sim/ksnet/authenticate`
    pub(super) fn drive_window(&self, ask: &Authenticate) -> Control {
        let open: Open = parse_value("open", &ask.open)?;
        let mobile = open.mobile()?;
        match ask.device.as_deref() {
            None => {}
            Some(device @ ("pc" | "mobile")) if (device == "mobile") == mobile => {}
            Some("pc" | "mobile") => {
                let text = "PC and mobile windows have pages of their own, and this form goes to the other one";
                return Err(ControlError::bad("open.action", text));
            }
            Some(other) => return Err(unknown_word("device", other, &["pc", "mobile"])),
        }
        let form = Form::sent(&open.fields, charset(&open.charset));
        let id = self.open(&form, mobile)?;
        let choice = Choice {
            behaviour: ask.behaviour,
            method: ask.method.clone(),
            buyer: ask.buyer.clone(),
            code: ask.code.clone(),
        };
        let Some(posted) = self.decide(&id, &choice)? else {
            // The overlay is the shop's own page, and a phone's browser tells nothing.
            let reply = json!({"method": "NONE", "url": null, "tid": null, "contentType": null, "body": null});
            return Ok(reply.into());
        };
        let mut sent = Form(posted.fields);
        for (name, value) in &ask.tamper {
            match value {
                Value::Null => sent.0.retain(|(known, _)| known != name),
                Value::String(text) => sent.set(name, text),
                other => sent.set(name, &other.to_string()),
            }
        }
        let body = encode(&sent.0, charset(&posted.charset));
        let reply = json!({"method": "POST", "url": posted.url, "tid": posted.id,
            "contentType": "application/x-www-form-urlencoded", "body": body});
        Ok(reply.into())
    }
}

/// The card of a buyer.
fn card(choice: &Choice) -> Result<Card, ControlError> {
    let text = |name: &str| choice.buyer.get(name).and_then(Value::as_str);
    let code = text("card").unwrap_or("05");
    let known: Vec<&str> = codes::CARDS.iter().map(|row| row.0).collect();
    let row = codes::card(code).ok_or_else(|| unknown_word("buyer.card", code, &known))?;
    let months = text("months").unwrap_or("00");
    if months.len() != 2 || !months.bytes().all(|b| b.is_ascii_digit()) {
        return Err(ControlError::bad(
            "buyer.months",
            "`buyer.months` must be two digits, `00` for a lump sum",
        ));
    }
    Ok(Card {
        row,
        first: "40001201".to_owned(),
        last: ids::digits(4),
        months: months.to_owned(),
    })
}

/// Windows by their id.
pub(super) type Windows = Book<Window>;
