import { expect, test } from "bun:test";
import { readdirSync, readlinkSync } from "node:fs";
import { inOwnNamespaces, sh, temporaryDirectory } from "../../../testing/kernel.ts";
import { waitFor } from "../../../testing/waiting.ts";
import type { NetAction, NetActions } from "../../ports/net-action.ts";
import { SocketNetActions } from "./socket-net-actions.ts";
import { SpawnedNetActions } from "./spawned-net-actions.ts";

/** Speaks HTTP on 8080, HTTPS on 8443, gRPC's health protocol on 9000; silent on 7000. */
const SERVER = `
import http2 from "node:http2";
const seen = [];
const fetch = (request) => {
  const { pathname } = new URL(request.url);
  const code = Number(pathname.slice(1)) || 200;
  if (pathname === "/seen") return Response.json(Object.fromEntries(request.headers));
  if (pathname === "/here") return new Response("", { status: 302, headers: { location: "/500" } });
  if (pathname === "/away") return new Response("", { status: 302, headers: { location: "http://elsewhere.invalid/500" } });
  if (pathname === "/round") return new Response("", { status: 302, headers: { location: "/round" } });
  if (pathname === "/header" && request.headers.get("x-a") !== "b") return new Response("", { status: 400 });
  if (pathname === "/host" && request.headers.get("host") !== "example.org") return new Response("", { status: 400 });
  if (pathname === "/agent" && !request.headers.get("user-agent").startsWith("kube-probe/")) return new Response("", { status: 400 });
  return new Response("", { status: code });
};
Bun.serve({ port: 8080, hostname: "0.0.0.0", fetch });
const [cert, key] = [process.argv[2], process.argv[3]].map((path) => Bun.file(path));
Bun.serve({ port: 8443, hostname: "0.0.0.0", fetch, tls: { cert, key } });
Bun.listen({ port: 7000, hostname: "127.0.0.1", socket: { data() {} } });
Bun.listen({ port: 7001, hostname: "127.0.0.1", socket: { open(s) { s.end("SSH-2.0-x\\r\\n"); }, data() {} } });
const grpc = http2.createServer();
grpc.on("stream", (stream, headers) => {
  const chunks = [];
  stream.on("data", (chunk) => chunks.push(chunk));
  stream.on("end", () => {
    const body = Buffer.concat(chunks);
    const head = { ":status": 200, "content-type": "application/grpc" };
    if (headers[":path"] !== "/grpc.health.v1.Health/Check") return stream.respond({ ...head, "grpc-status": "12" }, { endStream: true });
    if (body.includes("missing")) return stream.respond({ ...head, "grpc-status": "5" }, { endStream: true });
    stream.respond(head, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.end(Buffer.from([0, 0, 0, 0, 2, 8, body.includes("down") ? 2 : 1]));
  });
});
grpc.listen(9000, "127.0.0.1", () => console.log("ready"));
`;

