//! What goes wrong before there is an answer.

use std::io;

use driftd_model::{DeliveryError, words};

use super::address::Forbidden;
use super::tls::NoTrust;

/// Characters of what a library says.
const CAUSE: usize = 200;

/// No answer, and why.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The name says nothing.
    Unresolved(io::Error),
    /// The name has no address.
    Nowhere,
    /// None of its addresses may be reached; this is one of them.
    Forbidden(Forbidden),
    /// No address takes a connection.
    Refused(io::Error),
    /// No address takes a connection in time.
    Silent,
    /// Nobody can be trusted.
    NoTrust(NoTrust),
    /// The other side cannot be trusted, or does not speak TLS.
    Tls(io::Error),
    /// The request cannot be put into HTTP.
    Unsayable,
    /// What came back is no HTTP.
    Http(hyper::Error),
}

impl Trouble {
    /// The trouble as an error that names `site` and nothing more of the address.
    pub(super) fn about(self, site: &str) -> DeliveryError {
        let said = |error: &dyn std::error::Error| words::name(&error.to_string(), CAUSE);
        let what = match self {
            Self::Unresolved(error) => format!("the name of {site} cannot be resolved: {}", said(&error)),
            Self::Nowhere => format!("the name of {site} has no address"),
            Self::Forbidden(forbidden) => return DeliveryError::permanent(format!("{site} is not asked: {forbidden}")),
            Self::Refused(error) => format!("no connection to {site}: {}", said(&error)),
            Self::Silent => format!("no connection to {site}: it does not answer"),
            Self::NoTrust(why) => format!("no TLS with {site}: {why}"),
            Self::Tls(error) => format!("no TLS with {site}: {}", said(&error)),
            Self::Unsayable => {
                return DeliveryError::permanent(format!(
                    "no request for {site} can be made: a token, a key or the address has characters that HTTP does not take"
                ));
            }
            Self::Http(error) => format!("{site} gave no HTTP answer: {}", said(&error)),
        };
        DeliveryError::transient(what, None)
    }
}
