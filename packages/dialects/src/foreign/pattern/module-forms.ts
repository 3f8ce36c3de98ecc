import { compile, type Node, type Ranges } from '@fewbit/python-re';
import { childrenOf } from './confine.ts';
import { regex, type NamePattern } from './name-pattern.ts';
import { scoped, textItems } from './regex-text.ts';

const SUFFIX = '.weight';

/** What a recipe's pattern, asked first about `M.weight` and later about `M`, says about a module `M`. */
export interface ModuleForms {
  /** Matches `M` exactly when the pattern matches `M.weight`; null when no `M.weight` can match. */
  readonly ofWeight: NamePattern | null;
  /** The same for `M` itself. */
  readonly ofModule: NamePattern | null;
  /** True when `ofWeight` could not be found, though some `M.weight` may match. */
  readonly unsaid: boolean;
}

/**
 * Takes `.weight` off a pattern, for systems that know modules only.
 *
 * Said exactly are: patterns that match no name that ends in `.weight`; patterns that spell out `.weight` at their end;
 * those that end in `.*` or `.+`; and alternatives of these.
 *
 * @param source The pattern of a `re:` key.
 * @throws PythonReError for a pattern that Python refuses, or that is not supported.
 */
export function moduleForms(source: string): ModuleForms {
  const { root } = compile(source).syntax;
  const whole = regex(source, 'full');
  if (!endsWith(root, SUFFIX)) return { ofWeight: null, ofModule: whole, unsaid: false };
  if (looksAhead(root)) return { ofWeight: null, ofModule: whole, unsaid: true };
  const items = root.kind === 'seq' ? root.items : [root];
  const points = Array.from(source);
  const stripped = withoutEnd(points, items, SUFFIX);
  // A module called `weight` is nothing that a model has.
  if (stripped !== null) return { ofWeight: regex(stripped, 'full'), ofModule: null, unsaid: false };
  const open = openEnd(points, items);
  if (open !== null) return { ofWeight: regex(open, 'full'), ofModule: null, unsaid: false };
  return byBranch(source, points) ?? { ofWeight: null, ofModule: whole, unsaid: true };
}

