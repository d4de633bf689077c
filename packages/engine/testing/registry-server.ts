/** Debian's docker-registry on a free loopback port, for tests that pull from a real one. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";

export interface RegistryServer extends AsyncDisposable {
  /** "127.0.0.1:PORT" */
  readonly host: string;
  /** Copies an image of an OCI layout there: all platforms of an index. */
  push(layout: string, name: string, as: string, ...skopeoFlags: string[]): void;
  /** The requests for blobs so far, "GET sha256:…". */
  blobRequests(): string[];
}

export async function startRegistry(directory: string, users?: string): Promise<RegistryServer> {
  const host = `127.0.0.1:${await freePort()}`;
  mkdirSync(`${directory}/data`, { recursive: true });
  const auth =
    users === undefined ? "" : `auth:\n  htpasswd:\n    realm: test\n    path: ${directory}/htpasswd\n`;
  if (users !== undefined) writeFileSync(`${directory}/htpasswd`, users);
  const config = `version: 0.1
log:
  level: info
storage:
  filesystem:
    rootdirectory: ${directory}/data
  delete:
    enabled: true
http:
  addr: ${host}
${auth}`;
  writeFileSync(`${directory}/config.yml`, config);
  const log = `${directory}/log`;
  const server = Bun.spawn(["docker-registry", "serve", `${directory}/config.yml`], {
    stdout: Bun.file(log),
    stderr: Bun.file(`${log}.err`),
    stdin: "ignore",
  });
  await untilUp(host);
  return {
    host,
    push: (layout, name, as, ...flags) => {
      const argv = ["skopeo", "copy", "-q", "--all", "--dest-tls-verify=false", ...flags];
      const done = Bun.spawnSync([...argv, `oci:${layout}:${name}`, `docker://${host}/${as}`]);
      if (done.exitCode !== 0) throw new Error(done.stderr.toString());
    },
    blobRequests: () =>
      [...readFileSync(log, "utf8").matchAll(/"(GET) \/v2\/\S+\/blobs\/(sha256:[0-9a-f]+) /g)].map(
        ([, method, digest]) => `${method} ${digest}`,
      ),
    [Symbol.asyncDispose]: async () => {
      server.kill();
      await server.exited;
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

async function untilUp(host: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const up = await fetch(`http://${host}/v2/`).then(
      () => true,
      () => false,
    );
    if (up) return;
    await Bun.sleep(25);
  }
  throw new Error(`docker-registry did not come up at ${host}`);
}
