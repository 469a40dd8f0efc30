//! The payment object: one shape for approvals, cancels, inquiries, charges and webhooks.

use super::answer::Refusal;
use super::merchants::Merchant;
use super::payment::{Means, Method, Payment, Status, iso};
use super::shapes::Shapes;
use super::sign::{Cover, sign};
use serde_json::{Map, Value, json};

/// How to write a payment object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style<'a> {
    pub merchant: &'a Merchant,
    pub shapes: Shapes,
    pub now: i64,
    /// Own origin with the provider's segment.
    pub base: &'a str,
}

fn time(ms: Option<i64>) -> String {
    // Times of events have no fraction of their own.
    ms.map_or_else(|| "0".to_owned(), |ms| iso(ms - ms.rem_euclid(1000)))
}

impl Style<'_> {
    fn receipt_url(&self, tid: &str) -> String {
        format!("{}/issue/IssueLoader.do?type=0&innerWin=Y&TID={tid}", self.base)
    }
}

/// The object of a payment; `cancelled` is the tid of the cancel that is being answered.
pub(super) fn object(payment: &Payment, cancelled: Option<&str>, style: &Style<'_>) -> Value {
    let order = &payment.order;
    let date = iso(style.now);
    let signature = sign(
        Cover::Payment(&payment.tid, order.amount, &date),
        &style.merchant.secret,
    );
    let mut map = match json!({"resultCode": "0000", "resultMsg": super::codes::message("0000"), "tid": *payment.tid,
        "cancelledTid": cancelled, "orderId": order.order_id, "ediDate": date, "signature": signature,
        "status": payment.status.word(), "paidAt": time(payment.paid_at), "failedAt": time(payment.failed_at),
        "cancelledAt": time(payment.cancels.last().map(|c| c.at)), "payMethod": payment.method.word(),
        "amount": order.amount, "balanceAmt": payment.balance, "goodsName": order.goods_name,
        "mallReserved": order.mall_reserved, "useEscrow": order.escrow, "currency": "KRW", "channel": payment.channel,
        "approveNo": payment.approve_no, "buyerName": order.buyer_name, "buyerTel": order.buyer_tel,
        "buyerEmail": order.buyer_email, "receiptUrl": style.receipt_url(&payment.tid),
        "mallUserId": order.mall_user_id, "issuedCashReceipt": issued(payment), "coupon": null, "card": null,
        "bank": null, "cellphone": null, "vbank": null, "cancels": cancels(payment, style),
        "cashReceipts": receipts(payment, style), "messageSource": "nicepay"})
    {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    let (name, value) = means(payment);
    map.insert(name.to_owned(), value);
    if payment.bid.is_some() {
        map.insert("bid".into(), json!(payment.bid));
        map.insert("coupon".into(), json!({"couponAmt": 0}));
    }
    style.shapes.apply(&mut map);
    Value::Object(map)
}

fn means(payment: &Payment) -> (&'static str, Value) {
    match &payment.means {
        Means::Card(card) => (
            "card",
            json!({"cardCode": card.code, "cardName": card.name, "cardNum": card.number, "cardQuota": card.quota,
                "isInterestFree": card.interest_free, "cardType": if card.check { "check" } else { "credit" },
                "canPartCancel": card.can_part_cancel, "acquCardCode": card.code, "acquCardName": card.name}),
        ),
        Means::Bank(code, name) => ("bank", json!({"bankCode": code, "bankName": name})),
        Means::Vbank(account) => (
            "vbank",
            json!({"vbankCode": account.bank.0, "vbankName": account.bank.1, "vbankNumber": account.number,
                "vbankExpDate": iso(account.due - account.due.rem_euclid(1000)), "vbankHolder": account.holder}),
        ),
        Means::Cellphone => ("cellphone", json!({})),
    }
}

fn issued(payment: &Payment) -> bool {
    payment.receipt.is_some() && payment.paid_at.is_some() && matches!(payment.method, Method::Bank | Method::Vbank)
}

fn receipts(payment: &Payment, style: &Style<'_>) -> Value {
    match &payment.receipt {
        Some((kind, number)) if issued(payment) => {
            let tid = format!("{}04{}", payment.mid, payment.tid.get(12..).unwrap_or_default());
            json!([{"receiptTid": tid, "orgTid": *payment.tid, "status": "issueRequested",
                "amount": payment.order.amount, "taxFreeAmt": payment.order.tax_free, "receiptType": kind,
                "issueNo": number, "receiptUrl": style.receipt_url(&tid)}])
        }
        _ => Value::Null,
    }
}

fn cancels(payment: &Payment, style: &Style<'_>) -> Value {
    if payment.cancels.is_empty() {
        return Value::Null;
    }
    payment
        .cancels
        .iter()
        .map(|c| {
            json!({"tid": c.tid, "amount": c.amount, "cancelledAt": time(Some(c.at)), "reason": c.reason,
                "receiptUrl": style.receipt_url(&c.tid), "couponAmt": 0})
        })
        .collect()
}

/// A refusal that names the payment it is about.
pub(super) fn about(mut refusal: Refusal, payment: &Payment) -> Refusal {
    let members = [
        ("tid", json!(*payment.tid)),
        ("orderId", json!(payment.order.order_id)),
        ("amount", json!(payment.order.amount)),
        ("status", json!(Status::Failed.word())),
        ("payMethod", json!(payment.method.word())),
        ("failedAt", json!(time(payment.failed_at))),
        ("currency", json!("KRW")),
    ];
    refusal
        .known
        .extend(members.map(|(name, value)| (name.to_owned(), value)));
    refusal
}

/// The flat fields that a window of the client-approval model returns with.
pub(super) fn flat(payment: &Payment, style: &Style<'_>) -> Vec<(String, String)> {
    let plain = Style {
        shapes: Shapes::default(),
        ..*style
    };
    let object = object(payment, None, &plain);
    let mut fields = vec![
        ("success".to_owned(), "true".to_owned()),
        ("authToken".to_owned(), payment.auth_token.clone()),
        ("clientId".to_owned(), style.merchant.client_id.clone()),
    ];
    let text = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    const TOP: &[&str] = &[
        "tid",
        "orderId",
        "mallReserved",
        "resultCode",
        "resultMsg",
        "amount",
        "goodsName",
        "channel",
        "status",
        "ediDate",
        "signature",
        "paidAt",
        "failedAt",
        "payMethod",
        "useEscrow",
        "currency",
        "approveNo",
        "buyerName",
        "buyerTel",
        "buyerEmail",
        "issuedCashReceipt",
        "receiptUrl",
        "mallUserId",
    ];
    for name in TOP {
        fields.push(((*name).to_owned(), object.get(*name).map_or_else(String::new, text)));
    }
    for inner in ["card", "vbank", "bank"] {
        for (name, value) in object.get(inner).and_then(Value::as_object).into_iter().flatten() {
            fields.push((name.clone(), text(value)));
        }
    }
    fields
}
