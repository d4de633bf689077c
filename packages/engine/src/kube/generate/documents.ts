/** The objects of one output, each once, in the order in which a cluster wants them made. */

const ORDER: readonly string[] = ["Secret", "ConfigMap", "PersistentVolumeClaim", "Service"];

export class Documents {
  readonly #objects = new Map<string, object>();

  /** The first of a kind and name stays. */
  add(object: object): void {
    const { apiVersion, kind, metadata } = object as {
      readonly apiVersion?: string;
      readonly kind?: string;
      readonly metadata?: { readonly name?: string };
    };
    const key = `${apiVersion} ${kind} ${metadata?.name}`;
    if (!this.#objects.has(key)) this.#objects.set(key, object);
  }

  inOrder(): readonly object[] {
    return [...this.#objects.values()].sort((a, b) => rank(a) - rank(b));
  }
}

/** Workloads come last. */
function rank(object: object): number {
  const at = ORDER.indexOf(String((object as { readonly kind?: unknown }).kind));
  return at === -1 ? ORDER.length : at;
}
