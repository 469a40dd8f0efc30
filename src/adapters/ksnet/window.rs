//! The payment window (KSNET WebHost V1.4): a form posted into an overlay frame on a PC, into the page on a phone. KSNET's
//! own script only draws that frame, and fails when it is loaded late, so the router's page draws it.

use super::sign::credentials;
use super::{DESCRIPTOR, Ksnet, returned, rules, send, wire};
use crate::adapters::request::Request;
use crate::adapters::{
    Approve, Call, ChannelRevision, Device, Open, OpenRequest, Opened, Refusal, Window, WindowReturn, WindowVerdict,
    WireAnswer,
};
use crate::payment::{MethodKind, Millis};
use serde_json::{Value, json};

type Fields = Vec<(String, String)>;

const HOUR: Millis = 3_600_000;

impl Window for Ksnet {
    fn register(&self, _request: &OpenRequest, _channel: &ChannelRevision) -> Result<Option<Call>, Refusal> {
        Ok(None)
    }

    fn open(
        &self,
        request: &OpenRequest,
        channel: &ChannelRevision,
        _registered: Option<&WireAnswer>,
    ) -> Result<Opened, Refusal> {
        let mobile = request.device == Device::Mobile;
        let raw = Request(&request.raw);
        let mut fields = common(request, raw, channel)?;
        let expires_at = of_method(request, raw, &mut fields)?;
        let action = format!(
            "{}/store/{}/KSPayPWeb.jsp",
            channel.endpoint("window"),
            send::folder(mobile)
        );
        Ok(Opened {
            open: Open::Form {
                action,
                charset: "utf-8".to_owned(),
                fields,
                iframe: !mobile,
            },
            keep: Some(kept(request, raw, mobile, expires_at)?),
        })
    }

    fn returned(
        &self,
        back: &WindowReturn,
        _expected: &Approve,
        keep: Option<&Value>,
        _channel: &ChannelRevision,
    ) -> WindowVerdict {
        returned::verdict(back, keep)
    }
}

/// What the fetch call's answer will not tell.
fn kept(request: &OpenRequest, raw: Request<'_>, mobile: bool, expires_at: Option<Millis>) -> Result<Value, Refusal> {
    let mut keep = json!({"mobile": mobile, "expiresAt": expires_at});
    if raw.flag("isEscrow")? == Some(true) {
        keep["escrow"] = json!(true);
    }
    if request.method == MethodKind::EasyPay
        && let Some(wallet) = raw.word("easyPay.easyPayProvider", "EASY_PAY_PROVIDER_")?
    {
        keep["wallet"] = json!(wallet);
    }
    Ok(keep)
}

fn put(fields: &mut Fields, name: &str, value: impl Into<String>) {
    fields.push((name.to_owned(), value.into()));
}

/// What every method has. All text is within CP949 and without the characters that KSNET's pages break on.
fn common(request: &OpenRequest, raw: Request<'_>, channel: &ChannelRevision) -> Result<Fields, Refusal> {
    rules::currency(request.currency)?;
    rules::order_id(&request.order_id)?;
    rules::amount(request.method, &request.amounts)?;
    let mut fields = Fields::new();
    put(&mut fields, "sndStoreid", channel.spec.mid.clone());
    put(&mut fields, "sndOrdernumber", request.order_id.clone());
    put(
        &mut fields,
        "sndGoodname",
        rules::goods_name(&request.order_name, request.device)?,
    );
    put(&mut fields, "sndAmount", request.amounts.total.to_string());
    put(
        &mut fields,
        "sndOrdername",
        rules::buyer(request.customer_name.as_deref(), rules::NAME_MAX)?,
    );
    let filled = |text: &Option<String>| text.as_deref().map(wire::clean).filter(|t| !t.is_empty());
    let email = filled(&request.customer_email).map(|e| rules::email(&e)).transpose()?;
    let phone = filled(&request.customer_phone).map(|n| rules::phone(&n)).transpose()?;
    let escrow = raw.flag("isEscrow")? == Some(true);
    if escrow && email.is_none() {
        return Err(Refusal::new(
            "customer.email",
            "is required for an escrow payment at KSNET",
        ));
    }
    if let Some(email) = email {
        put(&mut fields, "sndEmail", email);
    }
    if let Some(phone) = phone {
        put(&mut fields, "sndMobile", phone);
    }
    put(&mut fields, "sndReply", request.return_url.clone());
    put(&mut fields, "sndCharSet", "utf-8");
    if request.device == Device::Pc {
        put(&mut fields, "iframeYn", "Y");
    }
    put(&mut fields, "sndGoodType", goods_type(request.method, raw)?);
    put(&mut fields, "sndShowcard", "C");
    put(&mut fields, "sndCurrencytype", "WON");
    put(&mut fields, "sndEscrow", if escrow { "1" } else { "0" });
    if request.amounts.tax_free > 0 {
        let Some(name) = &credentials(channel)?.tax_free_field else {
            let message = "needs the channel's taxFreeField: KSNET does not publish the name of its window's field";
            return Err(Refusal::new("taxFreeAmount", message));
        };
        put(&mut fields, name, request.amounts.tax_free.to_string());
    }
    for (name, path) in [
        ("sndStoreCeoName", "storeDetails.ceoFullName"),
        ("sndStorePhoneNo", "storeDetails.phoneNumber"),
        ("sndStoreAddress", "storeDetails.address"),
    ] {
        if let Some(text) = raw.text(path)?.map(wire::clean).filter(|t| !t.is_empty()) {
            put(&mut fields, name, text);
        }
    }
    if request.device == Device::Mobile
        && let Some(scheme) = raw.text("appScheme")?
    {
        put(&mut fields, "sndRtApp", wire::clean(scheme));
    }
    Ok(fields)
}

