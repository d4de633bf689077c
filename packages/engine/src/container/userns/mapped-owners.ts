/** Owners for what the engine makes on the host, so that they are the container's own seen from inside. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { type IdMappings, outsideId } from "@podwright/spec/values/id-map";
import { chownSync, lstatSync } from "node:fs";
import type { RootFiles } from "../../ports/root-files.ts";
import type { ResolvedUser } from "../rootfs/user.ts";
import { rootOutside } from "./mapped-run.ts";

export interface MappedOwners {
  readonly root: { readonly uid: number; readonly gid: number };
  /** The container's user with ids of the host. */
  readonly owner: ResolvedUser;
  readonly groupOutside: (gid: number) => number;
  /** For what is made in the root file system, by the host's ids. */
  readonly files: RootFiles;
  /** Files of the engine's in `directory` become root's of the container. */
  readonly giveFiles: (files: Readonly<Record<string, string>>, directory: string) => void;
}

/** @throws CONTAINER_USER_UNKNOWN for a user that the namespace does not have */
export async function ownersOutside(
  files: RootFiles,
  idMappings: IdMappings,
  user: ResolvedUser,
): Promise<MappedOwners> {
  const root = rootOutside(idMappings);
  return {
    root,
    owner: { ...user, ...ownerOutside(idMappings, user) },
    groupOutside: (gid) => ownerOutside(idMappings, { uid: 0, gid }).gid,
    files: await files.mapped(),
    giveFiles: (made, directory) => {
      for (const path of Object.values(made)) {
        if (path.startsWith(`${directory}/`) && lstatSync(path).isFile()) chownSync(path, root.uid, root.gid);
      }
    },
  };
}

/** @throws CONTAINER_USER_UNKNOWN */
export function ownerOutside(
  { uid: uids, gid: gids }: IdMappings,
  { uid, gid }: { readonly uid: number; readonly gid: number },
): { readonly uid: number; readonly gid: number } {
  return { uid: outside(uids, uid, "uid"), gid: outside(gids, gid, "gid") };
}

function outside(mappings: IdMappings["uid"], id: number, kind: "uid" | "gid"): number {
  const found = outsideId(mappings, id);
  if (found !== undefined) return found;
  throw new EngineError("CONTAINER_USER_UNKNOWN", `the container's user namespace has no ${kind} ${id}`, {
    hint: "map more ids: --userns auto:size=N, or another --uidmap and --gidmap",
  });
}
