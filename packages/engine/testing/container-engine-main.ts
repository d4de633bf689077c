/** The engine of container-engine.ts as a program: conmon's exit command, and an engine that tests can kill. */
import { openTestEngine } from "./container-engine.ts";

const [base = "", noun, verb, ...args] = process.argv.slice(2);
const { containers } = openTestEngine(base, { log: "error" });
const flag = args.indexOf("--exec");
const [exec] = flag === -1 ? [] : args.splice(flag, 2).slice(1);
const names = args.filter((arg) => !arg.startsWith("--"));
const selection = { names, all: false };

if (noun === "container" && verb === "cleanup") {
  await containers.cleanup(selection, {
    remove: false,
    stoppedOnly: args.includes("--stopped-only"),
    ...(exec === undefined ? {} : { exec }),
  });
} else if (noun === "start") {
  const [outcome] = await containers.start({ names: [verb ?? ""], all: false });
  if (outcome?.error !== undefined) throw outcome.error;
} else if (noun === "start-attached") {
  const result = await containers.startAttached(verb ?? "", {
    stdin: Bun.stdin.stream(),
    stdout: (chunk) => void process.stdout.write(chunk),
    stderr: (chunk) => void process.stderr.write(chunk),
    detachKeys: [16, 17],
  });
  process.exit(result.detached ? 0 : result.exitCode);
} else throw new Error(`unknown call: ${process.argv.join(" ")}`);
process.exit(0);
