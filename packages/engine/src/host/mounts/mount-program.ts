/** Overlays mounted by fuse-overlayfs, or by what storage.conf names in its place: a process for each, as long as it is mounted. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { IdMapping, IdMappings } from "@podwright/spec/values/id-map";
import { closeSync, constants, existsSync, mkdirSync, openSync, readdirSync } from "node:fs";
import type { OverlayRequest } from "../../ports/mounts.ts";
import { runCommand } from "../process/run.ts";
import { fileMarksOf } from "../sys/overlay-marks.ts";
import { refuseBorrowed } from "./convert-marks.ts";

const PLACES = ["/usr/bin", "/usr/local/bin", "/usr/sbin", "/bin"];
const NAME = "fuse-overlayfs";
/** What it parts its options, and layers in them, by. */
const PARTING = /[:,\\]/;

/** As Podman finds it; undefined where it is not installed. */
export function findMountProgram(): string | undefined {
  return PLACES.map((place) => `${place}/${NAME}`).find((path) => existsSync(path));
}

/** @throws HOST_CALL_FAILED with what the program says */
export async function mountByProgram(
  program: string,
  request: OverlayRequest,
  mappings?: IdMappings,
): Promise<void> {
  const { target } = request;
  const options = optionsOf(request, mappings);
  // Killed before it has mounted, we leave nothing that would mount later; once mounted it lives on by itself.
  const argv = ["setpriv", "--pdeathsig", "KILL", "--", program, "-o", options.join(","), target];
  const { exitCode, stderr } = await runCommand({ argv });
  if (exitCode === 0) return;
  const said = stderr
    .trim()
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("unknown argument ignored"));
  const reason = said.length === 0 ? `exit status ${exitCode}` : said.join("; ");
  const hint = hintOn(program);
  throw new EngineError(
    "HOST_CALL_FAILED",
    `cannot mount ${target}: ${program}: ${reason}`,
    hint === undefined ? {} : { hint },
  );
}

function optionsOf(request: OverlayRequest, mappings: IdMappings | undefined): string[] {
  const lower = request.lower.toReversed().map(asSeenByOthers);
  const options = [`lowerdir=${lower.join(":")}`, ...upperOptions(request)];
  // Pages that were written and are kept back would be missing in what `commit` and `diff` read: the directory of changes.
  options.push("writeback=0", ...(request.volatile ? ["volatile"] : []));
  if (mappings !== undefined) {
    options.push(`uidmapping=${mapText(mappings.uid)}`, `gidmapping=${mapText(mappings.gid)}`);
  }
  const unclear = [...lower, request.upper ?? ""].find((path) => PARTING.test(path));
  if (unclear === undefined) return options;
  throw new EngineError(
    "HOST_CALL_FAILED",
    `cannot mount ${request.target}: ${NAME} takes no path with ":" or ",": ${unclear}`,
    {
      hint: "use another --root",
    },
  );
}

function upperOptions({ upper }: OverlayRequest): string[] {
  if (upper === undefined) return [];
  const work = fileMarksOf(upper);
  if (!existsSync(work)) {
    if (readdirSync(upper).length > 0) refuseBorrowed(upper);
    mkdirSync(work, { mode: 0o700 });
  }
  return [`upperdir=${upper}`, `workdir=${work}`];
}

/** Our descriptors by a path that another process of ours can open. */
function asSeenByOthers(path: string): string {
  return path.replace(/^\/proc\/self\//, `/proc/${process.pid}/`);
}

function mapText(maps: readonly IdMapping[]): string {
  return maps.map(({ inside, outside, size }) => `${inside}:${outside}:${size}`).join(":");
}

function hintOn(program: string): string | undefined {
  try {
    closeSync(openSync("/dev/fuse", constants.O_RDWR));
  } catch {
    return "it needs /dev/fuse, open for everybody: load the kernel's module fuse (modprobe fuse)";
  }
  return existsSync(program) ? undefined : `install ${NAME}`;
}
