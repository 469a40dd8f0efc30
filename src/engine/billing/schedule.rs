//! Scheduled payments: made, revoked, and charged when their time has come.
//!
//! Several routers share the work by lease; the commit that starts the charge also starts the schedule, so that of two
//! who try, one is refused. After a downtime what is due is charged late, the longest due first, and once. One failure is
//! one failure: nothing is tried again.

use super::super::attempt::{apply, check_limits, new_transaction};
use super::super::ids;
use super::super::report::outbox_row;
use super::super::request::EngineError;
use super::super::{ms, now};
use super::charge::{KeyPayment, Picked, attempt, method_of, schedule_write};
use super::{BillingError, Engine, billing, journal};
use crate::adapters::{Mode, Refusal};
use crate::ledger::{BillingWrite, LedgerError, ScheduleFilter, Write};
use crate::payment::{
    BillingRef, ChargeOrder, Event, Failure, FailureKind, KeyStatus, Millis, Schedule, ScheduleEvent, ScheduleStatus,
};
use crate::routing::Routed;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use uuid::Uuid;

/// How long a router may take from the lease to the charge's intent before another may try.
const LEASE: Duration = Duration::from_secs(60);
/// Most schedules one revocation may name or find.
const REVOKE_MAX: usize = 1_000;
/// Tries when rows change under us.
const STALE_TRIES: usize = 8;

/// Charge a key at a given time.
#[derive(Debug, Clone)]
pub struct NewSchedule {
    /// Store.
    pub store_id: String,
    /// Merchant's `paymentId` of the payment to come.
    pub payment_id: String,
    /// What is charged.
    pub order: ChargeOrder,
    /// When, ms.
    pub time_to_pay: Millis,
}

/// Take schedules back: all of a key, some by id, or some by id that must belong to a key.
#[derive(Debug, Clone, Default)]
pub struct RevokeRequest {
    /// Store.
    pub store_id: String,
    /// Billing key.
    pub billing_key: Option<String>,
    /// Schedules.
    pub ids: Option<Vec<String>>,
}

