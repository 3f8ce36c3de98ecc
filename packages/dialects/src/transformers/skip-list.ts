import { compile, PythonReError } from '@fewbit/python-re';

/** Whether a parameter is skipped, and by which of the list's members. */
export type SkipList = (name: string) => Skip;

export type Skip =
  | { readonly skipped: false }
  | { readonly skipped: true; readonly by: string }
  /** Python raises on the member. */
  | { readonly skipped: 'raises'; readonly by: string; readonly error: PythonReError };

const KEPT: Skip = { skipped: false };

/**
 * transformers' `should_convert_module`: a member skips the names that end with it, and those that it, read as a pattern,
 * matches from the start up to the end of a component. Before 5.23, up to anywhere.
 */
export function createSkipList(members: readonly string[], version: '5.18' | '5.23'): SkipList {
  const tests = members.map((member) => ({
    member,
    test: testOf(member, version),
    skip: { skipped: true, by: member } as const,
  }));
  return (name) => {
    for (const { member, test, skip } of tests) {
      if (test instanceof PythonReError) return { skipped: 'raises', by: member, error: test };
      if (name.endsWith(member) || test(name)) return skip;
    }
    return KEPT;
  };
}

function testOf(member: string, version: '5.18' | '5.23'): ((name: string) => boolean) | PythonReError {
  try {
    // The text that transformers itself puts together: a member may open a group that only the rest closes.
    const pattern = compile(version === '5.18' ? member : `(?:${member})(?:(?<=\\.)|(?=\\.|$))`);
    if (!/^[\w.-]*$/.test(member)) return (name) => pattern.testMatch(name);
    return (name) => (isAscii(name) ? beginsLike(name, member, version) : pattern.testMatch(name));
  } catch (error) {
    if (error instanceof PythonReError) return error;
    throw error;
  }
}

// What a pattern of plain characters and dots does, without a pattern: nearly all members are such names.
function beginsLike(name: string, member: string, version: '5.18' | '5.23'): boolean {
  const { length } = member;
  if (name.length < length) return false;
  for (let at = 0; at < length; at++) {
    const wanted = member[at];
    if (wanted === '.' ? name[at] === '\n' : wanted !== name[at]) return false;
  }
  if (version === '5.18') return true;
  const next = name.slice(length, length + 2);
  return (
    name[length - 1] === '.' || next === '' || next.startsWith('.') || (next === '\n' && name.length === length + 1)
  );
}

function isAscii(name: string): boolean {
  for (let at = 0; at < name.length; at++) if (name.charCodeAt(at) > 127) return false;
  return true;
}
