//! A certificate that nobody trusts unless told to, for a server and, where clients have one too, for them.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::services::Skip;

/// A server's certificate that signs itself and is no authority, which is what a client's checks ask for.
const REQUEST: &str = "\
[req]
distinguished_name = name
x509_extensions = extensions
prompt = no
[name]
CN = driftd test
[extensions]
basicConstraints = critical, CA:FALSE
subjectAltName = DNS:localhost, IP:127.0.0.1
extendedKeyUsage = serverAuth, clientAuth
";

/// Makes `cert.pem` and `key.pem` in `folder` and returns the certificate.
pub(super) fn make(folder: &Path) -> Result<String, Skip> {
    let (request, key, cert) = (folder.join("request"), folder.join("key.pem"), folder.join("cert.pem"));
    fs::write(&request, REQUEST).expect("a file in a new folder");
    let mut command = Command::new("openssl");
    command.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]);
    command.args(["-days", "2", "-batch", "-config"]).arg(&request).arg("-keyout").arg(&key).arg("-out").arg(&cert);
    match command.stdin(Stdio::null()).output() {
        Ok(done) if done.status.success() => Ok(fs::read_to_string(&cert).expect("openssl made a certificate")),
        Ok(done) => panic!("{command:?} failed: {}", String::from_utf8_lossy(&done.stderr)),
        Err(error) => {
            Err(Skip::because(format!("no openssl to make a certificate with ({error}): apt-get install openssl")))
        }
    }
}
