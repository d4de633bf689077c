/** The text of our nft table: chains and rules whose number does not grow, maps and sets that do. */
import { parseSubnet } from "../../base/ip.ts";
import type { FirewallNetwork } from "../../ports/firewall.ts";

/** A chain that stands where the table does. */
export const LAST_CHAIN = "forward";

/** `create table` fails when another command was quicker: else rules would stand twice. */
export function tableDefinition(table: string): string {
  return `create table inet ${table}
table inet ${table} {
  map pub4 { type inet_proto . ipv4_addr . inet_service : ipv4_addr . inet_service; }
  map any4 { type inet_proto . inet_service : ipv4_addr . inet_service; }
  map pub6 { type inet_proto . ipv6_addr . inet_service : ipv6_addr . inet_service; }
  map any6 { type inet_proto . inet_service : ipv6_addr . inet_service; }
  set nets4 { type ipv4_addr; flags interval; }
  set nets6 { type ipv6_addr; flags interval; }
  set bridges { type ifname; }
  set internal { type ifname; }
  set isolated { type ifname; }
  set strict { type ifname; }
  set within { type ifname . ifname; }
  chain publish {
    dnat ip to meta l4proto . ip daddr . th dport map @pub4
    dnat ip to meta l4proto . th dport map @any4
    dnat ip6 to meta l4proto . ip6 daddr . th dport map @pub6
    dnat ip6 to meta l4proto . th dport map @any6
  }
  chain prerouting { type nat hook prerouting priority dstnat; policy accept;
    fib daddr type local meta l4proto { tcp, udp, sctp } jump publish
  }
  chain output { type nat hook output priority -100; policy accept;
    fib daddr type local meta l4proto { tcp, udp, sctp } jump publish
  }
  chain postrouting { type nat hook postrouting priority srcnat; policy accept;
    ct status dnat ip saddr 127.0.0.0/8 ip daddr @nets4 masquerade
    ct status dnat ip6 saddr ::1 ip6 daddr @nets6 masquerade
    ct status dnat ip saddr @nets4 ip daddr @nets4 masquerade
    ct status dnat ip6 saddr @nets6 ip6 daddr @nets6 masquerade
    ip saddr @nets4 ip daddr != @nets4 ip daddr != 224.0.0.0/4 masquerade
    ip6 saddr @nets6 ip6 daddr != @nets6 ip6 daddr != ff00::/8 masquerade
  }
  chain ${LAST_CHAIN} { type filter hook forward priority filter; policy accept;
    iifname . oifname @within accept
    iifname @internal drop
    oifname @internal drop
    ct status dnat accept
    ct state established,related accept
    iifname @isolated oifname @isolated drop
    iifname @strict oifname @bridges drop
    iifname @bridges oifname @strict drop
  }
}`;
}

/** `add`s are repeatable, and so are `delete`s after an `add`. */
export function networkElements(verb: "add" | "delete", table: string, network: FirewallNetwork): string[] {
  const bridge = `"${network.bridge}"`;
  const element = (set: string, value: string): string => `${verb} element inet ${table} ${set} { ${value} }`;
  return [
    ...network.subnets.map((subnet) =>
      element(parseSubnet(subnet)?.family === 6 ? "nets6" : "nets4", subnet),
    ),
    element("bridges", bridge),
    element("within", `${bridge} . ${bridge}`),
    ...(network.internal ? [element("internal", bridge)] : []),
    ...(network.isolate === "on" ? [element("isolated", bridge)] : []),
    ...(network.isolate === "strict" ? [element("strict", bridge)] : []),
  ];
}
