//! Listeners of a broker that ask clients who they are.

use std::fs;
use std::path::{Path, PathBuf};

use crate::services::{Skip, certificate};

/// Two listeners over TLS: one that asks for a user and a password, by PLAIN or SCRAM-SHA-512, and one that asks for a
/// certificate. Broker and clients have the same certificate, which signs itself, so each trusts the other by it.
#[derive(Clone, Debug)]
pub struct Secured {
    /// `127.0.0.1:PORT` for clients with a password.
    pub sasl: String,
    /// `127.0.0.1:PORT` for clients with a certificate.
    pub tls: String,
    /// The certificate, in PEM.
    pub certificate: PathBuf,
    /// Its key, in PEM.
    pub key: PathBuf,
    /// Key and certificate in one file, as the broker wants them.
    identity: PathBuf,
}

impl Secured {
    /// The one user there is.
    pub const USER: &str = "driftd";
    /// The user's password.
    pub const PASSWORD: &str = "open-sesame-42";

    pub(super) fn new(folder: &Path, ports: [u16; 2]) -> Result<Self, Skip> {
        let certificate = certificate::make(folder)?;
        let [sasl, tls] = ports.map(|port| format!("127.0.0.1:{port}"));
        let [key, identity, file] = ["key.pem", "identity.pem", "cert.pem"].map(|name| folder.join(name));
        let both = fs::read_to_string(&key).expect("openssl made a key") + &certificate;
        fs::write(&identity, both).expect("a file in a new folder");
        Ok(Self { sasl, tls, certificate: file, key, identity })
    }

    pub(super) fn listeners(&self) -> String {
        format!("SASL://{},TLS://{}", self.sasl, self.tls)
    }

    /// The user, as the tool that lays out a cluster is told.
    pub(super) fn scram() -> String {
        format!("SCRAM-SHA-512=[name={},password={}]", Self::USER, Self::PASSWORD)
    }

    /// Lines of the broker's configuration.
    pub(super) fn properties(&self) -> Vec<(String, String)> {
        let module = |name: &str, rest: &str| format!("org.apache.kafka.common.security.{name} required{rest};");
        let user = format!(" user_{}=\"{}\"", Self::USER, Self::PASSWORD);
        let identity = self.identity.display().to_string();
        let certificate = self.certificate.display().to_string();
        [
            ("listener.name.sasl.sasl.enabled.mechanisms", "PLAIN,SCRAM-SHA-512".to_owned()),
            ("listener.name.sasl.plain.sasl.jaas.config", module("plain.PlainLoginModule", &user)),
            ("listener.name.sasl.scram-sha-512.sasl.jaas.config", module("scram.ScramLoginModule", "")),
            ("listener.name.tls.ssl.client.auth", "required".to_owned()),
            ("ssl.keystore.type", "PEM".to_owned()),
            ("ssl.keystore.location", identity),
            ("ssl.truststore.type", "PEM".to_owned()),
            ("ssl.truststore.location", certificate),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }
}
