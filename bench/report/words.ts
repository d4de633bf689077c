/** How engines and groups are called in tables and plots. */
import type { Group } from "../rows/row.ts";

export const OURS = "podwright";

export const ENGINE_NAMES: Readonly<Record<string, string>> = {
  podwright: "Podwright",
  podman: "Podman",
  docker: "Docker",
  crun: "bare crun",
  runc: "bare runc",
};

export const GROUP_TITLES: Readonly<Record<Group, string>> = {
  start: "One container",
  pods: "Pods",
  images: "Images",
  lists: "Lists",
  scale: "Many containers",
  requests: "Requests through published ports",
  user: "An ordinary user",
};
