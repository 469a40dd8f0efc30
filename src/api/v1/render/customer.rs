//! Billing keys as V1 shows them.

use super::{CardView, seconds};
use crate::api::v1::error::words;
use crate::payment::{BillingKey, KeyPart, MethodDetail, PartStatus};
use serde::Serialize;
use serde_json::Value;

/// PortOne V1 `CustomerAnnotation`, or `SuperBillingKeyAnnotation` for the key of a channel group.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum CustomerView<'a> {
    /// Of one channel.
    One(Box<One<'a>>),
    /// Of a group.
    Super(Box<Super<'a>>),
}

/// Whom a key belongs to.
#[derive(Debug, Serialize)]
struct Customer<'a> {
    customer_id: Option<&'a str>,
    customer_name: Option<&'a str>,
    customer_tel: Option<&'a str>,
    customer_email: Option<&'a str>,
    customer_addr: Option<&'a str>,
    customer_postcode: Option<&'a str>,
}

impl<'a> From<&'a Value> for Customer<'a> {
    fn from(customer: &'a Value) -> Self {
        let text = |name: &str| customer.get(name).and_then(Value::as_str);
        Self {
            customer_id: text("id"),
            customer_name: text("name"),
            customer_tel: text("phoneNumber"),
            customer_email: text("email"),
            customer_addr: customer.pointer("/address/oneLine").and_then(Value::as_str),
            customer_postcode: text("zipcode"),
        }
    }
}

/// PortOne V1 `CustomerAnnotation`.
#[derive(Debug, Serialize)]
pub struct One<'a> {
    customer_uid: &'a str,
    pg_provider: String,
    pg_id: &'a str,
    sandbox: bool,
    #[serde(flatten)]
    card: CardView<'a>,
    #[serde(flatten)]
    customer: Customer<'a>,
    inserted: i64,
    updated: i64,
}

/// PortOne V1 `SuperBillingKeyAnnotation`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Super<'a> {
    #[serde(rename = "customer_uid")]
    customer_uid: &'a str,
    channel_group_id: &'a str,
    sandbox: bool,
    #[serde(flatten)]
    customer: Customer<'a>,
    succeeded_channels: Vec<Succeeded<'a>>,
    failed_channels: Vec<Failed<'a>>,
}

#[derive(Debug, Serialize)]
struct Succeeded<'a> {
    pg_provider: String,
    pg_id: &'a str,
    #[serde(flatten)]
    card: CardView<'a>,
    inserted: i64,
    updated: i64,
}

#[derive(Debug, Serialize)]
struct Failed<'a> {
    r#type: &'static str,
    message: String,
    pg_provider: String,
    pg_id: &'a str,
}

fn card(part: &KeyPart) -> CardView<'_> {
    match &part.method {
        Some(MethodDetail::Card(card)) => card.into(),
        Some(MethodDetail::EasyPay { card: Some(card), .. }) => card.into(),
        _ => CardView::default(),
    }
}

fn held(part: &KeyPart) -> bool {
    matches!(part.status, PartStatus::Issued | PartStatus::Deleting)
}

impl<'a> CustomerView<'a> {
    /// Of a key that is issued, under the name that the merchant uses for it.
    #[must_use]
    pub fn new(key: &'a BillingKey, customer_uid: &'a str) -> Self {
        let customer = Customer::from(&key.customer);
        let (inserted, updated) = (
            seconds(key.issued_at.or(Some(key.requested_at))),
            seconds(Some(key.updated_at)),
        );
        let provider = |part: &KeyPart| part.channel.pg_provider.to_lowercase();
        if let Some(group) = &key.group {
            return Self::Super(Box::new(Super {
                customer_uid,
                channel_group_id: &group.id,
                sandbox: group.is_for_test,
                customer,
                succeeded_channels: key
                    .parts
                    .iter()
                    .filter(|part| held(part))
                    .map(|part| Succeeded {
                        pg_provider: provider(part),
                        pg_id: &part.channel.mid,
                        card: card(part),
                        inserted,
                        updated,
                    })
                    .collect(),
                failed_channels: key
                    .parts
                    .iter()
                    .filter(|part| !held(part))
                    .map(|part| Failed {
                        r#type: "PG_PROVIDER",
                        message: part.failure.as_ref().map(words).unwrap_or_default(),
                        pg_provider: provider(part),
                        pg_id: &part.channel.mid,
                    })
                    .collect(),
            }));
        }
        // A key without a group has one part.
        let part = key.parts.first();
        Self::One(Box::new(One {
            customer_uid,
            pg_provider: part.map(provider).unwrap_or_default(),
            pg_id: part.map_or("", |part| &part.channel.mid),
            sandbox: part.is_some_and(|part| !part.channel.live),
            card: part.map(card).unwrap_or_default(),
            customer,
            inserted,
            updated,
        }))
    }
}
