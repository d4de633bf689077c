/** A child in the foreground, to which the terminal's signals go. */
import type { SpawnedProcess } from "./spawn.ts";

/** A terminal's Ctrl-C reaches the runtime too, which passes it on: we must outlive it to give its exit code. */
export async function withoutDyingFirst(
  child: SpawnedProcess,
): Promise<{ exitCode: number; signal?: string }> {
  const stay = (): void => {};
  const pass = (_name: string, number: number): void => child.kill(number);
  const ignored = ["SIGINT", "SIGQUIT"] as const;
  const passed = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const;
  for (const name of ignored) process.on(name, stay);
  for (const name of passed) process.on(name, pass);
  try {
    const { exitCode, signal } = await child.exited;
    return signal === undefined ? { exitCode } : { exitCode, signal };
  } finally {
    for (const name of ignored) process.off(name, stay);
    for (const name of passed) process.off(name, pass);
  }
}
