//! `/checkout/session/{id}`: the order of a payment session as a page, and where its buyer comes back to.
//!
//! The page opens windows as any shop's page does, by `POST /checkout/payments`; the amount was announced with the
//! session, so that nobody pays another. Which methods it shows is decided when it is asked for.

use super::Checkout;
use super::csp;
use super::pages::{self, Notice};
use super::reply;
use super::urls;
use crate::channels::CheckoutMethod;
use crate::engine::now;
use crate::ledger::SessionRow;
use crate::net::{Request, Response, escape};
use crate::payment::{Status, Transaction};
use crate::routing::{Ordered, offered};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Names of the methods for buyers, Korean and English.
const NAMES: [(CheckoutMethod, &str, &str); 4] = [
    (CheckoutMethod::CardKr, "신용·체크카드", "Card"),
    (CheckoutMethod::NPay, "네이버페이", "Naver Pay"),
    (CheckoutMethod::KakaoPay, "카카오페이", "Kakao Pay"),
    (CheckoutMethod::TossPay, "토스페이", "Toss Pay"),
];

impl Checkout {
    /// The page of an order, or of what became of it.
    pub(super) async fn session(&self, id: &str, back: bool, request: &Request) -> Response {
        if let Some(answer) = reply::gate(request, &[Method::GET]) {
            return answer;
        }
        let ledger = self.engine.ledger.as_ref();
        let (session, payment) = match ledger.session(id).await {
            Ok(None) => return told(StatusCode::NOT_FOUND, Notice::NotFound),
            Err(_) => return told(StatusCode::SERVICE_UNAVAILABLE, Notice::Unavailable),
            Ok(Some(session)) => match ledger.payment(&session.store_id, &session.payment_id).await {
                Ok(payment) => (session, payment),
                Err(_) => return told(StatusCode::SERVICE_UNAVAILABLE, Notice::Unavailable),
            },
        };
        match payment {
            Some(payment) if payment.status.is_live() => self.standing_of(&session, &payment),
            Some(payment) if back && payment.status == Status::Failed => failed(&session, &payment),
            _ if session.closed_at.is_some() || session.expires_at <= now() => told(StatusCode::GONE, Notice::NotFound),
            _ => self.order_page(&session),
        }
    }

    /// An order that is paid, or may be: it is never offered again.
    fn standing_of(&self, session: &SessionRow, payment: &Transaction) -> Response {
        let notice = match payment.status {
            Status::Approving | Status::Unknown => {
                let done = format!("{}/checkout/session/{}/done", self.public_url(), session.id);
                let head = format!("<meta http-equiv=\"refresh\" content=\"3;url={}\">\n", escape(&done));
                let html = pages::refreshing(&head);
                return reply::page(StatusCode::OK, html, csp::OUTCOME, "no-referrer");
            }
            _ => Notice::of(payment, &Vec::new()),
        };
        told(StatusCode::OK, notice)
    }

    fn order_page(&self, session: &SessionRow) -> Response {
        let snapshot = self.engine.live.load();
        let doc = &session.doc;
        let text = |name: &str| doc[name].as_str().unwrap_or_default();
        let order = Ordered {
            country: text("country"),
            currency: text("currency"),
            amount: doc["totalAmount"].as_i64().unwrap_or_default(),
        };
        let store = snapshot.stores.get(&session.store_id);
        let methods = store.and_then(|store| offered(&snapshot, store, text("profileKey"), order, now()));
        let methods = methods.unwrap_or_default();
        if methods.is_empty() {
            return told(StatusCode::SERVICE_UNAVAILABLE, Notice::Unavailable);
        }
        let shop = text("storeName");
        let shop = match store {
            Some(store) if shop.is_empty() => store.name.as_str(),
            _ => shop,
        };
        let html = self.page_of(session, shop, &methods, order);
        let image = urls::source_of(text("orderImageUrl")).unwrap_or_default();
        reply::page(StatusCode::OK, html, &csp::session(&image), "no-referrer")
    }

    /// What the page sends to open a window, but for the method.
    fn opening(&self, session: &SessionRow) -> Value {
        let doc = &session.doc;
        let own = format!("{}/checkout/session/{}/done", self.public_url(), session.id);
        let mut out = json!({
            "storeId": session.store_id, "paymentId": session.payment_id, "orderName": doc["orderName"],
            "totalAmount": doc["totalAmount"], "currency": doc["currency"], "country": doc["country"],
            "redirectUrl": doc["redirectUrl"].as_str().unwrap_or(&own), "resultMode": "redirect",
            "customer": {"fullName": doc["customerName"], "email": doc["customerEmail"]},
            "customData": doc["customData"],
        });
        if let Some(products) = doc["products"].as_array() {
            let product = |(at, item): (usize, &Value)| {
                json!({
                    "id": item["id"].as_str().map_or_else(|| (at + 1).to_string(), str::to_owned),
                    "name": item["name"], "amount": item["unitPrice"], "quantity": item["quantity"],
                    "code": item["code"], "link": item["url"],
                })
            };
            out["products"] = products.iter().enumerate().map(product).collect();
        }
        out
    }

