//! `/receipts/{imp_uid}` and `/receipts/external/{merchant_uid}`: cash receipts (현금영수증).

use super::channel::select;
use super::decode::{CODE, LINE, Params};
use super::error::V1Error;
use super::payments::need;
use super::render::receipt::ReceiptView;
use super::{Answer, Call, order};
use crate::adapters::{ChannelRevision, IdentityKind};
use crate::api::v2::input::Channel;
use crate::engine::{EngineError, ReceiptInput};
use crate::payment::{Amounts, Currency, MethodDetail, MethodKind, PaidWith, ReceiptKind, Transaction};
use crate::routing::{self, Selector, Wish};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;

fn none() -> V1Error {
    EngineError::NoReceipt.into()
}

/// Phone, card or business number, digits only, and which of them it is. A resident number (`person`) is one that PGs
/// take for a personal receipt without a kind of its own.
fn identity(params: &mut Params) -> Result<(SecretString, Option<IdentityKind>), V1Error> {
    let kind = match params.text("identifier_type", CODE)?.as_deref() {
        None | Some("person") => None,
        Some("phone") => Some(IdentityKind::Phone),
        Some("taxcard") => Some(IdentityKind::Card),
        Some("business") => Some(IdentityKind::Business),
        Some(_) => return Err(params.fail("identifier_type", "must be person, business, phone or taxcard")),
    };
    let number = params.secret("identifier", |t| {
        t.len() <= CODE && t.bytes().any(|b| b.is_ascii_digit()) && t.bytes().all(|b| b.is_ascii_digit() || b == b'-')
    })?;
    let number = number.ok_or_else(|| V1Error::missing("identifier"))?;
    Ok((SecretString::from(number.expose_secret().replace('-', "")), kind))
}

fn kind(params: &mut Params) -> Result<ReceiptKind, V1Error> {
    match params.text("type", CODE)?.as_deref() {
        None | Some("person") => Ok(ReceiptKind::Personal),
        Some("company") => Ok(ReceiptKind::Corporate),
        Some(_) => Err(params.fail("type", "must be person or company")),
    }
}

/// What both issues read beside the amounts. `corp_reg_no`, `company_*` are the seller's at PGs that ask for them.
fn input(
    call: &Call,
    params: &mut Params,
    payment_id: &str,
    (amounts, currency): (Amounts, Currency),
    order_name: String,
) -> Result<ReceiptInput, V1Error> {
    let (identity, identity_kind) = identity(params)?;
    Ok(ReceiptInput {
        store_id: call.store.id.clone(),
        payment_id: payment_id.to_owned(),
        amounts,
        currency,
        order_name,
        kind: kind(params)?,
        identity,
        identity_kind,
        customer_name: params.text("buyer_name", LINE)?,
        customer_email: params.text("buyer_email", LINE)?,
        customer_phone: params.text("buyer_tel", CODE)?,
        paid_with: None,
        paid_at: None,
        seller: params.text("corp_reg_no", CODE)?,
    })
}

/// The channel that the payment was made with, also one that takes no new payments.
fn channel_of(call: &Call, payment: &Transaction) -> Result<Arc<ChannelRevision>, V1Error> {
    let found = call.snapshot.channel_of(&call.store.id, &payment.channel.key);
    found
        .cloned()
        .ok_or_else(|| V1Error::business("결제 채널을 찾을 수 없습니다. (the payment's channel is gone)"))
}

/// `POST /receipts/{imp_uid}`: over what is left of a transfer or a deposit.
pub(super) async fn issue(call: &Call, params: &mut Params) -> Result<Answer, V1Error> {
    let found = need(call, call.id(0)).await?;
    if !found.status.is_settled() || found.cancellable() == 0 {
        return Err(V1Error::business("결제완료 상태의 결제건이 아닙니다."));
    }
    if found
        .cash_receipt
        .as_ref()
        .is_some_and(|own| own.cancelled_at.is_none())
    {
        return Err(EngineError::ReceiptExists.into());
    }
    let paid_with = match &found.method {
        Some(MethodDetail::VirtualAccount { .. }) => PaidWith::VirtualAccount,
        Some(MethodDetail::Transfer { .. }) => PaidWith::Transfer,
        _ => return Err(V1Error::business("현금영수증을 발급할 수 있는 결제수단이 아닙니다.")),
    };
    let amounts = amounts_of(params, &found)?;
    let name = found.order_name.clone();
    let mut input = input(call, params, &found.payment_id, (amounts, found.currency), name)?;
    input.paid_with = Some(paid_with);
    input.paid_at = found.paid_at;
    let issued = Box::pin(call.engine.issue_receipt(channel_of(call, &found)?, input)).await?;
    Answer::ok(&ReceiptView::of(&issued, Some(&found)).ok_or_else(none)?)
}

