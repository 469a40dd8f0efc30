//! Options of a card or easy-pay window.

use super::Members;
use super::account::escrow;
use crate::adapters::toss::request::Request;
use crate::adapters::toss::tables::{self, Table};
use crate::adapters::toss::{DESCRIPTOR, rules};
use crate::adapters::{OpenRequest, Refusal};
use serde_json::{Value, json};

/// Options of a card payment.
pub(super) fn card(request: &OpenRequest, raw: Request<'_>) -> Result<Members, Refusal> {
    let direct = raw
        .word("card.cardCompany", "CARD_COMPANY_")?
        .map(|word| card_code("card.cardCompany", word))
        .transpose()?;
    let mut card = card_options(request, raw, "card", direct)?;
    let (mode, company) = match direct {
        Some(code) => ("DIRECT", Some(code)),
        None => ("DEFAULT", only_card(raw, "card.availableCards")?),
    };
    card.insert("flowMode".into(), mode.into());
    if let Some(code) = company {
        card.insert("cardCompany".into(), code.into());
    }
    if let Some(only) = raw.flag("card.useAppCardOnly")? {
        if only && direct.is_some_and(|code| !tables::APP_CARDS.contains(&code)) {
            return Err(Refusal::new(
                "card.useAppCardOnly",
                "works for Kookmin, NH, Lotte, Samsung, Shinhan, Woori and Hyundai cards only; leave it out for this company",
            ));
        }
        card.insert("useAppCardOnly".into(), only.into());
    }
    bypass(raw, &mut card)?;
    Ok(card)
}

/// Easy pay is a card payment to Toss: its combined window for the hub, the wallet's own window for a named one.
pub(super) fn easy_pay(request: &OpenRequest, raw: Request<'_>) -> Result<Members, Refusal> {
    const FIELD: &str = "easyPay.easyPayProvider";
    let mut card = card_options(request, raw, "easyPay", None)?;
    match raw.word(FIELD, "EASY_PAY_PROVIDER_")? {
        Some(word) => {
            let wallet = tables::wallet_code(word).ok_or_else(|| {
                Refusal::new(
                    FIELD,
                    format!(
                        "is not served by Toss Payments; use one of {}",
                        tables::accepted(Table::Wallets)
                    ),
                )
            })?;
            card.insert("flowMode".into(), "DIRECT".into());
            card.insert("easyPay".into(), wallet.into());
        }
        None => {
            card.insert("flowMode".into(), "DEFAULT".into());
            if let Some(code) = only_card(raw, "easyPay.availableCards")? {
                card.insert("cardCompany".into(), code.into());
            }
        }
    }
    bypass(raw, &mut card)?;
    Ok(card)
}

/// Options that card and easy pay share; `base` is the member of the request they stand in.
fn card_options(
    request: &OpenRequest,
    raw: Request<'_>,
    base: &str,
    direct: Option<&'static str>,
) -> Result<Members, Refusal> {
    let mut card = Members::new();
    let months = installment(request, raw, base, direct, &mut card)?;
    free_installments(raw, base, direct, months, &mut card)?;
    if let Some(points) = raw.flag(&format!("{base}.useCardPoint"))? {
        card.insert("useCardPoint".into(), points.into());
    }
    if let Some(scheme) = raw.text("appScheme")? {
        card.insert("appScheme".into(), scheme.into());
    }
    let language = match raw.text("locale")? {
        Some("EN_US") => Some("EN"),
        Some("JA_JP") => Some("JA"),
        Some("ZH_CN") => Some("ZH"),
        // Korean is the default; locales Toss does not speak are ignored, as PortOne does.
        _ => None,
    };
    if let Some(language) = language {
        card.insert("language".into(), language.into());
    }
    escrow(raw, &mut card)?;
    Ok(card)
}

