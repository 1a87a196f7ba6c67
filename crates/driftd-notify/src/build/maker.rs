//! What the making of every transport needs, and errors that say which key they are about.

use driftd_config::{HttpUrl, NotifyConfig, SecretError, SecretRef};
use driftd_model::ReceiverName;

use super::{BuildError, Kept, Place};
use crate::http::{Outbound, Target};
use crate::{EmailError, SecretSource};

/// A receiver on its way to a transport.
pub(crate) struct Maker<'a> {
    pub(crate) receiver: &'a ReceiverName,
    pub(crate) kind: &'static str,
    pub(crate) notify: &'a NotifyConfig,
    pub(crate) secrets: &'a SecretSource,
    pub(crate) outbound: &'a Outbound,
}

impl Maker<'_> {
    fn path(&self, key: &str) -> String {
        format!("receiver[{}].{}.{key}", self.receiver, self.kind)
    }

    /// The value of `key` cannot be used.
    pub(crate) fn unusable(&self, key: &str, what: impl Into<String>) -> BuildError {
        BuildError::Unusable { path: self.path(key), what: what.into() }
    }

    /// The value of `key` is a secret that is not there.
    fn missing(&self, key: &str, source: SecretError) -> BuildError {
        BuildError::Secret { path: self.path(key), source }
    }

    /// No mail can be sent.
    pub(crate) fn email(&self, error: EmailError) -> BuildError {
        let key = error.key();
        match error {
            EmailError::Password(source) => self.missing(key, source),
            EmailError::Unusable { what, .. } => self.unusable(key, what),
        }
    }

    /// A secret, which is there now.
    pub(crate) fn keep(&self, key: &str, place: &SecretRef) -> Result<Kept, BuildError> {
        let kept = Kept::new(place, self.secrets);
        kept.at_start().map_err(|source| self.missing(key, source))?;
        Ok(kept)
    }

    /// A secret, where there is to be one.
    pub(crate) fn keep_any(&self, key: &str, place: Option<&SecretRef>) -> Result<Option<Kept>, BuildError> {
        place.map(|place| self.keep(key, place)).transpose()
    }

    /// An address that stands in the configuration.
    pub(crate) fn target(&self, key: &str, url: &HttpUrl) -> Result<Target, BuildError> {
        self.checked(key, Target::parse(url.as_str()).map_err(|bad| bad.to_string()))
    }

    /// An address that is kept as a secret.
    pub(crate) fn kept_place(&self, key: &str, place: &SecretRef) -> Result<Place, BuildError> {
        let kept = self.keep(key, place)?;
        let now = kept.at_start().map_err(|source| self.missing(key, source))?;
        let target = Target::parse(now.expose().trim()).map_err(|bad| format!("what is kept in {place} {bad}"));
        self.checked(key, target)?;
        Ok(Place::Kept(kept))
    }

    fn checked(&self, key: &str, target: Result<Target, String>) -> Result<Target, BuildError> {
        let target = target.map_err(|what| self.unusable(key, what))?;
        self.outbound.check(&target).map_err(|what| self.unusable(key, what))?;
        Ok(target)
    }
}
