//! Who calls: merchants, their key pairs, Basic and Bearer ("API 인증", "액세스 토큰").

use super::answer::Refusal;
use super::shapes::Shapes;
use crate::net::Request;
use crate::simulators::ids;
use crate::simulators::notices::check_url;
use crate::simulators::words::{ControlError, parse, unknown_word};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dashmap::DashMap;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Life of an access token, ms.
pub(super) const TOKEN_MS: i64 = 30 * 60_000;
/// Merchants at most.
const MERCHANTS_MAX: usize = 200_000;

/// Methods that webhooks are registered for.
pub(super) const WEBHOOK_METHODS: &[&str] = &["card", "bank", "vbank", "cellphone"];

/// Where a method's webhooks go, and who is told of failures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hook {
    pub url: String,
    pub manager_email: String,
}

/// One contract.
#[derive(Debug, Clone)]
pub(super) struct Merchant {
    pub mid: Arc<str>,
    pub client_id: String,
    pub secret: String,
    /// The key wants `Bearer`; else `Basic`.
    pub bearer: bool,
    /// The window approves by itself; else the server does.
    pub client_approval: bool,
    /// Sandbox habits: one card for all, no partial cancel.
    pub sandbox: bool,
    /// What a second approval of the same tid is answered with.
    pub repeat_code: &'static str,
    pub hooks: BTreeMap<String, Hook>,
    pub shapes: Option<Shapes>,
}

impl Merchant {
    fn new(mid: &str, client: &str, secret: &str) -> Self {
        Self {
            mid: Arc::from(mid),
            client_id: client.to_owned(),
            secret: secret.to_owned(),
            bearer: false,
            client_approval: false,
            sandbox: false,
            repeat_code: "U114",
            hooks: BTreeMap::new(),
            shapes: None,
        }
    }
}

fn seeds() -> Vec<Merchant> {
    let own = |number: u8| {
        Merchant::new(
            &format!("narunice{number}m"),
            &format!("S2_naru{number:028}"),
            &format!("5eed{number:028x}"),
        )
    };
    let mut bearer = own(2);
    bearer.bearer = true;
    let mut client = own(3);
    client.client_id = format!("S1_naru{:028}", 3);
    client.client_approval = true;
    // The pair that NICE prints in its samples for everyone.
    let mut public = Merchant::new(
        "UT0000113m",
        "S2_af4543a0be4d49a98122e01ec2059a56",
        "9eb85607103646da9f9c02b128f2e5ee",
    );
    public.sandbox = true;
    vec![own(1), bearer, client, public]
}

/// `PUT /_sim/nice/merchants`: one of these or a list. Members left out keep their value.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Change {
    mid: String,
    client_id: Option<String>,
    secret_key: Option<String>,
    /// `basic` or `bearer`.
    auth_scheme: Option<String>,
    /// `server` or `client`.
    approval_model: Option<String>,
    sandbox: Option<bool>,
    repeat_code: Option<String>,
    /// Where the webhooks of all methods go; an empty text ends them.
    notify_url: Option<String>,
    shapes: Option<Vec<String>>,
}

/// All merchants.
#[derive(Debug)]
pub(super) struct Merchants {
    by_mid: DashMap<Arc<str>, Arc<Merchant>>,
    by_client: DashMap<String, Arc<str>>,
    /// Token and its end (ms) by merchant.
    tokens: DashMap<Arc<str>, (String, i64)>,
    by_token: DashMap<String, Arc<str>>,
}

impl Merchants {
    pub fn seeded() -> Self {
        let this = Self {
            by_mid: DashMap::new(),
            by_client: DashMap::new(),
            tokens: DashMap::new(),
            by_token: DashMap::new(),
        };
        this.reset();
        this
    }

    pub fn reset(&self) {
        self.by_mid.clear();
        self.by_client.clear();
        self.tokens.clear();
        self.by_token.clear();
        for merchant in seeds() {
            self.put(merchant);
        }
    }

