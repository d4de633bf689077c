/** Starts and ends pasta, and tells what the installed one can do. */
import type { PortMapping } from "@podwright/spec/engine-api/common";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { existsSync } from "node:fs";
import { readIfThere } from "../../base/if-there.ts";
import { sleep } from "../../base/sleep.ts";
import type { Pasta, PastaAbilities, PastaRequest } from "../../ports/pasta.ts";
import type { ProcessIdentity, Processes } from "../../ports/processes.ts";
import { runCommand } from "../process/run.ts";
import { helpOf } from "./kept-help.ts";

const NAME_SERVER = "169.254.1.1";
const HOST = "169.254.1.2";
/** Of passt from August 2024 on: an address of its own for the host, instead of the gateway's. */
const HOST_OPTION = "map-guest-addr";
/** Of passt that answers clients from everywhere; nothing else tells it apart (decision 010). */
const PUBLISHES_OPTION = "map-host-loopback";
const SIGTERM = 15;
const SIGKILL = 9;
/** Milliseconds. */
const START_LIMIT = 10_000;
const PATIENCE = 1_000;
const PAUSE = 2;

export class PastaProcess implements Pasta {
  readonly nameServer = NAME_SERVER;
  readonly #processes: Processes;
  readonly #program: string | undefined;
  readonly #notes: string;

  /** `candidates` are paths, the best first; `notes` is a file that keeps what the installed one can do. */
  constructor(processes: Processes, candidates: readonly string[], notes: string) {
    this.#processes = processes;
    this.#program = candidates.find((path) => existsSync(path));
    this.#notes = notes;
  }

  async abilities(): Promise<PastaAbilities> {
    if (this.#program === undefined) return { publishes: true, hostAddress: "" };
    const options = await helpOf(this.#program, {
      notes: this.#notes,
      known: [HOST_OPTION, PUBLISHES_OPTION],
    });
    return {
      publishes: options.includes(PUBLISHES_OPTION),
      hostAddress: options.includes(HOST_OPTION) ? HOST : "",
    };
  }

  async start({ netnsPath, pidFile, ports, options }: PastaRequest): Promise<void> {
    if (this.#program === undefined) {
      throw new EngineError("HOST_PART_MISSING", "cannot set up the network: pasta is not installed", {
        hint: "install the package passt; --network none and host work without it",
      });
    }
    const { hostAddress } = await this.abilities();
    const mapped = hostAddress === "" ? [] : [`--${HOST_OPTION}`, hostAddress];
    const gateway = options.includes("--map-gw") ? [] : ["--no-map-gw"];
    const asked = options.filter((option) => option !== "--map-gw");
    const ours = ["--config-net", "--quiet", "--pid", pidFile, "--dns-forward", NAME_SERVER];
    const { exitCode, stderr } = await runCommand({
      argv: [
        this.#program,
        ...ours,
        ...gateway,
        ...mapped,
        ...portOptions(ports),
        ...asked,
        "--netns",
        netnsPath,
      ],
      cwd: "/",
      timeoutMs: START_LIMIT,
    });
    if (exitCode === 0) return;
    const hint = hintFor(stderr);
    throw new EngineError(
      "NETWORK_SETUP_FAILED",
      `pasta: ${reasonIn(stderr) || `exit status ${exitCode}`}`,
      hint === undefined ? {} : { hint },
    );
  }

  isRunning(pidFile: string): boolean {
    return this.#noted(pidFile) !== undefined;
  }

  async stop(pidFile: string): Promise<void> {
    const process = this.#noted(pidFile);
    if (process === undefined) return;
    this.#processes.kill(process, SIGTERM);
    for (let waited = 0; this.#processes.isAlive(process); waited += PAUSE) {
      if (waited >= PATIENCE) this.#processes.kill(process, SIGKILL);
      await sleep(PAUSE);
    }
  }

  /** Unless the id is somebody else's by now: ours was started with the file's path. */
  #noted(pidFile: string): ProcessIdentity | undefined {
    const pid = Number(readIfThere(pidFile)?.trim() ?? "");
    if (!Number.isInteger(pid) || pid <= 1) return undefined;
    const words = readIfThere(`/proc/${pid}/cmdline`)?.split("\0") ?? [];
    return words.includes(pidFile) ? this.#processes.identify(pid) : undefined;
  }
}

/** passt(1), -t and -u: "127.0.0.1/8000-8009:80-89"; nothing else leads in or out by loopback. */
export function portOptions(ports: readonly PortMapping[]): string[] {
  const of = (protocol: PortMapping["protocol"], option: string): string[] => {
    const found = ports.filter((port) => port.protocol === protocol);
    return found.length === 0 ? [option, "none"] : found.flatMap((port) => [option, rangeOf(port)]);
  };
  return [...of("tcp", "-t"), ...of("udp", "-u"), "-T", "none", "-U", "none"];
}

function rangeOf({ hostIp, hostPort, containerPort, length }: PortMapping): string {
  const span = (first: number): string => (length === 1 ? `${first}` : `${first}-${first + length - 1}`);
  return `${hostIp === "" ? "" : `${hostIp}/`}${span(hostPort)}:${span(containerPort)}`;
}

function hintFor(stderr: string): string | undefined {
  if (/tun (socket|device)/.test(stderr)) {
    return "users need to open /dev/net/tun: its mode is 0666 where udev made it; --network none does without";
  }
  if (/no[^\n]* (interface|route)/i.test(stderr)) {
    return "it copies addresses from the interface with the host's default route; --network none does without";
  }
  return undefined;
}

function reasonIn(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "" && !line.includes("bytes to syslog"));
  return lines.at(-1)?.trim() ?? "";
}
