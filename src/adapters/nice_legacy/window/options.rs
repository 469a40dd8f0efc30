//! Options of the methods of the older window.

use super::{Fields, put};
use crate::adapters::nice_common::options::{card_code, cards, quotas};
use crate::adapters::nice_legacy::{DESCRIPTOR, wire};
use crate::adapters::request::Request;
use crate::adapters::{Device, OpenRequest, Refusal};
use crate::payment::{MethodKind, Millis};

/// How a wallet's window is called directly.
#[derive(Clone, Copy)]
enum Direct {
    /// `DirectEasyPay`.
    Code(&'static str),
    /// `NicepayReserved`.
    Reserved(&'static str),
}

/// PortOne's word for a wallet and NICE's way to it: `E0` and the number that `ClickpayCl` has in answers, or a word of
/// its own. Toss Pay is left out: how its card or money is chosen is not public.
static WALLETS: &[(&str, Direct)] = &[
    ("SSGPAY", Direct::Code("E007")),
    ("LPAY", Direct::Code("E018")),
    ("NAVERPAY", Direct::Code("E020")),
    ("SAMSUNGPAY", Direct::Code("E021")),
    ("APPLEPAY", Direct::Code("E022")),
    ("KAKAOPAY", Direct::Reserved("DirectKakao=Y")),
    ("PAYCO", Direct::Reserved("DirectPayco=Y")),
    ("SKPAY", Direct::Reserved("DirectPay11=Y")),
];

/// Fields of the request's method.
pub(super) fn of_method(request: &OpenRequest, raw: Request<'_>, fields: &mut Fields) -> Result<(), Refusal> {
    match request.method {
        MethodKind::Card => card(request, raw, fields),
        MethodKind::EasyPay => easy_pay(request, raw, fields),
        MethodKind::Transfer => {
            if raw.flag("isEscrow")? == Some(true) && request.customer_email.is_none() {
                let message = "is required for an escrow transfer: NICE Payments mails the buyer's decision page";
                return Err(Refusal::new("customer.email", message));
            }
            escrow(raw, fields)
        }
        MethodKind::VirtualAccount => {
            put(fields, "VbankExpDate", due(raw, request.at)?);
            escrow(raw, fields)
        }
        MethodKind::Mobile => mobile(raw, fields),
        MethodKind::GiftCertificate => gift(request, raw, fields),
    }
}

fn escrow(raw: Request<'_>, fields: &mut Fields) -> Result<(), Refusal> {
    let escrow = raw.flag("isEscrow")? == Some(true);
    put(fields, "TransType", if escrow { "1" } else { "0" });
    Ok(())
}

fn card(request: &OpenRequest, raw: Request<'_>, fields: &mut Fields) -> Result<(), Refusal> {
    let direct = raw
        .word("card.cardCompany", "CARD_COMPANY_")?
        .map(|word| card_code("card.cardCompany", word))
        .transpose()?;
    let quota = quotas(&DESCRIPTOR.limits, request, "card")?;
    if direct == Some("44") {
        return Err(Refusal::new(
            "card.cardCompany",
            "Toss Bank cannot be called directly at NICE Payments",
        ));
    }
    match direct {
        Some(code) => {
            let quota = quota.unwrap_or_else(|| "00".to_owned());
            if quota.contains(',') {
                let message = "cannot be offered with card.cardCompany; give fixedMonth";
                return Err(Refusal::new("card.installment.monthOption.availableMonthList", message));
            }
            put(fields, "SelectCardCode", code);
            put(fields, "DirectShowOpt", "CARD");
            put(fields, "SelectQuota", quota);
        }
        None => {
            if let Some(codes) = cards(raw, "card.availableCards")? {
                put(fields, "SelectCardCode", codes);
            }
            if let Some(quota) = quota {
                put(fields, "SelectQuota", quota);
            }
        }
    }
    escrow(raw, fields)
}

fn easy_pay(request: &OpenRequest, raw: Request<'_>, fields: &mut Fields) -> Result<(), Refusal> {
    const FIELD: &str = "easyPay.easyPayProvider";
    if raw.flag("isEscrow")? == Some(true) {
        return Err(Refusal::new(
            "isEscrow",
            "is not possible with easy pay at NICE Payments",
        ));
    }
    put(fields, "TransType", "0");
    let Some(word) = raw.word(FIELD, "EASY_PAY_PROVIDER_")? else {
        // NICE's own list of cards and wallets.
        return match quotas(&DESCRIPTOR.limits, request, "easyPay")? {
            Some(quota) => {
                put(fields, "SelectQuota", quota);
                Ok(())
            }
            None => Ok(()),
        };
    };
    let Some((_, direct)) = WALLETS.iter().find(|row| row.0 == word) else {
        let words: Vec<&str> = WALLETS.iter().map(|row| row.0).collect();
        let message = format!("is not served by NICE Payments here; use one of {}", words.join(", "));
        return Err(Refusal::new(FIELD, message));
    };
    if word == "APPLEPAY" && request.device == Device::Pc {
        return Err(Refusal::new(FIELD, "Apple Pay works on phones only at NICE Payments"));
    }
    match direct {
        Direct::Code(code) => put(fields, "DirectEasyPay", *code),
        Direct::Reserved(word) => put(fields, "NicepayReserved", *word),
    }
    if word == "NAVERPAY" {
        let points = match raw.words("easyPay.availablePayMethods", "EASY_PAY_METHOD_")?.as_slice() {
            [] | ["CARD"] => "E020=CARD",
            ["CHARGE"] => "E020=POINT",
            _ => {
                let message = "must be CARD or CHARGE for Naver Pay: its window opens for one of the two";
                return Err(Refusal::new("easyPay.availablePayMethods", message));
            }
        };
        put(fields, "EasyPayMethod", points);
    }
    wallet_card(request, raw, word, fields)
}

/// Card and months inside a wallet, where its window takes any.
fn wallet_card(request: &OpenRequest, raw: Request<'_>, word: &str, fields: &mut Fields) -> Result<(), Refusal> {
    let cards = cards(raw, "easyPay.availableCards")?;
    let quota = quotas(&DESCRIPTOR.limits, request, "easyPay")?;
    let takes = matches!(word, "KAKAOPAY" | "NAVERPAY" | "PAYCO");
    let given = cards.as_ref().map(|_| "easyPay.availableCards");
    if let Some(field) = given
        .or(quota.as_ref().map(|_| "easyPay.installment"))
        .filter(|_| !takes)
    {
        return Err(Refusal::new(
            field,
            format!("cannot be chosen in advance for {word} at NICE Payments"),
        ));
    }
    if word == "KAKAOPAY" && quota.is_some() && cards.is_none() {
        let message = "needs one company in easyPay.availableCards for Kakao Pay";
        return Err(Refusal::new("easyPay.installment", message));
    }
    if let Some(code) = cards {
        if code.contains(',') {
            let message = "must name one card company: a wallet's window takes one";
            return Err(Refusal::new("easyPay.availableCards", message));
        }
        put(fields, "EasyPayCardCode", code);
    }
    match quota {
        Some(list) if list.contains(',') && word == "KAKAOPAY" => {
            let message = "must be one fixedMonth for Kakao Pay";
            Err(Refusal::new("easyPay.installment", message))
        }
        Some(list) if list.contains(',') => {
            put(fields, "MultiEasyPayQuota", list);
            Ok(())
        }
        Some(one) => {
            put(fields, "EasyPayQuota", one);
            Ok(())
        }
        None => Ok(()),
    }
}

/// The due time of a virtual account, which NICE demands: `YYYYMMDDHHMM`.
fn due(raw: Request<'_>, now: Millis) -> Result<String, Refusal> {
    const HOURS: &str = "virtualAccount.accountExpiry.validHours";
    const DUE: &str = "virtualAccount.accountExpiry.dueDate";
    const HOUR: Millis = 3_600_000;
    let at = match (raw.whole(HOURS)?, raw.text(DUE)?) {
        (Some(_), Some(_)) => {
            return Err(Refusal::new(DUE, "cannot stand beside validHours; give one of the two"));
        }
        (None, None) => return Err(Refusal::new(DUE, "is required: give it or validHours")),
        (Some(hours), None) if (1..=24 * 365).contains(&hours) => now + hours * HOUR,
        (Some(_), None) => return Err(Refusal::new(HOURS, "must be 1 to 8760")),
        (None, Some(due)) => {
            let due = crate::adapters::nice_common::text::clean(due);
            let instant = due.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond);
            let local = || {
                let digits: String = due.chars().filter(char::is_ascii_digit).collect();
                (due.len() > 10).then(|| wire::millis(&digits)).flatten()
            };
            let at = instant.or_else(local);
            at.filter(|at| *at > now && *at - now <= 24 * 365 * HOUR)
                .ok_or_else(|| {
                    Refusal::new(
                        DUE,
                        "must be a date and time of the next year, e.g. 2026-01-31T23:59:59+09:00",
                    )
                })?
        }
    };
    Ok(wire::stamp(at, "%Y%m%d%H%M"))
}

/// A phone bill: whether it is content or goods must fit the MID's contract.
fn mobile(raw: Request<'_>, fields: &mut Fields) -> Result<(), Refusal> {
    let class = match raw.word("productType", "PRODUCT_TYPE_")? {
        Some("DIGITAL") => "0",
        Some("REAL") => "1",
        _ => {
            let message = "must be DIGITAL or REAL for phone bills at NICE Payments";
            return Err(Refusal::new("productType", message));
        }
    };
    put(fields, "GoodsCl", class);
    Ok(())
}

/// Cultureland, which wants the merchant's id of the buyer.
fn gift(request: &OpenRequest, raw: Request<'_>, fields: &mut Fields) -> Result<(), Refusal> {
    const FIELD: &str = "giftCertificate.giftCertificateType";
    if raw.word(FIELD, "GIFT_CERTIFICATE_TYPE_")? != Some("CULTURELAND") {
        return Err(Refusal::new(FIELD, "must be CULTURELAND"));
    }
    let fits = |id: &&String| (1..=20).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
    let id = request.customer_id.as_ref().filter(fits).ok_or_else(|| {
        let message = "is required for gift certificates: 1 to 20 visible ASCII characters";
        Refusal::new("customer.id", message)
    })?;
    put(fields, "MallUserID", id.clone());
    Ok(())
}