/// Fixed months or the largest of a list (Toss offers 0 to the largest); gives the fixed months.
fn installment(
    request: &OpenRequest,
    raw: Request<'_>,
    base: &str,
    direct: Option<&'static str>,
    card: &mut Members,
) -> Result<Option<u32>, Refusal> {
    let total = request.amounts.total;
    let least = match direct {
        Some(tables::HYUNDAI) => 10_000,
        _ => DESCRIPTOR.limits.installment_min,
    };
    let fixed = format!("{base}.installment.monthOption.fixedMonth");
    let listed = format!("{base}.installment.monthOption.availableMonthList");
    let list = raw.list(&listed)?;
    let allowed = raw.flag(&format!("{base}.useInstallment"))?;
    let months = match (raw.whole(&fixed)?, list) {
        (Some(_), Some(_)) => {
            return Err(Refusal::new(
                listed,
                "cannot stand beside fixedMonth; give one of the two",
            ));
        }
        (Some(months), None) => Some(rules::installment(&fixed, months, total, least)?),
        (None, Some(list)) => {
            let mut most = 0;
            for value in list {
                let months = value
                    .as_i64()
                    .ok_or_else(|| Refusal::new(&listed, "must be a list of whole numbers"))?;
                // The list says what the buyer may choose, so a small amount is no contradiction here.
                most = most.max(rules::installment(&listed, months, least, least)?);
            }
            if most > 0 && allowed != Some(false) {
                card.insert("maxCardInstallmentPlan".into(), most.into());
                return Ok(None);
            }
            Some(0)
        }
        (None, None) => (allowed == Some(false)).then_some(0),
    };
    if allowed == Some(false) && months.is_some_and(|m| m > 0) {
        return Err(Refusal::new(
            fixed,
            "asks for instalments while useInstallment is false",
        ));
    }
    if let Some(months) = months {
        card.insert("cardInstallmentPlan".into(), months.into());
    }
    Ok(months)
}

/// `freeInstallmentPlans`. Toss wants companies and months; the merchant's bare flag is enough only where both are
/// fixed.
fn free_installments(
    raw: Request<'_>,
    base: &str,
    direct: Option<&'static str>,
    months: Option<u32>,
    card: &mut Members,
) -> Result<(), Refusal> {
    let path = format!("{base}.installment.freeInstallmentPlans");
    let flag = format!("{base}.useFreeInterestFromMall");
    let mut plans = Vec::new();
    for plan in raw.list(&path)?.unwrap_or_default() {
        let company = Request(plan).word("cardCompany", "CARD_COMPANY_");
        let company = company.ok().flatten().unwrap_or_default();
        let company = card_code(&format!("{path}.cardCompany"), company)?;
        let months = Request(plan).list("months").ok().flatten();
        let months: Option<Vec<i64>> = months.and_then(|list| list.iter().map(Value::as_i64).collect());
        let most = i64::from(DESCRIPTOR.limits.installment_months_max);
        let fits = |months: &Vec<i64>| !months.is_empty() && months.iter().all(|m| (2..=most).contains(m));
        let Some(months) = months.filter(fits) else {
            return Err(Refusal::new(
                format!("{path}.months"),
                format!("must be a list of whole numbers from 2 to {most}"),
            ));
        };
        plans.push(json!({"company": company, "months": months}));
    }
    if plans.is_empty() && raw.flag(&flag)? == Some(true) {
        match (direct, months) {
            (Some(company), Some(months)) if months > 0 => {
                plans.push(json!({"company": company, "months": [months]}));
            }
            _ => {
                return Err(Refusal::new(
                    flag,
                    format!("needs {path} (card companies and months), or a fixed cardCompany and fixedMonth"),
                ));
            }
        }
    }
    if !plans.is_empty() {
        card.insert("freeInstallmentPlans".into(), plans.into());
    }
    Ok(())
}

/// Toss shows all cards or one; a longer list cannot be said.
fn only_card(raw: Request<'_>, path: &str) -> Result<Option<&'static str>, Refusal> {
    match raw.words(path, "CARD_COMPANY_")?.as_slice() {
        [] => Ok(None),
        [one] => card_code(path, one).map(Some),
        _ => Err(Refusal::new(
            path,
            "must name one card company: Toss Payments' window shows all of them or one",
        )),
    }
}

fn card_code(field: &str, word: &str) -> Result<&'static str, Refusal> {
    tables::card_code(word).ok_or_else(|| {
        Refusal::new(
            field,
            format!(
                "is not a card company of Toss Payments; use one of {}",
                tables::accepted(Table::Cards)
            ),
        )
    })
}

/// `bypass.tosspayments`: handed on as it is, beside what the request itself decides.
fn bypass(raw: Request<'_>, card: &mut Members) -> Result<(), Refusal> {
    const FIELD: &str = "bypass.tosspayments";
    let Some(value) = raw.at(FIELD) else { return Ok(()) };
    let Some(members) = value.as_object() else {
        return Err(Refusal::new(FIELD, "must be an object"));
    };
    raw.flag("bypass.tosspayments.useInternationalCardOnly")?;
    let direct = card.get("flowMode").is_some_and(|mode| mode == "DIRECT");
    if raw.text("bypass.tosspayments.discountCode")?.is_some() && !direct {
        return Err(Refusal::new(
            "bypass.tosspayments.discountCode",
            "needs a direct call: name card.cardCompany or easyPay.easyPayProvider too",
        ));
    }
    for (name, value) in members {
        card.entry(name.clone()).or_insert_with(|| value.clone());
    }
    Ok(())
}
