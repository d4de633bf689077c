/** The Firewall port on nftables: constant work per port, one table per store. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { parseSubnet } from "../../base/ip.ts";
import type { Firewall, FirewallNetwork, PublishRequest } from "../../ports/firewall.ts";
import type { ElementChange } from "./element-batch.ts";
import { elementCommands, elementId, type PortElement, portElements } from "./elements.ts";
import { blockingForwardChain } from "./foreign-forward.ts";
import { enableForwarding } from "./forwarding.ts";
import { type NftRunner, openNft } from "./nft-runner.ts";
import { SetLookup } from "./set-lookup.ts";
import { LAST_CHAIN, networkElements, tableDefinition } from "./table.ts";

const EXISTS = "File exists";
/** The kernel's word, and nft's own for an interval. */
const MISSING = /No such file or directory|does not exist/;

const MAPS = ["any4", "pub4", "any6", "pub6"] as const;
const NONE: ReadonlySet<string> = new Set();

interface Taken {
  readonly element: PortElement;
  /** Where it leads. */
  readonly value: string | undefined;
}

export class NftFirewall implements Firewall {
  readonly #table: string;
  readonly #lookup: SetLookup;
  readonly #open: () => NftRunner;
  readonly #plain: boolean;
  #runner: NftRunner | undefined;

  /** `storeId` names the table; `open` is for tests of the plain way, which then is gone for every change. */
  constructor(storeId: string, open?: () => NftRunner) {
    this.#table = `podwright_${storeId}`;
    this.#lookup = new SetLookup(this.#table);
    this.#plain = open !== undefined;
    this.#open = open ?? openNft;
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
    const shadowed = this.#shadowed(elements, NONE);
    if (shadowed !== undefined) throw inUse(shadowed.element, shadowed.value);
    const error = await this.#change([{ verb: "create", elements }]);
    if (error === undefined) return;
    if (!error.includes(EXISTS)) throw failure("publish ports", error);
    const foreign = this.#foreign(elements, NONE);
    if (foreign !== undefined) throw inUse(foreign.element, foreign.value);
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
    const error = await this.#change([{ verb: "delete", elements: ours }]);
    if (error !== undefined) throw failure("remove published ports", error);
  }

  conflict(request: PublishRequest): EngineError | undefined {
    const elements = portElements(request);
    const foreign = this.#shadowed(elements, NONE) ?? this.#foreign(elements, NONE);
    return foreign === undefined ? undefined : inUse(foreign.element, foreign.value);
  }

  /** One batch of nftables is one transaction: no packet meets the one without the other. */
  async exchange({ remove, add }: { remove: PublishRequest; add: PublishRequest }): Promise<void> {
    const wanted = portElements(add);
    const leaving = portElements(remove);
    const present = this.#lookup.find(leaving);
    const ours = leaving.filter((element) => present.get(elementId(element)) === element.value);
    const gone = new Set(ours.map(elementId));
    const taken = this.#shadowed(wanted, gone) ?? this.#foreign(wanted, gone);
    if (taken !== undefined) throw inUse(taken.element, taken.value);
    const there = this.#lookup.find(wanted);
    // What a change that was killed has left is ours, and there already.
    const missing = wanted.filter(
      (element) => gone.has(elementId(element)) || !there.has(elementId(element)),
    );
    const changes = [
      { verb: "delete", elements: ours },
      { verb: "create", elements: missing },
    ] as const;
    const error = await this.#change(changes.filter(({ elements }) => elements.length > 0));
    if (error === undefined) return;
    // Somebody else was quicker.
    const lost = error.includes(EXISTS) ? this.#foreign(wanted, gone) : undefined;
    if (lost !== undefined) throw inUse(lost.element, lost.value);
    throw failure("change published ports", error);
  }

  async restore(request: PublishRequest): Promise<void> {
    const wanted = new Map(portElements(request).map((element) => [elementId(element), element]));
    const commands: string[] = [];
    for (const map of MAPS) {
      const strays: string[] = [];
      for (const { key, value } of this.#lookup.list(map)) {
        const element = wanted.get(`${map}|${key}`);
        if (element?.value === value) wanted.delete(`${map}|${key}`);
        else if (request.addresses.includes(value.split(" . ")[0] ?? "")) strays.push(key);
      }
      if (strays.length > 0) {
        commands.push(`delete element inet ${this.#table} ${map} { ${strays.join(", ")} }`);
      }
    }
    const missing = elementCommands("create", this.#table, [...wanted.values()]);
    if (missing !== "") commands.push(missing);
    if (commands.length > 0) await this.#require("restore published ports", commands.join("\n"));
  }

  async withdraw(addresses: readonly string[]): Promise<void> {
    const commands: string[] = [];
    for (const map of MAPS) {
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

  /**
   * bind(2) semantics between maps: any address against given ones; within a map `create` decides. `gone` are ids of
   * elements that go in the same step.
   */
  #shadowed(elements: readonly PortElement[], gone: ReadonlySet<string>): Taken | undefined {
    const wider = elements
      .filter((element) => element.hostIp !== "")
      .map((element): PortElement => {
        const map = element.map === "pub4" ? "any4" : "any6";
        return { ...element, map, hostIp: "", key: `${element.protocol} . ${element.hostPort}` };
      });
    const taken = this.#lookup.find(wider);
    for (const id of gone) taken.delete(id);
    for (const family of ["4", "6"] as const) {
      if (!elements.some((element) => element.map === `any${family}`)) continue;
      for (const { key, protocol, hostPort, value } of this.#lookup.list(`pub${family}`)) {
        if (!gone.has(`pub${family}|${key}`)) taken.set(`any${family}|${protocol} . ${hostPort}`, value);
      }
    }
    return firstForeign([...wider, ...elements], taken);
  }

  #foreign(elements: readonly PortElement[], gone: ReadonlySet<string>): Taken | undefined {
    return firstForeign(
      elements.filter((element) => !gone.has(elementId(element))),
      this.#lookup.find(elements),
    );
  }

  /** One transaction; what nft says when it fails. */
  async #change(changes: readonly ElementChange[]): Promise<string | undefined> {
    if (changes.length === 0) return undefined;
    const made = this.#plain ? "unable" : this.#lookup.change(changes);
    if (made === "done") return undefined;
    if (made === "exists") return EXISTS;
    const commands = changes.map(({ verb, elements }) => elementCommands(verb, this.#table, elements));
    return (await this.#nft(commands.join("\n"))).error;
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

function firstForeign(
  elements: readonly PortElement[],
  present: ReadonlyMap<string, string>,
): Taken | undefined {
  for (const element of elements) {
    const value = present.get(elementId(element));
    if (value !== undefined && value !== element.value) return { element, value };
  }
  return undefined;
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
