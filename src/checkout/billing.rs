//! `POST /checkout/billing-keys`: from a `requestIssueBillingKey` object to an open window, and what comes back from it.
//! The addresses of returns, results and pages are those of payments; the token says which kind of window it is.

use super::fields::{Fields, Problems};
use super::open::{Asked, body_object, origin, pick_for};
use super::pages::{self, Links, Notice};
use super::reply;
use super::request::{custom_data, device, promise, redirect_url, window_type};
use super::result::{Members, SdkError, failed, to_json};
use super::{Checkout, csp, customer, extras, kind_of, links, spelling, urls, v1};
use crate::adapters::{Device, WindowReturn, WindowType};
use crate::engine::{EngineError, KeyReturned, KeyWindowInput, NewKey, now};
use crate::net::{Request, Response};
use crate::payment::{BillingKey, KeyStatus, MethodKind};
use crate::routing::{Selector, Wish, route};
use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

/// A request that holds together by itself.
struct KeyRequest {
    store_id: String,
    channel_key: String,
    method: MethodKind,
    device: Device,
    window_type: Option<WindowType>,
    redirect_url: Option<String>,
    promise: bool,
    issue_id: Option<String>,
    issue_name: Option<String>,
    display_amount: Option<i64>,
    customer: customer::Customer,
    custom_data: Option<String>,
    extras: Map<String, Value>,
    raw: Value,
}

fn parse(mut object: Map<String, Value>) -> Result<KeyRequest, String> {
    let mut problems = Problems::default();
    spelling::shorten(&mut object);
    let read = read(&object, &mut problems);
    match read {
        Some(mut parsed) if problems.is_empty() => {
            object.remove("device");
            object.remove("resultMode");
            parsed.raw = Value::Object(object);
            Ok(parsed)
        }
        _ => Err(problems.joined()),
    }
}

fn read(object: &Map<String, Value>, problems: &mut Problems) -> Option<KeyRequest> {
    let fields = Fields::new(object, "");
    let store_id = fields.required_text("storeId", problems);
    let channel_key = fields.required_text("channelKey", problems);
    let method = method(fields, problems);
    let device = device(fields, problems);
    let window_type = device.and_then(|device| window_type(fields, device, problems));
    let redirect_url = redirect_url(fields, problems);
    let promise = promise(fields, redirect_url, problems);
    let display_amount = fields.integer("displayAmount", problems);
    let owned = |text: Option<&str>| text.map(str::to_owned);
    Some(KeyRequest {
        customer: customer::read(fields, problems),
        custom_data: custom_data(fields),
        extras: extras::read(fields, problems),
        issue_id: owned(fields.text("issueId", problems)),
        issue_name: owned(fields.text("issueName", problems)),
        store_id: store_id?.to_owned(),
        channel_key: channel_key?.to_owned(),
        method: method?,
        device: device?,
        window_type,
        redirect_url: owned(redirect_url),
        promise,
        display_amount,
        raw: Value::Null,
    })
}

fn method(fields: Fields<'_>, problems: &mut Problems) -> Option<MethodKind> {
    let word = fields.required_text("billingKeyMethod", problems)?;
    match word.strip_prefix("BILLING_KEY_METHOD_").unwrap_or(word) {
        "CARD" => Some(MethodKind::Card),
        "MOBILE" => Some(MethodKind::Mobile),
        "EASY_PAY" => Some(MethodKind::EasyPay),
        "PAYPAL" => {
            problems.add("billingKeyMethod", "no PG of this router serves PAYPAL");
            None
        }
        _ => {
            problems.add("billingKeyMethod", "must be one of CARD, MOBILE, EASY_PAY");
            None
        }
    }
}

impl Checkout {
    pub(super) async fn billing_keys(&self, request: &Request, request_id: &str) -> Response {
        if let Some(answer) = reply::gate(request, &[Method::POST]) {
            return answer;
        }
        let opened = match body_object(&request.body) {
            Ok(object) => self.open_key(object, request, Asked::default()).await,
            Err(error) => Err(error),
        };
        match opened {
            Ok(opened) => reply::shared_json(StatusCode::OK, &opened),
            Err(error) => {
                tracing::debug!(
                    request_id,
                    code = error.code,
                    "window for a billing key refused before it opened"
                );
                refused(&error)
            }
        }
    }