    pub fn put(&self, merchant: Merchant) -> Arc<Merchant> {
        let mid = Arc::clone(&merchant.mid);
        self.by_client.insert(merchant.client_id.clone(), Arc::clone(&mid));
        let merchant = Arc::new(merchant);
        self.by_mid.insert(mid, Arc::clone(&merchant));
        merchant
    }

    pub fn get(&self, mid: &str) -> Option<Arc<Merchant>> {
        self.by_mid.get(mid).map(|found| Arc::clone(found.value()))
    }

    pub fn by_client(&self, client: &str) -> Option<Arc<Merchant>> {
        let mid = self.by_client.get(client).map(|found| Arc::clone(found.value()))?;
        self.get(&mid).filter(|m| m.client_id == client)
    }

    /// Who calls an API other than the token's.
    pub fn authenticate(&self, request: &Request, now: i64) -> Result<Arc<Merchant>, Refusal> {
        let header = request
            .header("authorization")
            .ok_or_else(|| Refusal::unauthorized("U101"))?;
        let (scheme, credentials) = header.split_once(' ').ok_or_else(|| Refusal::unauthorized("U102"))?;
        if scheme.eq_ignore_ascii_case("bearer") {
            let merchant = self.by_token(credentials.trim(), now);
            return merchant.ok_or_else(|| Refusal::unauthorized("U103"));
        }
        if !scheme.eq_ignore_ascii_case("basic") {
            return Err(Refusal::unauthorized("U102"));
        }
        let merchant = self.basic(credentials)?;
        if merchant.bearer {
            return Err(Refusal::unauthorized("U103"));
        }
        Ok(merchant)
    }

    fn basic(&self, credentials: &str) -> Result<Arc<Merchant>, Refusal> {
        let decoded = STANDARD.decode(credentials.trim()).ok();
        let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
        let text = text.ok_or_else(|| Refusal::unauthorized("U102"))?;
        let (client, secret) = text.split_once(':').ok_or_else(|| Refusal::unauthorized("U104"))?;
        self.by_client(client)
            .filter(|m| m.secret == secret)
            .ok_or_else(|| Refusal::unauthorized("U116"))
    }

    fn by_token(&self, token: &str, now: i64) -> Option<Arc<Merchant>> {
        let mid = self.by_token.get(token).map(|found| Arc::clone(found.value()))?;
        let lives = self
            .tokens
            .get(&mid)
            .is_some_and(|held| held.0 == token && now < held.1);
        self.get(&mid).filter(|m| lives && m.bearer)
    }

