//! The browser side: the script, the pages for phones, the window's page and its buttons.

use super::args::{Args, Fields, Refusal, named};
use super::payment::Method;
use super::window::{Choice, Ending, Way, Window};
use super::{Kcp, codes};
use crate::simulators::html::{escape, page, script_json};
use crate::simulators::ledger::lock;
use crate::simulators::pg::{Answer, Behaviour, PgRequest, Served};
use crate::simulators::words::{ControlError, parse};
use http::StatusCode;
use serde_json::{Map, Value, json};

const SCRIPT: &str = include_str!("kcp_spay_hub.js");
const TITLE: &str = "NHN KCP 시뮬레이터";

/// The script, and its older address.
pub(super) const HUB: &str = "/plugin/kcp_spay_hub.js";
pub(super) const CLASSIC: &str = "/plugin/payplus_web.jsp";
/// `PayUrl`
pub(super) const MOBILE: &str = "/pay/mobileGW.kcp";
/// Where pages in UTF-8 post instead.
pub(super) const FILTER: &str = "/pay/jsp/encodingFilter/encodingFilter.jsp";
/// `pay_url` of LITE PAY, before its number.
pub(super) const LITE: &str = "/litepay/";

/// Whether a request is a browser's and not a server's.
pub(super) fn is_window(path: &str) -> bool {
    [HUB, CLASSIC, MOBILE, FILTER].contains(&path) || path.starts_with(LITE) || path.starts_with("/window/")
}

fn anywhere(answer: Answer) -> Answer {
    answer.with("access-control-allow-origin", "*")
}

fn json_page(status: StatusCode, value: &Value) -> Answer {
    let kind = "application/json; charset=utf-8";
    anywhere(Answer::new(status, kind, value.to_string()))
}

fn problem(status: StatusCode, code: &str, message: &str) -> Answer {
    let body = format!(
        "<h1>결제창을 열 수 없습니다 / No such window</h1><p>[{}] {}</p>",
        escape(code),
        escape(message)
    );
    page(status, TITLE, &body)
}

fn wrong(error: &ControlError) -> Answer {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
    problem(status, &error.code, &error.message)
}

impl Kcp {
    pub(super) fn browser(&self, request: &PgRequest<'_>) -> Served {
        let base = format!("{}/kcp", request.origin());
        let body = &request.inner.body;
        let layer = request.inner.query_value("mode").as_deref() == Some("layer");
        let segments = request.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        Served::just(match (request.inner.method.as_str(), parts.as_slice()) {
            ("GET", ["plugin", _]) => script(&base),
            ("POST", ["pay", ..] | ["litepay", _]) => match self.open_phone(request.path, body) {
                Ok(id) => self.window_page(&id, false, &base),
                Err(refused) => refused_page(request.path, body, &refused),
            },
            ("POST", ["window", "open"]) => self.open_for_script(body, &base),
            ("GET", ["window", id]) => self.window_page(id, layer, &base),
            ("POST", ["window", id, "decide"]) => self.decided(id, body),
            _ => problem(StatusCode::NOT_FOUND, "404", "no such page"),
        })
    }

    /// The script sends the shop's form as a list of pairs.
    fn open_for_script(&self, body: &[u8], base: &str) -> Answer {
        let opened = parse::<Vec<(String, String)>>(body).and_then(|fields| {
            let opened = self.open_pc(&Args(fields));
            opened.map_err(|refused| refused.for_script("form"))
        });
        match opened {
            Ok(id) => json_page(StatusCode::OK, &json!({"url": format!("{base}/window/{id}")})),
            Err(error) => {
                let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
                json_page(status, &json!({"code": error.code, "message": error.message}))
            }
        }
    }

    fn window_page(&self, id: &str, layer: bool, base: &str) -> Answer {
        let now = self.world.clock.now();
        let record = self.windows.get(id);
        let open = record.map(|record| lock(&record).clone());
        let open = open.filter(|w| !w.done && now < w.at.saturating_add(self.world.options.window_ms));
        let Some(window) = open else {
            return problem(StatusCode::NOT_FOUND, "8310", "the window has run out or was used");
        };
        let rows: String = [
            ("상품 / Item", window.order.goods.clone()),
            ("금액 / Amount", format!("{} KRW", window.order.amount)),
            ("주문번호 / Order", window.order.number.clone()),
        ]
        .iter()
        .map(|(name, value)| format!("<dt>{name}</dt><dd>{}</dd>", escape(value)))
        .collect();
        let body = format!(
            "<h1>NHN KCP 결제창 <small>시뮬레이터 / simulator</small></h1><dl>{rows}</dl>\
             <form method=\"post\" action=\"{}/window/{}/decide\"><input type=\"hidden\" name=\"mode\" value=\"{}\">{}\
             <button class=\"main\" name=\"as\" value=\"approve\">결제하기 / Pay</button>\
             <button name=\"as\" value=\"user-cancel\">취소 / Cancel</button>\
             <button name=\"as\" value=\"fail\">인증 실패 / Fail authentication</button></form>",
            escape(base),
            escape(id),
            if layer { "layer" } else { "self" },
            choices(&window)
        );
        page(StatusCode::OK, TITLE, &body)
    }

