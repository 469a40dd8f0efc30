//! Inquiry: one word in v1, the whole transaction in v2.

use super::Inicis;
use super::api::{Call, Reply, members};
use super::codes::{about, refusal};
use super::order_key;
use super::payment::{Means, Method, Payment, Status};
use crate::simulators::clock::compact;
use crate::simulators::ledger::lock;
use serde_json::{Map, Value, json};

impl Inicis {
    pub(super) fn inquire(&self, call: &Call<'_>) -> Reply {
        if !call.v2 && call.form.text("paymethod") != "Inquiry" {
            return Err(about("ER0102", "paymethod"));
        }
        let tid = call.form.get(if call.v2 { "tid" } else { "originalTid" });
        let record = match (tid, call.form.get("oid")) {
            (Some(tid), _) => self.find(call.merchant, tid),
            (None, None) => Err(about("ER0102", "tid")),
            // Order numbers can be asked for only where they are unique.
            (None, Some(_)) if !call.merchant.unique_oid => Err(refusal("500827")),
            (None, Some(oid)) => {
                let key = order_key(&call.merchant.mid, oid);
                let tid = self.orders.get(&key).map(|found| found.value().to_string());
                tid.ok_or_else(|| refusal("500827"))
                    .and_then(|tid| self.find(call.merchant, &tid))
            }
        }?;
        call.unforced()?;
        let payment = lock(&record);
        if call.form.get("oid").is_some_and(|oid| oid != payment.order.oid) {
            return Err(refusal("500828"));
        }
        let map = if call.v2 {
            whole(&payment, call)
        } else {
            members(json!({"resultCode": "00", "resultMsg": "정상완료", "tid": *payment.tid,
                "price": payment.order.amount.to_string(), "status": word(&payment)}))
        };
        Ok((map, Vec::new()))
    }
}

fn word(payment: &Payment) -> &'static str {
    match (payment.method == Method::Vbank, payment.status, payment.paid_at) {
        (true, Status::Issued, _) => "N",
        (true, Status::Cancelled, None) => "C",
        (true, Status::Cancelled, _) | (false, Status::Cancelled, _) => "1",
        (true, ..) => "Y",
        (false, ..) => "0",
    }
}

fn whole(p: &Payment, call: &Call<'_>) -> Map<String, Value> {
    let at = compact(p.approved_at);
    let (date, time) = at.split_at(8);
    let state = match p.status {
        Status::Cancelled => "CANCEL",
        Status::PartCancelled => "PART_CANCEL",
        _ => "APPROVAL",
    };
    let partial = call.merchant.partial && matches!(&p.means, Means::Card(card) if card.part);
    let last = p
        .cancels
        .last()
        .filter(|_| p.status == Status::Cancelled)
        .map(|c| compact(c.at));
    let last = last.unwrap_or_default();
    let parts: Vec<Value> = p
        .cancels
        .iter()
        .filter(|c| *c.tid != *p.tid)
        .map(|c| {
            let at = compact(c.at);
            let (date, time) = at.split_at(8);
            json!({"tid": c.tid, "requestDate": date, "requestTime": time, "requestPrice": c.amount.to_string()})
        })
        .collect();
    // Without partial cancels the member is an object, or a list.
    let parts = if parts.is_empty() && !call.merchant.shaped("part-list-array") {
        json!({})
    } else {
        Value::Array(parts)
    };
    let mut map = members(
        json!({"resultCode": "SUCCESS", "resultMsg": "정상", "tid": *p.tid, "mid": *p.mid,
        "oid": p.order.oid, "price": p.order.amount.to_string(), "goodsName": p.order.goods,
        "paymethod": match &p.means { Means::Card(card) if card.isp => "VCard", _ => p.method.pc_word() },
        "approvedDate": date, "approvedTime": time, "buyerName": p.order.buyer_name, "buyerTel": p.order.buyer_tel,
        "buyerMail": p.order.buyer_email, "transactionStatus": state, "availablePartCancel": partial,
        "availablePartCancelPrice": p.balance.to_string(), "cancelDate": last.get(..8).unwrap_or_default(),
        "cancelTime": last.get(8..).unwrap_or_default(), "partCancelTransInfo": parts}),
    );
    map.extend(members(means(p)));
    map
}

fn means(p: &Payment) -> Value {
    match &p.means {
        Means::Card(card) => json!({"cardInfo": {"currencyCode": "WON", "approvedNumber": p.auth_no,
            "cardNumber": card.number, "cardCode": card.code, "cardName": card.name, "cardQuota": card.quota}}),
        Means::Vbank { bank, number, due } => {
            let (due, paid) = (compact(*due), p.paid_at.map(compact).unwrap_or_default());
            let deposited = p.paid_at.is_some();
            json!({"vacctInfo": {"accountNumber": number, "bankName": bank.1, "bankCode": bank.0,
                "accountName": "（주）케이지이니시스", "senderName": p.order.buyer_name, "validDate": due,
                "depositStatus": if deposited { "Y" } else { "N" }, "depositBankName": if deposited { bank.1 } else { "" },
                "depositBankCode": if deposited { bank.0 } else { "" },
                "depositAmount": if deposited { p.order.amount.to_string() } else { String::new() },
                "depositName": p.depositor, "depositDate": paid.get(..8).unwrap_or_default(),
                "depositTime": paid.get(8..).unwrap_or_default()}})
        }
        _ => json!({}),
    }
}
