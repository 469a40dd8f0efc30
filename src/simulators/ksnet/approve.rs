//! The fetch (`recv_post.jsp`): the first call with `sndActionType=1` approves, later ones repeat its answer to the
//! byte, and `sndActionType=3` ends them.

use super::Ksnet;
use super::codes;
use super::form::{Form, amount, euc_kr, halves, padded};
use super::merchants::Merchant;
use super::payment::{Means, Method, Order, Payment};
use crate::simulators::clock::compact;
use crate::simulators::ids;
use crate::simulators::ledger::lock;
use crate::simulators::pg::{Answer, Decline, PgRequest};
use encoding_rs::{EUC_KR, UTF_8};
use http::{Method as Verb, StatusCode};
use serde_json::{Map, Value};
use std::sync::Arc;

/// How long a result can be read again, ms. Documents say "for a while".
const REPEAT_MS: i64 = 24 * 3_600_000;
/// Names of the result when a call asks for none.
const NAMES: &str =
    "authyn`trno`trddt`trdtm`amt`authno`msg1`msg2`ordno`isscd`aqucd`result`halbu`cbtrno`cbauthno`cardno";

/// Values of a result by name, in EUC-KR with their padding.
pub(super) type Values = Vec<(&'static str, Vec<u8>)>;

/// How far a deal is.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// Authenticated: no money has moved.
    Pending,
    /// Approved or declined, for good.
    Done(Values),
    /// The merchant has said that it stored the result.
    Closed,
}

/// What an authentication left, by its `reCommConId`.
#[derive(Debug, Clone)]
pub(super) struct Deal {
    pub mid: Arc<str>,
    pub mobile: bool,
    pub order: Order,
    pub method: Method,
    pub means: Means,
    /// The code that the approval will be refused with.
    pub refusal: Option<String>,
    pub at: i64,
    pub step: Step,
}

/// The pages of the fetch: whether it is the mobile one, and whether it answers in JSON.
pub(super) fn page(path: &str) -> Option<(bool, bool)> {
    Some(match path {
        "/store/KSPayWebV1.4/web_host/recv_post.jsp" => (false, false),
        "/store/KSPayMobileV1.4/web_host/recv_post.jsp" => (true, false),
        "/store/KSPayWebV1.4/web_host/recv_jpost.jsp" => (false, true),
        "/store/KSPayMobileV1.4/web_host/recv_jpost.jsp" => (true, true),
        _ => return None,
    })
}

/// The fields of a fetch: a query, or a form.
pub(super) fn fields(request: &PgRequest<'_>) -> Form {
    if request.inner.method == Verb::POST {
        Form::parse(&request.inner.body, UTF_8)
    } else {
        Form::parse(request.inner.query.as_bytes(), UTF_8)
    }
}

impl Ksnet {
    /// One fetch.
    pub(super) fn fetch(&self, form: &Form, mobile: bool, json: bool, decline: Option<&Decline>) -> Answer {
        let now = self.world.clock.now();
        let Some(record) = self.deals.get(form.text("sndCommConId")) else {
            return text_answer(Vec::new());
        };
        // The lock is KSNET's too: a second call waits for the first and reads its result.
        let mut deal = lock(&record);
        let Some(merchant) = self.merchants.get(&deal.mid).filter(|_| deal.mobile == mobile) else {
            return text_answer(Vec::new());
        };
        match form.text("sndActionType") {
            "1" => {}
            "3" => {
                if matches!(deal.step, Step::Done(_)) {
                    deal.step = Step::Closed;
                }
                return text_answer(Vec::new());
            }
            _ => return text_answer(Vec::new()),
        }
        let limit = match deal.step {
            Step::Pending => self.world.options.approval_ms,
            Step::Done(_) => REPEAT_MS,
            Step::Closed => return text_answer(Vec::new()),
        };
        if now >= deal.at.saturating_add(limit) {
            return text_answer(Vec::new());
        }
        if matches!(deal.step, Step::Pending) {
            let given = form.get("sndAmount");
            let values = self.authorize(&deal, &merchant, given, decline, now);
            deal.step = Step::Done(values);
        }
        let Step::Done(values) = &deal.step else {
            return text_answer(Vec::new());
        };
        if merchant.shaped("no-backtick") {
            return text_answer(b"<html><body>session error</body></html>\r\n".to_vec());
        }
        let names = form.get("sndRpyParams").unwrap_or(NAMES);
        if json {
            json_answer(values, names)
        } else {
            written(values, names, &merchant)
        }
    }

    /// Approves or declines, once.
    fn authorize(
        &self,
        deal: &Deal,
        merchant: &Merchant,
        given: Option<&str>,
        decline: Option<&Decline>,
        now: i64,
    ) -> Values {
        if let Some(forced) = decline {
            let message = forced.message.clone();
            return declined(deal, &forced.code, message.as_deref(), now);
        }
        if given.is_some_and(|text| amount(text) != Some(deal.order.amount)) {
            return declined(deal, "9007", None, now);
        }
        if let Some(code) = &deal.refusal {
            return declined(deal, code, None, now);
        }
        let mut payment = Payment::new(&deal.mid, deal.order.clone(), deal.method, deal.means.clone(), now);
        if !(deal.method == Method::KakaoPay && matches!(deal.means, Means::Other)) {
            payment.approval = ids::digits(8);
        }
        let record = self.admit(payment);
        let payment = lock(&record);
        approved(&payment, merchant)
    }
}

