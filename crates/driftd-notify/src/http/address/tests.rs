use super::*;

fn check(text: &str, allow_link_local: bool) -> Result<(), Forbidden> {
    AddressPolicy { allow_link_local }.check(text.parse().unwrap())
}

#[test]
fn the_machine_and_its_networks_are_allowed() {
    for address in ["127.0.0.1", "::1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "fd00::1", "8.8.8.8", "2001:db8::1"] {
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
    ] {
        assert!(matches!(check(address, false), Err(Forbidden::LinkLocal(_))), "{address}");
        assert_eq!(check(address, true), Ok(()), "{address}");
    }
}

#[test]
fn nobody_is_never_reached() {
    for address in
        ["0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255", "::", "ff02::1", "::ffff:0.0.0.0", "::ffff:224.0.0.1"]
    {
        assert!(matches!(check(address, true), Err(Forbidden::Nobody(_))), "{address}");
    }
}
