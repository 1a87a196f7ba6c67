//! Ports for servers that cannot be told to take any.

use std::net::{Ipv4Addr, TcpListener};

/// Ports that were free a moment ago, no two the same.
pub(super) fn free_ports<const N: usize>() -> [u16; N] {
    // All are held until all are known.
    let listeners = [(); N].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port"));
    listeners.each_ref().map(|listener| listener.local_addr().expect("an address").port())
}
