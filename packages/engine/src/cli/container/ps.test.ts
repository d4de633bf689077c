import type { ContainersApi, ContainerSummary } from "@podwright/spec/engine-api/containers";
import { afterAll, beforeAll, expect, setSystemTime, test } from "bun:test";
import { runCli } from "../../../testing/cli.ts";
import { command } from "./ps.ts";

const NOW = 1_790_000_600_000;
beforeAll(() => void setSystemTime(new Date(NOW)));
afterAll(() => void setSystemTime());

const web: ContainerSummary = {
  id: "a1".padEnd(64, "0"),
  name: "web",
  image: "docker.io/library/nginx:latest",
  imageId: "e".repeat(64),
  command: ["nginx", "-g", "daemon off;"],
  created: NOW - 300_000,
  startedAt: NOW - 90_000,
  exitedAt: 0,
  exitCode: 0,
  exited: false,
  status: "running",
  health: "healthy",
  pid: 42,
  isInfra: false,
  podId: "f".repeat(64),
  podName: "stack",
  labels: { a: "b", c: "d" },
  annotations: {},
  mounts: ["/data"],
  networks: ["blue", "green"],
  ports: [{ hostIp: "", hostPort: 8080, containerPort: 80, length: 1, protocol: "tcp" }],
  exposedPorts: ["80/tcp", "443/tcp"],
  autoRemove: true,
  cidFile: "/tmp/cid",
  restarts: 2,
  ready: true,
};

const done: ContainerSummary = {
  ...web,
  id: "b2".padEnd(64, "0"),
  name: "done",
  status: "exited",
  exited: true,
  exitCode: 137,
  exitedAt: NOW - 3_000,
  startedAt: NOW - 8_000,
  pid: 0,
  health: "",
  podId: "",
  podName: "",
  command: [],
  ports: [],
  exposedPorts: [],
  networks: [],
  labels: {},
};

function ps(flags: Parameters<typeof runCli<(typeof command)["flags"]>>[1]["flags"], rows = [web, done]) {
  const asked: unknown[] = [];
  const api: Partial<ContainersApi> = {
    list: (options) => {
      asked.push(options);
      return Promise.resolve(rows);
    },
  };
  const engine = { containers: () => Promise.resolve(api as ContainersApi) };
  return runCli(command, { ...(flags === undefined ? {} : { flags }), engine }).then((result) => ({
    ...result,
    asked: asked[0],
  }));
}

test("the default table", async () => {
  const { out } = await ps({});
  expect(out).toBe(
    [
      "CONTAINER ID  IMAGE                           COMMAND               CREATED        STATUS                       PORTS                          NAMES",
      "a10000000000  docker.io/library/nginx:latest  nginx -g daemon o...  5 minutes ago  Up About a minute (healthy)  0.0.0.0:8080->80/tcp, 443/tcp  web",
      "b20000000000  docker.io/library/nginx:latest                        5 minutes ago  Exited (137) 3 seconds ago                                  done",
      "",
    ].join("\n"),
  );
});

test("--pod and --size add their columns, --noheading drops the heading, --no-trunc shows all", async () => {
  const size = { rootFs: 8_520_000, rw: 12 };
  const { out } = await ps({ pod: true, size: true, noheading: true, "no-trunc": true }, [{ ...web, size }]);
  expect(out).toContain("nginx -g daemon off;");
  expect(out.trimEnd()).toEndWith(`${"f".repeat(64)}  stack       12B (virtual 8.52MB)`);
  expect(out.split("\n")).toHaveLength(2);
});

test("--ns shows the namespaces", async () => {
  const namespaces = { mnt: "1", cgroup: "2", ipc: "3", net: "4", pidns: "5", uts: "6", user: "7" };
  const { out, asked } = await ps({ namespace: true }, [{ ...web, namespaces }]);
  expect(out.split("\n")[0]).toBe(
    "CONTAINER ID  NAMES       PID         CGROUPNS    IPC         MNT         NET         PIDNS       USERNS      UTS",
  );
  expect(out.split("\n")[1]).toMatch(/^a10000000000\s+web\s+42\s+2\s+3\s+1\s+4\s+5\s+7\s+6$/);
  expect(asked).toMatchObject({ namespaces: true });
});

test("-q prints ids", async () => {
  expect((await ps({ quiet: true })).out).toBe("a10000000000\nb20000000000\n");
  expect((await ps({ quiet: true, "no-trunc": true }, [web])).out).toBe(`${web.id}\n`);
});

