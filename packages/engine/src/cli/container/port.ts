/** `port`: where the ports of a container are published on the host. */
import type { PortMapping } from "@podwright/spec/engine-api/common";
import type { ContainersApi } from "@podwright/spec/engine-api/containers";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { defineCommand } from "../frame/command.ts";
import { latestFlag, oneContainer } from "./selection.ts";

export const command = defineCommand({
  path: ["port"],
  also: [["container", "port"]],
  summary: "List port mappings or a specific mapping for the container",
  description:
    "List port mappings for the CONTAINER, or look up the public-facing port that is NAT-ed to the PRIVATE_PORT.",
  usage: "[options] CONTAINER [PORT]",
  args: { min: 0, max: 2 },
  argCompletion: "container",
  flags: {
    all: { type: "bool", short: "a", help: "Display port information for all containers" },
    latest: latestFlag,
  },
  examples: ["port --all", "port ctrID 80/tcp"],
  async run({ flags, args, engine, io }) {
    refuseConflicts(args, flags);
    const containers = await engine.containers();
    if (flags.all) {
      for (const line of await linesOfAll(containers)) io.out(line);
      return;
    }
    const wanted = parseWanted(flags.latest ? args[0] : args[1]);
    const name = await oneContainer(engine, { args: args.slice(0, 1), latest: flags.latest });
    const ports = (await containers.ports(name)).flatMap(single);
    const shown = wanted === undefined ? ports.map(mappingLine) : wantedLines(ports, wanted);
    for (const line of shown) io.out(`${line}\n`);
  },
});

interface SinglePort {
  readonly container: string;
  readonly host: string;
}

function refuseConflicts(
  args: readonly string[],
  flags: { readonly all: boolean; readonly latest: boolean },
): void {
  const refuse = (message: string): never => {
    throw new EngineError("CLI_USAGE", message);
  };
  if (args.length === 0 && !flags.latest && !flags.all)
    refuse("you must supply a running container name or id");
  if (flags.all && args.length > 0) refuse("no arguments are needed with --all");
  if (flags.all && flags.latest) refuse("--all and --latest cannot be used together");
}

async function linesOfAll(containers: ContainersApi): Promise<string[]> {
  const running = await containers.list({ all: false, filters: {}, size: false, namespaces: false });
  const lines: string[] = [];
  for (const { id, isInfra } of running) {
    if (isInfra) continue;
    for (const port of (await containers.ports(id)).flatMap(single)) {
      lines.push(`${id.slice(0, 12)}\t${mappingLine(port)}\n`);
    }
  }
  return lines;
}

/** "80/tcp" for "80". @throws CLI_USAGE */
function parseWanted(text: string | undefined): string | undefined {
  if (text === undefined || text === "") return undefined;
  const [port = "", protocol = "tcp", more] = text.split("/");
  if (more !== undefined) {
    throw new EngineError("CLI_USAGE", `port formats are port/protocol. '${text}' is invalid`);
  }
  if (!/^\d+$/.test(port) || Number(port) > 65_535) {
    throw new EngineError("CLI_USAGE", `port formats are port/protocol. '${text}' is invalid`);
  }
  return `${Number(port)}/${protocol}`;
}

function single({ hostIp, hostPort, containerPort, length, protocol }: PortMapping): SinglePort[] {
  const address = hostIp === "" ? "0.0.0.0" : hostIp;
  return Array.from({ length }, (_, at) => ({
    container: `${containerPort + at}/${protocol}`,
    host: `${address}:${hostPort + at}`,
  }));
}

function mappingLine({ container, host }: SinglePort): string {
  return `${container} -> ${host}`;
}

function wantedLines(ports: readonly SinglePort[], wanted: string): string[] {
  const found = ports.filter(({ container }) => container === wanted);
  if (found.length > 0) return found.map(({ host }) => host);
  throw new EngineError("CLI_USAGE", `failed to find published port ${JSON.stringify(wanted)}`);
}
