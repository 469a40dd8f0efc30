//! Options of the methods in KCP's window.

use super::{Fields, account, put};
use crate::adapters::kcp::rules::{self, Charset};
use crate::adapters::kcp::{DESCRIPTOR, tables};
use crate::adapters::request::Request;
use crate::adapters::{Device, OpenRequest, Refusal};
use crate::payment::MethodKind;
use serde_json::Value;

/// Members of `bypass.kcp_v2` that go to the window, KCP's name for each, and most bytes.
static BYPASS: &[(&str, &str, usize)] = &[
    ("site_logo", "site_logo", 256),
    ("skin_indx", "skin_indx", 2),
    ("kcp_pay_title", "kcp_pay_title", 30),
    ("complex_pnt", "complex_pnt_yn", 1),
    ("disp_tax_yn", "disp_tax_yn", 1),
];

/// Fields of the request's method, and those that all methods share.
pub(super) fn of_method(
    request: &OpenRequest,
    raw: Request<'_>,
    charset: Charset,
    fields: &mut Fields,
) -> Result<(), Refusal> {
    put(fields, "good_expr", account::offer_period(raw)?);
    // Korean is the default; locales KCP does not speak are ignored, as PortOne does.
    if raw.text("locale")? == Some("EN_US") {
        put(fields, "eng_flag", "Y");
    }
    if let Some(scheme) = raw.text("appScheme")?.filter(|_| request.device == Device::Mobile) {
        put(fields, "AppUrl", scheme);
    }
    for (name, own, most) in BYPASS {
        if let Some(text) = raw.text(&format!("bypass.kcp_v2.{name}"))? {
            if text.len() > *most {
                let message = format!("must not be longer than {most} bytes");
                return Err(Refusal::new(format!("bypass.kcp_v2.{name}"), message));
            }
            put(fields, own, rules::text(text, *most, charset));
        }
    }
    if raw.flag("isEscrow")? == Some(true)
        && !matches!(request.method, MethodKind::Transfer | MethodKind::VirtualAccount)
    {
        return Err(Refusal::new(
            "isEscrow",
            "is possible with TRANSFER and VIRTUAL_ACCOUNT at KCP",
        ));
    }
    match request.method {
        MethodKind::Card => card(request, raw, fields),
        MethodKind::EasyPay => easy_pay(request, raw, fields),
        MethodKind::Transfer => {
            account::receipt(raw, "transfer", fields)?;
            account::escrow(request, raw, charset, fields)
        }
        MethodKind::VirtualAccount => {
            account::virtual_account(request, raw, fields)?;
            account::receipt(raw, "virtualAccount", fields)?;
            account::escrow(request, raw, charset, fields)
        }
        MethodKind::Mobile => {
            if let Some(carrier) = carrier(raw)? {
                put(fields, "hp_apply_yn", "Y");
                put(fields, "hp_commid", carrier);
            }
            member(request, raw, fields, 40)
        }
        MethodKind::GiftCertificate => {
            const FIELD: &str = "giftCertificate.giftCertificateType";
            let code = raw.word(FIELD, "GIFT_CERTIFICATE_TYPE_")?.and_then(tables::gift_code);
            let code = code.ok_or_else(|| Refusal::new(FIELD, "must be CULTURELAND or BOOKNLIFE"))?;
            put(fields, "van_code", code);
            member(request, raw, fields, 20)
        }
    }
}

/// The merchant's id of the buyer, which phone bills and gift certificates need.
fn member(request: &OpenRequest, raw: Request<'_>, fields: &mut Fields, most: usize) -> Result<(), Refusal> {
    const FIELD: &str = "bypass.kcp_v2.shop_user_id";
    let id = raw.text(FIELD)?.or(request.customer_id.as_deref()).unwrap_or_default();
    if !(1..=most).contains(&id.len()) || rules::text(id, most, Charset::Cp949) != id {
        let message =
            format!("is required for this method, or customer.id: the buyer's id at the shop, 1 to {most} bytes");
        return Err(Refusal::new(FIELD, message));
    }
    put(fields, "shop_user_id", id);
    Ok(())
}

fn card(request: &OpenRequest, raw: Request<'_>, fields: &mut Fields) -> Result<(), Refusal> {
    let direct = raw.word("card.cardCompany", "CARD_COMPANY_")?;
    let listed = raw.words("card.availableCards", "CARD_COMPANY_")?;
    let (field, words) = match direct {
        Some(word) => ("card.cardCompany", vec![word]),
        None => ("card.availableCards", listed),
    };
    shown_cards(field, &words, fields)?;
    installments(request, raw, "card", direct.is_some(), fields)
}

fn shown_cards(field: &str, words: &[&str], fields: &mut Fields) -> Result<(), Refusal> {
    if words.is_empty() {
        return Ok(());
    }
    let codes: Result<Vec<&str>, Refusal> = words.iter().map(|word| card_code(field, word)).collect();
    put(fields, "used_card_YN", "Y");
    put(fields, "used_card", codes?.join(":"));
    Ok(())
}

fn card_code(field: &str, word: &str) -> Result<&'static str, Refusal> {
    tables::card_code(word).ok_or_else(|| {
        let message = format!("{word:?} is not one of {}", tables::card_words());
        Refusal::new(field, message)
    })
}

