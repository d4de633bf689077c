import type { ContainersApi } from "./containers.ts";
import type { EventsApi } from "./events.ts";
import type { FilesApi } from "./files.ts";
import type { ImagesApi } from "./images.ts";
import type { KubeApi } from "./kube.ts";
import type { NetworksApi } from "./networks.ts";
import type { PodsApi } from "./pods.ts";
import type { SecretsApi } from "./secrets.ts";
import type { RegistriesApi } from "./registries.ts";
import type { SystemApi } from "./system.ts";
import type { UsageApi } from "./usage.ts";
import type { VolumesApi } from "./volumes.ts";

/** The whole engine, by noun. A noun's code is loaded when it is first asked for. */
export interface Engine {
  containers(): Promise<ContainersApi>;
  pods(): Promise<PodsApi>;
  images(): Promise<ImagesApi>;
  volumes(): Promise<VolumesApi>;
  networks(): Promise<NetworksApi>;
  kube(): Promise<KubeApi>;
  secrets(): Promise<SecretsApi>;
  registries(): Promise<RegistriesApi>;
  system(): Promise<SystemApi>;
  events(): Promise<EventsApi>;
  files(): Promise<FilesApi>;
  usage(): Promise<UsageApi>;
}
