//! Which addresses a webhook may go to. Merchants name URLs, also per payment; a router inside a private network must
//! not become a way into it. Judged are addresses, not names, and those that are connected to: a name cannot change
//! its mind between the check and the connection.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address is none of the public internet's: loopback, private, link-local (cloud metadata), carrier NAT,
/// documentation, multicast, reserved, and every IPv6 form that embeds such an IPv4 address.
#[must_use]
pub fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => private_v4(v4),
        IpAddr::V6(v6) => private_v6(v6),
    }
}

fn private_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 168, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    )
}

fn private_v6(ip: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = ip.segments();
    let [g1, g2, h1, h2] = [g >> 8, g & 0xff, h >> 8, h & 0xff].map(|byte| byte.to_be_bytes()[1]);
    let embedded = Ipv4Addr::new(g1, g2, h1, h2);
    match (a, b, c, d, e, f) {
        // Unspecified, loopback, IPv4-compatible; mapped; translated.
        (0, 0, 0, 0, 0, 0) => true,
        (0, 0, 0, 0, 0, 0xffff) | (0x64, 0xff9b, 0, 0, 0, 0) => private_v4(embedded),
        (0, 0, 0, 0, 0xffff, 0) => private_v4(embedded),
        // Local-use translation, discard, Teredo, benchmarking, documentation.
        (0x64, 0xff9b, 1, ..) | (0x100, 0, 0, 0, ..) | (0x2001, 0 | 2 | 0xdb8, ..) | (0x3fff, 0..=0xfff, ..) => true,
        // 6to4 carries the IPv4 address in its prefix.
        (0x2002, high, low, ..) => {
            let [[a, b], [c, d]] = [high, low].map(u16::to_be_bytes);
            private_v4(Ipv4Addr::new(a, b, c, d))
        }
        // Unique local, link-local, the old site-local, multicast.
        (first, ..) => matches!(first, 0xfc00..=0xfdff | 0xfe80..=0xfeff | 0xff00..=0xffff),
    }
}

#[cfg(test)]
mod tests {
    use super::is_private;

    #[test]
    #[allow(clippy::unwrap_used)]
    fn private_ways_in_are_known() {
        for inside in [
            "0.0.0.0",
            "10.0.0.1",
            "127.0.0.1",
            "127.9.9.9",
            "100.64.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "192.0.0.170",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2002:a00:1::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "::ffff:0:10.0.0.1",
        ] {
            assert!(is_private(inside.parse().unwrap()), "{inside}");
        }
        for outside in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.0.1",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.167.1.1",
            "52.78.5.241",
            "2606:4700::1111",
            "2400:cb00::1",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::1",
        ] {
            assert!(!is_private(outside.parse().unwrap()), "{outside}");
        }
    }
}
