/** The name of a clone that was given none, as Podman counts them: web-clone, web-clone1, web-clone2. */

const SUFFIX = "-clone";

export function cloneName(name: string, taken: (name: string) => boolean): string {
  const base = taken(`${name}${SUFFIX}`) ? `${name}${SUFFIX}` : name;
  const at = base.indexOf(SUFFIX);
  if (at === -1) return `${name}${SUFFIX}`;
  const end = at + SUFFIX.length;
  const digits = /^[1-9]\d{0,8}$/.test(base.slice(end)) ? Number(base.slice(end)) : 0;
  const stem = digits > 0 ? base.slice(0, end) : base;
  let count = digits + 1;
  while (taken(`${stem}${count}`)) count++;
  return `${stem}${count}`;
}
