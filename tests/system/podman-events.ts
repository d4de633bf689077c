/**
 * What Podman tells of the tutorial's commands, as recorded (of the images' anonymous volumes: as its source has it),
 * and how ours may differ from it (docs/events.md).
 */

export interface RecordedStep {
  readonly command: readonly string[];
  /** `TYPE STATUS NAME [image=…] [exit=…]`, in order of time; INFRA for the infra container of the pod at hand, VOLUME for an anonymous one. */
  readonly events: readonly string[];
}

const NGINX = "image=docker.io/library/nginx:latest";
const REDIS = "image=docker.io/library/redis:latest";
const POSTGRES = "image=docker.io/library/postgres:latest";
const BLOG = "image=docker.io/library/myblog:latest";
const PAUSE = "image=localhost/podman-pause:latest";

/** In `kube play` and `kube down` FILE is a manifest that `kube generate` made of the pod blogpod. */
export const TUTORIAL: readonly RecordedStep[] = [
  {
    command: ["pod", "create", "--name", "webstack"],
    events: [`container create INFRA ${PAUSE}`, "pod create webstack"],
  },
  {
    command: ["run", "-dt", "--pod", "webstack", "--name", "front", "nginx"],
    events: [
      "image pull nginx",
      `container create front ${NGINX}`,
      `container restart INFRA ${PAUSE}`,
      `container init INFRA ${PAUSE}`,
      `container start INFRA ${PAUSE}`,
      `container init front ${NGINX}`,
      `container start front ${NGINX}`,
    ],
  },
  {
    command: ["run", "-dt", "--pod", "webstack", "--name", "cache", "redis"],
    events: [
      "image pull redis",
      "volume create VOLUME",
      `container create cache ${REDIS}`,
      `container init cache ${REDIS}`,
      `container start cache ${REDIS}`,
    ],
  },
  {
    command: ["exec", "front", "true"],
    events: [`container exec front ${NGINX}`, `container exec_died front ${NGINX} exit=0`],
  },
  {
    command: ["pod", "stop", "-t", "0", "webstack"],
    events: [
      "pod stop webstack",
      `container died front ${NGINX} exit=137`,
      `container died cache ${REDIS} exit=137`,
      `container died INFRA ${PAUSE} exit=137`,
      `container cleanup cache ${REDIS}`,
      `container cleanup front ${NGINX}`,
      `container cleanup cache ${REDIS}`,
      `container cleanup front ${NGINX}`,
      `container cleanup INFRA ${PAUSE}`,
      `container cleanup INFRA ${PAUSE}`,
    ],
  },
  {
    command: ["pod", "rm", "webstack"],
    events: [
      `container remove front ${NGINX} exit=137`,
      `container remove cache ${REDIS} exit=137`,
      `container remove INFRA ${PAUSE} exit=137`,
      "volume remove VOLUME",
      "pod remove webstack",
    ],
  },
  {
    command: ["pod", "create", "--name", "web", "-p", "18099:80"],
    events: [`container create INFRA ${PAUSE}`, "pod create web"],
  },
  {
    command: ["run", "-dt", "--pod", "web", "--name", "front", "nginx"],
    events: [
      "image pull nginx",
      `container create front ${NGINX}`,
      `container restart INFRA ${PAUSE}`,
      `container init INFRA ${PAUSE}`,
      `container start INFRA ${PAUSE}`,
      `container init front ${NGINX}`,
      `container start front ${NGINX}`,
    ],
  },
  {
    command: ["pod", "rm", "-f", "-t", "0", "web"],
    events: [
      `container died front ${NGINX} exit=137`,
      `container cleanup front ${NGINX}`,
      `container remove front ${NGINX} exit=137`,
      `container died INFRA ${PAUSE} exit=137`,
      `container cleanup INFRA ${PAUSE}`,
      `container remove INFRA ${PAUSE} exit=137`,
      "pod remove web",
    ],
  },
  {
    command: ["pod", "create", "--name", "blogpod", "-p", "18099:80"],
    events: [`container create INFRA ${PAUSE}`, "pod create blogpod"],
  },
  {
    command: [
      "run",
      "-dt",
      "--pod",
      "blogpod",
      "--name",
      "blogdb",
      "-e",
      "POSTGRES_PASSWORD=secret",
      "postgres",
    ],
    events: [
      "image pull postgres",
      "volume create VOLUME",
      `container create blogdb ${POSTGRES}`,
      `container restart INFRA ${PAUSE}`,
      `container init INFRA ${PAUSE}`,
      `container start INFRA ${PAUSE}`,
      `container init blogdb ${POSTGRES}`,
      `container start blogdb ${POSTGRES}`,
    ],
  },
  {
    command: [
      "run",
      "-dt",
      "--pod",
      "blogpod",
      "--name",
      "blogweb",
      "-e",
      "DATABASE_URL=postgres://postgres:secret@localhost/postgres",
      "myblog:latest",
    ],
    events: [
      "image pull myblog:latest",
      `container create blogweb ${BLOG}`,
      `container init blogweb ${BLOG}`,
      `container start blogweb ${BLOG}`,
    ],
  },
  {
    command: ["pod", "rm", "-f", "-t", "0", "blogpod"],
    events: [
      `container died blogweb ${BLOG} exit=137`,
      `container cleanup blogweb ${BLOG}`,
      `container remove blogweb ${BLOG} exit=137`,
      `container died blogdb ${POSTGRES} exit=137`,
      `container cleanup blogdb ${POSTGRES}`,
      `container remove blogdb ${POSTGRES} exit=137`,
      `container died INFRA ${PAUSE} exit=137`,
      `container remove INFRA ${PAUSE} exit=137`,
      "volume remove VOLUME",
      "pod remove blogpod",
    ],
  },
  {
    command: ["kube", "play", "FILE"],
    events: [
      `container create INFRA ${PAUSE}`,
      "pod create blogpod",
      "image pull docker.io/library/postgres:latest",
      "volume create VOLUME",
      `container create blogpod-blogdb ${POSTGRES}`,
      "image pull docker.io/library/myblog:latest",
      `container create blogpod-blogweb ${BLOG}`,
      `container init INFRA ${PAUSE}`,
      `container start INFRA ${PAUSE}`,
      `container init blogpod-blogweb ${BLOG}`,
      `container start blogpod-blogweb ${BLOG}`,
      `container init blogpod-blogdb ${POSTGRES}`,
      `container start blogpod-blogdb ${POSTGRES}`,
      "pod start blogpod",
    ],
  },
  {
    command: ["kube", "down", "FILE"],
    events: [
      "pod stop blogpod",
      `container died blogpod-blogdb ${POSTGRES} exit=137`,
      `container stop blogpod-blogweb ${BLOG}`,
      `container died blogpod-blogweb ${BLOG} exit=137`,
      `container died INFRA ${PAUSE} exit=137`,
      `container cleanup blogpod-blogdb ${POSTGRES}`,
      `container cleanup blogpod-blogweb ${BLOG}`,
      `container cleanup blogpod-blogdb ${POSTGRES}`,
      `container cleanup blogpod-blogweb ${BLOG}`,
      `container cleanup INFRA ${PAUSE}`,
      `container cleanup INFRA ${PAUSE}`,
      "pod stop blogpod",
      "pod stop blogpod",
      "pod stop blogpod",
      "pod stop blogpod",
      `container remove blogpod-blogdb ${POSTGRES} exit=137`,
      `container remove blogpod-blogweb ${BLOG} exit=137`,
      `container remove INFRA ${PAUSE} exit=137`,
      "volume remove VOLUME",
      "pod remove blogpod",
    ],
  },
];

