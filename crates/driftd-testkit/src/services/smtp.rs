//! A real mail server that keeps what it takes.
//!
//! It is aiosmtpd, fetched once a machine from the Python package index. Every server is a process of its own on a free
//! port, with a certificate of its own where it speaks TLS. It ends with the test process, however that ends.

mod process;

#[cfg(test)]
mod tests;

use serde_json::Value;

use super::{Skip, certificate, python};
use process::Process;

const AIOSMTPD: &str = "1.4.6";

/// How a server protects its connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpProtection {
    /// Not at all.
    None,
    /// It begins in the clear and insists on STARTTLS.
    Starttls,
    /// TLS from the first byte.
    Tls,
}

/// How a server is set up.
#[derive(Clone, Copy, Debug)]
pub struct SmtpOptions {
    /// How it protects its connections.
    pub protection: SmtpProtection,
    /// User and password it asks for; it takes mail of anybody without.
    pub login: Option<(&'static str, &'static str)>,
}

/// A running mail server at 127.0.0.1, which is also `localhost` to its certificate.
#[derive(Debug)]
pub struct Smtp {
    process: Process,
    certificate: Option<String>,
}

/// A mail as the server got it, taken apart by Python's parser.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Sender of the envelope.
    pub from: String,
    /// Recipients of the envelope.
    pub to: Vec<String>,
    /// Number of the connection it came by, from 1.
    pub connection: u64,
    /// Whether that was encrypted.
    pub is_encrypted: bool,
    /// Who had logged in.
    pub user: Option<String>,
    /// Names and values of the headers, decoded.
    pub headers: Vec<(String, String)>,
    /// Content types of the mail and its parts, outermost first.
    pub types: Vec<String>,
    /// What the parser found wrong with it.
    pub defects: Vec<String>,
    /// The plain part, decoded.
    pub text: String,
    /// The HTML part, decoded.
    pub html: String,
    /// The bytes that came, each as the character of its number.
    pub raw: String,
}

impl Smtp {
    /// A server of one's own, ready for clients.
    ///
    /// # Errors
    /// Why there can be none here.
    ///
    /// # Panics
    /// What is installed does not work.
    pub fn start(options: SmtpOptions) -> Result<Self, Skip> {
        let modules = python::modules("aiosmtpd", AIOSMTPD)?;
        // The folder is the server's to remove: a value that is never dropped would leave it behind.
        let folder = tempfile::Builder::new().prefix("driftd-smtp-").tempdir().unwrap().keep();
        let certificate = match options.protection {
            SmtpProtection::None => None,
            SmtpProtection::Starttls | SmtpProtection::Tls => Some(certificate::make(&folder)?),
        };
        Ok(Self { process: Process::start(&modules, &folder, options), certificate })
    }

    /// Its port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.process.port()
    }

    /// Its certificate in PEM.
    ///
    /// # Panics
    /// It has none.
    #[must_use]
    pub fn certificate(&self) -> &str {
        self.certificate.as_deref().expect("a server with TLS")
    }

    /// The next mail it took, waited for.
    ///
    /// # Panics
    /// None comes.
    #[must_use]
    pub fn mail(&self) -> Mail {
        Mail::read(&self.process.mail())
    }

    /// The mails it took that nobody has asked for.
    #[must_use]
    pub fn mails(&self) -> Vec<Mail> {
        self.process.mails().iter().map(Mail::read).collect()
    }

    /// Answers the next `times` commands `on` (`MAIL`, `RCPT` or `DATA`), of one address if that is named, with `reply`.
    pub fn reply(&self, on: &str, address: Option<&str>, reply: &str, times: u32) {
        self.process.order(&serde_json::json!({"on": on, "address": address, "reply": reply, "times": times}));
    }
}

impl Mail {
    fn read(mail: &Value) -> Self {
        let text = |key: &str| mail[key].as_str().unwrap_or_default().to_owned();
        let texts = |value: &Value| -> Vec<String> {
            value.as_array().into_iter().flatten().map(|v| v.as_str().unwrap_or_default().to_owned()).collect()
        };
        let pair = |header: &Value| {
            let mut pair = texts(header).into_iter();
            (pair.next().unwrap_or_default(), pair.next().unwrap_or_default())
        };
        Self {
            from: text("from"),
            to: texts(&mail["to"]),
            connection: mail["connection"].as_u64().unwrap_or_default(),
            is_encrypted: mail["is_encrypted"].as_bool().unwrap_or_default(),
            user: mail["user"].as_str().map(str::to_owned),
            headers: mail["headers"].as_array().into_iter().flatten().map(pair).collect(),
            types: texts(&mail["types"]),
            defects: texts(&mail["defects"]),
            text: text("text"),
            html: text("html"),
            raw: text("raw"),
        }
    }

    /// The value of a header that is there once.
    ///
    /// # Panics
    /// It is there never or several times.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        let values: Vec<&str> =
            self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str()).collect();
        match values[..] {
            [value] => value,
            _ => panic!("{} headers {name} in {:?}", values.len(), self.headers),
        }
    }
}
