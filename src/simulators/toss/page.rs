//! The browser side: the SDK's script, the window's page, and what its buttons do.

use super::routes::{Route, decode};
use super::window::{Choice, SdkCall};
use super::{Toss, codes};
use crate::simulators::html::{escape, page, script_json};
use crate::simulators::ledger::lock;
use crate::simulators::pg::{Answer, Behaviour, PgRequest, Served};
use crate::simulators::words::{ControlError, parse};
use http::StatusCode;
use serde_json::{Map, Value, json};

const SDK: &str = include_str!("sdk.js");

fn anywhere(answer: Answer) -> Answer {
    answer.with("access-control-allow-origin", "*")
}

fn json_answer(status: StatusCode, value: &Value) -> Answer {
    anywhere(Answer::new(
        status,
        "application/json; charset=utf-8",
        value.to_string(),
    ))
}

fn refused(error: &ControlError) -> Answer {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
    json_answer(status, &json!({"code": error.code, "message": error.message}))
}

fn gone(message: &str) -> Answer {
    let body = format!(
        "<h1>결제창을 열 수 없습니다 / No such window</h1><p>결제 시간이 만료되었거나 이미 처리되었습니다.</p><p><small>{}</small></p>",
        escape(message)
    );
    page(StatusCode::NOT_FOUND, "토스페이먼츠 시뮬레이터", &body)
}

/// How a window is shown.
fn mode(word: Option<&str>) -> &'static str {
    if word == Some("iframe") { "iframe" } else { "self" }
}

impl Toss {
    pub(super) fn browser(&self, request: &PgRequest<'_>, route: &Route<'_>) -> Served {
        let base = format!("{}/toss", request.origin());
        Served::just(match route {
            Route::Script => {
                let text = SDK.replace("__BASE__", &base);
                anywhere(Answer::new(StatusCode::OK, "text/javascript; charset=utf-8", text))
                    .with("cross-origin-resource-policy", "cross-origin")
            }
            Route::Open => self.open_for_browser(request, &base),
            Route::Window(id) | Route::Checkout(id) => {
                self.window_page(&decode(id), mode(request.inner.query_value("mode").as_deref()), &base)
            }
            Route::Decide(id) => self.decided(&decode(id), &request.inner.body),
            _ => gone("no such page"),
        })
    }

    fn open_for_browser(&self, request: &PgRequest<'_>, base: &str) -> Answer {
        let phone = request
            .inner
            .header("user-agent")
            .is_some_and(|agent| agent.contains("Mobi"));
        let opened = parse::<SdkCall>(&request.inner.body).and_then(|mut call| {
            if phone {
                call.device = Some("mobile".to_owned());
            }
            self.open(&call)
        });
        match opened {
            Ok(opened) => {
                let url = format!("{base}/window/{}", opened.id);
                let overlay = opened.iframe || opened.promise;
                json_answer(
                    StatusCode::OK,
                    &json!({"url": url, "promise": opened.promise, "iframe": overlay}),
                )
            }
            Err(error) => refused(&error),
        }
    }

