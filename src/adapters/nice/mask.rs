//! Members that never reach a log, a journal row or a stored answer, in requests and answers alike.

use crate::adapters::{Mask, mask};

/// In the spelling of the documents and in the Pascal case that some answers have.
pub(super) const MASK: Mask = Mask {
    secret_segment: 0,
    fields: &[
        "accessToken",
        "authToken",
        "bid",
        "BID",
        "buyerEmail",
        "buyerName",
        "buyerTel",
        "encData",
        "receiptNo",
        "refundAccount",
        "refundHolder",
        "vbankNumber",
    ],
};

/// The masked text of an answer.
pub(super) fn masked(body: &str) -> String {
    mask::masked(body, MASK.fields, &["cardNum", "cardNo"])
}
