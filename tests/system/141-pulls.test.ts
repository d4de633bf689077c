/** Pulls that meet trouble: connections that break, kill -9 at any moment, two at once of which one dies. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { execute, openEngine, setting } from "./engine.ts";
import { expectAsBefore, expectCleanEnd, type HostState, hostState } from "./host-state.ts";
import { waitFor } from "./waiting.ts";

const engine = openEngine("pulls");
const { ok, pw } = engine;
const REGISTRY = setting("REGISTRY");
const LAYERS = `${REGISTRY}/library/layers`;
let before: HostState;

beforeAll(async () => {
  expect(await ok("images", "-q")).toBe("");
  // Empty directories stay.
  await ok("pull", "-q", "--tls-verify=false", LAYERS);
  await ok("rmi", "-a", "-f");
  before = await hostState(engine);
});

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) stop();
  await ok("rmi", "-a", "-f");
  await expectAsBefore(engine, before);
  expect(content()).toEqual([]);
});

afterAll(() => expectCleanEnd(engine, before));

/** What is kept of images; the host's state leaves it out. What the kernel can mount is noted beside the layers. */
function content(): string[] {
  return ["layers", "staging", "blobs/sha256"].flatMap((place) => {
    const names = readdirSync(join(engine.root, place)).filter((name) => name !== "mountable.json");
    return names.map((name) => `${place}/${name}`);
  });
}

/** Hands connections through to the registry, each for so many bytes of its answers. */
async function cuttingProxy(
  bytes: number,
): Promise<{ readonly address: string; readonly cuts: () => number }> {
  let cuts = 0;
  const [host = "", port = ""] = REGISTRY.split(":");
  const server = createServer((client) => {
    let left = bytes;
    const registry = connect(Number(port), host);
    client.pipe(registry);
    registry.on("data", (data: Buffer) => {
      client.write(data.subarray(0, Math.max(0, left)));
      left -= data.length;
      if (left > 0) return;
      cuts++;
      registry.destroy();
      client.end();
    });
    registry.on("close", () => client.end());
    for (const socket of [client, registry]) socket.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => server.close());
  const address = server.address();
  return {
    address: `127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    cuts: () => cuts,
  };
}

/** Hands requests on, notes those for blobs, and lets their bytes through slowly. */
function slowProxy(bytesPerTurn: number): { readonly address: string; readonly blobs: string[] } {
  const blobs: string[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async (request) => {
      const url = new URL(request.url);
      const accept = request.headers.get("accept");
      const response = await fetch(`http://${REGISTRY}${url.pathname}`, {
        headers: accept === null ? {} : { accept },
      });
      const digest = /\/blobs\/(sha256:.*)/.exec(url.pathname)?.[1];
      if (digest !== undefined) blobs.push(digest);
      const bytes = new Uint8Array(await response.arrayBuffer());
      async function* slowly(): AsyncGenerator<Uint8Array> {
        for (let at = 0; at < bytes.length; at += bytesPerTurn) {
          yield bytes.subarray(at, at + bytesPerTurn);
          await Bun.sleep(10);
        }
      }
      const type = response.headers.get("content-type") ?? "";
      const body = digest === undefined ? bytes : slowly();
      return new Response(body, { status: response.status, headers: { "content-type": type } });
    },
  });
  stops.push(() => server.stop(true));
  return { address: `127.0.0.1:${server.port}`, blobs };
}

function start(reference: string): Bun.Subprocess<"ignore", "ignore", "pipe"> {
  const argv = [...engine.argv, "pull", "-q", "--tls-verify=false", reference];
  return Bun.spawn(argv, { stdin: "ignore", stdout: "ignore", stderr: "pipe", cwd: "/" });
}

/** Each layer that is recorded is whole: the image can be written out, and every digest is compared on the way. */
async function expectWhole(image: string): Promise<void> {
  expect((await execute([...engine.argv, "save", "-q", "-o", "/dev/null", image])).code).toBe(0);
}

describe("a download that breaks", () => {
  test("goes on where it broke, however often, and the image is whole", async () => {
    const proxy = await cuttingProxy(300_000);
    const image = `${proxy.address}/library/busybox`;
    const pulled = await pw("pull", "--tls-verify=false", "--retry", "9", "--retry-delay", "10ms", image);
    expect(pulled).toMatchObject({ code: 0 });
    expect(proxy.cuts()).toBeGreaterThan(1);
    expect(pulled.stderr).toMatch(/Failed, retrying in 0\.01s \.\.\. \(connection lost after \d+ bytes\)/);
    await expectWhole(image);
  });

  test("ends with an error when nothing more comes, and leaves nothing", async () => {
    const proxy = await cuttingProxy(3_000);
    const image = `${proxy.address}/library/busybox`;
    const pulled = await pw(
      "pull",
      "-q",
      "--tls-verify=false",
      "--retry",
      "2",
      "--retry-delay",
      "10ms",
      image,
    );
    expect(pulled.code).toBe(125);
    expect(pulled.stderr).toContain("Error: ");
  });
});

describe("kill -9", () => {
  test("at 30 moments of a pull: the next one works, and nothing is left", async () => {
    const started = performance.now();
    await ok("pull", "-q", "--tls-verify=false", LAYERS);
    const whole = performance.now() - started;
    await ok("rmi", "-a", "-f");
    for (let moment = 0; moment < 30; moment++) {
      const child = start(LAYERS);
      // Random, but spread over the whole of a pull.
      await Bun.sleep((whole * (moment + Math.random())) / 30);
      child.kill(9);
      await child.exited;
      await child.stderr.cancel();
      if (moment % 3 === 2) {
        // No layer of a pull that was killed is taken for whole.
        await ok("pull", "-q", "--tls-verify=false", LAYERS);
        await expectWhole(LAYERS);
        expect(content().filter((path) => path.startsWith("staging/"))).toEqual([]);
        await ok("rmi", "-a", "-f");
      }
    }
    await ok("pull", "-q", "--tls-verify=false", LAYERS);
  }, 60_000);

  test("of one of two pulls that share the work: the other goes on", async () => {
    const proxy = slowProxy(100_000);
    const image = `${proxy.address}/library/busybox`;
    const first = start(image);
    await waitFor("the first pull's layer", () => proxy.blobs.length >= 2 || undefined);
    const second = start(image);
    await Bun.sleep(100);
    const asked = proxy.blobs.length;
    first.kill(9);
    await first.exited;
    expect(await second.exited).toBe(0);
    // The second had waited for the layer, and fetched it when its owner was gone.
    expect(proxy.blobs.length).toBeGreaterThan(asked);
    await expectWhole(image);
    // Whoever adds images next takes away what the dead one had begun.
    await ok("pull", "-q", "--tls-verify=false", image);
  });

  test("of nobody: two pulls of one image fetch each layer once", async () => {
    const proxy = slowProxy(200_000);
    const image = `${proxy.address}/library/layers`;
    const pulls = [start(image), start(image)];
    expect(await Promise.all(pulls.map(({ exited }) => exited))).toEqual([0, 0]);
    const manifest = (await engine.json("image", "inspect", image)) as readonly {
      readonly RootFS: { readonly Layers: readonly string[] };
    }[];
    const layers = manifest[0]?.RootFS.Layers.length ?? 0;
    // Each may have asked for the configuration.
    expect(proxy.blobs.length).toBeLessThanOrEqual(layers + 2);
    await expectWhole(image);
  });
});
