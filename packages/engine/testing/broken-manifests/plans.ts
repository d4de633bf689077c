/** Manifests that read well and cannot be played: what they refer to is missing, or taken. */
import { APP, POD, type BrokenManifest } from "./broken-manifest.ts";

export const BROKEN_PLANS: readonly BrokenManifest[] = [
  {
    name: "a ConfigMap that is not there",
    yaml: `${POD}${APP}    envFrom:
    - configMapRef: {name: settings}
`,
    errors: [
      {
        at: "9:28",
        path: "Pod/web: spec.containers[0].envFrom[0].configMapRef.name",
        message: 'ConfigMap "settings" not found',
        hint: 'define a ConfigMap named "settings" in the same file or give it by --configmap, or set optional: true',
      },
    ],
    stage: "plan",
  },
  {
    name: "a ConfigMap without the key",
    yaml: `apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {color: blue}
---
${POD}${APP}    env:
    - name: COLOUR
      valueFrom:
        configMapKeyRef:
          name: settings
          key: colour
`,
    errors: [
      {
        at: "18:16",
        path: "Pod/web: spec.containers[0].env[0].valueFrom.configMapKeyRef.key",
        message: 'ConfigMap "settings" has no key "colour"',
        hint: "its keys are: color",
      },
    ],
    stage: "plan",
  },
  {
    name: "a Secret that is not there",
    yaml: `${POD}${APP}    volumeMounts: [{name: keys, mountPath: /keys}]
  volumes:
  - name: keys
    secret:
      secretName: tls
`,
    errors: [
      {
        at: "12:19",
        path: "Pod/web: spec.volumes[0].secret.secretName",
        message: 'Secret "tls" not found',
        hint: 'define a Secret named "tls" in the same file or play it first, or set optional: true',
      },
    ],
    stage: "plan",
  },
  {
    name: "a Secret without the key",
    yaml: `apiVersion: v1
kind: Secret
metadata: {name: db}
stringData: {password: x}
---
${POD}${APP}    volumeMounts: [{name: keys, mountPath: /keys}]
  volumes:
  - name: keys
    secret:
      secretName: db
      items:
      - {key: user, path: user}
`,
    errors: [
      {
        at: "19:15",
        path: "Pod/web: spec.volumes[0].secret.items[0].key",
        message: 'Secret "db" has no key "user"',
        hint: "its keys are: password",
      },
    ],
    stage: "plan",
  },
  {
    name: "one host port for two pods",
    yaml: `${POD}${APP}    ports:
    - {containerPort: 80, hostPort: 8080}
---
apiVersion: v1
kind: Pod
metadata: {name: api}
spec:
${APP}    ports:
    - containerPort: 80
      hostPort: 8080
`,
    errors: [
      {
        at: "20:17",
        path: "Pod/api: spec.containers[0].ports[0].hostPort",
        message: 'conflicting port mappings for host port 8080 (protocol tcp): it is wanted by pod "web" too',
        hint: "give one of them another hostPort, or leave it out where nobody asks from outside",
      },
    ],
    stage: "plan",
  },
  {
    name: "a pod's name that a Deployment makes too",
    yaml: `apiVersion: v1
kind: Pod
metadata: {name: web-pod}
spec:
${APP}---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: other
        image: busybox
`,
    errors: [
      {
        at: "11:18",
        path: "Deployment/web: metadata.name",
        message: 'pod "web-pod" would be made twice: Pod "web-pod" makes it too',
        hint: "give one of the two another name",
      },
    ],
    stage: "plan",
  },
  {
    name: "a pod's name that is taken",
    yaml: `${POD}${APP}`,
    errors: [
      {
        at: "3:18",
        path: "Pod/web: metadata.name",
        message: 'name "web" is in use: pod already exists',
        hint: "use --replace to replace it, or kube down to remove what was played before",
      },
    ],
    stage: "plan",
    before: ["pod create --name web"],
  },
  {
    name: "a subPathExpr with an unknown variable",
    yaml: `${POD}${APP}    volumeMounts:
    - name: logs
      mountPath: /logs
      subPathExpr: $(POD_NAME)
  volumes:
  - name: logs
    emptyDir: {}
`,
    errors: [
      {
        at: "11:20",
        path: "Pod/web: spec.containers[0].volumeMounts[0].subPathExpr",
        message: 'missing value for "POD_NAME"',
        hint: "subPathExpr can have variables of the container's env",
      },
    ],
    stage: "plan",
  },
  {
    name: "an annotation that is neither TRUE nor FALSE",
    yaml: `apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations:
    io.podman.annotations.privileged: maybe
spec:
${APP}`,
    errors: [
      {
        at: "6:39",
        path: "Pod/web: metadata.annotations[io.podman.annotations.privileged]",
        message: '"maybe" is neither TRUE nor FALSE',
      },
    ],
    stage: "plan",
  },
];