    fn window_page(&self, id: &str, mode: &str, base: &str) -> Answer {
        let (title, rows, choices) = if let Some(record) = self.billing_windows.get(id) {
            let window = lock(&record);
            let kind = if window.card {
                "카드 등록 / Register a card"
            } else {
                "계좌 등록 / Register an account"
            };
            (
                kind.to_owned(),
                vec![("고객 / Customer", window.customer_key.clone())],
                String::new(),
            )
        } else if let Some(record) = self.payments.get(id) {
            let payment = lock(&record);
            if payment.session.is_none() {
                return gone("the payment is already processed");
            }
            let amount = format!(
                "{} {}",
                payment.total / payment.currency.scale(),
                payment.currency.word()
            );
            let rows = vec![
                ("상점 / Merchant", payment.mid.to_string()),
                ("상품 / Order", payment.order_name.clone()),
                ("주문번호 / Order id", payment.order_id.clone()),
                ("금액 / Amount", amount),
                ("결제수단 / Method", payment.method.korean().to_owned()),
            ];
            ("결제 / Payment".to_owned(), rows, choices(payment.method))
        } else {
            return gone("unknown window");
        };
        let list: String = rows
            .iter()
            .map(|(name, value)| format!("<dt>{name}</dt><dd>{}</dd>", escape(value)))
            .collect();
        let action = escape(&format!("{base}/window/{id}/decide"));
        let body = format!(
            "<p><small>토스페이먼츠 시뮬레이터 · Toss Payments simulator</small></p><h1>{title}</h1><dl>{list}</dl>\
             <form method=\"post\" action=\"{action}\"><input type=\"hidden\" name=\"mode\" value=\"{mode}\">{choices}\
             <button class=\"main\" name=\"as\" value=\"approve\">결제하기 / Approve</button>\
             <button name=\"as\" value=\"user-cancel\">취소 / Cancel</button>\
             <button name=\"as\" value=\"fail\">거절 / Decline</button></form>"
        );
        page(StatusCode::OK, "토스페이먼츠 시뮬레이터", &body)
    }

    fn decided(&self, id: &str, body: &[u8]) -> Answer {
        let form: Map<String, Value> = form_urlencoded::parse(body)
            .map(|(name, value)| (name.into_owned(), Value::from(value.as_ref())))
            .collect();
        let text = |name: &str| form.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let behaviour = match text("as") {
            Some("approve") => Behaviour::Approve,
            Some("user-cancel") => Behaviour::UserCancel,
            Some("fail") => Behaviour::Fail,
            _ => return gone("the form has no decision"),
        };
        let mut buyer = Map::new();
        for name in ["wallet", "bank"] {
            buyer.extend(text(name).map(|value| (name.to_owned(), Value::from(value))));
        }
        let card = text("card").map(|issuer| json!({"issuer": issuer}));
        buyer.extend(card.map(|card| ("card".to_owned(), card)));
        let ending = match self.decide(
            id,
            &Choice {
                behaviour,
                method: None,
                buyer,
                code: None,
            },
        ) {
            Ok(ending) => ending,
            Err(error) => return gone(&error.message),
        };
        match (mode(text("mode")), ending.location()) {
            ("self", Some(url)) => page(StatusCode::SEE_OTHER, "이동 / Moving on", "").with("location", &url),
            _ => {
                let message = script_json(&json!({"tossPaymentsSimulator": ending.message()}));
                let script = format!("<script>parent.postMessage({message}, '*');</script>");
                page(StatusCode::OK, "완료 / Done", &script)
            }
        }
    }
}

/// What the window leaves to the buyer.
fn choices(method: super::payment::Method) -> String {
    use super::payment::Method;
    let select = |label: &str, name: &str, options: Vec<(&str, &str)>| {
        let options: String = options
            .iter()
            .map(|(value, text)| format!("<option value=\"{value}\">{text}</option>"))
            .collect();
        format!("<label>{label} <select name=\"{name}\">{options}</select></label>")
    };
    match method {
        Method::Card => {
            let wallets = [("", "카드 / Card")]
                .into_iter()
                .chain(codes::WALLETS.iter().copied())
                .collect();
            let cards = codes::CARDS.iter().map(|(code, korean, _)| (*code, *korean));
            let cards = [("", "신한 (기본)")].into_iter().chain(cards).collect();
            select("결제수단 / Pay with", "wallet", wallets) + &select("카드사 / Card", "card", cards)
        }
        Method::VirtualAccount | Method::Transfer => {
            let all = method == Method::Transfer;
            let banks = codes::BANKS
                .iter()
                .filter(|(.., issues)| all || *issues)
                .map(|(code, name, ..)| (*code, *name));
            select("은행 / Bank", "bank", banks.collect())
        }
        _ => String::new(),
    }
}
