/** Limits of the container's cgroup, with Podman's default for processes. */
import type { Limits } from "@podwright/spec/engine-api/common";
import { applicableLimits, canLimit, hasNoCgroups } from "./applicable-limits.ts";
import { type ConfigInputs, invalidConfig } from "./inputs.ts";

/** @throws CONTAINER_INVALID, CGROUP_NOT_DELEGATED */
export function resolveLimits(inputs: ConfigInputs): Limits {
  const { request, settings } = inputs;
  const options = { settings, accepted: settings.config.cgroups === "disabled", warn: inputs.warn };
  if (hasNoCgroups(settings)) {
    const accepted = options.accepted || request.cgroups === "disabled";
    return applicableLimits(request.limits, { ...options, accepted });
  }
  if (request.cgroups === "disabled") {
    if (Object.keys(request.limits).length > 0) {
      throw invalidConfig("cannot specify resource limits when cgroups are disabled is specified");
    }
    return {};
  }
  const limits = applicableLimits(withoutSwap(inputs), options);
  if (limits.pids !== undefined || !canLimit(settings, "pids")) return limits;
  const { pidsLimit } = settings.config;
  return { ...limits, pids: pidsLimit > 0 ? pidsLimit : -1 };
}

/** Podman warns and goes on where the kernel counts no swap. */
function withoutSwap({ request, facts, warn }: ConfigInputs): Limits {
  const { memorySwap, ...rest } = request.limits;
  if (memorySwap === undefined || facts.limitsSwap) return request.limits;
  warn(
    "Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without swap.",
  );
  return rest;
}
