//! `POST /payments/{paymentId}/cancel`.

use crate::adapters::RefundAccount;
use crate::api::v2::banks;
use crate::api::v2::decode::Object;
use crate::api::v2::error::ApiError;
use crate::api::v2::limits;
use crate::engine::CancelRequest;
use crate::payment::Trigger;

/// Decodes the body. `requester`, `refundEmail`, `promotionDiscountRetainOption` and `refundAccount.holderPhoneNumber`
/// are checked and then left: they matter to PGs and promotions that this router does not have.
///
/// # Errors
/// 400 naming the field.
pub fn cancel(body: &mut Object<'_>, store_id: &str, payment_id: &str) -> Result<CancelRequest, ApiError> {
    body.word("requester", &[("CUSTOMER", ()), ("ADMIN", ())])?;
    body.word("promotionDiscountRetainOption", &[("RETAIN", ()), ("RELEASE", ())])?;
    body.text("refundEmail", limits::LINE)?;
    Ok(CancelRequest {
        store_id: store_id.to_owned(),
        payment_id: payment_id.to_owned(),
        amount: body.amount("amount")?,
        tax_free: body.part("taxFreeAmount")?,
        vat: body.part("vatAmount")?,
        reason: body.need_text("reason", limits::REASON)?,
        current_cancellable: body.part("currentCancellableAmount")?,
        refund_account: refund_account(body)?,
        trigger: Trigger::Api,
        skip_webhook: body.flag("skipWebhook")?.unwrap_or(false),
    })
}

fn refund_account(body: &mut Object<'_>) -> Result<Option<RefundAccount>, ApiError> {
    let Some(mut account) = body.object("refundAccount")? else {
        return Ok(None);
    };
    let bank = account.need_text("bank", limits::CODE)?;
    if !banks::is_bank(&bank) {
        return Err(account.fail("bank", "must be a PortOne V2 Bank word, e.g. KOOKMIN"));
    }
    let number = account.need_text("number", limits::CODE)?;
    if !number.bytes().all(|b| b.is_ascii_digit() || b == b'-') || !number.bytes().any(|b| b.is_ascii_digit()) {
        return Err(account.fail("number", "must be digits, hyphens allowed"));
    }
    account.text("holderPhoneNumber", limits::CODE)?;
    Ok(Some(RefundAccount {
        bank,
        number,
        holder_name: account.need_text("holderName", limits::LINE)?,
    }))
}
