/** The rows of the support table: fields that play, by type, and those that do not, by reason. */

export const SUPPORTED: Readonly<Record<string, string>> = {
  Pod: "apiVersion kind metadata spec",
  Deployment: "apiVersion kind metadata spec",
  DaemonSet: "apiVersion kind metadata spec",
  Job: "apiVersion kind metadata spec",
  ConfigMap: "apiVersion kind metadata data binaryData immutable",
  Secret: "apiVersion kind metadata data stringData type immutable",
  PersistentVolumeClaim: "apiVersion kind metadata spec",
  ObjectMeta: "name labels annotations",
  PodTemplateSpec: "metadata spec",
  DeploymentSpec: "replicas selector template",
  DaemonSetSpec: "selector template",
  JobSpec:
    "template backoffLimit activeDeadlineSeconds completions parallelism suspend ttlSecondsAfterFinished",
  LabelSelector: "matchLabels matchExpressions",
  LabelSelectorRequirement: "key operator values",
  PersistentVolumeClaimSpec: "accessModes resources storageClassName volumeMode",
  VolumeResourceRequirements: "requests",
  PodSpec:
    "activeDeadlineSeconds containers dnsConfig dnsPolicy hostAliases hostIPC hostNetwork hostPID hostUsers hostname " +
    "imagePullSecrets initContainers os restartPolicy securityContext shareProcessNamespace subdomain " +
    "terminationGracePeriodSeconds volumes",
  LocalObjectReference: "name",
  PodOS: "name",
  HostAlias: "hostnames ip",
  PodDNSConfig: "nameservers options searches",
  PodDNSConfigOption: "name value",
  PodSecurityContext:
    "appArmorProfile fsGroup fsGroupChangePolicy runAsGroup runAsNonRoot runAsUser seLinuxOptions seccompProfile " +
    "supplementalGroups sysctls",
  AppArmorProfile: "localhostProfile type",
  SeccompProfile: "localhostProfile type",
  SELinuxOptions: "level role type user",
  Sysctl: "name value",
  Container:
    "args command env envFrom image imagePullPolicy lifecycle livenessProbe name ports readinessProbe resources " +
    "restartPolicy securityContext startupProbe stdin tty volumeMounts workingDir",
  ContainerPort: "containerPort hostIP hostPort name protocol",
  EnvVar: "name value valueFrom",
  EnvVarSource: "configMapKeyRef fieldRef resourceFieldRef secretKeyRef",
  ConfigMapKeySelector: "key name optional",
  SecretKeySelector: "key name optional",
  ObjectFieldSelector: "apiVersion fieldPath",
  ResourceFieldSelector: "containerName divisor resource",
  EnvFromSource: "configMapRef prefix secretRef",
  ConfigMapEnvSource: "name optional",
  SecretEnvSource: "name optional",
  ResourceRequirements: "limits requests",
  SecurityContext:
    "allowPrivilegeEscalation appArmorProfile capabilities privileged procMount readOnlyRootFilesystem runAsGroup " +
    "runAsNonRoot runAsUser seLinuxOptions seccompProfile",
  Capabilities: "add drop",
  Lifecycle: "postStart preStop stopSignal",
  LifecycleHandler: "exec httpGet sleep tcpSocket",
  Probe:
    "exec failureThreshold grpc httpGet initialDelaySeconds periodSeconds successThreshold tcpSocket " +
    "terminationGracePeriodSeconds timeoutSeconds",
  ExecAction: "command",
  HTTPGetAction: "host httpHeaders path port scheme",
  HTTPHeader: "name value",
  TCPSocketAction: "host port",
  GRPCAction: "port service",
  SleepAction: "seconds",
  VolumeMount: "mountPath mountPropagation name readOnly subPath subPathExpr",
  Volume: "configMap downwardAPI emptyDir hostPath image name persistentVolumeClaim projected secret",
  ConfigMapVolumeSource: "defaultMode items name optional",
  SecretVolumeSource: "defaultMode items optional secretName",
  KeyToPath: "key mode path",
  DownwardAPIVolumeSource: "defaultMode items",
  DownwardAPIVolumeFile: "fieldRef mode path resourceFieldRef",
  EmptyDirVolumeSource: "medium sizeLimit",
  HostPathVolumeSource: "path type",
  ImageVolumeSource: "pullPolicy reference",
  PersistentVolumeClaimVolumeSource: "claimName readOnly",
  ProjectedVolumeSource: "defaultMode sources",
  VolumeProjection: "configMap downwardAPI secret",
  ConfigMapProjection: "items name optional",
  SecretProjection: "items name optional",
  DownwardAPIProjection: "items",
};

