import type { PodsApi, PodSummary } from "@podwright/spec/engine-api/pods";
import { afterAll, beforeAll, expect, setSystemTime, test } from "bun:test";
import { runCli } from "../../../testing/cli.ts";
import { command } from "./ps.ts";

const NOW = 1_790_000_600_000;
beforeAll(() => void setSystemTime(new Date(NOW)));
afterAll(() => void setSystemTime());

const stack: PodSummary = {
  id: "f".repeat(64),
  name: "webstack",
  status: "Running",
  created: NOW - 60_000,
  infraId: "1".repeat(64),
  cgroup: "/podwright-test",
  labels: { x: "y" },
  ready: false,
  networks: ["podman"],
  containers: [
    { id: "1".repeat(64), name: "infra", status: "running", isInfra: true, ready: true, restarts: 0 },
    { id: "2".repeat(64), name: "front", status: "configured", isInfra: false, ready: false, restarts: 2 },
  ],
};
const bare: PodSummary = {
  ...stack,
  id: "e".repeat(64),
  name: "bare",
  status: "Created",
  created: NOW - 3_600_000,
  infraId: "",
  networks: [],
  containers: [],
  labels: {},
};

function podPs(flags: Record<string, unknown>, pods = [bare, stack]) {
  const api: Partial<PodsApi> = { list: () => Promise.resolve(pods) };
  return runCli(command, { flags, engine: { pods: () => Promise.resolve(api as PodsApi) } });
}

test("the default table has the newest pod first", async () => {
  expect((await podPs({})).out).toBe(
    [
      "POD ID        NAME        STATUS      CREATED             INFRA ID      # OF CONTAINERS",
      "ffffffffffff  webstack    Running     About a minute ago  111111111111  2",
      "eeeeeeeeeeee  bare        Created     About an hour ago                 0",
      "",
    ].join("\n"),
  );
});

test("--ctr-ids, --ctr-names, --ctr-status and --ns replace and add columns", async () => {
  const flags = { "ctr-ids": true, "ctr-names": true, "ctr-status": true, namespace: true };
  const lines = (await podPs(flags, [stack])).out.split("\n");
  expect(lines[0]).toMatch(/INFRA ID\s+IDS\s+NAMES\s+STATUS\s+CGROUP\s+NAMESPACES$/);
  expect(lines[1]).toMatch(
    /111111111111\s+111111111111,222222222222\s+infra,front\s+running,created\s+\/podwright-test\s*$/,
  );
  expect(lines[0]).not.toContain("# OF");
});

test.each<[string, string]>([
  ["{{.ID}} {{.Id}} {{.Name}}", "ffffffffffff ffffffffffff webstack"],
  ["{{.Status}} {{.NumberOfContainers}}", "Running 2"],
  ["{{.InfraID}}{{.InfraId}}", "111111111111111111111111"],
  ["{{.ContainerIds}}|{{.ContainerNames}}", "111111111111,222222222222|infra,front"],
  ["{{.ContainerStatuses}} {{.Restarts}}", "running,created 2"],
  ["{{.Networks}} {{.Cgroup}}", "podman /podwright-test"],
  ['{{.Labels}} {{.Label "x"}}', "map[x:y] y"],
  ["{{.Created}}", "About a minute ago"],
])("--format %s", async (format, expected) => {
  expect((await podPs({ format }, [stack])).out).toBe(`${expected}\n`);
});

test("--format json has Podman's keys, then ours", async () => {
  const rows: Record<string, unknown>[] = JSON.parse((await podPs({ format: "json" }, [stack])).out);
  expect(Object.keys(rows[0] ?? {})).toEqual(
    "Cgroup Containers Created Id InfraId Name Namespace Networks Status Labels Ready".split(" "),
  );
  expect(rows[0]).toMatchObject({
    Containers: [
      { Id: "1".repeat(64), Names: "infra", Status: "running", RestartCount: 0 },
      { Id: "2".repeat(64), Names: "front", Status: "created", RestartCount: 2 },
    ],
  });
});

test("--sort, --latest, --quiet", async () => {
  expect((await podPs({ sort: "name", quiet: true })).out).toBe(`${bare.id}\n${stack.id}\n`);
  expect((await podPs({ latest: true, quiet: true })).out).toBe(`${stack.id}\n`);
  expect((await podPs({ sort: "number", format: "{{.Name}}" })).out).toBe("bare\nwebstack\n");
});

test.each<[Record<string, unknown>, string]>([
  [{ quiet: true, format: "{{.ID}}" }, "quiet and format cannot be used together"],
  [{ sort: "x" }, "invalid option for --sort, options are: created, id, name, number, or status"],
  [{ filter: ["foo"] }, "filter input must be in the form of filter=value: foo is invalid"],
])("%p is refused: %s", async (flags, message) => {
  const { err, status } = await podPs(flags);
  expect(err).toBe(`Error: ${message}\n`);
  expect(status).toBe(125);
});
