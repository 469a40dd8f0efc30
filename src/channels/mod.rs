//! Hot settings: stores, channels and groups, as one validated, immutable [`Snapshot`] that is swapped while traffic flows.
//!
//! The files are read by [`load_dir`] once or by [`Channels`] for as long as the router runs. The way of a file:
//! `scan` sees it, `split` cuts it into entries, `decode` reads them into the structs of `file`, `build` judges each entry and asks the adapter,
//! `graph` judges all together, `load` keeps what did not change and makes the [`Snapshot`], `watch` and `owner` do so
//! whenever something changes. Every problem of every file is found in one go.

mod build;
mod decode;
mod diff;
mod expiry;
mod file;
mod graph;
mod live;
mod load;
mod model;
mod owner;
mod problem;
mod profile;
mod revision;
mod rule;
mod scan;
mod schema;
mod seal;
mod secrets;
mod split;
mod v1;
mod watch;
mod webhooks;

#[cfg(test)]
mod tests;

pub use build::Adapters;
pub use diff::{Change, FieldChange, What, diff, render};
pub use expiry::Expiry;
pub use live::Live;
pub use load::load_dir;
pub use model::{ApiSecret, Group, GroupMember, Snapshot, Store};
pub use owner::{ChannelStatus, Channels, Options, Rejected, Status};
pub use problem::{Pos, Problem, Problems};
pub use profile::{CheckoutMethod, CheckoutProfile, ProfileMethod};
pub use revision::{RevisionError, open_revision, seal_revision};
pub use rule::{Conditions, Rule, RuleDevice, Sticky};
pub use scan::Limits;
pub use schema::json_schema;
pub use seal::{SealError, Sealer};
pub use secrets::Secrets;
pub use v1::{V1Key, V1Store};
pub use webhooks::{EVENTS, WebhookContent, WebhookEndpoint, WebhookMode, WebhookRetry, WebhookVersion, webhook_key};

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    let mut out = [0; 32];
    for (to, from) in out.iter_mut().zip(digest.as_ref()) {
        *to = *from;
    }
    out
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
            // Writing to a string cannot fail.
            let _ = write!(out, "{byte:02x}");
            out
        })
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut out = [0; 32];
    for (i, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(i * 2..i * 2 + 2)?, 16).ok()?;
    }
    Some(out)
}