    fn page_of(
        &self,
        session: &SessionRow,
        shop: &str,
        methods: &[(CheckoutMethod, &str)],
        order: Ordered<'_>,
    ) -> String {
        let doc = &session.doc;
        let mut body = format!("<p class=\"shop\">{}</p>\n", escape(shop));
        if let Some(image) = doc["orderImageUrl"].as_str() {
            let _ = writeln!(body, "<img class=\"picture\" src=\"{}\" alt=\"\">", escape(image));
        }
        let name = escape(doc["orderName"].as_str().unwrap_or_default());
        let amount = money(order);
        let _ = writeln!(body, "<h1>{name}</h1>\n<p class=\"amount\">{amount}</p>");
        for item in doc["products"].as_array().into_iter().flatten() {
            let _ = writeln!(
                body,
                "<p class=\"item\"><span>{} × {}</span> <span>{}</span></p>",
                escape(item["name"].as_str().unwrap_or_default()),
                item["quantity"],
                money(Ordered {
                    amount: item["unitPrice"].as_i64().unwrap_or_default(),
                    ..order
                }),
            );
        }
        for (at, agreement) in doc["agreements"].as_array().into_iter().flatten().enumerate() {
            let _ = writeln!(
                body,
                "<p class=\"agreement\"><input type=\"checkbox\" id=\"agree-{at}\"> <label for=\"agree-{at}\">{}</label> \
                 <a href=\"{}\" target=\"_blank\" rel=\"noopener noreferrer\">보기 · <span lang=\"en\">Read</span></a></p>",
                escape(agreement["name"].as_str().unwrap_or_default()),
                escape(agreement["url"].as_str().unwrap_or_default()),
            );
        }
        body.push_str("<div class=\"methods\">\n");
        for (method, channel) in methods {
            let (_, ko, en) = NAMES.iter().find(|(known, ..)| known == method).unwrap_or(&NAMES[0]);
            let _ = writeln!(
                body,
                "<button type=\"button\" class=\"button\" data-channel=\"{}\" data-wallet=\"{}\" data-method=\"{}\">{ko} · \
                 <span lang=\"en\">{en}</span></button>",
                escape(channel),
                method.wallet().unwrap_or_default(),
                json!(method).as_str().unwrap_or_default(),
            );
        }
        body.push_str("</div>\n<p id=\"problem\" class=\"reason\" role=\"alert\" hidden></p>\n");
        let color = doc["colors"]["primary"].as_str().unwrap_or_default();
        let data = format!(
            " data-order=\"{}\" data-picked=\"{}\" data-color=\"{}\"",
            escape(&self.opening(session).to_string()),
            doc["paymentMethod"].as_str().unwrap_or_default(),
            escape(color),
        );
        pages::order(shop, &data, &body)
    }
}

/// An amount for buyers.
fn money(order: Ordered<'_>) -> String {
    let digits = order.amount.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    match order.currency {
        "KRW" => format!("{grouped}원 <span lang=\"en\">(KRW {grouped})</span>"),
        currency => format!("{} {grouped}", escape(currency)),
    }
}

fn told(status: StatusCode, notice: Notice) -> Response {
    reply::page(status, pages::plain(notice), csp::OUTCOME, "no-referrer")
}

/// A try that failed: why, and the way to another.
fn failed(session: &SessionRow, payment: &Transaction) -> Response {
    let reason = payment.failure.as_ref().map(|failure| failure.message.as_str());
    let again = format!("/checkout/session/{}", session.id);
    let html = pages::failed_order(reason.unwrap_or_default(), &again);
    reply::page(StatusCode::OK, html, csp::OUTCOME, "no-referrer")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_grouped() {
        let shown = |amount, currency| {
            money(Ordered {
                country: "KR",
                currency,
                amount,
            })
        };
        assert_eq!(
            shown(1_234_567, "KRW"),
            "1,234,567원 <span lang=\"en\">(KRW 1,234,567)</span>"
        );
        assert_eq!(shown(100, "USD"), "USD 100");
    }

    #[test]
    fn every_method_has_a_name() {
        for word in CheckoutMethod::WORDS {
            let method: CheckoutMethod = serde_json::from_value(word.into()).unwrap_or(CheckoutMethod::CardKr);
            assert_eq!(json!(method), word);
            assert!(NAMES.iter().any(|(known, ..)| *known == method), "{word}");
        }
    }
}
