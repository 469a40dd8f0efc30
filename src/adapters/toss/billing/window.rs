//! Registering a card in Toss's window: `payment({customerKey}).requestBillingAuth({...})` of browser SDK v2. Nothing is
//! charged. The browser comes back with `customerKey` and `authKey`, neither signed; the exchange is the check.

use super::{customer_key, email, exchange, key_of, name};
use crate::adapters::toss::request::Request;
use crate::adapters::toss::returned::{Pairs, failure};
use crate::adapters::toss::tables::{self, Table};
use crate::adapters::toss::{Toss, sign};
use crate::adapters::{
    Call, ChannelRevision, Device, IssueKey, IssuedKey, KeyWindow, Open, OpenKeyRequest, Opened, Proof, Refusal,
    ReturnMethod, Step, WindowReturn, WindowType, WindowVerdict, WireAnswer,
};
use crate::payment::{Failure, FailureKind, MethodKind};
use serde_json::{Map, Value, json};

/// Longest `authKey`.
const AUTH_KEY_MAX: usize = 300;

/// Whether a text can be an `authKey`.
pub(super) fn is_auth_key(key: &str) -> bool {
    !key.is_empty() && key.len() <= AUTH_KEY_MAX && key.bytes().all(|b| b.is_ascii_graphic())
}

impl KeyWindow for Toss {
    /// Toss's script always leaves its page for the return address here, so the page must be one that may be left: a
    /// window of its own or the whole page. `IFRAME`, PortOne's word for this PG, is taken as the first.
    fn window_types(&self, device: Device) -> &'static [WindowType] {
        match device {
            Device::Pc => &[WindowType::Popup, WindowType::Iframe, WindowType::Redirection],
            Device::Mobile => &[WindowType::Redirection, WindowType::Popup],
        }
    }

    fn register(&self, _request: &OpenKeyRequest, _channel: &ChannelRevision) -> Result<Option<Call>, Refusal> {
        Ok(None)
    }

    fn open(
        &self,
        request: &OpenKeyRequest,
        channel: &ChannelRevision,
        _registered: Option<&WireAnswer>,
    ) -> Result<Opened, Refusal> {
        let key = customer_key(&request.customer_key)?;
        let mut params = Map::new();
        params.insert("method".into(), "CARD".into());
        params.insert("successUrl".into(), request.return_url.clone().into());
        params.insert("failUrl".into(), format!("{}/fail", request.return_url).into());
        params.insert("windowTarget".into(), "self".into());
        if let Some(name) = name(request.customer_name.as_deref()) {
            params.insert("customerName".into(), name.into());
        }
        if let Some(address) = email(request.customer_email.as_deref())? {
            params.insert("customerEmail".into(), address.into());
        }
        options(request, &mut params)?;
        Ok(Opened {
            open: Open::Script {
                script_url: channel.endpoint("script").to_owned(),
                global: "TossPayments".to_owned(),
                client_key: Some(sign::credentials(channel)?.client_key.clone()),
                call: "payment.requestBillingAuth".to_owned(),
                customer_key: Some(key.to_owned()),
                params: Value::Object(params),
            },
            keep: None,
        })
    }

    fn returned(
        &self,
        back: &WindowReturn,
        expected: &IssueKey,
        _keep: Option<&Value>,
        _channel: &ChannelRevision,
    ) -> WindowVerdict {
        let pairs = Pairs::of(back);
        let failed = match back.how {
            ReturnMethod::Success => pairs.get("authKey").is_none() && pairs.get("code").is_some(),
            ReturnMethod::Fail => true,
            ReturnMethod::Close => {
                return WindowVerdict::Failed(match pairs.get("code") {
                    Some(code) => failure(code, &pairs),
                    None => Failure::new(
                        FailureKind::UserCancelled,
                        "NARU_WINDOW_CLOSED",
                        "the buyer closed the window",
                    ),
                });
            }
        };
        if failed {
            return WindowVerdict::Failed(failure(pairs.get("code").unwrap_or("NARU_WINDOW_FAILED"), &pairs));
        }
        match authenticated(&pairs, &expected.customer_key) {
            Ok(token) => WindowVerdict::Authenticated {
                token,
                proof: Proof::None,
            },
            Err(refusal) => WindowVerdict::Tampered(refusal),
        }
    }

    fn exchange(&self, command: &IssueKey, channel: &ChannelRevision) -> Result<Call, Refusal> {
        exchange(command, channel)
    }

    fn exchanged(
        &self,
        command: &IssueKey,
        channel: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<IssuedKey> {
        key_of(command, channel, call, answer)
    }
}

fn authenticated(pairs: &Pairs<'_>, customer_key: &str) -> Result<Value, Refusal> {
    if let Some(twice) = ["authKey", "customerKey"].into_iter().find(|n| pairs.ambiguous(n)) {
        return Err(Refusal::new(twice, "came back twice with different values"));
    }
    if pairs.get("customerKey") != Some(customer_key) {
        return Err(Refusal::new("customerKey", "is not the one the window was opened with"));
    }
    let key = pairs.get("authKey").filter(|key| is_auth_key(key));
    let key = key.ok_or_else(|| Refusal::new("authKey", "is missing or no key at all"))?;
    Ok(json!({"authKey": key}))
}

/// A card, or a wallet's card: Toss registers both under its method `CARD`.
fn options(request: &OpenKeyRequest, params: &mut Map<String, Value>) -> Result<(), Refusal> {
    let raw = Request(&request.raw);
    match request.method {
        MethodKind::Card => {
            if let Some(word) = raw.word("card.cardCompany", "CARD_COMPANY_")? {
                let code = tables::card_code(word).ok_or_else(|| {
                    Refusal::new(
                        "card.cardCompany",
                        format!(
                            "is not a card company of Toss Payments; use one of {}",
                            tables::accepted(Table::Cards)
                        ),
                    )
                })?;
                params.insert("flowMode".into(), "DIRECT".into());
                params.insert("cardCompany".into(), code.into());
            }
            Ok(())
        }
        MethodKind::EasyPay => {
            const FIELD: &str = "easyPay.easyPayProvider";
            let word = raw.word(FIELD, "EASY_PAY_PROVIDER_")?;
            let word = word.filter(|w| matches!(*w, "TOSSPAY" | "NAVERPAY"));
            let wallet = word.and_then(tables::wallet_code).ok_or_else(|| {
                Refusal::new(
                    FIELD,
                    "must be TOSSPAY or NAVERPAY: Toss Payments registers no other wallet",
                )
            })?;
            params.insert("flowMode".into(), "DIRECT".into());
            params.insert("easyPay".into(), wallet.into());
            Ok(())
        }
        _ => Err(Refusal::new(
            "billingKeyMethod",
            "must be CARD or EASY_PAY for Toss Payments",
        )),
    }
}
