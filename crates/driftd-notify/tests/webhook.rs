//! The signature of a webhook, verified by a library that is not ours.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests may assert by panicking")]

mod fixtures;
#[allow(dead_code, reason = "other tests use the rest of it")]
#[path = "outbound/server.rs"]
mod server;

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use driftd_config::{Address, Channel, NotifyConfig, Receiver, SecretRef, WebhookChannel};
use driftd_model::IncidentKind;
use driftd_notify::TransportFactory;
use driftd_testkit::services::python;
use driftd_window::Timestamp;
use fixtures::{four, full, incident, told};
use server::{Server, answer};

/// Base64 of 24 bytes, of which a few differ in the other alphabet of base64.
const KEY: &str = "whsec_MfKQ9r8GKYqrTwj/D8ILPZIo2LaLa+w9";
/// Reads key, body and headers; says what the body is about once the signature is good.
const VERIFY: &str = r"
import json, sys
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
key, body, headers = sys.argv[1], open(sys.argv[2], 'rb').read(), json.loads(sys.argv[3])
print(Webhook(key).verify(body.decode(), headers)['driftd']['monitor'])
try:
    Webhook(key).verify(body.decode().replace('flight', 'fright'), headers)
    print('forged')
except WebhookVerificationError:
    print('refused')
";

#[tokio::test]
async fn the_signature_is_good_in_the_eyes_of_the_reference_library() {
    let modules = match python::modules("standardwebhooks", "1.1.0") {
        Ok(modules) => modules,
        Err(skip) => return skip.announce("the_signature_is_good_in_the_eyes_of_the_reference_library"),
    };
    let server = Server::http(vec![answer("200 OK", &[], "")]).await;
    let channel = WebhookChannel {
        url: Address::Plain(server.url("/hook").parse().unwrap()),
        secret: Some(SecretRef::Env("KEY".to_owned())),
        token: None,
        heartbeat: None,
        template: None,
    };
    let receiver = Receiver { name: "ops".parse().unwrap(), channel: Channel::Webhook(channel) };
    let secrets =
        Arc::new(|place: &SecretRef| place.resolve(|_| Some(KEY.to_owned()), |_| Err(std::io::Error::other("none"))));
    let transport = TransportFactory::new(&NotifyConfig::default(), secrets).transport(&receiver).unwrap();
    // The library refuses what is older than five minutes.
    #[expect(clippy::disallowed_methods, reason = "the library reads its own clock")]
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap());
    transport.deliver(&full(incident(IncidentKind::Drift, four()), told()), now).await.unwrap();

    let asked = server.only();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &asked.body).unwrap();
    let headers = serde_json::to_string(&asked.headers).unwrap();
    let said = python::run(&modules, VERIFY, &[KEY, file.path().to_str().unwrap(), &headers]);
    assert_eq!(said, "flight-delay\nrefused\n");
}
