//! Addresses of other machines, as text that was looked at once.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::Serialize;
use serde_json::json;

use crate::link_local::literal;
use crate::read::text_leaf;

macro_rules! address {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        #[serde(transparent)]
        pub struct $type(String);

        impl $type {
            /// The address as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

address!(
    /// An absolute `http://` or `https://` address without user and password.
    HttpUrl
);
address!(
    /// A mail server, `smtp://host:port`.
    SmtpUrl
);
address!(
    /// An e-mail address, bare or with a name: `driftd <driftd@example.com>`.
    EmailAddress
);

/// A text that is not the address it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// Not an HTTP address.
    #[error("{0:?} is not an address: write http:// or https:// and a host")]
    Http(String),
    /// User and password in an address.
    #[error("has a user or password in the address: keep secrets out of addresses")]
    Credentials,
    /// Nothing can be put behind it.
    #[error("has a query or a fragment: links are made by adding to it, write it without '?' and '#'")]
    NoBase,
    /// Not a mail server.
    #[error("{0:?} is not a mail server: write smtp://host:port, such as smtp://mail.example.com:587")]
    Smtp(String),
    /// Not an e-mail address.
    #[error("{0:?} is not an e-mail address: write name@host")]
    Email(String),
}

impl HttpUrl {
    /// Host and port.
    fn authority(&self) -> &str {
        authority(&self.0, &["http", "https"]).unwrap_or_default()
    }

    /// The host's number, where the address names none by name: also the spellings that resolvers take for one.
    pub(crate) fn literal(&self) -> Option<IpAddr> {
        split_port(self.authority()).and_then(|(host, _)| literal(host))
    }

    /// The address as something to put `/incidents/…` behind.
    ///
    /// # Errors
    /// There is a query or a fragment in it.
    pub(crate) fn into_base(self) -> Result<Self, BadAddress> {
        if self.0.contains(['?', '#']) {
            return Err(BadAddress::NoBase);
        }
        Ok(Self(self.0.trim_end_matches('/').to_owned()))
    }
}

fn authority<'a>(text: &'a str, schemes: &[&str]) -> Option<&'a str> {
    let (scheme, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_clean = !authority.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control());
    (schemes.contains(&scheme) && is_clean).then_some(authority)
}

/// Host and port of an authority; `None` when it is neither a name nor a number. Names are ASCII, so that nothing that
/// only looks like digits or dots becomes another host on the way.
fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match authority.rfind(']') {
        Some(end) => authority.split_at_checked(end + 1)?,
        None => authority.split_at_checked(authority.find(':').unwrap_or(authority.len()))?,
    };
    let is_name =
        !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    let is_number = host.starts_with('[') && literal(host).is_some();
    if !is_name && !is_number {
        return None;
    }
    match port.strip_prefix(':') {
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => Some((host, Some(digits.parse().ok()?))),
        None if port.is_empty() => Some((host, None)),
        _ => None,
    }
}

impl FromStr for HttpUrl {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        match authority(text, &["http", "https"]) {
            Some(authority) if authority.contains('@') => Err(BadAddress::Credentials),
            Some(authority) if split_port(authority).is_some_and(|(_, port)| port != Some(0)) => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(BadAddress::Http(text.to_owned())),
        }
    }
}

impl FromStr for SmtpUrl {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        match authority(text, &["smtp"]) {
            Some(authority) if authority.contains('@') => Err(BadAddress::Credentials),
            Some(authority) if text.len() == "smtp://".len() + authority.len() => Ok(Self(text.to_owned())),
            _ => Err(BadAddress::Smtp(text.to_owned())),
        }
    }
}

impl FromStr for EmailAddress {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let bare = text.split_once('<').map_or(Some(text), |(_, rest)| rest.strip_suffix('>'));
        let parts = bare.and_then(|bare| bare.rsplit_once('@'));
        let clean = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control());
        match parts {
            Some((user, host)) if clean(user) && clean(host) && !text.contains(['\r', '\n']) => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(BadAddress::Email(text.to_owned())),
        }
    }
}

text_leaf!(
    HttpUrl,
    "an address, such as \"https://example.com/hook\"",
    Self::from_str,
    json!({ "type": "string", "pattern": "^https?://" })
);
text_leaf!(
    SmtpUrl,
    "a mail server, such as \"smtp://mail.example.com:587\"",
    Self::from_str,
    json!({ "type": "string", "pattern": "^smtp://" })
);
text_leaf!(
    EmailAddress,
    "an e-mail address, such as \"oncall@example.com\"",
    Self::from_str,
    json!({ "type": "string", "pattern": "@" })
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_http_address_has_a_host_that_every_library_reads_alike() {
        for good in [
            "http://am-0:9093",
            "https://x.example/a?b=c#d",
            "http://[::1]:8080/",
            "http://under_score",
            "https://10.0.0.1",
        ] {
            assert_eq!(good.parse::<HttpUrl>().map(|url| url.to_string()), Ok(good.to_owned()));
        }
        for bad in [
            "",
            "example.com",
            "ftp://x",
            "http://",
            "http:///path",
            "http://:80",
            "http://x:0",
            "http://x:99999",
            "http://x:",
            "http://x:+1",
            "http://a b",
            "http://a\n",
            "http://x\\y",
            "http://１６９.254.169.254",
            "http://%31",
            "http://[::1",
            "http://[x]",
            "http://[::1]x",
            "http://[fe80::1%25eth0]",
        ] {
            assert_eq!(bad.parse::<HttpUrl>(), Err(BadAddress::Http(bad.to_owned())), "{bad:?}");
        }
        assert_eq!("https://me:pw@x/".parse::<HttpUrl>(), Err(BadAddress::Credentials));
    }

    #[test]
    fn a_base_ends_without_a_slash() {
        let base = |text: &str| text.parse::<HttpUrl>().unwrap().into_base().map(|url| url.to_string());
        assert_eq!(base("https://drift.example.com/"), Ok("https://drift.example.com".to_owned()));
        assert_eq!(base("http://x:8080/a//"), Ok("http://x:8080/a".to_owned()));
        assert_eq!(base("http://x?"), Err(BadAddress::NoBase));
        assert_eq!(base("http://x/#top"), Err(BadAddress::NoBase));
    }
}
