//! Refusals about billing keys and schedules.

use super::ApiError;
use crate::engine::{BillingError, ChannelFailure, KEY_NOT_ENCODABLE};
use crate::payment::ChannelRef;
use http::StatusCode;
use serde::Serialize;

/// Members of `CHANNEL_SPECIFIC`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChannelSpecific {
    failures: Vec<Failure>,
    succeeded_channels: Vec<Channel>,
}

/// PortOne V2 `ChannelSpecificFailure`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    r#type: &'static str,
    channel: Channel,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pg_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pg_message: Option<String>,
}

/// PortOne V2 `SelectedChannel`, owned: an error outlives what it is about.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Channel {
    r#type: &'static str,
    key: String,
    name: String,
    pg_provider: String,
    pg_merchant_id: String,
}

impl From<&ChannelRef> for Channel {
    fn from(channel: &ChannelRef) -> Self {
        Self {
            r#type: if channel.live { "LIVE" } else { "TEST" },
            key: channel.key.clone(),
            name: channel.name.clone(),
            pg_provider: channel.pg_provider.clone(),
            pg_merchant_id: channel.mid.clone(),
        }
    }
}

/// A channel's failure as answers show it.
#[must_use]
pub fn failure_view(failed: &ChannelFailure) -> Failure {
    failed.into()
}

impl From<&ChannelFailure> for Failure {
    fn from(failed: &ChannelFailure) -> Self {
        let failure = &failed.failure;
        let local = failure.code == KEY_NOT_ENCODABLE;
        Self {
            r#type: if local { "INVALID_REQUEST" } else { "PG_PROVIDER" },
            channel: (&failed.channel).into(),
            message: failure.message.clone(),
            pg_code: (!local).then(|| failure.code.clone()),
            pg_message: (!local).then(|| failure.message.clone()),
        }
    }
}

/// Words a refusal.
pub(super) fn refusal(error: BillingError) -> ApiError {
    let text = error.to_string();
    let (status, kind, message) = match error {
        BillingError::KeyNotFound => (404, "BILLING_KEY_NOT_FOUND", text),
        BillingError::KeyNotIssued => (404, "BILLING_KEY_NOT_ISSUED", text),
        BillingError::KeyDeleted => (409, "BILLING_KEY_ALREADY_DELETED", text),
        BillingError::KeyIssued => (409, "BILLING_KEY_ALREADY_ISSUED", text),
        BillingError::ChannelNotFound(_) => (404, "CHANNEL_NOT_FOUND", text),
        BillingError::ScheduleExists => (
            409,
            "PAYMENT_SCHEDULE_ALREADY_EXISTS",
            format!("{text}; revoke it first (DELETE /payment-schedules)"),
        ),
        BillingError::ScheduleNotFound => (404, "PAYMENT_SCHEDULE_NOT_FOUND", text),
        BillingError::ScheduleProcessed => (409, "PAYMENT_SCHEDULE_ALREADY_PROCESSED", text),
        BillingError::ScheduleRevoked => (409, "PAYMENT_SCHEDULE_ALREADY_REVOKED", text),
        BillingError::PaidOrWaiting => (409, "ALREADY_PAID_OR_WAITING", text),
        BillingError::Channels { failures, succeeded } => {
            let mut error = ApiError::new(StatusCode::BAD_GATEWAY, "CHANNEL_SPECIFIC", text);
            error.0.channels = Some(ChannelSpecific {
                failures: failures.iter().map(Failure::from).collect(),
                succeeded_channels: succeeded.iter().map(Channel::from).collect(),
            });
            error.0.decided = true;
            return error;
        }
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::CONFLICT);
    ApiError::new(status, kind, message)
}
