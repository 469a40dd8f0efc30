//! `POST /checkout/v1/payments`: what `IMP.request_pay` sends. Its parameters are said in V2's words ([`translate`]), its
//! store is found by the user code, its channel by `channelKey`, `channelGroupId`, `pg` or the store's default; from
//! there on it is a payment, or a billing key, like any other, whose result is told in V1's fields ([`result`]).

mod result;
mod translate;

pub use result::{MEMBER, is_v1, of_key, of_payment, query_of};

use super::Checkout;
use super::billing;
use super::open::{Asked, body_object};
use super::reply;
use super::result::SdkError;
use crate::channels::{Snapshot, Store};
use crate::engine::{CONFIRM_V1, now};
use crate::net::{Request, Response};
use crate::payment::CUSTOMER_UID;
use crate::routing::by_pg;
use http::{Method, StatusCode};
use serde_json::{Map, Value};
use translate::{Meaning, translate};

impl Checkout {
    /// Opens a window for `IMP.request_pay`.
    pub(super) async fn v1_payments(&self, request: &Request, request_id: &str) -> Response {
        if let Some(answer) = reply::gate(request, &[Method::POST]) {
            return answer;
        }
        let (for_key, opened) = self.open_v1(request).await;
        match opened {
            Ok(opened) => reply::shared_json(StatusCode::OK, &opened),
            Err(error) => {
                tracing::debug!(request_id, code = error.code, "V1 window refused before it opened");
                if for_key {
                    billing::refused(&error)
                } else {
                    reply::error(&error)
                }
            }
        }
    }

    /// Whether a billing key was asked for, and what became of it.
    async fn open_v1(&self, request: &Request) -> (bool, Result<Value, SdkError>) {
        let read = body_object(&request.body).and_then(|mut body| {
            let params = match body.remove("params") {
                Some(Value::Object(params)) => params,
                _ => {
                    return Err(SdkError::bad(
                        "RequestParseFailed",
                        "params: must be request_pay's object",
                    ));
                }
            };
            let meaning = translate(&params).map_err(|why| SdkError::bad("RequestParseFailed", why))?;
            Ok((body, meaning))
        });
        let (body, meaning) = match read {
            Ok(read) => read,
            Err(error) => return (false, Err(error)),
        };
        let for_key = meaning.customer_uid.is_some();
        let merchant_uid = meaning.merchant_uid.clone();
        let opened = Box::pin(self.open_meaning(body, meaning, request)).await;
        (for_key, opened.map_err(|error| error.about(&merchant_uid)))
    }

    async fn open_meaning(
        &self,
        body: Map<String, Value>,
        meaning: Meaning,
        request: &Request,
    ) -> Result<Value, SdkError> {
        let snapshot = self.engine.live.load();
        let store = store_of(&snapshot, &body)?;
        let mut object = meaning.object;
        object.insert("storeId".to_owned(), store.id.clone().into());
        for name in ["device", "resultMode"] {
            if let Some(value) = body.get(name) {
                object.insert(name.to_owned(), value.clone());
            }
        }
        match (meaning.channel_key, meaning.group) {
            // A group comes first, as at PortOne.
            (_, Some(group)) => object.insert("channelGroupId".to_owned(), group.into()),
            (Some(key), None) => object.insert("channelKey".to_owned(), key.into()),
            (None, None) => {
                let key = by_pg(&snapshot, store, meaning.pg.as_deref(), now());
                let key = key.map_err(|error| SdkError::bad("ChannelNotFound", error.to_string()))?;
                object.insert("channelKey".to_owned(), key.into())
            }
        };
        let mut asked = Asked {
            popup: meaning.popup,
            approves_itself: true,
            ..Asked::default()
        };
        asked.marks.insert(result::V1.to_owned(), true.into());
        asked.marks.insert(CONFIRM_V1.to_owned(), true.into());
        let Some(customer_uid) = meaning.customer_uid else {
            return self.open_object(object, request, asked).await;
        };
        asked.marks.insert(CUSTOMER_UID.to_owned(), customer_uid.into());
        asked
            .marks
            .insert(result::MERCHANT_UID.to_owned(), meaning.merchant_uid.into());
        self.open_key(object, request, asked).await
    }
}

/// The store with the user code that `IMP.init` was given.
fn store_of<'s>(snapshot: &'s Snapshot, body: &Map<String, Value>) -> Result<&'s Store, SdkError> {
    if body.get("tierCode").is_some_and(|tier| !tier.is_null()) {
        let message = "tierCode: this router has no tiers; IMP.init takes each shop's own user code";
        return Err(SdkError::bad("BadRequest", message));
    }
    let code = body.get("userCode").and_then(Value::as_str).unwrap_or_default();
    let named = |store: &&Store| store.v1.as_ref().and_then(|v1| v1.user_code.as_deref()) == Some(code);
    let found = snapshot.stores.values().map(AsRef::as_ref).find(named);
    found.filter(|_| !code.is_empty()).ok_or_else(|| {
        let message = format!("userCode: there is no store {code}; IMP.init takes the user_code of [store.v1]");
        SdkError::bad("StoreNotFound", message)
    })
}
