//! The payment window: on a PC `goPay(form)` of NICE's script, which adds its result to our form; on a phone a form post
//! to `v3Payment.jsp` that takes the page (NICE docs: "결제창 인증").

mod options;

use super::sign::credentials;
use super::wire::edi_date;
use super::{NiceLegacy, returned, rules};
use crate::adapters::nice_common::text;
use crate::adapters::request::Request;
use crate::adapters::{
    Approve, Call, ChannelRevision, Device, Open, OpenRequest, Opened, Refusal, Window, WindowReturn, WindowType,
    WindowVerdict, WireAnswer,
};
use serde_json::{Value, json};

type Fields = Vec<(String, String)>;

impl Window for NiceLegacy {
    fn window_types(&self, device: Device) -> &'static [WindowType] {
        match device {
            Device::Pc => &[WindowType::Iframe, WindowType::Popup, WindowType::Redirection],
            Device::Mobile => &[WindowType::Redirection],
        }
    }

    fn register(&self, _request: &OpenRequest, _channel: &ChannelRevision) -> Result<Option<Call>, Refusal> {
        Ok(None)
    }

    fn open(
        &self,
        request: &OpenRequest,
        channel: &ChannelRevision,
        _registered: Option<&WireAnswer>,
    ) -> Result<Opened, Refusal> {
        let pay_method = returned::pay_method(request.method);
        let mut fields = common(request, channel, pay_method)?;
        options::of_method(request, Request(&request.raw), &mut fields)?;
        let escrow = fields.iter().any(|(name, value)| name == "TransType" && value == "1");
        let open = match request.device {
            Device::Pc => Open::ScriptForm {
                script_url: channel.endpoint("script").to_owned(),
                call: "goPay".to_owned(),
                charset: "utf-8".to_owned(),
                fields,
                action: request.return_url.clone(),
            },
            Device::Mobile => Open::Form {
                action: channel.endpoint("mobile").to_owned(),
                charset: "euc-kr".to_owned(),
                fields,
                iframe: false,
            },
        };
        Ok(Opened {
            open,
            keep: Some(if escrow {
                json!({"payMethod": pay_method, "escrow": true})
            } else {
                json!({"payMethod": pay_method})
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

/// What every method has. All text is within CP949: a browser would send anything else as `&#…;`.
fn common(request: &OpenRequest, channel: &ChannelRevision, pay_method: &str) -> Result<Fields, Refusal> {
    rules::currency(request.currency)?;
    rules::order_id(&request.order_id)?;
    rules::amount(request.method, &request.amounts)?;
    let keys = credentials(channel)?;
    let raw = Request(&request.raw);
    let (mid, amount) = (channel.spec.mid.clone(), request.amounts.total.to_string());
    let edi_date = edi_date(request.at);
    let sign_data = keys.sign(&[&edi_date, &mid, &amount]);
    let mut fields: Fields = [
        ("GoodsName", rules::goods_name(&request.order_name)?),
        ("Amt", amount),
        ("MID", mid),
        ("EdiDate", edi_date),
        ("Moid", request.order_id.clone()),
        ("SignData", sign_data),
        ("PayMethod", pay_method.to_owned()),
        ("ReturnURL", request.return_url.clone()),
        ("CharSet", keys.charset.to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    let filled = |text: &Option<String>| text.as_deref().map(text::clean).filter(|t| !t.is_empty());
    if let Some(name) = filled(&request.customer_name) {
        put(&mut fields, "BuyerName", text::cut(&name, rules::NAME_MAX));
    }
    if let Some(number) = filled(&request.customer_phone) {
        put(&mut fields, "BuyerTel", rules::phone(&number)?);
    }
    if let Some(address) = filled(&request.customer_email) {
        put(&mut fields, "BuyerEmail", rules::email(&address)?);
    }
    if keys.splits(&request.amounts) {
        for (name, value) in rules::tax_parts(&request.amounts) {
            put(&mut fields, name, value);
        }
    }
    match raw.text("locale")? {
        Some("EN_US") => put(&mut fields, "NpLang", "EN"),
        Some("ZH_CN") => put(&mut fields, "NpLang", "CN"),
        // Korean is the default; locales NICE does not speak are ignored, as PortOne does.
        _ => {}
    }
    if let Some(scheme) = raw.text("appScheme")? {
        if scheme.len() > 500 {
            return Err(Refusal::new("appScheme", "must not be longer than 500 bytes"));
        }
        put(&mut fields, "WapUrl", scheme);
        put(&mut fields, "IspCancelUrl", scheme);
    }
    Ok(fields)
}

fn put(fields: &mut Fields, name: &str, value: impl Into<String>) {
    fields.push((name.to_owned(), value.into()));
}
