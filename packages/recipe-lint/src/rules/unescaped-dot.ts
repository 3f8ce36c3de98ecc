import { quote, REGEX_PREFIX } from '@fewbit/core';
import { compile, PythonReError, type Node, type Pattern } from '@fewbit/python-re';
import type { LintContext, LintKey } from '../context.ts';
import { involve, type RuleFinding } from '../finding.ts';
import type { LintRule } from '../rule.ts';

const INT8 = { type: 'Int8WeightOnlyConfig' };
const MODEL = { tensors: { 'layers.0.mlp.gate.weight': [8, 8], 'layers.0.mlp_gate.weight': [8, 8] } };

export const unescapedDot: LintRule = {
  id: 'unescaped-dot',
  severity: 'warning',
  title: 'a dot that stands for any character matches one that is no dot',
  explanation:
    'In a pattern a bare dot is any character: "mlp.gate" also matches "mlp_gate". Mostly that does no harm; this rule speaks up where names of the checkpoint are matched both with a dot and with something else in its place, or, without a checkpoint, where they could be.',
  examples: {
    bad: [
      { why: 'the other module is hit as well', recipe: { 're:.*mlp.gate': INT8 }, model: MODEL },
      { why: 'it could be, in some model', recipe: { 're:.*mlp.gate': INT8 } },
    ],
    good: [
      { why: 'escaped', recipe: { 're:.*mlp\\.gate': INT8 }, model: MODEL },
      {
        why: 'no name has anything but a dot there',
        recipe: { 're:.*mlp.gate': INT8 },
        model: { tensors: { 'mlp.gate.weight': [8, 8] } },
      },
      {
        why: 'meant as a placeholder: it never stands for a dot',
        recipe: { 're:linear.': INT8 },
        model: { tensors: { 'linear1.weight': [8, 8], 'linear2.weight': [8, 8] } },
      },
    ],
  },
  check: (context) =>
    context.keys.flatMap((key) => {
      const strict = strictly(key);
      return strict === null ? [] : context.model === null ? couldMatter(key, strict) : matters(key, strict, context);
    }),
};

interface Strict {
  /** The key with its bare dots escaped. */
  readonly key: string;
  readonly pattern: Pattern;
}

function matters(key: LintKey, strict: Strict, { model }: LintContext): readonly RuleFinding[] {
  if (model === null) return [];
  const odd: string[] = [];
  let withDots = 0;
  for (const index of model.decided[key.entry] ?? []) {
    const decision = model.decisions.list[index];
    if (decision === undefined) continue;
    const { parameter, resolution } = decision;
    const name = resolution.tier === 'module-regex' ? parameter.module : parameter.name;
    if (fits(strict.pattern, name)) withDots += 1;
    else odd.push(parameter.name);
  }
  if (odd.length === 0 || withDots === 0) return [];
  return [
    {
      message: `a bare dot in ${quote(key.key)} stands for something else than a dot in ${quote(odd[0] ?? '')}`,
      entries: [key.entry],
      tensors: involve(odd),
      help: `Write ${quote(strict.key)} to match dots only.`,
    },
  ];
}

function couldMatter({ key, entry }: LintKey, strict: Strict): readonly RuleFinding[] {
  const message = `a bare dot in ${quote(key)} matches any character, not only a dot`;
  return [{ message, entries: [entry], help: `Write ${quote(strict.key)} to match dots only.`, severity: 'note' }];
}

/** The key with its bare dots between other parts escaped; null when there are none. */
function strictly({ key, kind, pattern }: LintKey): Strict | null {
  if (kind !== 'regex' || !HAS_BARE_DOT.test(key) || pattern === null) return null;
  const characters = Array.from(pattern.pattern);
  const dots: number[] = [];
  bareDots(pattern.syntax.root, dots);
  // A last dot is a placeholder for a number or a letter: no name ends with a dot.
  const inside = dots.filter(
    (at) => characters[at] === '.' && /[\w)\]*+}]/.test(characters[at - 1] ?? '') && at + 1 < characters.length,
  );
  if (inside.length === 0) return null;
  for (const at of inside) characters[at] = '\\.';
  const source = characters.join('');
  try {
    return { key: `${REGEX_PREFIX}${source}`, pattern: compile(source, { version: pattern.settings.version }) };
  } catch (error) {
    if (error instanceof PythonReError) return null;
    throw error;
  }
}

// Nearly all keys have none, and need not be parsed to know it.
const HAS_BARE_DOT = /(?<!\\)\.(?![*+?{])/;

/** Positions of single characters; a repeated dot (`.*`) is no slip. */
function bareDots(node: Node, out: number[]): void {
  switch (node.kind) {
    case 'char':
      out.push(node.pos);
      return;
    case 'seq':
      for (const item of node.items) bareDots(item, out);
      return;
    case 'alt':
      for (const branch of node.branches) bareDots(branch, out);
      return;
    case 'group':
    case 'atomic':
    case 'look':
      bareDots(node.body, out);
      return;
    case 'repeat':
      if (node.body.kind !== 'char') bareDots(node.body, out);
      return;
    case 'cond':
      bareDots(node.yes, out);
      if (node.no !== undefined) bareDots(node.no, out);
      return;
    case 'ref':
    case 'anchor':
  }
}

function fits(pattern: Pattern, name: string): boolean {
  try {
    return pattern.testFullmatch(name);
  } catch (error) {
    // Undecided: not a proof that the dot matters.
    if (error instanceof PythonReError) return true;
    throw error;
  }
}
