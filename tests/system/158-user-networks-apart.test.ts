/** Two ordinary users' networks of one name and subnet side by side: they do not meet, and each goes with its last container. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execute, host } from "./engine.ts";
import { addUser, forgetUsers, type OrdinaryUser, prepareForUsers } from "./ordinary-user.ts";
import { waitFor } from "./waiting.ts";

const SUBNET = "10.99.1.0/24";
const ADDRESS = "10.99.1.7";
let ada: OrdinaryUser;
let bob: OrdinaryUser;

beforeAll(async () => {
  await prepareForUsers();
  ada = await addUser("ada", 4205, 5_000_000);
  bob = await addUser("bob", 4206, 6_000_000);
  for (const user of [ada, bob]) {
    await user.ok("pull", "-q", "busybox");
    await user.ok("network", "create", "--subnet", SUBNET, "same");
  }
});

afterAll(async () => {
  for (const user of [ada, bob]) await user.ok("system", "reset", "-f");
  await forgetUsers();
});

/** What serves that user's networks; zombies aside. */
async function servants({ uid }: OrdinaryUser): Promise<readonly string[]> {
  const { stdout } = await execute(["ps", "-U", String(uid), "-o", "stat=,args="]);
  const lines = stdout.split("\n").filter((line) => !/^\s*Z/.test(line));
  return lines.flatMap((line) => /\bpasta\b|aardvark-dns|internal forward/.exec(line)?.[0] ?? []);
}

/** No process, no pinned namespace. */
async function expectNothing(user: OrdinaryUser): Promise<void> {
  await waitFor("the end of what serves", async () => (await servants(user)).length === 0 || undefined);
  expect(await user.ok("unshare", "cat", "/proc/self/mountinfo")).not.toContain("/user-network/net ");
}

const remove = (user: OrdinaryUser): Promise<string> => user.ok("rm", "-f", "-t", "0", "-a");

describe("two users", () => {
  const page = (port: number): Promise<string> =>
    waitFor(`port ${port}`, async () => {
      const { stdout } = await execute(["curl", "-s", "-m", "2", `http://127.0.0.1:${port}/hostname`]);
      return stdout.trim() || undefined;
    });

  test("have the same names, subnets and addresses, and reach their own", async () => {
    const ports = [
      [ada, 28_181],
      [bob, 28_182],
    ] as const;
    for (const [user, port] of ports) {
      const place = ["--network", "same", "--ip", ADDRESS, "-h", user.name, "-p", `${port}:80`];
      const serve = "httpd -p 80 -h /etc && exec sleep 1000";
      await user.ok("run", "-d", "--name", "web", ...place, "busybox", "sh", "-c", serve);
    }
    const namespaces = new Set<string>();
    for (const [user, port] of ports) {
      const get = ["wget", "-q", "-O-", "http://web/hostname"];
      expect(await user.ok("run", "--rm", "--network", "same", "busybox", ...get)).toBe(user.name);
      expect(await page(port)).toBe(user.name);
      const inside = ["unshare", "--rootless-netns"];
      namespaces.add(await user.ok(...inside, "readlink", "/proc/self/ns/net"));
      expect(await user.ok(...inside, "ip", "-o", "-4", "address")).toContain("10.99.1.1/24");
      expect(await user.ok(...inside, "curl", "-s", "-m", "2", `http://${ADDRESS}/hostname`)).toBe(user.name);
    }
    expect(namespaces.size).toBe(2);
    expect(await host("ip", "-o", "address")).not.toContain("10.99.1.");
  });

  test("a port of the other's is named as taken; what one removes, the other keeps", async () => {
    const taken = await bob.pw("run", "--rm", "--network", "same", "-p", "28181:80", "busybox", "true");
    expect([taken.code, taken.stderr]).toEqual([126, expect.stringMatching(/28181.*in use/)]);
    await remove(ada);
    await expectNothing(ada);
    expect(await page(28_182)).toBe("bob");
    await remove(bob);
    await expectNothing(bob);
  });
});

test("starts and ends at once share one namespace, and leave none", async () => {
  const same = ["--network", "same", "busybox"] as const;
  const ran = await Promise.all(Array.from({ length: 4 }, () => ada.pw("run", "--rm", ...same, "true")));
  expect(ran.map(({ code, stderr }) => [code, stderr])).toEqual(ran.map(() => [0, ""]));
  await expectNothing(ada);
  await Promise.all(
    ["a", "b", "c"].map((name) => ada.ok("run", "-d", "--name", name, ...same, "sleep", "1000")),
  );
  expect((await servants(ada)).filter((name) => name === "pasta")).toHaveLength(1);
  expect(await ada.ok("exec", "a", "nslookup", "c")).toContain("Address: 10.99.1.");
  await Promise.all(["a", "b", "c"].map((name) => ada.ok("rm", "-f", "-t", "0", name)));
  await expectNothing(ada);
});

test("an end that is killed at any moment is finished by the next command", async () => {
  for (const pause of [20, 60, 100, 140]) {
    await ada.ok("run", "-d", "--name", "cut", "--network", "same", "busybox", "sleep", "1000");
    const script = `podwright rm -f -t 0 cut & sleep ${pause / 1000}; kill -9 $!; wait`;
    await ada.run(["sh", "-c", script]);
    await ada.ok("rm", "-f", "-i", "-t", "0", "cut");
    await ada.ok("run", "--rm", "--network", "same", "busybox", "true");
    await expectNothing(ada);
  }
});
