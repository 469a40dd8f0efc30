//! Inquiry: KSNET has none. A lost approval is learned by repeating its call, a cancellation by repeating it.

use crate::adapters::Refusal;

/// Why nothing can be asked.
pub(super) fn refusal() -> Refusal {
    Refusal::new(
        "pgTxId",
        "cannot be asked for: KSNET publishes no inquiry; look it up in KSTA",
    )
}
