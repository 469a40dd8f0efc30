//! The browser side: both scripts, the mobile page that takes a form, the window's page and its buttons.

use super::form::{Form, charset};
use super::payment::Method;
use super::window::{CLASSIC, Choice, Ending, MOBILE, UNIFIED};
use super::{NiceLegacy, codes};
use crate::simulators::html::{escape, page, script_json};
use crate::simulators::ledger::lock;
use crate::simulators::pg::{Answer, Behaviour, PgRequest, Served};
use crate::simulators::words::{ControlError, parse};
use http::StatusCode;
use serde_json::{Map, Value, json};

const SDK: &str = include_str!("gopay.js");

/// Whether a request is a browser's and not a server's.
pub(super) fn is_window(request: &PgRequest<'_>) -> bool {
    [CLASSIC, UNIFIED, MOBILE].contains(&request.path) || request.path.starts_with("/window/")
}

fn anywhere(answer: Answer) -> Answer {
    answer.with("access-control-allow-origin", "*")
}

fn json_page(status: StatusCode, value: &Value) -> Answer {
    anywhere(Answer::new(
        status,
        "application/json; charset=utf-8",
        value.to_string(),
    ))
}

fn problem(error: &ControlError) -> Answer {
    let body = format!(
        "<h1>결제창을 열 수 없습니다 / No such window</h1><p>[{}] {}</p>",
        escape(&error.code),
        escape(&error.message)
    );
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
    page(status, "나이스페이 시뮬레이터", &body)
}

impl NiceLegacy {
    pub(super) fn browser(&self, request: &PgRequest<'_>) -> Served {
        let origin = request.origin();
        let base = format!("{origin}/nice_legacy");
        let layer = request.inner.query_value("mode").as_deref() == Some("layer");
        let segments = request.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        Served::just(match (request.inner.method.as_str(), parts.as_slice()) {
            ("GET", ["v3", "webstd", ..]) => script(&base, false),
            ("GET", ["v3", "common", ..]) => script(&base, true),
            ("POST", ["v3", "v3Payment.jsp"]) => {
                let form = Form::parse(&request.inner.body);
                match self.open(&form, false) {
                    Ok(id) => self.window_page(&id, false, &base),
                    Err(error) => problem(&error),
                }
            }
            ("POST", ["window", "open"]) => self.open_for_script(&request.inner.body, &base),
            ("GET", ["window", id]) => self.window_page(id, layer, &base),
            ("POST", ["window", id, "decide"]) => self.decided(id, &request.inner.body, &origin),
            _ => problem(&ControlError::missing("path", "no such page")),
        })
    }

    /// The script sends the shop's form as a list of pairs.
    fn open_for_script(&self, body: &[u8], base: &str) -> Answer {
        let opened = parse::<Vec<(String, String)>>(body).and_then(|fields| self.open(&Form(fields), true));
        match opened {
            Ok(id) => json_page(StatusCode::OK, &json!({"url": format!("{base}/window/{id}")})),
            Err(error) => {
                let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
                json_page(status, &json!({"code": error.code, "message": error.message}))
            }
        }
    }

    fn window_page(&self, id: &str, layer: bool, base: &str) -> Answer {
        let gone = || problem(&ControlError::missing("id", "the window has run out or was used"));
        let Some(record) = self.windows.get(id) else {
            return gone();
        };
        let window = lock(&record);
        let now = self.world.clock.now();
        if window.done || now >= window.at.saturating_add(self.world.options.window_ms) {
            return gone();
        }
        let rows: String = [
            ("상품 / Goods", window.order.goods.clone()),
            ("금액 / Amount", format!("{} KRW", window.order.amount)),
            ("주문번호 / Order", window.order.moid.clone()),
            ("결제수단 / Method", window.method.word().to_owned()),
        ]
        .iter()
        .map(|(name, value)| format!("<dt>{name}</dt><dd>{}</dd>", escape(value)))
        .collect();
        let body = format!(
            "<h1>나이스페이 결제창 <small>시뮬레이터 / simulator</small></h1><dl>{rows}</dl>\
             <form method=\"post\" action=\"{}/window/{}/decide\"><input type=\"hidden\" name=\"mode\" value=\"{}\">{}\
             <button class=\"main\" name=\"as\" value=\"approve\">결제하기 / Pay</button>\
             <button name=\"as\" value=\"user-cancel\">취소 / Cancel</button>\
             <button name=\"as\" value=\"fail\">인증 실패 / Fail authentication</button></form>",
            escape(base),
            escape(id),
            if layer { "layer" } else { "self" },
            choices(window.method)
        );
        page(StatusCode::OK, "나이스페이 시뮬레이터", &body)
    }

