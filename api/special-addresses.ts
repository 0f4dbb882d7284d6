/**
 * Ranges that are not the public internet, though they look like it (IANA's special-purpose registries), and multicast: of
 * IPv4, and of the global part of IPv6, 2000::/3. The runner refuses them, and NetworkPolicies leave them out.
 */
export const specialAddresses = {
  ipv4: [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
  ],
  /** Documentation, tunnels, or otherwise not a place of its own. */
  ipv6: ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"],
} as const;
