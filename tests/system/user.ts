/** The ordinary user whose engine is under test, in the pass that is not root's. */
import { describe, test } from "bun:test";
import { readFileSync } from "node:fs";

export interface TestUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  /** XDG_RUNTIME_DIR. */
  readonly runtime: string;
}

/** Undefined when the suites run as root. Set by tools/test-in-namespace.sh. */
export const USER: TestUser | undefined = fromEnvironment();

function fromEnvironment(): TestUser | undefined {
  const name = process.env["PODWRIGHT_TEST_USER"] ?? "";
  if (name === "") return undefined;
  const [uid = 0, gid = 0] = (process.env["PODWRIGHT_TEST_USER_IDS"] ?? "").split(":").map(Number);
  return { name, uid, gid, home: process.env["PODWRIGHT_TEST_USER_HOME"] ?? "", runtime: `/run/user/${uid}` };
}

/** For suites of the user's pass alone. */
export function theUser(): TestUser {
  if (USER === undefined) throw new Error("this suite is one of the user's pass");
  return USER;
}

/** What starts a program as that user, in an environment as after a login. */
export function asUser({ name, uid, gid, home, runtime }: TestUser): readonly string[] {
  const variables = { HOME: home, USER: name, LOGNAME: name, XDG_RUNTIME_DIR: runtime };
  const given = Object.entries(variables).map(([variable, value]) => `${variable}=${value}`);
  return ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--init-groups", "--", "env", ...given];
}

/** The process that holds the user's namespaces; undefined before the first command. */
export function holderOf({ runtime }: Pick<TestUser, "runtime">): number | undefined {
  try {
    return Number(readFileSync(`${runtime}/podwright.userns`, "utf8").split(" ")[0]);
  } catch {
    return undefined;
  }
}

/** A file as whose engine is under test sees it: the user's run directories are mounts of the user's own namespace. */
export function asSeenInside(path: string): string {
  const holder = USER === undefined ? undefined : holderOf(USER);
  return holder === undefined ? path : `/proc/${holder}/root${path}`;
}

/**
 * For what cannot apply to an ordinary user: there it is skipped. The reason goes into docs/rootless.md (`bun run gen`), so
 * both texts are literals.
 */
export function rootOnly(_reason: string): {
  readonly test: typeof test;
  readonly describe: typeof describe;
} {
  return USER === undefined ? { test, describe } : { test: test.skip, describe: describe.skip };
}

/** The address of a pod that asked for no network, as a regular expression: a user's has the host's. */
export const POD_ADDRESS = USER === undefined ? String.raw`10\.\d+\.\d+\.\d+` : String.raw`192\.0\.2\.2`;

/** First of the user's subordinate ids, as tools/setup/test-user.sh gives them: uid 1 inside. */
export const FIRST_ID = 700_000;

/** The id on the host of one that a container sees. */
export function hostId(id: number): number {
  if (USER === undefined) return id;
  return id === 0 ? USER.uid : FIRST_ID + id - 1;
}
