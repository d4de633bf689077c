/** The Firewall port on nftables: constant work per port, one table per store. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { parseSubnet } from "../../base/ip.ts";
import type { Firewall, FirewallNetwork, PublishRequest } from "../../ports/firewall.ts";
import { elementCommands, elementId, type PortElement, portElements } from "./elements.ts";
import { blockingForwardChain } from "./foreign-forward.ts";
import { enableForwarding } from "./forwarding.ts";
import { type NftRunner, openNft } from "./nft-runner.ts";
import { SetLookup } from "./set-lookup.ts";
import { LAST_CHAIN, networkElements, tableDefinition } from "./table.ts";

const EXISTS = "File exists";
/** The kernel's word, and nft's own for an interval. */
const MISSING = /No such file or directory|does not exist/;

export class NftFirewall implements Firewall {
  readonly #table: string;
  readonly #lookup: SetLookup;
  readonly #open: () => NftRunner;
  #runner: NftRunner | undefined;

  /** `storeId` names the table; `open` is for tests of the fallback. */
  constructor(storeId: string, open: () => NftRunner = openNft) {
    this.#table = `podwright_${storeId}`;
    this.#lookup = new SetLookup(this.#table);
    this.#open = open;
  }

  async ensureNetwork(network: FirewallNetwork): Promise<void> {
    const subnets = network.subnets.map((text) => {
      const subnet = parseSubnet(text);
      if (subnet === undefined) throw new EngineError("NETWORK_INVALID", `invalid subnet "${text}"`);
      return subnet;
    });
    enableForwarding(subnets.some((subnet) => subnet.family === 6));
    if (this.#lookup.isInPlace(LAST_CHAIN, subnets)) return;
    const elements = networkElements("add", this.#table, network).join("\n");
    const result = await this.#nft(elements);
    if (result.error === undefined) return;
    if (!MISSING.test(result.error)) throw failure("declare network", result.error);
    await this.#define();
    await this.#require("declare network", elements);
  }

  async removeNetwork(network: FirewallNetwork): Promise<void> {
    // One by one: an element that is gone must not keep the others.
    for (const command of networkElements("delete", this.#table, network)) {
      const { error } = await this.#nft(command);
      if (error !== undefined && !MISSING.test(error)) throw failure("remove network", error);
    }
  }

  async publish(request: PublishRequest): Promise<void> {
    const elements = portElements(request);
    if (elements.length === 0) return;
    this.#refuseOverlaps(elements);
    const { error } = await this.#nft(elementCommands("create", this.#table, elements));
    if (error === undefined) return;
    if (!error.includes(EXISTS)) throw failure("publish ports", error);
    const present = this.#lookup.find(elements);
    const foreign = elements.find((element) => isForeign(element, present));
    if (foreign !== undefined) throw inUse(foreign, present.get(elementId(foreign)));
    // All that is there is ours, of an earlier attempt: `add` completes it.
    await this.#require("publish ports", elementCommands("add", this.#table, elements));
  }

  async unpublish(request: PublishRequest): Promise<void> {
    const elements = portElements(request);
    if (elements.length === 0) return;
    const present = this.#lookup.find(elements);
    // A value that leads elsewhere belongs to another sandbox by now. Nobody else removes ours meanwhile.
    const ours = elements.filter((element) => present.get(elementId(element)) === element.value);
    if (ours.length === 0) return;
    await this.#require("remove published ports", elementCommands("delete", this.#table, ours));
  }

  async withdraw(addresses: readonly string[]): Promise<void> {
    const commands: string[] = [];
    for (const map of ["any4", "pub4", "any6", "pub6"] as const) {
      const ours = this.#lookup
        .list(map)
        .filter(({ value }) => addresses.includes(value.split(" . ")[0] ?? ""));
      if (ours.length === 0) continue;
      const keys = ours.map((entry) => entry.key).join(", ");
      commands.push(`delete element inet ${this.#table} ${map} { ${keys} }`);
    }
    if (commands.length > 0) await this.#require("remove published ports", commands.join("\n"));
  }

  async forwardBlockedBy(): Promise<string | undefined> {
    const { output, error } = await this.#nft("list chains");
    return error === undefined ? blockingForwardChain(output) : undefined;
  }

  async destroy(): Promise<void> {
    const { error } = await this.#nft(`delete table inet ${this.#table}`);
    if (error !== undefined && !MISSING.test(error)) throw failure("remove table", error);
  }

  /** Two first commands may race: the loser finds the table made, as a whole. */
  async #define(): Promise<void> {
    const { error } = await this.#nft(tableDefinition(this.#table));
    if (error !== undefined && !error.includes(EXISTS)) throw failure("create table", error);
  }

  /** bind(2) semantics between maps: any address against given ones; within a map `create` decides. */
  #refuseOverlaps(elements: readonly PortElement[]): void {
    const wider = elements
      .filter((element) => element.hostIp !== "")
      .map((element): PortElement => {
        const map = element.map === "pub4" ? "any4" : "any6";
        return { ...element, map, hostIp: "", key: `${element.protocol} . ${element.hostPort}` };
      });
    const taken = this.#lookup.find(wider);
    for (const family of ["4", "6"] as const) {
      if (!elements.some((element) => element.map === `any${family}`)) continue;
      for (const { protocol, hostPort, value } of this.#lookup.list(`pub${family}`)) {
        taken.set(`any${family}|${protocol} . ${hostPort}`, value);
      }
    }
    const shadowed = [...wider, ...elements].find((element) => isForeign(element, taken));
    if (shadowed !== undefined) throw inUse(shadowed, taken.get(elementId(shadowed)));
  }

  #nft(commands: string) {
    this.#runner ??= this.#open();
    return this.#runner.run(commands);
  }

  async #require(what: string, commands: string): Promise<void> {
    const { error } = await this.#nft(commands);
    if (error !== undefined) throw failure(what, error);
  }
}

function isForeign(element: PortElement, present: ReadonlyMap<string, string>): boolean {
  const value = present.get(elementId(element));
  return value !== undefined && value !== element.value;
}

function inUse(element: PortElement, value: string | undefined): EngineError {
  const { protocol, hostPort } = element;
  return new EngineError(
    "PORT_IN_USE",
    `cannot publish port ${hostPort}/${protocol}: address already in use`,
    {
      details: { hostPort, protocol, target: value?.split(" . ")[0] ?? "" },
    },
  );
}

function failure(what: string, error: string): EngineError {
  const first = error.split("\n").find((line) => line.includes("rror")) ?? error;
  return new EngineError("NETWORK_SETUP_FAILED", `nftables: cannot ${what}: ${first.trim()}`);
}
