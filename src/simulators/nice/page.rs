//! The browser side: the script, the window's page, and what its buttons do.

use super::payment::Method;
use super::routes::{Route, decode};
use super::window::{Choice, Ending, opened, summary};
use super::{Nice, codes};
use crate::simulators::html::{escape, page, script_json};
use crate::simulators::ledger::lock;
use crate::simulators::pg::{Answer, Behaviour, PgRequest, Served};
use crate::simulators::words::ControlError;
use http::StatusCode;
use serde_json::{Map, Value, json};

const SDK: &str = include_str!("sdk.js");

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

fn refused(error: &ControlError) -> Answer {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
    json_page(status, &json!({"errorMsg": error.message}))
}

fn gone(message: &str) -> Answer {
    let body = format!(
        "<h1>결제창을 열 수 없습니다 / No such window</h1><p>결제 시간이 만료되었거나 이미 처리되었습니다.</p>\
         <p><small>{}</small></p>",
        escape(message)
    );
    page(StatusCode::NOT_FOUND, "나이스페이 시뮬레이터", &body)
}

impl Nice {
    pub(super) fn browser(&self, request: &PgRequest<'_>, route: &Route<'_>) -> Served {
        let base = format!("{}/nice", request.origin());
        let layer = request.inner.query_value("mode").as_deref() == Some("layer");
        match route {
            Route::Script => {
                let text = SDK.replace("__BASE__", &base);
                let script = anywhere(Answer::new(StatusCode::OK, "text/javascript; charset=utf-8", text));
                Served::just(script.with("cross-origin-resource-policy", "cross-origin"))
            }
            Route::Open => Served::just(self.open_for_browser(request, &base)),
            Route::Window(id) => Served::just(self.window_page(&decode(id), layer, &base)),
            Route::Decide(id) => self.decided(&decode(id), &request.inner.body),
            _ => Served::just(gone("no such page")),
        }
    }

    fn open_for_browser(&self, request: &PgRequest<'_>, base: &str) -> Answer {
        let mobile = request
            .inner
            .header("user-agent")
            .is_some_and(|agent| agent.contains("Mobi"));
        let window = crate::simulators::words::parse::<Map<String, Value>>(&request.inner.body)
            .and_then(|params| self.open(params, mobile));
        match window {
            Ok(id) => json_page(StatusCode::OK, &opened(base, &id, mobile)),
            Err(error) => refused(&error),
        }
    }

    fn window_page(&self, id: &str, layer: bool, base: &str) -> Answer {
        let Some(record) = self.windows.get(id) else {
            return gone("unknown window");
        };
        let window = lock(&record);
        let now = self.world.clock.now();
        if window.done || now >= window.at.saturating_add(self.world.options.window_ms) {
            return gone("the window has run out or was used");
        }
        let rows: String = summary(&window)
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

    fn decided(&self, id: &str, body: &[u8]) -> Served {
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
            method: text("method"),
            buyer,
            code: None,
        };
        match self.decide(id, &choice) {
            Ok(ending) => {
                let answer = leave(&ending, text("mode").as_deref() == Some("layer"));
                Served {
                    answer: Some(answer),
                    notices: ending.notices,
                    finish: None,
                }
            }
            Err(error) => Served::just(gone(&error.message)),
        }
    }
}

/// The last page: it tells the script above it, or posts the form itself.
fn leave(ending: &Ending, layer: bool) -> Answer {
    if layer {
        let message = script_json(&json!({"nicePaySimulator": ending.message()}));
        let script = format!("<script>parent.postMessage({message}, '*');</script>");
        return page(StatusCode::OK, "완료 / Done", &script);
    }
    let inputs: String = ending
        .fields
        .iter()
        .map(|(name, value)| {
            let (name, value) = (escape(name), escape(value));
            format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">")
        })
        .collect();
    let url = escape(ending.url.as_deref().unwrap_or_default());
    let form = format!(
        "<form id=\"f\" method=\"post\" accept-charset=\"utf-8\" action=\"{url}\">{inputs}\
         <button class=\"main\">계속 / Continue</button></form><script>document.getElementById('f').submit();</script>"
    );
    page(StatusCode::OK, "이동 / Moving on", &form)
}

/// What the window leaves to the buyer.
fn choices(method: Option<Method>) -> String {
    let select = |label: &str, name: &str, options: Vec<(&str, &str)>| {
        let options: String = options
            .iter()
            .map(|(value, text)| format!("<option value=\"{value}\">{text}</option>"))
            .collect();
        format!("<label>{label} <select name=\"{name}\">{options}</select></label>")
    };
    let first = [("", "기본 / Default")].into_iter();
    match method {
        None | Some(Method::Card | Method::Wallet(_)) => {
            let cards = first.clone().chain(codes::CARDS.iter().copied()).collect();
            let declines = [
                ("", "승인 / Approved"),
                ("limit", "한도초과"),
                ("balance", "잔액부족"),
                ("lost", "분실카드"),
            ];
            let wallets = [
                ("CARD", "카드 / Card"),
                ("KAKAOPAY", "카카오페이"),
                ("NAVERPAY", "네이버페이"),
                ("PAYCO", "페이코"),
            ];
            let wallets = if method.is_none() {
                select("결제수단 / Pay with", "method", wallets.to_vec())
            } else {
                String::new()
            };
            wallets
                + &select("카드사 / Card", "card", cards)
                + &select("승인 결과 / Outcome", "decline", declines.to_vec())
        }
        Some(Method::Vbank | Method::Bank) => {
            let all = method == Some(Method::Bank);
            let banks = codes::BANKS
                .iter()
                .filter(|(.., opens)| all || *opens)
                .map(|(code, name, _)| (*code, *name));
            select("은행 / Bank", "bank", first.chain(banks).collect())
        }
        Some(Method::Cellphone) => String::new(),
    }
}
