/** An engine that is made when a command first asks for one of its nouns. */
import type { Engine } from "@podwright/spec/engine-api/engine";
import type { Log } from "../../base/log.ts";

/** What the command line says about the engine to make. */
export interface EngineOptions {
  readonly root?: string;
  readonly runRoot?: string;
  readonly runtime?: string;
  readonly conmon?: string;
  readonly eventsBackend?: string;
  /** Of the OCI runtime, without their dashes. */
  readonly runtimeFlags?: readonly string[];
  /** Directory of Docker's config.json. */
  readonly dockerConfig?: string;
  readonly log: Log;
  /** The program that is started again for exit commands and the like; absent: this process's own. */
  readonly self?: string;
  /** Of an ordinary user: the cgroup below which it may make others; absent where there is none. */
  readonly delegatedCgroup?: () => string | undefined;
  /** What the program was called. */
  readonly program: string;
}

export type CreateEngine = (options: EngineOptions) => Promise<Engine>;

export function lazyEngine(create: () => Promise<Engine>): Engine {
  let made: Promise<Engine> | undefined;
  const engine = (): Promise<Engine> => (made ??= create());
  return {
    containers: async () => (await engine()).containers(),
    pods: async () => (await engine()).pods(),
    images: async () => (await engine()).images(),
    volumes: async () => (await engine()).volumes(),
    networks: async () => (await engine()).networks(),
    kube: async () => (await engine()).kube(),
    secrets: async () => (await engine()).secrets(),
    registries: async () => (await engine()).registries(),
    system: async () => (await engine()).system(),
    events: async () => (await engine()).events(),
    files: async () => (await engine()).files(),
    usage: async () => (await engine()).usage(),
  };
}
