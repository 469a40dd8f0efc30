//! Who calls: merchants, their keys, and the Basic header ("인증 및 기타 헤더 설정").

use super::errors::{ApiError, error};
use super::shapes::Shapes;
use crate::net::Request;
use crate::simulators::notices::check_url;
use crate::simulators::words::{ControlError, parse, unknown_word};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dashmap::DashMap;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// How long a re-issued secret key's predecessor stays valid, ms.
const OLD_KEY_MS: i64 = 7 * 24 * 3_600_000;
/// Merchants at most.
const MERCHANTS_MAX: usize = 200_000;

/// Events a merchant may subscribe to.
pub(super) const EVENTS: &[&str] = &[
    "PAYMENT_STATUS_CHANGED",
    "DEPOSIT_CALLBACK",
    "CANCEL_STATUS_CHANGED",
    "BILLING_DELETED",
];

/// One contract.
#[derive(Debug, Clone)]
pub(super) struct Merchant {
    pub mid: Arc<str>,
    pub client_key: String,
    pub secret_key: String,
    pub widget_keys: Option<(String, String)>,
    /// The key before the last rotation and until when it is valid, ms.
    pub old_secret: Option<(String, i64)>,
    pub notify_url: Option<String>,
    pub events: Vec<&'static str>,
    pub key_in: bool,
    pub billing: bool,
    pub fixed_account: bool,
    pub escrow: bool,
    /// How long a deposit is held back until the bank's corrections are over, ms; 0 = not at all.
    pub deposit_delay_ms: i64,
    pub shapes: Option<Shapes>,
}

impl Merchant {
    fn new(mid: &str, client: &str, secret: &str) -> Self {
        Self {
            mid: Arc::from(mid),
            client_key: client.to_owned(),
            secret_key: secret.to_owned(),
            widget_keys: None,
            old_secret: None,
            notify_url: None,
            events: EVENTS.to_vec(),
            key_in: true,
            billing: false,
            fixed_account: true,
            escrow: true,
            deposit_delay_ms: 0,
            shapes: None,
        }
    }

    /// Test or live is decided by the key alone.
    pub fn test(&self) -> bool {
        !self.secret_key.starts_with("live_")
    }

    /// Where an event goes, if the merchant wants it.
    pub fn wants(&self, event: &str) -> Option<&str> {
        self.notify_url.as_deref().filter(|_| self.events.contains(&event))
    }
}

fn seeds() -> Vec<Merchant> {
    let own = |mid: &str, tail: &str| {
        let key = |kind: &str| format!("test_{kind}_naruSimulator0000000000{tail}");
        Merchant::new(mid, &key("ck"), &key("sk"))
    };
    let mut billing = own("tnarubill1", "b1");
    billing.billing = true;
    // The pair that Toss prints in its documentation for everyone.
    let mut public = Merchant::new(
        "tvivarepubli1",
        "test_ck_D5GePWvyJnrK0W0k6q8gLzN97Eoq",
        "test_sk_zXLkKEypNArWmo50nX3lmeaxYG5R",
    );
    public.billing = true;
    public.widget_keys = Some((
        "test_gck_docs_Ovk5rk1EwkEbP0W43n07xlzm".to_owned(),
        "test_gsk_docs_OaPz8L5KdmQXkzRz3y47BMw6".to_owned(),
    ));
    vec![own("tnaru00001", "01"), own("tnaru00002", "02"), billing, public]
}

/// `PUT /_sim/toss/merchants`: one of these or a list. Members left out keep their value.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Change {
    mid: String,
    client_key: Option<String>,
    secret_key: Option<String>,
    widget_client_key: Option<String>,
    widget_secret_key: Option<String>,
    /// Ends the old secret key at once instead of after seven days.
    #[serde(default)]
    revoke_old_key: bool,
    /// Where notifications go; an empty text ends them.
    notify_url: Option<String>,
    events: Option<Vec<String>>,
    key_in: Option<bool>,
    billing: Option<bool>,
    fixed_account: Option<bool>,
    escrow: Option<bool>,
    deposit_delay_ms: Option<u32>,
    shapes: Option<Vec<String>>,
}

