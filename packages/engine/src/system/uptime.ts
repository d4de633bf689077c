/** How long the host has been up, worded as Podman does. */

/** "26h 47m 3.00s (Approximately 1.08 days)". */
export function uptimeText(seconds: number): string {
  const whole = Math.floor(seconds);
  const hours = Math.floor(whole / 3600);
  const text = `${hours}h ${Math.floor(whole / 60) % 60}m ${(whole % 60).toFixed(2)}s`;
  return hours > 0 ? `${text} (Approximately ${(hours / 24).toFixed(2)} days)` : text;
}
