//! The HTTP client that every receiver on the web shares.
//!
//! A message is one request on a connection of its own: nothing is kept open between messages, no redirect is followed,
//! no proxy is asked, and of a response little is read. The client's DNS resolver holds every address against the
//! [`AddressPolicy`] before a connection is made to it, and a host that is written as an address is held against it
//! here, because no resolver is asked for those. Errors name scheme, host and port; the rest of an address may be a
//! secret.

mod address;
mod request;
mod response;
mod target;

use std::error::Error;
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use driftd_model::{DeliveryError, words};
use driftd_window::Timestamp;
use reqwest::dns::Resolve;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};

pub use address::{AddressPolicy, Forbidden, SystemResolver};
use address::{PolicyResolver, Unreachable};
pub(crate) use request::Request;
pub(crate) use response::Response;
pub use target::{BadTarget, Target};

/// How long a request may take, from the name of the host to the last byte of the response.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// How driftd calls itself.
const USER_AGENT: &str = concat!("driftd/", env!("CARGO_PKG_VERSION"));
/// Characters of what a library says.
const CAUSE: usize = 200;
/// Why nothing can be reached over TLS.
const NO_ROOTS: &str = "there are no root certificates on this machine, so nothing can be reached over https: install \
                        the package ca-certificates, or name a file of certificates in SSL_CERT_FILE";

/// The client that all receivers on the web share.
#[derive(Clone)]
pub struct HttpClient {
    inner: Arc<Inner>,
}

struct Inner {
    policy: AddressPolicy,
    resolver: Arc<dyn Resolve>,
    roots: Roots,
    timeout: Duration,
    ready: OnceLock<Ready>,
}

/// What is made when it is first needed, because reading the machine's certificates takes a while.
struct Ready {
    client: reqwest::Client,
    has_roots: bool,
}

/// Certificates that a server's must lead to.
#[derive(Clone, Debug)]
pub enum Roots {
    /// Those of the system, or of the file that `SSL_CERT_FILE` names.
    System,
    /// Only these.
    Only(Vec<CertificateDer<'static>>),
}

impl HttpClient {
    /// A client that asks the system for names and trusts whom the system trusts.
    #[must_use]
    pub fn new(policy: AddressPolicy) -> Self {
        Self::with(policy, Arc::new(SystemResolver), Roots::System)
    }

    /// A client that asks `resolver` for names and trusts `roots`.
    #[must_use]
    pub fn with(policy: AddressPolicy, resolver: Arc<dyn Resolve>, roots: Roots) -> Self {
        let inner = Inner { policy, resolver, roots, timeout: REQUEST_TIMEOUT, ready: OnceLock::new() };
        Self { inner: Arc::new(inner) }
    }

    /// A client like this one with another limit than 10 s on a request.
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        let Inner { policy, resolver, roots, .. } = &*self.inner;
        let (resolver, roots) = (Arc::clone(resolver), roots.clone());
        Self { inner: Arc::new(Inner { policy: *policy, resolver, roots, timeout, ready: OnceLock::new() }) }
    }

    /// Whether a target can be reached at all, as far as that is known without asking anybody.
    ///
    /// # Errors
    /// The target is a forbidden address, or asks for TLS where nobody is trusted.
    pub(crate) fn check(&self, target: &Target) -> Result<(), String> {
        if let Some(literal) = target.literal() {
            self.inner.policy.check(literal).map_err(|forbidden| forbidden.to_string())?;
        }
        if target.is_tls() && !self.ready()?.has_roots {
            return Err(NO_ROOTS.to_owned());
        }
        Ok(())
    }

