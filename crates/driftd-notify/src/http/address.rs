//! Where a connection may go.

use std::net::IpAddr;

use driftd_config::is_link_local;

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
}

/// The unspecified network, multicast and broadcast. An IPv4 address inside an IPv6 one counts as itself.
fn is_nobody(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.octets().first() == Some(&0) || v4.is_multicast() || v4.is_broadcast(),
        IpAddr::V6(v6) => {
            v6.is_unspecified() || v6.is_multicast() || v6.to_ipv4_mapped().is_some_and(|v4| is_nobody(IpAddr::V4(v4)))
        }
    }
}

#[cfg(test)]
mod tests;