/// The values of a decline. `trno` is a number that no transaction has.
fn declined(deal: &Deal, code: &str, message: Option<&str>, now: i64) -> Values {
    let date = compact(now);
    let (first, second) = halves(message.unwrap_or_else(|| codes::message(code)));
    vec![
        ("authyn", b"X".to_vec()),
        ("trno", format!("Lbd{}", ids::digits(9)).into_bytes()),
        ("trddt", date.as_bytes()[..8].to_vec()),
        ("trdtm", date.as_bytes()[8..].to_vec()),
        ("amt", deal.order.amount.to_string().into_bytes()),
        ("authno", padded(code, 12)),
        ("msg1", first),
        ("msg2", second),
        ("ordno", euc_kr(&deal.order.number)),
        ("isscd", padded("", 6)),
        ("aqucd", padded("", 6)),
        ("result", deal.method.result().as_bytes().to_vec()),
        ("resultcd", code.as_bytes().to_vec()),
    ]
}

/// The values of an approval.
fn approved(payment: &Payment, merchant: &Merchant) -> Values {
    let date = compact(payment.at);
    let order = &payment.order;
    let amount = order.amount + i64::from(merchant.shaped("other-amount"));
    let number = if merchant.shaped("other-order") {
        format!("{}9", order.number)
    } else {
        order.number.clone()
    };
    let mut months = "";
    let (mut receipt, mut mask) = (("", ""), String::new());
    let ok = format!("OK: {}", payment.approval);
    // (authno, msg1, msg2, isscd, aqucd)
    let (authno, msg1, msg2, isscd, aqucd) = match &payment.means {
        Means::Card(card) => {
            months = &card.months;
            if payment.method != Method::KakaoPay && !merchant.shaped("no-card-number") {
                mask = card.window_mask();
            }
            let (msg1, aqucd) = match payment.method {
                Method::NaverPay => ("네이버페이", "52"),
                _ => (card.row.1, card.row.0),
            };
            (payment.approval.as_str(), msg1, ok.as_str(), card.row.0, aqucd)
        }
        Means::Transfer(bank, number, held) => {
            if let Some((trade, approval)) = held {
                receipt = (trade, approval);
            }
            (bank.0, bank.1, "계좌이체 성공", number.as_str(), "")
        }
        Means::Account(account) => (account.bank.0, account.bank.1, "채번성공", account.number.as_str(), ""),
        Means::Other => {
            let name = match payment.method {
                Method::KakaoPay => "카카오페이",
                Method::Gift => "문화상품권",
                _ => "휴대폰결제",
            };
            (payment.approval.as_str(), name, "OK", "", "")
        }
    };
    let wide = |text: &str| padded(text, text.len().max(6));
    vec![
        ("authyn", b"O".to_vec()),
        ("trno", payment.trno.as_bytes().to_vec()),
        ("trddt", date.as_bytes()[..8].to_vec()),
        ("trdtm", date.as_bytes()[8..].to_vec()),
        ("amt", amount.to_string().into_bytes()),
        ("authno", padded(authno, 12)),
        ("msg1", padded(msg1, 16)),
        ("msg2", padded(msg2, 16)),
        ("ordno", euc_kr(&number)),
        ("isscd", wide(isscd)),
        ("aqucd", wide(aqucd)),
        ("result", payment.method.result().as_bytes().to_vec()),
        ("halbu", months.as_bytes().to_vec()),
        ("cbtrno", receipt.0.as_bytes().to_vec()),
        ("cbauthno", receipt.1.as_bytes().to_vec()),
        ("cardno", mask.into_bytes()),
        ("resultcd", b"0000".to_vec()),
    ]
}

fn text_answer(body: Vec<u8>) -> Answer {
    Answer::new(StatusCode::OK, "text/html;charset=euc-kr", body)
}

fn value<'a>(values: &'a Values, name: &str) -> &'a [u8] {
    values.iter().find(|row| row.0 == name).map_or(&[], |row| &row.1)
}

/// Backtick-separated values with the blank lines of a JSP page around them.
fn written(values: &Values, names: &str, merchant: &Merchant) -> Answer {
    let mut body = Vec::new();
    if merchant.shaped("html-noise") {
        body.extend_from_slice(b"<!-- KSPay -->\r\n<html>\r\n");
    }
    if !merchant.shaped("no-noise") {
        body.extend_from_slice(b"\r\n\r\n\r\n  ");
    }
    for name in names.split('`') {
        body.push(b'`');
        body.extend_from_slice(value(values, name.trim()));
    }
    if !merchant.shaped("no-last-backtick") {
        body.push(b'`');
    }
    if !merchant.shaped("no-noise") {
        body.extend_from_slice(b"\r\n\r\n");
    }
    text_answer(body)
}

/// The JSON variant. No document shows it: a flat object of the wanted names.
fn json_answer(values: &Values, names: &str) -> Answer {
    let map: Map<String, Value> = names
        .split('`')
        .map(|name| {
            let text = EUC_KR.decode(value(values, name.trim())).0.trim_end().to_owned();
            (name.trim().to_owned(), Value::String(text))
        })
        .collect();
    Answer::new(
        StatusCode::OK,
        "application/json;charset=UTF-8",
        Value::Object(map).to_string(),
    )
}

/// What the fetch says under maintenance: a decline that knows no transaction.
pub(super) fn maintenance() -> Answer {
    let (first, second) = halves(codes::message("9006"));
    let values: Values = vec![
        ("authyn", b"X".to_vec()),
        ("authno", padded("9006", 12)),
        ("msg1", first),
        ("msg2", second),
    ];
    let mut body = Vec::new();
    for name in NAMES.split('`') {
        body.push(b'`');
        body.extend_from_slice(value(&values, name));
    }
    body.extend_from_slice(b"`\r\n");
    text_answer(body)
}
