//! Billing keys ("자동결제"): register by window or by card number, charge, delete.

use super::args::Args;
use super::cards;
use super::errors::error;
use super::payment::{Card, Currency, Means, Method, Payment};
use super::{Ctx, Done, Reply, Toss};
use crate::simulators::clock::iso_kst;
use crate::simulators::ids;
use crate::simulators::ledger::{Row, RowKind, lock};
use crate::simulators::pg::{Control, Controlled};
use crate::simulators::words::{ControlError, parse};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// How long an `authKey` is good for, ms. Toss publishes no figure.
const AUTH_KEY_MS: i64 = 10 * 60_000;
/// A `customerKey` longer than this breaks Toss's database instead of its validation.
const CUSTOMER_KEY_MAX: usize = 300;

/// What the window hands over for a billing key.
#[derive(Debug, Clone)]
pub(super) struct AuthKey {
    pub mid: Arc<str>,
    pub customer_key: String,
    pub means: BillingMeans,
    pub at: i64,
    pub used: bool,
}

/// What a billing key charges.
#[derive(Debug, Clone)]
pub(super) enum BillingMeans {
    Card(Card),
    /// Bank code and masked account.
    Account(&'static str, String),
}

/// A billing key.
#[derive(Debug, Clone)]
pub(super) struct BillingKey {
    pub key: Arc<str>,
    pub mid: Arc<str>,
    pub customer_key: String,
    pub means: BillingMeans,
    pub chargeable: bool,
    pub at: i64,
    pub removed: bool,
}

impl BillingKey {
    fn json(&self) -> Value {
        let mut value = json!({"mId": *self.mid, "customerKey": self.customer_key, "authenticatedAt": iso_kst(self.at),
            "billingKey": *self.key, "card": null, "transfers": null, "easyPay": null});
        match &self.means {
            BillingMeans::Card(card) => {
                value["method"] = json!("카드");
                value["card"] = json!({"issuerCode": card.issuer, "acquirerCode": card.acquirer, "number": card.number,
                    "cardType": card.card_type, "ownerType": card.owner});
                // Part of the object before API version 2024-06-01.
                value["cardCompany"] = json!(super::codes::card_name(card.issuer));
                value["cardNumber"] = json!(card.number);
            }
            BillingMeans::Account(bank, account) => {
                value["method"] = json!("계좌이체");
                value["transfers"] = json!([{"bankName": super::codes::bank_name(bank), "bankAccountNumber": account}]);
            }
        }
        value
    }

