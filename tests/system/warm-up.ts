/** What a first use leaves on purpose: the database, empty folders, the network's bridge. No later use may add to it. */
import { type Engine, succeed } from "./engine.ts";
import { type HostState, hostState } from "./host-state.ts";

/** Pulls the images, uses pods, containers and volumes once, and lists what is there then. */
export async function warmUp(engine: Engine, ...images: readonly string[]): Promise<HostState> {
  const { ok } = engine;
  for (const image of images) await ok("pull", "-q", image);
  await ok("pod", "create", "--name", "warm-up", "-p", "127.0.0.1:19999:80");
  await ok("run", "--rm", "--pod", "warm-up", "-v", "/volume", "busybox", "true");
  await ok("pod", "rm", "-f", "-t", "0", "warm-up");
  await ok("run", "--rm", "busybox", "true");
  return hostState(engine);
}

const WARM_PLAY = `
apiVersion: v1
kind: Secret
metadata: {name: warm-up}
stringData: {key: value}
---
apiVersion: v1
kind: Pod
metadata: {name: warm-up}
spec:
  terminationGracePeriodSeconds: 0
  containers: [{name: main, image: busybox, imagePullPolicy: Never, command: [sleep, "1000"]}]
`;

/** As warmUp, for suites that play Kubernetes YAML: a play's pods have a network of their own, which stays. */
export async function warmUpKube(engine: Engine, ...images: readonly string[]): Promise<HostState> {
  await warmUp(engine, ...images);
  for (const verb of ["play", "down"]) succeed(await engine.run(["kube", verb, "-"], { stdin: WARM_PLAY }));
  return hostState(engine);
}
