/** Broken containers: ports, variables, probes, resources, security. */
import { APP, POD, type BrokenManifest } from "./broken-manifest.ts";

export const BROKEN_CONTAINERS: readonly BrokenManifest[] = [
  {
    name: "a container without an image",
    yaml: `${POD}  containers:
  - name: app
    args: [x]
`,
    errors: [
      { at: "6:5", path: "Pod/web: spec.containers[0].image", message: 'missing required field "image"' },
    ],
  },
  {
    name: "a port as a string, another beyond its range",
    yaml: `${POD}${APP}    ports:
    - containerPort: "80"
    - containerPort: 70000
`,
    errors: [
      {
        at: "9:22",
        path: "Pod/web: spec.containers[0].ports[0].containerPort",
        message: 'expected an integer, got the string "80"',
        hint: "remove the quotes",
      },
      {
        at: "10:22",
        path: "Pod/web: spec.containers[0].ports[1].containerPort",
        message: "invalid value 70000: must be between 1 and 65535",
      },
    ],
  },
  {
    name: "a number where a string is wanted",
    yaml: `${POD}${APP}    env:
    - name: PORT
      value: 5432
`,
    errors: [
      {
        at: "10:14",
        path: "Pod/web: spec.containers[0].env[0].value",
        message: "expected a string, got the number 5432",
        hint: 'quote it: "5432"',
      },
    ],
  },
  {
    name: "a word that YAML takes as a boolean",
    yaml: `${POD}${APP}    env:
    - name: DEBUG
      value: on
`,
    errors: [
      {
        at: "10:14",
        path: "Pod/web: spec.containers[0].env[0].value",
        message: "expected a string, got on (the boolean true)",
        hint: 'quote it: "on"',
      },
    ],
  },
  {
    name: "a list where a map is wanted",
    yaml: `${POD}${APP}    securityContext:
    - privileged: true
`,
    errors: [
      {
        at: "9:5",
        path: "Pod/web: spec.containers[0].securityContext",
        message: "expected a map, got a list",
      },
    ],
  },
  {
    name: "a string where a list is wanted",
    yaml: `${POD}${APP}    command: sleep 60
`,
    errors: [
      {
        at: "8:14",
        path: "Pod/web: spec.containers[0].command",
        message: 'expected a list, got the string "sleep 60"',
        hint: 'put "- " in front of each item',
      },
    ],
  },
  {
    name: "an image pull policy of Docker's",
    yaml: `${POD}${APP}    imagePullPolicy: missing
`,
    errors: [
      {
        at: "8:22",
        path: "Pod/web: spec.containers[0].imagePullPolicy",
        message: 'unsupported value "missing": supported values: "Always", "IfNotPresent", "Never"',
      },
    ],
  },
  {
    name: "a protocol in lower case",
    yaml: `${POD}${APP}    ports:
    - containerPort: 53
      protocol: udp
`,
    errors: [
      {
        at: "10:17",
        path: "Pod/web: spec.containers[0].ports[0].protocol",
        message: 'unsupported value "udp": supported values: "SCTP", "TCP", "UDP"',
        hint: 'did you mean "UDP"?',
      },
    ],
  },
  {
    name: "two uses of one host port",
    yaml: `${POD}${APP}    ports:
    - {containerPort: 80, hostPort: 8080}
    - {containerPort: 81, hostPort: 8080}
`,
    errors: [
      {
        at: "10:37",
        path: "Pod/web: spec.containers[0].ports[1].hostPort",
        message: "duplicate value 8080: the pod publishes this port already",
      },
    ],
  },
  {
    name: "a host port that differs on the host's network",
    yaml: `${POD}  hostNetwork: true
${APP}    ports:
    - containerPort: 80
      hostPort: 8080
`,
    errors: [
      {
        at: "11:17",
        path: "Pod/web: spec.containers[0].ports[0].hostPort",
        message: "invalid value 8080: must be 80, the containerPort, on the host's network",
      },
    ],
  },
  {
    name: "a port's name that is too long",
    yaml: `${POD}${APP}    ports:
    - containerPort: 80
      name: the-web-interface
`,
    errors: [
      {
        at: "10:13",
        path: "Pod/web: spec.containers[0].ports[0].name",
        message: 'invalid value "the-web-interface…": at most 15 characters',
        hint: "it has 17",
      },
    ],
  },
  {
    name: "a probe with two handlers",
    yaml: `${POD}${APP}    livenessProbe:
      exec: {command: ["true"]}
      tcpSocket: {port: 80}
`,
    errors: [
      {
        at: "10:7",
        path: "Pod/web: spec.containers[0].livenessProbe.tcpSocket",
        message: 'forbidden: "exec" is set too, one of them must go',
      },
    ],
  },
  {
    name: "a probe without a handler, with a period of 0",
    yaml: `${POD}${APP}    readinessProbe:
      periodSeconds: 0
`,
    errors: [
      {
        at: "9:7",
        path: "Pod/web: spec.containers[0].readinessProbe",
        message: "a probe needs a handler",
        hint: "one of exec, httpGet, tcpSocket, grpc",
      },
      {
        at: "9:22",
        path: "Pod/web: spec.containers[0].readinessProbe.periodSeconds",
        message: "invalid value 0: must be at least 1",
      },
    ],
  },
  {
    name: "a probe of a port that has no such name",
    yaml: `${POD}${APP}    ports: [{containerPort: 80, name: http}]
    livenessProbe:
      httpGet:
        path: /
        port: web
`,
    errors: [
      {
        at: "12:15",
        path: "Pod/web: spec.containers[0].livenessProbe.httpGet.port",
        message: 'not found: the container has no port named "web"',
      },
    ],
  },
  {
    name: "a probe of an init container",
    yaml: `${POD}  initContainers:
  - name: first
    image: busybox
    livenessProbe:
      exec: {command: ["true"]}
${APP}`,
    errors: [
      {
        at: "8:5",
        path: "Pod/web: spec.initContainers[0].livenessProbe",
        message: "forbidden: an init container runs to its end before the others",
        hint: "a sidecar has restartPolicy: Always",
      },
    ],
  },
  {
    name: "a variable with a value and a source",
    yaml: `${POD}${APP}    env:
    - name: A
      value: b
      valueFrom:
        secretKeyRef: {name: s, key: k, optional: true}
`,
    errors: [
      {
        at: "11:7",
        path: "Pod/web: spec.containers[0].env[0].valueFrom",
        message: 'forbidden: "value" is set too, one of them must go',
      },
    ],
  },
  {
    name: "a variable from a field that does not exist",
    yaml: `${POD}${APP}    env:
    - name: A
      valueFrom:
        fieldRef:
          fieldPath: status.phase
`,
    errors: [
      {
        at: "12:22",
        path: "Pod/web: spec.containers[0].env[0].valueFrom.fieldRef.fieldPath",
        message: `unsupported value "status.phase": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs", "metadata.labels['<KEY>']", "metadata.annotations['<KEY>']"`,
      },
    ],
  },
  {
    name: "a reference without a key",
    yaml: `${POD}${APP}    env:
    - name: A
      valueFrom:
        configMapKeyRef: {name: c, optional: true}
`,
    errors: [
      {
        at: "11:9",
        path: "Pod/web: spec.containers[0].env[0].valueFrom.configMapKeyRef.key",
        message: 'missing required field "key"',
      },
    ],
  },
  {
    name: "a memory limit in bytes with a B, a request beyond a limit",
    yaml: `${POD}${APP}    resources:
      limits: {memory: 512MB, cpu: 500m}
      requests: {cpu: 1}
`,
    errors: [
      {
        at: "9:24",
        path: "Pod/web: spec.containers[0].resources.limits.memory",
        message: 'invalid value "512MB": not a quantity',
        hint: "write units without the B: 512Mi, 1G",
      },
      {
        at: "10:23",
        path: "Pod/web: spec.containers[0].resources.requests.cpu",
        message: 'invalid value 1: must not be more than the limit of "500m"',
      },
    ],
  },
  {
    name: "a resource that does not exist",
    yaml: `${POD}${APP}    resources:
      limits:
        mem: 1Gi
`,
    errors: [
      {
        at: "10:9",
        path: "Pod/web: spec.containers[0].resources.limits.mem",
        message: 'invalid value "mem": not a resource',
        hint: 'did you mean "memory"?',
      },
    ],
  },
  {
    name: "a negative user, a group beyond its range",
    yaml: `${POD}${APP}    securityContext:
      runAsUser: -1
      runAsGroup: 4294967295
`,
    errors: [
      {
        at: "9:18",
        path: "Pod/web: spec.containers[0].securityContext.runAsUser",
        message: "invalid value -1: must be between 0 and 2147483647",
      },
      {
        at: "10:19",
        path: "Pod/web: spec.containers[0].securityContext.runAsGroup",
        message: "invalid value 4294967295: must be between 0 and 2147483647",
      },
    ],
  },
  {
    name: "a privileged container that may gain no privileges",
    yaml: `${POD}${APP}    securityContext:
      privileged: true
      allowPrivilegeEscalation: false
`,
    errors: [
      {
        at: "10:33",
        path: "Pod/web: spec.containers[0].securityContext.allowPrivilegeEscalation",
        message: "invalid value false: a privileged container can always gain privileges",
      },
    ],
  },
  {
    name: "a capability that does not exist",
    yaml: `${POD}${APP}    securityContext:
      capabilities:
        add: [NET_ADMN]
`,
    errors: [
      {
        at: "10:15",
        path: "Pod/web: spec.containers[0].securityContext.capabilities.add[0]",
        message: 'invalid value "NET_ADMN": not a capability',
        hint: 'did you mean "NET_ADMIN"?',
      },
    ],
  },
  {
    name: "a number that is no integer, one beyond 32 bits",
    yaml: `${POD}${APP}    ports:
    - containerPort: 80.5
    livenessProbe:
      tcpSocket: {port: 80}
      periodSeconds: 3000000000
`,
    errors: [
      {
        at: "9:22",
        path: "Pod/web: spec.containers[0].ports[0].containerPort",
        message: "expected an integer, got the number 80.5",
      },
      {
        at: "12:22",
        path: "Pod/web: spec.containers[0].livenessProbe.periodSeconds",
        message: "invalid value 3000000000: does not fit in 32 bits",
      },
    ],
  },
  {
    name: "a taint and a bad port at once",
    yaml: `${POD}  nodeSelector: {disk: ssd}
${APP}    ports: [{containerPort: 0}]
  tolerations: [{key: a, operator: Exists}]
`,
    errors: [
      {
        at: "9:29",
        path: "Pod/web: spec.containers[0].ports[0].containerPort",
        message: "invalid value 0: must be between 1 and 65535",
      },
    ],
    warnings: [
      {
        at: "5:3",
        path: "Pod/web: spec.nodeSelector",
        message: '"nodeSelector" is ignored: there is one machine, and the pod runs on it',
      },
      {
        at: "10:3",
        path: "Pod/web: spec.tolerations",
        message: '"tolerations" is ignored: there is one machine, and the pod runs on it',
      },
    ],
  },
];
