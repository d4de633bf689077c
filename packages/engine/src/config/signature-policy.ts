/** containers-policy.json(5): whether an image may be used at all. Signatures are not checked here yet. */
import { formatReference, type Reference, repositoryOf } from "@podwright/spec/distribution/reference";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { keysFor } from "./auth-file.ts";
import {
  asTable,
  type Environment,
  parseJson,
  readIfPresent,
  type Table,
  userConfigHome,
} from "./read-files.ts";

export interface SignaturePolicy {
  readonly path: string;
  readonly content: Table;
}

/** undefined where there is no file: then everything is accepted. @throws CONFIG_INVALID */
export function readSignaturePolicy(env: Environment): SignaturePolicy | undefined {
  const home = userConfigHome(env);
  const own = home === undefined ? [] : [`${home}/containers/policy.json`];
  for (const path of [...own, "/etc/containers/policy.json"]) {
    const text = readIfPresent(path);
    if (text !== undefined) return { path, content: parseJson(path, text) };
  }
  return undefined;
}

/** `image` as errors name it: "docker://docker.io/library/nginx:latest". */
export interface PolicySubject {
  readonly transport: string;
  readonly reference: Reference | undefined;
  readonly image: string;
}

/** @throws IMAGE_POLICY_REJECTED, NOT_IMPLEMENTED for requirements of signatures, CONFIG_INVALID */
export function checkSignaturePolicy(policy: SignaturePolicy | undefined, subject: PolicySubject): void {
  if (policy === undefined) return;
  for (const requirement of requirementsFor(policy, subject)) {
    const type = asTable(requirement)["type"];
    if (type === "insecureAcceptAnything") continue;
    if (type === "reject") {
      throw new EngineError(
        "IMAGE_POLICY_REJECTED",
        `source image rejected: Running image ${subject.image} is rejected by policy.`,
        { hint: `${policy.path} says so` },
      );
    }
    throw new EngineError(
      "NOT_IMPLEMENTED",
      `${policy.path} requires ${JSON.stringify(type)} for ${subject.image}: signatures are not supported yet`,
    );
  }
}

function requirementsFor(policy: SignaturePolicy, subject: PolicySubject): readonly unknown[] {
  const scopes = asTable(asTable(policy.content["transports"])[subject.transport]);
  for (const scope of scopesOf(subject.reference)) {
    const found = scopes[scope];
    if (found !== undefined) return list(policy, found, `transports.${subject.transport}.${scope}`);
  }
  return list(policy, policy.content["default"], "default");
}

/** The exact name, the repository, its namespaces, the host, `*.` hosts, then the transport as a whole. */
function scopesOf(reference: Reference | undefined): string[] {
  if (reference === undefined) return [""];
  const labels = (reference.domain.split(":")[0] ?? "").split(".");
  const wildcards = labels.slice(1).map((_, index) => `*.${labels.slice(index + 1).join(".")}`);
  return [formatReference(reference), ...keysFor(repositoryOf(reference)), ...wildcards, ""];
}

function list(policy: SignaturePolicy, value: unknown, where: string): readonly unknown[] {
  if (Array.isArray(value) && value.length > 0) return value;
  throw new EngineError("CONFIG_INVALID", `${policy.path}: ${where}: expected a list of requirements`);
}
