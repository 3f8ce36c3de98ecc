import { InvalidRecipeError, shown, type ParameterInfo } from '@fewbit/core';
import type { ForeignFormat, ForeignRecipe } from '../contract.ts';
import { regex } from '../pattern/name-pattern.ts';
import { compilePatterns, gatherProblems, type Problems } from '../problems.ts';
import { gatherFindings, type Findings } from '../findings.ts';
import type { Rule } from '../rules.ts';
import type { Origin } from '../origin.ts';
import type { Scheme } from '../scheme/scheme.ts';
import { blockRules } from './blocks.ts';
import { ggufName, isQuantizable } from './names.ts';
import { adaptToGgml, ggmlType, TYPE_NAMES, type GgmlType } from './types.ts';
import { writeLlamaCpp } from './write.ts';

/**
 * The file of llama.cpp's `--tensor-type-file`: `pattern=type`, separated by white space. The pattern is put into lower
 * case and searched for in GGUF's names of tensors (`blk.0.ffn_down.weight`); the first that matches decides. Tensors that
 * none matches get the type of the command line, which the file does not say.
 */
export const llamaCpp: ForeignFormat = {
  name: 'llama.cpp',
  title: 'llama.cpp (libllama 0.4; --tensor-type-file)',
  read: (text) => readTensorTypes(text),
  adapt: (scheme) => adaptToGgml(scheme),
  write: (list, options) => writeLlamaCpp(list, options),
};

interface Line {
  readonly pattern: string;
  readonly type: GgmlType;
  readonly origin: Origin;
}

// A file that names every tensor of a large model one by one has some 20,000 lines.
const MAX_LENGTH = 4 * 1024 * 1024;
const MAX_LINES = 100_000;

function readTensorTypes(text: string): ForeignRecipe {
  if (text.length > MAX_LENGTH) {
    throw new InvalidRecipeError({
      message: `the text has ${text.length} characters`,
      where: 'recipe',
      allowed: `at most ${MAX_LENGTH}`,
    });
  }
  const problems = gatherProblems();
  const findings = gatherFindings();
  const lines = linesOf(text, problems, findings);
  const patterns = lines.map(({ pattern, origin }) => ({ pattern: regex(pattern, 'search'), origin }));
  const { first } = compilePatterns(patterns, problems, 'std::regex');
  problems.check();
  const message =
    "tensors that no line matches get the type of llama-quantize's command line and its mixture, which the file does not say; they are left alone here";
  findings.add('loss', 'base-type', message);

  const select = (parameter: ParameterInfo): Scheme | null => {
    const name = parameter.parameter === 'weight' && parameter.shape.length > 1 ? ggufName(parameter.module) : null;
    if (name === null || !isQuantizable(name)) return null;
    return lines[first(`${name}.weight`)]?.type.scheme ?? null;
  };
  const rules = blockRules(first).flatMap(({ line, source }): Rule[] => {
    const found = lines[line];
    return found === undefined
      ? []
      : [{ pattern: regex(source, 'full'), scheme: found.type.scheme, origin: found.origin }];
  });
  return { select, rules: { rules, fallback: null, namesOnly: true }, findings: findings.list };
}

function linesOf(text: string, problems: Problems, findings: Findings): readonly Line[] {
  const lines: Line[] = [];
  for (const [at, line] of text.split('\n').entries()) {
    for (const { 0: item, index } of line.matchAll(/\S+/g)) {
      const origin: Origin = { entry: shown(item), position: { line: at + 1, column: index + 1 } };
      const read = lineOf(item, origin, problems, findings);
      if (read !== null) lines.push(read);
      if (lines.length > MAX_LINES) {
        problems.addAt(`there are more than ${MAX_LINES} entries`, origin);
        problems.check();
      }
    }
  }
  return lines;
}

function lineOf(item: string, origin: Origin, problems: Problems, findings: Findings): Line | null {
  // The first one, even inside a pattern: llama.cpp cuts there too.
  const separator = item.indexOf('=');
  const [written, name] = [item.slice(0, Math.max(0, separator)), item.slice(separator + 1)];
  if (separator < 1 || name === '') {
    problems.addAt('it is not of the form pattern=type', origin);
    return null;
  }
  const type = ggmlType(name);
  if (type === null) {
    problems.addAt(`${shown(name)} is no type of tensors; expected one of ${TYPE_NAMES.join(', ')}`, origin);
    return null;
  }
  const pattern = asciiLowerCase(written);
  if (pattern !== written) {
    const note = /\\[DSWB]/.test(written)
      ? 'llama.cpp puts patterns into lower case, which turns \\D, \\S, \\W and \\B into their opposites'
      : 'llama.cpp puts patterns into lower case';
    findings.add('note', 'lower-cased', note, origin);
  }
  checkDialect(pattern, origin, problems);
  findings.addAll(type.losses, origin);
  return { pattern, type, origin };
}

function asciiLowerCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

// std::regex reads ECMAScript's syntax; what only Python takes would be an error there.
function checkDialect(pattern: string, origin: Origin, problems: Problems): void {
  const foreign =
    /\(\?(?![:=!])|[*+?}]\+|\[\^?\]|\\[^\W_bdr-xnf0-9]/.exec(pattern)?.[0] ??
    /\[\[:[a-z]+:\]/.exec(pattern)?.[0] ??
    null;
  if (foreign === null) return;
  problems.addAt(`${shown(foreign)} is read by std::regex otherwise than here, or not at all`, origin);
}
