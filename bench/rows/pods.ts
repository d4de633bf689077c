/** Rows of pods: joining one, making one, playing one, and one with a thousand ports. */
import { join } from "node:path";
import { CannotMeasure } from "../measure.ts";
import { type Action, ask, IMAGE, NO_PODS, one, type Row, type Scenario, STAY, type Turn } from "./row.ts";

const WITHOUT = { docker: NO_PODS, runtime: NO_PODS };
const FIRST_PORT = 20_000;
const PORTS = 1000;
const LAST_PORT = FIRST_PORT + PORTS - 1;
const RANGE = `${FIRST_PORT}-${LAST_PORT}:${FIRST_PORT}-${LAST_PORT}`;
const MEMBERS = 4;

const podName = (turn: Turn): string => `pod${turn.index}`;
export const removePod = async (turn: Turn): Promise<void> => {
  await ask(turn, "pod", "rm", "-f", "-t", "0", podName(turn));
};

/** A sum of two commands. */
export function createAndStart(turn: Turn, publish: string): Action {
  const { argv } = turn.engine;
  return {
    commands: [
      [...argv, "pod", "create", "--name", podName(turn), "-p", publish],
      [...argv, "pod", "start", podName(turn)],
    ],
    samples: "sum",
  };
}

/** Of scenarios that have a pod, which is up. */
export const BESIDE_A_POD: Pick<Scenario, "setUp" | "tearDown"> = {
  setUp: async (turn) => {
    await ask(turn, "pod", "create", "--name", "joined");
    await ask(turn, "pod", "start", "joined");
  },
  tearDown: async (turn) => void (await ask(turn, "pod", "rm", "-f", "-t", "0", "joined")),
};
export const runBeside = (turn: Turn): Action => one(turn, "run", "--rm", "--pod", "joined", IMAGE, "true");

export const PODS: readonly Scenario[] = [
  {
    rounds: 20,
    warmUps: 1,
    ...BESIDE_A_POD,
    rows: [
      {
        name: "run-pod",
        title: "`run --rm --pod POD IMAGE true`",
        group: "pods",
        goal: 0.2,
        stretch: 0.12,
        weigh: "apart",
        cannot: WITHOUT,
        act: runBeside,
      },
    ],
  },
  {
    rounds: 15,
    warmUps: 1,
    rows: [
      {
        name: "pod-create",
        title: "`pod create -p 8080:80`, then `pod start`",
        group: "pods",
        goal: 0.15,
        stretch: 0.08,
        weigh: "apart",
        cannot: WITHOUT,
        act: (turn) => createAndStart(turn, "8080:80"),
        after: removePod,
      },
    ],
  },
  {
    rounds: 10,
    warmUps: 1,
    setUp: async (turn) => void (await Bun.write(manifestOf(turn), MANIFEST)),
    rows: [
      {
        name: "kube-play",
        title: `\`kube play\`, a pod of ${MEMBERS} containers`,
        group: "pods",
        goal: 0.25,
        stretch: 0.12,
        weigh: "apart",
        cannot: WITHOUT,
        act: (turn) => one(turn, "kube", "play", manifestOf(turn)),
        after: async (turn) => void (await ask(turn, "pod", "rm", "-f", "-t", "0", "played")),
      },
    ],
  },
  {
    rounds: 5,
    warmUps: 1,
    rows: [
      {
        name: "pod-1000-ports",
        title: "`pod create` + `pod start`, 1,000 published ports",
        group: "pods",
        goal: 0.3,
        stretch: 0.1,
        weigh: "apart",
        cannot: WITHOUT,
        act: (turn) => createAndStart(turn, RANGE),
        after: removePod,
      },
    ],
  },
  {
    rounds: 5,
    warmUps: 1,
    rows: [requestRow("first", FIRST_PORT), requestRow("last", LAST_PORT)],
  },
];

/** The first of the two rows makes the pod, the second takes it away: the engines want the same ports. */
function requestRow(which: "first" | "last", port: number): Row {
  return {
    name: `port-${which}`,
    title: `a request through the ${which} of 1,000 published ports`,
    group: "requests",
    weigh: "never",
    cannot: WITHOUT,
    times: 20,
    ...(which === "first" ? { before: startServer } : { after: removePod }),
    act: () => ({ probe: () => requestTime(port) }),
  };
}

async function startServer(turn: Turn): Promise<void> {
  const pod = podName(turn);
  await ask(turn, "pod", "create", "--name", pod, "-p", RANGE);
  const serve = `httpd -h /etc -p ${FIRST_PORT} && exec httpd -f -h /etc -p ${LAST_PORT}`;
  await ask(turn, "run", "-d", "--pod", pod, IMAGE, "sh", "-c", serve);
  for (let attempt = 0; attempt < 20; attempt++) {
    const ready = await Promise.all([requestTime(FIRST_PORT), requestTime(LAST_PORT)]).catch(() => undefined);
    if (ready !== undefined) return;
    await Bun.sleep(50);
  }
  throw new CannotMeasure("no answer through the published ports");
}

async function requestTime(port: number): Promise<number> {
  const started = performance.now();
  const answer = await fetch(`http://127.0.0.1:${port}/passwd`, {
    keepalive: false,
    signal: AbortSignal.timeout(500),
  });
  await answer.text();
  if (!answer.ok) throw new CannotMeasure(`status ${answer.status} through port ${port}`);
  return performance.now() - started;
}

function manifestOf({ engine }: Turn): string {
  return join(engine.directory, "pod.yaml");
}

const MANIFEST = `apiVersion: v1
kind: Pod
metadata:
  name: played
spec:
  containers:
${Array.from(
  { length: MEMBERS },
  (_, index) => `  - name: c${index}
    image: ${IMAGE}
    imagePullPolicy: IfNotPresent
    command: [${STAY.join(", ").replace(/\d+/, '"$&"')}]
`,
).join("")}`;
