//! The payment window: `TossPayments(clientKey).payment({customerKey}).requestPayment({...})` of browser SDK v2.

use super::request::{Request, unprefixed};
use super::tables::{self, Table};
use super::wire::KST;
use super::{DESCRIPTOR, Toss, returned, rules, sign};
use crate::adapters::{
    Approve, Call, ChannelRevision, Device, Open, OpenRequest, Opened, Refusal, Window, WindowReturn, WindowVerdict,
    WireAnswer,
};
use crate::payment::{MethodKind, Millis};
use serde_json::{Map, Value, json};

/// `TossPayments.ANONYMOUS`: the buyer key of a guest.
const ANONYMOUS: &str = "@@ANONYMOUS";

/// Longest life of a virtual account, hours.
const VALID_HOURS_MAX: i64 = 2160;

type Members = Map<String, Value>;

impl Window for Toss {
    fn register(&self, _request: &OpenRequest, _channel: &ChannelRevision) -> Result<Option<Call>, Refusal> {
        Ok(None)
    }

    fn open(
        &self,
        request: &OpenRequest,
        channel: &ChannelRevision,
        _registered: Option<&WireAnswer>,
    ) -> Result<Opened, Refusal> {
        let mut params = common(request)?;
        let raw = Request(&request.raw);
        let (method, member, options) = match request.method {
            MethodKind::Card => ("CARD", "card", card(request, raw)?),
            MethodKind::EasyPay => ("CARD", "card", easy_pay(request, raw)?),
            MethodKind::Transfer => ("TRANSFER", "transfer", account(raw, "transfer")?),
            MethodKind::VirtualAccount => ("VIRTUAL_ACCOUNT", "virtualAccount", virtual_account(request, raw)?),
            MethodKind::Mobile => ("MOBILE_PHONE", "mobilePhone", mobile(raw)?),
            MethodKind::GiftCertificate => (certificate(raw)?, "", Members::new()),
        };
        params.insert("method".into(), method.into());
        if !options.is_empty() {
            params.insert(member.into(), Value::Object(options));
        }
        Ok(Opened {
            open: Open::Script {
                script_url: channel.endpoint("script").to_owned(),
                global: "TossPayments".to_owned(),
                client_key: Some(sign::credentials(channel)?.client_key.clone()),
                call: "payment.requestPayment".to_owned(),
                customer_key: Some(customer_key(request.customer_id.as_deref()).to_owned()),
                params: Value::Object(params),
            },
            keep: None,
        })
    }

    fn returned(
        &self,
        back: &WindowReturn,
        expected: &Approve,
        _keep: Option<&Value>,
        _channel: &ChannelRevision,
    ) -> WindowVerdict {
        returned::verdict(back, expected)
    }
}

/// The buyer key: the merchant's id if it fits the SDK's rule, else a guest. It is optional to a one-off payment, so
/// an id that does not fit never stops one.
fn customer_key(id: Option<&str>) -> &str {
    let fits = |id: &&str| {
        (2..=50).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_=.@".contains(&b))
    };
    id.filter(fits).unwrap_or(ANONYMOUS)
}

/// What every method has.
fn common(request: &OpenRequest) -> Result<Members, Refusal> {
    rules::currency(request.currency)?;
    rules::order_id(&request.order_id)?;
    rules::amount(request.method, &request.amounts)?;
    let raw = Request(&request.raw);
    let mut params = Members::new();
    params.insert(
        "amount".into(),
        json!({"currency": request.currency.code(), "value": request.amounts.total}),
    );
    params.insert("orderId".into(), request.order_id.clone().into());
    params.insert("orderName".into(), rules::order_name(&request.order_name)?.into());
    params.insert("successUrl".into(), request.return_url.clone().into());
    params.insert("failUrl".into(), format!("{}/fail", request.return_url).into());
    params.insert("windowTarget".into(), window_target(request.device, raw)?.into());
    if request.amounts.tax_free > 0 {
        params.insert("taxFreeAmount".into(), request.amounts.tax_free.into());
    }
    let filled = |text: &Option<String>| text.as_deref().map(rules::clean).filter(|t| !t.is_empty());
    if let Some(name) = filled(&request.customer_name) {
        params.insert("customerName".into(), rules::cut(&name, rules::TEXT_MAX).into());
    }
    if let Some(address) = filled(&request.customer_email) {
        params.insert("customerEmail".into(), rules::email(&address)?.into());
    }
    if let Some(number) = filled(&request.customer_phone) {
        params.insert("customerMobilePhone".into(), rules::phone(&number)?.into());
    }
    Ok(params)
}

