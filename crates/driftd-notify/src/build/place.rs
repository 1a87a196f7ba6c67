//! An address that is written in the configuration, or kept as a secret.

use driftd_model::DeliveryError;

use super::Kept;
use crate::http::Target;

/// Where messages go.
#[derive(Clone)]
pub(crate) enum Place {
    /// Always there.
    Said(Target),
    /// Wherever the secret says.
    Kept(Kept),
}

impl Place {
    /// Where to, as it is now.
    pub(crate) fn target(&self) -> Result<Target, DeliveryError> {
        match self {
            Self::Said(target) => Ok(target.clone()),
            Self::Kept(kept) => Target::parse(kept.secret()?.expose().trim())
                .map_err(|bad| DeliveryError::permanent(format!("what is kept in {} {bad}", kept.place()))),
        }
    }
}
