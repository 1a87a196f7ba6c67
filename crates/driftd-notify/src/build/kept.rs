//! A secret that is looked up whenever it is used.

use driftd_config::{Secret, SecretError, SecretRef};
use driftd_model::DeliveryError;

use crate::SecretSource;

/// Where a secret is kept, and who fetches it.
#[derive(Clone)]
pub(crate) struct Kept {
    place: SecretRef,
    source: SecretSource,
}

impl Kept {
    pub(super) fn new(place: &SecretRef, source: &SecretSource) -> Self {
        Self { place: place.clone(), source: source.clone() }
    }

    /// The secret, while the daemon starts.
    pub(super) fn at_start(&self) -> Result<Secret, SecretError> {
        (self.source)(&self.place)
    }

    /// The secret as it is now. It was there when the daemon started, so one that is missing may be on its way: a file
    /// that is being exchanged.
    pub(crate) fn secret(&self) -> Result<Secret, DeliveryError> {
        (self.source)(&self.place).map_err(|error| DeliveryError::Transient {
            what: format!("its secret is gone: {error}"),
            retry_after: None,
            source: Some(Box::new(error)),
        })
    }

    /// Where it is kept.
    pub(super) const fn place(&self) -> &SecretRef {
        &self.place
    }
}
