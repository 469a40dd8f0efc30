//! Billing keys and schedules as PortOne V2 shows them.

use crate::api::v2::error::{ChannelFailureView, failure_view};
use crate::api::v2::render::{Card, Channel, ChannelGroup, Customer, PageInfo, Product, Time, products};
use crate::engine::key_failures;
use crate::payment::{BillingKey, KeyPart, KeyStatus, MethodDetail, MethodKind, PartStatus, Schedule, ScheduleStatus};
use serde::Serialize;
use serde_json::Value;

/// PortOne V2 `BillingKeyInfo`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyView<'a> {
    status: &'static str,
    billing_key: &'a str,
    merchant_id: &'a str,
    store_id: &'a str,
    methods: Vec<Method<'a>>,
    channels: Vec<Channel<'a>>,
    customer: Customer<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_data: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issue_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issue_name: Option<&'a str>,
    requested_at: Time,
    issued_at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel_group: Option<ChannelGroup<'a>>,
    pg_billing_key_issue_responses: Vec<IssueResponse<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_at: Option<Time>,
}

/// PortOne V2 `BillingKeyPaymentMethod`.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
enum Method<'a> {
    #[serde(rename = "BillingKeyPaymentMethodCard")]
    Card {
        #[serde(skip_serializing_if = "Option::is_none")]
        card: Option<Card<'a>>,
    },
    #[serde(rename = "BillingKeyPaymentMethodEasyPay")]
    EasyPay {
        #[serde(skip_serializing_if = "Option::is_none")]
        provider: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        method: Option<Funding<'a>>,
    },
    #[serde(rename = "BillingKeyPaymentMethodTransfer")]
    Transfer {
        #[serde(skip_serializing_if = "Option::is_none")]
        bank: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        account_number: Option<&'a str>,
    },
    #[serde(rename = "BillingKeyPaymentMethodMobile")]
    Mobile {
        #[serde(skip_serializing_if = "Option::is_none")]
        phone_number: Option<&'a str>,
    },
}

/// PortOne V2 `BillingKeyPaymentMethodEasyPayMethod`.
#[derive(Debug, Serialize)]
#[serde(tag = "type")]
enum Funding<'a> {
    #[serde(rename = "BillingKeyPaymentMethodCard")]
    Card { card: Card<'a> },
    #[serde(rename = "BillingKeyPaymentMethodEasyPayCharge")]
    Charge {},
}

/// PortOne V2 `PgBillingKeyIssueResponse`.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
enum IssueResponse<'a> {
    #[serde(rename = "ISSUED")]
    Issued {
        channel: Channel<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pg_tx_id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        method: Option<Method<'a>>,
    },
    #[serde(rename = "FAILED")]
    Failed { channel: Channel<'a>, failure: Failure<'a> },
}

/// PortOne V2 `BillingKeyFailure`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure<'a> {
    message: &'a str,
    pg_code: &'a str,
    pg_message: &'a str,
    failed_at: Time,
}

fn held(part: &KeyPart) -> bool {
    matches!(
        part.status,
        PartStatus::Issued | PartStatus::Deleting | PartStatus::Deleted
    )
}

