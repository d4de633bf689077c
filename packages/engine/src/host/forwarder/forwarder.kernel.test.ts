import { afterAll, beforeAll, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createSocket } from "node:dgram";
import { connect, type Socket } from "node:net";
import { inOwnNamespaces, sh, temporaryDirectory } from "../../../testing/kernel.ts";
import { waitFor } from "../../../testing/waiting.ts";
import type { Forward } from "../../ports/forwarder.ts";
import type { HostEndpoint } from "../../ports/host-ports.ts";
import { BoundPorts } from "../port-sockets/bound-ports.ts";
import { ProcProcesses } from "../process/processes.ts";
import { ForwarderProcess } from "./forwarder-process.ts";

/** 80 says who asks, 81 resets, 82 digests what it is sent until its end, 83 the same but late, 84 echoes. */
const SERVER = `
import { createServer } from "node:net";
import { createSocket } from "node:dgram";
import { createHash } from "node:crypto";
const digest = (socket) => {
  const hash = createHash("sha256");
  socket.on("data", (data) => hash.update(data));
  socket.on("end", () => socket.end(hash.digest("hex")));
};
const serve = (port, act) => new Promise((resolve) => {
  const server = createServer({ allowHalfOpen: true }, (socket) => { socket.on("error", () => {}); act(socket); });
  server.listen({ port, host: "::", backlog: 2048 }, resolve);
});
await serve(80, (socket) => socket.end(socket.remoteAddress.replace("::ffff:", "") + " " + socket.remotePort));
await serve(81, (socket) => socket.resetAndDestroy());
await serve(82, digest);
await serve(83, (socket) => { socket.pause(); setTimeout(() => { digest(socket); socket.resume(); }, 700); });
await serve(84, (socket) => socket.pipe(socket));
for (const type of ["udp4", "udp6"]) {
  const server = createSocket({ type, ipv6Only: true });
  server.on("message", (_, { address, port }) => server.send(address + " " + port, port, address));
  await new Promise((resolve) => server.bind(80, resolve));
}
console.log("ready");
`;
const HERE = { 4: "192.0.2.2", 6: "2001:db8::2" } as const;
const FAR = { 4: "192.0.2.9", 6: "2001:db8::9" } as const;

