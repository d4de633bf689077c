/** `unshare` wired: we are inside already, so the command takes our place. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { rootlessUser } from "../base/rootless.ts";
import { replaceProcess, takeSignalsBack } from "../host/sys/exec.ts";
import { isErrno } from "../host/sys/libc.ts";

/** @throws USERNS_UNAVAILABLE, CONTAINER_COMMAND_NOT_FOUND, CONTAINER_COMMAND_NOT_EXECUTABLE */
export function unshareCommand(argv: readonly string[]): never {
  if (rootlessUser(process.env) === undefined) {
    throw new EngineError("USERNS_UNAVAILABLE", "please use unshare with rootless", {
      hint: "root has no user namespace of its own: run the command as it is",
    });
  }
  const [name = ""] = argv;
  const path = name.includes("/") ? name : Bun.which(name, { PATH: process.env["PATH"] ?? "" });
  if (path === null) {
    throw new EngineError(
      "CONTAINER_COMMAND_NOT_FOUND",
      `exec: "${name}": executable file not found in $PATH`,
    );
  }
  takeSignalsBack();
  try {
    return replaceProcess({ path, argv, env: process.env });
  } catch (error) {
    if (isErrno(error, "ENOENT")) {
      throw new EngineError("CONTAINER_COMMAND_NOT_FOUND", `fork/exec ${name}: no such file or directory`);
    }
    if (isErrno(error, "EACCES", "ENOEXEC")) {
      throw new EngineError("CONTAINER_COMMAND_NOT_EXECUTABLE", `fork/exec ${name}: permission denied`);
    }
    throw error;
  }
}
