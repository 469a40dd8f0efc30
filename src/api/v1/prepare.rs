//! Amounts announced before a window opens (`/payments/prepare`): a window with another amount is refused.

use super::decode::Params;
use super::error::{NOT_PREPARED, PREPARED, V1Error};
use super::money::Amount;
use super::{Answer, Call};
use crate::ledger::{PreRegistration, Write};
use crate::payment::Currency;
use serde::Serialize;

/// PortOne V1 `PaymentPrepareAnnotation`.
#[derive(Debug, Serialize)]
struct Prepared<'a> {
    merchant_uid: &'a str,
    amount: Option<Amount>,
    currency: Option<&'a str>,
}

fn shown(stored: &PreRegistration) -> Result<Answer, V1Error> {
    let currency = stored.currency.clone().and_then(|code| Currency::try_from(code).ok());
    Answer::ok(&Prepared {
        merchant_uid: &stored.payment_id,
        amount: stored.total.map(|t| Amount::new(t, currency.unwrap_or(Currency::KRW))),
        currency: stored.currency.as_deref(),
    })
}

fn read(call: &Call, params: &mut Params) -> Result<PreRegistration, V1Error> {
    let payment_id = params.need_id("merchant_uid")?;
    // Without a currency none is compared later.
    let named = params.has("currency");
    let currency = params.currency()?;
    let total = params
        .amount("amount", currency)?
        .ok_or_else(|| V1Error::missing("amount"))?;
    Ok(PreRegistration {
        store_id: call.store.id.clone(),
        payment_id,
        total: Some(total),
        tax_free: None,
        currency: named.then(|| String::from(currency)),
    })
}

async fn stored(call: &Call, merchant_uid: &str) -> Result<Option<PreRegistration>, V1Error> {
    let ledger = call.engine.ledger.as_ref();
    Ok(ledger.pre_registration(&call.store.id, merchant_uid).await?)
}

/// `POST /payments/prepare`.
///
/// # Errors
/// Announced before, or paid.
pub(super) async fn prepare(call: &Call, params: &mut Params) -> Result<Answer, V1Error> {
    let announced = read(call, params)?;
    if stored(call, &announced.payment_id).await?.is_some() {
        return Err(V1Error::business(PREPARED));
    }
    write(call, announced).await
}

/// `PUT /payments/prepare`.
///
/// # Errors
/// Not announced before.
pub(super) async fn again(call: &Call, params: &mut Params) -> Result<Answer, V1Error> {
    let announced = read(call, params)?;
    if stored(call, &announced.payment_id).await?.is_none() {
        return Err(V1Error::not_found(NOT_PREPARED));
    }
    write(call, announced).await
}

async fn write(call: &Call, announced: PreRegistration) -> Result<Answer, V1Error> {
    let ledger = call.engine.ledger.as_ref();
    let payment = ledger.payment(&announced.store_id, &announced.payment_id).await?;
    if payment.is_some_and(|t| t.status.is_settled()) {
        return Err(crate::engine::EngineError::AlreadyPaid.into());
    }
    ledger.commit(vec![Write::PreRegister(announced.clone())]).await?;
    shown(&announced)
}

/// `GET /payments/prepare/{merchant_uid}`.
///
/// # Errors
/// 404.
pub(super) async fn prepared(call: &Call) -> Result<Answer, V1Error> {
    let stored = stored(call, call.id(0)).await?;
    shown(&stored.ok_or_else(|| V1Error::not_found(NOT_PREPARED))?)
}
