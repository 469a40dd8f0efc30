//! Options of the methods of NICE's window.

use super::Members;
use crate::adapters::nice::{DESCRIPTOR, wire};
use crate::adapters::nice_common::options::{card_code, cards, quotas};
use crate::adapters::nice_common::text;
use crate::adapters::request::Request;
use crate::adapters::{ChannelRevision, OpenRequest, Refusal};
use crate::payment::Millis;
use serde_json::Value;

/// Longest life of a virtual account that the field can say, hours.
const VALID_HOURS_MAX: i64 = 9999;

/// Members of `bypass.nice_v2` that are handed on: looks of the window, no money.
const BYPASS: &[&str] = &[
    "skinType",
    "logoImgUrl",
    "cardShowOpt",
    "disableScroll",
    "disableEdgeChk",
    "zIdxHigher",
];

/// A card: NICE's list, or straight to one company.
pub(super) fn card(request: &OpenRequest, raw: Request<'_>, params: &mut Members) -> Result<(), Refusal> {
    let direct = raw
        .word("card.cardCompany", "CARD_COMPANY_")?
        .map(|word| card_code("card.cardCompany", word))
        .transpose()?;
    let quota = quotas(&DESCRIPTOR.limits, request, "card")?;
    match direct {
        Some(code) => {
            no_escrow(raw, "a card company called directly")?;
            let quota = quota.unwrap_or_else(|| "00".to_owned());
            if quota.contains(',') {
                return Err(Refusal::new(
                    "card.installment.monthOption.availableMonthList",
                    "cannot be offered with card.cardCompany; give fixedMonth",
                ));
            }
            params.insert("method".into(), "directCard".into());
            params.insert("cardCode".into(), code.into());
            params.insert("cardQuota".into(), quota.into());
        }
        None => {
            params.insert("method".into(), "card".into());
            if let Some(codes) = cards(raw, "card.availableCards")? {
                params.insert("cardCode".into(), codes.into());
            }
            if let Some(quota) = quota {
                params.insert("cardQuota".into(), quota.into());
            }
            escrow(raw, params)?;
        }
    }
    Ok(())
}

/// A wallet by name, else NICE's page of cards and wallets.
pub(super) fn easy_pay(request: &OpenRequest, raw: Request<'_>, params: &mut Members) -> Result<(), Refusal> {
    const FIELD: &str = "easyPay.easyPayProvider";
    no_escrow(raw, "easy pay")?;
    let word = raw.word(FIELD, "EASY_PAY_PROVIDER_")?;
    let wanted = raw.words("easyPay.availablePayMethods", "EASY_PAY_METHOD_")?;
    let method = match (word, wanted.as_slice()) {
        (None, _) => "cardAndEasyPay",
        (Some("NAVERPAY"), [] | ["CARD"]) => "naverpayCard",
        (Some("KAKAOPAY"), ["CARD"]) => "kakaopayCard",
        (Some("KAKAOPAY"), ["CHARGE"]) => "kakaopayMoney",
        (Some("KAKAOPAY"), _) => "kakaopay",
        (Some("SAMSUNGPAY"), _) => "samsungpayCard",
        (Some("PAYCO"), _) => "payco",
        (Some("SSGPAY"), _) => "ssgpay",
        (Some("NAVERPAY"), _) => {
            let message = "must be CARD for Naver Pay through NICE Payments: points are not offered there";
            return Err(Refusal::new("easyPay.availablePayMethods", message));
        }
        (Some(_), _) => {
            let message = "is not served by NICE Payments; use NAVERPAY, KAKAOPAY, SAMSUNGPAY, PAYCO or SSGPAY";
            return Err(Refusal::new(FIELD, message));
        }
    };
    params.insert("method".into(), method.into());
    let cards = cards(raw, "easyPay.availableCards")?;
    let quota = quotas(&DESCRIPTOR.limits, request, "easyPay")?;
    if method == "cardAndEasyPay" {
        let given = cards
            .map(|_| "easyPay.availableCards")
            .or(quota.map(|_| "easyPay.installment"));
        return match given {
            Some(field) => Err(Refusal::new(
                field,
                "needs easyPay.easyPayProvider: NICE Payments' page of all wallets takes neither cards nor months",
            )),
            None => Ok(()),
        };
    }
    if cards.as_ref().is_some_and(|codes| codes.contains(',')) {
        return Err(Refusal::new(
            "easyPay.availableCards",
            "must name one card company: a wallet's window takes one",
        ));
    }
    if let Some(quota) = quota {
        let narrow = !matches!(method, "payco" | "naverpayCard");
        if narrow && (cards.is_none() || quota.contains(',')) {
            return Err(Refusal::new(
                "easyPay.installment",
                "must be one fixedMonth together with one company in easyPay.availableCards for this wallet",
            ));
        }
        params.insert("cardQuota".into(), quota.into());
    }
    if let Some(code) = cards {
        params.insert("cardCode".into(), code.into());
    }
    Ok(())
}

