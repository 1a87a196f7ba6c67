//! Addresses of other machines and of people, in the types of those who use them.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use url::{Host, Url};

use crate::shape::text_type;

/// An absolute `http://` or `https://` address without user and password. It prints as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpUrl {
    text: String,
    url: Url,
}

/// A mail server, `smtp://host:port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpUrl {
    text: String,
    host: String,
    port: Option<u16>,
}

/// An e-mail address, bare or with a name: `driftd <driftd@example.com>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailAddress {
    text: String,
    name: Option<String>,
    address: lettre::Address,
}

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
    /// An e-mail address that not every mail server takes.
    #[error("{0:?} is not in plain letters: write the host in its xn-- form")]
    PlainEmail(String),
}

impl HttpUrl {
    /// An address that is written in this crate.
    #[expect(clippy::expect_used, reason = "every one of them is parsed by a test")]
    pub(crate) fn fixed(text: &'static str) -> Self {
        text.parse().expect("an address of this crate's own")
    }

    /// The address as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The address for whoever connects.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The host's number, where it is one: also the spellings that resolvers take for one, such as `0xa9fea9fe`.
    pub(crate) fn literal(&self) -> Option<IpAddr> {
        match self.url.host()? {
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(address.into()),
            Host::Domain(_) => None,
        }
    }

    /// The address as something to put `/incidents/…` behind.
    ///
    /// # Errors
    /// There is a query or a fragment in it.
    pub(crate) fn into_base(self) -> Result<Self, BadAddress> {
        if self.text.contains(['?', '#']) {
            return Err(BadAddress::NoBase);
        }
        self.text.trim_end_matches('/').parse()
    }
}

impl SmtpUrl {
    /// The address as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host; an IPv6 address without its brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, if one is named; else it is the usual one of the connection's protection.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.port
    }
}

impl EmailAddress {
    /// The address as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The name before the address.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The address itself, as the mail transport takes it.
    #[must_use]
    pub fn address(&self) -> &lettre::Address {
        &self.address
    }
}

fn authority<'a>(text: &'a str, schemes: &[&str]) -> Option<&'a str> {
    let (scheme, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_clean = !authority.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control());
    (schemes.contains(&scheme) && is_clean).then_some(authority)
}

/// Whether every library reads the host alike: it is ASCII, so that nothing that only looks like digits or dots becomes
/// another host on the way, and nothing in it is escaped.
fn is_plain(authority: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'[' | b']');
    authority.bytes().all(is_plain) && !authority.ends_with(':')
}

impl FromStr for HttpUrl {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let bad = || BadAddress::Http(text.to_owned());
        let authority = authority(text, &["http", "https"]).ok_or_else(bad)?;
        if authority.contains('@') {
            return Err(BadAddress::Credentials);
        }
        let url = Url::parse(text).ok().filter(|url| is_plain(authority) && url.has_host() && url.port() != Some(0));
        Ok(Self { url: url.ok_or_else(bad)?, text: text.to_owned() })
    }
}

impl FromStr for SmtpUrl {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let bad = || BadAddress::Smtp(text.to_owned());
        let authority = authority(text, &["smtp"]).ok_or_else(bad)?;
        if authority.contains('@') {
            return Err(BadAddress::Credentials);
        }
        // Nothing stands behind host and port, which read as those of any other address.
        let url = Url::parse(&format!("http://{authority}")).ok();
        let is_whole = is_plain(authority) && text.len() == "smtp://".len() + authority.len();
        let url = url.filter(|url| is_whole && url.port() != Some(0)).ok_or_else(bad)?;
        let host = match url.host().ok_or_else(bad)? {
            Host::Ipv6(address) => address.to_string(),
            host => host.to_string(),
        };
        // Port 80 is no port of its own to an HTTP address.
        let port = authority.ends_with(":80").then_some(80).or(url.port());
        Ok(Self { text: text.to_owned(), host, port })
    }
}

