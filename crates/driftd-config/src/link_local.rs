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

/// Whether the address is link-local or a cloud's metadata service, which no receiver is unless
/// `notify.allow_link_local` says so. An IPv4 address inside an IPv6 one counts as itself, see [`embedded`].
#[must_use]
pub fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local() || METADATA_V4.contains(&v4),
        IpAddr::V6(v6) => {
            v6.is_unicast_link_local()
                || METADATA_V6.contains(&v6)
                || embedded(v6).any(|v4| is_link_local(IpAddr::V4(v4)))
        }
    }
}

/// The IPv4 addresses that packets to an IPv6 one may end at: written into it by RFC 4291 (mapped and compatible), by a
/// translator (RFC 6052 and 8215, and its ancestor `::ffff:0:a.b.c.d`), or by a tunnel (6to4, Teredo, ISATAP). Nobody's
/// prefix is asked for, so what a network translates under a prefix of its own is not known here.
pub fn embedded(v6: Ipv6Addr) -> impl Iterator<Item = Ipv4Addr> {
    let v4 = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    let (first, second) = match v6.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, a, b] => (Some(v4(a, b)), None),
        // A prefix below it may be longer or shorter. Behind the shortest the bits of the ninth octet are left out; where
        // nothing is written, nothing is meant.
        [0x64, 0xff9b, 1, x, y, z, a, b] => {
            let written = |v4: Ipv4Addr| Some(v4).filter(|v4| !v4.is_unspecified());
            (written(v4(a, b)), written(v4(x, (y << 8) | (z >> 8))))
        }
        [0, 0, 0, 0, 0xffff, 0, a, b] => (Some(v4(a, b)), None),
        [0x2002, a, b, ..] => (Some(v4(a, b)), None),
        // The server of the tunnel, and its other end with every bit turned over.
        [0x2001, 0, a, b, _, _, c, d] => (Some(v4(a, b)), Some(v4(!c, !d))),
        [_, _, _, _, 0 | 0x200, 0x5efe, a, b] => (Some(v4(a, b)), None),
        _ => (v6.to_ipv4(), None),
    };
    first.into_iter().chain(second)
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
        let tunnelled = "[::ffff:0:a9fe:a9fe] [2002:a9fe:a9fe::] [2002:a9fe:a9fe::1] [2002:6464:64c8:1::] \
                         [2001:0:a9fe:a9fe::] [2001:0:808:808:0:0:5601:5601] [2001::5601:5601] \
                         [64:ff9b:1::a9fe:a9fe] [64:ff9b:1:a9fe:a9:fe00::] [64:ff9b:1:a9fe:a9:fe00:0:1] \
                         [fd00::5efe:a9fe:a9fe] [2a00::200:5efe:169.254.169.254]";
        for host in tunnelled.split_whitespace() {
            assert!(literal(host).is_some_and(is_link_local), "{host}");
        }
        for host in ["[2002:808:808::]", "[2001:0:808:808::f7f7:f7f7]", "[2001:db8::a9fe:a9fe]", "[64:ff9b:1::808:808]"]
        {
            assert!(literal(host).is_some_and(|ip| !is_link_local(ip)), "{host}");
        }
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
