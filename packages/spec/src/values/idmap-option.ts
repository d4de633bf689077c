/** `idmap` of `-v` and `--mount`: whose a mount's files are, seen in the container (mount_setattr(2)). */
import { EngineError } from "../errors/engine-error.ts";
import { type IdMapping, type IdMappings, outsideId } from "./id-map.ts";

const PIECE = /^(@?)(\d{1,10})-(\d{1,10})-(\d{1,10})$/;

export function isIdmapOption(option: string): boolean {
  return option === "idmap" || option.startsWith("idmap=");
}

/**
 * `idmap`: as the container's user namespace maps them. `idmap=uids=0-1-10#10-11-10;gids=0-100-10`: ids on the disk, ids
 * of the host that they become, how many; with `@` in front the second are the container's own.
 * @throws CONTAINER_INVALID
 */
export function idmapMappings(option: string, container: IdMappings | undefined): IdMappings {
  if (option === "idmap") {
    if (container !== undefined) return container;
    throw invalid(option, "the container has no user namespace of its own (--userns, --uidmap)");
  }
  const given = new Map<string, IdMapping[]>();
  for (const part of option.slice("idmap=".length).split(";")) {
    const [kind = "", text = ""] = part.split("=", 2);
    if ((kind !== "uids" && kind !== "gids") || given.has(kind))
      throw invalid(option, `what is ${JSON.stringify(part)}?`);
    const own = container?.[kind === "uids" ? "uid" : "gid"];
    given.set(
      kind,
      text.split("#").map((piece) => parsePiece(option, piece, own)),
    );
  }
  const [uid, gid] = [given.get("uids"), given.get("gids")];
  if (uid === undefined || gid === undefined) throw invalid(option, "both uids and gids are needed");
  return { uid, gid };
}

function parsePiece(option: string, text: string, container: readonly IdMapping[] | undefined): IdMapping {
  const [, relative = "", disk, second, size] = PIECE.exec(text) ?? [];
  if (disk === undefined) throw invalid(option, `${JSON.stringify(text)} is not of the form [@]ID-ID-SIZE`);
  const inside = Number(disk);
  const shown = Number(second);
  if (relative === "") return { inside, outside: shown, size: Number(size) };
  const outside = container === undefined ? undefined : outsideId(container, shown);
  if (outside !== undefined) return { inside, outside, size: Number(size) };
  throw invalid(option, `the container's user namespace has no id ${shown}`);
}

function invalid(option: string, reason: string): EngineError {
  return new EngineError("CONTAINER_INVALID", `mount option ${JSON.stringify(option)}: ${reason}`);
}
