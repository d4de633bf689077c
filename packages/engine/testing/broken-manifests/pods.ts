/** Broken pods and containers. */
import { APP, POD, type BrokenManifest } from "./broken-manifest.ts";

export const BROKEN_PODS: readonly BrokenManifest[] = [
  {
    name: "a field that is misspelt",
    yaml: `${POD}  containers:
  - name: app
    imge: busybox
    image: busybox
`,
    errors: [{ at: "7:5", path: "Pod/web: spec.containers[0].imge", message: 'unknown field "imge"' }],
  },
  {
    name: "an unknown field that is near nothing",
    yaml: `${POD}${APP}  flavour: vanilla
`,
    errors: [{ at: "8:3", path: "Pod/web: spec.flavour", message: 'unknown field "flavour"' }],
  },
  {
    name: "a field of the wrong level",
    yaml: `${POD}${APP}  image: busybox
`,
    errors: [
      {
        at: "8:3",
        path: "Pod/web: spec.image",
        message: 'unknown field "image"',
        hint: "it is a field of a container",
      },
    ],
  },
  {
    name: "a container without a name",
    yaml: `${POD}  containers:
  - image: busybox
`,
    errors: [
      { at: "6:5", path: "Pod/web: spec.containers[0].name", message: 'missing required field "name"' },
    ],
  },
  {
    name: "a pod without containers",
    yaml: `${POD}  containers: []
`,
    errors: [
      {
        at: "5:15",
        path: "Pod/web: spec.containers",
        message: "required value: must not be empty",
        hint: "a pod has at least one container",
      },
    ],
  },
  {
    name: "a container's name with a dot",
    yaml: `${POD}  containers:
  - name: app.web
    image: busybox
`,
    errors: [
      {
        at: "6:11",
        path: "Pod/web: spec.containers[0].name",
        message: 'invalid value "app.web": not a DNS label',
        hint: 'for example "app-web"',
      },
    ],
  },
  {
    name: "a string where a boolean is wanted",
    yaml: `${POD}  hostNetwork: "true"
${APP}`,
    errors: [
      {
        at: "5:16",
        path: "Pod/web: spec.hostNetwork",
        message: 'expected true or false, got the string "true"',
        hint: "remove the quotes",
      },
    ],
  },
  {
    name: "a map where a list is wanted",
    yaml: `${POD}  containers:
    name: app
    image: busybox
`,
    errors: [
      {
        at: "6:5",
        path: "Pod/web: spec.containers",
        message: "expected a list, got a map",
        hint: 'put "- " in front of each item',
      },
    ],
  },
  {
    name: "a value that is not among those allowed",
    yaml: `${POD}  restartPolicy: always
${APP}`,
    errors: [
      {
        at: "5:18",
        path: "Pod/web: spec.restartPolicy",
        message: 'unsupported value "always": supported values: "Always", "Never", "OnFailure"',
        hint: 'did you mean "Always"?',
      },
    ],
  },
  {
    name: "two containers of one name",
    yaml: `${POD}  initContainers:
  - name: app
    image: busybox
${APP}`,
    errors: [{ at: "9:11", path: "Pod/web: spec.containers[0].name", message: 'duplicate value "app"' }],
  },
  {
    name: "an image that is no name",
    yaml: `${POD}  containers:
  - name: app
    image: Busybox:latest
`,
    errors: [
      {
        at: "7:12",
        path: "Pod/web: spec.containers[0].image",
        message: `invalid value "Busybox:latest": not an image's name`,
        hint: "names are lower case",
      },
    ],
  },
  {
    name: "root where root is forbidden",
    yaml: `${POD}  securityContext:
    runAsNonRoot: true
    runAsUser: 0
${APP}`,
    errors: [
      {
        at: "7:16",
        path: "Pod/web: spec.securityContext.runAsUser",
        message: "invalid value 0: runAsNonRoot forbids root",
      },
    ],
  },
  {
    name: "a pod for Windows",
    yaml: `${POD}  os: {name: windows}
${APP}`,
    errors: [{ at: "5:14", path: "Pod/web: spec.os.name", message: "pods of Windows do not run on Linux" }],
  },
  {
    name: "a user namespace of its own with the host's network",
    yaml: `${POD}  hostUsers: false
  hostNetwork: true
${APP}`,
    errors: [
      {
        at: "6:3",
        path: "Pod/web: spec.hostNetwork",
        message: "forbidden: hostUsers is false, one of them must go",
      },
    ],
  },
  {
    name: "a negative grace period and a wrong host name",
    yaml: `${POD}  terminationGracePeriodSeconds: -1
  hostname: web_1
${APP}`,
    errors: [
      {
        at: "5:34",
        path: "Pod/web: spec.terminationGracePeriodSeconds",
        message: "invalid value -1: must be at least 0",
      },
      {
        at: "6:13",
        path: "Pod/web: spec.hostname",
        message: 'invalid value "web_1": not a DNS label',
        hint: 'for example "web-1"',
      },
    ],
  },
  {
    name: "host aliases and name servers that are no addresses",
    yaml: `${POD}  hostAliases:
  - ip: localhost
    hostnames: [db]
  dnsConfig:
    nameservers: [dns.example.com]
${APP}`,
    errors: [
      {
        at: "6:9",
        path: "Pod/web: spec.hostAliases[0].ip",
        message: 'invalid value "localhost": not an IP address',
      },
      {
        at: "9:19",
        path: "Pod/web: spec.dnsConfig.nameservers[0]",
        message: 'invalid value "dns.example.com": not an IP address',
      },
    ],
  },
  {
    name: "a mode of octal digits that are none",
    yaml: `${POD}${APP}  volumes:
  - name: a
    configMap: {name: c, optional: true, defaultMode: 01777}
`,
    errors: [
      {
        at: "10:55",
        path: "Pod/web: spec.volumes[0].configMap.defaultMode",
        message: "invalid value 1023: must be between 0 and 0777",
      },
    ],
  },
  {
    name: "a sysctl and a profile that are none",
    yaml: `${POD}  securityContext:
    sysctls:
    - {name: Net.Core, value: "1"}
    seccompProfile:
      type: RuntimeDefault
      localhostProfile: mine.json
${APP}`,
    errors: [
      {
        at: "7:14",
        path: "Pod/web: spec.securityContext.sysctls[0].name",
        message: 'invalid value "Net.Core": not a sysctl',
      },
      {
        at: "10:7",
        path: "Pod/web: spec.securityContext.seccompProfile.localhostProfile",
        message: 'forbidden: the type is "RuntimeDefault"',
      },
    ],
  },
];
