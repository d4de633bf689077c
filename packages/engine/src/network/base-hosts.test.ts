import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { temporaryDirectory } from "../../testing/kernel.ts";
import { kernelNetworkContext } from "../../testing/network-context.ts";
import { sandboxNetwork } from "./sandbox-network.ts";

async function hosts(directory: string, baseHostsFile: string): Promise<string> {
  const ctx = kernelNetworkContext(directory);
  const settings = { ...ctx.settings, config: { ...ctx.settings.config, baseHostsFile } };
  return sandboxNetwork({ ...ctx, settings }).hosts({
    addHost: [],
    hostname: "web",
    names: [],
    interfaces: [],
    hostNetwork: false,
    imageHosts: () => "192.0.2.9 of-the-image # and a comment\n",
  });
}

const OWN = "127.0.0.1\tlocalhost\n::1\tlocalhost\n127.0.0.1\tweb\n";

test("base_hosts_file: none, the image's, or a file that must be there", async () => {
  using dir = temporaryDirectory();
  expect(await hosts(dir.path, "none")).toBe(OWN);
  expect(await hosts(dir.path, "image")).toBe(`192.0.2.9\tof-the-image\n${OWN}`);
  writeFileSync(`${dir.path}/base`, "192.0.2.1 base\n");
  expect(await hosts(dir.path, `${dir.path}/base`)).toBe(`192.0.2.1\tbase\n${OWN}`);
  await expect(hosts(dir.path, `${dir.path}/nope`)).rejects.toThrow("cannot read containers.base_hosts_file");
});
