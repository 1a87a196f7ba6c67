//! Where a request goes. Everything behind the host may be a secret and is never shown.

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

/// Parts of an address that are shorter than this are words such as `api` or `alerts`, and no secrets.
const SECRET_LENGTH: usize = 8;

/// An `http://` or `https://` address. It prints as its scheme, host and port.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    url: Url,
}

/// A text that is no target. The text itself is not repeated: it may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTarget {
    /// Not an HTTP address.
    #[error("is no address: write http:// or https:// and a host")]
    Form,
    /// User and password in an address.
    #[error("has a user or password in the address: keep secrets out of addresses")]
    Credentials,
}

impl Target {
    /// Reads an address.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, BadTarget> {
        // The parser would drop line breaks in the middle, and with them what is wrong with the text.
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(BadTarget::Form);
        }
        let mut url = Url::parse(text).map_err(|_| BadTarget::Form)?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() || url.port() == Some(0) {
            return Err(BadTarget::Form);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BadTarget::Credentials);
        }
        url.set_fragment(None);
        Ok(Self { url })
    }

    /// The address with `path` behind its own.
    #[must_use]
    pub(crate) fn below(&self, path: &str) -> Self {
        let mut url = self.url.clone();
        let whole = format!("{}{path}", url.path().trim_end_matches('/'));
        url.set_path(&whole);
        Self { url }
    }

    /// Scheme, host and port: all of it that is ever shown.
    #[must_use]
    pub fn site(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Host and port; an IPv6 address without its brackets.
    pub(crate) fn host_and_port(&self) -> Option<(String, u16)> {
        let host = match self.url.host()? {
            Host::Ipv6(address) => address.to_string(),
            host => host.to_string(),
        };
        Some((host, self.url.port_or_known_default()?))
    }

    /// Whether the connection is to be TLS.
    pub(crate) fn is_tls(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Whether nobody on the way can read what is sent there: TLS, or no way at all.
    pub(crate) fn is_private(&self) -> bool {
        let is_loopback = match self.literal() {
            Some(address) => address.is_loopback(),
            None => self.url.host_str().is_some_and(|host| host == "localhost" || host.ends_with(".localhost")),
        };
        self.is_tls() || is_loopback
    }

    /// The address, where the host is one and no name.
    pub(crate) fn literal(&self) -> Option<IpAddr> {
        match self.url.host()? {
            Host::Ipv4(address) => Some(IpAddr::V4(address)),
            Host::Ipv6(address) => Some(IpAddr::V6(address)),
            Host::Domain(_) => None,
        }
    }

    /// The whole of it, for the client.
    pub(super) const fn url(&self) -> &Url {
        &self.url
    }

    /// What the request asks for.
    fn path_and_query(&self) -> String {
        let path = self.url.path();
        self.url.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
    }

    /// What a response must not contain if it is to be shown: path, query, and each of their longer parts.
    pub(super) fn secrets(&self) -> Vec<String> {
        let whole = self.path_and_query();
        let mut secrets: Vec<String> = whole.split(['/', '?', '&', '=']).map(str::to_owned).collect();
        secrets.extend([self.url.path().to_owned(), whole]);
        secrets.retain(|part| part.len() >= SECRET_LENGTH);
        secrets
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.site())
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({}/***)", self.site())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_site_is_ever_shown() {
        let target = Target::parse("https://hooks.slack.com/services/T000/B000/XXXXXXXXXXXX?k=secretsecret#x").unwrap();
        assert_eq!(format!("{target} {target:?}"), "https://hooks.slack.com Target(https://hooks.slack.com/***)");
        assert_eq!(target.path_and_query(), "/services/T000/B000/XXXXXXXXXXXX?k=secretsecret");
        for secret in ["XXXXXXXXXXXX", "secretsecret", "/services/T000/B000/XXXXXXXXXXXX"] {
            assert!(target.secrets().iter().any(|s| s == secret), "{secret}");
        }
    }

    #[test]
    fn hosts_are_read_as_the_network_would() {
        let literal = |text: &str| Target::parse(text).unwrap().literal().map(|ip| ip.to_string());
        assert_eq!(literal("http://2852039166/"), Some("169.254.169.254".to_owned()));
        assert_eq!(literal("http://0xa9.0xfe.0xa9.0xfe/"), Some("169.254.169.254".to_owned()));
        assert_eq!(literal("http://[::ffff:169.254.169.254]/"), Some("::ffff:169.254.169.254".to_owned()));
        assert_eq!(literal("http://example.com/"), None);
        let six = Target::parse("http://[::1]:9093/am/").unwrap();
        assert_eq!((literal("http://[::1]:9093/"), six.site().as_str()), (Some("::1".to_owned()), "http://[::1]:9093"));
        assert_eq!(six.below("/api/v2/alerts").path_and_query(), "/am/api/v2/alerts");
        assert_eq!(Target::parse("https://x").unwrap().below("/a").path_and_query(), "/a");
    }

    #[test]
    fn what_is_in_the_clear_is_known() {
        let private = |text: &str| Target::parse(text).unwrap().is_private();
        for text in ["https://x/", "http://127.0.0.9/", "http://[::1]:1/", "http://LocalHost/", "http://a.localhost/"] {
            assert!(private(text), "{text}");
        }
        for text in ["http://x/", "http://10.0.0.1/", "http://localhost.example.com/"] {
            assert!(!private(text), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_not_repeated() {
        for text in
            ["", "x", "ftp://x/secret", "file:///etc/passwd", "http://", "http://a b", "http://a/\nb", "http://x:0/"]
        {
            assert_eq!(Target::parse(text), Err(BadTarget::Form), "{text:?}");
        }
        assert_eq!(Target::parse("https://me:secret@x/"), Err(BadTarget::Credentials));
        assert!(!BadTarget::Credentials.to_string().contains("me:"));
    }
}
