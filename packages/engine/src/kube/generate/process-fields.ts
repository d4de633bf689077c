/** What runs in a container: only what its image does not say already. */
import type { Container, EnvVar } from "@podwright/spec/kube/types";
import type { SandboxFact } from "@podwright/spec/engine-api/containers";
import type { ContainerConfig } from "../../ports/container-record.ts";
import { subjectOf, type Writing } from "./context.ts";
import { escapeReferences } from "./expansion.ts";
import { compact, whenAny, whenTrue } from "./members.ts";

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

type ProcessFields = Pick<Container, "command" | "args" | "env" | "workingDir" | "tty" | "stdin">;

export function processFields(writing: Writing, config: ContainerConfig): ProcessFields {
  const image = writing.image(config);
  const { process } = config;
  const kept = Object.keys(config.sandboxEnv ?? {});
  const escape = (words: readonly string[] | undefined): readonly string[] | undefined =>
    words?.map((word) => escapeReferences(word, kept));
  const { command, args } = commandLine(process, {
    entrypoint: image.Entrypoint ?? [],
    command: image.Cmd ?? [],
  });
  const workdir = image.WorkingDir === undefined || image.WorkingDir === "" ? "/" : image.WorkingDir;
  return compact<ProcessFields>({
    command: escape(command),
    args: escape(args),
    env: whenAny(environment(writing, config)),
    workingDir: process.workdir === workdir ? undefined : process.workdir,
    tty: whenTrue(process.tty),
    stdin: whenTrue(process.openStdin),
  });
}

interface CommandLine {
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
}

/** Without an entry point the command is written as Kubernetes' command, as Podman does; both run the same. */
function commandLine(own: CommandLine, image: CommandLine): Pick<Container, "command" | "args"> {
  const sameEntrypoint = equal(own.entrypoint, image.entrypoint);
  if (sameEntrypoint && equal(own.command, image.command)) return {};
  if (own.entrypoint.length === 0) return { command: own.command };
  // A command without args runs alone, entry point without args runs with the image's CMD.
  if (sameEntrypoint && own.command.length > 0) return { args: own.command };
  return { command: own.entrypoint, ...(own.command.length === 0 ? {} : { args: own.command }) };
}

function equal(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word, index) => word === b[index]);
}

const FACT_FIELDS: Readonly<Record<SandboxFact, string>> = {
  podIP: "status.podIP",
  podIPs: "status.podIPs",
  hostIP: "status.hostIP",
  hostIPs: "status.hostIPs",
};

/** Facts stand first: values may refer to them. */
function environment(writing: Writing, config: ContainerConfig): EnvVar[] {
  const { process, sandboxEnv = {} } = config;
  const known = inherited(writing, config);
  const facts = Object.entries(sandboxEnv).map(
    ([name, fact]): EnvVar => ({ name, valueFrom: { fieldRef: { fieldPath: FACT_FIELDS[fact] } } }),
  );
  const own = new Map(process.env.map(splitVariable));
  const imageNames = (writing.image(config).Env ?? []).map((line) => splitVariable(line)[0]);
  for (const name of imageNames) {
    if (!own.has(name) && !(name in sandboxEnv)) {
      writing.losses.add(
        subjectOf(config),
        `the image's variable ${name} is unset, which a manifest cannot say`,
      );
    }
  }
  const kept = Object.keys(sandboxEnv);
  const values = [...own].flatMap(([name, value]): EnvVar[] => {
    if (known.get(name) === value || name in sandboxEnv) return [];
    if (!/^[\x20-\x3c\x3e-\x7e]+$/.test(name)) {
      writing.losses.add(
        subjectOf(config),
        `the variable ${JSON.stringify(name)} has no name that Kubernetes takes`,
      );
      return [];
    }
    return [{ name, value: escapeReferences(value, kept) }];
  });
  return [...facts, ...values];
}

/** What a container of that image has anyway. */
function inherited({ conf, image }: Writing, config: ContainerConfig): ReadonlyMap<string, string> {
  const result = new Map([
    ["PATH", DEFAULT_PATH],
    ["container", "podman"],
    ...(config.process.tty ? ([["TERM", "xterm"]] as const) : []),
  ]);
  for (const line of [...conf.env, ...(image(config).Env ?? [])]) {
    const [name, value] = splitVariable(line);
    result.set(name, value);
  }
  return result;
}

function splitVariable(line: string): [string, string] {
  const equals = line.indexOf("=");
  return equals === -1 ? [line, ""] : [line.slice(0, equals), line.slice(equals + 1)];
}
