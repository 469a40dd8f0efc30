//! Payment windows: opening one, what its return means, and manual approval.

use super::attempt::{apply, approved, check_feature, check_limits, is_decided, new_transaction};
use super::command::Command;
use super::operation::Change;
use super::report::{SKIP_WEBHOOK, log, outbox_row, outstanding};
use super::request::{ConfirmRequest, EngineError, NewAttempt, OpenedAttempt, Returned, WindowInput};
use super::{Engine, exchange, ids, ms, now};
use crate::adapters::{
    Approve, ChannelRevision, Device, Feature, Open, OpenRequest, Outcome, Refusal, Step, WindowReturn, WindowVerdict,
    WireAnswer,
};
use crate::ledger::{AttemptRow, JournalEntry, LedgerError, Write};
use crate::payment::{Event, Failure, FailureKind, Status, Transaction};
use crate::routing::Routed;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// What a token of ours leads to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Token {
    /// An open window, by the token in its return URL.
    Window {
        expected: Box<Approve>,
        /// What the browser must do, for the page on our own origin that does it.
        open: Box<Open>,
        keep: Option<Value>,
        redirect_url: Option<String>,
        manual: bool,
        payment_token: Option<String>,
    },
    /// An authentication that waits for the merchant's confirmation, by its `paymentToken`.
    Payment { approve: Value, expected: Box<Approve> },
}

impl Engine {
    /// Opens a window: registers at the PG where needed, stores the attempt, says what the browser must do.
    ///
    /// # Errors
    /// See [`EngineError`].
    pub async fn open_window(
        self: &Arc<Self>,
        routed: Routed,
        attempt: NewAttempt,
        input: WindowInput,
    ) -> Result<OpenedAttempt, EngineError> {
        let at = now();
        let channel = Arc::clone(&routed.channel);
        check_limits(&channel, &attempt)?;
        let feature = match input.device {
            Device::Pc => Feature::WindowPc,
            Device::Mobile => Feature::WindowMobile,
        };
        check_feature(&channel, feature)?;
        let no_window = || EngineError::Unsupported(Refusal::new("channelKey", "the channel's PG has no window"));
        let window = channel.adapter.window().ok_or_else(no_window)?;
        self.check_open(&attempt).await?;
        let token = ids::token().map_err(|()| EngineError::Storage("no randomness".into()))?;
        let request = open_request(&attempt, &input, &token, at);
        let call = window.register(&request, &channel).map_err(EngineError::Refused)?;
        let mut trail = exchange::Trail::default();
        let registered = match call {
            None => None,
            Some(call) => Some(self.register(&channel, call, &mut trail).await?),
        };
        let opened = window
            .open(&request, &channel, registered.as_ref())
            .map_err(EngineError::Refused)?;
        let transaction = new_transaction(&routed, attempt, request.order_id.clone(), at);
        let row = AttemptRow {
            token: token.clone(),
            transaction_id: transaction.id.clone(),
            doc: to_doc(&Token::Window {
                expected: Box::new(request.expected(String::new(), at)),
                open: Box::new(opened.open.clone()),
                keep: opened.keep.as_ref().map(|keep| self.seal_keep(&transaction.id, keep)),
                redirect_url: input.redirect_url.clone(),
                manual: channel.spec.manual_confirm,
                payment_token: None,
            })?,
            expires_at: at + ms(self.options.window_ttl),
        };
        let mut writes = self.revision_write(&channel)?;
        writes.push(Write::Insert(Box::new(transaction.clone())));
        writes.push(Write::Attempt(Box::new(row)));
        writes.push(Write::Outbox(outbox_row(&transaction, "Transaction.Ready", None, at)));
        writes.push(journal(
            &transaction,
            "window",
            json!({ "exchanges": trail.exchanges, "reason": routed.reason }),
        ));
        self.ledger.commit(writes).await?;
        self.stored_revisions.insert(channel.revision.clone(), ());
        Ok(OpenedAttempt {
            transaction,
            token,
            open: opened.open,
            redirect_url: input.redirect_url,
        })
    }

    /// Whether a new window may open for this payment.
    async fn check_open(&self, attempt: &NewAttempt) -> Result<(), EngineError> {
        let (store_id, payment_id) = (&attempt.store_id, &attempt.payment_id);
        if let Some(standing) = self.ledger.payment(store_id, payment_id).await? {
            match standing.status {
                Status::Ready | Status::Failed => {}
                Status::Approving | Status::Unknown => {
                    let message = "an earlier attempt of this payment has no outcome yet";
                    return Err(outstanding("NARU_OUTCOME_UNKNOWN", message));
                }
                _ => return Err(EngineError::AlreadyPaid),
            }
        }
        if let Some(announced) = self.ledger.pre_registration(store_id, payment_id).await? {
            let same = announced.total.is_none_or(|total| total == attempt.amounts.total)
                && announced.tax_free.is_none_or(|free| free == attempt.amounts.tax_free)
                && announced.currency.is_none_or(|code| code == attempt.currency.code());
            if !same {
                return Err(EngineError::PreRegistered);
            }
        }
        Ok(())
    }

