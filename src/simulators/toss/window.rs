//! The payment window: what the SDK refuses, how a buyer ends it, and how the browser comes back ("결제창", SDK v2).

mod checks;
mod ending;

use super::Toss;
use super::billing::{AuthKey, BillingMeans};
use super::cards;
use super::codes;
use super::payment::{Means, Method, Payment, Session, Status};
use super::vbank;
use crate::simulators::ids;
use crate::simulators::ledger::lock;
use crate::simulators::pg::{Authenticate, Behaviour, Control};
use crate::simulators::words::{ControlError, parse_value, unknown_word};
use checks::Checks;
use ending::Ending;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;

pub(super) use checks::absolute;

/// One call of the SDK.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SdkCall {
    #[serde(default)]
    pub client_key: Option<String>,
    pub call: String,
    #[serde(default)]
    pub customer_key: Option<String>,
    #[serde(default)]
    pub params: Map<String, Value>,
    #[serde(default)]
    pub device: Option<String>,
}

/// What the script must show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Opened {
    pub id: String,
    /// No URLs were given: the call resolves instead.
    pub promise: bool,
    /// An overlay, not a page of its own.
    pub iframe: bool,
}

/// A window that registers a billing key.
#[derive(Debug, Clone)]
pub(super) struct BillingWindow {
    pub mid: Arc<str>,
    pub customer_key: String,
    pub card: bool,
    pub success_url: Option<String>,
    pub fail_url: Option<String>,
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
    #[serde(flatten)]
    sdk: SdkCall,
}

impl Toss {
    /// Opens a window the way the SDK does, or refuses with the SDK's code.
    pub(super) fn open(&self, call: &SdkCall) -> Result<Opened, ControlError> {
        let checks = Checks {
            merchants: &self.merchants,
            call,
        };
        let merchant = checks.merchant()?;
        let customer_key = checks.customer_key()?;
        let urls = checks.urls()?;
        let mobile = call.device.as_deref() == Some("mobile");
        let iframe = checks.iframe(mobile)?;
        let now = self.world.clock.now();
        if call.call == "payment.requestBillingAuth" {
            let card = checks.billing_method(&merchant)?;
            let (success_url, fail_url) = urls.clone().unzip();
            let window = BillingWindow {
                mid: Arc::clone(&merchant.mid),
                customer_key: customer_key.unwrap_or_default(),
                card,
                success_url,
                fail_url,
                at: now,
                done: false,
            };
            let id = format!("bill_{}", ids::alnum(24));
            // Twenty-four random characters do not meet again.
            drop(self.billing_windows.insert(&Arc::from(id.as_str()), window));
            return Ok(Opened {
                id,
                promise: urls.is_none(),
                iframe,
            });
        }
        let asked = checks.payment()?;
        if urls.is_none() && (mobile || asked.method == Method::Foreign) {
            return Err(ControlError::script(
                "NOT_SUPPORTED_PROMISE",
                "params.successUrl",
                "without successUrl and failUrl the call cannot resolve on mobile or with foreign methods",
            ));
        }
        let promise = urls.is_none();
        let (success_url, fail_url) = urls.unzip();
        let mut payment = Payment::new(
            &merchant.mid,
            &asked.order_id,
            &asked.order_name,
            asked.method,
            asked.amount,
            now,
        );
        payment.currency = asked.currency;
        payment.tax_free = asked.tax_free;
        payment.tax_exempt = asked.tax_exempt;
        payment.had_exemption = asked.tax_exempt > 0;
        payment.escrow = asked.escrow && merchant.escrow;
        payment.culture = asked.culture;
        payment.metadata = asked.metadata;
        payment.receipt = asked.receipt;
        payment.customer_key = customer_key;
        payment.session = Some(Box::new(Session {
            success_url,
            fail_url,
            widget: call.call.starts_with("widgets"),
            options: asked.options,
            customer_name: asked.customer_name,
            customer_phone: asked.customer_phone,
        }));
        let record = self.admit(payment);
        let id = lock(&record).key.to_string();
        Ok(Opened { id, promise, iframe })
    }