export interface UnsupportedRow {
  readonly state: "ignored" | "refused" | "unmountable" | "server-made";
  /** "Type.field", with "=value" where that value holds here anyway and needs no warning. */
  readonly fields: string;
  /** Follows "NAME is ignored: " in a warning; is the message itself where it is refused. */
  readonly why: string;
}

export const UNSUPPORTED: readonly UnsupportedRow[] = [
  {
    state: "server-made",
    fields:
      "Pod.status Deployment.status DaemonSet.status Job.status PersistentVolumeClaim.status " +
      "ObjectMeta.creationTimestamp ObjectMeta.deletionGracePeriodSeconds ObjectMeta.deletionTimestamp " +
      "ObjectMeta.generation ObjectMeta.managedFields ObjectMeta.ownerReferences ObjectMeta.resourceVersion " +
      "ObjectMeta.selfLink ObjectMeta.uid",
    why: "the API server writes it",
  },
  {
    state: "ignored",
    fields: "ObjectMeta.namespace=default",
    why: "one machine has one name space; objects are told apart by kind and name",
  },
  { state: "ignored", fields: "ObjectMeta.finalizers", why: "no controller finalises objects here" },
  {
    state: "ignored",
    fields: "ObjectMeta.generateName",
    why: "names are not made up here: set metadata.name",
  },
  {
    state: "ignored",
    fields:
      "PodSpec.affinity PodSpec.nodeName PodSpec.nodeSelector PodSpec.schedulerName=default-scheduler " +
      "PodSpec.schedulingGates PodSpec.schedulingGroup PodSpec.tolerations PodSpec.topologySpreadConstraints",
    why: "there is one machine, and the pod runs on it",
  },
  {
    state: "ignored",
    fields: "PodSpec.preemptionPolicy=PreemptLowerPriority PodSpec.priority=0 PodSpec.priorityClassName",
    why: "pods do not push each other out on one machine",
  },
  {
    state: "ignored",
    fields:
      "PodSpec.automountServiceAccountToken PodSpec.serviceAccount=default PodSpec.serviceAccountName=default",
    why: "there is no API server that a service account could log in to",
  },
  {
    state: "ignored",
    fields: "PodSpec.overhead PodSpec.runtimeClassName",
    why: "all containers run with the OCI runtime of containers.conf",
  },
  {
    state: "ignored",
    fields: "PodSpec.enableServiceLinks",
    why: "there are no Services whose addresses could be put into variables",
  },
  {
    state: "ignored",
    fields: "PodSpec.ephemeralContainers",
    why: "they are added to a pod that runs: use run --pod",
  },
  {
    state: "ignored",
    fields: "PodSpec.resourceClaims ResourceRequirements.claims",
    why: "there are no drivers that hand out devices by claim",
  },
  { state: "ignored", fields: "PodSpec.resources", why: "limits are kept per container" },
  { state: "ignored", fields: "PodSpec.readinessGates", why: "there are no controllers that set conditions" },
  {
    state: "ignored",
    fields: "PodSpec.hostnameOverride PodSpec.setHostnameAsFQDN",
    why: "the host name is that of hostname, or the pod's name",
  },
  {
    state: "ignored",
    fields: "PodSecurityContext.seLinuxChangePolicy",
    why: "volumes are not relabelled",
  },
  {
    state: "ignored",
    fields: "PodSecurityContext.supplementalGroupsPolicy=Merge",
    why: "the groups of the image's /etc/group are always kept",
  },
  {
    state: "refused",
    fields: "PodSecurityContext.windowsOptions SecurityContext.windowsOptions",
    why: "containers of Windows do not run on Linux",
  },
  {
    state: "ignored",
    fields: "Container.resizePolicy",
    why: "a container keeps the resources that it was started with",
  },
  {
    state: "ignored",
    fields: "Container.restartPolicyRules",
    why: "containers restart as the pod's restartPolicy says",
  },
  {
    state: "ignored",
    fields: "Container.terminationMessagePath=/dev/termination-log Container.terminationMessagePolicy=File",
    why: "there is no status to show a last message in: see logs",
  },
  { state: "ignored", fields: "Container.stdinOnce", why: "standard input stays open" },
  {
    state: "refused",
    fields: "Container.volumeDevices",
    why: "volumes are directories here, they cannot be given to a container as block devices",
  },
  {
    state: "refused",
    fields: "EnvVarSource.fileKeyRef",
    why: "variables cannot be read from files in a volume",
  },
  {
    state: "ignored",
    fields: "VolumeMount.recursiveReadOnly=Disabled",
    why: "a mount that is read-only stays writable where something else is mounted below it",
  },
  {
    state: "ignored",
    fields:
      "DeploymentSpec.minReadySeconds=0 DeploymentSpec.paused DeploymentSpec.progressDeadlineSeconds=600 " +
      "DeploymentSpec.revisionHistoryLimit=10 DeploymentSpec.strategy DaemonSetSpec.minReadySeconds=0 " +
      "DaemonSetSpec.revisionHistoryLimit=10 DaemonSetSpec.updateStrategy",
    why: "there is one pod, which --replace exchanges as a whole; nothing is rolled out in steps",
  },
  {
    state: "ignored",
    fields:
      "JobSpec.backoffLimitPerIndex JobSpec.completionMode=NonIndexed JobSpec.managedBy JobSpec.manualSelector " +
      "JobSpec.maxFailedIndexes JobSpec.podFailurePolicy JobSpec.podReplacementPolicy=TerminatingOrFailed " +
      "JobSpec.selector JobSpec.successPolicy",
    why: "the pods of a job have no index here",
  },
  {
    state: "ignored",
    fields:
      "PersistentVolumeClaimSpec.selector PersistentVolumeClaimSpec.volumeAttributesClassName " +
      "PersistentVolumeClaimSpec.volumeName",
    why: "a claim gets a volume of its own, named after the claim",
  },
  {
    state: "ignored",
    fields: "PersistentVolumeClaimSpec.dataSource PersistentVolumeClaimSpec.dataSourceRef",
    why: "volumes start empty: fill one in an init container",
  },
  {
    state: "ignored",
    fields: "VolumeResourceRequirements.limits",
    why: "volumes may use what the disk has",
  },
  {
    state: "unmountable",
    fields:
      "Volume.awsElasticBlockStore Volume.azureDisk Volume.azureFile Volume.cephfs Volume.cinder Volume.csi Volume.fc " +
      "Volume.flexVolume Volume.flocker Volume.gcePersistentDisk Volume.glusterfs Volume.iscsi Volume.nfs " +
      "Volume.photonPersistentDisk Volume.portworxVolume Volume.quobyte Volume.rbd Volume.scaleIO Volume.storageos " +
      "Volume.vsphereVolume",
    why: "there is no driver here for storage of the cluster",
  },
  {
    state: "unmountable",
    fields: "Volume.ephemeral",
    why: "there is no driver here that makes volumes from a claim's template: use emptyDir",
  },
  {
    state: "unmountable",
    fields: "Volume.gitRepo",
    why: "repositories are not cloned into volumes: do it in an init container",
  },
  {
    state: "ignored",
    fields: "VolumeProjection.serviceAccountToken",
    why: "there is no API server that a service account could log in to",
  },
  {
    state: "refused",
    fields: "VolumeProjection.clusterTrustBundle VolumeProjection.podCertificate",
    why: "there is no cluster whose certificates could be projected",
  },
];