    /// Opens the window of an object.
    pub(super) async fn open_key(
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
        let selector = Selector::Channel(&parsed.channel_key);
        let channel = route(
            &snapshot,
            selector,
            &Wish::new(&parsed.store_id, "", parsed.method, now()),
        )?
        .channel;
        asked.fits(&channel)?;
        parsed.extras.extend(asked.marks);
        let names = channel.adapter.descriptor().names;
        let window = channel.adapter.billing_keys().and_then(|keys| keys.by_window());
        let Some(window) = window else {
            let message = format!(
                "channelKey: {} ({}) has no window for billing keys in this router",
                names.en, names.ko
            );
            return Err(SdkError::bad("BadRequest", message));
        };
        let has = window.window_types(parsed.device);
        let returns = parsed.redirect_url.is_some();
        let picked = pick_for(parsed.device, parsed.window_type, returns, has, names.en)?;
        // A page that has left cannot be told anything: the result goes to the URL.
        let promise = parsed.promise && picked != WindowType::Redirection;
        let new = NewKey {
            store_id: parsed.store_id,
            method: parsed.method,
            customer: Value::Object(parsed.customer.stored),
            customer_name: parsed.customer.name,
            customer_email: parsed.customer.email,
            custom_data: parsed.custom_data,
            issue_id: parsed.issue_id,
            issue_name: parsed.issue_name,
            extras: parsed.extras,
            origin: origin(request, parsed.device),
        };
        let input = KeyWindowInput {
            device: parsed.device,
            raw: parsed.raw,
            public_url: self.public_url().to_owned(),
            redirect_url: if promise { None } else { parsed.redirect_url },
            display_amount: parsed.display_amount,
            customer_phone: parsed.customer.phone,
        };
        let opened = Box::pin(self.engine.open_key_window(channel, new, input)).await?;
        let (base, token) = (self.public_url(), opened.token);
        Ok(json!({
            "transactionType": "ISSUE_BILLING_KEY",
            "attempt": token,
            "open": serde_json::to_value(&opened.open).unwrap_or_default(),
            "resultUrl": format!("{base}/checkout/result/{token}"),
            "returnUrl": format!("{base}/checkout/return/{token}"),
            "windowUrl": format!("{base}/checkout/window/{token}"),
        }))
    }

    /// How the key behind a token stands.
    pub(super) async fn key_standing(&self, token: &str, as_json: bool) -> Response {
        let result = Box::pin(self.engine.key_window_result(token)).await;
        returned(&result, &links(token), as_json)
    }

    /// The page that runs the window.
    pub(super) async fn key_window(&self, token: &str) -> Response {
        let links = links(token);
        match Box::pin(self.engine.key_window_open(token)).await {
            Ok(opened) => {
                let merchant = opened.key.origin.url.as_deref().and_then(urls::origin_of);
                let policy = csp::window(&opened.open, merchant.as_deref(), opened.redirect_url.as_deref());
                match pages::window(&opened.open, &links) {
                    Ok(html) => reply::page(StatusCode::OK, html, &policy, "strict-origin"),
                    Err(error) => returned(&Err(EngineError::Storage(error.to_string())), &links, false),
                }
            }
            // The buyer went back to a window that is used up: show how it ended instead.
            Err(EngineError::InvalidToken) => self.key_standing(token, false).await,
            Err(error) => returned(&Err(error), &links, false),
        }
    }

    /// The PG, or one of our scripts, brings the buyer back.
    pub(super) async fn key_returned(
        &self,
        token: &str,
        back: WindowReturn,
        as_json: bool,
        request_id: &str,
    ) -> Response {
        let how = back.how;
        let result = Box::pin(self.engine.key_window_returned(token, back)).await;
        if let Err(error) = &result {
            tracing::info!(
                request_id,
                ?how,
                kind = kind_of(error),
                "window return for a billing key refused"
            );
        }
        returned(&result, &links(token), as_json)
    }
}

/// The SDK's error, with this call's own words.
pub(super) fn refused(error: &SdkError) -> Response {
    let mut body = error.to_json();
    body["__portOneErrorType"] = "IssueBillingKeyError".into();
    body["transactionType"] = "ISSUE_BILLING_KEY".into();
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
    reply::shared_json(status, &body)
}

