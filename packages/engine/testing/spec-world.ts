/** Runs what a command line of `create` becomes with the real runc, on a root of busybox, within the caller's namespaces. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import type { ImageRunConfig } from "@podwright/spec/oci-image/types";
import type { RuntimeSpec } from "@podwright/spec/oci-runtime/spec";
import type { LiveFacts } from "../src/container/context.ts";
import { serializeRuntimeSpec } from "../src/container/oci-spec/build.ts";
import { prepareSpec } from "../src/container/prepare-spec.ts";
import type { PrepareContext } from "../src/container/prepare-context.ts";
import { FlockLocks } from "../src/host/lock/flock-locks.ts";
import { KernelMounts } from "../src/host/mounts/kernel-mounts.ts";
import { InRootFiles } from "../src/host/rootfs/in-root.ts";
import type { ContainerConfig } from "../src/ports/container-record.ts";
import { makeBusyboxRoot } from "./busybox-root.ts";
import { createWorld, type CreateWorld } from "./create-world.ts";
import { sh } from "./kernel.ts";

export interface Ran {
  readonly out: string;
  readonly err: string;
  readonly exitCode: number;
  readonly config: ContainerConfig;
}

export class SpecWorld implements Disposable {
  readonly world: CreateWorld;
  readonly rootfs: string;
  readonly ctx: PrepareContext;
  readonly #cgroup: string;
  /** The runtime's command. */
  runtime: readonly string[] = ["runc"];

  constructor(image: ImageRunConfig = {}) {
    this.world = createWorld(image);
    this.rootfs = `${this.world.directory}/rootfs`;
    makeBusyboxRoot(this.rootfs);
    const { settings, store, facts } = this.world.ctx;
    this.#cgroup = `/podwright-${settings.storeId}`;
    this.ctx = {
      settings,
      store,
      facts,
      locks: new FlockLocks(`${settings.runRoot}/locks`),
      files: new InRootFiles(),
      mounts: new KernelMounts(),
      network: {
        hosts: async ({ hostname, names }) =>
          `127.0.0.1\tlocalhost\n10.0.0.2\t${hostname} ${names.join(" ")}\n`,
        addNames: async () => undefined,
        resolvConf: async () => "nameserver 192.0.2.1\n",
      },
      // Of every image: the tests have no layers, and these files will do.
      layers: { acquire: async () => [this.rootfs] },
      volumeDirectory: ({ name }) => {
        const path = `${settings.root}/volumes/${name}/_data`;
        mkdirSync(path, { recursive: true });
        return path;
      },
    };
  }

  /** `create` with these words, then one run to its end. @throws what either throws */
  async run(...line: string[]): Promise<Ran> {
    const { config } = await this.world.create(...line);
    return { ...this.runSpec(config, await this.spec(config)), config };
  }

  spec(config: ContainerConfig): Promise<RuntimeSpec> {
    return prepareSpec(this.ctx, config, this.#facts(config));
  }

  runSpec(config: ContainerConfig, spec: RuntimeSpec): Omit<Ran, "config"> {
    const bundle = `${this.world.directory}/bundle-${config.id.slice(0, 12)}`;
    mkdirSync(bundle);
    writeFileSync(`${bundle}/config.json`, serializeRuntimeSpec(spec));
    const argv = [
      ...this.runtime,
      "--root",
      `${this.world.directory}/runtime`,
      "run",
      "-b",
      bundle,
      config.id,
    ];
    const ran = Bun.spawnSync(argv, { stdin: "ignore", stdout: "pipe", stderr: "pipe", timeout: 20_000 });
    rmSync(bundle, { recursive: true });
    return { out: ran.stdout.toString(), err: ran.stderr.toString(), exitCode: ran.exitCode };
  }

  #facts(config: ContainerConfig): LiveFacts {
    const sandboxDir = `${this.world.ctx.settings.runRoot}/sandboxes/${config.id}`;
    mkdirSync(sandboxDir, { recursive: true });
    return {
      bundle: "",
      rootfs: this.rootfs,
      sandboxDir,
      interfaces: [],
      ports: [],
      cgroupPath: `${config.cgroupParent}/${config.id}`,
      joinedPids: new Map(),
    };
  }

  [Symbol.dispose](): void {
    sh(`findmnt -rno TARGET | grep ^${this.world.directory} | tac | xargs -r umount -l || true`);
    sh(`rmdir /sys/fs/cgroup${this.#cgroup} /sys/fs/cgroup/*${this.#cgroup} 2>/dev/null || true`);
    this.world[Symbol.dispose]();
  }
}
