//! Channel files of any size, and the contracts at the simulated PG that stand behind some of them.

use crate::client::once;
use crate::requests::{API_SECRET, control};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write;
use std::net::SocketAddr;
use std::path::Path;

/// The store of every directory.
pub const STORE: &str = "store-be4c0000-0000-4000-8000-000000000001";

/// A merchant's contract at the PG.
pub struct Contract {
    pub mid: String,
    /// Value of the `Authorization` header that the PG wants.
    pub authorization: String,
}

fn secret_key(index: usize) -> String {
    format!("test_sk_naruBench{index:012}")
}

fn client_key(index: usize) -> String {
    format!("test_ck_naruBench{index:012}")
}

/// Key of channel `index`.
pub fn key(index: usize) -> String {
    format!("channel-key-be4c0000-0000-4000-8000-{index:012}")
}

/// MID of channel `index`; another `generation` is another MID of the same channel.
pub fn mid(index: usize, generation: usize) -> String {
    format!("tb{index:08}{generation:04}")
}

/// Text of the file that holds `indices`; the first channel has the MID of `generation`.
pub fn file(indices: std::ops::Range<usize>, generation: usize, sim: SocketAddr) -> String {
    let first = indices.start;
    let mut text = String::with_capacity(indices.len() * 512);
    for index in indices {
        let generation = if index == first { generation } else { 0 };
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "[[channel]]\nkey = \"{}\"\nname = \"채널 {index}\"\nprovider = \"toss\"\nmode = \"test\"\nmid = \"{}\"\n\
             stores = [\"{STORE}\"]\n[channel.credentials]\nclientKey = \"{}\"\nsecretKey = \"plain:{}\"\n\
             [channel.endpoints]\napi = \"http://{sim}/toss\"\n\n",
            key(index),
            mid(index, generation),
            client_key(index),
            secret_key(index)
        );
    }
    text
}

/// Name of the file with the channels from `first` on.
pub fn file_name(first: usize) -> String {
    format!("channels-{first:08}.toml")
}

/// Writes a directory with a store, its webhooks (`hooks`, as channel-file text), and `count` channels, `per_file` in a file.
pub fn directory(folder: &Path, count: usize, per_file: usize, sim: SocketAddr, hooks: &str) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    std::fs::create_dir_all(folder).map_err(failed)?;
    let store = format!(
        "[[store]]\nid = \"{STORE}\"\nmerchant_id = \"merchant-be4c0000-0000-4000-8000-000000000001\"\n\
         api_secrets = [{{ name = \"bench\", sha256 = \"{}\" }}]\n{hooks}",
        sha256_hex(API_SECRET)
    );
    std::fs::write(folder.join("store.toml"), store).map_err(failed)?;
    for first in (0..count).step_by(per_file) {
        let text = file(first..(first + per_file).min(count), 0, sim);
        std::fs::write(folder.join(file_name(first)), text).map_err(failed)?;
    }
    Ok(())
}

fn sha256_hex(text: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Makes the PG know the merchants of these channels.
pub fn sign_up(sim: SocketAddr, indices: impl Iterator<Item = usize>) -> Result<Vec<Contract>, String> {
    let (mut merchants, mut contracts) = (Vec::new(), Vec::new());
    for index in indices {
        let (mid, secret) = (mid(index, 0), secret_key(index));
        merchants.push(serde_json::json!({
            "mid": mid, "clientKey": client_key(index), "secretKey": secret, "keyIn": true,
        }));
        let authorization = format!("Basic {}", STANDARD.encode(format!("{secret}:")));
        contracts.push(Contract { mid, authorization });
    }
    let body = serde_json::Value::from(merchants).to_string();
    once(sim, &control(sim, "PUT", "/_sim/toss/merchants", &body))?;
    Ok(contracts)
}
