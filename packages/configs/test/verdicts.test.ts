import type { Dtype, JsonObject } from '@fewbit/core';
import { expect, test } from 'vitest';
import { configOf, readGolden, weightOf } from './helpers/golden.ts';

interface Verdicts {
  readonly config: JsonObject;
  readonly verdicts: readonly (readonly [dtype: Dtype, shape: readonly number[], verdict: string])[];
}

// torchao's Int4 looks at neither: it makes an empty tensor, and one of a dtype whose scales no loader here would read.
function refusedOnlyHere(config: JsonObject, dtype: Dtype, shape: readonly number[]): boolean {
  return config._type === 'Int4WeightOnlyConfig' && (dtype === 'F64' || dtype === 'I8' || shape.includes(0));
}

test.each(readGolden('verdicts.json') as readonly Verdicts[])(
  '$config._type $config._data takes other weights than torchao does',
  ({ config: json, verdicts }) => {
    const config = configOf(json);
    for (const [dtype, shape, theirs] of verdicts) {
      const ours = config.accept(weightOf({ dtype, shape })).verdict;
      const expected = theirs === 'quantize' && refusedOnlyHere(json, dtype, shape) ? 'error' : theirs;
      expect(ours, `${dtype} [${shape.join(', ')}]`).toBe(expected.replace(/: \w+$/, ''));
    }
  },
);
