//! The payment windows: what a buyer does in one, and what the browser sends then.

mod checks;

use super::codes;
use super::form::{Form, charset, encode, named};
use super::merchants::Merchant;
use super::payment::{Card, Means, Method, Order, Product};
use super::{Inicis, idc};
use crate::simulators::ids;
use crate::simulators::ledger::lock;
use crate::simulators::pg::{Authenticate, Behaviour, Control};
use crate::simulators::words::{ControlError, parse_value, unknown_word};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Paths of the windows.
pub(super) const SCRIPT: &str = "/stdjs/INIStdPay.js";
pub(super) const CLOSE_SCRIPT: &str = "/stdjs/INIStdPay_close.js";
pub(super) const MOBILE: &str = "/smart/payment/";
pub(super) const LITE: &str = "/pay/card/billing";
pub(super) const INIBILL: &str = "/inibill/inibill_card.jsp";

/// Which window it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Pc,
    Mobile,
    /// INILite's billing window.
    Lite,
    /// INIBill's billing window.
    Inibill,
}

/// A window that was opened.
#[derive(Debug, Clone)]
pub(super) struct Window {
    pub kind: Kind,
    pub mid: Arc<str>,
    pub order: Order,
    /// What the buyer may choose from.
    pub methods: Vec<Method>,
    /// `CARD_SrcCode` of a wallet that is opened directly.
    pub wallet: Option<&'static str>,
    /// A billing key is asked for.
    pub billing: bool,
    pub escrow: bool,
    pub close_url: String,
    /// Charset of the return.
    pub charset: String,
    /// The merchant asked for `idc_name`.
    pub center: bool,
    /// Deadline of a virtual account, ms.
    pub due: i64,
    pub at: i64,
    pub done: bool,
}

/// One authentication; approving it is the merchant's server's part.
#[derive(Debug, Clone)]
pub(super) struct Auth {
    pub mid: Arc<str>,
    pub order: Order,
    pub method: Method,
    pub means: Means,
    pub product: Product,
    pub escrow: bool,
    pub billing: bool,
    pub idc: &'static str,
    pub charset: String,
    pub refusal: Option<String>,
    pub at: i64,
    /// TID of the approval, once there is one.
    pub tid: Option<Arc<str>>,
    /// Approved or declined: it cannot be used again.
    pub used: bool,
}

/// What the buyer does in a window.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    pub behaviour: Behaviour,
    pub method: Option<String>,
    pub buyer: Map<String, Value>,
    pub code: Option<String>,
}

