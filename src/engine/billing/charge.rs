//! Charging a key: a payment like any other, without the buyer.

use super::super::attempt::{apply, approved, check_limits, is_decided, new_transaction};
use super::super::command::Command;
use super::super::operation::Change;
use super::super::request::{EngineError, NewAttempt};
use super::super::{ids, now};
use super::{BillingError, Engine, billing};
use crate::adapters::{ChannelRevision, Charge};
use crate::ledger::{BillingWrite, LedgerError, Write};
use crate::payment::{
    BillingKey, BillingRef, ChargeOrder, Event, KeyPart, KeyStatus, MethodKind, Millis, PartStatus, ScheduleEvent,
    Transaction,
};
use crate::routing::{self, Routed};
use serde_json::Value;
use std::sync::Arc;

/// A payment by billing key.
#[derive(Debug, Clone)]
pub struct KeyPayment {
    /// Store.
    pub store_id: String,
    /// Merchant's `paymentId`.
    pub payment_id: String,
    /// What is charged.
    pub order: ChargeOrder,
}

/// The part that is charged, and through which channel.
pub(super) struct Picked {
    pub part: KeyPart,
    pub routed: Routed,
}

impl Engine {
    /// Charges a billing key now. Answers from committed state.
    ///
    /// # Errors
    /// See [`BillingError`] and [`EngineError`].
    pub async fn pay_with_key(self: &Arc<Self>, payment: KeyPayment) -> Result<Transaction, EngineError> {
        self.check_unscheduled(&payment.store_id, &payment.payment_id).await?;
        let (store_id, payment_id) = (payment.store_id.clone(), payment.payment_id.clone());
        match self.start_charge(payment, None).await {
            Ok((id, task)) => approved(self.outcome_of(&id, task, is_decided).await?),
            Err(EngineError::AlreadyPaid) => Err(self.join_live(&store_id, &payment_id).await),
            Err(error) => Err(error),
        }
    }

    /// Refuses a payment that a schedule is going to charge.
    pub(in crate::engine) async fn check_unscheduled(
        &self,
        store_id: &str,
        payment_id: &str,
    ) -> Result<(), EngineError> {
        match self.ledger.live_schedule(store_id, payment_id).await? {
            Some(_) => Err(BillingError::ScheduleExists.into()),
            None => Ok(()),
        }
    }

    /// Commits the intent of a charge, the schedule's start with it, and runs it.
    pub(super) async fn start_charge(
        self: &Arc<Self>,
        payment: KeyPayment,
        schedule: Option<&str>,
    ) -> Result<(String, tokio::task::JoinHandle<Result<Transaction, LedgerError>>), EngineError> {
        let at = now();
        let key = self.key_of(&payment.store_id, &payment.order.billing_key).await?;
        let Picked { part, routed } = self.pick(&key, &payment, at).await?;
        let attempt = attempt(&payment, method_of(&key, &part));
        check_limits(&routed.channel, &attempt)?;
        let build = |order_id: String| {
            Command::Charge(Box::new(Charge {
                order_id,
                customer_key: part.customer_key.clone(),
                amounts: attempt.amounts,
                currency: attempt.currency,
                order_name: attempt.order_name.clone(),
                method: attempt.method,
                idempotency_key: ids::operation_id(),
                at,
                installment_months: payment.order.installment_months,
                free_installment: payment.order.free_installment,
                use_card_point: payment.order.use_card_point,
                customer_name: text(&payment.order.customer, "name"),
                customer_email: text(&payment.order.customer, "email"),
                customer_phone: text(&payment.order.customer, "phoneNumber"),
                key: self.open_part(&key.id, &part),
            }))
        };
        let own = self.under_own_id(&routed.channel, build, |command| command.first_call(&routed.channel));
        let (command, call) = own.await?;
        let Command::Charge(charge) = &command else {
            return Err(EngineError::NotFound);
        };
        let mut transaction = new_transaction(&routed, attempt, charge.order_id.clone(), at);
        transaction.billing = Some(BillingRef {
            key: key.id.clone(),
            schedule: schedule.map(str::to_owned),
        });
        apply(&mut transaction, &Event::ApprovalStarted, at)?;
        let mut more = vec![billing(BillingWrite::Chargeable {
            key: key.id.clone(),
            channel: Some(part.channel.key.clone()),
        })];
        more.extend(schedule.map(|id| schedule_write(id, ScheduleEvent::Started, at)));
        let channel = Arc::clone(&routed.channel);
        let started = self.start_with(transaction, Change::Insert, command, call, channel, None, more);
        match started.await {
            Ok(started) => Ok((started.transaction.id.clone(), self.run(started))),
            Err(LedgerError::KeyGone) => Err(BillingError::KeyDeleted.into()),
            Err(error) => Err(error.into()),
        }
    }