/// A fixed number of months, or the most that KCP offers from one on; and the months without interest.
fn installments(
    request: &OpenRequest,
    raw: Request<'_>,
    base: &str,
    direct: bool,
    fields: &mut Fields,
) -> Result<(), Refusal> {
    let fixed = format!("{base}.installment.monthOption.fixedMonth");
    let listed = format!("{base}.installment.monthOption.availableMonthList");
    let (total, least) = (request.amounts.total, DESCRIPTOR.limits.installment_min);
    match (raw.whole(&fixed)?, raw.list(&listed)?) {
        (Some(_), Some(_)) => {
            return Err(Refusal::new(
                listed,
                "cannot stand beside fixedMonth; give one of the two",
            ));
        }
        (Some(months), None) => put(fields, "fix_inst", rules::quota(&fixed, months, total)?),
        (None, Some(_)) if direct => {
            return Err(Refusal::new(
                listed,
                "cannot be offered with cardCompany; give fixedMonth",
            ));
        }
        (None, Some(list)) => {
            let mut most = "00".to_owned();
            for value in list {
                let value = value.as_i64();
                let value = value.ok_or_else(|| Refusal::new(&listed, "must be a list of whole numbers"))?;
                most = most.max(rules::quota(&listed, value, least)?);
            }
            // The list says what the buyer may choose, so a small amount is no contradiction: a lump sum is left.
            put(fields, "quotaopt", if total < least { "00".to_owned() } else { most });
        }
        (None, None) => {}
    }
    free(raw, base, fields)
}

/// `kcp_noint_quota`: `CCBC-02:03,CCKM-06`.
fn free(raw: Request<'_>, base: &str, fields: &mut Fields) -> Result<(), Refusal> {
    let path = format!("{base}.installment.freeInstallmentPlans");
    let mut plans = Vec::new();
    for plan in raw.list(&path)?.unwrap_or_default() {
        let company = Request(plan).word("cardCompany", "CARD_COMPANY_").ok().flatten();
        let company = card_code(&format!("{path}.cardCompany"), company.unwrap_or_default())?;
        let months = Request(plan).list("months").ok().flatten();
        let months: Option<Vec<i64>> = months.and_then(|list| list.iter().map(Value::as_i64).collect());
        let most = i64::from(DESCRIPTOR.limits.installment_months_max);
        let fits = |months: &Vec<i64>| !months.is_empty() && months.iter().all(|m| (2..=most).contains(m));
        let months = months.filter(fits).ok_or_else(|| {
            let message = format!("must be a list of whole numbers from 2 to {most}");
            Refusal::new(format!("{path}.months"), message)
        })?;
        let months: Vec<String> = months.iter().map(|m| format!("{m:02}")).collect();
        plans.push(format!("{company}-{}", months.join(":")));
    }
    if !plans.is_empty() {
        put(fields, "kcp_noint", "Y");
        put(fields, "kcp_noint_quota", plans.join(","));
    }
    Ok(())
}

fn easy_pay(request: &OpenRequest, raw: Request<'_>, fields: &mut Fields) -> Result<(), Refusal> {
    const FIELD: &str = "easyPay.easyPayProvider";
    const METHODS: &str = "easyPay.availablePayMethods";
    let methods = raw.words(METHODS, "EASY_PAY_METHOD_")?;
    let Some(word) = raw.word(FIELD, "EASY_PAY_PROVIDER_")? else {
        // The standard window with the wallets' buttons that KCP can show in it.
        put(fields, "naverpay_direct", "A");
        put(fields, "kakaopay_direct", "A");
        return installments(request, raw, "easyPay", false, fields);
    };
    let wallet = tables::wallet_of(word).ok_or_else(|| {
        let message = format!("is not served by KCP here; use one of {}", tables::wallet_words());
        Refusal::new(FIELD, message)
    })?;
    put(fields, wallet.direct, "Y");
    match (word, methods.as_slice()) {
        (_, []) | (_, ["CARD"]) => {}
        ("NAVERPAY", ["CHARGE"]) => put(fields, "naverpay_point_direct", "Y"),
        ("NAVERPAY", _) => {
            let message = "must be CARD or CHARGE for Naver Pay: its window opens for one of the two";
            return Err(Refusal::new(METHODS, message));
        }
        _ => {
            return Err(Refusal::new(
                METHODS,
                "can be chosen in advance for Naver Pay only at KCP",
            ));
        }
    }
    let words = raw.words("easyPay.availableCards", "CARD_COMPANY_")?;
    shown_cards("easyPay.availableCards", &words, fields)?;
    installments(request, raw, "easyPay", false, fields)
}

/// KCP restricts a phone bill to one carrier.
fn carrier(raw: Request<'_>) -> Result<Option<&'static str>, Refusal> {
    let one = raw.word("mobile.carrier", "CARRIER_")?;
    let listed = raw.words("mobile.availableCarriers", "CARRIER_")?;
    let word = match (one, listed.as_slice()) {
        (Some(word), _) => word,
        (None, [word]) => *word,
        (None, []) => return Ok(None),
        _ => return Err(Refusal::new("mobile.availableCarriers", "must name one carrier at KCP")),
    };
    match word {
        "SKT" => Ok(Some("SKT")),
        "KT" => Ok(Some("KTF")),
        "LGU" => Ok(Some("LGT")),
        "KCT" => Ok(Some("KCT")),
        "HELLO" => Ok(Some("CJH")),
        _ => Err(Refusal::new("mobile.carrier", "must be SKT, KT, LGU, KCT or HELLO")),
    }
}
