import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import type { GenerateRequest, KubeApi } from "@podwright/spec/engine-api/kube";
import { runCli } from "../../../testing/cli.ts";
import { command } from "./generate.ts";

function engine(asked: GenerateRequest[] = []): { kube: () => Promise<KubeApi> } {
  const kube: Partial<KubeApi> = {
    generate: async (request) => {
      asked.push(request);
      return { yaml: "kind: Pod\n", losses: ["container web: --rm is left out"] };
    },
  };
  return { kube: async () => kube as KubeApi };
}

test("kube generate prints YAML alone on standard output, and what it does not say on standard error", async () => {
  const asked: GenerateRequest[] = [];
  const result = await runCli(command, { args: ["web", "db"], engine: engine(asked) });
  expect(result).toEqual({
    out: "kind: Pod\n",
    err: "Warning: container web: --rm is left out\n",
    status: 0,
  });
  expect(asked).toEqual([
    { names: ["web", "db"], service: false, replicas: 1, podmanOnly: false, noTrunc: false },
  ]);
});

test("kube generate hands its flags on", async () => {
  const asked: GenerateRequest[] = [];
  const flags = { type: "deployment", replicas: 3, service: true, "podman-only": true, "no-trunc": true };
  await runCli(command, { args: ["web"], flags, engine: engine(asked) });
  expect(asked).toEqual([
    { names: ["web"], type: "deployment", service: true, replicas: 3, podmanOnly: true, noTrunc: true },
  ]);
});

test("kube generate refuses a kind that it does not make", async () => {
  const { err, status } = await runCli(command, {
    args: ["web"],
    flags: { type: "cronjob" },
    engine: engine(),
  });
  expect(err).toBe(
    "Error: invalid generation type - only pods, deployments, jobs, and daemonsets are currently supported\n",
  );
  expect(status).toBe(125);
});

test("kube generate -f writes a new file, and never over another one", async () => {
  const directory = mkdtempSync(`${tmpdir()}/podwright-generate-`);
  try {
    const filename = `${directory}/web.yaml`;
    const run = (name: string): ReturnType<typeof runCli> =>
      runCli(command, { args: ["web"], flags: { filename: name }, engine: engine() });
    expect((await run(filename)).out).toBe("");
    expect(readFileSync(filename, "utf8")).toBe("kind: Pod\n");
    expect((await run(filename)).err).toBe(`Error: cannot write to "${filename}"; file exists\n`);
    const missing = `${directory}/no/where.yaml`;
    expect((await run(missing)).err).toBe(`Error: cannot write to "${missing}": ENOENT\n`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