/// The end of a window.
#[derive(Debug, Clone)]
pub(super) enum Ending {
    /// The browser posts this.
    Posts {
        url: String,
        charset: String,
        fields: Vec<(String, String)>,
        /// Token or TID of the authentication.
        auth: Option<String>,
    },
    /// The overlay loads the merchant's closing page.
    Closes(String),
    /// The buyer is gone.
    Gone,
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

/// The path of an address below this simulator, host label taken off.
fn own_path(url: &str) -> String {
    let plain = url.split(['?', '#']).next().unwrap_or_default();
    let path = plain.rsplit_once("/inicis").map(|(_, path)| path).unwrap_or_default();
    super::simulator::split_host(path).1.to_owned()
}

impl Open {
    fn window(&self) -> Result<Kind, ControlError> {
        match self.kind.as_str() {
            "scriptForm" if own_path(&self.script_url) != SCRIPT => {
                let text = format!(
                    "the browser would load `{}`; the script is {{origin}}/inicis{SCRIPT}",
                    self.script_url
                );
                Err(ControlError::bad("open.scriptUrl", text))
            }
            "scriptForm" if self.call != "INIStdPay.pay" => {
                Err(ControlError::bad("open.call", "the script defines `INIStdPay.pay`"))
            }
            "scriptForm" => Ok(Kind::Pc),
            "form" => match own_path(&self.action).as_str() {
                MOBILE => Ok(Kind::Mobile),
                LITE => Ok(Kind::Lite),
                INIBILL => Ok(Kind::Inibill),
                _ => {
                    let text = format!(
                        "[MX1002] the form goes to `{}`; pages are {{origin}}/inicis{MOBILE} (with its last slash), {INIBILL}, {LITE}",
                        self.action
                    );
                    Err(ControlError::script("MX1002", "open.action", text))
                }
            },
            other => Err(unknown_word("open.kind", other, &["scriptForm", "form"])),
        }
    }
}

impl Inicis {
    /// Opens a window on these fields, or refuses. `page` is the origin of the page, where it is known.
    pub(super) fn open(&self, kind: Kind, form: &Form, page: Option<&str>) -> Result<Arc<str>, ControlError> {
        let window = checks::window(self, kind, form, page)?;
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
        let code = match choice.behaviour {
            Behaviour::UserClose => {
                window.done = true;
                return Ok(match window.kind {
                    Kind::Pc => Ending::Closes(window.close_url.clone()),
                    _ => Ending::Gone,
                });
            }
            Behaviour::UserCancel => Some(choice.code.as_deref().unwrap_or("2001")),
            Behaviour::Fail => Some(choice.code.as_deref().unwrap_or("120047")),
            Behaviour::Approve => None,
        };
        let (fields, auth) = if let Some(code) = code {
            let cancelled = choice.behaviour == Behaviour::UserCancel;
            (refused(&window, code, cancelled), None)
        } else if matches!(window.kind, Kind::Lite | Kind::Inibill) {
            (self.bill_key_return(&window, &merchant, choice, now)?, None)
        } else {
            let auth = self.chosen(&window, &merchant, choice, now)?;
            let (token, fields) = self.authenticated(&window, &merchant, auth, origin, now);
            (fields, Some(token))
        };
        window.done = true;
        Ok(Ending::Posts {
            url: window.order.return_url.clone(),
            charset: window.charset.clone(),
            fields,
            auth,
        })
    }

    /// Stores an authentication and says what the browser takes back.
    fn authenticated(
        &self,
        window: &Window,
        merchant: &Merchant,
        auth: Auth,
        origin: &str,
        now: i64,
    ) -> (String, Vec<(String, String)>) {
        let idc = auth.idc;
        let base = |host: &str| {
            let below = merchant.call_base.clone().unwrap_or_else(|| format!("{origin}/inicis"));
            if merchant.idc_paths {
                format!("{below}/{idc}{host}")
            } else {
                below
            }
        };
        let token = match window.kind {
            // As long as a real one, with the characters that must be percent-encoded.
            Kind::Pc => format!("{}+/{}==", ids::alnum(40), ids::alnum(44)),
            _ => self.tid("INIMX_AUTH", &window.mid, now),
        };
        drop(self.auths.insert(&Arc::from(token.as_str()), auth));
        let center = if window.center { idc } else { "" };
        let amount = window.order.amount.to_string();
        let fields = match window.kind {
            Kind::Pc => {
                let mut fields = named(&[
                    ("resultCode", "0000"),
                    ("resultMsg", "정상처리되었습니다."),
                    ("mid", &window.mid),
                    ("orderNumber", &window.order.oid),
                    ("authToken", &token),
                    ("authUrl", &format!("{}/api/payAuth", base("stdpay"))),
                    ("netCancelUrl", &format!("{}/api/netCancel", base("stdpay"))),
                    ("checkAckUrl", &format!("{}/api/checkAck", base("stdpay"))),
                    ("charset", &window.charset),
                    ("merchantData", &window.order.echo),
                    ("returnUrl", ""),
                    ("cp_yn", ""),
                    ("cardnum", ""),
                    ("cardUsePoint", ""),
                ]);
                if window.center {
                    fields.extend(named(&[("idc_name", idc)]));
                }
                fields
            }
            _ => {
                let mut fields = named(&[
                    ("P_STATUS", "00"),
                    ("P_RMESG1", "성공적으로 처리 하였습니다."),
                    ("P_TID", &token),
                    ("P_AMT", &amount),
                    ("P_REQ_URL", &format!("{}/smart/payReq.ini", base("mobile"))),
                    ("P_NOTI", &window.order.echo),
                    ("idc_name", center),
                ]);
                if merchant.shaped("no-noti") {
                    fields.retain(|(name, _)| name != "P_NOTI");
                }
                fields
            }
        };
        (token, fields)
    }

