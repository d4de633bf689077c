import { expect, test } from "bun:test";
import { whyRefused } from "./diagnosis.ts";

function told(said: string, sysctls: Record<string, string> = {}) {
  const { code, message, hint } = whyRefused(said, (path) => sysctls[path]);
  return { code, message, hint };
}

test.each([
  ["/proc/sys/user/max_user_namespaces", "0\n", "user.max_user_namespaces is 0"],
  ["/proc/sys/kernel/unprivileged_userns_clone", "0\n", "kernel.unprivileged_userns_clone is 0"],
  [
    "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
    "1\n",
    "kernel.apparmor_restrict_unprivileged_userns is 1",
  ],
])("the switch that is off is named: %s", (path, value, text) => {
  const { code, message, hint } = told("unshare: unshare failed: No space left on device", { [path]: value });
  expect(code).toBe("USERNS_UNAVAILABLE");
  expect(message).toBe(`user namespaces are switched off: ${text}`);
  expect(hint).toStartWith("have an administrator run: sysctl -w ");
});

test("else what was said stands", () => {
  const { message, hint } = told("unshare: unshare failed: Operation not permitted", {
    "/proc/sys/user/max_user_namespaces": "1000",
    "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "0",
  });
  expect(message).toBe("cannot make a user namespace: unshare: unshare failed: Operation not permitted");
  expect(hint).toContain("seccomp");
  expect(told("").message).toBe("cannot make a user namespace: no reason given");
});
