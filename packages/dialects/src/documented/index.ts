import {
  createMatcher,
  decide,
  InvalidRecipeError,
  TIER_WORDS,
  type Dialect,
  type DialectFailure,
  type DialectHazard,
  type DialectModel,
  type DialectReading,
  type DialectVerdict,
  type Decision,
  type Decisions,
  type Recipe,
} from '@fewbit/core';
import { prepareApplications, type Applications } from '../handlers/applications.ts';
import { hazardOf } from '../reading/hazards.ts';
import { patternFailure } from '../reading/pattern-error.ts';
import { readOrRefuse } from '../reading/refused.ts';
import { BUFFER, createVerdicts, NO_KEY, type Verdicts } from '../reading/verdicts.ts';

/**
 * torchao's documentation to the letter, which is how fewbit itself reads recipes: exact key of the parameter, exact key of
 * the module, first pattern that matches the parameter, first that matches the module, `_default`.
 */
export const documented: Dialect = {
  name: 'documented',
  title: 'as torchao documents it',
  read: (recipe, model) => readOrRefuse(model, () => readDocumented(recipe, model)),
};

function readDocumented(recipe: Recipe, model: DialectModel): DialectReading {
  const decisions = decideOrFail(recipe, model);
  if ('error' in decisions) {
    const verdict = createVerdicts().plain(-1, 'the recipe cannot be used');
    return { verdicts: model.parameters.map(() => verdict), failure: decisions, hazards: [] };
  }
  const applications = prepareApplications(recipe);
  const verdicts = createVerdicts();
  let failure: DialectFailure | null = null;
  const hazards: DialectHazard[] = [];
  const list = decisions.list.map((decision) => {
    const verdict = verdictOf(decision, verdicts);
    const { parameter, refusal, quantizer } = decision;
    if (refusal?.verdict === 'error') failure ??= failureOf(decision, applications);
    const hazard = quantizer === null ? null : hazardOf(parameter, quantizer.tensorClass);
    if (hazard !== null) hazards.push({ ...hazard, at: parameter.name, entry: verdict.entry });
    return verdict;
  });
  return { verdicts: list, failure, hazards };
}

function decideOrFail(recipe: Recipe, model: DialectModel): Decisions | DialectFailure {
  try {
    return decide(model.parameters, recipe);
  } catch (error) {
    if (!InvalidRecipeError.isInstance(error)) throw error;
    const [first] = createMatcher(recipe, { brokenPatterns: 'raise' }).broken;
    if (first === undefined) throw error;
    return patternFailure(first[0], first[1], '');
  }
}

function verdictOf({ resolution, refusal }: Decision, { config, plain }: Verdicts): DialectVerdict {
  const { tier, entry, outcome } = resolution;
  switch (outcome) {
    case 'config':
      if (refusal === null) return config(entry, `${TIER_WORDS[tier]} decides`);
      return plain(
        entry,
        `its config ${refusal.verdict === 'leave' ? 'leaves it as it is' : 'refuses it'}: ${refusal.reason}`,
      );
    case 'null-config':
      return plain(entry, `null from the ${TIER_WORDS[tier]}`);
    case 'module-key':
      return plain(entry, `${TIER_WORDS[tier]} decides, and it speaks only for weight`);
    case 'no-key':
      return plain(-1, NO_KEY);
    case 'buffer':
      return plain(-1, BUFFER);
  }
}

function failureOf({ parameter, resolution, refusal }: Decision, applications: Applications): DialectFailure {
  const { entry } = resolution;
  const application = applications.apply(entry, parameter);
  return {
    // Where torchao would take what fewbit refuses, the error is fewbit's own.
    error: application.outcome === 'raised' ? application.error : 'PlanRefusedError',
    message: `the config refuses it: ${refusal?.reason ?? ''}`,
    at: parameter.name,
    entries: [entry],
  };
}