    /// What the buyer pays with: what the request fixed, else what the buyer picked.
    fn chosen(&self, window: &Window, merchant: &Merchant, choice: &Choice, now: i64) -> Result<Auth, ControlError> {
        let text = |name: &str| choice.buyer.get(name).and_then(Value::as_str);
        let method = match choice.method.as_deref() {
            None => window.methods.first().copied().unwrap_or(Method::Card),
            Some(word) => Method::any(word).ok_or_else(|| unknown_word("method", word, &Method::words()))?,
        };
        if !window.methods.contains(&method) {
            let offered: Vec<&str> = window.methods.iter().map(|m| m.mobile_word()).collect();
            return Err(unknown_word("method", method.mobile_word(), &offered));
        }
        let bank = || {
            let code = text("bank").unwrap_or("88");
            codes::bank(code).ok_or_else(|| {
                let known: Vec<&str> = codes::BANKS.iter().map(|b| b.0).collect();
                unknown_word("buyer.bank", code, &known)
            })
        };
        let means = match method {
            Method::Card => Means::Card(card(&choice.buyer, window.wallet, merchant)?),
            Method::Bank => bank().map(|(code, name)| Means::Bank(code, name))?,
            Method::Vbank => Means::Vbank {
                bank: bank()?,
                number: ids::digits(14),
                due: window.due,
            },
            Method::Phone => Means::Phone(carrier(text("carrier"))?),
            _ => Means::Gift,
        };
        let refusal = match text("decline") {
            None => None,
            Some(code) if code.len() == 6 && code.bytes().all(|b| b.is_ascii_alphanumeric()) => {
                Some(codes::reason(code).unwrap_or(code).to_owned())
            }
            Some(word) => Some(
                codes::reason(word)
                    .ok_or_else(|| unknown_word("buyer.decline", word, &codes::reasons()))?
                    .to_owned(),
            ),
        };
        Ok(Auth {
            mid: Arc::clone(&window.mid),
            order: window.order.clone(),
            method,
            means,
            product: if window.kind == Kind::Pc {
                Product::Pc
            } else {
                Product::Mobile
            },
            // Only bank transfers and accounts are held in escrow.
            escrow: window.escrow && matches!(method, Method::Bank | Method::Vbank),
            billing: window.billing,
            idc: idc(self.next_idc(merchant)).unwrap_or("fc"),
            charset: window.charset.clone(),
            refusal,
            at: now,
            tid: None,
            used: false,
        })
    }