/** The differences that are wanted, each by itself: what Podman said, as it is to be said. */
const WANTED: readonly ((lines: readonly string[]) => readonly string[])[] = [
  // Nothing is restarted when a pod comes up for the first time.
  (lines) => lines.filter((line) => !line.startsWith("container restart INFRA")),
  // The infra container has neither image nor process: nothing in it can fail.
  (lines) => lines.map((line) => (line.includes(" INFRA ") ? line.replace(` ${PAUSE}`, "") : line)),
  (lines) => lines.map((line) => line.replace(/^(container died INFRA) exit=137$/, "$1 exit=0")),
  (lines) => lines.map((line) => line.replace(/^(container remove INFRA) exit=137$/, "$1")),
  // One that is removed while it runs is cleaned up first; Podman tells of that or not, as two processes race.
  (lines) =>
    lines.flatMap((line, i) =>
      line.startsWith("container died INFRA") && lines[i + 1]?.startsWith("container remove INFRA") === true
        ? [line, "container cleanup INFRA"]
        : [line],
    ),
  // Once each.
  (lines) =>
    lines.filter((line, i) => !/^(container cleanup|pod stop) /.test(line) || lines.indexOf(line) === i),
  // Podman tells of a stop or not, as two processes race.
  (lines) => lines.filter((line) => !line.startsWith("container stop ")),
];

export function asWanted(events: readonly string[]): readonly string[] {
  return WANTED.reduce((lines, change) => change(lines), events);
}

/** By object: members of a pod start and end side by side, in any order. */
export function byObject(events: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const objects = Object.groupBy(events, (line) => {
    const [type = "", , name = ""] = line.split(" ");
    return `${type} ${name}`;
  });
  return Object.fromEntries(Object.entries(objects).map(([key, lines = []]) => [key, lines]));
}