    fn decided(&self, id: &str, body: &[u8], origin: &str) -> Answer {
        let fields: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
        let text = |name: &str| {
            let found = fields.iter().find(|(known, value)| known == name && !value.is_empty());
            found.map(|(_, value)| value.clone())
        };
        let behaviour = match text("as").as_deref() {
            Some("approve") => Behaviour::Approve,
            Some("user-cancel") => Behaviour::UserCancel,
            _ => Behaviour::Fail,
        };
        let mut buyer = Map::new();
        for name in ["card", "bank", "decline"] {
            buyer.extend(text(name).map(|value| (name.to_owned(), Value::String(value))));
        }
        let choice = Choice {
            behaviour,
            buyer,
            code: None,
        };
        let ending = match self.decide(id, &choice, origin) {
            Ok(ending) => ending,
            Err(error) => return problem(&error),
        };
        let window = self.windows.get(id).map(|window| lock(&window).clone());
        match window
            .as_ref()
            .and_then(|w| w.return_url.as_deref().map(|url| (url, w.charset.as_str())))
        {
            Some((url, label)) => posting(&ending, url, label),
            None => {
                let message = script_json(&json!({"nicePayLegacySimulator": told(&ending)}));
                let script = format!("<script>parent.postMessage({message}, '*');</script>");
                page(StatusCode::OK, "완료 / Done", &script)
            }
        }
    }
}

fn script(base: &str, phones: bool) -> Answer {
    let text = SDK
        .replace("__BASE__", base)
        .replace("__PHONES__", if phones { "true" } else { "false" });
    let answer = anywhere(Answer::new(StatusCode::OK, "text/javascript; charset=utf-8", text));
    answer.with("cross-origin-resource-policy", "cross-origin")
}

/// For the script in the shop's page.
fn told(ending: &Ending) -> Value {
    match ending {
        Ending::Result { fields, .. } => json!({"fields": fields}),
        Ending::Closed { code, message } => json!({"closed": [code, message]}),
    }
}

/// The last page on a phone: it posts the result in the charset that was asked for.
fn posting(ending: &Ending, url: &str, label: &str) -> Answer {
    let fields = match ending {
        Ending::Result { fields, .. } => fields.as_slice(),
        Ending::Closed { .. } => &[],
    };
    let inputs: String = fields
        .iter()
        .map(|(name, value)| {
            let (name, value) = (escape(name), escape(value));
            format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">")
        })
        .collect();
    let label = if charset(label) == encoding_rs::UTF_8 {
        "utf-8"
    } else {
        "euc-kr"
    };
    let form = format!(
        "<form id=\"f\" method=\"post\" accept-charset=\"{label}\" action=\"{}\">{inputs}\
         <button class=\"main\">계속 / Continue</button></form><script>document.getElementById('f').submit();</script>",
        escape(url)
    );
    page(StatusCode::OK, "이동 / Moving on", &form)
}

/// What the window leaves to the buyer.
fn choices(method: Method) -> String {
    let select = |label: &str, name: &str, options: Vec<(&str, &str)>| {
        let options: String = options
            .iter()
            .map(|(value, text)| format!("<option value=\"{value}\">{text}</option>"))
            .collect();
        format!("<label>{label} <select name=\"{name}\">{options}</select></label>")
    };
    let first = [("", "기본 / Default")].into_iter();
    match method {
        Method::Card => {
            let declines = [
                ("", "승인 / Approved"),
                ("limit", "한도초과"),
                ("balance", "잔액부족"),
                ("lost", "분실카드"),
            ];
            select(
                "카드사 / Card",
                "card",
                first.chain(codes::CARDS.iter().copied()).collect(),
            ) + &select("승인 결과 / Outcome", "decline", declines.to_vec())
        }
        Method::Bank | Method::Vbank => {
            let all = method == Method::Bank;
            let banks = codes::BANKS.iter().filter(|(.., opens)| all || *opens);
            let banks = banks.map(|(code, name, _)| (*code, *name));
            select("은행 / Bank", "bank", first.chain(banks).collect())
        }
        _ => String::new(),
    }
}
