/** What each image is made of: layers, and the configuration that the official image of that name has. */

export interface ImageConfig {
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly WorkingDir?: string;
  readonly User?: string;
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Volumes?: Readonly<Record<string, object>>;
  readonly StopSignal?: string;
  readonly Labels?: Readonly<Record<string, string>>;
}

/** A shell script that fills the layer's tree: `$1` is its root, `$IMAGES` the folder of this file. */
export interface TreeLayer {
  readonly kind: "tree";
  readonly script: string;
}

/** Debian's essential packages, then a first script, these packages, and the script in the finished tree. */
export interface DebianLayer {
  readonly kind: "debian";
  readonly packages: readonly string[];
  /** Patterns of files that are not unpacked, besides documentation. */
  readonly unwanted?: readonly string[];
  readonly first?: string;
  readonly script: string;
}

export interface Recipe {
  readonly layers: readonly (TreeLayer | DebianLayer)[];
  readonly config: ImageConfig;
}

const PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const BUSYBOX_TREE = `
  mkdir -p "$1"/bin "$1"/etc "$1"/home "$1"/root "$1"/tmp "$1"/usr/bin "$1"/var/tmp
  chmod 1777 "$1"/tmp "$1"/var/tmp
  cp "$BUSYBOX" "$1"/bin/busybox
  for applet in $("$BUSYBOX" --list); do
    [ "$applet" = busybox ] || ln "$1"/bin/busybox "$1"/bin/"$applet"
  done
  printf 'root:x:0:0:root:/root:/bin/sh\\nbin:x:1:1:bin:/bin:/bin/false\\nguest:x:1000:1000:guest:/home:/bin/sh\\nnobody:x:65534:65534:nobody:/:/bin/false\\n' >"$1"/etc/passwd
  printf 'root:x:0:\\nbin:x:1:\\nguest:x:1000:\\nextra:x:2000:guest\\nnobody:x:65534:\\n' >"$1"/etc/group
`;

