//! TLS, where no proxy in front of the server speaks it.
//!
//! The certificate is read anew when its file changes, so whoever renews it has nothing to
//! restart. Protocols and suites are rustls' own: TLS 1.3 before 1.2, and in that only
//! ECDHE with AEAD (RFC 9325 §3.1.1, §4.2).

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use anyhow::{Context, bail};
use shared::config::Config;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(5);

/// Where the certificate and its key lie.
#[derive(Debug, Clone)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// The certificate of this moment.
#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// What speaks TLS with whoever connects, if the settings name a certificate.
///
/// # Errors
/// The file that cannot be read or used.
pub(crate) fn acceptor(config: &Config) -> anyhow::Result<Option<TlsAcceptor>> {
    let (Some(certificate), Some(key)) = (&config.tls_certificate.0, &config.tls_key.0) else {
        return Ok(None);
    };
    let files = Files { certificate: certificate.clone(), key: key.clone() };
    let changed = files.changed();
    let current = Arc::new(Current(RwLock::new(Arc::new(files.read()?))));
    let mut server = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(Arc::clone(&current) as Arc<dyn ResolvesServerCert>);
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    tokio::spawn(follow(files, changed, current));
    Ok(Some(TlsAcceptor::from(Arc::new(server))))
}

impl Files {
    fn read(&self) -> anyhow::Result<CertifiedKey> {
        let shown = |path: &Path| path.display().to_string();
        let chain: Vec<_> = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect)
            .with_context(|| format!("tls_certificate {}", shown(&self.certificate)))?;
        if chain.is_empty() {
            bail!("tls_certificate {}: there is no certificate in it", shown(&self.certificate));
        }
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .with_context(|| format!("tls_key {}", shown(&self.key)))?;
        // Also looks whether the two belong together.
        CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider())
            .with_context(|| format!("tls_key {}", shown(&self.key)))
    }

    /// When the files were changed for the last time.
    fn changed(&self) -> [Option<SystemTime>; 2] {
        [&self.certificate, &self.key]
            .map(|path| std::fs::metadata(path).and_then(|file| file.modified()).ok())
    }
}

/// Reads the files anew whenever they change. While they cannot be used, as in the moment
/// between the writing of one and of the other, the certificate from before stays.
async fn follow(files: Files, mut known: [Option<SystemTime>; 2], current: Arc<Current>) {
    loop {
        tokio::time::sleep(LOOK).await;
        let changed = files.changed();
        if changed == known {
            continue;
        }
        match files.read() {
            Ok(fresh) => {
                *current.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
                known = changed;
                tracing::info!("the TLS certificate was read anew");
            }
            Err(fault) => tracing::warn!("the TLS certificate stays as it was: {fault:#}"),
        }
    }
}
