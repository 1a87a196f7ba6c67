//! A request, before it is sent.

use driftd_config::Secret;
use driftd_model::DeliveryError;
use reqwest::header::{AUTHORIZATION, CONNECTION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

use super::Target;

/// Bytes of a response that are read where nobody says otherwise.
const RESPONSE_BYTES: usize = 4 << 10;

/// A `POST` of JSON.
pub(crate) struct Request {
    pub(super) target: Target,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    /// What is not repeated, even if the response does.
    pub(super) secrets: Vec<String>,
    pub(super) response_bytes: usize,
}

impl Request {
    /// A request to `target` with a body that is JSON already.
    pub(crate) fn json(target: Target, body: impl Into<Vec<u8>>) -> Self {
        let headers = HeaderMap::from_iter([
            (CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8")),
            (CONNECTION, HeaderValue::from_static("close")),
        ]);
        let secrets = target.secrets();
        Self { target, headers, body: body.into(), secrets, response_bytes: RESPONSE_BYTES }
    }

    /// With one more header.
    ///
    /// # Errors
    /// The value has characters that no header can carry.
    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Result<Self, DeliveryError> {
        let value = HeaderValue::from_str(value).map_err(|_| {
            DeliveryError::permanent(format!(
                "no request for {} can be made: a token or key has characters that no header can carry; write it \
                 without line breaks and in plain ASCII",
                self.target
            ))
        })?;
        self.headers.insert(name, value);
        Ok(self)
    }

    /// With that token, if there is one.
    ///
    /// # Errors
    /// The token has characters that no header can carry.
    pub(crate) fn bearer(self, token: Option<&Secret>) -> Result<Self, DeliveryError> {
        match token {
            Some(token) => Ok(self.header(AUTHORIZATION, &format!("Bearer {}", token.expose()))?.secret(token)),
            None => Ok(self),
        }
    }

    /// With a secret in it: a response that repeats it is not shown.
    pub(crate) fn secret(mut self, secret: &Secret) -> Self {
        let bare = secret.expose().trim();
        // A signing key may be known to the other side without its prefix.
        self.secrets.push(bare.strip_prefix("whsec_").unwrap_or(bare).to_owned());
        self
    }

    /// With so many bytes of the response read.
    pub(crate) fn response_bytes(mut self, bytes: usize) -> Self {
        self.response_bytes = bytes;
        self
    }
}
