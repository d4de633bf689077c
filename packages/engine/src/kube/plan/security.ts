/** `securityContext`: the container's over the pod's, as Kubernetes merges them. */
import { NO_SECURITY } from "@podwright/spec/values/security";
import type { ContainerRequest, SecurityRequest } from "@podwright/spec/engine-api/containers";
import type { PodSecurityContext, SecurityContext, SELinuxOptions } from "@podwright/spec/kube/types";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { normalizeCapability } from "@podwright/spec/values/capability";
import { truth } from "./annotations.ts";
import { appArmorProfile, seccompProfile } from "./profiles.ts";
import type { Place } from "./place.ts";
import { type ContainerScope, specPlace } from "./scope.ts";

export function planSecurity(scope: ContainerScope): SecurityRequest {
  const { container, place, workload } = scope;
  const own = container.securityContext ?? {};
  const pod = workload.spec.securityContext ?? {};
  const here = place.at("securityContext");
  const privileged = isPrivileged(scope);
  return {
    ...NO_SECURITY,
    privileged,
    ...capabilities(own, here.at("capabilities")),
    noNewPrivileges: own.allowPrivilegeEscalation === false,
    seccomp: seccompProfile(scope),
    apparmor: appArmorProfile(scope),
    labels: [...labels(own.seLinuxOptions ?? pod.seLinuxOptions), ...annotatedLabels(scope)],
    unmask: own.procMount === "Unmasked" ? ["ALL"] : [],
  };
}

/** By its securityContext, else by Podman's annotation. */
export function isPrivileged({ container, notes }: ContainerScope): boolean {
  const annotated = (): boolean | undefined => truth(notes.forContainer("privileged", container.name));
  return container.securityContext?.privileged ?? annotated() ?? false;
}

function annotatedLabels({ notes, container }: ContainerScope): string[] {
  const note = notes.forContainer("label", container.name);
  return note === undefined ? [] : note.value.split(",label=");
}

function labels(options: SELinuxOptions | undefined): string[] {
  const { user, role, type, level } = options ?? {};
  return Object.entries({ user, role, type, level }).flatMap(([key, value]) =>
    value === undefined || value === "" ? [] : [`${key}:${value}`],
  );
}

function capabilities(own: SecurityContext, place: Place): Pick<SecurityRequest, "capAdd" | "capDrop"> {
  const { add = [], drop = [] } = own.capabilities ?? {};
  const capAdd = normalized(add, place.at("add"));
  const capDrop = normalized(drop, place.at("drop"));
  capAdd.forEach((name, i) => {
    if (!capDrop.includes(name)) return;
    const message =
      name === "ALL"
        ? "adding all caps and removing all caps not allowed"
        : `capability ${JSON.stringify(name)} cannot be dropped and added`;
    place.at("add", i).error(message);
  });
  return { capAdd, capDrop };
}

function normalized(names: readonly string[], place: Place): string[] {
  return names.flatMap((name, i) => {
    try {
      return [normalizeCapability(name)];
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      place.at(i).error(error.message, "names as in capabilities(7), with or without CAP_: NET_ADMIN");
      return [];
    }
  });
}

type Identity = Pick<ContainerRequest, "user" | "groupAdd" | "runAsNonRoot" | "readOnly">;

/** Who the container's process is. */
export function planIdentity({ container, place, workload }: ContainerScope): Identity {
  const own = container.securityContext ?? {};
  const pod: PodSecurityContext = workload.spec.securityContext ?? {};
  const uid = own.runAsUser ?? pod.runAsUser;
  const gid = own.runAsGroup ?? pod.runAsGroup;
  const nonRoot = own.runAsNonRoot ?? pod.runAsNonRoot ?? false;
  const where = (field: "runAsUser" | "runAsGroup"): Place =>
    own[field] === undefined
      ? specPlace(workload).at("securityContext", field)
      : place.at("securityContext", field);
  if (nonRoot && uid === 0) {
    where("runAsUser").error(
      "container's runAsUser breaks non-root policy",
      "give another user, or set runAsNonRoot: false",
    );
  }
  if (uid === undefined && gid !== undefined) {
    where("runAsGroup").warn(
      "runAsGroup without runAsUser runs the container as user 0, not as the image's user",
      "give runAsUser too",
    );
  }
  const groups = [...(pod.supplementalGroups ?? []), ...(pod.fsGroup === undefined ? [] : [pod.fsGroup])];
  return {
    groupAdd: [...new Set(groups)].map(String),
    ...(uid === undefined && gid === undefined
      ? {}
      : { user: gid === undefined ? `${uid}` : `${uid ?? 0}:${gid}` }),
    ...(nonRoot ? { runAsNonRoot: true } : {}),
    ...(own.readOnlyRootFilesystem === undefined ? {} : { readOnly: own.readOnlyRootFilesystem }),
  };
}