impl FromStr for EmailAddress {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let bad = || BadAddress::Email(text.to_owned());
        let (name, bare) = match text.rsplit_once('<') {
            Some((name, bare)) => (name.trim().trim_matches('"').trim(), bare.strip_suffix('>').ok_or_else(bad)?),
            None => ("", text),
        };
        if text.contains(char::is_control) {
            return Err(bad());
        }
        if !bare.is_ascii() {
            return Err(BadAddress::PlainEmail(bare.to_owned()));
        }
        let address = bare.parse().map_err(|_| bad())?;
        Ok(Self { text: text.to_owned(), name: Some(name.to_owned()).filter(|name| !name.is_empty()), address })
    }
}

macro_rules! prints_as_written {
    ($($type:ident)*) => {
        $(impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.text)
            }
        })*
    };
}

prints_as_written!(HttpUrl SmtpUrl EmailAddress);
text_type!(HttpUrl, "an address, such as \"https://example.com/hook\"", { "type": "string", "pattern": "^https?://" });
text_type!(SmtpUrl, "a mail server, such as \"smtp://mail.example.com:587\"", { "type": "string", "pattern": "^smtp://" });
text_type!(EmailAddress, "an e-mail address, such as \"oncall@example.com\"", { "type": "string", "pattern": "@" });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_http_address_has_a_host_that_every_library_reads_alike() {
        let good = "http://am-0:9093 https://x.example/a?b=c#d http://[::1]:8080/ http://under_score https://10.0.0.1";
        for good in good.split(' ') {
            assert_eq!(good.parse::<HttpUrl>().map(|url| url.to_string()), Ok(good.to_owned()));
        }
        let bad = "example.com ftp://x http:// http:///path http://:80 http://x:0 http://x:99999 http://x: http://x:+1 \
                   http://x\\y http://１６９.254.169.254 http://%31 http://[::1 http://[x] http://[::1]x \
                   http://[fe80::1%25eth0]";
        for bad in bad.split(' ').chain(["", "http://a b", "http://a\n"]) {
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

    #[test]
    fn a_mail_server_is_a_host_and_may_be_a_port() {
        for (text, host, port) in [
            ("smtp://mail.example.com:587", "mail.example.com", Some(587)),
            ("smtp://mail_1", "mail_1", None),
            ("smtp://[::1]:80", "::1", Some(80)),
        ] {
            let url: SmtpUrl = text.parse().unwrap();
            assert_eq!((url.host(), url.port(), url.as_str()), (host, port, text));
        }
        for bad in
            "mail:25 smtp:// smtp://x:0 smtp://x: smtp://x/y smtp://[x] smtps://x".split(' ').chain(["smtp://x y"])
        {
            assert_eq!(bad.parse::<SmtpUrl>(), Err(BadAddress::Smtp(bad.to_owned())));
        }
        assert_eq!("smtp://me:pw@x".parse::<SmtpUrl>(), Err(BadAddress::Credentials));
    }

    #[test]
    fn an_e_mail_address_is_one_that_the_mail_transport_takes() {
        let address: EmailAddress = "\"driftd, the daemon\" <driftd@example.com>".parse().unwrap();
        assert_eq!((address.name(), address.address().domain()), (Some("driftd, the daemon"), "example.com"));
        assert_eq!("a+b@[10.0.0.1]".parse::<EmailAddress>().unwrap().name(), None);
        for bad in ["", "driftd", "@x", "a@", "a b@x.org", "a@b..c", "a..b@x", "<a@x", "a@x\n", "a <a@x> b"] {
            assert_eq!(bad.parse::<EmailAddress>(), Err(BadAddress::Email(bad.to_owned())), "{bad:?}");
        }
        assert_eq!("a@münchen.de".parse::<EmailAddress>(), Err(BadAddress::PlainEmail("a@münchen.de".to_owned())));
    }
}
