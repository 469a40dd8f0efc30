//! Merchants of the legacy API: MID, merchant key, and what each contract allows.

use crate::simulators::notices::check_url;
use crate::simulators::words::{ControlError, parse, unknown_word};
use dashmap::DashMap;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Merchants at most.
const MERCHANTS_MAX: usize = 200_000;

/// Odd but genuine forms of answers and notices.
const SHAPES: &[&str] = &[
    // Answers.
    "blank-lines",
    "trailing-blanks",
    "euc-kr-always",
    "absent",
    "plain-amounts",
    "no-cancel-num",
    "refund-code",
    "no-part-cancel",
    "auth-date-14",
    // Notices.
    "notice-constants",
    "notice-no-key",
];

/// Checks words of shapes.
pub(super) fn shapes(field: &str, words: &[String]) -> Result<Vec<&'static str>, ControlError> {
    words
        .iter()
        .map(|word| {
            SHAPES
                .iter()
                .find(|known| *known == word)
                .copied()
                .ok_or_else(|| unknown_word(field, word, SHAPES))
        })
        .collect()
}

/// One contract.
#[derive(Debug, Clone)]
pub(super) struct Merchant {
    pub mid: Arc<str>,
    pub key: String,
    pub cancel_password: Option<String>,
    pub partial: bool,
    pub tax_split: bool,
    pub escrow: bool,
    pub billing: bool,
    pub key_in: bool,
    /// Refunds of deposits through the API.
    pub refund: bool,
    /// An approved order number cannot be approved again.
    pub unique_moid: bool,
    /// A cancel's order number is taken once.
    pub guard_moid: bool,
    /// Answers are signed over the twelve-digit amount.
    pub padded: bool,
    /// Everything of a day is cancelled at 23:30, as NICE does with its test MIDs.
    pub nightly: bool,
    pub repeat_code: &'static str,
    pub notify_url: Option<String>,
    /// Notices about other methods and about cancels too.
    pub notify_all: bool,
    pub ok_check: bool,
    pub retry_minutes: u64,
    pub retry_count: usize,
    pub shapes: Option<Vec<&'static str>>,
}

impl Merchant {
    fn new(mid: &str, key: &str) -> Self {
        Self {
            mid: Arc::from(mid),
            key: key.to_owned(),
            cancel_password: None,
            partial: true,
            tax_split: false,
            escrow: true,
            billing: true,
            key_in: true,
            refund: true,
            unique_moid: false,
            guard_moid: true,
            padded: false,
            nightly: false,
            repeat_code: "A225",
            notify_url: None,
            notify_all: false,
            ok_check: true,
            retry_minutes: 1,
            retry_count: 3,
            shapes: None,
        }
    }
}

fn seeds() -> Vec<Merchant> {
    let mut strict = Merchant::new(
        "narulgcy2m",
        "MiBuYXJ1IHNpbXVsYXRvcjogYSBzZWxmLW1hZGUgbWVyY2hhbnQga2V5LCBvZiBubyB2YWx1ZSBhdCBhbGwuLg==",
    );
    strict.tax_split = true;
    strict.unique_moid = true;
    strict.padded = true;
    strict.cancel_password = Some("naru1234".to_owned());
    // NICE prints these two for everyone.
    let mut public = Merchant::new(
        "nicepay00m",
        "EYzu8jGGMfqaDEp76gSckuvnaHHu+bC4opsSN6lHv3b2lurNYkVXrZ7Z1AoqQnXI3eLuaUFyoRNC6FkrzVjceg==",
    );
    public.billing = false;
    let public_billing = Merchant::new(
        "nictest04m",
        "b+zhZ4yOZ7FsH8pm5lhDfHZEb79tIwnjsdA0FBXh86yLc6BJeFVrZFXhAoJ3gEWgrWwN+lJMV0W4hvDdbe4Sjw==",
    );
    vec![
        Merchant::new(
            "narulgcy1m",
            "MSBuYXJ1IHNpbXVsYXRvcjogYSBzZWxmLW1hZGUgbWVyY2hhbnQga2V5LCBvZiBubyB2YWx1ZSBhdCBhbGwuLg==",
        ),
        strict,
        Merchant::new(
            "narubill1m",
            "MyBuYXJ1IHNpbXVsYXRvcjogYSBzZWxmLW1hZGUgbWVyY2hhbnQga2V5LCBvZiBubyB2YWx1ZSBhdCBhbGwuLg==",
        ),
        public,
        public_billing,
    ]
}

