//! Schedules as V1 shows them.

use super::{Buyer, seconds, status, uid};
use crate::api::v1::error::words;
use crate::api::v1::money::Amount;
use crate::payment::{CUSTOMER_UID, Schedule, ScheduleStatus, Status, Transaction};
use serde::Serialize;
use serde_json::Value;

/// PortOne V1 `ScheduleResultAnnotation`.
#[derive(Debug, Serialize)]
pub struct ScheduleView<'a> {
    customer_uid: &'a str,
    merchant_uid: &'a str,
    imp_uid: Option<String>,
    pg_provider: Option<String>,
    pg_id: Option<&'a str>,
    customer_id: Option<&'a str>,
    schedule_at: i64,
    executed_at: i64,
    revoked_at: i64,
    amount: Amount,
    currency: &'a str,
    name: &'a str,
    #[serde(flatten)]
    buyer: Buyer<'a>,
    custom_data: Option<&'a str>,
    schedule_status: &'static str,
    payment_status: Option<&'static str>,
    fail_reason: Option<String>,
    promotion_id: Option<()>,
}

impl<'a> ScheduleView<'a> {
    /// A schedule, with the payment it made. One that was refused before anything was sent has none: it failed.
    #[must_use]
    pub fn new(schedule: &'a Schedule, made: Option<&'a Transaction>) -> Self {
        let order = &schedule.order;
        let named = order.extras.get(CUSTOMER_UID).and_then(Value::as_str);
        let decided = made.filter(|t| t.status.is_settled() || t.status == Status::Failed);
        let failed = schedule.status == ScheduleStatus::Failed;
        Self {
            customer_uid: named.unwrap_or(&order.billing_key),
            merchant_uid: &schedule.payment_id,
            imp_uid: made.map(uid),
            pg_provider: made.map(|t| t.channel.pg_provider.to_lowercase()),
            pg_id: made.map(|t| t.channel.mid.as_str()),
            customer_id: order.customer.get("id").and_then(Value::as_str),
            schedule_at: seconds(Some(schedule.time_to_pay)),
            executed_at: seconds(schedule.started_at),
            revoked_at: seconds(schedule.revoked_at),
            amount: Amount::new(order.amounts.total, order.currency),
            currency: order.currency.code(),
            name: &order.order_name,
            buyer: Buyer::from(&order.customer),
            custom_data: order.custom_data.as_deref(),
            schedule_status: match schedule.status {
                ScheduleStatus::Scheduled => "scheduled",
                ScheduleStatus::Revoked => "revoked",
                _ => "executed",
            },
            payment_status: decided.map(|t| status(t.status)).or(failed.then_some("failed")),
            fail_reason: made.and_then(|t| t.failure.as_ref()).filter(|_| failed).map(words),
            promotion_id: None,
        }
    }
}
