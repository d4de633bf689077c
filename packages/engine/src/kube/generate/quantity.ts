/** Amounts as Kubernetes writes them. */

const BINARY = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"] as const;

/** "256Mi"; the plain number where no unit fits. */
export function bytesQuantity(bytes: number): string {
  let value = bytes;
  let unit = "";
  for (const next of BINARY) {
    if (value === 0 || value % 1024 !== 0) break;
    value /= 1024;
    unit = next;
  }
  return `${value}${unit}`;
}

/** "1500m", "2". */
export function cpuQuantity(milli: number): string {
  return milli % 1000 === 0 ? String(milli / 1000) : `${milli}m`;
}
