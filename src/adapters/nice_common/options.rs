//! Window options that both generations read alike: card companies and instalment months.

use super::tables;
use crate::adapters::request::Request;
use crate::adapters::{Limits, OpenRequest, Refusal};

/// Instalment months as NICE writes them, `00` for a lump sum; only from `installment_min` on.
pub(in crate::adapters) fn quota(limits: &Limits, field: &str, months: i64, total: i64) -> Result<String, Refusal> {
    let (least, most) = (limits.installment_min, limits.installment_months_max);
    match u32::try_from(months) {
        Ok(0 | 1) => Ok("00".to_owned()),
        Ok(months) if months <= most && total >= least => Ok(format!("{months:02}")),
        Ok(months) if months <= most => Err(Refusal::new(
            field,
            format!("is {months}, but instalments start at {least} KRW; use 0 for a lump sum"),
        )),
        _ => Err(Refusal::new(field, format!("must be 0 (lump sum) or 2 to {most}"))),
    }
}

/// NICE's code of a card company.
pub(in crate::adapters) fn card_code(field: &str, word: &str) -> Result<&'static str, Refusal> {
    tables::card_code(word).ok_or_else(|| {
        let message = format!("{word:?} is not one of {}", tables::card_words());
        Refusal::new(field, message)
    })
}

/// A filter of card companies, as NICE's comma list.
pub(in crate::adapters) fn cards(raw: Request<'_>, field: &str) -> Result<Option<String>, Refusal> {
    let words = raw.words(field, "CARD_COMPANY_")?;
    let codes: Result<Vec<&str>, Refusal> = words.into_iter().map(|word| card_code(field, word)).collect();
    let codes = codes?;
    Ok((!codes.is_empty()).then(|| codes.join(",")))
}

/// Fixed months or a list of months the buyer may choose from.
pub(in crate::adapters) fn quotas(
    limits: &Limits,
    request: &OpenRequest,
    base: &str,
) -> Result<Option<String>, Refusal> {
    let raw = Request(&request.raw);
    let fixed = format!("{base}.installment.monthOption.fixedMonth");
    let listed = format!("{base}.installment.monthOption.availableMonthList");
    let (total, least) = (request.amounts.total, limits.installment_min);
    match (raw.whole(&fixed)?, raw.list(&listed)?) {
        (Some(_), Some(_)) => Err(Refusal::new(
            listed,
            "cannot stand beside fixedMonth; give one of the two",
        )),
        (Some(months), None) => quota(limits, &fixed, months, total).map(Some),
        (None, Some(list)) => {
            let mut months = vec!["00".to_owned()];
            for value in list {
                let value = value.as_i64();
                let value = value.ok_or_else(|| Refusal::new(&listed, "must be a list of whole numbers"))?;
                months.push(quota(limits, &listed, value, least)?);
            }
            months.sort();
            months.dedup();
            // The list says what the buyer may choose, so a small amount is no contradiction: a lump sum is left.
            Ok(Some(if total < least {
                "00".to_owned()
            } else {
                months.join(",")
            }))
        }
        (None, None) => Ok(None),
    }
}
