//! Sites (`site_cd`): the certificate registered for each, and what each contract allows.

use super::certificate::Certificate;
use crate::simulators::notices::check_url;
use crate::simulators::words::{ControlError, parse, unknown_word};
use dashmap::DashMap;
use serde::Deserialize;
use serde_json::{Value, json};
use std::net::IpAddr;
use std::sync::Arc;

/// Sites at most.
const SITES_MAX: usize = 200_000;

/// Odd but genuine forms of answers and notices.
const SHAPES: &[&str] = &[
    // Answers.
    "v000",
    "short-inquiry",
    "shop-status",
    "extra-members",
    "absent",
    "old-names",
    "old-kakao",
    "padded",
    // What a contract or an operator did.
    "deposit-at-once",
    "plain-refund",
    "slow-refund",
    // Notices.
    "bare-bank",
    "cl-status",
    "tx-tm-16",
];

/// Checks words of shapes.
pub(super) fn shapes(field: &str, words: &[String]) -> Result<Vec<&'static str>, ControlError> {
    words
        .iter()
        .map(|word| {
            let found = SHAPES.iter().find(|known| *known == word).copied();
            found.ok_or_else(|| unknown_word(field, word, SHAPES))
        })
        .collect()
}

/// Key-in contracts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyIn {
    None,
    /// Card number and expiry only (비인증).
    Plain,
    /// Birth date or business number, and two digits of the password.
    Checked,
}

const KEY_IN: &[(&str, KeyIn)] = &[
    ("none", KeyIn::None),
    ("plain", KeyIn::Plain),
    ("checked", KeyIn::Checked),
];

/// One site.
#[derive(Debug, Clone)]
pub(super) struct Site {
    pub cd: Arc<str>,
    pub certificate: Certificate,
    /// Group of recurring cards; `None`: the service is not open.
    pub group: Option<String>,
    pub key_in: KeyIn,
    /// Batch keys by card number through the API.
    pub key_by_card: bool,
    pub escrow: bool,
    /// Partial cancels.
    pub partial: bool,
    pub carrier_partial: bool,
    /// Carrier billing may be paid back in a later month.
    pub next_month: bool,
    /// Refunds of deposits to an account.
    pub refund: bool,
    /// Mixed tax (복합과세).
    pub tax: bool,
    pub inquiry: bool,
    pub unique_orders: bool,
    /// Amounts of the public test site only.
    pub test_amounts: bool,
    /// Addresses that may cancel; empty: any.
    pub cancel_ips: Vec<IpAddr>,
    /// How long a blob can be approved, ms.
    pub blob_ms: i64,
    pub notify_url: Option<String>,
    pub notify_utf8: bool,
    pub shapes: Option<Vec<&'static str>>,
}

impl Site {
    fn new(cd: &str, certificate: Certificate) -> Self {
        Self {
            cd: Arc::from(cd),
            certificate,
            group: None,
            key_in: KeyIn::Checked,
            key_by_card: false,
            escrow: true,
            partial: true,
            carrier_partial: false,
            next_month: false,
            refund: true,
            tax: true,
            inquiry: true,
            unique_orders: false,
            test_amounts: false,
            cancel_ips: Vec::new(),
            blob_ms: 10 * 60_000,
            notify_url: None,
            notify_utf8: false,
            shapes: None,
        }
    }

    fn shown(&self) -> Value {
        let key_in = KEY_IN.iter().find(|row| row.1 == self.key_in).map(|row| row.0);
        json!({"mid": *self.cd, "groupId": self.group, "keyIn": key_in, "keyByCard": self.key_by_card,
            "escrow": self.escrow, "partial": self.partial, "carrierPartial": self.carrier_partial,
            "nextMonth": self.next_month, "refund": self.refund, "tax": self.tax, "inquiry": self.inquiry,
            "uniqueOrders": self.unique_orders, "testAmounts": self.test_amounts, "cancelIps": self.cancel_ips,
            "blobMs": self.blob_ms, "notifyUrl": self.notify_url,
            "notifyCharset": if self.notify_utf8 { "utf-8" } else { "euc-kr" }, "shapes": self.shapes})
    }
}

/// Certificates of the seeded sites; their private keys lie beside them and are not part of the program.
const CERTIFICATES: &[(&str, &str)] = &[
    ("NARU1", include_str!("keys/KCP_AUTH_NARU1_CERT.txt")),
    ("NARU2", include_str!("keys/KCP_AUTH_NARU2_CERT.txt")),
    ("NARUB", include_str!("keys/KCP_AUTH_NARUB_CERT.txt")),
    ("NARUE", include_str!("keys/KCP_AUTH_NARUE_CERT.txt")),
    ("T0000", include_str!("keys/KCP_AUTH_T0000_CERT.txt")),
];

fn seed(cd: &str, pem: &str) -> Option<Site> {
    let mut site = Site::new(cd, Certificate::from_pem(pem)?);
    match cd {
        "NARU2" => {
            site.inquiry = false;
            site.refund = false;
            site.tax = false;
            site.unique_orders = true;
            site.key_in = KeyIn::Plain;
            site.notify_utf8 = true;
        }
        "NARUB" => {
            site.group = Some("NARUB1000001".to_owned());
            site.key_by_card = true;
        }
        "T0000" => site.test_amounts = true,
        _ => {}
    }
    Some(site)
}

