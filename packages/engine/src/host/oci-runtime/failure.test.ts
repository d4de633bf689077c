import { expect, test } from "bun:test";
import { runtimeFailure } from "./failure.ts";

const NOT_FOUND = "OCI runtime attempted to invoke a command that was not found";
const json = (msg: string): string =>
  `${JSON.stringify({ msg, level: "error", time: "2026-01-01T00:00:00Z" })}\n`;

const cases: readonly [string, string, string, number, string][] = [
  [
    "crun",
    json("executable file `x` not found in $PATH: No such file or directory"),
    "CONTAINER_COMMAND_NOT_FOUND",
    127,
    `crun: executable file \`x\` not found in $PATH: No such file or directory: ${NOT_FOUND}`,
  ],
  [
    "runc",
    json('exec: "x": executable file not found in $PATH'),
    "CONTAINER_COMMAND_NOT_FOUND",
    127,
    `runc: exec: "x": executable file not found in $PATH: ${NOT_FOUND}`,
  ],
  [
    "crun",
    json("open executable: Permission denied"),
    "CONTAINER_COMMAND_NOT_EXECUTABLE",
    126,
    "crun: open executable: Permission denied: OCI permission denied",
  ],
  [
    "crun",
    json("the path `/etc` is a directory"),
    "CONTAINER_COMMAND_NOT_EXECUTABLE",
    126,
    "crun: the path `/etc` is a directory: OCI runtime error",
  ],
  ["crun", "something odd\n", "CONTAINER_RUNTIME_FAILED", 126, "crun: something odd: OCI runtime error"],
  ["runc", "", "CONTAINER_RUNTIME_FAILED", 126, "runc: no message: OCI runtime error"],
];

for (const [runtime, report, code, exitCode, message] of cases) {
  test(message, () => expect(runtimeFailure(runtime, report)).toMatchObject({ code, exitCode, message }));
}

test("the last error of a log counts, warnings before and after do not", () => {
  const warning = `${JSON.stringify({ msg: "careful", level: "warning" })}\n`;
  const report = `${warning}${json("first")}${json("second")}${warning}`;
  expect(runtimeFailure("runc", report).message).toBe("runc: second: OCI runtime error");
});
