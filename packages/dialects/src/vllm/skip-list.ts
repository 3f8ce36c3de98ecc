/** What vLLM makes of a list of names to skip. */
export interface SkipList {
  /** Place in the list of the first name that skips the module; null when none does. */
  readonly find: (module: string) => number | null;
}

// Longer names than any model has are compared with the list one by one: a name of a million components has 10^12 runs.
const MAX_COMPONENTS = 48;

/**
 * The rule is vLLM's `should_skip`: a name skips a module that it equals and any that has it as whole components (`layers.1`
 * skips layer 1, not 11). The parts of a fused module are nothing to it.
 */
export function createSkipList(names: readonly string[]): SkipList {
  const places: Map<string, number> = new Map();
  for (const [place, name] of names.entries()) if (!places.has(name)) places.set(name, place);
  const longest = names.reduce((most, name) => Math.max(most, name.split('.').length), 0);

  function byName(module: string): number | undefined {
    const components = module.split('.');
    if (components.length > MAX_COMPONENTS) {
      const place = names.findIndex((name) => name === module || `.${module}.`.includes(`.${name}.`));
      return place === -1 ? undefined : place;
    }
    let first: number | undefined;
    for (let start = 0; start < components.length; start += 1) {
      let run = '';
      for (let end = start; end < Math.min(components.length, start + longest); end += 1) {
        run = end === start ? (components[end] ?? '') : `${run}.${components[end] ?? ''}`;
        const place = places.get(run);
        if (place !== undefined && (first === undefined || place < first)) first = place;
      }
    }
    return first;
  }

  return { find: (module) => byName(module) ?? null };
}
