/** Words a runtime's failure as Podman does, and tells a missing command from one that may not run. */
import { EngineError } from "@podwright/spec/errors/engine-error";

/** `report` is the runtime's log (JSON lines) or its standard error. */
export function runtimeFailure(name: string, report: string): EngineError {
  const text = messageOf(report);
  const details = { runtime: name, report: text };
  // The order and the first matching line alone are Podman's: scripts match these texts.
  const denied = lineWith(text, /permission denied|operation not permitted/i);
  if (denied !== undefined) {
    return new EngineError("CONTAINER_COMMAND_NOT_EXECUTABLE", `${name}: ${denied}: OCI permission denied`, {
      details,
    });
  }
  const missing = lineWith(text, /executable file .*not found|no such file or directory|open executable/i);
  if (missing !== undefined) {
    const cause = "OCI runtime attempted to invoke a command that was not found";
    return new EngineError("CONTAINER_COMMAND_NOT_FOUND", `${name}: ${missing}: ${cause}`, { details });
  }
  const notRunnable = /is a directory/i.test(text);
  return new EngineError(
    notRunnable ? "CONTAINER_COMMAND_NOT_EXECUTABLE" : "CONTAINER_RUNTIME_FAILED",
    `${name}: ${text === "" ? "no message" : text}: OCI runtime error`,
    { details },
  );
}

/** The last error of a log in JSON lines; text that is no such log is taken as it is. */
function messageOf(report: string): string {
  const lines = report.trim().split("\n");
  for (const line of lines.reverse()) {
    const message = errorMessage(line);
    if (message !== undefined) return message.trim();
  }
  return report.trim();
}

function errorMessage(line: string): string | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const entry = JSON.parse(line) as { level?: unknown; msg?: unknown };
    const grave = entry.level === "error" || entry.level === "fatal";
    return grave && typeof entry.msg === "string" ? entry.msg : undefined;
  } catch {
    return undefined;
  }
}

function lineWith(text: string, pattern: RegExp): string | undefined {
  return text.split("\n").find((line) => pattern.test(line));
}
