/** The ordinary user whose engine is under test, in the pass that is not root's. */
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

/** What starts a program as that user, in an environment as after a login. */
export function asUser({ name, uid, gid, home, runtime }: TestUser): readonly string[] {
  const variables = { HOME: home, USER: name, LOGNAME: name, XDG_RUNTIME_DIR: runtime };
  const given = Object.entries(variables).map(([variable, value]) => `${variable}=${value}`);
  return ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--init-groups", "--", "env", ...given];
}

/** The process that holds the user's namespaces; undefined before the first command. */
export function holderOf({ runtime }: TestUser): number | undefined {
  try {
    return Number(readFileSync(`${runtime}/podwright.userns`, "utf8").split(" ")[0]);
  } catch {
    return undefined;
  }
}

/** First of the user's subordinate ids, as tools/setup/test-user.sh gives them: uid 1 inside. */
export const FIRST_ID = 700_000;

/** The id on the host of one that a container sees. */
export function hostId(id: number): number {
  if (USER === undefined) return id;
  return id === 0 ? USER.uid : FIRST_ID + id - 1;
}
