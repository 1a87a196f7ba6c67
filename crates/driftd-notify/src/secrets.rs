//! Where receivers get their secrets from.

use std::sync::Arc;

use driftd_config::{Secret, SecretError, SecretRef};

/// Resolves a reference to a secret, in the environment or a file, whenever it is called: a receiver asks when it is
/// built, so that a secret which is not there is told at once, and again when it needs it, so that one which was
/// renewed is taken up.
pub type SecretSource = Arc<dyn Fn(&SecretRef) -> Result<Secret, SecretError> + Send + Sync>;
