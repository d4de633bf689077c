/** The firewall's part in keeping clients' addresses: flows that come from the forwarder mark their answers. */
import { runCommand } from "../process/run.ts";
import { LEAVING, MARK } from "./marks.ts";

/** Milliseconds. */
const LIMIT = 10_000;

/**
 * Answers of this namespace's own sockets are routed anew by their mark, those of others, which come by a bridge, before
 * they are routed at all. (nft 1.0.6 wants the closing braces on lines of their own.)
 */
const TABLE_TEXT = `table inet podwright_forward
delete table inet podwright_forward
table inet podwright_forward {
  chain sent {
    type filter hook output priority mangle
    meta mark { ${MARK}, ${LEAVING} } ct mark set ${MARK}
  }
  chain own {
    type route hook output priority mangle
    ct direction reply ct mark ${MARK} meta mark set ${MARK}
  }
  chain bridged {
    type filter hook prerouting priority mangle
    ct direction reply ct mark ${MARK} meta mark set ${MARK}
  }
}
`;

/** In place of what is there. False where nft is missing or refuses. */
export async function markAnswers(netnsPath: string): Promise<boolean> {
  const { exitCode } = await runCommand({
    argv: ["nsenter", `--net=${netnsPath}`, "nft", "-f", "-"],
    input: TABLE_TEXT,
    timeoutMs: LIMIT,
  });
  return exitCode === 0;
}
