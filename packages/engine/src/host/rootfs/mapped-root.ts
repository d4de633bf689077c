/** RootFiles for a root whose mount maps owners: nobody can make a file there whose ids the mount does not know. */
import type { DirectoryOwner, RootFiles } from "../../ports/root-files.ts";
import { withFileIds } from "../sys/file-ids.ts";
import { InRootFiles } from "./in-root.ts";

export class MappedRootFiles extends InRootFiles {
  override makeDirectory(root: string, path: string, owner: DirectoryOwner): boolean {
    return withFileIds(owner, () => super.makeDirectory(root, path, owner));
  }

  override async mapped(): Promise<RootFiles> {
    return this;
  }
}
