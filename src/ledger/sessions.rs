//! Hosted checkout pages (PortOne V2 `PaymentSession`): what was announced for one, until when, and whether it was closed.

use super::LedgerError;
use crate::payment::Millis;
use futures_util::future::BoxFuture;
use serde_json::Value;

/// A session.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionRow {
    /// Id (unguessable: who has it sees the order and may pay it).
    pub id: String,
    /// Store.
    pub store_id: String,
    /// Payment that the page makes.
    pub payment_id: String,
    /// The rest of the request, as PortOne V2 `PaymentSession` shows it.
    pub doc: Value,
    /// When, ms.
    pub created_at: Millis,
    /// The page opens no window after this, ms.
    pub expires_at: Millis,
    /// Closed by the merchant, ms.
    pub closed_at: Option<Millis>,
}

/// Sessions of the ledger; they are written by [`super::Write::Session`], which closes one that is there.
pub trait SessionLedger: Send + Sync {
    /// A session by its id.
    fn session<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<SessionRow>, LedgerError>>;
}
