//! Merchants: the ten-digit store id, the `pgapi` key, and what each contract allows.

use crate::simulators::notices::check_url;
use crate::simulators::words::{ControlError, parse, unknown_word};
use dashmap::DashMap;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Merchants at most.
const MERCHANTS_MAX: usize = 200_000;

/// Odd but genuine forms of answers.
const SHAPES: &[&str] = &[
    // Fetch.
    "html-noise",
    "no-noise",
    "no-last-backtick",
    "no-card-number",
    "other-amount",
    "other-order",
    "no-backtick",
    // REST.
    "echo-on-refusal",
    "new-tid",
];

fn shapes(words: &[String]) -> Result<Vec<&'static str>, ControlError> {
    words
        .iter()
        .map(|word| {
            let known = SHAPES.iter().find(|known| *known == word).copied();
            known.ok_or_else(|| unknown_word("shapes", word, SHAPES))
        })
        .collect()
}

/// Layout of deposit notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// The older one, which starts with `VR`.
    Vr,
    /// The socket header and a body.
    Header,
}

/// One contract.
#[derive(Debug, Clone)]
pub(super) struct Merchant {
    pub mid: Arc<str>,
    pub key: String,
    pub partial: bool,
    pub key_in: bool,
    pub easy_pay: bool,
    pub vbank: bool,
    pub escrow: bool,
    /// Full cancels of mobile payments by `card/cancel`.
    pub mobile_cancel: bool,
    /// `1` physical or `2` digital: what mobile payments must sell.
    pub goods_type: &'static str,
    /// Window field that carries the tax-free amount; no document names it.
    pub tax_free_field: Option<String>,
    pub notify_url: Option<String>,
    pub notify_get: bool,
    pub notify_layout: Layout,
    pub shapes: Vec<&'static str>,
}

impl Merchant {
    fn new(mid: &str, key: &str) -> Self {
        Self {
            mid: Arc::from(mid),
            key: key.to_owned(),
            partial: true,
            key_in: true,
            easy_pay: true,
            vbank: true,
            escrow: true,
            mobile_cancel: false,
            goods_type: "1",
            tax_free_field: None,
            notify_url: None,
            notify_get: true,
            notify_layout: Layout::Header,
            shapes: Vec::new(),
        }
    }

    pub fn shaped(&self, word: &str) -> bool {
        self.shapes.contains(&word)
    }
}

fn seeds() -> Vec<Merchant> {
    let mut strict = Merchant::new(
        "7700000002",
        "NzcwMDAwMDAwMjpNQTAxOjAwMTEyMjMzNDQ1NTY2Nzc4ODk5QUFCQkNDRERFRTAy",
    );
    strict.partial = false;
    strict.key_in = false;
    strict.escrow = false;
    strict.goods_type = "2";
    let mut old = Merchant::new(
        "7700000003",
        "NzcwMDAwMDAwMzpNQTAxOjAwMTEyMjMzNDQ1NTY2Nzc4ODk5QUFCQkNDRERFRTAz",
    );
    old.notify_layout = Layout::Vr;
    old.mobile_cancel = true;
    vec![
        Merchant::new(
            "7700000001",
            "NzcwMDAwMDAwMTpNQTAxOjAwMTEyMjMzNDQ1NTY2Nzc4ODk5QUFCQkNDRERFRTAx",
        ),
        strict,
        old,
        // KSNET prints this store id for everyone; the key is made up.
        Merchant::new(
            "2999199999",
            "Mjk5OTE5OTk5OTpNQTAxOjAwMTEyMjMzNDQ1NTY2Nzc4ODk5QUFCQkNDRERFRUZG",
        ),
    ]
}

/// `PUT /_sim/ksnet/merchants`: one of these or a list. Members left out keep their value.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Change {
    mid: String,
    api_key: Option<String>,
    partial: Option<bool>,
    key_in: Option<bool>,
    easy_pay: Option<bool>,
    vbank: Option<bool>,
    escrow: Option<bool>,
    mobile_cancel: Option<bool>,
    goods_type: Option<String>,
    /// Empty: none.
    tax_free_field: Option<String>,
    /// Where deposit notices go; an empty text ends them.
    notify_url: Option<String>,
    /// `GET` or `POST`.
    notify_method: Option<String>,
    /// `header` or `vr`.
    notify_layout: Option<String>,
    shapes: Option<Vec<String>>,
}

/// All merchants.
#[derive(Debug)]
pub(super) struct Merchants(DashMap<Arc<str>, Arc<Merchant>>);

