//! What every receiver is made with: secrets that are looked up when they are needed, addresses that may be spoken to, and
//! errors that say which key they are about.

use std::sync::Arc;

use driftd_config::{HttpUrl, NotifyConfig, Secret, SecretError, SecretRef};
use driftd_model::{DeliveryError, ReceiverName};

use crate::http::{HttpClient, Target};

/// Resolves a reference to a secret, in the environment or a file, whenever it is called: a receiver asks when it is
/// built, so that a secret which is not there is told at once, and again when it needs it, so that one which was
/// renewed is taken up.
pub type SecretResolver = Arc<dyn Fn(&SecretRef) -> Result<Secret, SecretError> + Send + Sync>;

/// A receiver that cannot be spoken to as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A secret is not where the configuration says.
    #[error("{path}: {source}")]
    Secret {
        /// The key, such as `receiver[ops].webhook.token`.
        path: String,
        /// What is the matter with it.
        source: SecretError,
    },
    /// A value that cannot be used.
    #[error("{path}: {what}")]
    Unusable {
        /// The key, such as `receiver[ops].webhook.url`.
        path: String,
        /// Why not, and what to do about it.
        what: String,
    },
}

/// What every receiver is made with, and errors that say which of its keys they are about.
pub(crate) struct Setup<'a> {
    pub(crate) receiver: &'a ReceiverName,
    /// The key that it is configured under.
    pub(crate) kind: &'static str,
    /// What holds for all receivers.
    pub(crate) notify: &'a NotifyConfig,
    pub(crate) secrets: &'a SecretResolver,
    /// The client that all receivers share.
    pub(crate) http: &'a HttpClient,
}

impl Setup<'_> {
    /// The value of `key` cannot be used.
    pub(crate) fn unusable(&self, key: &str, what: impl Into<String>) -> BuildError {
        BuildError::Unusable { path: self.path(key), what: what.into() }
    }

    /// A secret, which is there now.
    pub(crate) fn secret(&self, key: &str, reference: &SecretRef) -> Result<SecretSource, BuildError> {
        self.secret_now(key, reference).map(|(source, _)| source)
    }

    /// A secret, and what it is now.
    pub(crate) fn secret_now(&self, key: &str, reference: &SecretRef) -> Result<(SecretSource, Secret), BuildError> {
        let source = SecretSource { reference: reference.clone(), resolver: Arc::clone(self.secrets) };
        match (source.resolver)(reference) {
            Ok(now) => Ok((source, now)),
            Err(source) => Err(BuildError::Secret { path: self.path(key), source }),
        }
    }

    /// A secret, where there is to be one.
    pub(crate) fn optional_secret(
        &self,
        key: &str,
        reference: Option<&SecretRef>,
    ) -> Result<Option<SecretSource>, BuildError> {
        reference.map(|reference| self.secret(key, reference)).transpose()
    }

    /// An address that stands in the configuration.
    pub(crate) fn target(&self, key: &str, url: &HttpUrl) -> Result<Target, BuildError> {
        self.checked(key, Target::parse(url.as_str()).map_err(|bad| bad.to_string()))
    }

    /// An address that is kept as a secret.
    pub(crate) fn secret_endpoint(&self, key: &str, reference: &SecretRef) -> Result<Endpoint, BuildError> {
        let (source, now) = self.secret_now(key, reference)?;
        let target = Target::parse(now.expose().trim()).map_err(|bad| format!("what is kept in {reference} {bad}"));
        if !self.checked(key, target)?.is_private() {
            // As a note of `driftd config check` says it of what stands in the configuration.
            tracing::warn!(
                "{}: what is kept in {reference} begins with http://, so that the secret in it crosses the network in the \
                 clear: use https://",
                self.path(key)
            );
        }
        Ok(Endpoint::Secret(source))
    }

    fn checked(&self, key: &str, target: Result<Target, String>) -> Result<Target, BuildError> {
        let target = target.map_err(|what| self.unusable(key, what))?;
        self.http.check(&target).map_err(|what| self.unusable(key, what))?;
        Ok(target)
    }

    fn path(&self, key: &str) -> String {
        format!("receiver[{}].{}.{key}", self.receiver, self.kind)
    }
}

/// A secret that is looked up whenever it is used.
#[derive(Clone)]
pub(crate) struct SecretSource {
    reference: SecretRef,
    resolver: SecretResolver,
}

impl SecretSource {
    /// The secret as it is now. It was there when the daemon started, so one that is missing may be on its way: a file
    /// that is being exchanged.
    pub(crate) fn get(&self) -> Result<Secret, DeliveryError> {
        (self.resolver)(&self.reference).map_err(|error| DeliveryError::Transient {
            what: format!("its secret is gone: {error}"),
            retry_after: None,
            source: Some(Box::new(error)),
        })
    }
}

/// Where messages go: an address that is written in the configuration, or kept as a secret.
#[derive(Clone)]
pub(crate) enum Endpoint {
    /// Always there.
    Fixed(Target),
    /// Wherever the secret says.
    Secret(SecretSource),
}

impl Endpoint {
    /// Where to, as it is now.
    pub(crate) fn target(&self) -> Result<Target, DeliveryError> {
        match self {
            Self::Fixed(target) => Ok(target.clone()),
            Self::Secret(source) => Target::parse(source.get()?.expose().trim())
                .map_err(|bad| DeliveryError::permanent(format!("what is kept in {} {bad}", source.reference))),
        }
    }
}
