//! The strict half of reading. KCP signs no answer: a success is believed because it came over TLS from KCP's host and
//! names our amount and, where it names any, our order.

use super::wire::Told;
use crate::adapters::{Outcome, Step, UnknownWhy};

/// Checks an approval's order and amount and gives its `tno`.
pub(super) fn approval(told: &Told, order_id: &str, total: i64) -> Result<String, UnknownWhy> {
    let Some(tno) = told.text("tno") else {
        return Err(doubt("NARU_WRONG_TID", "KCP's success names no tno"));
    };
    // The browser could have brought another order's authentication.
    if told.text("order_no").is_some_and(|own| own != order_id) {
        return Err(doubt(
            "NARU_WRONG_ORDER_ID",
            format!("KCP approved tno {tno} for another order number than ours"),
        ));
    }
    match told.whole("amount") {
        Some(amount) if amount == total => Ok(tno),
        _ => Err(doubt(
            "NARU_WRONG_AMOUNT",
            format!("KCP's answer for tno {tno} does not say the {total} asked for"),
        )),
    }
}

/// Whether an answer is about the transaction that was asked for.
pub(super) fn same_tno(told: &Told, tno: &str) -> Result<(), UnknownWhy> {
    if told.text("tno").as_deref() == Some(tno) {
        return Ok(());
    }
    Err(doubt(
        "NARU_WRONG_TID",
        "KCP's answer names another tno than the one asked for, or none",
    ))
}

/// An answer that came but is not believed: ask before anything else.
pub(super) fn doubt(code: &str, message: impl Into<String>) -> UnknownWhy {
    UnknownWhy {
        code: code.to_owned(),
        message: message.into(),
        ask_first: true,
    }
}

/// A finished step with an unknown outcome.
pub(super) fn unknown<T>(why: UnknownWhy) -> Step<T> {
    Step::Done(Outcome::Unknown(why))
}
