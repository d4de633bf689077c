import { afterEach, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { parseReference } from "@podwright/spec/distribution/reference";
import type { ImageDestination, OutgoingBlob } from "../../../ports/image-destination.ts";
import type { RegistryConfiguration } from "../../../ports/registry-config.ts";
import { openRegistryDestination } from "./registry-destination.ts";

type Handler = (request: Request, url: URL) => Response | Promise<Response>;

const servers: Bun.Server<undefined>[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) void server.stop(true);
});

function serve(handler: Handler): string {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request) => handler(request, new URL(request.url)),
  });
  servers.push(server);
  return `127.0.0.1:${server.port}`;
}

function open(host: string, name = "team/app:1"): Promise<ImageDestination> {
  const configuration: RegistryConfiguration = {
    pullSources: (reference) => [{ reference, insecure: true }],
    certificates: () => ({ ca: [] }),
    auth: () => ({ kind: "basic", username: "user", password: "pass" }),
    authTarget: () => {
      throw new Error("a push writes no credentials");
    },
    environment: {},
  };
  const reference = parseReference(`${host}/${name}`);
  return openRegistryDestination(reference, {
    configuration,
    options: { retry: 2, retryDelay: 5 },
    watch: {},
  });
}

const DATA = Buffer.from("some layer ".repeat(1000));
const digestOf = (data: Buffer): string => `sha256:${createHash("sha256").update(data).digest("hex")}`;
const blob: OutgoingBlob = {
  kind: "layer",
  async *open() {
    yield DATA.subarray(0, 5000);
    yield DATA.subarray(5000);
  },
};

test("a token is asked for with the right to push, and to read where blobs may be taken from", async () => {
  const scopes: string[][] = [];
  const host: string = serve((request, url) => {
    if (url.pathname === "/token") {
      expect(request.headers.get("authorization")).toBe(`Basic ${btoa("user:pass")}`);
      scopes.push(url.searchParams.getAll("scope"));
      return Response.json({ token: `t${scopes.length}` });
    }
    const asked = request.headers.get("authorization");
    const needed = url.searchParams.has("mount") ? "Bearer t2" : undefined;
    if (asked === null || (needed !== undefined && asked !== needed)) {
      const challenge = `Bearer realm="http://${host}/token",service="here"`;
      return new Response("", { status: 401, headers: { "www-authenticate": challenge } });
    }
    if (url.pathname === "/v2/") return new Response("{}");
    if (url.searchParams.get("from") === "lib/base") return new Response("", { status: 201 });
    if (request.method === "HEAD") {
      const mounted = scopes.length > 1;
      return new Response("", {
        status: mounted ? 200 : 404,
        headers: mounted ? { "content-length": "77" } : {},
      });
    }
    return new Response("", { status: 500 });
  });
  const destination = await open(host);
  const others = [`${host}/lib/base`, "elsewhere.example/lib/base", `${host}/team/app`];
  expect(await destination.find(digestOf(DATA), others)).toBe(77);
  expect(scopes).toEqual([
    ["repository:team/app:pull,push"],
    ["repository:team/app:pull,push", "repository:lib/base:pull"],
  ]);
});

test("an upload that breaks begins anew; one that is refused does not", async () => {
  let attempts = 0;
  let received = Buffer.alloc(0);
  const refused = new Set<string>();
  const host = serve(async (request, url) => {
    if (url.pathname === "/v2/") return new Response("{}");
    if (refused.has("all")) return Response.json({ errors: [{ code: "DENIED" }] }, { status: 403 });
    if (request.method === "POST")
      return new Response("", { status: 202, headers: { location: "/up/1?state=a" } });
    if (request.method === "PATCH") {
      attempts += 1;
      if (attempts === 1) return new Response("", { status: 503 });
      received = Buffer.from(await request.arrayBuffer());
      return new Response("", { status: 202, headers: { location: "/up/1?state=b" } });
    }
    expect([request.method, url.searchParams.get("state"), url.searchParams.get("digest")]).toEqual([
      "PUT",
      "b",
      digestOf(DATA),
    ]);
    return new Response("", { status: 201 });
  });
  const destination = await open(host);
  expect(await destination.put(blob)).toEqual({ digest: digestOf(DATA), size: DATA.length });
  expect([attempts, received.equals(DATA)]).toEqual([2, true]);
  refused.add("all");
  await expect(destination.put(blob)).rejects.toThrow(
    `writing blob: initiating layer upload to /v2/team/app/blobs/uploads/ in ${host}: requested access to the resource is denied`,
  );
});

test("an upload that goes on at another host goes without our authorization", async () => {
  let seen: string | null = "never asked";
  const other = serve(async (request) => {
    seen = request.headers.get("authorization");
    await request.arrayBuffer();
    return new Response("", {
      status: request.method === "PUT" ? 201 : 202,
      headers: { location: request.url },
    });
  });
  const host = serve((request, url) => {
    if (request.headers.get("authorization") === null && url.pathname === "/v2/")
      return new Response("", { status: 401, headers: { "www-authenticate": 'Basic realm="x"' } });
    return new Response("", { status: 202, headers: { location: `http://${other}/upload` } });
  });
  await (await open(host)).put(blob);
  expect(seen).toBeNull();
});

test("a stream that fails by itself is not sent again, and says why", async () => {
  let opened = 0;
  const host = serve(async (request, url) => {
    if (url.pathname === "/v2/") return new Response("{}");
    if (request.method === "PATCH") await request.arrayBuffer().catch(() => undefined);
    return new Response("", { status: 202, headers: { location: "/up" } });
  });
  const failing: OutgoingBlob = {
    kind: "layer",
    async *open() {
      opened += 1;
      yield DATA;
      throw new Error("the layer was changed");
    },
  };
  await expect((await open(host)).put(failing)).rejects.toThrow("the layer was changed");
  expect(opened).toBe(1);
});
