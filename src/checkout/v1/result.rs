//! What `IMP.request_pay` hands to the merchant: the callback's object, and the query of `m_redirect_url`.
//!
//! The modules PortOne calls old answer with `success` and the payment's fields, its new ones with `imp_uid` and
//! `merchant_uid` alone. Here every answer has all of them, so that code written for either reads what it looks for.

use crate::checkout::result::{Members, failed};
use crate::payment::{
    BillingKey, CardDetail, Failure, KeyStatus, MethodDetail, MethodKind as Kind, Millis, Platform, Status,
    Transaction, imp_uid,
};
use serde_json::{Map, Value, json};

/// Member of a transaction's or key's extras: it was asked for by V1's script.
pub const V1: &str = "v1Checkout";
/// Member of a result: V1's, as JSON text.
pub const MEMBER: &str = "v1";
/// Member of a key's extras: V1's `merchant_uid` of the issue.
pub const MERCHANT_UID: &str = "v1MerchantUid";

/// Whether V1's script asked.
pub fn is_v1(extras: &Map<String, Value>) -> bool {
    extras.get(V1) == Some(&Value::Bool(true))
}

fn seconds(at: Option<Millis>) -> i64 {
    at.map_or(0, |ms| ms.div_euclid(1_000))
}

/// `error_code` and `error_msg`: the PG's, where it spoke, else this router's.
fn error(failure: Option<&Failure>) -> (String, String) {
    let mut members: Members = Vec::new();
    match failure {
        Some(failure) => failed(failure, &mut members),
        None => members.push(("code", "UnknownError".to_owned())),
    }
    let of = |name: &str| {
        let found = members.iter().find(|(member, _)| *member == name);
        found.map(|(_, text)| text.clone()).filter(|text| !text.is_empty())
    };
    let code = of("pgCode").or_else(|| of("code")).unwrap_or_default();
    let text = of("pgMessage").or_else(|| of("message"));
    (code.clone(), text.unwrap_or(code))
}

/// The callback's object of a payment with a result.
pub fn of_payment(t: &Transaction) -> Value {
    let mut out = head(&uid(t), &t.payment_id, t.status != Status::Failed);
    if t.status == Status::Failed {
        let (code, text) = error(t.failure.as_ref());
        out["error_code"] = code.into();
        out["error_msg"] = text.into();
        return out;
    }
    let customer = |name: &str| t.customer.get(name).cloned().unwrap_or(Value::Null);
    let custom_data = t.custom_data.as_deref();
    let members = json!({
        "pay_method": pay_method(t),
        "name": t.order_name,
        "paid_amount": t.amounts.total,
        "currency": t.currency.code(),
        "status": if t.status.is_settled() { "paid" } else { "ready" },
        "pg_provider": t.channel.pg_provider.to_lowercase(),
        "emb_pg_provider": wallet(t),
        "pg_tid": t.pg_tx_id,
        "paid_at": if t.status.is_settled() { seconds(t.paid_at.or(Some(t.status_changed_at))) } else { 0 },
        "receipt_url": t.receipt_url,
        "buyer_name": customer("name"),
        "buyer_email": customer("email"),
        "buyer_tel": customer("phoneNumber"),
        "buyer_addr": t.customer.pointer("/address/oneLine"),
        "buyer_postcode": customer("zipcode"),
        // Given as an object, handed back as one.
        "custom_data": custom_data.map(|text| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))),
    });
    let all = [members, card_members(t), account_members(t)];
    if let Value::Object(out) = &mut out {
        out.extend(
            all.into_iter()
                .filter_map(|part| match part {
                    Value::Object(part) => Some(part),
                    _ => None,
                })
                .flatten(),
        );
    }
    out
}

fn head(imp_uid: &Value, merchant_uid: &str, success: bool) -> Value {
    json!({
        "success": success, "imp_success": success, "imp_uid": imp_uid, "merchant_uid": merchant_uid,
        "error_code": null, "error_msg": null,
    })
}

fn uid(t: &Transaction) -> Value {
    imp_uid(&t.id, t.origin.platform == Platform::Api).into()
}

fn pay_method(t: &Transaction) -> String {
    let kind = t.method.as_ref().map_or(t.method_kind, MethodDetail::kind);
    match kind {
        Kind::Card => "card".to_owned(),
        Kind::Transfer => "trans".to_owned(),
        Kind::VirtualAccount => "vbank".to_owned(),
        Kind::Mobile => "phone".to_owned(),
        Kind::GiftCertificate => "giftcertificate".to_owned(),
        Kind::EasyPay => wallet(t).unwrap_or_else(|| "easypay".to_owned()),
    }
}

