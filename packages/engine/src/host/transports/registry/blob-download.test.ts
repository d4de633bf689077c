import { afterEach, expect, test } from "bun:test";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { createHash, randomBytes } from "node:crypto";
import { connect, createServer as createProxy, type Server, type Socket } from "node:net";
import { downloadBlob } from "./blob-download.ts";
import { Transport } from "./transport.ts";

const data = randomBytes(12 << 20);
const stops: (() => unknown)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0).reverse()) stop();
});

interface Upstream {
  readonly port: number;
  readonly ranges: (string | null)[];
}

/** A blob at any path; `answer` may take the place of the plain answer. */
function upstream(
  answer: (start: number, count: number) => Response | undefined = () => undefined,
): Upstream {
  const ranges: (string | null)[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: (request) => {
      const range = request.headers.get("range");
      ranges.push(range);
      const start = Number(/bytes=(\d+)-/.exec(range ?? "")?.[1] ?? 0);
      return answer(start, ranges.length) ?? partial(start);
    },
  });
  stops.push(() => server.stop(true));
  return { port: server.port ?? 0, ranges };
}

function partial(start: number): Response {
  if (start === 0) return new Response(data);
  const headers = { "content-range": `bytes ${start}-${data.length - 1}/${data.length}` };
  return new Response(data.subarray(start), { status: 206, headers });
}

/** Between us and the server; cuts each connection after the bytes that `cuts` gives for it. */
async function proxy(
  target: number,
  cuts: (connection: number) => number,
  end: "reset" | "end",
): Promise<number> {
  let connections = 0;
  const server: Server = createProxy((client) => {
    let left = cuts(connections++);
    const remote = connect(target, "127.0.0.1");
    client.pipe(remote);
    remote.on("data", (bytes: Buffer) => {
      client.write(bytes.subarray(0, left));
      left -= bytes.length;
      if (left > 0) return;
      remote.destroy();
      cut(client, end);
    });
    for (const socket of [client, remote]) socket.on("error", () => socket.destroy());
    remote.on("close", () => client.end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => server.close());
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

function cut(client: Socket, end: "reset" | "end"): void {
  if (end === "reset") client.resetAndDestroy();
  else client.end();
}

interface Options {
  readonly retries?: number;
  readonly signal?: AbortSignal;
  readonly stallMs?: number;
}

const waits: string[] = [];

function download(port: number, { retries = 3, signal, stallMs }: Options = {}): AsyncGenerator<Uint8Array> {
  waits.length = 0;
  const onRetry = (reason: string): unknown => waits.push(reason);
  const transport = new Transport({
    verifyTls: false,
    certificates: { ca: [] },
    retry: { retries, delayMs: 5 },
    watch: signal === undefined ? { onRetry } : { onRetry, signal },
  });
  const url = `http://127.0.0.1:${port}/blob`;
  return downloadBlob({
    url,
    size: data.length,
    request: (offset, stop) =>
      transport.send({
        url,
        headers: offset === 0 ? {} : { Range: `bytes=${offset}-` },
        signal: stop,
        refused: offset > 0,
      }),
    refusal: async (response) => new EngineError("REGISTRY_UNAVAILABLE", `status ${response.status}`),
    transport,
    ...(stallMs === undefined ? {} : { stallMs }),
  });
}

async function digestOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex");
}

const whole = createHash("sha256").update(data).digest("hex");

test.each(["reset", "end"] as const)(
  "a blob whose connections break (%s) again and again arrives whole",
  async (end) => {
    const { port, ranges } = upstream();
    const cutting = await proxy(port, (connection) => (connection < 6 ? (1 << 20) + 200_000 : Infinity), end);
    // What was on its way when a connection was reset may be lost.
    expect(await digestOf(download(cutting, { retries: 5 }))).toBe(whole);
    expect(waits.length).toBeGreaterThan(5);
    // Each goes on where the last one ended.
    const starts = ranges.map((range) => Number(/\d+/.exec(range ?? "0")?.[0]));
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
  },
);

test("a server that knows no ranges sends again what we have, and it is passed over", async () => {
  const { port, ranges } = upstream(() => new Response(data));
  const cutting = await proxy(port, (connection) => [3 << 20, 7 << 20][connection] ?? Infinity, "reset");
  expect(await digestOf(download(cutting))).toBe(whole);
  expect(ranges.length).toBe(3);
});

test("a server that begins before what was asked for, or after it", async () => {
  const early = (start: number): Response | undefined =>
    start === 0
      ? undefined
      : new Response(data.subarray(start - 1000), {
          status: 206,
          headers: { "content-range": `bytes ${start - 1000}-${data.length - 1}/${data.length}` },
        });
  const cuts = (connection: number): number => (connection === 0 ? 3 << 20 : Infinity);
  expect(await digestOf(download(await proxy(upstream(early).port, cuts, "end")))).toBe(whole);
  const late = (start: number): Response | undefined =>
    start === 0
      ? undefined
      : new Response("x", { status: 206, headers: { "content-range": `bytes ${start + 1}-9/10` } });
  await expect(digestOf(download(await proxy(upstream(late).port, cuts, "end")))).rejects.toThrow(
    "status 206",
  );
});

test("attempts that gain nothing end", async () => {
  const { port, ranges } = upstream();
  const cutting = await proxy(port, (connection) => (connection === 0 ? 2 << 20 : 300), "reset");
  await expect(digestOf(download(cutting))).rejects.toThrow("Get ");
  expect(ranges.length).toBeLessThanOrEqual(5);
  expect(waits.length).toBeGreaterThan(2);
});

test("attempts that gain a little each time end too", async () => {
  const { port, ranges } = upstream();
  const cutting = await proxy(port, () => 20_000, "end");
  await expect(digestOf(download(cutting))).rejects.toThrow("Get ");
  expect(ranges.length).toBeLessThanOrEqual(5);
});

test("a connection that brings nothing more is given up and taken up again", async () => {
  const silent = (start: number, count: number): Response | undefined =>
    count > 1
      ? undefined
      : new Response(
          new ReadableStream({
            start: (controller) => controller.enqueue(data.subarray(0, 2 << 20)),
            pull: () => new Promise(() => {}),
          }),
          { headers: { "x-start": String(start) } },
        );
  const { port, ranges } = upstream(silent);
  expect(await digestOf(download(port, { stallMs: 100 }))).toBe(whole);
  expect(ranges).toEqual([null, `bytes=${2 << 20}-`]);
});

test("a body without a length that ends early is taken up again", async () => {
  const short = (start: number, count: number): Response | undefined => {
    if (count > 3) return undefined;
    async function* part(): AsyncGenerator<Uint8Array> {
      yield data.subarray(start, start + (3 << 20));
    }
    return new Response(part(), {
      status: start === 0 ? 200 : 206,
      headers: start === 0 ? {} : { "content-range": `bytes ${start}-${data.length - 1}/${data.length}` },
    });
  };
  const { port, ranges } = upstream(short);
  expect(await digestOf(download(port))).toBe(whole);
  expect(ranges.length).toBe(4);
});

test("a download that was cancelled is not taken up again", async () => {
  const { port, ranges } = upstream();
  const stop = new AbortController();
  const chunks = download(port, { signal: stop.signal });
  const first = await chunks.next();
  expect(first.done).toBe(false);
  stop.abort();
  await expect(digestOf(chunks)).rejects.toMatchObject({ code: "CANCELED" });
  expect(ranges.length).toBe(1);
});
