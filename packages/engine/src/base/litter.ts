/** Has what streams leave behind collected in time, so that memory does not grow with what goes through. */

/** Bytes between two collections, which take some milliseconds each: smaller ones cost time, larger ones memory. */
const AT_ONCE = 32 << 20;

/** Of all streams together: they share the heap. */
let lying = 0;

/**
 * So many bytes were made and are done with, or soon will be. The collector alone waits until as much was made as is
 * kept, and promotes chunks that are under way to those that are looked at least: three layers of 100 MB side by side
 * then take 175 MB instead of 125.
 */
export function litter(bytes: number): void {
  lying += bytes;
  if (lying < AT_ONCE) return;
  lying = 0;
  Bun.gc(true);
}
