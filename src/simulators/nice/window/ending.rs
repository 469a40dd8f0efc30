//! How a window ends: the browser posts a form to the shop, or the script calls `fnError`.

use super::Window;
use crate::simulators::nice::codes;
use crate::simulators::nice::merchants::Merchant;
use crate::simulators::nice::payment::Payment;
use crate::simulators::notices::Notice;
use crate::simulators::pg::Controlled;
use serde_json::{Map, Value, json};

/// The end of a window.
#[derive(Debug, Clone)]
pub(in crate::simulators::nice) struct Ending {
    /// Where the form is posted; `None`: nothing is.
    pub url: Option<String>,
    /// Fields of the form.
    pub fields: Vec<(String, String)>,
    /// Text for `fnError`.
    pub error: Option<&'static str>,
    /// The transaction, if there is one.
    pub tid: Option<String>,
    /// What follows from an approval in the window.
    pub notices: Vec<Notice>,
}

fn own(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

impl Ending {
    pub fn post(window: &Window, fields: Vec<(String, String)>) -> Self {
        Self {
            url: Some(window.return_url.clone()),
            fields,
            error: None,
            tid: None,
            notices: Vec::new(),
        }
    }

    /// Authenticated: to be approved by the server.
    pub fn authenticated(window: &Window, merchant: &Merchant, payment: &Payment, signature: &str) -> Self {
        let fields = own(&[
            ("authResultCode", "0000"),
            ("authResultMsg", "인증 성공"),
            ("tid", &payment.tid),
            ("clientId", &merchant.client_id),
            ("orderId", &window.order.order_id),
            ("amount", &window.order.amount.to_string()),
            (
                "mallReserved",
                window.order.mall_reserved.as_deref().unwrap_or_default(),
            ),
            ("authToken", &payment.auth_token),
            ("signature", signature),
        ]);
        let mut ending = Self::post(window, fields);
        ending.tid = Some(payment.tid.to_string());
        ending
    }

    /// The buyer pressed cancel, or authentication failed.
    pub fn failed(window: &Window, merchant: &Merchant, code: &str) -> Self {
        let message = codes::message(code);
        if merchant.client_approval {
            return Self::post(window, client_fields(window, merchant, "", "", code, message));
        }
        let fields = own(&[
            ("authResultCode", code),
            ("authResultMsg", message),
            ("tid", ""),
            ("clientId", &merchant.client_id),
            ("orderId", &window.order.order_id),
            ("amount", &window.order.amount.to_string()),
            (
                "mallReserved",
                window.order.mall_reserved.as_deref().unwrap_or_default(),
            ),
            ("authToken", ""),
            ("signature", ""),
        ]);
        Self::post(window, fields)
    }

    /// The client-approval model: authenticated, but refused.
    pub fn client_failed(window: &Window, merchant: &Merchant, payment: &Payment, code: &str, text: &str) -> Self {
        let fields = client_fields(window, merchant, &payment.tid, &payment.auth_token, code, text);
        Self::post(window, fields)
    }

    /// The buyer closed the layer: the script tells the page. On a phone there is no layer and nobody to tell.
    pub fn closed(mobile: bool) -> Self {
        Self {
            url: None,
            fields: Vec::new(),
            error: (!mobile).then_some("결제창이 종료되었습니다. 사용자가 결제를 취소하였습니다."),
            tid: None,
            notices: Vec::new(),
        }
    }

    /// Overwrites fields of the return; `null` removes one, a new name is added.
    pub fn tamper(&mut self, changes: &Map<String, Value>) {
        for (name, value) in changes {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let at = self.fields.iter().position(|(known, _)| known == name);
            match (at, value) {
                (Some(at), Value::Null) => drop(self.fields.remove(at)),
                (None, Value::Null) => {}
                (Some(at), _) => self.fields[at].1 = text,
                (None, _) => self.fields.push((name.clone(), text)),
            }
        }
    }

    /// The form's body.
    pub fn body(&self) -> String {
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.fields)
            .finish()
    }

    /// For `POST /_sim/nice/authenticate`: the request that the browser would now send. Where nothing is sent, `method`
    /// is `REJECT` and the body is the object that `fnError` gets, or `NONE` if not even that happens.
    pub fn controlled(self) -> Controlled {
        let reply = match (&self.url, self.error) {
            (Some(url), _) => json!({"method": "POST", "url": url, "tid": self.tid,
                "contentType": "application/x-www-form-urlencoded", "body": self.body()}),
            (None, Some(text)) => {
                json!({"method": "REJECT", "url": null, "tid": null, "contentType": "application/json",
                "body": json!({"errorMsg": text}).to_string()})
            }
            (None, None) => json!({"method": "NONE", "url": null, "tid": null, "contentType": null, "body": null}),
        };
        Controlled {
            reply,
            notices: self.notices,
        }
    }

    /// For the script in the shop's page.
    pub fn message(&self) -> Value {
        match (&self.url, self.error) {
            (Some(url), _) => json!({"url": url, "fields": self.fields}),
            (None, text) => json!({"error": text}),
        }
    }
}

fn client_fields(
    window: &Window,
    merchant: &Merchant,
    tid: &str,
    token: &str,
    code: &str,
    message: &str,
) -> Vec<(String, String)> {
    own(&[
        ("success", "false"),
        ("authToken", token),
        ("tid", tid),
        ("orderId", &window.order.order_id),
        ("clientId", &merchant.client_id),
        (
            "mallReserved",
            window.order.mall_reserved.as_deref().unwrap_or_default(),
        ),
        ("resultCode", code),
        ("resultMsg", message),
        ("amount", &window.order.amount.to_string()),
        ("goodsName", &window.order.goods_name),
        ("status", "failed"),
        ("signature", ""),
    ])
}
