/** The process of an exec session: the container's own, with another command, user, directory and environment. */
import type { RuntimeProcess } from "@podwright/spec/oci-runtime/spec";
import type { ExecProcessRequest } from "./context.ts";
import { capabilitySets } from "./oci-spec/capabilities.ts";
import { completeEnvironment } from "./oci-spec/process.ts";
import { resolveUser } from "./rootfs/user.ts";
import { checkExecWorkdir } from "./rootfs/workdir.ts";
import type { SpecContext } from "./spec-context.ts";

/** @throws CONTAINER_USER_UNKNOWN, CONTAINER_WORKDIR_INVALID */
export function buildExecProcess(
  ctx: Pick<SpecContext, "facts" | "files">,
  request: ExecProcessRequest,
): RuntimeProcess {
  const { config, rootfs } = request;
  const asked = { user: request.user ?? config.process.user, groupAdd: config.process.groupAdd };
  const user = resolveUser(ctx.files, rootfs, asked);
  const cwd = request.workdir ?? config.process.workdir;
  checkExecWorkdir(ctx.files, rootfs, cwd);
  const size = request.terminalSize;
  const bounding = ctx.facts.boundingCapabilities;
  return {
    terminal: request.tty,
    ...(request.tty && size !== undefined ? { consoleSize: { height: size.rows, width: size.columns } } : {}),
    user: {
      uid: user.uid,
      gid: user.gid,
      umask: Number.parseInt(config.process.umask, 8),
      additionalGids: [...user.groups],
    },
    args: [...request.command],
    env: environment(request, user.home),
    cwd,
    capabilities: capabilitySets({
      resolved: request.privileged ? bounding : config.capabilities,
      added: request.privileged ? ["ALL"] : config.security.capAdd,
      bounding,
      uid: user.uid,
    }),
    rlimits: config.ulimits.map(({ name, soft, hard }) => ({
      type: `RLIMIT_${name.toUpperCase()}`,
      soft,
      hard,
    })),
    noNewPrivileges: config.security.noNewPrivileges,
    ...(config.security.apparmor !== "" && ctx.facts.apparmor
      ? { apparmorProfile: config.security.apparmor }
      : {}),
    ...(config.process.oomScoreAdj === undefined ? {} : { oomScoreAdj: config.process.oomScoreAdj }),
  };
}

/** Later ones win; the container's TERM says nothing of the caller's terminal. */
function environment({ config, env, tty }: ExecProcessRequest, home: string): string[] {
  const keys = new Set(env.map((line) => line.split("=", 1)[0]));
  const inherited = config.process.env.filter((line) => !keys.has(line.split("=", 1)[0]));
  return completeEnvironment([...inherited, ...env], {
    ...(tty ? { TERM: "xterm" } : {}),
    HOME: home,
    HOSTNAME: config.network.hostname,
  });
}
