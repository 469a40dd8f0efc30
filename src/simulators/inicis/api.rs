//! INIAPI: forms (v1) and JSON (v2) with their hashes, and the one answer of both.

use super::Inicis;
use super::codes::{Refusal, about, refusal, wrong_hash};
use super::form::Form;
use super::merchants::Merchant;
use super::sign::sha512;
use crate::simulators::clock::{compact, instant};
use crate::simulators::faults::Operation;
use crate::simulators::notices::Notice;
use crate::simulators::pg::{Answer, Decline, PgRequest, Served};
use http::StatusCode;
use jiff::civil::DateTime;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// How far the clock of a caller may be off, ms.
const TOLERANCE_MS: i64 = 30 * 60_000;

/// What a call asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    Refund { part: bool },
    Inquiry,
    KeyIn,
    Vbank,
    BillAuth,
    BillPay,
    Delivery,
    DenyConfirm,
    Receipt,
}

impl Deed {
    pub fn operation(self) -> Operation {
        match self {
            Self::Refund { .. } => Operation::Cancel,
            Self::Inquiry => Operation::Inquire,
            Self::KeyIn => Operation::Instant,
            Self::Vbank => Operation::Vbank,
            Self::BillAuth => Operation::BillingIssue,
            Self::BillPay => Operation::BillingPay,
            Self::Delivery | Self::DenyConfirm => Operation::Escrow,
            Self::Receipt => Operation::CashReceipt,
        }
    }

    /// What a path and its body ask for; a path that exists with a type that does not gives the path's usual deed.
    pub fn of(path: &str, body: &[u8]) -> Option<Self> {
        let form = || Form::parse(body, encoding_rs::UTF_8);
        Some(match path {
            "/api/v1/refund" => Self::Refund {
                part: form().text("type") == "PartialRefund",
            },
            "/api/v1/extra" | "/v2/pg/inquiry" => Self::Inquiry,
            "/api/v1/formpay" if form().text("paymethod") == "Vacct" => Self::Vbank,
            "/api/v1/formpay" => Self::KeyIn,
            "/api/v1/billing" if form().text("type") == "Auth" => Self::BillAuth,
            "/api/v1/billing" | "/v2/pg/billing" => Self::BillPay,
            "/api/v1/escrow" if form().text("type") == "Dncf" => Self::DenyConfirm,
            "/api/v1/escrow" => Self::Delivery,
            "/api/v1/receipt" | "/v2/pg/receipt" => Self::Receipt,
            "/v2/pg/refund" | "/v2/pg/refund/vacct" => Self::Refund { part: false },
            "/v2/pg/partialRefund" | "/v2/pg/partialRefund/vacct" => Self::Refund { part: true },
            _ => return None,
        })
    }

    /// `type` of a call, and the fields that v1's hash covers after the INIAPI key.
    fn v1(self, vacct: bool) -> (&'static str, Vec<&'static str>) {
        const HEAD: [&str; 5] = ["type", "paymethod", "timestamp", "clientIp", "mid"];
        const BARE: [&str; 4] = ["type", "timestamp", "clientIp", "mid"];
        let account = if vacct { &["refundAcctNum"][..] } else { &[] };
        match self {
            Self::Refund { part: false } => ("Refund", [&HEAD[..], &["tid"], account].concat()),
            Self::Refund { part: true } => (
                "PartialRefund",
                [&HEAD[..], &["tid", "price", "confirmPrice"], account].concat(),
            ),
            Self::Inquiry => ("Extra", HEAD.to_vec()),
            Self::KeyIn => ("Pay", [&HEAD[..], &["moid", "price", "cardNumber"]].concat()),
            Self::Vbank => ("Pay", [&HEAD[..], &["moid", "price"]].concat()),
            Self::BillAuth => ("Auth", [&HEAD[..], &["moid", "price", "cardNumber"]].concat()),
            Self::BillPay => ("Billing", [&HEAD[..], &["moid", "price", "billKey"]].concat()),
            Self::Delivery => ("Dlv", [&BARE[..], &["oid", "tid", "price"]].concat()),
            Self::DenyConfirm => ("Dncf", [&BARE[..], &["originalTid"]].concat()),
            Self::Receipt => (
                "Issue",
                [&HEAD[..], &["crPrice", "supPrice", "srcvPrice", "regNum"]].concat(),
            ),
        }
    }

    fn v2(self) -> &'static str {
        match self {
            Self::Refund { part: true } => "partialRefund",
            Self::Refund { part: false } => "refund",
            Self::Inquiry => "inquiry",
            Self::BillPay => "billing",
            _ => "receipt",
        }
    }
}

/// One call whose merchant and hash are known to be right.
pub(super) struct Call<'a> {
    pub merchant: &'a Merchant,
    /// v1's fields, or v2's `data`.
    pub form: &'a Form,
    pub v2: bool,
    /// The path is one for refunds to an account.
    pub to_account: bool,
    pub now: i64,
    forced: Option<Refusal>,
}

