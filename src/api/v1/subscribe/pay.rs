//! `onetime` and `again`: payments without a window.
//!
//! One that the PG declines is no error in V1: it is answered with `status` `failed`.

use super::customers::issue;
use super::{customer_uid, key_of};
use crate::api::v1::channel::{route, standing_or};
use crate::api::v1::decode::Params;
use crate::api::v1::error::{CARD_REFUSED, NO_CUSTOMER, V1Error};
use crate::api::v1::payments::shown;
use crate::api::v1::{Answer, Call, order};
use crate::engine::{EngineError, InstantInput, KeyPayment, NewAttempt};
use crate::payment::{BillingKey, CUSTOMER_UID, ChargeOrder, MethodKind, Status, Transaction};

/// The payment, paid or declined.
///
/// # Errors
/// Everything else: nothing was tried, or nobody knows yet.
pub(super) async fn answered(
    call: &Call,
    merchant_uid: &str,
    outcome: Result<Transaction, EngineError>,
) -> Result<Answer, V1Error> {
    match outcome {
        Ok(transaction) => Answer::ok(&shown(&transaction)),
        Err(EngineError::Pg(failure)) => {
            let attempts = call.engine.ledger.attempts(&call.store.id, merchant_uid).await?;
            let declined = attempts
                .iter()
                .find(|t| t.status == Status::Failed && t.failure.as_ref() == Some(&failure));
            match declined {
                Some(transaction) => Answer::ok(&shown(transaction)),
                None => Err(V1Error::pg(&failure)),
            }
        }
        // The key may be deleted, or its channel closed, between a try and its repeat.
        Err(error @ EngineError::Billing(_)) => Err(standing_or(call, merchant_uid, error.into()).await),
        Err(error) => Err(error.into()),
    }
}

/// `POST /subscribe/payments/onetime`. With a `customer_uid` a billing key is issued and charged, else the card is.
pub(in crate::api::v1) async fn onetime(call: &Call, params: &mut Params) -> Result<Answer, V1Error> {
    let merchant_uid = params.need_id("merchant_uid")?;
    let named = params.id("customer_uid")?;
    let card = order::card(params)?;
    let (installment_months, free_installment, use_card_point) = order::plan(params)?;
    params.text("browser_ip", crate::api::v1::decode::CODE)?;
    let attempt = order::attempt(call, params, &merchant_uid, MethodKind::Card)?;
    let Some(named) = named else {
        let routed = route(call, params, &attempt, Some(&card)).await?;
        let input = InstantInput {
            card,
            installment_months,
            free_installment,
            use_card_point,
            customer_name: order::member(&attempt.customer, "name"),
            customer_email: order::member(&attempt.customer, "email"),
            customer_phone: order::member(&attempt.customer, "phoneNumber"),
        };
        let paid = Box::pin(call.engine.instant(routed, attempt, input)).await;
        return answered(call, &merchant_uid, paid).await;
    };
    // A repeat of a paid order must not leave one key more behind.
    if let Some(standing) = call.engine.ledger.payment(&call.store.id, &merchant_uid).await?
        && standing.status.is_live()
    {
        return Err(standing_or(call, &merchant_uid, V1Error::internal()).await);
    }
    let customer = attempt.customer.clone();
    let key = Box::pin(issue(call, params, &named, card, customer, (CARD_REFUSED, -1))).await?;
    let plan = (installment_months, free_installment, use_card_point);
    let order = charge(&key, attempt, plan, None);
    pay(call, merchant_uid, order).await
}

/// `POST /subscribe/payments/again`.
pub(in crate::api::v1) async fn again(call: &Call, params: &mut Params) -> Result<Answer, V1Error> {
    let named = params.need_id("customer_uid")?;
    let merchant_uid = params.need_id("merchant_uid")?;
    let plan = order::plan(params)?;
    let channel_key = params.id("channel_key")?;
    let attempt = order::attempt(call, params, &merchant_uid, MethodKind::Card)?;
    let Some(key) = key_of(call, &named).await? else {
        return Err(standing_or(call, &merchant_uid, V1Error::business(NO_CUSTOMER)).await);
    };
    pay(call, merchant_uid, charge(&key, attempt, plan, channel_key)).await
}

/// What is charged to a key.
pub(super) fn charge(
    key: &BillingKey,
    attempt: NewAttempt,
    (installment_months, free_installment, use_card_point): (u32, bool, bool),
    channel_key: Option<String>,
) -> ChargeOrder {
    let mut extras = attempt.extras;
    extras.insert(CUSTOMER_UID.to_owned(), customer_uid(key).into());
    ChargeOrder {
        billing_key: key.id.clone(),
        channel_key,
        amounts: attempt.amounts,
        currency: attempt.currency,
        order_name: attempt.order_name,
        customer: attempt.customer,
        custom_data: attempt.custom_data,
        extras,
        installment_months,
        free_installment,
        use_card_point,
        origin: attempt.origin,
    }
}

/// Charges now.
pub(super) async fn pay(call: &Call, merchant_uid: String, order: ChargeOrder) -> Result<Answer, V1Error> {
    let payment = KeyPayment {
        store_id: call.store.id.clone(),
        payment_id: merchant_uid.clone(),
        order,
    };
    let paid = Box::pin(call.engine.pay_with_key(payment)).await;
    answered(call, &merchant_uid, paid).await
}
