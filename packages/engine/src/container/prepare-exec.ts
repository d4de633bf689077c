/** `process.json` of an exec session: the container's own process with what the request changes. */
import type { RuntimeProcess } from "@podwright/spec/oci-runtime/spec";
import type { ContainerConfig } from "../ports/container-record.ts";
import type { ExecProcessRequest } from "./context.ts";
import { capabilitySets } from "./oci-spec/capabilities.ts";
import { completeEnvironment } from "./oci-spec/process.ts";
import type { PrepareContext } from "./prepare-context.ts";
import { resolveUser } from "./rootfs/user.ts";
import { checkExecWorkdir } from "./rootfs/workdir.ts";

/** @throws CONTAINER_USER_UNKNOWN, CONTAINER_WORKDIR_INVALID */
export async function prepareExecProcess(
  ctx: Pick<PrepareContext, "files" | "facts" | "store" | "settings">,
  request: ExecProcessRequest,
): Promise<RuntimeProcess> {
  const { rootfs } = request;
  const named = request.config.sandboxEnv === undefined ? request.config : await withFacts(ctx, request);
  const config = named.secrets === undefined ? named : await withSecrets(ctx, named);
  const { process, security } = config;
  const user = resolveUser(ctx.files, rootfs, {
    user: request.user ?? process.user,
    groupAdd: request.user === undefined ? process.groupAdd : [],
  });
  const cwd = request.workdir ?? process.workdir;
  checkExecWorkdir(ctx.files, rootfs, cwd);
  const bounding = ctx.facts.boundingCapabilities;
  const env = [...(request.tty ? ["TERM=xterm"] : []), ...process.env, ...request.env];
  const size = request.terminalSize;
  return {
    terminal: request.tty,
    ...(request.tty && size !== undefined ? { consoleSize: { height: size.rows, width: size.columns } } : {}),
    user: {
      uid: user.uid,
      gid: user.gid,
      umask: Number.parseInt(process.umask, 8),
      additionalGids: [...user.groups],
    },
    args: [...request.command],
    env: completeEnvironment(lastOfEach(env), { HOME: user.home, HOSTNAME: config.network.hostname }),
    cwd,
    capabilities: capabilitySets({
      resolved: request.privileged ? bounding : config.capabilities,
      added: request.privileged ? bounding : security.capAdd,
      bounding,
      uid: user.uid,
    }),
    rlimits: config.ulimits.map(({ name, soft, hard }) => ({
      type: `RLIMIT_${name.toUpperCase()}`,
      soft,
      hard,
    })),
    noNewPrivileges: security.noNewPrivileges && !request.privileged,
    ...(security.apparmor !== "" && ctx.facts.apparmor ? { apparmorProfile: security.apparmor } : {}),
    ...(process.oomScoreAdj === undefined ? {} : { oomScoreAdj: process.oomScoreAdj }),
  };
}

/** What the container's own process was given at its start. */
async function withFacts(
  ctx: Pick<PrepareContext, "facts" | "store">,
  { config }: ExecProcessRequest,
): Promise<ContainerConfig> {
  const { withSandboxEnv } = await import("./sandbox-env.ts");
  const interfaces =
    config.network.mode.kind === "pod"
      ? ctx.store.pods.get(config.podId)?.state.sandbox?.interfaces
      : ctx.store.containers.get(config.id)?.state.run?.interfaces;
  return withSandboxEnv(ctx, config, interfaces ?? []);
}

async function withSecrets(
  { settings }: Pick<PrepareContext, "settings">,
  config: ContainerConfig,
): Promise<ContainerConfig> {
  const { withSecretEnv } = await import("./secrets.ts");
  return withSecretEnv(settings, config);
}

/** A later value of a variable takes the place of an earlier one. */
function lastOfEach(env: readonly string[]): string[] {
  const byName = new Map(env.map((line) => [line.split("=", 1)[0], line]));
  return [...byName.values()];
}