/// `PUT /_sim/nice_legacy/merchants`: one of these or a list. Members left out keep their value.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Change {
    mid: String,
    merchant_key: Option<String>,
    /// Empty: none is needed.
    cancel_password: Option<String>,
    partial: Option<bool>,
    tax_split: Option<bool>,
    escrow: Option<bool>,
    billing: Option<bool>,
    key_in: Option<bool>,
    refund: Option<bool>,
    unique_moid: Option<bool>,
    guard_moid: Option<bool>,
    /// `plain` or `padded`.
    signature_amount: Option<String>,
    nightly: Option<bool>,
    /// `A225` or `2201`.
    repeat_code: Option<String>,
    /// Where notices go; an empty text ends them.
    notify_url: Option<String>,
    notify_all: Option<bool>,
    ok_check: Option<bool>,
    retry_minutes: Option<u64>,
    retry_count: Option<usize>,
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

    /// Applies `PUT /_sim/nice_legacy/merchants`.
    pub fn change(&self, body: &[u8]) -> Result<Value, ControlError> {
        let changes: Vec<Change> = match parse::<Value>(body)? {
            Value::Array(_) => parse(body)?,
            _ => vec![parse(body)?],
        };
        let mut shown = Vec::with_capacity(changes.len());
        for change in changes {
            let m = self.merge(change)?;
            shown.push(
                json!({"mid": *m.mid, "partial": m.partial, "taxSplit": m.tax_split, "escrow": m.escrow,
                "billing": m.billing, "keyIn": m.key_in, "refund": m.refund, "uniqueMoid": m.unique_moid,
                "guardMoid": m.guard_moid, "signatureAmount": if m.padded { "padded" } else { "plain" },
                "nightly": m.nightly, "repeatCode": m.repeat_code, "notifyUrl": m.notify_url,
                "notifyAll": m.notify_all, "okCheck": m.ok_check, "retryMinutes": m.retry_minutes,
                "retryCount": m.retry_count, "shapes": m.shapes}),
            );
        }
        Ok(Value::Array(shown))
    }

    fn merge(&self, change: Change) -> Result<Arc<Merchant>, ControlError> {
        if change.mid.len() != 10 || !change.mid.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(ControlError::bad("mid", "`mid` must have 10 letters or digits"));
        }
        let mut m = match (self.get(&change.mid), &change.merchant_key) {
            (Some(known), _) => (*known).clone(),
            (None, _) if self.0.len() >= MERCHANTS_MAX => {
                return Err(ControlError::bad("mid", format!("at most {MERCHANTS_MAX} merchants")));
            }
            (None, Some(key)) => Merchant::new(&change.mid, key),
            (None, None) => {
                let text = format!("`{}` is new: give its merchantKey", change.mid);
                return Err(ControlError::bad("merchantKey", text));
            }
        };
        if let Some(key) = change.merchant_key {
            if key.len() < 16 || !key.is_ascii() {
                let text = "`merchantKey` must have at least 16 ASCII characters (NICE's have 88)";
                return Err(ControlError::bad("merchantKey", text));
            }
            m.key = key;
        }
        if let Some(password) = change.cancel_password {
            m.cancel_password = (!password.is_empty()).then_some(password);
        }
        for (slot, given) in [
            (&mut m.partial, change.partial),
            (&mut m.tax_split, change.tax_split),
            (&mut m.escrow, change.escrow),
            (&mut m.billing, change.billing),
            (&mut m.key_in, change.key_in),
            (&mut m.refund, change.refund),
            (&mut m.unique_moid, change.unique_moid),
            (&mut m.guard_moid, change.guard_moid),
            (&mut m.nightly, change.nightly),
            (&mut m.notify_all, change.notify_all),
            (&mut m.ok_check, change.ok_check),
        ] {
            *slot = given.unwrap_or(*slot);
        }
        if let Some(word) = change.signature_amount {
            m.padded = either("signatureAmount", &word, "plain", "padded")?;
        }
        if let Some(code) = change.repeat_code {
            let second = either("repeatCode", &code, "A225", "2201")?;
            m.repeat_code = if second { "2201" } else { "A225" };
        }
        if let Some(url) = change.notify_url {
            if !url.is_empty() {
                check_url(&url).map_err(|why| ControlError::bad("notifyUrl", format!("`notifyUrl`: {why}")))?;
            }
            m.notify_url = (!url.is_empty()).then_some(url);
        }
        let (minutes, count) = (change.retry_minutes.unwrap_or(m.retry_minutes), change.retry_count);
        let count = count.unwrap_or(m.retry_count);
        if !(1..=10).contains(&minutes) || !(1..=10).contains(&count) {
            let text = "`retryMinutes` and `retryCount` must be 1 to 10, as in the admin page";
            return Err(ControlError::bad("retryMinutes", text));
        }
        (m.retry_minutes, m.retry_count) = (minutes, count);
        if let Some(words) = change.shapes {
            m.shapes = Some(shapes("shapes", &words)?);
        }
        Ok(self.put(m))
    }
}

/// Whether it is the second of two words.
fn either(field: &str, given: &str, first: &str, second: &str) -> Result<bool, ControlError> {
    if given == first || given == second {
        return Ok(given == second);
    }
    Err(unknown_word(field, given, &[first, second]))
}
