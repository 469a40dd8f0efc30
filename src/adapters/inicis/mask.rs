//! Members that never reach a log, a journal row or a stored answer: requests, answers and notices alike.

use crate::adapters::{Mask, mask};

/// See the module.
pub(super) const MASK: Mask = Mask {
    secret_segment: 0,
    fields: &[
        "CARD_BillKey",
        "CARD_Billkey",
        "CULT_UserID",
        "HPP_BillKey",
        "HPP_Billkey",
        "HPP_Num",
        "P_CARD_NUM",
        "P_EMAIL",
        "P_HPP_NUM",
        "P_MOBILE",
        "P_RMESG3",
        "P_UNAME",
        "P_VACT_NUM",
        "VACT_InputName",
        "VACT_Num",
        "accountNumber",
        "authToken",
        "billKey",
        "billkey",
        "buyerEmail",
        "buyerMail",
        "buyerName",
        "buyerTel",
        "buyeremail",
        "buyername",
        "buyertel",
        "cardExpire",
        "cardNumber",
        "cardPw",
        "custEmail",
        "depositName",
        "nm_input",
        "no_vacct",
        "parentEmail",
        "refundAcctName",
        "refundAcctNum",
        "regNo",
        "regNum",
        "senderName",
    ],
};

/// The masked text of an answer.
pub(super) fn masked(body: &str) -> String {
    mask::masked(
        body.trim(),
        MASK.fields,
        &["CARD_Num", "cardnum", "CARD_Number", "cardno"],
    )
}
