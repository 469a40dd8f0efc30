//! Hosted checkout pages: an order that a page makes, until it ends.

use super::request::EngineError;
use super::{Engine, now};
use crate::ledger::{PreRegistration, SessionRow, Write};

impl Engine {
    /// Opens a session. Its amount is announced with it, so that no buyer pays another.
    ///
    /// # Errors
    /// [`EngineError::AlreadyPaid`]; storage.
    pub async fn open_session(&self, session: SessionRow, announced: PreRegistration) -> Result<(), EngineError> {
        let payment = self.ledger.payment(&session.store_id, &session.payment_id).await?;
        if payment.is_some_and(|t| t.status.is_live()) {
            return Err(EngineError::AlreadyPaid);
        }
        let writes = vec![Write::Session(Box::new(session)), Write::PreRegister(announced)];
        Ok(self.ledger.commit(writes).await?)
    }

    /// Closes a session, once: a second call tells when it was. `None` if the store has no such session.
    ///
    /// # Errors
    /// Storage.
    pub async fn close_session(&self, store_id: &str, id: &str) -> Result<Option<SessionRow>, EngineError> {
        let found = self.ledger.session(id).await?;
        let Some(session) = found.filter(|session| session.store_id == store_id) else {
            return Ok(None);
        };
        if session.closed_at.is_some() {
            return Ok(Some(session));
        }
        let closed = SessionRow {
            closed_at: Some(now()),
            ..session
        };
        self.ledger.commit(vec![Write::Session(Box::new(closed))]).await?;
        Ok(self.ledger.session(id).await?)
    }
}
