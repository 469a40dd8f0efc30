//! Refunds to a buyer's account after they were accepted. The PG sends the money days later and tells of a failure by no
//! event, so it is asked once a day; what it says at last is journalled, and a failure is told to a person.

use super::exchange::Trail;
use super::request::EngineError;
use super::{Engine, now};
use crate::adapters::{Inquire, Outcome, RefundTransfer};
use crate::ledger::{JournalEntry, Write};
use crate::payment::Transaction;
use serde_json::{Value, json};
use std::sync::{Mutex, PoisonError};

/// Kind of the journal's line.
const KIND: &str = "refund-transfer";

impl Engine {
    /// Asks the PG how the transfer of a payment's latest refund went, unless that is known. `None` if the PG tells
    /// nothing of it, now or ever.
    ///
    /// # Errors
    /// [`EngineError::Storage`]; the channel's credentials cannot be found.
    pub async fn watch_refund(&self, transaction: &Transaction) -> Result<Option<RefundTransfer>, EngineError> {
        let channel = self.revision_for(transaction).await?;
        let accounts = channel.adapter.virtual_accounts();
        let Some(transfer) = accounts.and_then(|accounts| accounts.refund_transfer()) else {
            return Ok(None);
        };
        // A later refund is a transfer of its own.
        let refunds = transaction.cancellations.len();
        let journal = self.ledger.journal(&transaction.id).await?;
        let known = |line: &&JournalEntry| line.kind == KIND && line.doc["refunds"] == json!(refunds);
        if journal.iter().any(|line| known(&line)) {
            return Ok(None);
        }
        let question = Inquire::about(transaction, now());
        let adapter = channel.adapter;
        let Ok(call) = adapter.inquire(&question, &channel) else {
            return Ok(None);
        };
        let (mut trail, told) = (Trail::default(), Mutex::new(None));
        let read = |call: &_, answer: &_| {
            *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(transfer(answer));
            adapter.inquired(&question, &channel, call, answer)
        };
        // What the payment holds is not at stake here: an answer that cannot be believed tells of no transfer either.
        let Outcome::Done(_) = self.drive_with(&channel, call, &mut trail, read).await else {
            return Ok(None);
        };
        let told = told.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(end @ (RefundTransfer::Done | RefundTransfer::Failed)) = told {
            let line = JournalEntry {
                at: now(),
                transaction_id: Some(transaction.id.clone()),
                kind: KIND.to_owned(),
                doc: json!({ "state": end.as_str(), "refunds": refunds, "exchanges": Value::Array(trail.exchanges) }),
            };
            self.ledger.commit(vec![Write::Journal(line)]).await?;
            if end == RefundTransfer::Failed {
                tracing::error!(
                    target: "naru::alert", transaction = transaction.id, payment = transaction.payment_id,
                    "the PG could not send a refund to the buyer's account; the buyer is still owed it, a person must act"
                );
            }
        }
        Ok(told)
    }
}
