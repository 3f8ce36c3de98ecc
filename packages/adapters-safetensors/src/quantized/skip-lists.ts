import { shown } from '../json/checkpoint-json.ts';
import type { FindingGroups } from './finding-groups.ts';
import { startPatterns, type BrokenPattern } from './name-patterns.ts';

/** Why a name is left out, in words; null when it is not. */
export type SkipRule = (name: string) => string | null;

/**
 * transformers' rule for `modules_to_not_convert`, `llm_int8_skip_modules` and their like (`should_convert_module`): an
 * entry leaves out what it matches as a Python pattern from the start on, and what ends with it as text.
 */
export function transformersSkips(entries: readonly string[], list: string, findings: FindingGroups): SkipRule {
  if (entries.length === 0) return () => null;
  const patterns = startPatterns(entries, brokenEntry(list, findings));
  const endings = entries.filter((entry) => entry !== '');
  return (name) => {
    const entry = entries[patterns.first(name)] ?? endings.find((ending) => name.endsWith(ending));
    return entry === undefined ? null : `"${list}" has ${shown(entry)}`;
  };
}

/** The entry that matches a module; null when none does. */
export type TargetMatcher = (module: string, className: ClassName | null) => string | null;

/** The classes that entries name in practice. */
export type ClassName = 'Linear' | 'Embedding';

/** compressed-tensors' rule for `targets` and `ignore`: a name, `re:` and a Python pattern from the start on, or a class. */
export function compressedTensorsMatcher(
  entries: readonly string[],
  list: string,
  findings: FindingGroups,
): TargetMatcher {
  const exact = new Set(entries.filter((entry) => !entry.startsWith(REGEX)));
  // Patterns among themselves are asked in the order of their texts.
  const regexes = entries.filter((entry) => entry.startsWith(REGEX)).sort();
  const patterns = startPatterns(
    regexes.map((entry) => entry.slice(REGEX.length)),
    brokenEntry(list, findings),
  );
  return (module, className) => {
    if (exact.has(module)) return module;
    return regexes[patterns.first(module)] ?? (className !== null && exact.has(className) ? className : null);
  };
}

const REGEX = 're:';

/** Reports entries of a list that are no patterns which can be used. */
export function brokenEntry(list: string, findings: FindingGroups): (broken: BrokenPattern) => void {
  return ({ source, reason }) => {
    const what = `this entry of "${list}" is no pattern that can be used, so it was not compared: ${reason}`;
    findings.add({ id: 'pattern-not-read', severity: 'warning', what }, source);
  };
}
