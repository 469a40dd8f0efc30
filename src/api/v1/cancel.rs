//! `POST /payments/cancel`.

use super::decode::{CODE, LINE, Params};
use super::error::{NOTHING_TO_CANCEL, V1Error};
use super::payments::{by_imp_uid, shown};
use super::{Answer, Call, codes};
use crate::adapters::RefundAccount;
use crate::engine::{CancelRequest, EngineError};
use crate::payment::{Transaction, Trigger};

/// What PGs are told when the merchant gives no reason.
const NO_REASON: &str = "API 취소 요청";

/// Cancels by `imp_uid` (which wins) or `merchant_uid`; `amount` absent or 0 takes all that is left.
///
/// `tax_free` and `vat_amount` left out are split by the engine: taxable money first, VAT 1/11. PortOne takes a missing
/// `tax_free` for 0 at most PGs, which is the same as long as taxable money is left; what can only be tax-free is
/// cancelled as such instead of being refused. `retain_promotion` and `extra.requester` matter to promotions and wallets
/// that this router does not have.
///
/// # Errors
/// V1's own words for nothing to cancel and cancelled before; else what the engine refuses.
pub(super) async fn cancel(call: &Call, params: &mut Params) -> Result<Answer, V1Error> {
    let imp_uid = params.id("imp_uid")?;
    let merchant_uid = params.id("merchant_uid")?;
    let found = match (&imp_uid, &merchant_uid) {
        (Some(imp_uid), _) => by_imp_uid(call, imp_uid).await?,
        (None, Some(merchant_uid)) => call.engine.ledger.payment(&call.store.id, merchant_uid).await?,
        (None, None) => return Err(V1Error::neither("imp_uid", "merchant_uid")),
    };
    // Only an attempt that holds money is the one that a cancellation of its payment means: another attempt of the
    // same merchant_uid may be the paid one.
    let found = found.filter(|t| t.status.is_live());
    let found = found.ok_or_else(|| V1Error::business(NOTHING_TO_CANCEL))?;
    let request = read(call, params, &found)?;
    match Box::pin(call.engine.cancel(request)).await {
        Ok((transaction, _)) => Answer::ok(&shown(&transaction)),
        Err(EngineError::NotFound) => Err(V1Error::business(NOTHING_TO_CANCEL)),
        Err(error) => Err(error.into()),
    }
}

fn read(call: &Call, params: &mut Params, found: &Transaction) -> Result<CancelRequest, V1Error> {
    let currency = found.currency;
    let told = call.store.v1.as_ref().is_some_and(|v1| v1.cancel_webhooks);
    Ok(CancelRequest {
        store_id: call.store.id.clone(),
        payment_id: found.payment_id.clone(),
        amount: params.amount("amount", currency)?.filter(|amount| *amount > 0),
        tax_free: params.amount("tax_free", currency)?,
        vat: params.amount("vat_amount", currency)?,
        reason: params.text("reason", LINE)?.unwrap_or_else(|| NO_REASON.to_owned()),
        current_cancellable: params.amount("checksum", currency)?,
        refund_account: refund_account(params)?,
        trigger: Trigger::Api,
        // PortOne tells nobody of a cancellation by API unless asked to.
        skip_webhook: !params.flag("enable_webhook")?.unwrap_or(told),
    })
}

fn refund_account(params: &mut Params) -> Result<Option<RefundAccount>, V1Error> {
    params.text("refund_tel", CODE)?;
    let holder = params.text("refund_holder", LINE)?;
    let bank = params.text("refund_bank", CODE)?;
    let number = params.text("refund_account", CODE)?;
    let (Some(holder_name), Some(bank), Some(number)) = (&holder, &bank, &number) else {
        if holder.is_none() && bank.is_none() && number.is_none() {
            return Ok(None);
        }
        let message = "must be given together: refund_holder, refund_bank, refund_account";
        return Err(params.fail("refund_account", message));
    };
    if !number.bytes().all(|b| b.is_ascii_digit() || b == b'-') || !number.bytes().any(|b| b.is_ascii_digit()) {
        return Err(params.fail("refund_account", "must be digits, hyphens allowed"));
    }
    let bank = codes::bank_word(bank).ok_or_else(|| {
        params.fail(
            "refund_bank",
            "must be a bank's KFTC code, e.g. 004, or its PG form, e.g. BK04",
        )
    })?;
    Ok(Some(RefundAccount {
        bank: bank.to_owned(),
        number: number.clone(),
        holder_name: holder_name.clone(),
    }))
}
