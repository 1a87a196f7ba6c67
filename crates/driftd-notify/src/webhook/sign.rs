//! Signatures after the Standard Webhooks specification.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD as PADDED};
use ring::hmac;

/// Keys are written with padding or without.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What messages are signed with.
pub(crate) struct SigningKey(hmac::Key);

/// A text that is no key. The text is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "is no signing key: write whsec_ and 24 to 64 random bytes in base64, as `openssl rand -base64 32` prints them"
)]
pub(crate) struct BadKey;

impl SigningKey {
    /// Reads `whsec_` and base64, or base64 alone.
    pub(crate) fn parse(text: &str) -> Result<Self, BadKey> {
        let text = text.trim();
        let bytes = LENIENT.decode(text.strip_prefix("whsec_").unwrap_or(text)).map_err(|_| BadKey)?;
        if bytes.is_empty() { Err(BadKey) } else { Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes))) }
    }

    /// The value of `webhook-signature`.
    pub(crate) fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(format!("{id}.{timestamp}.").as_bytes());
        context.update(body);
        format!("v1,{}", PADDED.encode(context.sign()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that the specification's reference libraries are tested with.
    #[test]
    fn the_published_example_comes_out() {
        let signed = |key: &str| {
            let key = SigningKey::parse(key).unwrap();
            key.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#)
        };
        for key in [
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            " whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n",
        ] {
            assert_eq!(signed(key), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        }
    }

    #[test]
    fn padding_may_be_left_out() {
        assert!(SigningKey::parse("whsec_AAAA").is_ok());
        assert!(SigningKey::parse("whsec_AAA=").is_ok());
        assert!(SigningKey::parse("whsec_AAA").is_ok());
    }

    #[test]
    fn what_is_no_base64_is_refused_and_not_repeated() {
        for text in ["", "whsec_", "hunter2!", "whsec_a", "ключ"] {
            let error = SigningKey::parse(text).err().unwrap();
            assert!(text.is_empty() || text == "whsec_" || !error.to_string().contains(text), "{error}");
        }
    }
}
