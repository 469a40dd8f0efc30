//! The payment window: `TossPayments(clientKey).payment({customerKey}).requestPayment({...})` of browser SDK v2.

mod account;
mod card;

pub(super) use account::{due_date, escrow_products};

use super::request::{Request, unprefixed};
use super::tables::{self, Table};
use super::{Toss, returned, rules, sign};
use crate::adapters::{
    Approve, Call, ChannelRevision, Device, Open, OpenRequest, Opened, Refusal, Window, WindowReturn, WindowVerdict,
    WireAnswer,
};
use crate::payment::MethodKind;
use serde_json::{Map, Value, json};

/// `TossPayments.ANONYMOUS`: the buyer key of a guest.
const ANONYMOUS: &str = "@@ANONYMOUS";

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
            MethodKind::Card => ("CARD", "card", card::card(request, raw)?),
            MethodKind::EasyPay => ("CARD", "card", card::easy_pay(request, raw)?),
            MethodKind::Transfer => ("TRANSFER", "transfer", account::account(raw, "transfer")?),
            MethodKind::VirtualAccount => (
                "VIRTUAL_ACCOUNT",
                "virtualAccount",
                account::virtual_account(request, raw)?,
            ),
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
