//! One of several Alertmanagers that are to know the same.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use driftd_model::DeliveryError;
use driftd_window::Timestamp;
use reqwest::StatusCode;
use tokio::time::timeout;

use crate::http::{HttpClient, Request, Target};

/// How long all batches together may take.
const BATCHES_TIMEOUT: Duration = Duration::from_secs(25);

/// Where a replica is, and whether it took what it was told last.
pub(super) struct Replica {
    target: Target,
    is_down: AtomicBool,
}

impl Replica {
    pub(super) fn at(target: Target) -> Self {
        Self { target, is_down: AtomicBool::new(false) }
    }

    /// A request that says one batch.
    pub(super) fn request(&self, batch: Vec<u8>) -> Request {
        Request::json(self.target.clone(), batch)
    }

    /// Sends the requests, one after the other. A replica that does not answer is spared the rest of them; one that
    /// refuses a batch may have taken the good alerts in it, and takes the next.
    pub(super) async fn say(
        &self,
        http: &HttpClient,
        requests: Vec<Request>,
        now: Timestamp,
    ) -> Result<(), DeliveryError> {
        let all = async {
            let mut refused = None;
            for request in &requests {
                let response = http.send(request, now).await?;
                if response.status() == StatusCode::BAD_REQUEST {
                    refused = Some(response.described("the good alerts among them may have been stored all the same"));
                } else {
                    response.accepted()?;
                }
            }
            refused.map_or(Ok(()), |what| Err(DeliveryError::permanent(what)))
        };
        let said = match timeout(BATCHES_TIMEOUT, all).await {
            Ok(said) => said,
            Err(_) => {
                let what = format!("{} took more than {} s for all alerts", self.target, BATCHES_TIMEOUT.as_secs());
                Err(DeliveryError::transient(what, None))
            }
        };
        self.note(said.as_ref().err());
        said
    }

    /// Says in the log when a replica goes and when it comes back, and not all the time in between.
    fn note(&self, error: Option<&DeliveryError>) {
        let was_down = self.is_down.swap(error.is_some(), Ordering::Relaxed);
        match error {
            Some(error) if !was_down => {
                tracing::warn!(replica = %self.target, "an Alertmanager does not take alerts: {error}");
            }
            None if was_down => tracing::info!(replica = %self.target, "an Alertmanager takes alerts again"),
            _ => {}
        }
    }
}
