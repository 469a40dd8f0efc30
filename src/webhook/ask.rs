//! The confirm process' question to a merchant (PortOne webhooks, "confirm process"): one signed POST before an approval,
//! ten seconds, anything but success is a refusal.

use super::Webhooks;
use super::route;
use super::sign;
use crate::channels::WebhookVersion;
use crate::engine::{Asks, CONFIRM_V1, Consent, now};
use crate::payment::{Transaction, imp_uid};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use std::time::Duration;

/// How long a merchant may think.
const WITHIN: Duration = Duration::from_secs(10);

impl Asks for Webhooks {
    fn ask<'a>(&'a self, url: &'a str, transaction: &'a Transaction) -> BoxFuture<'a, Consent> {
        Box::pin(async move {
            let settings = route::like_first(&self.live.load(), &transaction.store_id, transaction.channel.live);
            let v1 = transaction.extras.get(CONFIRM_V1).and_then(Value::as_bool) == Some(true);
            let version = if v1 { WebhookVersion::V1 } else { settings.version };
            let body = Bytes::from(question(version, transaction).to_string());
            let id = format!("confirm_{}", transaction.id);
            let stamp = (id.as_str(), now().div_euclid(1000));
            let answered = match sign::post(url, "application/json", &settings.secrets, stamp, body) {
                Ok(request) => self.client(&settings).send(request, WITHIN).await,
                Err(why) => Err(why),
            };
            match answered {
                Ok(answered) if answered.status.is_success() => Consent::Given,
                Ok(answered) => {
                    let status = answered.status.as_u16();
                    tracing::info!(
                        transaction = transaction.id,
                        payment = transaction.payment_id,
                        status,
                        "the merchant refused an approval"
                    );
                    Consent::Refused(reason(&answered.body))
                }
                Err(error) => {
                    tracing::warn!(
                        transaction = transaction.id,
                        payment = transaction.payment_id,
                        error,
                        "the merchant's confirmUrl gave no answer, which counts as a refusal"
                    );
                    Consent::Refused(None)
                }
            }
        })
    }
}

fn question(version: WebhookVersion, transaction: &Transaction) -> Value {
    let (payment, id, total) = (&transaction.payment_id, &transaction.id, transaction.amounts.total);
    match version {
        WebhookVersion::V20240425 => json!({
            "type": "Transaction.Confirm",
            "timestamp": super::payload::stamp(now()),
            "data": {
                "paymentId": payment, "transactionId": id, "storeId": transaction.store_id, "totalAmount": total,
            },
        }),
        WebhookVersion::V20240101 => json!({ "payment_id": payment, "tx_id": id, "total_amount": total }),
        WebhookVersion::V1 => json!({ "imp_uid": imp_uid(id, false), "merchant_uid": payment, "amount": total }),
    }
}

/// The merchant's words: `errorMessage` (V2) or `reason` (V1).
fn reason(body: &[u8]) -> Option<String> {
    let said: Value = serde_json::from_slice(body).ok()?;
    let word = |name: &str| said.get(name).and_then(Value::as_str).map(str::to_owned);
    word("errorMessage").or_else(|| word("reason"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{question, reason};
    use crate::channels::WebhookVersion;
    use crate::payment::transaction_sample;

    #[test]
    fn each_version_asks_in_its_own_words() {
        let mut t = transaction_sample(11_000);
        t.id = "01890a5d-ac96-774b-bcce-b302099a8057".to_owned();
        let v2 = question(WebhookVersion::V20240425, &t);
        assert_eq!(v2["type"], "Transaction.Confirm");
        assert_eq!(v2["data"]["totalAmount"], t.amounts.total);
        assert!(v2["timestamp"].is_string());
        let old = question(WebhookVersion::V20240101, &t);
        assert_eq!(old["tx_id"], t.id.as_str());
        let v1 = question(WebhookVersion::V1, &t);
        assert!(v1["imp_uid"].as_str().unwrap().starts_with("imp_"), "{v1}");
        assert_eq!(v1["amount"], t.amounts.total);
    }

    #[test]
    fn a_reason_is_read_from_either_version_and_nothing_else() {
        assert_eq!(reason(br#"{"errorMessage":"sold out"}"#).as_deref(), Some("sold out"));
        assert_eq!(reason("{\"reason\":\"품절\"}".as_bytes()).as_deref(), Some("품절"));
        for body in [&b""[..], b"no", b"[1]", br#"{"reason":1}"#, b"\xff\xfe"] {
            assert_eq!(reason(body), None);
        }
    }
}
