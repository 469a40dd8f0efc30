//! Transaction ids that adapters make for their PG ([`Call::claim`]): made sure to be one operation's alone.

use super::request::EngineError;
use super::{Engine, ids};
use crate::adapters::{Call, ChannelRevision, Refusal};
use crate::ledger::{LedgerError, Write};

/// Order numbers tried before giving up: each meets another of the same second with a chance of at most 1 in 10,000 an
/// operation.
const DRAWS: usize = 16;

impl Engine {
    /// Builds an operation under fresh order numbers until the transaction id that it makes is its own. The claim is
    /// committed before the intent; one without an intent is merely never used.
    pub(super) async fn under_own_id<C>(
        &self,
        channel: &ChannelRevision,
        build: impl Fn(String) -> C,
        first_call: impl Fn(&C) -> Result<Call, Refusal>,
    ) -> Result<(C, Call), EngineError> {
        for _ in 0..DRAWS {
            let command = build(ids::order_id());
            let call = first_call(&command).map_err(EngineError::Refused)?;
            let Some(pg_tx_id) = call.claim.clone() else {
                return Ok((command, call));
            };
            let claim = Write::Claim {
                provider: channel.spec.provider.clone(),
                mid: channel.spec.mid.clone(),
                pg_tx_id,
            };
            match self.ledger.commit(vec![claim]).await {
                Ok(()) => return Ok((command, call)),
                Err(LedgerError::Duplicate) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let message = "every transaction id drawn was taken: too many operations of this MID in one second";
        Err(EngineError::Storage(message.to_owned()))
    }
}