impl Call<'_> {
    /// A field that must be there.
    pub fn need(&self, name: &str) -> Result<&str, Refusal> {
        match self.form.get(name).filter(|value| !value.trim().is_empty()) {
            Some(value) => Ok(value),
            None => Err(about("ER0102", name)),
        }
    }

    pub fn need_amount(&self, name: &str) -> Result<i64, Refusal> {
        self.need(name)?;
        self.form.amount(name).ok_or_else(|| about("500609", name))
    }

    /// A field that was encrypted.
    pub fn secret(&self, name: &str) -> Result<String, Refusal> {
        self.merchant
            .decrypt(self.need(name)?)
            .ok_or_else(|| about("500200", name))
    }

    /// A refusal that the fault menu orders.
    pub fn unforced(&self) -> Result<(), Refusal> {
        self.forced.clone().map_or(Ok(()), Err)
    }
}

/// Members of an answer and the notices that follow.
pub(super) type Reply = Result<(Map<String, Value>, Vec<Notice>), Refusal>;

/// Members of a successful answer.
pub(super) fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

#[derive(Deserialize)]
struct Envelope<'a> {
    mid: String,
    #[serde(rename = "type")]
    kind: String,
    timestamp: String,
    #[serde(rename = "clientIp")]
    client_ip: String,
    #[serde(default)]
    paymethod: String,
    #[serde(borrow)]
    data: &'a RawValue,
    #[serde(rename = "hashData")]
    hash: String,
}

impl Inicis {
    /// One call of INIAPI.
    pub(super) fn api(&self, request: &PgRequest<'_>, path: &str, deed: Deed, decline: Option<&Decline>) -> Served {
        let body = &request.inner.body;
        let v2 = path.starts_with("/v2/");
        let read = if v2 {
            self.read_v2(body, deed)
        } else {
            self.read_v1(body, deed)
        };
        let forced = decline.map(|d| Refusal {
            code: d.code.clone(),
            message: d
                .message
                .clone()
                .unwrap_or_else(|| super::codes::message(&d.code).to_owned()),
        });
        let mut pretty = false;
        let done = read.and_then(|(merchant, form)| {
            pretty = merchant.shaped("pretty");
            let call = Call {
                merchant: &merchant,
                form: &form,
                v2,
                to_account: path.ends_with("/vacct") || form.text("paymethod") == "Vacct",
                now: self.world.clock.now(),
                forced,
            };
            self.perform(&call, deed)
        });
        let (map, notices) = done.unwrap_or_else(|refused| (failed(&refused, deed), Vec::new()));
        let value = Value::Object(map);
        let text = if pretty {
            serde_json::to_string_pretty(&value).unwrap_or_default()
        } else {
            value.to_string()
        };
        Served {
            answer: Some(Answer::new(StatusCode::OK, "application/json;charset=UTF-8", text)),
            notices,
            finish: None,
        }
    }

    fn perform(&self, call: &Call<'_>, deed: Deed) -> Reply {
        match deed {
            Deed::Refund { part } => self.refund(call, part),
            Deed::Inquiry => self.inquire(call),
            Deed::KeyIn => self.key_in(call),
            Deed::Vbank => self.issue_account(call),
            Deed::BillAuth => self.issue_bill_key(call),
            Deed::BillPay => self.charge(call),
            Deed::Delivery => self.deliver(call),
            Deed::DenyConfirm => self.acknowledge(call),
            Deed::Receipt => self.issue_receipt(call),
        }
    }

    fn caller(&self, mid: &str, timestamp: &str) -> Result<Arc<Merchant>, Refusal> {
        let merchant = self.merchants.get(mid).ok_or_else(|| about("500400", "mid"))?;
        let at = DateTime::strptime("%Y%m%d%H%M%S", timestamp).ok().and_then(instant);
        let at = at
            .filter(|_| timestamp.len() == 14)
            .ok_or_else(|| about("ER0102", "timestamp"))?;
        let now = self.world.clock.now();
        // A clock that tests moved forward is not the caller's fault.
        let real = now - self.world.clock.offset();
        if [now, real].iter().all(|now| (now - at).abs() > TOLERANCE_MS) {
            return Err(about("ER0102", "timestamp"));
        }
        Ok(merchant)
    }

    fn read_v1(&self, body: &[u8], deed: Deed) -> Result<(Arc<Merchant>, Form), Refusal> {
        let form = Form::parse(body, encoding_rs::UTF_8);
        let merchant = self.caller(form.text("mid"), form.text("timestamp"))?;
        let (kind, covered) = deed.v1(form.text("paymethod") == "Vacct");
        if form.text("type") != kind {
            return Err(about("ER0102", "type"));
        }
        let parts: Vec<&str> = covered.iter().map(|name| form.text(name)).collect();
        if form.text("hashData") != sha512(&[&merchant.api_key, parts.concat().as_str()].concat()) {
            return Err(wrong_hash());
        }
        Ok((merchant, form))
    }