    /// Sends a request and returns whatever came back.
    ///
    /// # Errors
    /// No HTTP response came back.
    pub(crate) async fn send(&self, request: &Request, now: Timestamp) -> Result<Response, DeliveryError> {
        let site = request.target.site();
        if let Some(literal) = request.target.literal() {
            self.inner.policy.check(literal).map_err(|forbidden| not_asked(&site, forbidden))?;
        }
        let ready =
            self.ready().map_err(|what| DeliveryError::transient(format!("no request to {site}: {what}"), None))?;
        let sending = ready.client.post(request.target.url().clone()).headers(request.headers.clone());
        match sending.body(request.body.clone()).send().await {
            Ok(response) => Ok(Response::read(response, request, now).await),
            // The library's own words have the whole address in them.
            Err(error) => Err(self.failure(&error.without_url(), &request.target)),
        }
    }

    /// Sends a request and holds what came back against what a receiver should answer.
    ///
    /// # Errors
    /// No HTTP response came back, or one that is no success.
    pub(crate) async fn post(&self, request: &Request, now: Timestamp) -> Result<Response, DeliveryError> {
        self.send(request, now).await?.accepted()
    }

    fn ready(&self) -> Result<&Ready, String> {
        if let Some(ready) = self.inner.ready.get() {
            return Ok(ready);
        }
        let ready = self.inner.make()?;
        Ok(self.inner.ready.get_or_init(|| ready))
    }

    /// Why there was no response, naming the site and nothing more of the address.
    fn failure(&self, error: &reqwest::Error, target: &Target) -> DeliveryError {
        let site = target.site();
        let what = if let Some(unreachable) = causes(error).find_map(|cause| cause.downcast_ref::<Unreachable>()) {
            match unreachable {
                Unreachable::Forbidden(forbidden) => return not_asked(&site, *forbidden),
                Unreachable::Unresolved(error) => format!("the name of {site} cannot be resolved: {}", said(&**error)),
                Unreachable::NoAddress => format!("the name of {site} has no address"),
            }
        } else if error.is_timeout() {
            format!("{site} did not answer within {} s", self.inner.timeout.as_secs_f64())
        } else if error.is_builder() {
            return DeliveryError::permanent(format!(
                "no request for {site} can be made: a token, a key or the address has characters that HTTP does not take"
            ));
        } else {
            let root = causes(error).last().unwrap_or(error);
            let is_network = root.downcast_ref::<io::Error>().is_some_and(|error| error.raw_os_error().is_some());
            match (error.is_connect(), target.is_tls() && !is_network) {
                (true, true) => format!("no TLS with {site}: {}", said(root)),
                (true, false) => format!("no connection to {site}: {}", said(root)),
                (false, _) => format!("{site} gave no HTTP answer: {}", said(root)),
            }
        };
        DeliveryError::transient(what, None)
    }
}

impl Inner {
    fn make(&self) -> Result<Ready, String> {
        let mut roots = RootCertStore::empty();
        // One unreadable certificate among a hundred is no reason to trust none of the others.
        roots.add_parsable_certificates(match &self.roots {
            Roots::Only(certificates) => certificates.clone(),
            Roots::System => rustls_native_certs::load_native_certs().certs,
        });
        let has_roots = !roots.is_empty();
        let no_tls = |error: &dyn Error| format!("TLS cannot be set up: {error}");
        let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| no_tls(&error))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .dns_resolver(PolicyResolver::new(self.policy, Arc::clone(&self.resolver)))
            .timeout(self.timeout)
            // Shared among the addresses of a name, so that a dead one does not take it all.
            .connect_timeout(self.timeout)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .referer(false)
            .http1_only()
            .pool_max_idle_per_host(0)
            .user_agent(USER_AGENT)
            .build()
            .map_err(|error| no_tls(&error))?;
        Ok(Ready { client, has_roots })
    }
}

fn not_asked(site: &str, forbidden: Forbidden) -> DeliveryError {
    DeliveryError::permanent(format!("{site} is not asked: {forbidden}"))
}

/// An error and what caused it, down to the root. An I/O error says of one that it wraps only what caused that, so it
/// is asked for it by another name.
pub(crate) fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| {
        let error: &'a (dyn Error + 'static) = *error;
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inside) => Some(inside),
            None => error.source(),
        }
    })
}

fn said(error: &dyn Error) -> String {
    words::name(&error.to_string(), CAUSE)
}
