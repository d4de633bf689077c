import { expect, test } from "bun:test";
import { containerConfig } from "../../testing/records.ts";
import { sandboxFacts, withSandboxEnv } from "./sandbox-env.ts";

const eth0 = {
  network: "a",
  interfaceName: "eth0",
  mac: "",
  addresses: ["fd00::5/64", "10.88.0.5/16"],
  gateways: ["fd00::1", "10.88.0.1"],
};
const facts = { primaryAddress: () => Promise.resolve("192.0.2.7") };

test("sandboxFacts() puts IPv4 first; the host is the gateway, else its own address", () => {
  expect(sandboxFacts([eth0], { hostNetwork: false, primary: "192.0.2.7" })).toEqual({
    podIP: "10.88.0.5",
    podIPs: "10.88.0.5,fd00::5",
    hostIP: "10.88.0.1",
    hostIPs: "10.88.0.1,fd00::1",
  });
  const onHost = { podIP: "192.0.2.7", podIPs: "192.0.2.7", hostIP: "192.0.2.7", hostIPs: "192.0.2.7" };
  expect(sandboxFacts([], { hostNetwork: true, primary: "192.0.2.7" })).toEqual(onHost);
  expect(sandboxFacts([], { hostNetwork: true, primary: "" })).toMatchObject({ podIP: "127.0.0.1" });
  expect(sandboxFacts([], { hostNetwork: false, primary: "192.0.2.7" })).toMatchObject({
    podIP: "",
    hostIP: "192.0.2.7",
  });
});

test("withSandboxEnv() replaces its own names alone, in variables and in the command", async () => {
  const plain = containerConfig("c".repeat(64), { sandboxEnv: { IP: "podIP" } });
  const args = ["serve", "$(IP):$(IP)", "$$(IP)", "$(OTHER)", "$IP", "$(IP", "a$(IP)b"];
  const config = { ...plain, process: { ...plain.process, args, env: ["IP=old", "URL=http://$(IP)/"] } };
  const { process } = await withSandboxEnv({ facts } as never, config, [eth0]);
  expect(process.args).toEqual([
    "serve",
    "10.88.0.5:10.88.0.5",
    "$(IP)",
    "$(OTHER)",
    "$IP",
    "$(IP",
    "a10.88.0.5b",
  ]);
  expect(process.env).toEqual(["URL=http://10.88.0.5/", "IP=10.88.0.5"]);
});