/** What documentation adds to fields that play: limits of one machine. */
export const NOTES: Readonly<Record<string, string>> = {
  "ConfigMap.immutable": "objects are not changed after they were played",
  "Secret.immutable": "objects are not changed after they were played",
  "DeploymentSpec.replicas": "one pod is made; a warning says so for another number",
  "JobSpec.backoffLimit":
    "a failed pod is started again, its containers are restarted, until they have failed more often",
  "JobSpec.completions": "so many pods are made: NAME-pod, or NAME-pod-0, NAME-pod-1, …",
  "JobSpec.suspend": "the pods are made and not started; pod start starts the job",
  "JobSpec.ttlSecondsAfterFinished": "removes the pods",
  "PersistentVolumeClaimSpec.accessModes": "checked; any number of pods of this machine can mount the volume",
  "PersistentVolumeClaimSpec.storageClassName": "kept; the volume is a directory all the same",
  "PersistentVolumeClaimSpec.volumeMode": "Block is refused",
  "VolumeResourceRequirements.requests": "checked; the volume may use what the disk has",
  "PodSpec.activeDeadlineSeconds": "counts from the start of the pod's sandbox",
  "PodSpec.hostUsers": "false is --userns auto: ids of the host that no other pod has",
  "PodOS.name": "linux; windows is refused",
  "PodSecurityContext.fsGroupChangePolicy":
    "either comes to the same: volumes get their group when they are made",
  "Container.startupProbe": "of a sidecar: what comes after it waits for it",
  "Container.restartPolicy":
    "Always makes a sidecar of an init container; all else is ignored with a warning",
  "EmptyDirVolumeSource.medium": "Memory, or none",
  "EmptyDirVolumeSource.sizeLimit": "limits a volume in memory",
  "ResourceRequirements.limits": "cpu and memory; others are named in a warning",
  "ResourceRequirements.requests": "cpu and memory; others are named in a warning",
  "VolumeMount.mountPath": "options behind a colon, as Podman takes them, bring a warning",
};