/// PortOne V2 browser SDK, `IssueBillingKeyResponse`; `None` while there is no result.
fn members(returned: &KeyReturned) -> Option<(Members, Notice)> {
    let mut out: Members = vec![("transactionType", "ISSUE_BILLING_KEY".to_owned())];
    let notice = match returned {
        KeyReturned::Pending(_) => return None,
        KeyReturned::Confirmable { issue_token, .. } => {
            out.push(("billingKey", "NEEDS_CONFIRMATION".to_owned()));
            out.push(("billingIssueToken", issue_token.clone()));
            Notice::Authenticated
        }
        KeyReturned::Finished { key, .. } if key.status() == KeyStatus::Failed => {
            match key.parts.iter().find_map(|part| part.failure.as_ref()) {
                Some(failure) => failed(failure, &mut out),
                None => out.push(("code", "UnknownError".to_owned())),
            }
            Notice::NotRegistered
        }
        KeyReturned::Finished { key, .. } => {
            out.push(("billingKey", key.id.clone()));
            Notice::Registered
        }
    };
    let key = key_of(returned);
    if v1::is_v1(&key.extras) {
        out.push((v1::MEMBER, v1::of_key(key).to_string()));
    }
    Some((out, notice))
}

fn key_of(returned: &KeyReturned) -> &BillingKey {
    match returned {
        KeyReturned::Pending(key) | KeyReturned::Finished { key, .. } | KeyReturned::Confirmable { key, .. } => key,
    }
}

fn redirect_of(returned: &KeyReturned) -> Option<&str> {
    match returned {
        KeyReturned::Pending(_) => None,
        KeyReturned::Finished { redirect_url, .. } | KeyReturned::Confirmable { redirect_url, .. } => {
            redirect_url.as_deref()
        }
    }
}

fn returned(result: &Result<KeyReturned, EngineError>, links: &Links, as_json: bool) -> Response {
    let back = match result {
        Ok(back) => back,
        Err(EngineError::Outstanding(_)) => return reply::pending(links, as_json),
        Err(error) if as_json => return refused(&SdkError::from(error.clone())),
        Err(error) => return reply::refused_page(error),
    };
    let Some((members, notice)) = members(back) else {
        return reply::pending(links, as_json);
    };
    if as_json {
        return reply::shared_json(StatusCode::OK, &to_json(&members));
    }
    match redirect_of(back) {
        Some(url) => reply::redirect(url, &members),
        None => reply::page(
            StatusCode::OK,
            pages::outcome_of(notice, key_of(back).origin.url.as_deref(), &members),
            csp::OUTCOME,
            "no-referrer",
        ),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn request(extra: &Value) -> Result<KeyRequest, String> {
        let mut object = json!({
            "storeId": "s", "channelKey": "c", "billingKeyMethod": "CARD", "device": "pc", "issueName": "구독",
            "issueId": "i-1", "displayAmount": 9_900, "customer": {"customerId": "b", "fullName": "김나루"}
        });
        for (name, value) in extra.as_object().unwrap() {
            object[name] = value.clone();
        }
        parse(object.as_object().unwrap().clone())
    }

    #[test]
    fn the_object_is_read_as_a_payments_is() {
        let parsed = request(&json!({"redirectUrl": "https://shop.example/done"})).unwrap();
        assert_eq!((parsed.method, parsed.device), (MethodKind::Card, Device::Pc));
        assert_eq!(parsed.issue_id.as_deref(), Some("i-1"));
        assert_eq!(parsed.display_amount, Some(9_900));
        assert_eq!(parsed.customer.name.as_deref(), Some("김나루"));
        assert_eq!(parsed.raw["issueName"], "구독");
        assert!(parsed.raw.get("device").is_none());
        assert!(!parsed.promise);
        let long = request(&json!({"billingKeyMethod": "BILLING_KEY_METHOD_EASY_PAY"})).unwrap();
        assert_eq!(long.method, MethodKind::EasyPay);
        assert!(long.promise);
    }

    #[test]
    fn every_wrong_member_is_named() {
        for (extra, start) in [
            (json!({"billingKeyMethod": "PAYPAL"}), "billingKeyMethod: no PG"),
            (json!({"billingKeyMethod": "X"}), "billingKeyMethod: must be one of"),
            (json!({"channelKey": null}), "channelKey: is required"),
            (json!({"device": "tv"}), "device: must be"),
            (json!({"displayAmount": "9"}), "displayAmount: must be"),
            (json!({"redirectUrl": "javascript:x"}), "redirectUrl: "),
        ] {
            let problems = request(&extra).err().unwrap();
            assert!(problems.starts_with(start), "{problems}");
        }
    }
}
