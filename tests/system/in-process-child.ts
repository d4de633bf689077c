/** One call of the engine's interface, in a process of its own: as the user whose store it is, in the user's namespaces. */
import { callsOn, type InProcess, type Place } from "./in-process-calls.ts";

/** On standard input. */
export interface Call {
  readonly place: Place;
  readonly umask: number;
  readonly verb: keyof InProcess;
  readonly args: readonly unknown[];
}

/** On standard output. */
export type Reply = { readonly value: string | null } | { readonly error: string };

if (import.meta.main) {
  const { place, umask, verb, args } = (await Bun.stdin.json()) as Call;
  process.umask(umask);
  const call = callsOn(place)[verb] as (...args: readonly unknown[]) => Promise<string | undefined>;
  const reply: Reply = await call(...args).then(
    (value) => ({ value: value ?? null }),
    (error: Error) => ({ error: error.message }),
  );
  await Bun.write(Bun.stdout, JSON.stringify(reply));
  process.exit(0);
}
