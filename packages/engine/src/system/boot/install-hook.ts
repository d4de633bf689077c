/** `system boot --install`, `--uninstall`, `--print`: makes the hook, takes it away, or shows it. Each may be repeated. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { BootHookAction } from "@podwright/spec/engine-api/system";
import { type BootHook, type BootHost, type BootService, changedCrontab, planBootHook } from "./hook.ts";

export interface HookContext {
  readonly host: BootHost;
  readonly service: BootService;
  readonly readFile: (path: string) => string | undefined;
  readonly writeFile: (path: string, text: string, mode: number) => void;
  readonly removeFile: (path: string) => void;
  /** @throws HOST_COMMAND_FAILED */
  readonly run: (argv: readonly string[]) => Promise<void>;
  /** The caller's; "" where there is none. */
  readonly readCrontab: () => Promise<string>;
  readonly writeCrontab: (text: string) => Promise<void>;
}

/** Gives what was done, a line each. @throws HOST_PART_MISSING where nothing could run it */
export async function changeBootHook(ctx: HookContext, action: BootHookAction): Promise<readonly string[]> {
  const hook = planBootHook(ctx.host, ctx.service);
  if (hook === undefined) {
    throw new EngineError(
      "HOST_PART_MISSING",
      "nothing on this host runs a command when it comes up: found neither systemd nor OpenRC nor crontab",
      { hint: `have it run: ${ctx.service.argv.join(" ")}` },
    );
  }
  if (action === "show") return shown(hook);
  const done = action === "install" ? await install(ctx, hook) : await uninstall(ctx, hook);
  const nothing = action === "install" ? "is installed already" : "is not installed";
  if (done.length === 0) return [`${ctx.service.name} (${hook.kind}) ${nothing}`];
  return action === "install" && hook.hint !== undefined ? [...done, hook.hint] : done;
}

function shown(hook: BootHook): string[] {
  const files = hook.files.flatMap(({ path, text }) => [`# ${path}`, ...text.trimEnd().split("\n")]);
  const cron = hook.cronLine === undefined ? [] : ["# crontab", hook.cronLine];
  return [...files, ...cron, ...hook.enable.map((argv) => `# run: ${argv.join(" ")}`)];
}

async function install(ctx: HookContext, hook: BootHook): Promise<string[]> {
  const done: string[] = [];
  for (const { path, text, mode } of hook.files) {
    if (ctx.readFile(path) === text) continue;
    ctx.writeFile(path, text, mode);
    done.push(`wrote ${path}`);
  }
  if (hook.cronLine !== undefined) done.push(...(await changeCrontab(ctx, hook.cronLine)));
  // Each may be repeated, and a file that is there tells nothing about them.
  for (const argv of hook.enable) {
    await ctx.run(argv);
    if (done.length > 0) done.push(`ran ${argv.join(" ")}`);
  }
  return done;
}

async function uninstall(ctx: HookContext, hook: BootHook): Promise<string[]> {
  const present = hook.files.filter(({ path }) => ctx.readFile(path) !== undefined);
  const done: string[] = [];
  // While its files are there: what enables it refers to them.
  if (present.length > 0) {
    for (const argv of hook.disable) {
      await ctx.run(argv);
      done.push(`ran ${argv.join(" ")}`);
    }
  }
  for (const { path } of present) {
    ctx.removeFile(path);
    done.push(`removed ${path}`);
  }
  if (hook.cronLine !== undefined) done.push(...(await changeCrontab(ctx, undefined)));
  return done;
}

async function changeCrontab(ctx: HookContext, line: string | undefined): Promise<string[]> {
  const before = await ctx.readCrontab();
  const after = changedCrontab(before, { name: ctx.service.name, ...(line === undefined ? {} : { line }) });
  if (after === before) return [];
  await ctx.writeCrontab(after);
  return [line === undefined ? "removed the line from the crontab" : `added to the crontab: ${line}`];
}