/// Toss draws an overlay or takes the page, and refuses the overlay on mobile.
fn window_target(device: Device, raw: Request<'_>) -> Result<&'static str, Refusal> {
    let path = match device {
        Device::Pc => "windowType.pc",
        Device::Mobile => "windowType.mobile",
    };
    match (device, raw.text(path)?) {
        (Device::Pc, None | Some("IFRAME")) => Ok("iframe"),
        (Device::Pc | Device::Mobile, Some("REDIRECTION")) | (Device::Mobile, None) => Ok("self"),
        (Device::Pc, _) => Err(Refusal::new(path, "must be IFRAME or REDIRECTION for Toss Payments")),
        (Device::Mobile, _) => Err(Refusal::new(path, "must be REDIRECTION for Toss Payments")),
    }
}

fn card(request: &OpenRequest, raw: Request<'_>) -> Result<Members, Refusal> {
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
fn easy_pay(request: &OpenRequest, raw: Request<'_>) -> Result<Members, Refusal> {
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

/// Escrow as a must. Without the flag Toss leaves the choice to the buyer, as it does for PortOne.
fn escrow(raw: Request<'_>, options: &mut Members) -> Result<(), Refusal> {
    if raw.flag("isEscrow")? != Some(true) {
        return Ok(());
    }
    options.insert("useEscrow".into(), true.into());
    let products = raw.list("products")?.unwrap_or_default();
    let mut list = Vec::with_capacity(products.len());
    for product in products {
        let product = Request(product);
        let named = |refusal: Refusal| Refusal::new(format!("products.{}", refusal.field), refusal.message);
        let mut entry = Members::new();
        for name in ["id", "name", "code"] {
            if let Some(text) = product.text(name).map_err(named)? {
                entry.insert(name.into(), text.into());
            }
        }
        for (name, own) in [("amount", "unitPrice"), ("quantity", "quantity")] {
            if let Some(number) = product.whole(name).map_err(named)? {
                entry.insert(own.into(), number.into());
            }
        }
        list.push(Value::Object(entry));
    }
    if !list.is_empty() {
        options.insert("escrowProducts".into(), list.into());
    }
    Ok(())
}

/// Options that transfer and virtual account share.
fn account(raw: Request<'_>, base: &str) -> Result<Members, Refusal> {
    let mut options = Members::new();
    let path = format!("{base}.cashReceiptType");
    let receipt = match raw.word(&path, "CASH_RECEIPT_TYPE_")? {
        None => None,
        Some("PERSONAL") => Some("소득공제"),
        Some("CORPORATE") => Some("지출증빙"),
        Some("ANONYMOUS") => Some("미발행"),
        Some(_) => return Err(Refusal::new(path, "must be PERSONAL, CORPORATE or ANONYMOUS")),
    };
    if let Some(kind) = receipt {
        options.insert("cashReceipt".into(), json!({"type": kind}));
    }
    if let Some(cultural) = raw.flag("isCulturalExpense")? {
        options.insert("isCulturalExpenses".into(), cultural.into());
    }
    escrow(raw, &mut options)?;
    Ok(options)
}

fn virtual_account(request: &OpenRequest, raw: Request<'_>) -> Result<Members, Refusal> {
    const HOURS: &str = "virtualAccount.accountExpiry.validHours";
    const DUE: &str = "virtualAccount.accountExpiry.dueDate";
    let mut options = account(raw, "virtualAccount")?;
    match (raw.whole(HOURS)?, raw.text(DUE)?) {
        (Some(_), Some(_)) => Err(Refusal::new(DUE, "cannot stand beside validHours; give one of the two")),
        (Some(hours), None) if !(1..=VALID_HOURS_MAX).contains(&hours) => {
            Err(Refusal::new(HOURS, format!("must be 1 to {VALID_HOURS_MAX}")))
        }
        (Some(hours), None) => {
            options.insert("validHours".into(), hours.into());
            Ok(options)
        }
        (None, Some(due)) => {
            options.insert(
                "dueDate".into(),
                due_date(due, request.at).map_err(|fix| Refusal::new(DUE, fix))?.into(),
            );
            Ok(options)
        }
        (None, None) => Ok(options),
    }
}

/// A deadline in Korean time, as Toss writes it. Input without an offset is Korean time already.
fn due_date(text: &str, now: Millis) -> Result<String, String> {
    let text = text.trim();
    let local = match text.parse::<jiff::Timestamp>() {
        Ok(instant) => Some(KST.to_datetime(instant)),
        // A bare day says nothing about the hour.
        Err(_) if text.len() <= 10 => None,
        Err(_) => text.parse::<jiff::civil::DateTime>().ok(),
    };
    let Some(local) = local else {
        return Err("must be a date and time, e.g. 2026-01-31T23:59:59+09:00".to_owned());
    };
    let due = KST
        .to_timestamp(local)
        .map_err(|_| "is out of range".to_owned())?
        .as_millisecond();
    if due <= now || due - now > VALID_HOURS_MAX * 3_600_000 {
        return Err(format!("must lie in the next {VALID_HOURS_MAX} hours"));
    }
    Ok(local.strftime("%Y-%m-%dT%H:%M:%S").to_string())
}

fn mobile(raw: Request<'_>) -> Result<Members, Refusal> {
    const PREFIX: &str = "CARRIER_";
    let mut carriers: Vec<&str> = raw.word("mobile.carrier", PREFIX)?.into_iter().collect();
    if carriers.is_empty() {
        // PortOne's schema spells the member this way; the right spelling is taken too.
        carriers = raw.words("mobile.avaliableCarriers", PREFIX)?;
    }
    if carriers.is_empty() {
        carriers = raw.words("mobile.availableCarriers", PREFIX)?;
    }
    if let Some(unknown) = carriers.iter().find(|c| !tables::CARRIERS.contains(c)) {
        return Err(Refusal::new(
            "mobile.carrier",
            format!("{unknown:?} is not one of {}", tables::CARRIERS.join(", ")),
        ));
    }
    let mut options = Members::new();
    if !carriers.is_empty() {
        options.insert("mobileCarriers".into(), carriers.into());
    }
    Ok(options)
}

fn certificate(raw: Request<'_>) -> Result<&'static str, Refusal> {
    const FIELD: &str = "giftCertificate.giftCertificateType";
    let word = raw.text(FIELD)?.map(|w| unprefixed(w, "GIFT_CERTIFICATE_TYPE_"));
    word.and_then(tables::certificate_method).ok_or_else(|| {
        Refusal::new(
            FIELD,
            format!("must be one of {}", tables::accepted(Table::Certificates)),
        )
    })
}