/// What is left of the payment; its parts as given, else as they are left.
fn amounts_of(params: &mut Params, found: &Transaction) -> Result<Amounts, V1Error> {
    let old = params.amount("vat", found.currency)?;
    let vat = params.amount("vat_amount", found.currency)?.or(old);
    let left = found.amounts.tax_free - found.cancelled_tax_free();
    let tax_free = params.amount("tax_free", found.currency)?.unwrap_or(left);
    let vat = vat.unwrap_or(found.amounts.vat - found.cancelled_vat());
    Ok(Amounts::new(found.cancellable(), tax_free, Some(vat))?)
}

/// `GET /receipts/{imp_uid}`.
pub(super) async fn get(call: &Call) -> Result<Answer, V1Error> {
    let found = need(call, call.id(0)).await?;
    let stored = call.engine.ledger.receipt(&call.store.id, &found.payment_id).await?;
    let view = stored
        .as_ref()
        .and_then(|receipt| ReceiptView::of(receipt, Some(&found)));
    Answer::ok(&view.or_else(|| ReceiptView::within(&found)).ok_or_else(none)?)
}

/// `DELETE /receipts/{imp_uid}`.
pub(super) async fn cancel(call: &Call) -> Result<Answer, V1Error> {
    let found = need(call, call.id(0)).await?;
    let (cancelled, _) = Box::pin(call.engine.cancel_receipt(&call.store.id, &found.payment_id)).await?;
    Answer::ok(&ReceiptView::of(&cancelled, Some(&found)).ok_or_else(none)?)
}

/// `POST /receipts/external/{merchant_uid}`: for money that did not come through this router.
pub(super) async fn issue_external(call: &Call, params: &mut Params) -> Result<Answer, V1Error> {
    let merchant_uid = call.id(0);
    let currency = Currency::KRW;
    let amounts = order::amounts(params, currency)?;
    let name = params.need("name", LINE)?;
    let paid_with = match params.text("pay_method", CODE)?.as_deref() {
        None => None,
        Some("trans") => Some(PaidWith::Transfer),
        Some("vbank") => Some(PaidWith::VirtualAccount),
        Some(_) => return Err(params.fail("pay_method", "must be trans or vbank")),
    };
    let channel = select(call, params)?;
    let Channel::Key(key) = &channel else {
        return Err(params.fail("channel_key", "a cash receipt is issued at one channel"));
    };
    let mut input = input(call, params, merchant_uid, (amounts, currency), name)?;
    input.paid_with = paid_with;
    // A receipt is no payment: the channel's methods do not decide about it.
    let (store_id, method) = (&call.store.id, MethodKind::Transfer);
    let selector = Selector::Channel(key);
    let routed = routing::route(
        &call.snapshot,
        selector,
        &Wish::new(store_id, merchant_uid, method, call.now),
    )?;
    let issued = Box::pin(call.engine.issue_receipt(routed.channel, input)).await?;
    Answer::ok(&ReceiptView::of(&issued, None).ok_or_else(none)?)
}

/// `GET /receipts/external/{merchant_uid}`.
pub(super) async fn get_external(call: &Call) -> Result<Answer, V1Error> {
    let stored = call.engine.ledger.receipt(&call.store.id, call.id(0)).await?;
    Answer::ok(
        &stored
            .as_ref()
            .and_then(|receipt| ReceiptView::of(receipt, None))
            .ok_or_else(none)?,
    )
}

/// `DELETE /receipts/external/{merchant_uid}`.
pub(super) async fn cancel_external(call: &Call) -> Result<Answer, V1Error> {
    let (store_id, merchant_uid) = (&call.store.id, call.id(0));
    let (cancelled, _) = Box::pin(call.engine.cancel_receipt(store_id, merchant_uid)).await?;
    Answer::ok(&ReceiptView::of(&cancelled, None).ok_or_else(none)?)
}
