/**
 * Python's `re` for JavaScript, in linear time, for one pattern or ten thousand.
 *
 *   pattern text ─▶ parse/ (Python's grammar and error texts) ─▶ syntax tree, character sets resolved (charset/, unicode/)
 *     what is regular ─▶ engine/: expressions with identity, taken apart by how they begin, lazy automata at the leaves
 *     everything else ─▶ vm/: a backtracking machine that explores no choice twice
 *   key-set.ts joins the two for full matches; pattern.ts and pattern-set.ts are the doors.
 *
 * A string is translated once to classes of characters that no pattern tells apart; automata step over classes.
 */
export { compile, type Pattern } from './pattern.ts';
export type { Match } from './match.ts';
export { compileSet, type PatternSet, type PatternSetError } from './pattern-set.ts';
export { type Diagnosis, diagnose } from './diagnose.ts';
export { type Answer, type CompareOptions, type Comparison, includes, overlaps } from './compare.ts';
export { escape } from './escape.ts';
export {
  LimitError,
  PatternError,
  PythonReError,
  type PythonErrorKind,
  type PythonReErrorCode,
  UndecidedError,
  UnsupportedPatternError,
} from './errors.ts';
export { type CompileOptions, DEFAULT_LIMITS, type Limits, type Settings } from './options.ts';
export { DEFAULT_VERSION, PYTHON_VERSIONS, type PythonVersion } from './version.ts';
export type { CharacterNames } from './parse/context.ts';
export type {
  AltNode,
  AnchorKind,
  AnchorNode,
  AtomicNode,
  CharNode,
  CondNode,
  GroupNode,
  LookNode,
  Node,
  ParsedPattern,
  PatternWarning,
  RefNode,
  RepeatNode,
  SeqNode,
} from './ast.ts';
export type { Ranges } from './charset/ranges.ts';