/// `PUT /_sim/kcp/merchants`: one of these or a list. Members left out keep their value.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Change {
    mid: String,
    /// The certificate registered for the site, PEM.
    certificate: Option<String>,
    /// Empty: no recurring cards.
    group_id: Option<String>,
    /// `none`, `plain` or `checked`.
    key_in: Option<String>,
    key_by_card: Option<bool>,
    escrow: Option<bool>,
    partial: Option<bool>,
    carrier_partial: Option<bool>,
    next_month: Option<bool>,
    refund: Option<bool>,
    tax: Option<bool>,
    inquiry: Option<bool>,
    unique_orders: Option<bool>,
    test_amounts: Option<bool>,
    cancel_ips: Option<Vec<IpAddr>>,
    blob_ms: Option<i64>,
    /// Where notices go; an empty text ends them.
    notify_url: Option<String>,
    /// `euc-kr` or `utf-8`.
    notify_charset: Option<String>,
    shapes: Option<Vec<String>>,
}

/// All sites.
#[derive(Debug)]
pub(super) struct Sites(DashMap<Arc<str>, Arc<Site>>);

impl Sites {
    pub fn seeded() -> Self {
        let this = Self(DashMap::new());
        this.reset();
        this
    }

    pub fn reset(&self) {
        self.0.clear();
        for (cd, pem) in CERTIFICATES {
            match seed(cd, pem) {
                Some(site) => drop(self.put(site)),
                None => tracing::error!(site = cd, "a seeded certificate cannot be read"),
            }
        }
    }

    fn put(&self, site: Site) -> Arc<Site> {
        let site = Arc::new(site);
        self.0.insert(Arc::clone(&site.cd), Arc::clone(&site));
        site
    }

    pub fn get(&self, cd: &str) -> Option<Arc<Site>> {
        self.0.get(cd).map(|found| Arc::clone(found.value()))
    }

    /// Applies `PUT /_sim/kcp/merchants`.
    pub fn change(&self, body: &[u8]) -> Result<Value, ControlError> {
        let changes: Vec<Change> = match parse::<Value>(body)? {
            Value::Array(_) => parse(body)?,
            _ => vec![parse(body)?],
        };
        let mut shown = Vec::with_capacity(changes.len());
        for change in changes {
            shown.push(self.merge(change)?.shown());
        }
        Ok(Value::Array(shown))
    }

    fn known_or_new(&self, change: &Change) -> Result<Site, ControlError> {
        let upper = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
        if change.mid.len() != 5 || !change.mid.bytes().all(upper) {
            let text = "`mid` is a site code: 5 upper-case letters or digits";
            return Err(ControlError::bad("mid", text));
        }
        let given = match &change.certificate {
            None => None,
            Some(pem) => Some(Certificate::from_pem(pem).ok_or_else(|| {
                ControlError::bad("certificate", "`certificate` must be one X.509 certificate in PEM")
            })?),
        };
        match (self.get(&change.mid), given) {
            (Some(known), given) => {
                let mut site = (*known).clone();
                if let Some(certificate) = given {
                    site.certificate = certificate;
                }
                Ok(site)
            }
            (None, _) if self.0.len() >= SITES_MAX => {
                Err(ControlError::bad("mid", format!("at most {SITES_MAX} sites")))
            }
            (None, Some(certificate)) => Ok(Site::new(&change.mid, certificate)),
            (None, None) => {
                let text = format!("`{}` is new: give its certificate", change.mid);
                Err(ControlError::bad("certificate", text))
            }
        }
    }

    fn merge(&self, change: Change) -> Result<Arc<Site>, ControlError> {
        let mut site = self.known_or_new(&change)?;
        if let Some(group) = change.group_id {
            site.group = (!group.is_empty()).then_some(group);
        }
        if let Some(word) = change.key_in {
            let words: Vec<&str> = KEY_IN.iter().map(|row| row.0).collect();
            let found = KEY_IN.iter().find(|row| row.0 == word);
            site.key_in = found.ok_or_else(|| unknown_word("keyIn", &word, &words))?.1;
        }
        for (slot, given) in [
            (&mut site.key_by_card, change.key_by_card),
            (&mut site.escrow, change.escrow),
            (&mut site.partial, change.partial),
            (&mut site.carrier_partial, change.carrier_partial),
            (&mut site.next_month, change.next_month),
            (&mut site.refund, change.refund),
            (&mut site.tax, change.tax),
            (&mut site.inquiry, change.inquiry),
            (&mut site.unique_orders, change.unique_orders),
            (&mut site.test_amounts, change.test_amounts),
        ] {
            *slot = given.unwrap_or(*slot);
        }
        if let Some(list) = change.cancel_ips {
            site.cancel_ips = list;
        }
        if let Some(ms) = change.blob_ms {
            if ms < 1 {
                return Err(ControlError::bad("blobMs", "`blobMs` must be at least 1"));
            }
            site.blob_ms = ms;
        }
        if let Some(url) = change.notify_url {
            if !url.is_empty() {
                check_url(&url).map_err(|why| ControlError::bad("notifyUrl", format!("`notifyUrl`: {why}")))?;
            }
            site.notify_url = (!url.is_empty()).then_some(url);
        }
        if let Some(word) = change.notify_charset {
            site.notify_utf8 = match word.as_str() {
                "utf-8" => true,
                "euc-kr" => false,
                other => return Err(unknown_word("notifyCharset", other, &["euc-kr", "utf-8"])),
            };
        }
        if let Some(words) = change.shapes {
            site.shapes = Some(shapes("shapes", &words)?);
        }
        Ok(self.put(site))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_seed_has_a_certificate_of_its_own() {
        let sites = Sites::seeded();
        assert_eq!(sites.0.len(), CERTIFICATES.len());
        let keys: std::collections::BTreeSet<_> = sites.0.iter().map(|s| s.certificate.key.clone()).collect();
        assert_eq!(keys.len(), CERTIFICATES.len());
    }
}
