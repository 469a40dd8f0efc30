//! The payment window: on a PC `INIStdPay.pay(form id)`, which must run on the very host that return and close addresses
//! have; on a phone an EUC-KR form that takes the page (INIpay Standard and Mobile manuals: "결제요청").

mod options;

use super::sign::credentials;
use super::{Inicis, escrow, returned, rules};
use crate::adapters::request::Request;
use crate::adapters::{
    Approve, Call, ChannelRevision, Device, Open, OpenRequest, Opened, Refusal, Window, WindowReturn, WindowType,
    WindowVerdict, WireAnswer,
};
use crate::payment::{MethodKind, Millis};
use serde_json::{Value, json};

pub(super) type Fields = Vec<(String, String)>;

impl Window for Inicis {
    fn register(&self, _request: &OpenRequest, _channel: &ChannelRevision) -> Result<Option<Call>, Refusal> {
        Ok(None)
    }

    fn window_types(&self, device: Device) -> &'static [WindowType] {
        match device {
            Device::Pc => &[WindowType::Iframe, WindowType::Redirection],
            Device::Mobile => &[WindowType::Redirection],
        }
    }

    fn open(
        &self,
        request: &OpenRequest,
        channel: &ChannelRevision,
        _registered: Option<&WireAnswer>,
    ) -> Result<Opened, Refusal> {
        rules::currency(request.currency)?;
        rules::order_id(&request.order_id)?;
        rules::amount(request.method, &request.amounts)?;
        let raw = Request(&request.raw);
        let escrow = escrow::checked(channel, raw.flag("isEscrow")? == Some(true))?;
        if escrow {
            rules::escrow(request.method, request.amounts.total)?;
        }
        let mobile = request.device == Device::Mobile;
        let open = if mobile {
            // The slash at its end is part of the address (MX1002 without it).
            phone_open(
                format!("{}/", channel.endpoint("mobile")),
                phone(request, raw, channel)?,
            )
        } else {
            pc_open(channel, pc(request, raw, channel)?, &request.return_url)
        };
        Ok(Opened {
            open,
            keep: Some(if escrow {
                json!({"mobile": mobile, "escrow": true})
            } else {
                json!({"mobile": mobile})
            }),
        })
    }

    fn returned(
        &self,
        back: &WindowReturn,
        expected: &Approve,
        keep: Option<&Value>,
        channel: &ChannelRevision,
    ) -> WindowVerdict {
        returned::verdict(back, expected, keep, channel)
    }
}

/// What a phone does with the form of one of its windows.
pub(super) fn phone_open(action: String, fields: Fields) -> Open {
    Open::Form {
        action,
        charset: "euc-kr".to_owned(),
        fields,
        iframe: false,
    }
}

/// What a PC does with [`pc_form`].
pub(super) fn pc_open(channel: &ChannelRevision, fields: Fields, return_url: &str) -> Open {
    Open::ScriptForm {
        script_url: channel.endpoint("script").to_owned(),
        call: "INIStdPay.pay".to_owned(),
        charset: "UTF-8".to_owned(),
        fields,
        action: return_url.to_owned(),
    }
}

/// What the forms of the PC's windows have in common.
pub(super) struct PcForm<'a> {
    pub(super) order_id: &'a str,
    pub(super) amount: i64,
    pub(super) at: Millis,
    pub(super) goods: String,
    /// Name, e-mail, phone number: all required.
    pub(super) buyer: [Option<&'a str>; 3],
    pub(super) method: String,
    pub(super) accept: Vec<String>,
    pub(super) return_url: &'a str,
}

/// The form of a PC's window.
pub(super) fn pc_form(form: PcForm<'_>, channel: &ChannelRevision) -> Result<Fields, Refusal> {
    let keys = credentials(channel)?;
    let (price, timestamp) = (form.amount.to_string(), form.at.to_string());
    let (signature, verification) = keys.window(form.order_id, &price, &timestamp);
    let needed = |field: &str, text: Option<&str>| {
        let clean = text.map(rules::clean).filter(|t| !t.is_empty());
        clean.ok_or_else(|| Refusal::new(field, "is required by KG Inicis' PC window"))
    };
    let name = needed("customer.fullName", form.buyer[0])?;
    let email = needed("customer.email", form.buyer[1])?;
    let phone = needed("customer.phoneNumber", form.buyer[2])?;
    let mut fields = Fields::new();
    for (name, value) in [
        ("version", "1.0".to_owned()),
        ("mid", channel.spec.mid.clone()),
        ("oid", form.order_id.to_owned()),
        ("price", price),
        ("timestamp", timestamp),
        ("use_chkfake", "Y".to_owned()),
        ("signature", signature),
        ("verification", verification),
        ("mKey", keys.m_key()),
        ("currency", "WON".to_owned()),
        ("goodname", form.goods),
        ("buyername", rules::cut_utf8(&name, rules::NAME_MAX)),
        ("buyertel", rules::phone(&phone)?),
        ("buyeremail", email),
        ("gopaymethod", form.method),
        ("returnUrl", form.return_url.to_owned()),
        ("closeUrl", format!("{}/close", form.return_url)),
        ("acceptmethod", form.accept.join(":")),
        ("charset", "UTF-8".to_owned()),
    ] {
        put(&mut fields, name, value);
    }
    Ok(fields)
}

