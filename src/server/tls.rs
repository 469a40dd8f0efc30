//! TLS of a listener. Certificates are swapped while connections run: new handshakes see the new one.

use super::Stop;
use crate::config::TlsFiles;
use arc_swap::ArcSwap;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_rustls::TlsAcceptor;
use zeroize::Zeroizing;

/// How often the files are looked at.
const POLL: Duration = Duration::from_secs(5);

type Digest = [u8; 32];

/// A certificate and key that may be replaced.
#[derive(Debug)]
pub(super) struct Certificates {
    files: TlsFiles,
    current: Arc<Current>,
    /// Hash of the files as last read, so that an unchanged pair is not parsed again.
    seen: Mutex<Digest>,
}

#[derive(Debug)]
struct Current(ArcSwap<CertifiedKey>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// Both files as read, and their hash.
struct Pair {
    cert: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
    digest: Digest,
}

fn read(files: &TlsFiles) -> Result<Pair, String> {
    let bytes = |path: &std::path::Path| {
        std::fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
    };
    let cert = bytes(&files.cert)?;
    let key = Zeroizing::new(bytes(&files.key)?);
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    context.update(&cert);
    context.update(&key);
    let mut digest = Digest::default();
    digest.copy_from_slice(context.finish().as_ref());
    Ok(Pair { cert, key, digest })
}

fn parse(files: &TlsFiles, pair: &Pair) -> Result<CertifiedKey, String> {
    let (cert_file, key_file) = (files.cert.display(), files.key.display());
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&pair.cert)
        .collect::<Result<_, _>>()
        .map_err(|error| format!("{cert_file} is not a PEM certificate chain: {error}"))?;
    if chain.is_empty() {
        return Err(format!("{cert_file} holds no certificate"));
    }
    let key = PrivateKeyDer::from_pem_slice(&pair.key).map_err(|_| format!("{key_file} holds no PEM private key"))?;
    CertifiedKey::from_der(chain, key, &provider())
        .map_err(|error| format!("{cert_file} and {key_file} do not go together: {error}"))
}

impl Certificates {
    pub(super) fn load(files: &TlsFiles) -> Result<Self, String> {
        let pair = read(files)?;
        let parsed = parse(files, &pair)?;
        Ok(Self {
            files: files.clone(),
            current: Arc::new(Current(ArcSwap::from_pointee(parsed))),
            seen: Mutex::new(pair.digest),
        })
    }

    pub(super) fn acceptor(&self) -> Result<TlsAcceptor, String> {
        let builder = rustls::ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?;
        let resolver: Arc<dyn ResolvesServerCert> = Arc::<Current>::clone(&self.current);
        let mut config = builder.with_no_client_auth().with_cert_resolver(resolver);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// Takes changed files; files that cannot be used leave the old certificate in place.
    pub(super) fn reload(&self) {
        let file = self.files.cert.display();
        let outcome = read(&self.files).and_then(|pair| {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            if *seen == pair.digest {
                return Ok(false);
            }
            *seen = pair.digest;
            drop(seen);
            self.current.0.store(Arc::new(parse(&self.files, &pair)?));
            Ok(true)
        });
        match outcome {
            Ok(true) => tracing::info!(%file, "certificate replaced"),
            Ok(false) => {}
            Err(why) => tracing::warn!(%why, "certificate not replaced; the old one stays"),
        }
    }
}

/// Looks at the files until the router stops.
pub(super) async fn watch(certificates: Vec<Arc<Certificates>>, mut stop: Stop) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(POLL) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        for one in &certificates {
            one.reload();
        }
    }
}
