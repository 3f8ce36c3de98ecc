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
}

/** The rules of one version. */
export function versionRules(version: PythonVersion): VersionRules {
  const minor = Number(version.slice(2));
  return {
    hasLowerZ: minor >= 14,
    notBoundaryMatchesEmpty: minor >= 14,
    hasTemplateFlag: minor <= 12,
    looseConditionNumbers: minor <= 11,
  };
}
