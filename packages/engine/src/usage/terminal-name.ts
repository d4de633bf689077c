/** Names of terminals by the number of their device (Linux's admin-guide/devices). */

const UNIX98_FIRST = 136;
const UNIX98_LAST = 143;
const PER_MAJOR = 256;
const SERIAL_FIRST = 64;

/** As field 7 of /proc/PID/stat has it; "?" for none. */
export function terminalName(device: number): string {
  const major = (device >> 8) & 0xfff;
  const minor = (device & 0xff) | ((device >>> 12) & 0xfff00);
  if (major >= UNIX98_FIRST && major <= UNIX98_LAST) {
    return `pts/${(major - UNIX98_FIRST) * PER_MAJOR + minor}`;
  }
  if (major === 4) return minor < SERIAL_FIRST ? `tty${minor}` : `ttyS${minor - SERIAL_FIRST}`;
  return "?";
}
