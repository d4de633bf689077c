/** The command of a health check, of the form that image configurations have. */
import type { HealthRequest } from "@podwright/spec/engine-api/health";

/** Undefined where there is nothing to run. */
export function testCommand(test: HealthRequest["test"]): readonly string[] | undefined {
  const [form = "NONE", ...rest] = test;
  switch (form) {
    case "NONE":
    case "":
      return undefined;
    case "CMD":
      return rest[0] === undefined || rest[0] === "" ? undefined : rest;
    case "CMD-SHELL":
      // The image's SHELL is a matter of its build. A runtime that copies the streams would lose the order of both.
      return rest.join(" ") === "" ? undefined : ["/bin/sh", "-c", `exec 2>&1; ${rest.join(" ")}`];
    default:
      return test;
  }
}
