//! `/vbanks`: virtual accounts (가상계좌) without a window.

use super::channel::{route, standing_or};
use super::decode::{CODE, LINE, Params};
use super::error::V1Error;
use super::payments::{need, shown};
use super::{Answer, Call, codes, order};
use crate::adapters::{AccountExpiry, AccountKind};
use crate::engine::{AccountInput, EngineError};
use crate::payment::{MethodKind, Status};

/// `POST /vbanks`.
pub(super) async fn issue(call: &Call, params: &mut Params) -> Result<Answer, V1Error> {
    let merchant_uid = params.need_id("merchant_uid")?;
    let bank = params.need("vbank_code", CODE)?;
    let bank =
        codes::bank_word(&bank).ok_or_else(|| params.fail("vbank_code", "must be a bank's KFTC code, e.g. 004"))?;
    let due = params.time("vbank_due")?.ok_or_else(|| V1Error::missing("vbank_due"))?;
    let kind = match (params.text("vbank_key", LINE)?, params.text("vbank_num", CODE)?) {
        (Some(key), _) => AccountKind::FixedKey(key),
        (None, Some(number)) => AccountKind::FixedNumber(number),
        (None, None) => AccountKind::Normal,
    };
    let remittee = params.text("vbank_holder", LINE)?;
    let attempt = order::attempt(call, params, &merchant_uid, MethodKind::VirtualAccount)?;
    let routed = route(call, params, &attempt, None).await?;
    let input = AccountInput {
        bank: bank.to_owned(),
        expiry: AccountExpiry::Due(due),
        kind,
        remittee,
        receipt: None,
        escrow: false,
        customer_name: order::member(&attempt.customer, "name"),
        customer_email: order::member(&attempt.customer, "email"),
        customer_phone: order::member(&attempt.customer, "phoneNumber"),
    };
    match Box::pin(call.engine.issue_account(routed, attempt, input)).await {
        Ok(transaction) => Answer::ok(&shown(&transaction)),
        Err(EngineError::AlreadyPaid) => Err(standing_or(call, &merchant_uid, EngineError::AlreadyPaid.into()).await),
        Err(error) => Err(error.into()),
    }
}

/// `DELETE /vbanks/{imp_uid}`: closes an account before its deposit.
pub(super) async fn close(call: &Call) -> Result<Answer, V1Error> {
    let found = need(call, call.id(0)).await?;
    if found.status != Status::VirtualAccountIssued {
        return Err(EngineError::NotWaitingForDeposit.into());
    }
    let closed = Box::pin(call.engine.close_account(&call.store.id, &found.payment_id)).await?;
    Answer::ok(&shown(&closed))
}
