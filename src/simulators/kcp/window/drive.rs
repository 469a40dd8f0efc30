//! A window without a browser: `POST /_sim/kcp/authenticate`.

use super::{Choice, Ending, Way, Window, checks};
use crate::simulators::kcp::Kcp;
use crate::simulators::kcp::args::{Args, Refusal, charset, encode, refusal};
use crate::simulators::kcp::page::{CLASSIC, FILTER, HUB, LITE, MOBILE};
use crate::simulators::ledger::lock;
use crate::simulators::pg::{Authenticate, Control};
use crate::simulators::words::{ControlError, parse_value, unknown_word};
use encoding_rs::{EUC_KR, Encoding, UTF_8};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Open {
    kind: String,
    #[serde(default)]
    script_url: String,
    #[serde(default)]
    call: String,
    #[serde(default)]
    charset: String,
    #[serde(default)]
    fields: Vec<(String, String)>,
    #[serde(default)]
    action: String,
}

/// The path of a URL below this simulator, or nothing.
fn below(url: &str) -> &str {
    let plain = url.split(['?', '#']).next().unwrap_or_default();
    let at = plain.find("/kcp/").map(|at| at + "/kcp".len());
    at.and_then(|at| plain.get(at..)).unwrap_or_default()
}

impl Kcp {
    pub(in crate::simulators::kcp) fn open_pc(&self, args: &Args) -> Result<Arc<str>, Refusal> {
        checks::pc(self, args, self.world.clock.now()).map(|window| self.keep(window))
    }

    /// A form that reached a page for phones; the charset is the page's, not the form's.
    pub(in crate::simulators::kcp) fn open_phone(&self, path: &str, body: &[u8]) -> Result<Arc<str>, Refusal> {
        let now = self.world.clock.now();
        if let Some(id) = path.strip_prefix(LITE) {
            let record = self.lites.get(id).ok_or_else(|| refusal("S005").about("pay_url"))?;
            let window = checks::lite(self, &mut lock(&record), &Args::form(body, UTF_8), now)?;
            return Ok(self.keep(window));
        }
        let charset: &'static Encoding = if path == FILTER { UTF_8 } else { EUC_KR };
        let args = Args::form(body, charset);
        if path == FILTER {
            args.one_of("encoding_trans", &["UTF-8"])?;
            if below(args.text("PayUrl")) != MOBILE {
                return Err(refusal("S005").about("PayUrl"));
            }
        }
        checks::phone(self, &args, now, charset).map(|window| self.keep(window))
    }

    fn opened(&self, open: &Open) -> Result<Arc<str>, ControlError> {
        let opened = match open.kind.as_str() {
            "scriptForm" => {
                let script = below(&open.script_url);
                if script != HUB && script != CLASSIC {
                    let text = format!(
                        "the browser would load `{}`; the scripts are {{origin}}/kcp{HUB} and {CLASSIC}",
                        open.script_url
                    );
                    return Err(ControlError::bad("open.scriptUrl", text));
                }
                if !matches!(open.call.as_str(), "KCP_Pay_Execute_Web" | "KCP_Pay_Execute") {
                    let text = "the script defines `KCP_Pay_Execute_Web` and `KCP_Pay_Execute`";
                    return Err(ControlError::bad("open.call", text));
                }
                if !checks::absolute(&open.action) {
                    let text = "the form's `action` must be the absolute URL that takes the result";
                    return Err(ControlError::bad("open.action", text));
                }
                self.open_pc(&Args(open.fields.clone()))
            }
            "form" => {
                let path = below(&open.action);
                if path != MOBILE && path != FILTER && !path.starts_with(LITE) {
                    let text = format!(
                        "the form goes to `{}`; the pages are {{origin}}/kcp{MOBILE}, {FILTER} and {LITE}…",
                        open.action
                    );
                    return Err(ControlError::bad("open.action", text));
                }
                // The bytes that a browser sends from a page that says this charset.
                let body = encode(&open.fields, charset(&open.charset));
                self.open_phone(path, body.as_bytes())
            }
            other => return Err(unknown_word("open.kind", other, &["scriptForm", "form"])),
        };
        opened.map_err(|refused| refused.for_script("open.fields"))
    }

    pub(in crate::simulators::kcp) fn drive_window(&self, ask: &Authenticate) -> Control {
        if let Some(other) = ask.device.as_deref().filter(|word| !matches!(*word, "pc" | "mobile")) {
            return Err(unknown_word("device", other, &["pc", "mobile"]));
        }
        let open: Open = parse_value("open", &ask.open)?;
        let id = self.opened(&open)?;
        let choice = Choice {
            behaviour: ask.behaviour,
            method: ask.method.clone(),
            buyer: ask.buyer.clone(),
            code: ask.code.clone(),
        };
        let fields = match self.decide(&id, &choice)? {
            Ending::Result(fields) => fields,
            // Nothing tells of it: the attempt runs out by the shop's own clock.
            Ending::Closed => {
                return Ok(json!({"method": "NONE", "url": null, "contentType": null, "body": null}).into());
            }
        };
        let window = self.windows.get(&id).map(|record| lock(&record).clone());
        let window = window.ok_or_else(|| ControlError::missing("id", "the window is gone"))?;
        let (url, charset) = destination(&window, &fields, &open);
        let mut sent = match window.way {
            Way::Pc => Args(open.fields.clone()),
            _ => Args::default(),
        };
        for (name, value) in &fields {
            sent.set(name, Some(value));
        }
        for (name, value) in &ask.tamper {
            match value {
                Value::Null => sent.set(name, None),
                Value::String(text) => sent.set(name, Some(text)),
                other => sent.set(name, Some(&other.to_string())),
            }
        }
        Ok(
            json!({"method": "POST", "url": url, "contentType": "application/x-www-form-urlencoded",
            "body": encode(&sent.0, charset)})
            .into(),
        )
    }
}

/// Where the browser goes with these fields, and in which charset.
fn destination(window: &Window, fields: &[(String, String)], open: &Open) -> (String, &'static Encoding) {
    match &window.way {
        Way::Pc => (open.action.clone(), charset(&open.charset)),
        Way::Phone { url, charset } => (url.clone(), charset),
        Way::Lite { done, failed } => {
            let good = fields.iter().any(|(name, value)| name == "res_cd" && value == "0000");
            (if good { done } else { failed }.clone(), UTF_8)
        }
    }
}
