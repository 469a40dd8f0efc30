//! Virtual accounts without a window, and closing any account before its deposit.
//!
//! A deadline that merely passes changes nothing here: PGs expire accounts silently, and a deposit that a bank still
//! takes is late truth like any other. Only closing ends an account.

use super::attempt::{apply, approved, check_feature, check_limits, is_decided, new_transaction};
use super::command::Command;
use super::operation::Change;
use super::request::{AccountInput, EngineError, NewAttempt};
use super::{Engine, ids, now};
use crate::adapters::{CloseAccount, Feature, IssueAccount, Refusal};
use crate::ledger::LedgerError;
use crate::payment::{Event, Failure, FailureKind, Status, Transaction};
use crate::routing::Routed;
use std::sync::Arc;

/// PortOne's console shows a closed account as a failed payment with this reason.
pub(super) const CLOSED: &str = "가상계좌 말소";

/// The failure of a payment whose account was closed.
pub(super) fn closed() -> Failure {
    Failure::new(FailureKind::AccountClosed, "NARU_ACCOUNT_CLOSED", CLOSED)
}

impl Engine {
    /// Issues a virtual account by a server call. `Ok` is an issued (or already deposited) transaction.
    ///
    /// # Errors
    /// See [`EngineError`].
    pub async fn issue_account(
        self: &Arc<Self>,
        routed: Routed,
        attempt: NewAttempt,
        input: AccountInput,
    ) -> Result<Transaction, EngineError> {
        let at = now();
        check_limits(&routed.channel, &attempt)?;
        check_feature(&routed.channel, Feature::VirtualAccountIssue)?;
        if input.escrow {
            check_feature(&routed.channel, Feature::Escrow)?;
        }
        let build = |order_id: String| {
            Command::IssueAccount(Box::new(IssueAccount {
                order_id,
                amounts: attempt.amounts,
                currency: attempt.currency,
                order_name: attempt.order_name.clone(),
                idempotency_key: ids::operation_id(),
                at,
                bank: input.bank.clone(),
                expiry: input.expiry,
                kind: input.kind.clone(),
                remittee: input.remittee.clone(),
                customer_name: input.customer_name.clone(),
                customer_email: input.customer_email.clone(),
                customer_phone: input.customer_phone.clone(),
                receipt: input.receipt.clone(),
                escrow: input.escrow,
                products: attempt.extras.get("products").cloned(),
            }))
        };
        let own = self.under_own_id(&routed.channel, build, |command| command.first_call(&routed.channel));
        let (command, call) = own.await?;
        let order_id = match &command {
            Command::IssueAccount(issue) => issue.order_id.clone(),
            _ => return Err(EngineError::NotFound),
        };
        let (store_id, payment_id) = (attempt.store_id.clone(), attempt.payment_id.clone());
        let mut transaction = new_transaction(&routed, attempt, order_id, at);
        apply(&mut transaction, &Event::ApprovalStarted, at)?;
        let channel = Arc::clone(&routed.channel);
        match self
            .start(transaction, Change::Insert, command, call, channel, None)
            .await
        {
            Ok(started) => {
                let id = started.transaction.id.clone();
                let task = self.run(started);
                approved(self.outcome_of(&id, task, is_decided).await?)
            }
            Err(LedgerError::LiveApproval) => Err(self.join_live(&store_id, &payment_id).await),
            Err(error) => Err(error.into()),
        }
    }

    /// Closes an account that waits for its deposit. `Ok` is the failed transaction.
    ///
    /// # Errors
    /// [`EngineError::NotWaitingForDeposit`]; else see [`EngineError`].
    pub async fn close_account(self: &Arc<Self>, store_id: &str, payment_id: &str) -> Result<Transaction, EngineError> {
        let stored = self.ledger.payment(store_id, payment_id).await?;
        let stored = stored.ok_or(EngineError::NotFound)?;
        if stored.status != Status::VirtualAccountIssued {
            return Err(EngineError::NotWaitingForDeposit);
        }
        let at = now();
        let channel = self.revision_for(&stored).await?;
        if channel.adapter.virtual_accounts().is_none() {
            check_feature(&channel, Feature::VirtualAccountIssue)?;
            let message = "the channel's PG closes no accounts by a call";
            return Err(EngineError::Unsupported(Refusal::new("paymentId", message)));
        }
        let command = Command::CloseAccount(Box::new(CloseAccount {
            pg_tx_id: stored.pg_tx_id.clone().unwrap_or_default(),
            order_id: stored.order_id.clone(),
            amounts: stored.amounts,
            currency: stored.currency,
            reason: CLOSED.to_owned(),
            idempotency_key: ids::operation_id(),
            at,
            keep: self.open_keep(&stored.id, stored.keep.as_ref()),
        }));
        let call = command.first_call(&channel).map_err(EngineError::Refused)?;
        let mut transaction = stored.clone();
        apply(&mut transaction, &Event::AskStarted, at)?;
        let change = Change::Update {
            expected: stored.version,
        };
        let over = |t: &Transaction| t.status != Status::VirtualAccountIssued;
        let settled = match self.start(transaction, change, command, call, channel, None).await {
            Ok(started) => self.told(started, over).await?,
            // Somebody closes it already, or its deposit came at this very moment.
            Err(LedgerError::OpenIntent | LedgerError::Stale) => {
                let deadline = self.deadline();
                self.wait_until(&stored.id, deadline, over).await?
            }
            Err(error) => return Err(error.into()),
        };
        match settled.status {
            Status::Failed => Ok(settled),
            _ => Err(EngineError::NotWaitingForDeposit),
        }
    }
}
