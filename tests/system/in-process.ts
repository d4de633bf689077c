/** The engine called as Kubernetes YAML calls it, with requests that the command line has no flags for. */
import { NO_SECURITY } from "../../packages/spec/src/values/security.ts";
import type { ContainerRequest } from "../../packages/spec/src/engine-api/containers.ts";
import type { Engine as EngineApi } from "../../packages/spec/src/engine-api/engine.ts";
import type { PodRequest } from "../../packages/spec/src/engine-api/pods.ts";
import { requestOf } from "../../packages/engine/testing/create-world.ts";
import { createLog } from "../../packages/engine/src/base/log.ts";
import { createEngine } from "../../packages/engine/src/wire.ts";
import { BINARY, type Engine } from "./engine.ts";

export interface InProcess {
  readonly api: EngineApi;
  /** What was logged, warnings and worse. */
  readonly log: string[];
  /** Gives the pod's id. */
  readonly pod: (name: string, change?: Partial<PodRequest>) => Promise<string>;
  /** A busybox of the pod that runs `command`; `flags` as of `create`. Gives the container's id. */
  readonly member: (pod: string, command: readonly string[], change?: Member) => Promise<string>;
  /** @throws what the pod's start gave */
  readonly start: (pod: string) => Promise<void>;
}

export interface Member extends Partial<ContainerRequest> {
  readonly flags?: readonly string[];
}

/** On the same store as `engine`, whose binary runs the exit commands. */
export function inProcess(engine: Engine): InProcess {
  const log: string[] = [];
  const api = createEngine({
    root: engine.root,
    runRoot: engine.runRoot,
    self: BINARY,
    log: createLog("warn", (line) => void log.push(line)),
    program: "podwright",
  });
  return {
    api,
    log,
    pod: async (name, change = {}) => (await (await api.pods()).create({ ...PLAIN_POD, name, ...change })).id,
    member: async (pod, command, { flags = [], ...change } = {}) => {
      const request = requestOf(["--pod", pod, ...flags, "busybox", ...command]);
      const containers = await api.containers();
      return (await containers.create({ ...request, ...change }, () => {})).id;
    },
    start: async (pod) => {
      const [outcome] = await (await api.pods()).start({ names: [pod], all: false });
      if (outcome?.error !== undefined) throw outcome.error;
    },
  };
}

const PLAIN_POD: PodRequest = {
  createCommand: [],
  replace: false,
  share: ["ipc", "net", "uts"],
  shareParent: true,
  infra: true,
  addHost: [],
  noHosts: false,
  noHostname: false,
  dns: {},
  ports: [],
  labels: {},
  mounts: [],
  exitPolicy: "continue",
  sysctls: {},
  limits: {},
  security: NO_SECURITY,
};
