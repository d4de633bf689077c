/** Values of `create`'s own flags that need more than a copy. */
import type { Labels } from "@podwright/spec/engine-api/common";
import type { ContainerRequest } from "@podwright/spec/engine-api/containers";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { parseDecimalSize } from "@podwright/spec/values/size";
import type { Log } from "../../base/log.ts";
import type { Io } from "../frame/command.ts";
import { keyValue } from "../parse/labels.ts";

/** JSON array, or one word; "" clears the image's entry point. */
export function parseEntrypoint(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  if (text === "") return [];
  if (!text.trimStart().startsWith("[")) return [text];
  try {
    const parsed: unknown = JSON.parse(text);
    return isWords(parsed) ? parsed : [text];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return [text];
  }
}

function isWords(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((word) => typeof word === "string");
}

/** @throws CONTAINER_INVALID */
export function parseAttach(streams: readonly string[]): readonly string[] | undefined {
  if (streams.length === 0) return undefined;
  return streams.map((stream) => {
    const name = stream.toLowerCase();
    if (["stdin", "stdout", "stderr"].includes(name)) return name;
    throw invalid(
      `invalid stream ${JSON.stringify(stream)} for --attach - must be one of stdin, stdout, or stderr: invalid argument`,
    );
  });
}

/** @throws CONTAINER_INVALID */
export function parseImageVolumes(text: string): ContainerRequest["imageVolumes"] {
  const mode = text.toLowerCase();
  if (mode === "" || mode === "bind") return "anonymous";
  if (mode === "anonymous" || mode === "tmpfs" || mode === "ignore") return mode;
  throw invalid(
    `invalid ImageVolumeMode ${JSON.stringify(text)}, value must be one of ignore,tmpfs,anonymous`,
  );
}

const LOG_DRIVERS: readonly string[] = [
  "k8s-file",
  "json-file",
  "journald",
  "none",
  "passthrough",
  "passthrough-tty",
];
const LOG_OPTIONS: readonly string[] = ["path", "max-size", "max-file", "tag"];

interface LogValues {
  readonly "log-driver": string | undefined;
  readonly "log-opt": readonly string[];
}

/** @throws CONTAINER_INVALID, NOT_IMPLEMENTED */
export function parseLogging(
  flags: LogValues,
  log: Log,
): { readonly logDriver?: string; readonly logOptions: Labels } {
  const options: Record<string, string> = {};
  let driver = flags["log-driver"];
  for (const text of flags["log-opt"]) {
    const [key, value] = keyValue(text);
    if (value === undefined) throw invalid(`invalid log option ${JSON.stringify(text)}`);
    const name = key.toLowerCase();
    if (name === "driver") driver = value;
    else if (LOG_OPTIONS.includes(name)) options[name] = value;
    else throw new EngineError("NOT_IMPLEMENTED", `--log-opt ${key} is not implemented`);
  }
  if (options["max-size"] !== undefined) parseDecimalSize(options["max-size"]);
  if (options["tag"] !== undefined && driver !== "journald") {
    log.warn(`log tag is only used by the journald log driver, not by ${driver ?? "the default one"}`);
  }
  return {
    ...(driver === undefined || driver === "" ? {} : { logDriver: checkDriver(driver) }),
    logOptions: options,
  };
}

/** The container has the command's own standard streams. */
export function isPassthrough(driver: string | undefined): boolean {
  return driver === "passthrough" || driver === "passthrough-tty";
}

/** A terminal that a container shares can be typed into by it (TIOCSTI). @throws CLI_USAGE */
export function refusePassedTerminal(driver: string | undefined, io: Io): void {
  if (driver !== "passthrough" || !(io.stdinIsTty || io.stdoutIsTty || io.stderrIsTty)) return;
  throw new EngineError(
    "CLI_USAGE",
    "the '--log-driver passthrough' option cannot be used on a TTY.  If you really want it, use '--log-driver passthrough-tty'",
  );
}

function checkDriver(driver: string): string {
  if (LOG_DRIVERS.includes(driver)) return driver;
  throw invalid("running container create option: invalid log driver: invalid argument");
}

function invalid(message: string): EngineError {
  return new EngineError("CONTAINER_INVALID", message);
}