fn pc(request: &OpenRequest, raw: Request<'_>, channel: &ChannelRevision) -> Result<Fields, Refusal> {
    let keys = credentials(channel)?;
    let options = options::pc(request, raw)?;
    let form = PcForm {
        order_id: &request.order_id,
        amount: request.amounts.total,
        at: request.at,
        goods: goods(rules::cut_utf8(&request.order_name, rules::GOODS_MAX.0))?,
        buyer: [
            request.customer_name.as_deref(),
            request.customer_email.as_deref(),
            request.customer_phone.as_deref(),
        ],
        method: options.method,
        accept: options.accept,
        return_url: &request.return_url,
    };
    let mut fields = pc_form(form, channel)?;
    if let Some(language) = language(raw)? {
        put(&mut fields, "languageView", language);
    }
    if let Some(months) = options.months {
        put(&mut fields, "quotabase", months);
    }
    if keys.amount_parts || request.amounts.tax_free > 0 {
        put(&mut fields, "tax", request.amounts.vat.to_string());
        put(&mut fields, "taxfree", request.amounts.tax_free.to_string());
    }
    Ok(fields)
}

fn phone(request: &OpenRequest, raw: Request<'_>, channel: &ChannelRevision) -> Result<Fields, Refusal> {
    let keys = credentials(channel)?;
    let (price, timestamp) = (request.amounts.total.to_string(), request.at.to_string());
    let guard = keys.chkfake(&price, &request.order_id, &timestamp);
    let options = options::phone(request, raw, guard.is_some())?;
    let name = request
        .customer_name
        .as_deref()
        .map(|n| rules::cut_cp949(n, rules::NAME_MAX));
    let mut fields = Fields::new();
    for (name, value) in [
        ("P_INI_PAYMENT", options.method),
        ("P_MID", channel.spec.mid.clone()),
        ("P_OID", request.order_id.clone()),
        ("P_AMT", price),
        (
            "P_GOODS",
            goods(rules::cut_cp949(&request.order_name, rules::GOODS_MAX.1))?,
        ),
        ("P_UNAME", rules::filled("customer.fullName", name.unwrap_or_default())?),
        ("P_NEXT_URL", request.return_url.clone()),
        ("P_CHARSET", "utf8".to_owned()),
        // The return has no order number of its own.
        ("P_NOTI", request.order_id.clone()),
    ] {
        put(&mut fields, name, value);
    }
    if let Some(number) = request.customer_phone.as_deref().filter(|n| !n.trim().is_empty()) {
        put(&mut fields, "P_MOBILE", rules::phone(number)?);
    }
    if let Some(email) = request
        .customer_email
        .as_deref()
        .map(rules::clean)
        .filter(|e| !e.is_empty())
    {
        put(&mut fields, "P_EMAIL", email);
    }
    if let Some(guard) = guard {
        put(&mut fields, "P_TIMESTAMP", timestamp);
        put(&mut fields, "P_CHKFAKE", guard);
    }
    for (name, value) in options.fields {
        put(&mut fields, name, value);
    }
    if let Some(months) = options.months {
        put(&mut fields, "P_QUOTABASE", months);
    }
    if keys.amount_parts || request.amounts.tax_free > 0 {
        put(&mut fields, "P_TAX", request.amounts.vat.to_string());
        put(&mut fields, "P_TAXFREE", request.amounts.tax_free.to_string());
    }
    if request.method == MethodKind::VirtualAccount {
        put(&mut fields, "P_NOTI_URL", notice_url(request, channel)?);
    }
    put(&mut fields, "P_RESERVED", options.accept.join("&"));
    Ok(fields)
}

/// Where a phone's account is told of its deposit: it is named in each request, unlike a PC's. Notices come to the origin
/// that returns come to. For no other method: KG Inicis would then tell approvals there as well.
fn notice_url(request: &OpenRequest, channel: &ChannelRevision) -> Result<String, Refusal> {
    let url = request.return_url.as_str();
    let path = url
        .find("://")
        .and_then(|at| url[at + 3..].find('/').map(|slash| at + 3 + slash));
    let origin = path.and_then(|at| url.get(..at));
    let origin = origin.ok_or_else(|| Refusal::new("channel", "the return address has no origin to notify"))?;
    Ok(format!(
        "{origin}/notify/{}/{}",
        channel.spec.provider, channel.spec.key
    ))
}

fn goods(name: String) -> Result<String, Refusal> {
    rules::filled("orderName", name)
}

pub(super) fn language(raw: Request<'_>) -> Result<Option<&'static str>, Refusal> {
    Ok(match raw.text("locale")? {
        Some("EN_US") => Some("en"),
        Some("ZH_CN") => Some("cn"),
        // Korean is the default; other locales are ignored, as PortOne does.
        _ => None,
    })
}

pub(super) fn put(fields: &mut Fields, name: &str, value: impl Into<String>) {
    fields.push((name.to_owned(), value.into()));
}
