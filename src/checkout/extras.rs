//! Members of the request that answers echo or later steps need: products, notice URLs, country, product type, …

use super::fields::{Fields, Problems};
use super::urls;
use serde_json::{Map, Value};

/// Reads them.
pub fn read(fields: Fields<'_>, problems: &mut Problems) -> Map<String, Value> {
    let mut extras = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            extras.insert(name.to_owned(), value);
        }
    };
    let products = products(fields, problems);
    put("productCount", products.as_ref().map(|p| p.len().into()));
    put("products", products.map(Value::Array));
    put("noticeUrls", notice_urls(fields, problems));
    put("confirmUrl", confirm_url(fields, problems));
    put("country", country(fields, problems));
    // The browser says REAL where the REST side says PHYSICAL.
    let product_type = fields.word("productType", &["REAL", "DIGITAL"], problems);
    put(
        "productType",
        product_type.map(|t| if t == "REAL" { "PHYSICAL" } else { t }.into()),
    );
    for flag in ["isEscrow", "isCulturalExpense"] {
        put(flag, fields.boolean(flag, problems).map(Value::Bool));
    }
    put("offerPeriod", offer_period(fields, problems));
    put("locale", fields.word("locale", LOCALES, problems).map(Value::from));
    put("appScheme", app_scheme(fields, problems));
    extras
}

fn country(fields: Fields<'_>, problems: &mut Problems) -> Option<Value> {
    let code = fields.text("country", problems)?;
    if code.len() != 2 || !code.bytes().all(|b| b.is_ascii_uppercase()) {
        problems.add("country", "must be an ISO 3166 code of two upper-case letters, e.g. KR");
    }
    Some(code.into())
}

fn app_scheme(fields: Fields<'_>, problems: &mut Problems) -> Option<Value> {
    let scheme = fields.text("appScheme", problems)?;
    // With or without the colon, `myapp` or `myapp://`: both are in use.
    let url = if scheme.contains(':') {
        scheme.to_owned()
    } else {
        format!("{scheme}:")
    };
    if let Err(message) = urls::check_redirect(&url) {
        problems.add("appScheme", &message);
    }
    Some(scheme.into())
}

fn products(fields: Fields<'_>, problems: &mut Problems) -> Option<Vec<Value>> {
    let list = fields.array("products", problems)?;
    let mut out = Vec::with_capacity(list.len());
    for (index, product) in list.iter().enumerate() {
        let prefix = format!("products[{index}].");
        let Some(object) = product.as_object() else {
            problems.add(&format!("products[{index}]"), "must be an object");
            continue;
        };
        let fields = Fields::new(object, &prefix);
        let mut kept = Map::new();
        for name in ["id", "name"] {
            if let Some(text) = fields.required_text(name, problems) {
                kept.insert(name.to_owned(), text.into());
            }
        }
        for name in ["code", "tag", "link"] {
            if let Some(text) = fields.text(name, problems) {
                kept.insert(name.to_owned(), text.into());
            }
        }
        for (name, least) in [("amount", 0), ("quantity", 1)] {
            if fields.value(name).is_none() {
                problems.add(&fields.path(name), "is required");
            } else if let Some(number) = fields.integer(name, problems) {
                if number < least {
                    problems.add(&fields.path(name), &format!("must be {least} or more"));
                }
                kept.insert(name.to_owned(), number.into());
            }
        }
        out.push(Value::Object(kept));
    }
    Some(out)
}

fn notice_urls(fields: Fields<'_>, problems: &mut Problems) -> Option<Value> {
    let list = fields.array("noticeUrls", problems)?;
    for (index, url) in list.iter().enumerate() {
        let checked = url
            .as_str()
            .map_or_else(|| Err("must be a string".to_owned()), urls::check_http);
        if let Err(message) = checked {
            problems.add(&format!("noticeUrls[{index}]"), &message);
        }
    }
    (!list.is_empty()).then(|| list.to_vec().into())
}

/// Asked before the approval (PortOne V2, "confirm process").
fn confirm_url(fields: Fields<'_>, problems: &mut Problems) -> Option<Value> {
    let url = fields.text("confirmUrl", problems)?;
    if let Err(message) = urls::check_http(url) {
        problems.add("confirmUrl", &message);
    }
    Some(url.into())
}

/// `{range: {from?, to?}}` or `{interval: "30d" | "1m" | "1y"}`.
fn offer_period(fields: Fields<'_>, problems: &mut Problems) -> Option<Value> {
    let object = fields.object("offerPeriod", problems)?;
    let period = Fields::new(object, "offerPeriod.");
    let interval = period.text("interval", problems);
    let range = period.object("range", problems);
    match (interval, range) {
        (Some(interval), None) => {
            let number = interval.strip_suffix(['d', 'm', 'y']);
            if !number.is_some_and(|n| (1..=4).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit())) {
                problems.add("offerPeriod.interval", "must be a number and d, m or y, e.g. 30d");
            }
        }
        (None, Some(range)) => {
            let range = Fields::new(range, "offerPeriod.range.");
            let mut given = 0;
            for name in ["from", "to"] {
                if let Some(text) = range.text(name, problems) {
                    given += 1;
                    if text.parse::<jiff::Timestamp>().is_err() {
                        problems.add(
                            &range.path(name),
                            "must be a time with zone, e.g. 2026-01-31T00:00:00+09:00",
                        );
                    }
                }
            }
            if given == 0 {
                problems.add("offerPeriod.range", "needs from, to or both");
            }
        }
        _ => problems.add("offerPeriod", "needs either range or interval"),
    }
    Some(Value::Object(object.clone()))
}

/// PortOne V2 browser SDK, `Locale`.
const LOCALES: &[&str] = &[
    "KO_KR", "EN_US", "ZH_CN", "ZH_TW", "JA_JP", "RU_RU", "TH_TH", "VI_VN", "ID_ID", "FR_FR", "NL_NL", "ES_ES",
    "PT_PT", "DE_DE", "IT_IT", "PL_PL", "AR_001", "TR_TR", "SV_SE", "FI_FI", "UK_UA", "EL_GR", "TL_PH", "HI_IN",
    "HR_HR", "LT_LT", "SL_SI", "SR_RS", "BG_BG", "PT_BR",
];
