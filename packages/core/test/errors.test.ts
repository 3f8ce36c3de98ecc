import { describe, expect, it } from 'vitest';
import { FewbitError, InvalidRecipeError } from '../src/index.ts';

describe('FewbitError', () => {
  it('says what was seen, where, what is allowed and what to do, in one message', () => {
    const error = new InvalidRecipeError({ message: 'seen 3', where: 'recipe.json', allowed: '4', hint: 'Write 4.' });
    expect(error.message).toBe('recipe.json: seen 3; expected 4. Write 4.');
    expect(error).toMatchObject({ code: 'FEWBIT_RECIPE_INVALID', name: 'InvalidRecipeError', where: 'recipe.json' });
  });

  it('is recognised across copies of the package, and nothing else is', () => {
    expect(FewbitError.isInstance(new InvalidRecipeError({ message: '' }))).toBe(true);
    expect([new Error(), null, 'text', {}].map((value) => FewbitError.isInstance(value))).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});