    fn decided(&self, id: &str, body: &[u8]) -> Answer {
        let sent = Args::form(body, encoding_rs::UTF_8);
        let behaviour = match sent.text("as") {
            "approve" => Behaviour::Approve,
            "user-cancel" => Behaviour::UserCancel,
            _ => Behaviour::Fail,
        };
        let mut buyer = Map::new();
        for name in ["card", "bank", "decline"] {
            let value = sent.get(name).map(|text| Value::String(text.to_owned()));
            buyer.extend(value.map(|value| (name.to_owned(), value)));
        }
        let choice = Choice {
            behaviour,
            method: sent.get("method").map(str::to_owned),
            buyer,
            code: None,
        };
        let fields = match self.decide(id, &choice) {
            Ok(Ending::Result(fields)) => fields,
            Ok(Ending::Closed) => Vec::new(),
            Err(error) => return wrong(&error),
        };
        let way = self.windows.get(id).map(|record| lock(&record).way.clone());
        match way {
            Some(Way::Phone { url, charset }) => {
                let label = if charset == encoding_rs::UTF_8 {
                    "utf-8"
                } else {
                    "euc-kr"
                };
                posting(&fields, &url, label)
            }
            Some(Way::Lite { done, failed }) => {
                let good = fields.iter().any(|(name, value)| name == "res_cd" && value == "0000");
                posting(&fields, if good { &done } else { &failed }, "utf-8")
            }
            _ => {
                let told: Map<String, Value> = fields.into_iter().map(|(n, v)| (n, Value::String(v))).collect();
                let message = script_json(&json!({"kcpSimulator": told}));
                let script = format!("<script>parent.postMessage({message}, '*');</script>");
                page(StatusCode::OK, "완료 / Done", &script)
            }
        }
    }
}

fn script(base: &str) -> Answer {
    let text = SCRIPT.replace("__BASE__", base);
    let answer = anywhere(Answer::new(StatusCode::OK, "text/javascript; charset=utf-8", text));
    answer.with("cross-origin-resource-policy", "cross-origin")
}

/// A page that posts the refusal back, where the form said where to.
fn refused_page(path: &str, body: &[u8], refused: &Refusal) -> Answer {
    let (charset, label) = if path == FILTER {
        (encoding_rs::UTF_8, "utf-8")
    } else {
        (encoding_rs::EUC_KR, "euc-kr")
    };
    let sent = Args::form(body, charset);
    match sent.get("Ret_URL").filter(|url| super::window::absolute(url)) {
        None => problem(StatusCode::OK, &refused.code, &refused.message),
        Some(url) => {
            let fields = named(&[
                ("req_tx", "pay"),
                ("res_cd", &refused.code),
                ("res_msg", &refused.message),
                ("site_cd", sent.text("site_cd")),
                ("ordr_idxx", sent.text("ordr_idxx")),
                ("param_opt_1", sent.text("param_opt_1")),
                ("param_opt_2", sent.text("param_opt_2")),
                ("param_opt_3", sent.text("param_opt_3")),
                ("enc_data", ""),
                ("enc_info", ""),
                ("tran_cd", ""),
            ]);
            posting(&fields, url, label)
        }
    }
}

/// The last page on a phone: it posts the result.
fn posting(fields: &Fields, url: &str, label: &str) -> Answer {
    let inputs: String = fields
        .iter()
        .map(|(name, value)| {
            let (name, value) = (escape(name), escape(value));
            format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">")
        })
        .collect();
    let form = format!(
        "<form id=\"f\" method=\"post\" accept-charset=\"{label}\" action=\"{}\">{inputs}\
         <button class=\"main\">계속 / Continue</button></form><script>document.getElementById('f').submit();</script>",
        escape(url)
    );
    page(StatusCode::OK, "이동 / Moving on", &form)
}

/// What the window leaves to the buyer.
fn choices(window: &Window) -> String {
    let select = |label: &str, name: &str, options: Vec<(&str, &str)>| {
        let options: String = options
            .iter()
            .map(|(value, text)| format!("<option value=\"{value}\">{text}</option>"))
            .collect();
        format!("<label>{label} <select name=\"{name}\">{options}</select></label>")
    };
    let mut parts = String::new();
    if window.methods.len() > 1 {
        let words = window.methods.iter().map(|method| method.words());
        let words = words.map(|row| (row.mobile, row.alias)).collect();
        parts.push_str(&select("결제수단 / Method", "method", words));
    }
    let first = [("", "기본 / Default")];
    if window.methods.is_empty() || window.methods.contains(&Method::Card) {
        let cards = codes::CARDS.iter().map(|row| (row.0, row.1));
        parts.push_str(&select(
            "카드사 / Card",
            "card",
            first.into_iter().chain(cards).collect(),
        ));
        let declines = vec![
            ("", "승인 / Approved"),
            ("limit", "한도초과"),
            ("balance", "잔액부족"),
            ("lost", "분실카드"),
        ];
        parts.push_str(&select("승인 결과 / Outcome", "decline", declines));
    }
    if window.methods.contains(&Method::Bank) || window.methods.contains(&Method::Vbank) {
        let all = !window.methods.contains(&Method::Vbank);
        let banks = codes::BANKS.iter().filter(|row| all || row.2);
        let banks = first.into_iter().chain(banks.map(|row| (row.0, row.1)));
        parts.push_str(&select("은행 / Bank", "bank", banks.collect()));
    }
    parts
}
