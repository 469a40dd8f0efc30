//! The REST API ("KSPAY API"): who calls, what is read, and the envelope of every answer.

use super::Ksnet;
use super::codes::{self, CardRow};
use super::form::{amount, width};
use super::merchants::Merchant;
use crate::simulators::ids;
use crate::simulators::pg::{Answer, Decline, PgRequest};
use http::{Method as Verb, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;

const BASE: &str = "/kspay/webfep/api/v1/";

/// The calls of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
    CardCancel,
    AccountCancel,
    Cert,
    PayNoncert,
    PayOldcert,
    Vaccount,
}

impl Page {
    pub fn of(path: &str) -> Option<Self> {
        Some(match path.strip_prefix(BASE)? {
            "card/cancel" => Self::CardCancel,
            "account/cancel" => Self::AccountCancel,
            "card/cert" => Self::Cert,
            "card/pay/noncert" => Self::PayNoncert,
            "card/pay/oldcert" => Self::PayOldcert,
            "vaccount/permanent" => Self::Vaccount,
            _ => return None,
        })
    }
}

/// Why a call comes to nothing.
#[derive(Debug, Clone)]
pub(super) enum Refusal {
    /// An envelope without data: `A0400`, `A0401`, …
    Envelope(&'static str, String),
    /// `A0201` with a code and its text.
    Declined(String, String),
}

impl Refusal {
    /// A refusal with one of KSNET's codes.
    pub fn coded(code: &str) -> Self {
        Self::Declined(code.to_owned(), codes::message(code).to_owned())
    }

    /// A parameter that is wrong.
    pub fn wrong(field: &str) -> Self {
        Self::Envelope("A0400", format!("Parameter Error [{field}]"))
    }
}

/// Data of a success, or why there is none.
pub(super) type Reply = Result<Map<String, Value>, Refusal>;

/// One call whose key is known to be right.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub merchant: &'a Arc<Merchant>,
    pub body: &'a Map<String, Value>,
    pub now: i64,
}

impl Call<'_> {
    /// A member as text; numbers are taken too.
    pub fn text(&self, name: &str) -> String {
        match self.body.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        }
    }

    /// A member of 1 to `max` bytes in EUC-KR.
    pub fn need(&self, name: &str, max: usize) -> Result<String, Refusal> {
        let text = self.text(name);
        if text.is_empty() || width(&text).is_none_or(|bytes| bytes > max) {
            return Err(Refusal::wrong(name));
        }
        Ok(text)
    }

    /// One of two words; whether it is the second.
    pub fn second(&self, name: &str, first: &str, second: &str) -> Result<bool, Refusal> {
        let text = self.text(name);
        if text == first || text == second {
            return Ok(text == second);
        }
        Err(Refusal::wrong(name))
    }

    /// An amount of up to nine digits that must be there.
    pub fn amount(&self, name: &str) -> Result<i64, Refusal> {
        amount(&self.text(name)).ok_or_else(|| Refusal::wrong(name))
    }

    /// An amount that may be left out, then 0.
    pub fn amount_or_zero(&self, name: &str) -> Result<i64, Refusal> {
        if self.text(name).is_empty() {
            Ok(0)
        } else {
            self.amount(name)
        }
    }
}

/// Members with texts.
pub(super) fn members(pairs: &[(&str, &str)]) -> Map<String, Value> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect()
}

/// The four members about a card's companies.
pub(super) fn companies(row: Option<&CardRow>) -> Map<String, Value> {
    let (word, name) = row.map_or(("UNDEFINED", ""), |row| (row.2, row.1));
    members(&[
        ("issuerCardType", word),
        ("issuerCardName", name),
        ("purchaseCardType", word),
        ("purchaseCardName", name),
    ])
}

/// Every answer is HTTP 200, with JSON over many lines.
fn envelope(code: &str, message: &str, data: Option<Map<String, Value>>) -> Answer {
    let aid = format!("WFVCCSE{:0>17}", ids::digits(8));
    let value = json!({"aid": aid, "code": code, "message": message, "data": data});
    let mut body = Vec::new();
    let mut writer =
        serde_json::Serializer::with_formatter(&mut body, serde_json::ser::PrettyFormatter::with_indent(b"\t"));
    // Writing a value into memory does not fail.
    drop(value.serialize(&mut writer));
    Answer::new(StatusCode::OK, "application/json;charset=UTF-8", body)
}

