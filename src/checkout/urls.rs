//! URLs that come from the browser: which are accepted, which origin they have, and how a result is added to one.

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_encode, utf8_percent_encode};

/// Longest URL accepted, in bytes.
const URL_MAX: usize = 4096;

/// Schemes that run code or read the device in the page's own right, whatever the merchant meant by them.
const FORBIDDEN_SCHEMES: &[&str] = &[
    "javascript",
    "data",
    "vbscript",
    "file",
    "blob",
    "filesystem",
    "about",
    "view-source",
    "ws",
    "wss",
    "ftp",
];

/// Everything but unreserved characters: `%20` instead of `+`, because apps decode their links without form rules.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Characters a header value cannot carry; everything else of a URL stays as the merchant wrote it.
const HEADER: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Checks a redirect target: an absolute http(s) URL, or a link into an app.
///
/// # Errors
/// What is wrong, in words that follow the member's name.
pub fn check_redirect(url: &str) -> Result<(), String> {
    let scheme = scheme_of(url)?;
    if FORBIDDEN_SCHEMES.contains(&scheme.as_str()) {
        return Err(format!(
            "the scheme {scheme}: is not allowed, use https: or your app's scheme"
        ));
    }
    if scheme == "http" || scheme == "https" {
        return check_host(url);
    }
    Ok(())
}

/// Checks a URL that must be http or https.
///
/// # Errors
/// What is wrong, in words that follow the member's name.
pub fn check_http(url: &str) -> Result<(), String> {
    match scheme_of(url)?.as_str() {
        "http" | "https" => check_host(url),
        _ => Err("must begin with https:// or http://".to_owned()),
    }
}

/// What a content security policy calls the place that a redirect target leads to: an origin, or the scheme of an app.
pub fn source_of(url: &str) -> Option<String> {
    check_redirect(url).ok()?;
    match scheme_of(url).ok()?.as_str() {
        "http" | "https" => origin_of(url),
        scheme => Some(format!("{scheme}:")),
    }
}

fn scheme_of(url: &str) -> Result<String, String> {
    if url.len() > URL_MAX {
        return Err(format!("must not be longer than {URL_MAX} bytes"));
    }
    if url.chars().any(|c| c.is_control() || c == ' ') {
        return Err("must not contain spaces or control characters".to_owned());
    }
    let scheme = url.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    let scheme = scheme.filter(|scheme| {
        let mut chars = scheme.chars();
        chars.next().is_some_and(|c| c.is_ascii_alphabetic())
            && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '.' | '-'))
    });
    scheme.ok_or_else(|| "must be an absolute URL, e.g. https://shop.example.com/done".to_owned())
}

fn check_host(url: &str) -> Result<(), String> {
    let authority = authority(url).unwrap_or_default();
    if authority.contains('@') {
        return Err("must not contain a user name before the host".to_owned());
    }
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    if host.is_empty() {
        return Err("must have a host, e.g. https://shop.example.com/done".to_owned());
    }
    Ok(())
}

/// What stands between `//` and the path; browsers read a backslash as a slash.
fn authority(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once(':')?;
    rest.strip_prefix("//")?.split(['/', '?', '#', '\\']).next()
}

/// Origin of an http(s) URL as browsers write it (`https://shop.example.com`, default port left out); `None` for
/// anything else, host names outside ASCII included (browsers send those as punycode).
pub fn origin_of(url: &str) -> Option<String> {
    let scheme = url.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase())?;
    let default_port = match scheme.as_str() {
        "http" => ":80",
        "https" => ":443",
        _ => return None,
    };
    let authority = authority(url)?.to_ascii_lowercase();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':' | '[' | ']' | '_');
    if authority.is_empty() || !authority.chars().all(plain) {
        return None;
    }
    let host = authority.strip_suffix(default_port).unwrap_or(&authority);
    Some(format!("{scheme}://{host}"))
}

