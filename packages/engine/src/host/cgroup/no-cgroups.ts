/** The Cgroups port for a user who has none: nothing is made, nothing is found, a limit is refused. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { RuntimeResources } from "@podwright/spec/oci-runtime/spec";
import type { Cgroups, CgroupUsage, LimitValue } from "../../ports/cgroups.ts";
import { readHierarchies } from "./hierarchies.ts";

export class NoCgroups implements Cgroups {
  readonly controllers: readonly string[] = [];

  get version(): Cgroups["version"] {
    return readHierarchies().version;
  }

  create(): void {
    // Nowhere to make it.
  }

  expectEntry(): Disposable {
    return { [Symbol.dispose]: () => {} };
  }

  apply(_path: string, resources: RuntimeResources): void {
    for (const kind of Object.keys(resources)) throw refusal(`limits of ${kind} cannot be applied`);
  }

  limitsNow(_path: string, resources: RuntimeResources): LimitValue[] {
    this.apply(_path, resources);
    return [];
  }

  restore(): void {
    // Nothing was changed.
  }

  processes(): number[] {
    return [];
  }

  remove(): Promise<void> {
    return Promise.resolve();
  }

  exists(): boolean {
    return false;
  }

  oomKilled(): boolean {
    return false;
  }

  freeze(): Promise<void> {
    return Promise.reject(refusal("its processes cannot be stopped"));
  }

  thaw(): void {
    // None was frozen.
  }

  isFrozen(): boolean {
    return false;
  }

  usage(): CgroupUsage | undefined {
    return undefined;
  }
}

function refusal(what: string): EngineError {
  return new EngineError("CGROUP_NOT_DELEGATED", `${what}: this user has no cgroups`);
}