/// `None` for a key that merchants are not shown: nothing was issued (yet).
#[must_use]
pub fn key<'a>(key: &'a BillingKey, merchant_id: &'a str) -> Option<KeyView<'a>> {
    let status = match key.status() {
        KeyStatus::Issued => "ISSUED",
        KeyStatus::Deleted => "DELETED",
        KeyStatus::Ready | KeyStatus::Issuing | KeyStatus::Failed => return None,
    };
    let standing = key.parts.iter().filter(|p| match key.status() {
        KeyStatus::Deleted => p.status == PartStatus::Deleted,
        _ => matches!(p.status, PartStatus::Issued | PartStatus::Deleting),
    });
    Some(KeyView {
        status,
        billing_key: &key.id,
        merchant_id,
        store_id: &key.store_id,
        methods: standing
            .clone()
            .filter_map(|p| part_method(p, key.method_kind))
            .collect(),
        channels: standing.map(|p| Channel::from(&p.channel)).collect(),
        customer: Customer::from(&key.customer),
        custom_data: key.custom_data.as_deref(),
        issue_id: key.issue_id.as_deref(),
        issue_name: key.issue_name.as_deref(),
        requested_at: Time(key.requested_at),
        issued_at: Time(key.issued_at.unwrap_or(key.status_changed_at)),
        channel_group: key.group.as_ref().map(ChannelGroup::from),
        pg_billing_key_issue_responses: key.parts.iter().filter_map(|p| response(p, key.method_kind)).collect(),
        deleted_at: (status == "DELETED").then(|| Time(key.deleted_at.unwrap_or(key.status_changed_at))),
    })
}

fn response(part: &KeyPart, kind: MethodKind) -> Option<IssueResponse<'_>> {
    let channel = Channel::from(&part.channel);
    if held(part) {
        return Some(IssueResponse::Issued {
            channel,
            pg_tx_id: part.pg_tx_id.as_deref(),
            method: part_method(part, kind),
        });
    }
    let failure = part.failure.as_ref()?;
    Some(IssueResponse::Failed {
        channel,
        failure: Failure {
            message: &failure.message,
            pg_code: &failure.code,
            pg_message: &failure.message,
            failed_at: Time(part.failed_at.unwrap_or_default()),
        },
    })
}

fn part_method(part: &KeyPart, kind: MethodKind) -> Option<Method<'_>> {
    Some(match &part.method {
        Some(MethodDetail::Card(card)) => Method::Card {
            card: Some(card.into()),
        },
        Some(MethodDetail::EasyPay { provider, card, charge }) => Method::EasyPay {
            provider: provider.as_deref(),
            method: match card {
                Some(card) => Some(Funding::Card { card: card.into() }),
                None if *charge => Some(Funding::Charge {}),
                None => None,
            },
        },
        Some(MethodDetail::Transfer { bank, account_number }) => Method::Transfer {
            bank: bank.as_deref(),
            account_number: account_number.as_deref(),
        },
        Some(MethodDetail::Mobile { phone_number }) => Method::Mobile {
            phone_number: phone_number.as_deref(),
        },
        Some(MethodDetail::VirtualAccount { .. } | MethodDetail::GiftCertificate { .. }) => return None,
        // The PG told nothing: the kind that was asked for, without details.
        None => match kind {
            MethodKind::Card => Method::Card { card: None },
            MethodKind::EasyPay => Method::EasyPay {
                provider: None,
                method: None,
            },
            MethodKind::Transfer => Method::Transfer {
                bank: None,
                account_number: None,
            },
            MethodKind::Mobile => Method::Mobile { phone_number: None },
            MethodKind::VirtualAccount | MethodKind::GiftCertificate => return None,
        },
    })
}

/// `{billingKeyInfo, channelSpecificFailures}`, the answer of an issue.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Issued<'a> {
    billing_key_info: KeySummary<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    channel_specific_failures: Vec<ChannelFailureView>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct KeySummary<'a> {
    billing_key: &'a str,
    channels: Vec<Channel<'a>>,
    issued_at: Time,
}

impl<'a> From<&'a BillingKey> for Issued<'a> {
    fn from(key: &'a BillingKey) -> Self {
        let standing = key.parts.iter().filter(|p| held(p));
        let failed = key_failures(key);
        Self {
            billing_key_info: KeySummary {
                billing_key: &key.id,
                channels: standing.map(|p| Channel::from(&p.channel)).collect(),
                issued_at: Time(key.issued_at.unwrap_or(key.status_changed_at)),
            },
            channel_specific_failures: failed.iter().map(failure_view).collect(),
        }
    }
}

/// `{billingKey}`, the answer of a confirmation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Confirmed<'a> {
    /// Key.
    pub billing_key: &'a str,
}

