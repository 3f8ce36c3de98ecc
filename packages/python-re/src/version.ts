/** A CPython version whose `re` we reproduce. */
export type PythonVersion = '3.11' | '3.12' | '3.13' | '3.14';

/** The version used when none is asked for. */
export const DEFAULT_VERSION: PythonVersion = '3.14';

/** All supported versions, oldest first. */
export const PYTHON_VERSIONS: readonly PythonVersion[] = ['3.11', '3.12', '3.13', '3.14'];

/** What differs between versions in syntax and meaning, apart from the Unicode tables. */
export interface VersionRules {
  /** `\z` is the end of the string; before, it is a bad escape. */
  readonly hasLowerZ: boolean;
  /** `\B` matches in the empty string. */
  readonly notBoundaryMatchesEmpty: boolean;
  /** The undocumented `t` flag is known (and can only be refused inline). */
  readonly hasTemplateFlag: boolean;
  /** `(?(+1)…)` and other spellings that `int()` accepts are group numbers, with a DeprecationWarning. */
  readonly looseConditionNumbers: boolean;
  /** Classes that ignore case misread characters beyond U+FFFF (gh-126505, mended in 3.12.8 and 3.13.1). */
  readonly misreadsAstralCase: boolean;
  /**
   * Choices inside a possessive repeat do not put back the groups that an abandoned attempt set (gh-101955, mended in
   * 3.12.8 and 3.13.1).
   */
  readonly possessiveKeepsMarks: boolean;
}

/** The rules of one version, which means its last release: 3.11.5 and later, 3.12.8, 3.13.1, 3.14.0. */
export function versionRules(version: PythonVersion): VersionRules {
  const minor = Number(version.slice(2));
  return {
    hasLowerZ: minor >= 14,
    notBoundaryMatchesEmpty: minor >= 14,
    hasTemplateFlag: minor <= 12,
    looseConditionNumbers: minor <= 11,
    misreadsAstralCase: minor <= 11,
    possessiveKeepsMarks: minor <= 11,
  };
}
