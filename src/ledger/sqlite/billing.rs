//! Billing keys and schedules.

mod intents;
mod list;

pub(super) use intents::{lease_keys, unknown};

use super::apply::Applying;
use super::rows::{platform_word, signed};
use super::words::key_words;
use super::writer::{Answer, Call, Task};
use super::{SqliteLedger, mismatch, reader, storage, word_of};
use crate::ledger::{BillingLedger, BillingWrite, KeyFilter, KeyIntent, LedgerError, ScheduleFilter};
use crate::payment::{BillingKey, CUSTOMER_UID, PartStatus, Schedule, ScheduleEvent};
use futures_util::future::BoxFuture;
use rusqlite::{Connection, OptionalExtension, params};

/// A write with its document, ready to be bound.
#[derive(Debug)]
pub(super) struct BillingOp {
    write: BillingWrite,
    doc: String,
}

fn json<T: serde::Serialize>(value: &T) -> Result<String, LedgerError> {
    serde_json::to_string(value).map_err(|error| LedgerError::Storage(format!("cannot be written as JSON: {error}")))
}

/// Writes the document where the caller's task runs, not in the one writing thread.
pub(super) fn prepare(write: BillingWrite) -> Result<BillingOp, LedgerError> {
    let doc = match &write {
        BillingWrite::InsertKey(key) | BillingWrite::UpdateKey { key, .. } => json(key)?,
        BillingWrite::Intent(intent) | BillingWrite::Reschedule(intent) => json(&intent.command)?,
        BillingWrite::InsertSchedule(schedule) => json(schedule)?,
        _ => String::new(),
    };
    Ok(BillingOp { write, doc })
}

/// Words between commas, with one at each end: a word is looked for with both of its commas.
fn listed<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let mut text = String::from(",");
    for word in words {
        text.push_str(word);
        text.push(',');
    }
    text
}

