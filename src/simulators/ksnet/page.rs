//! The browser side: the script, the two pages that take a form, the window's buttons, the post to `sndReply`.

use super::Ksnet;
use super::codes;
use super::form::{Form, charset};
use super::payment::Method;
use super::window::{Choice, MOBILE, PC, Posted, SCRIPTS};
use crate::simulators::html::{escape, page};
use crate::simulators::ledger::lock;
use crate::simulators::pg::{Answer, Behaviour, PgRequest};
use crate::simulators::words::ControlError;
use http::StatusCode;
use serde_json::{Map, Value};

const SDK: &str = include_str!("kspay_web.js");
const TITLE: &str = "KSPay 시뮬레이터";

/// Whether a request is a browser's and not a server's.
pub(super) fn is_window(request: &PgRequest<'_>) -> bool {
    SCRIPTS.contains(&request.path) || [PC, MOBILE].contains(&request.path) || request.path.starts_with("/window/")
}

fn problem(error: &ControlError) -> Answer {
    let body = format!(
        "<h1>결제창을 열 수 없습니다 / No such window</h1><p>{}</p>",
        escape(&error.message)
    );
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
    page(status, TITLE, &body)
}

impl Ksnet {
    pub(super) fn browser(&self, request: &PgRequest<'_>) -> Answer {
        let base = format!("{}/ksnet", request.origin());
        if request.inner.method == http::Method::GET && SCRIPTS.contains(&request.path) {
            let text = SDK.replace("__BASE__", &base);
            return Answer::new(StatusCode::OK, "text/javascript; charset=utf-8", text)
                .with("access-control-allow-origin", "*")
                .with("cross-origin-resource-policy", "cross-origin");
        }
        if request.inner.method != http::Method::POST {
            return problem(&ControlError::missing("path", "no such page"));
        }
        if request.path == PC || request.path == MOBILE {
            let opened = self.open(&Form::declared(&request.inner.body), request.path == MOBILE);
            return match opened {
                Ok(id) => self.window_page(&id, &base),
                Err(error) => problem(&error),
            };
        }
        let segments = request.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        match parts.as_slice() {
            ["window", id, "decide"] => self.decided(id, &request.inner.body),
            _ => problem(&ControlError::missing("path", "no such page")),
        }
    }

    fn window_page(&self, id: &str, base: &str) -> Answer {
        let Some(record) = self.windows.get(id) else {
            return problem(&ControlError::missing("id", "the window has run out"));
        };
        let window = lock(&record);
        let rows: String = [
            ("상품 / Goods", window.order.goods.clone()),
            ("금액 / Amount", format!("{} KRW", window.order.amount)),
            ("주문번호 / Order", window.order.number.clone()),
        ]
        .iter()
        .map(|(name, value)| format!("<dt>{name}</dt><dd>{}</dd>", escape(value)))
        .collect();
        let body = format!(
            "<h1>KSPay 결제창 <small>시뮬레이터 / simulator</small></h1><dl>{rows}</dl>\
             <form method=\"post\" action=\"{}/window/{}/decide\">{}\
             <button class=\"main\" name=\"as\" value=\"approve\">결제하기 / Pay</button>\
             <button name=\"as\" value=\"user-cancel\">취소 / Cancel</button>\
             <button name=\"as\" value=\"fail\">인증 실패 / Fail authentication</button></form>",
            escape(base),
            escape(id),
            choices(&window.methods)
        );
        page(StatusCode::OK, TITLE, &body)
    }

    fn decided(&self, id: &str, body: &[u8]) -> Answer {
        let form = Form::declared(body);
        let behaviour = match form.text("as") {
            "approve" => Behaviour::Approve,
            "user-cancel" => Behaviour::UserCancel,
            _ => Behaviour::Fail,
        };
        let mut buyer = Map::new();
        for name in ["card", "bank", "months", "decline"] {
            let value = form.get(name).map(|value| Value::String(value.to_owned()));
            buyer.extend(value.map(|value| (name.to_owned(), value)));
        }
        let choice = Choice {
            behaviour,
            method: form.get("method").map(str::to_owned),
            buyer,
            code: None,
        };
        match self.decide(id, &choice) {
            Ok(Some(posted)) => posting(&posted),
            Ok(None) => page(StatusCode::OK, TITLE, "<p>창이 닫혔습니다. / Closed.</p>"),
            Err(error) => problem(&error),
        }
    }
}

/// The last page: it posts to the shop from inside the frame that it stands in.
fn posting(posted: &Posted) -> Answer {
    let inputs: String = posted
        .fields
        .iter()
        .map(|(name, value)| {
            let (name, value) = (escape(name), escape(value));
            format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">")
        })
        .collect();
    let label = if charset(&posted.charset) == encoding_rs::UTF_8 {
        "utf-8"
    } else {
        "euc-kr"
    };
    let form = format!(
        "<form id=\"f\" method=\"post\" accept-charset=\"{label}\" action=\"{}\">{inputs}\
         <button class=\"main\">계속 / Continue</button></form><script>document.getElementById('f').submit();</script>",
        escape(&posted.url)
    );
    page(StatusCode::OK, "이동 / Moving on", &form)
}

/// What the window leaves to the buyer.
fn choices(methods: &[Method]) -> String {
    let select = |label: &str, name: &str, options: Vec<(&str, &str)>| {
        let options: String = options
            .iter()
            .map(|(value, text)| format!("<option value=\"{value}\">{text}</option>"))
            .collect();
        format!("<label>{label} <select name=\"{name}\">{options}</select></label>")
    };
    let has = |method| methods.contains(&method);
    let mut html = String::new();
    if methods.len() > 1 {
        let words = methods.iter().map(|method| (method.word(), method.word())).collect();
        html.push_str(&select("결제수단 / Method", "method", words));
    }
    if has(Method::Card) {
        let cards = codes::CARDS.iter().map(|row| (row.0, row.1));
        html.push_str(&select(
            "카드사 / Card",
            "card",
            [("", "기본 / Default")].into_iter().chain(cards).collect(),
        ));
        html.push_str(&select(
            "할부 / Months",
            "months",
            vec![("", "일시불 / Lump sum"), ("03", "3"), ("12", "12")],
        ));
    }
    if has(Method::Transfer) || has(Method::Vbank) {
        let banks = codes::BANKS.iter().filter(|row| row.3).map(|row| (row.0, row.1));
        html.push_str(&select(
            "은행 / Bank",
            "bank",
            [("", "기본 / Default")].into_iter().chain(banks).collect(),
        ));
    }
    let declines = [
        ("", "승인 / Approved"),
        ("limit", "한도초과"),
        ("balance", "잔액부족"),
        ("lost", "분실카드"),
    ];
    html + &select("승인 결과 / Outcome", "decline", declines.to_vec())
}
