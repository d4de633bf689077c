/** Names on the real kernel with the real name server: who resolves whom, and that it comes back and goes away. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { NetworkAttachment } from "@podwright/spec/engine-api/common";
import { createLog } from "../src/base/log.ts";
import { AardvarkNames } from "../src/host/aardvark/aardvark-names.ts";
import { PinnedNamespaces } from "../src/host/namespaces/pinned-namespaces.ts";
import { ProcProcesses } from "../src/host/process/processes.ts";
import { lowerAllNetworks } from "../src/network/bridge.ts";
import { networksApi } from "../src/network/networks-api.ts";
import { sandboxNetwork } from "../src/network/sandbox-network.ts";
import type { AttachedNetwork } from "../src/ports/sandbox-network.ts";
import { inOwnNamespaces, sh, succeeds, temporaryDirectory } from "./kernel.ts";
import { kernelNetworkContext } from "./network-context.ts";
import { waitFor } from "./waiting.ts";

inOwnNamespaces(import.meta.path, () => {
  const directory = temporaryDirectory();
  const ctx = kernelNetworkContext(directory.path);
  const network = sandboxNetwork(ctx);
  const api = networksApi(ctx);
  const pins = new PinnedNamespaces();
  const zones = `${ctx.settings.runRoot}/names/zones`;
  const pinDir = (owner: string): string => `${directory.path}/pins/${owner}`;
  const enter = (owner: string): string => `nsenter --net=${pinDir(owner)}/net`;

  async function up(owner: string, ...attachments: NetworkAttachment[]): Promise<AttachedNetwork> {
    pins.pin(pinDir(owner), ["net"], {});
    const netnsPath = `${pinDir(owner)}/net`;
    return network.attach({ owner, ownerName: owner, netnsPath, attachments, ports: [] });
  }

  async function down(owner: string, known: AttachedNetwork): Promise<void> {
    await network.detach(owner, known);
    pins.unpin(pinDir(owner));
  }

  /** What the sandbox's first name server says, by a resolver of our own: "10.89.0.2", "NXDOMAIN", "" for nothing. */
  function resolve(owner: string, server: string, name: string): string {
    const script = `
      import { question } from "${import.meta.dir}/../src/host/aardvark/question.ts";
      const socket = await Bun.udpSocket({ socket: { data(_s, b) {
        const status = b.readUInt8(3) & 15;
        const found = status === 0 && b.readUInt16BE(6) > 0;
        console.log(found ? [...b.subarray(-4)].join(".") : status === 3 ? "NXDOMAIN" : "status " + status);
        process.exit(0);
      }, error() { process.exit(0); } } });
      socket.send(question(77, "${name}", 1), 53, "${server}");
      setTimeout(() => process.exit(0), 1500);`;
    return sh(`${enter(owner)} ${process.execPath} -e '${script}'`).trim();
  }

  function serverPid(): number {
    return Number(readFileSync(`${zones}/aardvark.pid`, "utf8"));
  }

  const blank = {
    subnets: [],
    ipv6: false,
    internal: false,
    disableDns: false,
    dnsServers: [],
    labels: {},
    options: {},
    ignore: false,
  };

  beforeAll(async () => {
    sh("mount -t tmpfs t /run; mkdir -p /run/netns; ip link set lo up");
    await api.create({ ...blank, name: "one", subnets: [{ subnet: "10.61.0.0/24" }] });
    await api.create({ ...blank, name: "two", subnets: [{ subnet: "10.62.0.0/24" }] });
    await api.create({ ...blank, name: "quiet", disableDns: true, subnets: [{ subnet: "10.63.0.0/24" }] });
    await api.create({ ...blank, name: "inner", internal: true, subnets: [{ subnet: "10.64.0.0/24" }] });
  });
  afterAll(() => {
    ctx.store.close();
    directory[Symbol.dispose]();
  });

  test("names resolve once attach() has resolved, within a network and not across", async () => {
    const a = await up("a", { name: "one", aliases: ["alpha"] });
    const pid = serverPid();
    const b = await up("b", { name: "one" });
    const c = await up("c", { name: "two", aliases: ["gamma"] });
    expect(serverPid()).toBe(pid);
    expect(resolve("b", "10.61.0.1", "a")).toBe("10.61.0.2");
    expect(resolve("b", "10.61.0.1", "ALPHA")).toBe("10.61.0.2");
    expect(resolve("b", "10.61.0.1", "alpha.dns.podman")).toBe("10.61.0.2");
    expect(resolve("b", "10.61.0.1", "c")).toBe("NXDOMAIN");
    expect(resolve("c", "10.62.0.1", "a")).toBe("NXDOMAIN");
    await down("b", b);
    await down("c", c);
    expect(readdirSync(zones)).toHaveLength(2);
    await down("a", a);
    expect(existsSync(`${ctx.settings.runRoot}/names`)).toBe(false);
    await waitFor("the server's end", () => !isAlive(pid));
  });

  test("one on two networks asks either server for the names of both", async () => {
    const a = await up("a", { name: "one" });
    const c = await up("c", { name: "two" });
    const both = await up("both", { name: "one" }, { name: "two" });
    expect(resolve("both", "10.61.0.1", "a")).toStartWith("10.61.0.");
    expect(resolve("both", "10.61.0.1", "c")).toStartWith("10.62.0.");
    expect(await network.resolvConf({}, both.interfaces)).toBe(
      "search dns.podman\nnameserver 10.61.0.1\nnameserver 10.62.0.1\n",
    );
    expect(sh(`${enter("both")} ip route show default`)).toBe(
      "default via 10.61.0.1 dev eth0 proto static metric 100 \ndefault via 10.62.0.1 dev eth1 proto static metric 101 \n",
    );
    for (const [owner, known] of [
      ["a", a],
      ["c", c],
      ["both", both],
    ] as const)
      await down(owner, known);
  });

  test("a network without names starts no server", async () => {
    const quiet = await up("q", { name: "quiet" });
    expect(existsSync(`${ctx.settings.runRoot}/names`)).toBe(false);
    expect(await network.resolvConf({}, quiet.interfaces)).not.toContain("10.63.0.1");
    await down("q", quiet);
  });

  test("an internal network's questions stay inside and are refused at once", async () => {
    const a = await up("a", { name: "inner" });
    const b = await up("b", { name: "inner" });
    expect(resolve("a", "10.64.0.1", "b")).toStartWith("10.64.0.");
    const start = performance.now();
    expect(resolve("a", "10.64.0.1", "www.example.com")).toBe("NXDOMAIN");
    expect(performance.now() - start).toBeLessThan(4_500);
    expect(sh(`${enter("a")} ip route show default`)).toBe("");
    await down("a", a);
    await down("b", b);
    expect(existsSync(`${ctx.settings.runRoot}/names`)).toBe(false);
  });

  test("other questions go to the sandbox's, the network's, or the host's servers", async () => {
    // A name server of the outside, which knows one name.
    const outside = Bun.spawn(["socat", "UDP4-RECVFROM:53,bind=127.3.3.3,fork", `EXEC:${echoAnswer()}`]);
    await waitFor("the server", () => succeeds("ss -uln | grep -q 127.3.3.3:53"));
    await api.update("two", { addDns: ["127.3.3.3"], dropDns: [] });
    const c = await up("c", { name: "two" });
    expect(resolve("c", "10.62.0.1", "www.example.com")).toBe("203.0.113.9");
    await api.update("two", { addDns: ["192.0.2.1"], dropDns: ["127.3.3.3"] });
    expect(
      readFileSync(`${zones}/${readdirSync(zones).find((name) => name !== "aardvark.pid")}`, "utf8"),
    ).toStartWith("10.62.0.1 192.0.2.1\n");
    await down("c", c);
    outside.kill();
    const refused = api.update("quiet", { addDns: ["192.0.2.1"], dropDns: [] });
    expect(refused).rejects.toThrow("cannot set NetworkDNSServers if DNS is not enabled");
    await refused.catch(() => undefined);
  });

  /** Turns any query into an answer with one address. */
  function echoAnswer(): string {
    const path = `${directory.path}/answer.ts`;
    const answer =
      "Buffer.concat([q, Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 203, 0, 113, 9])])";
    writeFileSync(
      path,
      `const q = Buffer.from(await Bun.stdin.arrayBuffer()); q[2] |= 0x80; q[7] = 1; process.stdout.write(${answer});`,
    );
    return `${process.execPath} ${path}`;
  }

  test("a server that was killed comes back with the next attach, with all names", async () => {
    const a = await up("a", { name: "one" });
    const c = await up("c", { name: "two" });
    process.kill(serverPid(), "SIGKILL");
    const b = await up("b", { name: "one" });
    expect(resolve("b", "10.61.0.1", "a")).toStartWith("10.61.0.");
    expect(resolve("c", "10.62.0.1", "c")).toStartWith("10.62.0.");
    // Its pid may be another process's by now, or a file that says nothing.
    process.kill(serverPid(), "SIGKILL");
    await Bun.write(`${zones}/aardvark.pid`, "1");
    const d = await up("d", { name: "one" });
    expect(resolve("d", "10.61.0.1", "b")).toStartWith("10.61.0.");
    for (const [owner, known] of [
      ["a", a],
      ["b", b],
      ["c", c],
      ["d", d],
    ] as const)
      await down(owner, known);
  });

  test("a server whose pid file is gone is found and replaced", async () => {
    const a = await up("a", { name: "one" });
    const pid = serverPid();
    sh(`rm ${zones}/aardvark.pid`);
    const b = await up("b", { name: "one" });
    expect(resolve("b", "10.61.0.1", "a")).toStartWith("10.61.0.");
    expect(isAlive(pid)).toBe(false);
    await down("a", a);
    await down("b", b);
  });

  test("another server on the gateway's port is named, and nothing is left of the attempt", async () => {
    const foreign = Bun.spawn(["socat", "UDP4-RECVFROM:53,fork", "EXEC:true"]);
    await waitFor("the server", () => succeeds("ss -uln | grep -q ':53 '"));
    const refused = up("a", { name: "one" });
    expect(refused).rejects.toThrow(
      /^cannot serve names on network one: 10\.61\.0\.1:53 is in use by socat \(process \d+\)$/,
    );
    await refused.catch(() => undefined);
    expect(ctx.store.networks.leases({})).toEqual([]);
    expect(existsSync(`${ctx.settings.runRoot}/names/zones/aardvark.pid`)).toBe(false);
    expect(
      sh(`${enter("a")} ip -o link`)
        .trim()
        .split("\n"),
    ).toHaveLength(1);
    pins.unpin(pinDir("a"));
    foreign.kill();
    await foreign.exited;
  });

  test("commands that come together all have their names, and what one was killed over is dropped", async () => {
    const owners = Array.from({ length: 8 }, (_, i) => `p${i}`);
    const known = await Promise.all(owners.map((owner) => up(owner, { name: i2n(owner) })));
    for (const owner of owners) {
      const gateway = i2n(owner) === "one" ? "10.61.0.1" : "10.62.0.1";
      const other = owners.find((o) => o !== owner && i2n(o) === i2n(owner)) ?? "";
      expect(resolve(owner, gateway, other)).toMatch(/^10\.6[12]\.0\./);
    }
    // Its lease is gone, its line is not: as a kill between the two leaves it.
    ctx.store.networks.release("p0");
    const last = await up("last", { name: "one" });
    const text = readdirSync(zones)
      .map((file) => readFileSync(`${zones}/${file}`, "utf8"))
      .join("");
    expect(text).not.toContain("p0 ");
    expect(text).toContain("p2 ");
    await Promise.all(owners.map((owner, i) => down(owner, known[i] ?? { interfaces: [], ports: [] })));
    await down("last", last);
  });

  function i2n(owner: string): string {
    return Number(owner.slice(1)) % 2 === 0 ? "one" : "two";
  }

  test("a start on a network with names costs some milliseconds", async () => {
    const keep = await up("keep", { name: "one" });
    const times: Record<string, number[]> = { one: [], quiet: [] };
    for (let i = 0; i < 16; i++) {
      for (const name of ["one", "quiet"]) {
        pins.pin(pinDir("t"), ["net"], {});
        const start = performance.now();
        const request = { owner: "t", ownerName: "t", netnsPath: `${pinDir("t")}/net`, ports: [] };
        const known = await network.attach({ ...request, attachments: [{ name }] });
        times[name]?.push(performance.now() - start);
        await down("t", known);
      }
    }
    const [named = 0, plain = 0] = ["one", "quiet"].map((name) => Math.min(...(times[name] ?? [])));
    console.log(`attach with names ${named.toFixed(2)} ms, without ${plain.toFixed(2)} ms`);
    expect(named).toBeLessThan(plain + 60);
    await down("keep", keep);
  });

  test("what a killed command left before its zone goes with the next detach", async () => {
    const lock = `${ctx.settings.runRoot}/locks/names`;
    ctx.store.networks.lease({ network: "one", owner: "dead", mac: "", interfaceName: "eth0" }, [
      "10.61.0.77",
    ]);
    mkdirSync(zones, { recursive: true });
    writeFileSync(`${ctx.settings.runRoot}/names/new`, "half");
    writeFileSync(lock, "");
    await network.detach("dead", { interfaces: [], ports: [] });
    expect([existsSync(`${ctx.settings.runRoot}/names`), existsSync(lock)]).toEqual([false, false]);
  });

  test("without the program a sandbox comes up all the same, and asks the host's servers", async () => {
    const place = `${ctx.settings.runRoot}/none`;
    const absent = new AardvarkNames({
      directory: place,
      storeId: "00000000",
      candidates: ["/nonexistent/aardvark-dns"],
      processes: new ProcProcesses(),
    });
    const told: string[] = [];
    const bare = sandboxNetwork({
      ...ctx,
      names: async () => absent,
      log: createLog("warn", (line) => told.push(line)),
    });
    pins.pin(pinDir("bare"), ["net"], {});
    const attachments = [{ name: "one" }];
    const known = await bare.attach({
      owner: "bare",
      ownerName: "bare",
      netnsPath: `${pinDir("bare")}/net`,
      attachments,
      ports: [],
    });
    expect(told.join("")).toContain("aardvark-dns not found: names are not resolved on one");
    expect(await bare.resolvConf({}, known.interfaces)).not.toContain("10.61.0.1");
    await bare.detach("bare", known);
    pins.unpin(pinDir("bare"));
    expect(existsSync(place)).toBe(false);
  });

  test("lowerAllNetworks() ends the server", async () => {
    await up("a", { name: "one" });
    await lowerAllNetworks(ctx);
    expect(existsSync(`${ctx.settings.runRoot}/names`)).toBe(false);
    expect(sh("ip -o link show type bridge; ss -uln | grep ':53 ' || true")).toBe("");
  });

  function isAlive(pid: number): boolean {
    return ctx.processesAlive(pid);
  }
});
