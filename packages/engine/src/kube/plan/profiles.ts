/** Seccomp and AppArmor profiles: of the container, of the pod, or by the annotations that came before the fields. */
import type { AppArmorProfile, SeccompProfile } from "@podwright/spec/kube/types";
import { join } from "node:path";
import type { Note } from "./annotations.ts";
import { type Place, quote } from "./place.ts";
import { safePath } from "./safe-path.ts";
import { type ContainerScope, specPlace } from "./scope.ts";

const DEFAULT_PROFILE = "";
const UNCONFINED = "unconfined";

interface Chosen<T> {
  readonly profile: T;
  readonly place: Place;
}

/** "" is the engine's own profile, "unconfined" none, else a path. */
export function seccompProfile(scope: ContainerScope): string {
  const field = chosen<SeccompProfile>(scope, "seccompProfile");
  if (field !== undefined) return ofField(scope, field);
  const { notes, container } = scope;
  const old =
    notes.get(`container.seccomp.security.alpha.kubernetes.io/${container.name}`) ??
    notes.get("seccomp.security.alpha.kubernetes.io/pod");
  if (old !== undefined) return ofOldAnnotation(scope, old);
  return notes.forContainer("seccomp", container.name)?.value ?? DEFAULT_PROFILE;
}

function ofField(scope: ContainerScope, { profile, place }: Chosen<SeccompProfile>): string {
  if (profile.type === "RuntimeDefault") return DEFAULT_PROFILE;
  if (profile.type === "Unconfined") return UNCONFINED;
  const path = profile.localhostProfile ?? "";
  if (path !== "") return below(scope, path, place.at("localhostProfile"));
  place.at("localhostProfile").error("localhostProfile is required for the type Localhost");
  return DEFAULT_PROFILE;
}

function ofOldAnnotation(scope: ContainerScope, { value, place }: Note): string {
  if (value === "runtime/default" || value === "docker/default") return DEFAULT_PROFILE;
  if (value === UNCONFINED) return UNCONFINED;
  if (value.startsWith("localhost/")) return below(scope, value.slice("localhost/".length), place);
  place.error(`invalid seccomp path: ${value}`, "unconfined, runtime/default or localhost/FILE");
  return DEFAULT_PROFILE;
}

/** A profile is code for the kernel: only those that the administrator put there are taken. */
function below({ request }: ContainerScope, path: string, place: Place): string {
  const safe = safePath(path);
  if (safe !== undefined) return join(request.seccompProfileRoot, safe);
  place.error(
    `${quote(path)} must be a relative path and must not contain ".."`,
    `profiles are files below ${request.seccompProfileRoot} (--seccomp-profile-root)`,
  );
  return DEFAULT_PROFILE;
}

/** "" is the engine's choice, "unconfined" none, else a profile's name. */
export function appArmorProfile(scope: ContainerScope): string {
  const field = chosen<AppArmorProfile>(scope, "appArmorProfile");
  if (field !== undefined) {
    const { profile, place } = field;
    if (profile.type === "RuntimeDefault") return "";
    if (profile.type === "Unconfined") return UNCONFINED;
    const name = profile.localhostProfile ?? "";
    if (name === "")
      place.at("localhostProfile").error("localhostProfile is required for the type Localhost");
    return name;
  }
  const { notes, container } = scope;
  const old = notes.get(`container.apparmor.security.beta.kubernetes.io/${container.name}`);
  if (old === undefined) return notes.forContainer("apparmor", container.name)?.value ?? "";
  if (old.value === "runtime/default") return "";
  return old.value.replace(/^localhost\//, "");
}

function chosen<T>(
  { container, place, workload }: ContainerScope,
  field: "seccompProfile" | "appArmorProfile",
): Chosen<T> | undefined {
  const own = container.securityContext?.[field];
  if (own !== undefined) return { profile: own as T, place: place.at("securityContext", field) };
  const pod = workload.spec.securityContext?.[field];
  if (pod === undefined) return undefined;
  return { profile: pod as T, place: specPlace(workload).at("securityContext", field) };
}
