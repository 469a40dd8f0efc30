//! How an exchange fails, before it is put into the words of the contract.

use super::{Exchange, codes};
use crate::adapters::UnknownWhy;
use crate::payment::{Failure, FailureKind};

/// A failed exchange.
#[derive(Debug)]
pub(super) struct Fault {
    /// One of [`codes`].
    pub(super) code: &'static str,
    pub(super) message: String,
    /// Whether a byte of the request may have left this machine.
    pub(super) sent: bool,
}

impl Fault {
    /// Nothing was sent, provably.
    pub(super) fn unsent(code: &'static str, message: String) -> Self {
        Self {
            code,
            message,
            sent: false,
        }
    }

    /// Whether it says something about the PG's health, not about the call or our own limits.
    pub(super) fn is_transport(&self) -> bool {
        !matches!(
            self.code,
            codes::BULKHEAD | codes::BREAKER_OPEN | codes::HOST_REFUSED | codes::REQUEST
        )
    }

    /// Whether a request that provably did not leave may go out on another connection: the pooled one had been closed
    /// by the PG while it was idle.
    pub(super) fn is_stale(&self) -> bool {
        !self.sent && matches!(self.code, codes::RESET | codes::UNREADABLE)
    }
}

impl From<Fault> for Exchange {
    fn from(fault: Fault) -> Self {
        if fault.sent {
            return Self::Unknown(UnknownWhy {
                code: fault.code.to_owned(),
                message: fault.message,
                ask_first: false,
            });
        }
        let kind = match fault.code {
            codes::HOST_REFUSED => FailureKind::Tampered,
            codes::REQUEST => FailureKind::BadRequest,
            _ => FailureKind::PgDown,
        };
        Self::NotSent(Failure::new(kind, fault.code, fault.message))
    }
}
