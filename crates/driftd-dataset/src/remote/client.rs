//! Stores by their addresses, and the connections to them.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::client::{HttpClient, HttpConnector};
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::http::HttpBuilder;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};
use rustls::{ClientConfig, RootCertStore};

/// Until a connection stands.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Without a byte of an answer.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// For all attempts at one request together.
const RETRY_TIMEOUT: Duration = Duration::from_mins(1);
const RETRIES: usize = 4;

/// The store whose objects' addresses begin with `root`, as in `s3://bucket`; one for all who ask.
pub(super) fn store(root: &str) -> object_store::Result<Arc<dyn ObjectStore>> {
    static STORES: LazyLock<Mutex<HashMap<String, Arc<dyn ObjectStore>>>> = LazyLock::new(Mutex::default);
    let mut stores = STORES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(store) = stores.get(root) {
        return Ok(Arc::clone(store));
    }
    let store = build(root)?;
    stores.insert(root.to_owned(), Arc::clone(&store));
    Ok(store)
}

fn build(root: &str) -> object_store::Result<Arc<dyn ObjectStore>> {
    let (scheme, host) = root.split_once("://").unwrap_or_default();
    let retry = RetryConfig { max_retries: RETRIES, retry_timeout: RETRY_TIMEOUT, backoff: BackoffConfig::default() };
    Ok(match scheme {
        "s3" | "s3a" => {
            // An address that is set without encryption is meant to be asked without.
            let endpoints = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"];
            let is_plain = |name: &&str| std::env::var(name).is_ok_and(|value| value.starts_with("http://"));
            let mut builder = AmazonS3Builder::from_env().with_bucket_name(host);
            if endpoints.iter().any(is_plain) {
                builder = builder.with_allow_http(true);
            }
            Arc::new(builder.with_retry(retry).with_http_connector(Connector).build()?)
        }
        "gs" => {
            let builder = GoogleCloudStorageBuilder::from_env().with_bucket_name(host);
            Arc::new(builder.with_retry(retry).with_http_connector(Connector).build()?)
        }
        "az" | "azure" => {
            let builder = MicrosoftAzureBuilder::from_env().with_container_name(host);
            Arc::new(builder.with_retry(retry).with_http_connector(Connector).build()?)
        }
        _ => {
            let options = ClientOptions::new().with_allow_http(scheme == "http");
            let builder = HttpBuilder::new().with_url(root).with_client_options(options);
            Arc::new(builder.with_retry(retry).with_http_connector(Connector).build()?)
        }
    })
}

/// Connects as the rest of driftd does: rustls with ring, and the certificates of the system.
#[derive(Debug)]
struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        let failed = |error: Box<dyn std::error::Error + Send + Sync>| object_store::Error::Generic {
            store: "TLS",
            source: error,
        };
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(error.into()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .http1_only()
            .build()
            .map_err(|error| failed(error.into()))?;
        Ok(HttpClient::new(client))
    }
}
