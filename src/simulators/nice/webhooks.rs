//! Webhooks ("웹훅"): the payment object, signed, one address per method; and the calls that register them.

use super::answer::{Done, Refusal, Reply, refusal};
use super::merchants::{Hook, Merchant, WEBHOOK_METHODS};
use super::payment::{Payment, iso};
use super::sign::{Cover, sign};
use super::view::{Style, object};
use super::{Ctx, Nice};
use crate::simulators::clock::compact;
use crate::simulators::ids;
use crate::simulators::notices::{Notice, check_url, no_attempt_headers};
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

/// Exactly `OK`, as the check at registration words it.
fn acknowledged(status: u16, body: &[u8]) -> bool {
    status == 200 && body == b"OK"
}

impl Nice {
    /// What follows from a payment having entered its present status; `cancelled` is the tid of a cancel.
    pub(super) fn changed(&self, payment: &Payment, merchant: &Merchant, cancelled: Option<&str>) -> Vec<Notice> {
        let Some(hook) = merchant.hooks.get(payment.method.hook()) else {
            return Vec::new();
        };
        let base = self.base();
        let style = Style {
            merchant,
            shapes: self.shapes_of(merchant),
            now: self.world.clock.now(),
            base: &base,
        };
        let body = object(payment, cancelled, &style);
        vec![notice(
            merchant,
            &hook.url,
            &payment.tid,
            &payment.order.order_id,
            &body,
        )]
    }

    /// `POST /v1/webhook`
    pub(super) fn add_hook(&self, ctx: &Ctx<'_>) -> Reply {
        let method = ctx.args.need("method", 20)?.to_owned();
        if ctx.merchant.hooks.contains_key(&method) {
            return Err(refusal("U333"));
        }
        self.set_hook(ctx, &method)
    }

    /// `POST /v1/webhook/{method}/update`
    pub(super) fn update_hook(&self, ctx: &Ctx<'_>, method: &str) -> Reply {
        if !ctx.merchant.hooks.contains_key(method) {
            return Err(refusal("U100").about("method"));
        }
        self.set_hook(ctx, method)
    }

    /// `POST /v1/webhook/{method}/delete`
    pub(super) fn delete_hook(&self, ctx: &Ctx<'_>, method: &str) -> Reply {
        ctx.unforced()?;
        let mut merchant = ctx.merchant.clone();
        if merchant.hooks.remove(method).is_none() {
            return Err(refusal("U100").about("method"));
        }
        Ok(listed(&self.merchants.put(merchant)).into())
    }

    fn set_hook(&self, ctx: &Ctx<'_>, method: &str) -> Reply {
        if !WEBHOOK_METHODS.contains(&method) {
            return Err(refusal("U110"));
        }
        let url = ctx.args.need("url", 200)?;
        let email = ctx.args.need("managerEmail", 255)?;
        check_url(url).map_err(|_| refusal("U334"))?;
        ctx.unforced()?;
        let mut merchant = ctx.merchant.clone();
        let hook = Hook {
            url: url.to_owned(),
            manager_email: email.to_owned(),
        };
        merchant.hooks.insert(method.to_owned(), hook);
        let merchant = self.merchants.put(merchant);
        Ok(Done {
            body: listed(&merchant),
            notices: vec![dummy(&merchant, url, ctx.now)],
        })
    }
}

/// One webhook.
pub(super) fn notice(merchant: &Merchant, url: &str, tid: &str, order_id: &str, body: &Value) -> Notice {
    let status = body.get("status").and_then(Value::as_str).unwrap_or_default();
    let event = ["ready", "paid", "cancelled", "partialCancelled", "failed", "expired"]
        .into_iter()
        .find(|word| *word == status)
        .unwrap_or("webhook");
    Notice {
        provider: "nice",
        mid: merchant.mid.to_string(),
        tid: tid.to_owned(),
        order_id: order_id.to_owned(),
        event,
        id: ids::alnum(20),
        method: Method::POST,
        url: url.to_owned(),
        content_type: Some("application/json;charset=utf-8"),
        headers: Vec::new(),
        attempt_headers: no_attempt_headers,
        body: body.to_string().into(),
        // NICE repeats nothing by itself; its admin page can send again.
        retry_minutes: &[],
        acknowledged,
    }
}

/// The test event that a registration sends: about a payment that does not exist.
pub(super) fn dummy(merchant: &Merchant, url: &str, now: i64) -> Notice {
    let tid = format!("UTWEBHOOKm0301{}", compact(now));
    let order_id = compact(now);
    let date = iso(now);
    let body = json!({"resultCode": "0000", "resultMsg": "가상계좌 발급 성공", "tid": tid, "cancelledTid": null,
        "orderId": order_id, "ediDate": date, "signature": sign(Cover::Payment(&tid, 10000, &date), &merchant.secret),
        "status": "ready", "paidAt": date, "failedAt": "0", "cancelledAt": "0", "payMethod": "vbank", "amount": 10000,
        "balanceAmt": 0, "goodsName": "테스트", "mallReserved": "테스트 데이터입니다.", "useEscrow": false,
        "currency": "KRW", "channel": "PC", "approveNo": null, "buyerName": null, "buyerTel": null, "buyerEmail": null,
        "receiptUrl": null, "mallUserId": null, "issuedCashReceipt": false, "coupon": null, "card": null, "bank": null,
        "cellphone": null, "vbank": {"vbankCode": "04", "vbankName": "국민은행", "vbankNumber": "N123412341234",
            "vbankExpDate": "", "vbankHolder": ""}, "cancels": null, "cashReceipts": null, "messageSource": "nicepay"});
    notice(merchant, url, &tid, &order_id, &body)
}

/// A merchant's registered addresses.
pub(super) fn listed(merchant: &Merchant) -> Value {
    let urls: Vec<Value> = merchant
        .hooks
        .iter()
        .map(|(method, hook)| json!({"method": method, "url": hook.url, "managerEmail": hook.manager_email}))
        .collect();
    json!({"resultCode": "0000", "resultMsg": super::codes::message("0000"), "messageSource": "nicepay", "urls": urls})
}

/// The same body with a wrong signature; `None` if it has none.
pub(super) fn forged(body: &[u8]) -> Option<Bytes> {
    let mut value: Value = serde_json::from_slice(body).ok()?;
    let slot = value.get_mut("signature").filter(|s| s.is_string())?;
    *slot = Value::String(ids::upper_hex(64).to_lowercase());
    Some(value.to_string().into())
}

impl Refusal {
    /// As an error of the browser's script.
    pub(super) fn for_script(&self, field: &str) -> crate::simulators::words::ControlError {
        crate::simulators::words::ControlError::script(&self.code, field, self.message.clone())
    }
}