    /// The PG's registration before a window. It moves no money, so whatever fails simply opens nothing.
    pub(super) async fn register(
        &self,
        channel: &ChannelRevision,
        call: crate::adapters::Call,
        trail: &mut exchange::Trail,
    ) -> Result<WireAnswer, EngineError> {
        let read = |_: &crate::adapters::Call, answer: &WireAnswer| Step::Done(Outcome::Done(answer.clone()));
        match self.drive_with(channel, call, trail, read).await {
            Outcome::Done(answer) => Ok(answer),
            Outcome::Declined(failure) | Outcome::NotSent(failure) => Err(EngineError::Pg(failure)),
            Outcome::Unknown(why) => Err(EngineError::Pg(Failure::new(
                FailureKind::PgDown,
                why.code,
                why.message,
            ))),
        }
    }

    /// The browser came back (or reported failure or closing). Approves, unless the channel waits for the merchant.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] for an unknown or expired token; else see [`EngineError`].
    pub async fn window_returned(self: &Arc<Self>, token: &str, back: WindowReturn) -> Result<Returned, EngineError> {
        let (row, found) = self.token_row(token).await?;
        let Token::Window {
            expected,
            keep,
            redirect_url,
            manual,
            payment_token,
            ..
        } = found
        else {
            return Err(EngineError::NotFound);
        };
        let transaction = self.transaction_of(&row).await?;
        if transaction.status != Status::Ready {
            return self.joined(transaction, redirect_url).await;
        }
        if let Some(payment_token) = payment_token {
            return Ok(confirmable(transaction, payment_token, redirect_url));
        }
        if row.expires_at < now() {
            return Err(EngineError::NotFound);
        }
        let used = &transaction.channel;
        let channel = self.exact_revision(&used.key, &used.revision).await?;
        let window = channel.adapter.window().ok_or(EngineError::NotFound)?;
        let keep = self.open_keep(&transaction.id, keep.as_ref());
        let verdict = window.returned(&back, &expected, keep.as_ref(), &channel);
        let outcome = match verdict {
            WindowVerdict::Failed(failure) => self.fail(transaction, failure).await,
            WindowVerdict::Tampered(refusal) => {
                tracing::warn!(
                    target: "naru::security", transaction = transaction.id, channel = used.key, field = refusal.field,
                    "a window's return does not match what was stored; nothing is approved"
                );
                let failure = Failure::new(FailureKind::Tampered, "NARU_RETURN_TAMPERED", refusal.to_string());
                self.fail(transaction, failure).await
            }
            WindowVerdict::Authenticated { token: proof, .. } if manual => {
                let payment_token = self.await_merchant(&row, &transaction, proof, *expected).await?;
                return Ok(confirmable(transaction, payment_token, redirect_url));
            }
            WindowVerdict::Authenticated { token: proof, .. } => {
                let approve = Approve {
                    token: proof,
                    ..*expected
                };
                self.approve_with_consent(transaction, channel, approve).await
            }
        };
        self.returned_as(&row, outcome, redirect_url).await
    }

    /// How the attempt behind a window token stands now.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] for an unknown token.
    pub async fn window_result(&self, token: &str) -> Result<Returned, EngineError> {
        let (row, found) = self.token_row(token).await?;
        let Token::Window {
            redirect_url,
            payment_token,
            ..
        } = found
        else {
            return Err(EngineError::NotFound);
        };
        let transaction = self.transaction_of(&row).await?;
        Ok(match (transaction.status, payment_token) {
            (Status::Ready, Some(payment_token)) => confirmable(transaction, payment_token, redirect_url),
            _ => standing(transaction, redirect_url),
        })
    }

