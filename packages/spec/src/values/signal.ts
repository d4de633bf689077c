/** Signals of Linux (the numbers that x86, arm and riscv share) by name and number. */
import { invalidValue } from "./value-error.ts";

const NAMES = (
  "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU " +
  "URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS"
).split(" ");

const ALIASES: Readonly<Record<string, number>> = { IOT: 6, CLD: 17, POLL: 29, UNUSED: 31 };

const RTMIN = 34;
const RTMAX = 64;

/** 1-64 for "SIGTERM", "term", "15", "-TERM", "RTMIN+3". @throws VALUE_INVALID */
export function parseSignal(text: string): number {
  const bare = text.replace(/^-/, "");
  if (/^\d+$/.test(bare)) return inRange(Number(bare), bare);
  const name = bare.toUpperCase().replace(/^SIG/, "");
  const index = NAMES.indexOf(name);
  const number = index === -1 ? (ALIASES[name] ?? realTime(name)) : index + 1;
  if (number === undefined) throw invalidValue(`invalid signal: ${bare}`);
  return number;
}

/** "SIGTERM" for 15; the number where it has no name. */
export function signalName(number: number): string {
  const name = NAMES[number - 1];
  if (name !== undefined) return `SIG${name}`;
  if (number === RTMIN) return "SIGRTMIN";
  if (number > RTMIN && number <= RTMAX) return `SIGRTMIN+${number - RTMIN}`;
  return String(number);
}

function inRange(number: number, text: string): number {
  if (number === 0) throw invalidValue(`invalid signal: ${text}`);
  if (number > RTMAX) throw invalidValue("valid signals are 1 through 64");
  return number;
}

function realTime(name: string): number | undefined {
  const [, base, offset = "0"] = /^RT(MIN|MAX)((?:(?<=MIN)\+|(?<=MAX)-)\d+)?$/.exec(name) ?? [];
  if (base === undefined) return undefined;
  const number = (base === "MIN" ? RTMIN : RTMAX) + Number(offset);
  return number >= RTMIN && number <= RTMAX ? number : undefined;
}