export const RECIPES: Readonly<Record<string, Recipe>> = {
  nginx: {
    layers: [
      {
        kind: "debian",
        packages: ["nginx", "curl"],
        script: `
          ln -sf /dev/stdout "$1"/var/log/nginx/access.log
          ln -sf /dev/stderr "$1"/var/log/nginx/error.log
          rm -f "$1"/etc/nginx/sites-enabled/default
          cp "$IMAGES"/nginx-default.conf "$1"/etc/nginx/conf.d/default.conf`,
      },
    ],
    config: {
      Env: [PATH],
      Cmd: ["nginx", "-g", "daemon off;"],
      ExposedPorts: { "80/tcp": {} },
      StopSignal: "SIGQUIT",
    },
  },
  redis: {
    layers: [
      {
        kind: "debian",
        packages: ["redis-server"],
        script: `
          mkdir -p "$1"/data
          chroot "$1" chown redis:redis /data
          install -m 755 "$IMAGES"/redis-entrypoint.sh "$1"/usr/local/bin/docker-entrypoint.sh`,
      },
    ],
    config: {
      Env: [PATH],
      Entrypoint: ["docker-entrypoint.sh"],
      Cmd: ["redis-server", "--protected-mode", "no"],
      WorkingDir: "/data",
      Volumes: { "/data": {} },
      ExposedPorts: { "6379/tcp": {} },
    },
  },
  postgres: {
    layers: [
      {
        kind: "debian",
        packages: ["postgresql"],
        // Compiling queries takes more than the rest of the server; without it they are interpreted.
        unwanted: [
          "/usr/lib/*/libLLVM*",
          "/usr/lib/*/libz3*",
          "/usr/lib/postgresql/*/lib/bitcode/*",
          "/usr/share/i18n/*",
        ],
        // The ids of the official image, which manifests name; no cluster of Debian's.
        first: `
          echo 'postgres:x:999:999::/var/lib/postgresql:/bin/bash' >>"$1"/etc/passwd
          echo 'postgres:x:999:' >>"$1"/etc/group
          mkdir -p "$1"/etc/postgresql-common "$1"/docker-entrypoint-initdb.d
          echo 'create_main_cluster = false' >"$1"/etc/postgresql-common/createcluster.conf`,
        script: `
          # Debian's management of many clusters is in Perl, and of no use here.
          rm -rf "$1"/usr/share/perl "$1"/usr/lib/*/perl "$1"/usr/lib/*/libperl.so* "$1"/usr/bin/psql
          version=$(ls "$1"/usr/lib/postgresql)
          ln -s "$version" "$1"/usr/lib/postgresql/current
          sed -i "s/^#listen_addresses = .*/listen_addresses = '*'/" \
            "$1"/usr/share/postgresql/"$version"/postgresql.conf.sample
          mkdir -p "$1"/var/lib/postgresql/data "$1"/run/postgresql
          chroot "$1" chown postgres:postgres /var/lib/postgresql /var/lib/postgresql/data /run/postgresql
          chmod 3775 "$1"/run/postgresql
          install -m 755 "$IMAGES"/postgres-entrypoint.sh "$1"/usr/local/bin/docker-entrypoint.sh`,
      },
    ],
    config: {
      Env: [`${PATH}:/usr/lib/postgresql/current/bin`, "LANG=C.UTF-8", "PGDATA=/var/lib/postgresql/data"],
      Entrypoint: ["docker-entrypoint.sh"],
      Cmd: ["postgres"],
      Volumes: { "/var/lib/postgresql/data": {} },
      ExposedPorts: { "5432/tcp": {} },
      StopSignal: "SIGINT",
    },
  },
  myblog: {
    layers: [
      {
        kind: "debian",
        packages: ["python3", "python3-psycopg2", "python3-waitress"],
        script: 'install -D "$IMAGES"/myblog.py "$1"/srv/myblog.py',
      },
    ],
    config: {
      Env: [PATH, "LANG=C.UTF-8", "PYTHONUNBUFFERED=1"],
      Cmd: ["python3", "/srv/myblog.py"],
      ExposedPorts: { "80/tcp": {} },
    },
  },
  busybox: {
    layers: [{ kind: "tree", script: BUSYBOX_TREE }],
    config: { Env: [PATH], Cmd: ["sh"] },
  },
  // Three layers with what makes layers differ from a plain tree: white-outs, an opaque directory, hard links,
  // owners, modes, a volume with content.
  layers: {
    layers: [
      { kind: "tree", script: BUSYBOX_TREE },
      {
        kind: "tree",
        script: `
          mkdir -p "$1"/l/gone "$1"/l/opaque "$1"/l/kept "$1"/data/sub
          echo one >"$1"/l/gone/file; echo one >"$1"/l/removed; echo one >"$1"/l/changed
          echo one >"$1"/l/opaque/below; echo one >"$1"/l/kept/file
          echo link >"$1"/l/hard-a; ln "$1"/l/hard-a "$1"/l/hard-b; ln -s kept/file "$1"/l/symbolic
          mkfifo "$1"/l/pipe; echo owned >"$1"/l/owned; chown 1000:2000 "$1"/l/owned; chmod 2750 "$1"/l/owned
          echo volume >"$1"/data/sub/file; chown -R 1000:1000 "$1"/data`,
      },
      {
        kind: "tree",
        script: `
          mkdir -p "$1"/l/opaque
          touch "$1"/l/.wh.removed "$1"/l/.wh.gone "$1"/l/opaque/.wh..wh..opq
          echo two >"$1"/l/changed; echo two >"$1"/l/opaque/above`,
      },
    ],
    config: {
      Env: [PATH, "COLOUR=blue"],
      Entrypoint: ["/bin/echo", "entry"],
      Cmd: ["cmd"],
      WorkingDir: "/l",
      Volumes: { "/data": {} },
      Labels: { layers: "three" },
    },
  },
};
