//! What is answered: a refusal with its code, or JSON in the charset that was asked for.

use super::codes;
use crate::simulators::notices::Notice;
use crate::simulators::pg::Answer;
use encoding_rs::EUC_KR;
use http::StatusCode;
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub status: u16,
    pub code: Cow<'static, str>,
    pub message: Cow<'static, str>,
    /// Only code and message, as a wrong key gets; else a whole payment object, emptied.
    bare: bool,
    /// What is known of the payment nevertheless.
    pub known: Map<String, Value>,
}

/// A business refusal: HTTP 200.
pub(super) fn refusal(code: &'static str) -> Refusal {
    Refusal::with_status(code, 200)
}

impl Refusal {
    fn with_status(code: &'static str, status: u16) -> Self {
        Self {
            status,
            code: code.into(),
            message: codes::message(code).into(),
            bare: false,
            known: Map::new(),
        }
    }

    /// A code that the fault menu orders.
    pub fn ordered(code: &str, status: Option<u16>, message: Option<&str>) -> Self {
        Self {
            status: status.unwrap_or(200),
            code: code.to_owned().into(),
            message: message.map_or_else(|| codes::message(code).into(), |text| text.to_owned().into()),
            bare: false,
            known: Map::new(),
        }
    }

    /// The header was refused: two members, HTTP 401.
    pub fn unauthorized(code: &'static str) -> Self {
        Self {
            bare: true,
            ..Self::with_status(code, 401)
        }
    }

    /// There is no such thing: HTTP 404.
    pub fn missing(code: &'static str) -> Self {
        Self::with_status(code, 404)
    }

    /// A path or method that does not exist.
    pub fn no_page(status: u16) -> Self {
        Self {
            bare: true,
            ..Self::with_status("U320", status)
        }
    }

    /// Names the member that is wrong.
    pub fn about(mut self, field: &str) -> Self {
        self.message = format!("{} ({field})", self.message).into();
        self
    }

    /// The card company's own words.
    pub fn worded(mut self, text: &'static str) -> Self {
        self.message = text.into();
        self
    }

    pub fn json(&self) -> Value {
        if self.bare {
            return json!({"resultCode": self.code, "resultMsg": self.message});
        }
        let mut body = json!({"resultCode": self.code, "resultMsg": self.message, "tid": "", "cancelledTid": null,
            "orderId": "", "ediDate": null, "signature": null, "status": "", "paidAt": "0", "failedAt": "0",
            "cancelledAt": "0", "payMethod": "", "amount": 0, "balanceAmt": 0, "goodsName": "", "mallReserved": null,
            "useEscrow": null, "currency": "", "channel": null, "approveNo": null, "buyerName": null, "buyerTel": null,
            "buyerEmail": null, "receiptUrl": "", "mallUserId": null, "issuedCashReceipt": null, "coupon": null,
            "card": null, "bank": null, "cellphone": null, "vbank": null, "cancels": null, "cashReceipts": null,
            "messageSource": codes::source(&self.code)});
        if let Some(map) = body.as_object_mut() {
            map.extend(self.known.clone());
        }
        body
    }
}

/// What came of a call: the body of a 200, and what follows from it.
#[derive(Debug)]
pub(super) struct Done {
    pub body: Value,
    pub notices: Vec<Notice>,
}

impl From<Value> for Done {
    fn from(body: Value) -> Self {
        Self {
            body,
            notices: Vec::new(),
        }
    }
}

pub(super) type Reply = Result<Done, Refusal>;

/// JSON, as EUC-KR if the request asked for it.
pub(super) fn json_answer(status: u16, body: &Value, euc_kr: bool) -> Answer {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let text = body.to_string();
    if euc_kr {
        let (bytes, ..) = EUC_KR.encode(&text);
        Answer::new(status, "application/json;charset=euc-kr", bytes.into_owned())
    } else {
        Answer::new(status, "application/json;charset=utf-8", text)
    }
}
