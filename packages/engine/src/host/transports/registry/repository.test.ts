import { afterEach, describe, expect, test } from "bun:test";
import { parseReference } from "@podwright/spec/distribution/reference";
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { parseChallenges } from "./authorization.ts";
import { registryMessage } from "./failures.ts";
import { Repository } from "./repository.ts";
import { Transport } from "./transport.ts";

type Handler = (request: Request, url: URL) => Response | Promise<Response> | undefined;

const servers: { stop: (force: boolean) => unknown }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.stop(true);
});

function serve(handler: Handler): string {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async (request) =>
      (await handler(request, new URL(request.url))) ?? new Response("no", { status: 404 }),
  });
  servers.push(server);
  return `127.0.0.1:${server.port}`;
}

function json(value: unknown, init: ResponseInit = {}): Response {
  return new Response(JSON.stringify(value), init);
}

const retries: string[] = [];
const connect = (host: string, credentials?: { username: string; password: string }): Promise<Repository> =>
  Repository.connect({
    reference: parseReference(`${host}/a/b:1`),
    insecure: true,
    transport: new Transport({
      verifyTls: false,
      certificates: { ca: [] },
      retry: { retries: 3, delayMs: 5 },
      watch: { onRetry: (reason, delay) => retries.push(`${reason} ${delay}`) },
    }),
    credentials: credentials === undefined ? undefined : { kind: "basic", ...credentials },
  });

const manifest = (): Response =>
  new Response('{"schemaVersion":2}', {
    headers: { "content-type": "application/json; charset=utf-8" },
  });
const data = Buffer.from(Array.from({ length: 300_000 }, (_, at) => at % 251));
const descriptor = {
  mediaType: "x",
  size: data.length,
  digest: `sha256:${createHash("sha256").update(data).digest("hex")}`,
};

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of chunks) parts.push(part);
  return Buffer.concat(parts);
}

test("a busy registry is asked again, as late as it asks for", async () => {
  retries.length = 0;
  let asked = 0;
  const host = serve((_, url) => {
    if (url.pathname === "/v2/") return new Response("{}");
    asked++;
    if (asked === 1) return new Response("slow down", { status: 429, headers: { "retry-after": "0" } });
    if (asked === 2) return new Response("oops", { status: 503 });
    return manifest();
  });
  expect((await (await connect(host)).manifest("1")).mediaType).toBe("application/json");
  expect(retries.slice(-2)).toEqual(["429 Too Many Requests 0", "503 Service Unavailable 10"]);
});

test("a registry that stays broken is reported with what it said", async () => {
  const host = serve((_, url) =>
    url.pathname === "/v2/"
      ? new Response("{}")
      : json({ errors: [{ code: "UNKNOWN", message: "disk full" }] }, { status: 500 }),
  );
  await expect((await connect(host)).manifest("1")).rejects.toThrow(
    `reading manifest 1 in ${host}/a/b: unknown: disk full`,
  );
});

test("a token is fetched with the credentials, used, and renewed when it is refused", async () => {
  const tokens: string[] = [];
  let expired = false;
  const host = serve((request, url) => {
    const authorization = request.headers.get("authorization");
    if (url.pathname === "/token") {
      tokens.push(`${authorization} ${url.searchParams.get("scope")} ${url.searchParams.get("service")}`);
      return json({ token: `t${tokens.length}` });
    }
    const wanted = expired ? "Bearer t2" : "Bearer t1";
    if (authorization === wanted) return manifest();
    const realm = `Bearer realm="http://${url.host}/token",service="the, service",scope="x"`;
    return new Response("", { status: 401, headers: { "www-authenticate": realm } });
  });
  const repository = await connect(host, { username: "u", password: "p" });
  await repository.manifest("1");
  expired = true;
  await repository.manifest("1");
  const basic = `Basic ${Buffer.from("u:p").toString("base64")}`;
  expect(tokens).toEqual([
    `${basic} repository:a/b:pull the, service`,
    `${basic} repository:a/b:pull the, service`,
  ]);
});

test("a refused token is told as a wrong password", async () => {
  const host = serve((_, url) => {
    if (url.pathname === "/token")
      return json({ errors: [{ code: "UNAUTHORIZED", message: "wrong" }] }, { status: 401 });
    return new Response("", {
      status: 401,
      headers: { "www-authenticate": `Bearer realm="http://${url.host}/token"` },
    });
  });
  await expect(connect(host, { username: "u", password: "p" })).rejects.toThrow(
    "unable to retrieve auth token: invalid username/password: unauthorized: wrong",
  );
});

