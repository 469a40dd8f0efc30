//! The browser side: scripts, pages that take a form, the window's page and its buttons.

use super::Inicis;
use super::form::{Form, charset};
use super::window::{CLOSE_SCRIPT, Choice, Ending, INIBILL, Kind, LITE, MOBILE, SCRIPT};
use crate::simulators::html::{escape, page, script_json};
use crate::simulators::ledger::lock;
use crate::simulators::pg::{Answer, Behaviour, PgRequest, Served};
use crate::simulators::words::{ControlError, parse};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

const SDK: &str = include_str!("INIStdPay.js");
/// Loaded by the merchant's closing page, which stands in the overlay.
const CLOSE: &str = "(function(){\"use strict\";parent.postMessage({inicisSimulatorClose:true},\"*\");})();\n";

/// Whether a path is a browser's and not a server's.
pub(super) fn is_window(path: &str) -> bool {
    [SCRIPT, CLOSE_SCRIPT, MOBILE, "/smart/payment", LITE, INIBILL].contains(&path) || path.starts_with("/window/")
}

/// What the script asks: the shop's form as pairs, and the origin of the page.
#[derive(Debug, Deserialize)]
struct Opening {
    fields: Vec<(String, String)>,
    origin: String,
}

fn anywhere(answer: Answer) -> Answer {
    answer
        .with("access-control-allow-origin", "*")
        .with("cross-origin-resource-policy", "cross-origin")
}

fn script(text: String) -> Answer {
    anywhere(Answer::new(StatusCode::OK, "text/javascript; charset=utf-8", text))
}

fn json_page(status: StatusCode, value: &Value) -> Answer {
    anywhere(Answer::new(
        status,
        "application/json; charset=utf-8",
        value.to_string(),
    ))
}

fn status(error: &ControlError) -> StatusCode {
    StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST)
}

fn problem(error: &ControlError) -> Answer {
    let body = format!(
        "<h1>결제창을 열 수 없습니다 / No such window</h1><p>[{}] {}</p>",
        escape(&error.code),
        escape(&error.message)
    );
    page(status(error), "이니시스 시뮬레이터", &body)
}

impl Inicis {
    pub(super) fn browser(&self, request: &PgRequest<'_>, path: &str) -> Served {
        let origin = request.origin();
        let base = format!("{origin}/inicis");
        let body = &request.inner.body;
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let opened = |kind: Kind, charset| match self.open(kind, &Form::parse(body, charset), None) {
            Ok(id) => self.window_page(&id, &base),
            Err(error) => problem(&error),
        };
        Served::just(match (request.inner.method.as_str(), path, parts.as_slice()) {
            ("GET", SCRIPT, _) => script(SDK.replace("__BASE__", &base)),
            ("GET", CLOSE_SCRIPT, _) => script(CLOSE.to_owned()),
            ("POST", MOBILE, _) => opened(Kind::Mobile, encoding_rs::EUC_KR),
            ("POST", INIBILL, _) => opened(Kind::Inibill, encoding_rs::EUC_KR),
            ("POST", LITE, _) => opened(Kind::Lite, encoding_rs::UTF_8),
            (_, "/smart/payment", _) => problem(&ControlError::script(
                "MX1002",
                "path",
                "the address needs its last slash: /smart/payment/",
            )),
            ("POST", _, ["window", "open"]) => self.open_for_script(body, &base),
            ("GET", _, ["window", id]) => self.window_page(id, &base),
            ("POST", _, ["window", id, "decide"]) => self.decided(id, body, &origin),
            _ => problem(&ControlError::missing("path", "no such page")),
        })
    }

    fn open_for_script(&self, body: &[u8], base: &str) -> Answer {
        let opened = parse::<Opening>(body).and_then(|ask| self.open(Kind::Pc, &Form(ask.fields), Some(&ask.origin)));
        match opened {
            Ok(id) => json_page(StatusCode::OK, &json!({"url": format!("{base}/window/{id}")})),
            Err(error) => json_page(status(&error), &json!({"code": error.code, "message": error.message})),
        }
    }

    fn window_page(&self, id: &str, base: &str) -> Answer {
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
            ("주문번호 / Order", window.order.oid.clone()),
        ]
        .iter()
        .map(|(name, value)| format!("<dt>{name}</dt><dd>{}</dd>", escape(value)))
        .collect();
        let methods: String = window
            .methods
            .iter()
            .map(|m| format!("<option value=\"{0}\">{0}</option>", m.mobile_word()))
            .collect();
        let outcomes: String = [
            ("", "승인 / Approved"),
            ("limit", "한도초과"),
            ("balance", "잔액부족"),
            ("lost", "분실카드"),
        ]
        .iter()
        .map(|(value, text)| format!("<option value=\"{value}\">{text}</option>"))
        .collect();
        let button = |word: &str, text: &str, class: &str| {
            format!("<button{class} name=\"as\" value=\"{word}\">{text}</button>")
        };
        let body = format!(
            "<h1>KG이니시스 결제창 <small>시뮬레이터 / simulator</small></h1><dl>{rows}</dl>\
             <form method=\"post\" action=\"{}/window/{}/decide\">\
             <label>결제수단 / Method <select name=\"method\">{methods}</select></label>\
             <label>승인 결과 / Outcome <select name=\"decline\">{outcomes}</select></label>{}{}{}{}</form>",
            escape(base),
            escape(id),
            button("approve", "결제하기 / Pay", " class=\"main\""),
            button("user-cancel", "취소 / Cancel", ""),
            button("user-close", "닫기 / Close", ""),
            button("fail", "인증 실패 / Fail authentication", "")
        );
        page(StatusCode::OK, "이니시스 시뮬레이터", &body)
    }

    fn decided(&self, id: &str, body: &[u8], origin: &str) -> Answer {
        let form = Form::parse(body, encoding_rs::UTF_8);
        let behaviour = match form.text("as") {
            "approve" => Behaviour::Approve,
            "user-cancel" => Behaviour::UserCancel,
            "user-close" => Behaviour::UserClose,
            _ => Behaviour::Fail,
        };
        let mut buyer = Map::new();
        buyer.extend(
            form.get("decline")
                .map(|word| ("decline".to_owned(), Value::from(word))),
        );
        let choice = Choice {
            behaviour,
            method: form.get("method").map(str::to_owned),
            buyer,
            code: None,
        };
        let kind = self.windows.get(id).map(|record| lock(&record).kind);
        match self.decide(id, &choice, origin) {
            Err(error) => problem(&error),
            Ok(Ending::Gone) => page(StatusCode::OK, "닫힘 / Closed", "<h1>창을 닫았습니다 / Closed</h1>"),
            Ok(ending) if kind == Some(Kind::Pc) => {
                let message = match &ending {
                    Ending::Posts {
                        url, fields, charset, ..
                    } => {
                        json!({"inicisSimulator": {"post": url, "fields": fields, "charset": charset}})
                    }
                    Ending::Closes(url) => json!({"inicisSimulator": {"close": url}}),
                    Ending::Gone => Value::Null,
                };
                let text = format!("<script>parent.postMessage({}, '*');</script>", script_json(&message));
                page(StatusCode::OK, "완료 / Done", &text)
            }
            Ok(Ending::Posts {
                url, fields, charset, ..
            }) => posting(&url, &fields, &charset),
            Ok(Ending::Closes(url)) => posting(&url, &[], "utf-8"),
        }
    }
}

/// The last page on a phone: it posts the result in the charset that was asked for.
fn posting(url: &str, fields: &[(String, String)], label: &str) -> Answer {
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
