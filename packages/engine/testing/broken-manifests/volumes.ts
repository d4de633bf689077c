/** Broken volumes and mounts. */
import { APP, POD, type BrokenManifest } from "./broken-manifest.ts";

export const BROKEN_VOLUMES: readonly BrokenManifest[] = [
  {
    name: "a mount of a volume that is not there",
    yaml: `${POD}${APP}    volumeMounts:
    - name: dat
      mountPath: /data
  volumes:
  - name: data
    emptyDir: {}
`,
    errors: [
      {
        at: "9:13",
        path: "Pod/web: spec.containers[0].volumeMounts[0].name",
        message: 'not found: the pod has no volume "dat"',
        hint: 'did you mean "data"?',
      },
    ],
  },
  {
    name: "two mounts on one path",
    yaml: `${POD}${APP}    volumeMounts:
    - {name: a, mountPath: /data}
    - {name: b, mountPath: /data}
  volumes:
  - name: a
  - name: b
`,
    errors: [
      {
        at: "10:28",
        path: "Pod/web: spec.containers[0].volumeMounts[1].mountPath",
        message: 'duplicate value "/data"',
      },
    ],
  },
  {
    name: "a subPath that climbs out",
    yaml: `${POD}${APP}    volumeMounts:
    - name: a
      mountPath: /data
      subPath: ../../etc
  volumes:
  - name: a
    emptyDir: {}
`,
    errors: [
      {
        at: "11:16",
        path: "Pod/web: spec.containers[0].volumeMounts[0].subPath",
        message: 'invalid value "../../etc": must not contain ".."',
      },
    ],
  },
  {
    name: "a volume with two sources",
    yaml: `${POD}${APP}  volumes:
  - name: a
    emptyDir: {}
    hostPath: {path: /srv}
`,
    errors: [
      {
        at: "11:5",
        path: "Pod/web: spec.volumes[0].hostPath",
        message: 'forbidden: volume "a" has the source "emptyDir" already',
      },
    ],
  },
  {
    name: "two volumes of one name",
    yaml: `${POD}${APP}  volumes:
  - name: a
    emptyDir: {}
  - name: a
    emptyDir: {}
`,
    errors: [{ at: "11:11", path: "Pod/web: spec.volumes[1].name", message: 'duplicate value "a"' }],
  },
  {
    name: "a mounted volume of a cloud",
    yaml: `${POD}${APP}    volumeMounts:
    - name: a
      mountPath: /data
  volumes:
  - name: a
    nfs: {server: nas, path: /export}
`,
    errors: [
      {
        at: "9:13",
        path: "Pod/web: spec.containers[0].volumeMounts[0].name",
        message: 'volume "a" cannot be mounted: nfs: there is no driver here for storage of the cluster',
        hint: "use hostPath, emptyDir or a persistentVolumeClaim",
      },
    ],
  },
  {
    name: "a key's path that leaves the volume",
    yaml: `${POD}${APP}  volumes:
  - name: a
    configMap:
      name: c
      optional: true
      items:
      - {key: a, path: ../../root/.ssh/authorized_keys}
      - {key: b, path: /etc/passwd}
`,
    errors: [
      {
        at: "14:24",
        path: "Pod/web: spec.volumes[0].configMap.items[0].path",
        message: 'invalid value "../../root/.ssh/authorized_keys": must not contain ".."',
      },
      {
        at: "15:24",
        path: "Pod/web: spec.volumes[0].configMap.items[1].path",
        message: 'invalid value "/etc/passwd": must be a relative path',
      },
    ],
  },
  {
    name: "a mode in decimal",
    yaml: `${POD}${APP}  volumes:
  - name: a
    secret:
      secretName: s
      optional: true
      defaultMode: 644
`,
    errors: [
      {
        at: "13:20",
        path: "Pod/web: spec.volumes[0].secret.defaultMode",
        message: "invalid value 644: must be between 0 and 0777",
        hint: "octal numbers begin with 0: 0644",
      },
    ],
  },
  {
    name: "a hostPath that is relative, of an unknown type",
    yaml: `${POD}${APP}  volumes:
  - name: a
    hostPath:
      path: srv
      type: Folder
`,
    errors: [
      {
        at: "11:13",
        path: "Pod/web: spec.volumes[0].hostPath.path",
        message: 'invalid value "srv": must be an absolute path',
      },
      {
        at: "12:13",
        path: "Pod/web: spec.volumes[0].hostPath.type",
        message:
          'unsupported value "Folder": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
      },
    ],
  },
  {
    name: "an unknown medium and a size that is none",
    yaml: `${POD}${APP}  volumes:
  - name: a
    emptyDir:
      medium: RAM
      sizeLimit: 1GB
`,
    errors: [
      {
        at: "11:15",
        path: "Pod/web: spec.volumes[0].emptyDir.medium",
        message: 'unsupported value "RAM": supported values: "", "Memory"',
      },
      {
        at: "12:18",
        path: "Pod/web: spec.volumes[0].emptyDir.sizeLimit",
        message: 'invalid value "1GB": not a quantity',
        hint: "write units without the B: 512Mi, 1G",
      },
    ],
  },
  {
    name: "a projected volume with an empty source",
    yaml: `${POD}${APP}  volumes:
  - name: a
    projected:
      sources:
      - configMap: {name: c, optional: true}
      - {}
`,
    errors: [
      {
        at: "13:9",
        path: "Pod/web: spec.volumes[0].projected.sources[1]",
        message: "a projection needs a source",
        hint: "one of configMap, secret, downwardAPI, serviceAccountToken",
      },
    ],
  },
  {
    name: "a downwardAPI volume with an unknown field and path",
    yaml: `${POD}${APP}  volumes:
  - name: a
    downwardAPI:
      items:
      - path: ../pod
        fieldRef: {fieldPath: status.podIP}
`,
    errors: [
      {
        at: "12:15",
        path: "Pod/web: spec.volumes[0].downwardAPI.items[0].path",
        message: 'invalid value "../pod": must not contain ".."',
      },
      {
        at: "13:31",
        path: "Pod/web: spec.volumes[0].downwardAPI.items[0].fieldRef.fieldPath",
        message: 'invalid value "status.podIP": only an environment variable can have it',
      },
    ],
  },
];
