/** Checks the direction of imports, value-import cycles, and what only one folder may do. */
import { ADAPTER_ROOT, IMPORT_RULES, ONLY_IN, SHARED_ADAPTERS } from "./import-rules.ts";
import {
  type ImportEdge,
  importsOf,
  isTest,
  readText,
  report,
  repositoryFiles,
  resolveImport,
} from "./source-files.ts";

interface Module {
  readonly name: string;
  readonly source: string;
  readonly imports: readonly (ImportEdge & { readonly target: string })[];
}

export async function checkDeps(): Promise<readonly string[]> {
  const names = repositoryFiles().filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"));
  const modules = await Promise.all(names.map(readModule));
  return [
    ...modules.filter(({ name }) => !isTest(name)).flatMap(directionProblems),
    ...modules.filter(({ name }) => !isTest(name)).flatMap(exclusiveProblems),
    ...cycles(modules),
  ];
}

async function readModule(name: string): Promise<Module> {
  const source = await readText(name);
  const imports = importsOf(source).flatMap((edge) => {
    const target = resolveImport(name, edge.specifier);
    return target === undefined ? [] : [{ ...edge, target }];
  });
  return { name, source, imports };
}

function within(name: string, folder: string): boolean {
  return name === folder || name.startsWith(`${folder}/`);
}

function ruleFor(name: string): string | undefined {
  const matching = Object.keys(IMPORT_RULES).filter((folder) => within(name, folder));
  return matching.sort((a, b) => b.length - a.length)[0];
}

function directionProblems(module: Module): readonly string[] {
  const folder = ruleFor(module.name);
  if (folder === undefined) return [`${module.name}: no rule in tools/import-rules.ts covers this file`];
  const allowed = IMPORT_RULES[folder] ?? [];
  if (allowed.includes("*")) return [];
  return module.imports
    .filter(({ target, kind }) => !isAllowed(module.name, folder, { target, kind }))
    .map(({ target }) => `${module.name}: may not import ${target} (rule of ${folder})`);
}

function isAllowed(
  name: string,
  folder: string,
  edge: { target: string; kind: ImportEdge["kind"] },
): boolean {
  if (within(edge.target, folder)) return folder !== ADAPTER_ROOT || sameAdapter(name, edge.target);
  return (IMPORT_RULES[folder] ?? []).some((rule) => {
    if (!rule.startsWith("types:")) return within(edge.target, rule);
    return edge.kind === "type" && within(edge.target, rule.slice("types:".length));
  });
}

function sameAdapter(name: string, target: string): boolean {
  const adapter = (path: string): string | undefined => path.slice(ADAPTER_ROOT.length + 1).split("/")[0];
  return adapter(name) === adapter(target) || SHARED_ADAPTERS.some((shared) => within(target, shared));
}

function exclusiveProblems({ name, source }: Module): readonly string[] {
  if (!name.startsWith("packages/")) return [];
  return ONLY_IN.filter(({ pattern, folder }) => !within(name, folder) && pattern.test(source)).map(
    ({ what, folder }) => `${name}: ${what}, which only ${folder} may`,
  );
}

/** Each cycle once, as the path around it. Lazy imports break a cycle: nothing waits for them at load time. */
function cycles(modules: readonly Module[]): readonly string[] {
  const byName = new Map(modules.map((module) => [module.name, module]));
  const done = new Set<string>();
  const found = new Set<string>();
  const walk = (name: string, path: readonly string[]): void => {
    const at = path.indexOf(name);
    if (at >= 0) found.add(canonicalCycle(path.slice(at)));
    if (at >= 0 || done.has(name)) return;
    for (const edge of byName.get(name)?.imports ?? [])
      if (edge.kind === "value") walk(edge.target, [...path, name]);
    done.add(name);
  };
  for (const name of byName.keys()) walk(name, []);
  return [...found].map((cycle) => `import cycle: ${cycle}`);
}

function canonicalCycle(path: readonly string[]): string {
  const start = path.indexOf([...path].sort()[0] ?? "");
  const turned = [...path.slice(start), ...path.slice(0, start)];
  return [...turned, turned[0]].join(" -> ");
}

if (import.meta.main) report(await checkDeps());
