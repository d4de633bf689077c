/** Building objects whose members are there only where they say something. */

/** Members that may turn out to be undefined, and are left out then. */
export type Loose<T> = { readonly [K in keyof T]: T[K] | undefined };

export function compact<T extends object>(members: Loose<T>): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T;
}

export function whenAny<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

/** Undefined for an object that no member is left of. */
export function whenFilled<T extends object>(value: T): T | undefined {
  return Object.keys(value).length === 0 ? undefined : value;
}

export function whenTrue(value: boolean | undefined): true | undefined {
  return value === true ? true : undefined;
}

/** For numbers and texts that are written only where they differ from what holds anyway. */
export function unless<T extends number | string>(otherwise: T, value: T | undefined): T | undefined {
  return value === otherwise ? undefined : value;
}