    /// `POST /_sim/inicis/authenticate`
    pub(super) fn drive_window(&self, ask: &Authenticate) -> Control {
        let open: Open = parse_value("open", &ask.open)?;
        let kind = open.window()?;
        match (ask.device.as_deref(), kind) {
            (Some("mobile"), Kind::Pc) => {
                let text = "[INIStdPay/Dev.Error] the script refuses phones: use the mobile window";
                return Err(ControlError::bad("device", text));
            }
            (None | Some("pc" | "mobile"), _) => {}
            (Some(other), _) => return Err(unknown_word("device", other, &["pc", "mobile"])),
        }
        let form = match kind {
            // A form arrives in the charset that the page wrote it in, and is read in the window's own.
            Kind::Mobile | Kind::Inibill => {
                let label = if open.charset.is_empty() {
                    "utf-8"
                } else {
                    open.charset.as_str()
                };
                let body = encode(&open.fields, charset(label));
                Form::parse(body.as_bytes(), encoding_rs::EUC_KR)
            }
            _ => Form(open.fields),
        };
        let id = self.open(kind, &form, None)?;
        let choice = Choice {
            behaviour: ask.behaviour,
            method: ask.method.clone(),
            buyer: ask.buyer.clone(),
            code: ask.code.clone(),
        };
        let origin = self.world.public_url();
        let ending = self.decide(&id, &choice, origin.as_deref().unwrap_or("http://127.0.0.1"))?;
        Ok(match ending {
            Ending::Gone => json!({"method": "NONE", "url": null, "tid": null, "contentType": null, "body": null}),
            Ending::Closes(url) => json!({"method": "GET", "url": url, "tid": null, "contentType": null, "body": null}),
            Ending::Posts {
                url,
                charset: label,
                fields,
                auth,
            } => {
                let mut sent = Form(fields);
                for (name, value) in &ask.tamper {
                    match value {
                        Value::Null => sent.0.retain(|(known, _)| known != name),
                        Value::String(text) => sent.set(name, text),
                        other => sent.set(name, &other.to_string()),
                    }
                }
                json!({"method": "POST", "url": url, "tid": auth, "contentType": "application/x-www-form-urlencoded",
                    "body": encode(&sent.0, charset(&label))})
            }
        }
        .into())
    }
}

/// The return of a window that did not end well.
fn refused(window: &Window, code: &str, cancelled: bool) -> Vec<(String, String)> {
    let message = codes::message(code);
    match window.kind {
        Kind::Pc => named(&[
            ("resultCode", code),
            ("resultMsg", message),
            ("mid", &window.mid),
            ("orderNumber", &window.order.oid),
            ("merchantData", &window.order.echo),
            ("charset", &window.charset),
        ]),
        Kind::Mobile => {
            let text = if cancelled {
                "사용자가 결제를 취소 하였습니다.".to_owned()
            } else {
                format!("[{code}]{message}")
            };
            named(&[
                ("P_STATUS", "01"),
                ("P_RMESG1", &text),
                ("P_TID", ""),
                ("P_AMT", &window.order.amount.to_string()),
                ("P_REQ_URL", ""),
                ("P_NOTI", &window.order.echo),
                ("idc_name", ""),
            ])
        }
        Kind::Lite => named(&[
            ("resultCode", code),
            ("resultMessage", message),
            ("mid", &window.mid),
            ("orderId", &window.order.oid),
            ("merchantRedirectData", &window.order.echo),
        ]),
        Kind::Inibill => named(&[
            ("resultcode", "01"),
            ("resultmsg", &format!("[{code}]{message}")),
            ("mid", &window.mid),
            ("orderid", &window.order.oid),
            ("p_noti", &window.order.echo),
        ]),
    }
}

/// The card that the buyer takes.
pub(super) fn card(
    buyer: &Map<String, Value>,
    direct: Option<&'static str>,
    merchant: &Merchant,
) -> Result<Card, ControlError> {
    let text = |name: &str| buyer.get(name).and_then(Value::as_str);
    let flag = |name: &str| buyer.get(name).and_then(Value::as_bool);
    let picked = match text("wallet") {
        None => None,
        Some(code) => Some(
            codes::wallet(code)
                .ok_or_else(|| ControlError::bad("buyer.wallet", format!("no wallet has the code `{code}`")))?,
        ),
    };
    let source = direct.or(picked).unwrap_or_default();
    let code = text("card").unwrap_or("14");
    let (mut code, mut bank, mut name) = codes::card(code).ok_or_else(|| {
        let known: Vec<&str> = codes::CARDS.iter().map(|row| row.0).collect();
        unknown_word("buyer.card", code, &known)
    })?;
    let mut number = format!("400933******{}", ids::digits(4));
    if flag("money").unwrap_or(false) {
        (code, name) = codes::money(source)
            .ok_or_else(|| ControlError::bad("buyer.money", "this wallet has no money or points of its own"))?;
        bank = "00";
        number = "*".repeat(16);
    } else if merchant.shaped("bank-00") {
        bank = "00";
    }
    Ok(Card {
        code,
        bank,
        name,
        number,
        quota: text("quota").unwrap_or("00").to_owned(),
        check: flag("check").unwrap_or(source == "D"),
        corporate: flag("corporate").unwrap_or(false),
        part: flag("part").unwrap_or(true),
        isp: flag("isp").unwrap_or(false),
        source,
    })
}

fn carrier(word: Option<&str>) -> Result<&'static str, ControlError> {
    const CARRIERS: &[&str] = &["SKT", "KTF", "LGT"];
    let word = word.unwrap_or("SKT");
    CARRIERS
        .iter()
        .find(|known| **known == word)
        .copied()
        .ok_or_else(|| unknown_word("buyer.carrier", word, CARRIERS))
}
