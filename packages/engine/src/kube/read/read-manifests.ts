/** Sources of YAML → checked objects with positions, and everything that is wrong with them at once. */
import type { Diagnostic, KubeSource, ValidateMode } from "@podwright/spec/engine-api/kube";
import { KubeSchema } from "@podwright/spec/kube/schema";
import { SupportTable } from "@podwright/spec/kube/support";
import type { FieldPath, Manifest, ManifestObject, ServiceName } from "../manifest.ts";
import { ObjectFindings, SourceText, pathText, sortDiagnostics } from "./findings.ts";
import { chooseKind, versionOf } from "./kinds.ts";
import { typedObject } from "../typed-object.ts";
import { type Located, type LocatedMap, memberOf, stringMember } from "./located.ts";
import { readService } from "./service-name.ts";
import { duplicateObjects } from "./rules/duplicates.ts";
import { Rules } from "./rules/rule-context.ts";
import { checkObject } from "./rules/workloads.ts";
import { StructureCheck } from "./structure.ts";
import { type SyntaxFinding, readYaml } from "./yaml-documents.ts";

/** What YAML does not take as it is; an escape in double quotes makes one. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const CONTROL = /[\0-\x08\x0B\x0C\x0E-\x1F\x7F-\x84\x86-\x9F]/;

export interface ReadOptions {
  readonly validate: ValidateMode;
}

/** Pure: text in, objects and diagnostics out. Throws for nothing that a manifest may contain. */
export function readManifests(sources: readonly KubeSource[], options: ReadOptions): Manifest {
  const reader = new ManifestReader(options.validate);
  for (const source of sources) reader.source(source);
  return reader.manifest(sources.map(({ name }) => name));
}

function syntaxDiagnostic(source: SourceText, finding: SyntaxFinding, root: Located | undefined): Diagnostic {
  const { offset, message, path = [], first } = finding;
  const hint = first === undefined ? finding.hint : `the first is in line ${source.lineOf(first)}`;
  const title = root === undefined ? "" : titleOf(root, stringMember(root, "kind") ?? "");
  return source.diagnose(offset, pathText(title, path), {
    severity: "error",
    message,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** "Pod/web"; without a name or a kind as much as there is. */
function titleOf(root: Located, kind: string): string {
  const name = nameOf(root);
  return name !== "" && kind !== "" ? `${kind}/${name}` : kind;
}

function nameOf(root: Located): string {
  const metadata = memberOf(root, "metadata");
  return metadata === undefined ? "" : (stringMember(metadata, "name") ?? "");
}

class ManifestReader {
  readonly #schema = new KubeSchema();
  readonly #support = new SupportTable();
  readonly #validate: ValidateMode;
  readonly #objects: ManifestObject[] = [];
  readonly #services: ServiceName[] = [];
  readonly #diagnostics: Diagnostic[] = [];

  constructor(validate: ValidateMode) {
    this.#validate = validate;
  }

  source({ name, text }: KubeSource): void {
    const source = new SourceText(name, text.replace(/^\uFEFF/, ""));
    const control = source.text.search(CONTROL);
    if (control !== -1) {
      const code = source.text.charCodeAt(control).toString(16).toUpperCase().padStart(4, "0");
      const message = `control character U+${code}`;
      const hint = 'write it with an escape, in double quotes: "\\x1b"';
      this.#diagnostics.push(source.diagnose(control, "", { severity: "error", message, hint }));
      return;
    }
    const before = this.#objects.length;
    let broken = false;
    for (const document of readYaml(source.text)) {
      for (const finding of document.findings)
        this.#diagnostics.push(syntaxDiagnostic(source, finding, document.root));
      broken ||= document.findings.length > 0;
      if (document.root !== undefined) broken = !this.#document(source, document.root) || broken;
    }
    if (this.#objects.length > before || broken) return;
    const message = "YAML document does not contain any supported kube kind";
    this.#diagnostics.push(source.diagnose(0, "", { severity: "error", message }));
  }

  manifest(sources: readonly string[]): Manifest {
    const diagnostics = [...this.#diagnostics, ...duplicateObjects(this.#objects)];
    const found = { objects: this.#objects, services: this.#services };
    return { ...found, diagnostics: sortDiagnostics(diagnostics, sources) };
  }

  /** False when it has an error. */
  #document(source: SourceText, root: Located, kindOfItems = ""): boolean {
    const kind = stringMember(root, "kind") ?? kindOfItems;
    const findings = new ObjectFindings(source, root, titleOf(root, kind));
    if (root.kind === "map") this.#object(source, root, findings, kindOfItems);
    else findings.error([], 'expected an object with "apiVersion" and "kind"');
    this.#diagnostics.push(...findings.diagnostics);
    return !findings.failed;
  }

  #object(source: SourceText, root: LocatedMap, findings: ObjectFindings, kindOfItems: string): void {
    const apiVersion = this.#typeWord(root, "apiVersion", versionOf(kindOfItems), findings);
    const kind = this.#typeWord(root, "kind", kindOfItems, findings);
    if (apiVersion === undefined || kind === undefined) return;
    const choice = chooseKind(apiVersion, kind);
    switch (choice.state) {
      case "list":
        this.#list(source, root, findings, choice.items);
        return;
      case "run":
        this.#checked(root, apiVersion, kind, findings);
        return;
      case "not-run":
        findings.warn(["kind"], choice.message, choice.hint);
        if (kind === "Service") this.#services.push(...readService(root, nameOf(root), findings));
        return;
      case "unknown":
        if (this.#validate === "strict") findings.error([choice.field], choice.message, choice.hint);
        else if (this.#validate === "warn")
          findings.warn([choice.field], `left out: ${choice.message}`, choice.hint);
    }
  }

  /** `apiVersion` or `kind`. */
  #typeWord(
    root: LocatedMap,
    field: string,
    otherwise: string,
    findings: ObjectFindings,
  ): string | undefined {
    const member = root.members.get(field)?.value;
    if (member === undefined && otherwise !== "") return otherwise;
    if (member?.kind === "scalar" && typeof member.value === "string" && member.value !== "")
      return member.value;
    if (member === undefined || (member.kind === "scalar" && (member.type === "null" || member.value === "")))
      findings.required([field]);
    else findings.error([field], "expected a string");
    return undefined;
  }

  #list(source: SourceText, root: LocatedMap, findings: ObjectFindings, kindOfItems: string): void {
    const items = root.members.get("items")?.value;
    if (items?.kind === "list") {
      for (const item of items.items) this.#document(source, item, kindOfItems);
    } else if (items !== undefined && !(items.kind === "scalar" && items.type === "null")) {
      findings.error(["items"], "expected a list");
    }
  }

  #checked(root: LocatedMap, apiVersion: string, kind: string, findings: ObjectFindings): void {
    const structure = new StructureCheck({
      schema: this.#schema,
      support: this.#support,
      findings,
      validate: this.#validate,
    });
    const data = { ...structure.object(root, kind, []), apiVersion, kind };
    findings.settle();
    checkObject(new Rules(findings), typedObject({ data }), this.#support);
    const at = (path: FieldPath, finding: Parameters<ManifestObject["at"]>[1]): Diagnostic =>
      findings.at(path, finding);
    this.#objects.push({ apiVersion, kind, name: nameOf(root), data, at });
  }
}
