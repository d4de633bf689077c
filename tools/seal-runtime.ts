/**
 * Takes away the environment variables by which Bun's runtime can be turned into something else.
 * See docs/decisions/001-sealed-binary.md for why the bytes of the runtime are changed and how that is kept honest.
 */
import { $ } from "bun";

/** These must be found, or Bun has changed and the seal would be a guess. */
const REQUIRED = [
  "BUN_BE_BUN",
  "BUN_OPTIONS",
  "BUN_INSPECT",
  "BUN_INSPECT_PRELOAD",
  "BUN_INSPECT_CONNECT_TO",
];

/** Which certificates to trust is for the host's administrator to say. */
const KEPT = new Set(["NODE_EXTRA_CA_CERTS", "NODE_USE_SYSTEM_CA"]);

/**
 * Gives the executable with every `BUN_…`, `NODE_…` and `JSC_…` name of its read-only data made empty: the first
 * byte becomes NUL, and no variable has an empty name. Throws when the runtime is not as it is known to be.
 */
export function sealRuntime(executable: Uint8Array): Uint8Array {
  const bytes = Buffer.from(executable);
  const sections = readSections(bytes);
  const names = sealNames(bytes, sections.get(".rodata"));
  for (const name of REQUIRED) {
    if (!names.has(name)) throw new Error(`cannot seal the binary: ${name} is not where Bun 1.4.5 has it`);
  }
  if (bytes.readUInt16LE(ELF.machine) === ELF.x86_64) sealEnginePrefix(bytes, sections.get(".text"));
  return bytes;
}

interface Section {
  readonly start: number;
  readonly end: number;
}

function sealNames(bytes: Buffer, section: Section | undefined): ReadonlySet<string> {
  if (!section) throw new Error("cannot seal the binary: no .rodata section");
  const names = new Set<string>();
  // latin1 keeps one character per byte.
  const text = bytes.toString("latin1", section.start, section.end);
  for (const match of text.matchAll(/(?<=\0)(?:BUN|NODE|JSC)_[A-Z0-9_]+(?=\0)/g)) {
    if (KEPT.has(match[0])) continue;
    bytes[section.start + match.index] = 0;
    names.add(match[0]);
  }
  return names;
}

/**
 * `BUN_JSC_<option>` sets options of the JavaScript engine. The prefix is compared byte by byte in code, so
 * the fifth comparison is made with NUL, which no byte of a name is.
 */
function sealEnginePrefix(bytes: Buffer, section: Section | undefined): void {
  if (!section) throw new Error("cannot seal the binary: no .text section");
  const found = findComparisons(bytes, section);
  const [at] = found;
  if (at === undefined || found.length !== 1) {
    throw new Error(`cannot seal the binary: the comparison with BUN_JSC_ was found ${found.length} times`);
  }
  bytes[at] = 0;
}

/** cmp byte [r14+3], '_' ; jne … ; cmp byte [r14+4], 'J' */
const COMPARES_UNDERSCORE = Buffer.from([0x41, 0x80, 0x7e, 3, 0x5f, 0x75]);
const COMPARES_J = Buffer.from([0x41, 0x80, 0x7e, 4, 0x4a]);

/** Where the 'J' of each comparison stands. The jump between its two halves is a byte more than its opcode. */
function findComparisons(bytes: Buffer, section: Section): readonly number[] {
  const found: number[] = [];
  for (let at = section.start; ; at++) {
    at = bytes.indexOf(COMPARES_UNDERSCORE, at);
    if (at < 0 || at >= section.end) return found;
    const second = at + COMPARES_UNDERSCORE.length + 1;
    const end = second + COMPARES_J.length;
    if (bytes.subarray(second, end).equals(COMPARES_J)) found.push(end - 1);
  }
}

/** Offsets of the ELF64 header and of a section header that are needed here. */
const ELF = {
  machine: 18,
  x86_64: 62,
  sectionTable: 40,
  sectionSize: 58,
  sectionCount: 60,
  nameSection: 62,
  sectionOffset: 24,
  sectionLength: 32,
} as const;

function readSections(bytes: Buffer): ReadonlyMap<string, Section> {
  const table = Number(bytes.readBigUInt64LE(ELF.sectionTable));
  const size = bytes.readUInt16LE(ELF.sectionSize);
  const headerAt = (index: number): number => table + index * size;
  const rangeAt = (header: number): Section => {
    const start = Number(bytes.readBigUInt64LE(header + ELF.sectionOffset));
    return { start, end: start + Number(bytes.readBigUInt64LE(header + ELF.sectionLength)) };
  };
  const names = rangeAt(headerAt(bytes.readUInt16LE(ELF.nameSection)));
  const sections = new Map<string, Section>();
  for (let i = 0; i < bytes.readUInt16LE(ELF.sectionCount); i++) {
    const nameStart = names.start + bytes.readUInt32LE(headerAt(i));
    const name = bytes.toString("latin1", nameStart, bytes.indexOf(0, nameStart));
    sections.set(name, rangeAt(headerAt(i)));
  }
  return sections;
}

/** Runs the executable as an attacker would: a seal that does not hold fails the build. */
export async function checkSealed(executable: string): Promise<void> {
  const probe = await $`${executable} -e ${"console.log('open')"}`
    .env({ BUN_BE_BUN: "1", BUN_OPTIONS: "--print process.pid" })
    .nothrow()
    .quiet();
  if (probe.exitCode === 0) throw new Error(`${executable} can be turned into Bun by the environment`);
  const version = await $`${executable} --version`.env({}).quiet().text();
  if (!version.includes(" version ")) throw new Error(`${executable} does not run: ${version}`);
}
