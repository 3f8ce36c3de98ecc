/**
 * A run of whole components anywhere in a dotted name: `self_attn.q_proj` is found in `model.layers.0.self_attn.q_proj.weight`.
 * A component `*` stands for an index, a leading `^` for the name's start.
 */
export interface NamePattern {
  readonly components: readonly string[];
  readonly atStart: boolean;
}

/** Where a pattern was found: a half-open range of characters, and the indexes that its stars stand for. */
export interface NameMatch {
  readonly start: number;
  readonly end: number;
  readonly indexes: readonly string[];
}

export function parsePattern(text: string): NamePattern {
  const atStart = text.startsWith('^');
  return { components: (atStart ? text.slice(1) : text).split('.'), atStart };
}

/** The first place where the pattern fits; null when there is none. */
export function findPattern(name: string, { components, atStart }: NamePattern): NameMatch | null {
  const [first = ''] = components;
  if (atStart) return matchAt(name, 0, components);
  // A pattern starts with a star only in tables of users, so nearly every name is passed over by one search.
  if (first === '*') {
    for (let at = 0; at !== -1; at = afterDot(name, at)) {
      const match = matchAt(name, at, components);
      if (match !== null) return match;
    }
    return null;
  }
  for (let at = name.indexOf(first); at !== -1; at = name.indexOf(first, at + 1)) {
    if (at > 0 && name[at - 1] !== '.') continue;
    const match = matchAt(name, at, components);
    if (match !== null) return match;
  }
  return null;
}

/** Whether a name, given as its components, ends with the pattern's. */
export function endsWithPattern(seen: readonly string[], { components, atStart }: NamePattern): boolean {
  const offset = seen.length - components.length;
  if (offset < 0 || (atStart && offset !== 0)) return false;
  return components.every((component, at) => fits(component, seen[offset + at] ?? ''));
}

function matchAt(name: string, start: number, components: readonly string[]): NameMatch | null {
  let indexes: string[] | null = null;
  let at = start;
  for (const [position, component] of components.entries()) {
    if (position > 0) {
      if (name[at] !== '.') return null;
      at += 1;
    }
    if (component === '*') {
      const dot = name.indexOf('.', at);
      const seen = name.slice(at, dot === -1 ? name.length : dot);
      if (!fits(component, seen)) return null;
      (indexes ??= []).push(seen);
      at += seen.length;
    } else {
      if (!name.startsWith(component, at)) return null;
      at += component.length;
    }
  }
  return at === name.length || name[at] === '.' ? { start, end: at, indexes: indexes ?? NONE } : null;
}

const NONE: readonly string[] = [];

function fits(component: string, seen: string): boolean {
  return component === '*' ? /^\d+$/.test(seen) : component === seen;
}

function afterDot(name: string, at: number): number {
  const dot = name.indexOf('.', at);
  return dot === -1 ? -1 : dot + 1;
}
