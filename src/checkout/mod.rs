//! Checkout: what a merchant's page and a buyer's browser talk to.
//!
//! - `GET /v2/browser-sdk.js` defines `window.PortOne` as PortOne's script does.
//! - `GET /v1/iamport.js` defines `window.IMP` as PortOne V1's script does; `POST /checkout/v1/payments` takes its
//!   parameters, says them in V2's words, and goes the same way.
//! - `POST /checkout/payments` takes the `requestPayment` object, opens a window through the engine and says what the
//!   browser must do ([`crate::adapters::Open`]).
//! - `POST /checkout/billing-keys` does the same for `requestIssueBillingKey`.
//! - `/checkout/return/{token}` (`/fail`, `/close`) is where the PG and our scripts bring the buyer back. The attempt is
//!   found by the token alone, never by a cookie: returns are cross-site posts.
//! - `/checkout/result/{token}` tells how it stands; `/checkout/done/{token}` sends the buyer on once there is a result.
//! - `/checkout/window/{token}` runs a window on our own origin: popups, app web views, PGs that insist on it.
//! - `/checkout/session/{id}` is the page of a payment session: the order, its methods, and what became of it.
//! - `/shop/` is a sample shop, if configured.
//!
//! Nothing here decides about money. Whatever comes through the browser is handed to the engine as it came, and what
//! is shown is read from committed state. Tokens are as good as the payment they stand for: they appear in no log, and
//! pages that have one in their address send no referrer.

mod assets;
mod billing;
mod csp;
mod customer;
mod extras;
mod fields;
mod open;
mod pages;
mod reply;
mod request;
mod result;
#[cfg(test)]
mod sample;
mod session;
mod shop;
mod spelling;
mod urls;
mod v1;

use crate::adapters::{ReturnMethod, WindowReturn};
use crate::engine::{Engine, EngineError, Returned};
use crate::net::{Request, Response};
use http::{Method, StatusCode};
use pages::Links;
use result::SdkError;
use std::sync::Arc;

/// Settings of the checkout.
#[derive(Debug, Clone)]
pub struct CheckoutOptions {
    /// Public origin of this router as browsers reach it, e.g. `https://pay.example.com`: no path, no slash at the end.
    pub public_url: String,
    /// The sample shop under `/shop/`; none outside of demos.
    pub shop: Option<ShopOptions>,
}

/// Settings of the sample shop.
#[derive(Debug, Clone)]
pub struct ShopOptions {
    /// Store whose channels it offers and whose payments it shows.
    pub store_id: String,
}

/// The checkout room.
pub struct Checkout {
    engine: Arc<Engine>,
    options: CheckoutOptions,
    /// What the sample shop's webhook address received.
    received: shop::Receiver,
}

/// Reads a `requestPayment` object as `POST /checkout/payments` does, for fuzzers.
///
/// # Errors
/// Every problem, naming its member.
#[doc(hidden)]
pub fn read_request(object: serde_json::Map<String, serde_json::Value>) -> Result<(), String> {
    request::parse(object).map(|_| ())
}

