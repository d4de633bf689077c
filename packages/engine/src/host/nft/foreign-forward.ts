/** Finds the firewall of somebody else that drops forwarded packets: an accept of ours does not outweigh its drop. */

const DROPPING_FORWARD = /\bhook forward\b.*\bpolicy drop\b/;

/** Reads `nft list chains`; gives "table inet firewalld, chain filter_FORWARD". */
export function blockingForwardChain(listing: string): string | undefined {
  let table = "";
  let chain = "";
  for (const line of listing.split("\n")) {
    const heading = /^\s*(table|chain) (.+?) \{/.exec(line);
    if (heading?.[1] === "table") table = heading[2] ?? "";
    if (heading?.[1] === "chain") chain = heading[2] ?? "";
    // Chains of bridges and of IPv6 alone do not see the packets of most networks.
    if (/^(ip|inet) /.test(table) && DROPPING_FORWARD.test(line)) return `table ${table}, chain ${chain}`;
  }
  return undefined;
}
