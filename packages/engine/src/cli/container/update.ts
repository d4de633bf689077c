/** `update`: prints the id of the container. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { parseRestartPolicy } from "@podwright/spec/values/restart-policy";
import { defineCommand, type Flag, type Flags } from "../frame/command.ts";
import { environmentFlags, parseEnvironment } from "../parse/environment.ts";
import { healthFlags, parseHealth } from "../parse/health.ts";
import { containerLimitFlags, parseLimits } from "../parse/limits.ts";
import { parsePortChanges, portChangeFlags, printChosen } from "../parse/port-changes.ts";

const UNKNOWN_LIMIT = {
  type: "list",
  hidden: true,
  help: "Not implemented",
  complete: "none",
} as const satisfies Flag;

/** Of Podman's; a use fails by name. */
const refusedFlags = {
  "blkio-weight-device": UNKNOWN_LIMIT,
  "cpu-rt-period": UNKNOWN_LIMIT,
  "cpu-rt-runtime": UNKNOWN_LIMIT,
  "device-read-bps": UNKNOWN_LIMIT,
  "device-read-iops": UNKNOWN_LIMIT,
  "device-write-bps": UNKNOWN_LIMIT,
  "device-write-iops": UNKNOWN_LIMIT,
} as const satisfies Flags;

export const command = defineCommand({
  path: ["update"],
  also: [["container", "update"]],
  summary: "Update an existing container",
  description:
    "Changes limits, restart policy, health checks, environment and published ports of an existing container.\n\n  Limits, health checks and ports change at once, the environment with the next start.",
  usage: "[options] CONTAINER",
  args: { min: 1, max: 1 },
  argCompletion: "container",
  flags: {
    ...containerLimitFlags,
    ...healthFlags,
    ...portChangeFlags,
    env: environmentFlags.env,
    unsetenv: environmentFlags.unsetenv,
    restart: {
      type: "string",
      help: "Restart policy to apply when a container exits",
      valueName: "no|never|on-failure[:N]|always|unless-stopped",
      complete: ["no", "never", "on-failure", "always", "unless-stopped"],
    },
    ...refusedFlags,
  },
  examples: ["update --cpus=5 foobar_container", "update --health-cmd 'curl -f localhost' web"],
  async run({ flags, args, engine, io, env, given }) {
    for (const name of Object.keys(refusedFlags) as (keyof typeof refusedFlags)[]) {
      if (given(name)) throw new EngineError("NOT_IMPLEMENTED", `--${name} is not implemented`);
    }
    const health = parseHealth(flags);
    const [name = ""] = args;
    const { id, chosen } = await (await engine.containers()).update(name, {
      limits: parseLimits(flags),
      ...(health === undefined ? {} : { health }),
      ...(flags.restart === undefined ? {} : { restart: parseRestartPolicy(flags.restart) }),
      env: parseEnvironment({ env: flags.env, "env-file": [], "env-host": false }, env),
      unsetEnv: flags.unsetenv,
      ...parsePortChanges(flags),
    });
    io.out(`${id}\n`);
    printChosen(io, chosen);
  },
});
