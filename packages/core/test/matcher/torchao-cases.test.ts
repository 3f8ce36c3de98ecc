import { describe, expect, test } from 'vitest';
import { createMatcher } from '../../src/matcher/matcher.ts';
import { parameterOf } from '../helpers/parameters.ts';
import type { ModuleKind } from '../../src/modules/kind.ts';

// torchao's own cases for FqnToConfig, replayed on names. A config is a letter; `.` is "left alone".
const TOY = ['linear1.weight', 'linear2.weight'];
const TOY_BIAS = ['linear1.weight', 'linear1.bias', 'linear2.weight', 'linear2.bias'];

type Keys = readonly (readonly [string, string | null])[];

interface Case {
  readonly name: string;
  readonly keys: Keys;
  readonly model: readonly string[] | Readonly<Record<string, ModuleKind>>;
  /** In the order of the model's names. */
  readonly outcome: string;
}

const LEGACY_CASES: readonly Case[] = [
  {
    name: 'default',
    keys: [
      ['_default', 'A'],
      ['linear2', 'B'],
    ],
    model: TOY,
    outcome: 'AB',
  },
  {
    name: 'module name',
    keys: [
      ['linear1', 'A'],
      ['linear2', 'B'],
    ],
    model: TOY,
    outcome: 'AB',
  },
  { name: 'regex basic', keys: [['re:linear.', 'A']], model: TOY, outcome: 'AA' },
  {
    name: 'regex precedence',
    keys: [
      ['linear1', 'A'],
      ['re:linear.', 'B'],
    ],
    model: TOY,
    outcome: 'AB',
  },
  {
    name: 'regex precedence 2',
    keys: [
      ['re:linear.', 'B'],
      ['linear1', 'A'],
    ],
    model: TOY,
    outcome: 'AB',
  },
  {
    name: 'regex fullmatch',
    keys: [
      ['re:linear.*', 'A'],
      ['linear1', 'B'],
      ['linear3_full_match.bias', null],
    ],
    model: [
      'linear1.weight',
      'linear1.bias',
      'not_full_match_linear2.weight',
      'not_full_match_linear2.bias',
      'linear3_full_match.weight',
      'linear3_full_match.bias',
    ],
    outcome: 'B...A.',
  },
  {
    name: 'embedding and linear',
    keys: [
      ['emb', 'A'],
      ['linear', 'B'],
    ],
    model: { 'emb.weight': 'embedding', 'conv.weight': 'conv', 'linear.weight': 'linear' },
    outcome: 'A.B',
  },
  {
    name: 'skip',
    keys: [
      ['_default', 'A'],
      ['linear2', null],
    ],
    model: TOY,
    outcome: 'A.',
  },
];

const FQN_CASES: readonly Case[] = [
  { name: 'root parameter (repr custom)', keys: [['x', 'A']], model: { x: 'other', y: 'other' }, outcome: 'A.' },
  { name: 'parameter key (repr linear)', keys: [['linear1.weight', 'A']], model: TOY, outcome: 'A.' },
  {
    name: 'regex skip',
    keys: [
      ['re:.*time_embed.*', null],
      ['_default', 'A'],
    ],
    model: ['time_embed.0.weight', 'time_embed.2.weight', 'linear1.weight'],
    outcome: '..A',
  },
  {
    name: 'exact parameter key of experts',
    keys: [['experts.gate_up_proj', 'A']],
    model: { 'experts.gate_up_proj': 'experts', 'experts.down_proj': 'experts' },
    outcome: 'A.',
  },
  {
    name: 'regex on a parameter of experts',
    keys: [['re:.*gate_up_proj', 'A']],
    model: { 'experts.gate_up_proj': 'experts', 'experts.down_proj': 'experts' },
    outcome: 'A.',
  },
  {
    name: 'parameter over module',
    keys: [
      ['linear1', null],
      ['linear1.weight', 'A'],
    ],
    model: TOY,
    outcome: 'A.',
  },
  {
    name: 'parameter over module regex',
    keys: [
      ['re:linear.*', null],
      ['linear1.weight', 'A'],
    ],
    model: TOY,
    outcome: 'A.',
  },
  {
    name: 'parameter over module regex, reversed',
    keys: [
      ['linear1.weight', 'A'],
      ['re:linear.*', null],
    ],
    model: TOY,
    outcome: 'A.',
  },
  // `re:linear.*` also matches the parameters' names and comes first, so the documented order leaves both alone.
  // torchao's code goes on to the second pattern and quantizes both.
  {
    name: 'parameter regex over module regex, where the null matches the parameter too',
    keys: [
      ['re:linear.*', null],
      ['re:linear.*.weight', 'A'],
    ],
    model: TOY,
    outcome: '..',
  },
  {
    name: 'parameter regex over module regex',
    keys: [
      ['re:linear.', null],
      ['re:linear.*.weight', 'A'],
    ],
    model: TOY,
    outcome: 'AA',
  },
  {
    name: 'module over parameter regex',
    keys: [
      ['re:linear.*.weight', null],
      ['linear1', 'A'],
    ],
    model: TOY,
    outcome: 'A.',
  },
  {
    name: 'parameter over default',
    keys: [
      ['linear2.weight', null],
      ['_default', 'A'],
    ],
    model: TOY,
    outcome: 'A.',
  },
  {
    name: 'parameter regex over default',
    keys: [
      ['re:linear.*.weight', null],
      ['_default', 'A'],
    ],
    model: TOY,
    outcome: '..',
  },
  {
    name: 'two parameters of one module',
    keys: [
      ['linear1.weight', 'A'],
      ['linear1.weight2', 'B'],
    ],
    model: ['linear1.weight', 'linear1.weight2', 'linear2.weight'],
    outcome: 'AB.',
  },
  {
    name: 'two parameters of one module by regex',
    keys: [
      ['re:.*weight', 'A'],
      ['re:.*bias', null],
    ],
    model: TOY_BIAS,
    outcome: 'A.A.',
  },
  { name: 'parameter of the root module', keys: [['weight', 'A']], model: ['weight', 'bias'], outcome: 'A.' },
  {
    name: 'nested module',
    keys: [
      ['nested.linear', 'A'],
      ['linear1', 'B'],
    ],
    model: ['nested.linear.weight', 'linear1.weight', 'linear2.weight'],
    outcome: 'AB.',
  },
  {
    name: 'nested module, by parameter',
    keys: [
      ['nested.linear.weight', 'A'],
      ['linear1.weight', 'B'],
    ],
    model: ['nested.linear.weight', 'linear1.weight', 'linear2.weight'],
    outcome: 'AB.',
  },
  {
    name: 'a parameter other than weight',
    keys: [['0.custom_param', 'A']],
    model: ['0.weight', '0.bias', '0.custom_param'],
    outcome: '..A',
  },
];

