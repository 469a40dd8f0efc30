//! Small pages for the windows: no external resource, every text escaped.

use super::pg::Answer;
pub use crate::net::escape;
use http::StatusCode;

/// A JSON text that can stand inside a `<script>` element.
#[must_use]
pub fn script_json(value: &serde_json::Value) -> String {
    value
        .to_string()
        .replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

/// A page with a title and a body that is already HTML.
#[must_use]
pub fn page(status: StatusCode, title: &str, body: &str) -> Answer {
    let title = escape(title);
    let html = format!(
        "<!doctype html>\n<html lang=\"ko\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}</title><style>\
         body{{font:16px/1.5 system-ui,sans-serif;margin:0;padding:24px;color:#191f28;background:#fff}}\
         main{{max-width:420px;margin:0 auto}}h1{{font-size:20px}}dl{{display:grid;grid-template-columns:auto 1fr;gap:4px 16px}}\
         dt{{color:#6b7684}}dd{{margin:0;overflow-wrap:anywhere}}button{{font:inherit;width:100%;padding:12px;margin:6px 0;\
         border-radius:8px;border:1px solid #d1d6db;background:#f2f4f6}}button.main{{background:#3182f6;border-color:#3182f6;color:#fff}}\
         label{{display:block;margin:8px 0}}select{{font:inherit;padding:6px}}small{{color:#6b7684}}\
         </style></head><body><main>{body}</main></body></html>\n"
    );
    Answer::new(status, "text/html; charset=utf-8", html)
        .with("cache-control", "no-store")
        .with("referrer-policy", "no-referrer")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_cannot_leave_their_place() {
        assert_eq!(
            escape("<b a='1'>&\"</b>"),
            "&lt;b a=&#39;1&#39;&gt;&amp;&quot;&lt;/b&gt;"
        );
        assert_eq!(script_json(&serde_json::json!("</script>")), "\"\\u003c/script>\"");
    }
}
