import { configConformance } from '@fewbit/core/testing';
import { describe, test } from 'vitest';
import { CONFIG_EXAMPLES } from './helpers/examples.ts';

for (const { configType, examples } of CONFIG_EXAMPLES) {
  describe(configType.type, () => {
    for (const { name, run } of configConformance(configType, examples)) test(name, run);
  });
}
