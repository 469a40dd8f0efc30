//! Scripts and styles, compiled in. Scripts are plain source: what runs in a shop can be read there.
//!
//! The browser SDK and the page that runs a window share one runner. Each source file is a script of its own; the
//! served script is their sequence inside one function, so that nothing but `window.PortOne` becomes global.

use crate::net::Asset;
use std::sync::LazyLock;

macro_rules! script {
    ($($file:literal),+) => {
        concat!("(function () {\n\"use strict\";\n", $(include_str!(concat!("assets/", $file))),+, "})();\n")
    };
}

/// A script that runs windows: the runner and what each PG's script needs, then its own files.
macro_rules! windows {
    ($($file:literal),+) => {
        script!("runner.js", "toss.js", "nice.js", "inicis.js", "kcp.js", $($file),+)
    };
}

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// The browser SDK (`GET /v2/browser-sdk.js`).
pub static BROWSER_SDK: LazyLock<Asset> =
    LazyLock::new(|| Asset::new(JAVASCRIPT, windows!("checkout.js", "browser-sdk.js")));
/// The script of V1 (`GET /v1/iamport.js`).
pub static IAMPORT: LazyLock<Asset> = LazyLock::new(|| Asset::new(JAVASCRIPT, windows!("checkout.js", "iamport.js")));
static WINDOW: LazyLock<Asset> = LazyLock::new(|| Asset::new(JAVASCRIPT, windows!("window.js")));
static OUTCOME: LazyLock<Asset> = LazyLock::new(|| Asset::new(JAVASCRIPT, script!("outcome.js")));
static SESSION: LazyLock<Asset> = LazyLock::new(|| Asset::new(JAVASCRIPT, script!("session.js")));
static PAGE: LazyLock<Asset> = LazyLock::new(|| Asset::new(CSS, include_str!("assets/page.css")));
static SHOP_SCRIPT: LazyLock<Asset> = LazyLock::new(|| Asset::new(JAVASCRIPT, script!("shop.js")));
static SHOP_STYLE: LazyLock<Asset> = LazyLock::new(|| Asset::new(CSS, include_str!("assets/shop.css")));
static SHOP_ICON: LazyLock<Asset> = LazyLock::new(|| Asset::new(SVG, include_str!("assets/shop-icon.svg")));
static SHOP_PICTURE: LazyLock<Asset> = LazyLock::new(|| Asset::new(SVG, include_str!("assets/shop-coffee.svg")));

/// A file below `/checkout/assets/`.
pub fn find(name: &str) -> Option<&'static Asset> {
    match name {
        "window.js" => Some(&WINDOW),
        "outcome.js" => Some(&OUTCOME),
        "session.js" => Some(&SESSION),
        "page.css" => Some(&PAGE),
        _ => None,
    }
}

/// A file of the sample shop, below `/shop/`.
pub fn find_shop(name: &str) -> Option<&'static Asset> {
    match name {
        "shop.js" => Some(&SHOP_SCRIPT),
        "shop.css" => Some(&SHOP_STYLE),
        "icon.svg" => Some(&SHOP_ICON),
        "coffee.svg" => Some(&SHOP_PICTURE),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::net::Request;
    use bytes::Bytes;
    use http::{HeaderMap, Method, StatusCode, header};

    fn get(if_none_match: Option<&str>) -> Request {
        let mut headers = HeaderMap::new();
        if let Some(tag) = if_none_match {
            headers.insert(header::IF_NONE_MATCH, tag.parse().unwrap());
        }
        Request {
            method: Method::GET,
            path: "/v2/browser-sdk.js".to_owned(),
            query: String::new(),
            headers,
            body: Bytes::new(),
            peer: ([127, 0, 0, 1], 1).into(),
        }
    }

    #[test]
    fn a_known_version_is_not_sent_again() {
        let first = BROWSER_SDK.serve(&get(None));
        assert_eq!(first.status(), StatusCode::OK);
        let etag = first.headers().get(header::ETAG).unwrap().to_str().unwrap().to_owned();
        for tag in [etag.clone(), format!("W/{etag}"), format!("\"x\", {etag}")] {
            assert_eq!(BROWSER_SDK.serve(&get(Some(&tag))).status(), StatusCode::NOT_MODIFIED);
        }
        assert_eq!(BROWSER_SDK.serve(&get(Some("\"x\""))).status(), StatusCode::OK);
    }

    #[test]
    fn the_sdk_defines_what_portones_loader_forwards_to() {
        for name in [
            "requestPayment",
            "requestIssueBillingKey",
            "requestIssueBillingKeyAndPay",
            "requestIdentityVerification",
            "loadPaymentUI",
            "loadIssueBillingKeyUI",
            "updateLoadPaymentUIRequest",
            "updateLoadIssueBillingKeyUIRequest",
        ] {
            assert!(BROWSER_SDK.text().contains(&format!("{name}: ")), "{name}");
        }
    }

    #[test]
    fn scripts_read_no_cookies_and_evaluate_no_text() {
        for asset in [&*BROWSER_SDK, &*IAMPORT, &*WINDOW, &*OUTCOME, &*SESSION, &*SHOP_SCRIPT] {
            for word in [
                "eval(",
                "new Function",
                "document.cookie",
                "innerHTML",
                "document.write",
            ] {
                assert!(!asset.text().contains(word), "{word}");
            }
        }
    }
}
