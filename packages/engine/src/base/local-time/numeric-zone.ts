/** An offset as times carry it: `+05:30`. */
export function numericZone(offset: number): string {
  // Seconds are cut off, as Go does: zones had them before 1972.
  const minutes = Math.floor(Math.abs(offset) / 60);
  const pad = (n: number): string => String(n).padStart(2, "0");
  return `${offset < 0 ? "-" : "+"}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}
