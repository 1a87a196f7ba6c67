//! From the name of a host to its addresses.

use std::io;
use std::net::SocketAddr;

use driftd_model::BoxFuture;

/// Says where a host is.
pub trait Resolve: Send + Sync {
    /// The addresses at which `port` of `host` is reached; `host` is a name and not an address.
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>>;
}

/// The system's own resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
    }
}
