//! Request bodies, decoded into what the engine and the ledger understand.

mod account;
mod cancel;
mod customer;
mod escrow;
mod feed;
mod instant;
mod list;
mod order;
mod receipt;

pub use account::{AccountCommand, account};
pub use cancel::cancel;
pub use customer::customer;
pub use escrow::{complete, logistics};
pub use feed::{cursor, feed};
pub use instant::{Channel, InstantCommand, amounts, channel, instant, read_credential};
pub use list::{ListQuery, list, page, pg_providers};
pub use order::extras;
pub use receipt::{ReceiptCommand, ReceiptQuery, receipt, receipts};

use super::decode::Object;
use super::error::ApiError;
use super::limits;
use crate::engine::ConfirmRequest;
use crate::ledger::PreRegistration;

/// `POST /payments/{paymentId}/pre-register`.
///
/// # Errors
/// 400 naming the field.
pub fn pre_register(body: &mut Object<'_>, store_id: &str, payment_id: &str) -> Result<PreRegistration, ApiError> {
    let total = body.amount("totalAmount")?;
    let tax_free = body.part("taxFreeAmount")?;
    if let (Some(total), Some(tax_free)) = (total, tax_free)
        && tax_free > total
    {
        return Err(body.fail("taxFreeAmount", "must not be more than totalAmount"));
    }
    Ok(PreRegistration {
        store_id: store_id.to_owned(),
        payment_id: payment_id.to_owned(),
        total,
        tax_free,
        currency: body.currency("currency")?.map(String::from),
    })
}

/// `POST /payments/{paymentId}/confirm`.
///
/// # Errors
/// 400 naming the field.
pub fn confirm(body: &mut Object<'_>, store_id: &str, payment_id: &str) -> Result<ConfirmRequest, ApiError> {
    Ok(ConfirmRequest {
        store_id: store_id.to_owned(),
        payment_id: payment_id.to_owned(),
        payment_token: body.need_text("paymentToken", limits::TOKEN)?,
        tx_id: body.id("txId")?,
        currency: body.currency("currency")?.map(String::from),
        total_amount: body.amount("totalAmount")?,
        tax_free_amount: body.part("taxFreeAmount")?,
        is_test: body.flag("isTest")?,
        skip_webhook: body.flag("skipWebhook")?.unwrap_or(false),
    })
}
