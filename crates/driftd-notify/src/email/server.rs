//! The mail server: where it is, and how the connection to it is protected.

use std::fmt;
use std::net::IpAddr;

use driftd_config::{SmtpTls, SmtpUrl};
use lettre::transport::smtp::client::{Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;

use super::EmailError;

/// A mail server.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) protection: Protection,
    /// What driftd calls itself.
    pub(super) hello: ClientId,
}

/// How the connection is protected.
#[derive(Clone)]
pub(super) enum Protection {
    /// It begins in the clear and must become TLS.
    Starttls(TlsParameters),
    /// TLS from the first byte.
    Tls(TlsParameters),
    /// Not at all.
    None,
}

impl Server {
    /// The server at `url`, spoken to by somebody at `domain`, with certificates in PEM to trust besides the machine's.
    pub(super) fn new(url: &SmtpUrl, tls: SmtpTls, domain: &str, roots: &[String]) -> Result<Self, EmailError> {
        let (host, port) = place(url, tls)?;
        let protection = match tls {
            SmtpTls::None => Protection::None,
            SmtpTls::Starttls => Protection::Starttls(parameters(&host, roots)?),
            SmtpTls::Tls => Protection::Tls(parameters(&host, roots)?),
        };
        Ok(Self { host, port, protection, hello: ClientId::Domain(domain.to_owned()) })
    }

    /// Whether it is this machine.
    pub(super) fn is_loopback(&self) -> bool {
        self.host.eq_ignore_ascii_case("localhost")
            || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

/// Host and port; the port is the usual one of the protection where none is named.
fn place(url: &SmtpUrl, tls: SmtpTls) -> Result<(String, u16), EmailError> {
    let usual = match tls {
        SmtpTls::Starttls => 587,
        SmtpTls::Tls => 465,
        SmtpTls::None => 25,
    };
    let bad = || {
        let what = format!(
            "{:?} is not a mail server: write smtp://HOST:PORT, such as smtp://mail.example.com:587",
            url.as_str()
        );
        EmailError::unusable("smtp", what)
    };
    let authority = url.as_str().strip_prefix("smtp://").ok_or_else(bad)?;
    // An IPv6 address stands in brackets, because it has colons of its own.
    let (host, rest) = match authority.strip_prefix('[') {
        Some(bracketed) => bracketed.split_once(']').ok_or_else(bad)?,
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let port = match rest.strip_prefix(':') {
        Some(port) => port.parse().ok().filter(|port| *port > 0).ok_or_else(bad)?,
        None if rest.is_empty() => usual,
        None => return Err(bad()),
    };
    let is_host =
        !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':'));
    if is_host { Ok((host.to_owned(), port)) } else { Err(bad()) }
}

/// TLS towards `host`, checked against the certificates of the machine and `roots`.
fn parameters(host: &str, roots: &[String]) -> Result<TlsParameters, EmailError> {
    let unusable = |error: lettre::transport::smtp::Error| {
        EmailError::unusable("tls", format!("TLS cannot be set up: {error}; check the certificates of this machine"))
    };
    let mut builder = TlsParameters::builder(host.to_owned());
    for root in roots {
        builder = builder.add_root_certificate(Certificate::from_pem(root.as_bytes()).map_err(unusable)?);
    }
    builder.build().map_err(unusable)
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(url: &str, tls: SmtpTls) -> String {
        match Server::new(&url.parse().unwrap(), tls, "example.com", &[]) {
            Ok(server) => format!("{server}{}", if server.is_loopback() { " on this machine" } else { "" }),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_server_without_a_port_is_at_the_usual_one() {
        assert_eq!(told("smtp://mail.example.com", SmtpTls::Starttls), "mail.example.com:587");
        assert_eq!(told("smtp://mail.example.com", SmtpTls::Tls), "mail.example.com:465");
        assert_eq!(told("smtp://mail.example.com", SmtpTls::None), "mail.example.com:25");
        assert_eq!(told("smtp://mail.example.com:2525", SmtpTls::None), "mail.example.com:2525");
        assert_eq!(told("smtp://[2001:db8::1]:25", SmtpTls::None), "[2001:db8::1]:25");
    }

    #[test]
    fn this_machine_is_known_by_its_names() {
        for url in ["smtp://localhost", "smtp://LOCALHOST", "smtp://127.0.0.1", "smtp://127.8.0.1", "smtp://[::1]"] {
            assert!(told(url, SmtpTls::None).ends_with(" on this machine"), "{url}");
        }
        assert!(!told("smtp://localhost.example.com", SmtpTls::None).contains("this machine"));
    }

    #[test]
    fn what_is_no_server_is_said_to_be_none() {
        for url in
            ["smtp://:25", "smtp://mail:port", "smtp://mail:0", "smtp://mail:70000", "smtp://[::1", "smtp://[::1]x"]
        {
            let said = told(url, SmtpTls::None);
            assert!(said.ends_with("such as smtp://mail.example.com:587"), "{url}: {said}");
        }
    }
}
