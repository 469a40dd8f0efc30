//! Options of the methods, for both windows.

use crate::adapters::inicis::{DESCRIPTOR, rules, wire};
use crate::adapters::request::Request;
use crate::adapters::{OpenRequest, Refusal};
use crate::payment::{MethodKind, Millis};

/// A wallet: PortOne's word, `gopaymethod` of the PC window, option of the phone's.
static WALLETS: &[(&str, &str, &str)] = &[
    ("KAKAOPAY", "onlykakaopay", "d_kakaopay=Y"),
    ("NAVERPAY", "onlynaverpay", "d_npay=Y"),
    ("TOSSPAY", "onlytosspay", "d_tosspay=Y"),
    ("LPAY", "onlylpay", "d_lpay=Y"),
    ("SAMSUNGPAY", "onlyssp", "d_samsungpay=Y"),
    ("PAYCO", "onlypayco", "d_payco=Y"),
    ("SSGPAY", "onlyssgcard", "d_ssgpay=Y"),
    ("APPLEPAY", "onlyapplepay", "d_applepay=Y"),
];

/// What a method adds to a window's form.
pub(super) struct Options {
    /// `gopaymethod` or `P_INI_PAYMENT`.
    pub(super) method: String,
    /// Parts of `acceptmethod` or `P_RESERVED`.
    pub(super) accept: Vec<String>,
    /// `quotabase` or `P_QUOTABASE`.
    pub(super) months: Option<String>,
    /// Further fields of the phone's form.
    pub(super) fields: Vec<(&'static str, String)>,
}

/// For the PC window.
pub(super) fn pc(request: &OpenRequest, raw: Request<'_>) -> Result<Options, Refusal> {
    // Without it the return names no data centre.
    let mut accept = vec!["centerCd(Y)".to_owned()];
    let mut months = None;
    let method = match request.method {
        MethodKind::Card => {
            no_direct_card(raw)?;
            months = offered(request, raw, "card", ":", |m| m.to_string())?;
            "Card"
        }
        MethodKind::EasyPay => match wallet(raw)? {
            Some(wallet) => {
                accept.push("cardonly".to_owned());
                wallet.1
            }
            None => "Card",
        },
        MethodKind::Transfer => "DirectBank",
        MethodKind::VirtualAccount => {
            if let Some(due) = due(raw, request.at)? {
                accept.push(format!("vbank({})", wire::formatted(due, "%Y%m%d%H%M")));
            }
            "VBank"
        }
        MethodKind::Mobile => {
            accept.push(format!("HPP({})", goods_class(raw)?));
            "HPP"
        }
        MethodKind::GiftCertificate => match gift(raw)? {
            Some("CULTURELAND") => "Culture",
            Some("HAPPYMONEY") => "HPMN",
            Some("SMART_MUNSANG") => "DGCL",
            Some("BOOKNLIFE") => "Bcsh",
            _ => return Err(no_gift("CULTURELAND, HAPPYMONEY, SMART_MUNSANG or BOOKNLIFE")),
        },
    };
    if raw.flag("isEscrow")? == Some(true) {
        accept.push("useescrow".to_owned());
    }
    if request.amounts.total < 1000 {
        accept.push("below1000".to_owned());
    }
    Ok(Options {
        method: method.to_owned(),
        accept,
        months,
        fields: Vec::new(),
    })
}

/// For the phone's window. The options of cards and transfers make KG Inicis leave the approval to us.
pub(super) fn phone(request: &OpenRequest, raw: Request<'_>, guarded: bool) -> Result<Options, Refusal> {
    let mut accept = vec!["centerCd=Y".to_owned()];
    if guarded {
        accept.push("amt_hash=Y".to_owned());
    }
    let mut add = |words: &[&str]| accept.extend(words.iter().map(|w| (*w).to_owned()));
    const CARD: [&str; 3] = ["twotrs_isp=Y", "block_isp=Y", "twotrs_isp_noti=N"];
    let scheme = raw.text("appScheme")?;
    let (mut months, mut fields) = (None, Vec::new());
    let method = match request.method {
        MethodKind::Card => {
            no_direct_card(raw)?;
            add(&CARD);
            months = offered(request, raw, "card", ":", |m| format!("{m:02}"))?;
            "CARD"
        }
        MethodKind::EasyPay => {
            add(&CARD);
            if let Some(wallet) = wallet(raw)? {
                add(&[wallet.2]);
                fields.push(("P_SKIP_TERMS", "Y".to_owned()));
            }
            "CARD"
        }
        MethodKind::Transfer => {
            add(&["twotrs_bank=Y"]);
            "BANK"
        }
        MethodKind::VirtualAccount => {
            if let Some(due) = due(raw, request.at)? {
                fields.push(("P_VBANK_DT", wire::formatted(due, "%Y%m%d")));
                fields.push(("P_VBANK_TM", wire::formatted(due, "%H%M")));
            }
            "VBANK"
        }
        MethodKind::Mobile => {
            fields.push(("P_HPP_METHOD", goods_class(raw)?.to_owned()));
            "MOBILE"
        }
        MethodKind::GiftCertificate => match gift(raw)? {
            Some("CULTURELAND") => "CULTURE",
            Some("HAPPYMONEY") => "HPMN",
            _ => return Err(no_gift("CULTURELAND or HAPPYMONEY on phones")),
        },
    };
    match scheme {
        Some(scheme) if scheme.len() > 200 || scheme.contains(['&', '=']) || !scheme.is_ascii() => {
            return Err(Refusal::new(
                "appScheme",
                "must be at most 200 ASCII characters, without & and =",
            ));
        }
        Some(scheme) => accept.push(format!("app_scheme={scheme}")),
        None => accept.push("apprun_check=Y".to_owned()),
    }
    if raw.flag("isEscrow")? == Some(true) {
        accept.push("useescrow=Y".to_owned());
    }
    if request.amounts.total < 1000 {
        accept.push("below1000=Y".to_owned());
    }
    Ok(Options {
        method: method.to_owned(),
        accept,
        months,
        fields,
    })
}

fn wallet(raw: Request<'_>) -> Result<Option<&'static (&'static str, &'static str, &'static str)>, Refusal> {
    const FIELD: &str = "easyPay.easyPayProvider";
    let Some(word) = raw.word(FIELD, "EASY_PAY_PROVIDER_")? else {
        return Ok(None);
    };
    let found = WALLETS.iter().find(|row| row.0 == word);
    found.map(Some).ok_or_else(|| {
        let words: Vec<&str> = WALLETS.iter().map(|row| row.0).collect();
        Refusal::new(
            FIELD,
            format!("is not served by KG Inicis here; use one of {}", words.join(", ")),
        )
    })
}

fn no_direct_card(raw: Request<'_>) -> Result<(), Refusal> {
    match raw.at("card.cardCompany") {
        Some(_) => Err(Refusal::new(
            "card.cardCompany",
            "cannot be called directly at KG Inicis here; leave it out",
        )),
        None => Ok(()),
    }
}

fn goods_class(raw: Request<'_>) -> Result<&'static str, Refusal> {
    match raw.word("productType", "PRODUCT_TYPE_")? {
        Some("DIGITAL") => Ok("1"),
        Some("REAL") => Ok("2"),
        _ => Err(Refusal::new(
            "productType",
            "must be DIGITAL or REAL for phone bills at KG Inicis",
        )),
    }
}

fn gift<'a>(raw: Request<'a>) -> Result<Option<&'a str>, Refusal> {
    raw.word("giftCertificate.giftCertificateType", "GIFT_CERTIFICATE_TYPE_")
}

fn no_gift(words: &str) -> Refusal {
    Refusal::new("giftCertificate.giftCertificateType", format!("must be {words}"))
}

/// Months that the buyer may choose from.
fn offered(
    request: &OpenRequest,
    raw: Request<'_>,
    base: &str,
    between: &str,
    word: impl Fn(u32) -> String,
) -> Result<Option<String>, Refusal> {
    let fixed = format!("{base}.installment.monthOption.fixedMonth");
    let listed = format!("{base}.installment.monthOption.availableMonthList");
    if raw.at(&fixed).is_some() {
        let message = "cannot be forced in KG Inicis' window; give availableMonthList";
        return Err(Refusal::new(fixed, message));
    }
    let Some(list) = raw.list(&listed)? else {
        return Ok(None);
    };
    let least = DESCRIPTOR.limits.installment_min;
    let mut months = Vec::new();
    for value in list {
        let value = value
            .as_i64()
            .ok_or_else(|| Refusal::new(&listed, "must be a list of whole numbers"))?;
        months.push(rules::months(&listed, value, least)?.max(1));
    }
    // The list says what the buyer may choose, so a small amount is no contradiction: a lump sum is left.
    if request.amounts.total < least {
        months = vec![1];
    }
    months.sort_unstable();
    months.dedup();
    let words: Vec<String> = months.into_iter().map(word).collect();
    Ok((!words.is_empty()).then(|| words.join(between)))
}

/// The due time of a virtual account, if the merchant names one.
fn due(raw: Request<'_>, now: Millis) -> Result<Option<Millis>, Refusal> {
    const HOURS: &str = "virtualAccount.accountExpiry.validHours";
    const DUE: &str = "virtualAccount.accountExpiry.dueDate";
    const HOUR: Millis = 3_600_000;
    match (raw.whole(HOURS)?, raw.text(DUE)?) {
        (Some(_), Some(_)) => Err(Refusal::new(DUE, "cannot stand beside validHours; give one of the two")),
        // Ten days, named, because what KG Inicis takes by itself differs by product.
        (None, None) => Ok(Some(now + 240 * HOUR)),
        (Some(hours), None) if (1..=24 * 365).contains(&hours) => Ok(Some(now + hours * HOUR)),
        (Some(_), None) => Err(Refusal::new(HOURS, "must be 1 to 8760")),
        (None, Some(due)) => {
            let due = due.trim();
            let instant = due.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond);
            let local = || {
                let digits: String = due.chars().filter(char::is_ascii_digit).collect();
                (due.len() > 10).then(|| wire::millis(&digits)).flatten()
            };
            let at = instant
                .or_else(local)
                .filter(|at| *at > now && *at - now <= 24 * 365 * HOUR);
            let message = "must be a date and time of the next year, e.g. 2026-01-31T23:59:59+09:00";
            at.map(Some).ok_or_else(|| Refusal::new(DUE, message))
        }
    }
}