impl Engine {
    /// Schedules a payment.
    ///
    /// # Errors
    /// See [`BillingError`] and [`EngineError`].
    pub async fn create_schedule(&self, new: NewSchedule) -> Result<Schedule, EngineError> {
        let at = now();
        if new.time_to_pay <= at {
            return Err(EngineError::Refused(Refusal::new("timeToPay", "must be in the future")));
        }
        let standing = self.ledger.payment(&new.store_id, &new.payment_id).await?;
        if standing.is_some_and(|t| t.status.is_live()) {
            return Err(BillingError::PaidOrWaiting.into());
        }
        let key = self.key_of(&new.store_id, &new.order.billing_key).await?;
        let payment = KeyPayment {
            store_id: new.store_id,
            payment_id: new.payment_id,
            order: new.order,
        };
        // What would be refused at its time is refused now.
        let Picked { part, routed } = self.pick(&key, &payment, at).await?;
        check_limits(&routed.channel, &attempt(&payment, method_of(&key, &part)))?;
        let channel = payment.order.channel_key.clone();
        let schedule = Schedule {
            id: format!("payment-schedule-{}", Uuid::now_v7()),
            store_id: payment.store_id,
            payment_id: payment.payment_id,
            version: 0,
            status: ScheduleStatus::Scheduled,
            order: payment.order,
            live: routed.channel.spec.mode == Mode::Live,
            time_to_pay: new.time_to_pay,
            created_at: at,
            started_at: None,
            completed_at: None,
            revoked_at: None,
        };
        let writes = vec![
            billing(BillingWrite::Chargeable {
                key: key.id.clone(),
                channel,
            }),
            billing(BillingWrite::InsertSchedule(Box::new(schedule.clone()))),
            journal(
                &schedule.id,
                "schedule",
                json!({ "payment": schedule.payment_id, "billingKey": key.id, "timeToPay": schedule.time_to_pay }),
            ),
        ];
        match self.ledger.commit(writes).await {
            Ok(()) => Ok(schedule),
            Err(LedgerError::Scheduled) => Err(BillingError::ScheduleExists.into()),
            Err(LedgerError::KeyGone) => Err(BillingError::KeyDeleted.into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Moves a schedule to another time: it is revoked and made again in one commit, so that the payment is never
    /// without. Gives the new one.
    ///
    /// # Errors
    /// See [`BillingError`] and [`EngineError`].
    pub async fn move_schedule(&self, store_id: &str, id: &str, time_to_pay: Millis) -> Result<Schedule, EngineError> {
        let at = now();
        if time_to_pay <= at {
            return Err(EngineError::Refused(Refusal::new("timeToPay", "must be in the future")));
        }
        let stored = self.ledger.schedule(id).await?.filter(|s| s.store_id == store_id);
        let stored = stored.ok_or(BillingError::ScheduleNotFound)?;
        match stored.status {
            ScheduleStatus::Scheduled => {}
            ScheduleStatus::Revoked => return Err(BillingError::ScheduleRevoked.into()),
            _ => return Err(BillingError::ScheduleProcessed.into()),
        }
        let moved = Schedule {
            id: format!("payment-schedule-{}", Uuid::now_v7()),
            version: 0,
            time_to_pay,
            created_at: at,
            ..stored
        };
        let writes = vec![
            schedule_write(id, ScheduleEvent::Revoked, at),
            billing(BillingWrite::Chargeable {
                key: moved.order.billing_key.clone(),
                channel: moved.order.channel_key.clone(),
            }),
            billing(BillingWrite::InsertSchedule(Box::new(moved.clone()))),
            journal(id, "revoke", json!({ "movedTo": moved.id })),
            journal(
                &moved.id,
                "schedule",
                json!({ "payment": moved.payment_id, "billingKey": moved.order.billing_key, "timeToPay": time_to_pay }),
            ),
        ];
        match self.ledger.commit(writes).await {
            Ok(()) => Ok(moved),
            Err(LedgerError::Stale) => Err(BillingError::ScheduleProcessed.into()),
            Err(LedgerError::KeyGone) => Err(BillingError::KeyDeleted.into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Revokes schedules, all or none. Gives their ids and the time.
    ///
    /// # Errors
    /// See [`BillingError`] and [`EngineError`].
    pub async fn revoke_schedules(&self, request: RevokeRequest) -> Result<(Vec<String>, Millis), EngineError> {
        for _ in 0..STALE_TRIES {
            let at = now();
            let ids = self.revocable(&request).await?;
            let mut writes: Vec<Write> = Vec::with_capacity(ids.len() * 2);
            for id in &ids {
                writes.push(schedule_write(id, ScheduleEvent::Revoked, at));
                writes.push(journal(id, "revoke", json!({})));
            }
            match self.ledger.commit(writes).await {
                Ok(()) => return Ok((ids, at)),
                Err(LedgerError::Stale) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(BillingError::ScheduleProcessed.into())
    }

    async fn revocable(&self, request: &RevokeRequest) -> Result<Vec<String>, EngineError> {
        if let Some(id) = &request.billing_key {
            let key = self.key_of(&request.store_id, id).await?;
            if key.status() == KeyStatus::Deleted {
                return Err(BillingError::KeyDeleted.into());
            }
        }
        let Some(ids) = &request.ids else {
            let Some(billing_key) = request.billing_key.clone() else {
                let refusal = Refusal::new("billingKey", "give billingKey, scheduleIds, or both");
                return Err(EngineError::Refused(refusal));
            };
            let filter = ScheduleFilter {
                store: request.store_id.clone(),
                billing_key: Some(billing_key),
                status: vec![ScheduleStatus::Scheduled],
                ascending: true,
                limit: REVOKE_MAX,
                ..ScheduleFilter::default()
            };
            let (found, _) = self.ledger.schedules(&filter).await?;
            return Ok(found.into_iter().map(|s| s.id).collect());
        };
        for id in ids {
            let found = self.ledger.schedule(id).await?;
            let ours = found.filter(|s| {
                let of_key = request
                    .billing_key
                    .as_ref()
                    .is_none_or(|key| s.order.billing_key == *key);
                s.store_id == request.store_id && of_key
            });
            match ours.ok_or(BillingError::ScheduleNotFound)?.status {
                ScheduleStatus::Scheduled => {}
                ScheduleStatus::Revoked => return Err(BillingError::ScheduleRevoked.into()),
                _ => return Err(BillingError::ScheduleProcessed.into()),
            }
        }
        let mut ids = ids.clone();
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }

    /// Takes what is due and charges it, each in a task of its own.
    pub(super) async fn charge_due(self: &Arc<Self>, places: &Arc<Semaphore>) -> Result<(), LedgerError> {
        let free = places.available_permits();
        if free == 0 {
            return Ok(());
        }
        let at = now();
        let node = &self.options.node;
        for schedule in self.ledger.lease_due_schedules(node, at, at + ms(LEASE), free).await? {
            let Ok(place) = Arc::clone(places).acquire_owned().await else {
                return Ok(());
            };
            let engine = Arc::clone(self);
            tokio::spawn(async move {
                let id = schedule.id.clone();
                if let Err(error) = engine.charge_scheduled(schedule).await {
                    tracing::error!(%error, schedule = id, "a due schedule could not be started; it will be tried again");
                }
                drop(place);
            });
        }
        Ok(())
    }

    async fn charge_scheduled(self: &Arc<Self>, schedule: Schedule) -> Result<(), EngineError> {
        let payment = KeyPayment {
            store_id: schedule.store_id.clone(),
            payment_id: schedule.payment_id.clone(),
            order: schedule.order.clone(),
        };
        let started = Box::pin(self.start_charge(payment.clone(), Some(&schedule.id))).await;
        match started {
            // Settled by its own task, or by recovery.
            Ok((_, task)) => {
                let _ = task.await;
                Ok(())
            }
            // Another router was first, or the merchant revoked it at this very moment.
            Err(EngineError::Storage(why)) if why == LedgerError::Stale.to_string() => Ok(()),
            // Nothing was decided: its lease ends, and it is tried again.
            Err(error @ EngineError::Storage(_)) => Err(error),
            Err(error) => self.fail_scheduled(&schedule, &payment, &error).await,
        }
    }

    /// A charge that was refused before anything was sent: the schedule fails, and so does an attempt of its payment, so
    /// that the merchant is told. A payment that is paid by other means stays what it is.
    async fn fail_scheduled(
        &self,
        schedule: &Schedule,
        payment: &KeyPayment,
        error: &EngineError,
    ) -> Result<(), EngineError> {
        let at = now();
        let failure = match error {
            EngineError::Pg(failure) => failure.clone(),
            EngineError::Billing(why) => Failure::new(kind_of(why), "NARU_SCHEDULE_REFUSED", why.to_string()),
            other => Failure::new(FailureKind::BadRequest, "NARU_SCHEDULE_REFUSED", other.to_string()),
        };
        let mut writes = vec![
            schedule_write(&schedule.id, ScheduleEvent::Started, at),
            schedule_write(&schedule.id, ScheduleEvent::Failed, at),
            journal(
                &schedule.id,
                "refused",
                json!({ "code": failure.code, "reason": failure.message }),
            ),
        ];
        let key = self.ledger.billing_key(&schedule.order.billing_key).await?;
        let named = schedule.order.channel_key.as_deref();
        let part = key.as_ref().and_then(|key| {
            let part = named.and_then(|name| key.part(name)).or(key.parts.first());
            Some((key, part?))
        });
        if let Some((key, part)) = part.filter(|_| *error != EngineError::AlreadyPaid) {
            let routed = Routed {
                channel: self.channel_of_part(&part.channel).await?,
                group: key.group.clone(),
                reason: "billing key".to_owned(),
            };
            let attempt = attempt(payment, method_of(key, part));
            let mut transaction = new_transaction(&routed, attempt, ids::order_id(), at);
            transaction.billing = Some(BillingRef {
                key: key.id.clone(),
                schedule: Some(schedule.id.clone()),
            });
            apply(&mut transaction, &Event::Failed(failure), at)?;
            writes.extend(self.revision_write(&routed.channel)?);
            writes.push(Write::Outbox(outbox_row(&transaction, "Transaction.Failed", None, at)));
            writes.push(Write::Insert(Box::new(transaction)));
        }
        match self.ledger.commit(writes).await {
            // Stale: another router was first.
            Ok(()) | Err(LedgerError::Stale) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

fn kind_of(error: &BillingError) -> FailureKind {
    match error {
        BillingError::KeyDeleted | BillingError::KeyNotFound => FailureKind::BillingKeyGone,
        BillingError::ChannelNotFound(_) => FailureKind::MerchantSetup,
        _ => FailureKind::Other,
    }
}