/// Goods or content: for phone bills it must fit the contract, elsewhere goods are the default.
fn goods_type(method: MethodKind, raw: Request<'_>) -> Result<&'static str, Refusal> {
    match raw.word("productType", "PRODUCT_TYPE_")? {
        Some("DIGITAL") => Ok("2"),
        Some("REAL") => Ok("1"),
        None if method != MethodKind::Mobile => Ok("1"),
        _ => Err(Refusal::new(
            "productType",
            "must be REAL or DIGITAL, as the contract with KSNET says",
        )),
    }
}

/// Fields of the request's method, and the deadline of a virtual account.
fn of_method(request: &OpenRequest, raw: Request<'_>, fields: &mut Fields) -> Result<Option<Millis>, Refusal> {
    match request.method {
        MethodKind::Card => card(request, raw, fields)?,
        MethodKind::EasyPay => easy_pay(request, raw, fields)?,
        MethodKind::Transfer => {
            put(fields, "sndPaymethod", "0010000000");
            let receipt = raw.text("cashReceiptType")? != Some("ANONYMOUS");
            put(fields, "sndCashReceipt", if receipt { "1" } else { "0" });
        }
        MethodKind::VirtualAccount => {
            put(fields, "sndPaymethod", "0100000000");
            let at = due(raw, request.at)?;
            put(fields, "sndVirExpDt", wire::stamp(at, "%Y%m%d"));
            put(fields, "sndVirExpTm", wire::stamp(at, "%H%M%S"));
            return Ok(Some(at));
        }
        MethodKind::Mobile => put(fields, "sndPaymethod", "0000010000"),
        MethodKind::GiftCertificate => put(fields, "sndPaymethod", "0000001000"),
    }
    Ok(None)
}

fn card(request: &OpenRequest, raw: Request<'_>, fields: &mut Fields) -> Result<(), Refusal> {
    for field in ["card.cardCompany", "card.availableCards"] {
        if raw.at(field).is_some() {
            let message = "cannot be sent: KSNET does not publish how its window takes a card company";
            return Err(Refusal::new(field, message));
        }
    }
    put(fields, "sndPaymethod", "1000000000");
    installments(request, raw, "card", fields)?;
    let wallets = match raw.text("bypass.ksnet.sndQpayType")? {
        None | Some("0") => "0",
        Some("1") => "1",
        Some(_) => return Err(Refusal::new("bypass.ksnet.sndQpayType", "must be \"0\" or \"1\"")),
    };
    put(fields, "sndQpayType", wallets);
    Ok(())
}

/// Months that the buyer may choose from; the interest is the buyer's.
fn installments(request: &OpenRequest, raw: Request<'_>, base: &str, fields: &mut Fields) -> Result<(), Refusal> {
    let fixed = format!("{base}.installment.monthOption.fixedMonth");
    let listed = format!("{base}.installment.monthOption.availableMonthList");
    let (total, least) = (request.amounts.total, DESCRIPTOR.limits.installment_min);
    let months: Vec<u32> = match (raw.whole(&fixed)?, raw.list(&listed)?) {
        (Some(_), Some(_)) => {
            return Err(Refusal::new(
                listed,
                "cannot stand beside fixedMonth; give one of the two",
            ));
        }
        (Some(months), None) => vec![rules::months(&fixed, months, total)?],
        (None, Some(list)) => {
            let mut months = vec![0];
            for value in list {
                let value = value.as_i64();
                let value = value.ok_or_else(|| Refusal::new(&listed, "must be a list of whole numbers"))?;
                months.push(rules::months(&listed, value, least)?);
            }
            months.sort_unstable();
            months.dedup();
            months
        }
        (None, None) => std::iter::once(0).chain(2..=12).collect(),
    };
    let list = months.iter().map(u32::to_string).collect::<Vec<_>>().join(":");
    let value = match request.device {
        Device::Pc => format!("ALL({list})"),
        Device::Mobile => list,
    };
    put(fields, "sndInstallmenttype", value);
    if raw.at(&format!("{base}.installment.freeInstallmentPlans")).is_some() {
        let field = format!("{base}.installment.freeInstallmentPlans");
        return Err(Refusal::new(
            field,
            "is not sent here; agree interest-free months with KSNET for the MID",
        ));
    }
    put(fields, "sndInteresttype", "NONE");
    Ok(())
}

/// KSNET's list of wallets inside the card window, or one of the two whose flag is known.
fn easy_pay(request: &OpenRequest, raw: Request<'_>, fields: &mut Fields) -> Result<(), Refusal> {
    const FIELD: &str = "easyPay.easyPayProvider";
    const METHODS: &str = "easyPay.availablePayMethods";
    if raw.flag("isEscrow")? == Some(true) {
        return Err(Refusal::new("isEscrow", "is not possible with easy pay at KSNET"));
    }
    installments(request, raw, "easyPay", fields)?;
    let funding = raw.words(METHODS, "EASY_PAY_METHOD_")?;
    match raw.word(FIELD, "EASY_PAY_PROVIDER_")? {
        None => {
            put(fields, "sndPaymethod", "1000000000");
            put(fields, "sndQpayType", "1");
        }
        Some("KAKAOPAY") => {
            for (name, path) in [
                ("sndStoreCeoName", "storeDetails.ceoFullName"),
                ("sndStorePhoneNo", "storeDetails.phoneNumber"),
                ("sndStoreAddress", "storeDetails.address"),
                ("sndEmail", "customer.email"),
                ("sndMobile", "customer.phoneNumber"),
            ] {
                if !fields.iter().any(|(own, _)| own == name) {
                    return Err(Refusal::new(path, "is required for Kakao Pay at KSNET"));
                }
            }
            put(fields, "sndPaymethod", "0000000010000");
            let kakao = match funding.as_slice() {
                ["CARD"] => "CARD",
                ["CHARGE"] => "MONEY",
                [] | [_, _] => "",
                _ => return Err(Refusal::new(METHODS, "must be CARD, CHARGE or both for Kakao Pay")),
            };
            put(fields, "sndKakaopayType", kakao);
        }
        Some("NAVERPAY") => {
            if !matches!(funding.as_slice(), [] | ["CARD"]) {
                return Err(Refusal::new(
                    METHODS,
                    "must be CARD for Naver Pay: KSNET opens it for cards only",
                ));
            }
            put(fields, "sndPaymethod", "0000000000001");
        }
        Some(_) => {
            let message = "must be KAKAOPAY or NAVERPAY: KSNET does not publish the flags of other wallets; leave it \
                           out for KSNET's own list";
            return Err(Refusal::new(FIELD, message));
        }
    }
    Ok(())
}

/// The deadline of a virtual account, which KSNET demands.
fn due(raw: Request<'_>, now: Millis) -> Result<Millis, Refusal> {
    const HOURS: &str = "virtualAccount.accountExpiry.validHours";
    const DUE: &str = "virtualAccount.accountExpiry.dueDate";
    let local = |text: &str| {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        wire::millis(&digits)
    };
    let at = match (raw.whole(HOURS)?, raw.text(DUE)?) {
        (Some(_), Some(_)) => {
            return Err(Refusal::new(DUE, "cannot stand beside validHours; give one of the two"));
        }
        (None, None) => return Err(Refusal::new(DUE, "is required by KSNET: give it or validHours")),
        (Some(hours), None) if (1..=24 * 365).contains(&hours) => Some(now + hours * HOUR),
        (Some(_), None) => return Err(Refusal::new(HOURS, "must be 1 to 8760")),
        (None, Some(due)) => {
            let instant = due.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond);
            instant.or_else(|| local(due))
        }
    };
    at.filter(|at| *at > now && *at - now <= 24 * 365 * HOUR)
        .ok_or_else(|| {
            Refusal::new(
                DUE,
                "must be a date and time of the next year, e.g. 2026-01-31T23:59:59+09:00",
            )
        })
}