impl Applying<'_> {
    /// Writes one row.
    pub(super) fn billing(&mut self, op: &BillingOp) -> Result<(), LedgerError> {
        match &op.write {
            BillingWrite::InsertKey(key) => self.insert_key(key, &op.doc),
            BillingWrite::UpdateKey { key, expected } => self.update_key(key, signed(*expected), &op.doc),
            BillingWrite::Intent(intent) => self.key_intent(intent, &op.doc),
            BillingWrite::Reschedule(intent) => self.reschedule_key(intent, &op.doc),
            BillingWrite::Close { id } => match self.execute("DELETE FROM key_intents WHERE id = ?1", [id])? {
                0 => Err(LedgerError::Stale),
                _ => Ok(()),
            },
            BillingWrite::Chargeable { key, channel } => self.chargeable(key, channel.as_deref()),
            BillingWrite::NoSchedules { key } => {
                let sql = "SELECT 1 FROM schedules WHERE billing_key = ?1 AND live = 1 LIMIT 1";
                match reader::row(self.connection, sql, [key], |_| Ok(()))? {
                    Some(()) => Err(LedgerError::Scheduled),
                    None => Ok(()),
                }
            }
            BillingWrite::InsertSchedule(schedule) => self.insert_schedule(schedule, &op.doc),
            BillingWrite::Schedule { id, event, at } => self.schedule_event(id, *event, *at),
        }
    }

    fn insert_key(&mut self, key: &BillingKey, doc: &str) -> Result<(), LedgerError> {
        self.execute(
            "INSERT INTO billing_keys (id, store_id, requested_at, version, status, issued_at, deleted_at, status_at,
                 group_id, customer_id, platform, providers, methods, words, doc, customer_uid)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
            params![
                key.id,
                key.store_id,
                key.requested_at,
                signed(key.version),
                key.status().as_str(),
                key.issued_at,
                key.deleted_at,
                key.deleted_at.or(key.issued_at),
                key.group.as_ref().map(|g| &g.id),
                key.customer.get("id").and_then(serde_json::Value::as_str),
                platform_word(key.origin.platform),
                listed(key.parts.iter().map(|p| p.channel.pg_provider.as_str())),
                listed(methods(key)),
                key_words(key),
                doc,
                key.extras.get(CUSTOMER_UID).and_then(serde_json::Value::as_str)
            ],
        )?;
        self.mark_parts(key)
    }

    fn update_key(&mut self, key: &BillingKey, expected: i64, doc: &str) -> Result<(), LedgerError> {
        let changed = self.execute(
            "UPDATE billing_keys SET version = ?3, status = ?4, issued_at = ?5, deleted_at = ?6, status_at = ?7,
                 methods = ?8, words = ?9, doc = ?10 WHERE id = ?1 AND version = ?2",
            params![
                key.id,
                expected,
                signed(key.version),
                key.status().as_str(),
                key.issued_at,
                key.deleted_at,
                key.deleted_at.or(key.issued_at),
                listed(methods(key)),
                key_words(key),
                doc
            ],
        )?;
        if changed == 0 {
            return Err(LedgerError::Stale);
        }
        self.mark_parts(key)
    }

    /// A PG that answers an issue with a key it gave before leaves the mark with the newest key of ours.
    fn mark_parts(&mut self, key: &BillingKey) -> Result<(), LedgerError> {
        let issued = key.parts.iter().filter(|part| part.sealed.is_some());
        for mark in issued.filter_map(|part| part.mark.as_ref()) {
            let sql = "INSERT INTO key_marks (mark, billing_key) VALUES (?1, ?2)
                 ON CONFLICT (mark) DO UPDATE SET billing_key = ?2 WHERE billing_key <> ?2";
            self.execute(sql, params![mark, key.id])?;
        }
        Ok(())
    }

    fn key_intent(&mut self, i: &KeyIntent, command: &str) -> Result<(), LedgerError> {
        self.execute(
            "INSERT INTO key_intents (id, billing_key, channel_key, operation, command, token, revision, state,
                 created_at, last_call_at, attempts, next_at, lease_owner, lease_until, last_error)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
            params![
                i.id,
                i.billing_key,
                i.channel_key,
                i.operation.as_str(),
                command,
                i.token.as_ref().map(ToString::to_string),
                i.revision,
                word_of(&i.state)?,
                i.created_at,
                i.last_call_at,
                i.attempts,
                i.next_at,
                i.lease_owner,
                i.lease_until,
                i.last_error
            ],
        )
        .map(drop)
    }

    fn reschedule_key(&mut self, i: &KeyIntent, command: &str) -> Result<(), LedgerError> {
        let changed = self.execute(
            "UPDATE key_intents SET command = ?2, state = ?3, last_call_at = ?4, attempts = ?5, next_at = ?6,
                 lease_owner = ?7, lease_until = ?8, last_error = ?9 WHERE id = ?1",
            params![
                i.id,
                command,
                word_of(&i.state)?,
                i.last_call_at,
                i.attempts,
                i.next_at,
                i.lease_owner,
                i.lease_until,
                i.last_error
            ],
        )?;
        if changed == 0 { Err(LedgerError::Stale) } else { Ok(()) }
    }

    fn chargeable(&self, id: &str, channel: Option<&str>) -> Result<(), LedgerError> {
        let sql = "SELECT doc FROM billing_keys WHERE id = ?1";
        let key = reader::doc::<BillingKey>(self.connection, sql, [id])?;
        let stands = key.is_some_and(|key| {
            let mut parts = key.parts.iter().filter(|p| channel.is_none_or(|c| p.channel.key == c));
            parts.any(|p| p.status == PartStatus::Issued)
        });
        if stands { Ok(()) } else { Err(LedgerError::KeyGone) }
    }

    fn insert_schedule(&mut self, s: &Schedule, doc: &str) -> Result<(), LedgerError> {
        self.execute(
            "INSERT INTO schedules (id, store_id, payment_id, billing_key, is_test, created_at, time_to_pay, status,
                 live, completed_at, status_at, doc)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            params![
                s.id,
                s.store_id,
                s.payment_id,
                s.order.billing_key,
                !s.live,
                s.created_at,
                s.time_to_pay,
                s.status.as_str(),
                s.status.is_live(),
                s.completed_at,
                s.status_at(),
                doc
            ],
        )
        .map(drop)
    }

    fn schedule_event(&mut self, id: &str, event: ScheduleEvent, at: i64) -> Result<(), LedgerError> {
        let strict = matches!(event, ScheduleEvent::Started | ScheduleEvent::Revoked);
        let sql = "SELECT doc FROM schedules WHERE id = ?1";
        let Some(mut schedule) = reader::doc::<Schedule>(self.connection, sql, [id])? else {
            return Err(LedgerError::Stale);
        };
        if schedule.apply(event, at).is_err() {
            return if strict { Err(LedgerError::Stale) } else { Ok(()) };
        }
        self.execute(
            "UPDATE schedules SET status = ?2, live = ?3, completed_at = ?4, status_at = ?5, doc = ?6 WHERE id = ?1",
            params![
                id,
                schedule.status.as_str(),
                schedule.status.is_live(),
                schedule.completed_at,
                schedule.status_at(),
                json(&schedule)?
            ],
        )
        .map(drop)
    }
}

