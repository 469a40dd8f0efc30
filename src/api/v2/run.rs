//! Doing what was planned: commands through the engine, queries from the ledger.

use super::billing;
use super::cash;
use super::error::ApiError;
use super::feed;
use super::input::{InstantCommand, ListQuery};
use super::plan::{Command, Query};
use super::render::{self, CancelAnswer, Items, Page, PageInfo, PaidInstantly, Summary};
use super::session;
use crate::channels::{Snapshot, Store};
use crate::engine::{Engine, EngineError};
use crate::ledger::{Ledger, PreRegistration, Write};
use crate::payment::{MethodKind, Millis, Status};
use crate::routing::{self, Wish};
use serde::Serialize;
use std::sync::Arc;

/// A body.
///
/// # Errors
/// It cannot be written as JSON, which is a mistake here.
pub fn json<T: Serialize>(value: &T) -> Result<String, ApiError> {
    serde_json::to_string(value).map_err(|_| ApiError::internal())
}

/// Runs a command; the answer is the body of a 200.
///
/// # Errors
/// What the engine, the routing or the ledger refuse.
pub async fn command(
    engine: Arc<Engine>,
    snapshot: Arc<Snapshot>,
    command: Command,
    public_url: Arc<str>,
    now: Millis,
) -> Result<String, ApiError> {
    match command {
        Command::CreateSession(command) => session::run_create(&engine, *command, &public_url).await,
        Command::CloseSession { store_id, id } => session::run_close(&engine, &store_id, &id).await,
        Command::PreRegister(announced) => pre_register(engine.ledger.as_ref(), announced).await,
        Command::Confirm(request) => {
            let transaction = Box::pin(engine.confirm(*request)).await?;
            json(&Summary::from(&transaction))
        }
        Command::Cancel(request) => {
            let (_, cancellation) = Box::pin(engine.cancel(*request)).await?;
            json(&CancelAnswer {
                cancellation: (&cancellation).into(),
            })
        }
        Command::Resend(request) => super::resend::run(engine.ledger.as_ref(), &request).await,
        Command::Billing(command) => Box::pin(billing::command(engine, snapshot, command, now)).await,
        Command::Instant(request) => Box::pin(instant(&engine, &snapshot, *request, now)).await,
        Command::Account(request) => Box::pin(cash::account(&engine, &snapshot, *request, now)).await,
        Command::CloseAccount { store_id, payment_id } => Box::pin(cash::close(&engine, &store_id, &payment_id)).await,
        Command::IssueReceipt(request) => Box::pin(cash::issue_receipt(&engine, &snapshot, *request, now)).await,
        Command::CancelReceipt { store_id, payment_id } => {
            Box::pin(cash::cancel_receipt(&engine, &store_id, &payment_id)).await
        }
        Command::Escrow(request) => Box::pin(cash::escrow(&engine, *request)).await,
    }
}

async fn instant(
    engine: &Arc<Engine>,
    snapshot: &Arc<Snapshot>,
    request: InstantCommand,
    now: Millis,
) -> Result<String, ApiError> {
    let InstantCommand {
        channel,
        attempt,
        input,
    } = request;
    let wish = Wish {
        card_digits: input.card.first_digits(),
        ..attempt.wish(now)
    };
    let routed = routing::route(snapshot, channel.selector(), &wish);
    let routed = match routed {
        Ok(routed) => routed,
        Err(error) => {
            let ledger = engine.ledger.as_ref();
            return Err(standing_or(ledger, &attempt.store_id, &attempt.payment_id, error.into()).await);
        }
    };
    let transaction = Box::pin(engine.instant(routed, attempt, input)).await?;
    json(&PaidInstantly {
        payment: (&transaction).into(),
    })
}

/// A channel may be closed between a try and its repeat. The repeat must still learn that the payment is paid, or not
/// decided yet: "no such channel" would read as "not paid".
pub async fn standing_or(ledger: &dyn Ledger, store_id: &str, payment_id: &str, error: ApiError) -> ApiError {
    match ledger.payment(store_id, payment_id).await {
        Err(failed) => failed.into(),
        Ok(Some(t)) if matches!(t.status, Status::Approving | Status::Unknown) => {
            ApiError::outcome_unknown("an earlier request for this payment")
        }
        Ok(Some(t)) if t.status.is_live() => ApiError::already_paid(),
        Ok(_) => error,
    }
}

async fn pre_register(ledger: &dyn Ledger, announced: PreRegistration) -> Result<String, ApiError> {
    let payment = ledger.payment(&announced.store_id, &announced.payment_id).await?;
    if payment.is_some_and(|t| t.status.is_settled()) {
        return Err(EngineError::AlreadyPaid.into());
    }
    ledger.commit(vec![Write::PreRegister(announced)]).await?;
    Ok("{}".to_owned())
}

/// Answers a query; the answer is the body of a 200.
///
/// # Errors
/// `PAYMENT_NOT_FOUND`; the ledger failed.
pub async fn query(ledger: &dyn Ledger, store: &Store, query: Query) -> Result<String, ApiError> {
    let merchant = &store.merchant_id;
    match query {
        Query::Payment(id) => {
            let found = ledger.payment(&store.id, &id).await?;
            let found = found.ok_or_else(ApiError::payment_not_found)?;
            let card = found.method_kind == MethodKind::Card;
            let receipt = match (card, &found.cash_receipt) {
                (false, None) => ledger.receipt(&store.id, &id).await?,
                _ => None,
            };
            let sent = ledger.deliveries_of(&store.id, &id).await?;
            let mut shown = render::payment(&found, merchant).with_webhooks(&sent);
            if let Some(receipt) = &receipt {
                shown.beside(render::receipt::beside(&found, receipt));
            }
            json(&shown)
        }
        Query::Transactions(id) => {
            let attempts = ledger.attempts(&store.id, &id).await?;
            if attempts.is_empty() {
                return Err(ApiError::payment_not_found());
            }
            let sent = ledger.deliveries_of(&store.id, &id).await?;
            let shown = |t| render::transaction(t, merchant).with_webhooks(&sent);
            let items = attempts.iter().map(shown).collect();
            json(&Items { items })
        }
        Query::Receipt(id) => cash::receipt(ledger, store, &id).await,
        Query::Receipts(query) => cash::receipts(ledger, store, &query).await,
        Query::StoreReceipt(id) => cash::store_receipt(ledger, store, &id).await,
        Query::Capture(id) => feed::capture(ledger, store, &id).await,
        Query::StopCancellation {
            payment_id,
            cancellation_id,
        } => feed::stop_cancellation(ledger, store, &payment_id, &cancellation_id).await,
        Query::PaymentsByCursor(filter) => feed::payments(ledger, store, &filter).await,
        Query::EventsByCursor(filter) => feed::events(ledger, store, *filter).await,
        Query::Billing(query) => billing::query(ledger, store, query).await,
        Query::Payments(list) => payments(ledger, merchant, &list).await,
    }
}

async fn payments(ledger: &dyn Ledger, merchant: &str, list: &ListQuery) -> Result<String, ApiError> {
    let (found, total_count) = if list.nothing {
        (Vec::new(), 0)
    } else {
        ledger.list(&list.filter).await?
    };
    json(&Page {
        items: found.iter().map(|t| render::payment(t, merchant)).collect(),
        page: PageInfo {
            number: list.number,
            size: list.size,
            total_count,
        },
    })
}