describe("a blob", () => {
  test("on another host is fetched without our authorization", async () => {
    const seen: (string | null)[] = [];
    const other = serve((request) => {
      seen.push(request.headers.get("authorization"));
      return new Response(data);
    });
    const host = serve((request, url) => {
      if (request.headers.get("authorization") === null) {
        return new Response("", { status: 401, headers: { "www-authenticate": 'Basic realm="x"' } });
      }
      if (url.pathname === "/v2/") return new Response("{}");
      return new Response("", { status: 307, headers: { location: `http://${other}/blob?signature=1` } });
    });
    const repository = await connect(host, { username: "u", password: "p" });
    expect((await collect(repository.blob(descriptor))).equals(data)).toBe(true);
    expect(seen).toEqual([null]);
  });

  test("is taken up where the connection broke", async () => {
    const ranges: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      if (request.url === "/v2/") return void response.end("{}");
      const { range } = request.headers;
      ranges.push(range);
      const start = Number(/bytes=(\d+)-/.exec(range ?? "")?.[1] ?? 0);
      response.writeHead(start === 0 ? 200 : 206, { "content-length": data.length - start });
      if (start > 0) return void response.end(data.subarray(start));
      response.write(data.subarray(0, 100_000), () => setTimeout(() => request.socket.destroy(), 20));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    servers.push({ stop: () => server.close() });
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const repository = await connect(`127.0.0.1:${port}`);
    expect((await collect(repository.blob(descriptor))).equals(data)).toBe(true);
    expect(ranges).toEqual([undefined, "bytes=100000-"]);
  });

  test("that is not there is told apart from a registry that is not", async () => {
    const host = serve((_, url) => (url.pathname === "/v2/" ? new Response("{}") : undefined));
    await expect(collect((await connect(host)).blob(descriptor))).rejects.toThrow(
      `fetching blob ${descriptor.digest}: StatusCode: 404`,
    );
  });
});

test("redirects go on for so long only, and never down from HTTPS or to files", async () => {
  const host = serve((_, url) => {
    if (url.pathname === "/v2/") return new Response("{}");
    const location = url.pathname.endsWith("/file") ? "file:///etc/passwd" : url.href;
    return new Response("", { status: 302, headers: { location } });
  });
  const repository = await connect(host);
  await expect(repository.manifest("1")).rejects.toThrow("stopped after 10 redirects");
  await expect(repository.manifest("file")).rejects.toThrow("refusing a redirect to file:");
});

test("a manifest without end is not read to it", async () => {
  const host = serve((_, url) =>
    url.pathname === "/v2/" ? new Response("{}") : new Response(Buffer.alloc(5 << 20)),
  );
  await expect((await connect(host)).manifest("1")).rejects.toThrow("longer than");
});

test("tags are read page by page, from this repository only", async () => {
  const host = serve((_, url) => {
    if (url.pathname === "/v2/") return new Response("{}");
    if (url.searchParams.get("last") === "b") return json({ name: "a/b", tags: ["c"] });
    const headers = { link: '<http://elsewhere.invalid/v2/evil/tags/list?last=b&n=2>; rel="next"' };
    return json({ name: "a/b", tags: ["a", "b"] }, { headers });
  });
  expect(await (await connect(host)).tags()).toEqual(["a", "b", "c"]);
});

test("parseChallenges() reads several schemes and quoted commas", () => {
  const header = 'Negotiate, Bearer realm="https://a/t?x=1,2",service="s \\"q\\"" , Basic realm=plain';
  const [negotiate, bearer, basic] = parseChallenges(header);
  expect(negotiate?.scheme).toBe("negotiate");
  expect(Object.fromEntries(bearer?.parameters ?? [])).toEqual({
    realm: "https://a/t?x=1,2",
    service: 's "q"',
  });
  expect(basic).toEqual({ scheme: "basic", parameters: new Map([["realm", "plain"]]) });
  expect(parseChallenges(null)).toEqual([]);
});

test("registryMessage() says each thing once", () => {
  const text = (error: object): string | undefined =>
    registryMessage(JSON.stringify({ errors: [error] }))?.text;
  expect(text({ code: "MANIFEST_UNKNOWN", message: "manifest unknown" })).toBe("manifest unknown");
  expect(text({ code: "DENIED", message: "no" })).toBe("denied: no");
  expect(registryMessage("<html>")).toBeUndefined();
});
