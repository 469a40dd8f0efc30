//! Payment sessions: an order on a page of this router, behind a link. And what a page may offer.

use super::decode::Object;
use super::error::ApiError;
use super::limits;
use super::render::Time;
use super::run::json;
use crate::channels::{CheckoutMethod, Snapshot, Store};
use crate::engine::Engine;
use crate::ledger::{Ledger, PreRegistration, SessionRow};
use crate::payment::Millis;
use crate::routing::{Ordered, offered, store_of_profile};
use serde_json::{Map, Value, json as value};

/// Life of a session whose request names none, ms: a day.
const TTL_MS: i64 = 24 * 60 * 60 * 1_000;
/// Longest life that can be asked for, seconds: thirty days. PortOne documents that there is one, not which.
const TTL_MAX_S: i64 = 30 * 24 * 60 * 60;
/// Texts of `colors`: what CSS takes for a colour, and nothing that leaves a declaration.
const COLOR: usize = 40;

/// A session to be.
#[derive(Debug, Clone)]
pub struct SessionCommand {
    /// What is stored.
    pub session: SessionRow,
    /// What is announced with it.
    pub announced: PreRegistration,
}

/// What needs no credential.
#[derive(Debug, Clone)]
pub enum OpenQuery {
    /// `GET /payment-sessions/{sessionId}`
    Session(String),
    /// `GET /checkout-profiles/evaluate`
    Evaluate {
        /// `profileKey`.
        profile_key: String,
        /// `country`.
        country: String,
        /// `currency`.
        currency: String,
        /// `amount`.
        amount: i64,
    },
}

/// `POST /payment-sessions`.
///
/// # Errors
/// 400 naming the field; `MAX_TTL_EXCEEDED`.
pub fn create(body: &mut Object<'_>, store: &Store, now: Millis) -> Result<SessionCommand, ApiError> {
    let mut doc = Map::new();
    let payment_id = body.need_text("paymentId", limits::PAYMENT_ID)?;
    let profile_key = body.need_text("profileKey", limits::ID)?;
    if !store.profiles.iter().any(|profile| profile.key == profile_key) {
        return Err(body.fail(
            "profileKey",
            "the store has no such checkout profile; they stand in its channel file",
        ));
    }
    doc.insert("profileKey".to_owned(), profile_key.into());
    let words = CheckoutMethod::WORDS.map(|word| (word, word));
    if let Some(word) = body.word("paymentMethod", &words)? {
        doc.insert("paymentMethod".to_owned(), word.into());
    }
    let country = body.country("country")?.ok_or_else(|| body.missing("country"))?;
    let currency = body.currency("currency")?.ok_or_else(|| body.missing("currency"))?;
    let currency = String::from(currency);
    let total = body.amount("totalAmount")?.ok_or_else(|| body.missing("totalAmount"))?;
    doc.insert("country".to_owned(), country.into());
    doc.insert("currency".to_owned(), currency.clone().into());
    doc.insert("totalAmount".to_owned(), total.into());
    let name = body.need_text("orderName", limits::ORDER_NAME)?;
    doc.insert("orderName".to_owned(), name.into());
    for (name, max) in [
        ("customerName", limits::LINE),
        ("customerEmail", limits::LINE),
        ("storeName", limits::LINE),
        ("customData", limits::CUSTOM_DATA),
    ] {
        if let Some(text) = body.text(name, max)? {
            doc.insert(name.to_owned(), text.into());
        }
    }
    for name in ["redirectUrl", "orderImageUrl"] {
        if let Some(url) = web_address(body, name)? {
            doc.insert(name.to_owned(), url.into());
        }
    }
    lists(body, &mut doc)?;
    colors(body, &mut doc)?;
    let ttl = body.integer("ttlSeconds", 1..=i64::MAX, "must be an integer, at least 1")?;
    if ttl.is_some_and(|seconds| seconds > TTL_MAX_S) {
        return Err(ApiError::ttl_exceeded(TTL_MAX_S));
    }
    let life = ttl.map_or(TTL_MS, |seconds| seconds * 1_000);
    Ok(SessionCommand {
        session: SessionRow {
            // 122 random bits: who has the link may see and pay the order.
            id: format!("session-{}", uuid::Uuid::new_v4()),
            store_id: store.id.clone(),
            payment_id: payment_id.clone(),
            doc: Value::Object(doc),
            created_at: now,
            expires_at: now + life,
            closed_at: None,
        },
        announced: PreRegistration {
            store_id: store.id.clone(),
            payment_id,
            total: Some(total),
            tax_free: None,
            currency: Some(currency),
        },
    })
}

fn web_address(body: &mut Object<'_>, name: &'static str) -> Result<Option<String>, ApiError> {
    let url = body.text(name, limits::URL)?;
    match url {
        Some(url) if !url.starts_with("https://") && !url.starts_with("http://") => {
            Err(body.fail(name, "must be an absolute http or https URL"))
        }
        url => Ok(url),
    }
}