/// `{deletedAt}`, the answer of a deletion.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Deleted {
    deleted_at: Time,
}

impl From<&BillingKey> for Deleted {
    fn from(key: &BillingKey) -> Self {
        Self {
            deleted_at: Time(key.deleted_at.unwrap_or(key.status_changed_at)),
        }
    }
}

/// PortOne V2 `PaymentSchedule`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleView<'a> {
    status: &'static str,
    id: &'a str,
    merchant_id: &'a str,
    store_id: &'a str,
    payment_id: &'a str,
    billing_key: &'a str,
    order_name: &'a str,
    is_cultural_expense: bool,
    is_escrow: bool,
    customer: Customer<'a>,
    custom_data: &'a str,
    total_amount: i64,
    tax_free_amount: i64,
    vat_amount: i64,
    currency: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    installment_month: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notice_urls: Option<&'a Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    products: Option<Vec<Product<'a>>>,
    created_at: Time,
    time_to_pay: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Time>,
}

/// A schedule. Which times it shows depends on its state, as in PortOne's union.
#[must_use]
pub fn schedule<'a>(s: &'a Schedule, merchant_id: &'a str) -> ScheduleView<'a> {
    use ScheduleStatus::{Failed, Pending, Revoked, Started, Succeeded};
    let tried = matches!(s.status, Started | Pending | Succeeded | Failed);
    let ended = matches!(s.status, Pending | Succeeded | Failed);
    ScheduleView {
        status: s.status.as_str(),
        id: &s.id,
        merchant_id,
        store_id: &s.store_id,
        payment_id: &s.payment_id,
        billing_key: &s.order.billing_key,
        order_name: &s.order.order_name,
        is_cultural_expense: false,
        is_escrow: false,
        customer: Customer::from(&s.order.customer),
        custom_data: s.order.custom_data.as_deref().unwrap_or_default(),
        total_amount: s.order.amounts.total,
        tax_free_amount: s.order.amounts.tax_free,
        vat_amount: s.order.amounts.vat,
        currency: s.order.currency.code(),
        installment_month: Some(s.order.installment_months).filter(|m| *m > 0),
        notice_urls: s.order.extras.get("noticeUrls").and_then(Value::as_array),
        products: products(s.order.extras.get("products")),
        created_at: Time(s.created_at),
        time_to_pay: Time(s.time_to_pay),
        started_at: tried.then(|| Time(s.started_at.unwrap_or(s.time_to_pay))),
        completed_at: ended.then(|| Time(s.completed_at.unwrap_or(s.time_to_pay))),
        revoked_at: (s.status == Revoked).then(|| Time(s.revoked_at.unwrap_or(s.created_at))),
    }
}

/// `{schedule: {id}}`, the answer of a new schedule.
#[derive(Debug, Serialize)]
pub struct Created<'a> {
    /// Schedule.
    pub schedule: Summary<'a>,
}

/// PortOne V2 `PaymentScheduleSummary`.
#[derive(Debug, Serialize)]
pub struct Summary<'a> {
    /// Id.
    pub id: &'a str,
}

/// `{revokedScheduleIds, revokedAt}`, the answer of a revocation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Revoked<'a> {
    revoked_schedule_ids: &'a [String],
    revoked_at: Time,
}

impl<'a> Revoked<'a> {
    /// Of some schedules, at a time, ms.
    pub fn new(ids: &'a [String], at: crate::payment::Millis) -> Self {
        Self {
            revoked_schedule_ids: ids,
            revoked_at: Time(at),
        }
    }
}

/// A page of a list.
#[derive(Debug, Serialize)]
pub struct Page<T> {
    /// Members.
    pub items: Vec<T>,
    /// Which page of how many.
    pub page: PageInfo,
}

/// The answer of an issue, as JSON.
#[cfg(test)]
pub(in crate::api::v2) fn issued_view(key: &BillingKey) -> Value {
    serde_json::to_value(Issued::from(key)).unwrap_or_default()
}
