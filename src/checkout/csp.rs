//! Content security policies of our pages: nothing inline, and only the PG that this attempt's window belongs to.

use super::urls;
use crate::adapters::Open;

/// Pages that show an outcome. They have no controls that do anything, and a PG may show them inside its own frames,
/// so framing is not restricted.
pub const OUTCOME: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                           base-uri 'none'; form-action 'none'";

/// The order page of a session; `image` is where its picture comes from, empty for nowhere.
pub fn session(image: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' {image}; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

/// Script functions that need `eval` on the page that runs them: NICE Payments' `goPay`, and NHN KCP's, whose script brings
/// jQuery 1.8, which evaluates scripts and answers that it fetches.
const EVALUATING: &[&str] = &["goPay", "KCP_Pay_Execute_Web"];

/// The page that runs a window. `merchant` is the origin that may show it in a frame; `redirect` is the address that the
/// buyer goes on to: browsers hold the answer of a form against the same list as the form's own address.
///
/// Styles are the one thing that PG scripts write inline: their overlays are drawn with style elements.
pub fn window(open: &Open, merchant: Option<&str>, redirect: Option<&str>) -> String {
    let pg = sources(match open {
        Open::Script { script_url, .. } | Open::ScriptForm { script_url, .. } => script_url,
        Open::Form { action, .. } => action,
        Open::Redirect { .. } => "",
    });
    let (scripts, forms, frames) = match open {
        Open::Script { .. } | Open::ScriptForm { .. } => (pg.as_str(), pg.as_str(), pg.as_str()),
        Open::Form { iframe: true, .. } => ("", pg.as_str(), pg.as_str()),
        Open::Form { iframe: false, .. } => ("", pg.as_str(), ""),
        Open::Redirect { .. } => ("", "", ""),
    };
    // Functions of scripts that evaluate the messages of their own frames: without the permission they hear nothing.
    let evaluates = matches!(open, Open::ScriptForm { call, .. } if EVALUATING.contains(&call.as_str()));
    let eval = if evaluates { " 'unsafe-eval'" } else { "" };
    let onward = redirect
        .and_then(urls::source_of)
        .map_or(String::new(), |source| format!(" {source}"));
    let ancestors = merchant.map_or(String::new(), |origin| format!(" {origin}"));
    format!(
        "default-src 'none'; script-src 'self'{scripts}{eval}; style-src 'self' 'unsafe-inline'{scripts}; \
         img-src 'self' data:{scripts}; font-src 'self'{scripts}; connect-src 'self'{scripts}; frame-src 'self'{frames}; \
         form-action 'self'{forms}{onward}; base-uri 'none'; frame-ancestors 'self'{ancestors}"
    )
}

/// The sample shop, which runs the windows of its own channels in the page: `endpoints` are their addresses.
pub fn shop<'a>(endpoints: impl Iterator<Item = &'a str>) -> String {
    let mut found: Vec<String> = endpoints.map(sources).collect();
    found.sort();
    found.dedup();
    let pg = found.concat();
    format!(
        "default-src 'none'; script-src 'self'{pg}; style-src 'self' 'unsafe-inline'{pg}; img-src 'self' data:{pg}; \
         font-src 'self'{pg}; connect-src 'self'{pg}; frame-src 'self'{pg}; form-action 'self'{pg}; base-uri 'none'; \
         frame-ancestors 'none'"
    )
}

/// The origin of a URL and, for a host of a PG's own domain, the other hosts of that domain: scripts of one host open
/// frames and forms of its neighbours. Each source comes with a space in front; an address that is no http(s) URL
/// gives none, so that the policy fails closed.
fn sources(url: &str) -> String {
    let Some(origin) = urls::origin_of(url) else {
        return String::new();
    };
    match neighbours(&origin) {
        Some(neighbours) => format!(" {origin} {neighbours}"),
        None => format!(" {origin}"),
    }
}

