/** Broken objects: syntax, kinds, metadata, workloads, ConfigMaps and Secrets. */
import { APP, POD, type BrokenManifest } from "./broken-manifest.ts";

export const BROKEN_OBJECTS: readonly BrokenManifest[] = [
  {
    name: "a pod without a spec",
    yaml: `apiVersion: v1
kind: Pod
metadata:
  name: web
`,
    errors: [{ at: "1:1", path: "Pod/web: spec", message: 'missing required field "spec"' }],
  },
  {
    name: "an object without a name",
    yaml: `apiVersion: v1
kind: Pod
metadata: {labels: {app: web}}
spec:
${APP}`,
    errors: [{ at: "3:1", path: "Pod: metadata.name", message: 'missing required field "name"' }],
  },
  {
    name: "a name with capitals and underscores",
    yaml: `apiVersion: v1
kind: Secret
metadata:
  name: My_Keys
stringData: {a: b}
`,
    errors: [
      {
        at: "4:9",
        path: "Secret/My_Keys: metadata.name",
        message: 'invalid value "My_Keys": not a DNS name',
        hint: 'for example "my-keys"',
      },
    ],
  },
  {
    name: "a label that YAML takes as a number",
    yaml: `apiVersion: v1
kind: Pod
metadata:
  name: web
  labels:
    version: 1.10
spec:
${APP}`,
    errors: [
      {
        at: "6:14",
        path: "Pod/web: metadata.labels.version",
        message: "expected a string, got the number 1.10",
        hint: 'quote it: "1.10"',
      },
    ],
  },
  {
    name: "a selector that does not match",
    yaml: `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: www
    spec:
      containers:
      - name: app
        image: busybox
`,
    errors: [
      {
        at: "7:12",
        path: "Deployment/web: spec.selector.matchLabels.app",
        message: "the selector does not match the labels of the template",
        hint: 'the template has "app: www"',
      },
    ],
  },
  {
    name: "a Deployment that never restarts",
    yaml: `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: -1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      restartPolicy: Never
      containers:
      - name: app
        image: busybox
`,
    errors: [
      { at: "5:13", path: "Deployment/web: spec.replicas", message: "invalid value -1: must be at least 0" },
      {
        at: "10:22",
        path: "Deployment/web: spec.template.spec.restartPolicy",
        message: 'unsupported value "Never": supported values: "Always"',
      },
    ],
  },
  {
    name: "a Deployment without a selector",
    yaml: `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: app
        image: busybox
`,
    errors: [
      { at: "4:1", path: "Deployment/web: spec.selector", message: 'missing required field "selector"' },
    ],
  },
  {
    name: "a Job that restarts always",
    yaml: `apiVersion: batch/v1
kind: Job
metadata: {name: once}
spec:
  backoffLimit: -1
  template:
    spec:
      containers:
      - name: app
        image: busybox
`,
    errors: [
      { at: "5:17", path: "Job/once: spec.backoffLimit", message: "invalid value -1: must be at least 0" },
      {
        at: "7:5",
        path: "Job/once: spec.template.spec.restartPolicy",
        message: 'missing required field "restartPolicy"',
        hint: `a job's pod has "OnFailure" or "Never"`,
      },
    ],
  },
  {
    name: "a Secret whose data is plain text",
    yaml: `apiVersion: v1
kind: Secret
metadata: {name: s}
data:
  password: secret!
`,
    errors: [
      {
        at: "5:13",
        path: "Secret/s: data.password",
        message: "invalid value: not base64",
        hint: "plain text goes into stringData",
      },
    ],
  },
  {
    name: "keys that cannot be files",
    yaml: `apiVersion: v1
kind: Secret
metadata: {name: c}
stringData:
  a/b: x
  ..: z
`,
    errors: [
      {
        at: "5:3",
        path: "Secret/c: stringData[a/b]",
        message: 'invalid value "a/b": not a key',
        hint: 'letters, digits, "-", "_" and "."',
      },
      {
        at: "6:3",
        path: "Secret/c: stringData[..]",
        message: 'invalid value "..": a key is no "." and does not begin with ".."',
      },
    ],
  },
  {
    name: "a claim without a size",
    yaml: `apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec:
  accessModes: [ReadWrite]
`,
    errors: [
      {
        at: "4:1",
        path: "PersistentVolumeClaim/data: spec.resources.requests.storage",
        message: 'missing required field "storage"',
        hint: 'for example "1Gi"',
      },
      {
        at: "5:17",
        path: "PersistentVolumeClaim/data: spec.accessModes[0]",
        message:
          'unsupported value "ReadWrite": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
        hint: 'did you mean "ReadWriteMany"?',
      },
    ],
  },
  {
    name: "a duplicate field",
    yaml: `${POD}${APP}    image: alpine
`,
    errors: [
      {
        at: "8:5",
        path: "Pod/web: spec.containers[0].image",
        message: 'duplicate field "image"',
        hint: "the first is in line 7",
      },
    ],
  },
  {
    name: "two objects of one name",
    yaml: `apiVersion: v1
kind: Secret
metadata: {name: c}
---
apiVersion: v1
kind: Secret
metadata:
  name: c
`,
    errors: [
      {
        at: "8:9",
        path: "Secret/c: metadata.name",
        message: 'duplicate value "c": there is another Secret of this name',
        hint: "the first is in $SOURCE:3",
      },
    ],
  },
  {
    name: "a kind that is misspelt",
    yaml: `apiVersion: v1
kind: ConfgMap
metadata: {name: c}
`,
    errors: [
      {
        at: "2:7",
        path: "ConfgMap/c: kind",
        message: 'unknown kind "ConfgMap"',
        hint: 'did you mean "ConfigMap"?',
      },
    ],
  },
  {
    name: "a custom resource",
    yaml: `apiVersion: monitoring.example.com/v1
kind: ServiceMonitor
metadata: {name: m}
`,
    errors: [
      {
        at: "2:7",
        path: "ServiceMonitor/m: kind",
        message: 'unknown kind "ServiceMonitor"',
        hint: "custom resources need their controller; leave them out, or use --validate=warn to skip them",
      },
    ],
  },
  {
    name: "an apiVersion of long ago",
    yaml: `apiVersion: extensions/v1beta1
kind: Deployment
metadata: {name: web}
`,
    errors: [
      {
        at: "1:13",
        path: "Deployment/web: apiVersion",
        message: 'no kind "Deployment" in version "extensions/v1beta1"',
        hint: "use apiVersion: apps/v1",
      },
    ],
  },
  {
    name: "an object without a kind",
    yaml: `apiVersion: v1
metadata: {name: c}
`,
    errors: [{ at: "1:1", path: "kind", message: 'missing required field "kind"' }],
  },
  {
    name: "only kinds that are not run",
    yaml: `apiVersion: v1
kind: Service
metadata: {name: web}
spec: {ports: [{port: 80}]}
`,
    errors: [{ at: "1:1", path: "", message: "YAML document does not contain any supported kube kind" }],
    warnings: [
      {
        at: "2:7",
        path: "Service/web: kind",
        message: "Service is left out: objects of this kind are not run here",
        hint: "its name leads to the pods that it selects, on their own ports; publish a port to the host with hostPort",
      },
    ],
  },
  {
    name: "nothing at all",
    yaml: `# nothing
---
`,
    errors: [{ at: "1:1", path: "", message: "YAML document does not contain any supported kube kind" }],
  },
  {
    name: "a document that is a string",
    yaml: `just a text
`,
    errors: [{ at: "1:1", path: "", message: 'expected an object with "apiVersion" and "kind"' }],
  },
  {
    name: "a tab as indentation",
    yaml: `apiVersion: v1
kind: Pod
metadata:
\tname: web
`,
    errors: [{ at: "4:1", path: "", message: "a tab cannot indent", hint: "indent with spaces" }],
  },
  {
    name: "a bracket that is not closed",
    yaml: `apiVersion: v1
kind: Pod
metadata: {name: web
spec: 1
`,
    errors: [
      {
        at: "4:1",
        path: "",
        message:
          "wrong indentation: flow map in block collection must be sufficiently indented and end with a }",
      },
    ],
  },
  {
    name: "a wrong indentation",
    yaml: `apiVersion: v1
kind: Pod
metadata:
  name: web
   labels: {}
`,
    errors: [
      { at: "4:9", path: "", message: "not YAML: nested mappings are not allowed in compact mappings" },
    ],
  },
  {
    name: "an anchor that is not there",
    yaml: `${POD}${APP}    args: *nothing
`,
    errors: [{ at: "8:11", path: "Pod/web: spec.containers[0].args", message: 'unknown anchor "nothing"' }],
  },
  {
    name: "an anchor within itself",
    yaml: `apiVersion: v1
kind: Secret
metadata: {name: c}
stringData: &d
  a: *d
`,
    errors: [{ at: "5:6", path: "Secret/c: stringData.a", message: 'anchor "d" contains itself' }],
  },
  {
    name: "mistakes in the second item of a list",
    yaml: `apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: c}
- apiVersion: v1
  kind: Secret
  metadata: {name: s}
  stringdata: {a: b}
`,
    errors: [
      {
        at: "10:3",
        path: "Secret/s: stringdata",
        message: 'unknown field "stringdata"',
        hint: 'did you mean "stringData"?',
      },
    ],
  },
  {
    name: "JSON with a wrong type",
    yaml: `{
  "apiVersion": "v1",
  "kind": "Secret",
  "metadata": {"name": "c"},
  "stringData": {"port": 80}
}
`,
    errors: [
      {
        at: "5:26",
        path: "Secret/c: stringData.port",
        message: "expected a string, got the number 80",
        hint: 'quote it: "80"',
      },
    ],
  },
  {
    name: "a label that is none",
    yaml: `apiVersion: v1
kind: Pod
metadata:
  name: web
  labels:
    -app: web
    tier: a b
spec:
${APP}`,
    errors: [
      {
        at: "6:5",
        path: "Pod/web: metadata.labels.-app",
        message: 'invalid value "-app": not a qualified name',
        hint: 'letters, digits, "-", "_" and ".", with a letter or digit at both ends',
      },
      {
        at: "7:11",
        path: "Pod/web: metadata.labels.tier",
        message: `invalid value "a b": not a label's value`,
        hint: 'letters, digits, "-", "_" and ".", with a letter or digit at both ends',
      },
    ],
  },
  {
    name: "a Secret of a type that wants other keys",
    yaml: `apiVersion: v1
kind: Secret
metadata: {name: cert}
type: kubernetes.io/tls
data:
  tls.crt: AAAA
`,
    errors: [
      {
        at: "5:1",
        path: "Secret/cert: data[tls.key]",
        message: 'missing required field "tls.key"',
        hint: 'a Secret of type "kubernetes.io/tls" has it',
      },
    ],
  },
];