/// Adds query parameters to a URL; its own query and fragment stay.
pub fn with_query(url: &str, pairs: &[(&str, String)]) -> String {
    let (base, fragment) = url.split_once('#').map_or((url, None), |(base, f)| (base, Some(f)));
    let mut out = base.to_owned();
    let mut separator = match base.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some((_, query)) if query.ends_with('&') => "",
        Some(_) => "&",
    };
    for (name, value) in pairs {
        out.push_str(separator);
        out.push_str(&percent_encode(name.as_bytes(), COMPONENT).to_string());
        out.push('=');
        out.push_str(&percent_encode(value.as_bytes(), COMPONENT).to_string());
        separator = "&";
    }
    if let Some(fragment) = fragment {
        out.push('#');
        out.push_str(fragment);
    }
    out
}

/// A URL as a `Location` header can carry it: characters outside ASCII percent-encoded as UTF-8.
pub fn header_safe(url: &str) -> String {
    utf8_percent_encode(url, HEADER).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_go_to_web_pages_and_apps_only() {
        for good in [
            "https://shop.example.com/done?x=1#y",
            "http://127.0.0.1:3000/",
            "https://쇼핑.한국/완료",
            "myshop://pay/done",
            "portone://blank",
            "kr.co.shop-app+x:done",
        ] {
            assert_eq!(check_redirect(good), Ok(()), "{good}");
        }
        for bad in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "blob:https://x/1",
            "view-source:https://x",
            "/relative",
            "//no-scheme.example",
            "1app://x",
            "app_x:y",
            "",
            "https:///path",
            "https:shop",
            "https://:443/",
            "https://user@evil.example/",
            "https://a.example\\@b.example ",
            "https://shop.example/a\r\nSet-Cookie: x",
            "java\tscript:alert(1)",
        ] {
            assert!(check_redirect(bad).is_err(), "{bad}");
        }
        assert!(check_redirect(&format!("https://x/{}", "a".repeat(5000))).is_err());
        assert!(check_http("myshop://pay").is_err());
        assert_eq!(check_http("https://hook.example/x"), Ok(()));
    }

    #[test]
    fn origins_are_written_as_browsers_do() {
        for (url, origin) in [
            ("https://Shop.Example.com/a?b", Some("https://shop.example.com")),
            ("https://shop.example.com:443", Some("https://shop.example.com")),
            ("http://127.0.0.1:80/x", Some("http://127.0.0.1")),
            ("http://[::1]:3000/x", Some("http://[::1]:3000")),
            ("http://localhost:3000", Some("http://localhost:3000")),
            ("https://a.example\\b", Some("https://a.example")),
            ("https://u@a.example/", None),
            ("https://한국/", None),
            ("https://a.example;script-src *", None),
            ("app://x/", None),
            ("null", None),
            ("", None),
        ] {
            assert_eq!(origin_of(url).as_deref(), origin, "{url}");
        }
    }

    #[test]
    fn a_result_is_added_behind_the_query_the_url_has() {
        let pairs = [("txId", "t-1".to_owned()), ("message", "잔액 & 부족+".to_owned())];
        let encoded = "txId=t-1&message=%EC%9E%94%EC%95%A1%20%26%20%EB%B6%80%EC%A1%B1%2B";
        for (url, want) in [
            ("https://s.example/done", format!("https://s.example/done?{encoded}")),
            ("https://s.example/done?", format!("https://s.example/done?{encoded}")),
            (
                "https://s.example/done?a=1",
                format!("https://s.example/done?a=1&{encoded}"),
            ),
            (
                "https://s.example/done?a=1&",
                format!("https://s.example/done?a=1&{encoded}"),
            ),
            ("https://s.example/#/r", format!("https://s.example/?{encoded}#/r")),
            ("app://done", format!("app://done?{encoded}")),
        ] {
            assert_eq!(with_query(url, &pairs), want);
        }
    }

    #[test]
    fn a_location_is_ascii_and_otherwise_unchanged() {
        assert_eq!(
            header_safe("https://s.example/완료?a=%20b"),
            "https://s.example/%EC%99%84%EB%A3%8C?a=%20b"
        );
        assert_eq!(header_safe("app://x\"<>"), "app://x%22%3C%3E");
    }
}
