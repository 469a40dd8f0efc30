//! What NICE's codes mean to this interface; the code book itself is shared with the older one.

use super::wire::Told;
use crate::adapters::nice_common::results::{self, Class};
use crate::adapters::{Outcome, UnknownWhy};
use crate::payment::Failure;

pub(super) use crate::adapters::nice_common::results::Call;

/// The failure that a refusal tells.
pub(super) fn failure(call: Call, told: &Told) -> Failure {
    let (code, message) = (told.code(), told.message());
    let (kind, _) = results::meaning(call, &code, &message);
    Failure::new(kind, code, message)
}

/// What a refusal ends as.
pub(super) fn refused<T>(call: Call, told: &Told) -> Outcome<T> {
    let (code, message) = (told.code(), told.message());
    match results::meaning(call, &code, &message) {
        (kind, Class::Refused) => Outcome::Declined(Failure::new(kind, code, message)),
        (_, Class::Ask) => Outcome::Unknown(UnknownWhy {
            code,
            message,
            ask_first: true,
        }),
    }
}
