/** The flags of health checks: of `create` and `run`, and of `update`. */
import type { HealthAction, HealthWish, StartupHealthRequest } from "@podwright/spec/engine-api/health";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { parseDuration } from "@podwright/spec/values/duration";
import { resolve } from "node:path";
import type { Flags, FlagValues } from "../frame/command.ts";

const ACTIONS = ["none", "kill", "restart", "stop"] as const satisfies readonly HealthAction[];

/** Defaults are the engine's to know: the image may say something else. */
export const healthFlags = {
  "health-cmd": {
    type: "string",
    help: "Command that checks the container's health ('none' disables the image's check)",
    valueName: "COMMAND",
    complete: "none",
  },
  "health-interval": {
    type: "string",
    help: "Time between two checks; 'disable' or 0 leaves them to healthcheck run (default 30s)",
    valueName: "DURATION",
    complete: "none",
  },
  "health-log-destination": {
    type: "string",
    help: "Where results are logged: a directory, local or events_logger (default local)",
    valueName: "DESTINATION",
    complete: "file",
  },
  "health-max-log-count": {
    type: "int",
    help: "Number of results that are kept; 0 is no limit (default 5)",
    complete: "none",
  },
  "health-max-log-size": {
    type: "int",
    help: "Characters of a result's output that are kept; 0 is no limit (default 500)",
    complete: "none",
  },
  "health-on-failure": {
    type: "string",
    help: "Action to take once the container turns unhealthy (default none)",
    valueName: ACTIONS.join("|"),
    complete: ACTIONS,
  },
  "health-retries": {
    type: "int",
    help: "Failures in a row that make the container unhealthy (default 3)",
    complete: "none",
  },
  "health-start-period": {
    type: "string",
    help: "Time from the start in which failures do not count (default 0s)",
    valueName: "DURATION",
    complete: "none",
  },
  "health-startup-cmd": {
    type: "string",
    help: "Command that checks whether the container has started up: until then, the health check waits",
    valueName: "COMMAND",
    complete: "none",
  },
  "health-startup-interval": {
    type: "string",
    help: "Time between two start-up checks (default 30s)",
    valueName: "DURATION",
    complete: "none",
  },
  "health-startup-retries": {
    type: "int",
    help: "Failures of the start-up check in a row that restart the container; 0 is no limit (default 0)",
    complete: "none",
  },
  "health-startup-success": {
    type: "int",
    help: "Successes of the start-up check in a row that end it; 0 counts as 1 (default 0)",
    complete: "none",
  },
  "health-startup-timeout": {
    type: "string",
    help: "Time after which a start-up check is ended and has failed (default 30s)",
    valueName: "DURATION",
    complete: "none",
  },
  "health-timeout": {
    type: "string",
    help: "Time after which a check is ended and has failed (default 30s)",
    valueName: "DURATION",
    complete: "none",
  },
  "no-healthcheck": { type: "bool", help: "Disable healthchecks on container" },
} as const satisfies Flags;

type HealthValues = FlagValues<typeof healthFlags>;

/** Undefined when no flag says anything. @throws CLI_USAGE, CONTAINER_INVALID */
export function parseHealth(flags: HealthValues): HealthWish | "none" | undefined {
  if (flags["no-healthcheck"]) {
    for (const name of ["health-cmd", "health-startup-cmd"] as const) {
      if (isGiven(flags[name])) throw usage(`cannot specify both --no-healthcheck and --${name}`);
    }
    return "none";
  }
  const test = isGiven(flags["health-cmd"]) ? parseTest(flags["health-cmd"]) : undefined;
  if (test?.[0] === "NONE") return "none";
  const startup = parseStartup(flags);
  const wish: HealthWish = {
    ...optional("test", test),
    ...optional("interval", interval(flags["health-interval"])),
    ...optional("timeout", timeout(flags["health-timeout"])),
    ...optional("startPeriod", startPeriod(flags["health-start-period"])),
    ...optional("retries", retries(flags["health-retries"])),
    ...optional("startup", startup),
    ...optional("onFailure", action(flags["health-on-failure"])),
    ...optional("logDestination", destination(flags["health-log-destination"])),
    ...optional("maxLogCount", count("health-max-log-count", flags["health-max-log-count"])),
    ...optional("maxLogSize", count("health-max-log-size", flags["health-max-log-size"])),
  };
  return Object.keys(wish).length === 0 ? undefined : wish;
}

