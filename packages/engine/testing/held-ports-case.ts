/** The same for each runtime: what a monitor keeps open for the engine never reaches the container. */
import { expect } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { BoundPorts } from "../src/host/port-sockets/bound-ports.ts";
import type { BoundPort } from "../src/ports/host-ports.ts";
import { openTestEngine, type TestEngine } from "./container-engine.ts";
import { containerConfig } from "./records.ts";

/** Starts a container with a held port, looks at both processes' descriptors, and stops it. */
export async function expectPortHeldByMonitorAlone(base: string, runtime: string): Promise<TestEngine> {
  const ports = new BoundPorts();
  const endpoint = { address: "127.0.0.1", port: 7070, protocol: "tcp" } as const;
  const engine = openTestEngine(base, { runtime, holdPorts: () => holdOne(ports, ports.bind(endpoint)) });
  const { network } = containerConfig("");
  const port = {
    hostIp: "127.0.0.1",
    hostPort: 7070,
    containerPort: 80,
    length: 1,
    protocol: "tcp",
  } as const;
  const id = engine.add(["sleep", "60"], { network: { ...network, ports: [port] } });
  const [outcome] = await engine.containers.start({ names: [id], all: false });
  expect(outcome?.error).toBeUndefined();
  const run = engine.ctx.store.containers.get(id)?.state.run;
  const init = run?.pid?.pid ?? 0;
  // The start is over when the runtime's process is told to become the container's.
  while (readFileSync(`/proc/${init}/comm`, "utf8") !== "sleep\n") await Bun.sleep(2);
  expect(readdirSync(`/proc/${init}/fd`).sort()).toEqual(["0", "1", "2"]);
  const bag = ports.bagOf(run?.monitor?.pid ?? 0);
  if (bag === undefined || bag === "none") throw new Error("the monitor keeps no bag");
  expect(bag.contents()).toEqual([endpoint]);
  bag[Symbol.dispose]();
  expect(() => ports.bind(endpoint)).toThrow("address already in use");
  await engine.containers.stop({ names: [id], all: false }, { timeout: 0, ignore: false });
  ports.bind(endpoint)?.[Symbol.dispose]();
  return engine;
}

async function holdOne(ports: BoundPorts, socket: BoundPort | undefined) {
  const bag = ports.openBag();
  if (socket !== undefined) bag.add([socket]);
  socket?.[Symbol.dispose]();
  return { descriptors: bag.descriptors, [Symbol.asyncDispose]: async () => bag[Symbol.dispose]() };
}
