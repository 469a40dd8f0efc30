//! Members that never reach a log, a journal row or a stored answer.

use crate::adapters::{Mask, mask};

/// Card data, names, addresses, and the key of a fetch. `data` is a whole deposit notice.
pub(super) const MASK: Mask = Mask {
    secret_segment: 0,
    fields: &[
        "cardNumb",
        "data",
        "expiryDate",
        "password2",
        "sndCommConId",
        "userEmail",
        "userInfo",
        "userName",
    ],
};

/// The same for answers, whose `data` is the answer itself.
pub(super) const ANSWERS: Mask = Mask {
    secret_segment: 0,
    fields: &[
        "cardNumb",
        "expiryDate",
        "password2",
        "sndCommConId",
        "userEmail",
        "userInfo",
        "userName",
    ],
};

/// The masked text of a REST answer.
pub(super) fn masked(body: &str) -> String {
    mask::masked(body.trim(), &["expiryDate", "userName"], &["cardNumb"])
}
