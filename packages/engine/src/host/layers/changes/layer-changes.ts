/** What differs between two stacks of layers, looking only where they do not have the same layers. */
import type { FileChange } from "@podwright/spec/engine-api/files";
import { insideId } from "@podwright/spec/values/id-map";
import type { OpenLayer } from "../../../ports/layer-mounts.ts";
import type { LayerChanges } from "../../../ports/layer-changes.ts";
import { mayHaveFileMarks } from "../../sys/overlay-marks.ts";
import { type Layer, Layers, lookUp, namesIn, type Shown } from "./layer-stack.ts";

const SLASH = Buffer.from("/");
const BILLION = 1_000_000_000n;

export class OverlayChanges implements LayerChanges {
  between(now: readonly OpenLayer[], before: readonly OpenLayer[]): FileChange[] {
    const layers = new Layers();
    // On top of the same layers, whatever is there was written: as Podman has it, even what was written unchanged.
    const onTop = before.every(({ id }, index) => id === now[now.length - before.length + index]?.id);
    const comparison = new Comparison(onTop && now.length >= before.length);
    comparison.directory(Buffer.alloc(0), layers.of(now), layers.of(before));
    return comparison.changes;
  }

  hasFileMarks(upper: string): boolean {
    return mayHaveFileMarks(upper);
  }
}

class Comparison {
  readonly changes: FileChange[] = [];
  readonly #writtenIsChanged: boolean;

  constructor(writtenIsChanged: boolean) {
    this.#writtenIsChanged = writtenIsChanged;
  }

  directory(path: Buffer, now: readonly Layer[], before: readonly Layer[]): void {
    for (const name of candidates(path, now, before)) {
      const child = path.length === 0 ? name : Buffer.concat([path, SLASH, name]);
      this.#entry(child, lookUp(now, child), lookUp(before, child));
    }
  }

  #entry(path: Buffer, now: Shown | undefined, before: Shown | undefined): void {
    if (now === undefined) {
      if (before !== undefined) this.#note("deleted", path);
      return;
    }
    if (before === undefined) {
      this.#note("added", path);
      this.directory(path, now.layers, []);
      return;
    }
    const at = this.changes.length;
    const both = now.stat.isDirectory() && before.stat.isDirectory();
    const changed = now.layer !== before.layer && this.#differs(now, before, both);
    if (now.stat.isDirectory()) this.directory(path, now.layers, before.layers);
    // A directory with a change in it counts as changed, and stands before it.
    if (changed || this.changes.length > at) {
      this.changes.splice(at, 0, { kind: "changed", path: shown(path) });
    }
  }

  #differs(nowShown: Shown, beforeShown: Shown, directories: boolean): boolean {
    if (!directories && this.#writtenIsChanged) return true;
    const [now, before] = [nowShown.stat, beforeShown.stat];
    if (now.mode !== before.mode || owner(nowShown) !== owner(beforeShown)) return true;
    if (!directories && (now.size !== before.size || now.rdev !== before.rdev)) return true;
    return !sameTime(now.mtimeNs, before.mtimeNs);
  }

  #note(kind: FileChange["kind"], path: Buffer): void {
    this.changes.push({ kind, path: shown(path) });
  }
}

/** As it is seen inside. */
function owner({ stat: { uid, gid }, layer: { ids } }: Shown): string {
  if (ids === undefined) return `${uid}:${gid}`;
  return `${insideId(ids.uid, Number(uid))}:${insideId(ids.gid, Number(gid))}`;
}

/** Where one stack has the other's layers below its own, only what its own name can differ. */
function candidates(path: Buffer, now: readonly Layer[], before: readonly Layer[]): Buffer[] {
  let same = 0;
  while (same < Math.min(now.length, before.length) && now.at(-1 - same) === before.at(-1 - same)) same++;
  if (same === now.length && same === before.length) return [];
  const own = [...now.slice(0, now.length - same), ...before.slice(0, before.length - same)];
  const onTop = same === before.length || same === now.length;
  return namesIn(onTop ? own : [...now, ...before], path);
}

/** Archives may have whole seconds only. */
function sameTime(a: bigint, b: bigint): boolean {
  return a === b || (a / BILLION === b / BILLION && (a % BILLION === 0n || b % BILLION === 0n));
}

function shown(path: Buffer): string {
  return `/${path.toString("utf8")}`;
}