/** `a|b` is said where both of its branches are. */
function byBranch(source: string, points: readonly string[]): ModuleForms | null {
  const texts = topLevelBranches(points);
  if (texts.length < 2 || /\(\?[aiLmsux(P]|\\[1-9]/.test(source)) return null;
  const forms = texts.map(moduleForms);
  if (forms.some(({ unsaid }) => unsaid)) return null;
  const joined = (patterns: readonly (NamePattern | null)[]): NamePattern | null => {
    const sources = patterns.flatMap((pattern) => (pattern?.form === 'regex' ? [`(?:${pattern.source})`] : []));
    return sources.length === 0 ? null : regex(sources.join('|'), 'full');
  };
  return {
    ofWeight: joined(forms.map((form) => form.ofWeight)),
    ofModule: joined(forms.map((form) => form.ofModule)),
    unsaid: false,
  };
}

function topLevelBranches(points: readonly string[]): readonly string[] {
  const branches: string[] = [];
  let depth = 0;
  let from = 0;
  for (const { kind, start } of textItems(points)) {
    if (kind !== 'character') continue;
    if (points[start] === '(') depth++;
    if (points[start] === ')') depth--;
    if (points[start] !== '|' || depth > 0) continue;
    branches.push(points.slice(from, start).join(''));
    from = start + 1;
  }
  return [...branches, points.slice(from).join('')];
}

/** True when something looks at what follows, so that `M` and `M.weight` may differ in more than their end. */
function looksAhead(node: Node): boolean {
  if (node.kind === 'look' && !node.behind) return true;
  if (node.kind === 'anchor' && node.at !== 'start' && node.at !== 'lineStart') return true;
  if (node.kind === 'atomic' || (node.kind === 'repeat' && node.mode === 'possessive')) return true;
  return childrenOf(node).some(looksAhead);
}

/** The text without an end that it spells out character by character; null where it does not. */
function withoutEnd(points: readonly string[], items: readonly Node[], end: string, to = points.length): string | null {
  const last = items.slice(-end.length);
  const first = last[0];
  if (last.length < end.length || first === undefined) return null;
  const text = points.slice(first.pos, to).join('');
  // A group or a class that only means the same would end somewhere else.
  if (![`\\${end}`, end, `[.]${end.slice(1)}`].includes(text)) return null;
  return last.every((node, at) => node.kind === 'char' && has(node.set, end.codePointAt(at) ?? 0))
    ? points.slice(0, first.pos).join('')
    : null;
}

/**
 * For a pattern that ends in `.*` or `.+`: itself, or what is before that and ends somewhere in `.weight`. Null where a
 * part cannot be taken off.
 */
function openEnd(points: readonly string[], items: readonly Node[]): string | null {
  const last = items.at(-1);
  if (last?.kind !== 'repeat' || last.min > 1 || last.max !== Infinity || last.body.kind !== 'char') return null;
  // Characters of names: all but control characters.
  if (rangeEnd(last.body.set, 0x20) <= 0x10ffff) return null;
  const text = points.slice(last.pos).join('');
  if (!/^(?:\.|\[\\s\\S\])[*+]\??$/.test(text)) return null;
  const before = items.slice(0, -1);
  const sources = [points.join('')];
  if (last.min === 1) sources.push(points.slice(0, last.pos).join(''));
  for (let length = 1; length <= SUFFIX.length - last.min; length++) {
    const part = SUFFIX.slice(0, length);
    if (!endsWith({ kind: 'seq', items: before, pos: 0 }, part)) continue;
    const stripped = withoutEnd(points, before, part, last.pos);
    if (stripped === null) return null;
    sources.push(stripped);
  }
  const [only] = sources;
  if (sources.length === 1 && only !== undefined) return only;
  return sources.map(scoped).join('|');
}

/** False only when no text that the node matches ends with `end`. */
export function endsWith(node: Node, end: string): boolean {
  return backwards(
    node,
    new Set([end.length]),
    Array.from(end, (character) => character.codePointAt(0) ?? 0),
  ).has(0);
}

/**
 * How much of `end` may be left, from its start, when the node is read from its end. 0 stays 0: what comes before `end`
 * is free.
 */
function backwards(node: Node, left: ReadonlySet<number>, end: readonly number[]): ReadonlySet<number> {
  switch (node.kind) {
    case 'char': {
      const next: Set<number> = new Set();
      for (const at of left) {
        if (at === 0) next.add(0);
        else if (has(node.set, end[at - 1] ?? 0)) next.add(at - 1);
      }
      return next;
    }
    case 'seq':
      return node.items.reduceRight((now, item) => backwards(item, now, end), left);
    case 'alt':
      return union(node.branches.map((branch) => backwards(branch, left, end)));
    case 'group':
    case 'atomic':
      return backwards(node.body, left, end);
    case 'repeat':
      return repeated(node.body, node.min, left, end);
    case 'cond':
      return union([backwards(node.yes, left, end), node.no === undefined ? left : backwards(node.no, left, end)]);
    case 'ref':
      // Whatever the group has matched.
      return new Set(Array.from({ length: Math.max(...left, 0) + 1 }, (_, at) => at));
    case 'look':
    case 'anchor':
      return left;
  }
}

function repeated(body: Node, min: number, left: ReadonlySet<number>, end: readonly number[]): ReadonlySet<number> {
  let now = left;
  // More rounds than there is text to read add nothing.
  for (let round = 0; round < Math.min(min, end.length + 1); round++) now = backwards(body, now, end);
  for (;;) {
    const more = union([now, backwards(body, now, end)]);
    if (more.size === now.size) return now;
    now = more;
  }
}

function union(sets: readonly ReadonlySet<number>[]): ReadonlySet<number> {
  return new Set(sets.flatMap((set) => [...set]));
}

/** Ranges are pairs: the first code point, and one past the last. */
export function has(set: Ranges, code: number): boolean {
  return rangeEnd(set, code) !== -1;
}

function rangeEnd(set: Ranges, code: number): number {
  for (let at = 0; at < set.length; at += 2) {
    if (code >= (set[at] ?? 0) && code < (set[at + 1] ?? 0)) return set[at + 1] ?? -1;
  }
  return -1;
}
