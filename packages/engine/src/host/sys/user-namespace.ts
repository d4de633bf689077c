/** New user namespaces with maps, held by nothing but who keeps them. */
import { closeSync, openSync, writeFileSync } from "node:fs";
import type { IdMapping, IdMappings } from "@podwright/spec/values/id-map";
import { withChild } from "./clone.ts";
import { CLONE } from "./namespace.ts";

/** Runs `work` with the pid of a child in a new user namespace, and in those of `flags`, which belong to it. */
export function withMappedChild<T>(mappings: IdMappings, flags: number, work: (pid: number) => T): T {
  return withChild(flags | CLONE.NEWUSER, (pid) => {
    // The kernel takes a map once, and whole.
    writeFileSync(`/proc/${pid}/uid_map`, mapText(mappings.uid));
    writeFileSync(`/proc/${pid}/gid_map`, mapText(mappings.gid));
    return work(pid);
  });
}

/** Runs `work` with a descriptor of a new user namespace. `work` must be synchronous. */
export function withUserNamespace<T>(mappings: IdMappings, work: (fd: number) => T): T {
  const fd = withMappedChild(mappings, 0, (pid) => openSync(`/proc/${pid}/ns/user`, "r"));
  try {
    return work(fd);
  } finally {
    closeSync(fd);
  }
}

function mapText(mappings: readonly IdMapping[]): string {
  return mappings.map(({ inside, outside, size }) => `${inside} ${outside} ${size}\n`).join("");
}
