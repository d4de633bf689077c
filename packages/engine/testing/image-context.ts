/** The image domain on real parts in a directory of its own: SQLite, flock, the file system, the network. */
import { RecordedEvents } from "./quiet.ts";
import { writeFileSync } from "node:fs";
import { createLog } from "../src/base/log.ts";
import { FileRegistryConfiguration } from "../src/config/registry-configuration.ts";
import { BlobFiles } from "../src/host/layers/blob-files.ts";
import { DirectorySink } from "../src/host/layers/directory-sink.ts";
import { DirectoryLayerSource } from "../src/host/layers/directory-source.ts";
import { KernelLayerMounts } from "../src/host/layers/mounts/kernel-layer-mounts.ts";
import { LockedStaging } from "../src/host/layers/staging.ts";
import { FlockLocks } from "../src/host/lock/flock-locks.ts";
import { KernelMounts } from "../src/host/mounts/kernel-mounts.ts";
import { HostImageDestinations } from "../src/host/transports/image-destinations.ts";
import { HostImageTransports } from "../src/host/transports/image-transports.ts";
import type { ImageContext } from "../src/image/context.ts";
import { SqliteStore } from "../src/state/sqlite-store.ts";

export const UNPACK_COMMAND = [
  process.execPath,
  `${import.meta.dir}/internal-main.ts`,
  "internal",
  "unpack-layer",
];

/** `registries` is the text of registries.conf. */
export function testImageContext(directory: string, registries = ""): ImageContext & Disposable {
  const root = `${directory}/root`;
  const store = SqliteStore.open(root);
  writeFileSync(`${directory}/registries.conf`, registries);
  const configuration = new FileRegistryConfiguration({
    ...process.env,
    HOME: directory,
    XDG_RUNTIME_DIR: directory,
    XDG_CONFIG_HOME: undefined,
    CONTAINERS_REGISTRIES_CONF: `${directory}/registries.conf`,
  });
  const staging = new LockedStaging(root);
  return {
    store,
    locks: new FlockLocks(`${directory}/run/locks`),
    log: createLog("error", (line) => process.stderr.write(line)),
    clock: { now: () => Date.now() },
    events: new RecordedEvents(),
    names: configuration,
    pushCompression: { format: "", level: -1 },
    transports: new HostImageTransports(configuration, staging),
    destinations: new HostImageDestinations(configuration, staging),
    layerTars: new DirectoryLayerSource(root),
    layerMounts: new KernelLayerMounts({ root, runRoot: `${directory}/run` }),
    layers: new DirectorySink(root, staging, UNPACK_COMMAND),
    blobs: new BlobFiles(root, staging),
    staging,
    runRoot: `${directory}/run`,
    mounts: async () => new KernelMounts(),
    architecture: "x64",
    removeContainersOf: async () => {},
    [Symbol.dispose]: () => store.close(),
  };
}
