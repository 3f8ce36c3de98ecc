/** What vLLM makes of a list of names to skip. */
export interface SkipList {
  /** Place in the list of the name that skips the module, and how; null when none does. */
  readonly find: (module: string) => Skip | null;
}

export interface Skip {
  readonly place: number;
  /** `name`: it is the module, or whole components of it. `parts`: it names parts of a fused module. */
  readonly by: 'name' | 'parts';
}

// Longer names than any model has are compared with the list one by one: a name of a million components has 10^12 runs.
const MAX_COMPONENTS = 48;

/**
 * The rule is vLLM's `should_skip`: a name skips a module that it equals and any that has it as whole components (`layers.1`
 * skips layer 1, not 11). Two special cases come first: `self_attn.qkv_proj` is skipped when its q, k and v are all listed by
 * their full names, `gate_up_proj` when its gate alone is.
 */
export function createSkipList(names: readonly string[]): SkipList {
  const places: Map<string, number> = new Map();
  for (const [place, name] of names.entries()) if (!places.has(name)) places.set(name, place);
  const longest = names.reduce((most, name) => Math.max(most, name.split('.').length), 0);

  function byParts(module: string): number | undefined {
    if (module.includes('self_attn.qkv_proj')) {
      const listed = ['q_proj', 'k_proj', 'v_proj'].map((part) => places.get(module.replaceAll('qkv_proj', part)));
      if (!listed.includes(undefined)) return listed[0];
    }
    return module.includes('gate_up_proj') ? places.get(module.replaceAll('gate_up_proj', 'gate_proj')) : undefined;
  }

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

  function find(module: string): Skip | null {
    if (names.length === 0) return null;
    const parts = byParts(module);
    if (parts !== undefined) return { place: parts, by: 'parts' };
    const place = byName(module);
    return place === undefined ? null : { place, by: 'name' };
  }
  return { find };
}