    /// Manual approval by the merchant's server.
    ///
    /// # Errors
    /// See [`EngineError`].
    pub async fn confirm(self: &Arc<Self>, request: ConfirmRequest) -> Result<Transaction, EngineError> {
        let payment = self.ledger.payment(&request.store_id, &request.payment_id).await?;
        let payment = payment.ok_or(EngineError::NotFound)?;
        if payment.status.is_settled() || payment.status == Status::VirtualAccountIssued {
            return Err(EngineError::AlreadyPaid);
        }
        let invalid = |_| EngineError::InvalidToken;
        let (row, found) = self.token_row(&request.payment_token).await.map_err(invalid)?;
        let Token::Payment { approve, expected } = found else {
            return Err(EngineError::InvalidToken);
        };
        let transaction = self.transaction_of(&row).await.map_err(invalid)?;
        if transaction.store_id != request.store_id || transaction.payment_id != request.payment_id {
            return Err(EngineError::InvalidToken);
        }
        check_guards(&request, &transaction)?;
        match transaction.status {
            Status::Ready if row.expires_at >= now() => {}
            Status::Approving | Status::Unknown => {
                return Err(self.join_live(&request.store_id, &request.payment_id).await);
            }
            _ => return Err(EngineError::InvalidToken),
        }
        let token = self
            .open_keep(&transaction.id, Some(&approve))
            .ok_or(EngineError::InvalidToken)?;
        let used = &transaction.channel;
        let channel = self.exact_revision(&used.key, &used.revision).await?;
        let approve = Approve { token, ..*expected };
        let mut transaction = transaction;
        if request.skip_webhook {
            transaction.extras.insert(SKIP_WEBHOOK.to_owned(), true.into());
        }
        approved(self.approve(transaction, channel, approve).await?)
    }

