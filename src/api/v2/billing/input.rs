//! Request bodies.

use super::IssueCommand;
use crate::api::v2::auth::own_store;
use crate::api::v2::decode::Object;
use crate::api::v2::error::ApiError;
use crate::api::v2::input::{amounts, channel, customer, extras, read_credential};
use crate::api::v2::limits;
use crate::channels::Store;
use crate::engine::{DeleteKeyRequest, NewKey, NewSchedule, RevokeRequest};
use crate::net::Request;
use crate::payment::{ChargeOrder, MethodKind, Origin};

/// Refuses what would change the payment but cannot be passed on.
fn refuse_unserved(body: &mut Object<'_>) -> Result<(), ApiError> {
    if body.has("promotionId") {
        return Err(body.fail("promotionId", "this router has no promotions; leave it out"));
    }
    if body.has("cashReceipt") {
        return Err(body.fail(
            "cashReceipt",
            "is not issued with a billing-key payment by this router yet; leave it out",
        ));
    }
    bypass(body)
}

fn bypass(body: &mut Object<'_>) -> Result<(), ApiError> {
    let filled = body.object("bypass")?.is_some_and(|bypass| !bypass.is_empty());
    if filled {
        return Err(body.fail(
            "bypass",
            "members for one PG are not passed on for billing keys yet; leave it out",
        ));
    }
    Ok(())
}

/// `POST /billing-keys`. Card data goes straight into secret strings; what is left of it is overwritten.
///
/// # Errors
/// 400 naming the field.
pub(super) fn issue(body: &mut Object<'_>, store_id: &str, origin: Origin) -> Result<IssueCommand, ApiError> {
    body.sensitive();
    let card = {
        let Some(mut method) = body.object("method")? else {
            return Err(body.missing("method.card"));
        };
        let Some(mut card) = method.object("card")? else {
            return Err(method.missing("card"));
        };
        let Some(mut credential) = card.object("credential")? else {
            return Err(card.missing("credential"));
        };
        read_credential(&mut credential)?
    };
    let channel = channel(body)?;
    bypass(body)?;
    let customer = customer(body)?;
    let custom_data = body.text("customData", limits::CUSTOM_DATA)?;
    Ok(IssueCommand {
        channel,
        key: NewKey {
            store_id: store_id.to_owned(),
            method: MethodKind::Card,
            customer: customer.shown.into(),
            customer_name: customer.name,
            customer_email: customer.email,
            custom_data,
            issue_id: None,
            issue_name: None,
            extras: extras(body)?,
            origin,
        },
        card,
    })
}

/// The charge of a billing key, in `POST /payments/{paymentId}/billing-key` and inside a schedule.
///
/// # Errors
/// 400 naming the field; 409 `SUM_OF_PARTS_EXCEEDS_TOTAL_AMOUNT`.
pub(super) fn order(body: &mut Object<'_>, origin: Origin) -> Result<ChargeOrder, ApiError> {
    let billing_key = body.id("billingKey")?.ok_or_else(|| body.missing("billingKey"))?;
    let channel_key = body.id("channelKey")?;
    let order_name = body.need_text("orderName", limits::ORDER_NAME)?;
    let amounts = amounts(body)?;
    let currency = body.currency("currency")?.ok_or_else(|| body.missing("currency"))?;
    refuse_unserved(body)?;
    let months = body
        .integer(
            "installmentMonth",
            0..=limits::INSTALLMENT_MONTHS,
            "must be a number of months, 0 for a lump sum",
        )?
        .unwrap_or(0);
    Ok(ChargeOrder {
        billing_key,
        channel_key,
        amounts,
        currency,
        order_name,
        // A "one-month instalment" is a lump sum; PGs know no such plan.
        installment_months: u32::try_from(months).ok().filter(|m| *m > 1).unwrap_or(0),
        free_installment: body.flag("useFreeInterestFromMerchant")?.unwrap_or(false),
        use_card_point: body.flag("useCardPoint")?.unwrap_or(false),
        customer: customer(body)?.shown.into(),
        custom_data: body.text("customData", limits::CUSTOM_DATA)?,
        extras: extras(body)?,
        origin,
    })
}

/// `POST /payments/{paymentId}/schedule`.
///
/// # Errors
/// As [`order`].
pub(super) fn schedule(
    body: &mut Object<'_>,
    store: &Store,
    payment_id: String,
    origin: Origin,
) -> Result<NewSchedule, ApiError> {
    let time_to_pay = body.time("timeToPay")?.ok_or_else(|| body.missing("timeToPay"))?;
    let Some(mut payment) = body.object("payment")? else {
        return Err(body.missing("payment"));
    };
    own_store(store, payment.id("storeId")?.as_deref())?;
    Ok(NewSchedule {
        store_id: store.id.clone(),
        payment_id,
        order: order(&mut payment, origin)?,
        time_to_pay,
    })
}

/// `DELETE /payment-schedules`.
///
/// # Errors
/// 400 naming the field.
pub(super) fn revoke(body: &mut Object<'_>, store_id: &str) -> Result<RevokeRequest, ApiError> {
    let billing_key = body.id("billingKey")?;
    let ids = match body.array("scheduleIds", limits::FILTER_ITEMS)? {
        None => None,
        Some(items) => {
            let fits = |id: &&str| !id.is_empty() && id.len() <= limits::ID;
            let id = |item: &serde_json::Value| item.as_str().filter(fits).map(str::to_owned);
            let ids: Option<Vec<String>> = items.iter().map(id).collect();
            let ids = ids.ok_or_else(|| body.fail("scheduleIds", "must hold ids of schedules"))?;
            // An empty list next to a key is as good as none.
            Some(ids).filter(|ids| !ids.is_empty())
        }
    };
    if billing_key.is_none() && ids.is_none() {
        return Err(body.fail("billingKey", "give billingKey, scheduleIds, or both"));
    }
    Ok(RevokeRequest {
        store_id: store_id.to_owned(),
        billing_key,
        ids,
    })
}

/// `DELETE /billing-keys/{billingKey}`: everything stands in the query.
///
/// # Errors
/// 400 naming the parameter.
pub(super) fn delete(request: &Request, store_id: &str, billing_key: String) -> Result<DeleteKeyRequest, ApiError> {
    let reason = request.query_value("reason").filter(|text| !text.is_empty());
    if reason
        .as_ref()
        .is_some_and(|text| text.chars().count() > limits::REASON)
    {
        let message = format!("must be at most {} characters", limits::REASON);
        return Err(ApiError::field("reason", &message));
    }
    let requester = request.query_value("requester").filter(|word| !word.is_empty());
    if requester
        .as_deref()
        .is_some_and(|word| !matches!(word, "CUSTOMER" | "ADMIN"))
    {
        return Err(ApiError::field("requester", "must be one of CUSTOMER, ADMIN"));
    }
    let skip_webhook = match request.query_value("skipWebhook").as_deref() {
        None | Some("" | "false") => false,
        Some("true") => true,
        Some(_) => return Err(ApiError::field("skipWebhook", "must be true or false")),
    };
    Ok(DeleteKeyRequest {
        store_id: store_id.to_owned(),
        billing_key,
        reason,
        requester,
        skip_webhook,
    })
}
