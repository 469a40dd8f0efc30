//! Members that never reach a log, a journal row or a stored answer: requests, answers, returns and notices alike.

use crate::adapters::{Mask, mask};

/// Card numbers are in the list whatever they look like: KCP masks some with zeros, which look like whole numbers.
pub(super) const MASK: Mask = Mask {
    secret_segment: 0,
    fields: &[
        "account",
        "approvalKey",
        "approval_key",
        "batch_key",
        "bt_batch_key",
        "buyr_mail",
        "buyr_name",
        "buyr_tel1",
        "buyr_tel2",
        "card_expiry",
        "card_mask_no",
        "card_no",
        "card_pwd",
        "card_taxno",
        "cash_id_info",
        "enc_data",
        "enc_info",
        "id_info",
        "ipgm_name",
        "kcp_cert_info",
        "kcp_sign_data",
        "mobile_no",
        "mod_account",
        "mod_depositor",
        "mod_socname",
        "mod_socno",
        "pt_idno",
        "rcvr_add1",
        "rcvr_add2",
        "rcvr_mail",
        "rcvr_name",
        "rcvr_tel1",
        "rcvr_tel2",
        "refund_account",
        "refund_nm",
        "remitter",
        "va_name",
        "va_taxno",
    ],
};

/// The masked text of an answer.
pub(super) fn masked(body: &str) -> String {
    mask::masked(body.trim(), MASK.fields, &[])
}
