//! TLS of a listener from PEM files, with certificates that change while it runs.
//!
//! The files are read again every few seconds and compared by content, so any way of replacing them works (rename,
//! symlink swap, copy). A pair that does not fit together, or half a file, keeps the last good certificate, loudly.
//! Connections that are open stay as they are.

use ::aws_lc_rs::digest::{Digest, SHA256, digest};
use arc_swap::ArcSwap;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio_rustls::TlsAcceptor;
use zeroize::Zeroizing;

/// Where a listener's certificate and key are.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct TlsFiles {
    /// Certificate chain (PEM), the listener's own first.
    pub certificate: PathBuf,
    /// Private key (PEM: PKCS#8, PKCS#1 or SEC1).
    pub key: PathBuf,
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{}: {error}", path.display())]
    Read {
        /// File.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// A file has no usable PEM block.
    #[error("{}: {reason}", path.display())]
    Pem {
        /// File.
        path: PathBuf,
        /// What is missing or wrong.
        reason: String,
    },
    /// Certificate and key are not a pair, or not of a kind we can use.
    #[error("certificate {} and key {}: {reason}", files.certificate.display(), files.key.display())]
    Pair {
        /// Files.
        files: TlsFiles,
        /// What does not fit.
        reason: String,
    },
}

/// The certificate of one listener. Keep it as long as the listener serves: when the last handle is dropped, the
/// files are no longer watched.
#[derive(Debug)]
pub struct TlsCertificate {
    files: TlsFiles,
    provider: Arc<CryptoProvider>,
    current: ArcSwap<Loaded>,
}

#[derive(Debug)]
struct Loaded {
    key: Arc<CertifiedKey>,
    hash: Digest,
}

impl TlsCertificate {
    /// Reads the files and looks at them again every `every` (in the background of the tokio runtime it is called in).
    ///
    /// # Errors
    /// A file is missing or unreadable, or the two do not fit together; each error names the file.
    pub fn load(files: TlsFiles, every: Duration) -> Result<Arc<Self>, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let (certificate, key) = read(&files)?;
        let first = parse(&files, &certificate, &key, &provider)?;
        let made = Arc::new(Self {
            files,
            provider,
            current: ArcSwap::from_pointee(first),
        });
        tokio::spawn(watch(Arc::downgrade(&made), every));
        Ok(made)
    }

    /// What accepts connections with the certificate of the moment. HTTP/1.1 only, TLS 1.2 and 1.3.
    ///
    /// # Errors
    /// The TLS library refused its settings.
    pub fn acceptor(self: &Arc<Self>) -> Result<TlsAcceptor, TlsError> {
        let resolver = Arc::clone(self) as Arc<dyn ResolvesServerCert>;
        let mut config = rustls::ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .map_err(|e| self.unfit(&e))?
            .with_no_client_auth()
            .with_cert_resolver(resolver);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// Reads the files now; `true` if another certificate is in force since.
    ///
    /// # Errors
    /// Like [`TlsCertificate::load`]; the last good certificate stays.
    pub fn reload(&self) -> Result<bool, TlsError> {
        let (certificate, key) = read(&self.files)?;
        if self.current.load().hash.as_ref() == hash(&certificate, &key).as_ref() {
            return Ok(false);
        }
        let next = parse(&self.files, &certificate, &key, &self.provider)?;
        self.current.store(Arc::new(next));
        Ok(true)
    }

    fn unfit(&self, error: &rustls::Error) -> TlsError {
        TlsError::Pair {
            files: self.files.clone(),
            reason: error.to_string(),
        }
    }
}

impl ResolvesServerCert for TlsCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.load().key))
    }
}

async fn watch(certificate: Weak<TlsCertificate>, every: Duration) {
    let mut told = None;
    loop {
        tokio::time::sleep(every).await;
        let Some(certificate) = certificate.upgrade() else {
            return;
        };
        let path = certificate.files.certificate.clone();
        // Files may lie on a slow disk or a network.
        let reloaded = tokio::task::spawn_blocking(move || certificate.reload()).await;
        let problem = match reloaded {
            Ok(Ok(false)) | Err(_) => None,
            Ok(Ok(true)) => {
                tracing::info!(certificate = %path.display(), "listener certificate replaced");
                None
            }
            Ok(Err(error)) => Some(error.to_string()),
        };
        // Once per problem, not once per look.
        if let Some(problem) = problem.as_ref().filter(|p| told.as_ref() != Some(*p)) {
            tracing::error!(problem, "listener certificate not replaced; the last good one stays");
        }
        told = problem;
    }
}

fn read(files: &TlsFiles) -> Result<(Vec<u8>, Zeroizing<Vec<u8>>), TlsError> {
    let read = |path: &Path| {
        std::fs::read(path).map_err(|error| TlsError::Read {
            path: path.to_owned(),
            error,
        })
    };
    Ok((read(&files.certificate)?, Zeroizing::new(read(&files.key)?)))
}

fn hash(certificate: &[u8], key: &[u8]) -> Digest {
    let both = [digest(&SHA256, certificate), digest(&SHA256, key)];
    digest(&SHA256, &[both[0].as_ref(), both[1].as_ref()].concat())
}

fn parse(files: &TlsFiles, certificate: &[u8], key: &[u8], provider: &CryptoProvider) -> Result<Loaded, TlsError> {
    let pem = |path: &Path, reason: String| TlsError::Pem {
        path: path.to_owned(),
        reason,
    };
    let chain = CertificateDer::pem_slice_iter(certificate)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| pem(&files.certificate, e.to_string()))?;
    if chain.is_empty() {
        return Err(pem(&files.certificate, "no CERTIFICATE block".to_owned()));
    }
    let private = PrivateKeyDer::from_pem_slice(key).map_err(|e| pem(&files.key, format!("no private key: {e}")))?;
    let pair = CertifiedKey::from_der(chain, private, provider).map_err(|e| TlsError::Pair {
        files: files.clone(),
        reason: e.to_string(),
    })?;
    Ok(Loaded {
        key: Arc::new(pair),
        hash: hash(certificate, key),
    })
}

#[cfg(test)]
#[path = "tls_tests.rs"]
mod tests;