fn lists(body: &mut Object<'_>, doc: &mut Map<String, Value>) -> Result<(), ApiError> {
    for (name, max) in [("products", limits::PRODUCTS), ("agreements", limits::NOTICE_URLS)] {
        let Some(items) = body.array(name, max)? else {
            continue;
        };
        let mut kept = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let mut item = body.item(name, index, item)?;
            kept.push(if name == "products" {
                product(&mut item)?
            } else {
                let title = item.need_text("name", limits::LINE)?;
                let url = web_address(&mut item, "url")?.ok_or_else(|| item.missing("url"))?;
                value!({"name": title, "url": url})
            });
        }
        doc.insert(name.to_owned(), kept.into());
    }
    Ok(())
}

fn product(item: &mut Object<'_>) -> Result<Value, ApiError> {
    let mut kept = Map::new();
    kept.insert("name".to_owned(), item.need_text("name", limits::LINE)?.into());
    let price = item.integer("unitPrice", 0..=i64::MAX, "must be an integer, at least 0")?;
    let price = price.ok_or_else(|| item.missing("unitPrice"))?;
    let quantity = item.integer("quantity", 1..=i64::from(i32::MAX), "must be an integer, at least 1")?;
    let quantity = quantity.ok_or_else(|| item.missing("quantity"))?;
    kept.insert("unitPrice".to_owned(), price.into());
    kept.insert("quantity".to_owned(), quantity.into());
    for name in [
        "id",
        "code",
        "startDate",
        "endDate",
        "url",
        "nPayCategoryType",
        "nPayCategoryId",
        "nPayUid",
    ] {
        if let Some(text) = item.text(name, limits::URL)? {
            kept.insert(name.to_owned(), text.into());
        }
    }
    Ok(Value::Object(kept))
}

fn colors(body: &mut Object<'_>, doc: &mut Map<String, Value>) -> Result<(), ApiError> {
    let Some(mut given) = body.object("colors")? else {
        return Ok(());
    };
    let mut kept = Map::new();
    for name in ["primary", "primaryHover", "primaryLight"] {
        let Some(text) = given.text(name, COLOR)? else {
            continue;
        };
        let fits = |c: char| c.is_ascii_alphanumeric() || "#(),.% -".contains(c);
        if !text.chars().all(fits) {
            return Err(given.fail(name, "must be a CSS colour, e.g. #0a6b5e"));
        }
        kept.insert(name.to_owned(), text.into());
    }
    drop(given);
    doc.insert("colors".to_owned(), kept.into());
    Ok(())
}

/// PortOne V2 `PaymentSession`.
fn shown(session: &SessionRow) -> Value {
    let mut out = session.doc.clone();
    out["id"] = session.id.clone().into();
    out["storeId"] = session.store_id.clone().into();
    out["paymentId"] = session.payment_id.clone().into();
    out["createdAt"] = value!(Time(session.created_at));
    out["expiresAt"] = value!(Time(session.expires_at));
    out
}

/// Runs a creation.
///
/// # Errors
/// `ALREADY_PAID`; storage.
pub(super) async fn run_create(engine: &Engine, command: SessionCommand, public_url: &str) -> Result<String, ApiError> {
    let SessionCommand { session, announced } = command;
    let answer = value!({
        "sessionId": session.id, "url": format!("{public_url}/checkout/session/{}", session.id),
        "expiresAt": Time(session.expires_at),
    });
    engine.open_session(session, announced).await?;
    Ok(answer.to_string())
}

/// Runs a closing.
///
/// # Errors
/// `SESSION_NOT_FOUND`; storage.
pub(super) async fn run_close(engine: &Engine, store_id: &str, id: &str) -> Result<String, ApiError> {
    let closed = engine.close_session(store_id, id).await?;
    let at = closed.and_then(|session| session.closed_at);
    let at = at.ok_or_else(ApiError::session_not_found)?;
    json(&value!({ "closedAt": Time(at) }))
}

/// Answers what needs no credential.
///
/// # Errors
/// `SESSION_NOT_FOUND`, `SESSION_EXPIRED`, `PROFILE_SETTINGS_NOT_FOUND`; storage.
pub(super) async fn open(
    ledger: &dyn Ledger,
    snapshot: &Snapshot,
    query: OpenQuery,
    now: Millis,
) -> Result<String, ApiError> {
    match query {
        OpenQuery::Session(id) => {
            let session = ledger.session(&id).await?.ok_or_else(ApiError::session_not_found)?;
            if session.closed_at.is_some() || session.expires_at <= now {
                return Err(ApiError::session_expired());
            }
            json(&shown(&session))
        }
        OpenQuery::Evaluate {
            profile_key,
            country,
            currency,
            amount,
        } => {
            let order = Ordered {
                country: &country,
                currency: &currency,
                amount,
            };
            let store = store_of_profile(snapshot, &profile_key).ok_or_else(ApiError::profile_not_found)?;
            let methods = offered(snapshot, store, &profile_key, order, now).unwrap_or_default();
            let methods = methods
                .into_iter()
                .map(|(method, channel)| value!({"paymentMethod": method, "channelKey": channel}));
            json(&value!({ "methods": methods.collect::<Vec<_>>() }))
        }
    }
}
