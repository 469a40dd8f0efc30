//! The `requestPayment` object, read strictly where money, routing and redirects depend on it and passed on whole.

use super::customer::{self, Customer};
use super::extras;
use super::fields::{Fields, Problems};
use super::spelling;
use super::urls;
use crate::adapters::{Device, WindowType};
use crate::payment::{Amounts, Currency, MethodKind};
use serde_json::{Map, Value};

/// Longest `paymentId`, in characters.
const PAYMENT_ID_MAX: usize = 128;
/// Longest `orderName`, characters: that of the V2 API.
const ORDER_NAME_MAX: usize = 500;

/// How the merchant names the channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// `channelKey`.
    Channel(String),
    /// `channelGroupId`.
    Group(String),
}

/// A request that holds together by itself; whether its store and channel exist is another matter.
#[derive(Debug, Clone)]
pub struct PayRequest {
    /// `storeId`.
    pub store_id: String,
    /// `paymentId`.
    pub payment_id: String,
    /// `orderName`.
    pub order_name: String,
    /// Amounts.
    pub amounts: Amounts,
    /// Currency.
    pub currency: Currency,
    /// `payMethod`.
    pub method: MethodKind,
    /// Buyer's device.
    pub device: Device,
    /// `channelKey` or `channelGroupId`.
    pub choice: Choice,
    /// `windowType` for this device, if given.
    pub window_type: Option<WindowType>,
    /// `redirectUrl`.
    pub redirect_url: Option<String>,
    /// The page that opened the window waits for the result itself (PortOne's promise mode).
    pub promise: bool,
    /// Buyer.
    pub customer: Customer,
    /// `customData` as text.
    pub custom_data: Option<String>,
    /// Members that answers echo or later steps need.
    pub extras: Map<String, Value>,
    /// The whole object with short enum spellings, without this room's own members.
    pub raw: Value,
}

/// Reads a request.
///
/// # Errors
/// Every problem, naming its member.
pub fn parse(object: Map<String, Value>) -> Result<PayRequest, String> {
    let mut problems = Problems::default();
    let mut object = object;
    spelling::shorten(&mut object);
    let parsed = read(&object, &mut problems);
    match parsed {
        Some(mut parsed) if problems.is_empty() => {
            object.remove("device");
            object.remove("resultMode");
            parsed.raw = Value::Object(object);
            Ok(parsed)
        }
        _ => Err(problems.joined()),
    }
}

fn read(object: &Map<String, Value>, problems: &mut Problems) -> Option<PayRequest> {
    let fields = Fields::new(object, "");
    let store_id = fields.required_text("storeId", problems);
    let payment_id = payment_id(fields, problems);
    let order_name = order_name(fields, problems);
    let amounts = amounts(fields, problems);
    let currency = currency(fields, problems);
    let method = method(fields, problems);
    let device = device(fields, problems);
    let choice = choice(fields, problems);
    let window_type = device.and_then(|device| window_type(fields, device, problems));
    let redirect_url = redirect_url(fields, problems);
    let promise = promise(fields, redirect_url, problems);
    let customer = customer::read(fields, problems);
    let extras = extras::read(fields, problems);
    refuse_what_is_not_served(fields, problems);
    Some(PayRequest {
        store_id: store_id?.to_owned(),
        payment_id: payment_id?.to_owned(),
        order_name: order_name?.to_owned(),
        amounts: amounts?,
        currency: currency?,
        method: method?,
        device: device?,
        choice: choice?,
        window_type,
        redirect_url: redirect_url.map(str::to_owned),
        promise,
        customer,
        custom_data: custom_data(fields),
        extras,
        raw: Value::Null,
    })
}

fn payment_id<'a>(fields: Fields<'a>, problems: &mut Problems) -> Option<&'a str> {
    let id = fields.required_text("paymentId", problems)?;
    let fits = id.chars().count() <= PAYMENT_ID_MAX && !id.chars().any(char::is_control);
    if !fits {
        let message = format!("must have at most {PAYMENT_ID_MAX} characters and no control characters");
        problems.add("paymentId", &message);
    }
    fits.then_some(id)
}

fn order_name<'a>(fields: Fields<'a>, problems: &mut Problems) -> Option<&'a str> {
    let name = fields.required_text("orderName", problems)?;
    let fits = name.chars().count() <= ORDER_NAME_MAX;
    if !fits {
        problems.add("orderName", &format!("must have at most {ORDER_NAME_MAX} characters"));
    }
    fits.then_some(name)
}

fn amounts(fields: Fields<'_>, problems: &mut Problems) -> Option<Amounts> {
    let total = fields.integer("totalAmount", problems);
    if fields.value("totalAmount").is_none() {
        problems.add("totalAmount", "is required");
    }
    let tax_free = fields.integer("taxFreeAmount", problems).unwrap_or(0);
    let vat = fields.integer("vatAmount", problems);
    let total = total?;
    match Amounts::new(total, tax_free, vat) {
        Ok(amounts) => Some(amounts),
        Err(error) => {
            let member = match error {
                crate::payment::MoneyError::NotPositive => "totalAmount",
                _ => "taxFreeAmount, vatAmount",
            };
            problems.add(member, &error.to_string());
            None
        }
    }
}

