//! The payment window: `AUTHNICE.requestPay({...})` of `https://pay.nicepay.co.kr/v1/js/` (NICE docs: "결제창 호출").
//! On a PC it draws a layer, on a phone it takes the page; either way the browser posts the result to `returnUrl`.

mod options;

use super::sign::credentials;
use super::{Nice, returned, rules};
use crate::adapters::nice_common::text;
use crate::adapters::request::Request;
use crate::adapters::{
    Approve, Call, ChannelRevision, Device, Open, OpenRequest, Opened, Refusal, Window, WindowReturn, WindowType,
    WindowVerdict, WireAnswer,
};
use crate::payment::MethodKind;
use serde_json::{Map, Value};

type Members = Map<String, Value>;

impl Window for Nice {
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
        let mut params = common(request, channel)?;
        let raw = Request(&request.raw);
        match request.method {
            MethodKind::Card => options::card(request, raw, &mut params)?,
            MethodKind::EasyPay => options::easy_pay(request, raw, &mut params)?,
            MethodKind::Transfer => {
                params.insert("method".into(), "bank".into());
                options::escrow(raw, &mut params)?;
            }
            MethodKind::VirtualAccount => options::virtual_account(request, raw, channel, &mut params)?,
            MethodKind::Mobile => options::mobile(raw, &mut params)?,
            MethodKind::GiftCertificate => {
                return Err(Refusal::new(
                    "payMethod",
                    "NICE Payments has no gift certificates in this window",
                ));
            }
        }
        Ok(Opened {
            open: Open::Script {
                // The address ends with a slash, which endpoints are kept without.
                script_url: format!("{}/", channel.endpoint("script")),
                global: "AUTHNICE".to_owned(),
                client_key: None,
                call: "requestPay".to_owned(),
                customer_key: None,
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
        channel: &ChannelRevision,
    ) -> WindowVerdict {
        returned::verdict(back, expected, channel)
    }
}

/// What every method has. `fnError`, which the SDK demands, is a function and therefore added by our page.
fn common(request: &OpenRequest, channel: &ChannelRevision) -> Result<Members, Refusal> {
    rules::currency(request.currency)?;
    rules::order_id(&request.order_id)?;
    rules::amount(request.method, &request.amounts)?;
    let raw = Request(&request.raw);
    let mut params = Members::new();
    params.insert("clientId".into(), credentials(channel)?.client_key.clone().into());
    params.insert("orderId".into(), request.order_id.clone().into());
    params.insert("amount".into(), request.amounts.total.into());
    params.insert("goodsName".into(), rules::goods_name(&request.order_name)?.into());
    params.insert("returnUrl".into(), request.return_url.clone().into());
    params.insert("returnCharSet".into(), "utf-8".into());
    if request.amounts.tax_free > 0 {
        params.insert("taxFreeAmt".into(), request.amounts.tax_free.into());
    }
    let filled = |text: &Option<String>| text.as_deref().map(text::clean).filter(|t| !t.is_empty());
    if let Some(name) = filled(&request.customer_name) {
        params.insert("buyerName".into(), text::cut(&name, rules::NAME_MAX).into());
    }
    if let Some(number) = filled(&request.customer_phone) {
        params.insert("buyerTel".into(), rules::phone(&number)?.into());
    }
    if let Some(address) = filled(&request.customer_email) {
        params.insert("buyerEmail".into(), rules::email(&address)?.into());
    }
    // Optional to a one-off payment, so an id that does not fit never stops one.
    let fits = |id: &&String| id.len() <= 20 && id.bytes().all(|b| b.is_ascii_graphic() && b != b'"');
    if let Some(id) = request.customer_id.as_ref().filter(fits) {
        params.insert("mallUserId".into(), id.clone().into());
    }
    match raw.text("locale")? {
        Some("EN_US") => params.insert("language".into(), "EN".into()),
        Some("ZH_CN") => params.insert("language".into(), "CN".into()),
        // Korean is the default; locales NICE does not speak are ignored, as PortOne does.
        _ => None,
    };
    if let Some(scheme) = raw.text("appScheme")? {
        if scheme.len() > 200 {
            return Err(Refusal::new("appScheme", "must not be longer than 200 bytes"));
        }
        params.insert("appScheme".into(), scheme.into());
    }
    options::bypass(raw, &mut params)?;
    Ok(params)
}
