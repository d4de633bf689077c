/** `system boot` wired: what comes back, and the hook that runs it when the machine comes up. */
import { once } from "../base/once.ts";
import type { Outcome } from "@podwright/spec/engine-api/common";
import type { BootHookAction } from "@podwright/spec/engine-api/system";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname } from "node:path";
import { readIfThere } from "../base/if-there.ts";
import { retryByPolicy } from "../container/restart-by-policy.ts";
import { runChecked, runCommand } from "../host/process/run.ts";
import { bootSystem } from "../system/boot/bring-back.ts";
import { changeBootHook } from "../system/boot/install-hook.ts";
import { containerContext } from "./container-verbs.ts";
import type { Core } from "./core.ts";
import type { Wiring } from "./wiring.ts";

const DEFAULT_ROOT = "/var/lib/podwright";
/** Milliseconds. */
const COMMAND_TIMEOUT = 30_000;

export async function wireBoot(core: Core, wiring: Wiring): Promise<Outcome[]> {
  await core.ready();
  await wiring.podsHealed();
  const container = once(async () => containerContext(core, wiring, await wiring.containers()));
  return bootSystem({
    store: core.store,
    bootId: core.processes.bootId,
    containers: wiring.containers,
    pods: wiring.podVerbs,
    retry: async (id, error) => retryByPolicy(await container(), id, error),
    wake: () => core.supervisor.wake(),
  });
}

export function wireBootHook(core: Core, action: BootHookAction): Promise<readonly string[]> {
  const { settings, env } = core;
  const path = env["PATH"] === undefined ? {} : { env: { PATH: env["PATH"] } };
  const has = (program: string): boolean => Bun.which(program, { PATH: env["PATH"] ?? "" }) !== null;
  const name = settings.root === DEFAULT_ROOT ? "podwright-boot" : `podwright-boot-${settings.storeId}`;
  return changeBootHook(
    {
      service: { name, argv: [...settings.self, "system", "boot"], root: settings.root },
      host: {
        uid: settings.uid,
        configHome: env["XDG_CONFIG_HOME"] ?? `${homedir()}/.config`,
        // Its own test (sd_booted(3)).
        systemd: existsSync("/run/systemd/system") && has("systemctl"),
        openrc: existsSync("/run/openrc") && has("rc-update"),
        cron: has("crontab"),
      },
      readFile: readIfThere,
      writeFile: (file, text, mode) => {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text, { mode });
      },
      removeFile: (file) => rmSync(file, { force: true }),
      run: async (argv) => void (await runChecked({ argv, ...path, timeoutMs: COMMAND_TIMEOUT })),
      // Its status is 1 where the user has none.
      readCrontab: async () => {
        const result = await runCommand({ argv: ["crontab", "-l"], ...path, timeoutMs: COMMAND_TIMEOUT });
        return result.exitCode === 0 ? result.stdout.toString() : "";
      },
      writeCrontab: async (text) =>
        void (await runChecked({ argv: ["crontab", "-"], input: text, ...path, timeoutMs: COMMAND_TIMEOUT })),
    },
    action,
  );
}