/// `https://js.pg.example` → `https://*.pg.example`, unless the rest could be a registry's suffix such as `co.kr`.
fn neighbours(origin: &str) -> Option<String> {
    let host = origin
        .strip_prefix("https://")
        .filter(|host| !host.contains([':', '[']))?;
    let (_, parent) = host.split_once('.')?;
    let labels: Vec<&str> = parent.split('.').collect();
    let last = labels.last()?;
    let numeric = last.bytes().all(|b| b.is_ascii_digit());
    let least = if last.len() == 2 { 3 } else { 2 };
    (!numeric && labels.len() >= least).then(|| format!("https://*.{parent}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn script(url: &str) -> Open {
        Open::Script {
            script_url: url.to_owned(),
            global: "X".to_owned(),
            client_key: None,
            call: "pay".to_owned(),
            customer_key: None,
            params: json!({}),
        }
    }

    #[test]
    fn only_the_windows_own_pg_may_run() {
        let policy = window(
            &script("https://js.pg.example/v2/standard"),
            Some("https://shop.example.com"),
            None,
        );
        assert!(
            policy.contains("script-src 'self' https://js.pg.example https://*.pg.example;"),
            "{policy}"
        );
        assert!(
            policy.contains("form-action 'self' https://js.pg.example https://*.pg.example;"),
            "{policy}"
        );
        assert!(
            policy.ends_with("frame-ancestors 'self' https://shop.example.com"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe-eval") && !policy.contains("script-src 'self' 'unsafe-inline'"));
        let local = window(&script("http://127.0.0.1:8090/toss/v2/standard"), None, None);
        assert!(local.contains("script-src 'self' http://127.0.0.1:8090;"), "{local}");
    }

    #[test]
    fn only_a_script_that_evaluates_its_messages_may_evaluate() {
        let form = |call: &str| Open::ScriptForm {
            script_url: "https://web.pg.example/pay.js".to_owned(),
            call: call.to_owned(),
            charset: "utf-8".to_owned(),
            fields: Vec::new(),
            action: "/checkout/return/x".to_owned(),
        };
        let policy = window(&form("goPay"), None, None);
        let scripts = "script-src 'self' https://web.pg.example https://*.pg.example 'unsafe-eval';";
        assert!(policy.contains(scripts), "{policy}");
        assert!(!window(&form("pay"), None, None).contains("unsafe-eval"));
    }

    #[test]
    fn a_form_needs_no_script_and_a_redirect_nothing() {
        let form = Open::Form {
            action: "https://pay.pg.example/start".to_owned(),
            charset: "utf-8".to_owned(),
            fields: Vec::new(),
            iframe: false,
        };
        let policy = window(&form, None, Some("https://shop.example.com/done?a=1"));
        assert!(
            policy.contains("script-src 'self';") && policy.contains("frame-src 'self';"),
            "{policy}"
        );
        assert!(
            policy.contains("form-action 'self' https://pay.pg.example https://*.pg.example https://shop.example.com;"),
            "{policy}"
        );
        let redirect = Open::Redirect {
            url: "https://pay.pg.example/x".to_owned(),
            popup: false,
        };
        let policy = window(&form, None, Some("naru.shop-1://done;x y"));
        assert!(!policy.contains("naru.shop-1"), "{policy}");
        let policy = window(&form, None, Some("naru.shop-1://done"));
        assert!(
            policy.contains("https://*.pg.example naru.shop-1:; base-uri"),
            "{policy}"
        );
        assert!(!window(&redirect, None, None).contains("pg.example"));
    }

    #[test]
    fn an_address_cannot_smuggle_a_directive() {
        let policy = window(&script("https://a.example;script-src *"), None, None);
        assert!(policy.contains("script-src 'self';"), "{policy}");
        assert!(!policy.contains('*'), "{policy}");
    }

    #[test]
    fn neighbours_stop_at_registry_suffixes() {
        for (origin, want) in [
            ("https://js.tosspayments.com", Some("https://*.tosspayments.com")),
            ("https://nsp.pay.naver.com", Some("https://*.pay.naver.com")),
            ("https://shop.co.kr", None),
            ("https://www.shop.co.kr", Some("https://*.shop.co.kr")),
            ("https://example.com", None),
            ("https://1.2.3.4", None),
            ("http://js.pg.example", None),
            ("https://js.pg.example:8443", None),
        ] {
            assert_eq!(neighbours(origin).as_deref(), want, "{origin}");
        }
    }
}
