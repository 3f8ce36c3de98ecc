import { InvalidRecipeError, type DialectModel, type DialectReading } from '@fewbit/core';
import { createVerdicts } from './verdicts.ts';

/** The reading of a recipe that no dialect can make sense of: keys given twice, or patterns past a bound. */
export function readOrRefuse(model: DialectModel, read: () => DialectReading): DialectReading {
  try {
    return read();
  } catch (error) {
    if (!InvalidRecipeError.isInstance(error) || error.code !== 'FEWBIT_RECIPE_INVALID') throw error;
    const verdict = createVerdicts().plain(-1, 'the recipe cannot be read');
    return {
      verdicts: model.parameters.map(() => verdict),
      failure: { error: error.name, message: error.message.replace(/\.$/, ''), at: '', entries: [] },
      hazards: [],
    };
  }
}
