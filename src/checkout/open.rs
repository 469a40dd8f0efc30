//! `POST /checkout/payments`: from a `requestPayment` object to an open window.

use super::Checkout;
use super::request::{Choice, PayRequest, device_word, parse};
use super::result::SdkError;
use super::urls;
use crate::adapters::{ChannelRevision, Device, WindowType};
use crate::engine::{NewAttempt, WindowInput, now};
use crate::net::Request;
use crate::payment::{Origin, Platform};
use crate::routing::{Selector, Wish, route};
use serde_json::{Map, Value, json};

/// Longest user agent kept, in characters.
const USER_AGENT_MAX: usize = 512;

/// What the V1 script's way to a window adds to V2's.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Members of the transaction's, or key's, extras.
    pub(super) marks: Map<String, Value>,
    /// A window of its own where the PG has one.
    pub(super) popup: bool,
    /// V1 has no call that confirms an authenticated payment.
    pub(super) approves_itself: bool,
}

impl Asked {
    pub(super) fn fits(&self, channel: &ChannelRevision) -> Result<(), SdkError> {
        if self.approves_itself && channel.spec.manual_confirm {
            let message =
                "channelKey: this channel waits for a server's confirmation (manual_confirm), which V1 does not have";
            return Err(SdkError::bad("BadRequest", message));
        }
        Ok(())
    }
}

fn has_popup(channel: &ChannelRevision, device: Device) -> bool {
    let window = channel.adapter.window();
    window.is_some_and(|window| window.window_types(device).contains(&WindowType::Popup))
}

impl Checkout {
    /// Opens a window. The error names the payment as far as it could be read.
    pub(super) async fn open_payment(&self, request: &Request) -> Result<Value, SdkError> {
        let object = body_object(&request.body)?;
        let payment_id = object.get("paymentId").and_then(Value::as_str).map(str::to_owned);
        let opened = self.open_object(object, request, Asked::default()).await;
        opened.map_err(|error| match &payment_id {
            Some(id) => error.about(id),
            None => error,
        })
    }

    /// Opens the window of an object.
    pub(super) async fn open_object(
        &self,
        object: Map<String, Value>,
        request: &Request,
        asked: Asked,
    ) -> Result<Value, SdkError> {
        let snapshot = self.engine.live.load();
        let mut parsed = parse(object).map_err(|problems| SdkError::bad("RequestParseFailed", problems))?;
        if !snapshot.stores.contains_key(&parsed.store_id) {
            let message = format!("storeId: there is no store {}", parsed.store_id);
            return Err(SdkError::bad("StoreNotFound", message));
        }
        let selector = match &parsed.choice {
            Choice::Channel(key) => Selector::Channel(key),
            Choice::Group(id) => Selector::Group(id),
        };
        let member = |pointer: &str| parsed.raw.pointer(pointer).and_then(Value::as_str);
        let wish = Wish {
            amount: Some(parsed.amounts.total),
            currency: Some(parsed.currency.code()),
            platform: Some(platform(parsed.device)),
            wallet: member("/easyPay/easyPayProvider"),
            card_issuer: member("/card/cardCompany"),
            customer: parsed.customer.id.as_deref(),
            ..Wish::new(&parsed.store_id, &parsed.payment_id, parsed.method, now())
        };
        let routed = route(&snapshot, selector, &wish)?;
        asked.fits(&routed.channel)?;
        if asked.popup && parsed.window_type.is_none() && has_popup(&routed.channel, parsed.device) {
            parsed.window_type = Some(WindowType::Popup);
        }
        parsed.extras.extend(asked.marks);
        let window_type = window_type(&parsed, &routed.channel)?;
        let (attempt, input) = self.commands(parsed, window_type, request);
        let payment_id = attempt.payment_id.clone();
        // Boxed: the engine's future is large, and this one is held by every request of the listener.
        let opened = Box::pin(self.engine.open_window(routed, attempt, input)).await?;
        let base = self.public_url();
        Ok(json!({
            "transactionId": opened.transaction.id,
            "paymentId": payment_id,
            "attempt": opened.token,
            "open": serde_json::to_value(&opened.open).unwrap_or_default(),
            "resultUrl": format!("{base}/checkout/result/{}", opened.token),
            "returnUrl": format!("{base}/checkout/return/{}", opened.token),
            "windowUrl": format!("{base}/checkout/window/{}", opened.token),
        }))
    }

