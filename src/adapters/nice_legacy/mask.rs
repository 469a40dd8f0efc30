//! Members that never reach a log, a journal row or a stored answer: requests, answers and notices alike.

use crate::adapters::{Mask, mask};

/// NICE sends the merchant's own key along with its notices, in the clear.
pub(super) const MASK: Mask = Mask {
    secret_segment: 0,
    fields: &[
        "AuthToken",
        "BID",
        "BuyerAuthNum",
        "BuyerEmail",
        "BuyerName",
        "BuyerTel",
        "CancelPwd",
        "EncData",
        "MerchantKey",
        "ReceiptTypeNo",
        "RefundAcctNm",
        "RefundAcctNo",
        "UserCI",
        "VbankAccountName",
        "VbankInputName",
        "VbankNum",
        "name",
    ],
};

/// The masked text of an answer.
pub(super) fn masked(body: &str) -> String {
    mask::masked(body.trim(), MASK.fields, &["CardNo"])
}
