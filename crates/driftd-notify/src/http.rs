//! The one way out over HTTP: what every receiver on the web is reached by.
//!
//! A message is one request on a connection of its own. Nothing is kept open between messages, nothing is followed,
//! no proxy is asked, and of an answer little is read. Where a connection goes is decided here: the name is resolved
//! first, each of its addresses is held against the [`AddressPolicy`], and the connection is made to the very address
//! that was looked at. Errors name scheme, host and port; the rest of an address may be a secret.

mod address;
mod answer;
mod call;
mod connect;
mod exchange;
mod resolve;
mod retry_after;
mod target;
mod tls;
mod trouble;

use std::sync::Arc;
use std::time::Duration;

use driftd_model::DeliveryError;
use driftd_window::Timestamp;
use tokio::time::Instant;

pub use address::{AddressPolicy, Forbidden};
pub(crate) use answer::Answer;
pub(crate) use call::Call;
pub use resolve::{Resolve, SystemResolver};
pub use target::{BadTarget, Target};
pub use tls::Roots;

/// How long a request may take, from the name of the host to the last byte of the answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The client that all receivers on the web share.
#[derive(Clone)]
pub struct Outbound {
    parts: Arc<Parts>,
}

struct Parts {
    policy: AddressPolicy,
    resolver: Box<dyn Resolve>,
    roots: Roots,
    patience: Duration,
}

impl Outbound {
    /// A client that asks the system for names and trusts whom the system trusts.
    #[must_use]
    pub fn new(policy: AddressPolicy) -> Self {
        Self::with(policy, Box::new(SystemResolver), Roots::system())
    }

    /// A client that asks `resolver` for names and trusts `roots`.
    #[must_use]
    pub fn with(policy: AddressPolicy, resolver: Box<dyn Resolve>, roots: Roots) -> Self {
        Self { parts: Arc::new(Parts { policy, resolver, roots, patience: PATIENCE }) }
    }

    /// The same client with another limit than 10 s on a request.
    #[must_use]
    pub fn patient(self, patience: Duration) -> Self {
        let Parts { policy, resolver, roots, .. } = match Arc::try_unwrap(self.parts) {
            Ok(parts) => parts,
            // Somebody has it already; the limit is set before it is handed out.
            Err(parts) => return Self { parts },
        };
        Self { parts: Arc::new(Parts { policy, resolver, roots, patience }) }
    }

    /// Whether a target can be reached at all, as far as that is known without asking anybody.
    ///
    /// # Errors
    /// The target is a forbidden address, or asks for TLS where nobody is trusted.
    pub(crate) fn check(&self, target: &Target) -> Result<(), String> {
        if let Some(literal) = target.literal() {
            self.parts.policy.check(literal).map_err(|forbidden| forbidden.to_string())?;
        }
        if target.is_tls() {
            self.parts.roots.config().map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// Sends a call and returns whatever came back.
    ///
    /// # Errors
    /// No HTTP answer came back.
    pub(crate) async fn send(&self, call: &Call, now: Timestamp) -> Result<Answer, DeliveryError> {
        let deadline = Instant::now() + self.parts.patience;
        let sent = tokio::time::timeout_at(deadline, async {
            let wire = connect::connect(&self.parts, &call.target, deadline).await?;
            exchange::exchange(wire, call, deadline, now).await
        });
        let site = call.target.site();
        match sent.await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(trouble)) => Err(trouble.about(&site)),
            Err(_) => {
                let waited = self.parts.patience.as_secs_f64();
                Err(DeliveryError::transient(format!("{site} did not answer within {waited} s"), None))
            }
        }
    }

    /// Sends a call and holds what came back against what a receiver should answer.
    ///
    /// # Errors
    /// No HTTP answer came back, or one that is no success.
    pub(crate) async fn post(&self, call: &Call, now: Timestamp) -> Result<Answer, DeliveryError> {
        self.send(call, now).await?.accepted()
    }
}