    /// The part to charge: the named channel's, else by the group's current weights among the channels that hold the
    /// key, else the only one.
    pub(super) async fn pick(&self, key: &BillingKey, payment: &KeyPayment, at: Millis) -> Result<Picked, EngineError> {
        match key.status() {
            KeyStatus::Issued => {}
            KeyStatus::Deleted => return Err(BillingError::KeyDeleted.into()),
            KeyStatus::Ready | KeyStatus::Issuing | KeyStatus::Failed => return Err(BillingError::KeyNotFound.into()),
        }
        let named = payment.order.channel_key.as_deref();
        let held: Vec<&KeyPart> = key
            .parts
            .iter()
            .filter(|p| p.status == PartStatus::Issued && named.is_none_or(|name| p.channel.key == name))
            .collect();
        if held.is_empty() {
            return Err(match named {
                Some(name) => BillingError::ChannelNotFound(format!(
                    "channelKey {name}: the billing key was not issued for it, or its part is deleted"
                )),
                // Being deleted.
                None => BillingError::KeyDeleted,
            }
            .into());
        }
        let snapshot = self.live.load();
        let group = key.group.as_ref().and_then(|g| snapshot.group_of(&key.store_id, &g.id));
        let weight = |channel: &str| {
            let member = group.and_then(|g| g.members.iter().find(|m| m.channel == channel));
            member.map_or(0, |m| u64::from(m.weight))
        };
        let mut open: Vec<((KeyPart, Arc<ChannelRevision>), u64)> = Vec::new();
        for part in held {
            let channel = self.open_channel(&key.store_id, &part.channel, at).await?;
            let channel = channel.filter(|c| c.serves(method_of(key, part)));
            let weight = weight(&part.channel.key);
            open.extend(channel.map(|channel| ((part.clone(), channel), weight)));
        }
        let count = open.len();
        let Some((part, channel)) = routing::weighted(&open, &payment.payment_id).cloned() else {
            let message = "no channel that holds the billing key takes new payments now";
            return Err(BillingError::ChannelNotFound(message.to_owned()).into());
        };
        let reason = match (named, &key.group) {
            (Some(_), _) => "billing key, channelKey".to_owned(),
            (None, Some(_)) => format!(
                "billing key, group weight, {count} of {} channels open",
                key.parts.len()
            ),
            (None, None) => "billing key".to_owned(),
        };
        Ok(Picked {
            part,
            routed: Routed {
                channel,
                group: key.group.clone(),
                reason,
            },
        })
    }

    /// Puts the PG's key back into the command of a stored charge. A key that was deleted meanwhile is not there any
    /// more: then only the inquiry can tell.
    pub(in crate::engine) async fn with_key(
        &self,
        command: &mut Command,
        transaction: &Transaction,
    ) -> Result<(), EngineError> {
        let (Command::Charge(charge), Some(billing)) = (command, &transaction.billing) else {
            return Ok(());
        };
        let key = self.ledger.billing_key(&billing.key).await?;
        let part = key.as_ref().and_then(|key| key.part(&transaction.channel.key));
        charge.key = part.and_then(|part| self.open_part(&billing.key, part));
        Ok(())
    }
}

pub(super) fn schedule_write(id: &str, event: ScheduleEvent, at: Millis) -> Write {
    billing(BillingWrite::Schedule {
        id: id.to_owned(),
        event,
        at,
    })
}

/// What a part stands for: what the PG said, else what was asked for.
pub(super) fn method_of(key: &BillingKey, part: &KeyPart) -> MethodKind {
    part.method
        .as_ref()
        .map_or(key.method_kind, crate::payment::MethodDetail::kind)
}

pub(super) fn attempt(payment: &KeyPayment, method: MethodKind) -> NewAttempt {
    let order = &payment.order;
    NewAttempt {
        store_id: payment.store_id.clone(),
        payment_id: payment.payment_id.clone(),
        amounts: order.amounts,
        currency: order.currency,
        order_name: order.order_name.clone(),
        method,
        customer: order.customer.clone(),
        custom_data: order.custom_data.clone(),
        extras: order.extras.clone(),
        origin: order.origin.clone(),
    }
}

fn text(customer: &Value, name: &str) -> Option<String> {
    customer.get(name).and_then(Value::as_str).map(str::to_owned)
}
