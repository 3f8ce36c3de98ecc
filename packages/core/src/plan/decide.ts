import type { Config, TensorQuantizer } from '../contracts/config-type.ts';
import { createMatcher, type Matcher } from '../matcher/matcher.ts';
import type { Resolution } from '../matcher/resolution.ts';
import { keyUses, type KeyUse } from '../matcher/key-use.ts';
import { surveyKeys, type KeySurvey } from '../matcher/survey.ts';
import { NO_KEY } from '../matcher/verdicts.ts';
import type { Recipe, RecipeEntry } from '../recipe/recipe.ts';
import type { ParameterInfo } from '../tensor.ts';
import { onceForEachLook } from './look.ts';

/** What becomes of one tensor, and why, before any byte is laid out. */
export interface Decision<P extends ParameterInfo = ParameterInfo> {
  readonly parameter: P;
  readonly resolution: Resolution;
  /** How the tensor is quantized; null when it is copied, or cannot be taken. */
  readonly quantizer: TensorQuantizer | null;
  /** Why a tensor that a config reached is not quantized. */
  readonly refusal: Refusal | null;
}

/** `leave`: the tensor is copied and a finding says so. `error`: the plan is refused. */
export interface Refusal {
  readonly verdict: 'leave' | 'error';
  readonly reason: string;
  readonly hint: string | undefined;
}

/** The verdicts on all parameters of a checkpoint. */
export interface Decisions<P extends ParameterInfo = ParameterInfo> {
  readonly recipe: Recipe;
  readonly matcher: Matcher<RecipeEntry>;
  /** In the order of the parameters. */
  readonly list: readonly Decision<P>[];
  /** What each of the recipe's keys does on these parameters. */
  readonly survey: KeySurvey;
  /** The same in words of one kind for each key, names that were probably meant included; made when first asked for. */
  readonly uses: readonly KeyUse[];
  /** What the config of one of the recipe's entries says to a parameter, whichever entry decides about it. */
  readonly ask: (entry: number, parameter: ParameterInfo) => Answer;
}

/**
 * Resolves every parameter and asks the config that it gets. Looks at names, dtypes and shapes only.
 *
 * @throws InvalidRecipeError for a key that is no valid Python regular expression, or cannot be decided on a name.
 */
export function decide<P extends ParameterInfo>(parameters: readonly P[], recipe: Recipe): Decisions<P> {
  const matcher = createMatcher(recipe.entries);
  // Of a large recipe's keys many share one config, and its answers.
  const answers: Map<Config, (parameter: ParameterInfo) => Answer> = new Map();
  const ask = (entry: number, parameter: ParameterInfo): Answer => {
    const config = recipe.entries[entry]?.config ?? null;
    if (config === null) return NOT_ASKED;
    let answer = answers.get(config);
    if (answer === undefined) {
      answer = onceForEachLook((asked) => askConfig(config, asked));
      answers.set(config, answer);
    }
    return answer(parameter);
  };
  const survey = surveyKeys(matcher, parameters);
  const list = parameters.map((parameter, index): Decision<P> => {
    const resolution = survey.resolutions[index] ?? NO_KEY;
    const { quantizer, refusal } = resolution.outcome === 'config' ? ask(resolution.entry, parameter) : NOT_ASKED;
    return { parameter, resolution, quantizer, refusal };
  });
  let uses: readonly KeyUse[] | null = null;
  return {
    recipe,
    matcher,
    list,
    survey,
    get uses() {
      return (uses ??= keyUses(matcher, parameters, survey));
    },
    ask,
  };
}

/** What a config says to a parameter. Parameters that look the same to it share one answer. */
export type Answer = Pick<Decision, 'quantizer' | 'refusal'>;

/** Where no config is asked. */
export const NOT_ASKED: Answer = { quantizer: null, refusal: null };

function askConfig(config: Config, parameter: ParameterInfo): Answer {
  const acceptance = config.accept(parameter);
  if (acceptance.verdict === 'quantize') return { quantizer: config.quantizer(parameter), refusal: null };
  const { verdict, reason, hint } = acceptance;
  return { quantizer: null, refusal: { verdict, reason, hint } };
}
