//! From a target to a connection with one of its addresses.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

use super::trouble::Trouble;
use super::{Parts, Target};

/// Addresses of a name that are tried.
const ADDRESSES: usize = 8;

/// A connection, with TLS or without.
pub(super) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// Connects to the first address of `target` that answers. Each has its share of the time that is left, so that a dead
/// one does not take it all.
pub(super) async fn connect(parts: &Parts, target: &Target, deadline: Instant) -> Result<Box<dyn Wire>, Trouble> {
    let addresses = addresses(parts, target).await?;
    let mut trouble = Trouble::Nowhere;
    for (tried, address) in addresses.iter().enumerate() {
        let left = u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
        let share = deadline.saturating_duration_since(Instant::now()) / left;
        match timeout(share, TcpStream::connect(*address)).await {
            Ok(Ok(stream)) => return secured(parts, target, stream).await,
            Ok(Err(error)) => trouble = Trouble::Refused(error),
            Err(_) => trouble = Trouble::Silent,
        }
    }
    Err(trouble)
}

/// The addresses of `target` that may be reached.
async fn addresses(parts: &Parts, target: &Target) -> Result<Vec<SocketAddr>, Trouble> {
    let found = match target.literal() {
        Some(literal) => vec![SocketAddr::new(literal, target.port())],
        None => parts.resolver.resolve(&target.host(), target.port()).await.map_err(Trouble::Unresolved)?,
    };
    let mut forbidden = None;
    let mut allowed = Vec::new();
    for address in found {
        match parts.policy.check(address.ip()) {
            Ok(()) => allowed.push(address),
            Err(why) => forbidden = Some(why),
        }
    }
    allowed.dedup();
    allowed.truncate(ADDRESSES);
    match forbidden {
        Some(why) if allowed.is_empty() => Err(Trouble::Forbidden(why)),
        _ if allowed.is_empty() => Err(Trouble::Nowhere),
        _ => Ok(allowed),
    }
}

async fn secured(parts: &Parts, target: &Target, stream: TcpStream) -> Result<Box<dyn Wire>, Trouble> {
    // A message is small and waited for.
    drop(stream.set_nodelay(true));
    if !target.is_tls() {
        return Ok(Box::new(stream));
    }
    let config = parts.roots.config().map_err(Trouble::NoTrust)?;
    let name = ServerName::try_from(target.host()).map_err(|_| Trouble::Unsayable)?;
    let stream = TlsConnector::from(Arc::clone(&config)).connect(name, stream).await.map_err(Trouble::Tls)?;
    Ok(Box::new(stream))
}