    fn commands(&self, parsed: PayRequest, window_type: WindowType, request: &Request) -> (NewAttempt, WindowInput) {
        // A page that has left cannot be told anything: the result goes to the URL.
        let promise = parsed.promise && window_type != WindowType::Redirection;
        let customer = parsed.customer;
        let attempt = NewAttempt {
            store_id: parsed.store_id,
            payment_id: parsed.payment_id,
            amounts: parsed.amounts,
            currency: parsed.currency,
            order_name: parsed.order_name,
            method: parsed.method,
            customer: Value::Object(customer.stored),
            custom_data: parsed.custom_data,
            extras: parsed.extras,
            origin: origin(request, parsed.device),
        };
        let input = WindowInput {
            device: parsed.device,
            raw: parsed.raw,
            public_url: self.public_url().to_owned(),
            redirect_url: if promise { None } else { parsed.redirect_url },
            customer_name: customer.name,
            customer_email: customer.email,
            customer_phone: customer.phone,
            customer_id: customer.id,
        };
        (attempt, input)
    }
}

/// The body as one object.
pub(super) fn body_object(body: &[u8]) -> Result<Map<String, Value>, SdkError> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(SdkError::bad(
            "BadRequest",
            "the body must be one JSON object: the requestPayment object and \"device\"",
        )),
        Err(error) => Err(SdkError::bad(
            "BadRequest",
            format!("the body is not valid JSON: {error}"),
        )),
    }
}

/// The window type that will be used, if the PG has it on this device and the result can come back from it.
fn window_type(parsed: &PayRequest, channel: &ChannelRevision) -> Result<WindowType, SdkError> {
    let names = channel.adapter.descriptor().names;
    let Some(window) = channel.adapter.window() else {
        return Err(SdkError::bad(
            "BadRequest",
            format!(
                "channelKey: {} ({}) has no payment window in this router",
                names.en, names.ko
            ),
        ));
    };
    pick_window_type(parsed, window.window_types(parsed.device), names.en)
}

fn pick_window_type(parsed: &PayRequest, has: &[WindowType], pg: &str) -> Result<WindowType, SdkError> {
    let returns = parsed.redirect_url.is_some();
    pick_for(parsed.device, parsed.window_type, returns, has, pg)
}

/// As asked for, else the PG's first; `returns` says whether there is an address for the result.
pub(super) fn pick_for(
    device: Device,
    asked: Option<WindowType>,
    returns: bool,
    has: &[WindowType],
    pg: &str,
) -> Result<WindowType, SdkError> {
    let device = device_word(device);
    let picked = asked.or(has.first().copied());
    let Some(picked) = picked.filter(|picked| has.contains(picked)) else {
        let list: Vec<&str> = has.iter().map(|t| t.as_str()).collect();
        return Err(SdkError::bad(
            "BadRequest",
            format!(
                "windowType.{device}: {pg} has {} there, leave it out or use that",
                list.join(", ")
            ),
        ));
    };
    let leaves = picked == WindowType::Redirection;
    if leaves && !returns {
        return Err(SdkError::bad(
            "RequestParseFailed",
            format!("redirectUrl: is required, because the window of {pg} takes over the page on {device}"),
        ));
    }
    Ok(picked)
}

fn platform(device: Device) -> Platform {
    match device {
        Device::Pc => Platform::Pc,
        Device::Mobile => Platform::Mobile,
    }
}