/// All merchants.
#[derive(Debug)]
pub(super) struct Merchants {
    by_mid: DashMap<Arc<str>, Arc<Merchant>>,
    by_secret: DashMap<String, Arc<str>>,
    by_client: DashMap<String, Arc<str>>,
}

impl Merchants {
    pub fn seeded() -> Self {
        let this = Self {
            by_mid: DashMap::new(),
            by_secret: DashMap::new(),
            by_client: DashMap::new(),
        };
        this.reset();
        this
    }

    pub fn reset(&self) {
        self.by_mid.clear();
        self.by_secret.clear();
        self.by_client.clear();
        for merchant in seeds() {
            self.put(merchant);
        }
    }

    fn put(&self, merchant: Merchant) -> Arc<Merchant> {
        let mid = Arc::clone(&merchant.mid);
        let (widget_client, widget_secret) = merchant.widget_keys.clone().unzip();
        let old = merchant.old_secret.as_ref().map(|(key, _)| key.clone());
        for secret in [Some(merchant.secret_key.clone()), widget_secret, old]
            .into_iter()
            .flatten()
        {
            self.by_secret.insert(secret, Arc::clone(&mid));
        }
        for client in [Some(merchant.client_key.clone()), widget_client].into_iter().flatten() {
            self.by_client.insert(client, Arc::clone(&mid));
        }
        let merchant = Arc::new(merchant);
        self.by_mid.insert(mid, Arc::clone(&merchant));
        merchant
    }

    pub fn get(&self, mid: &str) -> Option<Arc<Merchant>> {
        self.by_mid.get(mid).map(|found| Arc::clone(found.value()))
    }

    /// The merchant of a client key.
    pub fn by_client(&self, key: &str) -> Option<Arc<Merchant>> {
        let mid = self.by_client.get(key).map(|found| Arc::clone(found.value()))?;
        self.get(&mid)
            .filter(|m| m.client_key == key || m.widget_keys.as_ref().is_some_and(|(client, _)| client == key))
    }

    fn by_secret(&self, key: &str, now: i64) -> Option<Arc<Merchant>> {
        let mid = self.by_secret.get(key).map(|found| Arc::clone(found.value()))?;
        self.get(&mid).filter(|m| {
            m.secret_key == key
                || m.widget_keys.as_ref().is_some_and(|(_, secret)| secret == key)
                || m.old_secret
                    .as_ref()
                    .is_some_and(|(old, until)| old == key && now < *until)
        })
    }