fn methods(key: &BillingKey) -> impl Iterator<Item = &'static str> {
    let asked = key.method_kind;
    key.parts.iter().map(move |part| {
        let used = part.method.as_ref().map_or(asked, crate::payment::MethodDetail::kind);
        used.as_str()
    })
}

/// Leases due schedules, the longest due first.
pub(super) fn lease_schedules(
    connection: &Connection,
    owner: &str,
    now: i64,
    until: i64,
    limit: usize,
) -> Result<Vec<Schedule>, LedgerError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let due: Vec<String> = connection
        .prepare_cached(
            "SELECT doc FROM schedules WHERE status = 'SCHEDULED' AND time_to_pay <= ?1 AND lease_until <= ?1
             ORDER BY time_to_pay, seq LIMIT ?2",
        )
        .and_then(|mut find| find.query_map(params![now, limit], |row| row.get(0))?.collect())
        .map_err(storage)?;
    let mut lease = connection
        .prepare_cached("UPDATE schedules SET lease_owner = ?2, lease_until = ?3 WHERE id = ?1")
        .map_err(storage)?;
    due.iter()
        .map(|doc| {
            let schedule: Schedule = reader::decode(doc)?;
            lease.execute(params![schedule.id, owner, until]).map_err(storage)?;
            Ok(schedule)
        })
        .collect()
}

/// Gives back what an earlier life of `owner` held.
pub(super) fn release(connection: &Connection, owner: &str, now: i64) -> Result<u64, LedgerError> {
    connection
        .prepare_cached("UPDATE schedules SET lease_owner = '', lease_until = 0 WHERE lease_owner = ?1")
        .and_then(|mut give| give.execute([owner]))
        .map_err(storage)?;
    connection
        .prepare_cached(
            "UPDATE key_intents SET next_at = CASE state WHEN 'open' THEN ?2 ELSE next_at END,
                 state = CASE state WHEN 'open' THEN 'unknown' ELSE state END, lease_owner = '', lease_until = 0
             WHERE lease_owner = ?1",
        )
        .and_then(|mut give| give.execute(params![owner, now]))
        .map(|count| count as u64)
        .map_err(storage)
}

impl BillingLedger for SqliteLedger {
    fn billing_key<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<BillingKey>, LedgerError>> {
        Box::pin(async move {
            let sql = "SELECT doc FROM billing_keys WHERE id = ?1";
            self.readers.point(|c| reader::doc(c, sql, [id]))
        })
    }

    fn key_by_mark<'a>(&'a self, mark: &'a str) -> BoxFuture<'a, Result<Option<BillingKey>, LedgerError>> {
        Box::pin(async move {
            let sql = "SELECT doc FROM billing_keys WHERE id = (SELECT billing_key FROM key_marks WHERE mark = ?1)";
            self.readers.point(|c| reader::doc(c, sql, [mark]))
        })
    }