/// Where a browser's call comes from.
pub(super) fn origin(request: &Request, device: Device) -> Origin {
    Origin {
        platform: platform(device),
        user_agent: request
            .header("user-agent")
            .map(|agent| agent.chars().take(USER_AGENT_MAX).collect()),
        url: page_url(request.header("origin"), request.header("referer")),
        ip_address: request.peer.ip().to_string(),
    }
}

/// The page that asks, without its query. The browser vouches for `Origin`; `Referer` adds the path if it agrees.
fn page_url(origin: Option<&str>, referer: Option<&str>) -> Option<String> {
    let origin = origin.and_then(urls::origin_of)?;
    let page = referer
        .filter(|url| urls::check_http(url).is_ok() && urls::origin_of(url).as_ref() == Some(&origin))
        .and_then(|url| url.split(['?', '#']).next())
        .map(str::to_owned);
    Some(page.unwrap_or(origin))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn request(device: &str, extra: &Value) -> PayRequest {
        let mut object = json!({
            "storeId": "s", "channelKey": "c", "paymentId": "p1", "orderName": "n", "totalAmount": 1000,
            "currency": "KRW", "payMethod": "CARD", "device": device
        });
        for (name, value) in extra.as_object().unwrap() {
            object[name] = value.clone();
        }
        parse(object.as_object().unwrap().clone()).unwrap()
    }

    #[test]
    fn the_first_window_type_of_the_pg_is_the_default() {
        let pc = request("pc", &json!({}));
        let both = [WindowType::Popup, WindowType::Iframe];
        assert_eq!(pick_window_type(&pc, &both, "PG").unwrap(), WindowType::Popup);
        let asked = request("pc", &json!({"windowType": {"pc": "IFRAME"}}));
        assert_eq!(pick_window_type(&asked, &both, "PG").unwrap(), WindowType::Iframe);
        let error = pick_window_type(&asked, &[WindowType::Popup], "PG").unwrap_err();
        assert_eq!(error.code, "BadRequest");
        assert_eq!(
            error.message,
            "windowType.pc: PG has POPUP there, leave it out or use that"
        );
        assert!(pick_window_type(&pc, &[], "PG").is_err());
    }

    #[test]
    fn a_window_that_takes_the_page_needs_a_way_back() {
        let mobile = request("mobile", &json!({}));
        let error = pick_window_type(&mobile, &[WindowType::Redirection], "PG").unwrap_err();
        assert!(
            error.message.starts_with("redirectUrl: is required"),
            "{}",
            error.message
        );
        assert_eq!(
            pick_window_type(&mobile, &[WindowType::Popup], "PG").unwrap(),
            WindowType::Popup
        );
        let back = request("mobile", &json!({"redirectUrl": "https://shop.example.com"}));
        assert_eq!(
            pick_window_type(&back, &[WindowType::Redirection], "PG").unwrap(),
            WindowType::Redirection
        );
    }

    #[test]
    fn the_page_is_the_one_the_browser_vouches_for() {
        let page = |origin, referer| page_url(origin, referer);
        assert_eq!(page(None, Some("https://a.example/x")), None);
        assert_eq!(page(Some("null"), None), None);
        assert_eq!(
            page(Some("https://a.example"), None).as_deref(),
            Some("https://a.example")
        );
        assert_eq!(
            page(Some("https://a.example"), Some("https://a.example/cart?session=1#x")).as_deref(),
            Some("https://a.example/cart")
        );
        assert_eq!(
            page(Some("https://a.example"), Some("https://b.example/cart")).as_deref(),
            Some("https://a.example")
        );
    }

    #[test]
    fn the_body_is_one_object() {
        for (body, text) in [
            (&b"[]"[..], "one JSON object"),
            (b"{", "not valid JSON"),
            (b"", "not valid JSON"),
            (b"{\"a\":\"\xff\"}", "not valid JSON"),
        ] {
            let error = body_object(body).unwrap_err();
            assert_eq!(error.code, "BadRequest");
            assert!(error.message.contains(text), "{}", error.message);
        }
    }
}