function parseStartup(flags: HealthValues): Partial<StartupHealthRequest> | undefined {
  const command = flags["health-startup-cmd"];
  const test = isGiven(command) ? parseTest(command) : undefined;
  if (test?.[0] === "NONE") return undefined;
  const startup: Partial<StartupHealthRequest> = {
    ...optional("test", test),
    ...optional("interval", interval(flags["health-startup-interval"])),
    ...optional("timeout", timeout(flags["health-startup-timeout"])),
    ...optional("retries", count("health-startup-retries", flags["health-startup-retries"])),
    ...optional("successes", count("health-startup-success", flags["health-startup-success"])),
  };
  return Object.keys(startup).length === 0 ? undefined : startup;
}

/**
 * Podman's forms: a line for the shell, a JSON array of the command's words (of one word: a line for the shell), either
 * of them with CMD, CMD-SHELL or NONE before it. Gives the form of image configurations.
 * @throws CLI_USAGE
 */
export function parseTest(text: string): readonly string[] {
  const words = jsonWords(text);
  if (words !== undefined) return fromWords(words);
  const [, first = "", rest = ""] = /^(\S*)\s*(.*)$/s.exec(text.trim()) ?? [];
  switch (first.toUpperCase()) {
    case "NONE":
      return ["NONE"];
    case "CMD":
      return ["CMD", ...rest.split(/\s+/).filter((word) => word !== "")];
    case "CMD-SHELL":
      return ["CMD-SHELL", rest];
    default:
      return ["CMD-SHELL", text];
  }
}

function fromWords(words: readonly string[]): readonly string[] {
  const [first, ...rest] = words;
  if (first === undefined) throw usage("must define a healthcheck command for all healthchecks");
  switch (first.toUpperCase()) {
    case "NONE":
      return ["NONE"];
    case "CMD":
      return ["CMD", ...rest];
    case "CMD-SHELL":
      return ["CMD-SHELL", rest.join(" ")];
    default:
      return words.length === 1 ? ["CMD-SHELL", first] : ["CMD", ...words];
  }
}

/** Undefined for what is no JSON array of strings: a shell's own `[` and `test` begin lines as well. */
function jsonWords(text: string): readonly string[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const isWords = Array.isArray(value) && value.every((word) => typeof word === "string");
  return isWords ? (value as readonly string[]) : undefined;
}

function interval(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = duration("healthcheck-interval", text === "disable" ? "0" : text);
  if (ms < 0) throw usage("healthcheck-interval must be 0 seconds or greater");
  return ms;
}

function timeout(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = duration("healthcheck-timeout", text);
  if (ms <= 0) throw usage("healthcheck-timeout must be at least 1 second");
  return ms;
}

function startPeriod(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = duration("healthcheck-start-period", text);
  if (ms < 0) throw usage("healthcheck-start-period must be 0 seconds or greater");
  return ms;
}

function duration(what: string, text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw usage(`invalid ${what}: ${error.message}`);
  }
}

function retries(value: number | undefined): number | undefined {
  const checked = count("health-retries", value);
  if (checked === 0) throw usage("healthcheck-retries must be greater than 0");
  return checked;
}

/** In pflag's words, for which these are unsigned. */
function count(name: string, value: number | undefined): number | undefined {
  if (value !== undefined && value < 0) {
    const quoted = JSON.stringify(String(value));
    throw usage(
      `invalid argument ${quoted} for "--${name}" flag: strconv.ParseUint: parsing ${quoted}: invalid syntax`,
    );
  }
  return value;
}

function action(text: string | undefined): HealthAction | undefined {
  if (!isGiven(text)) return undefined;
  const found = ACTIONS.find((name) => name === text);
  if (found !== undefined) return found;
  throw usage(
    `invalid on-failure action ${JSON.stringify(text)} for health check: supported actions are ${ACTIONS.join(",")}`,
  );
}

/** Other commands, which run elsewhere, must find the directory. */
function destination(text: string | undefined): string | undefined {
  if (!isGiven(text)) return undefined;
  return text === "local" || text === "events_logger" ? text : resolve(text);
}

function isGiven(text: string | undefined): text is string {
  return text !== undefined && text !== "";
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: V });
}

function usage(message: string): EngineError {
  return new EngineError("CLI_USAGE", message);
}