/// What a refused call's data holds: a throw-away `tid`, the code once more, and little else.
fn refused_data(page: Option<Page>, code: &str, message: &str, payload: &str) -> Map<String, Value> {
    let thrown = format!("Lbd{}", ids::digits(9));
    let mut data = members(&[
        ("payload", payload),
        ("tid", &thrown),
        ("tradeDateTime", ""),
        ("respCode", code),
        ("respMessage", message),
        ("approvalNumb", code),
    ]);
    let more: &[&str] = match page {
        Some(Page::AccountCancel) => &["cancelAmount", "agencyType", "agencyName"],
        Some(Page::Vaccount) => &["bankType", "bankName", "virtualAccountNumb", "accountHolder"],
        Some(Page::CardCancel) | None => &["cancelAmount", "cardNumb", "expiryDate", "installMonth"],
        Some(Page::Cert | Page::PayNoncert | Page::PayOldcert) => {
            data.insert("tid".to_owned(), json!(""));
            &[
                "totalAmount",
                "cardNumb",
                "expiryDate",
                "installMonth",
                "cardType",
                "partCancelYn",
            ]
        }
    };
    data.extend(more.iter().map(|name| ((*name).to_owned(), json!(""))));
    if !matches!(page, Some(Page::AccountCancel | Page::Vaccount)) {
        data.extend(companies(None));
    }
    data
}

/// What the API says under maintenance.
pub(super) fn maintenance() -> Answer {
    let data = refused_data(None, "9006", codes::message("9006"), "");
    envelope("A0201", "Fail", Some(data))
}

impl Ksnet {
    /// One call of the API.
    pub(super) fn rest(&self, request: &PgRequest<'_>, page: Page, decline: Option<&Decline>) -> Answer {
        let parsed = serde_json::from_slice::<Map<String, Value>>(&request.inner.body);
        let body = parsed.as_ref().ok();
        let merchant = body.and_then(|body| self.merchants.get(body.get("mid")?.as_str()?));
        let done = self.called(request, page, body, merchant.as_ref(), decline);
        let shaped = |word: &str| merchant.as_ref().is_some_and(|m| m.shaped(word));
        match done {
            Ok(mut data) => {
                if shaped("new-tid") && data.contains_key("cancelAmount") {
                    data.insert("tid".to_owned(), json!(format!("1{}", ids::digits(11))));
                }
                envelope("A0200", "Success", Some(data))
            }
            Err(Refusal::Envelope(code, message)) => envelope(code, &message, None),
            Err(Refusal::Declined(code, message)) => {
                let echo = body.filter(|_| shaped("echo-on-refusal"));
                let payload = echo.and_then(|body| body.get("payload")?.as_str()).unwrap_or_default();
                let data = refused_data(Some(page), &code, &message, payload);
                envelope("A0201", "Fail", Some(data))
            }
        }
    }

    fn called(
        &self,
        request: &PgRequest<'_>,
        page: Page,
        body: Option<&Map<String, Value>>,
        merchant: Option<&Arc<Merchant>>,
        decline: Option<&Decline>,
    ) -> Reply {
        let protocol = |why: &str| Refusal::Envelope("A0403", format!("Protocol Error [{why}]"));
        if request.inner.method != Verb::POST {
            return Err(protocol("method"));
        }
        let kind = request
            .inner
            .header("content-type")
            .unwrap_or_default()
            .to_ascii_lowercase();
        if !kind.starts_with("application/json") {
            return Err(protocol("Content-Type"));
        }
        let key = request
            .inner
            .header("authorization")
            .and_then(|text| text.strip_prefix("pgapi "));
        let unknown = || Refusal::Envelope("A0401", "Authorization Error".to_owned());
        let key = key.ok_or_else(unknown)?;
        let body = body.ok_or_else(|| Refusal::wrong("body"))?;
        let merchant = merchant.filter(|merchant| merchant.key == key).ok_or_else(unknown)?;
        if body
            .values()
            .any(|value| value.as_str().is_some_and(|text| width(text).is_none()))
        {
            return Err(Refusal::Envelope("A0400", "Parameter Error [EUC-KR]".to_owned()));
        }
        let call = Call {
            merchant,
            body,
            now: self.world.clock.now(),
        };
        let late = match decline.map(|forced| (forced.code.as_str(), forced)) {
            // Server errors come after the deed: the caller cannot know what became of it.
            Some((code @ ("A0500" | "A0999"), _)) => Some(if code == "A0500" { "A0500" } else { "A0999" }),
            Some(("A0401", _)) => return Err(unknown()),
            Some(("A0400", _)) => return Err(Refusal::wrong("decline")),
            Some((code, forced)) => {
                let message = forced.message.clone();
                let message = message.unwrap_or_else(|| codes::message(code).to_owned());
                return Err(Refusal::Declined(code.to_owned(), message));
            }
            None => None,
        };
        let done = match page {
            Page::CardCancel => self.cancel_card(&call),
            Page::AccountCancel => self.cancel_transfer(&call),
            Page::Cert => self.cert(&call),
            Page::PayNoncert => self.key_in(&call, false),
            Page::PayOldcert => self.key_in(&call, true),
            Page::Vaccount => self.issue_account(&call),
        };
        match late {
            Some(code) => Err(Refusal::Envelope(code, "Server Error".to_owned())),
            None => done,
        }
    }
}