    /// `POST /v1/access-token`: within its life the same token with the same end is given again.
    pub fn token(&self, request: &Request, now: i64) -> Result<(Arc<Merchant>, String, i64), Refusal> {
        let header = request
            .header("authorization")
            .ok_or_else(|| Refusal::unauthorized("U101"))?;
        let (scheme, credentials) = header.split_once(' ').ok_or_else(|| Refusal::unauthorized("U102"))?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return Err(Refusal::unauthorized("U304"));
        }
        let merchant = self.basic(credentials)?;
        if !merchant.bearer {
            return Err(Refusal::unauthorized("U305"));
        }
        let mut held = self
            .tokens
            .entry(Arc::clone(&merchant.mid))
            .or_insert_with(|| (String::new(), i64::MIN));
        if now >= held.1 {
            self.by_token.remove(&held.0);
            *held = (ids::upper_hex(40).to_lowercase(), now.saturating_add(TOKEN_MS));
            self.by_token.insert(held.0.clone(), Arc::clone(&merchant.mid));
        }
        Ok((Arc::clone(&merchant), held.0.clone(), held.1))
    }

    /// Ends a merchant's access token before its time.
    pub fn drop_token(&self, mid: &str) -> bool {
        match self.tokens.remove(mid) {
            Some((_, (token, _))) => self.by_token.remove(&token).is_some(),
            None => false,
        }
    }

    /// Applies `PUT /_sim/nice/merchants`.
    pub fn change(&self, body: &[u8]) -> Result<Value, ControlError> {
        let changes: Vec<Change> = match parse::<Value>(body)? {
            Value::Array(_) => parse(body)?,
            _ => vec![parse(body)?],
        };
        let mut shown = Vec::with_capacity(changes.len());
        for change in changes {
            let merchant = self.merge(change)?;
            let urls: Vec<&String> = merchant.hooks.values().map(|hook| &hook.url).collect();
            shown.push(json!({"mid": *merchant.mid, "clientId": merchant.client_id,
                "authScheme": if merchant.bearer { "bearer" } else { "basic" },
                "approvalModel": if merchant.client_approval { "client" } else { "server" },
                "sandbox": merchant.sandbox, "repeatCode": merchant.repeat_code, "notifyUrls": urls,
                "shapes": merchant.shapes.map(Shapes::words)}));
        }
        Ok(Value::Array(shown))
    }

    fn merge(&self, change: Change) -> Result<Arc<Merchant>, ControlError> {
        if change.mid.len() != 10 || !change.mid.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(ControlError::bad("mid", "`mid` must have 10 letters or digits"));
        }
        let mut merchant = match (self.get(&change.mid), &change.client_id, &change.secret_key) {
            (Some(known), ..) => (*known).clone(),
            (None, ..) if self.by_mid.len() >= MERCHANTS_MAX => {
                return Err(ControlError::bad("mid", format!("at most {MERCHANTS_MAX} merchants")));
            }
            (None, Some(client), Some(secret)) => Merchant::new(&change.mid, client, secret),
            _ => {
                let text = format!("`{}` is new: give its clientId and secretKey", change.mid);
                return Err(ControlError::bad("clientId", text));
            }
        };
        if let Some(secret) = change.secret_key {
            let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
            if secret.len() != 32 || !secret.bytes().all(hex) {
                let text = "`secretKey` must have 32 lower-case hexadecimal digits";
                return Err(ControlError::bad("secretKey", text));
            }
            if secret != merchant.secret {
                self.drop_token(&merchant.mid);
                merchant.secret = secret;
            }
        }
        if let Some(client) = change.client_id {
            if client.is_empty() || client.len() > 50 {
                return Err(ControlError::bad("clientId", "`clientId` must have 1 to 50 characters"));
            }
            merchant.client_id = client;
        }
        if let Some(word) = change.auth_scheme {
            merchant.bearer = either("authScheme", &word, "basic", "bearer")?;
        }
        if let Some(word) = change.approval_model {
            merchant.client_approval = either("approvalModel", &word, "server", "client")?;
        }
        merchant.sandbox = change.sandbox.unwrap_or(merchant.sandbox);
        if let Some(code) = change.repeat_code {
            let second = either("repeatCode", &code, "U114", "2201")?;
            merchant.repeat_code = if second { "2201" } else { "U114" };
        }
        if let Some(url) = change.notify_url {
            merchant.hooks = all_hooks(&url)?;
        }
        if let Some(words) = change.shapes {
            merchant.shapes = Some(Shapes::parse("shapes", &words)?);
        }
        Ok(self.put(merchant))
    }
}

/// Whether it is the second of two words.
fn either(field: &str, given: &str, first: &str, second: &str) -> Result<bool, ControlError> {
    if given == first || given == second {
        return Ok(given == second);
    }
    Err(unknown_word(field, given, &[first, second]))
}

fn all_hooks(url: &str) -> Result<BTreeMap<String, Hook>, ControlError> {
    if url.is_empty() {
        return Ok(BTreeMap::new());
    }
    check_url(url).map_err(|why| ControlError::bad("notifyUrl", format!("`notifyUrl`: {why}")))?;
    let hook = Hook {
        url: url.to_owned(),
        manager_email: String::new(),
    };
    Ok(WEBHOOK_METHODS
        .iter()
        .map(|method| ((*method).to_owned(), hook.clone()))
        .collect())
}
