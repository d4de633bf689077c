/** The engine's own interface on a store, for requests that the command line has no flags for. */
import { NO_SECURITY } from "../../packages/spec/src/values/security.ts";
import type { ContainerRequest } from "../../packages/spec/src/engine-api/containers.ts";
import type { PodRequest } from "../../packages/spec/src/engine-api/pods.ts";
import { requestOf } from "../../packages/engine/testing/create-world.ts";
import { createLog } from "../../packages/engine/src/base/log.ts";
import { createEngine } from "../../packages/engine/src/wire.ts";

export interface InProcess {
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

export interface Place {
  readonly root: string;
  readonly runRoot: string;
  /** The binary that runs the exit commands. */
  readonly self: string;
}

export function callsOn(place: Place): InProcess {
  const api = createEngine({ ...place, log: createLog("warn", () => {}), program: "podwright" });
  return {
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
