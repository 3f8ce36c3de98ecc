import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FewbitError, isJsonObject, ReadError, type JsonObject } from '@fewbit/core';
import type { LintSeverity } from '@fewbit/recipe-lint';

/** How to lint: from a `fewbit.lint.json` beside the recipe, and from the command line, which wins. */
export interface LintSettings {
  readonly rules: Readonly<Record<string, LintSeverity | 'off'>>;
  readonly consumer: string | null;
  /** Null: any number. */
  readonly maxWarnings: number | null;
}

export const SETTINGS_FILE = 'fewbit.lint.json';

const LEVELS: readonly (LintSeverity | 'off')[] = ['off', 'note', 'warning', 'error'];

/**
 * The settings beside a recipe; those of an empty file when there is none.
 *
 * @throws FewbitError (`FEWBIT_REGISTRY_INVALID`) for members or values that mean nothing.
 */
export async function readSettings(recipe: string): Promise<LintSettings> {
  const path = join(dirname(recipe), SETTINGS_FILE);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') {
      return { rules: {}, consumer: null, maxWarnings: null };
    }
    throw new ReadError({ message: 'the settings cannot be read', where: path, cause });
  }
  return parseSettings(text, path);
}

function parseSettings(text: string, where: string): LintSettings {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw invalid('the settings are not JSON', where, cause);
  }
  if (!isJsonObject(json)) throw invalid('the settings are no object', where);
  const { rules = {}, consumer = null, maxWarnings = null, ...others } = json;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw invalid(`the settings have a member ${JSON.stringify(unknown)}`, where);
  if (!isJsonObject(rules)) throw invalid('"rules" is no object', where);
  if (consumer !== null && typeof consumer !== 'string') throw invalid('"consumer" is no text', where);
  if (maxWarnings !== null && !isCount(maxWarnings)) throw invalid('"maxWarnings" is no whole number from 0 on', where);
  return { rules: levelsOf(rules, where), consumer, maxWarnings };
}

function levelsOf(rules: JsonObject, where: string): LintSettings['rules'] {
  return Object.fromEntries(
    Object.entries(rules).map(([id, level]) => {
      const known = LEVELS.find((each) => each === level);
      if (known === undefined) throw invalid(`rule "${id}" is set to ${JSON.stringify(level)}`, where);
      return [id, known];
    }),
  );
}

/** `key-shadowed=off` as a rule and a severity; null when it is not written so. */
export function parseRuleSetting(text: string): readonly [id: string, level: LintSeverity | 'off'] | null {
  const at = text.indexOf('=');
  const level = LEVELS.find((each) => each === text.slice(at + 1));
  return at < 1 || level === undefined ? null : [text.slice(0, at), level];
}

export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function invalid(message: string, where: string, cause?: unknown): FewbitError {
  return new FewbitError('FEWBIT_REGISTRY_INVALID', {
    message,
    where,
    allowed: `{"rules": {"<id>": "${LEVELS.join('" | "')}"}, "consumer": "vllm", "maxWarnings": 0}, each part optional`,
    cause,
  });
}
