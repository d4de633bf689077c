/** Coarse guards of the start-up time: a module more on these paths is paid for by every command. */
import { expect, test } from "bun:test";
import { loadedModules } from "./loaded-modules.ts";

const ENGINE = "packages/engine/src";
const START = [`${ENGINE}/main.ts`];
const PROGRAM = [...START, `${ENGINE}/program.ts`];
const LOOKING = [...PROGRAM, `${ENGINE}/wire.ts`, `${ENGINE}/wire/containers.ts`];

/** What loading each of these costs is 3 to 10 ms: as much as the whole of --version. */
const HEAVY =
  /^node:(crypto|http|https|http2|net|tls|stream|stream\/promises|zlib|tty|readline|worker_threads)$/;
const PARSERS = /node_modules\/(?:\.bun\/)?yaml\b|schema\.generated/;

test("--version loads next to nothing, and no module of Node's", () => {
  const { files, builtin } = loadedModules(START);
  expect(builtin).toEqual([]);
  expect(files.length).toBeLessThanOrEqual(6);
});

test.each([
  ["help", PROGRAM, 45],
  ["ps", [...LOOKING, `${ENGINE}/cli/container/ps.ts`], 150],
  ["inspect", [...LOOKING, `${ENGINE}/cli/container/inspect.ts`, `${ENGINE}/container/inspect.ts`], 170],
  ["run", [...LOOKING, `${ENGINE}/cli/container/run.ts`, `${ENGINE}/wire/container-verbs.ts`], 230],
  ["pod create", [...LOOKING, `${ENGINE}/cli/pod/create.ts`, `${ENGINE}/wire/pods.ts`], 190],
])("%s loads nothing heavy, and not much", (_, entries, most) => {
  const { files, builtin } = loadedModules(entries);
  expect(builtin.filter((name) => HEAVY.test(name))).toEqual([]);
  expect(files.filter((file) => PARSERS.test(file))).toEqual([]);
  expect(files.length).toBeLessThanOrEqual(most);
});

test("ps loads nothing that starts or changes a container", () => {
  const { files } = loadedModules([...LOOKING, `${ENGINE}/cli/container/ps.ts`]);
  const doers = /\/(conmon|launch|command-line|cgroups|nft-firewall|netlink|teardown|remove|inspect)\.ts$/;
  expect(
    files.filter((file) => file.startsWith(ENGINE) && !file.includes("/frame/")).filter((f) => doers.test(f)),
  ).toEqual([]);
});