test.each<[string, string]>([
  ["{{.ID}} {{.Names}} {{.Image}}", "a10000000000 web docker.io/library/nginx:latest"],
  ["{{.ImageID}}", "eeeeeeeeeeee"],
  ["{{.Command}}", "nginx -g daemon o..."],
  ["{{.CreatedHuman}} {{.RunningFor}}", "5 minutes ago 5 minutes ago"],
  ["{{.Status}}|{{.State}}", "Up About a minute (healthy)|running"],
  ["{{.Ports}}", "0.0.0.0:8080->80/tcp, 443/tcp"],
  ["{{.Labels}}", "map[a:b c:d]"],
  ['{{.Label "a"}}{{.Label "zz"}}', "b"],
  ["{{.Mounts}}", "[/data]"],
  ["{{.Networks}}", "blue,green"],
  ["{{.Pid}} {{.Pod}} {{.PodName}}", "42 ffffffffffff stack"],
  ["{{.Restarts}} {{.Exited}} {{.ExitCode}} {{.ExitedAt}}", "2 false 0 -62135596800"],
  ["{{.StartedAt}}", String((NOW - 90_000) / 1000)],
  ["{{.AutoRemove}} {{.CIDFile}} {{.IsInfra}}", "true /tmp/cid false"],
  ["{{.ExposedPorts}}", "map[443:[tcp] 80:[tcp]]"],
  ["{{.CreatedAt}}", "2026-09-21 14:18:20 +0000 UTC"],
  ["{{json .Labels}}", '{"a":"b","c":"d"}'],
  ["{{range .Mounts}}<{{.}}>{{end}}", "</data>"],
  ["{{if .AutoRemove}}gone{{end}}", "gone"],
])("--format %s", async (format, expected) => {
  expect((await ps({ format }, [web])).out).toBe(`${expected}\n`);
});

test("--format json has Podman's keys in Podman's order", async () => {
  const { out } = await ps({ format: "json" });
  const rows: Record<string, unknown>[] = JSON.parse(out);
  expect(Object.keys(rows[0] ?? {}).join(" ")).toBe(
    "AutoRemove Command CreatedAt CIDFile Exited ExitedAt ExitCode ExposedPorts Id Image ImageID IsInfra Labels Mounts Names Namespaces Networks Pid Pod PodName Ports Restarts Size StartedAt State Status Created",
  );
  expect(rows[0]).toMatchObject({
    CreatedAt: "5 minutes ago",
    Names: ["web"],
    Ports: [{ host_ip: "", container_port: 80, host_port: 8080, range: 1, protocol: "tcp" }],
    ExposedPorts: { 80: ["tcp"], 443: ["tcp"] },
    Status: "Up About a minute (healthy)",
    Size: null,
    Created: (NOW - 300_000) / 1000,
  });
  expect(rows[1]).toMatchObject({
    Ports: null,
    ExposedPorts: null,
    Labels: null,
    Command: null,
    ExitCode: 137,
  });
  expect(out).toStartWith('[\n  {\n    "AutoRemove"');
  expect((await ps({ format: "json" }, [])).out).toBe("[]\n");
});

test("--sort, --latest, --last and --filter reach the engine or the order", async () => {
  expect((await ps({ sort: "names", quiet: true })).out).toBe("b20000000000\na10000000000\n");
  expect((await ps({ latest: true })).asked).toMatchObject({ last: 1 });
  expect((await ps({ last: 3 })).asked).toMatchObject({ last: 3 });
  expect((await ps({ filter: ["name=a", "name=b"] })).asked).toMatchObject({ filters: { name: ["a", "b"] } });
});

test.each<[Record<string, unknown>, string]>([
  [{ last: 1, latest: true }, "last and latest are mutually exclusive"],
  [{ quiet: true, size: true }, "quiet conflicts with size and namespace"],
  [{ size: true, namespace: true }, "size and namespace options conflict"],
  [{ watch: 1, latest: true }, "the watch and latest flags cannot be used together"],
  [{ filter: ["foo"] }, 'invalid filter "foo"'],
  [{ sort: "x" }, 'invalid argument "x" for "--sort" flag: "x" is not a valid value.'],
  [{ format: "{{.Foo}}" }, "can't evaluate field Foo"],
])("%p is refused: %s", async (flags, message) => {
  const { err, status } = await ps(flags);
  expect(err).toContain(message);
  expect(status).toBe(125);
});

test.each<[ContainerSummary["status"], string]>([
  ["configured", "Created"],
  ["created", "Initialized"],
  ["paused", "Paused"],
  ["stopping", "Stopping"],
  ["removing", "Removing"],
])("a %s container reads %s", async (status, shown) => {
  expect((await ps({ format: "{{.Status}}" }, [{ ...web, status, health: "" }])).out).toBe(`${shown}\n`);
});
