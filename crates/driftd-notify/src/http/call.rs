//! A request, before it is sent.

use bytes::Bytes;
use driftd_config::Secret;
use driftd_model::DeliveryError;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};

use super::Target;

/// Bytes of an answer that are read where nobody says otherwise.
const ANSWER: usize = 4 << 10;

/// A `POST` of JSON.
pub(crate) struct Call {
    pub(super) target: Target,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Bytes,
    pub(super) secrets: Vec<String>,
    pub(super) answer_bytes: usize,
}

impl Call {
    /// A call of `target` with a body that is JSON already.
    pub(crate) fn json(target: Target, body: impl Into<Bytes>) -> Self {
        let headers = vec![(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"))];
        let secrets = target.secrets();
        Self { target, headers, body: body.into(), secrets, answer_bytes: ANSWER }
    }

    /// With one more header.
    ///
    /// # Errors
    /// The value has characters that no header can carry.
    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Result<Self, DeliveryError> {
        let value = HeaderValue::from_str(value).map_err(|_| unsayable(&self.target))?;
        self.headers.push((name, value));
        Ok(self)
    }

    /// With that token, if there is one.
    ///
    /// # Errors
    /// The token has characters that no header can carry.
    pub(crate) fn bearer(mut self, token: Option<&Secret>) -> Result<Self, DeliveryError> {
        let Some(token) = token else { return Ok(self) };
        let value =
            HeaderValue::from_str(&format!("Bearer {}", token.expose())).map_err(|_| unsayable(&self.target))?;
        self.headers.push((AUTHORIZATION, value));
        Ok(self.secret(token))
    }

    /// With a secret in it: an answer that repeats it is not shown.
    pub(crate) fn secret(mut self, secret: &Secret) -> Self {
        let bare = secret.expose().trim();
        // A signing key may be known to the other side without its prefix.
        self.secrets.push(bare.strip_prefix("whsec_").unwrap_or(bare).to_owned());
        self
    }

    /// With so many bytes of the answer read.
    pub(crate) fn answer_bytes(mut self, bytes: usize) -> Self {
        self.answer_bytes = bytes;
        self
    }
}

/// A value for which there is no header.
fn unsayable(target: &Target) -> DeliveryError {
    DeliveryError::permanent(format!(
        "no request for {target} can be made: a token or key has characters that no header can carry; write it without line breaks and in plain ASCII"
    ))
}
