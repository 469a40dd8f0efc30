//! Secret references: `env:NAME` and `file:PATH`. Settings files never hold a secret itself.

use secrecy::{ExposeSecret, SecretString};
use std::path::Path;
use zeroize::Zeroizing;

/// Looks up an environment variable.
pub type Env<'e> = &'e dyn Fn(&str) -> Option<String>;

/// Resolves a reference. A file's trailing line break is not part of the secret.
///
/// # Errors
/// What is wrong with the reference: never its value.
pub fn resolve(reference: &str, base: &Path, env: Env<'_>) -> Result<SecretString, String> {
    if let Some(name) = reference.strip_prefix("env:") {
        return match env(name) {
            Some(value) if !value.is_empty() => Ok(SecretString::from(value)),
            _ => Err(format!("the environment variable {name} is not set")),
        };
    }
    if let Some(path) = reference.strip_prefix("file:") {
        let path = base.join(path);
        let text = std::fs::read_to_string(&path).map_err(|e| format!("{} cannot be read: {e}", path.display()))?;
        let text = Zeroizing::new(text);
        let secret = text.trim_end_matches(['\r', '\n']);
        if secret.is_empty() {
            return Err(format!("{} is empty", path.display()));
        }
        return Ok(SecretString::from(secret));
    }
    Err("must be a reference, `env:NAME` or `file:PATH`, not the secret itself".to_owned())
}

/// 32 bytes from 64 hex digits or from base64.
///
/// # Errors
/// The text is neither.
pub fn key32(text: &SecretString) -> Result<Zeroizing<[u8; 32]>, String> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let text = text.expose_secret().trim();
    let bytes = Zeroizing::new(
        if text.len() == 64 {
            unhex(text)
        } else {
            STANDARD.decode(text).ok()
        }
        .unwrap_or_default(),
    );
    let key: [u8; 32] = bytes
        .as_slice()
        .try_into()
        .map_err(|_| "must be 32 bytes, as 64 hex digits or base64 (for example `openssl rand -hex 32`)".to_owned())?;
    Ok(Zeroizing::new(key))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    text.as_bytes()
        .chunks(2)
        .map(|pair| {
            let pair = std::str::from_utf8(pair).ok()?;
            u8::from_str_radix(pair, 16).ok()
        })
        .collect()
}

/// Lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, b| {
        let _ = write!(out, "{b:02x}");
        out
    })
}

/// Random bytes from the operating system's generator, as lower-case hex.
///
/// # Errors
/// The generator failed.
pub fn random_hex(bytes: usize) -> Result<Zeroizing<String>, String> {
    let mut buffer = Zeroizing::new(vec![0u8; bytes]);
    aws_lc_rs::rand::fill(&mut buffer).map_err(|_| "the system's random generator failed".to_owned())?;
    Ok(Zeroizing::new(hex(&buffer)))
}

/// Writes a file that only its owner may read, all or nothing: a temporary file beside it, then a rename.
///
/// # Errors
/// The file cannot be written.
pub fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)
}
