//! Addresses that are only meaningful on the machine's own link: where clouds hand out the machine's credentials.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Metadata services that stand outside the link-local ranges, and whose they are.
const METADATA_V4: [Ipv4Addr; 3] = [
    Ipv4Addr::new(100, 100, 100, 200), // Alibaba Cloud
    Ipv4Addr::new(168, 63, 129, 16),   // Azure
    Ipv4Addr::new(192, 0, 0, 192),     // Oracle Cloud
];
/// The same of IPv6.
const METADATA_V6: [Ipv6Addr; 2] = [
    Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x254), // AWS
    Ipv6Addr::new(0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x254), // Google Cloud
];
/// What an IPv4 address is put behind where only IPv6 is spoken.
const NAT64: [u16; 6] = [0x64, 0xff9b, 0, 0, 0, 0];

/// Whether the address is link-local or a cloud's metadata service, which no receiver is unless
/// `notify.allow_link_local` says so. An IPv4 address inside an IPv6 one counts as itself.
#[must_use]
pub fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local() || METADATA_V4.contains(&v4),
        IpAddr::V6(v6) => {
            v6.is_unicast_link_local()
                || METADATA_V6.contains(&v6)
                || embedded(v6).is_some_and(|v4| is_link_local(IpAddr::V4(v4)))
        }
    }
}

/// The IPv4 address that an IPv6 one stands for.
fn embedded(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    if let [a, b, c, d, e, f, high, low] = v6.segments()
        && [a, b, c, d, e, f] == NAT64
    {
        return Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    }
    v6.to_ipv4()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HttpUrl;

    fn literal(host: &str) -> Option<IpAddr> {
        format!("http://{host}").parse::<HttpUrl>().ok()?.literal()
    }

    #[test]
    fn every_spelling_of_a_metadata_address_is_known() {
        let metadata = "169.254.169.254 169.254.169.254. 169.254.0.1 0xa9fea9fe 2852039166 169.254.43518 169.16689662 \
                        0251.0376.0251.0376 0xA9.254.0xa9.254 100.100.100.200 [fe80::1] [febf::1] \
                        [::ffff:169.254.169.254] [::169.254.169.254] [64:ff9b::a9fe:a9fe] [fd00:ec2::254]";
        for host in metadata.split(' ') {
            assert!(literal(host).is_some_and(is_link_local), "{host}");
        }
        for host in "127.0.0.1 10.0.0.1 169.253.1.1 [::1] [fec0::1] [fd00::1] [64:ff9b::808:808] 0x".split(' ') {
            assert!(literal(host).is_some_and(|ip| !is_link_local(ip)), "{host}");
        }
        let names = "localhost am-0 1.2.3.4.5 256.1.1.1 1.2.3.256 4294967296 09 1..2 [x] 169.254.x.1";
        for host in names.split(' ').chain([""]) {
            assert_eq!(literal(host), None, "{host}");
        }
    }
}