const EXTRA_CASES: readonly Case[] = [
  { name: 'a pattern that cannot match .weight', keys: [['re:linear.', 'A']], model: TOY_BIAS, outcome: 'A.A.' },
  { name: 'a pattern that also matches the biases', keys: [['re:linear.*', 'A']], model: TOY_BIAS, outcome: 'AAAA' },
  // From here on torchao's code does something else than its documentation says.
  {
    name: 'exact parameter over regex',
    keys: [
      ['linear1.weight', 'A'],
      ['re:.*weight', 'B'],
    ],
    model: TOY,
    outcome: 'AB',
  },
  {
    name: 'exact parameter over a null regex',
    keys: [
      ['linear1.weight', 'A'],
      ['re:.*weight', null],
    ],
    model: TOY,
    outcome: 'A.',
  },
  {
    name: 'a null regex protects',
    keys: [
      ['re:linear1\\.weight', null],
      ['re:.*weight', 'A'],
    ],
    model: TOY,
    outcome: '.A',
  },
  {
    name: 'a null on a bias says nothing about the weight',
    keys: [
      ['linear1.bias', null],
      ['_default', 'A'],
    ],
    model: TOY_BIAS,
    outcome: 'A.A.',
  },
  {
    name: 'a null regex on biases says nothing about weights',
    keys: [
      ['re:.*bias', null],
      ['_default', 'A'],
    ],
    model: TOY_BIAS,
    outcome: 'A.A.',
  },
  {
    name: 'two nulls in one module',
    keys: [
      ['m.a', null],
      ['m.b', null],
      ['re:m\\..', 'A'],
    ],
    model: { 'm.a': 'other', 'm.b': 'other', 'm.c': 'other' },
    outcome: '..A',
  },
  {
    name: 'a null bias beside its module',
    keys: [
      ['linear1.bias', null],
      ['linear1', 'A'],
    ],
    model: TOY_BIAS,
    outcome: 'A...',
  },
  { name: 'a null default', keys: [['_default', null]], model: TOY, outcome: '..' },
  { name: 'no keys', keys: [], model: TOY, outcome: '..' },
  {
    name: 'default reaches linear modules only',
    keys: [['_default', 'A']],
    model: {
      'emb.weight': 'embedding',
      'fc.weight': 'linear',
      'fc.bias': 'linear',
      'conv.weight': 'conv',
      'norm.weight': 'norm',
    },
    outcome: '.A...',
  },
  {
    name: 'a module without weight',
    keys: [['experts', 'A']],
    model: { 'experts.gate_up_proj': 'experts', 'experts.down_proj': 'experts' },
    outcome: '..',
  },
  { name: 'the root module by its empty name', keys: [['', 'A']], model: ['weight', 'bias'], outcome: 'A.' },
  { name: 'a regex that matches everything', keys: [['re:.*', 'A']], model: ['weight', 'bias'], outcome: 'AA' },
  { name: 'a regex that matches only the root', keys: [['re:', 'A']], model: ['weight', 'bias'], outcome: 'A.' },
  {
    name: 'a buffer is no parameter',
    keys: [
      ['rotary.inv_freq', 'A'],
      ['re:.*', 'B'],
    ],
    model: { 'rotary.inv_freq': 'buffer' },
    outcome: '.',
  },
  {
    name: 'a module called _default',
    keys: [['_default', 'A']],
    model: { '_default.weight': 'norm', _default: 'other', 'fc.weight': 'linear' },
    outcome: '..A',
  },
];

function outcomeOf({ keys, model }: Case): string {
  const matcher = createMatcher(keys.map(([key, config]) => ({ key, config })));
  const kinds = Array.isArray(model) ? model.map((name: string) => [name, 'linear'] as const) : Object.entries(model);
  return kinds
    .map(([name, kind]) => {
      const { entry, outcome } = matcher.resolve(parameterOf(name, kind as ModuleKind));
      return outcome === 'config' ? (matcher.entries[entry]?.config ?? '?') : '.';
    })
    .join('');
}

describe.each([
  ['module_fqn_to_config', LEGACY_CASES],
  ['fqn_to_config', FQN_CASES],
  ["beyond torchao's tests", EXTRA_CASES],
])("torchao's cases of %s get the documented outcome", (_, cases) => {
  test.each(cases)('$name', (toy) => {
    expect(outcomeOf(toy)).toBe(toy.outcome);
  });
});