    /// Checks the Basic header: user name = secret key, empty password, colon mandatory.
    pub fn authenticate(&self, request: &Request, now: i64) -> Result<Caller, ApiError> {
        let unauthorized = || error("UNAUTHORIZED_KEY");
        let header = request.header("authorization").ok_or_else(unauthorized)?;
        let (scheme, encoded) = header.split_once(' ').ok_or_else(unauthorized)?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return Err(unauthorized());
        }
        let decoded = STANDARD.decode(encoded.trim()).map_err(|_| unauthorized())?;
        let text = String::from_utf8(decoded).map_err(|_| unauthorized())?;
        let (key, password) = text
            .split_once(':')
            .ok_or_else(|| error("INCORRECT_BASIC_AUTH_FORMAT"))?;
        if !password.is_empty() {
            return Err(unauthorized());
        }
        let merchant = self.by_secret(key, now).ok_or_else(unauthorized)?;
        let english = request
            .header("accept-language")
            .is_some_and(|l| l.to_ascii_lowercase().starts_with("en"));
        Ok(Caller {
            merchant,
            key: key.to_owned(),
            english,
        })
    }

    /// Applies `PUT /_sim/toss/merchants`.
    pub fn change(&self, body: &[u8], now: i64) -> Result<Value, ControlError> {
        let changes: Vec<Change> = match parse::<Value>(body)? {
            Value::Array(_) => parse(body)?,
            _ => vec![parse(body)?],
        };
        let mut shown = Vec::with_capacity(changes.len());
        for change in changes {
            let merchant = self.merge(change, now)?;
            shown.push(
                json!({"mid": *merchant.mid, "clientKey": merchant.client_key, "notifyUrl": merchant.notify_url,
                "events": merchant.events, "keyIn": merchant.key_in, "billing": merchant.billing,
                "fixedAccount": merchant.fixed_account, "escrow": merchant.escrow,
                "shapes": merchant.shapes.map(Shapes::words)}),
            );
        }
        Ok(Value::Array(shown))
    }

    fn merge(&self, change: Change, now: i64) -> Result<Arc<Merchant>, ControlError> {
        check(&change)?;
        let mut merchant = match self.get(&change.mid) {
            Some(known) => (*known).clone(),
            None if self.by_mid.len() >= MERCHANTS_MAX => {
                return Err(ControlError::bad("mid", format!("at most {MERCHANTS_MAX} merchants")));
            }
            None => match (&change.client_key, &change.secret_key) {
                (Some(client), Some(secret)) => Merchant::new(&change.mid, client, secret),
                _ => {
                    let text = format!("`{}` is new: give its clientKey and secretKey", change.mid);
                    return Err(ControlError::bad("clientKey", text));
                }
            },
        };
        if let Some(secret) = change.secret_key
            && secret != merchant.secret_key
        {
            let old = std::mem::replace(&mut merchant.secret_key, secret);
            merchant.old_secret = Some((old, now.saturating_add(OLD_KEY_MS)));
        }
        if change.revoke_old_key {
            merchant.old_secret = None;
        }
        if let Some(client) = change.client_key {
            merchant.client_key = client;
        }
        if let (Some(client), Some(secret)) = (change.widget_client_key, change.widget_secret_key) {
            merchant.widget_keys = Some((client, secret));
        }
        if let Some(url) = change.notify_url {
            merchant.notify_url = (!url.is_empty()).then_some(url);
        }
        if let Some(events) = change.events {
            merchant.events = EVENTS
                .iter()
                .filter(|e| events.iter().any(|given| given == *e))
                .copied()
                .collect();
        }
        for (slot, given) in [
            (&mut merchant.key_in, change.key_in),
            (&mut merchant.billing, change.billing),
            (&mut merchant.fixed_account, change.fixed_account),
            (&mut merchant.escrow, change.escrow),
        ] {
            *slot = given.unwrap_or(*slot);
        }
        if let Some(ms) = change.deposit_delay_ms {
            merchant.deposit_delay_ms = i64::from(ms);
        }
        if let Some(words) = change.shapes {
            merchant.shapes = Some(Shapes::parse("shapes", &words)?);
        }
        Ok(self.put(merchant))
    }
}

fn check(change: &Change) -> Result<(), ControlError> {
    if change.mid.is_empty() || change.mid.len() > 14 {
        return Err(ControlError::bad("mid", "`mid` must have 1 to 14 characters"));
    }
    let prefixes = |field: &str, key: &Option<String>, kind: &str| match key {
        Some(key) if !key.starts_with(&format!("test_{kind}_")) && !key.starts_with(&format!("live_{kind}_")) => Err(
            ControlError::bad(field, format!("`{field}` must start with test_{kind}_ or live_{kind}_")),
        ),
        _ => Ok(()),
    };
    prefixes("clientKey", &change.client_key, "ck")?;
    prefixes("secretKey", &change.secret_key, "sk")?;
    prefixes("widgetClientKey", &change.widget_client_key, "gck")?;
    prefixes("widgetSecretKey", &change.widget_secret_key, "gsk")?;
    if change.widget_client_key.is_some() != change.widget_secret_key.is_some() {
        return Err(ControlError::bad(
            "widgetClientKey",
            "give widgetClientKey and widgetSecretKey together",
        ));
    }
    if let Some(url) = change.notify_url.as_deref().filter(|url| !url.is_empty()) {
        check_url(url).map_err(|why| ControlError::bad("notifyUrl", format!("`notifyUrl`: {why}")))?;
    }
    for event in change.events.iter().flatten() {
        if !EVENTS.contains(&event.as_str()) {
            return Err(unknown_word("events", event, EVENTS));
        }
    }
    Ok(())
}

/// An authenticated caller.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub merchant: Arc<Merchant>,
    /// The secret key as given: part of an idempotency key's identity.
    pub key: String,
    /// `Accept-Language: en…`: messages and enum words in English.
    pub english: bool,
}
