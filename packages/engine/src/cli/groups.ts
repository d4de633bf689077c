/** The nouns of the command line and what their help says. Verbs are found by the generated table. */
import type { GroupTable } from "./frame/verb-table.ts";

export const GROUPS: GroupTable = {
  container: { summary: "Manage containers" },
  healthcheck: {
    summary: "Manage health checks on containers",
    description: "Run health checks on containers",
  },
  image: { summary: "Manage images" },
  generate: {
    summary: "Generate structured data based on containers, pods or volumes",
    description: "Generate structured data (e.g., Kubernetes YAML) based on containers, pods or volumes.",
  },
  kube: {
    summary: "Play containers, pods or volumes from a structured file",
    description:
      "Play and generate structured data (e.g., Kubernetes YAML) based on containers, pods or volumes.",
  },
  network: { summary: "Manage networks" },
  play: {
    summary: "Play containers, pods or volumes from a structured file",
    description: "Play structured data (e.g., Kubernetes YAML) based on containers, pods or volumes.",
    hidden: true,
  },
  pod: {
    summary: "Manage pods",
    description:
      "Pods are a group of one or more containers sharing the same network, pid and ipc namespaces.",
  },
  secret: {
    summary: "Manage secrets",
    description:
      "Secrets are kept apart from images and containers, and given to the containers that name them.",
  },
  system: { summary: "Manage the engine" },
  volume: {
    summary: "Manage volumes",
    description: "Volumes are created in and can be shared between containers",
  },
};
