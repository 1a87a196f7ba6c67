//! Headers that say a machine wrote this, so that no machine answers.

use std::error::Error;

use lettre::message::header::{Header, HeaderName, HeaderValue};

macro_rules! fixed {
    ($(#[$doc:meta])* $type:ident, $name:literal, $value:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub(super) struct $type;

        impl Header for $type {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($name)
            }

            fn parse(_: &str) -> Result<Self, Box<dyn Error + Send + Sync>> {
                Ok(Self)
            }

            fn display(&self) -> HeaderValue {
                HeaderValue::new(Self::name(), $value.to_owned())
            }
        }
    };
}

fixed!(
    /// RFC 3834: no out-of-office notes.
    AutoSubmitted,
    "Auto-Submitted",
    "auto-generated"
);
fixed!(
    /// The same for Exchange.
    AutoResponseSuppress,
    "X-Auto-Response-Suppress",
    "All"
);