fn currency(fields: Fields<'_>, problems: &mut Problems) -> Option<Currency> {
    let code = fields.required_text("currency", problems)?;
    let currency = Currency::try_from(code.to_owned());
    if let Err(error) = &currency {
        problems.add("currency", &error.to_string());
    }
    currency.ok()
}

fn method(fields: Fields<'_>, problems: &mut Problems) -> Option<MethodKind> {
    match fields.required_text("payMethod", problems)? {
        "CARD" => Some(MethodKind::Card),
        "TRANSFER" => Some(MethodKind::Transfer),
        "VIRTUAL_ACCOUNT" => Some(MethodKind::VirtualAccount),
        "GIFT_CERTIFICATE" => Some(MethodKind::GiftCertificate),
        "MOBILE" => Some(MethodKind::Mobile),
        "EASY_PAY" => Some(MethodKind::EasyPay),
        known @ ("PAYPAL" | "ALIPAY" | "CONVENIENCE_STORE" | "ALIPAY_PLUS") => {
            problems.add("payMethod", &format!("no PG of this router serves {known}"));
            None
        }
        _ => {
            problems.add(
                "payMethod",
                "must be one of CARD, TRANSFER, VIRTUAL_ACCOUNT, GIFT_CERTIFICATE, MOBILE, EASY_PAY",
            );
            None
        }
    }
}

/// `device`.
pub(super) fn device(fields: Fields<'_>, problems: &mut Problems) -> Option<Device> {
    match fields.required_text("device", problems)? {
        "pc" => Some(Device::Pc),
        "mobile" => Some(Device::Mobile),
        _ => {
            problems.add("device", "must be pc or mobile");
            None
        }
    }
}

fn choice(fields: Fields<'_>, problems: &mut Problems) -> Option<Choice> {
    let channel = fields.text("channelKey", problems);
    let group = fields.text("channelGroupId", problems);
    match (channel, group) {
        (Some(key), None) => Some(Choice::Channel(key.to_owned())),
        (None, Some(id)) => Some(Choice::Group(id.to_owned())),
        (Some(_), Some(_)) => {
            problems.add("channelKey", "give either channelKey or channelGroupId, not both");
            None
        }
        (None, None) => {
            problems.add("channelKey", "channelKey or channelGroupId is required");
            None
        }
    }
}

/// The wire word of a device in member names.
pub fn device_word(device: Device) -> &'static str {
    match device {
        Device::Pc => "pc",
        Device::Mobile => "mobile",
    }
}

/// `windowType` for a device.
pub(super) fn window_type(fields: Fields<'_>, device: Device, problems: &mut Problems) -> Option<WindowType> {
    let types = fields.object("windowType", problems)?;
    let types = Fields::new(types, "windowType.");
    let mut of = |name: &str| match types.word(name, &["IFRAME", "POPUP", "REDIRECTION", "UI"], problems)? {
        "IFRAME" => Some(WindowType::Iframe),
        "POPUP" => Some(WindowType::Popup),
        "REDIRECTION" => Some(WindowType::Redirection),
        _ => Some(WindowType::Ui),
    };
    // Both are read, so that a typing error shows on the developer's own device.
    let (pc, mobile) = (of("pc"), of("mobile"));
    match device {
        Device::Pc => pc,
        Device::Mobile => mobile,
    }
}

/// `redirectUrl`.
pub(super) fn redirect_url<'a>(fields: Fields<'a>, problems: &mut Problems) -> Option<&'a str> {
    let url = fields.text("redirectUrl", problems)?;
    if let Err(message) = urls::check_redirect(url) {
        problems.add("redirectUrl", &message);
    }
    Some(url)
}

/// `resultMode` is what our own script says about the page it runs in. A caller that is no browser leaves it out and
/// gets its result at `redirectUrl`, if it named one.
pub(super) fn promise(fields: Fields<'_>, redirect_url: Option<&str>, problems: &mut Problems) -> bool {
    let force = fields.boolean("forceRedirect", problems).unwrap_or(false);
    let mode = fields.word("resultMode", &["promise", "redirect"], problems);
    if redirect_url.is_none() && (force || mode == Some("redirect")) {
        problems.add(
            "redirectUrl",
            "is required when the result is to go there (forceRedirect)",
        );
    }
    match mode {
        Some(mode) => mode == "promise" && !force,
        None => redirect_url.is_none(),
    }
}

/// Any JSON; the REST side has it as text (PortOne V2, `customData`). A text stays itself.
pub(super) fn custom_data(fields: Fields<'_>) -> Option<String> {
    match fields.value("customData")? {
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// What would change the payment if it were ignored is refused instead.
fn refuse_what_is_not_served(fields: Fields<'_>, problems: &mut Problems) {
    let card = fields.object("card", problems);
    let promotion = fields.text("promotionId", problems).is_some()
        || card.is_some_and(|card| Fields::new(card, "card.").value("cardPromotion").is_some());
    if promotion {
        problems.add(
            "promotionId",
            "this router has no card promotions: the full amount would be charged",
        );
    }
}

#[cfg(test)]
mod tests;
