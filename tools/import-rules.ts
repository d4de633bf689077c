/** Who may import whom: the folder list is the architecture. A new edge is a reviewed one-line diff here. */

/** What a folder may import besides itself. `types:` in front allows only `import type`. */
export type ImportRules = Readonly<Record<string, readonly string[]>>;

const ENGINE = "packages/engine/src";
const SPEC = "packages/spec/src";
const FREE = [SPEC, `${ENGINE}/base`];
const DOMAIN = [...FREE, `${ENGINE}/ports`, `types:${ENGINE}/config`];
const ADAPTER = [...FREE, `${ENGINE}/ports`, `${ENGINE}/host/process`, `${ENGINE}/host/sys`];
const domain = (...others: readonly string[]): readonly string[] => [
  ...DOMAIN,
  ...others.map((name) => `${ENGINE}/${name}`),
];

/** The rule with the longest matching folder (or file) decides. `*` allows everything. */
export const IMPORT_RULES: ImportRules = {
  [SPEC]: [],
  [`${ENGINE}/base`]: [],
  [`${ENGINE}/base/version.ts`]: ["packages/engine/package.json"],
  [`${ENGINE}/ports`]: FREE,
  [`${ENGINE}/config`]: [...FREE, `${ENGINE}/ports`],
  [`${ENGINE}/state`]: [...FREE, `${ENGINE}/ports`],
  [`${ENGINE}/host`]: ADAPTER,
  // Layers and image archives are tars.
  [`${ENGINE}/host/layers`]: [...ADAPTER, `${ENGINE}/tar`],
  [`${ENGINE}/host/transports`]: [...ADAPTER, `${ENGINE}/tar`],
  [`${ENGINE}/tar`]: FREE,
  [`${ENGINE}/cli`]: [...FREE],
  [`${ENGINE}/volume`]: domain(),
  [`${ENGINE}/network`]: domain(),
  [`${ENGINE}/image`]: domain(),
  [`${ENGINE}/registry`]: domain(),
  [`${ENGINE}/container`]: domain("image", "volume", "network"),
  [`${ENGINE}/pod`]: domain("container", "image", "volume", "network"),
  [`${ENGINE}/system`]: domain("container", "pod", "image", "volume", "network"),
  [`${ENGINE}/run`]: domain("container", "pod", "image", "volume", "network"),
  [`${ENGINE}/secret`]: domain(),
  // What runs, and what it uses of the machine; changes nothing.
  [`${ENGINE}/usage`]: domain("container", "pod", "network"),
  [`${ENGINE}/supervise`]: domain("container", "pod"),
  [`${ENGINE}/kube`]: domain("container", "pod", "image", "volume", "network", "secret"),
  [`${ENGINE}/main.ts`]: [
    ...FREE,
    `${ENGINE}/program.ts`,
    `${ENGINE}/internal.ts`,
    `${ENGINE}/cli`,
    `${ENGINE}/host/userns`,
  ],
  [`${ENGINE}/program.ts`]: [
    ...FREE,
    `${ENGINE}/wire.ts`,
    `${ENGINE}/wire/terminal.ts`,
    `${ENGINE}/wire/local-files.ts`,
    `${ENGINE}/cli`,
    `${ENGINE}/host/sys/leave.ts`,
    `${ENGINE}/host/userns/enter.ts`,
    `${ENGINE}/host/cgroup/delegation.ts`,
  ],
  // Processes that the engine starts of itself; they have no settings and no state.
  [`${ENGINE}/internal.ts`]: [...FREE, `${ENGINE}/host`],
  [`${ENGINE}/wire.ts`]: ["*"],
  [`${ENGINE}/wire`]: ["*"],
  "packages/engine/testing": ["*"],
  tools: ["*"],
  images: ["*"],
  // Knows the engine as its users do: by its commands.
  bench: [],
  tests: ["*"],
};

/** Adapters are named after their tool and do not know one another. */
export const ADAPTER_ROOT = `${ENGINE}/host`;
export const SHARED_ADAPTERS: readonly string[] = [`${ENGINE}/host/process`, `${ENGINE}/host/sys`];

/** Modules and calls that only one folder may use. */
export const ONLY_IN: readonly {
  readonly what: string;
  readonly pattern: RegExp;
  readonly folder: string;
}[] = [
  {
    what: "starts a process",
    pattern: /\bBun\.spawn(?:Sync)?\(|\bBun\.\$|"(?:node:)?child_process"|import \{[^}]*\$[^}]*\} from "bun"/,
    folder: `${ENGINE}/host/process`,
  },
  { what: "uses SQL", pattern: /"bun:sqlite"|\.sql"/, folder: `${ENGINE}/state` },
];