/// A virtual account: NICE wants the holder's name that the buyer is shown.
pub(super) fn virtual_account(
    request: &OpenRequest,
    raw: Request<'_>,
    channel: &ChannelRevision,
    params: &mut Members,
) -> Result<(), Refusal> {
    params.insert("method".into(), "vbank".into());
    let shop = raw.text("storeDetails.storeName")?.map(|name| text::cut(name, 40));
    let holder = shop.filter(|name| !name.is_empty());
    let holder = holder.unwrap_or_else(|| text::cut(&channel.spec.name, 40));
    params.insert("vbankHolder".into(), holder.into());
    if let Some(hours) = valid_hours(raw, request.at)? {
        params.insert("vbankValidHours".into(), hours.into());
    }
    escrow(raw, params)
}

/// A life in hours: NICE's documents disagree about the form of a date, so a deadline is sent as hours too.
fn valid_hours(raw: Request<'_>, now: Millis) -> Result<Option<i64>, Refusal> {
    const HOURS: &str = "virtualAccount.accountExpiry.validHours";
    const DUE: &str = "virtualAccount.accountExpiry.dueDate";
    let (field, hours) = match (raw.whole(HOURS)?, raw.text(DUE)?) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            return Err(Refusal::new(DUE, "cannot stand beside validHours; give one of the two"));
        }
        (Some(hours), None) => (HOURS, hours),
        (None, Some(due)) => {
            let due = wire::millis(due)
                .filter(|_| due.trim().len() > 10)
                .ok_or_else(|| Refusal::new(DUE, "must be a date and time, e.g. 2026-01-31T23:59:59+09:00"))?;
            (DUE, (due - now) / 3_600_000)
        }
    };
    if (1..=VALID_HOURS_MAX).contains(&hours) {
        return Ok(Some(hours));
    }
    Err(Refusal::new(
        field,
        format!("must lie 1 to {VALID_HOURS_MAX} hours ahead"),
    ))
}

/// A mobile phone bill.
pub(super) fn mobile(raw: Request<'_>, params: &mut Members) -> Result<(), Refusal> {
    no_escrow(raw, "mobile phone bills")?;
    let digital = raw.word("productType", "PRODUCT_TYPE_")? == Some("DIGITAL");
    params.insert("method".into(), "cellphone".into());
    params.insert("isDigital".into(), digital.into());
    Ok(())
}

/// Escrow as a must.
pub(super) fn escrow(raw: Request<'_>, params: &mut Members) -> Result<(), Refusal> {
    if raw.flag("isEscrow")? == Some(true) {
        params.insert("useEscrow".into(), true.into());
    }
    Ok(())
}

fn no_escrow(raw: Request<'_>, what: &str) -> Result<(), Refusal> {
    if raw.flag("isEscrow")? != Some(true) {
        return Ok(());
    }
    let message = format!("is not possible with {what} at NICE Payments");
    Err(Refusal::new("isEscrow", message))
}

/// What is handed on as it is, by type.
pub(super) fn bypass(raw: Request<'_>, params: &mut Members) -> Result<(), Refusal> {
    let Some(given) = raw.at("bypass.nice_v2") else {
        return Ok(());
    };
    let Some(given) = given.as_object() else {
        return Err(Refusal::new("bypass.nice_v2", "must be an object"));
    };
    for (name, value) in given {
        let field = || format!("bypass.nice_v2.{name}");
        if !BYPASS.contains(&name.as_str()) {
            return Err(Refusal::new(field(), format!("is not one of {}", BYPASS.join(", "))));
        }
        if !matches!(value, Value::String(_) | Value::Bool(_)) {
            return Err(Refusal::new(field(), "must be a string, true or false"));
        }
        params.insert(name.clone(), value.clone());
    }
    Ok(())
}
