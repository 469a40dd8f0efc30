//! A notification at rest: sealed, because it holds buyers' data.

use crate::adapters::Notice;
use crate::channels::Sealer;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Form {
    method: String,
    query: String,
    headers: Vec<(String, String)>,
    body: String,
    peer: std::net::IpAddr,
}

fn label(id: &str) -> String {
    format!("notice:{id}")
}

/// Seals a notification under its row's id.
pub(super) fn seal(sealer: &Sealer, id: &str, notice: &Notice) -> Result<Vec<u8>, String> {
    let form = Form {
        method: notice.method.clone(),
        query: notice.query.clone(),
        headers: notice.headers.clone(),
        body: STANDARD.encode(&notice.body),
        peer: notice.peer,
    };
    let plain = serde_json::to_vec(&form).map_err(|error| error.to_string())?;
    sealer.seal(&label(id), &plain).map_err(|error| error.to_string())
}

/// Opens what [`seal`] made.
pub(super) fn open(sealer: &Sealer, id: &str, sealed: &[u8]) -> Result<Notice, String> {
    let plain = sealer.open(&label(id), sealed).map_err(|error| error.to_string())?;
    let form: Form = serde_json::from_slice(&plain).map_err(|error| error.to_string())?;
    let body = STANDARD.decode(form.body).map_err(|error| error.to_string())?;
    Ok(Notice {
        method: form.method,
        query: form.query,
        headers: form.headers,
        body: body.into(),
        peer: form.peer,
    })
}
