import { describe, expect, it } from 'vitest';
import { builtinRules } from '../src/index.ts';
import { rulesSection } from './helpers/rules-section.ts';

describe('the README of this package', () => {
  it('has a section for every rule, as the rule itself says it (run vitest with -u after a change)', async () => {
    await expect(rulesSection(builtinRules)).toMatchFileSnapshot('../RULES.md');
  });
});