inOwnNamespaces(import.meta.path, () => {
  const main = `${import.meta.dir}/../../../testing/internal-main.ts`;
  const actions = new SocketNetActions([process.execPath, main]);
  const spawned = new SpawnedNetActions([process.execPath, main]);

  async function withServer(
    work: (run: (action: NetAction, timeout?: number) => Promise<string | undefined>) => Promise<void>,
    by: NetActions = actions,
  ) {
    using dir = temporaryDirectory();
    const pin = `${dir.path}/net`;
    await Bun.write(pin, "");
    await Bun.write(`${dir.path}/server.ts`, SERVER);
    sh(
      `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=other -keyout ${dir.path}/key -out ${dir.path}/cert 2>/dev/null`,
    );
    sh(`unshare -n bash -c 'ip link set lo up; mount --bind /proc/self/ns/net ${pin}'`);
    const argv = [
      "nsenter",
      `--net=${pin}`,
      process.execPath,
      `${dir.path}/server.ts`,
      `${dir.path}/cert`,
      `${dir.path}/key`,
    ];
    const child = Bun.spawn(argv, { stdout: "pipe", stderr: "inherit" });
    try {
      await child.stdout.getReader().read();
      await work((action, timeout = 2000) => by.run({ action, netnsPath: pin, timeout }));
    } finally {
      child.kill(9);
      await child.exited;
      sh(`umount ${pin}`);
    }
  }

  const get = (path: string, port = 8080, headers: { name: string; value: string }[] = []): NetAction => ({
    kind: "http",
    url: `${port === 8443 ? "https" : "http"}://127.0.0.1:${port}${path}`,
    headers,
  });

  test("requests are made from within the namespace, and this thread is where it was", async () => {
    sh("ip link set lo up");
    const home = readlinkSync("/proc/thread-self/ns/net");
    await withServer(async (run) => {
      expect(await run(get("/"))).toBeUndefined();
      expect(await run(get("/", 8443))).toBeUndefined();
      expect(await run({ kind: "tcp", host: "127.0.0.1", port: 7000 })).toBeUndefined();
      expect(await run({ kind: "tcp", host: "localhost", port: 7000 })).toBeUndefined();
      expect(await run({ kind: "grpc", host: "127.0.0.1", port: 9000, service: "" })).toBeUndefined();
      expect(
        await actions.run({ action: get("/"), netnsPath: "/proc/self/ns/net", timeout: 2000 }),
      ).toContain("connection refused");
      expect(readlinkSync("/proc/thread-self/ns/net")).toBe(home);
    });
  });

  test("HTTP: statuses, redirects on the host, headers", async () => {
    await withServer(async (run) => {
      expect(await run(get("/399"))).toBeUndefined();
      expect(await run(get("/404"))).toBe("GET http://127.0.0.1:8080/404: HTTP status 404");
      expect(await run(get("/here"))).toContain("HTTP status 500");
      expect(await run(get("/away"))).toBeUndefined();
      expect(await run(get("/round"))).toContain("stopped after 10 redirects");
      expect(await run(get("/header", 8080, [{ name: "X-A", value: "b" }]))).toBeUndefined();
      expect(await run(get("/host", 8080, [{ name: "Host", value: "example.org" }]))).toBeUndefined();
      expect(await run(get("/agent"))).toBeUndefined();
      expect(await run(get("/500", 8443))).toContain("HTTP status 500");
      expect(await run(get("/", 7001))).toContain("not HTTP");
    });
  });

  test("a process of its own gives the same answers: what an ordinary user's engine has", async () => {
    await withServer(async (run) => {
      expect(await run(get("/"), 5000)).toBeUndefined();
      expect(await run(get("/", 8443), 5000)).toBeUndefined();
      expect(await run({ kind: "tcp", host: "127.0.0.1", port: 7000 }, 5000)).toBeUndefined();
      expect(await run(get("/404"), 5000)).toBe("GET http://127.0.0.1:8080/404: HTTP status 404");
      expect(await run({ kind: "tcp", host: "127.0.0.1", port: 1 }, 5000)).toBe(
        "connecting to 127.0.0.1:1: connection refused",
      );
      expect(await run(get("/", 7000), 200)).toBe("no answer within 0.2 seconds");
    }, spawned);
  });

  test("what does not answer costs no more than its time", async () => {
    await withServer(async (run) => {
      expect(await run(get("/", 7000), 200)).toBe("no answer within 0.2 seconds");
      expect(await run({ kind: "tcp", host: "127.0.0.1", port: 1 })).toBe(
        "connecting to 127.0.0.1:1: connection refused",
      );
    });
  });

  test("gRPC: the service's own status decides", async () => {
    await withServer(async (run) => {
      const check = (service: string) => run({ kind: "grpc", host: "127.0.0.1", port: 9000, service }, 5000);
      expect(await check("up")).toBeUndefined();
      expect(await check("down")).toContain("NOT_SERVING");
      expect(await check("missing")).toContain("service unknown");
      expect(await run({ kind: "grpc", host: "127.0.0.1", port: 1, service: "" }, 5000)).toContain(
        "ECONNREFUSED",
      );
    });
  });

  test("five hundred requests leave no descriptor behind", async () => {
    await withServer(async (run) => {
      for (let i = 0; i < 20; i++) await run(get("/"));
      await Bun.sleep(200);
      const before = readdirSync("/proc/self/fd").length;
      for (let i = 0; i < 10; i++) await Promise.all(Array.from({ length: 50 }, () => run(get("/"))));
      await waitFor("as few descriptors", () => readdirSync("/proc/self/fd").length <= before + 2);
    });
  });
});