fn wallet(t: &Transaction) -> Option<String> {
    match &t.method {
        Some(MethodDetail::EasyPay { provider, .. }) => provider.as_ref().map(|word| word.to_lowercase()),
        _ => None,
    }
}

fn card_members(t: &Transaction) -> Value {
    let card: &CardDetail = match &t.method {
        Some(MethodDetail::Card(card)) => card,
        Some(MethodDetail::EasyPay { card: Some(card), .. }) => card,
        _ => return Value::Null,
    };
    json!({
        "apply_num": card.approval_number, "card_name": card.name.as_ref().or(card.issuer.as_ref()),
        "card_number": card.number, "card_quota": card.installment_months,
    })
}

fn account_members(t: &Transaction) -> Value {
    let Some(MethodDetail::VirtualAccount {
        bank,
        account_number,
        remittee,
        expires_at,
        ..
    }) = &t.method
    else {
        return Value::Null;
    };
    json!({
        "vbank_num": account_number, "vbank_name": bank, "vbank_holder": remittee, "vbank_date": seconds(*expires_at),
    })
}

/// The callback's object of a billing key with a result. A key is no payment: it has no `imp_uid`.
pub fn of_key(key: &BillingKey) -> Value {
    let named = |name: &str| key.extras.get(name).and_then(Value::as_str);
    let failed = key.status() == KeyStatus::Failed;
    let mut out = head(&Value::Null, named(MERCHANT_UID).unwrap_or_default(), !failed);
    if failed {
        let (code, text) = error(key.parts.iter().find_map(|part| part.failure.as_ref()));
        out["error_code"] = code.into();
        out["error_msg"] = text.into();
    } else {
        out["customer_uid"] = named(crate::payment::CUSTOMER_UID).unwrap_or(&key.id).into();
    }
    out
}

/// The query that `m_redirect_url` gets, if V1's script asked for the result.
pub fn query_of(members: &Members) -> Option<Members> {
    let (_, result) = members.iter().find(|(name, _)| *name == MEMBER)?;
    serde_json::from_str(result).ok().as_ref().map(query)
}

fn query(result: &Value) -> Members {
    let text = |name: &str| result[name].as_str().map(str::to_owned);
    let mut out: Members = Vec::new();
    for name in ["imp_uid", "merchant_uid"] {
        out.extend(text(name).map(|value| (name, value)));
    }
    out.push(("imp_success", result["success"].to_string()));
    for name in ["error_code", "error_msg", "customer_uid"] {
        out.extend(text(name).map(|value| (name, value)));
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::checkout::sample;
    use crate::payment::{Failure, FailureKind};

    #[test]
    fn a_paid_payment_has_what_old_and_new_modules_tell() {
        let mut t = sample::transaction(Status::Paid, None);
        t.custom_data = Some("{\"cart\":7}".into());
        let result = of_payment(&t);
        assert_eq!(result["success"], true);
        assert_eq!(result["merchant_uid"], t.payment_id);
        assert_eq!(result["paid_amount"], t.amounts.total);
        assert_eq!(result["status"], "paid");
        assert_eq!(result["custom_data"]["cart"], 7);
        let query = query(&result);
        let names: Vec<&str> = query.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["imp_uid", "merchant_uid", "imp_success"]);
        assert_eq!(query[2].1, "true");
    }

    #[test]
    fn a_failure_keeps_the_pgs_words() {
        let mut t = sample::transaction(Status::Failed, None);
        t.failure = Some(Failure::new(FailureKind::InsufficientFunds, "P-51", "잔액 부족"));
        let result = of_payment(&t);
        assert_eq!(result["success"], false);
        assert_eq!(
            (&result["error_code"], &result["error_msg"]),
            (&"P-51".into(), &"잔액 부족".into())
        );
        let query = query(&result);
        assert!(query.contains(&("imp_success", "false".to_owned())));
        assert!(query.contains(&("error_code", "P-51".to_owned())));
        t.failure = Some(Failure::new(
            FailureKind::MerchantRefused,
            "NARU_CONFIRM_REFUSED",
            "재고 없음",
        ));
        assert_eq!(of_payment(&t)["error_code"], "ConfirmProcessFailed");
    }
}