impl std::fmt::Debug for Checkout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checkout")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl Checkout {
    /// A checkout in front of an engine.
    #[must_use]
    pub fn new(engine: Arc<Engine>, options: CheckoutOptions) -> Self {
        let public_url = options.public_url.trim_end_matches('/').to_owned();
        Self {
            engine,
            options: CheckoutOptions { public_url, ..options },
            received: shop::Receiver::default(),
        }
    }

    /// Whether a path belongs to this room.
    #[must_use]
    pub fn owns(&self, path: &str) -> bool {
        let shop = path == "/shop" || path.starts_with("/shop/");
        path == "/v2/browser-sdk.js"
            || path == "/v1/iamport.js"
            || path.starts_with("/checkout/")
            || (shop && self.options.shop.is_some())
    }

    /// The route of a path as a metrics and log label: no token, no id.
    #[must_use]
    pub fn route_label(path: &str) -> &'static str {
        let mut segments = path.split('/').filter(|s| !s.is_empty());
        match (segments.next(), segments.next()) {
            (Some("v2"), _) => "/v2/browser-sdk.js",
            (Some("v1"), _) => "/v1/iamport.js",
            (Some("checkout"), Some("v1")) => "/checkout/v1/payments",
            (Some("checkout"), Some("payments")) => "/checkout/payments",
            (Some("checkout"), Some("billing-keys")) => "/checkout/billing-keys",
            (Some("checkout"), Some("return")) => "/checkout/return",
            (Some("checkout"), Some("result")) => "/checkout/result",
            (Some("checkout"), Some("done")) => "/checkout/done",
            (Some("checkout"), Some("session")) => "/checkout/session",
            (Some("checkout"), Some("window")) => "/checkout/window",
            (Some("checkout"), Some("assets")) => "/checkout/assets",
            (Some("shop"), _) => "/shop",
            _ => "/checkout",
        }
    }

    /// Answers a request of this room.
    pub async fn handle(&self, request: Request, request_id: &str) -> Response {
        let segments = request.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        match path.as_slice() {
            ["v2", "browser-sdk.js"] => self.asset("browser-sdk.js", &request),
            ["v1", "iamport.js"] => self.asset("iamport.js", &request),
            ["checkout", "assets", name] => self.asset(name, &request),
            ["checkout", "payments"] => self.payments(&request, request_id).await,
            ["checkout", "v1", "payments"] => self.v1_payments(&request, request_id).await,
            ["checkout", "billing-keys"] => self.billing_keys(&request, request_id).await,
            ["checkout", "result", token] => self.result(token, &request).await,
            ["checkout", "done", token] => self.done(token, &request).await,
            ["checkout", "session", id] => self.session(id, false, &request).await,
            ["checkout", "session", id, "done"] => self.session(id, true, &request).await,
            ["checkout", "window", token] => self.window(token, &request).await,
            ["checkout", "return", token] => self.returned(token, ReturnMethod::Success, request, request_id).await,
            ["checkout", "return", token, "fail"] => {
                self.returned(token, ReturnMethod::Fail, request, request_id).await
            }
            ["checkout", "return", token, "close"] => {
                self.returned(token, ReturnMethod::Close, request, request_id).await
            }
            ["shop", rest @ ..] => self.shop(rest, &request).await,
            _ => reply::unknown(reply::wants_json(&request)),
        }
    }

    fn public_url(&self) -> &str {
        &self.options.public_url
    }

    fn asset(&self, name: &str, request: &Request) -> Response {
        if let Some(answer) = reply::gate(request, &[Method::GET, Method::HEAD]) {
            return answer;
        }
        let asset = match name {
            "browser-sdk.js" => Some(&*assets::BROWSER_SDK),
            "iamport.js" => Some(&*assets::IAMPORT),
            name => assets::find(name),
        };
        asset.map_or_else(|| reply::unknown(false), |asset| asset.serve(request))
    }

    async fn payments(&self, request: &Request, request_id: &str) -> Response {
        if let Some(answer) = reply::gate(request, &[Method::POST]) {
            return answer;
        }
        match self.open_payment(request).await {
            Ok(opened) => reply::shared_json(StatusCode::OK, &opened),
            Err(error) => {
                tracing::debug!(request_id, code = error.code, "window refused before it opened");
                reply::error(&error)
            }
        }
    }

    async fn result(&self, token: &str, request: &Request) -> Response {
        if let Some(answer) = reply::gate(request, &[Method::GET]) {
            return answer;
        }
        if Engine::is_key_token(token) {
            return self.key_standing(token, true).await;
        }
        reply::returned(&self.standing(token).await, &links(token), true)
    }

    async fn done(&self, token: &str, request: &Request) -> Response {
        if let Some(answer) = reply::gate(request, &[Method::GET]) {
            return answer;
        }
        if Engine::is_key_token(token) {
            return self.key_standing(token, reply::wants_json(request)).await;
        }
        reply::returned(&self.standing(token).await, &links(token), reply::wants_json(request))
    }

    async fn standing(&self, token: &str) -> Result<Returned, EngineError> {
        if !plausible(token) {
            return Err(EngineError::NotFound);
        }
        Box::pin(self.engine.window_result(token)).await
    }

    async fn window(&self, token: &str, request: &Request) -> Response {
        if let Some(answer) = reply::gate(request, &[Method::GET]) {
            return answer;
        }
        if !plausible(token) {
            return reply::unknown(false);
        }
        if Engine::is_key_token(token) {
            return self.key_window(token).await;
        }
        let links = links(token);
        match Box::pin(self.engine.window_open(token)).await {
            Ok(opened) => {
                let merchant = opened.transaction.origin.url.as_deref().and_then(urls::origin_of);
                let policy = csp::window(&opened.open, merchant.as_deref(), opened.redirect_url.as_deref());
                match pages::window(&opened.open, &links) {
                    // PG scripts compare the page's origin with the merchant's registration.
                    Ok(html) => reply::page(StatusCode::OK, html, &policy, "strict-origin"),
                    Err(error) => reply::returned(&Err(EngineError::Storage(error.to_string())), &links, false),
                }
            }
            // The buyer went back to a window that is used up: show how the attempt ended instead.
            Err(EngineError::InvalidToken) => reply::returned(&self.standing(token).await, &links, false),
            Err(error) => reply::returned(&Err(error), &links, false),
        }
    }

    /// The PG, or one of our scripts, brings the buyer back. Body and query go to the adapter as bytes: charsets differ.
    async fn returned(&self, token: &str, how: ReturnMethod, request: Request, request_id: &str) -> Response {
        if let Some(answer) = reply::gate(&request, &[Method::GET, Method::POST]) {
            return answer;
        }
        let as_json = reply::wants_json(&request);
        if !plausible(token) {
            return reply::unknown(as_json);
        }
        let back = WindowReturn {
            how,
            content_type: request.header("content-type").map(str::to_owned),
            query: request.query,
            body: request.body,
        };
        if Engine::is_key_token(token) {
            return self.key_returned(token, back, as_json, request_id).await;
        }
        let mut result = Box::pin(self.engine.window_returned(token, back)).await;
        if let Err(error) = &result {
            tracing::info!(request_id, ?how, kind = kind_of(error), "window return refused");
            // A refusal of this return is not always the end of the attempt: a second tab may have finished it.
            if !matches!(error, EngineError::NotFound | EngineError::Storage(_))
                && let Ok(standing) = self.standing(token).await
                && matches!(result::standing(&standing), result::Standing::Done { .. })
            {
                result = Ok(standing);
            }
        }
        reply::returned(&result, &links(token), as_json)
    }
}

