/** Tests on the real kernel: a test file runs itself again inside network, mount, IPC and UTS namespaces of its own. */
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";

const INSIDE = "PODWRIGHT_TEST_INSIDE";
const TIMEOUT_MS = 120_000;

/**
 * Call once, with `import.meta.path`. Outside, it defines one test that runs the file again under unshare(1);
 * inside, it runs `define`, which defines the real tests. Nothing they do to links, mounts or nft is seen outside.
 */
export function inOwnNamespaces(file: string, define: () => void): void {
  if (process.env[INSIDE] === file) return define();
  if (process.geteuid?.() !== 0) {
    test.skip("needs root: namespaces, mounts and links are made", () => {});
    return;
  }
  test(
    "in namespaces of its own",
    async () => {
      const argv = [
        "unshare",
        "-n",
        "-m",
        "-i",
        "-u",
        process.execPath,
        "test",
        `--timeout=${TIMEOUT_MS}`,
        file,
      ];
      const child = Bun.spawn(argv, {
        env: { ...process.env, [INSIDE]: file },
        stdout: "pipe",
        stderr: "pipe",
      });
      const [out, err] = await Promise.all([
        new Response(child.stdout).text(),
        new Response(child.stderr).text(),
        child.exited,
      ]);
      expect(child.exitCode === 0 ? "" : out + err).toBe("");
    },
    TIMEOUT_MS,
  );
}

/** Runs a shell line to its end. @throws when it fails, with what it said */
export function sh(line: string): string {
  const result = Bun.spawnSync(["bash", "-c", line], { stdout: "pipe", stderr: "pipe", timeout: 20_000 });
  if (result.exitCode === 0) return result.stdout.toString();
  throw new Error(`${line}: exit ${result.exitCode}: ${result.stderr.toString()}`);
}

/** True when a shell line succeeds. */
export function succeeds(line: string): boolean {
  return (
    Bun.spawnSync(["bash", "-c", line], { stdout: "ignore", stderr: "ignore", timeout: 20_000 }).exitCode ===
    0
  );
}

/** A directory that goes with the `using` block, with what a failed test left mounted in it. */
export function temporaryDirectory(): { readonly path: string } & Disposable {
  const path = mkdtempSync(`${tmpdir()}/podwright-`);
  return {
    path,
    [Symbol.dispose]: () => {
      sh(`findmnt -rno TARGET | grep ^${path} | tac | xargs -r umount -l || true`);
      rmSync(path, { recursive: true, force: true });
    },
  };
}