    fn key_by_customer_uid<'a>(
        &'a self,
        store_id: &'a str,
        customer_uid: &'a str,
    ) -> BoxFuture<'a, Result<Option<BillingKey>, LedgerError>> {
        Box::pin(async move {
            let sql = "SELECT doc FROM billing_keys WHERE store_id = ?1 AND customer_uid = ?2 AND issued_at IS NOT NULL
                 ORDER BY seq DESC LIMIT 1";
            self.readers.point(|c| reader::doc(c, sql, [store_id, customer_uid]))
        })
    }

    fn billing_keys<'a>(&'a self, filter: &'a KeyFilter) -> BoxFuture<'a, Result<(Vec<BillingKey>, u64), LedgerError>> {
        Box::pin(async move {
            let filter = filter.clone();
            self.readers.scan(move |c| list::keys(c, &filter)).await
        })
    }

    fn schedule<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Schedule>, LedgerError>> {
        Box::pin(async move {
            let sql = "SELECT doc FROM schedules WHERE id = ?1";
            self.readers.point(|c| reader::doc(c, sql, [id]))
        })
    }

    fn live_schedule<'a>(
        &'a self,
        store_id: &'a str,
        payment_id: &'a str,
    ) -> BoxFuture<'a, Result<Option<Schedule>, LedgerError>> {
        Box::pin(async move {
            let sql = "SELECT doc FROM schedules WHERE store_id = ?1 AND payment_id = ?2 AND live = 1";
            self.readers.point(|c| reader::doc(c, sql, [store_id, payment_id]))
        })
    }

    fn schedules<'a>(&'a self, filter: &'a ScheduleFilter) -> BoxFuture<'a, Result<(Vec<Schedule>, u64), LedgerError>> {
        Box::pin(async move {
            let filter = filter.clone();
            self.readers.scan(move |c| list::schedules(c, &filter)).await
        })
    }

    fn lease_due_keys<'a>(
        &'a self,
        owner: &'a str,
        now: i64,
        until: i64,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<KeyIntent>, LedgerError>> {
        Box::pin(async move {
            let task = Task::LeaseKeys {
                owner: owner.to_owned(),
                now,
                until,
                limit,
            };
            match self.run(task).await? {
                Answer::KeyIntents(intents) => Ok(intents),
                _ => mismatch(),
            }
        })
    }

    fn unsettled_keys(&self, limit: usize) -> BoxFuture<'_, Result<Vec<KeyIntent>, LedgerError>> {
        Box::pin(async move { self.readers.scan(move |c| intents::unsettled(c, limit)).await })
    }

    fn lease_key_case<'a>(
        &'a self,
        id: &'a str,
        owner: &'a str,
        now: i64,
        until: i64,
    ) -> BoxFuture<'a, Result<Option<KeyIntent>, LedgerError>> {
        Box::pin(async move {
            let (id, owner) = (id.to_owned(), owner.to_owned());
            let lease = Call::new(move |c| {
                let leased = intents::lease_case(c, &id, &owner, now, until)?;
                Ok(Answer::KeyIntents(leased.into_iter().collect()))
            });
            match self.run(Task::Call(lease)).await? {
                Answer::KeyIntents(mut intents) => Ok(intents.pop()),
                _ => mismatch(),
            }
        })
    }

    fn lease_due_schedules<'a>(
        &'a self,
        owner: &'a str,
        now: i64,
        until: i64,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Schedule>, LedgerError>> {
        Box::pin(async move {
            // The common case costs no write: nothing is due.
            let sql = "SELECT 1 FROM schedules WHERE status = 'SCHEDULED' AND time_to_pay <= ?1 LIMIT 1";
            let due = self.readers.point(|c| {
                c.prepare_cached(sql)
                    .and_then(|mut find| find.query_row([now], |_| Ok(())).optional())
                    .map_err(storage)
            })?;
            if due.is_none() {
                return Ok(Vec::new());
            }
            let task = Task::LeaseSchedules {
                owner: owner.to_owned(),
                now,
                until,
                limit,
            };
            match self.run(task).await? {
                Answer::Schedules(schedules) => Ok(schedules),
                _ => mismatch(),
            }
        })
    }
}