/// Addresses on our origin, without the origin, so that they hold behind any proxy.
fn links(token: &str) -> Links {
    Links {
        result: format!("/checkout/result/{token}"),
        done: format!("/checkout/done/{token}"),
        back: format!("/checkout/return/{token}"),
    }
}

/// Whether a token can be one of ours at all; anything else never reaches the ledger or a page.
fn plausible(token: &str) -> bool {
    (16..=128).contains(&token.len())
        && token
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// A word for the log that carries nothing of the request.
fn kind_of(error: &EngineError) -> &'static str {
    SdkError::from(error.clone()).code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_url_safe_text_of_some_length() {
        assert!(plausible("aZ09-_aZ09-_aZ09-_"));
        for bad in [
            "",
            "short",
            "a/b/c/d/e/f/g/h/i/j",
            "\"><script>alert(1)</script>",
            &"a".repeat(129),
        ] {
            assert!(!plausible(bad), "{bad}");
        }
    }

    #[test]
    fn labels_never_carry_a_token() {
        for (path, label) in [
            ("/checkout/return/SECRETSECRETSECRET/fail", "/checkout/return"),
            ("/checkout/result/SECRETSECRETSECRET", "/checkout/result"),
            ("/checkout/window/SECRETSECRETSECRET", "/checkout/window"),
            ("/checkout/SECRET", "/checkout"),
            ("/shop/api/payments/shop1", "/shop"),
            ("/v2/browser-sdk.js", "/v2/browser-sdk.js"),
        ] {
            assert_eq!(Checkout::route_label(path), label);
        }
    }

    #[test]
    fn refusals_are_logged_by_kind() {
        let refusal = crate::adapters::Refusal::new("amount", "999 is not 1000");
        assert_eq!(kind_of(&EngineError::Refused(refusal)), "BadRequest");
    }
}