    /// The buyer ends a window.
    pub(super) fn decide(&self, id: &str, choice: &Choice) -> Result<Ending, ControlError> {
        if let Some(record) = self.billing_windows.get(id) {
            return self.decide_billing(&mut lock(&record), choice);
        }
        let gone = || ControlError::missing("id", "the window has run out or was used: open a new one");
        let record = self.payments.get(id).ok_or_else(gone)?;
        let mut payment = lock(&record);
        let now = self.world.clock.now();
        let merchant = self.merchants.get(&payment.mid).ok_or_else(gone)?;
        let due = payment.requested_at.saturating_add(self.world.options.window_ms);
        let session = match (&payment.session, payment.status) {
            (Some(session), Status::Ready) if now < due => (**session).clone(),
            _ => return Err(gone()),
        };
        let urls = (session.success_url.clone(), session.fail_url.clone());
        match choice.behaviour {
            Behaviour::Approve => {}
            Behaviour::UserClose => return Ok(Ending::closed()),
            Behaviour::UserCancel => return Ok(Ending::cancelled(urls.1, Some(&payment.order_id))),
            Behaviour::Fail => return Ok(Ending::failed(urls.1, Some(&payment.order_id), choice.code.as_deref())),
        }
        let (method, means) = chosen_means(&payment, &session, choice, merchant.test(), now)?;
        payment.method = method;
        payment.means = means;
        payment.status = Status::InProgress;
        payment.authenticated_at = Some(now);
        self.queue(
            &self.approvals_due,
            now.saturating_add(self.world.options.approval_ms),
            &payment.key,
        );
        Ok(Ending::authenticated(urls.0, &payment, session.widget))
    }

    fn decide_billing(&self, window: &mut BillingWindow, choice: &Choice) -> Result<Ending, ControlError> {
        let now = self.world.clock.now();
        if window.done || now >= window.at.saturating_add(self.world.options.window_ms) {
            return Err(ControlError::missing(
                "id",
                "the window has run out or was used: open a new one",
            ));
        }
        match choice.behaviour {
            Behaviour::Approve => {}
            Behaviour::UserClose => return Ok(Ending::closed()),
            Behaviour::UserCancel => return Ok(Ending::cancelled(window.fail_url.clone(), None)),
            Behaviour::Fail => return Ok(Ending::failed(window.fail_url.clone(), None, choice.code.as_deref())),
        }
        window.done = true;
        let test = self.merchants.get(&window.mid).is_none_or(|m| m.test());
        let means = if window.card {
            BillingMeans::Card(cards::chosen(&Map::new(), &choice.buyer, test))
        } else {
            let bank = choice.buyer.get("bank").and_then(Value::as_str).and_then(codes::bank);
            BillingMeans::Account(bank.map_or("88", |(code, _)| code), format!("{}****", ids::digits(7)))
        };
        let auth_key = ids::alnum(40);
        let record = AuthKey {
            mid: Arc::clone(&window.mid),
            customer_key: window.customer_key.clone(),
            means,
            at: now,
            used: false,
        };
        drop(self.auth_keys.insert(&Arc::from(auth_key.as_str()), record));
        Ok(Ending::registered(
            window.success_url.clone(),
            &window.customer_key,
            &auth_key,
        ))
    }

    /// `POST /_sim/toss/authenticate`
    pub(super) fn drive_window(&self, ask: &Authenticate) -> Control {
        if let Some(kind) = ask.open.get("kind").and_then(Value::as_str)
            && kind != "script"
        {
            let text = format!("`open.kind` is `{kind}`: Toss Payments opens its window by a script only");
            return Err(ControlError::bad("open.kind", text));
        }
        let script: Script = parse_value("open", &ask.open)?;
        script.check()?;
        let device = match ask.device.as_deref() {
            None => script.sdk.device.clone(),
            Some("pc" | "mobile") => ask.device.clone(),
            Some(other) => return Err(unknown_word("device", other, &["pc", "mobile"])),
        };
        let opened = self.open(&SdkCall { device, ..script.sdk })?;
        let choice = Choice {
            behaviour: ask.behaviour,
            method: ask.method.clone(),
            buyer: ask.buyer.clone(),
            code: ask.code.clone(),
        };
        let mut ending = self.decide(&opened.id, &choice)?;
        ending.tamper(&ask.tamper);
        let mut reply = ending.browser_request();
        reply["tid"] = json!(opened.id);
        Ok(reply.into())
    }
}