    /// Approves an authenticated attempt. The stored row decides who does it: of two returns at once, one finds the
    /// row changed and joins the other.
    pub(super) async fn approve(
        self: &Arc<Self>,
        stored: Transaction,
        channel: Arc<ChannelRevision>,
        approve: Approve,
    ) -> Result<Transaction, EngineError> {
        let at = now();
        let command = Command::Approve(Approve {
            idempotency_key: ids::operation_id(),
            at,
            ..approve
        });
        let call = match command.first_call(&channel) {
            Ok(call) => call,
            Err(refusal) => {
                let failure = Failure::new(FailureKind::BadRequest, "NARU_NOT_ENCODABLE", refusal.to_string());
                return self.fail(stored, failure).await;
            }
        };
        let mut transaction = stored.clone();
        apply(&mut transaction, &Event::ApprovalStarted, at)?;
        let change = Change::Update {
            expected: stored.version,
        };
        match self.start(transaction, change, command, call, channel, None).await {
            Ok(started) => {
                let task = self.run(started);
                self.outcome_of(&stored.id, task, is_decided).await
            }
            Err(LedgerError::Stale | LedgerError::OpenIntent) => {
                let deadline = self.deadline();
                self.wait_until(&stored.id, deadline, is_decided).await
            }
            Err(LedgerError::LiveApproval) => {
                let message = "another attempt of this payment is approved or being approved";
                let failure = Failure::new(FailureKind::DuplicateOrder, "NARU_ALREADY_PAID", message);
                self.fail(stored, failure).await
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Fails an attempt that never asked for an approval. If the row changed meanwhile, its truth stands.
    pub(super) async fn fail(&self, stored: Transaction, failure: Failure) -> Result<Transaction, EngineError> {
        let at = now();
        let mut transaction = stored.clone();
        apply(&mut transaction, &Event::Failed(failure.clone()), at)?;
        let writes = vec![
            Write::Update {
                transaction: Box::new(transaction.clone()),
                expected: stored.version,
            },
            Write::Outbox(outbox_row(&transaction, "Transaction.Failed", None, at)),
            journal(
                &transaction,
                "return",
                json!({ "event": "Failed", "kind": failure.kind, "code": failure.code }),
            ),
        ];
        match self.ledger.commit(writes).await {
            Ok(()) => {
                let took = at - transaction.requested_at;
                log(&transaction, "window", "declined", Some(&failure.code), took);
                self.waiters.wake(&transaction.id);
                Ok(transaction)
            }
            Err(LedgerError::Stale) => {
                let deadline = self.deadline();
                self.wait_until(&stored.id, deadline, is_decided).await
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Stores an authentication until the merchant confirms it, under a token of its own.
    async fn await_merchant(
        &self,
        row: &AttemptRow,
        transaction: &Transaction,
        proof: Value,
        expected: Approve,
    ) -> Result<String, EngineError> {
        let payment_token = ids::token().map_err(|()| EngineError::Storage("no randomness".into()))?;
        let waiting = AttemptRow {
            token: payment_token.clone(),
            doc: to_doc(&Token::Payment {
                approve: self.seal_keep(&transaction.id, &proof),
                expected: Box::new(expected),
            })?,
            ..row.clone()
        };
        let mut window = row.clone();
        if let Some(doc) = window.doc.as_object_mut() {
            doc.insert("paymentToken".to_owned(), payment_token.clone().into());
        }
        let writes = vec![
            Write::Attempt(Box::new(waiting)),
            Write::Attempt(Box::new(window)),
            journal(
                transaction,
                "return",
                json!({ "event": "Authenticated", "waitsFor": "confirm" }),
            ),
        ];
        self.ledger.commit(writes).await?;
        Ok(payment_token)
    }

    /// A return for an attempt that is past its window: what became of it.
    async fn joined(&self, stored: Transaction, redirect_url: Option<String>) -> Result<Returned, EngineError> {
        if is_decided(&stored) {
            return Ok(standing(stored, redirect_url));
        }
        let deadline = self.deadline();
        match self.wait_until(&stored.id, deadline, is_decided).await {
            Ok(transaction) => Ok(standing(transaction, redirect_url)),
            Err(EngineError::Outstanding(_)) => Ok(Returned::Pending(Box::new(stored))),
            Err(error) => Err(error),
        }
    }

    async fn returned_as(
        &self,
        row: &AttemptRow,
        outcome: Result<Transaction, EngineError>,
        redirect_url: Option<String>,
    ) -> Result<Returned, EngineError> {
        match outcome {
            Ok(transaction) => Ok(standing(transaction, redirect_url)),
            Err(EngineError::Outstanding(_)) => Ok(Returned::Pending(Box::new(self.transaction_of(row).await?))),
            Err(error) => Err(error),
        }
    }

    async fn token_row(&self, token: &str) -> Result<(AttemptRow, Token), EngineError> {
        let row = self.ledger.attempt(token).await?.ok_or(EngineError::NotFound)?;
        let found = serde_json::from_value(row.doc.clone());
        let found = found.map_err(|error| EngineError::Storage(format!("attempt row: {error}")))?;
        Ok((row, found))
    }

    async fn transaction_of(&self, row: &AttemptRow) -> Result<Transaction, EngineError> {
        let stored = self.ledger.transaction(&row.transaction_id).await?;
        stored.ok_or(EngineError::NotFound)
    }
}

fn open_request(attempt: &NewAttempt, input: &WindowInput, token: &str, at: crate::payment::Millis) -> OpenRequest {
    OpenRequest {
        order_id: ids::order_id(),
        amounts: attempt.amounts,
        currency: attempt.currency,
        order_name: attempt.order_name.clone(),
        method: attempt.method,
        device: input.device,
        customer_name: input.customer_name.clone(),
        customer_email: input.customer_email.clone(),
        customer_phone: input.customer_phone.clone(),
        customer_id: input.customer_id.clone(),
        at,
        return_url: format!("{}/checkout/return/{token}", input.public_url.trim_end_matches('/')),
        raw: input.raw.clone(),
    }
}

fn check_guards(request: &ConfirmRequest, transaction: &Transaction) -> Result<(), EngineError> {
    let amounts = &transaction.amounts;
    let checks = [
        ("txId", request.tx_id.as_ref().is_none_or(|id| *id == transaction.id)),
        (
            "currency",
            request
                .currency
                .as_ref()
                .is_none_or(|code| code == transaction.currency.code()),
        ),
        (
            "totalAmount",
            request.total_amount.is_none_or(|total| total == amounts.total),
        ),
        (
            "taxFreeAmount",
            request.tax_free_amount.is_none_or(|free| free == amounts.tax_free),
        ),
        (
            "isTest",
            request.is_test.is_none_or(|test| test != transaction.channel.live),
        ),
    ];
    match checks.into_iter().find(|(_, holds)| !holds) {
        Some((field, _)) => Err(EngineError::Mismatch(field)),
        None => Ok(()),
    }
}

fn to_doc(token: &Token) -> Result<Value, EngineError> {
    serde_json::to_value(token).map_err(|error| EngineError::Storage(error.to_string()))
}

fn journal(transaction: &Transaction, kind: &str, doc: Value) -> Write {
    Write::Journal(JournalEntry {
        at: now(),
        transaction_id: Some(transaction.id.clone()),
        kind: kind.to_owned(),
        doc,
    })
}

fn confirmable(transaction: Transaction, payment_token: String, redirect_url: Option<String>) -> Returned {
    Returned::Confirmable {
        transaction: Box::new(transaction),
        payment_token,
        redirect_url,
    }
}

fn standing(transaction: Transaction, redirect_url: Option<String>) -> Returned {
    let transaction = Box::new(transaction);
    if is_decided(&transaction) {
        return Returned::Finished {
            transaction,
            redirect_url,
        };
    }
    Returned::Pending(transaction)
}
