/** Podman's own annotations (podman.md §5.3): where each stands, which of them act, which are told to do nothing. */
import type { Labels } from "@podwright/spec/engine-api/common";
import { type Place, quote } from "./place.ts";

const PREFIX = "io.podman.annotations.";

export interface Note {
  readonly value: string;
  readonly place: Place;
}

interface Layer {
  readonly values: Labels;
  /** Where the annotation of that key stands. */
  readonly place: (key: string) => Place;
}

export class Annotations {
  /** Later layers win. */
  constructor(private readonly layers: readonly Layer[]) {}

  get(key: string): Note | undefined {
    const layer = this.layers.findLast(({ values }) => Object.hasOwn(values, key));
    const value = layer?.values[key];
    return layer === undefined || value === undefined ? undefined : { value, place: layer.place(key) };
  }

  /** `io.podman.annotations.NAME/CTR`, else `io.podman.annotations.NAME`. */
  forContainer(name: string, container: string): Note | undefined {
    return this.get(`${PREFIX}${name}/${container}`) ?? this.get(PREFIX + name);
  }

  ofPod(name: string): Note | undefined {
    return this.get(PREFIX + name);
  }

  keys(): string[] {
    return [...new Set(this.layers.flatMap(({ values }) => Object.keys(values)))];
  }

  all(): Labels {
    return Object.fromEntries(this.layers.flatMap(({ values }) => Object.entries(values)));
  }
}

/** What Go's ParseBool takes; undefined (and told) for anything else. */
export function truth(note: Note | undefined): boolean | undefined {
  if (note === undefined) return undefined;
  if (/^(1|t|T|true|TRUE|True)$/.test(note.value)) return true;
  if (/^(0|f|F|false|FALSE|False)$/.test(note.value)) return false;
  note.place.error(`${quote(note.value)} is neither TRUE nor FALSE`);
  return undefined;
}

/** Those that act, for a container (`/CTR`), a pod, or both. */
const OF_CONTAINERS: readonly string[] =
  "volumes-from pids-limit cpuset memory-nodes autoremove init privileged label seccomp apparmor".split(" ");
const OF_PODS: readonly string[] = [
  "userns",
  "infra.name",
  "init.container.type",
  "ulimit",
  "kube.health.check",
];

interface Idle {
  readonly message: string;
  /** Without it the pod would not be what was asked for. */
  readonly fatal?: true;
}

const IDLE: Readonly<Record<string, Idle>> = {
  "publish-all": {
    message: "ports that an image exposes are not published by an annotation; use --publish-all",
  },
  "cid-file": { message: "the container's id is written to no file" },
  sdnotify: { message: "systemd is not notified" },
  "kube.image.volumes.mount": { message: "volumes of other images are not mounted", fatal: true },
  "kube.image.automount": { message: "volumes of other images are not mounted", fatal: true },
};

/** Reports annotations of Podman's that do nothing here, and those for containers that are not there. */
export function checkAnnotations(notes: Annotations, containers: readonly string[]): void {
  for (const key of notes.keys()) {
    const note = notes.get(key);
    if (note !== undefined) checkAnnotation(key, note, containers);
  }
}

function checkAnnotation(key: string, { value, place }: Note, containers: readonly string[]): void {
  const external = /^io\.containers\.(autoupdate|autoupdate\.authfile|sdnotify)(\/.*)?$/.exec(key);
  if (external !== null) {
    if (external[1] === "sdnotify" && value === "ignore") return;
    const what =
      external[1] === "sdnotify" ? "systemd is not notified" : "images are not updated by themselves";
    place.warn(`annotation ${quote(key)} has no effect: ${what}`);
    return;
  }
  if (!key.startsWith(PREFIX)) return;
  const [name, container] = cut(key.slice(PREFIX.length));
  const idle = Object.hasOwn(IDLE, name) ? IDLE[name] : undefined;
  if (idle !== undefined) {
    if (name === "publish-all" && /^(0|f|false)$/i.test(value)) return;
    if (name === "sdnotify" && value === "ignore") return;
    if (idle.fatal) place.error(`annotation ${quote(key)} is not implemented: ${idle.message}`);
    else place.warn(`annotation ${quote(key)} has no effect: ${idle.message}`);
    return;
  }
  if (name === "volumes-from" && container === undefined) {
    place.error(
      `annotation ${key} without target volume is reserved for internal use`,
      `name the container that gets them: ${key}/CONTAINER`,
    );
    return;
  }
  if (!OF_CONTAINERS.includes(name) && !OF_PODS.includes(name)) {
    place.warn(`annotation ${quote(key)} is not known and has no effect`);
    return;
  }
  if (container === undefined || containers.includes(container)) return;
  if (name !== "userns")
    place.warn(`annotation ${quote(key)} has no effect: there is no container ${quote(container)}`);
}

function cut(text: string): [string, string | undefined] {
  const slash = text.indexOf("/");
  return slash === -1 ? [text, undefined] : [text.slice(0, slash), text.slice(slash + 1)];
}

/** Those that are for the engine and say nothing to a runtime. */
export function isForEngine(key: string): boolean {
  return (
    key.startsWith(PREFIX) ||
    key.startsWith("io.containers.") ||
    key.startsWith("bind-mount-options") ||
    /^(seccomp|container\.seccomp)\.security\.alpha\.kubernetes\.io\//.test(key) ||
    key.startsWith("container.apparmor.security.beta.kubernetes.io/")
  );
}
