//! Whom a TLS connection trusts.

use std::sync::{Arc, OnceLock};

use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};

/// Certificates that a server's must lead to.
#[derive(Clone, Default)]
pub struct Roots {
    given: Option<Vec<CertificateDer<'static>>>,
    config: Arc<OnceLock<Arc<ClientConfig>>>,
}

/// Nobody can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoTrust {
    /// There are no certificates.
    #[error(
        "there are no root certificates on this machine, so nothing can be reached over https: install the package ca-certificates, or name a file of certificates in SSL_CERT_FILE"
    )]
    NoRoots,
    /// The TLS library refuses its own defaults.
    #[error("TLS cannot be set up")]
    Setup,
}

impl Roots {
    /// The certificates of the system, or of the file that `SSL_CERT_FILE` names. Read when they are first needed.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// Only these.
    #[must_use]
    pub fn only(certificates: Vec<CertificateDer<'static>>) -> Self {
        Self { given: Some(certificates), config: Arc::default() }
    }

    /// How to speak TLS with a server. What failed is tried again the next time.
    pub(crate) fn config(&self) -> Result<Arc<ClientConfig>, NoTrust> {
        if let Some(config) = self.config.get() {
            return Ok(Arc::clone(config));
        }
        let mut store = RootCertStore::empty();
        // One unreadable certificate among a hundred is no reason to trust none of the others.
        store.add_parsable_certificates(match &self.given {
            Some(certificates) => certificates.clone(),
            None => rustls_native_certs::load_native_certs().certs,
        });
        if store.is_empty() {
            return Err(NoTrust::NoRoots);
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = builder.map_err(|_| NoTrust::Setup)?.with_root_certificates(store).with_no_client_auth();
        Ok(Arc::clone(self.config.get_or_init(|| Arc::new(config))))
    }
}
