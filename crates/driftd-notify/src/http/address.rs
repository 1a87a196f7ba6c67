//! Where a connection may go: the address policy, and the resolver that enforces it.

use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use driftd_config::{embedded, is_link_local};
use reqwest::dns::{Name, Resolve, Resolving};

/// Addresses of a name that are tried.
const ADDRESSES: usize = 8;

/// Which addresses receivers may be reached at: loopback and private networks always, link-local ones and those of a
/// cloud's metadata service only where that is allowed, and never what is nobody's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct AddressPolicy {
    /// Whether link-local and metadata addresses are allowed.
    pub allow_link_local: bool,
}

/// An address that receivers may not be reached at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// Reachable from this machine's own link only, or where a cloud hands out the machine's credentials.
    #[error(
        "{0} is a link-local or cloud metadata address, which receivers may not have: set notify.allow_link_local = true if it is meant"
    )]
    LinkLocal(IpAddr),
    /// Nobody's in particular.
    #[error("{0} is no address of one machine: write the receiver's own address")]
    Nobody(IpAddr),
}

/// A name that no connection is made to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreachable {
    /// It does not resolve.
    #[error("{0}")]
    Unresolved(Box<dyn Error + Send + Sync>),
    /// It resolves to nothing.
    #[error("no address")]
    NoAddress,
    /// None of its addresses may be reached; this is one of them.
    #[error("{0}")]
    Forbidden(Forbidden),
}

impl AddressPolicy {
    /// Whether a connection may go to `address`.
    ///
    /// # Errors
    /// It may not.
    pub fn check(self, address: IpAddr) -> Result<(), Forbidden> {
        if is_nobody(address) {
            return Err(Forbidden::Nobody(address));
        }
        if is_link_local(address) && !self.allow_link_local {
            return Err(Forbidden::LinkLocal(address));
        }
        Ok(())
    }

    /// Those of `found` that a connection may go to; at least one.
    pub(crate) fn allowed(self, found: impl Iterator<Item = SocketAddr>) -> Result<Vec<SocketAddr>, Unreachable> {
        let mut forbidden = None;
        let mut allowed = Vec::new();
        for address in found {
            match self.check(address.ip()) {
                Ok(()) => allowed.push(address),
                Err(why) => forbidden = Some(why),
            }
        }
        allowed.dedup();
        allowed.truncate(ADDRESSES);
        match forbidden {
            Some(why) if allowed.is_empty() => Err(Unreachable::Forbidden(why)),
            None if allowed.is_empty() => Err(Unreachable::NoAddress),
            _ => Ok(allowed),
        }
    }
}

/// The unspecified network, multicast and broadcast. An IPv4 address inside an IPv6 one counts as itself.
fn is_nobody(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.octets().first() == Some(&0) || v4.is_multicast() || v4.is_broadcast(),
        IpAddr::V6(v6) => {
            // `::` and `::1` are read as IPv4 by the oldest of its spellings.
            let is_own = v6.is_unspecified() || v6.is_loopback();
            v6.is_unspecified() || v6.is_multicast() || !is_own && embedded(v6).any(|v4| is_nobody(IpAddr::V4(v4)))
        }
    }
}

/// The system's own resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // The port of the target is put in place of none.
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as _)
        })
    }
}

/// A resolver that tells of the allowed addresses only. The connection is made to the very addresses that were looked
/// at, so a name that leads elsewhere a moment later gains nothing.
pub(super) struct PolicyResolver {
    policy: AddressPolicy,
    resolver: Arc<dyn Resolve>,
}

impl PolicyResolver {
    pub(super) fn new(policy: AddressPolicy, resolver: Arc<dyn Resolve>) -> Self {
        Self { policy, resolver }
    }
}

impl Resolve for PolicyResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (policy, resolving) = (self.policy, self.resolver.resolve(name));
        Box::pin(async move {
            let found = resolving.await.map_err(Unreachable::Unresolved)?;
            Ok(Box::new(policy.allowed(found)?.into_iter()) as _)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, allow_link_local: bool) -> Result<(), Forbidden> {
        AddressPolicy { allow_link_local }.check(text.parse().unwrap())
    }

    #[test]
    fn the_machine_and_its_networks_are_allowed() {
        for address in [
            "127.0.0.1",
            "::1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "fd00::1",
            "8.8.8.8",
            "2001:db8::1",
            "2002:808:808::1",
        ] {
            assert_eq!(check(address, false), Ok(()), "{address}");
        }
    }

    #[test]
    fn link_local_and_metadata_addresses_need_to_be_allowed() {
        for address in [
            "169.254.169.254",
            "169.254.0.1",
            "100.100.100.200",
            "fe80::1",
            "febf::1",
            "fd00:ec2::254",
            "::ffff:169.254.169.254",
            "::ffff:100.100.100.200",
            "64:ff9b::169.254.169.254",
            "2002:a9fe:a9fe::1",
            "2001:0:a9fe:a9fe::f7f7:f7f7",
            "2001:0:808:808::5601:5601",
        ] {
            assert!(matches!(check(address, false), Err(Forbidden::LinkLocal(_))), "{address}");
            assert_eq!(check(address, true), Ok(()), "{address}");
        }
    }

    #[test]
    fn nobody_is_never_reached() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "ff02::1",
            "::ffff:0.0.0.0",
            "::ffff:224.0.0.1",
            "2002:e000:1::1",
            "64:ff9b::255.255.255.255",
        ] {
            assert!(matches!(check(address, true), Err(Forbidden::Nobody(_))), "{address}");
        }
    }
}
