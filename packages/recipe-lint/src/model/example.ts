import { PythonReError, type Node, type Pattern } from '@fewbit/python-re';

/** A short string that the pattern matches in full; null where its parts alone do not tell one. */
export function exampleOf(pattern: Pattern): string | null {
  const text = spell(pattern.syntax.root);
  try {
    return text !== null && pattern.testFullmatch(text) ? text : null;
  } catch (error) {
    if (error instanceof PythonReError) return null;
    throw error;
  }
}

// What stands for many characters, so that a narrow class is not taken for a wide one.
const LIKELY = Array.from('xa0_.', (character) => character.codePointAt(0) ?? 0);

function spell(node: Node): string | null {
  switch (node.kind) {
    case 'char': {
      const { set } = node;
      const likely = LIKELY.find((code) => isIn(set, code));
      const code = likely ?? set[0];
      return code === undefined ? null : String.fromCodePoint(code);
    }
    case 'seq':
      return joined(node.items.map(spell));
    case 'alt':
      return spell(node.branches[0] ?? { kind: 'seq', items: [], pos: 0 });
    case 'group':
    case 'atomic':
      return spell(node.body);
    case 'repeat': {
      const body = spell(node.body);
      // Open ends get one: a name is rarely empty where a pattern has a star.
      const count = Math.max(node.min, Math.min(1, node.max));
      return body === null || body.length * count > LONGEST ? null : body.repeat(count);
    }
    case 'look':
    case 'anchor':
      return '';
    case 'ref':
    case 'cond':
      return null;
  }
}

const LONGEST = 1_000;

function joined(parts: readonly (string | null)[]): string | null {
  const text = parts.join('');
  return parts.includes(null) || text.length > LONGEST ? null : text;
}

function isIn(set: readonly number[], code: number): boolean {
  for (let at = 0; at < set.length; at += 2) if (code >= (set[at] ?? 0) && code < (set[at + 1] ?? 0)) return true;
  return false;
}