    fn read_v2(&self, body: &[u8], deed: Deed) -> Result<(Arc<Merchant>, Form), Refusal> {
        let envelope: Envelope<'_> = serde_json::from_slice(body).map_err(|_| refusal("ER0102"))?;
        let merchant = self.caller(&envelope.mid, &envelope.timestamp)?;
        if envelope.kind != deed.v2() || envelope.client_ip.is_empty() {
            return Err(about("ER0102", "type, clientIp"));
        }
        // Backslashes are taken out before the hash, as Inicis' own samples do.
        let data = envelope.data.get().replace('\\', "");
        let text = [
            &*merchant.api_key,
            &envelope.mid,
            &envelope.kind,
            &envelope.timestamp,
            &data,
        ]
        .concat();
        if envelope.hash != sha512(&text) {
            return Err(wrong_hash());
        }
        let map = serde_json::from_str(envelope.data.get()).map_err(|_| about("ER0102", "data"))?;
        let mut form = Form::of_json(map);
        if deed == Deed::BillPay {
            form.set("paymethod", &envelope.paymethod);
        }
        Ok((merchant, form))
    }

    pub(super) fn now_parts(now: i64) -> (String, String) {
        let text = compact(now);
        let (date, time) = text.split_at(8);
        (date.to_owned(), time.to_owned())
    }
}

/// The one shape of refusals, with the nulls that a success would fill.
fn failed(refused: &Refusal, deed: Deed) -> Map<String, Value> {
    if refused.code.starts_with("ER") {
        let field = refused
            .message
            .rsplit_once('(')
            .map_or("", |(_, f)| f.trim_end_matches(')'));
        return members(
            json!({"resultCode": refused.code, "resultMsg": super::codes::message(&refused.code),
            "errorDetails": [{"field": field, "contents": "공백일 수 없습니다"}]}),
        );
    }
    let text = if refused.code.is_empty() {
        refused.message.clone()
    } else {
        format!("[{}][{}]", refused.code, refused.message)
    };
    let mut map = members(json!({"resultCode": "01", "resultMsg": text, "detailResultCode": refused.code}));
    let more = match deed {
        Deed::Refund { .. } => json!({"cancelDate": null, "cancelTime": null, "tid": null, "prtcTid": null,
            "receiptInfo": null}),
        Deed::BillPay | Deed::KeyIn => json!({"payAuthCode": "ERROR", "tid": "", "price": null}),
        _ => json!({}),
    };
    map.extend(members(more));
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_cover_the_documented_fields() {
        let hash = |deed: Deed, key: &str, pairs: &[(&str, &str)]| {
            let form = Form(super::super::form::named(pairs));
            let (_, covered) = deed.v1(form.text("paymethod") == "Vacct");
            let parts: String = covered.iter().map(|name| form.text(name)).collect();
            sha512(&[key, &parts].concat())[..16].to_owned()
        };
        let key = "ItEQKi3rY7uvDS8l";
        let (ts, ip, mid) = (
            ("timestamp", "20260101090000"),
            ("clientIp", "127.0.0.1"),
            ("mid", "INIpayTest"),
        );
        let card = ("tid", "StdpayCARDINIpayTest20260101085930123456");
        let vbank = ("tid", "StdpayVBNKINIpayTest20260101085930123457");
        let account = ("refundAcctNum", "qwMHVJqsmXKoR+d8wQTS4g==");
        let (p, c) = (("price", "400"), ("confirmPrice", "600"));
        let (full, part) = (Deed::Refund { part: false }, Deed::Refund { part: true });
        let m = |word| ("paymethod", word);
        let t = |word| ("type", word);
        let cases = [
            (full, vec![t("Refund"), m("Card"), card], "79fb46e8cbbe3a9c"),
            (
                part,
                vec![t("PartialRefund"), m("Card"), card, p, c],
                "46746b82a5e26645",
            ),
            (full, vec![t("Refund"), m("Vacct"), vbank, account], "7cc2365210b7d854"),
            (
                part,
                vec![t("PartialRefund"), m("Vacct"), vbank, account, p, c],
                "e640eaf0c1a4af49",
            ),
            (full, vec![t("Refund"), m("GVacct"), vbank], "d9093d7ed25f3058"),
            (Deed::Inquiry, vec![t("Extra"), m("Inquiry"), card], "540942f3e91d064c"),
        ];
        for (deed, mut pairs, expected) in cases {
            pairs.extend([ts, ip, mid]);
            assert_eq!(hash(deed, key, &pairs), expected, "{pairs:?}");
        }
        let order = [
            t("Pay"),
            m("Vacct"),
            ts,
            ip,
            mid,
            ("moid", "ORDER_20260101_0001"),
            ("price", "1000"),
        ];
        assert_eq!(hash(Deed::Vbank, key, &order), "9e1aa20794c0b8cf");
    }

    #[test]
    fn v2_hashes_cover_the_text_of_data() {
        let data = r#"{"tid":"StdpayCARDINIpayTest20260101085930123456"}"#;
        let text = ["ItEQKi3rY7uvDS8l", "INIpayTest", "inquiry", "20260101090000", data].concat();
        assert!(sha512(&text).starts_with("1dc84e355e5079294df1e89e8e87b84c"));
    }
}
