//! How a window ends: the browser goes to one of the shop's URLs by GET, or the script's promise settles.

use crate::simulators::toss::payment::{Currency, Payment};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

/// What `encodeURIComponent` leaves alone.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

const CANCELLED: &str = "사용자에 의해 결제가 취소되었습니다.";
const ABORTED: &str = "결제 진행 중 승인에 실패하여 결제가 중단되었습니다.";

/// The end of a window.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::simulators::toss) struct Ending {
    /// Where the browser goes; `None`: the promise settles.
    url: Option<String>,
    /// Query of the URL, or members of the promise's value.
    fields: Vec<(String, Value)>,
    /// Whether the promise would resolve.
    resolves: bool,
}

fn field(name: &str, value: &str) -> (String, Value) {
    (name.to_owned(), Value::String(value.to_owned()))
}

impl Ending {
    /// Authenticated: to be confirmed by the server.
    pub fn authenticated(url: Option<String>, payment: &Payment, widget: bool) -> Self {
        let scale = payment.currency.scale();
        let amount = if payment.currency == Currency::Usd {
            format!("{}.{:02}", payment.total / scale, payment.total % scale)
        } else {
            payment.total.to_string()
        };
        let mut fields = Vec::new();
        if widget {
            fields.push(field("paymentType", "NORMAL"));
        }
        fields.push(field("paymentKey", &payment.key));
        fields.push(field("orderId", &payment.order_id));
        if url.is_some() {
            fields.push(field("amount", &amount));
        } else {
            let number = crate::simulators::toss::view::Num(payment.total, payment.currency);
            fields.push((
                "amount".into(),
                json!({"currency": payment.currency.word(), "value": number}),
            ));
        }
        Self {
            url,
            fields,
            resolves: true,
        }
    }

    /// A billing key may be issued.
    pub fn registered(url: Option<String>, customer_key: &str, auth_key: &str) -> Self {
        Self {
            url,
            fields: vec![field("customerKey", customer_key), field("authKey", auth_key)],
            resolves: true,
        }
    }

    /// The buyer pressed cancel: one code for the URL, another for the promise.
    pub fn cancelled(url: Option<String>, order_id: Option<&str>) -> Self {
        let code = if url.is_some() {
            "PAY_PROCESS_CANCELED"
        } else {
            "USER_CANCEL"
        };
        Self::refused(url, code, CANCELLED, order_id)
    }

    /// The buyer closed the overlay: the promise is rejected, whatever URLs there are.
    pub fn closed() -> Self {
        Self::refused(None, "USER_CANCEL", CANCELLED, None)
    }

    /// Authentication failed.
    pub fn failed(url: Option<String>, order_id: Option<&str>, code: Option<&str>) -> Self {
        let code = code.unwrap_or("PAY_PROCESS_ABORTED");
        let known = crate::simulators::toss::errors::ApiError::known(code);
        let message = known.map_or_else(|| ABORTED.into(), |e| e.message);
        let message = if code == "PAY_PROCESS_ABORTED" {
            ABORTED
        } else {
            message.as_ref()
        };
        Self::refused(url, code, message, order_id)
    }

    fn refused(url: Option<String>, code: &str, message: &str, order_id: Option<&str>) -> Self {
        let mut fields = vec![field("code", code), field("message", message)];
        fields.extend(order_id.map(|id| field("orderId", id)));
        Self {
            url,
            fields,
            resolves: false,
        }
    }

    /// Overwrites fields of the return; `null` removes one, a new name is added.
    pub fn tamper(&mut self, changes: &Map<String, Value>) {
        for (name, value) in changes {
            let at = self.fields.iter().position(|(known, _)| known == name);
            match (at, value) {
                (Some(at), Value::Null) => drop(self.fields.remove(at)),
                (None, Value::Null) => {}
                (Some(at), value) => self.fields[at].1 = value.clone(),
                (None, value) => self.fields.push((name.clone(), value.clone())),
            }
        }
    }

    /// The URL with its query: what the shop's URL had is kept, a fragment stays last.
    pub fn location(&self) -> Option<String> {
        let url = self.url.as_deref()?;
        let (front, fragment) = url
            .split_once('#')
            .map_or((url, None), |(front, rest)| (front, Some(rest)));
        let mut out = front.to_owned();
        let mut separator = if front.contains('?') { '&' } else { '?' };
        for (name, value) in &self.fields {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            out.push(separator);
            out.extend(utf8_percent_encode(name, COMPONENT));
            out.push('=');
            out.extend(utf8_percent_encode(&text, COMPONENT));
            separator = '&';
        }
        if let Some(fragment) = fragment {
            out.push('#');
            out.push_str(fragment);
        }
        Some(out)
    }

    /// For the script: where to go, or how the promise settles.
    pub fn message(&self) -> Value {
        match self.location() {
            Some(url) => json!({"url": url}),
            None if self.resolves => json!({"resolve": self.members()}),
            None => json!({"reject": self.members()}),
        }
    }

    fn members(&self) -> Map<String, Value> {
        self.fields.iter().cloned().collect()
    }

    /// For `POST /_sim/toss/authenticate`: the request that the browser would now send. Without URLs nothing is sent:
    /// `method` is then `RESOLVE` or `REJECT` and the body is what the page's code gets.
    pub fn browser_request(&self) -> Value {
        match self.location() {
            Some(url) => json!({"method": "GET", "url": url, "contentType": null, "body": null}),
            None => {
                let method = if self.resolves { "RESOLVE" } else { "REJECT" };
                let body = Value::Object(self.members()).to_string();
                json!({"method": method, "url": null, "contentType": "application/json", "body": body})
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shops_query_and_fragment_stay() {
        let mut ending = Ending::cancelled(Some("https://shop.example/r?token=1#top".into()), Some("ORDER-1"));
        let url = ending.location().unwrap_or_default();
        assert!(
            url.starts_with("https://shop.example/r?token=1&code=PAY_PROCESS_CANCELED&message=%EC%82%AC"),
            "{url}"
        );
        assert!(url.ends_with("&orderId=ORDER-1#top"), "{url}");
        assert!(!url.contains('+'), "a blank is %20: {url}");
        let changes = json!({"orderId": null, "code": "X", "extra": 7});
        ending.tamper(changes.as_object().unwrap_or(&Map::new()));
        let url = ending.location().unwrap_or_default();
        assert!(
            url.contains("code=X&") && url.contains("&extra=7#top") && !url.contains("orderId"),
            "{url}"
        );
    }

    #[test]
    fn without_urls_the_promise_settles() {
        assert_eq!(Ending::cancelled(None, None).message()["reject"]["code"], "USER_CANCEL");
        assert_eq!(Ending::closed().browser_request()["method"], "REJECT");
    }
}
