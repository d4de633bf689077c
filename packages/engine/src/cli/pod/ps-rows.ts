/** The columns, template fields and JSON of `pod ps`. */
import type { PodSummary } from "@podwright/spec/engine-api/pods";
import { rfc3339Nano } from "../../base/go-time.ts";
import { stateName } from "@podwright/spec/libpod-api/state-names";
import { humanAgo } from "../print/human.ts";
import type { RowSpec } from "../print/rows.ts";

export function podRows(view: { readonly noTrunc: boolean; readonly now: number }): RowSpec<PodSummary> {
  const id = (text: string): string => (view.noTrunc ? text : text.slice(0, 12));
  const podId = (pod: PodSummary): string => id(pod.id);
  const infraId = (pod: PodSummary): string => id(pod.infraId);
  return {
    fields: {
      Id: podId,
      ID: podId,
      Name: (pod) => pod.name,
      Status: (pod) => pod.status,
      Created: (pod) => humanAgo(pod.created, view.now),
      InfraID: infraId,
      InfraId: infraId,
      ContainerIds: (pod) => pod.containers.map((member) => id(member.id)).join(","),
      ContainerNames: (pod) => pod.containers.map((member) => member.name).join(","),
      ContainerStatuses: (pod) => pod.containers.map((member) => stateName(member.status)).join(","),
      NumberOfContainers: (pod) => pod.containers.length,
      Containers: (pod) => membersJson(pod),
      Cgroup: (pod) => pod.cgroup,
      Namespace: () => "",
      Networks: (pod) => pod.networks.join(","),
      Label: (pod) => (key: unknown) => pod.labels[String(key)] ?? "",
      Labels: (pod) => pod.labels,
      Ready: (pod) => pod.ready,
      Restarts: (pod) => String(pod.containers.reduce((sum, member) => sum + member.restarts, 0)),
    },
    headers: {
      Id: "pod id",
      ID: "pod id",
      InfraID: "infra id",
      InfraId: "infra id",
      NumberOfContainers: "# of containers",
      ContainerIds: "ids",
      ContainerNames: "names",
      ContainerStatuses: "status",
      Namespace: "namespaces",
    },
    json: podJson,
    jsonIndent: 2,
  };
}

function podJson(pod: PodSummary): object {
  return {
    Cgroup: pod.cgroup,
    Containers: membersJson(pod),
    Created: rfc3339Nano(pod.created),
    Id: pod.id,
    InfraId: pod.infraId,
    Name: pod.name,
    Namespace: "",
    Networks: pod.networks,
    Status: pod.status,
    Labels: pod.labels,
    Ready: pod.ready,
  };
}

function membersJson(pod: PodSummary): object[] {
  return pod.containers.map((member) => ({
    Id: member.id,
    Names: member.name,
    Status: stateName(member.status),
    RestartCount: member.restarts,
    Ready: member.ready,
  }));
}
