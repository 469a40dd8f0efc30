//! Success codes, which differ per method, and what refusals mean; the code book itself is shared with the newer
//! interface.

use super::wire::Told;
use crate::adapters::nice_common::results::{self, Class};
use crate::adapters::{Outcome, UnknownWhy};
use crate::payment::Failure;

pub(super) use crate::adapters::nice_common::results::Call;

/// `PayMethod` and the code that means success of an approval by it.
static APPROVED: &[(&str, &str)] = &[
    ("CARD", "3001"),
    ("BANK", "4000"),
    // Issued, not paid.
    ("VBANK", "4100"),
    ("CELLPHONE", "A000"),
    ("SSG_BANK", "0000"),
    ("CMS_BANK", "0000"),
    ("GIFT_CULT", "0000"),
    ("GIFT_SSG", "0000"),
];

/// Whether a code is the success of an approval by this method: no other method's success is.
pub(super) fn is_approved(pay_method: &str, code: &str) -> bool {
    APPROVED.iter().any(|row| row.0 == pay_method && row.1 == code)
}

/// Whether a code is the success of a cancellation: cancelled, or refunded.
pub(super) fn is_cancelled(code: &str) -> bool {
    matches!(code, "2001" | "2211")
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