inOwnNamespaces(import.meta.path, () => {
  const main = `${import.meta.dir}/../../../testing/internal-main.ts`;
  const processes = new ProcProcesses();
  const forwarder = new ForwarderProcess(processes, [process.execPath, main]);
  const hostPorts = new BoundPorts();
  const dir = temporaryDirectory();
  const [pin, far] = [`${dir.path}/net`, `${dir.path}/far`];
  let server: Bun.Subprocess | undefined;

  beforeAll(async () => {
    for (const path of [pin, far]) writeFileSync(path, "");
    writeFileSync(`${dir.path}/server.ts`, SERVER);
    sh(`
      ip link set lo up
      unshare --net=${far} ip link set lo up
      unshare --net=${pin} sh -ec "
        ip link set lo up
        ip link add eth0 type veth peer name eth1
        ip link set eth1 up
        ip address add ${HERE[4]}/24 dev eth0
        ip address add ${HERE[6]}/64 dev eth0 nodad
        ip link set eth0 up
        ip route add default via 192.0.2.1
        ip -6 route add default via 2001:db8::1"
      nsenter --net=${far} sleep 5 & away=$!
      sleep 0.1
      ip link add uplink type veth peer name out
      ip link set out netns $away
      kill $away
      ip address add ${HERE[4]}/24 dev uplink
      ip address add ${HERE[6]}/64 dev uplink nodad
      ip link set uplink up
      nsenter --net=${far} sh -ec "
        ip address add ${FAR[4]}/24 dev out
        ip address add ${FAR[6]}/64 dev out nodad
        ip link set out up"`);
    const argv = ["nsenter", `--net=${pin}`, process.execPath, `${dir.path}/server.ts`];
    const child = Bun.spawn(argv, { stdout: "pipe", stderr: "inherit" });
    server = child;
    await child.stdout.getReader().read();
  });

  afterAll(async () => {
    await forwarder.stop(dir.path);
    server?.kill(9);
    await server?.exited;
    sh(`umount ${pin} ${far} 2>/dev/null; true`);
    dir[Symbol.dispose]();
  });

  async function withForwards<T>(
    ports: readonly (readonly [protocol: "tcp" | "udp", port: number, inside: number])[],
    act: (forwards: readonly Forward[]) => Promise<T>,
  ): Promise<T> {
    const forwards: Forward[] = [];
    try {
      for (const [protocol, port, inside] of ports) {
        for (const family of [4, 6] as const) {
          const socket = hostPorts.bind({ protocol, port, address: family === 4 ? "0.0.0.0" : "::" });
          if (socket === undefined) throw new Error("no such protocol");
          forwards.push({ socket, target: { address: HERE[family], port: inside, loopback: "loopback" } });
        }
      }
      return await act(forwards);
    } finally {
      for (const { socket } of forwards) socket[Symbol.dispose]();
    }
  }

  async function withForwarder(
    ports: Parameters<typeof withForwards>[0],
    work: () => Promise<void>,
  ): Promise<void> {
    const without = await withForwards(ports, (forwards) =>
      forwarder.start({ directory: dir.path, netnsPath: pin, targets: "here", forwards }),
    );
    expect(without).toEqual([]);
    try {
      await work();
    } finally {
      await forwarder.stop(dir.path);
    }
    for (const [protocol, port] of ports) hostPorts.requireFree({ protocol, port, address: "0.0.0.0" });
  }

  interface Talk {
    readonly text: string;
    readonly from: number;
  }

  /** Sends, ends its half, and reads until the other does. @throws the connection's error */
  function talk(port: number, send: Uint8Array = new Uint8Array(), host = "127.0.0.1"): Promise<Talk> {
    return new Promise((resolve, reject) => {
      let text = "";
      let from = 0;
      const socket: Socket = connect({ port, host, allowHalfOpen: true }, () => {
        from = socket.localPort ?? 0;
        socket.end(send);
      });
      socket.on("data", (data: Buffer) => (text += data.toString()));
      socket.on("end", () => resolve({ text, from }));
      socket.on("error", reject);
    });
  }

  function pid(): number {
    return Number(readFileSync(`${dir.path}/forwarder.pid`, "utf8"));
  }

  function openDescriptors(): number {
    return Number(sh(`ls /proc/${pid()}/fd | wc -l`));
  }

  const CLIENT = `
    const [protocol, host, port] = process.argv.slice(2);
    if (protocol === "tcp") {
      const socket = (await import("node:net")).connect({ host, port: Number(port) });
      socket.on("error", (error) => console.log(error.code));
      socket.on("data", (data) => console.log(data.toString() === host0() + " " + socket.localPort ? "own" : data.toString()));
      var host0 = () => socket.localAddress;
    } else {
      const socket = (await import("node:dgram")).createSocket(host.includes(":") ? "udp6" : "udp4");
      socket.connect(Number(port), host, () => socket.send("x"));
      socket.on("message", (data) => { const { address, port } = socket.address(); console.log(data.toString() === address + " " + port ? "own" : data.toString()); socket.close(); });
    }
    setTimeout(() => process.exit(), 3000).unref();
  `;

  /** "own" when the server has seen the client's true address and port. */
  function seen(netns: string, ...words: readonly string[]): string {
    writeFileSync(`${dir.path}/client.ts`, CLIENT);
    return sh(
      `${netns === "" ? "" : `nsenter --net=${netns} `}${process.execPath} ${dir.path}/client.ts ${words.join(" ")}`,
    ).trim();
  }

  test("each way in, IPv4 and IPv6: others keep their address and port, loopback stays loopback", async () => {
    await withForwarder(
      [
        ["tcp", 18_080, 80],
        ["udp", 18_053, 80],
      ],
      async () => {
        for (const family of [4, 6] as const) {
          for (const [protocol, port] of [
            ["tcp", "18080"],
            ["udp", "18053"],
          ] as const) {
            expect([family, protocol, seen(far, protocol, HERE[family], port)]).toEqual([
              family,
              protocol,
              "own",
            ]);
            expect([family, protocol, seen("", protocol, HERE[family], port)]).toEqual([
              family,
              protocol,
              "own",
            ]);
            const loopback = family === 4 ? "127.0.0.1" : "::1";
            expect(seen("", protocol, loopback, port)).toStartWith(`${loopback} `);
          }
        }
      },
    );
  });

  test("a half-closed connection goes on; a reset and a refusal are passed on", async () => {
    await withForwarder(
      [
        ["tcp", 18_082, 82],
        ["tcp", 18_081, 81],
        ["tcp", 18_079, 79],
      ],
      async () => {
        const bytes = Buffer.alloc(20_000_003, "Some text that goes through pipes. ");
        expect((await talk(18_082, bytes)).text).toBe(createHash("sha256").update(bytes).digest("hex"));
        expect((await talk(18_082, new Uint8Array(), "::1")).text).toStartWith("e3b0c442");
        for (const port of [18_081, 18_079]) expect(talk(port)).rejects.toMatchObject({ code: "ECONNRESET" });
      },
    );
  });

  test("a server that does not read holds its client back, and loses nothing", async () => {
    await withForwarder([["tcp", 18_083, 83]], async () => {
      const bytes = Buffer.alloc(30_000_000, "0123456789");
      const before = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid()}/status`, "utf8"))?.[1]);
      expect((await talk(18_083, bytes, HERE[4])).text).toBe(
        createHash("sha256").update(bytes).digest("hex"),
      );
      const after = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid()}/status`, "utf8"))?.[1]);
      expect(after - before).toBeLessThan(8_000);
    });
  });

  test("a thousand connections at once, and none of their descriptors stays", async () => {
    await withForwarder([["tcp", 18_084, 84]], async () => {
      const before = openDescriptors();
      const word = Buffer.from("hello");
      const all = await Promise.all(Array.from({ length: 1_000 }, () => talk(18_084, word)));
      expect(all.every(({ text }) => text === "hello")).toBe(true);
      // Pipes are kept for the next ones.
      expect(openDescriptors()).toBeLessThanOrEqual(before + 2 * 16);
    });
  });

  test("ports come and go while connections through others stay", async () => {
    const port = (number: number): HostEndpoint[] =>
      ["0.0.0.0", "::"].map((address) => ({ protocol: "tcp", address, port: number }));
    await withForwarder(
      [
        ["tcp", 18_084, 84],
        ["tcp", 18_085, 84],
      ],
      async () => {
        const stays = connect({ port: 18_084, host: "127.0.0.1" });
        const goes = connect({ port: 18_085, host: "127.0.0.1" });
        const echo = (socket: Socket): Promise<string> =>
          new Promise((resolve, reject) => {
            socket.once("data", (data: Buffer) => resolve(data.toString()));
            socket.once("error", reject);
            socket.write("again");
          });
        expect(await Promise.all([stays, goes].map(echo))).toEqual(["again", "again"]);
        await withForwards(
          [
            ["udp", 18_053, 80],
            ["tcp", 18_086, 80],
          ],
          (more) => forwarder.add(dir.path, more),
        );
        expect((await talk(18_086)).text).toStartWith("127.0.0.1 ");
        expect(seen(far, "udp", HERE[4], "18053")).toBe("own");
        const end = new Promise((resolve) => goes.once("error", resolve));
        await forwarder.remove(dir.path, port(18_085));
        expect(await end).toMatchObject({ code: "ECONNRESET" });
        hostPorts.requireFree({ protocol: "tcp", address: "0.0.0.0", port: 18_085 });
        expect(await echo(stays)).toBe("again");
        stays.destroy();
        const known = (await forwarder.list(dir.path))?.map(
          ({ endpoint }) => `${endpoint.protocol} ${endpoint.port}`,
        );
        expect(new Set(known)).toEqual(new Set(["tcp 18084", "tcp 18086", "udp 18053"]));
      },
    );
    expect(await forwarder.list(dir.path)).toBeUndefined();
  });

  test("one client with one port, by two ports to the same inside: each gets its own answers", async () => {
    await withForwarder(
      [
        ["udp", 18_053, 80],
        ["udp", 18_054, 80],
      ],
      async () => {
        const socket = createSocket("udp4");
        await new Promise<void>((resolve) => socket.bind(0, HERE[4], () => resolve()));
        const answers = new Set<number>();
        const both = new Promise<void>((resolve) => {
          socket.on("message", (_data, { port }) => {
            answers.add(port);
            if (answers.size === 2) resolve();
          });
        });
        for (const port of [18_053, 18_054]) socket.send("x", port, HERE[4]);
        await both;
        socket.close();
        expect(answers).toEqual(new Set([18_053, 18_054]));
      },
    );
  });

  test("a port that somebody listens on is theirs; a namespace that is not there is said", async () => {
    const wrong = withForwards([["tcp", 18_090, 80]], (forwards) =>
      forwarder.start({ directory: dir.path, netnsPath: `${dir.path}/none`, targets: "here", forwards }),
    );
    await expect(wrong).rejects.toMatchObject({ code: "NETWORK_SETUP_FAILED" });
    await expect(forwarder.add(dir.path, [])).rejects.toMatchObject({ code: "NETWORK_SETUP_FAILED" });
  });

  test("it ends with the pin, and when its starter ends too early", async () => {
    const other = `${dir.path}/sub/net`;
    sh(`mkdir -p ${dir.path}/sub/own; touch ${other}; unshare --net=${other} ip link set lo up`);
    const directory = `${dir.path}/sub/own`;
    await withForwards([["tcp", 18_091, 80]], (forwards) =>
      forwarder.start({ directory, netnsPath: other, targets: "here", forwards }),
    );
    const note = Number(readFileSync(`${directory}/forwarder.pid`, "utf8"));
    sh(`umount ${other}`);
    rmSync(other);
    await waitFor("its end", () => processes.identify(note) === undefined);
    // The last of its threads closes its sockets, a moment after the first one counts as ended.
    const threads = (): number =>
      existsSync(`/proc/${note}/task`) ? readdirSync(`/proc/${note}/task`).length : 0;
    await waitFor("the end of its threads", () => threads() <= 1);
    hostPorts.requireFree({ protocol: "tcp", address: "0.0.0.0", port: 18_091 });
    // Its descriptor 3 is nobody's: as after a starter that was killed.
    const orphan = Bun.spawnSync([process.execPath, main, "internal", "forward", dir.path, pin, "here"], {
      cwd: dir.path,
      timeout: 5_000,
    });
    expect(orphan.exitCode).not.toBe(null);
    expect(existsSync(pin)).toBe(true);
  });
});
