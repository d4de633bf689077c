import type { Engine } from "@podwright/spec/engine-api/engine";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { expect, test } from "bun:test";
import { runCli } from "../../../testing/cli.ts";
import { command as containerInspect } from "../container/inspect.ts";
import { command as podInspect } from "../pod/inspect.ts";
import { command as volumeInspect } from "../volume/inspect.ts";
import { command } from "./inspect.ts";

const VOLUME = {
  name: "data",
  driver: "local",
  mountpoint: "/m",
  created: 1_790_000_000_000,
  labels: {},
  options: {},
  uid: 0,
  gid: 0,
  anonymous: false,
  needsCopyUp: true,
  needsChown: false,
  mountCount: 0,
};

const missing = (code: EngineError["code"], message: string) =>
  Promise.reject(new EngineError(code, message));

/** Knows a container "web", a volume "data" and a pod "stack". */
const engine = {
  containers: () =>
    Promise.resolve({
      inspect: (name: string) =>
        name === "web"
          ? Promise.resolve({ Id: "1", Name: "web", HostConfig: { Binds: [] }, Config: { Cmd: null } })
          : missing("CONTAINER_NOT_FOUND", `no such container ${name}`),
    }),
  images: () =>
    Promise.resolve({ inspect: (name: string) => missing("IMAGE_NOT_KNOWN", `${name}: image not known`) }),
  volumes: () =>
    Promise.resolve({
      list: () => Promise.resolve([VOLUME]),
      inspect: (name: string) =>
        name === "data"
          ? Promise.resolve(VOLUME)
          : missing("VOLUME_NOT_FOUND", `no volume with name "${name}" found: no such volume`),
    }),
  networks: () =>
    Promise.resolve({
      inspect: (name: string) =>
        missing("NETWORK_NOT_FOUND", `unable to find network with name or ID ${name}: network not found`),
    }),
  pods: () =>
    Promise.resolve({
      list: () => Promise.resolve([{ id: "stack", created: 1 }]),
      inspect: (name: string) =>
        name === "stack"
          ? Promise.resolve({ Id: "2", Name: "stack", LockNumber: 0 })
          : missing("POD_NOT_FOUND", `no such pod ${name}`),
    }),
} as unknown as Engine;

const inspect = (args: string[], flags = {}) => runCli(command, { args, flags, engine });

test("a name of any kind is found", async () => {
  const { out, status } = await inspect(["web", "data", "stack"]);
  expect(JSON.parse(out).map((object: { Name: string }) => object.Name)).toEqual(["web", "data", "stack"]);
  expect(out).toStartWith('[\n     {\n          "Id": "1"');
  expect(status).toBe(0);
});

test("what is missing: an empty array, then the error", async () => {
  expect(await inspect(["nope"])).toEqual({
    out: "[]\n",
    err: 'Error: no such object: "nope"\n',
    status: 125,
  });
});

test("one that is missing does not hide the others", async () => {
  const { out, err, status } = await inspect(["nope", "web", "gone"], { format: "{{.Name}}" });
  expect(out).toBe("web\n");
  expect(err).toBe('Error: no such object: "nope"\nError: no such object: "gone"\n');
  expect(status).toBe(125);
});

test.each<[string, string]>([
  ["container", "no such container nope"],
  ["image", "nope: image not known"],
  ["volume", "no such volume nope"],
  ["network", "network nope: unable to find network with name or ID nope: network not found"],
  ["pod", "no such pod nope"],
])("--type %s names what is missing", async (type, message) => {
  expect(await inspect(["nope"], { type })).toEqual({ out: "[]\n", err: `Error: ${message}\n`, status: 125 });
});

test("keys that the JSON leaves out have Go's zero values in a template", async () => {
  expect((await inspect(["web"], { format: "{{.HostConfig.Init}} {{.Config.Cmd}} {{.ID}}" })).out).toBe(
    "false [] 1\n",
  );
  expect((await inspect(["stack"], { format: "{{.CPUPeriod}} {{.SecurityOpts}}" })).out).toBe("0 []\n");
  expect((await inspect(["data"], { format: "{{.UID}} {{.Anonymous}} {{.NeedsCopyUp}}" })).out).toBe(
    "0 false true\n",
  );
});

test.each<[string[], Record<string, unknown>, string]>([
  [[], {}, "no names or ids specified"],
  [["web"], { latest: true }, "--latest and arguments cannot be used together"],
  [
    ["web"],
    { type: "foo" },
    'invalid type "foo": must be "image", "container", "pod", "network", "volume", or "all"',
  ],
  [["web"], { type: "image", size: true }, 'size is not supported for type "image"'],
  [["web"], { type: "pod", size: true }, 'size is not supported for type "pod"'],
  [[], { type: "image", latest: true }, 'latest is not supported for type "image"'],
])("inspect %p %p is refused: %s", async (args, flags, message) => {
  expect(await inspect(args, flags)).toEqual({ out: "", err: `Error: ${message}\n`, status: 125 });
});

test("the typed commands", async () => {
  expect((await runCli(containerInspect, { args: ["web"], engine })).status).toBe(0);
  expect((await runCli(podInspect, { flags: { latest: true, format: "{{.Name}}" }, engine })).out).toBe(
    "stack\n",
  );
  expect((await runCli(volumeInspect, { flags: { all: true, format: "{{.Name}}" }, engine })).out).toBe(
    "data\n",
  );
  expect((await runCli(volumeInspect, { engine })).err).toBe(
    "Error: provide one or more volume names or use --all\n",
  );
});