    /// Its ledger row.
    pub fn row(&self) -> Row {
        Row {
            provider: "toss",
            mid: self.mid.to_string(),
            tid: self.key.to_string(),
            order_id: self.customer_key.clone(),
            kind: RowKind::Billing,
            amount: 0,
            balance: 0,
            state: if self.removed { "REMOVED" } else { "ISSUED" }.to_owned(),
            at: iso_kst(self.at),
            at_ms: self.at,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Removal {
    billing_key: String,
    reason: Option<String>,
}

impl Toss {
    /// `POST /v1/billing/authorizations/issue`
    pub(super) fn issue_billing(&self, ctx: &Ctx<'_>, body: &[u8]) -> Reply {
        self.billing_contract(ctx)?;
        let args = Args::parse(body)?;
        let customer = args.need_text("customerKey", usize::MAX)?;
        let record = self
            .auth_keys
            .get(args.need_text("authKey", 300)?)
            .ok_or_else(|| error("INVALID_BILLING_AUTH"))?;
        let mut auth = lock(&record);
        if auth.mid != ctx.caller.merchant.mid || auth.used || ctx.now - auth.at > AUTH_KEY_MS {
            return Err(error("INVALID_BILLING_AUTH").into());
        }
        if auth.customer_key != customer {
            return Err(error("NOT_MATCHES_CUSTOMER_KEY").into());
        }
        if let Some(forced) = &ctx.forced {
            return Err(forced.clone().into());
        }
        auth.used = true;
        let means = auth.means.clone();
        drop(auth);
        Ok(self.add_billing(ctx, customer, means, true))
    }

    /// `POST /v1/billing/authorizations/card`
    pub(super) fn register_card(&self, ctx: &Ctx<'_>, body: &[u8]) -> Reply {
        self.billing_contract(ctx)?;
        let args = Args::parse(body)?;
        let customer = args.need_text("customerKey", usize::MAX)?;
        if customer.chars().count() > CUSTOMER_KEY_MAX {
            return Err(error("FAILED_DB_PROCESSING").into());
        }
        let typed = cards::typed(&args, ctx.caller.merchant.test(), ctx.now)?;
        if let Some(forced) = &ctx.forced {
            return Err(forced.clone().into());
        }
        Ok(self.add_billing(ctx, customer, BillingMeans::Card(typed.card), typed.chargeable))
    }

    fn billing_contract(&self, ctx: &Ctx<'_>) -> Result<(), super::Failed> {
        if ctx.caller.merchant.billing {
            Ok(())
        } else {
            Err(error("NOT_SUPPORTED_METHOD").into())
        }
    }

    fn add_billing(&self, ctx: &Ctx<'_>, customer: &str, means: BillingMeans, chargeable: bool) -> Done {
        let mut record = BillingKey {
            key: Arc::from(""),
            mid: Arc::clone(&ctx.caller.merchant.mid),
            customer_key: customer.to_owned(),
            means,
            chargeable,
            at: ctx.now,
            removed: false,
        };
        loop {
            // 32 random bytes: base64 with a padding sign, as real keys have.
            let bytes: Vec<u8> = (0..4).flat_map(|_| ids::next().to_be_bytes()).collect();
            record.key = Arc::from(STANDARD.encode(bytes));
            let body = record.json().to_string().into_bytes();
            let key = Arc::clone(&record.key);
            match self.billing.insert(&key, record) {
                Ok(_) => {
                    return Done {
                        body,
                        notices: Vec::new(),
                    };
                }
                Err(back) => record = back,
            }
        }
    }

    /// `POST /v1/billing/{billingKey}`
    pub(super) fn charge_billing(&self, ctx: &Ctx<'_>, key: &str, body: &[u8]) -> Reply {
        self.billing_contract(ctx)?;
        let args = Args::parse(body)?;
        let record = self.billing.get(key).ok_or_else(|| error("NOT_FOUND_BILLING"))?;
        let billing = lock(&record).clone();
        if billing.mid != ctx.caller.merchant.mid {
            return Err(error("NOT_FOUND_BILLING").into());
        }
        if billing.removed {
            return Err(error("ALREADY_REMOVED_BILLING_KEY").into());
        }
        let customer = args.need_text("customerKey", usize::MAX)?;
        if customer != billing.customer_key {
            return Err(error("NOT_MATCHES_CUSTOMER_KEY").into());
        }
        let amount = args.need_amount("amount", Currency::Krw)?;
        let (order_id, order_name) = (args.order_id()?, args.order_name()?);
        let (means, method) = match billing.means {
            BillingMeans::Card(mut card) => {
                card.months = cards::months(args.count("cardInstallmentPlan")?, amount)?;
                card.approve_no = cards::approve_no(ctx.caller.merchant.test());
                (Means::Card(card), Method::Card)
            }
            BillingMeans::Account(bank, _) => (Means::Transfer(bank), Method::Transfer),
        };
        let mut payment = Payment::new(&billing.mid, order_id, order_name, method, amount, ctx.now);
        payment.billing = true;
        payment.means = means;
        payment.customer_key = Some(customer.to_owned());
        payment.tax_free = args.part("taxFreeAmount", Currency::Krw, amount)?;
        payment.tax_exempt = args.part("taxExemptionAmount", Currency::Krw, amount - payment.tax_free)?;
        payment.had_exemption = payment.tax_exempt > 0;
        let refusal = if billing.chargeable {
            None
        } else {
            Some(error("NOT_SUPPORTED_CARD_TYPE"))
        };
        self.charge(ctx, payment, refusal)
    }

    /// `DELETE /v1/billing/{billingKey}`: 200 without a body.
    pub(super) fn delete_billing(&self, ctx: &Ctx<'_>, key: &str) -> Reply {
        let record = self.billing.get(key).ok_or_else(|| error("NOT_FOUND_BILLING"))?;
        let mut billing = lock(&record);
        if billing.mid != ctx.caller.merchant.mid {
            return Err(error("NOT_FOUND_BILLING").into());
        }
        if billing.removed {
            return Err(error("ALREADY_REMOVED_BILLING_KEY").into());
        }
        if let Some(forced) = &ctx.forced {
            return Err(forced.clone().into());
        }
        billing.removed = true;
        Ok(Done {
            body: Vec::new(),
            notices: Vec::new(),
        })
    }

    /// `POST /_sim/toss/billing-removed`: the buyer or the provider removes a key.
    pub(super) fn buyer_removes(&self, body: &[u8]) -> Control {
        let ask: Removal = parse(body)?;
        let record = self
            .billing
            .get(&ask.billing_key)
            .ok_or_else(|| ControlError::missing("billingKey", "no such billing key was issued"))?;
        let mut billing = lock(&record);
        billing.removed = true;
        let merchant = self.merchants.get(&billing.mid);
        let notice = merchant.and_then(|m| self.billing_deleted(&m, &billing.key, ask.reason.as_deref()));
        Ok(Controlled {
            reply: json!({"removed": true}),
            notices: notice.into_iter().collect(),
        })
    }
}