impl Script {
    /// What would keep a browser from reaching this simulator.
    fn check(&self) -> Result<(), ControlError> {
        if self.kind != "script" {
            return Err(ControlError::bad("open.kind", "`open.kind` must be `script`"));
        }
        let path = self.script_url.split(['?', '#']).next().unwrap_or_default();
        if !path.ends_with("/toss/v2/standard") || !absolute(path) {
            let text = format!(
                "the browser would load `{}`, which is not this simulator's script: it is {{origin}}/toss/v2/standard",
                self.script_url
            );
            return Err(ControlError::bad("open.scriptUrl", text));
        }
        if self.global != "TossPayments" {
            return Err(ControlError::bad(
                "open.global",
                "the script defines the global `TossPayments`",
            ));
        }
        Ok(())
    }
}

/// What the buyer pays with: what the request fixed, else what the buyer picked.
fn chosen_means(
    payment: &Payment,
    session: &Session,
    choice: &Choice,
    test: bool,
    now: i64,
) -> Result<(Method, Means), ControlError> {
    let options = &session.options;
    let text = |map: &Map<String, Value>, name: &str| map.get(name).and_then(Value::as_str).map(str::to_owned);
    let picked = match choice.method.as_deref() {
        None => payment.method,
        Some(word) => Method::parse(word)
            .filter(|m| offers(payment.method, *m))
            .ok_or_else(|| {
                ControlError::bad(
                    "method",
                    format!("this window offers {} and not `{word}`", payment.method.sdk()),
                )
            })?,
    };
    let direct = text(options, "flowMode").as_deref() == Some("DIRECT");
    let wallet = text(options, "easyPay").filter(|_| direct || payment.method == Method::EasyPay);
    let wallet = wallet.or_else(|| text(&choice.buyer, "wallet"));
    let picked = if picked == Method::Card && wallet.is_some() {
        Method::EasyPay
    } else {
        picked
    };
    let means = match picked {
        Method::Card => Means::Card(cards::chosen(options, &choice.buyer, test)),
        Method::EasyPay => {
            let word = wallet.unwrap_or_else(|| "TOSSPAY".to_owned());
            let (code, name) = codes::wallet(&word).ok_or_else(|| {
                unknown_word(
                    "buyer.wallet",
                    &word,
                    &codes::WALLETS.iter().map(|(code, _)| *code).collect::<Vec<_>>(),
                )
            })?;
            let balance = choice.buyer.get("balance").and_then(Value::as_bool).unwrap_or(false);
            Means::Wallet(
                code,
                name,
                (!balance).then(|| cards::chosen(options, &choice.buyer, test)),
            )
        }
        Method::VirtualAccount => Means::Vbank(vbank::from_window(
            options,
            &choice.buyer,
            &session.customer_name,
            test,
            now,
        )),
        Method::Transfer => {
            let bank = text(&choice.buyer, "bank").and_then(|word| codes::bank(&word));
            Means::Transfer(bank.map_or("88", |(code, _)| code))
        }
        Method::MobilePhone => {
            let phone = session.customer_phone.clone().or_else(|| text(&choice.buyer, "phone"));
            Means::Mobile(phone.unwrap_or_else(|| "01000000000".to_owned()))
        }
        Method::CultureGift | Method::BookGift | Method::GameGift => Means::Gift,
        Method::Foreign => Means::Foreign(text(options, "provider").unwrap_or_else(|| "PAYPAL".to_owned())),
    };
    Ok((picked, means))
}

/// Whether a window for one method lets the buyer pay with another: cards and wallets share one.
fn offers(window: Method, picked: Method) -> bool {
    window == picked || (window == Method::Card && picked == Method::EasyPay)
}
