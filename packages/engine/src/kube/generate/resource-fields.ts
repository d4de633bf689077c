/** Limits as Kubernetes' resources; what it has no resource for goes to Podman's annotations, or is lost. */
import type { Limits } from "@podwright/spec/engine-api/common";
import type { ResourceRequirements } from "@podwright/spec/kube/types";
import { compact, whenFilled } from "./members.ts";
import { bytesQuantity, cpuQuantity } from "./quantity.ts";

const DEFAULT_PERIOD = 100_000;
const MILLI = 1000;
/** cpu.shares of one whole processor. */
const SHARES = 1024;

type Lost = (text: string) => void;
type Amounts = { readonly cpu?: string; readonly memory?: string };

export function resourcesOf(limits: Limits, lost: Lost): ResourceRequirements | undefined {
  const cpuLimit = milliOfQuota(limits, lost);
  const memoryLimit = positive(limits.memory);
  const bounds = compact<Amounts>({
    cpu: cpuLimit === undefined ? undefined : cpuQuantity(cpuLimit),
    memory: memoryLimit === undefined ? undefined : bytesQuantity(memoryLimit),
  });
  const requests = compact<Amounts>({
    cpu: cpuRequest(limits, cpuLimit, lost),
    memory: memoryRequest(limits, memoryLimit, lost),
  });
  if (limits.memorySwap !== undefined && limits.memorySwap !== 2 * (memoryLimit ?? 0)) {
    lost("a limit of swap is left out");
  }
  if (limits.blkioWeight !== undefined) lost("a weight of block I/O is left out");
  return whenFilled(
    compact<ResourceRequirements>({ limits: whenFilled(bounds), requests: whenFilled(requests) }),
  );
}

/** Quota and period as thousandths of a processor: Kubernetes has nothing finer. */
function milliOfQuota({ cpuQuota, cpuPeriod }: Limits, lost: Lost): number | undefined {
  const quota = positive(cpuQuota);
  if (quota === undefined) return undefined;
  const exact = (quota * MILLI) / (positive(cpuPeriod) ?? DEFAULT_PERIOD);
  const milli = Math.max(1, Math.round(exact));
  if (milli !== exact) lost(`a CPU limit of ${exact} thousandths is written as ${milli}m`);
  return milli;
}

function cpuRequest({ cpuShares }: Limits, limit: number | undefined, lost: Lost): string | undefined {
  const shares = positive(cpuShares);
  if (shares === undefined) return undefined;
  // Rounded up, for the way back rounds down.
  const milli = Math.ceil((shares * MILLI) / SHARES);
  // A limit alone is the request too.
  if (limit !== undefined && shares === Math.trunc((limit * SHARES) / MILLI)) return undefined;
  if (limit === undefined || milli <= limit) return cpuQuantity(milli);
  lost(`${shares} CPU shares are left out: Kubernetes takes no request above its limit`);
  return undefined;
}

function memoryRequest(
  { memoryReservation }: Limits,
  limit: number | undefined,
  lost: Lost,
): string | undefined {
  const bytes = positive(memoryReservation);
  if (bytes === undefined) return undefined;
  if (limit === undefined || bytes <= limit) return bytesQuantity(bytes);
  lost("a memory reservation above the limit is left out");
  return undefined;
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined;
}