impl Merchants {
    pub fn seeded() -> Self {
        let this = Self(DashMap::new());
        this.reset();
        this
    }

    pub fn reset(&self) {
        self.0.clear();
        for merchant in seeds() {
            self.put(merchant);
        }
    }

    fn put(&self, merchant: Merchant) -> Arc<Merchant> {
        let merchant = Arc::new(merchant);
        self.0.insert(Arc::clone(&merchant.mid), Arc::clone(&merchant));
        merchant
    }

    pub fn get(&self, mid: &str) -> Option<Arc<Merchant>> {
        self.0.get(mid).map(|found| Arc::clone(found.value()))
    }

    /// Applies `PUT /_sim/ksnet/merchants`.
    pub fn change(&self, body: &[u8]) -> Result<Value, ControlError> {
        let changes: Vec<Change> = match parse::<Value>(body)? {
            Value::Array(_) => parse(body)?,
            _ => vec![parse(body)?],
        };
        let mut shown = Vec::with_capacity(changes.len());
        for change in changes {
            let m = self.merge(change)?;
            shown.push(
                json!({"mid": *m.mid, "partial": m.partial, "keyIn": m.key_in, "easyPay": m.easy_pay,
                "vbank": m.vbank, "escrow": m.escrow, "mobileCancel": m.mobile_cancel, "goodsType": m.goods_type,
                "taxFreeField": m.tax_free_field, "notifyUrl": m.notify_url,
                "notifyMethod": if m.notify_get { "GET" } else { "POST" },
                "notifyLayout": if m.notify_layout == Layout::Vr { "vr" } else { "header" }, "shapes": m.shapes}),
            );
        }
        Ok(Value::Array(shown))
    }

    fn merge(&self, change: Change) -> Result<Arc<Merchant>, ControlError> {
        if change.mid.len() != 10 || !change.mid.bytes().all(|b| b.is_ascii_digit()) {
            return Err(ControlError::bad("mid", "`mid` must have 10 digits"));
        }
        let mut m = match (self.get(&change.mid), &change.api_key) {
            (Some(known), _) => (*known).clone(),
            (None, _) if self.0.len() >= MERCHANTS_MAX => {
                return Err(ControlError::bad("mid", format!("at most {MERCHANTS_MAX} merchants")));
            }
            (None, Some(key)) => Merchant::new(&change.mid, key),
            (None, None) => {
                let text = format!("`{}` is new: give its apiKey", change.mid);
                return Err(ControlError::bad("apiKey", text));
            }
        };
        if let Some(key) = change.api_key {
            if key.len() < 16 || !key.bytes().all(|b| b.is_ascii_graphic()) {
                let text = "`apiKey` must have at least 16 visible ASCII characters (KSNET's have 64)";
                return Err(ControlError::bad("apiKey", text));
            }
            m.key = key;
        }
        for (slot, given) in [
            (&mut m.partial, change.partial),
            (&mut m.key_in, change.key_in),
            (&mut m.easy_pay, change.easy_pay),
            (&mut m.vbank, change.vbank),
            (&mut m.escrow, change.escrow),
            (&mut m.mobile_cancel, change.mobile_cancel),
        ] {
            *slot = given.unwrap_or(*slot);
        }
        if let Some(word) = change.goods_type {
            m.goods_type = if second("goodsType", &word, "1", "2")? {
                "2"
            } else {
                "1"
            };
        }
        if let Some(field) = change.tax_free_field {
            m.tax_free_field = (!field.is_empty()).then_some(field);
        }
        if let Some(url) = change.notify_url {
            if !url.is_empty() {
                check_url(&url).map_err(|why| ControlError::bad("notifyUrl", format!("`notifyUrl`: {why}")))?;
            }
            m.notify_url = (!url.is_empty()).then_some(url);
        }
        if let Some(word) = change.notify_method {
            m.notify_get = !second("notifyMethod", &word, "GET", "POST")?;
        }
        if let Some(word) = change.notify_layout {
            m.notify_layout = if second("notifyLayout", &word, "header", "vr")? {
                Layout::Vr
            } else {
                Layout::Header
            };
        }
        if let Some(words) = change.shapes {
            m.shapes = shapes(&words)?;
        }
        Ok(self.put(m))
    }
}

/// Whether it is the second of two words.
fn second(field: &str, given: &str, first: &str, other: &str) -> Result<bool, ControlError> {
    if given == first || given == other {
        return Ok(given == other);
    }
    Err(unknown_word(field, given, &[first, other]))
}
